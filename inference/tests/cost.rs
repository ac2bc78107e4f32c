//! Whether gas depends on values: operators that admission calls fixed cost the
//! same for zeros, ordinary numbers, large ones and infinities.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use models::onnx::{Dim, ints, model, node, tensor};
use synergy_inference::{DType, NamedTensor, Runtime, Tensor};

mod models;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap());

const AXES: [u64; 4] = [1, 2, 8, 8];

fn floats(values: impl Iterator<Item = f32>) -> Vec<u8> {
    values.flat_map(f32::to_le_bytes).collect()
}

/// The gas of a model for each kind of values, and whether it is called variable.
fn gas(file: &[u8]) -> (Vec<u64>, bool) {
    let (image, _) = RUNTIME.load(file, &BTreeMap::new(), u64::MAX).unwrap();
    let kinds: [fn(u64) -> f32; 6] = [
        |_| 0.0,
        |_| -1.5,
        |index| index as f32 / 64.0 - 1.0,
        |index| (index * 7919 % 128) as f32 - 64.0,
        |index| 1e30 * (index as f32 - 60.0),
        |index| if index % 3 == 0 { f32::INFINITY } else { 1e-40 },
    ];
    let run = |kind: &fn(u64) -> f32| {
        let data = floats((0..AXES.iter().product()).map(kind));
        let tensor = Tensor { dtype: DType::F32, shape: AXES.to_vec(), data };
        RUNTIME.run(&image, &[NamedTensor { name: "x".into(), tensor }], u64::MAX).unwrap().gas
    };
    (kinds.iter().map(run).collect(), image.variable())
}

fn varies(gas: &[u64]) -> bool {
    gas.windows(2).any(|pair| pair[0] != pair[1])
}

#[test]
fn fixed_operators_cost_the_same_for_all_values() {
    let unary = [
        "Abs",
        "Acos",
        "Ceil",
        "Celu",
        "Cos",
        "Elu",
        "Erf",
        "Exp",
        "Floor",
        "Gelu",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "IsInf",
        "IsNaN",
        "LeakyRelu",
        "Log",
        "LogSoftmax",
        "Mish",
        "Neg",
        "Reciprocal",
        "Relu",
        "Round",
        "Selu",
        "Sigmoid",
        "Sign",
        "Sin",
        "Softmax",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Tanh",
        "ThresholdedRelu",
        "Shrink",
        "ArgMax",
        "LRN",
        "MeanVarianceNormalization",
        "ReduceMean",
        "ReduceSum",
        "ReduceMax",
        "ReduceMin",
        "ReduceL1",
        "ReduceLogSum",
        "ReduceLogSumExp",
        "ReduceProd",
        "ReduceSumSquare",
        "ArgMin",
        "ReduceL2",
    ];
    let binary = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Mod", "PRelu", "MatMul", "Greater", "Equal"];
    let dims = || AXES.map(Dim::Fixed);
    let constant = tensor("w", 1, &[8, 8], &floats((0..64).map(|index| index as f32 / 16.0 - 2.0)));
    let mut wrong = Vec::new();
    let mut check = |name: &str, file: Vec<u8>| {
        let (gas, variable) = gas(&file);
        if varies(&gas) && !variable {
            wrong.push(format!("{name} is called fixed and costs {gas:?}"));
        }
    };
    for name in unary {
        let attributes = if name == "LRN" { vec![models::onnx::int("size", 3)] } else { vec![] };
        check(name, model(&dims(), &[node(name, &["x"], &["y"], &attributes)], &[]));
    }
    for name in binary {
        let attributes = if name == "Mod" { vec![models::onnx::int("fmod", 1)] } else { vec![] };
        let node = node(name, &["x", "w"], &["y"], &attributes);
        check(name, model(&dims(), &[node], std::slice::from_ref(&constant)));
    }
    let limits =
        [tensor("low", 1, &[], &floats([-0.5].into_iter())), tensor("high", 1, &[], &floats([0.5].into_iter()))];
    check("Clip", model(&dims(), &[node("Clip", &["x", "low", "high"], &["y"], &[])], &limits));
    let kernel = tensor("k", 1, &[2, 2, 3, 3], &floats((0..36).map(|index| index as f32 / 9.0 - 2.0)));
    check("Conv", model(&dims(), &[node("Conv", &["x", "k"], &["y"], &[])], &[kernel]));
    for pool in ["MaxPool", "AveragePool"] {
        let shape = [ints("kernel_shape", &[2, 2])];
        check(pool, model(&dims(), &[node(pool, &["x"], &["y"], &shape)], &[]));
    }
    let gain = tensor("g", 1, &[8], &floats((0..8).map(|index| index as f32 / 8.0 + 0.5)));
    let normal = node("RMSNormalization", &["x", "g"], &["y"], &[]);
    check("RMSNormalization", model(&dims(), &[normal], std::slice::from_ref(&gain)));
    let product = node("Einsum", &["x", "w"], &["y"], &[models::onnx::text("equation", "abcd,de->abce")]);
    check("Einsum", model(&dims(), &[product], std::slice::from_ref(&constant)));
    let rows = || {
        let shape = tensor("s", 7, &[2], &[16i64, 8].map(i64::to_le_bytes).concat());
        (node("Reshape", &["x", "s"], &["r"], &[]), shape)
    };
    let learned = |operator: &str, attributes: &[Vec<u8>]| {
        let (reshape, shape) = rows();
        let node = [node(operator, &["r"], &["y"], attributes), models::onnx::bytes(7, b"ai.onnx.ml")].concat();
        model(&dims(), &[reshape, node], &[shape])
    };
    check("Normalizer", learned("Normalizer", &[models::onnx::text("norm", "L2")]));
    let coefficients = models::onnx::floats("coefficients", &[0.5, -1.0, 2.0, 0.1, 0.2, -0.3, 1.5, 1.0]);
    check("LinearRegressor", learned("LinearRegressor", &[coefficients]));
    let to = |number| [models::onnx::int("to", number)];
    let cast = |number| {
        let there = node("Cast", &["x"], &["i"], &to(number));
        model(&dims(), &[there, node("Cast", &["i"], &["y"], &to(1))], &[])
    };
    check("Cast to i32", cast(6));
    check("Cast to f16", cast(10));
    let choose = [node("Greater", &["x", "w"], &["c"], &[]), node("Where", &["c", "x", "w"], &["y"], &[])];
    check("Where", model(&dims(), &choose, std::slice::from_ref(&constant)));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_variable_operator_does_vary() {
    let modulo = model(
        &AXES.map(Dim::Fixed),
        &[node("Mod", &["x", "w"], &["y"], &[models::onnx::int("fmod", 1)])],
        &[tensor("w", 1, &[1], &floats([0.7].into_iter()))],
    );
    let (gas, variable) = gas(&modulo);
    assert!(varies(&gas) && variable, "{gas:?}");
}
