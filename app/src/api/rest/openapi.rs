//! The OpenAPI 3.0 document of the routes.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::routes::{Body, Route, Routes};
use crate::api::schema::{Form, Schema};

/// Writes the document.
pub(super) fn document(schema: &Schema, routes: &Routes) -> String {
    let mut writer = Writer { schema, messages: Map::new(), open: Vec::new(), seen: BTreeSet::new() };
    let mut paths = Map::new();
    for route in routes.iter() {
        let operation = writer.operation(route);
        let path = paths.entry(route.template.open_api()).or_insert_with(|| json!({}));
        path[route.verb.as_str().to_lowercase()] = operation;
    }
    while let Some(message) = writer.open.pop() {
        let described = writer.message(&message);
        writer.messages.insert(message.full_name().to_owned(), described);
    }
    let error = json!({"type": "object", "properties": {
        "code": {"type": "integer", "description": "gRPC's code"},
        "message": {"type": "string"},
        "details": {"type": "array", "items": {"type": "object"}},
    }});
    writer.messages.insert("Error".to_owned(), error);
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Synergy",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every method is served over gRPC too. The header x-cosmos-block-height asks for a past height.",
        },
        "paths": paths,
        "components": {"schemas": writer.messages},
    })
    .to_string()
}

struct Writer<'a> {
    schema: &'a Schema,
    messages: Map<String, Value>,
    /// Messages that are referred to and not written yet.
    open: Vec<MessageDescriptor>,
    seen: BTreeSet<String>,
}

impl Writer<'_> {
    fn operation(&mut self, route: &Route) -> Value {
        let (input, service) = (route.method.input(), route.method.parent_service().full_name().to_owned());
        let mut parameters = Vec::new();
        let in_path: Vec<&str> = route.template.fields().collect();
        for name in &in_path {
            let schema = self.at_path(&input, name);
            parameters.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
        }
        let mut operation = json!({
            "tags": [service],
            "operationId": format!("{}_{}", service.replace('.', "_"), route.method.name()),
            "summary": format!("{}/{}", service, route.method.name()),
        });
        match &route.body {
            Body::None => self.query_parameters(&input, "", &in_path, &mut parameters),
            Body::Whole => operation["requestBody"] = content(&self.reference(&input)),
            Body::Field(name) => operation["requestBody"] = content(&self.at_path(&input, name)),
        }
        operation["parameters"] = Value::Array(parameters);
        let mut good = content(&self.reference(&route.method.output()));
        good["description"] = "The answer".into();
        let mut bad = content(&json!({"$ref": "#/components/schemas/Error"}));
        bad["description"] = "The error".into();
        operation["responses"] = json!({"200": good, "default": bad});
        operation
    }

    /// The fields that a URL may carry: scalars, lists of them, and those of messages
    /// one level below.
    fn query_parameters(&mut self, kind: &MessageDescriptor, prefix: &str, skip: &[&str], out: &mut Vec<Value>) {
        for field in kind.fields().filter(|f| !f.is_map()) {
            let name = format!("{prefix}{}", field.name());
            if skip.contains(&name.as_str()) {
                continue;
            }
            match field.kind() {
                Kind::Message(inner) if inner.package_name() != "google.protobuf" => {
                    if prefix.is_empty() && !field.is_list() {
                        self.query_parameters(&inner, &format!("{name}."), skip, out);
                    }
                }
                _ => {
                    let schema = self.field(&field);
                    out.push(json!({"name": name, "in": "query", "schema": schema}));
                }
            }
        }
    }

    fn at_path(&mut self, kind: &MessageDescriptor, path: &str) -> Value {
        let (name, deeper) = path.split_once('.').unwrap_or((path, ""));
        match kind.get_field_by_name(name) {
            Some(field) => match field.kind() {
                Kind::Message(inner) if !deeper.is_empty() => self.at_path(&inner, deeper),
                _ => self.field(&field),
            },
            None => json!({"type": "string"}),
        }
    }

    fn message(&mut self, message: &MessageDescriptor) -> Value {
        let mut properties = Map::new();
        for field in message.fields() {
            let described = self.field(&field);
            properties.insert(field.name().to_owned(), described);
        }
        json!({"type": "object", "properties": properties})
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        if let (true, Kind::Message(entry)) = (field.is_map(), field.kind()) {
            let value = self.one(&entry.map_entry_value_field());
            return json!({"type": "object", "additionalProperties": value});
        }
        let one = self.one(field);
        if field.is_list() { json!({"type": "array", "items": one}) } else { one }
    }

    fn one(&mut self, field: &FieldDescriptor) -> Value {
        match (field.kind(), self.schema.form(field)) {
            (_, Some(Form::Dec)) => json!({"type": "string", "description": "decimal number"}),
            (_, Some(Form::Int)) => json!({"type": "string", "format": "integer"}),
            (_, Some(Form::Hex)) => json!({"type": "string", "format": "hex"}),
            (_, Some(Form::Json)) => json!({"description": "any JSON"}),
            (Kind::Bool, _) => json!({"type": "boolean"}),
            (Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32, _) => {
                json!({"type": "integer"})
            }
            (Kind::Int64 | Kind::Sint64 | Kind::Sfixed64, _) => json!({"type": "string", "format": "int64"}),
            (Kind::Uint64 | Kind::Fixed64, _) => json!({"type": "string", "format": "uint64"}),
            (Kind::Float | Kind::Double, _) => json!({"type": "number"}),
            (Kind::String, _) => json!({"type": "string"}),
            (Kind::Bytes, _) => json!({"type": "string", "format": "byte"}),
            (Kind::Enum(kind), _) => {
                let names: Vec<_> = kind.values().map(|v| v.name().to_owned()).collect();
                json!({"type": "string", "enum": names})
            }
            (Kind::Message(kind), _) => self.reference(&kind),
        }
    }

    fn reference(&mut self, message: &MessageDescriptor) -> Value {
        match message.full_name() {
            "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
            "google.protobuf.Duration" => json!({"type": "string", "format": "duration"}),
            "google.protobuf.Any" => json!({"type": "object", "properties": {"@type": {"type": "string"}},
                                            "additionalProperties": true}),
            name => {
                if self.seen.insert(name.to_owned()) {
                    self.open.push(message.clone());
                }
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
        }
    }
}

fn content(schema: &Value) -> Value {
    json!({"content": {"application/json": {"schema": schema}}})
}
