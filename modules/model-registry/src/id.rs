use std::collections::BTreeMap;

use synergy_kernel::{Hash, Result, sdk};
use synergy_proto::synergy::modelregistry::Binding;
use synergy_store::sha256;

use crate::error;

/// Most bindings of a model.
const MAX_BINDINGS: usize = 64;
/// Longest name of a dimension, in bytes.
const MAX_DIMENSION: usize = 256;

/// A model's id: SHA-256 of
/// `"synergy/model/1" content_hash profile count { length dimension size }…`,
/// the bindings in order, integers big-endian, `count` and `length` of 4 bytes and
/// `size` of 8.
///
/// # Errors
/// Code 11 when the bindings are not the canonical list: sorted by dimension
/// without repetition, no empty name, no size 0.
pub fn model_id(content_hash: &Hash, profile: &Hash, bindings: &[Binding]) -> Result<Hash> {
    check(bindings)?;
    let mut bytes = b"synergy/model/1".to_vec();
    bytes.extend(content_hash);
    bytes.extend(profile);
    bytes.extend(len(bindings.len()).to_be_bytes());
    for binding in bindings {
        bytes.extend(len(binding.dimension.len()).to_be_bytes());
        bytes.extend(binding.dimension.as_bytes());
        bytes.extend(binding.size.to_be_bytes());
    }
    Ok(sha256(&bytes))
}

/// Lengths here are checked to be small.
#[allow(clippy::cast_possible_truncation, reason = "at most MAX_DIMENSION")]
fn len(length: usize) -> u32 {
    length as u32
}

pub(crate) fn check(bindings: &[Binding]) -> Result<()> {
    if bindings.len() > MAX_BINDINGS {
        return Err(error::bad_binding(&format!("{} are given, at most {MAX_BINDINGS} are allowed", bindings.len())));
    }
    let mut last = "";
    for Binding { dimension, size } in bindings {
        if dimension.is_empty() || dimension.len() > MAX_DIMENSION {
            return Err(error::bad_binding(&format!("a dimension's name has 1 to {MAX_DIMENSION} bytes")));
        }
        if dimension.as_str() <= last {
            return Err(error::bad_binding(&format!(
                "{dimension:?} comes after {last:?}: sort by dimension and name each once"
            )));
        }
        if *size == 0 {
            return Err(error::bad_binding(&format!("{dimension:?} has size 0: a size is at least 1")));
        }
        last = dimension;
    }
    Ok(())
}

/// Bindings as the runtime takes them.
pub(crate) fn bindings_of(bindings: &[Binding]) -> BTreeMap<String, u64> {
    bindings.iter().map(|b| (b.dimension.clone(), b.size)).collect()
}

/// Reads a model id, or another hash that `what` names.
///
/// # Errors
/// SDK 18 when it has not 32 bytes.
pub fn read_id(bytes: &[u8], what: &str) -> Result<Hash> {
    bytes.try_into().map_err(|_| sdk::invalid_request(format!("{what} has {} bytes: a SHA-256 has 32", bytes.len())))
}
