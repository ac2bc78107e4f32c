//! From a file to a sealed model.

use synergy_inference::Port;
use synergy_kernel::{Amount, Ctx, Hash, Result, address, schedule, sdk};
use synergy_proto::{
    coin,
    synergy::modelregistry::{
        Model, MsgCreateModel, MsgCreateModelResponse, MsgSealModel, MsgSealModelResponse, MsgUploadChunk,
        MsgUploadChunkResponse, Status, TensorSpec,
    },
};
use synergy_store::sha256;

use crate::{
    Engine, dtype_name, error,
    id::{self, bindings_of, manifest, read_id},
    license, merkle, model_id,
    params::params,
    rent,
    state::{self, BY_OWNER, CHUNKS, DEPOSITS, MODELS, VERSIONS, account, transfer},
    terms,
};

/// Gas of reading and hashing a byte of a model: ten nanoseconds, which SHA-256
/// without help of the CPU and a read from disk stay below.
const MODEL_BYTE: u64 = 1;
/// Longest name of a model, in bytes.
const MAX_NAME: usize = 128;
/// Longest version, in bytes.
const MAX_VERSION: usize = 64;
/// Most chunks of a model.
const MAX_CHUNKS: u64 = 8_192;

/// The checks that need no state.
pub(crate) fn check(m: &MsgCreateModel) -> Result<()> {
    if m.name.is_empty() || m.name.len() > MAX_NAME {
        return Err(sdk::invalid_request(format!("a model's name has 1 to {MAX_NAME} bytes")));
    }
    if m.version.len() > MAX_VERSION {
        return Err(sdk::invalid_request(format!("a model's version has at most {MAX_VERSION} bytes")));
    }
    if m.size == 0 {
        return Err(sdk::invalid_request("size is 0: give the size of the ONNX file in bytes"));
    }
    read_id(&m.content_hash, "content_hash")?;
    id::check(&m.bindings, &m.assets, &m.parents)?;
    license::check(&m.license)?;
    terms::check(&m.terms.clone().unwrap_or_default())
}

/// Opens a draft and takes its deposit.
///
/// # Errors
/// Codes 4, 7 and 21; SDK 5 when the deposit cannot be paid.
pub(crate) fn create(ctx: &mut Ctx<'_>, profile: &Hash, m: &MsgCreateModel) -> Result<MsgCreateModelResponse> {
    let params = params(ctx)?;
    let owner = address(&m.owner, "owner")?;
    let mut model = Model {
        owner: owner.to_string(),
        name: m.name.clone(),
        version: m.version.clone(),
        content_hash: m.content_hash.clone(),
        size: m.size,
        bindings: m.bindings.clone(),
        profile: profile.to_vec(),
        assets: m.assets.clone(),
        license: m.license.clone(),
        parents: m.parents.clone(),
        terms: Some(m.terms.clone().unwrap_or_default()),
        status: Status::Draft.into(),
        chunk_bytes: if m.chunk_bytes == 0 { params.max_chunk_bytes } else { m.chunk_bytes },
        ..Model::default()
    };
    let total = state::total(&model);
    if total > params.max_model_bytes {
        return Err(error::too_many_bytes(total, params.max_model_bytes, "that a model and its assets may have"));
    }
    if model.chunk_bytes > params.max_chunk_bytes {
        return Err(error::too_many_bytes(model.chunk_bytes, params.max_chunk_bytes, "that a chunk may have"));
    }
    if state::chunk_count(&model) > MAX_CHUNKS {
        let what = format!("{} chunks, at most {MAX_CHUNKS} are allowed: use larger ones", state::chunk_count(&model));
        return Err(error::wrong_index(0, &what));
    }
    choose_version(ctx, &mut model)?;
    for parent in &m.parents {
        let parent = read_id(parent, "parent")?;
        state::hold(ctx, &parent).map_err(|e| error::bad_parent(&e.message))?;
    }
    let id = model_id(&manifest(&model));
    model.id = id.to_vec();
    let price = coin::amount(&params.deposit_per_byte).map_err(|e| sdk::invalid_request(e.to_string()))?;
    let deposit = price.checked_mul(total.into()).ok_or_else(|| sdk::overflow("deposit of a model"))?;
    model.deposit = deposit.to_string();
    transfer(ctx, &owner, &account(), deposit)?;
    let sum = DEPOSITS.get(ctx)?.unwrap_or_default().plus(deposit)?;
    DEPOSITS.set(ctx, &sum)?;
    VERSIONS.set(ctx, ((&owner, &model.name), &model.version), &model.id)?;
    BY_OWNER.set(ctx, (&owner, &id), &())?;
    MODELS.set(ctx, &id, &model)?;
    let texts = [hex::encode(id), model.size.to_string(), model.deposit.clone()];
    let [id_text, size, deposit] = &texts;
    let attributes = [
        ("model_id", id_text.as_str()),
        ("owner", &model.owner),
        ("name", &model.name),
        ("version", &model.version),
        ("size", size),
        ("deposit", deposit),
    ];
    ctx.emit("create_model", &attributes);
    Ok(MsgCreateModelResponse { model_id: id.to_vec(), version: model.version })
}

/// The version that was given, which must be new, or the next free number.
fn choose_version(ctx: &mut Ctx<'_>, model: &mut Model) -> Result<()> {
    let owner = state::stored_address(model, &model.owner);
    if !model.version.is_empty() {
        return match VERSIONS.has(ctx, ((&owner, &model.name), &model.version))? {
            true => Err(error::exists(&model.name, &model.version)),
            false => Ok(()),
        };
    }
    let mut number = 1_u64;
    loop {
        let version = number.to_string();
        if !VERSIONS.has(ctx, ((&owner, &model.name), &version))? {
            model.version = version;
            return Ok(());
        }
        number = number.saturating_add(1);
    }
}

/// Adds a chunk to a draft.
///
/// # Errors
/// Codes 2, 3, 9, 5 for an index that is there or out of range, 6 for another length.
pub(crate) fn upload(ctx: &mut Ctx<'_>, m: &MsgUploadChunk) -> Result<MsgUploadChunkResponse> {
    let (id, mut model) = state::draft(ctx, &m.model_id, &m.owner)?;
    let (index, count) = (u64::from(m.index), state::chunk_count(&model));
    if index >= count {
        return Err(error::wrong_index(m.index, &format!("the model has {count} chunks, counted from 0")));
    }
    let expected = state::total(&model).saturating_sub(index.saturating_mul(model.chunk_bytes)).min(model.chunk_bytes);
    if m.data.len() as u64 != expected {
        return Err(error::wrong_length(m.index, expected, m.data.len()));
    }
    if CHUNKS.has(ctx, (&id, index))? {
        return Err(error::wrong_index(m.index, "it is uploaded already"));
    }
    let hash = ctx.put_blob(m.data.clone())?;
    CHUNKS.set(ctx, (&id, index), &hash.to_vec())?;
    model.uploaded = model.uploaded.saturating_add(expected);
    MODELS.set(ctx, &id, &model)?;
    let (id, index, hash_text) = (hex::encode(id), m.index.to_string(), hex::encode(hash));
    ctx.emit("upload_chunk", &[("model_id", &id), ("index", &index), ("chunk_hash", &hash_text)]);
    Ok(MsgUploadChunkResponse { chunk_hash: hash.to_vec() })
}

/// Checks, compiles and measures a complete draft.
///
/// # Errors
/// Codes 2, 3, 9, 12 for missing bytes, 8 and 20 for wrong ones, 13 for an old profile; what
/// the runtime refuses it for.
pub(crate) fn seal(ctx: &mut Ctx<'_>, engine: &Engine, m: &MsgSealModel) -> Result<MsgSealModelResponse> {
    let (id, mut model) = state::draft(ctx, &m.model_id, &m.owner)?;
    let total = state::total(&model);
    if model.uploaded != total {
        return Err(error::incomplete(model.uploaded, total));
    }
    let reads = schedule::READ.saturating_mul(state::chunk_count(&model));
    // Read, hashed, and walked by admission.
    ctx.gas.consume(reads.saturating_add(MODEL_BYTE.saturating_mul(total)), "ReadModel")?;
    let bytes = state::bytes(ctx.state, &id, &model);
    check_hashes(&model, &bytes)?;
    if engine.profile().as_slice() != model.profile {
        return Err(error::other_profile(&model.profile));
    }
    let measured = engine.measure(ctx, &id, state::onnx(&bytes, &model), &bindings_of(&model.bindings))?;
    model.status = if m.hold { Status::Sealed } else { Status::Active }.into();
    model.chunk_root = merkle::root(&state::chunk_hashes(ctx.state, &id, &model)).to_vec();
    model.inputs = measured.image.inputs().iter().map(spec).collect();
    model.outputs = measured.image.outputs().iter().map(spec).collect();
    model.load_gas = measured.load_gas;
    model.infer_gas = measured.infer_gas;
    model.variable = measured.image.variable();
    model.memory_bytes = measured.image.memory_bytes() as u64;
    model.sealed_height = height(ctx);
    MODELS.set(ctx, &id, &model)?;
    rent::loaded(ctx, &id)?;
    let texts = [hex::encode(id), model.load_gas.to_string(), model.infer_gas.to_string(), model.variable.to_string()];
    let [id, load_gas, infer_gas, variable] = &texts;
    let attributes = [
        ("model_id", id.as_str()),
        ("owner", &m.owner),
        ("load_gas", load_gas),
        ("infer_gas", infer_gas),
        ("variable", variable),
    ];
    ctx.emit("seal_model", &attributes);
    Ok(MsgSealModelResponse { load_gas: model.load_gas, infer_gas: model.infer_gas, variable: model.variable })
}

/// The bytes are the ONNX file and the assets that were announced.
pub(crate) fn check_hashes(model: &Model, bytes: &[u8]) -> Result<()> {
    let found = sha256(state::onnx(bytes, model));
    if found.as_slice() != model.content_hash {
        return Err(error::hash_mismatch(&model.content_hash, &found));
    }
    let mut rest = bytes.get(state::onnx(bytes, model).len()..).unwrap_or_default();
    for asset in &model.assets {
        let file = usize::try_from(asset.size).ok().and_then(|size| rest.split_at_checked(size));
        let right = file.filter(|(file, _)| sha256(file).as_slice() == asset.hash);
        let Some((_, after)) = right else {
            return Err(error::bad_asset(&format!("the uploaded bytes of {:?} have another hash", asset.name)));
        };
        rest = after;
    }
    Ok(())
}

pub(crate) fn spec(port: &Port) -> TensorSpec {
    TensorSpec { name: port.name.clone(), dtype: dtype_name(port.dtype).to_owned(), shape: port.shape.clone() }
}

pub(crate) fn height(ctx: &Ctx<'_>) -> i64 {
    i64::try_from(ctx.block.height).unwrap_or(i64::MAX)
}

/// Takes a deposit out of the sum, for a model that goes.
pub(crate) fn forget_deposit(ctx: &mut Ctx<'_>, deposit: u128) -> Result<()> {
    let sum = u128::from(DEPOSITS.get(ctx)?.unwrap_or_default());
    let left = sum.checked_sub(deposit).ok_or_else(|| error::broken("a deposit exceeds all deposits"))?;
    DEPOSITS.set(ctx, &Amount::from(left))
}
