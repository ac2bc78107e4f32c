//! Taking back the last blocks.

use std::sync::atomic::Ordering;

use crate::codec::{
    META_HEAD, Parser, STALE_KEYS, STALE_META, head_value, history_key, meta_app_hash, meta_root, node_version_prefix,
    parse_history_value, parse_root, parse_stale_key, preimage_key, stale_key,
};
use crate::db::{Batch, Order, Table, prefix_end};
use crate::snapshot::history_up_to;
use crate::store::{Head, Inner, lock};
use crate::{Error, Store, fatal, sha256};

impl Store {
    /// Takes back the last `blocks` blocks, one synced batch each, and returns the
    /// new last block. The same blocks committed again give the same app hashes.
    ///
    /// # Errors
    /// [`Error::Pruned`] if the height to go back to is no longer kept.
    ///
    /// # Panics
    /// If a snapshot above that height is alive.
    pub fn rollback(&self, blocks: u64) -> Result<Head, Error> {
        let inner = &*self.0;
        let _writer = lock(&inner.writer);
        let latest = inner.head().height;
        let target = latest.saturating_sub(blocks);
        {
            let window = lock(&inner.window);
            if latest > 0 && target < window.oldest {
                return Err(Error::Pruned { height: target, oldest: window.oldest, latest });
            }
            let above = window.pins.range(target.saturating_add(1)..).next();
            assert!(above.is_none(), "a snapshot above height {target} is alive");
        }
        for height in (target.saturating_add(1)..=latest).rev() {
            let batch = inner.undo(height);
            inner.db.write(&batch, true);
        }
        inner.pruned.store(0, Ordering::SeqCst);
        inner.values.clear();
        inner.landing.store(target, Ordering::SeqCst);
        inner.set_latest(inner.load_latest());
        Ok(inner.head())
    }
}

impl Inner {
    /// The rows that turn the state after `height` into that before it.
    fn undo(&self, height: u64) -> Batch {
        let mut batch = Batch::default();
        let (start, end) = (stale_key(height, 0, 0, 0), stale_key(height.saturating_add(1), 0, 0, 0));
        let rows = self.db.range(Table::Stale, &start, Some(&end), Order::Ascending, usize::MAX);
        for (row, list) in rows {
            match parse_stale_key(&row).1 {
                STALE_KEYS => self.undo_keys(height, &list, &mut batch),
                STALE_META => undo_meta(&list, &mut batch),
                // The nodes are still there: a height leaves the window before they go.
                _ => {}
            }
            batch.delete(Table::Stale, row);
        }
        for store in &self.stores {
            let row = meta_root(store.prefix, height);
            if let Some(root) = self.db.get(Table::Meta, &row) {
                let nodes = node_version_prefix(store.prefix, parse_root(&root).0);
                let end = prefix_end(&nodes);
                let rows = self.db.range(Table::Nodes, &nodes, end.as_deref(), Order::Ascending, usize::MAX);
                rows.into_iter().for_each(|(row, _)| batch.delete(Table::Nodes, row));
                batch.delete(Table::Meta, row);
            }
        }
        batch.delete(Table::Meta, meta_app_hash(height));
        let below = height.saturating_sub(1);
        let Some(app_hash) = self.db.get(Table::Meta, &meta_app_hash(below)) else {
            fatal(format_args!("damaged database: no app hash at height {below}"));
        };
        let app_hash = Parser::new(&app_hash, "app hash").array();
        batch.put(Table::Meta, META_HEAD, head_value(below, &app_hash));
        batch
    }

    fn undo_keys(&self, height: u64, list: &[u8], batch: &mut Batch) {
        let mut parser = Parser::new(list, "stale");
        while !parser.is_empty() {
            let _deleted = parser.byte();
            let key = parser.bytes();
            let entry = history_key(key, height);
            let Some(before) = self.db.get(Table::History, &entry) else {
                fatal(format_args!("damaged database: no history of a key at height {height}"));
            };
            batch.delete(Table::History, entry);
            match parse_history_value(before) {
                Some(value) => batch.put(Table::State, key, value),
                None => {
                    batch.delete(Table::State, key);
                    let (start, end) = history_up_to(key, height.saturating_sub(1));
                    let older = self.db.range(Table::History, &start, Some(&end), Order::Ascending, 1);
                    if older.is_empty() {
                        batch.delete(Table::Preimage, preimage_key(key[0], &sha256(&key[1..])));
                    }
                }
            }
        }
    }
}

fn undo_meta(list: &[u8], batch: &mut Batch) {
    let mut parser = Parser::new(list, "stale");
    while !parser.is_empty() {
        let key = parser.bytes();
        match parser.byte() {
            0 => batch.delete(Table::Meta, key),
            _ => batch.put(Table::Meta, key, parser.bytes()),
        }
    }
}
