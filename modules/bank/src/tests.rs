use proptest::prelude::*;
use serde_json::value::RawValue;
use synergy_kernel::{Block, Ctx, Gas, Module, State};
use synergy_proto::{Address, Denom, coin};
use synergy_store::{Config, MemDb, Store};

use crate::{Bank, STORE, balance, burn, mint, supply, transfer};

fn with_ctx<T>(f: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
    let stores = [synergy_auth::STORE, STORE];
    let store = Store::open(Box::new(MemDb::default()), &stores, Config::default()).unwrap();
    let mut state = State::new(store.latest());
    let (block, mut gas) = (Block::default(), Gas::unlimited());
    f(&mut Ctx::new(&mut state, &block, &mut gas))
}

fn address(i: u8) -> Address {
    [i; 20].into()
}

fn denom() -> Denom {
    coin::BASE_DENOM.parse().unwrap()
}

#[derive(Debug, Clone)]
enum Step {
    Mint(u8, u64),
    Burn(u8, u64),
    Send(u8, u8, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u8, any::<u64>()).prop_map(|(to, n)| Step::Mint(to, n)),
        (0..4_u8, any::<u64>()).prop_map(|(from, n)| Step::Burn(from, n)),
        (0..4_u8, 0..4_u8, any::<u64>()).prop_map(|(from, to, n)| Step::Send(from, to, n)),
    ]
}

proptest! {
    #[test]
    fn balances_equal_a_plain_ledger_and_sum_to_the_supply(steps in prop::collection::vec(step(), 1..60)) {
        with_ctx(|ctx| {
            let mut ledger = [0_u128; 4];
            for step in steps {
                let before = ledger;
                let done = ctx.atomic(|ctx| match step {
                    Step::Mint(to, n) => mint(ctx, &address(to), &[(denom(), n.into())]),
                    Step::Burn(from, n) => burn(ctx, &address(from), &[(denom(), n.into())]),
                    Step::Send(from, to, n) => transfer(ctx, &address(from), &address(to), &[(denom(), n.into())]),
                });
                let (from, n) = match step {
                    Step::Mint(to, n) => {
                        ledger[usize::from(to)] += u128::from(n);
                        (None, n)
                    }
                    Step::Burn(from, n) => (Some(from), n),
                    Step::Send(from, to, n) if before[usize::from(from)] >= u128::from(n) => {
                        ledger[usize::from(to)] += u128::from(n);
                        (Some(from), n)
                    }
                    Step::Send(from, _, n) => (Some(from), n),
                };
                match from {
                    Some(from) if before[usize::from(from)] < u128::from(n) => {
                        let error = done.unwrap_err();
                        assert_eq!((error.codespace, error.code), ("sdk", 5));
                    }
                    Some(from) => {
                        ledger[usize::from(from)] -= u128::from(n);
                        done.unwrap();
                    }
                    None => done.unwrap(),
                }
            }
            for (i, amount) in (0_u8..).zip(ledger) {
                assert_eq!(balance(ctx, &address(i), &denom()).unwrap(), amount);
            }
            assert_eq!(supply(ctx, &denom()).unwrap(), ledger.iter().sum::<u128>());
            Bank.invariants(ctx).unwrap();
        });
    }
}

fn init(json: &str) -> synergy_kernel::Result<()> {
    let section = RawValue::from_string(json.to_owned()).unwrap();
    with_ctx(|ctx| Bank.init_genesis(ctx, &section))
}

#[test]
fn a_genesis_that_contradicts_itself_is_refused_with_the_reason() {
    let owner = address(1);
    let entry = format!(r#"{{"address":"{owner}","coins":[{{"denom":"asnrg","amount":"5"}}]}}"#);
    let section = |balances: &str, supply: &str| {
        format!(r#"{{"params":{{"default_send_enabled":true}},"balances":[{balances}],"supply":[{supply}]}}"#)
    };
    init(&section(&entry, "")).unwrap();
    init(&section(&entry, r#"{"denom":"asnrg","amount":"5"}"#)).unwrap();
    let wrong = init(&section(&entry, r#"{"denom":"asnrg","amount":"6"}"#)).unwrap_err();
    assert!(wrong.message.contains("not the sum"), "{}", wrong.message);
    let twice = init(&section(&format!("{entry},{entry}"), "")).unwrap_err();
    assert!(twice.message.contains("twice"), "{}", twice.message);
    assert_eq!(init(r#"{"balances":[]}"#).unwrap_err().code, 18);
}

#[test]
fn coins_locked_by_genesis_stay_locked_when_the_balance_was_empty() {
    with_ctx(|ctx| {
        let (owner, other) = (address(1), address(2));
        let vesting = synergy_auth::Vesting::permanent(&[(denom(), 10)]).unwrap();
        synergy_auth::create_vesting(ctx, &owner, &vesting).unwrap();
        let section = r#"{"params":{"default_send_enabled":true},"balances":[]}"#;
        Bank.init_genesis(ctx, &RawValue::from_string(section.to_owned()).unwrap()).unwrap();
        assert_eq!(crate::balances(ctx, &owner).unwrap(), []);
        mint(ctx, &owner, &[(denom(), 15)]).unwrap();
        assert_eq!(transfer(ctx, &owner, &other, &[(denom(), 6)]).unwrap_err().code, 5);
        transfer(ctx, &owner, &other, &[(denom(), 5)]).unwrap();
        // Everything is staked, so nothing is locked; what comes back is.
        crate::delegate(ctx, &owner, &other, &[(denom(), 10)]).unwrap();
        crate::undelegate(ctx, &other, &owner, &[(denom(), 10)]).unwrap();
        assert_eq!(crate::spendable(ctx, &owner, &denom()).unwrap(), 0);
        Bank.invariants(ctx).unwrap();
        assert!(!Bank.export_genesis(ctx).unwrap().get().contains(r#""amount":"0""#));
    });
}
