//! Quantised chains: what lies between a dequantisation and a quantisation is
//! computed, not replaced by a table of its elements.

use std::collections::BTreeMap;
use std::path::Path;

use models::onnx::{Dim, int, model, node, tensor};
use synergy_inference::{DType, NamedTensor, Runtime, Tensor};

mod models;

/// x → Q → DQ → Softmax → Q → DQ, over one row.
fn softmax(runtime: &Runtime, row: &[f32]) -> Vec<f32> {
    let scalar = |name: &str, value: f32| tensor(name, 1, &[], &value.to_le_bytes());
    let constants = [
        scalar("wide", 0.05),
        tensor("middle", 2, &[], &[128]),
        scalar("fine", 1.0 / 256.0),
        tensor("low", 2, &[], &[0]),
    ];
    let nodes = [
        node("QuantizeLinear", &["x", "wide", "middle"], &["q"], &[]),
        node("DequantizeLinear", &["q", "wide", "middle"], &["d"], &[]),
        node("Softmax", &["d"], &["s"], &[int("axis", 1)]),
        node("QuantizeLinear", &["s", "fine", "low"], &["r"], &[]),
        node("DequantizeLinear", &["r", "fine", "low"], &["y"], &[]),
    ];
    let file = model(&[Dim::Fixed(1), Dim::Fixed(row.len() as u64)], &nodes, &constants);
    let (image, _) = runtime.load(&file, &BTreeMap::new(), u64::MAX).unwrap();
    let data = row.iter().flat_map(|value| value.to_le_bytes()).collect();
    let x = Tensor { dtype: DType::F32, shape: vec![1, row.len() as u64], data };
    let outputs = runtime.run(&image, &[NamedTensor { name: "x".into(), tensor: x }], u64::MAX).unwrap().outputs;
    outputs[0].tensor.data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

#[test]
fn a_softmax_between_quantisations_is_a_softmax() {
    let runtime = Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    for row in [&[1.0f32, 1.3][..], &[0.0, 0.0, 0.0, 0.0], &[-2.0, 0.5, 3.0]] {
        let sum: f32 = row.iter().map(|value| value.exp()).sum();
        for (found, value) in softmax(&runtime, row).iter().zip(row) {
            let expected = value.exp() / sum;
            // Half a step of the output's scale, and one of the input's.
            assert!((found - expected).abs() <= 0.5 / 256.0 + 0.05 * expected, "{found} for {expected} of {row:?}");
        }
    }
}
