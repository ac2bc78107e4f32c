//! Pruning keeps every proof of the window and nothing else.

use synergy_store::{DB_CACHE, Error, MemDb, Order, State, Store, Table, open_db, verify};

use crate::common::{Rng, block, open, random_writes};

const BLOCKS: u64 = 10_000;
const KEEP: u64 = 20;
const KEYS: u64 = 300;

/// One block of the long run: three busy stores, and one that moves every 97 blocks.
fn next_block(store: &Store, rng: &mut Rng) {
    block(store, |state| {
        random_writes(state, rng, 12, KEYS);
        if state.base_height() % 97 == 0 {
            state.set(b"zclock", &state.base_height().to_be_bytes());
        }
    });
}

fn check_window(store: &Store, rng: &mut Rng) {
    let head = store.head().height;
    for height in (head + 1).saturating_sub(KEEP).max(1)..=head {
        let app_hash = store.stored_app_hash(height).unwrap();
        let snapshot = store.at(height).unwrap();
        for (name, prefix) in [("acc", b'a'), ("ibc", b'i'), ("bank", b'b'), ("idle", b'z')] {
            let key = rng.below(KEYS).to_be_bytes();
            match store.prove(height, name, &key) {
                Ok(proof) => {
                    verify(&proof, &app_hash, name, &key).unwrap();
                    assert_eq!(proof.value, snapshot.get(&[&[prefix], key.as_slice()].concat()));
                }
                Err(Error::EmptyTree { .. }) => assert!(height < 5, "{name} is never emptied"),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn counts(store: &Store) -> Vec<(&'static str, usize)> {
    Table::ALL.iter().map(|table| (table.name(), store.count_rows(*table))).collect()
}

#[test]
fn ten_thousand_blocks_leave_what_a_restored_node_has() {
    let store = open(Box::new(MemDb::default()), KEEP);
    let mut rng = Rng(11);
    let mut dice = Rng(12);
    let mut seeds = Vec::new();
    for height in 1..=BLOCKS {
        next_block(&store, &mut rng);
        seeds.push(rng.clone());
        // Pruning comes in pieces, late, and not after every block.
        if dice.below(3) > 0 {
            store.prune(dice.below(60) as usize);
        }
        if height % 100 == 0 {
            check_window(&store, &mut dice);
        }
    }
    while !store.prune(1000).done {}
    check_window(&store, &mut dice);
    let oldest = BLOCKS + 1 - KEEP;
    assert_eq!(store.at(oldest - 1).err(), Some(Error::Pruned { height: oldest - 1, oldest, latest: BLOCKS }));

    let restored = open(Box::new(MemDb::default()), KEEP);
    let mut state = State::new(restored.latest());
    for (key, value) in store.at(oldest).unwrap().range(&[], None, Order::Ascending) {
        state.set(&key, &value);
    }
    let first = restored.prepare(oldest, state.into_changes());
    restored.commit(first, vec![("height".into(), oldest.to_be_bytes().to_vec())]);
    assert_eq!(Some(restored.head().app_hash), store.stored_app_hash(oldest));
    let mut rng = seeds[oldest as usize - 1].clone();
    while restored.head() != store.head() {
        assert!(restored.head().height < BLOCKS, "the restored node goes another way");
        next_block(&restored, &mut rng);
    }
    while !restored.prune(1000).done {}
    assert_eq!(counts(&store), counts(&restored));
}

#[test]
fn a_live_snapshot_holds_its_height_and_lets_go() {
    let store = open(Box::new(MemDb::default()), 1);
    block(&store, |state| state.set(b"ak", b"one"));
    let old = store.latest();
    for value in [b"two", b"six"] {
        block(&store, |state| state.set(b"ak", value));
        store.prune(usize::MAX);
    }
    assert_eq!(old.get(b"ak"), Some(b"one".to_vec()));
    let app_hash = store.stored_app_hash(1).unwrap();
    verify(&store.prove(1, "acc", b"k").unwrap(), &app_hash, "acc", b"k").unwrap();
    let clone = old.clone();
    drop(old);
    assert_eq!(store.prune(usize::MAX).oldest, 1);
    drop(clone);
    assert_eq!(store.prune(usize::MAX).oldest, 3);
    assert_eq!(store.at(2).err(), Some(Error::Pruned { height: 2, oldest: 3, latest: 3 }));
    assert_eq!(store.count_rows(Table::History), 0);
    assert_eq!(store.count_rows(Table::Stale), 0);
    assert_eq!(store.latest().get(b"ak"), Some(b"six".to_vec()));
}

#[test]
fn a_snapshot_from_before_the_first_block_stays_empty() {
    let store = open(Box::new(MemDb::default()), 1);
    let empty = store.latest();
    for value in [b"one", b"two"] {
        block(&store, |state| state.set(b"ak", value));
        store.prune(usize::MAX);
    }
    assert_eq!(empty.get(b"ak"), None);
    assert_eq!(empty.range(&[], None, Order::Ascending).count(), 0);
}

#[test]
fn a_budget_bounds_a_step_and_the_window_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let reopen = || open(open_db("fjall", folder.path(), DB_CACHE).unwrap(), 1);
    let store = reopen();
    let all = |value: u8| {
        block(&store, |state| {
            for number in 0..5000u32 {
                state.set(&[b"b", number.to_be_bytes().as_slice()].concat(), &[value]);
            }
        })
    };
    for value in 1..=3 {
        all(value);
    }
    let report = store.prune(100);
    assert!(!report.done && report.removed >= 100 && report.removed < 2000, "{report:?}");
    assert_eq!(report.oldest, 3);
    drop(store);

    let store = reopen();
    assert_eq!(store.at(2).err(), Some(Error::Pruned { height: 2, oldest: 3, latest: 3 }));
    assert_eq!(
        store.rollback(1),
        Err(Error::Pruned { height: 2, oldest: 3, latest: 3 }),
        "what is half pruned cannot be gone back to"
    );
    while !store.prune(100).done {}
    assert_eq!(store.count_rows(Table::History), 0);
    assert_eq!(store.count_rows(Table::State), 5000);
    assert_eq!(store.count_rows(Table::Preimage), 5000);
}

#[test]
fn the_worker_prunes_after_commits_and_stops_when_dropped() {
    let store = open(Box::new(MemDb::default()), 2);
    let pruner = store.start_pruner();
    for value in 1..=50u8 {
        block(&store, |state| state.set(b"ak", &[value]));
    }
    while store.count_rows(Table::History) > 1 {
        std::thread::yield_now();
    }
    assert!(store.at(48).is_err());
    drop(pruner);
    block(&store, |state| state.set(b"ak", b"after"));
    assert_eq!(store.count_rows(Table::History), 2);
}
