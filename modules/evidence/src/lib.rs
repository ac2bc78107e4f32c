//! Proofs of misbehaviour (the Cosmos SDK's `x/evidence`).
//!
//! CometBFT proves in a block that a validator signed twice; here the validator is
//! tombstoned and the proof kept by its hash. CometBFT takes no proof older than
//! the consensus params' evidence age, so age is not looked at again.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use prost::Message;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use synergy_kernel::{Ctx, Hash, Map, Misbehaviour, Module, Page, Result, Routes, StoreId, sdk};
use synergy_proto::{
    Timestamp,
    cosmos::evidence::v1beta1::{
        Equivocation, MsgSubmitEvidence, MsgSubmitEvidenceResponse, QueryAllEvidenceRequest, QueryAllEvidenceResponse,
        QueryEvidenceRequest, QueryEvidenceResponse,
    },
    pack, type_url,
};

/// The store.
pub const STORE: StoreId = StoreId { name: "evidence", prefix: 15 };

/// By SHA-256 of the message, as in the SDK.
const EVIDENCE: Map<[u8; 32], Equivocation> = Map::new(STORE, 1);

/// The module.
#[derive(Debug)]
pub struct Evidence;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    /// Encoded `cosmos.evidence.v1beta1.Equivocation`s in base64.
    evidence: Vec<String>,
}

impl Module for Evidence {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        routes.message::<MsgSubmitEvidence, MsgSubmitEvidenceResponse>(
            |m| {
                let submitter = m.submitter.parse();
                Ok(vec![submitter.map_err(|e| sdk::invalid_address(format!("invalid submitter address: {e}")))?])
            },
            |m| read(m).map(drop),
            |ctx, m| submit(ctx, &read(m)?),
        );
        routes.query("/cosmos.evidence.v1beta1.Query/Evidence", |ctx, q: QueryEvidenceRequest| {
            let hash = hash_of(&q)?;
            match EVIDENCE.get(ctx, hash)? {
                Some(evidence) => Ok(QueryEvidenceResponse { evidence: Some(pack(&evidence)) }),
                None => Err(sdk::not_found(format!("evidence {}", hex::encode_upper(hash)))),
            }
        });
        routes.query("/cosmos.evidence.v1beta1.Query/AllEvidence", |ctx, q: QueryAllEvidenceRequest| {
            let (found, page) = EVIDENCE.page(ctx, (), &Page::from(q.pagination))?;
            let evidence = found.iter().map(|(_, evidence)| pack(evidence)).collect();
            Ok(QueryAllEvidenceResponse { evidence, pagination: page.into() })
        });
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        let section: Section = serde_json::from_str(section.get()).map_err(bad)?;
        for text in section.evidence {
            let bytes = BASE64.decode(text).map_err(bad)?;
            keep(ctx, &Equivocation::decode(bytes.as_slice()).map_err(bad)?)?;
        }
        Ok(())
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        let mut evidence = Vec::new();
        EVIDENCE.for_each(ctx, (), |_, e| {
            evidence.push(BASE64.encode(e.encode_to_vec()));
            Ok(true)
        })?;
        serde_json::value::to_raw_value(&Section { evidence }).map_err(bad)
    }

    fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        let block = ctx.block;
        block.misbehaviour.iter().try_for_each(|m| handle(ctx, m))
    }
}

fn bad(e: impl std::fmt::Display) -> synergy_kernel::Error {
    sdk::invalid_request(format!("genesis section evidence: {e}"))
}

/// The hash asked for: bytes, or hexadecimal text.
#[allow(deprecated, reason = "old clients send the bytes")]
fn hash_of(q: &QueryEvidenceRequest) -> Result<Hash> {
    let bytes = if q.hash.is_empty() { Ok(q.evidence_hash.clone()) } else { hex::decode(&q.hash) };
    bytes
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| sdk::invalid_request("invalid evidence hash: 32 bytes in hexadecimal"))
}

/// Reads the evidence of a message (SDK `Equivocation.ValidateBasic`).
fn read(m: &MsgSubmitEvidence) -> Result<Equivocation> {
    let invalid = |what: String| error(3, format!("{what}: invalid evidence"));
    let any = m.evidence.as_ref().ok_or_else(|| invalid("missing evidence".to_owned()))?;
    if any.type_url != type_url::<Equivocation>() {
        let shown: String = any.type_url.chars().take(80).collect();
        return Err(sdk::tx_decode(format!("evidence of type {shown:?}, only Equivocation is known")));
    }
    let e = Equivocation::decode(any.value.as_slice())
        .map_err(|e| sdk::tx_decode(format!("evidence cannot be decoded: {e}")))?;
    let wrong = match () {
        () if e.time.unwrap_or_default().seconds <= 0 => "time",
        () if e.height < 1 => "height",
        () if e.power < 1 => "validator power",
        () if e.consensus_address.is_empty() => "validator consensus address",
        () => return Ok(e),
    };
    Err(invalid(format!("failed basic validation: invalid equivocation {wrong}")))
}

/// A message proves nothing: only CometBFT has looked at the two votes. So no kind of
/// evidence has a handler, which is how the SDK's own chains have it.
fn submit(ctx: &mut Ctx<'_>, evidence: &Equivocation) -> Result<MsgSubmitEvidenceResponse> {
    let hash = hash(evidence);
    if EVIDENCE.has(ctx, hash)? {
        return Err(error(5, format!("{}: evidence already exists", hex::encode_upper(hash))));
    }
    Err(error(2, "equivocation: unregistered handler for evidence type; CometBFT brings it by itself".to_owned()))
}

/// Codespace `evidence`, with the SDK's numbers.
fn error(code: u32, text: String) -> synergy_kernel::Error {
    synergy_kernel::Error::new("evidence", code, text)
}

fn hash(evidence: &Equivocation) -> Hash {
    Sha256::digest(evidence.encode_to_vec()).into()
}

fn handle(ctx: &mut Ctx<'_>, m: &Misbehaviour) -> Result<()> {
    if !synergy_slashing::tombstone(ctx, &m.validator, m.height, m.power)? {
        return Ok(());
    }
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let evidence = Equivocation {
        height: signed(m.height),
        time: Some(Timestamp { seconds: m.seconds, nanos: i32::try_from(m.nanos).unwrap_or(0) }),
        power: signed(m.power),
        consensus_address: m.validator.valcons(),
    };
    keep(ctx, &evidence)
}

fn keep(ctx: &mut Ctx<'_>, evidence: &Equivocation) -> Result<()> {
    EVIDENCE.set(ctx, hash(evidence), evidence)
}
