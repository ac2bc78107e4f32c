//! The functions that a guest may import: pure kernels of the host, defined to the
//! bit in `inference/src/kernel/`, and what a call of each costs.

use wasm_encoder::{Instruction, ValType};

use crate::points::{
    DEPTHWISE_EDGE, DEPTHWISE_FUSED, KERNEL_CALL, MAP_ELEMENT, PRODUCT_FUSED_8, PRODUCT_LANES, PRODUCT_STEP,
    PRODUCT_STORE,
};

/// The module that kernels are imported from.
pub(crate) const MODULE: &str = "synergy";

/// Most element-wise operations of a matrix product.
const MAX_STEPS: i32 = 16;
/// No matrix in a gigabyte of memory has more floats.
const MAX_FLOATS: i64 = 1 << 28;

/// An import that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// A matrix product, `matmul_f32`.
    Product,
    /// An element-wise operation, `map_f32`.
    Map,
    /// A row of a depthwise convolution, `depthwise_f32`.
    Depthwise,
}

impl Kernel {
    pub(crate) fn named(name: &str) -> Option<Kernel> {
        match name {
            "matmul_f32" => Some(Kernel::Product),
            "map_f32" => Some(Kernel::Map),
            "depthwise_f32" => Some(Kernel::Depthwise),
            _ => None,
        }
    }

    /// How many parameters it has.
    pub(crate) fn parameters(self) -> u32 {
        match self {
            Kernel::Product => 13,
            Kernel::Map => 4,
            Kernel::Depthwise => 8,
        }
    }

    /// The type of a parameter.
    pub(crate) fn parameter(self, index: u32) -> ValType {
        match (self, index) {
            (Kernel::Depthwise, 5) => ValType::F32,
            _ => ValType::I32,
        }
    }

    /// Conditions on which a call traps, because its price could overflow. The host
    /// has narrower ones.
    pub(crate) fn bounds(self) -> Vec<Vec<Instruction<'static>>> {
        let too_many = |one: u32, other: u32| {
            let mut code = wide(one);
            code.extend(wide(other));
            code.extend([Instruction::I64Mul, Instruction::I64Const(MAX_FLOATS), Instruction::I64GtU]);
            code
        };
        match self {
            Kernel::Product => {
                let steps = [Instruction::LocalGet(12), Instruction::I32Const(MAX_STEPS), Instruction::I32GtU];
                vec![too_many(0, 2), too_many(1, 2), too_many(0, 1), steps.to_vec()]
            }
            Kernel::Map => vec![],
            Kernel::Depthwise => vec![too_many(4, 6)],
        }
    }

    /// Code that leaves the price of a call, an i64.
    pub(crate) fn price(self) -> Vec<Instruction<'static>> {
        let mut code = match self {
            // Elements, columns padded, times what each costs: k, the store and the steps.
            Kernel::Product => [
                wide(0),
                wide(1),
                vec![
                    Instruction::I64Const(PRODUCT_LANES - 1),
                    Instruction::I64Add,
                    Instruction::I64Const(-PRODUCT_LANES),
                    Instruction::I64And,
                    Instruction::I64Mul,
                ],
                times(2, PRODUCT_FUSED_8),
                vec![Instruction::I64Const(3), Instruction::I64ShrU],
                times(12, PRODUCT_STEP),
                vec![
                    Instruction::I64Add,
                    Instruction::I64Const(PRODUCT_STORE),
                    Instruction::I64Add,
                    Instruction::I64Mul,
                ],
            ]
            .concat(),
            Kernel::Map => times(1, MAP_ELEMENT),
            Kernel::Depthwise => [
                wide(4),
                times(6, DEPTHWISE_FUSED),
                vec![Instruction::I64Mul],
                wide(4),
                wide(6),
                vec![
                    Instruction::I64Add,
                    Instruction::I64Const(DEPTHWISE_EDGE),
                    Instruction::I64Mul,
                    Instruction::I64Add,
                ],
            ]
            .concat(),
        };
        code.extend([Instruction::I64Const(KERNEL_CALL), Instruction::I64Add]);
        code
    }
}

/// A parameter as an i64.
fn wide(parameter: u32) -> Vec<Instruction<'static>> {
    vec![Instruction::LocalGet(parameter), Instruction::I64ExtendI32U]
}

/// A parameter times a number.
fn times(parameter: u32, factor: i64) -> Vec<Instruction<'static>> {
    let mut code = wide(parameter);
    code.extend([Instruction::I64Const(factor), Instruction::I64Mul]);
    code
}
