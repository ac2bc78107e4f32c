//! The Merkle tree of one store: a Jellyfish Merkle tree, node for node what
//! `jmt` would build, updated a whole block at a time.
//!
//! Two things differ from `jmt`'s own storage, neither of them visible in a root
//! or a proof. A leaf below an internal node has no row of its own: its key hash
//! stands in the row of its parent. And the upper part of the latest tree stays in
//! memory as nodes that point at each other.

mod node;
mod reader;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use self::node::{Child, Internal, Kind, Root, leaf_hash};
pub(crate) use self::reader::ProofReader;
pub(crate) use self::update::{Change, Update, update};
use crate::Hash;

/// The root of a tree without keys.
pub(crate) const EMPTY_ROOT: Hash = *b"SPARSE_MERKLE_PLACEHOLDER_HASH__";

/// One store's tree after a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    /// Counts the blocks that touched this store; 0 before the first.
    pub(crate) version: u64,
    /// Root hash.
    pub(crate) hash: Hash,
    /// Root node; `None` if it has not been read from disk.
    pub(crate) root: Option<Root>,
    /// Internal nodes held in memory, the root included.
    pub(crate) resident: usize,
}

impl Tree {
    /// The tree of a store that was never written.
    pub(crate) fn empty() -> Tree {
        Tree { version: 0, hash: EMPTY_ROOT, root: Some(Root::Empty), resident: 0 }
    }

    /// A tree on disk, none of it in memory yet.
    pub(crate) fn stored(version: u64, hash: Hash) -> Tree {
        Tree { version, hash, root: None, resident: 0 }
    }

    /// Lets go of nodes, deepest level first, until at most `bound` are left in
    /// memory. Lower levels are both the larger and the colder ones.
    pub(crate) fn evict(&mut self, bound: usize) {
        if self.resident <= bound {
            return;
        }
        let Some(Root::Internal(root)) = &mut self.root else { return };
        let mut per_level = Vec::new();
        root.count_levels(0, &mut per_level);
        let mut kept = 0usize;
        let mut levels = 0usize;
        for count in per_level {
            let next = kept.saturating_add(count);
            if next > bound && levels > 0 {
                break;
            }
            kept = next;
            levels = levels.saturating_add(1);
        }
        std::sync::Arc::make_mut(root).cut_below(levels.saturating_sub(1));
        self.resident = kept;
    }
}
