//! CometBFT's transaction results as the SDK's `TxResponse`.

use serde_json::{Value, json};
use synergy_app::config::Output;

use super::session::tx_json;
use crate::cli::{
    codec::{self, Form},
    error::{Result, bail},
    output,
    rpc::{bytes, integer},
    schema,
};

/// The answer for a transaction that is in the mempool.
pub(crate) fn accepted(hash: &[u8]) -> Value {
    json!({
        "height": "0", "txhash": hex::encode_upper(hash), "codespace": "", "code": 0, "data": "", "raw_log": "",
        "logs": [], "info": "", "gas_wanted": "0", "gas_used": "0", "tx": null, "timestamp": "", "events": []
    })
}

/// The answer for a transaction in a block, from CometBFT's `tx` or one of
/// `tx_search`. Its message responses stand decoded in `msg_responses`.
pub(crate) fn from_rpc(found: &Value, timestamp: Option<&str>) -> Result<Value> {
    let result = &found["tx_result"];
    let data = bytes(&result["data"])?;
    let text = |key: &str| result[key].as_str().unwrap_or_default();
    let responses = codec::decode(&schema::TX_MSG_DATA, &data, Form::Json)?;
    Ok(json!({
        "height": integer(&found["height"]).to_string(),
        "txhash": found["hash"],
        "codespace": text("codespace"),
        "code": result["code"].as_u64().unwrap_or(0),
        "data": hex::encode_upper(&data),
        "msg_responses": responses["msg_responses"],
        "raw_log": text("log"),
        "logs": [],
        "info": text("info"),
        "gas_wanted": integer(&result["gas_wanted"]).to_string(),
        "gas_used": integer(&result["gas_used"]).to_string(),
        "tx": tx_json(&found["tx"], Form::Json)?,
        "timestamp": timestamp.unwrap_or_default(),
        "events": result["events"].as_array().cloned().unwrap_or_default(),
    }))
}

/// Turns a code other than 0 into an error.
pub(crate) fn require_success(answer: &Value) -> Result<()> {
    let code = answer["code"].as_u64().unwrap_or(0);
    if code == 0 {
        return Ok(());
    }
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    bail!(
        "the transaction failed in block {}: {} (codespace {}, code {code}, gas used {} of {}, hash {}); its fee is paid",
        text("height"),
        text("raw_log"),
        text("codespace"),
        text("gas_used"),
        text("gas_wanted"),
        text("txhash")
    )
}

/// Prints an answer; as text without events and the transaction itself, which
/// `query tx` shows.
pub(crate) fn print(form: Output, answer: &Value) -> Result<()> {
    if form == Output::Json {
        return output::value(form, answer);
    }
    let mut short = serde_json::Map::new();
    for key in ["height", "txhash", "code", "codespace", "raw_log", "gas_wanted", "gas_used"] {
        if answer[key] != "" {
            short.insert(key.into(), answer[key].clone());
        }
    }
    let responses = text_responses(answer)?;
    if responses.as_array().is_some_and(|list| !list.is_empty()) {
        short.insert("msg_responses".into(), responses);
    }
    output::value(form, &Value::Object(short))
}

fn text_responses(answer: &Value) -> Result<Value> {
    let data = hex::decode(answer["data"].as_str().unwrap_or_default())?;
    let mut decoded = codec::decode(&schema::TX_MSG_DATA, &data, Form::Text)?;
    let mut responses = decoded["msg_responses"].take();
    for response in responses.as_array_mut().into_iter().flatten() {
        super::aivm::readable(response);
    }
    Ok(responses)
}
