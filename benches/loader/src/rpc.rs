//! The calls of CometBFT's JSON-RPC that the load generator makes.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::http::{Http, request};

/// What a node allows in one JSON-RPC batch by default (`rpc.max_request_batch_size`).
pub(crate) const MAX_BATCH: usize = 10;

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    /// The node cannot be reached or broke the connection.
    #[error("the node does not answer: {0}")]
    Io(#[from] io::Error),
    /// The answer is not what CometBFT 0.38 to 0.40 gives.
    #[error("unexpected answer: {0}")]
    Json(#[from] serde_json::Error),
    /// The node or its application refused.
    #[error("{method}: {text}")]
    Refused { method: &'static str, text: String },
}

pub(crate) type Result<T> = std::result::Result<T, RpcError>;

/// One element of a JSON-RPC answer.
#[derive(Deserialize)]
pub(crate) struct Answer<T> {
    pub(crate) id: Option<i64>,
    pub(crate) result: Option<T>,
    pub(crate) error: Option<AnswerError>,
}

#[derive(Deserialize)]
pub(crate) struct AnswerError {
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) data: String,
}

/// The elements of an answer, which is an array unless it has one element.
pub(crate) fn answers<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<Answer<T>>> {
    if body.first() == Some(&b'[') {
        Ok(serde_json::from_slice(body)?)
    } else {
        Ok(vec![serde_json::from_slice(body)?])
    }
}

/// A block as stored, with what its execution gave.
pub(crate) struct Block {
    pub(crate) height: u64,
    /// The application's hash after the block before.
    pub(crate) app_hash: String,
    /// Seconds since 1970.
    pub(crate) time: f64,
    pub(crate) txs: Vec<Vec<u8>>,
    pub(crate) results: Vec<TxResult>,
}

#[derive(Deserialize)]
pub(crate) struct TxResult {
    #[serde(default)]
    pub(crate) code: u32,
    #[serde(default)]
    pub(crate) log: String,
    #[serde(default, deserialize_with = "null_is_default")]
    events: Vec<Event>,
}

impl TxResult {
    /// True when the ante part succeeded, so that the fee was charged: the SDK keeps
    /// the `tx` event with the fee even when the messages fail.
    pub(crate) fn fee_charged(&self) -> bool {
        let fee = |e: &Event| e.kind == "tx" && e.attributes.iter().any(|a| a.key == "fee");
        self.code == 0 || self.events.iter().any(fee)
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "null_is_default")]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
}

/// A connection to a node's RPC.
pub(crate) struct Rpc {
    http: Http,
    address: String,
    body: Vec<u8>,
}

impl Rpc {
    /// `address` is `host:port`; a URL's `http://` or `tcp://` is left out.
    pub(crate) fn new(address: &str) -> Self {
        let address = address.split("://").last().unwrap_or(address).trim_end_matches('/');
        Rpc { http: Http::new(address), address: address.to_owned(), body: Vec::new() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Sends a prepared request; see [`request`].
    pub(crate) fn send<T: DeserializeOwned>(&mut self, request: &[u8]) -> Result<Vec<Answer<T>>> {
        self.http.send(request, &mut self.body)?;
        answers(&self.body)
    }

    fn batch<T: DeserializeOwned>(&mut self, method: &'static str, params: &[Value]) -> Result<Vec<T>> {
        let mut results = Vec::with_capacity(params.len());
        for part in params.chunks(MAX_BATCH) {
            let call = |(i, p)| json!({"jsonrpc": "2.0", "id": i, "method": method, "params": p});
            let calls: Vec<Value> = part.iter().enumerate().map(call).collect();
            let request = request(&self.address, &serde_json::to_string(&calls)?);
            for answer in self.send::<T>(&request)? {
                let refused = |e: AnswerError| format!("{} {}", e.message, e.data);
                let text = answer.error.map_or_else(|| "no result".to_owned(), refused);
                results.push(answer.result.ok_or(RpcError::Refused { method, text })?);
            }
        }
        Ok(results)
    }

    fn call<T: DeserializeOwned>(&mut self, method: &'static str, params: Value) -> Result<T> {
        let text = || "an empty answer".to_owned();
        self.batch(method, &[params])?.pop().ok_or_else(|| RpcError::Refused { method, text: text() })
    }

    /// The chain id.
    pub(crate) fn chain_id(&mut self) -> Result<String> {
        #[derive(Deserialize)]
        struct Status {
            node_info: NodeInfo,
        }
        #[derive(Deserialize)]
        struct NodeInfo {
            network: String,
        }
        Ok(self.call::<Status>("status", json!({}))?.node_info.network)
    }

    /// The application's last committed height and app hash (upper-case hex).
    pub(crate) fn app_state(&mut self) -> Result<(u64, String)> {
        #[derive(Deserialize)]
        struct Info {
            response: Response,
        }
        #[derive(Deserialize)]
        struct Response {
            #[serde(default, deserialize_with = "number")]
            last_block_height: u64,
            #[serde(default)]
            last_block_app_hash: String,
        }
        let info = self.call::<Info>("abci_info", json!({}))?.response;
        Ok((info.last_block_height, upper_hex(&info.last_block_app_hash)?))
    }

    /// How many transactions wait in the mempool.
    pub(crate) fn waiting(&mut self) -> Result<u64> {
        #[derive(Deserialize)]
        struct Unconfirmed {
            #[serde(deserialize_with = "number")]
            total: u64,
        }
        Ok(self.call::<Unconfirmed>("num_unconfirmed_txs", json!({}))?.total)
    }

    /// The values of several `abci_query` calls of one path at the latest height.
    /// What the application answers with a code is `Err` of its log.
    pub(crate) fn query(
        &mut self,
        path: &str,
        requests: &[Vec<u8>],
    ) -> Result<Vec<std::result::Result<Vec<u8>, String>>> {
        #[derive(Deserialize)]
        struct Query {
            response: Response,
        }
        #[derive(Deserialize)]
        struct Response {
            #[serde(default)]
            code: u32,
            #[serde(default)]
            log: String,
            #[serde(default, deserialize_with = "null_is_default")]
            value: String,
        }
        let params: Vec<Value> =
            requests.iter().map(|data| json!({"path": path, "data": hex::encode(data), "prove": false})).collect();
        let answers = self.batch::<Query>("abci_query", &params)?;
        let value = |Query { response: r }| {
            Ok(match r.code {
                0 => Ok(base64(&r.value)?),
                code => Err(format!("code {code}: {}", r.log)),
            })
        };
        answers.into_iter().map(value).collect()
    }

    /// The last height in the block store.
    pub(crate) fn stored_height(&mut self) -> Result<u64> {
        #[derive(Deserialize)]
        struct Status {
            sync_info: Sync,
        }
        #[derive(Deserialize)]
        struct Sync {
            #[serde(deserialize_with = "number")]
            latest_block_height: u64,
        }
        Ok(self.call::<Status>("status", json!({}))?.sync_info.latest_block_height)
    }

    /// The first height in the block store.
    pub(crate) fn earliest_height(&mut self) -> Result<u64> {
        #[derive(Deserialize)]
        struct Status {
            sync_info: Sync,
        }
        #[derive(Deserialize)]
        struct Sync {
            #[serde(deserialize_with = "number")]
            earliest_block_height: u64,
        }
        Ok(self.call::<Status>("status", json!({}))?.sync_info.earliest_block_height)
    }

    /// Block `height` without results.
    pub(crate) fn block(&mut self, height: u64) -> Result<Block> {
        #[derive(Deserialize)]
        struct Found {
            block: Stored,
        }
        #[derive(Deserialize)]
        struct Stored {
            header: Header,
            data: Data,
        }
        #[derive(Deserialize)]
        struct Header {
            app_hash: String,
            time: String,
        }
        #[derive(Deserialize)]
        struct Data {
            #[serde(default, deserialize_with = "null_is_default")]
            txs: Vec<String>,
        }
        let Stored { header, data } = self.call::<Found>("block", json!({"height": height.to_string()}))?.block;
        Ok(Block {
            height,
            app_hash: header.app_hash,
            time: seconds(&header.time).ok_or_else(|| unreadable(&header.time))?,
            txs: data.txs.iter().map(|tx| base64(tx)).collect::<Result<_>>()?,
            results: Vec::new(),
        })
    }

    /// Block `height` with its results.
    pub(crate) fn executed_block(&mut self, height: u64) -> Result<Block> {
        #[derive(Deserialize)]
        struct Results {
            #[serde(default, deserialize_with = "null_is_default")]
            txs_results: Vec<TxResult>,
        }
        let mut block = self.block(height)?;
        if !block.txs.is_empty() {
            let params = json!({"height": height.to_string()});
            block.results = self.call::<Results>("block_results", params)?.txs_results;
        }
        if block.results.len() == block.txs.len() {
            return Ok(block);
        }
        let text = format!("height {height} has {} results to {} txs", block.results.len(), block.txs.len());
        Err(RpcError::Refused { method: "block_results", text })
    }
}

/// The body of a call that broadcasts `tx`; `id` comes back with the answer.
pub(crate) fn broadcast(id: usize, tx: &[u8]) -> String {
    let tx = BASE64.encode(tx);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"broadcast_tx_sync","params":{{"tx":"{tx}"}}}}"#)
}

fn base64(text: &str) -> Result<Vec<u8>> {
    BASE64.decode(text).map_err(|_| unreadable(text))
}

fn upper_hex(base64_text: &str) -> Result<String> {
    Ok(hex::encode_upper(base64(base64_text)?))
}

fn unreadable(text: &str) -> RpcError {
    let error = <serde_json::Error as serde::de::Error>::custom;
    RpcError::Json(error(format!("cannot read {text:.60}")))
}

fn number<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<u64, D::Error> {
    let text = String::deserialize(d)?;
    text.parse().map_err(serde::de::Error::custom)
}

fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> std::result::Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

/// An RFC 3339 time in UTC as seconds since 1970.
fn seconds(time: &str) -> Option<f64> {
    let (date, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|p| p.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.splitn(3, ':');
    let hour: f64 = clock.next()?.parse().ok()?;
    let minute: f64 = clock.next()?.parse().ok()?;
    let second: f64 = clock.next()?.parse().ok()?;
    // Days from a civil date, counted in years that begin in March.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(days as f64 * 86_400.0 + hour * 3600.0 + minute * 60.0 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_headers_are_read() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(seconds("2000-02-29T12:00:00Z"), Some(951_825_600.0));
        assert_eq!(seconds("2026-11-23T02:42:29.5Z"), Some(1_795_401_749.5));
        assert_eq!(seconds("2026-11-23"), None);
    }

    #[test]
    fn an_answer_may_be_one_or_many() {
        let one = br#"{"jsonrpc":"2.0","id":3,"result":7}"#;
        let many = br#"[{"id":0,"result":7},{"id":1,"error":{"code":-32603,"message":"Internal error","data":"mempool is full"}}]"#;
        assert_eq!(answers::<u8>(one).unwrap()[0].result, Some(7));
        let many = answers::<u8>(many).unwrap();
        assert_eq!((many[0].id, many[1].error.as_ref().unwrap().data.as_str()), (Some(0), "mempool is full"));
    }
}
