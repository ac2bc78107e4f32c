//! The contract on the mock chain, with its model.

use cosmwasm_std::{
    BankMsg, CosmosMsg, Response, coin, coins, from_json,
    testing::{message_info, mock_env},
};
use sentiment_gate::{
    Config, Error, ExecuteMsg, MigrateMsg, QueryMsg, Review, ScoreResponse, execute, instantiate, migrate, query,
};
use synergy_std::mock::{Deps, Models};

const MODEL: &[u8] = include_bytes!("../../models/sentiment.onnx");

fn gate() -> (Models, Deps) {
    let models = Models::new();
    let model = models.publish(MODEL, &[]);
    let mut deps = models.dependencies();
    let config = Config { model, threshold: 9_000, reward: coin(500, "asnrg") };
    let owner = message_info(&deps.api.addr_make("owner"), &[]);
    instantiate(deps.as_mut(), mock_env(), owner, config).unwrap();
    deps.querier.bank.update_balance(mock_env().contract.address, coins(700, "asnrg"));
    (models, deps)
}

fn review(deps: &mut Deps, name: &str, text: &str) -> Result<Response, Error> {
    let info = message_info(&deps.api.addr_make(name), &[]);
    execute(deps.as_mut(), mock_env(), info, ExecuteMsg::Review { text: text.into() })
}

fn score(deps: &Deps, text: &str) -> u16 {
    let answer = query(deps.as_ref(), mock_env(), QueryMsg::Score { text: text.into() }).unwrap();
    from_json::<ScoreResponse>(answer).unwrap().score
}

#[test]
fn the_score_is_what_scikit_learn_gives() {
    let (_, deps) = gate();
    assert_eq!(score(&deps, "Great team, I love this product!"), 9981);
    assert_eq!(score(&deps, "The food was awful and the staff rude."), 0);
    assert_eq!(score(&deps, "The room was not bad"), 9949);
    assert_eq!(score(&deps, "I do not recommend this hotel, it was terrible"), 0);
}

#[test]
fn a_positive_review_is_paid_once() {
    let (_, mut deps) = gate();
    let response = review(&mut deps, "anna", "The service was excellent, I love it").unwrap();
    let [message] = response.messages.as_slice() else { panic!("{response:?}") };
    let to_address = deps.api.addr_make("anna").to_string();
    assert_eq!(
        message.msg,
        CosmosMsg::Bank(BankMsg::Send { to_address: to_address.clone(), amount: coins(500, "asnrg") })
    );
    let again = review(&mut deps, "anna", "Wonderful coffee").unwrap_err();
    assert_eq!(again, Error::Paid(deps.api.addr_make("anna")));
    let stored = query(deps.as_ref(), mock_env(), QueryMsg::Review { address: to_address }).unwrap();
    assert!(from_json::<Option<Review>>(stored).unwrap().unwrap().paid);
}

#[test]
fn a_negative_review_is_kept_and_may_be_written_again() {
    let (_, mut deps) = gate();
    assert!(review(&mut deps, "ben", "What a terrible movie").unwrap().messages.is_empty());
    assert_eq!(review(&mut deps, "ben", "What a perfect movie").unwrap().messages.len(), 1);
}

#[test]
fn what_cannot_be_judged_or_paid_is_refused() {
    let (models, mut deps) = gate();
    assert_eq!(review(&mut deps, "cleo", ""), Err(Error::Length(0)));
    assert_eq!(review(&mut deps, "cleo", &"a".repeat(1_001)), Err(Error::Length(1_001)));
    deps.querier.bank.update_balance(mock_env().contract.address, coins(499, "asnrg"));
    let empty = review(&mut deps, "cleo", "The show was superb").unwrap_err();
    assert!(empty.to_string().starts_with("the reward of 500asnrg is more than the 499asnrg left"), "{empty}");
    let config = Config { model: models.publish(MODEL, &[]), threshold: 0, reward: coin(1, "asnrg") };
    let info = message_info(&deps.api.addr_make("owner"), &[]);
    assert_eq!(instantiate(deps.as_mut(), mock_env(), info, config), Err(Error::Threshold(0)));
}

#[test]
fn a_migration_takes_another_model() {
    let (_, mut deps) = gate();
    migrate(deps.as_mut(), mock_env(), MigrateMsg { model: [7; 32].into() }).unwrap();
    let error = review(&mut deps, "dora", "Lovely").unwrap_err();
    assert!(error.to_string().contains("is not published"), "{error}");
}
