//! Sixteen floats, in each instruction set.

/// Sixteen lanes of a row: one chain of fused multiply-adds each.
///
/// # Safety
/// All functions need a CPU with the instructions of the implementing type, and
/// pointers to as many floats as they read or write.
pub(super) trait Panel: Copy {
    /// One float in all lanes.
    type Splat: Copy;
    unsafe fn zero() -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn splat(from: *const f32) -> Self::Splat;
    /// `self + a · b`, rounded once.
    unsafe fn fused(self, a: Self::Splat, b: Self) -> Self;
    unsafe fn store(self, to: *mut f32);
}

/// For CPUs without fused multiply-add: right, and slow.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 16]);

impl Panel for Portable {
    type Splat = f32;

    unsafe fn zero() -> Self {
        Portable([0.0; 16])
    }

    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller gives sixteen floats.
        Portable(unsafe { from.cast::<[f32; 16]>().read() })
    }

    unsafe fn splat(from: *const f32) -> f32 {
        // SAFETY: the caller gives a float.
        unsafe { *from }
    }

    unsafe fn fused(self, a: f32, b: Self) -> Self {
        let mut sum = self.0;
        for (lane, factor) in sum.iter_mut().zip(b.0) {
            *lane = a.mul_add(factor, *lane);
        }
        Portable(sum)
    }

    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller gives room for sixteen floats.
        unsafe { to.cast::<[f32; 16]>().write(self.0) }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86 {
    use std::arch::x86_64::*;

    use super::Panel;

    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(__m512);

    // SAFETY of all blocks below: the caller runs them on a CPU that has the
    // instructions, with pointers to sixteen floats (`splat`: one).
    impl Panel for Avx512 {
        type Splat = __m512;

        #[inline(always)]
        unsafe fn zero() -> Self {
            Avx512(unsafe { _mm512_setzero_ps() })
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            Avx512(unsafe { _mm512_loadu_ps(from) })
        }

        #[inline(always)]
        unsafe fn splat(from: *const f32) -> __m512 {
            unsafe { _mm512_set1_ps(*from) }
        }

        #[inline(always)]
        unsafe fn fused(self, a: __m512, b: Self) -> Self {
            Avx512(unsafe { _mm512_fmadd_ps(a, b.0, self.0) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe { _mm512_storeu_ps(to, self.0) }
        }
    }

    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256, __m256);

    impl Panel for Avx2 {
        type Splat = __m256;

        #[inline(always)]
        unsafe fn zero() -> Self {
            unsafe { Avx2(_mm256_setzero_ps(), _mm256_setzero_ps()) }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { Avx2(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
        }

        #[inline(always)]
        unsafe fn splat(from: *const f32) -> __m256 {
            unsafe { _mm256_broadcast_ss(&*from) }
        }

        #[inline(always)]
        unsafe fn fused(self, a: __m256, b: Self) -> Self {
            unsafe { Avx2(_mm256_fmadd_ps(a, b.0, self.0), _mm256_fmadd_ps(a, b.1, self.1)) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe {
                _mm256_storeu_ps(to, self.0);
                _mm256_storeu_ps(to.add(8), self.1);
            }
        }
    }
}

#[cfg(target_arch = "aarch64")]
pub(super) mod arm {
    use std::arch::aarch64::*;

    use super::Panel;

    #[derive(Clone, Copy)]
    pub(in super::super) struct Neon([float32x4_t; 4]);

    // SAFETY of all blocks below: every aarch64 CPU has NEON; the caller gives
    // pointers to sixteen floats (`splat`: one).
    impl Panel for Neon {
        type Splat = float32x4_t;

        #[inline(always)]
        unsafe fn zero() -> Self {
            Neon([unsafe { vdupq_n_f32(0.0) }; 4])
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { Neon([vld1q_f32(from), vld1q_f32(from.add(4)), vld1q_f32(from.add(8)), vld1q_f32(from.add(12))]) }
        }

        #[inline(always)]
        unsafe fn splat(from: *const f32) -> float32x4_t {
            unsafe { vld1q_dup_f32(from) }
        }

        #[inline(always)]
        unsafe fn fused(self, a: float32x4_t, b: Self) -> Self {
            let ([c0, c1, c2, c3], [b0, b1, b2, b3]) = (self.0, b.0);
            unsafe { Neon([vfmaq_f32(c0, a, b0), vfmaq_f32(c1, a, b1), vfmaq_f32(c2, a, b2), vfmaq_f32(c3, a, b3)]) }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            for (index, lanes) in self.0.into_iter().enumerate() {
                unsafe { vst1q_f32(to.add(4 * index), lanes) }
            }
        }
    }
}
