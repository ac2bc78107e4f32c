//! The point table: what an operator costs, whatever engine runs it.
//!
//! A point is about 0.05 ns of one core under wasmer's Cranelift with canonical
//! NaNs. The classes were fitted on the golden models, loading and running:
//! vector arithmetic pays for its NaN check, branches for what they mispredict,
//! and what a compiler folds away is free. Changing a number changes the gas of
//! every inference, so a new table is a new guest and a new profile.

use wasmparser::Operator;

/// Points of `memory.grow` for each page of 64 KiB: sixteen page faults, and
/// copying the page to a snapshot.
pub(crate) const GROW_PAGE: i64 = 500_000;

/// Points of a call of a host kernel, whatever it does.
pub(crate) const KERNEL_CALL: i64 = 2_000;
/// Points of a matrix product for eight fused multiply-adds, columns padded to [`PRODUCT_LANES`]:
/// AVX-512 takes less than half of it, AVX2 some three quarters, and Arm has room.
pub(crate) const PRODUCT_FUSED_8: i64 = 3;
/// Points of a matrix product for each element of the result.
pub(crate) const PRODUCT_STORE: i64 = 8;
/// Points of a matrix product for each element-wise operation on an element.
pub(crate) const PRODUCT_STEP: i64 = 4;
/// Columns that the matrix kernel handles together.
pub(crate) const PRODUCT_LANES: i64 = 16;
/// Points of an element-wise operation for each element.
pub(crate) const MAP_ELEMENT: i64 = 2;
/// Points of a row of a depthwise convolution for each fused multiply-add.
pub(crate) const DEPTHWISE_FUSED: i64 = 2;
/// Points of a row of a depthwise convolution for each point and each tap.
pub(crate) const DEPTHWISE_EDGE: i64 = 8;

const FREE: i64 = 0;
const SIMPLE: i64 = 2;
const MEMORY: i64 = 3;
const FLOAT: i64 = 5;
const BRANCH: i64 = 12;
const CALL: i64 = 20;
const DIVIDE: i64 = 40;
const CALL_INDIRECT: i64 = 50;

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
        O::Br { .. } | O::BrIf { .. } | O::BrTable { .. } | O::If { .. } | O::Return => BRANCH,
        O::Call { .. } => CALL,
        O::CallIndirect { .. } => CALL_INDIRECT,
        other if is_memory(other) => MEMORY,
        other if is_division(other) => DIVIDE,
        other if is_float(other) => FLOAT,
        _ => SIMPLE,
    }
}

fn is_memory(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::I32Load { .. }
            | O::I64Load { .. }
            | O::F32Load { .. }
            | O::F64Load { .. }
            | O::I32Load8S { .. }
            | O::I32Load8U { .. }
            | O::I32Load16S { .. }
            | O::I32Load16U { .. }
            | O::I64Load8S { .. }
            | O::I64Load8U { .. }
            | O::I64Load16S { .. }
            | O::I64Load16U { .. }
            | O::I64Load32S { .. }
            | O::I64Load32U { .. }
            | O::I32Store { .. }
            | O::I64Store { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
            | O::I32Store8 { .. }
            | O::I32Store16 { .. }
            | O::I64Store8 { .. }
            | O::I64Store16 { .. }
            | O::I64Store32 { .. }
            | O::V128Load { .. }
            | O::V128Load8x8S { .. }
            | O::V128Load8x8U { .. }
            | O::V128Load16x4S { .. }
            | O::V128Load16x4U { .. }
            | O::V128Load32x2S { .. }
            | O::V128Load32x2U { .. }
            | O::V128Load8Splat { .. }
            | O::V128Load16Splat { .. }
            | O::V128Load32Splat { .. }
            | O::V128Load64Splat { .. }
            | O::V128Load32Zero { .. }
            | O::V128Load64Zero { .. }
            | O::V128Load8Lane { .. }
            | O::V128Load16Lane { .. }
            | O::V128Load32Lane { .. }
            | O::V128Load64Lane { .. }
            | O::V128Store { .. }
            | O::V128Store8Lane { .. }
            | O::V128Store16Lane { .. }
            | O::V128Store32Lane { .. }
            | O::V128Store64Lane { .. }
    )
}

fn is_division(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::I32DivS
            | O::I32DivU
            | O::I32RemS
            | O::I32RemU
            | O::I64DivS
            | O::I64DivU
            | O::I64RemS
            | O::I64RemU
            | O::F32Div
            | O::F32Sqrt
            | O::F64Div
            | O::F64Sqrt
            | O::F32x4Div
            | O::F32x4Sqrt
            | O::F64x2Div
            | O::F64x2Sqrt
    )
}

/// Float operators whose result the engine checks for NaN.
fn is_float(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::F32Add
            | O::F32Sub
            | O::F32Mul
            | O::F32Min
            | O::F32Max
            | O::F32Ceil
            | O::F32Floor
            | O::F32Trunc
            | O::F32Nearest
            | O::F32DemoteF64
            | O::F64Add
            | O::F64Sub
            | O::F64Mul
            | O::F64Min
            | O::F64Max
            | O::F64Ceil
            | O::F64Floor
            | O::F64Trunc
            | O::F64Nearest
            | O::F64PromoteF32
            | O::F32x4Add
            | O::F32x4Sub
            | O::F32x4Mul
            | O::F32x4Min
            | O::F32x4Max
            | O::F32x4PMin
            | O::F32x4PMax
            | O::F32x4Ceil
            | O::F32x4Floor
            | O::F32x4Trunc
            | O::F32x4Nearest
            | O::F64x2Add
            | O::F64x2Sub
            | O::F64x2Mul
            | O::F64x2Min
            | O::F64x2Max
            | O::F64x2PMin
            | O::F64x2PMax
            | O::F64x2Ceil
            | O::F64x2Floor
            | O::F64x2Trunc
            | O::F64x2Nearest
    )
}
