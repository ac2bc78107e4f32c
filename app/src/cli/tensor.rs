//! Tensors on the command line.

pub(crate) mod npy;

use std::{fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use clap::ValueEnum;
use half::f16;
use serde_json::Value;
use synergy_proto::synergy::{aivm::Tensor, modelregistry::TensorSpec};

use super::{
    error::{Result, bail, error},
    output,
};

/// An element type of ONNX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dtype {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

/// Name on the chain, ONNX's name, bytes per element.
const DTYPES: &[(Dtype, &str, &str, usize)] = &[
    (Dtype::Bool, "bool", "bool", 1),
    (Dtype::U8, "u8", "uint8", 1),
    (Dtype::I8, "i8", "int8", 1),
    (Dtype::U16, "u16", "uint16", 2),
    (Dtype::I16, "i16", "int16", 2),
    (Dtype::U32, "u32", "uint32", 4),
    (Dtype::I32, "i32", "int32", 4),
    (Dtype::U64, "u64", "uint64", 8),
    (Dtype::I64, "i64", "int64", 8),
    (Dtype::F16, "f16", "float16", 2),
    (Dtype::F32, "f32", "float32", 4),
    (Dtype::F64, "f64", "float64", 8),
];

/// Most values of an output that text shows.
const SHOWN: usize = 64;

impl Dtype {
    fn find(name: &str) -> Result<(Self, &'static str, usize)> {
        let found = DTYPES.iter().find(|(_, ours, onnx, _)| *ours == name || *onnx == name);
        found.map(|(dtype, ours, _, size)| (*dtype, *ours, *size)).ok_or_else(|| {
            let names: Vec<&str> = DTYPES.iter().map(|d| d.1).collect();
            error!("unknown element type {name:?}: use one of {}", names.join(", "))
        })
    }

    /// Appends an element, little-endian; `None` when it does not fit.
    fn push(self, value: &Value, out: &mut Vec<u8>) -> Option<()> {
        macro_rules! integer {
            ($type:ty) => {{
                let text = match value {
                    Value::Number(number) => number.to_string(),
                    // JSON of Cosmos clients has 64-bit integers as texts.
                    other => other.as_str()?.to_owned(),
                };
                out.extend_from_slice(&text.parse::<$type>().ok()?.to_le_bytes())
            }};
        }
        match self {
            Self::Bool => {
                out.push(value.as_bool().map(u8::from).or_else(|| value.as_u64().filter(|n| *n < 2).map(|n| n as u8))?)
            }
            Self::U8 => integer!(u8),
            Self::I8 => integer!(i8),
            Self::U16 => integer!(u16),
            Self::I16 => integer!(i16),
            Self::U32 => integer!(u32),
            Self::I32 => integer!(i32),
            Self::U64 => integer!(u64),
            Self::I64 => integer!(i64),
            Self::F32 => out.extend_from_slice(&float_text(value)?.parse::<f32>().ok()?.to_le_bytes()),
            Self::F64 => out.extend_from_slice(&float_text(value)?.parse::<f64>().ok()?.to_le_bytes()),
            Self::F16 => {
                let value = float_text(value)?.parse::<f64>().ok()?;
                let half = if value.is_nan() { f16::from_bits(0x7e00) } else { f16::from_f64(value) };
                out.extend_from_slice(&half.to_le_bytes())
            }
        }
        Some(())
    }

    fn show(self, element: &[u8]) -> Option<String> {
        macro_rules! number {
            ($type:ty) => {
                <$type>::from_le_bytes(element.try_into().ok()?).to_string()
            };
        }
        Some(match self {
            Self::Bool => (element == [1]).to_string(),
            Self::U8 => number!(u8),
            Self::I8 => number!(i8),
            Self::U16 => number!(u16),
            Self::I16 => number!(i16),
            Self::U32 => number!(u32),
            Self::I32 => number!(i32),
            Self::U64 => number!(u64),
            Self::I64 => number!(i64),
            Self::F32 => number!(f32),
            Self::F64 => number!(f64),
            Self::F16 => f16::from_le_bytes(element.try_into().ok()?).to_string(),
        })
    }
}

/// The digits of a JSON number, or the words for what JSON numbers cannot be.
fn float_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => Some(text.clone()),
        _ => None,
    }
}

/// Reads one element of a type: a number, or `0x` and its bytes as they are.
pub(crate) fn element(dtype: &str, text: &str) -> Result<Vec<u8>> {
    let (dtype, name, size) = Dtype::find(dtype)?;
    let bad = || error!("{text:?} is no {name}: write a number, or 0x and its {size} bytes in hexadecimal");
    if let Some(hex) = text.strip_prefix("0x") {
        return hex::decode(hex).ok().filter(|bytes| bytes.len() == size).ok_or_else(bad);
    }
    let value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
    let mut data = Vec::new();
    dtype.push(&value, &mut data).ok_or_else(bad)?;
    Ok(data)
}

/// What `--input` takes, for its help and its errors.
pub(crate) const FORMS: &str = "NAME=FILE.json, NAME=FILE.npy, NAME=@FILE:DTYPE:SHAPE or NAME=blob:HASH";

/// Reads an input in one of [`FORMS`]. Element types that are left out come from `specs`,
/// the inputs of the model.
pub(crate) fn parse(text: &str, specs: &[TensorSpec]) -> Result<Tensor> {
    let (name, source) = text.split_once('=').ok_or_else(|| error!("cannot read --input {text:?}: write {FORMS}"))?;
    let spec = specs.iter().find(|s| s.name == name);
    if spec.is_none() && !specs.is_empty() {
        let names: Vec<&str> = specs.iter().map(|s| s.name.as_str()).collect();
        bail!("the model has no input {name:?}: its inputs are {}", names.join(", "));
    }
    let read = |path: &str| fs::read(path).map_err(|e| error!("cannot read {path}: {e}"));
    if let Some(hash) = source.strip_prefix("blob:") {
        return stored(name, hash, spec);
    }
    match source.strip_prefix('@') {
        Some(raw) => {
            let mut parts = raw.rsplitn(3, ':');
            let (Some(shape), Some(dtype), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
                bail!("cannot read --input {text:?}: write NAME=@FILE:DTYPE:SHAPE, e.g. x=@x.bin:f32:1x28x28");
            };
            raw_tensor(name, dtype, &shape_of(shape)?, read(path)?)
        }
        None if source.ends_with(".npy") => {
            let (dtype, shape, data) = npy::read(&read(source)?).map_err(|e| error!("{source}: {e}"))?;
            raw_tensor(name, dtype, &shape, data)
        }
        None => {
            let value: Value =
                serde_json::from_slice(&read(source)?).map_err(|e| error!("{source} is not JSON: {e}"))?;
            json_tensor(name, &value, spec).map_err(|e| error!("{source}: {e}"))
        }
    }
}

/// An input whose data the chain has.
fn stored(name: &str, hash: &str, spec: Option<&TensorSpec>) -> Result<Tensor> {
    let blob = hex::decode(hash).ok().filter(|hash| hash.len() == 32);
    let blob = blob.ok_or_else(|| error!("{hash:?} is no hash of a blob: 64 hexadecimal digits"))?;
    let spec = spec.ok_or_else(|| error!("the shape of {name} is not known: leave --offline out"))?;
    let (dtype, shape) = (spec.dtype.clone(), spec.shape.clone());
    Ok(Tensor { name: name.to_owned(), dtype, shape, blob, ..Tensor::default() })
}

/// How `--save` writes outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SaveAs {
    /// NumPy's format
    #[default]
    Npy,
    /// Nested lists of numbers
    Json,
    /// Row-major little-endian values alone
    Raw,
}

/// Writes outputs into a folder, a file for each name.
pub(crate) fn save(folder: &Path, form: SaveAs, outputs: &[Tensor]) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| error!("cannot make {}: {e}", folder.display()))?;
    for output in outputs {
        if output.data.is_empty() && output.shape.iter().all(|dim| *dim > 0) {
            bail!("output {} has no data here: the model's outputs are too large for a record", output.name);
        }
        let (extension, bytes) = match form {
            SaveAs::Npy => ("npy", npy::write(&output.dtype, &output.shape, &output.data)?),
            SaveAs::Json => ("json", nested(output)?.to_string().into_bytes()),
            SaveAs::Raw => ("bin", output.data.clone()),
        };
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let path = folder.join(format!("{}.{extension}", output.name.chars().map(plain).collect::<String>()));
        fs::write(&path, bytes).map_err(|e| error!("cannot write {}: {e}", path.display()))?;
        output::note(&format!("wrote {}", path.display()));
    }
    Ok(())
}

/// The values as nested lists. A float is a number of JSON with the digits that give it
/// back; what JSON has no number for is a text.
fn nested(tensor: &Tensor) -> Result<Value> {
    let (dtype, name, size) = Dtype::find(&tensor.dtype)?;
    let one = |element: &[u8]| {
        let text = dtype.show(element)?;
        match text.as_str() {
            "inf" => Some("Infinity".into()),
            "-inf" => Some("-Infinity".into()),
            _ => Some(serde_json::from_str(&text).unwrap_or(Value::String(text))),
        }
    };
    let values: Option<Vec<Value>> = tensor.data.chunks_exact(size).map(one).collect();
    let mut level = values.ok_or_else(|| error!("output {} is no {name}", tensor.name))?;
    for dim in tensor.shape.iter().skip(1).rev() {
        let dim = usize::try_from(*dim)?.max(1);
        level = level.chunks(dim).map(|row| Value::Array(row.to_vec())).collect();
    }
    Ok(if tensor.shape.is_empty() { level.pop().unwrap_or_default() } else { Value::Array(level) })
}

/// `1x28x28` or `1,28,28`; empty for a scalar.
fn shape_of(text: &str) -> Result<Vec<u64>> {
    let sizes = text.split(['x', ',']).filter(|part| !part.is_empty());
    sizes.map(|n| n.parse().map_err(|_| error!("cannot read shape {text:?}: write e.g. 1x28x28"))).collect()
}

fn raw_tensor(name: &str, dtype: &str, shape: &[u64], data: Vec<u8>) -> Result<Tensor> {
    let (_, dtype, size) = Dtype::find(dtype)?;
    let elements = shape.iter().try_fold(size as u64, |all, n| all.checked_mul(*n));
    if elements != Some(data.len() as u64) {
        bail!("input {name}: {dtype} of shape {shape:?} does not take the file's {} bytes", data.len());
    }
    Ok(Tensor { name: name.to_owned(), dtype: dtype.to_owned(), shape: shape.to_vec(), data, ..Tensor::default() })
}

/// Nested lists, whose element type the model tells; or
/// `{"dtype": …, "shape": […], "data": […]}` with the values in one list.
fn json_tensor(name: &str, value: &Value, spec: Option<&TensorSpec>) -> Result<Tensor> {
    let named = value.get("dtype").and_then(Value::as_str).or(spec.map(|s| s.dtype.as_str()));
    let named = named.ok_or_else(|| {
        error!("the element type of {name} is not known: write {{\"dtype\": \"f32\", \"shape\": [1, 2], \"data\": [0.5, 1]}}")
    })?;
    let (dtype, name_on_chain, size) = Dtype::find(named)?;
    let mut shape = Vec::new();
    let mut data = Vec::new();
    let list = value.get("data").unwrap_or(value);
    flatten(dtype, list, 0, &mut shape, &mut data)?;
    let shape = match value.get("shape").and_then(Value::as_array) {
        Some(sizes) => {
            sizes.iter().map(|n| n.as_u64().ok_or_else(|| error!("shape: {n} is no size"))).collect::<Result<_>>()?
        }
        None => shape,
    };
    debug_assert!(data.len().is_multiple_of(size));
    raw_tensor(name, name_on_chain, &shape, data)
}

fn flatten(dtype: Dtype, value: &Value, depth: usize, shape: &mut Vec<u64>, data: &mut Vec<u8>) -> Result<()> {
    let Value::Array(items) = value else {
        if depth != shape.len() {
            bail!("the lists are not equally deep");
        }
        return dtype.push(value, data).ok_or_else(|| error!("{value} is no {dtype:?}"));
    };
    let first = data.is_empty() && depth == shape.len();
    match shape.get(depth) {
        None if first => shape.push(items.len() as u64),
        Some(size) if *size == items.len() as u64 => {}
        _ => bail!("the lists are not equally long: a tensor is a full box"),
    }
    items.iter().try_for_each(|item| flatten(dtype, item, depth + 1, shape, data))
}

/// The values of a tensor in JSON form, in one line; `None` when it has none to
/// show.
pub(crate) fn values(tensor: &Value) -> Option<Value> {
    let (dtype, _, size) = Dtype::find(tensor["dtype"].as_str()?).ok()?;
    let data = BASE64.decode(tensor["data"].as_str()?).ok()?;
    let shown: Option<Vec<String>> = data.chunks_exact(size).take(SHOWN).map(|e| dtype.show(e)).collect();
    let mut text = shown?.join(", ");
    let count = data.len() / size;
    if count > SHOWN {
        text.push_str(&format!(", … ({count} values; -o json has them all)"));
    }
    Some(format!("[{text}]").into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(dtype: &str) -> TensorSpec {
        TensorSpec { name: "x".into(), dtype: dtype.into(), shape: vec![] }
    }

    #[test]
    fn nested_lists_take_the_models_type() {
        let tensor = json_tensor("x", &json!([[1, 2], [3.5, "NaN"]]), Some(&spec("float32"))).unwrap();
        assert_eq!((tensor.shape.as_slice(), tensor.dtype.as_str()), (&[2, 2][..], "f32"));
        assert_eq!(tensor.data[8..12], 3.5f32.to_le_bytes());
        let scalar = json_tensor("x", &json!(-7), Some(&spec("i64"))).unwrap();
        assert_eq!((scalar.shape.len(), scalar.data), (0, (-7i64).to_le_bytes().to_vec()));
        assert!(json_tensor("x", &json!([1]), None).unwrap_err().0.contains("dtype"));
    }

    #[test]
    fn a_flat_list_with_its_shape() {
        let value = json!({"dtype": "u8", "shape": [2, 1], "data": [255, 0]});
        let tensor = json_tensor("x", &value, None).unwrap();
        assert_eq!((tensor.dtype.as_str(), tensor.shape, tensor.data), ("u8", vec![2, 1], vec![255, 0]));
    }

    #[test]
    fn what_is_no_box_of_the_type_is_refused() {
        for bad in [json!([[1], [2, 3]]), json!([1, [2]]), json!([[1], 2]), json!([256]), json!([1.5]), json!(["1.5"])]
        {
            assert!(json_tensor("x", &bad, Some(&spec("uint8"))).is_err(), "{bad}");
        }
        assert!(json_tensor("x", &json!({"dtype": "u8", "shape": [3], "data": [1]}), None).is_err());
    }

    #[test]
    fn raw_files_are_checked_against_their_shape() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x:1.bin");
        fs::write(&file, [0u8; 16]).unwrap();
        let text = |rest: &str| format!("x=@{}:{rest}", file.display());
        assert_eq!(parse(&text("float32:2x2"), &[]).unwrap().shape, [2, 2]);
        assert_eq!(parse(&text("f32:1,4"), &[spec("f32")]).unwrap().dtype, "f32");
        for bad in ["float32:2x3", "float33:2x2", "float32:2xa", "float32:18446744073709551615x2"] {
            assert!(parse(&text(bad), &[]).is_err(), "{bad}");
        }
        assert!(parse("y=@f:f32:1", &[spec("f32")]).unwrap_err().0.contains("its inputs are x"));
    }

    #[test]
    fn an_element_is_a_number_or_its_bytes() {
        assert_eq!(element("f32", "0.5").unwrap(), 0.5f32.to_le_bytes());
        assert_eq!(element("i8", "-3").unwrap(), [253]);
        assert_eq!(element("f16", "0x003c").unwrap(), [0, 0x3c]);
        assert_eq!(element("f16", "1").unwrap(), [0, 0x3c]);
        for bad in [("f16", "x"), ("u8", "256"), ("f32", "0x00"), ("f32", "")] {
            assert!(element(bad.0, bad.1).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_was_saved_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let data: Vec<u8> = [0.1f32, f32::NAN, f32::INFINITY, -2.5].iter().flat_map(|v| v.to_le_bytes()).collect();
        let x = Tensor { name: "x".into(), dtype: "f32".into(), shape: vec![2, 2], data, ..Tensor::default() };
        for (form, ending) in [(SaveAs::Npy, "npy"), (SaveAs::Json, "json"), (SaveAs::Raw, "bin")] {
            save(dir.path(), form, std::slice::from_ref(&x)).unwrap();
            let file = dir.path().join(format!("x.{ending}"));
            let source = match form {
                SaveAs::Raw => format!("x=@{}:f32:2x2", file.display()),
                _ => format!("x={}", file.display()),
            };
            let spec = TensorSpec { name: "x".into(), dtype: "f32".into(), shape: vec![2, 2] };
            assert_eq!(parse(&source, &[spec]).unwrap(), x);
        }
    }

    #[test]
    fn a_stored_blob_takes_the_models_shape() {
        let spec = TensorSpec { name: "x".into(), dtype: "f32".into(), shape: vec![2, 2] };
        let tensor = parse(&format!("x=blob:{}", "ab".repeat(32)), &[spec]).unwrap();
        assert_eq!((tensor.blob, tensor.shape, tensor.data), (vec![0xab; 32], vec![2, 2], vec![]));
        assert!(parse("x=blob:ab", &[]).is_err());
    }

    #[test]
    fn outputs_are_shown_as_numbers() {
        let data = BASE64.encode([0.1f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat());
        let shown = values(&json!({"dtype": "float32", "data": data})).unwrap();
        assert_eq!(shown, "[0.1, NaN]");
    }
}
