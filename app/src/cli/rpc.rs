//! What commands ask of a node, over CometBFT's JSON-RPC.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};
use synergy_app::jsonrpc::{Failure, JsonRpc};
use synergy_proto::cosmos::{
    base::abci::v1beta1::TxResponse,
    tx::v1beta1::{GetTxRequest, GetTxResponse, GetTxsEventRequest, GetTxsEventResponse, OrderBy},
};

use super::error::{Error, Result, bail, error};

/// Simulating the seal of a large model takes the node seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(120);

/// A node's RPC.
pub(crate) struct Rpc {
    node: String,
    client: JsonRpc,
}

/// The answer to an ABCI query whose code is 0.
#[derive(Debug)]
pub(crate) struct QueryAnswer {
    pub(crate) value: Vec<u8>,
    pub(crate) height: i64,
    /// `data` of the proof operators.
    pub(crate) proof: Vec<Vec<u8>>,
}

impl Rpc {
    /// Takes an address; nothing is sent yet.
    pub(crate) fn new(node: &str) -> Result<Self> {
        let client = JsonRpc::new(node, READ_TIMEOUT).map_err(|e| error!("--node {e}"))?;
        Ok(Self { node: node.to_owned(), client })
    }

    /// Calls a method.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let node = &self.node;
        self.client.call(method, params).map_err(|failure| match failure {
            Failure::Refused(text) => error!("{text}"),
            Failure::NoJson(status) => {
                error!("{node} answered HTTP {status} without JSON: is it CometBFT's RPC address?")
            }
            _ if failure.is_timeout() => {
                error!("node at {node} did not answer in time: try again, or ask another node with --node")
            }
            Failure::Unreachable(e) => error!(
                "cannot reach node at {node} ({e}): is cometbft running? start it with `synergyd start --with-comet`, or name another node with --node"
            ),
        })
    }

    /// Asks the application; an answer with another code than 0 is an error.
    pub(crate) fn query(&mut self, path: &str, data: &[u8], height: u64, prove: bool) -> Result<QueryAnswer> {
        let params = json!({"path": path, "data": hex::encode(data), "height": height.to_string(), "prove": prove});
        let result = self.call("abci_query", &params)?;
        let response = &result["response"];
        let code = response["code"].as_u64().unwrap_or(0);
        if code != 0 {
            let log = response["log"].as_str().unwrap_or_default();
            let codespace = response["codespace"].as_str().unwrap_or_default();
            bail!("{log} (codespace {codespace}, code {code})");
        }
        let proof = response["proofOps"]["ops"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(QueryAnswer {
            value: bytes(&response["value"])?,
            height: integer(&response["height"]),
            proof: proof.iter().map(|op| bytes(&op["data"])).collect::<Result<_>>()?,
        })
    }

    /// Sends a request of a gRPC method over the application's query.
    pub(crate) fn grpc<Q: prost::Message, R: prost::Message + Default>(
        &mut self,
        path: &str,
        request: &Q,
    ) -> Result<R> {
        let answer = self.query(path, &request.encode_to_vec(), 0, false)?;
        R::decode(answer.value.as_slice()).map_err(|e| {
            error!("the node's answer to {path} cannot be read ({e}): is it the same version as this one?")
        })
    }

    pub(crate) fn status(&mut self) -> Result<Value> {
        self.call("status", &json!({}))
    }

    /// The chain id that the node serves.
    pub(crate) fn chain_id(&mut self) -> Result<String> {
        let status = self.status()?;
        Ok(status["node_info"]["network"].as_str().unwrap_or_default().to_owned())
    }

    /// Looks a transaction up, in the node's own index or else CometBFT's; `None` when
    /// it is in no block yet.
    pub(crate) fn tx(&mut self, hash: &[u8]) -> Result<Option<Value>> {
        let request = GetTxRequest { hash: hex::encode_upper(hash) };
        match self.grpc::<_, GetTxResponse>("/cosmos.tx.v1beta1.Service/GetTx", &request) {
            Ok(answer) => return answer.tx_response.as_ref().map(found).transpose(),
            Err(e) if e.0.contains("code = NotFound") => return Ok(None),
            Err(e) if !has_no_index(&e) => return Err(e),
            Err(_) => {}
        }
        match self.call("tx", &json!({"hash": BASE64.encode(hash), "prove": false})) {
            Ok(found) => Ok(Some(found)),
            Err(e) if e.0.contains("not found") => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Transactions by a query, as CometBFT's `tx_search` gives them: from the node's
    /// own index or else CometBFT's.
    pub(crate) fn txs(&mut self, query: &str, page: u64, limit: u64, descending: bool) -> Result<Value> {
        let order = if descending { OrderBy::Desc } else { OrderBy::Asc };
        let request = GetTxsEventRequest {
            query: query.to_owned(),
            page,
            limit,
            order_by: order as i32,
            ..GetTxsEventRequest::default()
        };
        match self.grpc::<_, GetTxsEventResponse>("/cosmos.tx.v1beta1.Service/GetTxsEvent", &request) {
            Ok(answer) => {
                let txs = answer.tx_responses.iter().map(found).collect::<Result<Vec<_>>>()?;
                Ok(json!({"txs": txs, "total_count": answer.total.to_string()}))
            }
            Err(e) if has_no_index(&e) => self.call(
                "tx_search",
                &json!({
                    "query": query, "prove": false, "page": page.to_string(), "per_page": limit.to_string(),
                    "order_by": if descending { "desc" } else { "asc" }
                }),
            ),
            Err(e) => Err(e),
        }
    }

    /// Waits for a transaction to be in a block.
    pub(crate) fn wait_tx(&mut self, hash: &[u8], timeout: Duration) -> Result<Value> {
        let until = Instant::now() + timeout;
        loop {
            if let Some(found) = self.tx(hash)? {
                return Ok(found);
            }
            if Instant::now() >= until {
                bail!(
                    "transaction {} is in no block after {} s: it may still come; look with `synergyd query wait-tx`",
                    hex::encode_upper(hash),
                    timeout.as_secs()
                );
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Whether a node answers that it keeps no index of its own.
fn has_no_index(e: &Error) -> bool {
    e.0.contains("unknown query path")
}

/// A transaction of the node's own index, as CometBFT's RPC gives one.
fn found(response: &TxResponse) -> Result<Value> {
    let events: Vec<Value> = response
        .events
        .iter()
        .map(|event| {
            let attributes: Vec<Value> =
                event.attributes.iter().map(|a| json!({"key": a.key, "value": a.value, "index": a.index})).collect();
            json!({"type": event.r#type, "attributes": attributes})
        })
        .collect();
    let tx = response.tx.as_ref().map(|any| BASE64.encode(&any.value)).unwrap_or_default();
    let data = hex::decode(&response.data).map_err(|e| error!("the node's answer has no data in hexadecimal: {e}"))?;
    Ok(json!({
        "hash": response.txhash, "height": response.height.to_string(), "tx": tx,
        "tx_result": {
            "code": response.code, "codespace": response.codespace, "data": BASE64.encode(data),
            "log": response.raw_log, "info": response.info, "gas_wanted": response.gas_wanted.to_string(),
            "gas_used": response.gas_used.to_string(), "events": events
        }
    }))
}

/// Decodes a base64 text of an answer; null is empty.
pub(crate) fn bytes(value: &Value) -> Result<Vec<u8>> {
    BASE64
        .decode(value.as_str().unwrap_or_default())
        .map_err(|e| error!("the node sent bytes that are not base64 ({e}): is something between you and it?"))
}

/// Reads an integer that JSON-RPC sends as text; 0 when there is none.
pub(crate) fn integer(value: &Value) -> i64 {
    value.as_str().and_then(|text| text.parse().ok()).or_else(|| value.as_i64()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_there_says_what_to_start() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = Rpc::new(&format!("tcp://127.0.0.1:{port}")).unwrap().status().unwrap_err();
        assert!(error.0.contains("is cometbft running?"), "{error}");
    }
}
