//! The `modelregistry` section: params and models, each with its chunks in
//! base64. Hashes and the profile are in hexadecimal.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Hash, Result, sdk};
use synergy_proto::{
    Address,
    synergy::modelregistry::{Binding, Model, Params, Status, TensorSpec},
};
use synergy_store::sha256;

use crate::{
    model_id,
    params::{PARAMS, params},
    state::{self, MODELS},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    #[serde(default)]
    models: Vec<ModelJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    max_chunk_bytes: String,
    max_model_bytes: String,
    draft_blocks: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelJson {
    owner: String,
    name: String,
    content_hash: String,
    size: String,
    bindings: Vec<BindingJson>,
    profile: String,
    chunks: Vec<String>,
    updated_height: String,
    /// None for a draft.
    sealed: Option<SealedJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BindingJson {
    dimension: String,
    size: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedJson {
    inputs: Vec<SpecJson>,
    outputs: Vec<SpecJson>,
    load_gas: String,
    infer_gas: String,
    variable: bool,
    height: String,
    #[serde(default)]
    frozen: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecJson {
    name: String,
    dtype: String,
    shape: Vec<String>,
}

fn bad(what: impl std::fmt::Display) -> synergy_kernel::Error {
    sdk::invalid_request(format!("genesis modelregistry: {what}"))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N> {
    text.parse().map_err(|_| bad(format!("{text:?} is not a whole number")))
}

fn hash(text: &str) -> Result<Hash> {
    let mut hash = Hash::default();
    hex::decode_to_slice(text, &mut hash).map_err(|e| bad(format!("{text:?} is not a hash in hexadecimal: {e}")))?;
    Ok(hash)
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section modelregistry: {e}")))?;
    let params = Params {
        max_chunk_bytes: number(&section.params.max_chunk_bytes)?,
        max_model_bytes: number(&section.params.max_model_bytes)?,
        draft_blocks: number(&section.params.draft_blocks)?,
    };
    PARAMS.set(ctx, &params)?;
    section.models.iter().try_for_each(|json| init_model(ctx, json))
}

fn init_model(ctx: &mut Ctx<'_>, json: &ModelJson) -> Result<()> {
    let owner: Address = json.owner.parse().map_err(|e| bad(format!("owner {:?}: {e}", json.owner)))?;
    let (content_hash, profile) = (hash(&json.content_hash)?, hash(&json.profile)?);
    let binding = |b: &BindingJson| Ok(Binding { dimension: b.dimension.clone(), size: number(&b.size)? });
    let bindings = json.bindings.iter().map(binding).collect::<Result<Vec<_>>>()?;
    let id = model_id(&content_hash, &profile, &bindings)?;
    if MODELS.has(ctx, &id)? {
        return Err(bad(format!("model {} is listed twice", hex::encode(id))));
    }
    let mut model = Model {
        id: id.to_vec(),
        owner: owner.to_string(),
        name: json.name.clone(),
        content_hash: content_hash.to_vec(),
        size: number(&json.size)?,
        bindings,
        profile: profile.to_vec(),
        status: Status::Draft.into(),
        updated_height: number(&json.updated_height)?,
        ..Model::default()
    };
    for chunk in &json.chunks {
        let bytes =
            BASE64_STANDARD.decode(chunk).map_err(|e| bad(format!("a chunk of {} is no base64: {e}", json.name)))?;
        model.uploaded = model.uploaded.saturating_add(bytes.len() as u64);
        model.chunks.push(ctx.put_blob(bytes)?.to_vec());
    }
    if model.uploaded > model.size {
        return Err(bad(format!("model {} has more bytes than its size says", json.name)));
    }
    if let Some(sealed) = &json.sealed {
        init_sealed(ctx, &mut model, sealed)?;
    }
    MODELS.set(ctx, &id, &model)
}

/// Takes over what sealing found: its gas was paid on the chain before this
/// genesis. The content is checked again.
fn init_sealed(ctx: &Ctx<'_>, model: &mut Model, json: &SealedJson) -> Result<()> {
    if model.uploaded != model.size || sha256(&state::bytes(ctx.state, model)).as_slice() != model.content_hash {
        return Err(bad(format!("the chunks of model {} do not give its content hash", model.name)));
    }
    let specs = |list: &[SpecJson]| list.iter().map(read_spec).collect::<Result<Vec<_>>>();
    model.status = Status::Sealed.into();
    model.inputs = specs(&json.inputs)?;
    model.outputs = specs(&json.outputs)?;
    model.load_gas = number(&json.load_gas)?;
    model.infer_gas = number(&json.infer_gas)?;
    model.variable = json.variable;
    model.sealed_height = number(&json.height)?;
    model.frozen = json.frozen;
    Ok(())
}

fn read_spec(json: &SpecJson) -> Result<TensorSpec> {
    let shape = json.shape.iter().map(|dim| number(dim)).collect::<Result<_>>()?;
    Ok(TensorSpec { name: json.name.clone(), dtype: json.dtype.clone(), shape })
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = params(ctx)?;
    let mut models = Vec::new();
    MODELS.for_each(ctx, (), |_, model| {
        models.push(model);
        Ok(true)
    })?;
    let section = Section {
        params: ParamsJson {
            max_chunk_bytes: p.max_chunk_bytes.to_string(),
            max_model_bytes: p.max_model_bytes.to_string(),
            draft_blocks: p.draft_blocks.to_string(),
        },
        models: models.iter().map(|model| export_model(ctx, model)).collect(),
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of modelregistry: {e}")))
}

fn export_model(ctx: &Ctx<'_>, model: &Model) -> ModelJson {
    let chunk = |hash: &Vec<u8>| BASE64_STANDARD.encode(state::chunk(ctx.state, model, hash).as_slice());
    let binding = |b: &Binding| BindingJson { dimension: b.dimension.clone(), size: b.size.to_string() };
    let sealed = || SealedJson {
        inputs: model.inputs.iter().map(export_spec).collect(),
        outputs: model.outputs.iter().map(export_spec).collect(),
        load_gas: model.load_gas.to_string(),
        infer_gas: model.infer_gas.to_string(),
        variable: model.variable,
        height: model.sealed_height.to_string(),
        frozen: model.frozen,
    };
    ModelJson {
        owner: model.owner.clone(),
        name: model.name.clone(),
        content_hash: hex::encode(&model.content_hash),
        size: model.size.to_string(),
        bindings: model.bindings.iter().map(binding).collect(),
        profile: hex::encode(&model.profile),
        chunks: model.chunks.iter().map(chunk).collect(),
        updated_height: model.updated_height.to_string(),
        sealed: (model.status() == Status::Sealed).then(sealed),
    }
}

fn export_spec(spec: &TensorSpec) -> SpecJson {
    let shape = spec.shape.iter().map(u64::to_string).collect();
    SpecJson { name: spec.name.clone(), dtype: spec.dtype.clone(), shape }
}
