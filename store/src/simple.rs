//! The simple Merkle map from store names to roots, whose root is the app hash.
//!
//! This is the hash of `CommitInfo` in the Cosmos SDK: leaves in the order of the
//! names, `sha256(0x00 || len(name) name || 32 sha256(root))`, inner nodes
//! `sha256(0x01 || left || right)`, split at the largest power of two below the
//! number of leaves. ICS-23 knows it as `tendermint_spec`.

use ics23::{CommitmentProof, ExistenceProof, HashOp, InnerOp, LeafOp, LengthOp, commitment_proof::Proof};

use crate::codec::put_bytes;
use crate::{Hash, sha256};

const LEAF: u8 = 0;
const INNER: u8 = 1;

/// Names and roots in the order of the names.
pub(crate) type Roots<'a> = [(&'a str, Hash)];

fn leaf_hash(name: &str, root: &Hash) -> Hash {
    let mut bytes = vec![LEAF];
    put_bytes(&mut bytes, name.as_bytes());
    put_bytes(&mut bytes, &sha256(root));
    sha256(&bytes)
}

fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[INNER], left.as_slice(), right].concat())
}

/// Where a list of `len >= 2` leaves is split.
fn split(len: usize) -> usize {
    len.div_ceil(2).next_power_of_two()
}

/// The app hash.
pub(crate) fn map_hash(roots: &Roots<'_>) -> Hash {
    match roots {
        [] => sha256(&[]),
        [(name, root)] => leaf_hash(name, root),
        _ => {
            let (left, right) = roots.split_at(split(roots.len()));
            inner_hash(&map_hash(left), &map_hash(right))
        }
    }
}

/// Proves that `name` has its root in the map.
pub(crate) fn prove(roots: &Roots<'_>, name: &str) -> Option<CommitmentProof> {
    let at = roots.iter().position(|(other, _)| *other == name)?;
    let mut path = Vec::new();
    path_to(roots, at, &mut path);
    Some(CommitmentProof {
        proof: Some(Proof::Exist(ExistenceProof {
            key: name.as_bytes().to_vec(),
            value: roots[at].1.to_vec(),
            leaf: Some(LeafOp {
                hash: HashOp::Sha256.into(),
                prehash_key: HashOp::NoHash.into(),
                prehash_value: HashOp::Sha256.into(),
                length: LengthOp::VarProto.into(),
                prefix: vec![LEAF],
            }),
            path,
        })),
    })
}

/// Collects the steps from leaf `at` to the top.
fn path_to(roots: &Roots<'_>, at: usize, path: &mut Vec<InnerOp>) {
    if roots.len() < 2 {
        return;
    }
    let (left, right) = roots.split_at(split(roots.len()));
    let (prefix, suffix) = match at.checked_sub(left.len()) {
        None => {
            path_to(left, at, path);
            (vec![INNER], map_hash(right).to_vec())
        }
        Some(at) => {
            path_to(right, at, path);
            ([&[INNER], map_hash(left).as_slice()].concat(), Vec::new())
        }
    };
    path.push(InnerOp { hash: HashOp::Sha256.into(), prefix, suffix });
}
