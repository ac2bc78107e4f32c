use std::collections::BTreeMap;

use prost::Message;
use synergy_kernel::{Hash, Result, sdk};
use synergy_proto::synergy::modelregistry::{Asset, Binding, Manifest, Model};
use synergy_store::sha256;

use crate::error;

/// Most bindings of a model.
const MAX_BINDINGS: usize = 64;
/// Most assets of a model.
const MAX_ASSETS: usize = 16;
/// Most parents of a model.
const MAX_PARENTS: usize = 16;
/// Longest name of a dimension or an asset, in bytes.
const MAX_NAME: usize = 256;

/// What makes the model for ever.
pub fn manifest(model: &Model) -> Manifest {
    Manifest {
        owner: model.owner.clone(),
        name: model.name.clone(),
        version: model.version.clone(),
        content_hash: model.content_hash.clone(),
        size: model.size,
        profile: model.profile.clone(),
        bindings: model.bindings.clone(),
        assets: model.assets.clone(),
        license: model.license.clone(),
        parents: model.parents.clone(),
    }
}

/// A model's id: SHA-256 of `"synergy/model/2"` and the manifest in protobuf, fields in
/// the order of their numbers and defaults left out, as prost writes it.
pub fn model_id(manifest: &Manifest) -> Hash {
    sha256(&[b"synergy/model/2", manifest.encode_to_vec().as_slice()].concat())
}

/// Checks the lists of a manifest: bounded, sorted, and without repetition, so that there
/// is one encoding.
///
/// # Errors
/// Code 11 for bindings, 20 for assets, 21 for parents.
pub(crate) fn check(bindings: &[Binding], assets: &[Asset], parents: &[Vec<u8>]) -> Result<()> {
    check_bindings(bindings)?;
    if assets.len() > MAX_ASSETS {
        return Err(error::bad_asset(&format!("{} are given, at most {MAX_ASSETS} are allowed", assets.len())));
    }
    let mut last = "";
    for Asset { name, hash, size } in assets {
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(error::bad_asset(&format!("an asset's name has 1 to {MAX_NAME} bytes")));
        }
        if name.as_str() <= last {
            return Err(error::bad_asset(&format!("{name:?} comes after {last:?}: sort by name and name each once")));
        }
        if *size == 0 || hash.len() != 32 {
            return Err(error::bad_asset(&format!("{name:?} needs its size and its SHA-256")));
        }
        last = name;
    }
    if parents.len() > MAX_PARENTS || parents.iter().any(|id| id.len() != 32) || !parents.is_sorted_by(|a, b| a < b) {
        return Err(error::bad_parent(&format!("give at most {MAX_PARENTS} ids of 32 bytes, sorted, each once")));
    }
    Ok(())
}

fn check_bindings(bindings: &[Binding]) -> Result<()> {
    if bindings.len() > MAX_BINDINGS {
        return Err(error::bad_binding(&format!("{} are given, at most {MAX_BINDINGS} are allowed", bindings.len())));
    }
    let mut last = "";
    for Binding { dimension, size } in bindings {
        if dimension.is_empty() || dimension.len() > MAX_NAME {
            return Err(error::bad_binding(&format!("a dimension's name has 1 to {MAX_NAME} bytes")));
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
