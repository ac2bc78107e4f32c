//! The kernels that the guest imports: matrix product, element-wise operations and
//! depthwise convolution ([`rows`]).
//!
//! Each element of a product is one chain of fused multiply-adds, sequential in
//! k and begun at +0, followed by the given element-wise operations in their
//! order; a NaN is stored as 0x7fc00000. IEEE 754 defines all of it to the bit, so
//! the versions for AVX-512, AVX2, NEON and plain Rust differ in speed only: a
//! vector holds several chains, never a part of one.
//!
//! The guest is not trusted with addresses: every access is checked against the
//! guest's memory first, and a call that breaks a rule changes nothing and is
//! answered with [`REFUSED`], on which the guest traps by itself.

mod panel;
mod rows;
#[cfg(test)]
mod tests;
mod tile;

use std::ops::Range;
use std::sync::LazyLock;

pub(crate) use rows::{Depthwise, depthwise, map};
pub(crate) use tile::Version;

/// Names the definition in the profile. Whoever changes a bit of any result
/// changes this too.
pub(crate) const DEFINITION: &str = "1: matmul_f32 a fused chain over k from +0, map_f32, depthwise_f32 a fused chain \
     over taps from the bias; canonical NaN";

/// Rows of the left operand's widest panel.
pub(crate) const ROWS: usize = 12;
/// Columns of a panel of the right operand.
pub(crate) const LANES: usize = 16;
/// Most element-wise operations of one call.
const MAX_STEPS: u32 = 16;

/// Status of a call that was done.
pub(crate) const DONE: i32 = 0;
/// Status of a call with an address, a size or an operation that is not allowed.
pub(crate) const REFUSED: i32 = 1;

/// The fastest version that this CPU runs.
static VERSION: LazyLock<Version> = LazyLock::new(|| {
    let versions = Version::all();
    versions.into_iter().find(|version| version.runs_here()).unwrap_or(Version::Portable)
});

/// A call, as the guest makes it. Addresses and strides are in bytes and
/// multiples of four.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// Rows of the result.
    pub(crate) m: u32,
    /// Columns of the result.
    pub(crate) n: u32,
    /// Length of the chains.
    pub(crate) k: u32,
    /// Left operand: panels of `a_rows` rows, in a panel k after k.
    pub(crate) a: u32,
    /// Rows of a panel, 1 to [`ROWS`].
    pub(crate) a_rows: u32,
    /// From one panel to the next.
    pub(crate) a_panel: u32,
    /// Right operand: panels of [`LANES`] columns, in a panel k after k.
    pub(crate) b: u32,
    /// From one panel to the next.
    pub(crate) b_panel: u32,
    /// Where the result goes.
    pub(crate) c: u32,
    /// From one row of it to the next.
    pub(crate) c_row: i32,
    /// From one column of it to the next.
    pub(crate) c_column: i32,
    /// Element-wise operations: four words each, see [`Step`].
    pub(crate) steps: u32,
    /// How many there are.
    pub(crate) step_count: u32,
}

/// Binary operations of a [`Step`], with `x` the element and `v` the operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The smaller; NaN if one is, `x` if they are equal.
    Min,
    /// The larger; as for `Min`.
    Max,
    /// `x + v`
    Add,
    /// `x · v`
    Multiply,
    /// `v − x`
    SubtractFrom,
    /// `x − v`
    Subtract,
}

impl Operation {
    /// The operation that a guest knows by this number.
    fn of(number: u32) -> Option<Operation> {
        use Operation::{Add, Max, Min, Multiply, Subtract, SubtractFrom};
        [Min, Max, Add, Multiply, SubtractFrom, Subtract].get(number as usize).copied()
    }

    /// Runs a loop with the operation in it.
    ///
    /// # Safety
    /// As for the loop.
    #[inline(always)]
    unsafe fn with(self, each: impl rows::Loop) {
        // SAFETY: the caller's promise is passed on.
        unsafe {
            match self {
                Operation::Min => each.run(|x, v| if v < x || v.is_nan() { v } else { x }),
                Operation::Max => each.run(|x, v| if v > x || v.is_nan() { v } else { x }),
                Operation::Add => each.run(|x, v| x + v),
                Operation::Multiply => each.run(|x, v| x * v),
                Operation::SubtractFrom => each.run(|x, v| v - x),
                Operation::Subtract => each.run(|x, v| x - v),
            }
        }
    }
}

/// One element-wise operation: word 0 is the operation plus 8 times the kind of
/// operand, word 1 its bits or its address, words 2 and 3 its strides by row and
/// column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    operation: Operation,
    operand: Operand,
}

#[derive(Clone, Copy, Debug)]
enum Operand {
    Scalar(f32),
    /// Read at `base + row · i + column · j`.
    Matrix {
        base: *const u8,
        row: isize,
        column: isize,
    },
}

/// A checked call, on this machine's addresses.
struct Product {
    m: usize,
    n: usize,
    k: usize,
    a: *const f32,
    a_rows: usize,
    a_panel: usize,
    b: *const f32,
    b_panel: usize,
    c: *mut u8,
    c_row: isize,
    c_column: isize,
    steps: Vec<Step>,
}

/// Carries out a call on the `len` bytes at `memory`.
///
/// # Safety
/// The bytes must be readable and writable, and nobody else may use them during the call.
pub(crate) unsafe fn matmul(memory: *mut u8, len: usize, call: &Call) -> i32 {
    // SAFETY: the caller's promise is passed on; this CPU runs the version.
    unsafe { matmul_with(*VERSION, memory, len, call) }
}

/// As [`matmul`], with a version of choice.
///
/// # Safety
/// As for [`matmul`]; besides, this CPU must run the version.
unsafe fn matmul_with(version: Version, memory: *mut u8, len: usize, call: &Call) -> i32 {
    // SAFETY: the caller's promise is passed on.
    match unsafe { check(memory, len, call) } {
        Some(product) => {
            // SAFETY: `check` found every access inside the memory.
            unsafe { version.run(&product) };
            DONE
        }
        None => REFUSED,
    }
}

/// A range of guest addresses; `None` if it leaves the memory.
fn inside(len: usize, start: i64, bytes: i64) -> Option<Range<i64>> {
    let end = start.checked_add(bytes)?;
    (start >= 0 && bytes >= 0 && end <= i64::try_from(len).ok()?).then_some(start..end)
}

/// The addresses of an `m` by `n` matrix of floats with strides.
fn matrix(len: usize, call: &Call, base: u32, row: i32, column: i32) -> Option<Range<i64>> {
    let reach = |extent: u32, stride: i32| i64::from(extent - 1).checked_mul(stride.into());
    let (rows, columns) = (reach(call.m, row)?, reach(call.n, column)?);
    let first = i64::from(base).checked_add(rows.min(0))?.checked_add(columns.min(0))?;
    let span = rows.checked_abs()?.checked_add(columns.checked_abs()?)?;
    inside(len, first, span.checked_add(4)?)
}

/// Whether no two elements of the result share an address.
fn is_injective(call: &Call) -> bool {
    let row = (u64::from(call.m), u64::from(call.c_row.unsigned_abs()));
    let column = (u64::from(call.n), u64::from(call.c_column.unsigned_abs()));
    let (inner, outer) = if row.1 <= column.1 { (row, column) } else { (column, row) };
    let inner_fits = inner.0 == 1 || inner.1 >= 4;
    let inner_span = if inner.0 == 1 { 4 } else { inner.0 * inner.1 };
    inner_fits && (outer.0 == 1 || outer.1 >= inner_span)
}

/// Checks a call; `None` if it is not allowed.
///
/// # Safety
/// As for [`matmul`].
unsafe fn check(memory: *mut u8, len: usize, call: &Call) -> Option<Product> {
    let Call { m, n, k, a_rows, step_count, .. } = *call;
    let words = [call.a, call.a_panel, call.b, call.b_panel, call.c, call.steps];
    let strides = [call.c_row, call.c_column];
    let aligned = words.iter().all(|word| word % 4 == 0) && strides.iter().all(|stride| stride % 4 == 0);
    if !aligned || !(1..=ROWS as u32).contains(&a_rows) || step_count > MAX_STEPS || !is_injective(call) {
        return None;
    }
    let empty = m == 0 || n == 0;
    let panels = |extent: u32, width: u32, stride: u32| -> Option<i64> {
        let before = i64::from(extent.div_ceil(width).saturating_sub(1)).checked_mul(stride.into())?;
        before.checked_add(i64::from(k).checked_mul(4 * i64::from(width))?)
    };
    let mut read = vec![
        inside(len, call.a.into(), panels(m, a_rows, call.a_panel)?)?,
        inside(len, call.b.into(), panels(n, LANES as u32, call.b_panel)?)?,
        inside(len, call.steps.into(), 16 * i64::from(step_count))?,
    ];
    let mut steps = Vec::new();
    for index in 0..step_count as usize {
        let at = call.steps as usize + 16 * index;
        // SAFETY: the steps are inside the memory.
        let word = |number: usize| unsafe { memory.add(at + 4 * number).cast::<u32>().read() };
        steps.push(unsafe { step(memory, len, call, [word(0), word(1), word(2), word(3)], &mut read) }?);
    }
    let written = if empty { 0..0 } else { matrix(len, call, call.c, call.c_row, call.c_column)? };
    if read.iter().any(|range| range.start < written.end && written.start < range.end) {
        return None;
    }
    let address = |offset: u32| unsafe { memory.add(offset as usize) };
    Some(Product {
        m: m as usize,
        n: n as usize,
        k: k as usize,
        a: address(call.a).cast(),
        a_rows: a_rows as usize,
        a_panel: call.a_panel as usize,
        b: address(call.b).cast(),
        b_panel: call.b_panel as usize,
        c: address(call.c),
        c_row: call.c_row as isize,
        c_column: call.c_column as isize,
        steps: if empty { Vec::new() } else { steps },
    })
}

/// Decodes a step and notes what it reads.
///
/// # Safety
/// As for [`matmul`].
unsafe fn step(memory: *mut u8, len: usize, call: &Call, words: [u32; 4], read: &mut Vec<Range<i64>>) -> Option<Step> {
    let [kind, value, row, column] = words;
    let operation = Operation::of(kind % 8)?;
    let operand = match kind / 8 {
        0 => Operand::Scalar(f32::from_bits(value)),
        1 if [value, row, column].iter().all(|word| word % 4 == 0) => {
            let (row, column) = (row.cast_signed(), column.cast_signed());
            if call.m > 0 && call.n > 0 {
                read.push(matrix(len, call, value, row, column)?);
            }
            // SAFETY: the address is inside the memory, or is not read.
            let base = unsafe { memory.add(value as usize) };
            Operand::Matrix { base, row: row as isize, column: column as isize }
        }
        _ => return None,
    };
    Some(Step { operation, operand })
}
