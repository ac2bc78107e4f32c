//! The graph: inputs, nodes, attributes, outputs.

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::{self, Attribute};
use super::operators::{self, Cost};
use super::wire::{Fields, malformed, once, too_many};
use super::{
    Admission, MAX_ARITY, MAX_ATTRIBUTES, MAX_DIM, MAX_NAME_BYTES, MAX_NODES, MAX_PORTS, MAX_VALUES, Port, feature,
    is_default, tensor, trees,
};
use crate::error::{Error, code};
use crate::tensor::{DType, MAX_RANK, MAX_TENSOR_BYTES, byte_len};

/// An axis as the file declares it.
#[derive(Clone, Copy)]
enum Dim<'a> {
    Fixed(u64),
    Symbol(&'a str),
}

struct Input<'a> {
    name: &'a str,
    dtype: DType,
    dims: Vec<Dim<'a>>,
}

/// A graph that passed all checks that need no bindings.
pub(super) struct Graph<'a> {
    inputs: Vec<Input<'a>>,
    outputs: Vec<&'a str>,
    variable: bool,
}

struct Node<'a> {
    inputs: Vec<&'a str>,
    outputs: Vec<&'a str>,
    operator: &'a str,
    cost: Cost,
    /// Whether it is a constant with a number that no size, index or count is.
    wide: bool,
    bytes: &'a [u8],
}

impl<'a> Graph<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut nodes = Vec::new();
        let mut initialisers = BTreeSet::new();
        let mut wide = BTreeSet::new();
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        let mut variable = false;
        for field in Fields::new(bytes) {
            let field = field?;
            match field.number {
                1 => {
                    let node = read_node(field.bytes()?)
                        .map_err(|error| at(error, field.bytes().unwrap_or_default(), nodes.len()))?;
                    bounded_push(&mut nodes, node, MAX_NODES)?;
                }
                5 => {
                    let constant = tensor::read(field.bytes()?)?;
                    let name = name(tensor::named(&constant)?)?;
                    if !initialisers.insert(name) {
                        return Err(made_twice(name));
                    }
                    if initialisers.len() > MAX_VALUES {
                        return Err(too_many(MAX_VALUES));
                    }
                    variable |= constant.dtype.branches();
                    if constant.wide {
                        wide.insert(name);
                    }
                }
                11 => bounded_push(&mut inputs, field.bytes()?, MAX_VALUES)?,
                12 => bounded_push(&mut outputs, value_name(field.bytes()?)?, MAX_PORTS)?,
                15 => return Err(feature("sparse tensors", "store them dense")),
                _ => {}
            }
        }
        // Old exporters list initialisers among the inputs; they are constants.
        let mut given = Vec::new();
        for bytes in inputs {
            if !initialisers.contains(value_name(bytes)?) {
                bounded_push(&mut given, read_input(bytes)?, MAX_PORTS)?;
            }
        }
        check_wiring(&initialisers, &given, &nodes, &outputs)?;
        check_constants(wide, &nodes)?;
        variable |= nodes.iter().any(|node| node.cost == Cost::Variable);
        variable |= given.iter().any(|input| input.dtype.branches());
        Ok(Graph { inputs: given, outputs, variable })
    }

    /// Gives every axis its number.
    pub(super) fn resolve(&self, bindings: &BTreeMap<String, u64>) -> Result<Admission, Error> {
        let mut unused: BTreeSet<&str> = bindings.keys().map(String::as_str).collect();
        let mut unbound = BTreeSet::new();
        let mut inputs = Vec::new();
        for input in &self.inputs {
            let mut shape = Vec::new();
            for (axis, dim) in input.dims.iter().enumerate() {
                let key = match dim {
                    Dim::Fixed(extent) => {
                        shape.push(*extent);
                        continue;
                    }
                    Dim::Symbol(symbol) if is_identifier(symbol) => (*symbol).to_owned(),
                    Dim::Symbol(_) => format!("{}:{axis}", input.name),
                };
                match bindings.get(&key) {
                    Some(extent) if (1..=MAX_DIM).contains(extent) => {
                        unused.remove(key.as_str());
                        shape.push(*extent);
                    }
                    Some(extent) => return Err(binding(&key, format!("{extent} is out of range"))),
                    None => drop(unbound.insert(key)),
                }
            }
            inputs.push(Port { name: input.name.to_owned(), dtype: input.dtype, shape });
        }
        if !unbound.is_empty() {
            return Err(Error::new(
                code::UNBOUND,
                format!(
                    "these axes have no fixed extent: {}; bind each, as in `{}=1`",
                    list(&unbound),
                    list(&unbound).split(", ").next().unwrap_or_default()
                ),
            ));
        }
        if let Some(name) = unused.first() {
            return Err(binding(name, "the model has no such axis".to_owned()));
        }
        check_sizes(&inputs)?;
        let outputs = self.outputs.iter().map(|name| (*name).to_owned()).collect();
        Ok(Admission { inputs, outputs, variable: self.variable })
    }
}

fn check_sizes(inputs: &[Port]) -> Result<(), Error> {
    let mut total = 0u64;
    for input in inputs {
        let bytes = byte_len(input.dtype, &input.shape, MAX_TENSOR_BYTES);
        total = bytes.and_then(|bytes| total.checked_add(bytes)).unwrap_or(u64::MAX);
        if total > MAX_TENSOR_BYTES {
            return Err(Error::new(
                code::SHAPE,
                format!("with input `{}` the inputs exceed {MAX_TENSOR_BYTES} bytes; bind smaller axes", input.name),
            ));
        }
    }
    Ok(())
}

/// Every value is made once, before it is used.
fn check_wiring(
    initialisers: &BTreeSet<&str>,
    inputs: &[Input<'_>],
    nodes: &[Node<'_>],
    outputs: &[&str],
) -> Result<(), Error> {
    let mut known = initialisers.clone();
    for input in inputs {
        if !known.insert(input.name) {
            return Err(made_twice(input.name));
        }
    }
    for (index, node) in nodes.iter().enumerate() {
        if let Some(missing) = node.inputs.iter().find(|name| !name.is_empty() && !known.contains(**name)) {
            let error = Error::new(
                code::GRAPH,
                format!("`{missing}` is used before anything makes it; sort the nodes topologically"),
            );
            return Err(at(error, node.bytes, index));
        }
        for output in node.outputs.iter().filter(|name| !name.is_empty()) {
            if !known.insert(output) {
                return Err(at(made_twice(output), node.bytes, index));
            }
        }
    }
    let mut seen = BTreeSet::new();
    for output in outputs {
        if !known.contains(output) {
            return Err(Error::new(code::GRAPH, format!("nothing makes output `{output}`")));
        }
        if !seen.insert(output) {
            return Err(made_twice(output));
        }
    }
    if outputs.is_empty() {
        return Err(Error::new(code::GRAPH, "the graph has no output"));
    }
    Ok(())
}

/// No constant that is used as a size, an index or a count is too large for one.
fn check_constants<'a>(mut wide: BTreeSet<&'a str>, nodes: &[Node<'a>]) -> Result<(), Error> {
    for (index, node) in nodes.iter().enumerate() {
        for (_, input) in attributes::SIZES.iter().filter(|(operator, _)| *operator == node.operator) {
            if let Some(name) = node.inputs.get(*input).filter(|name| wide.contains(*name)) {
                let message = format!("`{name}` holds a number beyond {MAX_DIM}, which is no size, index or count");
                return Err(at(Error::new(code::SHAPE, message), node.bytes, index));
            }
        }
        if node.wide {
            wide.extend(&node.outputs);
        }
    }
    Ok(())
}

fn read_node(bytes: &[u8]) -> Result<Node<'_>, Error> {
    let (mut inputs, mut outputs, mut attributes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut operator, mut domain) = (None, None);
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => bounded_push(&mut inputs, name(field.text()?)?, MAX_ARITY)?,
            2 => bounded_push(&mut outputs, name(field.text()?)?, MAX_ARITY)?,
            3 => drop(name(field.text()?)?),
            4 => once(&mut operator, name(field.text()?)?, "an operator")?,
            5 => bounded_push(&mut attributes, field.bytes()?, MAX_ATTRIBUTES)?,
            7 => once(&mut domain, name(field.text()?)?, "a domain")?,
            _ => {}
        }
    }
    let operator = operator.ok_or_else(|| malformed("a node has no operator"))?;
    let domain = domain.unwrap_or("");
    let mut cost = operators::cost(domain, operator).ok_or_else(|| refused(domain, operator))?;
    let (mut read, mut wide) = (Vec::new(), false);
    for attribute in attributes {
        let attribute = Attribute::read(attribute, operator)?;
        if read.iter().any(|other: &Attribute<'_>| other.name == attribute.name) {
            return Err(attributes::wrong(attribute.name, "occurs twice"));
        }
        if attribute.branches(operator) {
            cost = Cost::Variable;
        }
        wide |= operator == "Constant" && attribute.wide();
        read.push(attribute);
    }
    if let Some(missing) = attributes::missing(operator, &read) {
        return Err(attributes::wrong(missing, "must be given: the runtime does not follow its default"));
    }
    if attributes::is_tree(operator) {
        trees::check(&read)?;
    }
    if outputs.iter().all(|name| name.is_empty()) {
        return Err(Error::new(code::GRAPH, "it has no output"));
    }
    Ok(Node { inputs, outputs, operator, cost, wide, bytes })
}

/// An error with the node it is about: its name, or its place and what it makes.
fn at(error: Error, node: &[u8], index: usize) -> Error {
    let (mut title, mut operator, mut output) = ("", "", "");
    for field in Fields::new(node).flatten() {
        let text = field.text().unwrap_or("");
        match field.number {
            2 if output.is_empty() => output = text,
            3 => title = text,
            4 => operator = text,
            _ => {}
        }
    }
    let short = |text: &str| text.chars().filter(|letter| !letter.is_control()).take(100).collect::<String>();
    let title = if title.is_empty() {
        format!("{index}, which makes `{}`", short(output))
    } else {
        format!("`{}`", short(title))
    };
    Error { message: format!("node {title} ({}): {}", short(operator), error.message), ..error }
}

fn refused(domain: &str, operator: &str) -> Error {
    let full = if is_default(domain) { operator.to_owned() } else { format!("{domain}.{operator}") };
    Error::new(code::OPERATOR, format!("operator `{full}` is not admitted: {}", operators::refusal(domain, operator)))
}

fn value_name(bytes: &[u8]) -> Result<&str, Error> {
    let mut found = None;
    for field in Fields::new(bytes) {
        let field = field?;
        if field.number == 1 {
            once(&mut found, name(field.text()?)?, "a value's name")?;
        }
    }
    found.filter(|name| !name.is_empty()).ok_or_else(|| malformed("a value has no name"))
}

/// `ValueInfoProto { 1: name, 2: TypeProto { 1: Tensor { 1: type, 2: shape { 1: dim } } } }`
fn read_input(bytes: &[u8]) -> Result<Input<'_>, Error> {
    let name = value_name(bytes)?;
    let value_type = nested(bytes, 2)?.ok_or_else(|| untyped(name))?;
    let tensor_type = nested(value_type, 1)?.ok_or_else(|| untyped(name))?;
    let mut number = None;
    for field in Fields::new(tensor_type) {
        let field = field?;
        if field.number == 1 {
            once(&mut number, field.varint()?, "an element type")?;
        }
    }
    let dtype = tensor::element_type(number.unwrap_or(0), name)?;
    let shape = nested(tensor_type, 2)?.ok_or_else(|| untyped(name))?;
    let mut dims = Vec::new();
    for field in Fields::new(shape) {
        let field = field?;
        if field.number == 1 {
            bounded_push(&mut dims, read_dim(field.bytes()?, name)?, MAX_RANK)?;
        }
    }
    Ok(Input { name, dtype, dims })
}

fn nested(bytes: &[u8], number: u32) -> Result<Option<&[u8]>, Error> {
    let mut found = None;
    for field in Fields::new(bytes) {
        let field = field?;
        if field.number == number {
            once(&mut found, field.bytes()?, "a type")?;
        }
    }
    Ok(found)
}

fn untyped(input: &str) -> Error {
    Error::new(
        code::SHAPE,
        format!("input `{input}` is no tensor of known rank; export it with a tensor type and shape"),
    )
}

fn read_dim<'a>(bytes: &'a [u8], input: &str) -> Result<Dim<'a>, Error> {
    let mut dim = None;
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => once(&mut dim, fixed(field.varint()?, input)?, "a dimension")?,
            2 => once(&mut dim, Dim::Symbol(name(field.text()?)?), "a dimension")?,
            _ => {}
        }
    }
    Ok(dim.unwrap_or(Dim::Symbol("")))
}

/// A declared extent; exporters write 0 or −1 for an unknown one.
fn fixed<'a>(extent: u64, input: &str) -> Result<Dim<'a>, Error> {
    match extent as i64 {
        ..=0 => Ok(Dim::Symbol("")),
        _ if extent <= MAX_DIM => Ok(Dim::Fixed(extent)),
        _ => Err(Error::new(
            code::SHAPE,
            format!("an axis of input `{input}` is {extent}, at most {MAX_DIM} is allowed"),
        )),
    }
}

fn is_identifier(symbol: &str) -> bool {
    let mut bytes = symbol.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

pub(super) fn name(text: &str) -> Result<&str, Error> {
    if text.len() > MAX_NAME_BYTES {
        return Err(Error::new(code::TOO_COMPLEX, format!("a name is longer than {MAX_NAME_BYTES} bytes; rename it")));
    }
    Ok(text)
}

fn bounded_push<T>(list: &mut Vec<T>, element: T, limit: usize) -> Result<(), Error> {
    if list.len() >= limit {
        return Err(too_many(limit));
    }
    list.push(element);
    Ok(())
}

fn made_twice(name: &str) -> Error {
    Error::new(code::GRAPH, format!("`{name}` is made twice; give each value a name of its own"))
}

fn binding(name: &str, message: String) -> Error {
    Error::new(code::BINDING, format!("binding `{name}`: {message}"))
}

fn list(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
