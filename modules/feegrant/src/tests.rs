use proptest::prelude::*;
use synergy_kernel::{Block, Ctx, Gas, Module, Result, Routes, State};
use synergy_proto::{
    Address, Any, Coin, Denom, Timestamp, coin,
    cosmos::feegrant::v1beta1::{
        AllowedMsgAllowance, BasicAllowance, MsgGrantAllowance, MsgPruneAllowances, MsgRevokeAllowance,
        PeriodicAllowance, QueryAllowanceRequest,
    },
    pack,
    tendermint::google::protobuf::Duration,
};
use synergy_store::{Config, MemDb, Store};

use crate::{FeeGrant, STORE, use_allowance};

struct Fixture {
    state: State,
    routes: Routes,
    now: i64,
}

impl Fixture {
    fn new() -> Self {
        let store = Store::open(Box::new(MemDb::default()), &[synergy_auth::STORE, STORE], Config::default()).unwrap();
        let mut routes = Routes::default();
        FeeGrant.register(&mut routes);
        Self { state: State::new(store.latest()), routes, now: 1_000 }
    }

    fn with<T>(&mut self, f: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
        let (block, mut gas) = (Block { seconds: self.now, ..Block::default() }, Gas::unlimited());
        f(&mut Ctx::new(&mut self.state, &block, &mut gas).with_routes(&self.routes))
    }

    fn grant(&mut self, allowance: Any) -> Result<Any> {
        let (granter, grantee) = (address(0).to_string(), address(1).to_string());
        let message = pack(&MsgGrantAllowance { granter, grantee, allowance: Some(allowance) });
        self.with(|ctx| ctx.dispatch(&message, &address(0)))
    }

    fn revoke(&mut self) -> Result<Any> {
        let message = pack(&MsgRevokeAllowance { granter: address(0).to_string(), grantee: address(1).to_string() });
        self.with(|ctx| ctx.dispatch(&message, &address(0)))
    }

    /// Pays a fee as the transaction pipeline does: nothing stays of a refusal.
    fn pay(&mut self, fee: u128, url: &str) -> std::result::Result<(), (&'static str, u32)> {
        let denom: Denom = coin::BASE_DENOM.parse().unwrap();
        self.with(|ctx| {
            ctx.atomic(|ctx| use_allowance(ctx, &address(0), &address(1), &[(denom, fee)], &[url.to_owned()]))
        })
        .map_err(|e| (e.codespace, e.code))
    }

    fn exists(&mut self) -> bool {
        let request = QueryAllowanceRequest { granter: address(0).to_string(), grantee: address(1).to_string() };
        let bytes = prost::Message::encode_to_vec(&request);
        self.with(|ctx| ctx.query("/cosmos.feegrant.v1beta1.Query/Allowance", &bytes)).is_ok()
    }
}

fn address(i: u8) -> Address {
    [i + 1; 20].into()
}

fn snrg(amount: u128) -> Vec<Coin> {
    if amount == 0 { vec![] } else { vec![coin::coin(amount, coin::BASE_DENOM)] }
}

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

fn basic(limit: u128, expiration: Option<i64>) -> BasicAllowance {
    BasicAllowance { spend_limit: snrg(limit), expiration: expiration.and_then(at) }
}

fn periodic(total: u128, per_period: u128, seconds: i64) -> PeriodicAllowance {
    PeriodicAllowance {
        basic: Some(basic(total, None)),
        period: Some(Duration { seconds, nanos: 0 }),
        period_spend_limit: snrg(per_period),
        period_can_spend: snrg(per_period),
        period_reset: at(1_000 + seconds),
    }
}

proptest! {
    /// Whatever is tried, no period and no allowance pays more than its limit, and a
    /// fee that fits is paid.
    #[test]
    fn allowances_never_exceed_their_limits(
        total in prop::option::of(1..5_000_u128),
        per_period in 1..1_000_u128,
        length in 1..50_i64,
        tries in prop::collection::vec((0..70_i64, 0..1_200_u128), 1..60),
    ) {
        let mut chain = Fixture::new();
        chain.grant(pack(&periodic(total.unwrap_or(0), per_period, length))).unwrap();
        let (mut left, mut in_period, mut reset) = (total, per_period, 1_000 + length);
        for (pause, fee) in tries {
            chain.now += pause;
            let (mut period_left, mut next) = (in_period, reset);
            if chain.now >= reset {
                period_left = left.map_or(per_period, |left| left.min(per_period));
                next = if chain.now > reset + length { chain.now + length } else { reset + length };
            }
            let fits = fee <= period_left && left.is_none_or(|left| fee <= left);
            if left == Some(0) {
                prop_assert_eq!(chain.pay(fee, "/x"), Err(("sdk", 38)));
                continue;
            }
            prop_assert_eq!(chain.pay(fee, "/x"), if fits { Ok(()) } else { Err(("feegrant", 2)) });
            if fits {
                (in_period, reset) = (period_left - fee, next);
                left = left.map(|left| left - fee);
            }
        }
        prop_assert_eq!(chain.exists(), left != Some(0));
    }
}

#[test]
fn a_basic_allowance_is_used_up_expires_and_is_pruned() {
    let mut chain = Fixture::new();
    chain.grant(pack(&basic(10, Some(1_005)))).unwrap();
    assert_eq!(chain.grant(pack(&basic(10, None))).unwrap_err().code, 18, "there is one already");
    assert_eq!(chain.pay(11, "/x"), Err(("feegrant", 2)));
    assert_eq!(chain.pay(4, "/x"), Ok(()));
    chain.now = 1_006;
    assert_eq!(chain.pay(1, "/x"), Err(("feegrant", 3)));
    assert!(chain.exists());
    let prune = pack(&MsgPruneAllowances { pruner: address(7).to_string() });
    chain.with(|ctx| ctx.dispatch(&prune, &address(7))).unwrap();
    assert!(!chain.exists());
    chain.grant(pack(&basic(10, None))).unwrap();
    assert_eq!(chain.pay(10, "/x"), Ok(()));
    assert!(!chain.exists(), "nothing is left of it");
    assert_eq!(chain.pay(1, "/x"), Err(("sdk", 38)));
    // The end of a block prunes too, and a revoked one leaves no entry behind.
    chain.grant(pack(&basic(10, Some(1_010)))).unwrap();
    chain.revoke().unwrap();
    chain.grant(pack(&basic(10, Some(1_100)))).unwrap();
    chain.now = 1_050;
    chain.with(|ctx| FeeGrant.begin_block(ctx)).unwrap();
    assert!(chain.exists());
    chain.now = 1_101;
    chain.with(|ctx| FeeGrant.begin_block(ctx)).unwrap();
    assert!(!chain.exists());
}

#[test]
fn an_allowance_for_messages_pays_for_no_others() {
    let mut chain = Fixture::new();
    let inner = Some(pack(&periodic(100, 10, 60)));
    chain.grant(pack(&AllowedMsgAllowance { allowance: inner, allowed_messages: vec!["/good".into()] })).unwrap();
    assert_eq!(chain.pay(1, "/bad"), Err(("feegrant", 7)));
    assert_eq!(chain.pay(8, "/good"), Ok(()));
    assert_eq!(chain.pay(8, "/good"), Err(("feegrant", 2)), "the period has 2 left");
}

#[test]
fn refusals_have_the_codes_of_the_sdk() {
    let mut chain = Fixture::new();
    let mut code = |allowance: Any| {
        let error = chain.grant(allowance).unwrap_err();
        (error.codespace, error.code)
    };
    let inner = || Some(pack(&basic(1, None)));
    assert_eq!(code(pack(&basic(1, Some(999)))), ("sdk", 18));
    assert_eq!(code(pack(&basic(1, Some(-1)))), ("feegrant", 4));
    assert_eq!(code(pack(&AllowedMsgAllowance { allowance: inner(), allowed_messages: vec![] })), ("feegrant", 6));
    assert_eq!(
        code(pack(&AllowedMsgAllowance { allowance: None, allowed_messages: vec!["/x".into()] })),
        ("feegrant", 5)
    );
    let nested = pack(&AllowedMsgAllowance { allowance: inner(), allowed_messages: vec!["/x".into()] });
    assert_eq!(
        code(pack(&AllowedMsgAllowance { allowance: Some(nested), allowed_messages: vec!["/x".into()] })),
        ("feegrant", 5)
    );
    assert_eq!(code(pack(&PeriodicAllowance { period_spend_limit: vec![], ..periodic(1, 1, 1) })), ("sdk", 10));
    assert_eq!(code(pack(&PeriodicAllowance { period: None, ..periodic(1, 1, 1) })), ("feegrant", 4));
    let other = vec![coin::coin(1, "uatom")];
    assert_eq!(code(pack(&PeriodicAllowance { period_spend_limit: other, ..periodic(1, 1, 1) })), ("sdk", 10));
    assert_eq!(chain.revoke().unwrap_err().code, 38);
    let own = pack(&MsgGrantAllowance {
        granter: address(0).to_string(),
        grantee: address(0).to_string(),
        allowance: inner(),
    });
    assert_eq!(chain.with(|ctx| ctx.dispatch(&own, &address(0))).unwrap_err().code, 7);
}

#[test]
fn genesis_gives_the_same_allowances_back() {
    let mut chain = Fixture::new();
    let inner = Some(pack(&PeriodicAllowance {
        period: Some(Duration { seconds: 60, nanos: 500_000_000 }),
        ..periodic(100, 10, 60)
    }));
    chain.grant(pack(&AllowedMsgAllowance { allowance: inner, allowed_messages: vec!["/good".into()] })).unwrap();
    let section = chain.with(|ctx| FeeGrant.export_genesis(ctx)).unwrap();
    let mut other = Fixture::new();
    other.with(|ctx| FeeGrant.init_genesis(ctx, &section)).unwrap();
    assert_eq!(other.with(|ctx| FeeGrant.export_genesis(ctx)).unwrap().get(), section.get());
    assert_eq!(other.pay(10, "/good"), Ok(()));
}
