//! Readers at pinned heights see their height, whatever lands or goes meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use synergy_store::{DB_CACHE, Error, Order, Snapshot, State, Store, open_db, verify};

use crate::common::{Rng, block, open};

const KEYS: u64 = 150;
/// Blocks to commit at least, and heights that readers must have checked by the end.
const BLOCKS: u64 = 200;
const CHECKED: u64 = 30;

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

fn read_until(store: &Store, stop: &AtomicBool, checked: &AtomicU64, seed: u64) {
    let mut rng = Rng(seed);
    while !stop.load(Ordering::Relaxed) {
        let back = rng.below(6);
        let height = store.head().height.saturating_sub(back);
        match store.at(height) {
            Ok(snapshot) => {
                // Long enough for commits and pruning to go by.
                for _ in 0..3 {
                    check(&snapshot, &mut rng);
                }
                checked.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => assert!(matches!(error, Error::Pruned { .. }), "{error}"),
        }
        if height > 0 {
            prove(store, height, &mut rng);
        }
    }
}

/// Stops the readers also when the writer panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn readers_are_right_while_blocks_land_and_heights_are_pruned() {
    for backend in ["memory", "fjall", "sled"] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(open_db(backend, folder.path(), DB_CACHE).unwrap(), 4);
        let pruner = store.start_pruner();
        let (stop, checked) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let stopper = Stop(&stop);
            let readers: Vec<_> = (0..3)
                .map(|seed| {
                    let (store, stop, checked) = (&store, &stop, &checked);
                    scope.spawn(move || read_until(store, stop, checked, seed))
                })
                .collect();
            let mut height = 0;
            while height < BLOCKS || checked.load(Ordering::Relaxed) < CHECKED {
                assert!(!readers.iter().any(|reader| reader.is_finished()), "{backend}: a reader failed");
                height += 1;
                block(&store, |state| write(state, height));
            }
            drop(stopper);
        });
        drop(pruner);
    }
}
