//! The file: what is in it, how blocks come in, and how queries are answered.

use std::{
    fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use prost::Message;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use tendermint_proto::v0_38::abci::ExecTxResult;

use crate::{
    Block, Error, Indexed, Query,
    query::Op,
    terms::{Terms, first_eight, pack, unpack},
};

/// The file's form; another one is deleted and made anew.
const FORMAT: i64 = 1;
/// Transactions a block can have by their ids: height × 2^24 + position.
const POSITION_BITS: u32 = 24;
/// Above every height.
const NO_HEIGHT: u64 = 1 << 38;
/// Idle connections that are kept for queries.
const READERS: usize = 8;
const CACHE_KIB: i64 = 32 << 10;
/// How long a statement waits for the file's lock, which only recovery holds for long.
const BUSY: Duration = Duration::from_secs(10);

/// A posting says at which positions of one height's block a term is found.
const SCHEMA: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (height INTEGER PRIMARY KEY, seconds INTEGER NOT NULL, nanos INTEGER NOT NULL, txs INTEGER NOT NULL);
CREATE TABLE txs (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, bytes BLOB NOT NULL, result BLOB NOT NULL);
CREATE INDEX txs_by_hash ON txs (hash);
CREATE TABLE postings (term INTEGER NOT NULL, height INTEGER NOT NULL, n INTEGER NOT NULL, list BLOB NOT NULL,
                       PRIMARY KEY (term, height)) WITHOUT ROWID;
";

/// The heights that the index holds, first and last.
pub type Range = RangeInclusive<u64>;

/// Which of a query's transactions are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Selection {
    /// How many to pass over.
    pub skip: u64,
    /// How many to give.
    pub limit: u64,
    /// Newest first.
    pub descending: bool,
}

/// What a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// How many there are in all.
    pub total: u64,
    /// Those that were wanted.
    pub txs: Vec<Indexed>,
}

/// The file, opened.
pub struct Index {
    path: PathBuf,
    terms: Terms,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    range: Mutex<Option<Range>>,
}

impl Index {
    /// Opens the file of a folder, or makes it. `prefix` is what the chain's addresses
    /// begin with. A file of another format, or one that is no database, is made anew.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn open(folder: &Path, prefix: &str) -> Result<Self, Error> {
        let path = folder.join("index.sqlite");
        fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
        match Self::open_file(&path, prefix) {
            Err(error) if path.exists() => {
                tracing::warn!("{} cannot be used ({error}) and is made anew", path.display());
                remove(folder)?;
                Self::open_file(&path, prefix)
            }
            other => other,
        }
    }

    fn open_file(path: &Path, prefix: &str) -> Result<Self, Error> {
        let writer = Connection::open(path)?;
        writer.busy_timeout(BUSY)?;
        writer.pragma_update(None, "page_size", 8192)?;
        writer.pragma_update(None, "journal_mode", "wal")?;
        // A commit is durable at the next checkpoint only. What a power cut takes is
        // asked of the source again.
        writer.pragma_update(None, "synchronous", "normal")?;
        writer.pragma_update(None, "cache_size", -CACHE_KIB)?;
        writer.pragma_update(None, "wal_autocheckpoint", 2000)?;
        let format: i64 = writer.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if format == 0 {
            let mut salt = [0; 16];
            getrandom::fill(&mut salt).map_err(|e| Error::Damaged(e.to_string()))?;
            writer.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {FORMAT};"))?;
            writer.execute("INSERT INTO meta VALUES ('salt', ?)", [salt.as_slice()])?;
            writer.execute_batch("COMMIT")?;
        } else if format != FORMAT {
            return Err(Error::Damaged(format!("format {format}, this program has {FORMAT}")));
        }
        let salt = writer.query_row("SELECT value FROM meta WHERE name = 'salt'", [], |row| row.get(0))?;
        let index = Self {
            path: path.to_owned(),
            terms: Terms::new(salt, prefix),
            range: Mutex::new(read_range(&writer)?),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
        };
        Ok(index)
    }

    /// The heights that it holds; `None` when it is empty.
    pub fn range(&self) -> Option<Range> {
        lock(&self.range).clone()
    }

    /// Puts blocks in, all or none. Heights ascend; what the index holds from the first
    /// of them on is replaced.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn append(&self, blocks: &[Block]) -> Result<(), Error> {
        let Some(first) = blocks.first() else { return Ok(()) };
        self.write(|tx| {
            if self.range().is_some_and(|range| *range.end() >= first.height) {
                self.remove_heights(tx, first.height..=NO_HEIGHT)?;
            }
            blocks.iter().try_for_each(|block| self.put(tx, block))
        })
    }

    /// Takes all blocks above a height out.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn truncate(&self, height: u64) -> Result<(), Error> {
        self.write(|tx| self.remove_heights(tx, height.saturating_add(1)..=NO_HEIGHT))
    }

    /// Takes the blocks below a height out, `most` of them.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn prune(&self, below: u64, most: u64) -> Result<(), Error> {
        let Some(first) = self.range().map(|range| *range.start()) else { return Ok(()) };
        let end = below.min(first.saturating_add(most));
        if end <= first {
            return Ok(());
        }
        self.write(|tx| self.remove_heights(tx, first..=end - 1))
    }

    fn write(&self, work: impl FnOnce(&Transaction<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let mut writer = lock(&self.writer);
        let tx = writer.transaction()?;
        work(&tx)?;
        let range = read_range(&tx)?;
        tx.commit()?;
        *lock(&self.range) = range;
        Ok(())
    }

    fn put(&self, tx: &Transaction<'_>, block: &Block) -> Result<(), Error> {
        let height = block.height.cast_signed();
        tx.prepare_cached("INSERT INTO blocks VALUES (?, ?, ?, ?)")?.execute(params![
            height,
            block.seconds,
            block.nanos,
            block.txs.len() as i64
        ])?;
        let mut insert = tx.prepare_cached("INSERT INTO txs VALUES (?, ?, ?, ?)")?;
        for (position, tx) in (0..).zip(&block.txs) {
            let hash = first_eight(&Sha256::digest(&tx.bytes));
            insert.execute(params![id(block.height, position), hash, &tx.bytes[..], &tx.result[..]])?;
        }
        let mut insert = tx.prepare_cached("INSERT INTO postings VALUES (?, ?, ?, ?)")?;
        for (term, list) in self.terms.of_block(block)? {
            insert.execute(params![term, height, list.len() as i64, pack(&list)])?;
        }
        Ok(())
    }

    /// Takes heights out. The postings are keyed by their term, so they are found as
    /// they were made: from the block's transactions.
    fn remove_heights(&self, tx: &Transaction<'_>, heights: Range) -> Result<(), Error> {
        let (from, to) = (heights.start().cast_signed(), heights.end().cast_signed());
        let mut select = tx.prepare_cached("SELECT height FROM blocks WHERE height BETWEEN ? AND ?")?;
        let held: Vec<i64> = select.query_map([from, to], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut delete = tx.prepare_cached("DELETE FROM postings WHERE term = ? AND height = ?")?;
        for height in &held {
            for term in self.terms.of_block(&stored_block(tx, *height)?)?.keys() {
                delete.execute([term, height])?;
            }
        }
        let (first, last) = (id(*heights.start(), 0), id(heights.end().saturating_add(1), 0));
        tx.execute("DELETE FROM txs WHERE id >= ? AND id < ?", [first, last])?;
        tx.execute("DELETE FROM blocks WHERE height BETWEEN ? AND ?", [from, to])?;
        Ok(())
    }

    /// The transaction with a hash. Of several with the same bytes, the newest that
    /// succeeded, else the newest, as in CometBFT's index.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn tx(&self, hash: &[u8; 32]) -> Result<Option<Indexed>, Error> {
        self.read(|db| {
            let mut select = db.prepare_cached("SELECT id FROM txs WHERE hash = ? ORDER BY id DESC")?;
            let ids: Vec<i64> = select.query_map([first_eight(hash)], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut newest = None;
            for id in ids {
                let found = stored_tx(db, id)?;
                if Sha256::digest(&found.bytes)[..] != hash[..] {
                    continue;
                }
                if found.result.code == 0 {
                    return Ok(Some(found));
                }
                newest = newest.or(Some(found));
            }
            Ok(newest)
        })
    }

    /// Transactions by a query.
    ///
    /// # Errors
    /// [`Error::TooSlow`] when `until` comes first.
    pub fn search(&self, query: &Query, wanted: Selection, until: Instant) -> Result<Page, Error> {
        if let Some(hash) = &query.hash {
            let found = self.tx(hash)?.into_iter().filter(|tx| (query.from..=query.to).contains(&tx.height));
            let all: Vec<_> = found.filter(|tx| query.matches(&tx.result.events)).collect();
            let take = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
            return Ok(Page {
                total: all.len() as u64,
                txs: if wanted.skip == 0 { all.into_iter().take(take).collect() } else { Vec::new() },
            });
        }
        self.read(|db| {
            // One state of the file for all statements.
            let db = db.unchecked_transaction()?;
            Search { terms: &self.terms, db: &db, query, wanted, until }.run()
        })
    }

    /// A connection of its own for each query that runs.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let kept = lock(&self.readers).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags)?;
                connection.busy_timeout(BUSY)?;
                connection
            }
        };
        let answer = work(&connection)?;
        let mut readers = lock(&self.readers);
        if readers.len() < READERS {
            readers.push(connection);
        }
        Ok(answer)
    }
}

/// A query while it runs.
struct Search<'s> {
    terms: &'s Terms,
    db: &'s Connection,
    query: &'s Query,
    wanted: Selection,
    until: Instant,
}

impl Search<'_> {
    fn run(&self) -> Result<Page, Error> {
        let heights = [self.query.from, self.query.to].map(u64::cast_signed);
        let mut terms: Vec<i64> = self.query.accounts.iter().map(|a| self.terms.account(a)).collect();
        terms.extend(self.query.conditions.iter().map(|c| match c.op {
            Op::Equal => self.terms.value(&c.key, &c.value),
            _ => self.terms.key(&c.key),
        }));
        self.rarest_first(&mut terms, heights)?;
        let order = if self.wanted.descending { "DESC" } else { "ASC" };
        match terms.as_slice() {
            [] => {
                let sql =
                    format!("SELECT height, txs FROM blocks WHERE height BETWEEN ? AND ? ORDER BY height {order}");
                let mut select = self.db.prepare_cached(&sql)?;
                let rows = select.query_map(heights, |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
                self.collect(rows.map(|row| row.map(|(h, n)| (h, n, None))), &[])
            }
            [driver, others @ ..] => {
                let sql = format!(
                    "SELECT height, n, list FROM postings WHERE term = ? AND height BETWEEN ? AND ? ORDER BY height {order}"
                );
                let mut select = self.db.prepare_cached(&sql)?;
                let rows = select.query_map([*driver, heights[0], heights[1]], |row| {
                    Ok((row.get(0)?, row.get(1)?, Some(row.get(2)?)))
                })?;
                self.collect(rows, others)
            }
        }
    }

    /// The term with the fewest postings leads; the others are looked up at its heights.
    fn rarest_first(&self, terms: &mut [i64], [from, to]: [i64; 2]) -> Result<(), Error> {
        if terms.len() < 2 {
            return Ok(());
        }
        let sql = "SELECT count(*) FROM (SELECT 1 FROM postings WHERE term = ? AND height BETWEEN ? AND ? LIMIT 10000)";
        let mut select = self.db.prepare_cached(sql)?;
        let mut rarest = (i64::MAX, 0);
        for (at, term) in terms.iter().enumerate() {
            let count: i64 = select.query_row([*term, from, to], |row| row.get(0))?;
            rarest = rarest.min((count, at));
        }
        terms.swap(0, rarest.1);
        Ok(())
    }

    /// Counts what matches and reads what is wanted. A row is a height, how many of its
    /// transactions the leading term has, and which; without a list, all.
    fn collect(
        &self,
        rows: impl Iterator<Item = rusqlite::Result<(i64, i64, Option<Vec<u8>>)>>,
        others: &[i64],
    ) -> Result<Page, Error> {
        let exact = others.is_empty() && self.query.is_exact();
        let end = self.wanted.skip.saturating_add(self.wanted.limit);
        let (mut total, mut txs) = (0, Vec::new());
        for row in rows {
            if Instant::now() > self.until {
                return Err(Error::TooSlow);
            }
            let (height, n, list) = row?;
            let count = n.cast_unsigned();
            // Outside the page an exact term is only counted.
            if exact && (total >= end || total + count <= self.wanted.skip) {
                total += count;
                continue;
            }
            let mut positions = match list {
                Some(list) => unpack(&list)?,
                None => (0..u32::try_from(n).unwrap_or(u32::MAX)).collect(),
            };
            for term in others {
                self.keep_common(&mut positions, *term, height)?;
            }
            if self.wanted.descending {
                positions.reverse();
            }
            for position in positions {
                let inside = (self.wanted.skip..end).contains(&total);
                if !inside && exact {
                    total += 1;
                    continue;
                }
                let found = stored_tx(self.db, id(height.cast_unsigned(), position))?;
                if exact || self.query.matches(&found.result.events) {
                    total += 1;
                    if inside {
                        txs.push(found);
                    }
                }
            }
        }
        Ok(Page { total, txs })
    }

    fn keep_common(&self, positions: &mut Vec<u32>, term: i64, height: i64) -> Result<(), Error> {
        let mut select = self.db.prepare_cached("SELECT list FROM postings WHERE term = ? AND height = ?")?;
        let list: Option<Vec<u8>> = select.query_row([term, height], |row| row.get(0)).optional()?;
        let list = unpack(&list.unwrap_or_default())?;
        positions.retain(|position| list.binary_search(position).is_ok());
        Ok(())
    }
}

fn stored_tx(db: &Connection, id: i64) -> Result<Indexed, Error> {
    let height = id >> POSITION_BITS;
    let mut select =
        db.prepare_cached("SELECT bytes, result, (SELECT seconds FROM blocks WHERE height = ?) FROM txs WHERE id = ?")?;
    let (bytes, result, seconds): (Vec<u8>, Vec<u8>, i64) =
        select.query_row([height, id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(Indexed {
        height: height.cast_unsigned(),
        position: u32::try_from(id & ((1 << POSITION_BITS) - 1)).unwrap_or(u32::MAX),
        seconds,
        bytes,
        result: ExecTxResult::decode(result.as_slice()).map_err(|e| Error::Damaged(e.to_string()))?,
    })
}

fn stored_block(db: &Connection, height: i64) -> Result<Block, Error> {
    let height = height.cast_unsigned();
    let mut select = db.prepare_cached("SELECT bytes, result FROM txs WHERE id >= ? AND id < ? ORDER BY id")?;
    let txs = select.query_map([id(height, 0), id(height + 1, 0)], |row| {
        let (bytes, result): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        Ok(crate::BlockTx { bytes: bytes.into(), result: result.into() })
    })?;
    Ok(Block { height, seconds: 0, nanos: 0, txs: txs.collect::<Result<_, _>>()? })
}

fn id(height: u64, position: u32) -> i64 {
    (height << POSITION_BITS).cast_signed() | i64::from(position)
}

fn read_range(db: &Connection) -> Result<Option<Range>, Error> {
    let ends =
        db.query_row("SELECT (SELECT min(height) FROM blocks), (SELECT max(height) FROM blocks)", [], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
        })?;
    Ok(match ends {
        (Some(first), Some(last)) => Some(first.cast_unsigned()..=last.cast_unsigned()),
        _ => None,
    })
}

fn remove(folder: &Path) -> Result<(), Error> {
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        match fs::remove_file(folder.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(unwritable(folder, &e)),
            _ => {}
        }
    }
    Ok(())
}

fn unwritable(folder: &Path, e: &io::Error) -> Error {
    Error::Damaged(format!("{} cannot be written: {e}", folder.display()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
