//! Reads of the state after one block, while later blocks land.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codec::{history_bound, history_end, history_key, history_prefix, parse_history_key, parse_history_value};
use crate::db::{Db, Order, Pair, Table};
use crate::store::Inner;
use crate::{Hash, cache};

/// The state after the block at one height, which stays readable for as long as
/// the snapshot or a clone of it lives: pruning waits for it.
///
/// Cheap to clone and to send to other threads.
#[derive(Clone)]
pub struct Snapshot(Arc<Pin>);

struct Pin {
    store: Arc<Inner>,
    height: u64,
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.store.unpin(self.height);
    }
}

impl Snapshot {
    /// The caller has counted the pin already.
    pub(crate) fn pinned(store: Arc<Inner>, height: u64) -> Snapshot {
        Snapshot(Arc::new(Pin { store, height }))
    }

    pub(crate) fn db(&self) -> &dyn Db {
        &*self.0.store.db
    }

    /// Height of the block; 0 before the first.
    pub fn height(&self) -> u64 {
        self.0.height
    }

    /// The value of a full key (store prefix and tree key).
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.read(key).map(|value| value.to_vec())
    }

    /// Whether the full key has a value.
    pub fn has(&self, key: &[u8]) -> bool {
        self.read(key).is_some()
    }

    /// Every point read goes through here.
    pub(crate) fn read(&self, key: &[u8]) -> cache::Slot {
        let store = &self.0.store;
        if let Some(slot) = store.values.get(key) {
            if self.is_settled() {
                return slot;
            }
        } else {
            let slot: cache::Slot = store.db.get(Table::State, key).map(Arc::from);
            if self.is_settled() {
                store.values.insert_if(key, slot.clone(), || self.is_settled());
                return slot;
            }
        }
        // The order matters: a block that lands between the two reads has its
        // history entry in place before its value.
        let latest = store.db.get(Table::State, key);
        let start = history_key(key, self.height().saturating_add(1));
        let end = history_key(key, u64::MAX);
        let above = store.db.range(Table::History, &start, Some(&end), Order::Ascending, 1);
        match above.into_iter().next() {
            Some((_, before)) => parse_history_value(before).map(Arc::from),
            None => latest.map(Arc::from),
        }
    }

    /// True if no block above this height had begun to land when it was called:
    /// what was read before the call is of this height.
    fn is_settled(&self) -> bool {
        self.0.store.landing() <= self.height()
    }

    /// The keys with `start <= key < end` (no upper bound without `end`) and their
    /// values. Rows are fetched as the iterator moves on.
    pub fn range<'a>(&'a self, start: &[u8], end: Option<&[u8]>, order: Order) -> impl Iterator<Item = Pair> + use<'a> {
        Range {
            snapshot: self,
            start: start.to_vec(),
            end: end.map(<[u8]>::to_vec),
            order,
            rows: Vec::new().into_iter(),
            chunk: FIRST_CHUNK,
            done: false,
        }
    }

    /// The bytes stored under a SHA-256 with [`State::put_blob`](crate::State::put_blob).
    pub fn blob(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.db().get(Table::Blobs, hash)
    }
}

const FIRST_CHUNK: usize = 32;
const MAX_CHUNK: usize = 1024;
/// History entries read before jumping ahead.
const JUMP: usize = 16;

/// History values by key.
type Undo = BTreeMap<Vec<u8>, Vec<u8>>;

struct Range<'a> {
    snapshot: &'a Snapshot,
    start: Vec<u8>,
    end: Option<Vec<u8>>,
    order: Order,
    rows: std::vec::IntoIter<Pair>,
    chunk: usize,
    done: bool,
}

impl Iterator for Range<'_> {
    type Item = Pair;

    fn next(&mut self) -> Option<Pair> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some(row);
            }
            if self.done {
                return None;
            }
            self.fill();
        }
    }
}

impl Range<'_> {
    /// Reads the next stretch of keys: first the latest values, then the history of
    /// the same stretch.
    fn fill(&mut self) {
        let db = self.snapshot.db();
        let limit = self.chunk;
        self.chunk = limit.saturating_mul(2).min(MAX_CHUNK);
        let rows = db.range(Table::State, &self.start, self.end.as_deref(), self.order, limit);
        let last = if rows.len() < limit { None } else { rows.last().map(|row| row.0.clone()) };
        let stretch = Stretch::up_to(&self.start, self.end.as_deref(), self.order, last);
        let (rows, stretch) = if self.snapshot.is_settled() { (rows, stretch) } else { self.rewind(rows, stretch) };
        match stretch.next {
            None => self.done = true,
            Some(next) if self.order == Order::Ascending => self.start = next,
            Some(next) => self.end = Some(next),
        }
        self.rows = rows.into_iter();
    }

    /// Turns latest values into those of the snapshot's height. Where the stretch has
    /// much history, it is cut short.
    fn rewind(&self, rows: Vec<Pair>, mut stretch: Stretch) -> (Vec<Pair>, Stretch) {
        let (before, cut) = self.history(&stretch);
        if let Some(last) = cut {
            stretch = Stretch::up_to(&stretch.from, stretch.to.as_deref(), self.order, Some(last));
        }
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> =
            rows.into_iter().filter(|(key, _)| stretch.contains(key)).collect();
        for (key, value) in before {
            match parse_history_value(value) {
                Some(value) => merged.insert(key, value),
                None => merged.remove(&key),
            };
        }
        let mut rows: Vec<Pair> = merged.into_iter().collect();
        if self.order == Order::Descending {
            rows.reverse();
        }
        (rows, stretch)
    }

    /// For each key of the stretch that changed above the snapshot's height, the value
    /// before the first such change; and the last key looked at, if there may be more.
    ///
    /// A busy key can have an entry per block, so entries are read a few at a time and
    /// those that do not matter are jumped over.
    fn history(&self, stretch: &Stretch) -> (Undo, Option<Vec<u8>>) {
        let mut found = Undo::new();
        let mut from = history_bound(&stretch.from);
        let mut to = stretch.to.as_deref().map(history_bound);
        loop {
            let db = self.snapshot.db();
            let entries = db.range(Table::History, &from, to.as_deref(), self.order, JUMP);
            let whole = entries.len() < JUMP;
            let mut last = None;
            for (row, before) in entries {
                let (key, height) = parse_history_key(&row);
                if height > self.snapshot.height() {
                    match self.order {
                        // The lowest entry above the height counts: the first one
                        // met on the way up, the last one on the way down.
                        Order::Ascending => drop(found.entry(key.clone()).or_insert(before)),
                        Order::Descending => drop(found.insert(key.clone(), before)),
                    }
                }
                last = Some((key, height));
            }
            let Some((key, height)) = last.filter(|_| !whole) else { return (found, None) };
            let next = history_key(&key, self.snapshot.height().saturating_add(1));
            match self.order {
                Order::Ascending if height <= self.snapshot.height() => {
                    from = next;
                    continue;
                }
                Order::Ascending => from = history_end(&key),
                Order::Descending => {
                    let end = history_end(&key);
                    let first = db.range(Table::History, &next, Some(&end), Order::Ascending, 1);
                    found.extend(first.into_iter().map(|(_, before)| (key.clone(), before)));
                    to = Some(history_prefix(&key));
                }
            }
            if found.len() >= MAX_CHUNK {
                return (found, Some(key));
            }
        }
    }
}

/// The keys `from <= key < to` that one fill covers, and the bound where the next
/// fill goes on (the new start or the new end), if there is more.
struct Stretch {
    from: Vec<u8>,
    to: Option<Vec<u8>>,
    next: Option<Vec<u8>>,
}

impl Stretch {
    /// From the near end of the range through key `last`, or all without `last`.
    fn up_to(start: &[u8], end: Option<&[u8]>, order: Order, last: Option<Vec<u8>>) -> Stretch {
        let (start, end) = (start.to_vec(), end.map(<[u8]>::to_vec));
        match (last, order) {
            (None, _) => Stretch { from: start, to: end, next: None },
            (Some(mut last), Order::Ascending) => {
                last.push(0);
                Stretch { from: start, to: Some(last.clone()), next: Some(last) }
            }
            (Some(last), Order::Descending) => Stretch { from: last.clone(), to: end, next: Some(last) },
        }
    }

    fn contains(&self, key: &[u8]) -> bool {
        self.from.as_slice() <= key && self.to.as_deref().is_none_or(|to| key < to)
    }
}

/// All history rows of `key` at or below `height`, as bounds of the table.
pub(crate) fn history_up_to(key: &[u8], height: u64) -> (Vec<u8>, Vec<u8>) {
    (history_prefix(key), history_key(key, height.saturating_add(1)))
}
