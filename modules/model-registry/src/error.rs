//! Codespace `modelregistry`. What the runtime refuses a model for is in
//! codespace `inference`, with the runtime's own codes; `docs/models.md` lists
//! both.

use synergy_kernel::Error;

fn error(code: u32, message: String) -> Error {
    Error::new("modelregistry", code, message)
}

pub(crate) fn not_found(id: &[u8]) -> Error {
    error(2, format!("there is no model {}: create it first", hex::encode(id)))
}

pub(crate) fn not_owner(id: &[u8], owner: &str) -> Error {
    error(3, format!("model {} belongs to {owner}: only its owner can change it", hex::encode(id)))
}

pub(crate) fn exists(name: &str, version: &str) -> Error {
    error(4, format!("you have published version {version:?} of {name:?} already: give another version"))
}

pub(crate) fn wrong_index(index: u32, why: &str) -> Error {
    error(5, format!("chunk {index}: {why}"))
}

pub(crate) fn wrong_length(index: u32, expected: u64, got: usize) -> Error {
    error(6, format!("chunk {index} has {expected} bytes, got {got}: every chunk but the last has chunk_bytes"))
}

pub(crate) fn too_many_bytes(got: u64, limit: u64, of_what: &str) -> Error {
    error(7, format!("{got} bytes exceed the {limit} bytes {of_what}"))
}

pub(crate) fn hash_mismatch(expected: &[u8], got: &[u8]) -> Error {
    let (expected, got) = (hex::encode(expected), hex::encode(got));
    error(
        8,
        format!(
            "content hash mismatch, announced {expected}, uploaded {got}: remove the draft, create it anew and upload the right bytes"
        ),
    )
}

pub(crate) fn not_draft(id: &[u8]) -> Error {
    error(9, format!("model {} is sealed: it never changes", hex::encode(id)))
}

pub(crate) fn not_sealed(id: &[u8]) -> Error {
    error(10, format!("model {} is a draft: its owner has to seal it first", hex::encode(id)))
}

pub(crate) fn bad_binding(what: &str) -> Error {
    error(11, format!("bad binding: {what}"))
}

pub(crate) fn incomplete(uploaded: u64, size: u64) -> Error {
    error(12, format!("{uploaded} of {size} bytes are uploaded: upload the rest before sealing"))
}

pub(crate) fn other_profile(profile: &[u8]) -> Error {
    error(
        13,
        format!("the model was made for inference profile {}, which this chain no longer runs", hex::encode(profile)),
    )
}

pub(crate) fn frozen(id: &[u8]) -> Error {
    error(14, format!("model {} is frozen: governance has stopped it, and can unfreeze it", hex::encode(id)))
}

pub(crate) fn not_active(id: &[u8]) -> Error {
    error(15, format!("model {} is sealed but not active: its owner can activate it", hex::encode(id)))
}

pub(crate) fn not_allowed(id: &[u8]) -> Error {
    error(16, format!("model {} is restricted: ask its owner to be put on its list", hex::encode(id)))
}

pub(crate) fn too_expensive(id: &[u8], price: u128, max: u128) -> Error {
    error(17, format!("model {} costs {price}, at most {max} was offered: raise max_price", hex::encode(id)))
}

pub(crate) fn not_free(id: &[u8]) -> Error {
    error(18, format!("model {} has a price, which a query cannot pay: send a message that infers", hex::encode(id)))
}

pub(crate) fn bad_license(license: &str) -> Error {
    let shown: String = license.chars().take(60).collect();
    error(19, format!("{shown:?} is no SPDX identifier nor OpenMDW-1.1: see spdx.org/licenses, or leave it empty"))
}

pub(crate) fn bad_asset(why: &str) -> Error {
    error(20, format!("bad asset: {why}"))
}

pub(crate) fn bad_parent(why: &str) -> Error {
    error(21, format!("bad parent: {why}"))
}

pub(crate) fn bad_terms(why: &str) -> Error {
    error(22, format!("bad terms: {why}"))
}

pub(crate) fn wrong_status(id: &[u8], what_to_do: &str) -> Error {
    error(23, format!("model {}: {what_to_do}", hex::encode(id)))
}

pub(crate) fn in_use(id: &[u8], why: &str) -> Error {
    error(24, format!("model {} cannot be removed: {why}", hex::encode(id)))
}

pub(crate) fn no_room(wanted: u64, used: u64, most: u64) -> Error {
    error(25, format!("resident models have {used} of {most} bytes, this one needs {wanted}: wait until a rent ends"))
}

pub(crate) fn bad_rent(why: &str) -> Error {
    error(26, format!("rent: {why}"))
}

/// A fault of ours, never of a message.
pub(crate) fn broken(what: &str) -> Error {
    error(1, format!("modelregistry invariant broken: {what}"))
}
