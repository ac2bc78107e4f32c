//! A whole state as a sequence of chunks, each of which can be checked on its own
//! against the app hash, and the way back from chunks to a store.
//!
//! A chunk holds the next keys of one store in the order of their key hashes, and the
//! ICS-23 proof of the last one. Whoever has all keys up to there can work out the left
//! side of every inner node on the proof's path; if it is what the proof has, no key
//! was left out, added or changed. Chunks depend on the state alone, so every node makes
//! the same ones, from whatever history and database.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use ics23::{CommitmentProof, commitment_proof::Proof as Kind};
use prost::Message;

use crate::codec::{
    META_HEAD, META_OLDEST, head_value, meta_app_hash, meta_root, meta_user, node_key, parse_stale_nodes, preimage_key,
    root_value,
};
use crate::db::{Batch, Db, Order, Table, prefix_end};
use crate::proof::{Proof, verify, verify_root};
use crate::state::MAX_KEY_LEN;
use crate::store::{Head, Latest, lock};
use crate::tree::{self, Change, EMPTY_ROOT, Root, Tree, leaf_hash, path_siblings, update};
use crate::{Error, Hash, Snapshot, Store, sha256};

/// Rows read or removed at once.
const ROWS: usize = 512;

#[derive(Clone, PartialEq, Message)]
struct Chunk {
    /// Name of the store.
    #[prost(string, tag = "1")]
    store: String,
    /// Tree keys and values, by key hash; none for a store that became empty.
    #[prost(message, repeated, tag = "2")]
    entries: Vec<Entry>,
    /// Proof of the last entry in its store, and of the store's root in the app hash.
    #[prost(message, optional, tag = "3")]
    in_store: Option<CommitmentProof>,
    #[prost(message, optional, tag = "4")]
    in_app_hash: Option<CommitmentProof>,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// The chunks of the state after one block. Holds that height back from pruning.
pub struct Chunks {
    store: Store,
    snapshot: Snapshot,
    max_bytes: usize,
    /// Stores to come, and where the first of them goes on in the preimage table.
    names: VecDeque<(&'static str, u8)>,
    from: Vec<u8>,
    /// Whether the first of them has had a chunk.
    begun: bool,
}

impl Store {
    /// The state of `snapshot` in chunks of at most `max_bytes` of keys and values; a
    /// single larger value has a chunk of its own. Blobs are not part of it.
    pub fn chunks(&self, snapshot: Snapshot, max_bytes: usize) -> Chunks {
        let names: VecDeque<_> = self.0.stores.iter().map(|store| (store.name, store.prefix)).collect();
        let from = names.front().map_or_else(Vec::new, |(_, prefix)| vec![*prefix]);
        Chunks { store: self.clone(), snapshot, max_bytes, names, from, begun: false }
    }

    /// Begins to fill this empty store with the chunks of the state that has `app_hash`
    /// after the block at `height`. What an earlier attempt left goes.
    ///
    /// # Panics
    /// If the store has a block.
    pub fn restore(&self, height: u64, app_hash: Hash) -> Restore {
        assert_eq!(self.head().height, 0, "a restore into a store that has blocks");
        clear(&*self.0.db);
        self.0.values.clear();
        let trees = vec![Tree::empty(); self.0.stores.len()];
        Restore { store: self.clone(), target: Head { height, app_hash }, trees, last: None }
    }
}

impl Iterator for Chunks {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let (name, prefix) = *self.names.front()?;
            let entries = self.entries(prefix);
            let begun = std::mem::replace(&mut self.begun, !entries.is_empty());
            let (height, store) = (self.snapshot.height(), name.to_owned());
            let (in_store, in_app_hash) = match entries.last() {
                Some(last) => match self.store.prove(height, name, &last.key) {
                    Ok(proof) => (Some(proof.store), Some(proof.root)),
                    Err(error) => crate::fatal(format_args!("no proof at a height that is held: {error}")),
                },
                None => {
                    self.names.pop_front();
                    self.from = self.names.front().map_or_else(Vec::new, |(_, prefix)| vec![*prefix]);
                    // A store that became empty is part of the app hash, one that was never written is not.
                    (None, self.store.prove_root(height, name).filter(|_| !begun))
                }
            };
            if in_app_hash.is_some() {
                return Some(Chunk { store, entries, in_store, in_app_hash }.encode_to_vec());
            }
        }
    }
}

impl Chunks {
    /// The next entries of a store; none at its end.
    fn entries(&mut self, prefix: u8) -> Vec<Entry> {
        let (mut entries, mut bytes) = (Vec::new(), 0usize);
        let end = prefix_end(&[prefix]);
        loop {
            let rows = self.snapshot.db().range(Table::Preimage, &self.from, end.as_deref(), Order::Ascending, ROWS);
            let done = rows.len() < ROWS;
            for (row, key) in rows {
                // Keys of later or earlier blocks have a preimage and no value here.
                if let Some(value) = self.snapshot.get(&[&[prefix], key.as_slice()].concat()) {
                    bytes = bytes.saturating_add(key.len()).saturating_add(value.len());
                    if bytes > self.max_bytes && !entries.is_empty() {
                        self.from = row;
                        return entries;
                    }
                    entries.push(Entry { key, value });
                }
                self.from = row;
                self.from.push(0);
            }
            if done {
                return entries;
            }
        }
    }
}

/// A store that is being filled. Dropped before [`finish`](Restore::finish), it leaves
/// rows that the next opening or restore removes.
pub struct Restore {
    store: Store,
    target: Head,
    trees: Vec<Tree>,
    /// The store and key hash that the last chunk ended with.
    last: Option<(usize, Hash)>,
}

impl Restore {
    /// Checks the next chunk and writes what it holds. Nothing is written on an error,
    /// and the right chunk can follow.
    ///
    /// # Errors
    /// [`Error::BadChunk`] or [`Error::BadProof`], by which whoever sent it is at fault.
    pub fn apply(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let chunk = Chunk::decode(chunk).map_err(|_| Error::BadChunk("it cannot be decoded"))?;
        let inner = self.store.0.clone();
        let at = inner.stores.iter().position(|store| store.name == chunk.store);
        let at = at.ok_or(Error::BadChunk("it is of a store that this program does not have"))?;
        let changes = self.changes(at, &chunk.entries)?;
        let app_hash = self.target.app_hash;
        let (entry, change, in_store, in_app_hash) =
            match (chunk.entries.last(), changes.last(), chunk.in_store, chunk.in_app_hash) {
                (Some(entry), Some(change), Some(in_store), Some(in_app_hash)) => {
                    (entry, change, in_store, in_app_hash)
                }
                (None, _, None, Some(root)) => {
                    return self.apply_empty(at, verify_root(&root, &app_hash, &chunk.store)?);
                }
                _ => return Err(Error::BadChunk("it has no proof")),
            };
        let proof = Proof { value: Some(entry.value.clone()), store: in_store, root: in_app_hash, app_hash };
        verify(&proof, &app_hash, &chunk.store, &entry.key)?;
        let prefix = inner.stores[at].prefix;
        let update = update(&*inner.db, prefix, &self.trees[at], &changes);
        check_left_side(&proof.store, &change.key_hash, &update.tree)?;

        let mut batch = update.rows;
        for (entry, change) in chunk.entries.iter().zip(&changes) {
            batch.put(Table::Preimage, preimage_key(prefix, &change.key_hash), &entry.key);
            batch.put(Table::State, [&[prefix], entry.key.as_slice()].concat(), &entry.value);
        }
        let mut replaced = Vec::new();
        update.stale.iter().for_each(|node| node.encode_into(&mut replaced));
        parse_stale_nodes(prefix, &replaced).into_iter().for_each(|row| batch.delete(Table::Nodes, row));
        inner.db.write(&batch, false);
        self.trees[at] = update.tree;
        tree::evict(&mut self.trees, inner.config.tree_cache_bytes);
        self.last = Some((at, change.key_hash));
        Ok(())
    }

    /// A store that had keys once.
    fn apply_empty(&mut self, at: usize, root: &[u8]) -> Result<(), Error> {
        if root != EMPTY_ROOT || self.trees[at].version > 0 || self.last.is_some_and(|(store, _)| store > at) {
            return Err(Error::BadChunk("it is empty"));
        }
        let inner = &*self.store.0;
        let mut batch = Batch::default();
        let key = node_key(inner.stores[at].prefix, 1, &[0; 32], 0);
        batch.put_with(Table::Nodes, |row| row.extend(key), |row| Root::Empty.encode(row));
        inner.db.write(&batch, false);
        self.trees[at] = Tree { version: 1, ..Tree::empty() };
        Ok(())
    }

    fn changes(&self, at: usize, entries: &[Entry]) -> Result<Vec<Change>, Error> {
        let mut before = match self.last {
            Some((store, _)) if at < store => return Err(Error::BadChunk("its store comes before the last one")),
            Some((store, key_hash)) if at == store => Some(key_hash),
            _ => None,
        };
        let mut changes = Vec::with_capacity(entries.len());
        for Entry { key, value } in entries {
            if key.is_empty() || key.len() >= MAX_KEY_LEN || value.is_empty() {
                return Err(Error::BadChunk("a key or a value has a length that no state has"));
            }
            let key_hash = sha256(key);
            if before.is_some_and(|before| before >= key_hash) {
                return Err(Error::BadChunk("its keys are out of order"));
            }
            before = Some(key_hash);
            changes.push(Change { key_hash, leaf: Some(leaf_hash(&key_hash, &sha256(value))) });
        }
        Ok(changes)
    }

    /// Puts a blob under its SHA-256. Which ones belong to the state its user knows.
    pub fn put_blob(&mut self, blob: &[u8]) {
        let mut batch = Batch::default();
        batch.put(Table::Blobs, sha256(blob), blob);
        self.store.0.db.write(&batch, false);
    }

    /// Makes the state the store's latest and only one, with the user's metadata, in
    /// one synced batch.
    ///
    /// # Errors
    /// [`Error::BadProof`] when chunks are missing at the end of a store.
    pub fn finish(self, meta: Vec<(String, Vec<u8>)>) -> Result<Head, Error> {
        let inner = &*self.store.0;
        let Head { height, app_hash } = self.target;
        if inner.app_hash(&self.trees) != app_hash {
            return Err(Error::BadProof("the chunks are not the whole state of the app hash"));
        }
        let mut batch = Batch::default();
        for (store, tree) in inner.stores.iter().zip(&self.trees).filter(|(_, tree)| tree.version > 0) {
            batch.put(Table::Meta, meta_root(store.prefix, height), root_value(tree.version, &tree.hash));
        }
        for (name, value) in meta {
            batch.put(Table::Meta, meta_user(&name), value);
        }
        batch.put(Table::Meta, meta_app_hash(height), app_hash);
        batch.put(Table::Meta, META_OLDEST, height.to_be_bytes());
        batch.put(Table::Meta, META_HEAD, head_value(height, &app_hash));
        let _writer = lock(&inner.writer);
        inner.db.write(&batch, true);
        inner.values.clear();
        inner.landing.store(height, Ordering::SeqCst);
        lock(&inner.window).oldest = height;
        inner.set_latest(Latest { head: self.target, trees: self.trees });
        Ok(self.target)
    }
}

/// Compares what the proof of the last key has on its left with the tree so far.
fn check_left_side(proof: &CommitmentProof, last: &Hash, tree: &Tree) -> Result<(), Error> {
    let Some(Kind::Exist(proof)) = &proof.proof else {
        return Err(Error::BadProof("the lower proof is not one of existence"));
    };
    let known = path_siblings(tree, last);
    for (level, step) in proof.path.iter().rev().enumerate() {
        let bit = last.get(level >> 3).is_some_and(|byte| byte & (0x80 >> (level & 7)) != 0);
        if bit && !step.prefix.ends_with(known.get(level).unwrap_or(&EMPTY_ROOT)) {
            return Err(Error::BadProof("keys before the last one were left out, added or changed"));
        }
    }
    Ok(())
}

/// Removes what an unfinished restore left in a database without blocks.
pub(crate) fn clear(db: &dyn Db) {
    for table in [Table::State, Table::Nodes, Table::Preimage, Table::Blobs] {
        loop {
            let rows = db.range(table, &[], None, Order::Ascending, ROWS);
            if rows.is_empty() {
                break;
            }
            let mut batch = Batch::default();
            rows.iter().for_each(|(row, _)| batch.delete(table, row));
            db.write(&batch, false);
        }
    }
}
