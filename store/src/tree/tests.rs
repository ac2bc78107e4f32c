//! Our block-wise update against `jmt`'s key-wise one.
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "test code: an overflow panics here")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use anyhow::Result;
use jmt::storage::{LeafNode, Node, NodeKey, TreeReader};
use jmt::{KeyHash, OwnedValue, Sha256Jmt, ValueHash, Version};
use proptest::prelude::*;

use super::node::leaf_hash;
use super::reader::borsh_node;
use super::{Change, EMPTY_ROOT, Kind, Root, Tree, update};
use crate::codec::parse_stale_nodes;
use crate::db::{Batch, Db, MemDb, Order, Table};
use crate::{Hash, sha256};

const PREFIX: u8 = b'x';

/// Per block: what becomes of each touched key.
type Blocks = Vec<BTreeMap<Hash, Option<Vec<u8>>>>;

/// `jmt` with its nodes in a map, stale ones taken out.
#[derive(Default)]
struct Reference {
    nodes: RefCell<BTreeMap<NodeKey, Node>>,
}

impl TreeReader for Reference {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>> {
        Ok(self.nodes.borrow().get(key).cloned())
    }
    fn get_value_option(&self, _: Version, _: KeyHash) -> Result<Option<OwnedValue>> {
        Ok(None)
    }
    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

impl Reference {
    /// Puts come before deletes: `jmt` goes key by key, and a delete that lets a
    /// neighbour move up before a put pushes it down again rewrites that neighbour
    /// without need.
    fn apply(&self, block: &BTreeMap<Hash, Option<Vec<u8>>>, version: Version) -> Hash {
        let puts = block.iter().filter(|(_, value)| value.is_some());
        let deletes = block.iter().filter(|(_, value)| value.is_none());
        let set: Vec<_> = puts.chain(deletes).map(|(key, value)| (KeyHash(*key), value.clone())).collect();
        let (root, batch) = Sha256Jmt::new(self).put_value_set(set, version).unwrap();
        let mut nodes = self.nodes.borrow_mut();
        nodes.extend(batch.node_batch.nodes().clone());
        for stale in batch.stale_node_index_batch {
            nodes.remove(&stale.node_key);
        }
        root.0
    }

    /// The nodes in use; an empty root is not one (`jmt` never lists it as stale).
    fn live(&self) -> BTreeMap<NodeKey, Node> {
        let nodes = self.nodes.borrow().clone();
        nodes.into_iter().filter(|(_, node)| *node != Node::Null).collect()
    }
}

/// Our tree, its rows in memory, stale ones taken out.
struct Ours {
    db: MemDb,
    tree: Tree,
    cached: bool,
}

impl Ours {
    fn apply(&mut self, block: &BTreeMap<Hash, Option<Vec<u8>>>) -> Hash {
        let changes: Vec<Change> = block
            .iter()
            .map(|(key_hash, value)| Change {
                key_hash: *key_hash,
                leaf: value.as_ref().map(|value| leaf_hash(key_hash, &sha256(value))),
            })
            .collect();
        let done = update(&self.db, PREFIX, &self.tree, &changes);
        let mut batch = Batch::default();
        for write in done.rows.writes() {
            assert_eq!(self.db.get(Table::Nodes, write.key), None, "a row is written once");
        }
        batch.append(&done.rows);
        let mut list = Vec::new();
        done.stale.iter().for_each(|node| node.encode_into(&mut list));
        for key in parse_stale_nodes(PREFIX, &list) {
            assert!(self.db.get(Table::Nodes, &key).is_some(), "a stale row is there");
            batch.delete(Table::Nodes, key);
        }
        self.db.write(&batch, true);
        self.tree = done.tree;
        assert_eq!(self.tree.resident, resident(&self.tree), "nodes in memory are weighed right");
        if self.cached {
            self.tree.evict(4000);
            assert_eq!(self.tree.resident, resident(&self.tree));
        } else {
            self.tree = Tree::stored(self.tree.version, self.tree.hash);
        }
        self.tree.hash
    }

    /// Our rows as `jmt` nodes, leaves included.
    fn live(&self, values: &BTreeMap<Hash, Vec<u8>>) -> BTreeMap<NodeKey, Node> {
        let leaf = |key_hash: &Hash| {
            let value_hash = ValueHash(sha256(&values[key_hash]));
            Node::Leaf(LeafNode::new(KeyHash(*key_hash), value_hash))
        };
        let mut live = BTreeMap::new();
        for (key, row) in self.db.range(Table::Nodes, &[], None, Order::Ascending, usize::MAX) {
            let version = u64::from_be_bytes(key[1..9].try_into().unwrap());
            let path: Vec<u8> = (0..key[9])
                .map(|at| key[10 + usize::from(at / 2)] >> (if at % 2 == 0 { 4 } else { 0 }) & 0xf)
                .collect();
            let node = match Root::decode(&row) {
                Root::Empty => continue,
                Root::Leaf { key_hash, .. } => leaf(&key_hash),
                Root::Internal(node) => {
                    for (nibble, child) in node.children() {
                        if let Kind::Leaf { key_hash } = &child.kind {
                            let path = [path.as_slice(), &[nibble]].concat();
                            live.insert(jmt_key(child.version, &path), leaf(key_hash));
                        }
                    }
                    borsh::from_slice(&borsh_node(&node)).unwrap()
                }
            };
            live.insert(jmt_key(version, &path), node);
        }
        live
    }
}

fn resident(tree: &Tree) -> usize {
    let mut weights = Vec::new();
    if let Some(Root::Internal(root)) = &tree.root {
        root.weigh_levels(0, &mut weights);
    }
    weights.into_iter().sum()
}

/// A `jmt` node key from its borsh form; the path's constructors are private.
fn jmt_key(version: u64, path: &[u8]) -> NodeKey {
    let packed: Vec<u8> = path.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect();
    let mut bytes = version.to_le_bytes().to_vec();
    bytes.extend_from_slice(&(path.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(packed.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(&packed);
    borsh::from_slice(&bytes).unwrap()
}

/// Runs the blocks through both; effects only, as the store passes them on.
fn compare(blocks: &Blocks, cached: bool) {
    let reference = Reference::default();
    let mut ours = Ours { db: MemDb::default(), tree: Tree::empty(), cached };
    let mut values: BTreeMap<Hash, Vec<u8>> = BTreeMap::new();
    let mut version = 0;
    for block in blocks {
        let mut block = block.clone();
        block.retain(|key, value| values.get(key) != value.as_ref());
        if block.is_empty() {
            continue;
        }
        for (key, value) in &block {
            match value {
                Some(value) => values.insert(*key, value.clone()),
                None => values.remove(key),
            };
        }
        version += 1;
        assert_eq!(ours.apply(&block), reference.apply(&block, version), "roots at version {version}");
        assert_eq!(ours.live(&values), reference.live(), "nodes at version {version}");
        assert_eq!(values.is_empty(), ours.tree.hash == EMPTY_ROOT);
    }
}

/// Key hashes that share long and short prefixes, so that leaves split and join at
/// every depth.
fn crowded_hash() -> impl Strategy<Value = Hash> {
    (0u8..3, 0u8..2, 0u8..3, 0u8..2).prop_map(|(first, third, middle, last)| {
        let mut hash = [0; 32];
        hash[0] = first << 4;
        hash[1] = third << 4 | first;
        hash[15] = middle << 2;
        hash[31] = last;
        hash
    })
}

fn value() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop_oneof![2 => (1u8..4).prop_map(|byte| Some(vec![byte])), 1 => Just(None)]
}

fn blocks(key: impl Strategy<Value = Hash>, keys: usize) -> impl Strategy<Value = Blocks> {
    let block = prop::collection::btree_map(key, value(), 1..keys);
    prop::collection::vec(block, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn crowded_keys_give_the_nodes_of_jmt(blocks in blocks(crowded_hash(), 10), cached: bool) {
        compare(&blocks, cached);
    }

    #[test]
    fn spread_keys_give_the_nodes_of_jmt(
        blocks in blocks((0u32..500).prop_map(|key| sha256(&key.to_be_bytes())), 60),
        cached: bool,
    ) {
        compare(&blocks, cached);
    }
}

#[test]
fn large_blocks_run_in_parallel_to_the_same_nodes() {
    let block = |round: u32| -> BTreeMap<Hash, Option<Vec<u8>>> {
        (0..3000u32)
            .map(|key| {
                let deleted = (key + round).is_multiple_of(3);
                let value = (!deleted).then(|| (key + round).to_be_bytes().to_vec());
                (sha256(&key.to_be_bytes()), value)
            })
            .collect()
    };
    for cached in [true, false] {
        compare(&(0..4).map(block).collect(), cached);
    }
}

#[test]
fn eviction_keeps_the_upper_levels() {
    let block: BTreeMap<Hash, Option<Vec<u8>>> =
        (0..5000u32).map(|key| (sha256(&key.to_be_bytes()), Some(vec![1]))).collect();
    let mut ours = Ours { db: MemDb::default(), tree: Tree::empty(), cached: false };
    ours.apply(&block);
    ours.tree = Tree::stored(1, ours.tree.hash);
    let changes: Vec<Change> =
        block.keys().map(|key_hash| Change { key_hash: *key_hash, leaf: Some([1; 32]) }).collect();
    let mut tree = update(&ours.db, PREFIX, &ours.tree, &changes).tree;
    let levels = |tree: &Tree| {
        let mut weights = Vec::new();
        let Some(Root::Internal(root)) = &tree.root else { panic!("no internal root") };
        root.weigh_levels(0, &mut weights);
        weights
    };
    let full = levels(&tree);
    assert!(full.len() > 3);
    for kept in (1..full.len()).rev() {
        // One byte short of the next level.
        tree.evict(full[..=kept].iter().sum::<usize>() - 1);
        assert_eq!(levels(&tree), full[..kept]);
        assert_eq!(tree.resident, resident(&tree));
    }
    tree.evict(0);
    assert_eq!(levels(&tree), full[..1], "the root stays");
}
