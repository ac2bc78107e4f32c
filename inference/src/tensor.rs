//! Typed tensors and their canonical encoding.
//!
//! ```text
//! tensor = u8 element type (ONNX number), u8 rank, rank × u64 dims, elements
//! list   = u32 count, count × { u16 length, name, u32 length, tensor }
//! ```
//! Integers and elements are little-endian, elements in row-major order. There
//! is one encoding per value: booleans are 0 or 1, a NaN is the positive quiet
//! one without payload, and nothing follows the last element.

use crate::error::{Error, code};

/// Most dimensions a tensor may have.
pub const MAX_RANK: usize = 8;

/// Most bytes of elements a tensor may have.
pub const MAX_TENSOR_BYTES: u64 = 64 << 20;

/// Most tensors of a list.
pub const MAX_TENSORS: usize = 256;

/// Longest name of a tensor, in bytes.
pub const MAX_NAME: usize = 256;

/// An element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum DType {
    /// IEEE 754 single precision.
    F32 = 1,
    /// Unsigned, 8 bits.
    U8 = 2,
    /// Signed, 8 bits.
    I8 = 3,
    /// Unsigned, 16 bits.
    U16 = 4,
    /// Signed, 16 bits.
    I16 = 5,
    /// Signed, 32 bits.
    I32 = 6,
    /// Signed, 64 bits.
    I64 = 7,
    /// One byte, 0 or 1.
    Bool = 9,
    /// IEEE 754 half precision.
    F16 = 10,
    /// IEEE 754 double precision.
    F64 = 11,
    /// Unsigned, 32 bits.
    U32 = 12,
    /// Unsigned, 64 bits.
    U64 = 13,
}

impl DType {
    /// The type of an ONNX `TensorProto.DataType` number, if admitted.
    pub fn from_onnx(number: u64) -> Option<DType> {
        Some(match number {
            1 => DType::F32,
            2 => DType::U8,
            3 => DType::I8,
            4 => DType::U16,
            5 => DType::I16,
            6 => DType::I32,
            7 => DType::I64,
            9 => DType::Bool,
            10 => DType::F16,
            11 => DType::F64,
            12 => DType::U32,
            13 => DType::U64,
            _ => return None,
        })
    }

    /// Its ONNX number.
    pub fn onnx(self) -> u8 {
        self as u8
    }

    /// Bytes of one element.
    pub fn size(self) -> u64 {
        match self {
            DType::U8 | DType::I8 | DType::Bool => 1,
            DType::U16 | DType::I16 | DType::F16 => 2,
            DType::F32 | DType::I32 | DType::U32 => 4,
            DType::I64 | DType::F64 | DType::U64 => 8,
        }
    }

    /// Whether its math functions branch on values: half and double precision.
    pub(crate) fn branches(self) -> bool {
        matches!(self, DType::F16 | DType::F64)
    }

    /// Bits of the canonical NaN and mask of the exponent and of the payload.
    fn nan(self) -> Option<Nan> {
        match self {
            DType::F16 => Some(Nan { size: 2, canonical: 0x7e00, infinity: 0x7c00 }),
            DType::F32 => Some(Nan { size: 4, canonical: 0x7fc0_0000, infinity: 0x7f80_0000 }),
            DType::F64 => Some(Nan { size: 8, canonical: 0x7ff8 << 48, infinity: 0x7ff0 << 48 }),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
struct Nan {
    size: usize,
    canonical: u64,
    infinity: u64,
}

impl Nan {
    /// Whether the element is a NaN: without its sign, above infinity.
    fn is(self, element: &[u8]) -> bool {
        let mut bytes = [0; 8];
        bytes[..self.size].copy_from_slice(element);
        let sign = 1u64 << (8 * self.size - 1);
        u64::from_le_bytes(bytes) & !sign > self.infinity
    }

    fn bytes(self) -> [u8; 8] {
        self.canonical.to_le_bytes()
    }
}

/// The bytes of `shape` elements, if within [`MAX_RANK`] and `limit`.
pub(crate) fn byte_len(dtype: DType, shape: &[u64], limit: u64) -> Option<u64> {
    if shape.len() > MAX_RANK {
        return None;
    }
    // Without the zeros, so that `[0, 2^63]` is refused as it would be alone.
    let mut nonzero = shape.iter().filter(|dim| **dim > 0);
    let bytes = nonzero.try_fold(dtype.size(), |bytes, dim| bytes.checked_mul(*dim).filter(|bytes| *bytes <= limit))?;
    Some(if shape.contains(&0) { 0 } else { bytes })
}

/// Elements of one type in a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Type of the elements.
    pub dtype: DType,
    /// Extent of each axis; empty for a scalar.
    pub shape: Vec<u64>,
    /// Elements, little-endian, row-major.
    pub data: Vec<u8>,
}

impl Tensor {
    /// Checks that the data fit type and shape and are canonical.
    ///
    /// # Errors
    /// [`code::TENSOR_ENCODING`].
    pub fn check(&self) -> Result<(), Error> {
        let expected =
            byte_len(self.dtype, &self.shape, MAX_TENSOR_BYTES).ok_or_else(|| invalid("its shape is too large"))?;
        if self.data.len() as u64 != expected {
            return Err(invalid(format!(
                "{:?} of shape {:?} takes {expected} bytes, {} were given",
                self.dtype,
                self.shape,
                self.data.len()
            )));
        }
        if self.dtype == DType::Bool && self.data.iter().any(|byte| *byte > 1) {
            return Err(invalid("a boolean is neither 0 nor 1"));
        }
        if let Some(nan) = self.dtype.nan() {
            let canonical = nan.bytes();
            let odd = |element: &&[u8]| nan.is(element) && **element != canonical[..nan.size];
            if self.data.chunks_exact(nan.size).find(odd).is_some() {
                return Err(invalid("a NaN is not the canonical one"));
            }
        }
        Ok(())
    }

    /// Replaces every NaN by the canonical one.
    pub(crate) fn canonicalize(&mut self) {
        if let Some(nan) = self.dtype.nan() {
            for element in self.data.chunks_exact_mut(nan.size) {
                if nan.is(element) {
                    element.copy_from_slice(&nan.bytes()[..nan.size]);
                }
            }
        }
    }

    /// The canonical encoding of a tensor that passes [`Tensor::check`].
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 + 8 * self.shape.len() + self.data.len());
        bytes.push(self.dtype.onnx());
        bytes.push(u8::try_from(self.shape.len()).unwrap_or(u8::MAX));
        for dim in &self.shape {
            bytes.extend(dim.to_le_bytes());
        }
        bytes.extend(&self.data);
        bytes
    }

    /// Decodes a canonical encoding.
    ///
    /// # Errors
    /// [`code::TENSOR_ENCODING`] for all other bytes.
    pub fn decode(bytes: &[u8]) -> Result<Tensor, Error> {
        let mut reader = Reader { bytes };
        let [number, rank] = reader.array()?;
        let dtype =
            DType::from_onnx(number.into()).ok_or_else(|| invalid(format!("element type {number} is unknown")))?;
        if usize::from(rank) > MAX_RANK {
            return Err(invalid(format!("it has {rank} dimensions, at most {MAX_RANK} are allowed")));
        }
        let shape = (0..rank).map(|_| reader.u64()).collect::<Result<_, _>>()?;
        let tensor = Tensor { dtype, shape, data: reader.bytes.to_vec() };
        tensor.check()?;
        Ok(tensor)
    }
}

/// A tensor and the name of the model's input or output it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTensor {
    /// Name in the model.
    pub name: String,
    /// The value.
    pub tensor: Tensor,
}

impl NamedTensor {
    /// The canonical encoding of a list; its order is part of the value.
    pub fn encode_list(tensors: &[NamedTensor]) -> Vec<u8> {
        let mut bytes = (tensors.len() as u32).to_le_bytes().to_vec();
        for NamedTensor { name, tensor } in tensors {
            let tensor = tensor.encode();
            bytes.extend((name.len() as u16).to_le_bytes());
            bytes.extend(name.as_bytes());
            bytes.extend((tensor.len() as u32).to_le_bytes());
            bytes.extend(tensor);
        }
        bytes
    }

    /// Decodes a list.
    ///
    /// # Errors
    /// [`code::TENSOR_ENCODING`] for anything that [`NamedTensor::encode_list`]
    /// does not give.
    pub fn decode_list(bytes: &[u8]) -> Result<Vec<NamedTensor>, Error> {
        let mut reader = Reader { bytes };
        let count = reader.u32()? as usize;
        if count > MAX_TENSORS {
            return Err(invalid(format!("{count} tensors, at most {MAX_TENSORS} are allowed")));
        }
        let mut tensors = Vec::with_capacity(count);
        for _ in 0..count {
            let length = u16::from_le_bytes(reader.array()?);
            if usize::from(length) > MAX_NAME {
                return Err(invalid(format!("a name of {length} bytes")));
            }
            let name =
                String::from_utf8(reader.take(length.into())?.to_vec()).map_err(|_| invalid("a name is not UTF-8"))?;
            let length = reader.u32()? as usize;
            tensors.push(NamedTensor { name, tensor: Tensor::decode(reader.take(length)?)? });
        }
        if !reader.bytes.is_empty() {
            return Err(invalid("bytes follow the last tensor"));
        }
        Ok(tensors)
    }
}

fn invalid(message: impl std::fmt::Display) -> Error {
    Error::new(code::TENSOR_ENCODING, format!("invalid tensor: {message}"))
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.bytes.split_at_checked(length).ok_or_else(|| invalid("it is cut short"))?;
        self.bytes = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| invalid("it is cut short"))
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}
