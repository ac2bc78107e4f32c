//! A writer of small ONNX files, enough to build good and hostile models.

/// A length-delimited field.
pub fn bytes(number: u32, content: &[u8]) -> Vec<u8> {
    let mut out = varint_bytes(u64::from(number) << 3 | 2);
    out.extend(varint_bytes(content.len() as u64));
    out.extend(content);
    out
}

/// An integer field.
pub fn varint(number: u32, value: u64) -> Vec<u8> {
    let mut out = varint_bytes(u64::from(number) << 3);
    out.extend(varint_bytes(value));
    out
}

fn varint_bytes(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A node of the default domain.
pub fn node(operator: &str, inputs: &[&str], outputs: &[&str], attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    inputs.iter().for_each(|name| out.extend(bytes(1, name.as_bytes())));
    outputs.iter().for_each(|name| out.extend(bytes(2, name.as_bytes())));
    out.extend(bytes(4, operator.as_bytes()));
    attributes.iter().for_each(|attribute| out.extend(bytes(5, attribute)));
    out
}

/// An integer attribute.
pub fn int(name: &str, value: i64) -> Vec<u8> {
    [bytes(1, name.as_bytes()), varint(3, value as u64), varint(20, 2)].concat()
}

/// An attribute that is a list of integers.
pub fn ints(name: &str, values: &[i64]) -> Vec<u8> {
    let mut out = bytes(1, name.as_bytes());
    values.iter().for_each(|value| out.extend(varint(8, *value as u64)));
    out.extend(varint(20, 7));
    out
}

/// A constant with raw data.
pub fn tensor(name: &str, dtype: u64, dims: &[u64], raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    dims.iter().for_each(|dim| out.extend(varint(1, *dim)));
    out.extend(varint(2, dtype));
    out.extend(bytes(8, name.as_bytes()));
    out.extend(bytes(9, raw));
    out
}

/// An axis: a number or a symbol.
pub enum Dim<'a> {
    /// A number.
    Fixed(u64),
    /// A symbol.
    Symbol(&'a str),
}

/// The declaration of an input or output.
pub fn port(name: &str, dtype: u64, dims: &[Dim<'_>]) -> Vec<u8> {
    let shape: Vec<u8> = dims
        .iter()
        .flat_map(|dim| {
            bytes(
                1,
                &match dim {
                    Dim::Fixed(extent) => varint(1, *extent),
                    Dim::Symbol(symbol) => bytes(2, symbol.as_bytes()),
                },
            )
        })
        .collect();
    let tensor_type = [varint(1, dtype), bytes(2, &shape)].concat();
    [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor_type))].concat()
}

/// A file around a graph, with an operator set.
pub fn file(graph: &[u8], opset: u64) -> Vec<u8> {
    [varint(1, 8), bytes(7, graph), bytes(8, &varint(2, opset))].concat()
}

/// A file with one input `x` of floats, nodes, constants and one output `y`.
pub fn model(dims: &[Dim<'_>], nodes: &[Vec<u8>], constants: &[Vec<u8>]) -> Vec<u8> {
    model_of(1, dims, nodes, constants)
}

/// As [`model`], with another element type of `x`.
pub fn model_of(dtype: u64, dims: &[Dim<'_>], nodes: &[Vec<u8>], constants: &[Vec<u8>]) -> Vec<u8> {
    let mut graph = Vec::new();
    nodes.iter().for_each(|node| graph.extend(bytes(1, node)));
    graph.extend(bytes(2, b"graph"));
    constants.iter().for_each(|constant| graph.extend(bytes(5, constant)));
    graph.extend(bytes(11, &port("x", dtype, dims)));
    graph.extend(bytes(12, &port("y", dtype, &[])));
    file(&graph, 17)
}

/// A text attribute.
pub fn text(name: &str, value: &str) -> Vec<u8> {
    [bytes(1, name.as_bytes()), bytes(4, value.as_bytes()), varint(20, 3)].concat()
}

/// An attribute that is a list of texts.
pub fn texts(name: &str, values: &[&str]) -> Vec<u8> {
    let mut out = bytes(1, name.as_bytes());
    values.iter().for_each(|value| out.extend(bytes(9, value.as_bytes())));
    out.extend(varint(20, 8));
    out
}

/// An attribute that is a list of floats.
pub fn floats(name: &str, values: &[f32]) -> Vec<u8> {
    let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    [bytes(1, name.as_bytes()), bytes(7, &packed), varint(20, 6)].concat()
}

/// A file with these nodes, inputs (see [`port`]) and names of outputs.
pub fn model_with(inputs: &[Vec<u8>], nodes: &[Vec<u8>], outputs: &[&str]) -> Vec<u8> {
    let mut graph = Vec::new();
    nodes.iter().for_each(|node| graph.extend(bytes(1, node)));
    inputs.iter().for_each(|input| graph.extend(bytes(11, input)));
    outputs.iter().for_each(|output| graph.extend(bytes(12, &port(output, 0, &[]))));
    file(&graph, 17)
}
