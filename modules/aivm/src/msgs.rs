use synergy_kernel::{Ctx, Hash, Result, Routes, address, check_authority, sdk};
use synergy_model_registry::{Caller, Engine, read_id};
use synergy_proto::{
    Address, coin,
    synergy::aivm::{
        MsgExtendBlob, MsgExtendBlobResponse, MsgInfer, MsgInferResponse, MsgRemoveBlob, MsgRemoveBlobResponse,
        MsgUpdateParams, MsgUpdateParamsResponse, MsgUploadBlob, MsgUploadBlobResponse, Record, Tensor,
    },
};

use crate::{
    blob, error,
    infer::{bytes, infer_for},
    params::{self, PARAMS, params},
    state,
};

pub(crate) fn register(routes: &mut Routes, engine: &Engine) {
    let engine = engine.clone();
    routes.message::<MsgInfer, MsgInferResponse>(
        |m| Ok(vec![sender(&m.sender)?]),
        |m| {
            max_price(m)?;
            read_id(&m.model_id, "model_id").map(drop)
        },
        move |ctx, m| run(ctx, &engine, m),
    );
    routes.message::<MsgUploadBlob, MsgUploadBlobResponse>(
        |m| Ok(vec![sender(&m.sender)?]),
        |m| hash(&m.hash).map(drop),
        |ctx, m| blob::upload(ctx, &sender(&m.sender)?, &hash(&m.hash)?, m),
    );
    routes.message::<MsgExtendBlob, MsgExtendBlobResponse>(
        |m| Ok(vec![sender(&m.sender)?]),
        |m| hash(&m.hash).map(drop),
        |ctx, m| {
            let expires_height = blob::extend(ctx, &sender(&m.sender)?, &hash(&m.hash)?, m.blocks)?;
            Ok(MsgExtendBlobResponse { expires_height })
        },
    );
    routes.message::<MsgRemoveBlob, MsgRemoveBlobResponse>(
        |m| Ok(vec![sender(&m.sender)?]),
        |m| hash(&m.hash).map(drop),
        |ctx, m| {
            blob::remove(ctx, &sender(&m.sender)?, &hash(&m.hash)?)?;
            Ok(MsgRemoveBlobResponse {})
        },
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![sender(&m.authority)?]),
        |m| params::check(&m.params.clone().unwrap_or_default()),
        |ctx, m| {
            check_authority(&m.authority)?;
            PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

fn sender(text: &str) -> Result<Address> {
    address(text, "sender")
}

/// Reads the hash of a blob.
pub(crate) fn hash(bytes: &[u8]) -> Result<Hash> {
    read_id(bytes, "hash")
}

fn run(ctx: &mut Ctx<'_>, engine: &Engine, m: &MsgInfer) -> Result<MsgInferResponse> {
    let address = sender(&m.sender)?;
    let caller = Caller::Account { address: &address, max_price: max_price(m)? };
    let inferred = infer_for(ctx, engine, caller, &read_id(&m.model_id, "model_id")?, &m.inputs)?;
    let price = inferred.price.to_string();
    let outputs = match bytes(&inferred.outputs) > params(ctx)?.max_inline_output_bytes {
        true if m.output_blocks == 0 => Vec::new(),
        true => store(ctx, m, inferred.outputs)?,
        false => inferred.outputs,
    };
    let (input_hash, output_hash) = (inferred.input_hash.to_vec(), inferred.output_hash.to_vec());
    let record = Record {
        id: 0,
        sender: m.sender.clone(),
        model_id: m.model_id.clone(),
        profile: inferred.profile,
        input_hash: input_hash.clone(),
        output_hash: output_hash.clone(),
        gas: inferred.gas,
        height: i64::try_from(ctx.block.height).map_err(|_| sdk::overflow("block height"))?,
        outputs: outputs.clone(),
    };
    let record_id = state::add(ctx, record)?;
    let texts = [record_id.to_string(), hex::encode(&m.model_id), inferred.gas.to_string()];
    let [id, model_id, gas] = &texts;
    let hashes = (hex::encode(&input_hash), hex::encode(&output_hash));
    let attributes = [
        ("record_id", id.as_str()),
        ("model_id", model_id),
        ("sender", &m.sender),
        ("input_hash", &hashes.0),
        ("output_hash", &hashes.1),
        ("gas", gas),
    ];
    ctx.emit("infer", &attributes);
    let load_gas = inferred.load_gas;
    Ok(MsgInferResponse { record_id, outputs, input_hash, output_hash, gas: inferred.gas, load_gas, price })
}

/// What the sender is willing to pay; empty for nothing.
fn max_price(m: &MsgInfer) -> Result<u128> {
    if m.max_price.is_empty() {
        return Ok(0);
    }
    coin::amount(&m.max_price).map_err(|e| error::bad_price(&e.to_string()))
}

/// Keeps the data of outputs as blobs of the sender.
fn store(ctx: &mut Ctx<'_>, m: &MsgInfer, outputs: Vec<Tensor>) -> Result<Vec<Tensor>> {
    let owner = sender(&m.sender)?;
    let mut stored = Vec::with_capacity(outputs.len());
    for mut output in outputs.into_iter() {
        if !output.data.is_empty() {
            let data = std::mem::take(&mut output.data);
            output.blob = blob::put(ctx, &owner, &data, m.output_blocks)?.to_vec();
        }
        stored.push(output);
    }
    Ok(stored)
}
