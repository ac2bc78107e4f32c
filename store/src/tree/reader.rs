//! The tree as `jmt` wants to read it, to make proofs.

use std::cell::RefCell;
use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use jmt::storage::{HasPreimage, LeafNode, Node, NodeKey, TreeReader};
use jmt::{KeyHash, OwnedValue, ValueHash, Version};

use super::node::leaf_hash;
use super::{Internal, Kind, Root};
use crate::codec::{node_key, preimage_key};
use crate::db::Table;
use crate::{Hash, Snapshot, fatal, sha256};

/// Reads one store's tree and values as of a snapshot.
///
/// `jmt` walks from the root down, so the parent of a leaf is always read before
/// the leaf; the leaves met in parents are kept until they are asked for.
pub(crate) struct ProofReader<'a> {
    snapshot: &'a Snapshot,
    prefix: u8,
    leaves: RefCell<BTreeMap<Vec<u8>, (Hash, Hash)>>,
}

impl<'a> ProofReader<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, prefix: u8) -> ProofReader<'a> {
        ProofReader { snapshot, prefix, leaves: RefCell::default() }
    }

    fn value_of(&self, key_hash: &Hash) -> Option<Vec<u8>> {
        let key = self.snapshot.db().get(Table::Preimage, &preimage_key(self.prefix, key_hash))?;
        self.snapshot.get(&[&[self.prefix], key.as_slice()].concat())
    }

    /// A leaf as `jmt` knows it. The value hash is not stored: it comes from the
    /// value, which is checked against the leaf's hash on the way.
    fn leaf(&self, key_hash: &Hash, hash: &Hash) -> LeafNode {
        let value = self.value_of(key_hash).unwrap_or_default();
        let value_hash = sha256(&value);
        if leaf_hash(key_hash, &value_hash) != *hash {
            fatal(format_args!(
                "damaged database: store {} at height {}: a value does not match its tree",
                self.prefix,
                self.snapshot.height()
            ));
        }
        LeafNode::new(KeyHash(*key_hash), ValueHash(value_hash))
    }

    fn remember_leaves(&self, node: &Internal, path: &Hash, depth: u8) {
        let mut leaves = self.leaves.borrow_mut();
        for (nibble, child) in node.children() {
            if let Kind::Leaf { key_hash } = child.kind {
                let mut child_path = *path;
                let shift = if depth & 1 == 0 { 4 } else { 0 };
                child_path[usize::from(depth >> 1)] |= nibble << shift;
                let row = node_key(self.prefix, child.version, &child_path, depth.saturating_add(1));
                leaves.insert(row, (key_hash, child.hash));
            }
        }
    }
}

impl TreeReader for ProofReader<'_> {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>> {
        let mut path = [0u8; 32];
        let mut depth = 0u8;
        for nibble in key.nibble_path().nibbles() {
            let shift = if depth & 1 == 0 { 4 } else { 0 };
            path[usize::from(depth >> 1)] |= u8::from(nibble) << shift;
            depth = depth.saturating_add(1);
        }
        let row = node_key(self.prefix, key.version(), &path, depth);
        if let Some((key_hash, hash)) = self.leaves.borrow().get(&row) {
            return Ok(Some(Node::Leaf(self.leaf(key_hash, hash))));
        }
        let Some(row) = self.snapshot.db().get(Table::Nodes, &row) else { return Ok(None) };
        Ok(Some(match Root::decode(&row) {
            Root::Empty => Node::Null,
            Root::Leaf { key_hash, hash } => Node::Leaf(self.leaf(&key_hash, &hash)),
            Root::Internal(node) => {
                self.remember_leaves(&node, &path, depth);
                borsh::from_slice(&borsh_node(&node))?
            }
        }))
    }

    fn get_value_option(&self, _: Version, key_hash: KeyHash) -> Result<Option<OwnedValue>> {
        Ok(self.value_of(&key_hash.0))
    }

    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>> {
        Err(anyhow!("only a restore asks for the rightmost leaf"))
    }
}

impl HasPreimage for ProofReader<'_> {
    fn preimage(&self, key_hash: KeyHash) -> Result<Option<Vec<u8>>> {
        Ok(self.snapshot.db().get(Table::Preimage, &preimage_key(self.prefix, &key_hash.0)))
    }
}

/// The node in the borsh form of `jmt`, whose constructors are private.
pub(super) fn borsh_node(node: &Internal) -> Vec<u8> {
    const INTERNAL: u8 = 1;
    const LEAF: u8 = 0;
    let mut out = vec![INTERNAL];
    for nibble in 0..16 {
        let Some(child) = node.child(nibble) else {
            out.push(0);
            continue;
        };
        out.push(1);
        out.extend_from_slice(&child.hash);
        out.extend_from_slice(&child.version.to_le_bytes());
        match &child.kind {
            Kind::Leaf { .. } => out.push(LEAF),
            Kind::Internal { leaves, .. } => {
                out.push(INTERNAL);
                out.extend_from_slice(&leaves.to_le_bytes());
            }
        }
    }
    out.extend_from_slice(&(node.len() as u64).to_le_bytes());
    out.extend_from_slice(&node.leaves().to_le_bytes());
    out
}
