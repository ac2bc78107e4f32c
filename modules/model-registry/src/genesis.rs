//! The `modelregistry` section: params and models, each with its chunks in
//! base64. Hashes and the profile are in hexadecimal.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Hash, Result, sdk, text};
use synergy_proto::{
    Address,
    synergy::modelregistry::{Asset, Binding, Model, Params, Royalty, Status, TensorSpec, Terms},
};

use crate::{
    ACCOUNT, create,
    id::{self, manifest, read_id},
    merkle, model_id,
    params::{self, PARAMS, params},
    rent,
    state::{self, ALLOWED, BY_OWNER, CHUNKS, DEPOSITS, MODELS, VERSIONS},
    terms,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    #[serde(default)]
    models: Vec<ModelJson>,
    /// Versions of models that were removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<RetiredJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    #[serde(with = "text")]
    max_chunk_bytes: u64,
    #[serde(with = "text")]
    max_model_bytes: u64,
    #[serde(with = "text")]
    deprecation_blocks: u64,
    deposit_per_byte: String,
    rent_per_mib_block: String,
    #[serde(with = "text")]
    max_rent_blocks: u64,
    #[serde(with = "text")]
    max_resident_bytes: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetiredJson {
    owner: String,
    name: String,
    version: String,
    id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelJson {
    owner: String,
    name: String,
    version: String,
    content_hash: String,
    #[serde(with = "text")]
    size: u64,
    bindings: Vec<BindingJson>,
    profile: String,
    #[serde(default)]
    assets: Vec<AssetJson>,
    #[serde(default)]
    license: String,
    #[serde(default)]
    parents: Vec<String>,
    terms: TermsJson,
    #[serde(default)]
    allowed: Vec<String>,
    #[serde(with = "text")]
    chunk_bytes: u64,
    /// Those that are there, by index.
    chunks: BTreeMap<u64, String>,
    deposit: String,
    #[serde(with = "text")]
    dependents: u64,
    /// None for a draft.
    sealed: Option<SealedJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BindingJson {
    dimension: String,
    #[serde(with = "text")]
    size: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetJson {
    name: String,
    hash: String,
    #[serde(with = "text")]
    size: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsJson {
    price: String,
    royalties: Vec<RoyaltyJson>,
    restricted: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoyaltyJson {
    recipient: String,
    basis_points: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedJson {
    status: String,
    inputs: Vec<SpecJson>,
    outputs: Vec<SpecJson>,
    #[serde(with = "text")]
    load_gas: u64,
    #[serde(with = "text")]
    infer_gas: u64,
    variable: bool,
    #[serde(with = "text")]
    memory_bytes: u64,
    #[serde(with = "text")]
    height: i64,
    #[serde(with = "text")]
    deprecated_height: i64,
    #[serde(default)]
    frozen: bool,
    #[serde(with = "text")]
    rented_until: u64,
    #[serde(default)]
    resident: bool,
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

fn address(text: &str) -> Result<Address> {
    text.parse().map_err(|e| bad(format!("address {text:?}: {e}")))
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section modelregistry: {e}")))?;
    let p = section.params;
    let params = Params {
        max_chunk_bytes: p.max_chunk_bytes,
        max_model_bytes: p.max_model_bytes,
        deprecation_blocks: p.deprecation_blocks,
        deposit_per_byte: p.deposit_per_byte,
        rent_per_mib_block: p.rent_per_mib_block,
        max_rent_blocks: p.max_rent_blocks,
        max_resident_bytes: p.max_resident_bytes,
    };
    params::check(&params)?;
    PARAMS.set(ctx, &params)?;
    synergy_auth::ensure_module(ctx, ACCOUNT)?;
    for r in &section.retired {
        VERSIONS.set(ctx, ((&address(&r.owner)?, &r.name), &r.version), &hash(&r.id)?.to_vec())?;
    }
    section.models.iter().try_for_each(|json| init_model(ctx, json))
}

fn init_model(ctx: &mut Ctx<'_>, json: &ModelJson) -> Result<()> {
    let owner = address(&json.owner)?;
    let hashes = |list: &[String]| list.iter().map(|text| Ok(hash(text)?.to_vec())).collect::<Result<Vec<_>>>();
    let asset = |a: &AssetJson| Ok(Asset { name: a.name.clone(), hash: hash(&a.hash)?.to_vec(), size: a.size });
    let mut model = Model {
        owner: owner.to_string(),
        name: json.name.clone(),
        version: json.version.clone(),
        content_hash: hash(&json.content_hash)?.to_vec(),
        size: json.size,
        bindings: json.bindings.iter().map(|b| Binding { dimension: b.dimension.clone(), size: b.size }).collect(),
        profile: hash(&json.profile)?.to_vec(),
        assets: json.assets.iter().map(asset).collect::<Result<_>>()?,
        license: json.license.clone(),
        parents: hashes(&json.parents)?,
        terms: Some(read_terms(&json.terms)?),
        status: Status::Draft.into(),
        chunk_bytes: json.chunk_bytes,
        deposit: number::<u128>(&json.deposit)?.to_string(),
        dependents: json.dependents,
        ..Model::default()
    };
    id::check(&model.bindings, &model.assets, &model.parents)?;
    let id = model_id(&manifest(&model));
    if VERSIONS.has(ctx, ((&owner, &model.name), &model.version))? {
        return Err(bad(format!("version {:?} of {:?} is listed twice", model.version, model.name)));
    }
    model.id = id.to_vec();
    for (index, chunk) in &json.chunks {
        let bytes =
            BASE64_STANDARD.decode(chunk).map_err(|e| bad(format!("a chunk of {} is no base64: {e}", json.name)))?;
        let rest = state::total(&model).saturating_sub(index.saturating_mul(model.chunk_bytes));
        if bytes.is_empty() || bytes.len() as u64 != rest.min(model.chunk_bytes) {
            return Err(bad(format!("chunk {index} of model {} has a wrong length", json.name)));
        }
        model.uploaded = model.uploaded.saturating_add(bytes.len() as u64);
        let hash = ctx.put_blob(bytes)?;
        CHUNKS.set(ctx, (&id, *index), &hash.to_vec())?;
    }
    if let Some(sealed) = &json.sealed {
        init_sealed(ctx, &id, &mut model, sealed)?;
    }
    for text in &json.allowed {
        ALLOWED.set(ctx, (&id, &address(text)?), &())?;
    }
    let sum = DEPOSITS.get(ctx)?.unwrap_or_default().plus(state::stored_amount(&model, &model.deposit))?;
    DEPOSITS.set(ctx, &sum)?;
    VERSIONS.set(ctx, ((&owner, &model.name), &model.version), &model.id)?;
    BY_OWNER.set(ctx, (&owner, &id), &())?;
    MODELS.set(ctx, &id, &model)
}

fn read_terms(json: &TermsJson) -> Result<Terms> {
    let royalty = |r: &RoyaltyJson| Royalty { recipient: r.recipient.clone(), basis_points: r.basis_points };
    let royalties = json.royalties.iter().map(royalty).collect();
    let terms = Terms { price: json.price.clone(), royalties, restricted: json.restricted };
    terms::check(&terms)?;
    Ok(terms)
}

/// Takes over what sealing found: its gas was paid on the chain before this
/// genesis. The content is checked again.
fn init_sealed(ctx: &mut Ctx<'_>, id: &Hash, model: &mut Model, json: &SealedJson) -> Result<()> {
    let whole = model.uploaded == state::total(model);
    if !whole || create::check_hashes(model, &state::bytes(ctx.state, id, model)).is_err() {
        return Err(bad(format!("the chunks of model {} do not give its content hash", model.name)));
    }
    let specs = |list: &[SpecJson]| list.iter().map(read_spec).collect::<Result<Vec<_>>>();
    let status = Status::from_str_name(&json.status).filter(|status| *status as i32 > Status::Draft as i32);
    model.status = status.ok_or_else(|| bad(format!("{:?} is no status of a sealed model", json.status)))?.into();
    model.chunk_root = merkle::root(&state::chunk_hashes(ctx.state, id, model)).to_vec();
    model.inputs = specs(&json.inputs)?;
    model.outputs = specs(&json.outputs)?;
    model.load_gas = json.load_gas;
    model.infer_gas = json.infer_gas;
    model.variable = json.variable;
    model.memory_bytes = json.memory_bytes;
    model.sealed_height = json.height;
    model.deprecated_height = json.deprecated_height;
    model.frozen = json.frozen;
    model.rented_until = json.rented_until;
    model.resident = json.resident;
    rent::import(ctx, id, model)
}

fn read_spec(json: &SpecJson) -> Result<TensorSpec> {
    let shape = json.shape.iter().map(|dim| number(dim)).collect::<Result<_>>()?;
    Ok(TensorSpec { name: json.name.clone(), dtype: json.dtype.clone(), shape })
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = params(ctx)?;
    let mut models = Vec::new();
    MODELS.for_each(ctx, (), |id, model| {
        models.push((id, model));
        Ok(true)
    })?;
    let mut retired = Vec::new();
    VERSIONS.for_each(ctx, (), |((owner, name), version), id| {
        if !models.iter().any(|(known, _)| known.as_slice() == id) {
            retired.push(RetiredJson { owner: owner.to_string(), name, version, id: hex::encode(id) });
        }
        Ok(true)
    })?;
    let section = Section {
        params: ParamsJson {
            max_chunk_bytes: p.max_chunk_bytes,
            max_model_bytes: p.max_model_bytes,
            deprecation_blocks: p.deprecation_blocks,
            deposit_per_byte: p.deposit_per_byte,
            rent_per_mib_block: p.rent_per_mib_block,
            max_rent_blocks: p.max_rent_blocks,
            max_resident_bytes: p.max_resident_bytes,
        },
        models: models.iter().map(|(id, model)| export_model(ctx, id, model)).collect::<Result<_>>()?,
        retired,
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of modelregistry: {e}")))
}

fn export_model(ctx: &mut Ctx<'_>, id: &Hash, model: &Model) -> Result<ModelJson> {
    let (mut hashes, mut allowed) = (Vec::new(), Vec::new());
    CHUNKS.for_each(ctx, id, |(_, index), hash| {
        hashes.push((index, read_id(&hash, "chunk")?));
        Ok(true)
    })?;
    ALLOWED.for_each(ctx, id, |(_, address), ()| {
        allowed.push(address.to_string());
        Ok(true)
    })?;
    let chunk = |hash| BASE64_STANDARD.encode(state::chunk(ctx.state, id, hash).as_slice());
    let terms = model.terms.clone().unwrap_or_default();
    let royalty = |r: &Royalty| RoyaltyJson { recipient: r.recipient.clone(), basis_points: r.basis_points };
    let asset = |a: &Asset| AssetJson { name: a.name.clone(), hash: hex::encode(&a.hash), size: a.size };
    Ok(ModelJson {
        owner: model.owner.clone(),
        name: model.name.clone(),
        version: model.version.clone(),
        content_hash: hex::encode(&model.content_hash),
        size: model.size,
        bindings: model.bindings.iter().map(|b| BindingJson { dimension: b.dimension.clone(), size: b.size }).collect(),
        profile: hex::encode(&model.profile),
        assets: model.assets.iter().map(asset).collect(),
        license: model.license.clone(),
        parents: model.parents.iter().map(hex::encode).collect(),
        terms: TermsJson {
            price: terms.price,
            royalties: terms.royalties.iter().map(royalty).collect(),
            restricted: terms.restricted,
        },
        allowed,
        chunk_bytes: model.chunk_bytes,
        chunks: hashes.iter().map(|(index, hash)| (*index, chunk(hash))).collect(),
        deposit: model.deposit.clone(),
        dependents: model.dependents,
        sealed: (model.status() != Status::Draft).then(|| export_sealed(model)),
    })
}

fn export_sealed(model: &Model) -> SealedJson {
    SealedJson {
        status: model.status().as_str_name().to_owned(),
        inputs: model.inputs.iter().map(export_spec).collect(),
        outputs: model.outputs.iter().map(export_spec).collect(),
        load_gas: model.load_gas,
        infer_gas: model.infer_gas,
        variable: model.variable,
        memory_bytes: model.memory_bytes,
        height: model.sealed_height,
        deprecated_height: model.deprecated_height,
        frozen: model.frozen,
        rented_until: model.rented_until,
        resident: model.resident,
    }
}

fn export_spec(spec: &TensorSpec) -> SpecJson {
    let shape = spec.shape.iter().map(u64::to_string).collect();
    SpecJson { name: spec.name.clone(), dtype: spec.dtype.clone(), shape }
}
