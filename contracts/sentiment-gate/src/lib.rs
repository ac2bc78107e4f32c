//! Pays for a review that a model reads as positive.
//!
//! Whoever funds the contract sets a reward. A review is turned into counts of
//! hashed words, the model sentiment.onnx gives the probability that it is
//! positive, and the first review of an address that reaches the threshold is paid,
//! all in the same transaction.

mod features;
mod msg;

use cosmwasm_std::{
    Addr, BankMsg, Coin, Deps, DepsMut, Env, HexBinary, MessageInfo, QueryResponse, Response, StdError, StdResult,
    entry_point, to_json_binary,
};
use cw_storage_plus::{Item, Map};
use synergy_std::{SynergyQuerier, SynergyQuery};

pub use features::{BUCKETS, features};
pub use msg::{Config, ExecuteMsg, MigrateMsg, QueryMsg, Review, ScoreResponse};

const CONFIG: Item<Config> = Item::new("config");
const REVIEWS: Map<&Addr, Review> = Map::new("reviews");

/// Longest review, in bytes.
pub const MAX_TEXT: usize = 1_000;

/// What can go wrong.
#[derive(Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say it")]
pub enum Error {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error(transparent)]
    Version(#[from] cw2::VersionError),
    #[error("a threshold is 1 to 10000 basis points, not {0}")]
    Threshold(u16),
    #[error("a review has 1 to {MAX_TEXT} bytes, not {0}")]
    Length(usize),
    #[error("{0} has been paid for a review already")]
    Paid(Addr),
    #[error("the reward of {reward} is more than the {balance} left: send the contract funds")]
    Empty { reward: Coin, balance: Coin },
}

/// Sets model, threshold and reward.
#[entry_point]
pub fn instantiate(deps: DepsMut<SynergyQuery>, _: Env, _: MessageInfo, config: Config) -> Result<Response, Error> {
    cw2::set_contract_version(deps.storage, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))?;
    if !(1..=10_000).contains(&config.threshold) {
        return Err(Error::Threshold(config.threshold));
    }
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new())
}

/// Takes a review.
#[entry_point]
pub fn execute(deps: DepsMut<SynergyQuery>, env: Env, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, Error> {
    let ExecuteMsg::Review { text } = msg;
    let config = CONFIG.load(deps.storage)?;
    if REVIEWS.may_load(deps.storage, &info.sender)?.is_some_and(|review| review.paid) {
        return Err(Error::Paid(info.sender));
    }
    let score = score(deps.as_ref(), &config.model, &text)?;
    let paid = score >= config.threshold;
    REVIEWS.save(deps.storage, &info.sender, &Review { text, score, paid })?;
    let response = Response::new()
        .add_attribute("action", "review")
        .add_attribute("score", score.to_string())
        .add_attribute("paid", paid.to_string());
    if !paid {
        return Ok(response);
    }
    let balance = deps.querier.query_balance(env.contract.address, &config.reward.denom)?;
    if balance.amount < config.reward.amount {
        return Err(Error::Empty { reward: config.reward, balance });
    }
    Ok(response.add_message(BankMsg::Send { to_address: info.sender.into(), amount: vec![config.reward] }))
}

/// Answers a query.
#[entry_point]
pub fn query(deps: Deps<SynergyQuery>, _: Env, msg: QueryMsg) -> Result<QueryResponse, Error> {
    let config = CONFIG.load(deps.storage)?;
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config)?,
        QueryMsg::Score { text } => to_json_binary(&ScoreResponse { score: score(deps, &config.model, &text)? })?,
        QueryMsg::Review { address } => {
            let address = deps.api.addr_validate(&address)?;
            to_json_binary(&REVIEWS.may_load(deps.storage, &address)?)?
        }
    };
    Ok(answer)
}

/// Takes another model.
#[entry_point]
pub fn migrate(deps: DepsMut<SynergyQuery>, _: Env, msg: MigrateMsg) -> Result<Response, Error> {
    cw2::ensure_from_older_version(deps.storage, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))?;
    let set = |mut config: Config| {
        config.model = msg.model;
        StdResult::Ok(config)
    };
    CONFIG.update(deps.storage, set)?;
    Ok(Response::new())
}

/// The probability that a text is positive, in basis points.
fn score(deps: Deps<SynergyQuery>, model: &HexBinary, text: &str) -> Result<u16, Error> {
    if text.is_empty() || text.len() > MAX_TEXT {
        return Err(Error::Length(text.len()));
    }
    let input = features(text).map_err(StdError::from)?;
    let result = deps.querier.infer(model, vec![input])?;
    let probabilities = result.output("probabilities").and_then(|p| p.to_fixed(32)).map_err(StdError::from)?;
    let [_, positive] = probabilities[..] else {
        return Err(StdError::generic_err("the model does not tell two classes apart").into());
    };
    let points = positive.saturating_mul(10_000) >> 32;
    u16::try_from(points).map_err(|_| StdError::generic_err("the model gives no probabilities").into())
}
