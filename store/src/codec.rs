//! Byte forms of the rows this crate writes: keys of every table and the small
//! list encodings. All integers in keys are big-endian, so that rows sort by
//! number.

use crate::fault::fatal;
use crate::{Hash, StoreId};

/// Appends an unsigned LEB128 integer (the protobuf varint).
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = value.to_le_bytes()[0];
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Appends a length and the bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, len_u64(bytes.len()));
    out.extend_from_slice(bytes);
}

/// A length as u64; `usize` is never wider on the machines Rust supports.
pub(crate) fn len_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// Reads rows of this node's own database. Bytes that do not parse mean a
/// damaged disk, so every method ends the process instead of returning an error.
pub(crate) struct Parser<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(rest: &'a [u8], what: &'static str) -> Parser<'a> {
        Parser { rest, what }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, len: usize) -> &'a [u8] {
        let Some((head, tail)) = self.rest.split_at_checked(len) else {
            fatal(format_args!("damaged database: {} row is cut short", self.what));
        };
        self.rest = tail;
        head
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N));
        array
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    pub(crate) fn varint(&mut self) -> u64 {
        let mut value = 0u64;
        for shift in (0u32..64).step_by(7) {
            let byte = self.byte();
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
        }
        fatal(format_args!("damaged database: {} row has a bad integer", self.what))
    }

    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let len = usize::try_from(self.varint()).unwrap_or(usize::MAX);
        self.take(len)
    }
}

/// Parses a row that holds one big-endian u64.
pub(crate) fn parse_u64(row: &[u8], what: &'static str) -> u64 {
    Parser::new(row, what).u64()
}

// ---- history: escaped key, 0x00 0x00, height -------------------------------

/// The part of a history row's key that all entries of `key` share. A zero byte
/// becomes `00 ff` and `00 00` ends the key, so entries of one key are adjacent
/// and sort among others as the keys themselves do.
pub(crate) fn history_prefix(key: &[u8]) -> Vec<u8> {
    let mut out = history_bound(key);
    out.extend_from_slice(&[0, 0]);
    out
}

/// The first bound above all history entries of `key`.
pub(crate) fn history_end(key: &[u8]) -> Vec<u8> {
    let mut out = history_bound(key);
    out.extend_from_slice(&[0, 1]);
    out
}

/// The history row of `key` for the block at `height`.
pub(crate) fn history_key(key: &[u8], height: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len().saturating_add(16));
    put_history_key(&mut out, key, height);
    out
}

/// Appends the history row's key.
pub(crate) fn put_history_key(out: &mut Vec<u8>, key: &[u8], height: u64) {
    escape_into(out, key);
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&height.to_be_bytes());
}

/// Where a range of keys starting at `key` starts in the history table.
pub(crate) fn history_bound(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len().saturating_add(16));
    escape_into(&mut out, key);
    out
}

fn escape_into(out: &mut Vec<u8>, key: &[u8]) {
    for &byte in key {
        out.push(byte);
        if byte == 0 {
            out.push(0xff);
        }
    }
}

/// Splits a history row's key into the state key and the height.
pub(crate) fn parse_history_key(row: &[u8]) -> (Vec<u8>, u64) {
    let mut parser = Parser::new(row, "history");
    let mut key = Vec::with_capacity(row.len());
    loop {
        match parser.byte() {
            0 => match parser.byte() {
                0 => return (key, parser.u64()),
                _ => key.push(0),
            },
            byte => key.push(byte),
        }
    }
}

/// A history value: what the key held before the block. Values in state are never
/// empty, so an empty row means absence.
pub(crate) fn history_value(before: Option<&[u8]>) -> &[u8] {
    before.unwrap_or_default()
}

/// The reverse of [`history_value`].
pub(crate) fn parse_history_value(row: Vec<u8>) -> Option<Vec<u8>> {
    (!row.is_empty()).then_some(row)
}

// ---- meta ------------------------------------------------------------------

/// Database format and the stores it was made for.
pub(crate) const META_FORMAT: &[u8] = b"\0F";
/// Height and app hash of the last commit.
pub(crate) const META_HEAD: &[u8] = b"\0H";
/// Oldest height that can still be read.
pub(crate) const META_OLDEST: &[u8] = b"\0O";

/// Row with the app hash after `height`.
pub(crate) fn meta_app_hash(height: u64) -> Vec<u8> {
    let mut key = b"\0A".to_vec();
    key.extend_from_slice(&height.to_be_bytes());
    key
}

/// Row with tree version and root of a store, written at heights that touch it.
pub(crate) fn meta_root(prefix: u8, height: u64) -> Vec<u8> {
    let mut key = b"\0V".to_vec();
    key.push(prefix);
    key.extend_from_slice(&height.to_be_bytes());
    key
}

/// Row of a metadata entry of the store's user.
pub(crate) fn meta_user(name: &str) -> Vec<u8> {
    let mut key = vec![1];
    key.extend_from_slice(name.as_bytes());
    key
}

/// A store's tree version and root at a height.
pub(crate) fn root_value(version: u64, root: &Hash) -> Vec<u8> {
    let mut row = version.to_be_bytes().to_vec();
    row.extend_from_slice(root);
    row
}

pub(crate) fn parse_root(row: &[u8]) -> (u64, Hash) {
    let mut parser = Parser::new(row, "root");
    (parser.u64(), parser.array())
}

/// The head row: height and app hash.
pub(crate) fn head_value(height: u64, app_hash: &Hash) -> Vec<u8> {
    root_value(height, app_hash)
}

/// What names the stores of a database, for the check at open.
pub(crate) fn format_value(stores: &[StoreId]) -> Vec<u8> {
    let mut row = vec![1];
    for store in stores {
        row.push(store.prefix);
        put_bytes(&mut row, store.name.as_bytes());
    }
    row
}

/// Prefixes and names of the stores.
pub(crate) fn parse_format(row: &[u8]) -> Vec<(u8, String)> {
    let mut parser = Parser::new(row, "format");
    let _version = parser.byte();
    let mut stores = Vec::new();
    while !parser.is_empty() {
        let prefix = parser.byte();
        stores.push((prefix, String::from_utf8_lossy(parser.bytes()).into_owned()));
    }
    stores
}

// ---- stale: height, kind, store prefix, part ---------------------------------

/// Keys the block changed: their history entries go with the height.
pub(crate) const STALE_KEYS: u8 = 0;
/// Tree nodes the block replaced.
pub(crate) const STALE_NODES: u8 = 1;
/// Metadata the block overwrote, for rollback.
pub(crate) const STALE_META: u8 = 2;

pub(crate) fn stale_key(height: u64, kind: u8, prefix: u8, part: u32) -> Vec<u8> {
    let mut key = height.to_be_bytes().to_vec();
    key.extend_from_slice(&[kind, prefix]);
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// Height, kind and store prefix of a stale row.
pub(crate) fn parse_stale_key(row: &[u8]) -> (u64, u8, u8) {
    let mut parser = Parser::new(row, "stale");
    (parser.u64(), parser.byte(), parser.byte())
}

// ---- nodes and preimage ------------------------------------------------------

/// Row of the tree node of `version` whose path is the first `depth` nibbles of
/// `path`.
pub(crate) fn node_key(prefix: u8, version: u64, path: &Hash, depth: u8) -> Vec<u8> {
    let mut key = Vec::with_capacity(42);
    put_node_key(&mut key, prefix, version, path, depth);
    key
}

/// Appends the key of a node's row.
pub(crate) fn put_node_key(out: &mut Vec<u8>, prefix: u8, version: u64, path: &Hash, depth: u8) {
    out.push(prefix);
    out.extend_from_slice(&version.to_be_bytes());
    put_path(out, path, depth);
}

/// Appends `depth` and the first `depth` nibbles of `path`.
pub(crate) fn put_path(out: &mut Vec<u8>, path: &Hash, depth: u8) {
    let whole = usize::from(depth >> 1);
    out.push(depth);
    out.extend_from_slice(&path[..whole]);
    if depth & 1 == 1 {
        out.push(path[whole] & 0xf0);
    }
}

/// The node rows named by a stale row.
pub(crate) fn parse_stale_nodes(prefix: u8, row: &[u8]) -> Vec<Vec<u8>> {
    let mut parser = Parser::new(row, "stale");
    let mut keys = Vec::new();
    while !parser.is_empty() {
        let mut key = node_version_prefix(prefix, parser.varint());
        let depth = parser.byte();
        key.push(depth);
        key.extend_from_slice(parser.take(usize::from(depth.div_ceil(2))));
        keys.push(key);
    }
    keys
}

/// All node rows of a store's version start with this.
pub(crate) fn node_version_prefix(prefix: u8, version: u64) -> Vec<u8> {
    let mut key = vec![prefix];
    key.extend_from_slice(&version.to_be_bytes());
    key
}

/// Row of the key behind a key hash.
pub(crate) fn preimage_key(prefix: u8, key_hash: &Hash) -> Vec<u8> {
    let mut key = Vec::with_capacity(33);
    key.push(prefix);
    key.extend_from_slice(key_hash);
    key
}
