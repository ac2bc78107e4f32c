//! What can go wrong: a deterministic [`Error`], or a [`Fault`] of this machine.

use std::fmt;

/// A deterministic failure: every node finds the same `code` and `gas_used`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Which failure, one of [`code`]. Consensus data.
    pub code: u32,
    /// What happened and what to do, for people. Not consensus data.
    pub message: String,
    /// Gas to charge. Consensus data.
    pub gas_used: u64,
}

impl Error {
    /// A failure that cost no metered work.
    pub(crate) fn new(code: u32, message: impl Into<String>) -> Self {
        Error { code, message: message.into(), gas_used: 0 }
    }
}

/// Trouble of this machine: engine, memory or disk. It says nothing about the
/// model, other nodes may not see it, and so the caller ends the process.
#[derive(Debug)]
pub struct Fault(String);

impl Fault {
    pub(crate) fn new(context: &str, cause: impl fmt::Display) -> Self {
        Fault(format!("{context}: {cause}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// Why a call into the runtime gave no result.
#[derive(Debug, thiserror::Error)]
pub enum Outcome {
    /// The model, its inputs or its gas are at fault.
    #[error(transparent)]
    Error(#[from] Error),
    /// This machine is at fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The values of [`Error::code`]. They are part of the protocol: a number is
/// never given another meaning.
pub mod code {
    /// The file is no ONNX protobuf, or is cut short.
    pub const MALFORMED: u32 = 1;
    /// The file is larger than the limit.
    pub const TOO_LARGE: u32 = 2;
    /// The graph has too many nodes, values, attributes or list elements.
    pub const TOO_COMPLEX: u32 = 3;
    /// The operator set version is outside the admitted range or missing.
    pub const OPSET: u32 = 4;
    /// The operator, or its domain, is not admitted.
    pub const OPERATOR: u32 = 5;
    /// A tensor's bytes lie outside the file.
    pub const EXTERNAL_DATA: u32 = 6;
    /// An element type is not admitted.
    pub const ELEMENT_TYPE: u32 = 7;
    /// A dimension, or a product of dimensions, is out of range.
    pub const SHAPE: u32 = 8;
    /// An input dimension has no number and the bindings give none.
    pub const UNBOUND: u32 = 9;
    /// A binding names nothing in the model, or is out of range.
    pub const BINDING: u32 = 10;
    /// The graph is not well formed: a value that nothing makes, or made twice.
    pub const GRAPH: u32 = 11;
    /// A subgraph, function, training or sparse part: not admitted.
    pub const FEATURE: u32 = 12;
    /// A tensor's bytes do not match its type and shape.
    pub const TENSOR_DATA: u32 = 13;
    /// An attribute has a value that is out of range, or that the runtime does
    /// not follow.
    pub const ATTRIBUTE: u32 = 14;

    /// The runtime could not compile the model.
    pub const LOAD: u32 = 20;
    /// The runtime gave up while compiling the model.
    pub const LOAD_TRAP: u32 = 21;

    /// The runtime refused the inputs while running the model.
    pub const RUN: u32 = 30;
    /// The runtime gave up while running the model.
    pub const RUN_TRAP: u32 = 31;
    /// An input is missing, unknown, or of another type or shape than declared.
    pub const INPUT: u32 = 32;
    /// The outputs are larger than the limit.
    pub const OUTPUT_TOO_LARGE: u32 = 33;

    /// The gas limit was reached.
    pub const OUT_OF_GAS: u32 = 40;
    /// The memory limit was reached.
    pub const OUT_OF_MEMORY: u32 = 41;
    /// The call-stack limit was reached.
    pub const STACK: u32 = 42;

    /// Bytes are no canonical tensor encoding.
    pub const TENSOR_ENCODING: u32 = 50;
}
