use std::marker::PhantomData;

use synergy_store::{Order, State, StoreId, fatal};

use crate::{Ctx, Key, KeyReader, Page, Result, ctx::full_key, page::Pager};

/// What a typed cell holds: one format byte, which a migration steps from, then
/// protobuf. So a default message is not an empty value.
pub trait Value: Sized {
    /// The stored bytes.
    fn to_bytes(&self) -> Vec<u8>;
    /// Reads stored bytes; `None` when we did not write them.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

const FORMAT: u8 = 1;

impl<M: prost::Message + Default> Value for M {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_len().saturating_add(1));
        out.push(FORMAT);
        self.encode_raw(&mut out);
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (format, body) = bytes.split_first()?;
        if *format == FORMAT { M::decode(body).ok() } else { None }
    }
}

/// A value that state holds and we cannot read is a broken database or a fault
/// of ours: neither may become the failure of one transaction.
fn decode<V: Value>(store: StoreId, key: &[u8], bytes: &[u8]) -> V {
    match V::from_bytes(bytes) {
        Some(value) => value,
        None => fatal(format_args!("store {}: value under key {key:02x?} cannot be decoded", store.name)),
    }
}

/// One value under a fixed key.
#[derive(Debug)]
pub struct Item<V>(Map<(), V>);

impl Key for () {
    type Owned = ();
    fn write(&self, _: &mut Vec<u8>) {}
    fn read(_: &mut KeyReader<'_>) -> Option<()> {
        Some(())
    }
}

impl<V: Value> Item<V> {
    /// The cell `tag` of `store`.
    pub const fn new(store: StoreId, tag: u8) -> Self {
        Self(Map::new(store, tag))
    }

    /// Reads it.
    pub fn get(&self, ctx: &mut Ctx<'_>) -> Result<Option<V>> {
        self.0.get(ctx, ())
    }

    /// Writes it.
    pub fn set(&self, ctx: &mut Ctx<'_>, value: &V) -> Result<()> {
        self.0.set(ctx, (), value)
    }
}

/// The entries of a page, and where the next one starts.
pub type Found<K, V> = (Vec<(<K as Key>::Owned, V)>, Page);

/// Values by key, under one tag byte.
#[derive(Debug)]
pub struct Map<K, V> {
    store: StoreId,
    tag: u8,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Value> Map<K, V> {
    /// The map `tag` of `store`.
    pub const fn new(store: StoreId, tag: u8) -> Self {
        Self { store, tag, types: PhantomData }
    }

    /// The key's bytes within the store, as `/store/<name>/key` queries name them.
    pub fn key(&self, key: K) -> Vec<u8> {
        self.prefix(key)
    }

    pub(crate) fn prefix(&self, part: impl Key) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.push(self.tag);
        part.write(&mut out);
        out
    }

    /// Reads a value.
    pub fn get(&self, ctx: &mut Ctx<'_>, key: K) -> Result<Option<V>> {
        let key = self.key(key);
        Ok(ctx.get(self.store, &key)?.map(|bytes| decode(self.store, &key, &bytes)))
    }

    /// Reads a value of a state that nobody is charged for, outside execution.
    pub fn peek(&self, state: &State, key: K) -> Option<V> {
        let key = self.key(key);
        let full = full_key(self.store, &key);
        state.read(&full, |bytes| bytes.map(|bytes| decode(self.store, &key, bytes)))
    }

    /// Whether the key exists.
    pub fn has(&self, ctx: &mut Ctx<'_>, key: K) -> Result<bool> {
        ctx.has(self.store, &self.key(key))
    }

    /// Writes a value.
    pub fn set(&self, ctx: &mut Ctx<'_>, key: K, value: &V) -> Result<()> {
        ctx.set(self.store, &self.key(key), &value.to_bytes())
    }

    /// Deletes a key.
    pub fn remove(&self, ctx: &mut Ctx<'_>, key: K) -> Result<()> {
        ctx.remove(self.store, &self.key(key))
    }

    /// Visits all entries whose key starts with `part`, in rising order, until
    /// `visit` says `false`.
    pub fn for_each(
        &self,
        ctx: &mut Ctx<'_>,
        part: impl Key,
        mut visit: impl FnMut(K::Owned, V) -> Result<bool>,
    ) -> Result<()> {
        let prefix = self.prefix(part);
        let store = self.store;
        ctx.scan(store, &prefix, &after(&prefix), Order::Ascending, |key, value| {
            visit(self.read_key(key), decode(store, key, &value))
        })
    }

    /// One page of the entries whose key starts with `part`, as the SDK's
    /// `query.Paginate` does: `Page::key` continues after an earlier page.
    pub fn page(&self, ctx: &mut Ctx<'_>, part: impl Key, page: &Page) -> Result<Found<K, V>> {
        self.page_where(ctx, part, page, |_, _| true)
    }

    /// As [`page`](Self::page), of the entries that `keep` wants.
    pub fn page_where(
        &self,
        ctx: &mut Ctx<'_>,
        part: impl Key,
        page: &Page,
        keep: impl Fn(&K::Owned, &V) -> bool,
    ) -> Result<Found<K, V>> {
        let prefix = self.prefix(part);
        let store = self.store;
        let mut pager = Pager::new(page, prefix.len())?;
        let (start, end) = pager.bounds(&prefix, after(&prefix));
        let mut items = Vec::new();
        ctx.scan(store, &start, &end, pager.order(), |key, value| {
            let entry = (self.read_key(key), decode(store, key, &value));
            if keep(&entry.0, &entry.1) && pager.wants(key) {
                items.push(entry);
            }
            Ok(pager.goes_on())
        })?;
        Ok((items, pager.response()))
    }

    fn read_key(&self, key: &[u8]) -> K::Owned {
        let parts = key.get(1..).unwrap_or_default();
        match K::read(&mut KeyReader(parts)) {
            Some(key) => key,
            None => fatal(format_args!("store {}: key {key:02x?} cannot be decoded", self.store.name)),
        }
    }
}

/// One page of raw keys, those of `store` that start with `prefix` and that `keep` wants
/// by key and value; keys come without the prefix. For stores whose keys others prescribe.
pub fn page_raw(
    ctx: &mut Ctx<'_>,
    store: StoreId,
    prefix: &[u8],
    page: &Page,
    keep: impl Fn(&[u8], &[u8]) -> bool,
) -> Result<(Vec<(Vec<u8>, Vec<u8>)>, Page)> {
    let mut pager = Pager::new(page, prefix.len())?;
    let (start, end) = pager.bounds(prefix, after(prefix));
    let mut items = Vec::new();
    ctx.scan(store, &start, &end, pager.order(), |key, value| {
        let rest = key.get(prefix.len()..).unwrap_or_default();
        if keep(rest, &value) && pager.wants(key) {
            items.push((rest.to_vec(), value));
        }
        Ok(pager.goes_on())
    })?;
    Ok((items, pager.response()))
}

/// The first key after all keys that start with `prefix`. Tags are below 255,
/// so there always is one.
fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}
