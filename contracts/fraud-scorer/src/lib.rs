//! Sends payments on, and holds those that a model suspects.
//!
//! A payment goes through the contract: it describes the payment by six integers
//! it knows of sender and recipient, the model fraud.onnx gives the probability of
//! fraud, and the coins go on at once or wait for the owner, who releases or
//! refunds them.

mod features;
mod msg;

use cosmwasm_std::{
    Addr, BankMsg, Coin, Deps, DepsMut, Env, HexBinary, MessageInfo, Order, QueryResponse, Response, StdError,
    StdResult, entry_point, to_json_binary,
};
use cw_storage_plus::{Bound, Item, Map};
use synergy_std::{SynergyQuerier, SynergyQuery};

pub use features::{Payment, Profile};
pub use msg::{Config, ExecuteMsg, Held, InstantiateMsg, QueryMsg, ScoreResponse};

const CONFIG: Item<Config> = Item::new("config");
const PROFILES: Map<&Addr, Profile> = Map::new("profiles");
/// Payments from one address to another.
const KNOWN: Map<(&Addr, &Addr), u32> = Map::new("known");
const HELD: Map<u64, Held> = Map::new("held");
const NEXT: Item<u64> = Item::new("next");

/// Held payments in one answer.
const PAGE: usize = 50;

/// What can go wrong.
#[derive(Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say it")]
pub enum Error {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error("send exactly one kind of coin with a payment")]
    Coins,
    #[error("only the owner decides on held payments")]
    Unauthorized,
    #[error("no payment {0} is held")]
    NotHeld(u64),
}

/// Sets model and threshold; the sender is the owner.
#[entry_point]
pub fn instantiate(
    deps: DepsMut<SynergyQuery>,
    _: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, Error> {
    cw2::set_contract_version(deps.storage, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))?;
    CONFIG.save(deps.storage, &Config { owner: info.sender, model: msg.model, threshold: msg.threshold })?;
    NEXT.save(deps.storage, &1)?;
    Ok(Response::new())
}

/// Takes a payment, or the owner's decision on one.
#[entry_point]
pub fn execute(deps: DepsMut<SynergyQuery>, env: Env, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, Error> {
    match msg {
        ExecuteMsg::Pay { to } => pay(deps, &env, info, &to),
        ExecuteMsg::Release { id } => decide(deps, &info, id, |held| held.to),
        ExecuteMsg::Refund { id } => decide(deps, &info, id, |held| held.from),
    }
}

fn pay(deps: DepsMut<SynergyQuery>, env: &Env, info: MessageInfo, to: &str) -> Result<Response, Error> {
    let [coin] = info.funds.as_slice() else { return Err(Error::Coins) };
    let (from, to) = (info.sender, deps.api.addr_validate(to)?);
    let config = CONFIG.load(deps.storage)?;
    let payment = payment(deps.as_ref(), env, &from, &to, coin)?;
    let score = score(deps.as_ref(), &config.model, &payment)?;
    PROFILES.save(deps.storage, &from, &payment.sender.after(env.block.time, coin.amount))?;
    KNOWN.save(deps.storage, (&from, &to), &payment.known.saturating_add(1))?;
    let response = Response::new().add_attribute("action", "pay").add_attribute("score", score.to_string());
    if score < config.threshold {
        return Ok(response.add_message(send(&to, coin)));
    }
    let id = NEXT.load(deps.storage)?;
    NEXT.save(deps.storage, &id.saturating_add(1))?;
    HELD.save(deps.storage, id, &Held { id, from, to, coin: coin.clone(), score })?;
    Ok(response.add_attribute("held", id.to_string()))
}

fn decide(
    deps: DepsMut<SynergyQuery>,
    info: &MessageInfo,
    id: u64,
    recipient: impl FnOnce(Held) -> Addr,
) -> Result<Response, Error> {
    if info.sender != CONFIG.load(deps.storage)?.owner {
        return Err(Error::Unauthorized);
    }
    let held = HELD.may_load(deps.storage, id)?.ok_or(Error::NotHeld(id))?;
    HELD.remove(deps.storage, id);
    let coin = held.coin.clone();
    Ok(Response::new().add_attribute("action", "decide").add_message(send(&recipient(held), &coin)))
}

fn send(to: &Addr, coin: &Coin) -> BankMsg {
    BankMsg::Send { to_address: to.to_string(), amount: vec![coin.clone()] }
}

/// Answers a query.
#[entry_point]
pub fn query(deps: Deps<SynergyQuery>, env: Env, msg: QueryMsg) -> Result<QueryResponse, Error> {
    let config = CONFIG.load(deps.storage)?;
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config)?,
        QueryMsg::Score { from, to, coin } => {
            let (from, to) = (deps.api.addr_validate(&from)?, deps.api.addr_validate(&to)?);
            let payment = payment(deps, &env, &from, &to, &coin)?;
            to_json_binary(&ScoreResponse { score: score(deps, &config.model, &payment)? })?
        }
        QueryMsg::Held { after } => {
            let held = HELD.range(deps.storage, after.map(Bound::exclusive), None, Order::Ascending);
            to_json_binary(&held.take(PAGE).map(|item| Ok(item?.1)).collect::<StdResult<Vec<Held>>>()?)?
        }
    };
    Ok(answer)
}

fn payment(deps: Deps<SynergyQuery>, env: &Env, from: &Addr, to: &Addr, coin: &Coin) -> StdResult<Payment> {
    let sender = PROFILES.may_load(deps.storage, from)?.unwrap_or_else(|| Profile::new(env.block.time));
    let known = KNOWN.may_load(deps.storage, (from, to))?.unwrap_or_default();
    Ok(Payment { sender, known, amount: coin.amount, time: env.block.time })
}

/// The probability of fraud, in basis points.
fn score(deps: Deps<SynergyQuery>, model: &HexBinary, payment: &Payment) -> StdResult<u16> {
    let result = deps.querier.infer(model, vec![payment.features()?])?;
    let [_, fraud] = result.output("probabilities")?.to_fixed(32)?[..] else {
        return Err(StdError::generic_err("the model does not tell two classes apart"));
    };
    u16::try_from(fraud.saturating_mul(10_000) >> 32)
        .map_err(|_| StdError::generic_err("the model gives no probabilities"))
}
