//! The JSON form of tensors, for command lines and HTTP.
//!
//! ```json
//! {"name": "x", "dtype": "f32", "shape": [1, 2], "data": [0.5, "NaN"]}
//! ```
//! `data` holds the elements in row-major order: numbers, booleans, or the
//! strings `NaN`, `Infinity` and `-Infinity`.

use half::f16;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Number, Value};

use crate::tensor::{DType, NamedTensor, Tensor};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    name: String,
    dtype: DType,
    shape: Vec<u64>,
    data: Vec<Value>,
}

impl Serialize for NamedTensor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Tensor { dtype, shape, data } = &self.tensor;
        let elements = data
            .chunks_exact(dtype.size() as usize)
            .map(|element| to_value(*dtype, element))
            .collect::<Option<_>>()
            .ok_or_else(|| ser::Error::custom("the tensor's data do not fit its type"))?;
        let name = self.name.clone();
        Json { name, dtype: *dtype, shape: shape.clone(), data: elements }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NamedTensor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Json { name, dtype, shape, data } = Json::deserialize(deserializer)?;
        let mut bytes = Vec::with_capacity(data.len() * dtype.size() as usize);
        for value in &data {
            push(dtype, value, &mut bytes)
                .ok_or_else(|| de::Error::custom(format!("{value} is not of type {dtype:?}")))?;
        }
        let tensor = Tensor { dtype, shape, data: bytes };
        tensor.check().map_err(de::Error::custom)?;
        Ok(NamedTensor { name, tensor })
    }
}

fn to_value(dtype: DType, element: &[u8]) -> Option<Value> {
    Some(match dtype {
        DType::Bool => Value::Bool(element == [1]),
        DType::U8 => u8::from_le_bytes(element.try_into().ok()?).into(),
        DType::I8 => i8::from_le_bytes(element.try_into().ok()?).into(),
        DType::U16 => u16::from_le_bytes(element.try_into().ok()?).into(),
        DType::I16 => i16::from_le_bytes(element.try_into().ok()?).into(),
        DType::U32 => u32::from_le_bytes(element.try_into().ok()?).into(),
        DType::I32 => i32::from_le_bytes(element.try_into().ok()?).into(),
        DType::U64 => u64::from_le_bytes(element.try_into().ok()?).into(),
        DType::I64 => i64::from_le_bytes(element.try_into().ok()?).into(),
        DType::F64 => float(f64::from_le_bytes(element.try_into().ok()?)),
        // Through text: the shortest digits that give this value at its own
        // precision, not those of its widening.
        DType::F32 => float(f32::from_le_bytes(element.try_into().ok()?).to_string().parse().ok()?),
        DType::F16 => float(f16::from_le_bytes(element.try_into().ok()?).to_string().parse().ok()?),
    })
}

fn float(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => "NaN".into(),
        None if value > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

fn push(dtype: DType, value: &Value, bytes: &mut Vec<u8>) -> Option<()> {
    fn integer<T: TryFrom<i128>>(value: &Value) -> Option<T> {
        let number = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from))?;
        T::try_from(number).ok()
    }
    match dtype {
        DType::Bool => bytes.push(value.as_bool()?.into()),
        DType::U8 => bytes.push(integer(value)?),
        DType::I8 => bytes.extend(integer::<i8>(value)?.to_le_bytes()),
        DType::U16 => bytes.extend(integer::<u16>(value)?.to_le_bytes()),
        DType::I16 => bytes.extend(integer::<i16>(value)?.to_le_bytes()),
        DType::U32 => bytes.extend(integer::<u32>(value)?.to_le_bytes()),
        DType::I32 => bytes.extend(integer::<i32>(value)?.to_le_bytes()),
        DType::U64 => bytes.extend(integer::<u64>(value)?.to_le_bytes()),
        DType::I64 => bytes.extend(integer::<i64>(value)?.to_le_bytes()),
        DType::F16 => bytes.extend(f16::from_f64(from_float(value)?).to_le_bytes()),
        DType::F32 => bytes.extend((from_float(value)? as f32).to_le_bytes()),
        DType::F64 => bytes.extend(from_float(value)?.to_le_bytes()),
    }
    Some(())
}

fn from_float(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("NaN") => Some(f64::from_bits(0x7ff8 << 48)),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => value.as_f64(),
    }
}
