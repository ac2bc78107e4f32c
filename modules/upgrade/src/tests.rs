use synergy_kernel::{Block, Ctx, Error, Gas, Module, Routes, State};
use synergy_proto::{
    Address, Timestamp,
    cosmos::upgrade::v1beta1::{
        ModuleVersion, MsgCancelUpgrade, MsgSoftwareUpgrade, Plan, QueryModuleVersionsRequest,
        QueryModuleVersionsResponse,
    },
    pack,
};
use synergy_store::{Config, MemDb, Store};

use crate::{STORE, Upgrade, applied, complete, last_applied, plan, set_versions, versions};

/// A context at height 10.
fn with_ctx<T>(f: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
    let store = Store::open(Box::new(MemDb::default()), &[STORE], Config::default()).unwrap();
    let mut state = State::new(store.latest());
    let (block, mut gas) = (Block { height: 10, ..Block::default() }, Gas::unlimited());
    let mut routes = Routes::default();
    Upgrade.register(&mut routes);
    f(&mut Ctx::new(&mut state, &block, &mut gas).with_routes(&routes))
}

fn named(name: &str, height: i64) -> Plan {
    Plan { name: name.into(), height, info: "why".into(), ..Plan::default() }
}

fn schedule(ctx: &mut Ctx<'_>, sender: &Address, plan: Plan) -> Result<(), Error> {
    ctx.dispatch(&pack(&MsgSoftwareUpgrade { authority: sender.to_string(), plan: Some(plan) }), sender).map(drop)
}

#[test]
fn governance_schedules_replaces_and_cancels() {
    with_ctx(|ctx| {
        let gov = Address::module("gov");
        schedule(ctx, &gov, named("one", 11)).unwrap();
        schedule(ctx, &gov, named("two", 20)).unwrap();
        assert_eq!(plan(ctx).unwrap().unwrap().name, "two");
        let cancel = pack(&MsgCancelUpgrade { authority: gov.to_string() });
        ctx.dispatch(&cancel, &gov).unwrap();
        assert_eq!(plan(ctx).unwrap(), None);
        ctx.dispatch(&cancel, &gov).unwrap();
    });
}

#[test]
fn every_other_sender_and_every_bad_plan_has_its_code() {
    with_ctx(|ctx| {
        let (gov, other) = (Address::module("gov"), Address::from([7; 20]));
        let refused = |e: Error| (e.codespace, e.code);
        assert_eq!(refused(schedule(ctx, &other, named("one", 11)).unwrap_err()), ("upgrade", 6));
        let cancel = pack(&MsgCancelUpgrade { authority: other.to_string() });
        assert_eq!(refused(ctx.dispatch(&cancel, &other).unwrap_err()), ("upgrade", 6));
        complete(ctx, &named("made", 10)).unwrap();
        #[allow(deprecated, reason = "what old clients send")]
        let timed = Plan { time: Some(Timestamp { seconds: 5, nanos: 0 }), ..named("timed", 11) };
        for (bad, why) in [
            (named("", 11), "name cannot be empty"),
            (named("../up", 11), "cannot be a folder's"),
            (named("one", 0), "greater than 0"),
            (named("one", 10), "in the past"),
            (named("made", 11), "already been completed at height 10"),
            (timed, "time-based"),
            (Plan { info: "x".repeat(10_001), ..named("one", 11) }, "info has"),
        ] {
            let error = schedule(ctx, &gov, bad).unwrap_err();
            assert!(error.code == 18 && error.message.contains(why), "{error}");
        }
        assert_eq!(plan(ctx).unwrap(), None);
    });
}

#[test]
fn an_upgrade_that_was_made_is_remembered_and_versions_are_replaced() {
    with_ctx(|ctx| {
        set_versions(ctx, &[("acc".to_owned(), 1), ("old".to_owned(), 3)].into()).unwrap();
        set_versions(ctx, &[("acc".to_owned(), 2)].into()).unwrap();
        assert_eq!(versions(ctx).unwrap(), [("acc".to_owned(), 2)].into());
        complete(ctx, &named("one", 10)).unwrap();
        complete(ctx, &named("two", 10)).unwrap();
        assert_eq!((applied(ctx, "one").unwrap(), applied(ctx, "three").unwrap()), (Some(10), None));
        assert_eq!(last_applied(ctx).unwrap().as_deref(), Some("two"));
        let path = "/cosmos.upgrade.v1beta1.Query/ModuleVersions";
        let ask = |name: &str| prost::Message::encode_to_vec(&QueryModuleVersionsRequest { module_name: name.into() });
        let found = ctx.query(path, &ask("acc")).unwrap();
        let found: QueryModuleVersionsResponse = prost::Message::decode(found.as_slice()).unwrap();
        assert_eq!(found.module_versions, [ModuleVersion { name: "acc".into(), version: 2 }]);
        assert!(ctx.query(path, &ask("old")).unwrap_err().message.contains("code = NotFound"));
    });
}
