//! The Merkle tree over a model's chunks: RFC 6962's, as CometBFT's `crypto/merkle`. Its
//! leaves are the chunks' SHA-256.

use synergy_kernel::Hash;
use synergy_store::sha256;

fn leaf(hash: &Hash) -> Hash {
    sha256(&[&[0], &hash[..]].concat())
}

fn inner(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], &left[..], &right[..]].concat())
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    count.next_power_of_two() >> 1
}

/// The root over the chunks' hashes.
pub fn root(chunks: &[Hash]) -> Hash {
    match chunks {
        [] => sha256(&[]),
        [only] => leaf(only),
        _ => {
            let (left, right) = chunks.split_at(split(chunks.len()));
            inner(&root(left), &root(right))
        }
    }
}

/// The hashes that lead from chunk `index` to the root, from its sibling upwards.
pub(crate) fn aunts(chunks: &[Hash], index: usize) -> Vec<Hash> {
    if chunks.len() < 2 {
        return Vec::new();
    }
    let (left, right) = chunks.split_at(split(chunks.len()));
    let (mut path, sibling) = match index.checked_sub(left.len()) {
        None => (aunts(left, index), root(right)),
        Some(index) => (aunts(right, index), root(left)),
    };
    path.push(sibling);
    path
}

/// The root that a chunk's hash and its aunts lead to; `None` when their number does not
/// fit place and total.
pub fn root_of(chunk: &Hash, index: usize, total: usize, aunts: &[Hash]) -> Option<Hash> {
    if index >= total {
        return None;
    }
    if total == 1 {
        return aunts.is_empty().then(|| leaf(chunk));
    }
    let (sibling, below) = aunts.split_last()?;
    let left = split(total);
    match index.checked_sub(left) {
        None => Some(inner(&root_of(chunk, index, left, below)?, sibling)),
        Some(index) => Some(inner(sibling, &root_of(chunk, index, total.checked_sub(left)?, below)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_of_every_size_proves_itself_and_no_other_place() {
        for total in 1..=33_usize {
            let chunks: Vec<Hash> = (0..total).map(|i| sha256(&[u8::try_from(i).unwrap()])).collect();
            let expected = root(&chunks);
            for index in 0..total {
                let aunts = aunts(&chunks, index);
                assert_eq!(root_of(&chunks[index], index, total, &aunts), Some(expected));
                assert_ne!(root_of(&sha256(b"other"), index, total, &aunts), Some(expected));
                if total > 1 {
                    assert_ne!(root_of(&chunks[index], (index + 1) % total, total, &aunts), Some(expected));
                    assert_eq!(root_of(&chunks[index], index, total, &aunts[1..]), None);
                }
            }
        }
    }

    #[test]
    fn the_root_is_that_of_rfc_6962() {
        // Computed apart from this code, with the definitions of RFC 6962, 2.1.
        assert_eq!(
            hex::encode(root(&[sha256(b"a"), sha256(b"b"), sha256(b"c")])),
            "cac3d448d4e20a2ad5eae1f500e63c2a7f9217cd14572ba7fd22e26dc1ec2648"
        );
        assert_eq!(root(&[]), sha256(b""));
    }
}
