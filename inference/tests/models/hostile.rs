//! The generator of the hostile corpus.

use synergy_inference::code;

use super::onnx::{Dim, bytes, file, floats, int, ints, model, model_of, node, port, tensor, text, texts, varint};

/// A hostile file.
pub struct Case {
    /// What is wrong with it.
    pub category: &'static str,
    /// Which of the category.
    pub name: String,
    /// The file.
    pub file: Vec<u8>,
    /// What it may be refused with.
    pub codes: &'static [u32],
    /// Whether the error must name the node.
    pub named: bool,
}

#[derive(Default)]
struct Corpus(Vec<Case>);

impl Corpus {
    fn add(
        &mut self,
        category: &'static str,
        name: impl Into<String>,
        codes: &'static [u32],
        named: bool,
        file: Vec<u8>,
    ) {
        self.0.push(Case { category, name: name.into(), file, codes, named });
    }

    /// A file whose only node is the victim: operator, attributes, axes of `x`, constants.
    fn victim(
        &mut self,
        category: &'static str,
        codes: &'static [u32],
        operator: &str,
        attributes: &[Vec<u8>],
        dims: &[u64],
        constants: &[Constant<'_>],
    ) {
        let title = format!("{operator} {} {constants:?}", self.0.len());
        let file = model(&fixed(dims), &[victim(operator, attributes, constants)], &tensors(constants));
        self.add(category, title, codes, true, file);
    }
}

#[derive(Debug)]
enum Constant<'a> {
    Ints(&'a [i64]),
    /// A scalar.
    Int(i64),
    Floats(&'a [f32]),
    /// A tensor of floats with these axes, all 1.
    Ones(&'a [u64]),
}

fn fixed(dims: &[u64]) -> Vec<Dim<'static>> {
    dims.iter().map(|dim| Dim::Fixed(*dim)).collect()
}

fn named(node: Vec<u8>) -> Vec<u8> {
    numbered(node, "")
}

/// As above, where there are several: tract wants a name for each.
fn numbered(node: Vec<u8>, number: &str) -> Vec<u8> {
    [node, bytes(3, format!("victim{number}").as_bytes())].concat()
}

fn victim(operator: &str, attributes: &[Vec<u8>], constants: &[Constant<'_>]) -> Vec<u8> {
    let names: Vec<String> = (0..constants.len()).map(|index| format!("c{index}")).collect();
    let inputs: Vec<&str> = std::iter::once("x").chain(names.iter().map(String::as_str)).collect();
    named(node(operator, &inputs, &["y"], attributes))
}

fn tensors(constants: &[Constant<'_>]) -> Vec<Vec<u8>> {
    let longs = |values: &[i64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
    let reals = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
    let one = |(index, constant): (usize, &Constant<'_>)| {
        let name = format!("c{index}");
        match constant {
            Constant::Ints(values) => tensor(&name, 7, &[values.len() as u64], &longs(values)),
            Constant::Int(value) => tensor(&name, 7, &[], &longs(&[*value])),
            Constant::Floats(values) => tensor(&name, 1, &[values.len() as u64], &reals(values)),
            Constant::Ones(dims) => tensor(&name, 1, dims, &reals(&vec![1.0; dims.iter().product::<u64>() as usize])),
        }
    };
    constants.iter().enumerate().map(one).collect()
}

use Constant::{Floats, Int, Ints, Ones};

/// tract refuses or panics while it compiles.
const COMPILE: &[u32] = &[code::LOAD, code::LOAD_TRAP];
/// As above, or it comes out only when the model runs; admission sees numbers
/// that are too large for any tensor.
const EITHER: &[u32] = &[code::SHAPE, code::LOAD, code::LOAD_TRAP, code::RUN, code::RUN_TRAP];
/// A bomb: too much memory or time, or tract refuses the number.
const BOMB: &[u32] = &[
    code::SHAPE,
    code::LOAD,
    code::LOAD_TRAP,
    code::RUN,
    code::RUN_TRAP,
    code::OUTPUT_TOO_LARGE,
    code::OUT_OF_GAS,
    code::OUT_OF_MEMORY,
];

fn axes(corpus: &mut Corpus) {
    let beyond = "axis that no tensor has";
    for (operator, axis) in [
        ("Softmax", 9),
        ("LogSoftmax", i64::MIN),
        ("ArgMax", 8),
        ("ArgMin", -9),
        ("Concat", 64),
        ("Flatten", 100),
        ("Gather", 1 << 40),
        ("Split", i64::MAX),
        ("LayerNormalization", 50),
        ("Hardmax", 12),
        ("LpNormalization", -100),
    ] {
        corpus.victim(beyond, &[code::ATTRIBUTE], operator, &[int("axis", axis)], &[2, 3], &[]);
    }
    for perm in [[0, 9], [-1, 0], [1 << 40, 0], [0, 0]] {
        corpus.victim(beyond, &[code::ATTRIBUTE], "Transpose", &[ints("perm", &perm)], &[2, 3], &[]);
    }
    corpus.victim(beyond, &[code::ATTRIBUTE], "ReduceMax", &[ints("axes", &[0, 9])], &[2, 3], &[]);

    let rank = "axis beyond the rank";
    for operator in ["ArgMax", "Softmax", "Hardmax", "LpNormalization"] {
        corpus.victim(rank, EITHER, operator, &[int("axis", 5)], &[2, 3], &[]);
    }
    corpus.victim(rank, COMPILE, "ReduceSum", &[], &[2, 3], &[Ints(&[7])]);
    corpus.victim(rank, COMPILE, "ReduceSum", &[], &[2, 3], &[Ints(&[i64::MIN])]);
    corpus.victim(rank, COMPILE, "Squeeze", &[], &[2, 3], &[Ints(&[5])]);
    corpus.victim(rank, COMPILE, "Unsqueeze", &[], &[2, 3], &[Ints(&[9])]);
    corpus.victim(rank, COMPILE, "Unsqueeze", &[], &[2, 3], &[Ints(&[-100])]);
    corpus.victim(rank, COMPILE, "CumSum", &[], &[2, 3], &[Int(4)]);
    corpus.victim(rank, COMPILE, "Transpose", &[ints("perm", &[0])], &[2, 3], &[]);
    corpus.victim(rank, COMPILE, "Transpose", &[ints("perm", &[0, 1, 2, 3])], &[2, 3], &[]);
}

fn indices(corpus: &mut Corpus) {
    let category = "index out of range";
    for index in [99, -99, i64::MIN, 1 << 40] {
        corpus.victim(category, EITHER, "Gather", &[], &[3], &[Ints(&[index])]);
    }
    corpus.victim(category, EITHER, "GatherElements", &[], &[3], &[Ints(&[7, 7, 7])]);
    corpus.victim(category, EITHER, "GatherND", &[], &[3], &[Ints(&[7])]);
    corpus.victim(category, EITHER, "ScatterElements", &[], &[3], &[Ints(&[9]), Floats(&[1.0])]);
    corpus.victim(category, EITHER, "ScatterND", &[], &[3], &[Ints(&[9]), Floats(&[1.0])]);
    corpus.victim(category, EITHER, "TopK", &[], &[3], &[Ints(&[-4])]);
    corpus.victim(category, EITHER, "OneHot", &[], &[3], &[Int(-4), Floats(&[0.0, 1.0])]);
    let extractor = [victim("ArrayFeatureExtractor", &[], &[Ints(&[50])]), bytes(7, b"ai.onnx.ml")].concat();
    let file = model(&fixed(&[1, 3]), &[extractor], &tensors(&[Ints(&[50])]));
    corpus.add(category, "ArrayFeatureExtractor", EITHER, true, file);
}

fn steps(corpus: &mut Corpus) {
    let category = "step, stride or block of zero or less";
    for operator in ["MaxPool", "AveragePool"] {
        for (name, value) in
            [("strides", 0), ("strides", -1), ("dilations", 0), ("kernel_shape", 0), ("kernel_shape", -3)]
        {
            let attributes: Vec<_> = match name {
                "kernel_shape" => vec![ints(name, &[value])],
                _ => vec![ints("kernel_shape", &[1]), ints(name, &[value])],
            };
            corpus.victim(category, &[code::ATTRIBUTE], operator, &attributes, &[1, 1, 4], &[]);
        }
    }
    for (name, value) in [("strides", 0), ("dilations", -2), ("group", 0)] {
        let attribute = if name == "group" { int(name, value) } else { ints(name, &[value]) };
        corpus.victim(category, &[code::ATTRIBUTE], "Conv", &[attribute], &[1, 1, 4], &[Ones(&[1, 1, 1])]);
    }
    for operator in ["DepthToSpace", "SpaceToDepth"] {
        for block in [0, -2] {
            corpus.victim(category, &[code::ATTRIBUTE], operator, &[int("blocksize", block)], &[1, 4, 4, 4], &[]);
        }
    }
    let zero = "slice or range that makes no step";
    for step in [0, i64::MIN] {
        corpus.victim(zero, EITHER, "Slice", &[], &[4], &[Ints(&[0]), Ints(&[4]), Ints(&[0]), Ints(&[step])]);
    }
    let range = named(node("Range", &["c0", "c1", "c2"], &["r"], &[]));
    for delta in [0, i64::MIN] {
        let constants = tensors(&[Int(0), Int(8), Int(delta)]);
        let uses = node("Gather", &["x", "r"], &["y"], &[]);
        let file = model(&fixed(&[8]), &[range.clone(), uses], &constants);
        corpus.add(zero, format!("Range {delta}"), EITHER, false, file);
    }
}

fn sizes(corpus: &mut Corpus) {
    let attribute = "huge number in an attribute";
    let pool = |name, value| vec![ints("kernel_shape", &[1]), ints(name, value)];
    for value in [&[1 << 40, 0][..], &[i64::MAX, 0], &[i64::MIN, 0]] {
        corpus.victim(attribute, &[code::ATTRIBUTE], "MaxPool", &pool("pads", value), &[1, 1, 4], &[]);
    }
    corpus.victim(attribute, &[code::ATTRIBUTE], "MaxPool", &[ints("kernel_shape", &[1 << 40])], &[1, 1, 4], &[]);
    let turned = [ints("output_shape", &[1 << 40])];
    corpus.victim(attribute, &[code::ATTRIBUTE], "ConvTranspose", &turned, &[1, 1, 4], &[Ones(&[1, 1, 1])]);
    let padded = [ints("output_padding", &[1 << 40])];
    corpus.victim(attribute, &[code::ATTRIBUTE], "ConvTranspose", &padded, &[1, 1, 4], &[Ones(&[1, 1, 1])]);
    corpus.victim(attribute, &[code::ATTRIBUTE], "LRN", &[int("size", 1 << 40)], &[1, 1, 4], &[]);

    let dimension = "dimension of 2^32 and more";
    for dims in [&[1 << 32][..], &[u64::MAX >> 1], &[1 << 28, 1 << 28], &[1 << 27]] {
        let file = model(&fixed(dims), &[victim("Relu", &[], &[])], &[]);
        corpus.add(dimension, format!("input {dims:?}"), &[code::SHAPE], false, file);
        let constant = tensor("c0", 1, dims, &[]);
        if dims != [1 << 27] {
            let file = model(&fixed(&[4]), &[victim("Add", &[], &[Int(0)])], &[constant]);
            corpus.add(dimension, format!("constant {dims:?}"), &[code::SHAPE], false, file);
        }
    }

    let shape = "huge or negative shape as data";
    for value in [1 << 40, 1 << 33, i64::MAX, -5] {
        let made = named(node("ConstantOfShape", &["c0"], &["m"], &[]));
        let uses = node("Add", &["x", "m"], &["y"], &[]);
        let file = model(&fixed(&[1]), &[made, uses], &tensors(&[Ints(&[value])]));
        corpus.add(shape, format!("ConstantOfShape {value}"), BOMB, false, file);
        corpus.victim(shape, BOMB, "Expand", &[], &[1], &[Ints(&[value])]);
        corpus.victim(shape, BOMB, "Reshape", &[], &[4], &[Ints(&[value])]);
        corpus.victim(shape, BOMB, "Pad", &[], &[4], &[Ints(&[value, 0])]);
    }
}

fn bombs(corpus: &mut Corpus) {
    let category = "bomb";
    for repeats in [1 << 30, 1 << 40, i64::MAX] {
        corpus.victim(category, BOMB, "Tile", &[], &[4], &[Ints(&[repeats])]);
    }
    for shape in [[1 << 29, 4], [1 << 25, 64]] {
        corpus.victim(category, BOMB, "Expand", &[], &[1, 4], &[Ints(&shape)]);
    }
    let onehot = [Int(1 << 28), Floats(&[0.0, 1.0])];
    let file = model_of(7, &fixed(&[64]), &[victim("OneHot", &[], &onehot)], &tensors(&onehot));
    corpus.add(category, "OneHot", BOMB, true, file);
    let scales = [Floats(&[]), Floats(&[1.0, 1.0, 1e5, 1e5])];
    corpus.victim(category, BOMB, "Resize", &[], &[1, 1, 4, 4], &scales);
    // Half a gigabyte thrice, each within what the limit allows.
    let grown = numbered(node("Expand", &["x", "c0"], &["e"], &[]), "0");
    let thrice = named(node("Concat", &["e", "e", "e"], &["y"], &[int("axis", 0)]));
    let file = model(&fixed(&[1, 4]), &[grown, thrice], &tensors(&[Ints(&[1 << 25, 4])]));
    corpus.add(category, "memory", &[code::OUT_OF_MEMORY], true, file);
    // A hundred and sixty products of a thousand by a thousand.
    let names: Vec<String> =
        std::iter::once("x".into()).chain((1..160).map(|i| format!("p{i}"))).chain(["y".into()]).collect();
    let products: Vec<_> =
        names.windows(2).map(|pair| numbered(node("MatMul", &[&pair[0], "c0"], &[&pair[1]], &[]), &pair[1])).collect();
    let file = model(&fixed(&[1_024, 1_024]), &products, &tensors(&[Ones(&[1_024, 1_024])]));
    corpus.add(category, "time", &[code::OUT_OF_GAS], true, file);
    let square = [ints("output_shape", &[1 << 15, 1 << 15])];
    corpus.victim(category, BOMB, "ConvTranspose", &square, &[1, 1, 4, 4], &[Ones(&[1, 1, 1, 1])]);
    // It runs out while tract optimises the whole graph.
    let padded = victim("Conv", &[ints("pads", &[1 << 27, 1 << 27])], &[Ones(&[1, 1, 1])]);
    corpus.add(category, "Conv", BOMB, false, model(&fixed(&[1, 1, 4]), &[padded], &tensors(&[Ones(&[1, 1, 1])])));
    let equation = text("equation", "a,b,c,d,e,f->abcdef");
    let operands: Vec<_> = (0..5).map(|_| Ones(&[64])).collect();
    corpus.victim(category, BOMB, "Einsum", &[equation], &[64], &operands);
    corpus.victim(category, BOMB, "MatMul", &[], &[1 << 20, 1], &[Ones(&[1, 1 << 16])]);

    // Each node doubles what the one before made.
    let double = |operator: &str| -> Vec<Vec<u8>> {
        let names: Vec<String> =
            std::iter::once("x".into()).chain((1..40).map(|i| format!("v{i}"))).chain(["y".into()]).collect();
        let pair = |w: &[String]| match operator {
            "Concat" => numbered(node("Concat", &[&w[0], &w[0]], &[&w[1]], &[int("axis", 0)]), &w[1]),
            _ => numbered(node("Tile", &[&w[0], "c0"], &[&w[1]], &[]), &w[1]),
        };
        names.windows(2).map(pair).collect()
    };
    for operator in ["Concat", "Tile"] {
        let file = model(&fixed(&[4]), &double(operator), &tensors(&[Ints(&[2])]));
        corpus.add(category, format!("{operator} chain"), BOMB, true, file);
    }
    let range = named(node("Range", &["c0", "c1", "c2"], &["r"], &[]));
    let file = model(
        &fixed(&[8]),
        &[range, node("Gather", &["x", "r"], &["y"], &[])],
        &tensors(&[Int(0), Int(1 << 40), Int(1)]),
    );
    corpus.add(category, "Range", BOMB, false, file);
}

fn structure(corpus: &mut Corpus) {
    let relu = |from: &str, to: &str| named(node("Relu", &[from], &[to], &[]));
    let dims = || fixed(&[4]);
    let cycle = "cycle or missing value";
    for (name, nodes) in [
        ("itself", vec![relu("y", "y")]),
        ("two", vec![relu("b", "a"), relu("a", "b"), relu("b", "y")]),
        ("later", vec![relu("a", "y"), relu("x", "a")]),
        ("nothing", vec![relu("z", "y")]),
    ] {
        corpus.add(cycle, name, &[code::GRAPH], true, model(&dims(), &nodes, &[]));
    }
    corpus.add(cycle, "output", &[code::GRAPH], false, model(&dims(), &[relu("x", "z")], &[]));

    let twice = "duplicate name";
    corpus.add(twice, "two nodes", &[code::GRAPH], true, model(&dims(), &[relu("x", "y"), relu("x", "y")], &[]));
    corpus.add(twice, "node and input", &[code::GRAPH], true, model(&dims(), &[relu("x", "x"), relu("x", "y")], &[]));
    let constant = || tensor("c0", 1, &[1], &[0; 4]);
    let add = || victim("Add", &[], &[Int(0)]);
    corpus.add(twice, "constants", &[code::GRAPH], false, model(&dims(), &[add()], &[constant(), constant()]));
    let makes = [relu("x", "c0"), add()];
    corpus.add(twice, "node and constant", &[code::GRAPH], true, model(&dims(), &makes, &[constant()]));
    let graph = |ports: &[Vec<u8>]| [bytes(1, &relu("x", "y")), ports.concat()].concat();
    let (x, y) = (bytes(11, &port("x", 1, &dims())), bytes(12, &port("y", 1, &[])));
    corpus.add(twice, "inputs", &[code::GRAPH], false, file(&graph(&[x.clone(), x.clone(), y.clone()]), 17));
    corpus.add(twice, "outputs", &[code::GRAPH], false, file(&graph(&[x.clone(), y.clone(), y.clone()]), 17));
    corpus.victim(twice, &[code::ATTRIBUTE], "Softmax", &[int("axis", 0), int("axis", 1)], &[2, 3], &[]);

    let nesting = "deep nesting";
    let mut inner = node("Relu", &["x"], &["y"], &[]);
    for _ in 0..500 {
        let graph = [bytes(1, &inner), bytes(12, &port("y", 1, &[]))].concat();
        inner = node("If", &["x"], &["y"], &[[bytes(1, b"then_branch"), bytes(6, &graph)].concat()]);
    }
    corpus.add(nesting, "If", &[code::OPERATOR], true, model(&dims(), &[named(inner.clone())], &[]));
    let hidden = [bytes(1, b"body"), bytes(6, &bytes(1, &inner))].concat();
    corpus.add(
        nesting,
        "graph of a Relu",
        &[code::FEATURE],
        true,
        model(&dims(), &[victim("Relu", &[hidden], &[])], &[]),
    );
    let graphs = [bytes(1, b"bodies"), bytes(11, b"")].concat();
    corpus.add(nesting, "graphs", &[code::FEATURE], true, model(&dims(), &[victim("Relu", &[graphs], &[])], &[]));
    for depth in [10, 500] {
        let symbol = format!("{}n{}", "(".repeat(depth), ")".repeat(depth));
        let file = model(&[Dim::Symbol(&symbol)], &[relu("x", "y")], &[]);
        corpus.add(nesting, format!("symbol {depth}"), &[code::UNBOUND], false, file);
    }

    let many = "too many or too long";
    let names: Vec<String> = (0..=5_000).map(|index| format!("v{index}")).collect();
    let chain: Vec<_> = names.windows(2).map(|pair| relu(&pair[0], &pair[1])).collect();
    corpus.add(
        many,
        "nodes",
        &[code::TOO_COMPLEX],
        false,
        model(&dims(), &[vec![relu("x", "v0")], chain].concat(), &[]),
    );
    corpus.victim(many, &[code::TOO_COMPLEX], "Relu", &[ints("axes", &[0; 5_000])], &[4], &[]);
    let attributes: Vec<_> = (0..100).map(|index| int(&format!("a{index}"), 0)).collect();
    corpus.victim(many, &[code::TOO_COMPLEX], "Relu", &attributes, &[4], &[]);
    corpus.victim(many, &[code::TOO_COMPLEX], "Relu", &[text("mode", &"m".repeat(2_000))], &[4], &[]);
    let inputs: Vec<&str> = (0..300).map(|_| "x").collect();
    let sum = named(node("Sum", &inputs, &["y"], &[]));
    corpus.add(many, "inputs of a node", &[code::TOO_COMPLEX], true, model(&dims(), &[sum], &[]));
    corpus.add(many, "name", &[code::TOO_COMPLEX], false, model(&dims(), &[relu("x", &"n".repeat(2_000))], &[]));
    corpus.add(many, "rank", &[code::TOO_COMPLEX], false, model(&fixed(&[1; 9]), &[relu("x", "y")], &[]));
}

fn types(corpus: &mut Corpus) {
    let unknown = "element type that is not admitted";
    for number in [0, 8, 14, 16, 17, 21, 23, 99, u64::MAX] {
        let file = model_of(number, &fixed(&[4]), &[victim("Identity", &[], &[])], &[]);
        corpus.add(unknown, format!("input {number}"), &[code::ELEMENT_TYPE], false, file);
        if number != 0 {
            corpus.victim(unknown, &[code::ELEMENT_TYPE], "Cast", &[int("to", number as i64)], &[4], &[]);
        }
    }
    for number in [8, 16] {
        let file = model(&fixed(&[4]), &[victim("Add", &[], &[Int(0)])], &[tensor("c0", number, &[1], &[0; 4])]);
        corpus.add(unknown, format!("constant {number}"), &[code::ELEMENT_TYPE], false, file);
    }
    let mixed = "types that do not go together";
    corpus.victim(mixed, COMPILE, "Add", &[], &[4], &[Ints(&[1])]);
    corpus.victim(mixed, COMPILE, "MatMul", &[], &[4], &[Ints(&[1, 2, 3, 4])]);
    corpus.victim(mixed, COMPILE, "Gather", &[], &[4], &[Floats(&[1.0])]);
    corpus.victim(mixed, COMPILE, "Concat", &[int("axis", 0)], &[4], &[Ints(&[1])]);
    corpus.victim(mixed, EITHER, "BitwiseAnd", &[], &[4], &[Floats(&[1.0])]);
    corpus.victim(mixed, COMPILE, "And", &[], &[4], &[Floats(&[1.0])]);
    let bytes_ = "data that do not fit their type and shape";
    for (dims, raw) in [(&[4][..], 15), (&[5], 16), (&[], 16), (&[2, 3], 4), (&[0], 4)] {
        let file = model(&fixed(&[4]), &[victim("Add", &[], &[Int(0)])], &[tensor("c0", 1, dims, &vec![0; raw])]);
        corpus.add(bytes_, format!("{dims:?} {raw}"), &[code::TENSOR_DATA], false, file);
    }
}

fn protobuf(corpus: &mut Corpus) {
    let whole = model(&fixed(&[4]), &[victim("Relu", &[], &[])], &[]);
    let cut = "truncated protobuf";
    for length in (1..whole.len()).step_by(whole.len() / 12) {
        corpus.add(cut, length.to_string(), &[code::MALFORMED, code::OPSET], false, whole[..length].to_vec());
    }
    let broken = "no ONNX protobuf";
    for (name, bytes) in [
        ("varint", vec![0xff; 11]),
        ("group", b"\x0b\x0c".to_vec()),
        ("field 0", b"\x02\x00".to_vec()),
        ("length beyond the end", b"\x3a\xff\xff\xff\x7f".to_vec()),
        ("two graphs", [whole.clone(), bytes(7, b"")].concat()),
        ("graph as a number", varint(7, 1)),
        ("text", b"<!DOCTYPE html>".to_vec()),
        (
            "not UTF-8",
            model(&fixed(&[4]), &[[victim("Relu", &[], &[]), bytes(6, b"\xff")].concat(), bytes(1, b"\xff")], &[]),
        ),
    ] {
        corpus.add(broken, name, &[code::MALFORMED], false, bytes);
    }

    let external = "external data";
    let add = || [victim("Add", &[], &[Int(0)])];
    let located = [tensor("c0", 1, &[4], &[0; 16]), varint(14, 1)].concat();
    let entry =
        [tensor("c0", 1, &[4], &[]), bytes(13, &[bytes(1, b"location"), bytes(2, b"/etc/passwd")].concat())].concat();
    let unset = [tensor("c0", 1, &[4], &[0; 16]), varint(14, 7)].concat();
    for (name, constant) in [("location", &located), ("entry", &entry), ("unknown location", &unset)] {
        let file = model(&fixed(&[4]), &add(), std::slice::from_ref(constant));
        corpus.add(external, name, &[code::EXTERNAL_DATA], false, file);
    }
    let value = [bytes(1, b"value"), bytes(5, &located), varint(20, 4)].concat();
    let nodes = [named(node("Constant", &[], &["c0"], &[value])), node("Add", &["x", "c0"], &["y"], &[])];
    corpus.add(external, "attribute", &[code::EXTERNAL_DATA], true, model(&fixed(&[4]), &nodes, &[]));

    let operator = "operator or domain that is not admitted";
    for (domain, name) in [
        ("com.evil", "Relu"),
        ("com.microsoft", "BiasGelu"),
        ("ai.onnx.ml", "Relu"),
        ("ai.onnx.ml", "SVMClassifier"),
        ("ai.onnx.training", "Adam"),
        ("", "Frobnicate"),
        ("", "relu"),
        ("", ""),
        ("", "Loop"),
        ("", "RandomNormal"),
        ("", "NonZero"),
        ("", "DFT"),
        ("", "Attention"),
    ] {
        let node = [victim(name, &[], &[]), bytes(7, domain.as_bytes())].concat();
        corpus.add(operator, format!("{domain}.{name}"), &[code::OPERATOR], true, model(&fixed(&[4]), &[node], &[]));
    }

    let opset = "absurd operator set";
    let graph =
        [bytes(1, &victim("Relu", &[], &[])), bytes(11, &port("x", 1, &fixed(&[4]))), bytes(12, &port("y", 1, &[]))]
            .concat();
    for version in [0, 1, 6, 26, 999, 1 << 40, u64::MAX] {
        corpus.add(opset, version.to_string(), &[code::OPSET], false, file(&graph, version));
    }
    corpus.add(opset, "none", &[code::OPSET], false, bytes(7, &graph));
    corpus.add(opset, "two", &[code::MALFORMED], false, [file(&graph, 17), bytes(8, &varint(2, 18))].concat());

    let feature = "feature that is not admitted";
    corpus.add(feature, "functions", &[code::FEATURE], false, [whole.clone(), bytes(25, b"")].concat());
    corpus.add(feature, "training", &[code::FEATURE], false, [whole.clone(), bytes(20, b"")].concat());
    corpus.add(
        feature,
        "sparse constant",
        &[code::FEATURE],
        false,
        file(&[graph.clone(), bytes(15, b"")].concat(), 17),
    );
    for field in [10, 14, 15, 22, 23] {
        corpus.victim(
            feature,
            &[code::FEATURE],
            "Relu",
            &[[bytes(1, b"value"), bytes(field, b"")].concat()],
            &[4],
            &[],
        );
    }
}

fn unfollowed(corpus: &mut Corpus) {
    let category = "attribute that the runtime does not follow";
    let refused: &[u32] = &[code::ATTRIBUTE];
    for operator in ["RNN", "GRU", "LSTM"] {
        corpus.victim(category, refused, operator, &[text("direction", "reverse")], &[4, 1, 2], &[]);
        corpus.victim(category, refused, operator, &[floats("clip", &[1.0])], &[4, 1, 2], &[]);
        corpus.victim(category, refused, operator, &[texts("activations", &["Relu", "Affine"])], &[4, 1, 2], &[]);
    }
    corpus.victim(category, refused, "LSTM", &[int("input_forget", 1)], &[4, 1, 2], &[]);
    corpus.victim(category, refused, "BatchNormalization", &[int("training_mode", 1)], &[1, 2, 3], &[]);
    corpus.victim(category, refused, "Einsum", &[text("equation", "ij-> ")], &[2, 3], &[]);
    corpus.victim(category, refused, "QuantizeLinear", &[int("block_size", 2)], &[2, 3], &[]);
    for attributes in [vec![], vec![text("norm", "MAX")]] {
        let node = [victim("Normalizer", &attributes, &[]), bytes(7, b"ai.onnx.ml")].concat();
        corpus.add(category, "Normalizer", refused, true, model(&fixed(&[2, 3]), &[node], &[]));
    }
}

/// A tree of a root and two leaves, with some attributes replaced.
fn tree(replaced: &[Vec<u8>], names: &[&str]) -> Vec<u8> {
    let all = [
        ("nodes_treeids", ints("nodes_treeids", &[0, 0, 0])),
        ("nodes_nodeids", ints("nodes_nodeids", &[0, 1, 2])),
        ("nodes_featureids", ints("nodes_featureids", &[0, 0, 0])),
        ("nodes_values", floats("nodes_values", &[0.5, 0.0, 0.0])),
        ("nodes_modes", texts("nodes_modes", &["BRANCH_LEQ", "LEAF", "LEAF"])),
        ("nodes_truenodeids", ints("nodes_truenodeids", &[1, 0, 0])),
        ("nodes_falsenodeids", ints("nodes_falsenodeids", &[2, 0, 0])),
        ("class_treeids", ints("class_treeids", &[0, 0])),
        ("class_nodeids", ints("class_nodeids", &[1, 2])),
        ("class_ids", ints("class_ids", &[0, 1])),
        ("class_weights", floats("class_weights", &[1.0, 1.0])),
        ("classlabels_int64s", ints("classlabels_int64s", &[0, 1, 2])),
    ];
    let kept = all.into_iter().filter(|(name, _)| !names.contains(name)).map(|(_, attribute)| attribute);
    let attributes: Vec<_> = kept.chain(replaced.iter().cloned()).collect();
    let node = named(node("TreeEnsembleClassifier", &["x"], &["label", "y"], &attributes));
    model(&fixed(&[1, 3]), &[[node, bytes(7, b"ai.onnx.ml")].concat()], &[])
}

fn trees(corpus: &mut Corpus) {
    let category = "tree that is none";
    for (name, attribute) in [
        ("nodes_truenodeids", ints("nodes_truenodeids", &[0, 0, 0])),
        ("nodes_falsenodeids", ints("nodes_falsenodeids", &[7, 0, 0])),
        ("nodes_falsenodeids", ints("nodes_falsenodeids", &[-1, 0, 0])),
        ("nodes_nodeids", ints("nodes_nodeids", &[0, 2, 1])),
        ("nodes_nodeids", ints("nodes_nodeids", &[0, 1])),
        ("nodes_treeids", ints("nodes_treeids", &[1, 1, 1])),
        ("nodes_featureids", ints("nodes_featureids", &[1 << 40, 0, 0])),
        ("nodes_modes", texts("nodes_modes", &["BRANCH_GTE", "LEAF", "LEAF"])),
        ("nodes_modes", texts("nodes_modes", &["LEAF"])),
        ("class_ids", ints("class_ids", &[0, 9])),
        ("classlabels_int64s", texts("classlabels_strings", &["a", "b", "c"])),
    ] {
        corpus.add(category, name, &[code::ATTRIBUTE], true, tree(&[attribute], &[name]));
    }
    let beyond = tree(&[ints("nodes_featureids", &[5, 0, 0])], &["nodes_featureids"]);
    corpus.add("tree beyond its input", "feature", EITHER, true, beyond);
}

/// All cases. The nodes that are to blame are called `victim`.
pub fn corpus() -> Vec<Case> {
    let mut corpus = Corpus::default();
    for part in [axes, indices, steps, sizes, bombs, structure, types, protobuf, unfollowed, trees] {
        part(&mut corpus);
    }
    corpus.0
}
