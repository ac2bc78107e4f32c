use synergy_kernel::{Ctx, Result};
use synergy_model_registry::{Caller, Engine, next_load_gas, price, read_id, sealed};
use synergy_proto::synergy::aivm::{QueryEstimateInferenceRequest, QueryEstimateInferenceResponse, TimeClass};

use crate::{infer_for, params::params};

/// Gas of a millisecond of one core.
const MILLISECOND: u64 = 1_000_000;

/// What an inference would cost. A variable model is run if there are inputs for it.
///
/// # Errors
/// `modelregistry` 2, 10 and 14; what the inference fails with.
pub(crate) fn estimate(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    q: &QueryEstimateInferenceRequest,
) -> Result<QueryEstimateInferenceResponse> {
    let id = read_id(&q.model_id, "model_id")?;
    let model = sealed(ctx, &id)?;
    let load_gas = next_load_gas(ctx, &id, &model)?;
    let (gas, exact) = match model.variable {
        false => (model.infer_gas, true),
        true if q.inputs.is_empty() => (model.infer_gas, false),
        true => (infer_for(ctx, engine, Caller::Query, &id, &q.inputs)?.gas, true),
    };
    Ok(QueryEstimateInferenceResponse {
        gas,
        exact,
        load_gas,
        time_class: class(gas).into(),
        memory_bytes: model.memory_bytes,
        price: price(&model).to_string(),
        max_block_gas: params(ctx)?.max_block_gas,
    })
}

fn class(gas: u64) -> TimeClass {
    match gas.checked_div(MILLISECOND).unwrap_or(0) {
        0 => TimeClass::Instant,
        1..10 => TimeClass::Fast,
        10..100 => TimeClass::Moderate,
        100..1_000 => TimeClass::Slow,
        _ => TimeClass::Heavy,
    }
}
