//! The `aivm` section: params, the next record id and the records. Hashes are in
//! hexadecimal, tensor data in base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Address,
    synergy::aivm::{Params, Record, Tensor},
};

use crate::{
    params::{PARAMS, params},
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
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    max_input_bytes: String,
    max_inline_output_bytes: String,
    record_blocks: String,
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
    };
    PARAMS.set(ctx, &params)?;
    let next = section.next_record_id.map_or(Ok(1), |text| number(&text))?;
    for json in &section.records {
        let record = read_record(json)?;
        if record.id >= next || RECORDS.has(ctx, record.id)? {
            return Err(bad(format!("record {} is listed twice or not below next_record_id", record.id)));
        }
        state::keep(ctx, &record)?;
    }
    NEXT_ID.set(ctx, &next)
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
    Ok(Tensor { name: json.name.clone(), dtype: json.dtype.clone(), shape, data })
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
    };
    serde_json::value::to_raw_value(&Section { params, next_record_id, records })
        .map_err(|e| sdk::invalid_request(format!("export of aivm: {e}")))
}

fn export_record(record: Record) -> RecordJson {
    let tensor = |t: Tensor| TensorJson {
        name: t.name,
        dtype: t.dtype,
        shape: t.shape.iter().map(u64::to_string).collect(),
        data: BASE64_STANDARD.encode(t.data),
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
