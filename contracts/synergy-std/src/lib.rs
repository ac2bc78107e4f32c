//! Synergy's AI runtime and signatures for CosmWasm contracts.
//!
//! A model is known by its id, the SHA-256 that `synergyd tx model publish` prints.
//! A contract runs one in two ways:
//!
//! * [`SynergyQuerier::infer`]: now, inside the call, with nothing left behind.
//! * [`SynergyMsg::RequestInference`] in a sub-message: as an account would, with a
//!   record on the chain that proves inputs and outputs; [`Recorded::from_reply`]
//!   reads the result.
//!
//! Both give the same bits and cost the same gas for the inference. Inputs of more
//! than 45 KiB are uploaded before and named by their hash ([`Tensor::from_blob`]);
//! outputs of more than 64 KiB are kept as blobs on request, which
//! [`SynergyQuerier::blob`] reads and other inferences take as they are.
//!
//! ```
//! use cosmwasm_std::{Deps, HexBinary, StdError};
//! use synergy_std::{SynergyQuerier, SynergyQuery, Tensor};
//!
//! fn is_seven(deps: Deps<SynergyQuery>, model: &HexBinary, pixels: &[f32]) -> Result<bool, StdError> {
//!     let input = Tensor::from_slice("pixels", &[1, 64], pixels)?;
//!     let result = deps.querier.infer(model, vec![input])?;
//!     Ok(result.output("label")?.to_vec::<i64>()? == [7])
//! }
//! ```
//!
//! A contract that links this crate asks for the capability `synergy`: a chain
//! without it refuses the code when it is stored. Contracts of other chains take
//! `synergy-interchain`, which has tensors and the packets of interchain inference.

mod msg;
mod query;

#[cfg(feature = "mock")]
pub mod mock;

pub use msg::{Recorded, SynergyMsg};
pub use query::{Digest, HashAlgorithm, Inference, MlDsa, Slice, SynergyQuerier, SynergyQuery, Validity};
pub use synergy_interchain::{DType, Element, Tensor, TensorError};

/// Names the capability that the contract needs.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
extern "C" fn requires_synergy() {}
