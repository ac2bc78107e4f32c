//! The store: commits blocks, keeps their roots, hands out snapshots.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::cache::ValueCache;
use crate::codec::{
    META_FORMAT, META_HEAD, META_OLDEST, format_value, meta_app_hash, meta_root, meta_user, parse_format, parse_root,
    parse_u64,
};
use crate::db::{Db, Order, Pair, Table};
use crate::prune::Bell;
use crate::tree::Tree;
use crate::{Error, Hash, Snapshot, fatal, simple};

/// One store of the chain: a key space with a Merkle tree of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreId {
    /// Name in the app hash's map and in proofs. Consensus data.
    pub name: &'static str,
    /// First byte of every full key of this store. The tree key is the full key
    /// without it.
    pub prefix: u8,
}

/// The last committed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its height; 0 if nothing was committed yet.
    pub height: u64,
    /// Root over all stores.
    pub app_hash: Hash,
}

/// Settings of a store; none of them shows in a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Number of heights that stay readable, the last one included; 0 keeps all.
    pub keep_heights: u64,
    /// Bound of the cache of latest values, in bytes.
    pub value_cache_bytes: usize,
    /// Bound of the tree nodes held in memory, in bytes over all stores.
    pub tree_cache_bytes: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config { keep_heights: 0, value_cache_bytes: 256 << 20, tree_cache_bytes: 512 << 20 }
    }
}

/// Versioned, provable state in an embedded database. Clones share it.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Box<dyn Db>,
    /// Sorted by name, as the app hash's map is.
    pub(crate) stores: Vec<StoreId>,
    pub(crate) config: Config,
    pub(crate) latest: RwLock<Latest>,
    /// Height of the newest block whose rows may be in the tables, whole or in part.
    pub(crate) landing: AtomicU64,
    pub(crate) values: ValueCache,
    pub(crate) window: Mutex<Window>,
    /// Height up to which this process has pruned everything.
    pub(crate) pruned: AtomicU64,
    /// Held by whoever writes: commit, a pruning step, rollback.
    pub(crate) writer: Mutex<()>,
    pub(crate) bell: Arc<Bell>,
}

/// The last block and the trees after it.
#[derive(Clone)]
pub(crate) struct Latest {
    pub(crate) head: Head,
    /// One per store, in the order of `Inner::stores`.
    pub(crate) trees: Vec<Tree>,
}

/// Which heights can be read, and which must stay.
#[derive(Default)]
pub(crate) struct Window {
    pub(crate) oldest: u64,
    /// Live snapshots per height.
    pub(crate) pins: BTreeMap<u64, u64>,
}

/// Locks even if another thread panicked: every guarded value is whole between two
/// statements, and a panic on the consensus thread ends the process anyway.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    pub(crate) fn landing(&self) -> u64 {
        self.landing.load(Ordering::SeqCst)
    }

    pub(crate) fn latest(&self) -> Latest {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn head(&self) -> Head {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).head
    }

    pub(crate) fn set_latest(&self, latest: Latest) {
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = latest;
    }

    pub(crate) fn unpin(&self, height: u64) {
        let mut window = lock(&self.window);
        if let Some(count) = window.pins.get_mut(&height) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                window.pins.remove(&height);
            }
        }
    }

    /// Position of the store with this prefix byte.
    pub(crate) fn position(&self, prefix: u8) -> Option<usize> {
        self.stores.iter().position(|store| store.prefix == prefix)
    }

    /// Tree version and root of every store after `height`, in store order.
    pub(crate) fn roots_at(&self, height: u64) -> Vec<(u64, Hash)> {
        self.stores
            .iter()
            .map(|store| {
                self.root_row_at(store.prefix, height).map_or((0, crate::tree::EMPTY_ROOT), |(_, row)| parse_root(&row))
            })
            .collect()
    }

    /// The newest root row of a store at or below `height`.
    pub(crate) fn root_row_at(&self, prefix: u8, height: u64) -> Option<Pair> {
        let (start, end) = (meta_root(prefix, 0), meta_root(prefix, height.saturating_add(1)));
        let rows = self.db.range(Table::Meta, &start, Some(&end), Order::Descending, 1);
        rows.into_iter().next()
    }

    /// Reads head and trees from the database.
    pub(crate) fn load_latest(&self) -> Latest {
        let height = match self.db.get(Table::Meta, META_HEAD) {
            Some(row) => parse_root(&row).0,
            None => 0,
        };
        let trees: Vec<Tree> = self
            .roots_at(height)
            .into_iter()
            .map(|(version, hash)| match version {
                0 => Tree::empty(),
                _ => Tree::stored(version, hash),
            })
            .collect();
        let app_hash = self.app_hash(&trees);
        if let Some(row) = self.db.get(Table::Meta, META_HEAD)
            && parse_root(&row).1 != app_hash
        {
            fatal("damaged database: the stores' roots do not give the app hash of the head");
        }
        Latest { head: Head { height, app_hash }, trees }
    }

    /// The app hash over `trees`.
    pub(crate) fn app_hash(&self, trees: &[Tree]) -> Hash {
        let roots: Vec<(u64, Hash)> = trees.iter().map(|tree| (tree.version, tree.hash)).collect();
        simple::map_hash(&self.named(&roots))
    }

    /// The leaves of the app hash: a store is one from the block on that first writes
    /// to it. So a program with a store more goes on with the hashes of the one before,
    /// up to the block of the upgrade that fills it.
    pub(crate) fn named(&self, roots: &[(u64, Hash)]) -> Vec<(&'static str, Hash)> {
        let stores = self.stores.iter().zip(roots).filter(|(_, (version, _))| *version > 0);
        stores.map(|(store, (_, hash))| (store.name, *hash)).collect()
    }
}

impl Inner {
    /// Compares the stores with those that the database knows, and writes down new ones.
    /// One that is gone may be left out if nothing is in it: an older program comes
    /// back after the blocks of a newer one were taken back.
    fn check_stores(&self, known: &[(u8, String)]) -> Result<(), Error> {
        let mine = |prefix: u8, name: &str| self.stores.iter().any(|s| s.prefix == prefix && s.name == name);
        let strange = known.iter().filter(|(prefix, name)| !mine(*prefix, name));
        if strange.into_iter().any(|(prefix, _)| self.root_row_at(*prefix, u64::MAX).is_some()) {
            let names: Vec<&str> = self.stores.iter().map(|store| store.name).collect();
            return Err(Error::OtherStores { wanted: names.join(", ") });
        }
        let format = format_value(&self.stores);
        if self.db.get(Table::Meta, META_FORMAT).as_ref() != Some(&format) {
            let mut batch = crate::db::Batch::default();
            batch.put(Table::Meta, META_FORMAT, format);
            self.db.write(&batch, true);
        }
        Ok(())
    }
}

impl Store {
    /// Opens the state in `db` for `stores`, in any order. Stores that the database
    /// has not yet begin empty.
    ///
    /// # Errors
    /// [`Error::OtherStores`] if the database has something in a store that is not one
    /// of `stores`, by name and prefix.
    ///
    /// # Panics
    /// If two of `stores` share a name or a prefix.
    pub fn open(db: Box<dyn Db>, stores: &[StoreId], config: Config) -> Result<Store, Error> {
        let mut stores = stores.to_vec();
        stores.sort();
        for (at, store) in stores.iter().enumerate() {
            let clash = |other: &StoreId| other.name == store.name || other.prefix == store.prefix;
            assert!(!stores[..at].iter().any(clash), "store {} clashes with another", store.name);
        }
        if db.get(Table::Meta, META_HEAD).is_none() {
            crate::sync::clear(&*db);
        }
        let known = known_stores(&*db);
        let oldest = db.get(Table::Meta, META_OLDEST).map_or(0, |row| parse_u64(&row, "oldest"));
        let head = Head { height: 0, app_hash: [0; 32] };
        let inner = Inner {
            db,
            stores,
            config,
            latest: RwLock::new(Latest { head, trees: Vec::new() }),
            landing: AtomicU64::new(0),
            values: ValueCache::new(config.value_cache_bytes),
            pruned: AtomicU64::new(0),
            window: Mutex::new(Window { oldest, pins: BTreeMap::new() }),
            writer: Mutex::default(),
            bell: Arc::default(),
        };
        inner.check_stores(&known)?;
        let latest = inner.load_latest();
        inner.landing.store(latest.head.height, Ordering::SeqCst);
        inner.set_latest(latest);
        Ok(Store(Arc::new(inner)))
    }

    /// The last committed block.
    pub fn head(&self) -> Head {
        self.0.head()
    }

    /// The first height whose state is still kept.
    pub fn first_height(&self) -> u64 {
        lock(&self.0.window).oldest
    }

    /// The state after the last committed block.
    pub fn latest(&self) -> Snapshot {
        // The window stays locked from reading the head to counting the pin, so that
        // pruning cannot pass in between.
        let mut window = lock(&self.0.window);
        let height = self.0.head().height;
        self.pin(&mut window, height)
    }

    /// The state after the block at `height`.
    ///
    /// # Errors
    /// [`Error::Pruned`] below the window of kept heights, [`Error::NotYet`] above
    /// the last block.
    pub fn at(&self, height: u64) -> Result<Snapshot, Error> {
        let mut window = lock(&self.0.window);
        let latest = self.0.head().height;
        if height > latest {
            return Err(Error::NotYet { height, latest });
        }
        if height < window.oldest {
            return Err(Error::Pruned { height, oldest: window.oldest, latest });
        }
        Ok(self.pin(&mut window, height))
    }

    fn pin(&self, window: &mut Window, height: u64) -> Snapshot {
        let count = window.pins.entry(height).or_insert(0);
        *count = count.saturating_add(1);
        Snapshot::pinned(self.0.clone(), height)
    }

    /// A metadata entry as of the last commit.
    pub fn meta(&self, key: &str) -> Option<Vec<u8>> {
        self.0.db.get(Table::Meta, &meta_user(key))
    }

    /// The app hash after the block at `height`, if that height is kept.
    pub fn stored_app_hash(&self, height: u64) -> Option<Hash> {
        let row = self.0.db.get(Table::Meta, &meta_app_hash(height))?;
        Some(crate::codec::Parser::new(&row, "app hash").array())
    }

    /// Number of rows in a table. Reads them all: for tests and `debug` commands.
    pub fn count_rows(&self, table: Table) -> usize {
        let mut count = 0usize;
        let mut start = Vec::new();
        loop {
            let rows = self.0.db.range(table, &start, None, Order::Ascending, 10_000);
            let Some((last, _)) = rows.last() else { return count };
            start.clone_from(last);
            start.push(0);
            count = count.saturating_add(rows.len());
        }
    }

    /// Bytes the database takes on disk.
    pub fn size_on_disk(&self) -> u64 {
        self.0.db.size_on_disk()
    }
}

/// The stores that a database was made for: prefix and name. None in a new one.
fn known_stores(db: &dyn Db) -> Vec<(u8, String)> {
    db.get(Table::Meta, META_FORMAT).map_or_else(Vec::new, |row| parse_format(&row))
}
