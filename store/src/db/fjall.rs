//! fjall, the default backend: an LSM tree with one journal for all tables.

use std::fmt::Display;
use std::ops::Bound;
use std::path::Path;

use fjall::config::CompressionPolicy;
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::{Batch, Db, Order, Pair, Table};
use crate::{Error, fatal};

/// [`Db`] on fjall. A synced write is one `fdatasync` of the journal.
pub struct FjallDb {
    database: Database,
    tables: Vec<Keyspace>,
}

/// Bytes of a table that wait in memory to become a file. fjall's own 64 MiB would let the
/// seven tables grow to 448 MiB, over hours at a testnet's rates.
const MEMTABLE: u64 = 16 << 20;

fn options(table: Table) -> KeyspaceCreateOptions {
    let options = KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE);
    match table {
        // Nearly all hashes: trying to compress them costs time and gains nothing.
        Table::Nodes | Table::Preimage => {
            options.data_block_compression_policy(CompressionPolicy::all(CompressionType::None))
        }
        _ => options,
    }
}

impl FjallDb {
    /// Opens or creates the database in folder `path`; at most `cache` bytes of blocks read
    /// from disk stay in memory.
    ///
    /// # Errors
    /// [`Error::Open`] if the folder cannot be used or another process has it open.
    pub fn open(path: &Path, cache: u64) -> Result<FjallDb, Error> {
        let refused = |error: fjall::Error| Error::Open(format!("{}: {error}", path.display()));
        let database = Database::builder(path).cache_size(cache).open().map_err(refused)?;
        let tables = Table::ALL
            .iter()
            .map(|table| database.keyspace(table.name(), || options(*table)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(refused)?;
        Ok(FjallDb { database, tables })
    }
}

impl Db for FjallDb {
    fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        let value = self.tables[table.index()].get(key).unwrap_or_else(|error| disk(error));
        value.map(|value| value.to_vec())
    }

    fn range(&self, table: Table, start: &[u8], end: Option<&[u8]>, order: Order, limit: usize) -> Vec<Pair> {
        if end.is_some_and(|end| start >= end) {
            return Vec::new();
        }
        let bounds = (Bound::Included(start), end.map_or(Bound::Unbounded, Bound::Excluded));
        let rows = self.tables[table.index()].range::<&[u8], _>(bounds);
        let owned = |row: fjall::Guard| {
            let (key, value) = row.into_inner().unwrap_or_else(|error| disk(error));
            (key.to_vec(), value.to_vec())
        };
        match order {
            Order::Ascending => rows.take(limit).map(owned).collect(),
            Order::Descending => rows.rev().take(limit).map(owned).collect(),
        }
    }

    fn write(&self, batch: &Batch, sync: bool) {
        let mode = if sync { PersistMode::SyncData } else { PersistMode::Buffer };
        let writes = fjall::OwnedWriteBatch::with_capacity(self.database.clone(), batch.len());
        let mut writes = writes.durability(Some(mode));
        for write in batch.writes() {
            let table = &self.tables[write.table.index()];
            match write.value {
                Some(value) => writes.insert(table, write.key, value),
                None => writes.remove(table, write.key),
            }
        }
        writes.commit().unwrap_or_else(|error| disk(error));
    }

    fn size_on_disk(&self) -> u64 {
        self.database.disk_space().unwrap_or_else(|error| disk(error))
    }
}

fn disk(error: impl Display) -> ! {
    fatal(format_args!("database fault (fjall): {error}"))
}
