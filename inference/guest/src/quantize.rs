//! `QuantizeLinear` and `DequantizeLinear` as plain arithmetic.
//!
//! tract's own ones are rewritten together: whatever lies between them, if its
//! axes map one to one, becomes a table of 256 values, which is wrong for an
//! operator such as Softmax whose elements depend on each other. They also
//! multiply by the reciprocal of the scale, which rounds other than ONNX's
//! division, and take no scale that the graph computes.

use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cast::cast;
use tract_onnx::tract_core::ops::math::{add, div, max, min, mul, round_half_to_even, sub};
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::logic::wire_with_rank_broadcast;

type Built = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;

/// ONNX 25, `QuantizeLinear`: `saturate(round(x / scale) + zero_point)`.
pub(crate) fn quantize(_: &ParsingContext, node: &NodeProto) -> Built {
    Ok((expand(Linear::of(node, Direction::Quantize)?), vec![]))
}

/// ONNX 25, `DequantizeLinear`: `(x - zero_point) * scale`.
pub(crate) fn dequantize(_: &ParsingContext, node: &NodeProto) -> Built {
    Ok((expand(Linear::of(node, Direction::Dequantize)?), vec![]))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Quantize,
    Dequantize,
}

#[derive(Clone, Debug)]
struct Linear {
    direction: Direction,
    /// Along which a scale with several elements lies; negative from the end.
    axis: i64,
    zero_point: bool,
}

impl Linear {
    fn of(node: &NodeProto, direction: Direction) -> TractResult<Linear> {
        let block = node.get_attr_opt::<i64>("block_size")?.unwrap_or(0);
        ensure!(block == 0, "blocked quantization is not supported");
        let zero_point = node.input.get(2).is_some_and(|name| !name.is_empty());
        Ok(Linear { direction, axis: node.get_attr_opt("axis")?.unwrap_or(1), zero_point })
    }

    /// A scale or zero point in single precision, laid along the axis of a tensor
    /// with `rank` axes.
    fn parameter(&self, name: String, target: &mut TypedModel, outlet: OutletId, rank: usize) -> TractResult<OutletId> {
        let mut wire = target.wire_node(format!("{name}.cast"), cast(f32::datum_type()), &[outlet])?[0];
        let fact = target.outlet_fact(wire)?.clone();
        ensure!(fact.rank() <= 1, "a scale or zero point has {} axes, at most one is supported", fact.rank());
        if fact.rank() == 1 && fact.shape[0] != 1.to_dim() {
            let axis = if self.axis < 0 { self.axis + rank as i64 } else { self.axis };
            ensure!((0..rank as i64).contains(&axis), "axis {} is out of range", self.axis);
            for index in axis as usize + 1..rank {
                wire = target.wire_node(format!("{name}.axis{index}"), AxisOp::Add(1), &[wire])?[0];
            }
        } else if fact.rank() == 1 && rank == 0 {
            wire = target.wire_node(format!("{name}.scalar"), AxisOp::Rm(0), &[wire])?[0];
        }
        Ok(wire)
    }
}

impl Expansion for Linear {
    fn name(&self) -> StaticName {
        match self.direction {
            Direction::Quantize => "QuantizeLinear".into(),
            Direction::Dequantize => "DequantizeLinear".into(),
        }
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 2 + usize::from(self.zero_point))?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[1].datum_type, f32::datum_type())?;
        s.equals(&inputs[0].shape, &outputs[0].shape)?;
        match (self.direction, self.zero_point) {
            (Direction::Quantize, true) => s.equals(&outputs[0].datum_type, &inputs[2].datum_type),
            (Direction::Quantize, false) => s.equals(&outputs[0].datum_type, u8::datum_type()),
            (Direction::Dequantize, true) => {
                s.equals(&inputs[0].datum_type, &inputs[2].datum_type)?;
                s.equals(&outputs[0].datum_type, f32::datum_type())
            }
            (Direction::Dequantize, false) => s.equals(&outputs[0].datum_type, f32::datum_type()),
        }
    }

    fn wire(&self, prefix: &str, target: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        let rank = target.outlet_fact(inputs[0])?.rank();
        let to = match inputs.get(2) {
            Some(zero_point) => target.outlet_fact(*zero_point)?.datum_type,
            None => u8::datum_type(),
        };
        let x = target.wire_node(format!("{prefix}.x"), cast(f32::datum_type()), &[inputs[0]])?[0];
        let scale = self.parameter(format!("{prefix}.scale"), target, inputs[1], rank)?;
        let zero_point = inputs
            .get(2)
            .map(|outlet| self.parameter(format!("{prefix}.zero_point"), target, *outlet, rank))
            .transpose()?;
        if self.direction == Direction::Dequantize {
            let shifted = match zero_point {
                Some(zero) => wire_with_rank_broadcast(format!("{prefix}.sub"), target, sub(), &[x, zero])?[0],
                None => x,
            };
            return wire_with_rank_broadcast(prefix, target, mul(), &[shifted, scale]);
        }
        let (low, high) = match to {
            DatumType::U8 => (f32::from(u8::MIN), f32::from(u8::MAX)),
            DatumType::I8 => (f32::from(i8::MIN), f32::from(i8::MAX)),
            DatumType::U16 => (f32::from(u16::MIN), f32::from(u16::MAX)),
            DatumType::I16 => (f32::from(i16::MIN), f32::from(i16::MAX)),
            other => bail!("quantization to {other:?} is not supported"),
        };
        let low = target.add_const(format!("{prefix}.low"), tensor0(low))?;
        let high = target.add_const(format!("{prefix}.high"), tensor0(high))?;
        // tract divides by multiplying with the reciprocal. In double precision and
        // rounded after, that is the quotient that ONNX's division rounds to.
        let double = f64::datum_type();
        let x = target.wire_node(format!("{prefix}.double"), cast(double), &[x])?[0];
        let scale = target.wire_node(format!("{prefix}.scale.double"), cast(double), &[scale])?[0];
        let mut wire = wire_with_rank_broadcast(format!("{prefix}.div"), target, div(), &[x, scale])?[0];
        wire = target.wire_node(format!("{prefix}.single"), cast(f32::datum_type()), &[wire])?[0];
        wire = target.wire_node(format!("{prefix}.round"), round_half_to_even(), &[wire])?[0];
        if let Some(zero) = zero_point {
            wire = wire_with_rank_broadcast(format!("{prefix}.add"), target, add(), &[wire, zero])?[0];
        }
        wire = wire_with_rank_broadcast(format!("{prefix}.max"), target, max(), &[wire, low])?[0];
        wire = wire_with_rank_broadcast(format!("{prefix}.min"), target, min(), &[wire, high])?[0];
        target.wire_node(prefix, cast(to), &[wire])
    }
}
