//! Tensors, and the packets of interchain inference (`docs/interchain-inference.md`): what a
//! contract of any CosmWasm chain needs to ask a model of Synergy over IBC.
//!
//! A contract that links this crate asks its chain for no capability. `synergy-std` has all
//! of it too, for contracts that run on Synergy itself.

mod error;
mod packet;
mod tensor;

pub use error::TensorError;
pub use packet::{Answer, Infer, PORT, Request, VERSION, Withdraw};
pub use tensor::{DType, Element, Tensor};
