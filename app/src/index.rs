//! The node's index of transactions: where it is, what fills its gaps, and the
//! answers that it gives as `cosmos.tx.v1beta1`.

#![allow(clippy::result_large_err, reason = "tonic's Status, which the API speaks")]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use cosmrs::tendermint::Time;
use prost::Message;
use rayon::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_abci::messages::{Event, EventAttribute, ExecTxResult};
use synergy_indexer::{
    Block, BlockTx, Error, Index, Indexed, Indexer, Query, Selection, Settings, Source, SourceError,
};
use synergy_proto::{
    ADDRESS_PREFIX,
    cosmos::{
        base::{abci::v1beta1::TxResponse, query::v1beta1::PageResponse},
        tx::v1beta1::{GetTxRequest, GetTxResponse, GetTxsEventRequest, GetTxsEventResponse, OrderBy, Tx},
    },
    pack,
};
use tonic::Status;

use crate::{
    config::{AppConfig, DATA_DIR},
    jsonrpc::{Failure, JsonRpc},
};

/// Transactions of a page when the request does not say, and most of one
/// (CometBFT's own cap).
const PAGE: u64 = 100;
/// How long CometBFT may take for one block.
const PATIENCE: Duration = Duration::from_secs(30);

/// The folder of the index.
pub fn folder(home: &Path) -> PathBuf {
    home.join(DATA_DIR).join("indexer")
}

/// Opens the index of a home and starts its thread; `None` if `config` has it off.
/// `head` is the last height of the state.
///
/// # Errors
/// A folder that cannot be written, or a bad address of CometBFT.
pub fn start(home: &Path, config: &AppConfig, head: u64) -> Result<Option<Indexer>, String> {
    if !config.indexer.enable {
        return Ok(None);
    }
    let comet = JsonRpc::new(&config.serving.comet, PATIENCE).map_err(|e| format!("serving.comet: {e}"))?;
    let index = Index::open(&folder(home), ADDRESS_PREFIX).map_err(|e| e.to_string())?;
    let settings = Settings { keep_recent: config.indexer.keep_recent, head };
    Indexer::start(index, settings, Comet(comet)).map(Some).map_err(|e| e.to_string())
}

/// CometBFT's RPC as the source of blocks that the index lacks.
struct Comet(JsonRpc);

impl Comet {
    fn ask(&mut self, method: &str, height: u64) -> Result<Value, SourceError> {
        self.0.call(method, &json!({"height": height.to_string()})).map_err(|failure| match failure {
            Failure::Refused(why) if is_gone(&why) => SourceError::Gone(format!("CometBFT says: {why}")),
            other => unreachable(&other),
        })
    }
}

fn unreachable(failure: &Failure) -> SourceError {
    SourceError::Later(format!(
        "CometBFT's RPC does not give blocks ({failure}): is serving.comet in app.toml its address?"
    ))
}

/// Whether CometBFT has pruned the block, or keeps no results.
fn is_gone(why: &str) -> bool {
    ["lowest height is", "could not find results", "not persisting"].iter().any(|words| why.contains(words))
}

impl Source for Comet {
    fn earliest(&mut self) -> Result<u64, SourceError> {
        let status = self.0.call("status", &json!({})).map_err(|failure| unreachable(&failure))?;
        // 0 while there is no block.
        integer(&status["sync_info"]["earliest_block_height"])
            .filter(|height| *height > 0)
            .ok_or_else(|| SourceError::Later("CometBFT has no block yet".to_owned()))
    }

    fn block(&mut self, height: u64) -> Result<Block, SourceError> {
        let block = self.ask("block", height)?;
        let results = self.ask("block_results", height)?;
        read_block(height, &block, &results)
            .ok_or_else(|| SourceError::Later(format!("CometBFT's block {height} and its results do not fit together")))
    }
}

/// A block from CometBFT's `block` and `block_results`.
fn read_block(height: u64, block: &Value, results: &Value) -> Option<Block> {
    let header = &block["block"]["header"];
    let time = Time::parse_from_rfc3339(header["time"].as_str()?).ok()?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (txs, results) = (list(&block["block"]["data"]["txs"]), list(&results["txs_results"]));
    if integer::<u64>(&header["height"]) != Some(height) || txs.len() != results.len() {
        return None;
    }
    let read = |(tx, result): (&Value, &Value)| {
        let bytes = BASE64.decode(tx.as_str()?).ok()?;
        Some(BlockTx { bytes: bytes.into(), result: read_result(result)?.encode_to_vec().into() })
    };
    let (seconds, nanos) = (time.unix_timestamp(), i32::try_from(time.unix_timestamp_nanos() % 1_000_000_000).ok()?);
    Some(Block { height, seconds, nanos, txs: txs.iter().zip(&results).map(read).collect::<Option<_>>()? })
}

fn read_result(value: &Value) -> Option<ExecTxResult> {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    Some(ExecTxResult {
        code: integer(&value["code"]).unwrap_or_default(),
        data: BASE64.decode(value["data"].as_str().unwrap_or_default()).ok()?.into(),
        log: text("log"),
        info: text("info"),
        gas_wanted: integer(&value["gas_wanted"]).unwrap_or_default(),
        gas_used: integer(&value["gas_used"]).unwrap_or_default(),
        events: value["events"].as_array().into_iter().flatten().map(read_event).collect(),
        codespace: text("codespace"),
    })
}

/// An event as JSON-RPC has it.
pub(crate) fn read_event(value: &Value) -> Event {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attribute = |a: &Value| EventAttribute {
        key: text(&a["key"]),
        value: text(&a["value"]),
        index: a["index"].as_bool().unwrap_or_default(),
    };
    Event {
        r#type: text(&value["type"]),
        attributes: value["attributes"].as_array().into_iter().flatten().map(attribute).collect(),
    }
}

/// An integer, which JSON-RPC sends as text when it has 64 bits.
fn integer<N: std::str::FromStr>(value: &Value) -> Option<N> {
    value.as_str().map_or_else(|| value.to_string().parse().ok(), |text| text.parse().ok())
}

/// A block for the index, from what FinalizeBlock got and gave.
pub(crate) fn block(
    height: u64,
    (seconds, nanos): (i64, i32),
    txs: &[bytes::Bytes],
    results: &[ExecTxResult],
) -> Block {
    let tx = |(bytes, result): (&bytes::Bytes, &ExecTxResult)| BlockTx {
        bytes: bytes.clone(),
        result: result.encode_to_vec().into(),
    };
    let txs = txs.par_iter().zip(results).with_min_len(64).map(tx).collect();
    Block { height, seconds, nanos, txs }
}

/// What GetTxsEvent asks for, with the fields of all SDK versions.
pub(crate) struct Asked {
    pub(crate) query: String,
    /// From 1.
    pub(crate) page: u64,
    pub(crate) limit: u64,
    pub(crate) descending: bool,
}

impl Asked {
    /// # Errors
    /// INVALID_ARGUMENT for no query.
    pub(crate) fn of(request: GetTxsEventRequest) -> Result<Self, Status> {
        #[allow(deprecated, reason = "what clients of SDK 0.46 and before send")]
        let (events, pagination) = (request.events, request.pagination.unwrap_or_default());
        let query = if request.query.is_empty() { events.join(" AND ") } else { request.query };
        if query.is_empty() {
            return Err(Status::invalid_argument("query cannot be empty: write one such as message.action='/…'"));
        }
        let wanted = if request.limit == 0 { pagination.limit } else { request.limit };
        let limit = if wanted == 0 { PAGE } else { wanted.min(PAGE) };
        let page = if request.page == 0 { pagination.offset / limit + 1 } else { request.page };
        Ok(Self { query, page, limit, descending: request.order_by == OrderBy::Desc as i32 })
    }
}

/// The hash of a GetTx request.
///
/// # Errors
/// INVALID_ARGUMENT for anything but 64 hexadecimal digits.
pub(crate) fn hash_of(request: &GetTxRequest) -> Result<[u8; 32], Status> {
    let digits = request.hash.trim_start_matches("0x");
    if digits.is_empty() {
        return Err(Status::invalid_argument("tx hash cannot be empty"));
    }
    let hash = hex::decode(digits).ok().and_then(|hash| hash.try_into().ok());
    hash.ok_or_else(|| Status::invalid_argument("a transaction's hash is 64 hexadecimal digits"))
}

/// GetTx from the index.
///
/// # Errors
/// NOT_FOUND, saying when the index is behind; INVALID_ARGUMENT.
pub(crate) fn get(indexer: &Indexer, request: &GetTxRequest) -> Result<GetTxResponse, Status> {
    let found = indexer.index().tx(&hash_of(request)?).map_err(status)?;
    let found = found.ok_or_else(|| {
        let behind = match indexer.behind() {
            0 | 1 => String::new(),
            blocks => format!(" (the index is {blocks} blocks behind)"),
        };
        Status::not_found(format!("tx not found: {}{behind}", request.hash))
    })?;
    let (tx, response) = transaction(found)?;
    Ok(GetTxResponse { tx: Some(tx), tx_response: Some(response) })
}

/// GetTxsEvent from the index.
///
/// # Errors
/// INVALID_ARGUMENT for what is no query; DEADLINE_EXCEEDED.
pub(crate) fn search(indexer: &Indexer, asked: &Asked, patience: Duration) -> Result<GetTxsEventResponse, Status> {
    let query = Query::parse(&asked.query).map_err(status)?;
    let skip = asked.page.saturating_sub(1).saturating_mul(asked.limit);
    let wanted = Selection { skip, limit: asked.limit, descending: asked.descending };
    let page = indexer.search(&query, wanted, Instant::now() + patience).map_err(status)?;
    let (txs, tx_responses) = page.txs.into_iter().map(transaction).collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let total = page.total;
    #[allow(deprecated, reason = "clients of SDK 0.46 and before read pagination.total")]
    Ok(GetTxsEventResponse { txs, tx_responses, pagination: Some(PageResponse { next_key: Vec::new(), total }), total })
}

fn status(error: Error) -> Status {
    match error {
        Error::Query(text) => Status::invalid_argument(text),
        Error::TooSlow => Status::deadline_exceeded(error.to_string()),
        Error::Database(_) | Error::Damaged(_) => Status::internal(error.to_string()),
    }
}

fn transaction(found: Indexed) -> Result<(Tx, TxResponse), Status> {
    let tx = Tx::decode(found.bytes.as_slice())
        .map_err(|e| Status::internal(format!("a transaction of block {} cannot be decoded: {e}", found.height)))?;
    let time = Time::from_unix_timestamp(found.seconds, 0).map_err(|e| Status::internal(e.to_string()))?;
    let result = found.result;
    let response = TxResponse {
        height: found.height.cast_signed(),
        txhash: hex::encode_upper(Sha256::digest(&found.bytes)),
        codespace: result.codespace,
        code: result.code,
        data: hex::encode_upper(&result.data),
        raw_log: result.log,
        logs: Vec::new(),
        info: result.info,
        gas_wanted: result.gas_wanted,
        gas_used: result.gas_used,
        tx: Some(pack(&tx)),
        timestamp: time.to_rfc3339(),
        events: result.events,
    };
    Ok((tx, response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_the_rpc_is_the_block_of_the_feed() {
        let event = Event {
            r#type: "t".into(),
            attributes: vec![EventAttribute { key: "k".into(), value: "v\"é".into(), index: true }],
        };
        let results = [
            ExecTxResult {
                code: 0,
                data: vec![1, 2].into(),
                gas_wanted: 9,
                gas_used: 8,
                events: vec![event],
                ..ExecTxResult::default()
            },
            ExecTxResult { code: 5, codespace: "sdk".into(), log: "why".into(), ..ExecTxResult::default() },
        ];
        let txs = [bytes::Bytes::from_static(b"a"), bytes::Bytes::from_static(b"b")];
        let json_block = json!({"block": {
            "header": {"height": "7", "time": "2026-01-02T03:04:05.123456789Z"}, "data": {"txs": ["YQ==", "Yg=="]}}});
        let json_results = json!({"txs_results": [
            {"code": 0, "data": "AQI=", "log": "", "gas_wanted": "9", "gas_used": "8", "codespace": "",
             "events": [{"type": "t", "attributes": [{"key": "k", "value": "v\"é", "index": true}]}]},
            {"code": 5, "data": null, "log": "why", "gas_wanted": "0", "gas_used": "0", "events": [], "codespace": "sdk"}]});
        let fed = block(7, (1_767_323_045, 123_456_789), &txs, &results);
        assert_eq!(read_block(7, &json_block, &json_results), Some(fed));
        assert_eq!(read_block(8, &json_block, &json_results), None);
        assert_eq!(read_block(7, &json_block, &json!({"txs_results": null})), None);
    }

    #[test]
    fn what_is_gone_and_what_comes_later() {
        assert!(is_gone("height 1 is not available, lowest height is 5"));
        assert!(is_gone("could not find results for height #3"));
        assert!(!is_gone("height 9 must be less than or equal to the current blockchain height 8"));
    }
}
