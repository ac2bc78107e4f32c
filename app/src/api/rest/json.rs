//! Messages as the JSON of the SDK's gateway: names as in the `.proto`, defaults
//! written out, 64-bit integers as text, `Any` with `@type`, and Go's own forms.

use std::cell::Cell;

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, SerializeOptions, Value};
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap, SerializeSeq},
};
use serde_json::value::RawValue;

use crate::api::schema::{Form, Schema};

/// `Any`s inside one another that are opened. Each starts the decoder's own limit
/// anew, so without this a small transaction could exhaust the stack.
const MAX_ANY: usize = 16;
/// Bytes of all opened `Any`s, each level counted: what decoding may cost.
const MAX_ANY_BYTES: usize = 64 << 20;

/// The JSON text of a message.
///
/// # Errors
/// A well-known type out of range, such as a time after the year 9999.
pub(super) fn text(schema: &Schema, message: &DynamicMessage) -> Result<Vec<u8>, String> {
    let writer = Writer { schema, any_bytes: Cell::new(MAX_ANY_BYTES) };
    serde_json::to_vec(&Json { writer: &writer, message, depth: 0 }).map_err(|e| e.to_string())
}

struct Writer<'a> {
    schema: &'a Schema,
    any_bytes: Cell<usize>,
}

#[derive(Clone, Copy)]
struct Json<'a> {
    writer: &'a Writer<'a>,
    message: &'a DynamicMessage,
    /// `Any`s around this message.
    depth: usize,
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = prost_reflect::ReflectMessage::descriptor(self.message);
        match name.full_name() {
            "google.protobuf.Any" => self.any(serializer),
            known if known.starts_with("google.protobuf.") => {
                self.message.serialize_with_options(serializer, &SerializeOptions::new())
            }
            _ => {
                let mut map = serializer.serialize_map(None)?;
                self.fields(&mut map)?;
                map.end()
            }
        }
    }
}

impl Json<'_> {
    fn fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        for field in prost_reflect::ReflectMessage::descriptor(self.message).fields() {
            let absent = !self.message.has_field(&field);
            if absent && field.containing_oneof().is_some() {
                continue;
            }
            if absent && self.is_nil(&field) {
                map.serialize_entry(field.name(), &())?;
            } else {
                let value = self.message.get_field(&field);
                map.serialize_entry(field.name(), &JsonValue { json: *self, field: &field, value: &value })?;
            }
        }
        Ok(())
    }

    /// Whether Go has nil for a field that is absent: messages behind a pointer, and
    /// bytes, so that the last page has `"next_key": null`.
    fn is_nil(&self, field: &FieldDescriptor) -> bool {
        let schema = self.writer.schema;
        match field.kind() {
            _ if field.is_list() || field.is_map() => false,
            Kind::Message(_) => !schema.is_required(field),
            Kind::Bytes => schema.form(field).is_none(),
            _ => false,
        }
    }

    /// An `Any` as its message with `@type`; one of an unknown type keeps its bytes,
    /// so that it does not hide the rest of the answer.
    fn any<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let field = |name| self.message.get_field_by_name(name);
        let (url, value) = (field("type_url"), field("value"));
        let url = url.as_deref().and_then(Value::as_str).unwrap_or_default();
        let value = value.as_deref().and_then(Value::as_bytes).cloned().unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("@type", url)?;
        let left = self.writer.any_bytes.get().checked_sub(value.len());
        let known = left.filter(|_| self.depth < MAX_ANY).and_then(|left| {
            self.writer.any_bytes.set(left);
            DynamicMessage::decode(self.writer.schema.message(url)?, value.clone()).ok()
        });
        match known {
            None => map.serialize_entry("value", &BASE64.encode(&value))?,
            Some(message) => {
                let inner = Json { message: &message, depth: self.depth + 1, ..*self };
                if prost_reflect::ReflectMessage::descriptor(&message).package_name() == "google.protobuf" {
                    map.serialize_entry("value", &inner)?;
                } else {
                    inner.fields(&mut map)?;
                }
            }
        }
        map.end()
    }
}

struct JsonValue<'a> {
    json: Json<'a>,
    field: &'a FieldDescriptor,
    value: &'a Value,
}

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::List(list) => {
                let mut seq = serializer.serialize_seq(Some(list.len()))?;
                for value in list {
                    seq.serialize_element(&JsonValue { value, ..*self })?;
                }
                seq.end()
            }
            Value::Map(entries) => {
                let Kind::Message(entry) = self.field.kind() else {
                    return Err(S::Error::custom("a map without entries"));
                };
                let field = entry.map_entry_value_field();
                let mut entries: Vec<_> = entries.iter().map(|(key, value)| (key_text(key), value)).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(&key, &JsonValue { json: self.json, field: &field, value })?;
                }
                map.end()
            }
            value => self.one(value, serializer),
        }
    }
}

impl JsonValue<'_> {
    fn one<S: Serializer>(&self, value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        let form = self.json.writer.schema.form(self.field);
        match value {
            Value::Bool(v) => serializer.serialize_bool(*v),
            Value::I32(v) => serializer.serialize_i32(*v),
            Value::U32(v) => serializer.serialize_u32(*v),
            Value::I64(v) => serializer.collect_str(v),
            Value::U64(v) => serializer.collect_str(v),
            Value::F32(v) => serializer.serialize_f32(*v),
            Value::F64(v) => serializer.serialize_f64(*v),
            Value::EnumNumber(number) => match self.field.kind() {
                Kind::Enum(kind) => enum_name(&kind, *number, serializer),
                _ => serializer.serialize_i32(*number),
            },
            Value::String(text) if form == Some(Form::Dec) => serializer.serialize_str(&decimal(text)),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => bytes_form(bytes, form, serializer),
            Value::Message(message) => Json { message, ..self.json }.serialize(serializer),
            Value::List(_) | Value::Map(_) => Err(S::Error::custom("a list inside a list")),
        }
    }
}

fn enum_name<S: Serializer>(kind: &EnumDescriptor, number: i32, serializer: S) -> Result<S::Ok, S::Error> {
    match kind.get_value(number) {
        Some(value) => serializer.serialize_str(value.name()),
        None => serializer.serialize_i32(number),
    }
}

fn bytes_form<S: Serializer>(bytes: &[u8], form: Option<Form>, serializer: S) -> Result<S::Ok, S::Error> {
    match (form, std::str::from_utf8(bytes)) {
        (Some(Form::Hex), _) => serializer.serialize_str(&hex::encode_upper(bytes)),
        (Some(Form::Dec), Ok(text)) => serializer.serialize_str(&decimal(text)),
        (Some(Form::Int), Ok(text)) => serializer.serialize_str(if text.is_empty() { "0" } else { text }),
        (Some(Form::Json), Ok("")) => serializer.serialize_unit(),
        (Some(Form::Json), Ok(text)) => match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => serializer.serialize_str(&BASE64.encode(bytes)),
        },
        _ => serializer.serialize_str(&BASE64.encode(bytes)),
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(v) => v.to_string(),
        MapKey::I32(v) => v.to_string(),
        MapKey::I64(v) => v.to_string(),
        MapKey::U32(v) => v.to_string(),
        MapKey::U64(v) => v.to_string(),
        MapKey::String(v) => v.clone(),
    }
}

/// Digits after the point of a `cosmos.Dec`.
const PLACES: usize = 18;

/// `1500000000000000000` is `1.500000000000000000`. What is no integer stays.
pub(super) fn decimal(scaled: &str) -> String {
    let (sign, digits) = scaled.strip_prefix('-').map_or(("", scaled), |digits| ("-", digits));
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return scaled.to_owned();
    }
    let padded = format!("{digits:0>width$}", width = PLACES + 1);
    let (whole, fraction) = padded.split_at(padded.len() - PLACES);
    format!("{sign}{whole}.{fraction}")
}

/// The reverse of [`decimal`], for whole numbers too; `None` for other text and for
/// more than 18 places.
pub(super) fn scaled(decimal: &str) -> Option<String> {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > PLACES {
        return None;
    }
    let all = format!("{whole}{fraction:0<PLACES$}");
    let trimmed = all.trim_start_matches('0');
    Some(if trimmed.is_empty() { "0".to_owned() } else { format!("{sign}{trimmed}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        for (scaled_text, text) in [
            ("0", "0.000000000000000000"),
            ("1", "0.000000000000000001"),
            ("1500000000000000000", "1.500000000000000000"),
            ("-50000000000000000", "-0.050000000000000000"),
            ("123456789012345678901234567890", "123456789012.345678901234567890"),
        ] {
            assert_eq!(decimal(scaled_text), text);
            assert_eq!(scaled(text).as_deref(), Some(scaled_text));
        }
        assert_eq!(decimal(""), "0.000000000000000000");
        assert_eq!(decimal("0.5"), "0.5");
        assert_eq!(scaled("0.1").as_deref(), Some("100000000000000000"));
        assert_eq!(scaled("3").as_deref(), Some("3000000000000000000"));
        for bad in ["", ".5", "1.2.3", "1e3", "0.0000000000000000001", "-"] {
            assert_eq!(scaled(bad), None, "{bad}");
        }
    }
}
