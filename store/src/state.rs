//! State under execution: a snapshot with layers of writes on it.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use crate::cache::Slot;
use crate::db::{Order, Pair};
use crate::{Hash, Snapshot, sha256};

/// Longest full key, in bytes. The kernel refuses longer ones with a code before
/// they get here.
pub const MAX_KEY_LEN: usize = 16 * 1024;

/// Something that execution tells the world; it does not become state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Type of the event.
    pub kind: String,
    /// Attribute names and values in the order in which they were added.
    pub attributes: Vec<(String, String)>,
}

/// Writes by full key; `None` deletes.
pub(crate) type Writes = BTreeMap<Vec<u8>, Slot>;

#[derive(Clone, Default)]
struct Layer {
    writes: Writes,
    events: Vec<Event>,
    blobs: BTreeMap<Hash, Arc<Vec<u8>>>,
    marks: BTreeSet<Vec<u8>>,
}

/// The net writes of a block, ready for [`Store::prepare`](crate::Store::prepare).
pub struct Changes {
    /// Height of the state that the writes stand on.
    pub(crate) base: u64,
    pub(crate) writes: Writes,
    pub(crate) blobs: BTreeMap<Hash, Arc<Vec<u8>>>,
}

impl Changes {
    /// Number of keys written or deleted.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// True if no key is written or deleted.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
}

/// A snapshot and the layers of writes on it: block, transaction, nested calls.
///
/// A checkpoint is [`push`](State::push), a rollback [`pop`](State::pop), a commit
/// [`merge`](State::merge); events and blobs come and go with the writes. The state
/// owns everything it holds, so it can be moved into a contract engine and back.
///
/// Keys are full keys: the store's prefix byte, then the key in its tree.
#[derive(Clone)]
pub struct State {
    base: Snapshot,
    layers: Vec<Layer>,
}

impl State {
    /// A state equal to `base`, with one empty layer.
    pub fn new(base: Snapshot) -> State {
        State { base, layers: vec![Layer::default()] }
    }

    /// Height of the snapshot below the layers.
    pub fn base_height(&self) -> u64 {
        self.base.height()
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.read(key, |value| value.map(<[u8]>::to_vec))
    }

    /// Whether `key` has a value.
    pub fn has(&self, key: &[u8]) -> bool {
        self.read(key, |value| value.is_some())
    }

    /// Calls `f` with the value of `key` without copying it. Every point read goes
    /// through here.
    pub fn read<R>(&self, key: &[u8], f: impl FnOnce(Option<&[u8]>) -> R) -> R {
        for layer in self.layers.iter().rev() {
            if let Some(write) = layer.writes.get(key) {
                return f(write.as_deref());
            }
        }
        f(self.base.read(key).as_deref())
    }

    /// Sets `key` to `value` in the top layer.
    ///
    /// # Panics
    /// If the value is empty (it would break the absence proofs of its neighbours),
    /// if the key has no byte after its prefix, or is longer than [`MAX_KEY_LEN`].
    pub fn set(&mut self, key: &[u8], value: &[u8]) {
        assert!(!value.is_empty(), "an empty value cannot be stored");
        assert!((2..=MAX_KEY_LEN).contains(&key.len()), "a key of {} bytes", key.len());
        self.top().writes.insert(key.to_vec(), Some(value.into()));
    }

    /// Removes `key` in the top layer, if it is there.
    pub fn remove(&mut self, key: &[u8]) {
        self.top().writes.insert(key.to_vec(), None);
    }

    /// The keys with `start <= key < end` (no upper bound without `end`) and their
    /// values, with the writes of all layers.
    pub fn range<'a>(&'a self, start: &[u8], end: Option<&[u8]>, order: Order) -> impl Iterator<Item = Pair> + use<'a> {
        let base = self.base.range(start, end, order).map(|(key, value)| (key, Some(value.into())));
        let mut sources: Vec<Source<'a>> = Vec::with_capacity(self.layers.len().saturating_add(1));
        if end.is_none_or(|end| start < end) {
            let bounds = (Bound::Included(start), end.map_or(Bound::Unbounded, Bound::Excluded));
            for layer in self.layers.iter().rev() {
                let writes = layer.writes.range::<[u8], _>(bounds);
                let writes = writes.map(|(key, value)| (key.clone(), value.clone()));
                sources.push(match order {
                    Order::Ascending => boxed(writes),
                    Order::Descending => boxed(writes.rev()),
                });
            }
        }
        sources.push(boxed(base));
        Merged { sources, order }
    }

    /// Adds an event to the top layer.
    pub fn emit(&mut self, event: Event) {
        self.top().events.push(event);
    }

    /// Stores a large byte string in the top layer and returns its SHA-256. Only the
    /// hash belongs into state.
    pub fn put_blob(&mut self, bytes: Vec<u8>) -> Hash {
        let hash = sha256(&bytes);
        self.top().blobs.insert(hash, Arc::new(bytes));
        hash
    }

    /// The byte string with this SHA-256.
    pub fn blob(&self, hash: &Hash) -> Option<Arc<Vec<u8>>> {
        let layered = self.layers.iter().rev().find_map(|layer| layer.blobs.get(hash).cloned());
        layered.or_else(|| self.base.blob(hash).map(Arc::new))
    }

    /// Whether the byte string with this SHA-256 is in the database already, not
    /// only in a layer.
    pub fn has_stored_blob(&self, hash: &Hash) -> bool {
        self.base.blob(hash).is_some()
    }

    /// Notes that something has happened in this block; `false` if it was noted
    /// before. Marks come and go with the writes of a layer, and never become state.
    pub fn mark(&mut self, mark: &[u8]) -> bool {
        if self.layers.iter().any(|layer| layer.marks.contains(mark)) {
            return false;
        }
        self.top().marks.insert(mark.to_vec())
    }

    /// Moves the state out, for an engine that wants to own what it works on. What
    /// stays is good for nothing but to be replaced when the state comes back.
    #[must_use]
    pub fn take(&mut self) -> State {
        State { base: self.base.clone(), layers: std::mem::take(&mut self.layers) }
    }

    /// Opens a layer.
    pub fn push(&mut self) {
        self.layers.push(Layer::default());
    }

    /// Drops the top layer with all that was written in it.
    ///
    /// # Panics
    /// If no layer was pushed.
    pub fn pop(&mut self) {
        let _ = self.take_top();
    }

    /// Folds the top layer into the one below; its events go after those there.
    ///
    /// # Panics
    /// If no layer was pushed.
    pub fn merge(&mut self) {
        let layer = self.take_top();
        self.top().fold(layer);
    }

    /// What all layers together write to the store of `prefix`: keys and values, or nothing
    /// for those removed.
    pub fn writes_under(&self, prefix: u8) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut net = BTreeMap::new();
        for layer in &self.layers {
            net.extend(layer.writes.range(vec![prefix]..).take_while(|(key, _)| key.first() == Some(&prefix)));
        }
        net.into_iter().map(|(key, value)| (key.clone(), value.as_deref().map(<[u8]>::to_vec))).collect()
    }

    /// Takes the events of the top layer.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.top().events)
    }

    /// All layers folded into one. Events that nobody took are dropped.
    pub fn into_changes(mut self) -> Changes {
        while self.layers.len() > 1 {
            self.merge();
        }
        let Layer { writes, blobs, .. } = std::mem::take(self.top());
        Changes { base: self.base.height(), writes, blobs }
    }

    fn top(&mut self) -> &mut Layer {
        match self.layers.last_mut() {
            Some(layer) => layer,
            None => unreachable!("a state always has its first layer"),
        }
    }

    fn take_top(&mut self) -> Layer {
        assert!(self.layers.len() > 1, "the first layer of a state cannot be dropped or merged");
        self.layers.pop().unwrap_or_default()
    }
}

impl Layer {
    fn fold(&mut self, mut above: Layer) {
        if self.writes.is_empty() {
            self.writes = above.writes;
        } else {
            self.writes.extend(above.writes);
        }
        self.events.append(&mut above.events);
        self.blobs.append(&mut above.blobs);
        self.marks.append(&mut above.marks);
    }
}

/// A key and its value or deletion, from one layer.
type Entry = (Vec<u8>, Slot);
type Source<'a> = Peekable<Box<dyn Iterator<Item = Entry> + 'a>>;

fn boxed<'a>(entries: impl Iterator<Item = Entry> + 'a) -> Source<'a> {
    let entries: Box<dyn Iterator<Item = Entry> + 'a> = Box::new(entries);
    entries.peekable()
}

/// Merges sorted sources; of equal keys the first source's wins.
struct Merged<'a> {
    sources: Vec<Source<'a>>,
    order: Order,
}

impl Iterator for Merged<'_> {
    type Item = Pair;

    fn next(&mut self) -> Option<Pair> {
        loop {
            let heads = self.sources.iter_mut().filter_map(Peekable::peek).map(|entry| &entry.0);
            let key = match self.order {
                Order::Ascending => heads.min(),
                Order::Descending => heads.max(),
            }?;
            let key = key.clone();
            let mut winner = None;
            for source in &mut self.sources {
                if let Some((_, value)) = source.next_if(|entry| entry.0 == key) {
                    winner.get_or_insert(value);
                }
            }
            if let Some(value) = winner.flatten() {
                return Some((key, value.to_vec()));
            }
        }
    }
}
