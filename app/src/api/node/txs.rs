//! Transactions: looking them up, sending them, their encoding.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use prost::Message;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_proto::{
    cosmos::{
        base::{abci::v1beta1::TxResponse, query::v1beta1::PageResponse},
        tx::v1beta1::{
            BroadcastMode, BroadcastTxRequest, BroadcastTxResponse, GetBlockWithTxsRequest, GetBlockWithTxsResponse,
            GetTxRequest, GetTxResponse, GetTxsEventRequest, GetTxsEventResponse, Tx, TxDecodeRequest,
            TxDecodeResponse, TxEncodeRequest, TxEncodeResponse,
        },
    },
    pack,
};
use tonic::Status;

use super::{
    Node, blocks,
    comet::{integer, text},
};
use crate::{
    index::{self, Asked, read_event},
    jsonrpc::Failure,
};

/// Transactions of a block's page when the request does not say.
const PAGE: u64 = 100;

pub(super) fn get(node: &Node, request: GetTxRequest) -> Result<GetTxResponse, Status> {
    if let Some(indexer) = node.app.indexer() {
        return index::get(indexer, &request);
    }
    let hash = index::hash_of(&request)?;
    let found = match node.comet.ask("tx", &json!({"hash": BASE64.encode(hash), "prove": false})) {
        Ok(found) => found,
        Err(Failure::Refused(why)) if why.contains("not found") => {
            return Err(Status::not_found(format!("tx not found: {}", request.hash)));
        }
        Err(Failure::Refused(why)) => return Err(refusal(why)),
        Err(other) => return Err(node.comet.unavailable(&other)),
    };
    let (tx, response) = transaction(node, &found, &mut Times::default())?;
    Ok(GetTxResponse { tx: Some(tx), tx_response: Some(response) })
}

pub(super) fn search(node: &Node, request: GetTxsEventRequest) -> Result<GetTxsEventResponse, Status> {
    let asked = Asked::of(request)?;
    if let Some(indexer) = node.app.indexer() {
        return index::search(indexer, &asked, node.patience);
    }
    let order_by = if asked.descending { "desc" } else { "asc" };
    let params = json!({
        "query": asked.query, "prove": false, "page": asked.page.to_string(), "per_page": asked.limit.to_string(),
        "order_by": order_by
    });
    let answer = match node.comet.ask("tx_search", &params) {
        // A page after the last one is empty for the SDK, and an error for CometBFT.
        Err(Failure::Refused(why)) if why.contains("page should be within") => {
            json!({"txs": [], "total_count": total_of(&why, asked.limit)})
        }
        Err(Failure::Refused(why)) => return Err(refusal(why)),
        Err(other) => return Err(node.comet.unavailable(&other)),
        Ok(answer) => answer,
    };
    let (mut txs, mut tx_responses, mut times) = (Vec::new(), Vec::new(), Times::default());
    for found in answer["txs"].as_array().into_iter().flatten() {
        let (tx, response) = transaction(node, found, &mut times)?;
        txs.push(tx);
        tx_responses.push(response);
    }
    let total = integer(&answer["total_count"]);
    #[allow(deprecated, reason = "clients of SDK 0.46 and before read pagination.total")]
    Ok(GetTxsEventResponse { txs, tx_responses, pagination: Some(PageResponse { next_key: Vec::new(), total }), total })
}

/// What CometBFT's index says to a bad query, or that there is none at all.
fn refusal(why: String) -> Status {
    if why.contains("indexing is disabled") {
        return Status::unavailable(
            "this node has no index of transactions: set indexer.enable = true in app.toml, or tx_index.indexer = \"kv\" in config.toml",
        );
    }
    Status::invalid_argument(why)
}

/// How many transactions there are at most, from "page should be within [1, N] range".
fn total_of(why: &str, limit: u64) -> String {
    let last = why.split_once("[1, ").and_then(|(_, rest)| rest.split(']').next()?.trim().parse::<u64>().ok());
    last.unwrap_or_default().saturating_mul(limit).to_string()
}

pub(super) fn of_block(node: &Node, request: GetBlockWithTxsRequest) -> Result<GetBlockWithTxsResponse, Status> {
    let (block_id, block) = blocks::block(node, Some(request.height))?;
    let all = block.data.as_ref().map(|data| data.txs.as_slice()).unwrap_or_default();
    let page = request.pagination.unwrap_or_default();
    let total = all.len() as u64;
    if total > 0 && page.offset >= total {
        return Err(Status::invalid_argument(format!(
            "offset {} is beyond the block's {total} transactions",
            page.offset
        )));
    }
    let limit = if page.limit == 0 { PAGE } else { page.limit };
    let bounded = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let txs =
        all.iter().skip(bounded(page.offset)).take(bounded(limit)).map(|tx| read(tx)).collect::<Result<_, _>>()?;
    Ok(GetBlockWithTxsResponse {
        txs,
        block_id: Some(block_id),
        block: Some(block),
        pagination: Some(PageResponse { next_key: Vec::new(), total }),
    })
}

pub(super) fn broadcast(node: &Node, request: BroadcastTxRequest) -> Result<BroadcastTxResponse, Status> {
    if request.tx_bytes.is_empty() {
        return Err(Status::invalid_argument("invalid empty tx"));
    }
    let method = match BroadcastMode::try_from(request.mode) {
        Ok(BroadcastMode::Sync) => "broadcast_tx_sync",
        Ok(BroadcastMode::Async) => "broadcast_tx_async",
        _ => {
            return Err(Status::invalid_argument(
                "unsupported broadcast mode: use BROADCAST_MODE_SYNC or BROADCAST_MODE_ASYNC",
            ));
        }
    };
    let hash = hex::encode_upper(Sha256::digest(&request.tx_bytes));
    let response = match node.comet.ask(method, &json!({"tx": BASE64.encode(&request.tx_bytes)})) {
        Ok(answer) => TxResponse {
            txhash: hash,
            codespace: text(&answer["codespace"]),
            code: integer(&answer["code"]),
            data: text(&answer["data"]),
            raw_log: text(&answer["log"]),
            ..TxResponse::default()
        },
        Err(Failure::Refused(why)) => refused(hash, &why)?,
        Err(other) => return Err(node.comet.unavailable(&other)),
    };
    Ok(BroadcastTxResponse { tx_response: Some(response) })
}

/// What CometBFT's mempool refuses by itself, as a result with the SDK's codes
/// (`client/broadcast.go`, CheckCometError).
fn refused(txhash: String, why: &str) -> Result<TxResponse, Status> {
    let lower = why.to_lowercase();
    let code = if lower.contains("tx already exists in cache") {
        19
    } else if lower.contains("mempool is full") {
        20
    } else if lower.contains("tx too large") {
        21
    } else {
        return Err(Status::unknown(why));
    };
    Ok(TxResponse { code, codespace: "sdk".to_owned(), txhash, raw_log: why.to_owned(), ..TxResponse::default() })
}

pub(super) fn decode_tx(_: &Node, request: TxDecodeRequest) -> Result<TxDecodeResponse, Status> {
    if request.tx_bytes.is_empty() {
        return Err(Status::invalid_argument("invalid empty tx bytes"));
    }
    Ok(TxDecodeResponse { tx: Some(read(&request.tx_bytes)?) })
}

pub(super) fn encode_tx(_: &Node, request: TxEncodeRequest) -> Result<TxEncodeResponse, Status> {
    let tx = request.tx.ok_or_else(|| Status::invalid_argument("invalid empty tx"))?;
    Ok(TxEncodeResponse { tx_bytes: tx.encode_to_vec() })
}

fn read(bytes: &[u8]) -> Result<Tx, Status> {
    Tx::decode(bytes).map_err(|e| Status::invalid_argument(format!("tx cannot be decoded: {e}")))
}

/// Header times by height, so that a page of one block's transactions asks once.
#[derive(Default)]
struct Times(std::collections::HashMap<i64, String>);

impl Times {
    fn of(&mut self, node: &Node, height: i64) -> Result<String, Status> {
        if let Some(time) = self.0.get(&height) {
            return Ok(time.clone());
        }
        let answer = node.comet.call("header", &json!({"height": height.to_string()}))?;
        // The SDK gives whole seconds.
        let time = text(&answer["header"]["time"]);
        let time = time.split_once('.').map_or(time.clone(), |(seconds, _)| format!("{seconds}Z"));
        self.0.insert(height, time.clone());
        Ok(time)
    }
}

/// The transaction of a `tx` or `tx_search` answer and what became of it.
fn transaction(node: &Node, found: &Value, times: &mut Times) -> Result<(Tx, TxResponse), Status> {
    let bytes = |value: &Value| BASE64.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
    let tx = read(&bytes(&found["tx"]))?;
    let (result, height) = (&found["tx_result"], integer(&found["height"]));
    let response = TxResponse {
        height,
        txhash: text(&found["hash"]),
        codespace: text(&result["codespace"]),
        code: integer(&result["code"]),
        data: hex::encode_upper(bytes(&result["data"])),
        raw_log: text(&result["log"]),
        logs: Vec::new(),
        info: text(&result["info"]),
        gas_wanted: integer(&result["gas_wanted"]),
        gas_used: integer(&result["gas_used"]),
        tx: Some(pack(&tx)),
        timestamp: times.of(node, height)?,
        events: result["events"].as_array().into_iter().flatten().map(read_event).collect(),
    };
    Ok((tx, response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_mempool_are_results() {
        let code = |why| refused(String::new(), why).map(|r| r.code).ok();
        assert_eq!(code("tx already exists in cache"), Some(19));
        assert_eq!(code("mempool is full: number of txs 5000 (max: 5000)"), Some(20));
        assert_eq!(code("Tx too large. Max size is 1048576, but got 2000000"), Some(21));
        assert_eq!(code("something else"), None);
    }

    #[test]
    fn totals_of_a_page_beyond_the_last() {
        assert_eq!(total_of("page should be within [1, 3] range, given 9", 10), "30");
        assert_eq!(total_of("other", 10), "0");
    }
}
