//! Admission: an own, bounded walk over the ONNX file, before the guest (and so
//! tract) sees a byte of it.
//!
//! The walk follows the `ModelProto` of the ONNX intermediate representation.
//! Fields that it does not know are skipped, as protobuf decoders do; a singular
//! field that occurs twice is refused, since decoders differ there.

pub(crate) mod attributes;
mod graph;
pub(crate) mod operators;
mod tensor;
mod trees;
mod wire;

use std::collections::BTreeMap;

use crate::error::{Error, code};
use crate::tensor::DType;
use graph::Graph;
use wire::{Fields, malformed, once, too_many};

/// Largest file, in bytes.
pub const MAX_MODEL_BYTES: usize = 256 << 20;
/// Most nodes: loading takes longer than linear time in them.
pub(crate) const MAX_NODES: usize = 5_000;
/// Most initialisers, and most inputs and outputs together.
pub(crate) const MAX_VALUES: usize = 20_000;
/// Most inputs, and most outputs, of a graph.
pub(crate) const MAX_PORTS: usize = 64;
/// Most inputs or outputs of a node.
pub(crate) const MAX_ARITY: usize = 256;
/// Most attributes of a node.
pub(crate) const MAX_ATTRIBUTES: usize = 64;
/// Most numbers or strings in one attribute.
pub(crate) const MAX_ATTRIBUTE_ELEMENTS: usize = 4_096;
/// As above, for tree ensembles, which lie in their attributes.
pub(crate) const MAX_TREE_ELEMENTS: usize = 1 << 18;
/// Longest name, in bytes.
pub(crate) const MAX_NAME_BYTES: usize = 1_024;
/// Largest extent of an axis.
pub(crate) const MAX_DIM: u64 = 1 << 28;
/// Admitted versions of the default operator set.
pub(crate) const OPSETS: std::ops::RangeInclusive<u64> = 7..=25;

/// Name, type and shape of an input or output.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Port {
    /// Name in the model.
    pub name: String,
    /// Element type.
    pub dtype: DType,
    /// Extent of each axis.
    pub shape: Vec<u64>,
}

/// What admission found in a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The inputs a caller gives, in the model's order, symbolic axes bound.
    pub inputs: Vec<Port>,
    /// The names of the outputs; their types and shapes are known after loading.
    pub outputs: Vec<String>,
    /// Whether the gas of an inference can depend on the input values. If not,
    /// one measurement is exact for all inputs.
    pub variable: bool,
}

/// An operator and whether models with it are admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Operator {
    /// Domain; empty for the default one.
    pub domain: &'static str,
    /// Name, as in ONNX.
    pub name: &'static str,
    /// Why it is refused, if it is.
    pub refused: Option<&'static str>,
}

/// All admitted operators, and those whose refusal has a reason of its own. Any
/// other is refused too.
pub fn operators() -> Vec<Operator> {
    let admitted = [("", operators::OPERATORS), ("ai.onnx.ml", operators::ML_OPERATORS)];
    let admitted = admitted
        .into_iter()
        .flat_map(|(domain, table)| table.iter().map(move |(name, _)| Operator { domain, name, refused: None }));
    let refused =
        operators::REFUSED.iter().map(|(domain, name, reason)| Operator { domain, name, refused: Some(reason) });
    admitted.chain(refused).collect()
}

/// Checks a model against the admission rules.
///
/// `bindings` gives a number to each symbolic input axis: by its symbol if that
/// is an identifier, else by `input:axis`. Each must be used.
///
/// # Errors
/// A code of the group below 20 in [`code`].
pub fn admit(model: &[u8], bindings: &BTreeMap<String, u64>) -> Result<Admission, Error> {
    if model.len() > MAX_MODEL_BYTES {
        return Err(Error::new(
            code::TOO_LARGE,
            format!("the model has {} bytes, at most {MAX_MODEL_BYTES} are allowed", model.len()),
        ));
    }
    let mut graph = None;
    let mut opset = None;
    let mut imports = 0;
    for field in Fields::new(model) {
        let field = field?;
        match field.number {
            7 => once(&mut graph, field.bytes()?, "the graph")?,
            8 => {
                imports += 1;
                if imports > MAX_PORTS {
                    return Err(too_many(MAX_PORTS));
                }
                let (domain, version) = import(field.bytes()?)?;
                // Some exporters say it twice.
                if is_default(domain) && opset != Some(version) {
                    once(&mut opset, version, "the default operator set")?;
                }
            }
            20 => return Err(feature("training information", "export for inference")),
            25 => return Err(feature("local functions", "inline them when exporting")),
            _ => {}
        }
    }
    let graph = graph.ok_or_else(|| malformed("it holds no graph"))?;
    match opset {
        Some(version) if OPSETS.contains(&version) => {}
        found => {
            let found = found.map_or("none".to_owned(), |version| version.to_string());
            let (low, high) = (OPSETS.start(), OPSETS.end());
            return Err(Error::new(
                code::OPSET,
                format!("operator set {found} is not admitted; export with {low} to {high}"),
            ));
        }
    }
    Graph::read(graph)?.resolve(bindings)
}

fn import(bytes: &[u8]) -> Result<(&str, u64), Error> {
    let (mut domain, mut version) = (None, None);
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => once(&mut domain, field.text()?, "a domain")?,
            2 => once(&mut version, field.varint()?, "a version")?,
            _ => {}
        }
    }
    Ok((domain.unwrap_or(""), version.unwrap_or(0)))
}

fn is_default(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

fn feature(what: &str, hint: &str) -> Error {
    Error::new(code::FEATURE, format!("the model has {what}, which are not admitted; {hint}"))
}
