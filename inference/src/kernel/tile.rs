//! The loops over panels, for any kind of [`Panel`].

use super::panel::{Panel, Portable};
use super::rows::Loop;
use super::{LANES, Operand, Product, ROWS, Step};

/// What a NaN is stored as.
pub(super) const NAN: u32 = 0x7fc0_0000;

/// The implementations, all with the same result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 512-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 256-bit vectors with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 128-bit vectors.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// Any CPU.
    Portable,
}

impl Version {
    /// All that this build has, the fastest first.
    pub(crate) fn all() -> Vec<Version> {
        vec![
            #[cfg(target_arch = "x86_64")]
            Version::Avx512,
            #[cfg(target_arch = "x86_64")]
            Version::Avx2,
            #[cfg(target_arch = "aarch64")]
            Version::Neon,
            Version::Portable,
        ]
    }

    /// Whether this CPU has the instructions.
    pub(crate) fn runs_here(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Version::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Version::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Version::Neon => true,
            Version::Portable => true,
        }
    }

    /// # Safety
    /// This CPU must run the version, and the product's addresses must be valid.
    pub(super) unsafe fn run(self, product: &Product) {
        // SAFETY: the caller's promise is passed on.
        unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Version::Avx512 => avx512(product),
                #[cfg(target_arch = "x86_64")]
                Version::Avx2 => avx2(product),
                #[cfg(target_arch = "aarch64")]
                Version::Neon => product_of::<super::panel::arm::Neon>(product, 6),
                Version::Portable => product_of::<Portable>(product, 6),
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(product: &Product) {
    // SAFETY: the caller's promise is passed on.
    unsafe { product_of::<super::panel::x86::Avx512>(product, ROWS) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(product: &Product) {
    // SAFETY: the caller's promise is passed on.
    unsafe { product_of::<super::panel::x86::Avx2>(product, 6) }
}

/// Runs over the result in tiles of at most `rows` rows; with twice as many
/// registers (12 rows) two panels of columns at a time.
///
/// # Safety
/// As for [`Version::run`].
#[inline(always)]
unsafe fn product_of<V: Panel>(product: &Product, rows: usize) {
    let panels = product.n.div_ceil(LANES);
    let few = product.m.min(product.a_rows);
    let together = match rows {
        ROWS => {
            if few <= 2 {
                4
            } else {
                2
            }
        }
        _ => {
            if few == 1 {
                4
            } else if few == 2 {
                2
            } else {
                1
            }
        }
    };
    let mut panel = 0;
    while panel < panels {
        let width = match panels - panel {
            left if left >= together => together,
            left if left >= 2 && together >= 2 => 2,
            _ => 1,
        };
        let mut row = 0;
        while row < product.m {
            let inside = row % product.a_rows;
            let height = (product.m - row).min(product.a_rows - inside).min(rows);
            // SAFETY: the tile lies in the result and so its operands are checked.
            unsafe { tile_of::<V>(product, row, height, panel, width) };
            row += height;
        }
        panel += width;
    }
}

/// Picks the unrolled tile.
#[inline(always)]
unsafe fn tile_of<V: Panel>(product: &Product, row: usize, height: usize, panel: usize, width: usize) {
    macro_rules! unrolled {
        ($($height:literal $width:literal),*) => {
            match (height, width) {
                // SAFETY: the caller's promise is passed on.
                $(($height, $width) => unsafe { tile::<V, $height, $width>(product, row, panel) },)*
                _ => unreachable!("tiles have at most 12 rows and 2 panels, or 2 rows and 4 panels"),
            }
        };
    }
    unrolled!(
        1 1, 2 1, 3 1, 4 1, 5 1, 6 1, 7 1, 8 1, 9 1, 10 1, 11 1, 12 1,
        1 2, 2 2, 3 2, 4 2, 5 2, 6 2, 7 2, 8 2, 9 2, 10 2, 11 2, 12 2,
        1 4, 2 4
    );
}

/// One tile: the chains, the steps and the store.
#[inline(always)]
unsafe fn tile<V: Panel, const HEIGHT: usize, const WIDTH: usize>(product: &Product, row: usize, panel: usize) {
    let mut out = [[[0f32; LANES]; WIDTH]; HEIGHT];
    // SAFETY: the operands were checked.
    unsafe {
        let a = product.a.byte_add(row / product.a_rows * product.a_panel).add(row % product.a_rows);
        let b = product.b.byte_add(panel * product.b_panel);
        let mut sums = [[V::zero(); WIDTH]; HEIGHT];
        for step in 0..product.k {
            let a = a.add(step * product.a_rows);
            let mut factors = [V::zero(); WIDTH];
            for (index, factor) in factors.iter_mut().enumerate() {
                *factor = V::load(b.byte_add(index * product.b_panel).add(step * LANES));
            }
            for (index, sums) in sums.iter_mut().enumerate() {
                let a = V::splat(a.add(index));
                for (sum, factor) in sums.iter_mut().zip(factors) {
                    *sum = sum.fused(a, factor);
                }
            }
        }
        for (sums, out) in sums.into_iter().zip(&mut out) {
            for (sum, lanes) in sums.into_iter().zip(out) {
                sum.store(lanes.as_mut_ptr());
            }
        }
    }
    for (index, panels) in out.iter_mut().enumerate() {
        for (number, lanes) in panels.iter_mut().enumerate() {
            let first = (panel + number) * LANES;
            for step in &product.steps {
                // SAFETY: the operand covers the whole result.
                unsafe { apply(step, row + index, first, product.n - first, lanes) };
            }
            *lanes = lanes.map(|value| if value.is_nan() { f32::from_bits(NAN) } else { value });
        }
    }
    // SAFETY: the result was checked; strides are multiples of four.
    unsafe {
        let c = product.c.offset(product.c_row * row as isize);
        for number in 0..WIDTH {
            let first = (panel + number) * LANES;
            let c = c.offset(product.c_column * first as isize);
            let valid = LANES.min(product.n - first);
            if product.c_column == 4 && valid == LANES {
                for (index, panels) in out.iter().enumerate() {
                    c.offset(product.c_row * index as isize).cast::<[f32; LANES]>().write(panels[number]);
                }
            } else {
                for lane in 0..valid {
                    let c = c.offset(product.c_column * lane as isize);
                    for (index, panels) in out.iter().enumerate() {
                        *c.offset(product.c_row * index as isize).cast::<f32>() = panels[number][lane];
                    }
                }
            }
        }
    }
}

/// Applies a step to lanes of a row from column `first` on, of which the first
/// `valid` belong to the result.
#[inline(always)]
unsafe fn apply(step: &Step, row: usize, first: usize, valid: usize, lanes: &mut [f32; LANES]) {
    let operands = match step.operand {
        Operand::Scalar(value) => [value; LANES],
        Operand::Matrix { base, row: by_row, column } => {
            // SAFETY: the caller's promise; all strides are multiples of four.
            unsafe {
                let base = base.offset(by_row * row as isize + column * first as isize);
                match column {
                    0 => [*base.cast(); LANES],
                    4 if valid >= LANES => base.cast::<[f32; LANES]>().read(),
                    _ => {
                        let mut operands = [0f32; LANES];
                        for (index, operand) in operands.iter_mut().take(valid).enumerate() {
                            *operand = *base.offset(column * index as isize).cast();
                        }
                        operands
                    }
                }
            }
        }
    };
    // SAFETY: the loop asks for nothing.
    unsafe { step.operation.with(Lanes { lanes, operands }) };
}

/// An operation on all lanes.
struct Lanes<'a> {
    lanes: &'a mut [f32; LANES],
    operands: [f32; LANES],
}

impl Loop for Lanes<'_> {
    #[inline(always)]
    unsafe fn run(self, operation: impl Fn(f32, f32) -> f32) {
        for (x, v) in self.lanes.iter_mut().zip(self.operands) {
            *x = operation(*x, v);
        }
    }
}
