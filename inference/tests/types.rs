//! Element types, several named inputs and outputs, and shapes as outputs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use models::onnx::{Dim, model_with, node, port};
use synergy_inference::{DType, Image, NamedTensor, Runtime, Tensor};

mod models;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap());

/// Each type with two values that only it can hold, and their bytes.
fn samples() -> Vec<(DType, Vec<u8>)> {
    vec![
        (DType::F32, [f32::MIN_POSITIVE / 2.0, f32::INFINITY].map(f32::to_le_bytes).concat()),
        (DType::U8, vec![0, 255]),
        (DType::I8, vec![0x80, 0x7f]),
        (DType::U16, [0, u16::MAX].map(u16::to_le_bytes).concat()),
        (DType::I16, [i16::MIN, i16::MAX].map(i16::to_le_bytes).concat()),
        (DType::I32, [i32::MIN, i32::MAX].map(i32::to_le_bytes).concat()),
        (DType::I64, [i64::MIN, i64::MAX].map(i64::to_le_bytes).concat()),
        (DType::Bool, vec![1, 0]),
        // 65,504, the largest half, and the canonical NaN.
        (DType::F16, [0x7bff_u16, 0x7e00].map(u16::to_le_bytes).concat()),
        (DType::F64, [f64::MAX, -0.0].map(f64::to_le_bytes).concat()),
        (DType::U32, [0, u32::MAX].map(u32::to_le_bytes).concat()),
        (DType::U64, [0, u64::MAX].map(u64::to_le_bytes).concat()),
    ]
}

fn named(name: &str, dtype: DType, shape: &[u64], data: Vec<u8>) -> NamedTensor {
    NamedTensor { name: name.to_owned(), tensor: Tensor { dtype, shape: shape.to_vec(), data } }
}

fn load(file: &[u8]) -> Image {
    RUNTIME.load(file, &BTreeMap::new(), u64::MAX).unwrap().0
}

fn run(image: &Image, inputs: &[NamedTensor]) -> Vec<NamedTensor> {
    RUNTIME.run(image, inputs, u64::MAX).unwrap().outputs
}

fn longs(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn every_element_type_goes_in_and_comes_out_by_name() {
    let samples = samples();
    let (inputs, outputs): (Vec<_>, Vec<_>) =
        samples.iter().map(|(dtype, _)| (format!("in {dtype:?}"), format!("out {dtype:?}"))).unzip();
    let ports: Vec<_> = samples
        .iter()
        .zip(&inputs)
        .map(|((dtype, _), name)| port(name, dtype.onnx().into(), &[Dim::Fixed(2), Dim::Fixed(1)]))
        .collect();
    // Turned round, so that an identity is not all that is asked for.
    let nodes: Vec<_> = inputs.iter().zip(&outputs).map(|(from, to)| node("Transpose", &[from], &[to], &[])).collect();
    let names: Vec<&str> = outputs.iter().rev().map(String::as_str).collect();
    let image = load(&model_with(&ports, &nodes, &names));

    assert!(image.inputs().iter().map(|port| &port.name).eq(&inputs));
    assert!(image.outputs().iter().map(|port| port.name.as_str()).eq(names));
    let mut given: Vec<_> =
        samples.iter().zip(&inputs).map(|((dtype, data), name)| named(name, *dtype, &[2, 1], data.clone())).collect();
    let expected: Vec<_> = samples
        .iter()
        .zip(&outputs)
        .rev()
        .map(|((dtype, data), name)| named(name, *dtype, &[1, 2], data.clone()))
        .collect();
    assert_eq!(run(&image, &given), expected);
    // By name, in any order.
    given.rotate_left(5);
    assert_eq!(run(&image, &given), expected);
    let bytes = NamedTensor::encode_list(&expected);
    assert_eq!(NamedTensor::decode_list(&bytes).unwrap(), expected);
}

#[test]
fn inputs_of_one_shape_are_told_apart_by_name() {
    let four = || [Dim::Fixed(2)];
    let nodes = [node("Sub", &["left", "right"], &["difference"], &[]), node("Add", &["right", "left"], &["sum"], &[])];
    let image =
        load(&model_with(&[port("left", 7, &four()), port("right", 7, &four())], &nodes, &["sum", "difference"]));
    let inputs = [named("right", DType::I64, &[2], longs(&[1, 2])), named("left", DType::I64, &[2], longs(&[10, 20]))];
    let expected =
        [named("sum", DType::I64, &[2], longs(&[11, 22])), named("difference", DType::I64, &[2], longs(&[9, 18]))];
    assert_eq!(run(&image, &inputs), expected);
}

#[test]
fn shapes_come_out_as_i64() {
    let nodes = [
        node("Shape", &["x"], &["shape"], &[]),
        node("Size", &["x"], &["size"], &[]),
        node("Mul", &["shape", "shape"], &["product"], &[]),
        node("Concat", &["shape", "shape"], &["both"], &[models::onnx::int("axis", 0)]),
    ];
    let dims = [Dim::Fixed(3), Dim::Fixed(5)];
    let image = load(&model_with(&[port("x", 1, &dims)], &nodes, &["shape", "size", "product", "both"]));
    assert!(image.outputs().iter().all(|port| port.dtype == DType::I64));
    let outputs = run(&image, &[named("x", DType::F32, &[3, 5], vec![0; 60])]);
    let expected = [
        named("shape", DType::I64, &[2], longs(&[3, 5])),
        named("size", DType::I64, &[], longs(&[15])),
        named("product", DType::I64, &[2], longs(&[9, 25])),
        named("both", DType::I64, &[4], longs(&[3, 5, 3, 5])),
    ];
    assert_eq!(outputs, expected);
}

#[test]
fn a_batch_gives_the_rows_of_its_parts() {
    let nodes = [node("Softmax", &["x"], &["y"], &[models::onnx::int("axis", 1)])];
    let file = model_with(&[port("x", 1, &[Dim::Symbol("batch"), Dim::Fixed(3)])], &nodes, &["y"]);
    let bound = |batch| RUNTIME.load(&file, &BTreeMap::from([("batch".to_owned(), batch)]), u64::MAX).unwrap().0;
    let rows: Vec<Vec<u8>> =
        [[1f32, 2.0, 3.0], [0.5, -0.5, 4.0]].map(|row| row.into_iter().flat_map(f32::to_le_bytes).collect()).to_vec();
    let one = bound(1);
    let single = |row: &Vec<u8>| run(&one, &[named("x", DType::F32, &[1, 3], row.clone())])[0].tensor.data.clone();
    let both = run(&bound(2), &[named("x", DType::F32, &[2, 3], rows.concat())]);
    assert_eq!(both[0].tensor.data, rows.iter().map(single).collect::<Vec<_>>().concat());
}
