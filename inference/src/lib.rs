//! The AI runtime: ONNX in, bits out, the same on every machine.
//!
//! tract is compiled once to WebAssembly (the *guest*, committed as an artefact)
//! and runs under wasmer's Cranelift with canonical NaNs. Its float matrix products
//! are computed by a kernel of this crate whose result is defined to the bit. The
//! guest itself counts its operators and its stack, so gas, memory limits and
//! results do not depend on the engine or the CPU. What defines them all is the
//! [profile](Runtime::profile).
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::{collections::BTreeMap, path::Path};
//! use synergy_inference::Runtime;
//!
//! let runtime = Runtime::open(Path::new("cache"))?;
//! let model = std::fs::read("model.onnx")?;
//! let (image, _gas) = runtime.load(&model, &BTreeMap::new(), u64::MAX)?;
//! let result = runtime.run(&image, &[], u64::MAX)?;
//! println!("{} outputs for {} gas", result.outputs.len(), result.gas);
//! # Ok(()) }
//! ```

mod engine;
mod error;
mod image;
mod image_file;
mod instance;
mod json;
mod kernel;
mod memory;
mod onnx;
mod profile;
mod runtime;
mod tensor;
mod wire;

pub use engine::Progress;
pub use error::{Error, Fault, Outcome, code};
pub use image::Image;
pub use onnx::{Admission, MAX_MODEL_BYTES, Operator, Port, admit, operators};
pub use profile::{INSTANCE_GAS, POINTS_PER_GAS};
pub use runtime::{Inference, Runtime};
pub use tensor::{DType, MAX_NAME, MAX_RANK, MAX_TENSOR_BYTES, MAX_TENSORS, NamedTensor, Tensor};
