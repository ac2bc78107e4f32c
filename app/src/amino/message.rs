//! Messages and fields.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use prost::Message as _;
use synergy_kernel::{Error, Result, sdk};
use synergy_proto::{
    Any,
    amino::{Count, Field, Form, Kind, Message, find},
};

use super::{
    inline,
    reader::{Raw, read, refused},
    text::push_quoted,
    values,
};

/// Messages inside messages: bounds the stack. Protobuf libraries stop at 100.
const MAX_DEPTH: u8 = 32;

/// A packed message as `{"type":…,"value":…}`; without an amino name the type is the
/// type URL.
pub(super) fn write_any(out: &mut String, type_url: &str, value: &[u8], depth: u8) -> Result<()> {
    let (name, message) = type_url.strip_prefix('/').and_then(|name| Some((name, find(name)?))).ok_or_else(|| {
        let shown: String = type_url.chars().take(120).collect();
        unsupported(&format!("message {shown}"))
    })?;
    out.push_str("{\"type\":");
    push_quoted(out, message.amino.unwrap_or(type_url));
    out.push_str(",\"value\":");
    write(out, name, message, value, depth)?;
    out.push('}');
    Ok(())
}

fn write(out: &mut String, name: &str, message: &'static Message, bytes: &[u8], depth: u8) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(sdk::tx_decode(format!("message {name} nests deeper than {MAX_DEPTH} levels")));
    }
    let values = read(name, message.fields, bytes)?;
    let scope = Scope { name, depth };
    match message.form {
        Form::Fields => scope.object(out, message.fields, &values),
        Form::KeyField => scope.key(out, &values),
        Form::Threshold => scope.threshold(out, message.fields, &values),
        Form::Refused => Err(unsupported(&format!("message {name}"))),
    }
}

/// The message whose fields are written.
struct Scope<'n> {
    name: &'n str,
    depth: u8,
}

impl Scope<'_> {
    fn object(&self, out: &mut String, fields: &[Field], values: &[Vec<Raw<'_>>]) -> Result<()> {
        let mut separator = "{";
        // Members of a oneof are neighbours: they sort under its name.
        let mut oneof_done = None;
        for (field, values_of_field) in fields.iter().zip(values) {
            let set = is_set(field, values_of_field);
            let Some((oneof, member)) = field.oneof else {
                if set || field.keep_empty {
                    self.named(out, &mut separator, field.name);
                    self.field(out, field, values_of_field, set)?;
                }
                continue;
            };
            let members =
                fields.iter().zip(values).filter(|(f, v)| f.oneof.is_some_and(|(o, _)| o == oneof) && is_set(f, v));
            match (members.count(), set) {
                (0, _) if oneof_done != Some(oneof) => {
                    self.named(out, &mut separator, oneof);
                    out.push_str("null");
                    oneof_done = Some(oneof);
                }
                (1, true) => {
                    let member = member.ok_or_else(|| self.unsupported(field))?;
                    self.named(out, &mut separator, oneof);
                    out.push_str("{\"type\":");
                    push_quoted(out, member);
                    out.push_str(",\"value\":");
                    self.named(out, &mut "{", field.name);
                    self.field(out, field, values_of_field, true)?;
                    out.push_str("}}");
                }
                (0 | 1, _) => {}
                _ => return Err(refused(self.name, &format!("two members of {oneof} are set"))),
            }
        }
        out.push_str(if separator == "{" { "{}" } else { "}" });
        Ok(())
    }

    fn named(&self, out: &mut String, separator: &mut &str, name: &str) {
        out.push_str(separator);
        *separator = ",";
        push_quoted(out, name);
        out.push(':');
    }

    fn field(&self, out: &mut String, field: &Field, values: &[Raw<'_>], set: bool) -> Result<()> {
        match (field.count, field.kind) {
            // The SDK writes these for single fields only.
            (Count::Many, Kind::Integer | Kind::Decimal | Kind::Json) | (_, Kind::Refused) => {
                Err(self.unsupported(field))
            }
            (Count::Many, kind) if values.is_empty() => {
                out.push_str(if matches!(kind, Kind::Coins(_)) { "[]" } else { "null" });
                Ok(())
            }
            (Count::Many, _) => self.list(out, field, values),
            (Count::One, _) => match values.first() {
                Some(value) if set => self.value(out, field, *value),
                _ => self.empty(out, field),
            },
        }
    }

    fn list(&self, out: &mut String, field: &Field, values: &[Raw<'_>]) -> Result<()> {
        let mut separator = '[';
        for value in values {
            out.push(separator);
            separator = ',';
            self.value(out, field, *value)?;
        }
        out.push(']');
        Ok(())
    }

    /// An empty field that is shown all the same.
    fn empty(&self, out: &mut String, field: &Field) -> Result<()> {
        out.push_str(match field.kind {
            Kind::String => "\"\"",
            Kind::Bytes => "null",
            Kind::Bool => "false",
            Kind::Int32 | Kind::Uint32 => "0",
            Kind::Int64 | Kind::Uint64 | Kind::Integer | Kind::Decimal => "\"0\"",
            // The SDK has no form for an absent message and no JSON in no bytes.
            _ => return Err(sdk::unauthorized(format!("message {}: field {} must be set", self.name, field.name))),
        });
        Ok(())
    }

    fn value(&self, out: &mut String, field: &Field, value: Raw<'_>) -> Result<()> {
        let depth = self.depth.saturating_add(1);
        match (field.kind, value) {
            (Kind::Bool | Kind::Int32 | Kind::Uint32 | Kind::Int64 | Kind::Uint64, Raw::Number(number)) => {
                self.number(out, field, number)?;
            }
            (Kind::String, Raw::Bytes(bytes)) => push_quoted(out, self.text(field, bytes)?),
            (Kind::Bytes, Raw::Bytes(bytes)) => push_quoted(out, &BASE64.encode(bytes)),
            (Kind::Integer, Raw::Bytes(bytes)) => push_quoted(out, self.text(field, bytes)?),
            (Kind::Decimal, Raw::Bytes(bytes)) => {
                let decimal = values::decimal(self.text(field, bytes)?).ok_or_else(|| self.unreadable(field))?;
                push_quoted(out, &decimal);
            }
            (Kind::Json, Raw::Bytes(bytes)) => {
                inline::write(out, self.text(field, bytes)?).ok_or_else(|| self.unreadable(field))?;
            }
            (Kind::Duration, Raw::Bytes(bytes)) => {
                let [seconds, nanos] = self.pair(bytes)?;
                push_quoted(out, &values::duration(seconds, nanos).ok_or_else(|| self.unreadable(field))?);
            }
            (Kind::Timestamp, Raw::Bytes(bytes)) => {
                let [seconds, nanos] = self.pair(bytes)?;
                push_quoted(out, &values::timestamp(seconds, nanos).ok_or_else(|| self.unreadable(field))?);
            }
            (Kind::Any, Raw::Bytes(bytes)) => {
                // Its two fields alone, so that nothing else hides in it.
                let any = Any::decode(bytes).map_err(|e| sdk::tx_decode(format!("message {}: {e}", self.name)))?;
                if any.encode_to_vec() != bytes {
                    return Err(refused(self.name, &format!("field {} is not encoded canonically", field.name)));
                }
                write_any(out, &any.type_url, &any.value, depth)?;
            }
            (Kind::Message(name) | Kind::Coins(name), Raw::Bytes(bytes)) => {
                let message = find(name).ok_or_else(|| unsupported(&format!("message {name}")))?;
                write(out, name, message, bytes, depth)?;
            }
            _ => return Err(self.unsupported(field)),
        }
        Ok(())
    }

    fn number(&self, out: &mut String, field: &Field, number: u64) -> Result<()> {
        let signed = number.cast_signed();
        let text = match field.kind {
            Kind::Bool if number <= 1 => (number == 1).to_string(),
            Kind::Uint32 if u32::try_from(number).is_ok() => number.to_string(),
            Kind::Int32 if i32::try_from(signed).is_ok() => signed.to_string(),
            Kind::Int64 => format!("\"{signed}\""),
            Kind::Uint64 => format!("\"{number}\""),
            _ => return Err(refused(self.name, &format!("field {} is out of range", field.name))),
        };
        out.push_str(&text);
        Ok(())
    }

    fn key(&self, out: &mut String, values: &[Vec<Raw<'_>>]) -> Result<()> {
        match values {
            [field] => match field.first() {
                Some(Raw::Bytes(bytes)) if !bytes.is_empty() => push_quoted(out, &BASE64.encode(bytes)),
                _ => out.push_str("null"),
            },
            _ => return Err(unsupported(&format!("message {}", self.name))),
        }
        Ok(())
    }

    fn threshold(&self, out: &mut String, fields: &[Field], values: &[Vec<Raw<'_>>]) -> Result<()> {
        let mut threshold = 0;
        out.push_str("{\"pubkeys\":");
        for (field, values) in fields.iter().zip(values) {
            match (field.kind, values.first()) {
                (Kind::Any, None) => out.push_str("[]"),
                (Kind::Any, Some(_)) => self.list(out, field, values)?,
                (_, Some(Raw::Number(number))) => threshold = *number,
                _ => {}
            }
        }
        out.push_str(&format!(",\"threshold\":\"{threshold}\"}}"));
        Ok(())
    }

    /// Seconds and nanoseconds of a well-known type.
    fn pair(&self, bytes: &[u8]) -> Result<[i64; 2]> {
        const FIELDS: [Field; 2] = [whole(1, "seconds", Kind::Int64), whole(2, "nanos", Kind::Int64)];
        let values = read(self.name, &FIELDS, bytes)?;
        let mut pair = [0; 2];
        for (out, value) in pair.iter_mut().zip(values) {
            if let Some(Raw::Number(number)) = value.first() {
                *out = number.cast_signed();
            }
        }
        Ok(pair)
    }

    fn text<'b>(&self, field: &Field, bytes: &'b [u8]) -> Result<&'b str> {
        std::str::from_utf8(bytes)
            .map_err(|_| sdk::tx_decode(format!("message {}: field {} is not UTF-8", self.name, field.name)))
    }

    fn unreadable(&self, field: &Field) -> Error {
        sdk::unauthorized(format!("message {}: field {} has no form in amino JSON: correct it", self.name, field.name))
    }

    fn unsupported(&self, field: &Field) -> Error {
        unsupported(&format!("field {} of message {}", field.name, self.name))
    }
}

const fn whole(tag: u32, name: &'static str, kind: Kind) -> Field {
    Field { tag, name, kind, count: Count::One, keep_empty: false, oneof: None }
}

/// Whether protobuf counts the field as there: messages, lists and members of a oneof
/// by their presence, other fields by their value.
fn is_set(field: &Field, values: &[Raw<'_>]) -> bool {
    let by_presence = field.count == Count::Many
        || field.oneof.is_some()
        || matches!(field.kind, Kind::Message(_) | Kind::Coins(_) | Kind::Any | Kind::Duration | Kind::Timestamp);
    match values.first() {
        None => false,
        Some(_) if by_presence => true,
        Some(Raw::Number(number)) => *number != 0,
        Some(Raw::Bytes(bytes)) => !bytes.is_empty(),
    }
}

fn unsupported(what: &str) -> Error {
    sdk::unauthorized(format!("{what} has no form in amino JSON: sign with SIGN_MODE_DIRECT (1)"))
}
