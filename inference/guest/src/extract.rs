//! `ArrayFeatureExtractor` with the shape that ONNX-ML gives it: the indices are
//! one list whatever their shape, where tract keeps all their axes.

use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::Gather;
use tract_onnx::tract_hir::internal::*;

/// ONNX-ML 1, `ArrayFeatureExtractor`: elements of the last axis.
pub(crate) fn array_features(_: &ParsingContext, _: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    Ok((expand(ArrayFeatures), vec![]))
}

#[derive(Clone, Debug)]
struct ArrayFeatures;

impl Expansion for ArrayFeatures {
    fn name(&self) -> StaticName {
        "ArrayFeatureExtractor".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 2)?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
        s.given_2(&inputs[0].shape, &inputs[1].shape, move |s, mut shape, indices| {
            ensure!(!shape.is_empty(), "the values have no axis");
            shape.pop();
            if shape.is_empty() {
                shape.push(1.to_dim());
            }
            shape.push(indices.iter().product());
            s.equals(&outputs[0].shape, shape)
        })
    }

    fn wire(&self, prefix: &str, target: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        let mut values = inputs[0];
        if target.outlet_fact(values)?.rank() == 1 {
            values = target.wire_node(format!("{prefix}.row"), AxisOp::Add(0), &[values])?[0];
        }
        let from = target.outlet_fact(inputs[1])?.shape.to_tvec();
        let to = tvec![from.iter().product()];
        let list = target.wire_node(format!("{prefix}.list"), AxisOp::Reshape(0, from, to), &[inputs[1]])?[0];
        let axis = target.outlet_fact(values)?.rank() - 1;
        target.wire_node(prefix, Gather::new(axis), &[values, list])
    }
}
