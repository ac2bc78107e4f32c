//! What the tests share.

use synergy_store::{Config, MemDb, Order, State, Store, StoreId};

/// Stores in an order that is not that of their names.
pub(crate) const STORES: [StoreId; 4] = [
    StoreId { name: "ibc", prefix: b'i' },
    StoreId { name: "acc", prefix: b'a' },
    StoreId { name: "bank", prefix: b'b' },
    StoreId { name: "idle", prefix: b'z' },
];

/// A small, fast, seeded generator (splitmix64); tests must give the same run twice.
#[derive(Clone)]
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A store in memory that keeps every height.
pub(crate) fn memory() -> Store {
    open(Box::new(MemDb::default()), 0)
}

/// A store on `db`.
pub(crate) fn open(db: Box<dyn synergy_store::Db>, keep_heights: u64) -> Store {
    Store::open(db, &STORES, Config { keep_heights, ..Config::default() }).unwrap()
}

/// Commits one block with what `write` does and returns its app hash.
pub(crate) fn block(store: &Store, write: impl FnOnce(&mut State)) -> [u8; 32] {
    let mut state = State::new(store.latest());
    write(&mut state);
    let height = store.head().height + 1;
    let prepared = store.prepare(height, state.into_changes());
    let hash = prepared.app_hash();
    store.commit(prepared, vec![("height".into(), height.to_be_bytes().to_vec())]);
    hash
}

/// A block of random puts, overwrites and deletes in three of the stores, each
/// touched in two blocks of three.
pub(crate) fn random_block(store: &Store, rng: &mut Rng, writes: u64, keys: u64) -> [u8; 32] {
    block(store, |state| random_writes(state, rng, writes, keys))
}

/// The writes of [`random_block`].
pub(crate) fn random_writes(state: &mut State, rng: &mut Rng, writes: u64, keys: u64) {
    for prefix in *b"aib" {
        if rng.below(3) == 0 {
            continue;
        }
        for _ in 0..rng.below(writes + 1) {
            let key = [&[prefix], rng.below(keys).to_be_bytes().as_slice()].concat();
            if rng.below(3) == 0 {
                state.remove(&key);
            } else {
                state.set(&key, format!("value {}", rng.below(1000)).as_bytes());
            }
        }
    }
}

/// All pairs of the state at `height`, in ascending order.
pub(crate) fn all(store: &Store, height: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    store.at(height).unwrap().range(&[], None, Order::Ascending).collect()
}
