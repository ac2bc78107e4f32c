//! The `aivm` section: params, the next record id, the records and the blobs. Hashes are
//! in hexadecimal, tensor data in base64.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Hash, Result, sdk};
use synergy_proto::{
    Address,
    synergy::aivm::{Blob, Params, Record, Tensor},
};
use synergy_store::sha256;

use crate::{
    ACCOUNT, blob,
    params::{self, PARAMS, params},
    state::{self, NEXT_ID, RECORDS},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    /// Left out in a new genesis: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_record_id: Option<String>,
    #[serde(default)]
    records: Vec<RecordJson>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blobs: Vec<BlobJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    max_input_bytes: String,
    max_inline_output_bytes: String,
    record_blocks: String,
    max_blob_bytes: String,
    max_blob_chunk_bytes: String,
    max_blob_blocks: String,
    blob_deposit_per_byte: String,
    max_block_gas: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlobJson {
    owner: String,
    hash: String,
    size: String,
    chunk_bytes: String,
    deposit: String,
    expires_height: String,
    /// Those that are there, by index.
    chunks: BTreeMap<u64, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordJson {
    id: String,
    sender: String,
    model_id: String,
    profile: String,
    input_hash: String,
    output_hash: String,
    gas: String,
    height: String,
    outputs: Vec<TensorJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TensorJson {
    name: String,
    dtype: String,
    shape: Vec<String>,
    data: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    blob: String,
}

fn bad(what: impl std::fmt::Display) -> synergy_kernel::Error {
    sdk::invalid_request(format!("genesis aivm: {what}"))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N> {
    text.parse().map_err(|_| bad(format!("{text:?} is not a whole number")))
}

fn hash(text: &str) -> Result<Vec<u8>> {
    match hex::decode(text) {
        Ok(hash) if hash.len() == 32 => Ok(hash),
        _ => Err(bad(format!("{text:?} is not a hash in hexadecimal"))),
    }
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section =
        serde_json::from_str(section.get()).map_err(|e| sdk::invalid_request(format!("genesis section aivm: {e}")))?;
    let params = Params {
        max_input_bytes: number(&section.params.max_input_bytes)?,
        max_inline_output_bytes: number(&section.params.max_inline_output_bytes)?,
        record_blocks: number(&section.params.record_blocks)?,
        max_blob_bytes: number(&section.params.max_blob_bytes)?,
        max_blob_chunk_bytes: number(&section.params.max_blob_chunk_bytes)?,
        max_blob_blocks: number(&section.params.max_blob_blocks)?,
        blob_deposit_per_byte: section.params.blob_deposit_per_byte,
        max_block_gas: number(&section.params.max_block_gas)?,
    };
    params::check(&params)?;
    synergy_auth::ensure_module(ctx, ACCOUNT)?;
    PARAMS.set(ctx, &params)?;
    let next = section.next_record_id.map_or(Ok(1), |text| number(&text))?;
    for json in &section.records {
        let record = read_record(json)?;
        if record.id >= next || RECORDS.has(ctx, record.id)? {
            return Err(bad(format!("record {} is listed twice or not below next_record_id", record.id)));
        }
        state::keep(ctx, &record)?;
    }
    section.blobs.iter().try_for_each(|json| init_blob(ctx, json))?;
    NEXT_ID.set(ctx, &next)
}

/// The deposits are checked with the invariants: the bank's section has them.
fn init_blob(ctx: &mut Ctx<'_>, json: &BlobJson) -> Result<()> {
    let owner: Address = json.owner.parse().map_err(|e| bad(format!("owner {:?}: {e}", json.owner)))?;
    let mut blob = Blob {
        owner: owner.to_string(),
        hash: hash(&json.hash)?,
        size: number(&json.size)?,
        chunk_bytes: number(&json.chunk_bytes)?,
        uploaded: 0,
        deposit: number::<u128>(&json.deposit)?.to_string(),
        expires_height: number(&json.expires_height)?,
    };
    let mut chunks = Vec::new();
    for (index, text) in &json.chunks {
        let chunk =
            BASE64_STANDARD.decode(text).map_err(|e| bad(format!("a chunk of {} is no base64: {e}", json.hash)))?;
        let rest = blob.size.saturating_sub(index.saturating_mul(blob.chunk_bytes));
        if chunk.is_empty() || chunk.len() as u64 != rest.min(blob.chunk_bytes) {
            return Err(bad(format!("chunk {index} of blob {} has a wrong length", json.hash)));
        }
        blob.uploaded = blob.uploaded.saturating_add(chunk.len() as u64);
        chunks.push((*index, chunk));
    }
    let whole = || sha256(&chunks.iter().flat_map(|(_, chunk)| chunk.iter().copied()).collect::<Vec<u8>>());
    if blob.uploaded == blob.size && whole().as_slice() != blob.hash {
        return Err(bad(format!("the chunks of blob {} do not give its hash", json.hash)));
    }
    blob::import(ctx, &owner, &mut blob, &chunks)
}

fn export_blob(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash, blob: &Blob) -> Result<BlobJson> {
    let chunks = blob::chunks_of(ctx, owner, hash)?;
    Ok(BlobJson {
        owner: blob.owner.clone(),
        hash: hex::encode(hash),
        size: blob.size.to_string(),
        chunk_bytes: blob.chunk_bytes.to_string(),
        deposit: blob.deposit.clone(),
        expires_height: blob.expires_height.to_string(),
        chunks: chunks.into_iter().map(|(index, chunk)| (index, BASE64_STANDARD.encode(chunk))).collect(),
    })
}

fn read_record(json: &RecordJson) -> Result<Record> {
    let sender: Address = json.sender.parse().map_err(|e| bad(format!("sender {:?}: {e}", json.sender)))?;
    Ok(Record {
        id: number(&json.id)?,
        sender: sender.to_string(),
        model_id: hash(&json.model_id)?,
        profile: hash(&json.profile)?,
        input_hash: hash(&json.input_hash)?,
        output_hash: hash(&json.output_hash)?,
        gas: number(&json.gas)?,
        height: number(&json.height)?,
        outputs: json.outputs.iter().map(read_tensor).collect::<Result<_>>()?,
    })
}

fn read_tensor(json: &TensorJson) -> Result<Tensor> {
    let data =
        BASE64_STANDARD.decode(&json.data).map_err(|e| bad(format!("output {} is no base64: {e}", json.name)))?;
    let shape = json.shape.iter().map(|dim| number(dim)).collect::<Result<_>>()?;
    let blob = if json.blob.is_empty() { Vec::new() } else { hash(&json.blob)? };
    Ok(Tensor { name: json.name.clone(), dtype: json.dtype.clone(), shape, data, blob })
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = params(ctx)?;
    let next_record_id = Some(state::next_id(ctx)?.to_string());
    let mut records = Vec::new();
    RECORDS.for_each(ctx, (), |_, record| {
        records.push(export_record(record));
        Ok(true)
    })?;
    let params = ParamsJson {
        max_input_bytes: p.max_input_bytes.to_string(),
        max_inline_output_bytes: p.max_inline_output_bytes.to_string(),
        record_blocks: p.record_blocks.to_string(),
        max_blob_bytes: p.max_blob_bytes.to_string(),
        max_blob_chunk_bytes: p.max_blob_chunk_bytes.to_string(),
        max_blob_blocks: p.max_blob_blocks.to_string(),
        blob_deposit_per_byte: p.blob_deposit_per_byte,
        max_block_gas: p.max_block_gas.to_string(),
    };
    let mut blobs = Vec::new();
    for (owner, hash, blob) in blob::all(ctx)? {
        blobs.push(export_blob(ctx, &owner, &hash, &blob)?);
    }
    serde_json::value::to_raw_value(&Section { params, next_record_id, records, blobs })
        .map_err(|e| sdk::invalid_request(format!("export of aivm: {e}")))
}

fn export_record(record: Record) -> RecordJson {
    let tensor = |t: Tensor| TensorJson {
        name: t.name,
        dtype: t.dtype,
        shape: t.shape.iter().map(u64::to_string).collect(),
        data: BASE64_STANDARD.encode(t.data),
        blob: hex::encode(t.blob),
    };
    RecordJson {
        id: record.id.to_string(),
        sender: record.sender,
        model_id: hex::encode(record.model_id),
        profile: hex::encode(record.profile),
        input_hash: hex::encode(record.input_hash),
        output_hash: hex::encode(record.output_hash),
        gas: record.gas.to_string(),
        height: record.height.to_string(),
        outputs: record.outputs.into_iter().map(tensor).collect(),
    }
}
