//! CometBFT's RPC over a few kept connections.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use synergy_proto::tendermint::v0_38::p2p::{DefaultNodeInfo, DefaultNodeInfoOther, ProtocolVersion};
use tonic::Status;

use crate::jsonrpc::{Failure, JsonRpc};

/// Idle connections that are kept.
const KEPT: usize = 8;

pub(super) struct Comet {
    address: String,
    patience: Duration,
    idle: Mutex<Vec<JsonRpc>>,
}

impl Comet {
    pub(super) fn new(address: &str, patience: Duration) -> Result<Self, String> {
        JsonRpc::new(address, patience).map_err(|e| format!("serving.comet: {e}"))?;
        Ok(Self { address: address.to_owned(), patience, idle: Mutex::default() })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// Whatever kept CometBFT from giving a result.
    pub(super) fn ask(&self, method: &str, params: &Value) -> Result<Value, Failure> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut client = match kept {
            Some(client) => client,
            None => JsonRpc::new(&self.address, self.patience).map_err(Failure::Refused)?,
        };
        let answer = client.call(method, params);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT && !matches!(answer, Err(Failure::Unreachable(_))) {
            idle.push(client);
        }
        answer
    }

    /// Calls a method whose every refusal is the request's fault.
    ///
    /// # Errors
    /// UNAVAILABLE when CometBFT cannot be asked, else INVALID_ARGUMENT.
    pub(super) fn call(&self, method: &str, params: &Value) -> Result<Value, Status> {
        self.ask(method, params).map_err(|failure| match failure {
            Failure::Refused(text) => Status::invalid_argument(text),
            other => self.unavailable(&other),
        })
    }

    pub(super) fn status(&self) -> Result<Value, Status> {
        self.call("status", &json!({}))
    }

    pub(super) fn unavailable(&self, failure: &Failure) -> Status {
        Status::unavailable(format!(
            "CometBFT cannot be asked at {} ({failure}): is it running, and is serving.comet in app.toml its RPC address?",
            self.address
        ))
    }
}

/// An integer that JSON-RPC sends as text; 0 when there is none.
pub(super) fn integer<N: std::str::FromStr + Default>(value: &Value) -> N {
    match value {
        Value::String(text) => text.parse().unwrap_or_default(),
        other => other.to_string().parse().unwrap_or_default(),
    }
}

/// A text; empty when there is none.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Sets what `status` of the RPC says of the node.
pub(super) fn fill_node_info(info: &mut DefaultNodeInfo, node: &Value) {
    let versions = &node["protocol_version"];
    info.protocol_version = Some(ProtocolVersion {
        p2p: integer(&versions["p2p"]),
        block: integer(&versions["block"]),
        app: integer(&versions["app"]),
    });
    info.default_node_id = text(&node["id"]);
    info.listen_addr = text(&node["listen_addr"]);
    info.network = text(&node["network"]);
    info.version = text(&node["version"]);
    info.channels = hex::decode(text(&node["channels"])).unwrap_or_default();
    info.moniker = text(&node["moniker"]);
    let other = &node["other"];
    info.other =
        Some(DefaultNodeInfoOther { tx_index: text(&other["tx_index"]), rpc_address: text(&other["rpc_address"]) });
}
