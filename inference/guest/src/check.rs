//! What ONNX asks of a node once types and shapes are known, and tract does not
//! look at: it would go on with another meaning.

use std::collections::HashMap;

use tract_onnx::pb::{GraphProto, NodeProto};
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::*;

/// Largest extent of an axis, as admission has it. Above 2³² a size would lose its
/// upper bits here without a word.
const MAX_DIM: i64 = 1 << 28;

const INTEGERS: [DatumType; 3] = [DatumType::I32, DatumType::I64, DatumType::TDim];
const BOOLEANS: [DatumType; 1] = [DatumType::Bool];

/// Checks an analysed graph.
pub(crate) fn check(
    graph: &GraphProto,
    model: &InferenceModel,
    outlets: &HashMap<String, OutletId>,
) -> TractResult<()> {
    for node in model.nodes() {
        for output in &node.outputs {
            let shape = output.fact.shape.concretize().unwrap_or_default();
            for dim in shape.iter().filter_map(|dim| dim.to_i64().ok()) {
                ensure!((0..=MAX_DIM).contains(&dim), "{node}: an axis of {dim} is out of range");
            }
        }
    }
    graph.node.iter().try_for_each(|node| {
        let fact = |index: usize| {
            let outlet = node.input.get(index).and_then(|name| outlets.get(name));
            outlet.and_then(|outlet| model.outlet_fact(*outlet).ok())
        };
        let title = if node.name.is_empty() { node.output.join(", ") } else { node.name.clone() };
        check_node(node, fact).with_context(|| format!("node `{title}` ({})", node.op_type))
    })
}

fn check_node<'a>(node: &NodeProto, fact: impl Fn(usize) -> Option<&'a InferenceFact>) -> TractResult<()> {
    let typed = |index: usize, types: &[DatumType]| {
        let found = fact(index).and_then(|fact| fact.datum_type.concretize());
        match found {
            Some(found) => ensure!(types.contains(&found), "input {index} is of type {found:?}, not {types:?}"),
            None => {}
        }
        Ok(())
    };
    match node.op_type.as_str() {
        "And" | "Or" | "Xor" => typed(0, &BOOLEANS).and_then(|()| typed(1, &BOOLEANS)),
        "Not" | "Where" => typed(0, &BOOLEANS),
        "Gather" | "GatherElements" | "GatherND" | "ScatterElements" | "Scatter" | "ScatterND" => typed(1, &INTEGERS),
        "Softmax" | "LogSoftmax" | "Hardmax" => {
            let (axis, rank) =
                (node.get_attr_opt::<i64>("axis")?, fact(0).and_then(|fact| fact.shape.rank().concretize()));
            match (axis, rank) {
                (Some(axis), Some(rank)) => ensure!((-rank..rank.max(1)).contains(&axis), "axis {axis} of {rank} axes"),
                _ => {}
            }
            Ok(())
        }
        // tract starts a maximum at the lowest finite number where ONNX says minus
        // infinity; that shows only where nothing is reduced.
        "ReduceMax" | "ReduceMin" => {
            let shape = fact(0).and_then(|fact| fact.shape.concretize()).unwrap_or_default();
            ensure!(!shape.contains(&TDim::from(0)), "the extremum of an empty tensor is not supported");
            Ok(())
        }
        _ => Ok(()),
    }
}
