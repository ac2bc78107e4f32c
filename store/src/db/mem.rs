//! A database in memory, for tests and simulations.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use super::{Batch, Db, Order, Pair, Table};
use crate::codec::len_u64;

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// [`Db`] without a disk. Dropping it drops the data.
#[derive(Debug, Default)]
pub struct MemDb {
    tables: RwLock<[Rows; Table::ALL.len()]>,
}

impl Db for MemDb {
    fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        tables[table.index()].get(key).cloned()
    }

    fn range(&self, table: Table, start: &[u8], end: Option<&[u8]>, order: Order, limit: usize) -> Vec<Pair> {
        if end.is_some_and(|end| start >= end) {
            return Vec::new();
        }
        let bounds = (Bound::Included(start), end.map_or(Bound::Unbounded, Bound::Excluded));
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        let rows = tables[table.index()].range::<[u8], _>(bounds);
        let owned = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        match order {
            Order::Ascending => rows.take(limit).map(owned).collect(),
            Order::Descending => rows.rev().take(limit).map(owned).collect(),
        }
    }

    fn write(&self, batch: &Batch, _sync: bool) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        for write in batch.writes() {
            let rows = &mut tables[write.table.index()];
            match write.value {
                Some(value) => rows.insert(write.key.to_vec(), value.to_vec()),
                None => rows.remove(write.key),
            };
        }
    }

    fn size_on_disk(&self) -> u64 {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        let rows = tables.iter().flatten();
        rows.map(|(key, value)| len_u64(key.len()).saturating_add(len_u64(value.len()))).sum()
    }
}
