//! sled, the second backend.

use std::fmt::Display;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::{Batch, Db, Order, Pair, Table, prefix_end};
use crate::{Error, fatal};

/// [`Db`] on sled. All tables share one tree, because sled applies a batch
/// atomically within one tree only; the first byte of a row's key is its table.
/// A synced write ends with a flush.
pub struct SledDb {
    database: sled::Db,
}

/// How often a locked folder is tried again, and how long between two tries: sled's
/// threads give up the lock a little after the handle that owned them is dropped.
const LOCK_TRIES: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Opens the database as soon as nobody holds its lock.
fn open_unlocked(config: &sled::Config) -> sled::Result<sled::Db> {
    // The error has no kind of its own for it.
    let is_locked = |error: &sled::Error| error.to_string().contains("could not acquire lock");
    for _ in 1..LOCK_TRIES {
        match config.open() {
            Err(error) if is_locked(&error) => thread::sleep(LOCK_PAUSE),
            done => return done,
        }
    }
    config.open()
}

impl SledDb {
    /// Opens or creates the database in folder `path`; pages are dropped from memory beyond
    /// `cache` bytes.
    ///
    /// # Errors
    /// [`Error::Open`] if the folder cannot be used or another process has it open.
    pub fn open(path: &Path, cache: u64) -> Result<SledDb, Error> {
        let refused = |error: sled::Error| Error::Open(format!("{}: {error}", path.display()));
        // The timer of sled's own flusher would add writes between commits.
        let config = sled::Config::new().path(path).flush_every_ms(None).cache_capacity(cache);
        let database = open_unlocked(&config).map_err(refused)?;
        Ok(SledDb { database })
    }
}

fn row_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(key.len().saturating_add(1));
    row.push(table as u8);
    row.extend_from_slice(key);
    row
}

impl Db for SledDb {
    fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        let value = self.database.get(row_key(table, key)).unwrap_or_else(|error| disk(error));
        value.map(|value| value.to_vec())
    }

    fn range(&self, table: Table, start: &[u8], end: Option<&[u8]>, order: Order, limit: usize) -> Vec<Pair> {
        let start = row_key(table, start);
        // A table's byte is far below 0xff, so there is always a key after it.
        let end = end.map_or_else(|| prefix_end(&[table as u8]).unwrap_or_default(), |end| row_key(table, end));
        if start >= end {
            return Vec::new();
        }
        let rows = self.database.range(start..end);
        let owned = |row: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = row.unwrap_or_else(|error| disk(error));
            (key[1..].to_vec(), value.to_vec())
        };
        match order {
            Order::Ascending => rows.take(limit).map(owned).collect(),
            Order::Descending => rows.rev().take(limit).map(owned).collect(),
        }
    }

    fn write(&self, batch: &Batch, sync: bool) {
        let mut writes = sled::Batch::default();
        for write in batch.writes() {
            let key = row_key(write.table, write.key);
            match write.value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        self.database.apply_batch(writes).unwrap_or_else(|error| disk(error));
        if sync {
            self.database.flush().unwrap_or_else(|error| disk(error));
        }
    }

    fn size_on_disk(&self) -> u64 {
        self.database.size_on_disk().unwrap_or_else(|error| disk(error))
    }
}

fn disk(error: impl Display) -> ! {
    fatal(format_args!("database fault (sled): {error}"))
}
