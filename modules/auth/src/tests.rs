use proptest::prelude::*;
use synergy_crypto::KemSecret;
use synergy_kernel::{Block, Ctx, Gas, Module, Routes, State};
use synergy_proto::{Address, Denom, coin, cosmos::vesting::v1beta1::Period, pack, synergy::auth::MsgPublishKemKey};
use synergy_store::{Config, MemDb, Store};

use crate::{Auth, STORE, Vesting, account, create_vesting, kem_key, locked, track_delegation, track_undelegation};

fn with_ctx<T>(seconds: i64, f: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
    let store = Store::open(Box::new(MemDb::default()), &[STORE], Config::default()).unwrap();
    let mut state = State::new(store.latest());
    let (block, mut gas) = (Block { seconds, ..Block::default() }, Gas::unlimited());
    f(&mut Ctx::new(&mut state, &block, &mut gas))
}

fn denom() -> Denom {
    coin::BASE_DENOM.parse().unwrap()
}

const START: i64 = 1_000;

/// A schedule, and for every second of the first hundred what a plain reading of it
/// says is free.
fn schedule() -> impl Strategy<Value = (Vesting, Vec<u128>)> {
    let original = |n: u64| [(denom(), u128::from(n))];
    let free = |at: Box<dyn Fn(u128) -> u128>| (0..100).map(at).collect::<Vec<u128>>();
    prop_oneof![
        (1..u64::MAX, 1..99_u64).prop_map(move |(n, length)| {
            let vesting = Vesting::continuous(&original(n), START, START + length as i64).unwrap();
            let (n, length) = (u128::from(n), u128::from(length));
            (vesting, free(Box::new(move |t| if t >= length { n } else { n * t / length })))
        }),
        (1..u64::MAX, 1..99_u64).prop_map(move |(n, length)| {
            let vesting = Vesting::delayed(&original(n), START + length as i64).unwrap();
            (vesting, free(Box::new(move |t| if t >= length.into() { n.into() } else { 0 })))
        }),
        (1..u64::MAX).prop_map(move |n| (Vesting::permanent(&original(n)).unwrap(), free(Box::new(|_| 0)))),
        prop::collection::vec((1..40_i64, 1..1_000_000_u64), 1..6).prop_map(move |steps| {
            let amount = |n: u64| vec![coin::coin(n.into(), coin::BASE_DENOM)];
            let periods: Vec<_> =
                steps.iter().map(|(length, n)| Period { length: *length, amount: amount(*n) }).collect();
            let passed = move |t: u128| {
                let mut end = 0;
                let done = steps.iter().take_while(|(length, _)| {
                    end += u128::from(length.unsigned_abs());
                    end <= t
                });
                done.map(|(_, n)| u128::from(*n)).sum()
            };
            (Vesting::periodic(START, &periods).unwrap(), free(Box::new(passed)))
        }),
    ]
}

proptest! {
    /// The invariant of the SDK's specification: what is delegated comes from locked
    /// coins first and goes back to free ones first, and locked coins never leave.
    #[test]
    fn locked_coins_follow_a_plain_reading_of_the_schedule(
        (vesting, free) in schedule(),
        steps in prop::collection::vec((any::<bool>(), any::<u64>(), 0..10_u64), 0..20),
    ) {
        let mut vesting = vesting;
        let total = vesting.original_coins()[0].1;
        let (mut second, mut of_locked, mut of_free) = (0_usize, 0_u128, 0_u128);
        for (delegates, amount, pause) in steps {
            second = (second + usize::try_from(pause).unwrap()).min(99);
            let now = START + second as i64;
            let locked = (total - free[second]).saturating_sub(of_locked);
            prop_assert_eq!(vesting.locked(&denom(), now), locked);
            let amount = u128::from(amount);
            if delegates {
                vesting.delegate(&denom(), amount, now).unwrap();
                of_locked += locked.min(amount);
                of_free += amount - locked.min(amount);
            } else {
                vesting.undelegate(&denom(), amount);
                let from_free = of_free.min(amount);
                of_free -= from_free;
                of_locked -= of_locked.min(amount - from_free);
            }
            prop_assert!(of_locked <= total);
            prop_assert_eq!(vesting.delegated_vesting.get(&denom()).copied().unwrap_or(0), of_locked);
            prop_assert_eq!(vesting.delegated_free.get(&denom()).copied().unwrap_or(0), of_free);
        }
        let read = Vesting::from_any(&vesting.to_any(None)).unwrap();
        prop_assert_eq!(read, vesting);
    }
}

#[test]
fn a_vesting_account_is_kept_counted_and_exported() {
    with_ctx(START + 50, |ctx| {
        let (owner, coins) = (Address::from([7; 20]), [(denom(), 100)]);
        let vesting = Vesting::continuous(&coins, START, START + 100).unwrap();
        create_vesting(ctx, &owner, &vesting).unwrap();
        let twice = create_vesting(ctx, &owner, &vesting).unwrap_err();
        assert_eq!((twice.codespace, twice.code), ("sdk", 18));
        assert_eq!(locked(ctx, &owner, &denom()).unwrap(), 50);
        track_delegation(ctx, &owner, &[(denom(), 70)]).unwrap();
        assert_eq!(locked(ctx, &owner, &denom()).unwrap(), 0);
        track_undelegation(ctx, &owner, &[(denom(), 30)]).unwrap();
        assert_eq!(locked(ctx, &owner, &denom()).unwrap(), 10);
        // An account without vesting has nothing locked and nothing to count.
        let plain = Address::from([8; 20]);
        crate::ensure(ctx, &plain).unwrap();
        track_delegation(ctx, &plain, &[(denom(), 1)]).unwrap();
        assert_eq!(locked(ctx, &plain, &denom()).unwrap(), 0);

        crate::params::PARAMS.set(ctx, &crate::default_params()).unwrap();
        let before = account(ctx, &owner).unwrap();
        let section = Auth.export_genesis(ctx).unwrap();
        let again = with_ctx(0, |ctx| {
            Auth.init_genesis(ctx, &section).unwrap();
            assert_eq!(Auth.export_genesis(ctx).unwrap().get(), section.get());
            account(ctx, &owner).unwrap()
        });
        assert_eq!(again, before);
    });
}

#[test]
fn schedules_that_make_no_sense_are_refused() {
    let coins = [(denom(), 5)];
    let period = |length, n| Period { length, amount: vec![coin::coin(n, coin::BASE_DENOM)] };
    for bad in [
        Vesting::continuous(&coins, 10, 10),
        Vesting::continuous(&coins, -1, 10),
        Vesting::continuous(&[], 1, 10),
        Vesting::delayed(&coins, 0),
        Vesting::permanent(&[(denom(), 0)]),
        Vesting::periodic(1, &[]),
        Vesting::periodic(0, &[period(5, 5)]),
        Vesting::periodic(1, &[period(0, 5)]),
        Vesting::periodic(i64::MAX, &[period(5, 5)]),
        Vesting::periodic(1, &[period(5, u128::MAX), period(5, 1)]),
    ] {
        let error = bad.unwrap_err();
        assert!(error.codespace == "sdk" && matches!(error.code, 18 | 33), "{error}");
    }
}

#[test]
fn a_kem_key_is_published_replaced_exported_and_taken_back() {
    let mut routes = Routes::default();
    Auth.register(&mut routes);
    let owner = Address::from([7; 20]);
    let key = |seed| KemSecret::from_seed(&[seed; 32]).public_key().as_bytes().to_vec();
    let message = |kem_key: &[u8]| pack(&MsgPublishKemKey { address: owner.to_string(), kem_key: kem_key.to_vec() });
    let (section, exported) = with_ctx(0, |ctx| {
        let publish = |ctx: &mut Ctx<'_>, key: &[u8]| {
            let message = routes.decode(&message(key))?;
            assert_eq!(message.signers()?, [owner]);
            message.run(ctx).map(drop)
        };
        assert_eq!(kem_key(ctx, &owner).unwrap(), None);
        assert_eq!(publish(ctx, &[]).unwrap_err().code, 22);
        publish(ctx, &key(1)).unwrap();
        publish(ctx, &key(2)).unwrap();
        assert_eq!(kem_key(ctx, &owner).unwrap(), Some(key(2)));
        crate::params::PARAMS.set(ctx, &crate::default_params()).unwrap();
        let section = Auth.export_genesis(ctx).unwrap();
        publish(ctx, &[]).unwrap();
        assert_eq!(kem_key(ctx, &owner).unwrap(), None);
        (section, key(2))
    });
    with_ctx(0, |ctx| {
        Auth.init_genesis(ctx, &section).unwrap();
        assert_eq!(kem_key(ctx, &owner).unwrap(), Some(exported));
        assert_eq!(Auth.export_genesis(ctx).unwrap().get(), section.get());
    });
    for bad in [&key(1)[1..], &[0xff; 1216], &[1]] {
        let error = routes.decode(&message(bad)).and_then(|m| m.validate()).unwrap_err();
        assert_eq!((error.codespace, error.code), ("sdk", 8), "{error}");
    }
}
