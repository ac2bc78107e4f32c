//! What the contract learns, to the bit.

#![allow(clippy::arithmetic_side_effects, reason = "tests may panic")]

use cosmwasm_std::{
    OwnedDeps, from_json,
    testing::{MockApi, MockQuerier, MockStorage, message_info, mock_dependencies, mock_env},
};
use online_learner::{
    Error, ExecuteMsg, FRACTION_BITS, InstantiateMsg, LIMIT, Linear, Model, PredictResponse, QueryMsg, execute,
    instantiate, query,
};

type Deps = OwnedDeps<MockStorage, MockApi, MockQuerier>;
const ONE: i64 = 1 << FRACTION_BITS;

fn learner(teacher: Option<&str>) -> Deps {
    let mut deps = mock_dependencies();
    let teacher = teacher.map(|name| deps.api.addr_make(name).into());
    let info = message_info(&deps.api.addr_make("owner"), &[]);
    instantiate(deps.as_mut(), mock_env(), info, InstantiateMsg { features: 3, rate_shift: 3, teacher }).unwrap();
    deps
}

fn learn(deps: &mut Deps, who: &str, features: &[i64], target: i64) -> Result<(), Error> {
    let info = message_info(&deps.api.addr_make(who), &[]);
    execute(deps.as_mut(), mock_env(), info, ExecuteMsg::Learn { features: features.into(), target }).map(drop)
}

fn model(deps: &Deps) -> Model {
    from_json(query(deps.as_ref(), mock_env(), QueryMsg::Model {}).unwrap()).unwrap()
}

/// Features within ±1 from a small generator, and 2a − 3b + c/2 + 5.
fn examples() -> impl Iterator<Item = ([i64; 3], i64)> {
    let mut state = 1_u64;
    let mut number = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 43) as i64 - ONE
    };
    std::iter::repeat_with(move || {
        let [a, b, c] = [number(), number(), number()];
        ([a, b, c], 2 * a - 3 * b + c / 2 + 5 * ONE)
    })
}

#[test]
fn it_learns_a_linear_function_to_the_same_bits_everywhere() {
    let mut deps = learner(None);
    for (features, target) in examples().take(300) {
        learn(&mut deps, "anyone", &features, target).unwrap();
    }
    let Model { linear, examples, error, .. } = model(&deps);
    assert_eq!(examples, 300);
    assert!(error < ONE / 1000, "error {error}");
    for (weight, expected) in linear.weights.iter().zip([2 * ONE, -3 * ONE, ONE / 2]) {
        assert!((weight - expected).abs() < ONE / 1000, "{linear:?}");
    }
    assert_eq!((linear.weights.as_slice(), linear.bias), (&GOLDEN_WEIGHTS[..], GOLDEN_BIAS));
    let answer = query(deps.as_ref(), mock_env(), QueryMsg::Predict { features: vec![ONE, 0, 0] }).unwrap();
    let PredictResponse { prediction } = from_json(answer).unwrap();
    assert_eq!(prediction, linear.weights[0] + linear.bias);
}

// From the same steps in Python integers.
const GOLDEN_WEIGHTS: [i64; 3] = [2_097_141, -3_145_733, 524_281];
const GOLDEN_BIAS: i64 = 5_242_874;

#[test]
fn only_the_teacher_teaches() {
    let mut deps = learner(Some("teacher"));
    assert_eq!(learn(&mut deps, "pupil", &[0, 0, 0], 0), Err(Error::Unauthorized));
    learn(&mut deps, "teacher", &[0, 0, 0], 0).unwrap();
}

#[test]
fn numbers_out_of_bounds_are_refused() {
    let mut deps = learner(None);
    assert_eq!(learn(&mut deps, "anyone", &[1, 2], 0), Err(Error::Length { expected: 3, got: 2 }));
    assert_eq!(learn(&mut deps, "anyone", &[1, 2, LIMIT + 1], 0), Err(Error::Limit(LIMIT + 1)));
    assert_eq!(learn(&mut deps, "anyone", &[1, 2, 3], i64::MIN), Err(Error::Limit(i64::MIN)));
    let info = message_info(&deps.api.addr_make("owner"), &[]);
    let msg = |features, rate_shift| InstantiateMsg { features, rate_shift, teacher: None };
    assert_eq!(instantiate(deps.as_mut(), mock_env(), info.clone(), msg(0, 3)), Err(Error::Features(0)));
    assert_eq!(instantiate(deps.as_mut(), mock_env(), info, msg(3, 0)), Err(Error::Rate(0)));
}

#[test]
fn the_worst_examples_keep_the_weights_bounded() {
    let mut linear = Linear::zero(2, 1);
    for i in 0..1_000 {
        let sign = if i % 2 == 0 { 1 } else { -1 };
        linear.learn(&[LIMIT, -LIMIT], sign * LIMIT);
    }
    assert!(linear.weights.iter().all(|weight| weight.abs() <= 1 << 40), "{linear:?}");
}
