//! Removal of heights that left the window, in small steps beside the commits.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::codec::{
    META_OLDEST, Parser, STALE_KEYS, STALE_NODES, history_key, meta_app_hash, meta_root, parse_stale_key,
    parse_stale_nodes, preimage_key, stale_key,
};
use crate::db::{Batch, Order, Table};
use crate::store::{Inner, lock};
use crate::{Store, fatal, sha256};

/// What a call of [`Store::prune`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PruneReport {
    /// Rows removed.
    pub removed: usize,
    /// The oldest height that can be read.
    pub oldest: u64,
    /// False if rows of older heights are left for the next call.
    pub done: bool,
}

/// Rows that the background worker removes before it lets a commit in.
const STEP: usize = 4096;

impl Store {
    /// Moves the window up as far as settings and live snapshots allow, and removes
    /// rows that only older heights need: about `budget` of them, at least one stale
    /// row's worth.
    pub fn prune(&self, budget: usize) -> PruneReport {
        self.0.prune(budget)
    }

    /// Starts a worker that prunes after every commit, until the handle is dropped.
    #[must_use = "pruning stops when the handle is dropped"]
    pub fn start_pruner(&self) -> Pruner {
        let bell = self.0.bell.clone();
        let store = self.clone();
        let worker = thread::Builder::new().name("prune".into()).spawn(move || {
            while store.0.bell.wait() {
                while !store.prune(STEP).done && !store.0.bell.is_stopped() {}
            }
        });
        match worker {
            Ok(worker) => Pruner { bell, worker: Some(worker) },
            Err(error) => fatal(format_args!("cannot start the pruning thread: {error}")),
        }
    }
}

/// Handle of the background worker; dropping it stops the worker and waits for it.
pub struct Pruner {
    bell: Arc<Bell>,
    worker: Option<JoinHandle<()>>,
}

impl Drop for Pruner {
    fn drop(&mut self) {
        self.bell.stop();
        if self.worker.take().is_some_and(|worker| worker.join().is_err()) {
            fatal("the pruning thread panicked");
        }
    }
}

/// Wakes the worker.
#[derive(Default)]
pub(crate) struct Bell {
    state: Mutex<Rung>,
    changed: Condvar,
}

#[derive(Default)]
struct Rung {
    work: bool,
    stop: bool,
}

impl Bell {
    pub(crate) fn ring(&self) {
        lock(&self.state).work = true;
        self.changed.notify_all();
    }

    fn stop(&self) {
        lock(&self.state).stop = true;
        self.changed.notify_all();
    }

    fn is_stopped(&self) -> bool {
        lock(&self.state).stop
    }

    /// Waits for work; false to stop.
    fn wait(&self) -> bool {
        let idle = |rung: &mut Rung| !rung.work && !rung.stop;
        let rung = self.changed.wait_while(lock(&self.state), idle);
        let mut rung = rung.unwrap_or_else(PoisonError::into_inner);
        rung.work = false;
        !rung.stop
    }
}

impl Inner {
    fn prune(&self, budget: usize) -> PruneReport {
        let (oldest, limit) = self.advance_window();
        // Held to the end: a commit in between could bring back a key whose preimage
        // is about to go.
        let _writer = lock(&self.writer);
        let mut batch = Batch::default();
        let end = stale_key(limit.saturating_add(1), 0, 0, 0);
        // Everything up to here is gone. Starting at the table's first row instead would
        // step over the tombstones of all that was ever pruned.
        let pruned = self.pruned.load(Ordering::SeqCst);
        let mut start = stale_key(pruned, 0, 0, 0);
        let mut done = false;
        while batch.len() < budget.max(1) {
            let rows = self.db.range(Table::Stale, &start, Some(&end), Order::Ascending, 1);
            let Some((row, list)) = rows.into_iter().next() else {
                done = true;
                break;
            };
            self.prune_row(&row, &list, &mut batch);
            start.clone_from(&row);
            start.push(0);
            batch.delete(Table::Stale, row);
        }
        if done {
            done = self.prune_heights(pruned, limit, budget, &mut batch);
        }
        let removed = batch.len();
        if removed > 0 {
            batch.put(Table::Meta, META_OLDEST, oldest.to_be_bytes());
            self.db.write(&batch, false);
        }
        if done {
            self.pruned.store(limit, Ordering::SeqCst);
        }
        PruneReport { removed, oldest, done }
    }

    /// The oldest height that is readable from here on, and the one up to which rows
    /// can go. They differ while a snapshot from before the first block is alive.
    fn advance_window(&self) -> (u64, u64) {
        let mut window = lock(&self.window);
        let kept = match self.config.keep_heights {
            0 => 0,
            keep => self.head().height.saturating_add(1).saturating_sub(keep),
        };
        let pinned = window.pins.keys().next().copied().unwrap_or(u64::MAX);
        window.oldest = window.oldest.max(kept.min(pinned));
        (window.oldest, window.oldest.min(pinned))
    }

    fn prune_row(&self, row: &[u8], list: &[u8], batch: &mut Batch) {
        let (height, kind, prefix) = parse_stale_key(row);
        match kind {
            STALE_KEYS => {
                let mut parser = Parser::new(list, "stale");
                while !parser.is_empty() {
                    let deleted = parser.byte() == 1;
                    let key = parser.bytes();
                    batch.delete(Table::History, history_key(key, height));
                    if deleted && !self.is_used_above(key, height) {
                        let row = preimage_key(key[0], &sha256(&key[1..]));
                        batch.delete(Table::Preimage, row);
                    }
                }
            }
            STALE_NODES => {
                for key in parse_stale_nodes(prefix, list) {
                    batch.delete(Table::Nodes, key);
                }
            }
            // What metadata held before: only a rollback past the height reads it.
            _ => {}
        }
    }

    /// Whether a key that the block at `height` deleted came back later.
    fn is_used_above(&self, key: &[u8], height: u64) -> bool {
        let (start, end) = (history_key(key, height.saturating_add(1)), history_key(key, u64::MAX));
        self.db.get(Table::State, key).is_some()
            || !self.db.range(Table::History, &start, Some(&end), Order::Ascending, 1).is_empty()
    }

    /// Removes app hashes from `pruned` to below `height`, and tree roots that a newer
    /// one at or below `height` replaces. True if none are left.
    fn prune_heights(&self, pruned: u64, height: u64, budget: usize, batch: &mut Batch) -> bool {
        let mut remove = |start: Vec<u8>, end: Vec<u8>| {
            let rows = self.db.range(Table::Meta, &start, Some(&end), Order::Ascending, budget);
            let whole = rows.len() < budget;
            rows.into_iter().for_each(|(row, _)| batch.delete(Table::Meta, row));
            whole
        };
        let mut done = remove(meta_app_hash(pruned), meta_app_hash(height));
        for store in &self.stores {
            let oldest = self.root_row_at(store.prefix, pruned).map(|(row, _)| row);
            if let Some((newest, _)) = self.root_row_at(store.prefix, height) {
                done &= remove(oldest.unwrap_or_else(|| meta_root(store.prefix, pruned)), newest);
            }
        }
        done
    }
}
