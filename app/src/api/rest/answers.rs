//! Answers in JSON for contracts.

use std::sync::{Arc, OnceLock};

use prost_reflect::DynamicMessage;

use super::json;
use crate::api::schema::Schema;

/// The JSON of a gRPC method's answer, for the methods that contracts may ask. It is a
/// function of its arguments: contracts see it in consensus.
///
/// # Errors
/// An unknown path, or bytes that are not the method's answer.
pub fn answer_json(path: &str, answer: &[u8]) -> Result<Vec<u8>, String> {
    static SCHEMA: OnceLock<Result<Arc<Schema>, String>> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| Schema::new(synergy_wasm::METHODS.iter().copied()));
    let schema = schema.as_ref().map_err(Clone::clone)?;
    let method = schema.method(path).ok_or_else(|| format!("no method {path} for contracts"))?;
    let message = DynamicMessage::decode(method.output(), answer).map_err(|e| e.to_string())?;
    json::text(schema, &message)
}
