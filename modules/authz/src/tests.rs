use std::collections::BTreeMap;

use proptest::prelude::*;
use synergy_bank::Bank;
use synergy_kernel::{Block, Ctx, Gas, Module, Result, Routes, State};
use synergy_proto::{
    Address, Any, Denom, Timestamp, coin,
    cosmos::{
        authz::v1beta1::{GenericAuthorization, Grant, MsgExec, MsgGrant, MsgRevoke},
        bank::v1beta1::{MsgSend, SendAuthorization},
        staking::v1beta1::{
            AuthorizationType, MsgDelegate, StakeAuthorization,
            stake_authorization::{Policy, Validators},
        },
    },
    pack,
};
use synergy_store::{Config, MemDb, Store};

use crate::{Authz, STORE, authorization::Authorization, state::GRANTS};

const FUNDS: u128 = 1_000_000;
const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";

/// A state of three funded accounts, and the modules' messages.
struct Fixture {
    state: State,
    routes: Routes,
    now: i64,
}

impl Fixture {
    fn new() -> Self {
        let stores = [synergy_auth::STORE, synergy_bank::STORE, STORE];
        let store = Store::open(Box::new(MemDb::default()), &stores, Config::default()).unwrap();
        let mut routes = Routes::default();
        Bank.register(&mut routes);
        Authz.register(&mut routes);
        let mut new = Self { state: State::new(store.latest()), routes, now: 1_000 };
        new.with(|ctx| (0..3).try_for_each(|i| synergy_bank::mint(ctx, &address(i), &[(denom(), FUNDS)]))).unwrap();
        new
    }

    fn with<T>(&mut self, f: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
        let (block, mut gas) = (Block { seconds: self.now, ..Block::default() }, Gas::unlimited());
        f(&mut Ctx::new(&mut self.state, &block, &mut gas).with_routes(&self.routes))
    }

    fn send(&mut self, message: &Any, signer: u8) -> Result<Any> {
        self.with(|ctx| ctx.dispatch(message, &address(signer)))
    }

    fn balance(&mut self, i: u8) -> u128 {
        self.with(|ctx| synergy_bank::balance(ctx, &address(i), &denom())).unwrap()
    }
}

fn address(i: u8) -> Address {
    [i + 1; 20].into()
}

fn denom() -> Denom {
    coin::BASE_DENOM.parse().unwrap()
}

fn send(from: u8, to: u8, amount: u128) -> Any {
    let amount = vec![coin::coin(amount, coin::BASE_DENOM)];
    pack(&MsgSend { from_address: address(from).to_string(), to_address: address(to).to_string(), amount })
}

fn grant(granter: u8, grantee: u8, authorization: Any, expiration: Option<i64>) -> Any {
    let expiration = expiration.map(|seconds| Timestamp { seconds, nanos: 0 });
    pack(&MsgGrant {
        granter: address(granter).to_string(),
        grantee: address(grantee).to_string(),
        grant: Some(Grant { authorization: Some(authorization), expiration }),
    })
}

fn revoke(granter: u8, grantee: u8) -> Any {
    let (granter, grantee) = (address(granter).to_string(), address(grantee).to_string());
    pack(&MsgRevoke { granter, grantee, msg_type_url: SEND.to_owned() })
}

fn exec(grantee: u8, msgs: Vec<Any>) -> Any {
    pack(&MsgExec { grantee: address(grantee).to_string(), msgs })
}

fn limited(limit: u128, allow_list: &[u8]) -> Any {
    let allow_list = allow_list.iter().map(|i| address(*i).to_string()).collect();
    pack(&SendAuthorization { spend_limit: vec![coin::coin(limit, coin::BASE_DENOM)], allow_list })
}

fn generic() -> Any {
    pack(&GenericAuthorization { msg: SEND.to_owned() })
}

#[derive(Debug, Clone)]
enum Step {
    Grant { pair: (u8, u8), limit: Option<u16>, only: Option<u8>, lives: Option<u8> },
    Revoke((u8, u8)),
    Exec { pair: (u8, u8), to: u8, amount: u16 },
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let pair = (0..3_u8, 1..3_u8).prop_map(|(a, b)| (a, (a + b) % 3));
    prop_oneof![
        3 => (pair.clone(), any::<Option<u16>>(), prop::option::of(0..3_u8), any::<Option<u8>>())
            .prop_map(|(pair, limit, only, lives)| Step::Grant { pair, limit: limit.map(|l| l.max(1)), only, lives }),
        1 => pair.clone().prop_map(Step::Revoke),
        6 => (pair, 0..3_u8, 1..40_000_u16).prop_map(|(pair, to, amount)| Step::Exec { pair, to, amount }),
        1 => (0..100_u8).prop_map(Step::Wait),
    ]
}

/// Limit, only recipient, and last second of a grant.
type Model = (Option<u128>, Option<u8>, i64);

proptest! {
    /// A grantee does exactly what a plain reading of the grants lets it do.
    #[test]
    fn nothing_happens_that_was_not_granted(steps in prop::collection::vec(step(), 1..60)) {
        let mut chain = Fixture::new();
        let mut grants = BTreeMap::<(u8, u8), Model>::new();
        let mut ledger = [FUNDS; 3];
        for step in steps {
            match step {
                Step::Wait(seconds) => {
                    chain.now += i64::from(seconds);
                    chain.with(|ctx| Authz.begin_block(ctx)).unwrap();
                    // Expired grants of past seconds are gone from the state.
                    let now = chain.now;
                    grants.retain(|_, (_, _, last)| *last >= now);
                    let mut kept = 0;
                    chain.with(|ctx| GRANTS.for_each(ctx, (), |_, _| { kept += 1; Ok(true) })).unwrap();
                    prop_assert_eq!(kept, grants.len());
                }
                Step::Grant { pair, limit, only, lives } => {
                    // A recipient is a matter of limited grants only.
                    let only = limit.and(only);
                    let authorization = match limit {
                        Some(limit) => limited(limit.into(), only.as_slice()),
                        None => generic(),
                    };
                    let last = lives.map(|seconds| chain.now + 1 + i64::from(seconds));
                    chain.send(&grant(pair.0, pair.1, authorization, last), pair.0).unwrap();
                    grants.insert(pair, (limit.map(u128::from), only, last.unwrap_or(i64::MAX)));
                }
                Step::Revoke(pair) => {
                    let revoked = chain.send(&revoke(pair.0, pair.1), pair.0);
                    prop_assert_eq!(revoked.is_ok(), grants.remove(&pair).is_some());
                }
                Step::Exec { pair, to, amount } => {
                    let amount = u128::from(amount);
                    let funded = ledger[usize::from(pair.0)] >= amount;
                    let granted = grants.get(&pair).is_some_and(|(limit, only, _)| {
                        limit.is_none_or(|limit| limit >= amount) && only.is_none_or(|only| only == to)
                    });
                    let done = chain.send(&exec(pair.1, vec![send(pair.0, to, amount)]), pair.1);
                    prop_assert_eq!(done.is_ok(), granted && funded, "{:?}", done);
                    if done.is_ok() {
                        ledger[usize::from(pair.0)] -= amount;
                        ledger[usize::from(to)] += amount;
                        if let Some((Some(limit), ..)) = grants.get_mut(&pair) {
                            *limit -= amount;
                            if *limit == 0 {
                                grants.remove(&pair);
                            }
                        }
                    }
                }
            }
            for (i, amount) in (0..).zip(ledger) {
                prop_assert_eq!(chain.balance(i), amount);
            }
        }
    }
}

#[test]
fn refusals_have_the_codes_of_the_sdk() {
    let mut chain = Fixture::new();
    let mut code = |message: Any, signer: u8| {
        let error = chain.send(&message, signer).unwrap_err();
        (error.codespace, error.code)
    };
    assert_eq!(code(grant(0, 0, generic(), None), 0), ("authz", 7));
    assert_eq!(code(grant(0, 1, generic(), Some(1_000)), 0), ("authz", 3));
    assert_eq!(code(grant(0, 1, pack(&GenericAuthorization { msg: "/x.Y".into() }), None), 0), ("sdk", 29));
    assert_eq!(code(grant(0, 1, send(0, 1, 1), None), 0), ("sdk", 29));
    assert_eq!(code(grant(0, 1, pack(&SendAuthorization::default()), None), 0), ("sdk", 10));
    assert_eq!(code(grant(0, 1, limited(5, &[1, 1]), None), 0), ("bank", 8));
    assert_eq!(code(grant(0, 1, pack(&StakeAuthorization::default()), None), 0), ("authz", 4));
    assert_eq!(code(grant(0, 1, generic(), None), 1), ("sdk", 4), "only the granter grants");
    assert_eq!(code(revoke(0, 1), 0), ("authz", 2));
    assert_eq!(code(exec(1, vec![]), 1), ("sdk", 18));
    assert_eq!(code(exec(1, vec![send(0, 1, 1)]), 1), ("authz", 2));
    chain.send(&grant(0, 1, limited(5, &[2]), Some(1_010)), 0).unwrap();
    let mut code = |message: Any, signer: u8| {
        let error = chain.send(&message, signer).unwrap_err();
        (error.codespace, error.code)
    };
    assert_eq!(code(exec(1, vec![send(0, 2, 6)]), 1), ("sdk", 5));
    assert_eq!(code(exec(1, vec![send(0, 1, 1)]), 1), ("sdk", 4));
    chain.now = 1_011;
    assert_eq!(chain.send(&exec(1, vec![send(0, 2, 1)]), 1).unwrap_err().code, 6);
}

#[test]
fn a_grantee_may_send_its_own_messages_and_grants_do_not_chain() {
    let mut chain = Fixture::new();
    chain.send(&exec(0, vec![send(0, 1, 3)]), 0).unwrap();
    assert_eq!(chain.balance(1), FUNDS + 3);
    // 0 lets 1 execute for it, and 1 lets 2: 2 cannot reach 0 through 1.
    chain.send(&grant(0, 1, generic(), None), 0).unwrap();
    chain.send(&grant(1, 2, generic(), None), 1).unwrap();
    let nested = exec(2, vec![exec(1, vec![send(0, 2, 1)])]);
    assert_eq!(chain.send(&nested, 2).unwrap_err().code, 2);
    assert_eq!(chain.balance(0), FUNDS - 3);
}

#[test]
fn a_stake_authorization_holds_validators_and_the_sum() {
    let delegate = |validator: &str, amount| {
        pack(&MsgDelegate {
            validator_address: validator.to_owned(),
            amount: Some(coin::coin(amount, coin::BASE_DENOM)),
            ..MsgDelegate::default()
        })
    };
    let mut a = StakeAuthorization {
        max_tokens: Some(coin::coin(10, coin::BASE_DENOM)),
        authorization_type: AuthorizationType::Delegate.into(),
        validators: Some(Policy::AllowList(Validators { address: vec!["good".into()] })),
    };
    let mut chain = Fixture::new();
    let mut left = |a: &StakeAuthorization, message: &Any| {
        chain.with(|ctx| Authorization::Stake(a.clone()).accept(ctx, message)).map_err(|e| e.code)
    };
    use crate::authorization::Remains;
    assert_eq!(left(&a, &delegate("other", 1)), Err(4));
    assert_eq!(left(&a, &delegate("good", 11)), Err(5));
    assert_eq!(left(&a, &delegate("good", 10)), Ok(Remains::Nothing));
    let reduced = StakeAuthorization { max_tokens: Some(coin::coin(7, coin::BASE_DENOM)), ..a.clone() };
    assert_eq!(left(&a, &delegate("good", 3)), Ok(Remains::Reduced(Authorization::Stake(reduced))));
    assert_eq!(left(&a, &send(0, 1, 1)), Err(29));
    a.validators = Some(Policy::DenyList(Validators { address: vec!["bad".into()] }));
    a.max_tokens = None;
    assert_eq!(left(&a, &delegate("bad", 1)), Err(4));
    assert_eq!(left(&a, &delegate("any", u128::MAX)), Ok(Remains::Unchanged));
}

#[test]
fn genesis_gives_the_same_grants_back() {
    let mut chain = Fixture::new();
    chain.send(&grant(0, 1, limited(5, &[2]), Some(2_000)), 0).unwrap();
    chain.send(&grant(1, 2, generic(), None), 1).unwrap();
    let section = chain.with(|ctx| Authz.export_genesis(ctx)).unwrap();
    let mut other = Fixture::new();
    other.with(|ctx| Authz.init_genesis(ctx, &section)).unwrap();
    assert_eq!(other.with(|ctx| Authz.export_genesis(ctx)).unwrap().get(), section.get());
    other.send(&exec(1, vec![send(0, 2, 5)]), 1).unwrap();
}
