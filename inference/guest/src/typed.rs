//! From the graph of the file to tract's typed graph.

use std::collections::HashMap;

use tract_onnx::model::{Onnx, ParseResult};
use tract_onnx::pb;
use tract_onnx::tract_core::model::translator::Translate;
use tract_onnx::tract_hir::internal::*;

use crate::{check, extract, place, quantize};

/// tract's reader of ONNX files, with our own version of what it gets wrong.
pub(crate) fn front_end() -> Onnx {
    // Inputs are concrete, so tract derives all other shapes; the declared ones
    // are the exporter's opinion, often symbolic and sometimes wrong.
    let mut onnx = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
    onnx.op_register.insert("ArrayFeatureExtractor", extract::array_features);
    onnx.op_register.insert("QuantizeLinear", quantize::quantize);
    onnx.op_register.insert("DequantizeLinear", quantize::dequantize);
    onnx
}

/// Parses, analyses and types a model. Each step names its node in [`place`].
pub(crate) fn typed(onnx: &Onnx, proto: &pb::ModelProto) -> TractResult<TypedModel> {
    let ParseResult { mut model, unresolved_inputs, outlets_by_name } = onnx.parse(proto, None)?;
    ensure!(unresolved_inputs.is_empty(), "nothing makes {unresolved_inputs:?}");
    place::watch_analysis();
    model.analyse(false)?;
    place::set("");
    check::check(proto.graph.as_ref().context("the file holds no graph")?, &model, &outlets_by_name)?;
    place::watch_analysis();
    let model = model.incorporate()?;
    place::set("");
    let typed = ToTyped.translate_model(&model);
    place::set("");
    typed
}

/// tract's own translation, which keeps what analysis computed as constants,
/// with the node named.
#[derive(Debug)]
struct ToTyped;

impl Translate<InferenceFact, Box<dyn InferenceOp>, TypedFact, Box<dyn TypedOp>> for ToTyped {
    fn translate_node(
        &self,
        source: &InferenceModel,
        node: &InferenceNode,
        target: &mut TypedModel,
        mapping: &HashMap<OutletId, OutletId>,
    ) -> TractResult<TVec<OutletId>> {
        place::set(node);
        let values: Option<Vec<Arc<Tensor>>> =
            node.outputs.iter().map(|output| output.fact.value.concretize()).collect();
        let kept = InferenceModel::is_source(&node.op) || node.op.state(&EvalContext::out_of_plan())?.is_some();
        match values {
            Some(values) if !kept => values
                .into_iter()
                .enumerate()
                .map(|(index, value)| target.add_const(format!("{}.{index}", node.name), value))
                .collect(),
            _ => {
                let outlets = node.op.to_typed(source, node, target, mapping)?;
                outlets.iter().try_for_each(|outlet| target.outlet_fact(*outlet)?.consistent())?;
                Ok(outlets)
            }
        }
    }
}
