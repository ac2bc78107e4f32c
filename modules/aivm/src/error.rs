//! Codespace `aivm`: inputs that do not fit the model. Failures of the model
//! itself are in codespace `inference`; `docs/models.md` lists both.

use synergy_kernel::Error;

fn error(code: u32, message: String) -> Error {
    Error::new("aivm", code, message)
}

pub(crate) fn missing_input(name: &str) -> Error {
    error(2, format!("input {name:?} is missing: the model's record lists its inputs"))
}

pub(crate) fn unknown_input(name: &str) -> Error {
    error(3, format!("the model has no input {name:?}, or it is given twice: the model's record lists its inputs"))
}

pub(crate) fn wrong_dtype(name: &str, expected: &str, got: &str) -> Error {
    error(4, format!("input {name:?} takes elements of type {expected}, got {got:?}"))
}

pub(crate) fn wrong_shape(name: &str, expected: &[u64], got: &[u64]) -> Error {
    error(5, format!("input {name:?} takes shape {expected:?}, got {got:?}"))
}

pub(crate) fn wrong_length(name: &str, expected: u64, got: usize) -> Error {
    error(6, format!("input {name:?} takes {expected} bytes, got {got}"))
}

pub(crate) fn not_canonical(name: &str, why: &str) -> Error {
    error(7, format!("input {name:?}: {why}"))
}

pub(crate) fn too_large(got: u64, limit: u64) -> Error {
    error(8, format!("the inputs have {got} bytes, at most {limit} are allowed"))
}

pub(crate) fn no_blob(hash: &[u8]) -> Error {
    error(9, format!("there is no complete blob {}: upload it first, or again if its time was over", hex::encode(hash)))
}

pub(crate) fn bad_chunk(why: &str) -> Error {
    error(10, format!("chunk of a blob: {why}"))
}

pub(crate) fn over_limit(what: &str, got: u64, most: u64) -> Error {
    error(11, format!("blob: {what} is {got}, from 1 to {most} is allowed"))
}

pub(crate) fn wrong_hash(expected: &[u8], got: &[u8]) -> Error {
    error(
        12,
        format!(
            "the chunks have hash {}, announced was {}: send the right last chunk, or remove the blob and upload it anew",
            hex::encode(got),
            hex::encode(expected)
        ),
    )
}

pub(crate) fn other_upload(size: u64, chunk_bytes: u64) -> Error {
    error(
        13,
        format!(
            "the blob was opened with size {size} and chunk_bytes {chunk_bytes}: go on with these, or remove it first"
        ),
    )
}

pub(crate) fn two_sources(name: &str) -> Error {
    error(14, format!("input {name:?} has both data and a blob: give one of them"))
}

pub(crate) fn lane_full(wanted: u64, used: u64, most: u64) -> Error {
    error(
        15,
        format!(
            "inferences have {used} of the {most} gas that a block has for them, this one wants {wanted}: send it in another block"
        ),
    )
}

pub(crate) fn bad_price(why: &str) -> Error {
    error(16, format!("max_price: {why}"))
}

pub(crate) fn bad_packet(why: &str) -> Error {
    error(17, format!("packet of an interchain inference: {why}"))
}

pub(crate) fn packet_gas(got: u64, most: u64) -> Error {
    error(18, format!("the packet's gas is {got}, a block has {most} for inferences: ask with less"))
}

pub(crate) fn large_outputs(most: u64) -> Error {
    error(19, format!("the outputs have more than {most} bytes, which no acknowledgement takes"))
}

pub(crate) fn bad_channel(why: &str) -> Error {
    error(20, format!("channel of interchain inference: {why}"))
}

pub(crate) fn outputs_too_large(got: u64, most: u64) -> Error {
    error(
        21,
        format!(
            "the outputs have {got} bytes, the answer to a contract has room for {most}: request the inference with output_blocks, they come as blobs then"
        ),
    )
}

/// A fault of ours, never of a message.
pub(crate) fn broken(what: &str) -> Error {
    error(1, format!("aivm invariant broken: {what}"))
}
