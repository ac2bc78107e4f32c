//! Request messages from path variables, query parameters and JSON bodies.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use prost_reflect::{
    DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};
use serde_json::Value as Json;

use super::json::scaled;
use crate::api::schema::{Form, Schema};

/// Messages inside one another that a parameter may name.
const MAX_PATH: usize = 8;

/// Sets a field by a parameter: `pagination.limit` and `10`. Parameters that name
/// no field are passed over, as grpc-gateway does.
///
/// # Errors
/// A text that is no value of the field.
pub(super) fn set(schema: &Schema, message: &mut DynamicMessage, name: &str, text: &str) -> Result<(), String> {
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() > MAX_PATH {
        return Ok(());
    }
    set_at(schema, message, &parts, text).map_err(|e| format!("{name}: {e}"))
}

fn set_at(schema: &Schema, message: &mut DynamicMessage, path: &[&str], text: &str) -> Result<(), String> {
    let Some((name, deeper)) = path.split_first() else { return Ok(()) };
    let descriptor = message.descriptor();
    let field = descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name));
    let Some(field) = field else { return Ok(()) };
    if !deeper.is_empty() {
        if let (Kind::Message(_), false, false) = (field.kind(), field.is_list(), field.is_map())
            && let Some(inner) = message.get_field_mut(&field).as_message_mut()
        {
            return set_at(schema, inner, deeper, text);
        }
        return Ok(());
    }
    if field.is_map() {
        return Ok(());
    }
    let value = scalar(schema, &field, text)?;
    if field.is_list() {
        if let Some(list) = message.get_field_mut(&field).as_list_mut() {
            list.push(value);
        }
        return Ok(());
    }
    message.try_set_field(&field, value).map_err(|e| e.to_string())
}

fn scalar(schema: &Schema, field: &FieldDescriptor, text: &str) -> Result<Value, String> {
    let bad = |kind: &str| format!("\"{}\" is not {kind}", text.chars().take(100).collect::<String>());
    Ok(match field.kind() {
        Kind::Bool => Value::Bool(match text {
            "true" | "1" | "t" | "T" | "TRUE" | "True" | "" => true,
            "false" | "0" | "f" | "F" | "FALSE" | "False" => false,
            _ => return Err(bad("true or false")),
        }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(text.parse().map_err(|_| bad("an integer"))?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(text.parse().map_err(|_| bad("an integer"))?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(text.parse().map_err(|_| bad("a whole number"))?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(text.parse().map_err(|_| bad("a whole number"))?),
        Kind::Float => Value::F32(text.parse().map_err(|_| bad("a number"))?),
        Kind::Double => Value::F64(text.parse().map_err(|_| bad("a number"))?),
        Kind::String if schema.form(field) == Some(Form::Dec) => {
            Value::String(scaled(text).ok_or_else(|| bad("a decimal number"))?)
        }
        Kind::String => Value::String(text.to_owned()),
        Kind::Bytes if schema.form(field) == Some(Form::Hex) => {
            let digits = text.strip_prefix("0x").unwrap_or(text);
            Value::Bytes(hex::decode(digits).map_err(|_| bad("hexadecimal"))?.into())
        }
        Kind::Bytes => Value::Bytes(base64(text).ok_or_else(|| bad("base64"))?.into()),
        Kind::Enum(kind) => {
            let named = kind.get_value_by_name(text).map(|value| value.number());
            let number = named.or_else(|| text.parse().ok()).ok_or_else(|| bad(&format!("a {}", kind.name())))?;
            Value::EnumNumber(number)
        }
        // Times and durations are texts in JSON.
        Kind::Message(kind) if kind.package_name() == "google.protobuf" => {
            Value::Message(message_of(kind, Json::String(text.to_owned())).map_err(|_| bad("a value of the field"))?)
        }
        Kind::Message(_) => return Err("a message: name a field of it".to_owned()),
    })
}

/// Base64 in either alphabet, padded or not. A plus that stands unescaped in a URL
/// arrives as a space.
fn base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = text.replace(' ', "+");
    let standard = GeneralPurpose::new(&alphabet::STANDARD, config).decode(&text);
    standard.or_else(|_| GeneralPurpose::new(&alphabet::URL_SAFE, config).decode(&text)).ok()
}

/// Reads a JSON body as a message.
///
/// # Errors
/// Text that is no JSON, or a value that does not fit its field.
pub(super) fn body(schema: &Schema, kind: &MessageDescriptor, text: &[u8]) -> Result<DynamicMessage, String> {
    let mut json: Json = if text.trim_ascii().is_empty() {
        Json::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(text).map_err(|e| format!("the body is no JSON: {e}"))?
    };
    to_protobuf_forms(schema, kind, &mut json);
    message_of(kind.clone(), json)
}

/// Reads JSON as a message; a name that is no field is an error.
pub(super) fn strict(schema: &Schema, kind: &MessageDescriptor, mut json: Json) -> Result<DynamicMessage, String> {
    to_protobuf_forms(schema, kind, &mut json);
    DynamicMessage::deserialize(kind.clone(), json).map_err(|e| e.to_string())
}

fn message_of(kind: MessageDescriptor, json: Json) -> Result<DynamicMessage, String> {
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    DynamicMessage::deserialize_with_options(kind, json, &options).map_err(|e| e.to_string())
}

/// Turns Go's forms ([`Form`]) into those of protobuf's JSON, in place. What does
/// not fit stays, and the reader that follows says so.
fn to_protobuf_forms(schema: &Schema, kind: &MessageDescriptor, json: &mut Json) {
    let Json::Object(object) = json else { return };
    let inner = object.get("@type").and_then(Json::as_str).and_then(|url| schema.message(url));
    let kind = inner.as_ref().unwrap_or(kind);
    for (name, value) in object.iter_mut() {
        let field = kind.get_field_by_name(name).or_else(|| kind.get_field_by_json_name(name));
        let Some(field) = field.filter(|f| !f.is_map()) else { continue };
        match value {
            Json::Array(list) if field.is_list() => list.iter_mut().for_each(|v| one_to_protobuf(schema, &field, v)),
            value => one_to_protobuf(schema, &field, value),
        }
    }
}

fn one_to_protobuf(schema: &Schema, field: &FieldDescriptor, value: &mut Json) {
    if let Kind::Message(kind) = field.kind() {
        return to_protobuf_forms(schema, &kind, value);
    }
    let is_bytes = field.kind() == Kind::Bytes;
    let encode = |bytes: Vec<u8>| Json::String(BASE64_STANDARD.encode(bytes));
    let new = match (schema.form(field), &*value) {
        (Some(Form::Dec), Json::String(text)) => {
            scaled(text).map(|text| if is_bytes { encode(text.into_bytes()) } else { Json::String(text) })
        }
        (Some(Form::Int), Json::String(text)) => Some(encode(text.clone().into_bytes())),
        (Some(Form::Hex), Json::String(text)) => hex::decode(text).ok().map(encode),
        (Some(Form::Json), json) if !json.is_null() => Some(encode(json.to_string().into_bytes())),
        _ => None,
    };
    if let Some(new) = new {
        *value = new;
    }
}
