//! The embedded key-value database below the store.

mod fjall;
mod mem;
mod sled;

use std::path::Path;

pub use self::{fjall::FjallDb, mem::MemDb, sled::SledDb};
use crate::Error;

/// The tables of the database. What each holds is told in `docs/store.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// Head, roots per height, metadata of the store's user.
    Meta,
    /// Latest value of every key.
    State,
    /// What a key held before a block overwrote or deleted it.
    History,
    /// Nodes of the Merkle trees.
    Nodes,
    /// Tree keys by their hash.
    Preimage,
    /// What may go when a height leaves the window of kept heights.
    Stale,
    /// Large byte strings by their SHA-256.
    Blobs,
}

impl Table {
    /// Every table, in the order of the enum.
    pub const ALL: [Table; 7] =
        [Table::Meta, Table::State, Table::History, Table::Nodes, Table::Preimage, Table::Stale, Table::Blobs];

    /// The table's name, as backends that name their tables use it.
    pub fn name(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::State => "state",
            Table::History => "history",
            Table::Nodes => "nodes",
            Table::Preimage => "preimage",
            Table::Stale => "stale",
            Table::Blobs => "blobs",
        }
    }

    fn index(self) -> usize {
        usize::from(self as u8)
    }
}

/// Direction of a range read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the smallest key up.
    Ascending,
    /// From the largest key down.
    Descending,
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// One write of a batch; `value: None` removes the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write<'a> {
    /// The table written to.
    pub table: Table,
    /// Row key, at most 65,535 bytes.
    pub key: &'a [u8],
    /// Row value.
    pub value: Option<&'a [u8]>,
}

/// An ordered list of writes that take effect together.
///
/// All keys and values lie in one buffer: a block has tens of thousands of rows, and
/// an allocation for each would cost more than hashing them.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// Where a write lies in the buffer: its value follows its key.
#[derive(Clone, Copy, Debug)]
struct Entry {
    table: Table,
    start: usize,
    key_len: usize,
    value_len: Option<usize>,
}

impl Batch {
    /// Adds a write of `value` under `key`.
    pub fn put(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let append = |bytes: &mut Vec<u8>, part: &[u8]| bytes.extend_from_slice(part);
        self.put_with(table, |bytes| append(bytes, key.as_ref()), |bytes| append(bytes, value.as_ref()));
    }

    /// Adds a write whose key and value the functions append to the buffer.
    pub(crate) fn put_with(&mut self, table: Table, key: impl FnOnce(&mut Vec<u8>), value: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        key(&mut self.bytes);
        let key_end = self.bytes.len();
        value(&mut self.bytes);
        let value_len = Some(self.bytes.len().saturating_sub(key_end));
        self.entries.push(Entry { table, start, key_len: key_end.saturating_sub(start), value_len });
    }

    /// Adds the removal of `key`.
    pub fn delete(&mut self, table: Table, key: impl AsRef<[u8]>) {
        let key = key.as_ref();
        let entry = Entry { table, start: self.bytes.len(), key_len: key.len(), value_len: None };
        self.bytes.extend_from_slice(key);
        self.entries.push(entry);
    }

    /// Adds the writes of `other` after those of this batch.
    pub(crate) fn append(&mut self, other: &Batch) {
        let shift = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        let moved = other.entries.iter();
        let moved = moved.map(|entry| Entry { start: entry.start.saturating_add(shift), ..*entry });
        self.entries.extend(moved);
    }

    /// Number of writes.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The writes, in the order in which they become visible.
    pub fn writes(&self) -> impl Iterator<Item = Write<'_>> {
        self.entries.iter().map(|entry| {
            let (key, rest) = self.bytes[entry.start..].split_at(entry.key_len);
            Write { table: entry.table, key, value: entry.value_len.map(|len| &rest[..len]) }
        })
    }
}

/// An embedded, ordered key-value database.
///
/// Three rules that the store relies on, checked by the conformance tests:
///
/// * after a crash a batch is there whole or not at all, and a batch is never
///   there without those written before it;
/// * `write` with `sync` returns only when the batch survives a power cut;
/// * a reader sees the writes of a batch in their order or all at once, never a
///   later write without an earlier one.
///
/// No method returns an error: a disk that fails ends the process
/// ([`fatal`](crate::fatal)), because a fault of one machine must never decide the
/// result of a transaction.
pub trait Db: Send + Sync + 'static {
    /// The value of `key`.
    fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>>;

    /// Up to `limit` rows with `start <= key` and `key < end` (no upper bound
    /// without `end`), from the end that `order` says. `start >= end` gives none.
    fn range(&self, table: Table, start: &[u8], end: Option<&[u8]>, order: Order, limit: usize) -> Vec<Pair>;

    /// Writes all of `batch` atomically; with `sync` it is durable on return.
    fn write(&self, batch: &Batch, sync: bool);

    /// Bytes the database takes on disk (in memory, for one that has no disk).
    fn size_on_disk(&self) -> u64;
}

/// What [`open_db`] keeps in memory where nothing else is asked for: 256 MiB.
pub const DB_CACHE: u64 = 256 << 20;

/// Opens the database of `backend` (`fjall`, `sled` or `memory`) in folder `path`, with at
/// most `cache` bytes of what was read from disk kept in memory.
///
/// # Errors
/// [`Error::Open`] for an unknown backend, or a folder that cannot be opened or is
/// open in another process.
pub fn open_db(backend: &str, path: &Path, cache: u64) -> Result<Box<dyn Db>, Error> {
    match backend {
        "fjall" => Ok(Box::new(FjallDb::open(path, cache)?)),
        "sled" => Ok(Box::new(SledDb::open(path, cache)?)),
        "memory" => Ok(Box::new(MemDb::default())),
        other => Err(Error::Open(format!("unknown db_backend {other:?}: use fjall, sled or memory"))),
    }
}

/// The smallest key above every key that starts with `prefix`; `None` if there is
/// no such key.
pub(crate) fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|&byte| byte != 0xff)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] = end[kept].saturating_add(1);
    Some(end)
}
