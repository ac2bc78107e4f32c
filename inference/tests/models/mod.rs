//! The golden models as `testdata/models.json` describes them, and a writer of
//! small models.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

pub mod hostile;
pub mod onnx;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use synergy_inference::{DType, Image, NamedTensor, Tensor};

/// A model of `testdata` and how to call it.
#[derive(Deserialize)]
pub struct Model {
    /// File name.
    pub file: String,
    /// Numbers for the symbolic axes.
    pub bind: BTreeMap<String, u64>,
    input: Input,
    modulus: u64,
    scale: f32,
    /// Names of the outputs.
    pub outputs: Vec<String>,
    /// How far, absolutely, floats may be from onnxruntime's.
    pub tolerance: f32,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    dtype: DType,
    shape: Vec<u64>,
}

/// All golden models.
pub fn all(testdata: &Path) -> Vec<Model> {
    let json = std::fs::read(testdata.join("models.json")).unwrap();
    serde_json::from_slice(&json).unwrap()
}

impl Model {
    /// The inputs that the golden results are for: element `i` is
    /// `(7919 i + 13) mod modulus / scale`.
    pub fn inputs(&self) -> Vec<NamedTensor> {
        self.inputs_with(|index| 7919 * index + 13)
    }

    /// Inputs with other elements, before the modulus.
    pub fn inputs_with(&self, element: impl Fn(u64) -> u64) -> Vec<NamedTensor> {
        let Input { name, dtype, shape } = &self.input;
        let elements = (0..shape.iter().product()).map(|index| element(index) % self.modulus);
        let data = match dtype {
            DType::I32 => elements.flat_map(|value| (value as i32).to_le_bytes()).collect(),
            _ => elements.flat_map(|value| (value as f32 / self.scale).to_le_bytes()).collect(),
        };
        let tensor = Tensor { dtype: *dtype, shape: shape.clone(), data };
        vec![NamedTensor { name: name.clone(), tensor }]
    }
}

/// Inputs of an image that are 1 everywhere.
pub fn ones(image: &Image) -> Vec<NamedTensor> {
    let one = |dtype| match dtype {
        DType::F32 => 1f32.to_le_bytes().to_vec(),
        DType::I64 => 1i64.to_le_bytes().to_vec(),
        other => [vec![1], vec![0; other.size() as usize - 1]].concat(),
    };
    let tensor = |port: &synergy_inference::Port| Tensor {
        dtype: port.dtype,
        shape: port.shape.clone(),
        data: one(port.dtype).repeat(port.shape.iter().product::<u64>() as usize),
    };
    image.inputs().iter().map(|port| NamedTensor { name: port.name.clone(), tensor: tensor(port) }).collect()
}
