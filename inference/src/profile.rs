//! The identity of the runtime: everything that decides bits and gas.

use sha2::{Digest, Sha256};

use crate::onnx::attributes::{ONLY, Only, RANGES, REQUIRED, SIZES};
use crate::onnx::operators::{Cost, ML_OPERATORS, OPERATORS};
use crate::{kernel, onnx, tensor};

/// Points, as the guest counts them, in one unit of gas: a point is about
/// 0.05 ns, so that 1,000 gas take about a microsecond of one core.
pub const POINTS_PER_GAS: u64 = 20;

/// Gas of an instance: making it, mapping its memory and dropping it.
pub const INSTANCE_GAS: u64 = 200_000;

/// Most points that a call may be given, so that the guest's signed counter
/// can go below zero by one stretch of code without wrapping.
pub(crate) const MAX_POINTS: u64 = i64::MAX as u64;

/// What a NaN in a result is; see [`crate::Tensor`].
const NAN_RULE: &str = "canonical: engine pass on every operation, outputs rewritten";

/// Version of the tensor encoding.
const ENCODING: u64 = 1;

/// The hash that names a guest under the limits of this crate. The point table,
/// memory and stack limits are in the guest's own bytes.
pub(crate) fn hash(guest: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(b"synergy inference profile 1");
    part(guest);
    part(NAN_RULE.as_bytes());
    part(kernel::DEFINITION.as_bytes());
    let numbers = [
        POINTS_PER_GAS,
        INSTANCE_GAS,
        ENCODING,
        tensor::MAX_RANK as u64,
        tensor::MAX_TENSOR_BYTES,
        tensor::MAX_TENSORS as u64,
        tensor::MAX_NAME as u64,
        onnx::MAX_MODEL_BYTES as u64,
        onnx::MAX_NODES as u64,
        onnx::MAX_VALUES as u64,
        onnx::MAX_PORTS as u64,
        onnx::MAX_ARITY as u64,
        onnx::MAX_ATTRIBUTES as u64,
        onnx::MAX_ATTRIBUTE_ELEMENTS as u64,
        onnx::MAX_TREE_ELEMENTS as u64,
        onnx::MAX_NAME_BYTES as u64,
        onnx::MAX_DIM,
        *onnx::OPSETS.start(),
        *onnx::OPSETS.end(),
    ];
    for number in numbers {
        part(&number.to_be_bytes());
    }
    for (domain, table) in [("", OPERATORS), ("ai.onnx.ml", ML_OPERATORS)] {
        part(domain.as_bytes());
        part(&(table.len() as u64).to_be_bytes());
        for (name, cost) in table {
            part(name.as_bytes());
            part(&[u8::from(*cost == Cost::Variable)]);
        }
    }
    for (name, range) in RANGES {
        part(name.as_bytes());
        part(&range.start().to_be_bytes());
        part(&range.end().to_be_bytes());
    }
    for (operator, name, only) in ONLY {
        part(operator.as_bytes());
        part(name.as_bytes());
        match only {
            Only::Absent => part(b"absent"),
            Only::Int(value) => part(&value.to_be_bytes()),
            Only::Texts(texts) | Only::OneOf(texts) => texts.iter().for_each(|text| part(text.as_bytes())),
            Only::NotEnding(end) => part(end.as_bytes()),
        }
    }
    for (operator, name) in REQUIRED {
        part(operator.as_bytes());
        part(name.as_bytes());
    }
    for (operator, input) in SIZES {
        part(operator.as_bytes());
        part(&(*input as u64).to_be_bytes());
    }
    hasher.finalize().into()
}
