use synergy_store::{Order, StoreId, fatal};

use crate::{Ctx, Item, Key, KeyReader, Map, Result};

/// What is to be done at a height: entries in the order of their heights, taken from
/// the front in bounded numbers.
///
/// The place that was taken last is remembered. A database keeps what was removed for
/// a while, and a scan from the very front would step over all of it in every block.
#[derive(Debug)]
pub struct Queue<K> {
    store: StoreId,
    entries: Map<(u64, K), ()>,
    last: Item<Vec<u8>>,
}

impl<K: Key + Copy> Queue<K> {
    /// The queue of `store` with its entries under tag `entries` and its place under
    /// tag `last`.
    pub const fn new(store: StoreId, entries: u8, last: u8) -> Self {
        Self { store, entries: Map::new(store, entries), last: Item::new(store, last) }
    }

    /// Adds an entry and returns when it is due: at the end of block `due`, or of the
    /// next block, whichever is later. So nothing comes before what was taken already.
    pub fn add(&self, ctx: &mut Ctx<'_>, due: u64, key: K) -> Result<u64> {
        let due = due.max(ctx.block.height.saturating_add(1));
        self.entries.set(ctx, (due, key), &())?;
        Ok(due)
    }

    /// Removes an entry; `due` is what [`add`](Self::add) returned.
    pub fn remove(&self, ctx: &mut Ctx<'_>, due: u64, key: K) -> Result<()> {
        self.entries.remove(ctx, (due, key))
    }

    /// Whether there is such an entry.
    pub fn has(&self, ctx: &mut Ctx<'_>, due: u64, key: K) -> Result<bool> {
        self.entries.has(ctx, (due, key))
    }

    /// Removes and returns the first `limit` entries that are due in this block.
    pub fn take(&self, ctx: &mut Ctx<'_>, limit: usize) -> Result<Vec<K::Owned>> {
        let from = self.last.get(ctx)?.unwrap_or_else(|| self.entries.prefix(0_u64));
        let until = self.entries.prefix(ctx.block.height.saturating_add(1));
        let (mut due, mut keys) = (Vec::new(), Vec::new());
        ctx.scan(self.store, &from, &until, Order::Ascending, |key, _| {
            if keys.len() >= limit {
                return Ok(false);
            }
            let read = key.get(1..).and_then(|parts| <(u64, K)>::read(&mut KeyReader(parts)));
            let Some((_, entry)) = read else {
                fatal(format_args!("store {}: key {key:02x?} of a queue cannot be read", self.store.name))
            };
            due.push(entry);
            keys.push(key.to_vec());
            Ok(true)
        })?;
        for key in &keys {
            ctx.remove(self.store, key)?;
        }
        if let Some(last) = keys.last() {
            self.last.set(ctx, last)?;
        }
        Ok(due)
    }
}
