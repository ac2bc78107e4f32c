//! Bad models and inputs: each ends with its own code, and the runtime goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use models::onnx::{Dim, bytes, file, int, ints, model, model_of, node, port, tensor, varint};
use synergy_inference::{DType, Error, Image, NamedTensor, Outcome, Runtime, Tensor, admit, code};

mod models;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap());

const GAS: u64 = 1_000_000_000;

fn none() -> BTreeMap<String, u64> {
    BTreeMap::new()
}

fn identity() -> Vec<u8> {
    model(&[Dim::Fixed(4)], &[node("Relu", &["x"], &["y"], &[])], &[])
}

fn refused(file: &[u8]) -> u32 {
    admit(file, &none()).unwrap_err().code
}

fn error<T>(result: Result<T, Outcome>) -> Error {
    match result {
        Ok(_) => panic!("it was accepted"),
        Err(Outcome::Error(error)) => error,
        Err(Outcome::Fault(fault)) => panic!("{fault}"),
    }
}

fn load(file: &[u8]) -> Image {
    RUNTIME.load(file, &none(), GAS).unwrap().0
}

fn load_error(file: &[u8]) -> Error {
    error(RUNTIME.load(file, &none(), GAS))
}

fn input(dtype: DType, shape: &[u64], data: Vec<u8>) -> Vec<NamedTensor> {
    vec![NamedTensor { name: "x".into(), tensor: Tensor { dtype, shape: shape.to_vec(), data } }]
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn longs(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The runtime still gives the right answer.
fn still_sound() {
    let image = load(&identity());
    let result = RUNTIME.run(&image, &input(DType::F32, &[4], floats(&[-1.0, 2.0, -3.0, 4.0])), GAS);
    assert_eq!(result.unwrap().outputs[0].tensor.data, floats(&[0.0, 2.0, 0.0, 4.0]));
}

#[test]
fn every_prefix_of_a_file_is_refused() {
    let file = identity();
    for length in 0..file.len() {
        let error = admit(&file[..length], &none()).unwrap_err();
        assert!([code::MALFORMED, code::OPSET].contains(&error.code), "{length}: {error:?}");
    }
    assert!(admit(&file, &none()).is_ok());
}

#[test]
fn bytes_that_are_no_protobuf_are_refused() {
    assert_eq!(refused(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), code::MALFORMED);
    assert_eq!(refused(&bytes(7, b"")), code::OPSET);
    assert_eq!(refused(&[identity(), bytes(7, b"")].concat()), code::MALFORMED);
    assert_eq!(refused(b"\x0b\x0c"), code::MALFORMED);
}

#[test]
fn unknown_operators_and_domains_are_refused() {
    let unknown = |name: &str| model(&[Dim::Fixed(4)], &[node(name, &["x"], &["y"], &[])], &[]);
    for name in ["Frobnicate", "If", "Loop", "Scan", "RandomNormal", "NonZero", "relu", ""] {
        assert_eq!(refused(&unknown(name)), code::OPERATOR, "{name}");
    }
    let foreign = [node("Relu", &["x"], &["y"], &[]), bytes(7, b"com.evil")].concat();
    assert_eq!(refused(&model(&[Dim::Fixed(4)], &[foreign], &[])), code::OPERATOR);
}

#[test]
fn operator_sets_out_of_range_are_refused() {
    let graph = [
        bytes(1, &node("Relu", &["x"], &["y"], &[])),
        bytes(11, &port("x", 1, &[Dim::Fixed(4)])),
        bytes(12, &port("y", 1, &[])),
    ]
    .concat();
    for opset in [0, 6, 26, 999, u64::MAX] {
        assert_eq!(refused(&file(&graph, opset)), code::OPSET, "{opset}");
    }
    assert!(admit(&file(&graph, 17), &none()).is_ok());
}

#[test]
fn data_outside_the_file_are_refused() {
    let add = node("Add", &["x", "w"], &["y"], &[]);
    let located = [tensor("w", 1, &[4], &[0; 16]), varint(14, 1)].concat();
    let named = [tensor("w", 1, &[4], &[]), bytes(13, b"")].concat();
    for constant in [located, named] {
        let file = model(&[Dim::Fixed(4)], std::slice::from_ref(&add), &[constant]);
        assert_eq!(refused(&file), code::EXTERNAL_DATA);
    }
}

#[test]
fn constants_must_match_their_type_and_shape() {
    let add = node("Add", &["x", "w"], &["y"], &[]);
    let with = |constant| refused(&model(&[Dim::Fixed(4)], std::slice::from_ref(&add), &[constant]));
    assert_eq!(with(tensor("w", 1, &[4], &[0; 15])), code::TENSOR_DATA);
    assert_eq!(with(tensor("w", 1, &[5], &[0; 16])), code::TENSOR_DATA);
    assert_eq!(with(tensor("w", 8, &[1], &[0; 16])), code::ELEMENT_TYPE);
    assert_eq!(with(tensor("w", 1, &[1 << 40], &[])), code::SHAPE);
    assert_eq!(with(tensor("w", 1, &[1 << 20, 1 << 20], &[])), code::SHAPE);
    assert_eq!(with(tensor("w", 1, &[u64::MAX], &[])), code::SHAPE);
    assert_eq!(with(tensor("w", 1, &[1; 9], &[0; 4])), code::TOO_COMPLEX);
}

#[test]
fn huge_and_unbound_axes_are_refused() {
    let relu = || [node("Relu", &["x"], &["y"], &[])];
    let with = |dim| model(&[dim], &relu(), &[]);
    assert_eq!(refused(&with(Dim::Fixed(1 << 32))), code::SHAPE);
    assert_eq!(refused(&with(Dim::Fixed(1 << 27))), code::SHAPE);
    assert_eq!(refused(&with(Dim::Symbol("batch"))), code::UNBOUND);
    let bind = |name: &str, extent| BTreeMap::from([(name.to_owned(), extent)]);
    let batch = with(Dim::Symbol("batch"));
    assert!(admit(&batch, &bind("batch", 3)).is_ok());
    assert_eq!(admit(&batch, &bind("batch", 0)).unwrap_err().code, code::BINDING);
    assert_eq!(admit(&batch, &bind("batch", u64::MAX)).unwrap_err().code, code::BINDING);
    let both = BTreeMap::from([("batch".to_owned(), 3), ("other".to_owned(), 1)]);
    assert_eq!(admit(&batch, &both).unwrap_err().code, code::BINDING);
}

#[test]
fn a_symbol_is_never_parsed_as_an_expression() {
    let nested = format!("{}n{}", "(".repeat(900 / 2), ")".repeat(900 / 2));
    let file = model(&[Dim::Symbol(&nested)], &[node("Relu", &["x"], &["y"], &[])], &[]);
    assert_eq!(refused(&file), code::UNBOUND);
    let bindings = BTreeMap::from([("x:0".to_owned(), 4)]);
    let (image, _) = RUNTIME.load(&file, &bindings, GAS).unwrap();
    assert_eq!(image.inputs()[0].shape, [4]);
}

#[test]
fn graphs_that_are_not_well_formed_are_refused() {
    let dims = || [Dim::Fixed(4)];
    let relu = |from: &str, to: &str| node("Relu", &[from], &[to], &[]);
    assert_eq!(refused(&model(&dims(), &[relu("z", "y")], &[])), code::GRAPH);
    assert_eq!(refused(&model(&dims(), &[relu("x", "z")], &[])), code::GRAPH);
    assert_eq!(refused(&model(&dims(), &[relu("x", "y"), relu("x", "y")], &[])), code::GRAPH);
    assert_eq!(refused(&model(&dims(), &[relu("a", "y"), relu("x", "a")], &[])), code::GRAPH);
}

#[test]
fn subgraphs_and_other_features_are_refused() {
    let graph = [bytes(1, b"body"), bytes(6, b"")].concat();
    let with = |attribute| refused(&model(&[Dim::Fixed(4)], &[node("Relu", &["x"], &["y"], &[attribute])], &[]));
    assert_eq!(with(graph), code::FEATURE);
    assert_eq!(with(bytes(22, b"")), code::FEATURE);
    assert_eq!(refused(&[identity(), bytes(25, b"")].concat()), code::FEATURE);
    assert_eq!(refused(&[identity(), bytes(20, b"")].concat()), code::FEATURE);
}

#[test]
fn lists_are_bounded() {
    let dims = || [Dim::Fixed(4)];
    let names: Vec<String> = (0..=5_000).map(|index| format!("v{index}")).collect();
    let mut nodes = vec![node("Relu", &["x"], &["v0"], &[])];
    nodes.extend(names.windows(2).map(|pair| node("Relu", &[&pair[0]], &[&pair[1]], &[])));
    assert_eq!(refused(&model(&dims(), &nodes, &[])), code::TOO_COMPLEX);
    let long = ints("axes", &[0; 5_000]);
    let file = model(&dims(), &[node("Relu", &["x"], &["y"], &[long])], &[]);
    assert_eq!(refused(&file), code::TOO_COMPLEX);
    let name = "n".repeat(2_000);
    let file = model(&dims(), &[node("Relu", &["x"], &[&name], &[])], &[]);
    assert_eq!(refused(&file), code::TOO_COMPLEX);
}

#[test]
fn a_model_that_the_guest_cannot_compile_fails_with_gas() {
    // Adding a vector of 4 to one of 3.
    let add = node("Add", &["x", "w"], &["y"], &[]);
    let file = model(&[Dim::Fixed(4)], &[add], &[tensor("w", 1, &[3], &floats(&[1.0; 3]))]);
    let failure = load_error(&file);
    assert_eq!(failure.code, code::LOAD, "{failure}");
    assert!(failure.gas_used > 0);
    assert_eq!(load_error(&file).gas_used, failure.gas_used);
    still_sound();
}

#[test]
fn a_model_that_panics_the_guest_is_an_error() {
    let axis = node("ArgMax", &["x"], &["y"], &[int("axis", 5)]);
    let slice = node("Slice", &["x", "zero", "four", "zero", "zero"], &["y"], &[]);
    let constants = [tensor("zero", 7, &[1], &longs(&[0])), tensor("four", 7, &[1], &longs(&[4]))];
    for node in [axis, slice] {
        let failure = load_error(&model(&[Dim::Fixed(4)], &[node], &constants));
        assert_eq!(failure.code, code::LOAD_TRAP, "{failure}");
        assert!(failure.message.contains("panicked"), "{failure}");
    }
    still_sound();
}

#[test]
fn dividing_by_zero_is_an_error_of_the_run() {
    let div = node("Div", &["w", "x"], &["y"], &[]);
    let file = model_of(7, &[Dim::Fixed(1)], &[div], &[tensor("w", 7, &[1], &longs(&[7]))]);
    let image = load(&file);
    let run = |value| RUNTIME.run(&image, &input(DType::I64, &[1], longs(&[value])), GAS);
    assert_eq!(run(2).unwrap().outputs[0].tensor.data, longs(&[3]));
    let failure = error(run(0));
    assert_eq!(failure.code, code::RUN_TRAP);
    assert!(failure.message.contains("divide by zero"), "{failure}");
    assert_eq!(run(2).unwrap().outputs[0].tensor.data, longs(&[3]));
}

#[test]
fn running_out_of_gas_costs_the_limit() {
    let failure = error(RUNTIME.load(&identity(), &none(), 1_000));
    assert_eq!((failure.code, failure.gas_used), (code::OUT_OF_GAS, 1_000));
    let (image, gas) = RUNTIME.load(&identity(), &none(), GAS).unwrap();
    assert_eq!(RUNTIME.load(&identity(), &none(), gas).unwrap().1, gas);
    assert_eq!(error(RUNTIME.load(&identity(), &none(), gas - 1)).code, code::OUT_OF_GAS);

    let inputs = input(DType::F32, &[4], floats(&[1.0; 4]));
    let gas = RUNTIME.run(&image, &inputs, u64::MAX).unwrap().gas;
    assert_eq!(RUNTIME.run(&image, &inputs, gas).unwrap().gas, gas);
    for limit in [0, 1, gas - 1] {
        let failure = error(RUNTIME.run(&image, &inputs, limit));
        assert_eq!((failure.code, failure.gas_used), (code::OUT_OF_GAS, limit));
    }
}

#[test]
fn a_memory_bomb_reaches_the_limit() {
    // Expands four floats to eight gigabytes.
    let expand = node("Expand", &["x", "shape"], &["y"], &[]);
    let shape = tensor("shape", 7, &[3], &longs(&[1 << 28, 2, 4]));
    let file = model(&[Dim::Fixed(4)], &[expand], &[shape]);
    let inputs = input(DType::F32, &[4], floats(&[1.0; 4]));
    let failure = match RUNTIME.load(&file, &none(), GAS) {
        Ok((image, _)) => error(RUNTIME.run(&image, &inputs, GAS)),
        Err(outcome) => error::<()>(Err(outcome)),
    };
    assert!([code::OUT_OF_MEMORY, code::RUN_TRAP, code::LOAD_TRAP, code::RUN].contains(&failure.code), "{failure:?}");
    // Half a gigabyte fits the address space twice but not the limit.
    let expand = node("Expand", &["x", "shape"], &["e"], &[]);
    let double = node("Concat", &["e", "e", "e"], &["y"], &[int("axis", 0)]);
    let shape = tensor("shape", 7, &[2], &longs(&[1 << 25, 4]));
    let file = model(&[Dim::Fixed(4)], &[expand, double], &[shape]);
    let (image, _) = RUNTIME.load(&file, &none(), GAS).unwrap();
    let failure = error(RUNTIME.run(&image, &inputs, u64::MAX));
    assert_eq!(failure.code, code::OUT_OF_MEMORY, "{failure}");
    still_sound();
}

#[test]
fn inputs_must_be_those_of_the_model() {
    let image = load(&identity());
    let good = input(DType::F32, &[4], floats(&[0.0; 4]));
    let cases = [
        vec![],
        [good.clone(), good.clone()].concat(),
        input(DType::I32, &[4], vec![0; 16]),
        input(DType::F32, &[2, 2], vec![0; 16]),
        vec![NamedTensor { name: "y".into(), ..good[0].clone() }],
    ];
    for inputs in cases {
        assert_eq!(error(RUNTIME.run(&image, &inputs, GAS)).code, code::INPUT);
    }
    let short = input(DType::F32, &[4], vec![0; 15]);
    assert_eq!(error(RUNTIME.run(&image, &short, GAS)).code, code::TENSOR_ENCODING);
    let odd_nan = input(DType::F32, &[4], [0xffc0_0000u32.to_le_bytes(); 4].concat());
    assert_eq!(error(RUNTIME.run(&image, &odd_nan, GAS)).code, code::TENSOR_ENCODING);
    assert!(RUNTIME.run(&image, &good, GAS).is_ok());
}

#[test]
fn a_nan_result_is_the_canonical_one() {
    let div = node("Div", &["x", "x"], &["y"], &[]);
    let image = load(&model(&[Dim::Fixed(2)], &[div], &[]));
    let result = RUNTIME.run(&image, &input(DType::F32, &[2], floats(&[0.0, 2.0])), GAS).unwrap();
    let expected = [0x7fc0_0000u32.to_le_bytes(), 1f32.to_le_bytes()].concat();
    assert_eq!(result.outputs[0].tensor.data, expected);
}
