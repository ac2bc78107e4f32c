//! From a block's changes to its app hash, and from there to disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use crate::cache::Slot;
use crate::codec::{
    META_HEAD, META_OLDEST, STALE_KEYS, STALE_META, STALE_NODES, head_value, history_value, meta_app_hash, meta_root,
    meta_user, preimage_key, put_bytes, put_history_key, root_value, stale_key,
};
use crate::db::{Batch, Table};
use crate::store::{Head, Latest, lock};
use crate::tree::{self, Change, Tree, Update, leaf_hash, update};
use crate::{Changes, Hash, Snapshot, Store, sha256};

/// Entries in one stale row, so that pruning can go in small steps.
const STALE_PART: usize = 1024;

/// A block's effect on the store, with its app hash; nothing of it is on disk.
pub struct Prepared {
    base: Head,
    head: Head,
    written: Vec<Written>,
    /// Position of the touched stores and their new trees.
    updates: Vec<(usize, Update)>,
    blobs: BTreeMap<Hash, Arc<Vec<u8>>>,
}

impl Prepared {
    /// The app hash after the block.
    pub fn app_hash(&self) -> Hash {
        self.head.app_hash
    }

    /// Height of the block.
    pub fn height(&self) -> u64 {
        self.head.height
    }
}

/// A key whose value the block changes.
struct Written {
    key: Vec<u8>,
    before: Slot,
    after: Slot,
    change: Change,
}

impl Written {
    /// `None` if the write has no effect.
    fn new(base: &Snapshot, key: Vec<u8>, after: Slot) -> Option<Written> {
        let before = base.read(&key);
        if before.as_deref() == after.as_deref() {
            return None;
        }
        let key_hash = sha256(&key[1..]);
        let leaf = after.as_ref().map(|value| leaf_hash(&key_hash, &sha256(value)));
        Some(Written { key, before, after, change: Change { key_hash, leaf } })
    }
}

impl Store {
    /// Works out the app hash of the block at `height` with these changes. Changes
    /// nothing: it can be called again, and its result may be thrown away.
    ///
    /// # Panics
    /// If the changes do not stand on the last committed block, if `height` is not
    /// the next one (the first block may have any height above 0), or if a key
    /// belongs to no store.
    pub fn prepare(&self, height: u64, changes: Changes) -> Prepared {
        let Latest { head: base, mut trees } = self.0.latest();
        assert_eq!(changes.base, base.height, "changes on another block than the last");
        assert!(
            height == base.height.saturating_add(1) || base.height == 0 && height > 0,
            "block {height} cannot follow block {}",
            base.height
        );
        let snapshot = self.latest();
        let written: Vec<Written> = changes
            .writes
            .into_iter()
            .collect::<Vec<_>>()
            .into_par_iter()
            .with_min_len(64)
            .filter_map(|(key, after)| Written::new(&snapshot, key, after))
            .collect();
        let updates: Vec<(usize, Update)> = written
            .chunk_by(|a, b| a.key[0] == b.key[0])
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|of_store| self.update_tree(&trees, of_store))
            .collect();
        for (at, update) in &updates {
            trees[*at] = update.tree.clone();
        }
        let head = Head { height, app_hash: self.0.app_hash(&trees) };
        Prepared { base, head, written, updates, blobs: changes.blobs }
    }

    fn update_tree(&self, trees: &[Tree], written: &[Written]) -> (usize, Update) {
        let prefix = written[0].key[0];
        let Some(at) = self.0.position(prefix) else {
            panic!("a write to key prefix {prefix}, which no store has");
        };
        let mut changes: Vec<Change> = written.iter().map(|write| write.change.clone()).collect();
        changes.par_sort_unstable_by(|a, b| a.key_hash.cmp(&b.key_hash));
        (at, update(&*self.0.db, prefix, &trees[at], &changes))
    }

    /// Writes the block in one synced batch and makes it the latest. `meta` entries
    /// replace those of the same name. When this returns, the block survives a power
    /// cut; until then, a reopened database does not have it at all.
    ///
    /// # Panics
    /// If another block was committed since `prepare`.
    pub fn commit(&self, prepared: Prepared, meta: Vec<(String, Vec<u8>)>) {
        let inner = &*self.0;
        let writer = lock(&inner.writer);
        let Latest { head, mut trees } = inner.latest();
        assert_eq!(prepared.base, head, "a block prepared on another one than the last");
        let batch = self.batch(&prepared, meta);

        inner.landing.store(prepared.head.height, Ordering::SeqCst);
        inner.db.write(&batch, true);
        for write in &prepared.written {
            inner.values.put(&write.key, write.after.clone());
        }
        for (at, update) in prepared.updates {
            trees[at] = update.tree;
        }
        tree::evict(&mut trees, inner.config.tree_cache_bytes);
        inner.set_latest(Latest { head: prepared.head, trees });
        if prepared.base.height == 0 {
            lock(&inner.window).oldest = prepared.head.height;
        }
        drop(writer);
        inner.bell.ring();
    }

    /// The rows of a block. History comes first and values last: a reader that sees
    /// a new value must find what it replaced.
    fn batch(&self, prepared: &Prepared, meta: Vec<(String, Vec<u8>)>) -> Batch {
        let height = prepared.head.height;
        let mut batch = Batch::default();
        for (hash, blob) in &prepared.blobs {
            batch.put(Table::Blobs, hash, &**blob);
        }
        for write in &prepared.written {
            let before = history_value(write.before.as_deref());
            batch.put_with(
                Table::History,
                |row| put_history_key(row, &write.key, height),
                |row| row.extend_from_slice(before),
            );
            if write.before.is_none() {
                let row = preimage_key(write.key[0], &write.change.key_hash);
                batch.put(Table::Preimage, row, &write.key[1..]);
            }
        }
        put_changed_keys(&mut batch, height, &prepared.written);
        for (at, update) in &prepared.updates {
            self.put_update(&mut batch, height, self.0.stores[*at].prefix, update);
        }
        self.put_meta(&mut batch, height, meta);
        batch.put(Table::Meta, meta_app_hash(height), prepared.head.app_hash);
        batch.put(Table::Meta, META_HEAD, head_value(height, &prepared.head.app_hash));
        if prepared.base.height == 0 {
            batch.put(Table::Meta, META_OLDEST, height.to_be_bytes());
        }
        for write in &prepared.written {
            match &write.after {
                Some(value) => batch.put(Table::State, &write.key, value),
                None => batch.delete(Table::State, &write.key),
            }
        }
        batch
    }

    fn put_update(&self, batch: &mut Batch, height: u64, prefix: u8, update: &Update) {
        batch.append(&update.rows);
        for (part, nodes) in (0u32..).zip(update.stale.chunks(STALE_PART)) {
            let mut row = Vec::new();
            nodes.iter().for_each(|node| node.encode_into(&mut row));
            batch.put(Table::Stale, stale_key(height, STALE_NODES, prefix, part), row);
        }
        let root = root_value(update.tree.version, &update.tree.hash);
        batch.put(Table::Meta, meta_root(prefix, height), root);
    }

    /// Writes the user's metadata, and what it replaces for a rollback.
    fn put_meta(&self, batch: &mut Batch, height: u64, meta: Vec<(String, Vec<u8>)>) {
        let mut undo = Vec::new();
        for (name, value) in meta {
            let key = meta_user(&name);
            put_bytes(&mut undo, &key);
            match self.0.db.get(Table::Meta, &key) {
                None => undo.push(0),
                Some(before) => {
                    undo.push(1);
                    put_bytes(&mut undo, &before);
                }
            }
            batch.put(Table::Meta, key, value);
        }
        if !undo.is_empty() {
            batch.put(Table::Stale, stale_key(height, STALE_META, 0, 0), undo);
        }
    }
}

/// Lists the keys whose history entries go when `height` leaves the window.
fn put_changed_keys(batch: &mut Batch, height: u64, written: &[Written]) {
    for (part, keys) in (0u32..).zip(written.chunks(STALE_PART)) {
        let mut row = Vec::new();
        for write in keys {
            row.push(u8::from(write.after.is_none()));
            put_bytes(&mut row, &write.key);
        }
        batch.put(Table::Stale, stale_key(height, STALE_KEYS, 0, part), row);
    }
}
