//! Messages that modules send, and queries that they ask, through the context.
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests may panic")]

use prost::Message;
use synergy_kernel::{Block, Ctx, Gas, Item, Result, Routes, StoreId, sdk};
use synergy_proto::{
    Address, Any,
    cosmos::bank::v1beta1::{MsgSend, MsgSendResponse, Params, QueryParamsRequest, QueryParamsResponse},
    pack,
};
use synergy_store::{Config, MemDb, State, Store};

const STORE: StoreId = StoreId { name: "test", prefix: 1 };
const CALLS: Item<u64> = Item::new(STORE, 1);

fn caller() -> Address {
    Address::module("caller")
}

fn burn(from: &Address) -> Any {
    pack(&MsgSend { from_address: from.to_string(), ..MsgSend::default() })
}

/// A message that counts its calls and sends itself again while `repeats` are left.
fn recursive(repeats: u64) -> Routes {
    let mut routes = Routes::default();
    routes.message::<MsgSend, MsgSendResponse>(
        |m| Ok(vec![m.from_address.parse().map_err(|_| sdk::invalid_address("sender"))?]),
        |_| Ok(()),
        move |ctx, m| {
            let calls = CALLS.get(ctx)?.unwrap_or(0) + 1;
            CALLS.set(ctx, &calls)?;
            if calls <= repeats {
                ctx.dispatch(&pack(m), &caller())?;
            }
            Ok(MsgSendResponse {})
        },
    );
    routes.query("/cosmos.bank.v1beta1.Query/Params", |ctx, _: QueryParamsRequest| {
        let calls = CALLS.get(ctx)?.unwrap_or(0);
        Ok(QueryParamsResponse { params: Some(Params { default_send_enabled: calls > 0, ..Params::default() }) })
    });
    routes
}

fn with<T>(routes: &Routes, run: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
    let store = Store::open(Box::new(MemDb::default()), &[STORE], Config::default()).unwrap();
    let (mut state, mut gas) = (State::new(store.latest()), Gas::new(1_000_000));
    run(&mut Ctx::new(&mut state, &Block::default(), &mut gas).with_routes(routes))
}

#[test]
fn a_dispatched_message_runs_as_its_caller_and_nobody_else() {
    with(&recursive(0), |ctx| {
        assert_eq!(ctx.dispatch(&burn(&Address::module("other")), &caller()).unwrap_err().code, 4);
        assert_eq!(CALLS.get(ctx).unwrap(), None);
        let response = ctx.dispatch(&burn(&caller()), &caller()).unwrap();
        assert_eq!(response.type_url, "/cosmos.bank.v1beta1.MsgSendResponse");
        assert_eq!(CALLS.get(ctx).unwrap(), Some(1));
        let unknown = Any { type_url: "/nobody.Msg".to_owned(), value: Vec::new() };
        assert_eq!(ctx.dispatch(&unknown, &caller()).unwrap_err().code, 6);
    });
}

#[test]
fn nesting_is_bounded_and_a_failure_deep_down_leaves_nothing() {
    with(&recursive(31), |ctx| {
        ctx.dispatch(&burn(&caller()), &caller()).unwrap();
        assert_eq!(CALLS.get(ctx).unwrap(), Some(32));
    });
    with(&recursive(32), |ctx| {
        let before = ctx.gas.used();
        assert_eq!(ctx.dispatch(&burn(&caller()), &caller()).unwrap_err().code, 18);
        assert!(ctx.gas.used() > before, "gas is spent all the same");
        assert_eq!(CALLS.get(ctx).unwrap(), None);
        // The depth is counted back, so what follows has all of it again.
        assert_eq!(ctx.dispatch(&burn(&caller()), &caller()).unwrap_err().code, 18);
    });
}

#[test]
fn queries_see_pending_writes_and_unknown_paths_have_a_code() {
    let path = "/cosmos.bank.v1beta1.Query/Params";
    with(&recursive(0), |ctx| {
        let enabled = |ctx: &mut Ctx<'_>| -> Result<bool> {
            let answer = ctx.query(path, &QueryParamsRequest {}.encode_to_vec())?;
            Ok(QueryParamsResponse::decode(answer.as_slice()).unwrap().params.unwrap().default_send_enabled)
        };
        assert!(!enabled(ctx).unwrap());
        ctx.dispatch(&burn(&caller()), &caller()).unwrap();
        assert!(enabled(ctx).unwrap());
        assert_eq!(ctx.query("/nobody.Query/Thing", &[]).unwrap_err().code, 6);
    });
    with(&Routes::new(), |ctx| assert_eq!(ctx.query(path, &[]).unwrap_err().code, 6));
}
