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
pub(crate) use self::update::{Change, Update, path_siblings, update};
use std::sync::Arc;

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
    /// Bytes of the nodes held in memory, about.
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

    /// Lets go of nodes, deepest level first, until at most `bound` bytes are left in
    /// memory. Lower levels are both the larger and the colder ones.
    pub(crate) fn evict(&mut self, bound: usize) {
        let Some(Root::Internal(root)) = &mut self.root else { return };
        let mut weights = Vec::new();
        root.weigh_levels(0, &mut weights);
        let mut kept = 0usize;
        let mut levels = 0usize;
        for weight in weights {
            let next = kept.saturating_add(weight);
            if next > bound && levels > 0 {
                break;
            }
            kept = next;
            levels = levels.saturating_add(1);
        }
        Arc::make_mut(root).cut_below(levels.saturating_sub(1));
        self.resident = kept;
    }
}

/// Keeps the nodes of all `trees` within `bound` bytes, at the cost of the largest.
pub(crate) fn evict(trees: &mut [Tree], bound: usize) {
    loop {
        let total = trees.iter().map(|tree| tree.resident).fold(0, usize::saturating_add);
        let excess = total.saturating_sub(bound);
        let Some(largest) = trees.iter_mut().max_by_key(|tree| tree.resident) else { return };
        let before = largest.resident;
        if excess > 0 {
            largest.evict(before.saturating_sub(excess));
        }
        if excess == 0 || largest.resident == before {
            return;
        }
    }
}
