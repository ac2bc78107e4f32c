//! One block's changes to a tree, in one pass from the leaves up.
//!
//! The changes come sorted by key hash, so those below a node are one slice. Every
//! touched node is read once, hashed once and written once; slices below different
//! children do not depend on each other and run in parallel when they are large.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Child, Internal, Kind, Root, Tree};
use crate::Hash;
use crate::codec::{node_key, put_node_key, put_path, put_varint};
use crate::db::{Batch, Db, Table};
use crate::fatal;

/// Below this many changes a slice is not worth handing to another thread.
const PARALLEL: usize = 256;

/// What a block does to one key. It must have an effect: a key that is deleted is
/// in the tree, and a key that is put is absent or has another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) key_hash: Hash,
    /// Hash of the new leaf; `None` deletes the key.
    pub(crate) leaf: Option<Hash>,
}

/// A tree after a block, with what to write.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) tree: Tree,
    /// New rows of the nodes table.
    pub(crate) rows: Batch,
    /// Nodes that the block replaced, in the order met.
    pub(crate) stale: Vec<StaleNode>,
}

/// A replaced node: its version, and its path as depth and key hash below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StaleNode {
    version: u64,
    depth: u8,
    path: Hash,
}

impl StaleNode {
    /// Appends the node to a stale row.
    pub(crate) fn encode_into(&self, row: &mut Vec<u8>) {
        put_varint(row, self.version);
        put_path(row, &self.path, self.depth);
    }
}

/// What is left of a child slot after its changes.
enum Slot {
    Empty,
    Leaf { key_hash: Hash, hash: Hash },
    Node(Arc<Internal>),
}

/// What a pass writes, gathered per slice.
#[derive(Default)]
struct Writes {
    rows: Batch,
    stale: Vec<StaleNode>,
    /// Bytes of nodes that came into memory, and of nodes that left it.
    entered: usize,
    left: usize,
}

impl Writes {
    fn enter(&mut self, node: &Internal) {
        self.entered = self.entered.saturating_add(node.weight());
    }

    fn absorb(&mut self, mut other: Writes) {
        self.rows.append(&other.rows);
        self.stale.append(&mut other.stale);
        self.entered = self.entered.saturating_add(other.entered);
        self.left = self.left.saturating_add(other.left);
    }
}

struct Pass<'a> {
    db: &'a dyn Db,
    prefix: u8,
    version: u64,
}

/// Applies `changes`, sorted by key hash and not empty, to `tree`.
pub(crate) fn update(db: &dyn Db, prefix: u8, tree: &Tree, changes: &[Change]) -> Update {
    let pass = Pass { db, prefix, version: tree.version.saturating_add(1) };
    let mut writes = Writes::default();
    let old_root = match &tree.root {
        Some(root) => root.clone(),
        None => pass.read_root(tree.version, &mut writes),
    };
    let slot = match &old_root {
        Root::Empty => pass.build(&leaves_of(changes), 0, &mut writes),
        Root::Leaf { key_hash, hash } => {
            let merged = pass.merge_leaf(key_hash, hash, changes);
            pass.build(&merged, 0, &mut writes)
        }
        Root::Internal(node) => pass.update_node(node, 0, changes, &mut writes),
    };
    let root = match slot {
        Slot::Empty => Root::Empty,
        Slot::Leaf { key_hash, hash } => Root::Leaf { key_hash, hash },
        Slot::Node(node) => Root::Internal(node),
    };
    if !matches!(root, Root::Internal(_)) {
        let key = node_key(prefix, pass.version, &[0; 32], 0);
        writes.rows.put_with(Table::Nodes, |row| row.extend(key), |row| root.encode(row));
    }
    if tree.version > 0 {
        writes.stale.push(StaleNode { version: tree.version, depth: 0, path: [0; 32] });
    }
    let resident = tree.resident.saturating_add(writes.entered).saturating_sub(writes.left);
    let hash = root.hash();
    Update {
        tree: Tree { version: pass.version, hash, root: Some(root), resident },
        rows: writes.rows,
        stale: writes.stale,
    }
}

/// A leaf to place: key hash and leaf hash.
type Leaf = (Hash, Hash);

fn leaves_of(changes: &[Change]) -> Vec<Leaf> {
    changes.iter().filter_map(|change| Some((change.key_hash, change.leaf?))).collect()
}

/// Hashes beside the way to a key that the last update touched, from the root down.
pub(crate) fn path_siblings(tree: &Tree, key_hash: &Hash) -> Vec<Hash> {
    let mut siblings = Vec::new();
    let mut depth = 0u8;
    let mut node = match &tree.root {
        Some(Root::Internal(root)) => Some(root),
        _ => None,
    };
    while let Some(internal) = node {
        let nibble = nibble(key_hash, depth);
        siblings.extend(internal.siblings(nibble));
        node = match internal.child(nibble).map(|child| &child.kind) {
            Some(Kind::Internal { node: Some(node), .. }) => Some(node),
            _ => None,
        };
        depth = depth.saturating_add(1);
    }
    siblings
}

fn nibble(key_hash: &Hash, depth: u8) -> u8 {
    let byte = key_hash[usize::from(depth >> 1)];
    if depth & 1 == 0 { byte >> 4 } else { byte & 0x0f }
}

impl Pass<'_> {
    fn read_root(&self, version: u64, writes: &mut Writes) -> Root {
        let row = self.db.get(Table::Nodes, &node_key(self.prefix, version, &[0; 32], 0));
        let root = Root::decode(&row.unwrap_or_else(|| missing_node(self.prefix, version, 0)));
        if let Root::Internal(node) = &root {
            writes.enter(node);
        }
        root
    }

    fn load(&self, child: &Child, depth: u8, path: &Hash, writes: &mut Writes) -> Arc<Internal> {
        match &child.kind {
            Kind::Internal { node: Some(node), .. } => node.clone(),
            _ => {
                let row = self.db.get(Table::Nodes, &node_key(self.prefix, child.version, path, depth));
                let row = row.unwrap_or_else(|| missing_node(self.prefix, child.version, depth));
                match Root::decode(&row) {
                    Root::Internal(node) => {
                        writes.enter(&node);
                        node
                    }
                    _ => fatal("damaged database: a leaf has a row of its own"),
                }
            }
        }
    }

    /// Applies `changes` below the node whose path is their first `depth` nibbles.
    fn update_node(&self, node: &Internal, depth: u8, changes: &[Change], writes: &mut Writes) -> Slot {
        writes.left = writes.left.saturating_add(node.weight());
        let mut next = node.clone();
        let slices: Vec<&[Change]> =
            changes.chunk_by(|a, b| nibble(&a.key_hash, depth) == nibble(&b.key_hash, depth)).collect();
        let work = |slice: &[Change], writes: &mut Writes| {
            self.update_child(node.child(nibble(&slice[0].key_hash, depth)), depth.saturating_add(1), slice, writes)
        };
        let slots: Vec<Slot> = if changes.len() < PARALLEL || slices.len() < 2 {
            slices.iter().map(|slice| work(slice, writes)).collect()
        } else {
            let done: Vec<(Slot, Writes)> = slices
                .par_iter()
                .map(|slice| {
                    let mut own = Writes::default();
                    (work(slice, &mut own), own)
                })
                .collect();
            done.into_iter()
                .map(|(slot, own)| {
                    writes.absorb(own);
                    slot
                })
                .collect()
        };
        for (slice, slot) in slices.iter().zip(slots) {
            next.set(nibble(&slice[0].key_hash, depth), self.child_of(slot));
        }
        self.finish(next, depth, &changes[0].key_hash, writes)
    }

    /// Applies `changes` to the slot of a node at `depth` that holds `child`.
    fn update_child(&self, child: Option<&Child>, depth: u8, changes: &[Change], writes: &mut Writes) -> Slot {
        let path = &changes[0].key_hash;
        match child {
            None => self.build(&leaves_of(changes), depth, writes),
            Some(Child { hash, kind: Kind::Leaf { key_hash }, .. }) => {
                self.build(&self.merge_leaf(key_hash, hash, changes), depth, writes)
            }
            Some(child) => {
                let node = self.load(child, depth, path, writes);
                let slot = self.update_node(&node, depth, changes, writes);
                writes.stale.push(StaleNode { version: child.version, depth, path: *path });
                slot
            }
        }
    }

    /// The leaves of a slot that held one leaf.
    fn merge_leaf(&self, key_hash: &Hash, hash: &Hash, changes: &[Change]) -> Vec<Leaf> {
        let mut leaves = leaves_of(changes);
        if let Err(at) = changes.binary_search_by(|change| change.key_hash.cmp(key_hash)) {
            let before = changes[..at].iter().filter(|change| change.leaf.is_some()).count();
            leaves.insert(before, (*key_hash, *hash));
        }
        leaves
    }

    /// Builds the subtree of `leaves` at `depth`.
    fn build(&self, leaves: &[Leaf], depth: u8, writes: &mut Writes) -> Slot {
        match leaves {
            [] => Slot::Empty,
            [(key_hash, hash)] => Slot::Leaf { key_hash: *key_hash, hash: *hash },
            [(path, _), ..] => {
                let mut node = Internal::default();
                for slice in leaves.chunk_by(|a, b| nibble(&a.0, depth) == nibble(&b.0, depth)) {
                    let slot = self.build(slice, depth.saturating_add(1), writes);
                    node.set(nibble(&slice[0].0, depth), self.child_of(slot));
                }
                self.finish(node, depth, path, writes)
            }
        }
    }

    fn child_of(&self, slot: Slot) -> Option<Child> {
        match slot {
            Slot::Empty => None,
            Slot::Leaf { key_hash, hash } => Some(Child { version: self.version, hash, kind: Kind::Leaf { key_hash } }),
            Slot::Node(node) => Some(Child {
                version: self.version,
                hash: node.hash(),
                kind: Kind::Internal { leaves: node.leaves(), node: Some(node) },
            }),
        }
    }

    /// Writes the node, unless deletes left nothing, or one leaf, which moves up.
    fn finish(&self, node: Internal, depth: u8, path: &Hash, writes: &mut Writes) -> Slot {
        if node.len() == 0 {
            return Slot::Empty;
        }
        if let Some(Child { hash, kind: Kind::Leaf { key_hash }, .. }) = node.only_child() {
            return Slot::Leaf { key_hash: *key_hash, hash: *hash };
        }
        writes.enter(&node);
        writes.rows.put_with(
            Table::Nodes,
            |row| put_node_key(row, self.prefix, self.version, path, depth),
            |row| node.encode(row),
        );
        Slot::Node(Arc::new(node))
    }
}

fn missing_node(prefix: u8, version: u64, depth: u8) -> ! {
    fatal(format_args!("damaged database: no node of store {prefix} at version {version}, depth {depth}"))
}
