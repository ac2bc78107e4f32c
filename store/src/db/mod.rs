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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The table written to.
    pub table: Table,
    /// Row key, at most 65,535 bytes.
    pub key: Vec<u8>,
    /// Row value.
    pub value: Option<Vec<u8>>,
}

/// An ordered list of writes that take effect together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The writes, in the order in which they become visible.
    pub writes: Vec<Write>,
}

impl Batch {
    /// Adds a write of `value` under `key`.
    pub fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.writes.push(Write { table, key, value: Some(value) });
    }

    /// Adds the removal of `key`.
    pub fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.writes.push(Write { table, key, value: None });
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
    fn write(&self, batch: Batch, sync: bool);

    /// Bytes the database takes on disk (in memory, for one that has no disk).
    fn size_on_disk(&self) -> u64;
}

/// Opens the database of `backend` (`fjall`, `sled` or `memory`) in folder `path`.
///
/// # Errors
/// [`Error::Open`] for an unknown backend, or a folder that cannot be opened or is
/// open in another process.
pub fn open_db(backend: &str, path: &Path) -> Result<Box<dyn Db>, Error> {
    match backend {
        "fjall" => Ok(Box::new(FjallDb::open(path)?)),
        "sled" => Ok(Box::new(SledDb::open(path)?)),
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
