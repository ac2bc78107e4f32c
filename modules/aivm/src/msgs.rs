use synergy_kernel::{Ctx, Result, Routes, check_authority, sdk};
use synergy_model_registry::{Engine, read_id};
use synergy_proto::{
    Address,
    synergy::aivm::{MsgInfer, MsgInferResponse, MsgUpdateParams, MsgUpdateParamsResponse, Record, Tensor},
};

use crate::{
    infer,
    params::{self, PARAMS, params},
    state,
};

pub(crate) fn register(routes: &mut Routes, engine: &Engine) {
    let engine = engine.clone();
    routes.message::<MsgInfer, MsgInferResponse>(
        |m| Ok(vec![sender(&m.sender)?]),
        |m| read_id(&m.model_id, "model_id").map(drop),
        move |ctx, m| run(ctx, &engine, m),
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![sender(&m.authority)?]),
        |m| params::check(&m.params.unwrap_or_default()),
        |ctx, m| {
            check_authority(&m.authority)?;
            PARAMS.set(ctx, &m.params.unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

fn sender(text: &str) -> Result<Address> {
    text.parse().map_err(|e| sdk::invalid_address(format!("invalid sender address {text:?}: {e}")))
}

fn run(ctx: &mut Ctx<'_>, engine: &Engine, m: &MsgInfer) -> Result<MsgInferResponse> {
    let inferred = infer(ctx, engine, &read_id(&m.model_id, "model_id")?, &m.inputs)?;
    let outputs = match bytes(&inferred.outputs) > params(ctx)?.max_inline_output_bytes {
        true => Vec::new(),
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
    Ok(MsgInferResponse { record_id, outputs, input_hash, output_hash, gas: inferred.gas })
}

fn bytes(tensors: &[Tensor]) -> u64 {
    tensors.iter().fold(0, |sum, tensor| sum.saturating_add(tensor.data.len() as u64))
}
