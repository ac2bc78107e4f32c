use cosmwasm_std::{HexBinary, StdError};

use crate::DType;

/// Why a tensor cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TensorError {
    /// Elements and shape do not agree.
    #[error("tensor {name}: shape {shape:?} does not have {elements} elements")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Its shape.
        shape: Vec<u64>,
        /// How many elements there are.
        elements: usize,
    },
    /// The elements are of another type than asked for.
    #[error("tensor {name} holds {is:?}, not {asked:?}")]
    Type {
        /// Name of the tensor.
        name: String,
        /// Its type.
        is: DType,
        /// The type asked for.
        asked: DType,
    },
    /// An element is NaN, infinite, or too large for the fixed-point format.
    #[error("tensor {name}: element {index} has no value in this fixed-point format")]
    Range {
        /// Name of the tensor.
        name: String,
        /// Which element.
        index: usize,
    },
    /// The elements are not here but in a blob.
    #[error("tensor {name} is blob {hash}: read it with the query blob")]
    Stored {
        /// Name of the tensor.
        name: String,
        /// Hash of the blob.
        hash: HexBinary,
    },
    /// There is no output of that name.
    #[error("the model has no output {name}: it has {present}")]
    Missing {
        /// The name asked for.
        name: String,
        /// The names there are.
        present: String,
    },
    /// The reply to `request_inference` does not carry a result.
    #[error("not the reply to an inference: {0}")]
    Reply(String),
}

impl From<TensorError> for StdError {
    fn from(error: TensorError) -> Self {
        StdError::generic_err(error.to_string())
    }
}
