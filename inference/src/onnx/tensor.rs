//! Constants of the graph: `TensorProto`.

use super::wire::{Field, Fields, malformed, once};
use super::{MAX_DIM, MAX_MODEL_BYTES, feature};
use crate::error::{Error, code};
use crate::tensor::{DType, MAX_RANK, byte_len};

/// What the walk keeps of a tensor.
pub(super) struct Constant<'a> {
    pub(super) name: &'a str,
    pub(super) dtype: DType,
    /// Whether it holds integers that no size, index or count of elements is.
    pub(super) wide: bool,
}

/// Reads and checks a tensor: an admitted type, a bounded shape, and exactly the
/// data that they ask for.
pub(super) fn read(bytes: &[u8]) -> Result<Constant<'_>, Error> {
    let (mut name, mut number, mut location) = (None, None, None);
    let mut dims = Vec::new();
    let mut data = Data::default();
    for field in Fields::new(bytes) {
        let field = field?;
        match field.number {
            1 => field.varints(MAX_RANK, &mut dims)?,
            2 => once(&mut number, field.varint()?, "an element type")?,
            3 => return Err(feature("segmented tensors", "store each tensor whole")),
            8 => once(&mut name, field.text()?, "a tensor's name")?,
            13 => return Err(external()),
            14 => once(&mut location, field.varint()?, "a data location")?,
            4 | 5 | 6 | 7 | 9 | 10 | 11 => data.count(&field)?,
            _ => {}
        }
    }
    if location.unwrap_or(0) != 0 {
        return Err(external());
    }
    let name = name.unwrap_or("");
    let dtype = element_type(number.unwrap_or(0), name)?;
    if dims.iter().any(|dim| *dim > MAX_DIM) {
        return Err(shape(name));
    }
    let bytes = byte_len(dtype, &dims, MAX_MODEL_BYTES as u64).ok_or_else(|| shape(name))?;
    data.check(dtype, bytes / dtype.size(), name)?;
    let wide = dtype == DType::I64 && (data.wide || data.raw.is_some_and(holds_wide));
    Ok(Constant { name, dtype, wide })
}

pub(super) fn element_type(number: u64, name: &str) -> Result<DType, Error> {
    DType::from_onnx(number).ok_or_else(|| {
        Error::new(
            code::ELEMENT_TYPE,
            format!("`{name}` has ONNX element type {number}, which is not admitted; use float, float16, double, bool or an integer type"),
        )
    })
}

/// Whether a number is too large for a size, an index or a count.
pub(super) fn is_wide(number: i64) -> bool {
    number.unsigned_abs() > MAX_DIM
}

fn holds_wide(raw: &[u8]) -> bool {
    raw.as_chunks().0.iter().any(|bytes| is_wide(i64::from_le_bytes(*bytes)))
}

/// Elements found, by the field that holds them.
#[derive(Default)]
struct Data<'a> {
    raw: Option<&'a [u8]>,
    wide: bool,
    floats: u64,
    int32s: u64,
    strings: u64,
    int64s: u64,
    doubles: u64,
    uint64s: u64,
}

impl<'a> Data<'a> {
    fn count(&mut self, field: &Field<'a>) -> Result<(), Error> {
        match field.number {
            4 => self.floats += field.count_fixed(4)?,
            5 => self.int32s += field.count_varints(|_| ())?,
            6 => self.strings += 1,
            7 => self.int64s += field.count_varints(|value| self.wide |= is_wide(value as i64))?,
            9 => once(&mut self.raw, field.bytes()?, "raw data")?,
            10 => self.doubles += field.count_fixed(8)?,
            _ => self.uint64s += field.count_varints(|_| ())?,
        }
        Ok(())
    }

    /// Checks that one field holds all elements: raw data, or the list for the type.
    fn check(&self, dtype: DType, elements: u64, name: &str) -> Result<(), Error> {
        let typed = match dtype {
            DType::F32 => self.floats,
            DType::F64 => self.doubles,
            DType::I64 => self.int64s,
            DType::U32 | DType::U64 => self.uint64s,
            _ => self.int32s,
        };
        let lists = self.floats + self.int32s + self.strings + self.int64s + self.doubles + self.uint64s;
        let whole = match self.raw.map(|raw| raw.len() as u64) {
            // An empty raw field beside a list is what some exporters write.
            Some(raw) if raw > 0 || lists == 0 => lists == 0 && Some(raw) == elements.checked_mul(dtype.size()),
            _ => lists == typed && typed == elements,
        };
        if whole {
            return Ok(());
        }
        Err(Error::new(
            code::TENSOR_DATA,
            format!("the data of tensor `{name}` do not match its type and shape; export the model again"),
        ))
    }
}

fn shape(name: &str) -> Error {
    Error::new(
        code::SHAPE,
        format!(
            "the shape of tensor `{name}` is out of range: at most {MAX_RANK} axes of at most {MAX_DIM}, and {MAX_MODEL_BYTES} bytes"
        ),
    )
}

fn external() -> Error {
    Error::new(
        code::EXTERNAL_DATA,
        "a tensor's data lie in another file; save the model with its weights inside (onnx.save with save_as_external_data=False)",
    )
}

/// A tensor that must be named: an initialiser.
pub(super) fn named<'a>(constant: &Constant<'a>) -> Result<&'a str, Error> {
    match constant.name {
        "" => Err(malformed("an initialiser has no name")),
        name => Ok(name),
    }
}
