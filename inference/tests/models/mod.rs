//! The golden models with inputs by formulas that any language can repeat
//! (`benches/ort_inference.py` does), and a writer of small models.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

pub mod onnx;

use std::collections::BTreeMap;

use synergy_inference::{DType, NamedTensor, Tensor};

/// A model of `testdata` and how to call it.
pub struct Model {
    /// File name.
    pub file: &'static str,
    /// Numbers for the symbolic axes.
    pub bind: &'static [(&'static str, u64)],
    /// Name, type and shape of its input.
    pub input: (&'static str, DType, &'static [u64]),
    /// The element of the input at an index, before scaling.
    pub element: fn(u64) -> u64,
    /// What float elements are divided by.
    pub scale: f32,
}

/// All of them.
pub const ALL: &[Model] = &[
    Model {
        file: "magika.onnx",
        bind: &[("unk__214", 1)],
        input: ("bytes", DType::I32, &[1, 2048]),
        element: |index| (index * 7919 + 13) % 257,
        scale: 1.0,
    },
    Model {
        file: "rapidocr_cls.onnx",
        bind: &[("x:0", 1), ("x:2", 48), ("x:3", 192)],
        input: ("x", DType::F32, &[1, 3, 48, 192]),
        element: |index| (index * 7919 + 13) % 256,
        scale: 256.0,
    },
    Model {
        file: "skl_mlp.onnx",
        bind: &[("pixels:0", 1)],
        input: ("pixels", DType::F32, &[1, 64]),
        element: |index| (index * 7919 + 13) % 17,
        scale: 16.0,
    },
];

impl Model {
    /// The bindings as the runtime takes them.
    pub fn bindings(&self) -> BTreeMap<String, u64> {
        self.bind.iter().map(|(name, extent)| ((*name).to_owned(), *extent)).collect()
    }

    /// The inputs that the golden results are for.
    pub fn inputs(&self) -> Vec<NamedTensor> {
        self.inputs_with(self.element)
    }

    /// Inputs with other elements.
    pub fn inputs_with(&self, element: fn(u64) -> u64) -> Vec<NamedTensor> {
        let (name, dtype, shape) = self.input;
        let elements = (0..shape.iter().product()).map(element);
        let data = match dtype {
            DType::I32 => elements.flat_map(|value| (value as i32).to_le_bytes()).collect(),
            _ => elements.flat_map(|value| (value as f32 / self.scale).to_le_bytes()).collect(),
        };
        let tensor = Tensor { dtype, shape: shape.to_vec(), data };
        vec![NamedTensor { name: name.to_owned(), tensor }]
    }
}
