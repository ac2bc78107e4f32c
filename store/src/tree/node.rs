//! Nodes, their hashes and their rows.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::EMPTY_ROOT;
use crate::Hash;
use crate::codec::{Parser, put_varint};

const LEAF_DOMAIN: &[u8] = b"JMT::LeafNode";
const INTERNAL_DOMAIN: &[u8] = b"JMT::IntrnalNode";

const TAG_EMPTY: u8 = 0;
const TAG_LEAF: u8 = 1;
const TAG_INTERNAL: u8 = 2;

/// The node at the root of a tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Root {
    /// No keys.
    Empty,
    /// One key.
    Leaf { key_hash: Hash, hash: Hash },
    /// Two keys or more.
    Internal(Arc<Internal>),
}

/// A node with up to 16 children, one per nibble: four levels of a binary tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Internal {
    /// Bit `n` is set if there is a child at nibble `n`.
    bitmap: u16,
    /// The children in the order of their nibbles.
    children: Vec<Child>,
}

/// What a node knows of a child.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Child {
    /// Tree version that wrote the child.
    pub(crate) version: u64,
    /// Its hash.
    pub(crate) hash: Hash,
    pub(crate) kind: Kind,
}

/// Leaf or internal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// The only key below this nibble.
    Leaf { key_hash: Hash },
    /// A node with a row of its own; `node` is set if it is in memory.
    Internal { leaves: u64, node: Option<Arc<Internal>> },
}

/// Hash of a leaf.
pub(crate) fn leaf_hash(key_hash: &Hash, value_hash: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(LEAF_DOMAIN);
    hasher.update(key_hash);
    hasher.update(value_hash);
    hasher.finalize().into()
}

fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(INTERNAL_DOMAIN);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// A position of the binary tree inside a node.
#[derive(Clone, Copy)]
enum Slot {
    Empty,
    /// One leaf and nothing else below: the leaf stands for the whole subtree.
    Leaf(Hash),
    Inner(Hash),
}

impl Slot {
    fn hash(&self) -> &Hash {
        match self {
            Slot::Empty => &EMPTY_ROOT,
            Slot::Leaf(hash) | Slot::Inner(hash) => hash,
        }
    }

    fn join(self, right: Slot) -> Slot {
        match (self, right) {
            (Slot::Empty, Slot::Empty) => Slot::Empty,
            (Slot::Leaf(hash), Slot::Empty) | (Slot::Empty, Slot::Leaf(hash)) => Slot::Leaf(hash),
            (left, right) => Slot::Inner(inner_hash(left.hash(), right.hash())),
        }
    }
}

/// Joins the first `2 × width` slots in pairs.
fn join(slots: &mut [Slot; 16], width: usize) {
    for at in 0..width {
        slots[at] = slots[at << 1].join(slots[at << 1 | 1]);
    }
}

impl Child {
    fn leaves(&self) -> u64 {
        match self.kind {
            Kind::Leaf { .. } => 1,
            Kind::Internal { leaves, .. } => leaves,
        }
    }
}

impl Internal {
    /// The child at `nibble` (0 to 15).
    pub(crate) fn child(&self, nibble: u8) -> Option<&Child> {
        let bit = 1u16 << nibble;
        (self.bitmap & bit != 0).then(|| &self.children[self.rank(bit)])
    }

    /// Puts, replaces or removes the child at `nibble`.
    pub(crate) fn set(&mut self, nibble: u8, child: Option<Child>) {
        let bit = 1u16 << nibble;
        let rank = self.rank(bit);
        match (child, self.bitmap & bit != 0) {
            (Some(child), true) => self.children[rank] = child,
            (Some(child), false) => {
                self.bitmap |= bit;
                self.children.insert(rank, child);
            }
            (None, true) => {
                self.bitmap &= !bit;
                self.children.remove(rank);
            }
            (None, false) => {}
        }
    }

    fn rank(&self, bit: u16) -> usize {
        let below = self.bitmap & bit.wrapping_sub(1);
        // At most 16 bits are set.
        below.count_ones() as usize
    }

    /// The children with their nibbles, in order.
    pub(crate) fn children(&self) -> impl Iterator<Item = (u8, &Child)> {
        (0u8..16).filter(|nibble| self.bitmap & (1 << nibble) != 0).zip(&self.children)
    }

    /// Number of children.
    pub(crate) fn len(&self) -> usize {
        self.children.len()
    }

    /// Takes the single child out of a node that has one.
    pub(crate) fn only_child(&self) -> Option<&Child> {
        match self.children.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Keys below this node.
    pub(crate) fn leaves(&self) -> u64 {
        self.children.iter().map(Child::leaves).fold(0, u64::saturating_add)
    }

    fn slots(&self) -> [Slot; 16] {
        let mut slots = [Slot::Empty; 16];
        for (nibble, child) in self.children() {
            slots[usize::from(nibble)] = match child.kind {
                Kind::Leaf { .. } => Slot::Leaf(child.hash),
                Kind::Internal { .. } => Slot::Inner(child.hash),
            };
        }
        slots
    }

    /// The node's hash, over the binary tree that its nibbles stand for.
    pub(crate) fn hash(&self) -> Hash {
        let mut slots = self.slots();
        for width in [8usize, 4, 2, 1] {
            join(&mut slots, width);
        }
        *slots[0].hash()
    }

    /// Hashes beside the way to `nibble` on the node's four binary levels, top first.
    pub(crate) fn siblings(&self, nibble: u8) -> [Hash; 4] {
        let (mut slots, mut at) = (self.slots(), usize::from(nibble));
        let mut siblings = [EMPTY_ROOT; 4];
        for (sibling, width) in siblings.iter_mut().rev().zip([8usize, 4, 2, 1]) {
            *sibling = *slots[at ^ 1].hash();
            join(&mut slots, width);
            at >>= 1;
        }
        siblings
    }

    /// Bytes the node takes in memory, about.
    pub(crate) fn weight(&self) -> usize {
        self.children.len().saturating_mul(size_of::<Child>()).saturating_add(64)
    }

    /// Adds up the nodes in memory on each level from this one down.
    pub(crate) fn weigh_levels(&self, level: usize, weights: &mut Vec<usize>) {
        if weights.len() <= level {
            weights.push(0);
        }
        weights[level] = weights[level].saturating_add(self.weight());
        for child in &self.children {
            if let Kind::Internal { node: Some(node), .. } = &child.kind {
                node.weigh_levels(level.saturating_add(1), weights);
            }
        }
    }

    /// Forgets the nodes in memory more than `levels` levels below this one.
    pub(crate) fn cut_below(&mut self, levels: usize) {
        for child in &mut self.children {
            let Kind::Internal { node, .. } = &mut child.kind else { continue };
            match levels.checked_sub(1) {
                None => *node = None,
                Some(left) => {
                    if let Some(node) = node {
                        Arc::make_mut(node).cut_below(left);
                    }
                }
            }
        }
    }

    /// Appends the node's row.
    pub(crate) fn encode(&self, row: &mut Vec<u8>) {
        row.push(TAG_INTERNAL);
        let leaf_bits = self.children().fold(0u16, |bits, (nibble, child)| match child.kind {
            Kind::Leaf { .. } => bits | (1 << nibble),
            Kind::Internal { .. } => bits,
        });
        row.extend_from_slice(&self.bitmap.to_be_bytes());
        row.extend_from_slice(&leaf_bits.to_be_bytes());
        for child in &self.children {
            put_varint(row, child.version);
            row.extend_from_slice(&child.hash);
            match &child.kind {
                Kind::Leaf { key_hash } => row.extend_from_slice(key_hash),
                Kind::Internal { leaves, .. } => put_varint(row, *leaves),
            }
        }
    }

    fn decode(parser: &mut Parser<'_>) -> Internal {
        let bitmap = u16::from_be_bytes(parser.array());
        let leaf_bits = u16::from_be_bytes(parser.array());
        let mut children = Vec::with_capacity(bitmap.count_ones() as usize);
        for nibble in (0u8..16).filter(|nibble| bitmap & (1 << nibble) != 0) {
            let version = parser.varint();
            let hash = parser.array();
            let kind = if leaf_bits & (1 << nibble) != 0 {
                Kind::Leaf { key_hash: parser.array() }
            } else {
                Kind::Internal { leaves: parser.varint(), node: None }
            };
            children.push(Child { version, hash, kind });
        }
        Internal { bitmap, children }
    }
}

impl Root {
    /// The root's hash.
    pub(crate) fn hash(&self) -> Hash {
        match self {
            Root::Empty => EMPTY_ROOT,
            Root::Leaf { hash, .. } => *hash,
            Root::Internal(node) => node.hash(),
        }
    }

    /// Appends the root's row.
    pub(crate) fn encode(&self, row: &mut Vec<u8>) {
        match self {
            Root::Empty => row.push(TAG_EMPTY),
            Root::Leaf { key_hash, hash } => {
                row.push(TAG_LEAF);
                row.extend_from_slice(key_hash);
                row.extend_from_slice(hash);
            }
            Root::Internal(node) => node.encode(row),
        }
    }

    /// Parses a row of the nodes table; only a root may be empty or a leaf.
    pub(crate) fn decode(row: &[u8]) -> Root {
        let mut parser = Parser::new(row, "node");
        match parser.byte() {
            TAG_EMPTY => Root::Empty,
            TAG_LEAF => Root::Leaf { key_hash: parser.array(), hash: parser.array() },
            TAG_INTERNAL => Root::Internal(Arc::new(Internal::decode(&mut parser))),
            tag => crate::fatal(format_args!("damaged database: node tag {tag}")),
        }
    }
}
