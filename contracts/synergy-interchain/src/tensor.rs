use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, HexBinary};

use crate::TensorError;

/// An element type.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum DType {
    /// One byte, 0 or 1.
    Bool,
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// IEEE 754 half precision.
    F16,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 double precision.
    F64,
}

const NAMES: [(&str, DType); 12] = [
    ("bool", DType::Bool),
    ("u8", DType::U8),
    ("i8", DType::I8),
    ("u16", DType::U16),
    ("i16", DType::I16),
    ("u32", DType::U32),
    ("i32", DType::I32),
    ("u64", DType::U64),
    ("i64", DType::I64),
    ("f16", DType::F16),
    ("f32", DType::F32),
    ("f64", DType::F64),
];

impl DType {
    /// The type of that name, as in JSON.
    pub fn from_name(name: &str) -> Option<DType> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, dtype)| *dtype)
    }

    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, dtype)| *dtype == self).map_or("", |(name, _)| name)
    }
}

/// A Rust type that a tensor's elements may have.
pub trait Element: Copy {
    /// The element type of such a tensor.
    const DTYPE: DType;
    /// Bytes of an element.
    const SIZE: usize;
    /// Appends an element.
    fn write(self, to: &mut Vec<u8>);
    /// Reads an element from its bytes.
    fn read(bytes: &[u8]) -> Option<Self>;
}

macro_rules! element {
    ($($rust:ty => $dtype:ident),*) => {$(
        impl Element for $rust {
            const DTYPE: DType = DType::$dtype;
            const SIZE: usize = size_of::<$rust>();
            fn write(self, to: &mut Vec<u8>) {
                to.extend(self.to_le_bytes());
            }
            fn read(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )*};
}

element!(u8 => U8, i8 => I8, u16 => U16, i16 => I16, u32 => U32, i32 => I32, u64 => U64, i64 => I64, f32 => F32, f64 => F64);

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    const SIZE: usize = 1;
    fn write(self, to: &mut Vec<u8>) {
        to.push(self.into());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

/// A named tensor.
#[cw_serde]
#[derive(Eq)]
pub struct Tensor {
    /// Name of the model's input or output.
    pub name: String,
    /// Type of the elements.
    pub dtype: DType,
    /// Extent of each axis; empty for a scalar.
    pub shape: Vec<u64>,
    /// Elements, little-endian, row-major; a NaN is the positive quiet one without
    /// payload. Empty when `blob` is set.
    #[serde(default)]
    pub data: Binary,
    /// SHA-256 of a blob stored on the chain that holds the elements instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<HexBinary>,
}

impl Tensor {
    /// A tensor whose elements are a blob stored on the chain: uploaded with
    /// `synergyd tx aivm upload-blob`, or kept by an inference with `output_blocks`.
    pub fn from_blob(name: &str, dtype: DType, shape: &[u64], hash: HexBinary) -> Tensor {
        Tensor { name: name.into(), dtype, shape: shape.into(), data: Binary::default(), blob: Some(hash) }
    }

    /// The tensor of that name.
    ///
    /// # Errors
    /// [`TensorError::Missing`] if there is none.
    pub fn find<'a>(outputs: &'a [Tensor], name: &str) -> Result<&'a Tensor, TensorError> {
        outputs.iter().find(|output| output.name == name).ok_or_else(|| TensorError::Missing {
            name: name.to_owned(),
            present: outputs.iter().map(|output| output.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// A tensor of elements in row-major order.
    ///
    /// # Errors
    /// [`TensorError::Shape`] if the shape has another number of elements.
    pub fn from_slice<T: Element>(name: &str, shape: &[u64], elements: &[T]) -> Result<Tensor, TensorError> {
        let count = shape.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim));
        if count != u64::try_from(elements.len()).ok() {
            return Err(TensorError::Shape { name: name.into(), shape: shape.into(), elements: elements.len() });
        }
        let mut data = Vec::with_capacity(elements.len().saturating_mul(T::SIZE));
        elements.iter().for_each(|element| element.write(&mut data));
        Ok(Tensor { name: name.into(), dtype: T::DTYPE, shape: shape.into(), data: data.into(), blob: None })
    }

    /// A tensor of single precision from fixed-point numbers, each `value / 2^fraction_bits`
    /// rounded to the nearest, made without a floating-point operation.
    ///
    /// # Errors
    /// [`TensorError::Shape`] as [`from_slice`](Self::from_slice).
    pub fn from_fixed(name: &str, shape: &[u64], values: &[i64], fraction_bits: u8) -> Result<Tensor, TensorError> {
        let bits: Vec<u32> = values.iter().map(|value| f32_bits(*value, fraction_bits)).collect();
        let tensor = Tensor::from_slice(name, shape, &bits)?;
        Ok(Tensor { dtype: DType::F32, ..tensor })
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// [`TensorError::Type`] if they are of another type; [`TensorError::Stored`] if
    /// they are in a blob.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>, TensorError> {
        let wrong = || TensorError::Type { name: self.name.clone(), is: self.dtype, asked: T::DTYPE };
        if self.dtype != T::DTYPE {
            return Err(wrong());
        }
        if let Some(hash) = &self.blob {
            return Err(TensorError::Stored { name: self.name.clone(), hash: hash.clone() });
        }
        self.data.chunks(T::SIZE).map(|bytes| T::read(bytes).ok_or_else(wrong)).collect()
    }

    /// The elements of a tensor of single precision as fixed-point numbers, each
    /// `floor(element · 2^fraction_bits)`, without a floating-point operation.
    ///
    /// # Errors
    /// [`TensorError::Type`] if it is not of single precision;
    /// [`TensorError::Stored`] if they are in a blob; [`TensorError::Range`] for an element that is not finite or too large.
    pub fn to_fixed(&self, fraction_bits: u8) -> Result<Vec<i64>, TensorError> {
        if self.dtype != DType::F32 {
            return Err(TensorError::Type { name: self.name.clone(), is: self.dtype, asked: DType::F32 });
        }
        let bits = Tensor { dtype: DType::U32, ..self.clone() }.to_vec::<u32>()?;
        let range = |index| TensorError::Range { name: self.name.clone(), index };
        bits.iter().enumerate().map(|(i, bits)| fixed(*bits, fraction_bits).ok_or_else(|| range(i))).collect()
    }
}

/// Bits of a mantissa in single precision, the hidden one included.
const MANTISSA: i32 = 24;
/// Bias of the exponent, counted from the mantissa's lowest bit.
const BIAS: i32 = 127 + MANTISSA - 1;

/// Bits of the single-precision number nearest to `value / 2^fraction_bits`, ties
/// to even. The exponent stays between −255 + 127 and 63: values below the normal
/// range (`fraction_bits` above 126) become zero.
#[allow(clippy::arithmetic_side_effects, reason = "small numbers: 64-bit lengths and 8-bit shifts")]
#[allow(clippy::cast_possible_truncation, reason = "a mantissa has at most 25 bits here")]
fn f32_bits(value: i64, fraction_bits: u8) -> u32 {
    let magnitude = value.unsigned_abs();
    if magnitude == 0 {
        return 0;
    }
    let excess = 64 - magnitude.leading_zeros() as i32 - MANTISSA;
    let exponent = excess - i32::from(fraction_bits) + BIAS;
    if exponent < 1 {
        return 0;
    }
    let mantissa = if excess > 0 { round(magnitude, excess as u32) } else { magnitude << -excess };
    // The hidden bit, and a carry of the rounding, count up the exponent.
    let bits = ((exponent as u32 - 1) << (MANTISSA - 1)) + mantissa as u32;
    bits | (u32::from(value < 0) << 31)
}

/// `magnitude / 2^shift`, to the nearest, ties to even.
#[allow(clippy::arithmetic_side_effects, reason = "shift is 1 to 40")]
fn round(magnitude: u64, shift: u32) -> u64 {
    let floor = magnitude >> shift;
    let rest = magnitude & ((1 << shift) - 1);
    let half = 1 << (shift - 1);
    floor + u64::from(rest > half || (rest == half && floor & 1 == 1))
}

/// `floor(x · 2^fraction_bits)` of a single-precision number, if it has a value.
#[allow(clippy::arithmetic_side_effects, reason = "small numbers: exponents of 8 bits and shifts below 64")]
fn fixed(bits: u32, fraction_bits: u8) -> Option<i64> {
    let exponent = (bits >> (MANTISSA - 1) & 0xff) as i32;
    if exponent == 0xff {
        return None;
    }
    let fraction = i128::from(bits & ((1 << (MANTISSA - 1)) - 1));
    let magnitude = if exponent == 0 { fraction } else { fraction | 1 << (MANTISSA - 1) };
    let signed = if bits >> 31 == 1 { -magnitude } else { magnitude };
    let shift = exponent.max(1) - BIAS + i32::from(fraction_bits);
    let value = match shift {
        _ if signed == 0 => 0,
        0..64 => signed << shift,
        64.. => return None,
        _ => signed >> (-shift).min(64),
    };
    value.try_into().ok()
}

#[cfg(test)]
#[allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "the hardware's results are the reference"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn fixed_point_becomes_the_float_that_the_hardware_gives(value: i64, shift in 0_u32..40, bits in 0_u8..64) {
            let value = value >> shift;
            let expected = value as f32 / 2_f32.powi(i32::from(bits));
            prop_assert_eq!(f32_bits(value, bits), expected.to_bits());
        }

        #[test]
        fn a_float_becomes_the_fixed_point_number_below_it(bits: u32, fraction in 0_u8..40) {
            let float = f64::from(f32::from_bits(bits)) * 2_f64.powi(fraction.into());
            let expected = float.floor();
            let limit = 2_f64.powi(63);
            let fits = float.is_finite() && expected >= -limit && expected < limit;
            prop_assert_eq!(fixed(bits, fraction), fits.then_some(expected as i64));
        }

        #[test]
        fn what_goes_in_comes_out(values: Vec<i64>) {
            let tensor = Tensor::from_slice("x", &[values.len() as u64], &values).unwrap();
            prop_assert_eq!(tensor.to_vec::<i64>().unwrap(), values);
        }
    }

    #[test]
    fn a_tensor_says_what_does_not_fit() {
        let error = Tensor::from_slice("x", &[2, 2], &[1_i32, 2, 3]).unwrap_err();
        assert_eq!(error.to_string(), "tensor x: shape [2, 2] does not have 3 elements");
        let tensor = Tensor::from_slice("x", &[1], &[f32::NAN]).unwrap();
        assert!(matches!(tensor.to_vec::<i64>(), Err(TensorError::Type { .. })));
        assert!(matches!(tensor.to_fixed(8), Err(TensorError::Range { index: 0, .. })));
        let stored = Tensor::from_blob("x", DType::F32, &[1], [7; 32].into());
        assert!(matches!(stored.to_vec::<f32>(), Err(TensorError::Stored { .. })));
    }

    #[test]
    fn names_are_those_of_the_chain() {
        for (name, dtype) in NAMES {
            assert_eq!(cosmwasm_std::to_json_string(&dtype).unwrap(), format!("\"{name}\""));
            assert_eq!((DType::from_name(name), dtype.name()), (Some(dtype), name));
        }
    }
}
