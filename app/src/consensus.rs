//! The consensus params: those of the genesis file, and what governance changes of
//! them. The application enforces the gas limit, because CometBFT does not look at
//! gas; all others are CometBFT's, who hears of a change at the end of its block.

use prost::Message;
use serde_json::value::RawValue;
use synergy_abci::messages::{ConsensusParams, EvidenceParams};
use synergy_kernel::{BlockGas, Ctx, EndBlock, Error, Item, Map, Module, Result, Routes, StoreId, sdk};
use synergy_proto::{
    KeyType,
    consensus::{MsgUpdateParams, MsgUpdateParamsResponse, QueryParamsRequest, QueryParamsResponse},
    tendermint::v0_38::types::ConsensusParams as QueriedParams,
};

/// The store of consensus params.
pub const STORE: StoreId = StoreId { name: "consensus", prefix: 6 };

const PARAMS: Item<ConsensusParams> = Item::new(STORE, 1);
/// Those of the next block, from the message that changes them to the block's end.
const NEXT: Map<(), ConsensusParams> = Map::new(STORE, 2);

/// Largest block that CometBFT takes (its `MaxBlockSizeBytes`).
const MAX_BLOCK_BYTES: i64 = 100 << 20;

/// The module. Its genesis section is empty: the params stand in the genesis
/// file's `consensus_params`, where CometBFT reads them too.
pub struct Consensus;

/// Keeps the params of the genesis file.
pub fn init(ctx: &mut Ctx<'_>, params: &ConsensusParams) -> Result<()> {
    PARAMS.set(ctx, params)
}

/// The params in force; `None` when the genesis gave none.
pub fn params(ctx: &mut Ctx<'_>) -> Result<Option<ConsensusParams>> {
    PARAMS.get(ctx)
}

/// Most gas of a block.
pub fn max_gas(ctx: &mut Ctx<'_>) -> Result<u64> {
    let max = params(ctx)?.and_then(|p| p.block).map_or(-1, |b| b.max_gas);
    // -1 means no limit (CometBFT spec, ConsensusParams).
    Ok(u64::try_from(max).unwrap_or(u64::MAX))
}

fn update(ctx: &mut Ctx<'_>, m: &MsgUpdateParams) -> Result<MsgUpdateParamsResponse> {
    synergy_staking::check_authority(&m.authority)?;
    let now = params(ctx)?.unwrap_or_default();
    let mut next = now.clone();
    next.block = m.block;
    next.evidence = m.evidence;
    next.validator = m.validator.clone();
    check(&next)?;
    check_kept(&now, &next)?;
    if m.abci.is_some_and(|abci| abci.vote_extensions_enable_height != 0) {
        return Err(bad("this chain has no vote extensions: leave vote_extensions_enable_height 0"));
    }
    NEXT.set(ctx, (), &next)?;
    ctx.emit("update_consensus_params", &[("authority", &m.authority), ("parameters", &format!("{next:?}"))]);
    Ok(MsgUpdateParamsResponse {})
}

/// The rules of CometBFT's `ConsensusParams.ValidateBasic`: it stops for good at
/// params that break them.
fn check(params: &ConsensusParams) -> Result<()> {
    let (Some(block), Some(evidence), Some(validator)) = (&params.block, &params.evidence, &params.validator) else {
        return Err(bad("all parameters must be present: block, evidence and validator"));
    };
    if block.max_bytes == 0 || block.max_bytes < -1 || block.max_bytes > MAX_BLOCK_BYTES {
        return Err(bad(&format!("block.max_bytes is -1 or from 1 to {MAX_BLOCK_BYTES}, got {}", block.max_bytes)));
    }
    if block.max_gas < -1 {
        return Err(bad(&format!("block.max_gas is -1 or more, got {}", block.max_gas)));
    }
    check_evidence(evidence, if block.max_bytes == -1 { MAX_BLOCK_BYTES } else { block.max_bytes })?;
    let types = &validator.pub_key_types;
    let known = KeyType::ALL.map(KeyType::as_str);
    if types.is_empty() || types.iter().any(|t| !known.contains(&t.as_str())) {
        return Err(bad(&format!("validator.pub_key_types must be of {known:?}, got {types:?}")));
    }
    Ok(())
}

/// CometBFT stops at the next change of a validator whose type of key is no longer
/// named, so types are added only.
fn check_kept(now: &ConsensusParams, next: &ConsensusParams) -> Result<()> {
    let types = |params: &ConsensusParams| params.validator.clone().unwrap_or_default().pub_key_types;
    let next = types(next);
    match types(now).iter().find(|t| !next.contains(t)) {
        Some(gone) => Err(bad(&format!("validator.pub_key_types can be added to only, {gone} must stay"))),
        None => Ok(()),
    }
}

fn check_evidence(evidence: &EvidenceParams, block_bytes: i64) -> Result<()> {
    let age = evidence.max_age_duration.as_ref().map_or((0, 0), |d| (d.seconds, d.nanos));
    if evidence.max_age_num_blocks <= 0 || age <= (0, 0) {
        return Err(bad("evidence.max_age_num_blocks and max_age_duration must be above 0"));
    }
    if !(0..=block_bytes).contains(&evidence.max_bytes) {
        return Err(bad(&format!("evidence.max_bytes is from 0 to {block_bytes}, got {}", evidence.max_bytes)));
    }
    Ok(())
}

fn bad(what: &str) -> Error {
    sdk::invalid_request(format!("consensus params: {what}"))
}

impl Module for Consensus {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
            |m| Ok(vec![m.authority.parse().map_err(|e| sdk::invalid_address(format!("authority: {e}")))?]),
            |_| Ok(()),
            update,
        );
        routes.query("/cosmos.consensus.v1.Query/Params", |ctx, _: QueryParamsRequest| {
            let params = params(ctx)?.unwrap_or_default();
            let ConsensusParams { block, evidence, validator, version, abci, .. } = params;
            let params = QueriedParams { block, evidence, validator, version, abci };
            Ok(QueryParamsResponse { params: Some(params) })
        });
    }

    fn init_genesis(&self, _: &mut Ctx<'_>, _: &RawValue) -> Result<()> {
        Ok(())
    }

    fn export_genesis(&self, _: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        Ok(RawValue::from_string("{}".to_owned()).unwrap_or_default())
    }

    fn end_block(&self, ctx: &mut Ctx<'_>, _: BlockGas) -> Result<EndBlock> {
        // CometBFT judges this block's validator updates by the params of the block before.
        let Some(next) = NEXT.get(ctx, ())? else { return Ok(EndBlock::default()) };
        NEXT.remove(ctx, ())?;
        PARAMS.set(ctx, &next)?;
        Ok(EndBlock { consensus_params: Some(next.encode_to_vec()), ..EndBlock::default() })
    }
}
