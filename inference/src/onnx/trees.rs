//! Tree ensembles: that every walk from a root ends in a leaf.
//!
//! tract takes the nodes of a tree in the order of their numbers as its rows and
//! follows children without a look, so numbers that skip, children that lie
//! outside and cycles would make it read another tree or walk forever.

use super::attributes::{Attribute, wrong};
use crate::error::Error;
use crate::onnx::MAX_DIM;

/// Checks the attributes of a `TreeEnsembleClassifier`.
pub(super) fn check(attributes: &[Attribute<'_>]) -> Result<(), Error> {
    let find = |name: &str| attributes.iter().find(|attribute| attribute.name == name);
    let list = |name: &'static str| find(name).map_or(&[][..], |attribute| attribute.integers.as_slice());
    let (trees, nodes) = (list("nodes_treeids"), list("nodes_nodeids"));
    let modes = find("nodes_modes").map_or(&[][..], |attribute| attribute.texts.as_slice());
    for name in ["nodes_nodeids", "nodes_truenodeids", "nodes_falsenodeids", "nodes_featureids"] {
        if list(name).len() != trees.len() || trees.is_empty() {
            return Err(wrong(name, format!("has {} numbers for {} nodes", list(name).len(), trees.len())));
        }
    }
    const MODES: [&[u8]; 6] = [b"LEAF", b"BRANCH_LEQ", b"BRANCH_LT", b"BRANCH_GT", b"BRANCH_EQ", b"BRANCH_NEQ"];
    if modes.iter().any(|mode| !MODES.contains(mode)) {
        return Err(wrong(
            "nodes_modes",
            "has a comparison that the runtime does not follow; use BRANCH_LEQ or BRANCH_LT",
        ));
    }
    if modes.len() != trees.len() {
        return Err(wrong("nodes_modes", format!("has {} names for {} nodes", modes.len(), trees.len())));
    }
    if list("nodes_featureids").iter().any(|feature| *feature >= MAX_DIM) {
        return Err(wrong("nodes_featureids", "has a number that is no feature"));
    }
    let classes = list("classlabels_int64s").len() as u64;
    if list("class_ids").iter().any(|class| *class >= classes) {
        return Err(wrong("class_ids", format!("has a number that is none of the {classes} classes")));
    }
    let children = [list("nodes_truenodeids"), list("nodes_falsenodeids")];
    let mut start = 0;
    for (tree, rows) in trees.chunk_by(|a, b| a == b).enumerate() {
        let range = start..start + rows.len();
        start = range.end;
        let (Some(nodes), Some(modes)) = (nodes.get(range.clone()), modes.get(range.clone())) else {
            return Err(wrong("nodes_treeids", "has another length than the other lists"));
        };
        if rows.first() != Some(&(tree as u64)) || !nodes.iter().copied().eq(0..rows.len() as u64) {
            return Err(wrong("nodes_nodeids", "does not number trees and their nodes from 0 without gaps"));
        }
        for side in children {
            let side = side.get(range.clone()).unwrap_or_default();
            for ((node, mode), child) in nodes.iter().zip(modes).zip(side) {
                if *mode != b"LEAF" && !(node + 1..rows.len() as u64).contains(child) {
                    let message = format!("of tree {tree}, node {node} is {child}; a child comes after its parent");
                    return Err(wrong("nodes_truenodeids", message));
                }
            }
        }
    }
    Ok(())
}
