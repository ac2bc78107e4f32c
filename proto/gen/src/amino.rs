//! The table from which the daemon renders messages in amino JSON.
//!
//! The rules are those of the Cosmos SDK's `x/tx/signing/aminojson` (v0.13), which
//! reads them from options in the .proto files at run time. Here they are read once,
//! so that what validators compute from is text under review.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write as _,
    fs,
    path::Path,
};

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor, ReflectMessage, Value,
};

/// Messages rendered in a way of their own.
const SPECIAL: &[&str] = &["google.protobuf.Any", "google.protobuf.Duration", "google.protobuf.Timestamp"];

const HEAD: &str = "// Written by proto/gen from the options in the .proto files. Do not edit.\n\n";

/// Writes the table from an encoded descriptor set, or only compares; whether the
/// committed one was stale.
pub fn write(gen_dir: &Path, descriptors: &[u8], check: bool) -> Result<bool, Box<dyn Error>> {
    let new = table(descriptors)?;
    let target = gen_dir.join("amino.rs");
    if fs::read_to_string(&target).ok().as_deref() == Some(&new) {
        return Ok(false);
    }
    println!("{} amino.rs", if check { "stale:" } else { "wrote" });
    if !check {
        fs::write(target, new)?;
    }
    Ok(true)
}

/// Every message that may be signed or stand in an `Any` of one, and what they hold.
fn table(descriptors: &[u8]) -> Result<String, Box<dyn Error>> {
    let pool = DescriptorPool::decode(descriptors)?;
    let mut wanted = BTreeMap::new();
    for message in pool.all_messages() {
        if is_signed(&message) || option(&message.options(), "amino.name").is_some() {
            add(&mut wanted, message);
        }
    }
    let mut out = HEAD.to_owned();
    writeln!(out, "static MESSAGES: &[(&str, Message)] = &[")?;
    for (name, message) in &wanted {
        write_message(&mut out, name, message)?;
    }
    out.push_str("];\n");
    Ok(out)
}

/// A message of a `Msg` service, by the option that names its signer or by its name.
fn is_signed(message: &MessageDescriptor) -> bool {
    option(&message.options(), "cosmos.msg.v1.signer").is_some()
        || (message.name().starts_with("Msg") && !message.name().ends_with("Response"))
}

fn add(wanted: &mut BTreeMap<String, MessageDescriptor>, message: MessageDescriptor) {
    let name = message.full_name().to_owned();
    if SPECIAL.contains(&name.as_str()) || wanted.insert(name, message.clone()).is_some() {
        return;
    }
    for field in message.fields() {
        if let Kind::Message(inner) = field.kind() {
            add(wanted, inner);
        }
    }
}

fn write_message(out: &mut String, name: &str, message: &MessageDescriptor) -> Result<(), Box<dyn Error>> {
    let options = message.options();
    let amino = text(&options, "amino.name");
    let form = match text(&options, "amino.message_encoding").as_deref() {
        None => "Form::Fields",
        Some("key_field") => "Form::KeyField",
        Some("threshold_string") => "Form::Threshold",
        // Nobody signs a module account.
        Some(_) => "Form::Refused",
    };
    writeln!(out, "    ({name:?}, Message {{ amino: {amino:?}, form: {form}, fields: &[")?;
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(sort_name);
    let names: BTreeSet<String> = fields.iter().map(sort_name).collect();
    if names.len() != fields.len() && message.oneofs().len() == 0 {
        return Err(format!("{name} has two fields of one name").into());
    }
    for field in &fields {
        write_field(out, field)?;
    }
    out.push_str("    ] }),\n");
    Ok(())
}

fn write_field(out: &mut String, field: &FieldDescriptor) -> Result<(), Box<dyn Error>> {
    let options = field.options();
    let name = text(&options, "amino.field_name").unwrap_or_else(|| field.name().to_owned());
    let keep = option(&options, "amino.dont_omitempty").and_then(|v| v.as_bool()).unwrap_or(false);
    let many = if field.is_list() { "Many" } else { "One" };
    write!(out, "        Field {{ tag: {}, name: {name:?}, kind: {}, ", field.number(), kind(field, &options))?;
    write!(out, "count: Count::{many}, keep_empty: {keep}, oneof: ")?;
    match field.containing_oneof() {
        None => writeln!(out, "None }},")?,
        Some(oneof) => {
            let member = text(&options, "amino.oneof_name");
            writeln!(out, "Some(({:?}, {member:?})) }},", oneof_name(&oneof))?;
        }
    }
    Ok(())
}

/// How the field is read and written; the SDK looks at `amino.encoding` first and then
/// at `cosmos_proto.scalar`, and takes a decimal for one only where Go has its type.
fn kind(field: &FieldDescriptor, options: &DynamicMessage) -> String {
    let scalar = text(options, "cosmos_proto.scalar");
    let go_type = text(options, "gogoproto.customtype");
    let decimal = scalar.as_deref() == Some("cosmos.Dec") && go_type.as_deref() == Some("cosmossdk.io/math.LegacyDec");
    match (field.kind(), text(options, "amino.encoding").as_deref()) {
        (Kind::Message(inner), Some("legacy_coins")) => format!("Kind::Coins({:?})", inner.full_name()),
        (Kind::Bytes, Some("inline_json")) => "Kind::Json".into(),
        _ if field.is_map() => "Kind::Refused".into(),
        (Kind::String | Kind::Bytes, _) if decimal => "Kind::Decimal".into(),
        (Kind::String | Kind::Bytes, _) if scalar.as_deref() == Some("cosmos.Int") => "Kind::Integer".into(),
        (Kind::Message(inner), _) => match inner.full_name() {
            "google.protobuf.Any" => "Kind::Any".into(),
            "google.protobuf.Duration" => "Kind::Duration".into(),
            "google.protobuf.Timestamp" => "Kind::Timestamp".into(),
            name => format!("Kind::Message({name:?})"),
        },
        (Kind::String, _) => "Kind::String".into(),
        (Kind::Bytes, _) => "Kind::Bytes".into(),
        (Kind::Bool, _) => "Kind::Bool".into(),
        (Kind::Int32 | Kind::Enum(_), _) => "Kind::Int32".into(),
        (Kind::Uint32, _) => "Kind::Uint32".into(),
        (Kind::Int64, _) => "Kind::Int64".into(),
        (Kind::Uint64, _) => "Kind::Uint64".into(),
        _ => "Kind::Refused".into(),
    }
}

fn sort_name(field: &FieldDescriptor) -> String {
    match field.containing_oneof() {
        Some(oneof) => oneof_name(&oneof),
        None => text(&field.options(), "amino.field_name").unwrap_or_else(|| field.name().to_owned()),
    }
}

/// The oneof's name in camel case, as Go's generated struct has it.
fn oneof_name(oneof: &OneofDescriptor) -> String {
    let part = |part: &str| part.chars().take(1).flat_map(char::to_uppercase).chain(part.chars().skip(1)).collect();
    oneof.name().split('_').map(part).collect::<Vec<String>>().concat()
}

fn option(options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = options.descriptor().parent_pool().get_extension_by_name(name)?;
    (extension.containing_message() == options.descriptor() && options.has_extension(&extension))
        .then(|| options.get_extension(&extension).into_owned())
}

fn text(options: &DynamicMessage, name: &str) -> Option<String> {
    option(options, name)?.as_str().map(str::to_owned)
}
