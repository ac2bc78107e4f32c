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

pub(crate) fn exists(id: &[u8], owner: &str, what_to_do: &str) -> Error {
    error(4, format!("model {} already exists and belongs to {owner}: {what_to_do}", hex::encode(id)))
}

pub(crate) fn wrong_index(expected: usize, got: u32) -> Error {
    error(5, format!("chunk index mismatch, expected {expected}, got {got}"))
}

pub(crate) fn chunk_too_large(got: usize, limit: u64) -> Error {
    error(6, format!("the chunk has {got} bytes, at most {limit} are allowed: send smaller chunks"))
}

pub(crate) fn too_many_bytes(got: u64, limit: u64, of_what: &str) -> Error {
    error(7, format!("{got} bytes exceed the {limit} bytes {of_what}"))
}

pub(crate) fn hash_mismatch(expected: &[u8], got: &[u8]) -> Error {
    let (expected, got) = (hex::encode(expected), hex::encode(got));
    error(
        8,
        format!(
            "content hash mismatch, announced {expected}, uploaded {got}: create the model anew and upload it again"
        ),
    )
}

pub(crate) fn not_draft(id: &[u8]) -> Error {
    error(9, format!("model {} is sealed: it cannot be changed", hex::encode(id)))
}

pub(crate) fn not_sealed(id: &[u8]) -> Error {
    error(10, format!("model {} is a draft: it can be run when its owner has sealed it", hex::encode(id)))
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
