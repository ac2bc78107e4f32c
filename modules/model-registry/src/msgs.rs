use synergy_inference::Port;
use synergy_kernel::{Ctx, Hash, Result, Routes, check_authority, schedule, sdk};
use synergy_proto::{
    Address,
    synergy::modelregistry::{
        Model, MsgCreateModel, MsgCreateModelResponse, MsgFreezeModel, MsgFreezeModelResponse, MsgSealModel,
        MsgSealModelResponse, MsgUnfreezeModel, MsgUnfreezeModelResponse, MsgUpdateParams, MsgUpdateParamsResponse,
        MsgUploadChunk, MsgUploadChunkResponse, Params, Status, TensorSpec,
    },
};
use synergy_store::sha256;

use crate::{
    Engine, dtype_name, error,
    id::{self, bindings_of, read_id},
    model_id,
    params::{self, PARAMS, params},
    state::{self, MODELS},
};

/// Gas of reading and hashing a byte of a model: ten nanoseconds, which SHA-256
/// without help of the CPU and a read from disk stay below.
const MODEL_BYTE: u64 = 1;
/// Longest name of a model, in bytes.
const MAX_NAME: usize = 128;

pub(crate) fn register(routes: &mut Routes, engine: &Engine) {
    let profile = engine.profile();
    routes.message::<MsgCreateModel, MsgCreateModelResponse>(
        |m| Ok(vec![owner(&m.owner)?]),
        check_create,
        move |ctx, m| create(ctx, &profile, m),
    );
    routes.message::<MsgUploadChunk, MsgUploadChunkResponse>(
        |m| Ok(vec![owner(&m.owner)?]),
        |m| {
            if m.data.is_empty() {
                return Err(sdk::invalid_request("the chunk is empty: send at least one byte"));
            }
            read_id(&m.model_id, "model_id").map(drop)
        },
        upload,
    );
    let engine = engine.clone();
    routes.message::<MsgSealModel, MsgSealModelResponse>(
        |m| Ok(vec![owner(&m.owner)?]),
        |m| read_id(&m.model_id, "model_id").map(drop),
        move |ctx, m| seal(ctx, &engine, m),
    );
    register_governance(routes);
}

/// Messages of governance alone.
fn register_governance(routes: &mut Routes) {
    routes.message::<MsgFreezeModel, MsgFreezeModelResponse>(
        |m| Ok(vec![authority(&m.authority)?]),
        |m| read_id(&m.model_id, "model_id").map(drop),
        |ctx, m| freeze(ctx, &m.authority, &m.model_id, true).map(|()| MsgFreezeModelResponse {}),
    );
    routes.message::<MsgUnfreezeModel, MsgUnfreezeModelResponse>(
        |m| Ok(vec![authority(&m.authority)?]),
        |m| read_id(&m.model_id, "model_id").map(drop),
        |ctx, m| freeze(ctx, &m.authority, &m.model_id, false).map(|()| MsgUnfreezeModelResponse {}),
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![authority(&m.authority)?]),
        |m| params::check(&m.params.unwrap_or_default()),
        |ctx, m| {
            check_authority(&m.authority)?;
            let params: Params = m.params.unwrap_or_default();
            PARAMS.set(ctx, &params)?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

/// Only a sealed model runs and can be stopped; doing it twice changes nothing.
fn freeze(ctx: &mut Ctx<'_>, authority: &str, id: &[u8], frozen: bool) -> Result<()> {
    check_authority(authority)?;
    let id = read_id(id, "model_id")?;
    let mut model = MODELS.get(ctx, &id)?.ok_or_else(|| error::not_found(&id))?;
    if model.status() != Status::Sealed {
        return Err(error::not_sealed(&id));
    }
    model.frozen = frozen;
    MODELS.set(ctx, &id, &model)?;
    ctx.emit(if frozen { "freeze_model" } else { "unfreeze_model" }, &[("model_id", &hex::encode(id))]);
    Ok(())
}

fn authority(text: &str) -> Result<Address> {
    text.parse().map_err(|e| sdk::invalid_address(format!("invalid authority address {text:?}: {e}")))
}

fn owner(text: &str) -> Result<Address> {
    text.parse().map_err(|e| sdk::invalid_address(format!("invalid owner address {text:?}: {e}")))
}

fn check_create(m: &MsgCreateModel) -> Result<()> {
    if m.name.is_empty() || m.name.len() > MAX_NAME {
        return Err(sdk::invalid_request(format!("a model's name has 1 to {MAX_NAME} bytes")));
    }
    if m.size == 0 {
        return Err(sdk::invalid_request("size is 0: give the size of the ONNX file in bytes"));
    }
    read_id(&m.content_hash, "content_hash")?;
    id::check(&m.bindings)
}

fn create(ctx: &mut Ctx<'_>, profile: &Hash, m: &MsgCreateModel) -> Result<MsgCreateModelResponse> {
    let params = params(ctx)?;
    if m.size > params.max_model_bytes {
        return Err(error::too_many_bytes(m.size, params.max_model_bytes, "that a model may have"));
    }
    let id = model_id(&read_id(&m.content_hash, "content_hash")?, profile, &m.bindings)?;
    if let Some(model) = MODELS.get(ctx, &id)? {
        check_anew(&model, &m.owner, height(ctx), params.draft_blocks)?;
    }
    let model = Model {
        id: id.to_vec(),
        owner: m.owner.clone(),
        name: m.name.clone(),
        content_hash: m.content_hash.clone(),
        size: m.size,
        bindings: m.bindings.clone(),
        profile: profile.to_vec(),
        status: Status::Draft.into(),
        updated_height: height(ctx),
        ..Model::default()
    };
    MODELS.set(ctx, &id, &model)?;
    let (id_text, size) = (hex::encode(id), m.size.to_string());
    let attributes = [("model_id", id_text.as_str()), ("owner", &m.owner), ("name", &m.name), ("size", &size)];
    ctx.emit("create_model", &attributes);
    Ok(MsgCreateModelResponse { model_id: id.to_vec() })
}

/// Whether a draft may be opened anew: by its owner when nothing more can be
/// uploaded, by anybody when it rested for long. Else a draft with wrong bytes,
/// or one that nobody means to finish, would keep the model out for ever.
fn check_anew(model: &Model, owner: &str, height: i64, draft_blocks: u64) -> Result<()> {
    if model.status() == Status::Sealed {
        return Err(error::exists(&model.id, &model.owner, "it is sealed and everybody can run it"));
    }
    let free_at = model.updated_height.saturating_add_unsigned(draft_blocks);
    if height >= free_at {
        return Ok(());
    }
    match model.owner == owner {
        true if model.uploaded == model.size => Ok(()),
        true => Err(error::exists(
            &model.id,
            owner,
            &format!("continue with chunk {} ({} of {} bytes)", model.chunks.len(), model.uploaded, model.size),
        )),
        false => Err(error::exists(
            &model.id,
            &model.owner,
            &format!("its draft can be taken over at height {free_at} if nothing is uploaded until then"),
        )),
    }
}

fn upload(ctx: &mut Ctx<'_>, m: &MsgUploadChunk) -> Result<MsgUploadChunkResponse> {
    let id = read_id(&m.model_id, "model_id")?;
    let mut model = state::draft(ctx, &id, &m.owner)?;
    if usize::try_from(m.index).ok() != Some(model.chunks.len()) {
        return Err(error::wrong_index(model.chunks.len(), m.index));
    }
    let limit = params(ctx)?.max_chunk_bytes;
    let length = m.data.len() as u64;
    if length > limit {
        return Err(error::chunk_too_large(m.data.len(), limit));
    }
    let uploaded = model.uploaded.saturating_add(length);
    if uploaded > model.size {
        return Err(error::too_many_bytes(uploaded, model.size, "announced when the model was created"));
    }
    let hash = ctx.put_blob(m.data.clone())?;
    model.chunks.push(hash.to_vec());
    model.uploaded = uploaded;
    model.updated_height = height(ctx);
    MODELS.set(ctx, &id, &model)?;
    let (id, index, hash_text) = (hex::encode(id), m.index.to_string(), hex::encode(hash));
    ctx.emit("upload_chunk", &[("model_id", &id), ("index", &index), ("chunk_hash", &hash_text)]);
    Ok(MsgUploadChunkResponse { chunk_hash: hash.to_vec() })
}

fn seal(ctx: &mut Ctx<'_>, engine: &Engine, m: &MsgSealModel) -> Result<MsgSealModelResponse> {
    let id = read_id(&m.model_id, "model_id")?;
    let mut model = state::draft(ctx, &id, &m.owner)?;
    if model.uploaded != model.size {
        return Err(error::incomplete(model.uploaded, model.size));
    }
    let bytes = read(ctx, &model)?;
    let found = sha256(&bytes);
    if found.as_slice() != model.content_hash {
        return Err(error::hash_mismatch(&model.content_hash, &found));
    }
    if engine.profile().as_slice() != model.profile {
        return Err(error::other_profile(&model.profile));
    }
    let measured = engine.measure(ctx, &id, &bytes, &bindings_of(&model.bindings))?;
    model.status = Status::Sealed.into();
    model.inputs = measured.image.inputs().iter().map(spec).collect();
    model.outputs = measured.image.outputs().iter().map(spec).collect();
    model.load_gas = measured.load_gas;
    model.infer_gas = measured.infer_gas;
    model.variable = measured.image.variable();
    model.sealed_height = height(ctx);
    MODELS.set(ctx, &id, &model)?;
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

/// Reads the chunks. The price covers hashing them and the walk of admission.
fn read(ctx: &mut Ctx<'_>, model: &Model) -> Result<Vec<u8>> {
    let reads = schedule::READ.saturating_mul(model.chunks.len() as u64);
    let gas = reads.saturating_add(MODEL_BYTE.saturating_mul(model.size));
    ctx.gas.consume(gas, "ReadModel")?;
    Ok(state::bytes(ctx.state, model))
}

fn spec(port: &Port) -> TensorSpec {
    TensorSpec { name: port.name.clone(), dtype: dtype_name(port.dtype).to_owned(), shape: port.shape.clone() }
}

fn height(ctx: &Ctx<'_>) -> i64 {
    i64::try_from(ctx.block.height).unwrap_or(i64::MAX)
}
