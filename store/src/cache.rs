//! Latest values of recently used keys, in memory.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bookkeeping of an entry besides its bytes, roughly.
const OVERHEAD: usize = 96;
const SHARDS: u64 = 64;

/// A key's value; `None` remembers that the key is absent.
pub(crate) type Slot = Option<Arc<[u8]>>;

#[allow(clippy::disallowed_types, reason = "looked up by key, never iterated")]
type Map = std::collections::HashMap<Box<[u8]>, Slot>;

/// A bounded map in two generations: what was not used while the young one filled
/// up goes with the old one.
#[derive(Default)]
struct Shard {
    young: Map,
    old: Map,
    young_bytes: usize,
}

impl Shard {
    fn get(&mut self, key: &[u8], bound: usize) -> Option<Slot> {
        if let Some(slot) = self.young.get(key) {
            return Some(slot.clone());
        }
        let (key, slot) = self.old.remove_entry(key)?;
        self.insert(key, slot.clone(), bound);
        Some(slot)
    }

    fn insert(&mut self, key: Box<[u8]>, slot: Slot, bound: usize) {
        let value_len = slot.as_ref().map_or(0, |value| value.len());
        let size = key.len().saturating_add(value_len).saturating_add(OVERHEAD);
        self.young_bytes = self.young_bytes.saturating_add(size);
        self.young.insert(key, slot);
        if self.young_bytes > bound >> 1 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

/// The cache in front of the flat table.
pub(crate) struct ValueCache {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    shard_bound: usize,
}

impl ValueCache {
    /// A cache of about `bound` bytes.
    pub(crate) fn new(bound: usize) -> ValueCache {
        ValueCache {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            shard_bound: bound / 64,
        }
    }

    fn shard(&self, key: &[u8]) -> MutexGuard<'_, Shard> {
        let at = (self.hasher.hash_one(key) % SHARDS).to_le_bytes()[0];
        self.shards[usize::from(at)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<Slot> {
        self.shard(key).get(key, self.shard_bound)
    }

    /// Remembers `slot` if `still_latest` says so once the entry is locked: a
    /// commit that starts later then finds the entry and replaces it.
    pub(crate) fn insert_if(&self, key: &[u8], slot: Slot, still_latest: impl Fn() -> bool) {
        let mut shard = self.shard(key);
        if still_latest() {
            shard.insert(key.into(), slot, self.shard_bound);
        }
    }

    /// Replaces what is known of `key`.
    pub(crate) fn put(&self, key: &[u8], slot: Slot) {
        let mut shard = self.shard(key);
        if let Some(known) = shard.young.get_mut(key) {
            // The few bytes by which the size may change are not counted.
            *known = slot;
            return;
        }
        let key = shard.old.remove_entry(key).map_or_else(|| key.into(), |(key, _)| key);
        shard.insert(key, slot, self.shard_bound);
    }

    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            *shard.lock().unwrap_or_else(PoisonError::into_inner) = Shard::default();
        }
    }
}
