//! Kernels over rows: element-wise functions and depthwise convolution.
//!
//! Plain Rust: the language rounds every operation once and never joins two, so
//! that whatever vectors the compiler takes for a [`Version`], the bits are those of
//! the text. The one fused operation is written as `mul_add`.

use super::tile::NAN;
use super::{DONE, Operation, REFUSED, VERSION, Version, inside};

/// Taps of the largest depthwise kernel.
const MAX_TAPS: u32 = 1 << 10;

/// Defines a function that runs `$body`, compiled for each version's instructions.
macro_rules! for_versions {
    ($name:ident, $body:ident, $($argument:ident: $kind:ty),*) => {
        /// # Safety
        /// This CPU must run the version; besides, as the body needs.
        unsafe fn $name(version: Version, $($argument: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
            unsafe fn avx512($($argument: $kind),*) {
                // SAFETY: the caller's promise is passed on.
                unsafe { $body($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($argument: $kind),*) {
                // SAFETY: the caller's promise is passed on.
                unsafe { $body($($argument),*) }
            }
            // SAFETY: the caller's promise is passed on.
            unsafe {
                match version {
                    #[cfg(target_arch = "x86_64")]
                    Version::Avx512 => avx512($($argument),*),
                    #[cfg(target_arch = "x86_64")]
                    Version::Avx2 => avx2($($argument),*),
                    #[cfg(target_arch = "aarch64")]
                    Version::Neon => $body($($argument),*),
                    Version::Portable => $body($($argument),*),
                }
            }
        }
    };
}

/// Applies a [`Operation`] to each of `len` floats at `x`.
///
/// Functions 0 to 5 are the operations with the float whose bits are `value`, 8 to
/// 13 the same with the floats at `value`, one for each.
///
/// # Safety
/// As for [`super::matmul`].
pub(crate) unsafe fn map(memory: *mut u8, size: usize, x: u32, len: u32, function: u32, value: u32) -> i32 {
    // SAFETY: the caller's promise is passed on; this CPU runs the version.
    unsafe { map_with(*VERSION, memory, size, x, len, function, value) }.unwrap_or(REFUSED)
}

pub(super) unsafe fn map_with(
    version: Version,
    memory: *mut u8,
    size: usize,
    x: u32,
    len: u32,
    function: u32,
    value: u32,
) -> Option<i32> {
    let bytes = 4 * i64::from(len);
    let changed = inside(size, x.into(), bytes)?;
    if x % 4 != 0 {
        return None;
    }
    let len = len as usize;
    // SAFETY: the addresses are checked before they are used.
    unsafe {
        let x = memory.add(x as usize).cast::<f32>();
        match function {
            0..=5 => by_scalar_for(version, x, len, Operation::of(function)?, f32::from_bits(value)),
            8..=13 => {
                let operand = inside(size, value.into(), bytes)?;
                if value % 4 != 0 || (operand.start < changed.end && changed.start < operand.end) {
                    return None;
                }
                let operand = memory.add(value as usize).cast::<f32>();
                by_vector_for(version, x, len, Operation::of(function - 8)?, operand);
            }
            _ => return None,
        }
    }
    Some(DONE)
}

for_versions!(by_scalar_for, by_scalar, x: *mut f32, len: usize, operation: Operation, value: f32);
for_versions!(by_vector_for, by_vector, x: *mut f32, len: usize, operation: Operation, values: *const f32);

#[inline(always)]
fn canonical(x: f32) -> f32 {
    if x.is_nan() { f32::from_bits(NAN) } else { x }
}

#[inline(always)]
unsafe fn by_scalar(x: *mut f32, len: usize, operation: Operation, v: f32) {
    // SAFETY: the caller's promise is passed on.
    unsafe { operation.with(ByScalar { x, len, v }) }
}

#[inline(always)]
unsafe fn by_vector(x: *mut f32, len: usize, operation: Operation, values: *const f32) {
    // SAFETY: the caller's promise is passed on.
    unsafe { operation.with(ByVector { x, len, values }) }
}

/// A loop that takes the operation as a parameter, to be compiled for each.
pub(super) trait Loop {
    unsafe fn run(self, operation: impl Fn(f32, f32) -> f32);
}

struct ByScalar {
    x: *mut f32,
    len: usize,
    v: f32,
}

impl Loop for ByScalar {
    #[inline(always)]
    unsafe fn run(self, operation: impl Fn(f32, f32) -> f32) {
        // SAFETY: the maker's promise.
        for x in unsafe { std::slice::from_raw_parts_mut(self.x, self.len) } {
            *x = canonical(operation(*x, self.v));
        }
    }
}

struct ByVector {
    x: *mut f32,
    len: usize,
    values: *const f32,
}

impl Loop for ByVector {
    #[inline(always)]
    unsafe fn run(self, operation: impl Fn(f32, f32) -> f32) {
        // SAFETY: the maker's promise; the two do not overlap.
        let (x, values) = unsafe {
            (std::slice::from_raw_parts_mut(self.x, self.len), std::slice::from_raw_parts(self.values, self.len))
        };
        for (x, v) in x.iter_mut().zip(values) {
            *x = canonical(operation(*x, *v));
        }
    }
}

/// A row of a depthwise convolution, as the guest asks for it. Addresses are in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depthwise {
    /// Where offsets count from.
    pub(crate) input: u32,
    /// Where the result goes.
    pub(crate) output: u32,
    /// Factors.
    pub(crate) taps: u32,
    /// For each factor, floats from `input` to its first partner, signed.
    pub(crate) offsets: u32,
    /// How many of both.
    pub(crate) count: u32,
    /// Bits of what each sum begins with.
    pub(crate) bias: u32,
    /// Floats of the result.
    pub(crate) len: u32,
    /// Floats of the input from one point of the result to the next, 1 to 255.
    pub(crate) stride: u32,
}

/// Point i of the result is a chain of fused multiply-adds from `bias` over the taps
/// in their order: tap t times the float at `offsets[t] + i · stride`.
///
/// # Safety
/// As for [`super::matmul`].
pub(crate) unsafe fn depthwise(memory: *mut u8, size: usize, call: &Depthwise) -> i32 {
    // SAFETY: the caller's promise is passed on; this CPU runs the version.
    unsafe { depthwise_with(*VERSION, memory, size, call) }.unwrap_or(REFUSED)
}

pub(super) unsafe fn depthwise_with(version: Version, memory: *mut u8, size: usize, call: &Depthwise) -> Option<i32> {
    let Depthwise { input, output, taps, offsets, count, bias, len, stride } = *call;
    let aligned = [input, output, taps, offsets].iter().all(|address| address % 4 == 0);
    if !aligned || count > MAX_TAPS || !(1..=255).contains(&stride) {
        return None;
    }
    let written = inside(size, output.into(), 4 * i64::from(len))?;
    let apart = |start: i64, bytes: i64| {
        let read = inside(size, start, bytes)?;
        (read.start >= written.end || written.start >= read.end).then_some(())
    };
    apart(taps.into(), 4 * i64::from(count))?;
    apart(offsets.into(), 4 * i64::from(count))?;
    if len == 0 {
        return Some(DONE);
    }
    // SAFETY: the addresses are checked before they are used.
    unsafe {
        let offsets = std::slice::from_raw_parts(memory.add(offsets as usize).cast::<i32>(), count as usize);
        let taps = std::slice::from_raw_parts(memory.add(taps as usize).cast::<f32>(), count as usize);
        if let (Some(least), Some(most)) = (offsets.iter().min(), offsets.iter().max()) {
            let last = i64::from(*most) + i64::from(len - 1) * i64::from(stride);
            apart(i64::from(input) + 4 * i64::from(*least), 4 * (last - i64::from(*least) + 1))?;
        }
        let input = memory.cast::<f32>().wrapping_add(input as usize / 4);
        let output = std::slice::from_raw_parts_mut(memory.add(output as usize).cast::<f32>(), len as usize);
        depthwise_for(version, input, output, taps, offsets, f32::from_bits(bias), stride as usize);
    }
    Some(DONE)
}

for_versions!(
    depthwise_for,
    depthwise_row,
    input: *const f32,
    output: &mut [f32],
    taps: &[f32],
    offsets: &[i32],
    bias: f32,
    stride: usize
);

/// Points that are summed side by side.
const POINTS: usize = 64;

#[inline(always)]
unsafe fn depthwise_row(
    input: *const f32,
    output: &mut [f32],
    taps: &[f32],
    offsets: &[i32],
    bias: f32,
    stride: usize,
) {
    let mut first = 0;
    let mut rest = output;
    while !rest.is_empty() {
        // SAFETY: the caller checked all that the points read.
        unsafe {
            first += match (rest.len(), stride) {
                (POINTS.., 1) => depthwise_points::<POINTS>(input, first, &mut rest, taps, offsets, bias, 1),
                (16.., 1) => depthwise_points::<16>(input, first, &mut rest, taps, offsets, bias, 1),
                (4.., 1) => depthwise_points::<4>(input, first, &mut rest, taps, offsets, bias, 1),
                (16.., 2) => depthwise_points::<16>(input, first, &mut rest, taps, offsets, bias, 2),
                (4.., 2) => depthwise_points::<4>(input, first, &mut rest, taps, offsets, bias, 2),
                _ => depthwise_points::<1>(input, first, &mut rest, taps, offsets, bias, stride),
            };
        }
    }
}

/// The next `N` points, from number `first` on; returns `N`.
#[inline(always)]
unsafe fn depthwise_points<const N: usize>(
    input: *const f32,
    first: usize,
    rest: &mut &mut [f32],
    taps: &[f32],
    offsets: &[i32],
    bias: f32,
    stride: usize,
) -> usize {
    let mut sums = [bias; N];
    for (tap, offset) in taps.iter().zip(offsets) {
        let from = input.wrapping_offset(*offset as isize).wrapping_add(first * stride);
        for (index, sum) in sums.iter_mut().enumerate() {
            // SAFETY: the caller checked all that the points read.
            *sum = tap.mul_add(unsafe { *from.wrapping_add(index * stride) }, *sum);
        }
    }
    let (points, after) = std::mem::take(rest).split_at_mut(N);
    points.copy_from_slice(&sums.map(canonical));
    *rest = after;
    N
}
