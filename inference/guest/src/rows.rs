//! Element-wise operations and depthwise convolution by the host's exact kernels.
//!
//! As in `matmul.rs`, tract collects these with `inventory` and prefers them to its
//! own by their boost. See `inference/src/kernel/rows.rs` for the definition.

use tract_linalg::isa::{Arch, IsaReq};
use tract_linalg::routines::{Routine, RoutineFactory};
use tract_linalg::{BinFn, BinOp, Func};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TensorView;

use crate::matmul::number;

/// Elements from which a call of the host pays.
const WORTH: usize = 48;
/// Above what tract's own kernels claim.
const BOOST: isize = 1000;

#[link(wasm_import_module = "synergy")]
unsafe extern "C" {
    /// See `map` in `inference/src/kernel/rows.rs`. Traps if it is refused.
    fn map_f32(x: *mut f32, len: usize, function: u32, value: u32) -> i32;
    /// See `Depthwise` there.
    fn depthwise_f32(
        input: *const f32,
        output: *mut f32,
        taps: *const f32,
        offsets: *const isize,
        count: usize,
        bias: f32,
        len: usize,
        stride: usize,
    ) -> i32;
}

/// The operation as the host defines it, NaN apart: the engine makes it canonical.
fn operate(operation: BinOp, x: f32, v: f32) -> f32 {
    match operation {
        BinOp::Min => {
            if v < x || v.is_nan() {
                v
            } else {
                x
            }
        }
        BinOp::Max => {
            if v > x || v.is_nan() {
                v
            } else {
                x
            }
        }
        BinOp::Add => x + v,
        BinOp::Mul => x * v,
        BinOp::Sub => x - v,
        BinOp::SubF => v - x,
    }
}

/// The host's number of an operation on two rows: tract's `Sub` is `x − v` here,
/// and the other way round when it is fused with a product.
fn row_number(operation: BinOp) -> u32 {
    match operation {
        BinOp::Sub => number(BinOp::SubF),
        BinOp::SubF => number(BinOp::Sub),
        other => number(other),
    }
}

fn by_scalar(operation: BinOp, x: &mut [f32], v: f32) {
    if x.len() < WORTH {
        x.iter_mut().for_each(|x| *x = operate(operation, *x, v));
    } else {
        unsafe { map_f32(x.as_mut_ptr(), x.len(), row_number(operation), v.to_bits()) };
    }
}

fn by_row(operation: BinOp, x: &mut [f32], v: &[f32]) {
    if x.len() < WORTH {
        x.iter_mut().zip(v).for_each(|(x, v)| *x = operate(operation, *x, *v));
    } else {
        unsafe { map_f32(x.as_mut_ptr(), x.len(), row_number(operation) + 8, v.as_ptr() as u32) };
    }
}

fn scalar_kernel(operation: BinOp) -> Box<BinFn> {
    Box::new(move |x: &mut TensorView, v: &TensorView| {
        let v = v.as_slice::<f32>()?[0];
        by_scalar(operation, x.as_slice_mut()?, v);
        Ok(())
    })
}

fn row_kernel(operation: BinOp) -> Box<BinFn> {
    Box::new(move |x: &mut TensorView, v: &TensorView| {
        let (x, v) = (x.as_slice_mut()?, v.as_slice()?);
        tract_onnx::tract_core::internal::ensure!(x.len() == v.len(), "rows of different lengths");
        by_row(operation, x, v);
        Ok(())
    })
}

unsafe fn depthwise(
    input: *const f32,
    output: *mut f32,
    taps: &[f32],
    offsets: &[isize],
    bias: f32,
    len: usize,
    stride: isize,
) {
    unsafe {
        depthwise_f32(input, output, taps.as_ptr(), offsets.as_ptr(), taps.len(), bias, len, stride as usize);
    }
}

macro_rules! submit {
    ($func:expr, $factory:expr) => {
        inventory::submit! {
            Routine {
                func: $func,
                arch: Some(Arch::Wasm32Simd128),
                isa: IsaReq::ANY,
                boost: BOOST,
                round_trip: false,
                factory: $factory,
            }
        }
    };
}

macro_rules! submit_operations {
    ($($operation:ident),*) => {
        $(
            submit!(Func::BinByScalar(BinOp::$operation), RoutineFactory::BinF32 {
                name: || concat!("host_scalar_", stringify!($operation)),
                make: || scalar_kernel(BinOp::$operation),
            });
            submit!(Func::BinUnicast(BinOp::$operation), RoutineFactory::BinF32 {
                name: || concat!("host_row_", stringify!($operation)),
                make: || row_kernel(BinOp::$operation),
            });
        )*
    };
}

submit_operations!(Min, Max, Add, Mul, Sub, SubF);
submit!(Func::DepthwiseW, RoutineFactory::DepthwiseWF32 { name: "host_depthwise", run: depthwise });

/// As in `matmul.rs`.
pub(crate) fn is_registered() -> bool {
    std::hint::black_box(depthwise as *const ()) != std::ptr::null()
}
