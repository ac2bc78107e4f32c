//! Machine code in memory.

use std::collections::BTreeMap;

use wasmer::{Engine, Module};

use crate::engine::Checksum;

/// A contract's machine code, ready to be instantiated. Clones share it.
#[derive(Clone)]
pub struct Code {
    pub(crate) module: Module,
    pub(crate) engine: Engine,
    /// Size of the serialised code in bytes, which estimates its memory.
    pub(crate) bytes: usize,
}

/// The codes used last, within a bound, and the pinned ones beside it.
pub(crate) struct Codes {
    used: BTreeMap<Checksum, (u64, Code)>,
    pinned: BTreeMap<Checksum, Code>,
    bytes: usize,
    max_bytes: usize,
    uses: u64,
}

impl Codes {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { used: BTreeMap::new(), pinned: BTreeMap::new(), bytes: 0, max_bytes, uses: 0 }
    }

    pub(crate) fn get(&mut self, checksum: &Checksum) -> Option<Code> {
        if let Some(code) = self.pinned.get(checksum) {
            return Some(code.clone());
        }
        self.uses += 1;
        let (used, code) = self.used.get_mut(checksum)?;
        *used = self.uses;
        Some(code.clone())
    }

    pub(crate) fn put(&mut self, checksum: Checksum, code: Code) {
        self.uses += 1;
        self.bytes += code.bytes;
        let old = self.used.insert(checksum, (self.uses, code));
        self.forget(old);
        while self.bytes > self.max_bytes && self.used.len() > 1 {
            let oldest = self.used.iter().min_by_key(|(_, (used, _))| *used).map(|(checksum, _)| *checksum);
            let old = oldest.and_then(|checksum| self.used.remove(&checksum));
            self.forget(old);
        }
    }

    /// Keeps a code outside of the bound, or puts it back under it.
    pub(crate) fn pin(&mut self, checksum: Checksum, pinned: bool) {
        if pinned && !self.pinned.contains_key(&checksum) {
            let old = self.used.remove(&checksum);
            if let Some((_, code)) = &old {
                self.pinned.insert(checksum, code.clone());
            }
            self.forget(old);
        } else if !pinned && let Some(code) = self.pinned.remove(&checksum) {
            self.put(checksum, code);
        }
    }

    fn forget(&mut self, old: Option<(u64, Code)>) {
        self.bytes -= old.map_or(0, |(_, code)| code.bytes);
    }
}
