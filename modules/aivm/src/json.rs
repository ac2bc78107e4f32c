use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use synergy_proto::synergy::aivm::Tensor;

/// Padding may be left out, as CosmWasm has it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A tensor in JSON: what contracts and packets of other chains have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonTensor {
    name: String,
    dtype: String,
    shape: Vec<u64>,
    #[serde(default, serialize_with = "write", deserialize_with = "read")]
    data: Vec<u8>,
    /// SHA-256 of a stored blob in hexadecimal, instead of data.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "write_hex",
        deserialize_with = "read_hex"
    )]
    blob: Vec<u8>,
}

fn write<S: Serializer>(data: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&BASE64.encode(data))
}

fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    BASE64.decode(text).map_err(|e| D::Error::custom(format!("invalid base64: {e}")))
}

pub(crate) fn write_hex<S: Serializer>(hash: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(hash))
}

pub(crate) fn read_hex<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    hex::decode(text).map_err(|e| D::Error::custom(format!("invalid hexadecimal: {e}")))
}

impl From<JsonTensor> for Tensor {
    fn from(t: JsonTensor) -> Self {
        Self { name: t.name, dtype: t.dtype, shape: t.shape, data: t.data, blob: t.blob }
    }
}

impl From<Tensor> for JsonTensor {
    fn from(t: Tensor) -> Self {
        Self { name: t.name, dtype: t.dtype, shape: t.shape, data: t.data, blob: t.blob }
    }
}
