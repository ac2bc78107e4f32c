//! A linear model that learns from transactions.
//!
//! Each example moves the weights one step of stochastic gradient descent on the
//! squared error. All numbers are fixed-point with [`FRACTION_BITS`] fractional
//! bits and every rounding is down, so the weights are the same bits on every
//! machine and for everyone who replays the examples.

mod learn;
mod msg;

use cosmwasm_std::{Deps, DepsMut, Env, MessageInfo, QueryResponse, Response, StdError, entry_point, to_json_binary};
use cw_storage_plus::Item;

pub use learn::{FRACTION_BITS, LIMIT, Linear};
pub use msg::{ExecuteMsg, InstantiateMsg, Model, PredictResponse, QueryMsg};

const MODEL: Item<Model> = Item::new("model");

/// Most features of an example.
pub const MAX_FEATURES: u8 = 64;

/// What can go wrong.
#[derive(Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say it")]
pub enum Error {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error("a model has 1 to {MAX_FEATURES} features, not {0}")]
    Features(u8),
    #[error("a rate is 2^-1 to 2^-20, not 2^-{0}")]
    Rate(u8),
    #[error("an example has {expected} features, not {got}")]
    Length { expected: usize, got: usize },
    #[error("the number {0} is beyond ±{LIMIT}")]
    Limit(i64),
    #[error("only the teacher gives examples")]
    Unauthorized,
}

/// Makes a model whose weights are all zero.
#[entry_point]
pub fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, msg: InstantiateMsg) -> Result<Response, Error> {
    cw2::set_contract_version(deps.storage, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))?;
    if !(1..=MAX_FEATURES).contains(&msg.features) {
        return Err(Error::Features(msg.features));
    }
    if !(1..=20).contains(&msg.rate_shift) {
        return Err(Error::Rate(msg.rate_shift));
    }
    let teacher = msg.teacher.map(|address| deps.api.addr_validate(&address)).transpose()?;
    let linear = Linear::zero(msg.features, msg.rate_shift);
    MODEL.save(deps.storage, &Model { linear, teacher, examples: 0, error: 0 })?;
    Ok(Response::new())
}

/// Learns from an example.
#[entry_point]
pub fn execute(deps: DepsMut, _: Env, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, Error> {
    let ExecuteMsg::Learn { features, target } = msg;
    let mut model = MODEL.load(deps.storage)?;
    if model.teacher.as_ref().is_some_and(|teacher| *teacher != info.sender) {
        return Err(Error::Unauthorized);
    }
    check(&model.linear, &features)?;
    within(target)?;
    let prediction = model.linear.predict(&features);
    let error = model.linear.learn(&features, target);
    model.examples = model.examples.saturating_add(1);
    // Moving average over about 16 examples.
    model.error = model.error.saturating_add(error.saturating_abs().saturating_sub(model.error) >> 4);
    MODEL.save(deps.storage, &model)?;
    Ok(Response::new()
        .add_attribute("action", "learn")
        .add_attribute("prediction", prediction.to_string())
        .add_attribute("error", error.to_string()))
}

/// Answers a query.
#[entry_point]
pub fn query(deps: Deps, _: Env, msg: QueryMsg) -> Result<QueryResponse, Error> {
    let model = MODEL.load(deps.storage)?;
    let answer = match msg {
        QueryMsg::Model {} => to_json_binary(&model)?,
        QueryMsg::Predict { features } => {
            check(&model.linear, &features)?;
            to_json_binary(&PredictResponse { prediction: model.linear.predict(&features) })?
        }
    };
    Ok(answer)
}

fn check(linear: &Linear, features: &[i64]) -> Result<(), Error> {
    if features.len() != linear.weights.len() {
        return Err(Error::Length { expected: linear.weights.len(), got: features.len() });
    }
    features.iter().try_for_each(|number| within(*number))
}

fn within(number: i64) -> Result<(), Error> {
    if (-LIMIT..=LIMIT).contains(&number) { Ok(()) } else { Err(Error::Limit(number)) }
}
