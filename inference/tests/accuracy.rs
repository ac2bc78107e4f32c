//! The golden models against onnxruntime: `testdata/accuracy.py` made its answers.

use std::collections::BTreeMap;
use std::path::Path;

use synergy_inference::{DType, NamedTensor, Runtime, Tensor};

mod models;

/// The largest distance of two tensors' elements; infinite if type or shape or an
/// integer differs.
fn distance(ours: &Tensor, theirs: &Tensor) -> f32 {
    if (ours.dtype, &ours.shape) != (theirs.dtype, &theirs.shape) {
        return f32::INFINITY;
    }
    if ours.dtype != DType::F32 {
        return if ours.data == theirs.data { 0.0 } else { f32::INFINITY };
    }
    let floats = |tensor: &Tensor| -> Vec<f32> {
        tensor.data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
    };
    let pairs = floats(ours).into_iter().zip(floats(theirs));
    // A NaN on one side is no distance that a maximum would keep.
    pairs
        .map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() })
        .fold(0.0, |worst, next| if next.is_nan() { f32::INFINITY } else { worst.max(next) })
}

#[test]
fn the_golden_models_agree_with_onnxruntime() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let runtime = Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let json = std::fs::read(testdata.join("accuracy.json")).unwrap();
    let mut expected: BTreeMap<String, Vec<Vec<NamedTensor>>> = serde_json::from_slice(&json).unwrap();
    for model in models::all(&testdata) {
        let file = std::fs::read(testdata.join(&model.file)).unwrap();
        let (image, _) = runtime.load(&file, &model.bind, u64::MAX).unwrap();
        let runs = expected.remove(&model.file).unwrap();
        assert_eq!(runs.len(), 4);
        let mut worst = 0f32;
        for (seed, theirs) in (0..).zip(runs) {
            let inputs = model.inputs_with(|index| 7919 * index + 13 + 104_729 * seed);
            let ours = runtime.run(&image, &inputs, u64::MAX).unwrap().outputs;
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!(ours.name, theirs.name);
                worst = worst.max(distance(&ours.tensor, &theirs.tensor));
            }
        }
        println!("{}: largest distance {worst:e}, {:e} allowed", model.file, model.tolerance);
        assert!(worst <= model.tolerance, "{}: {worst:e} is more than {:e}", model.file, model.tolerance);
    }
    assert!(expected.is_empty(), "{:?} are no golden models", expected.keys());
}
