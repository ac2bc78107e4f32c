use synergy_inference::{NamedTensor, Tensor as Value};
use synergy_kernel::{Ctx, Hash, Result};
use synergy_model_registry::{
    Caller, Engine, admit, dtype_name, load_gas, loaded, next_load_gas, read_dtype, read_id, sealed,
};
use synergy_proto::synergy::{aivm::Tensor, modelregistry::TensorSpec};
use synergy_store::sha256;

use crate::{blob, error, lane, params::params};

/// The result of an inference.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    /// The outputs, in the model's order.
    pub outputs: Vec<Tensor>,
    /// Hash of the inputs in the model's order; see [`hash_tensors`].
    pub input_hash: Hash,
    /// Hash of the outputs; see [`hash_tensors`].
    pub output_hash: Hash,
    /// Gas of the inference alone. It is charged already.
    pub gas: u64,
    /// Gas of loading the model, charged already; 0 unless this was its first use in the
    /// block.
    pub load_gas: u64,
    /// What the caller has paid, in the base denom.
    pub price: u128,
    /// The inference profile that ran the model.
    pub profile: Vec<u8>,
}

/// Runs an active model for a contract's query, which pays gas but no price: see
/// [`infer_for`].
///
/// # Errors
/// Those of [`infer_for`].
pub fn infer(ctx: &mut Ctx<'_>, engine: &Engine, model_id: &Hash, inputs: &[Tensor]) -> Result<Inferred> {
    infer_for(ctx, engine, Caller::Contract, model_id, inputs)
}

/// The same with outputs that an answer to a contract can carry. A query writes nothing, so
/// larger ones cannot be kept as blobs: that takes a `MsgInfer`.
///
/// # Errors
/// Those of [`infer_for`]; `aivm` 21 for outputs above `max_inline_output_bytes`.
pub fn infer_inline(ctx: &mut Ctx<'_>, engine: &Engine, model_id: &Hash, inputs: &[Tensor]) -> Result<Inferred> {
    let most = params(ctx)?.max_inline_output_bytes;
    let inferred = infer(ctx, engine, model_id, inputs)?;
    let size = bytes(&inferred.outputs);
    if size > most { Err(error::outputs_too_large(size, most)) } else { Ok(inferred) }
}

/// Bytes of data that tensors carry.
pub(crate) fn bytes(tensors: &[Tensor]) -> u64 {
    tensors.iter().fold(0, |sum, tensor| sum.saturating_add(tensor.data.len() as u64))
}

/// Runs a model on inputs given in any order, inline or by the hash of a stored blob. The
/// caller pays the model's price; gas is charged as metered, with the load gas if this is
/// the model's first use in the block, also when the model fails. Only for an account is
/// anything written: payments, and that the model was loaded.
///
/// # Errors
/// `aivm` 2 to 9 and 14 for inputs that do not fit the model, 15 when the block has no room,
/// `modelregistry` 2, 10 and 13 to 18 for a model that cannot be run, `inference` for one that fails, SDK 11 when
/// the gas does not suffice.
pub fn infer_for(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    caller: Caller<'_>,
    model_id: &Hash,
    inputs: &[Tensor],
) -> Result<Inferred> {
    let limit = params(ctx)?.max_input_bytes;
    let size = bytes(inputs);
    if size > limit {
        return Err(error::too_large(size, limit));
    }
    let model = sealed(ctx, model_id)?;
    let price = admit(ctx, model_id, &model, caller)?;
    let inputs = fit(ctx, &model.inputs, inputs)?;
    let load_gas = match caller {
        // A query looks at a block that is over; what it tells is for the next one.
        Caller::Query => next_load_gas(ctx, model_id, &model)?,
        _ => load_gas(ctx, model_id, &model)?,
    };
    if !matches!(caller, Caller::Query) {
        lane::check(ctx, &model, load_gas)?;
    }
    let before = ctx.gas.used();
    let result = ctx.gas.consume(load_gas, "LoadModel").and_then(|()| engine.run(ctx, model_id, &model, &inputs));
    ctx.gas.count_in_lane(ctx.gas.used().saturating_sub(before));
    let result = result?;
    if load_gas > 0 && matches!(caller, Caller::Account { .. }) {
        loaded(ctx, model_id)?;
    }
    Ok(Inferred {
        input_hash: hash_tensors(&inputs),
        output_hash: hash_tensors(&result.outputs),
        outputs: result.outputs.into_iter().map(message).collect(),
        gas: result.gas,
        load_gas,
        price,
        profile: model.profile,
    })
}

/// SHA-256 over [`NamedTensor::encode_list`]: what records prove.
pub fn hash_tensors(tensors: &[NamedTensor]) -> Hash {
    sha256(&NamedTensor::encode_list(tensors))
}

/// The inputs in the model's order, each checked against its specification.
fn fit(ctx: &mut Ctx<'_>, specs: &[TensorSpec], inputs: &[Tensor]) -> Result<Vec<NamedTensor>> {
    let mut left: Vec<&Tensor> = inputs.iter().collect();
    let mut fitted = Vec::with_capacity(specs.len());
    for spec in specs {
        let position = left.iter().position(|input| input.name == spec.name);
        let position = position.ok_or_else(|| error::missing_input(&spec.name))?;
        fitted.push(fit_one(ctx, spec, left.remove(position))?);
    }
    match left.first() {
        Some(input) => Err(error::unknown_input(&input.name)),
        None => Ok(fitted),
    }
}

fn fit_one(ctx: &mut Ctx<'_>, spec: &TensorSpec, input: &Tensor) -> Result<NamedTensor> {
    let name = spec.name.clone();
    let dtype = read_dtype(&input.dtype).filter(|_| input.dtype == spec.dtype);
    let dtype = dtype.ok_or_else(|| error::wrong_dtype(&name, &spec.dtype, &input.dtype))?;
    if input.shape != spec.shape {
        return Err(error::wrong_shape(&name, &spec.shape, &input.shape));
    }
    // Admission bounds the product, and 0 times a saturated one is 0 still.
    let expected = spec.shape.iter().fold(dtype.size(), |bytes, dim| bytes.saturating_mul(*dim));
    let data = match input.blob.is_empty() {
        true => input.data.clone(),
        false if !input.data.is_empty() => return Err(error::two_sources(&name)),
        false => blob::data(ctx, &read_id(&input.blob, "blob")?)?,
    };
    if data.len() as u64 != expected {
        return Err(error::wrong_length(&name, expected, data.len()));
    }
    let tensor = Value { dtype, shape: input.shape.clone(), data };
    tensor.check().map_err(|e| error::not_canonical(&name, &e.message))?;
    Ok(NamedTensor { name, tensor })
}

fn message(NamedTensor { name, tensor }: NamedTensor) -> Tensor {
    Tensor {
        name,
        dtype: dtype_name(tensor.dtype).to_owned(),
        shape: tensor.shape,
        data: tensor.data,
        blob: Vec::new(),
    }
}
