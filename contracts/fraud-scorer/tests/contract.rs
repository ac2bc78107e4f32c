//! The contract on the mock chain, with its model.

#![allow(clippy::arithmetic_side_effects, reason = "tests may panic")]

use cosmwasm_std::{
    BankMsg, Env, Response, Timestamp, coin, coins, from_json,
    testing::{message_info, mock_env},
};
use fraud_scorer::{Error, ExecuteMsg, Held, InstantiateMsg, QueryMsg, execute, instantiate, query};
use synergy_std::mock::{Deps, Models};

/// Two days into 1970, at noon.
const NOON: u64 = 2 * 86_400 + 12 * 3_600;

fn scorer() -> Deps {
    let models = Models::new();
    let model = models.publish(include_bytes!("../../models/fraud.onnx"), &[]);
    let mut deps = models.dependencies();
    let owner = message_info(&deps.api.addr_make("owner"), &[]);
    instantiate(deps.as_mut(), at(0), owner, InstantiateMsg { model, threshold: 5_000 }).unwrap();
    deps
}

fn at(seconds: u64) -> Env {
    let mut env = mock_env();
    env.block.time = Timestamp::from_seconds(seconds);
    env
}

fn pay(deps: &mut Deps, time: u64, to: &str, amount: u128) -> Response {
    let info = message_info(&deps.api.addr_make("payer"), &coins(amount, "asnrg"));
    let to = deps.api.addr_make(to).to_string();
    execute(deps.as_mut(), at(time), info, ExecuteMsg::Pay { to }).unwrap()
}

fn held(deps: &Deps) -> Vec<Held> {
    from_json(query(deps.as_ref(), at(NOON), QueryMsg::Held { after: None }).unwrap()).unwrap()
}

/// A month of honest payments, one a day.
fn with_history() -> (Deps, u64) {
    let mut deps = scorer();
    for day in 0..30 {
        assert_eq!(pay(&mut deps, NOON + day * 86_400, "shop", 1_000_000).messages.len(), 1, "day {day}");
    }
    (deps, NOON + 30 * 86_400)
}

#[test]
fn usual_payments_go_on_at_once() {
    let (deps, _) = with_history();
    assert!(held(&deps).is_empty());
}

#[test]
fn a_large_payment_to_a_stranger_waits_for_the_owner() {
    let (mut deps, now) = with_history();
    assert!(pay(&mut deps, now, "stranger", 1_000_000_000).messages.is_empty());
    let payment = held(&deps).remove(0);
    assert_eq!((payment.id, payment.coin.amount.u128()), (1, 1_000_000_000));
    assert!(payment.score > 9_000, "{}", payment.score);

    let decide = |deps: &mut Deps, who: &str, msg| {
        let info = message_info(&deps.api.addr_make(who), &[]);
        execute(deps.as_mut(), at(now), info, msg)
    };
    assert_eq!(decide(&mut deps, "payer", ExecuteMsg::Release { id: 1 }), Err(Error::Unauthorized));
    let refund = decide(&mut deps, "owner", ExecuteMsg::Refund { id: 1 }).unwrap();
    let to_address = deps.api.addr_make("payer").to_string();
    assert_eq!(refund.messages[0].msg, BankMsg::Send { to_address, amount: coins(1_000_000_000, "asnrg") }.into());
    assert_eq!(decide(&mut deps, "owner", ExecuteMsg::Release { id: 1 }), Err(Error::NotHeld(1)));
}

#[test]
fn many_payments_to_strangers_in_an_hour_are_held() {
    let mut deps = scorer();
    let sent: usize = (0..20).map(|i| pay(&mut deps, NOON, &format!("stranger{i}"), 1_000_000).messages.len()).sum();
    assert!((1..=12).contains(&sent), "{sent} of 20 went on");
}

#[test]
fn a_payment_is_one_coin() {
    let mut deps = scorer();
    let to = deps.api.addr_make("shop").to_string();
    for funds in [vec![], vec![coin(1, "asnrg"), coin(1, "other")]] {
        let info = message_info(&deps.api.addr_make("payer"), &funds);
        assert_eq!(execute(deps.as_mut(), at(NOON), info, ExecuteMsg::Pay { to: to.clone() }), Err(Error::Coins));
    }
}
