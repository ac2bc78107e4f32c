//! Readers at pinned heights see their height, whatever lands or goes meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use synergy_store::{Error, Order, Snapshot, State, Store, open_db, verify};

use crate::common::{Rng, block, open};

const KEYS: u64 = 150;
const BLOCKS: u64 = 400;

fn key(number: u64) -> Vec<u8> {
    [b"b", number.to_be_bytes().as_slice()].concat()
}

/// The block at `height` deletes every seventh key and sets every third; which ones
/// moves on with the height.
fn effect(number: u64, height: u64) -> Option<Option<Vec<u8>>> {
    match (number + height) % 21 {
        rest if rest % 7 == 0 => Some(None),
        rest if rest % 3 == 0 => Some(Some([number.to_be_bytes(), height.to_be_bytes()].concat())),
        _ => None,
    }
}

/// What `number` holds after `height`.
fn expected(number: u64, height: u64) -> Option<Vec<u8>> {
    (1..=height).rev().find_map(|height| effect(number, height)).flatten()
}

fn write(state: &mut State, height: u64) {
    for number in 0..KEYS {
        match effect(number, height) {
            Some(Some(value)) => state.set(&key(number), &value),
            Some(None) => state.remove(&key(number)),
            None => {}
        }
    }
}

fn check(snapshot: &Snapshot, rng: &mut Rng) {
    let height = snapshot.height();
    for _ in 0..40 {
        let number = rng.below(KEYS);
        assert_eq!(snapshot.get(&key(number)), expected(number, height), "key {number} at {height}");
    }
    let order = if rng.below(2) == 0 { Order::Ascending } else { Order::Descending };
    let mut pairs: Vec<_> = snapshot.range(b"b", Some(b"c"), order).collect();
    if order == Order::Descending {
        pairs.reverse();
    }
    let wanted = (0..KEYS).filter_map(|number| Some((key(number), expected(number, height)?)));
    assert_eq!(pairs, wanted.collect::<Vec<_>>(), "range at {height}");
}

fn prove(store: &Store, height: u64, rng: &mut Rng) {
    let number = rng.below(KEYS);
    match store.prove(height, "bank", &number.to_be_bytes()) {
        Ok(proof) => {
            assert_eq!(proof.value, expected(number, height));
            let app_hash = proof.app_hash;
            verify(&proof, &app_hash, "bank", &number.to_be_bytes()).unwrap();
        }
        Err(error) => assert!(matches!(error, Error::Pruned { .. } | Error::EmptyTree { .. }), "{error}"),
    }
}

fn read_until(store: &Store, stop: &AtomicBool, seed: u64) -> u64 {
    let mut rng = Rng(seed);
    let mut checked = 0;
    while !stop.load(Ordering::Relaxed) {
        let back = rng.below(6);
        let height = store.head().height.saturating_sub(back);
        match store.at(height) {
            Ok(snapshot) => {
                // Long enough for commits and pruning to go by.
                for _ in 0..3 {
                    check(&snapshot, &mut rng);
                }
                checked += 1;
            }
            Err(error) => assert!(matches!(error, Error::Pruned { .. }), "{error}"),
        }
        if height > 0 {
            prove(store, height, &mut rng);
        }
    }
    checked
}

#[test]
fn readers_are_right_while_blocks_land_and_heights_are_pruned() {
    for backend in ["memory", "fjall", "sled"] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(open_db(backend, folder.path()).unwrap(), 4);
        let pruner = store.start_pruner();
        let stop = AtomicBool::new(false);
        let checked = std::thread::scope(|scope| {
            let readers: Vec<_> = (0..3)
                .map(|seed| {
                    let (store, stop) = (&store, &stop);
                    scope.spawn(move || read_until(store, stop, seed))
                })
                .collect();
            for height in 1..=BLOCKS {
                block(&store, |state| write(state, height));
            }
            stop.store(true, Ordering::Relaxed);
            readers.into_iter().map(|reader| reader.join().unwrap()).sum::<u64>()
        });
        drop(pruner);
        assert!(checked > 0, "{backend}: no reader got to read");
    }
}
