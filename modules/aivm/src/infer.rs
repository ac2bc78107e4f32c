use synergy_inference::{NamedTensor, Tensor as Value};
use synergy_kernel::{Ctx, Hash, Result};
use synergy_model_registry::{Engine, dtype_name, read_dtype, read_id, sealed};
use synergy_proto::synergy::{aivm::Tensor, modelregistry::TensorSpec};
use synergy_store::sha256;

use crate::{blob, error, params::params};

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
    /// The inference profile that ran the model.
    pub profile: Vec<u8>,
}

/// Runs a sealed model on inputs given in any order, inline or by the hash of a stored
/// blob, and charges the metered gas, also when the model fails. Nothing is written.
///
/// # Errors
/// `aivm` 2 to 9 and 14 for inputs that do not fit the model, `modelregistry` 2, 10 and
/// 13 for a model that cannot be run, `inference` for one that fails, SDK 11 when
/// the gas does not suffice.
pub fn infer(ctx: &mut Ctx<'_>, engine: &Engine, model_id: &Hash, inputs: &[Tensor]) -> Result<Inferred> {
    let limit = params(ctx)?.max_input_bytes;
    let size = inputs.iter().fold(0_u64, |sum, input| sum.saturating_add(input.data.len() as u64));
    if size > limit {
        return Err(error::too_large(size, limit));
    }
    let model = sealed(ctx, model_id)?;
    let inputs = fit(ctx, &model.inputs, inputs)?;
    let result = engine.run(ctx, model_id, &model, &inputs)?;
    Ok(Inferred {
        input_hash: hash_tensors(&inputs),
        output_hash: hash_tensors(&result.outputs),
        outputs: result.outputs.into_iter().map(message).collect(),
        gas: result.gas,
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
    Tensor { name, dtype: dtype_name(tensor.dtype).to_owned(), shape: tensor.shape, data: tensor.data, blob: Vec::new() }
}
