//! What the node is asked.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::mpsc::Sender,
    thread,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_proto::{
    ConsensusKey,
    cosmos::{
        base::query::v1beta1::PageRequest,
        staking::v1beta1::{QueryValidatorsRequest, QueryValidatorsResponse},
    },
    synergy::aivm::{QueryRecordsRequest, QueryRecordsResponse},
};

use crate::cli::{
    error::Result,
    rpc::{Rpc, integer},
};

/// Blocks and transactions that are kept to look back on.
const KEPT: usize = 500;
/// Blocks that are fetched at the start, and most of one look.
const AT_ONCE: i64 = 30;
/// Looks between two at validators and inferences, which change seldom.
const SELDOM: u32 = 5;
const VALIDATORS: u64 = 300;

/// What a look gives.
pub(super) enum News {
    Data(Box<Data>),
    /// The node cannot be asked.
    Trouble(String),
}

/// Everything that is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Data {
    pub(super) chain: String,
    pub(super) version: String,
    pub(super) height: i64,
    pub(super) catching_up: bool,
    pub(super) peers: String,
    pub(super) mempool: String,
    /// Newest first, as all lists.
    pub(super) blocks: VecDeque<Block>,
    pub(super) txs: VecDeque<Tx>,
    pub(super) inferences: Vec<Inference>,
    pub(super) validators: Vec<Validator>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub(super) height: i64,
    /// RFC 3339.
    pub(super) time: String,
    pub(super) txs: usize,
    pub(super) failed: usize,
    pub(super) gas: i64,
    /// A validator's name, or its address.
    pub(super) proposer: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Tx {
    pub(super) height: i64,
    pub(super) hash: String,
    pub(super) action: String,
    pub(super) payer: String,
    pub(super) gas: i64,
    /// Empty for one that succeeded.
    pub(super) failure: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Inference {
    pub(super) id: u64,
    pub(super) height: i64,
    pub(super) model: String,
    pub(super) sender: String,
    pub(super) gas: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Validator {
    pub(super) name: String,
    pub(super) operator: String,
    pub(super) state: &'static str,
    pub(super) stake: u128,
}

pub(super) struct Feed {
    rpc: Rpc,
    data: Data,
    /// Names of validators by their consensus address in hexadecimal.
    names: BTreeMap<String, String>,
    looks: u32,
    node: String,
}

impl Feed {
    pub(super) fn new(rpc: Rpc, node: String) -> Self {
        Self { rpc, data: Data::default(), names: BTreeMap::new(), looks: 0, node }
    }

    /// Looks again and again until nobody listens.
    pub(super) fn run(mut self, pause: Duration, news: &Sender<News>) {
        loop {
            let found = match self.look() {
                Ok(()) => News::Data(Box::new(self.data.clone())),
                Err(e) => News::Trouble(format!("{}: {}", self.node, e.0)),
            };
            if news.send(found).is_err() {
                return;
            }
            thread::sleep(pause);
        }
    }

    fn look(&mut self) -> Result<()> {
        let status = self.rpc.status()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.data.chain = text(&status["node_info"]["network"]);
        self.data.version = text(&status["node_info"]["version"]);
        self.data.catching_up = status["sync_info"]["catching_up"].as_bool().unwrap_or_default();
        let height = integer(&status["sync_info"]["latest_block_height"]);
        // Another chain, or one taken back.
        if height < self.data.height {
            self.data.blocks.clear();
            self.data.txs.clear();
        }
        self.data.height = height;
        self.data.peers = text(&self.rpc.call("net_info", &json!({}))?["n_peers"]);
        self.data.mempool = text(&self.rpc.call("num_unconfirmed_txs", &json!({}))?["n_txs"]);
        if self.looks.is_multiple_of(SELDOM) {
            self.validators()?;
            self.inferences()?;
        }
        self.looks = self.looks.wrapping_add(1);
        let known = self.data.blocks.front().map_or(0, |block| block.height);
        let first = known.max(height - AT_ONCE).max(integer(&status["sync_info"]["earliest_block_height"]) - 1) + 1;
        for height in first..=height {
            self.block(height)?;
        }
        Ok(())
    }

    fn block(&mut self, height: i64) -> Result<()> {
        let at = json!({"height": height.to_string()});
        let block = self.rpc.call("block", &at)?;
        let results = self.rpc.call("block_results", &at)?;
        let header = &block["block"]["header"];
        let proposer = header["proposer_address"].as_str().unwrap_or_default();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let (txs, results) = (list(&block["block"]["data"]["txs"]), list(&results["txs_results"]));
        self.data.blocks.push_front(Block {
            height,
            time: header["time"].as_str().unwrap_or_default().to_owned(),
            txs: txs.len(),
            failed: results.iter().filter(|result| result["code"] != 0).count(),
            gas: results.iter().map(|result| integer(&result["gas_used"])).sum(),
            proposer: self.names.get(proposer).cloned().unwrap_or_else(|| proposer.to_owned()),
        });
        for (bytes, result) in txs.iter().zip(&results) {
            let bytes = BASE64.decode(bytes.as_str().unwrap_or_default()).unwrap_or_default();
            let failed = result["code"] != 0;
            self.data.txs.push_front(Tx {
                height,
                hash: hex::encode_upper(Sha256::digest(&bytes)),
                action: action(&attributes(result, "message", "action")),
                payer: attributes(result, "tx", "fee_payer").into_iter().next().unwrap_or_default(),
                gas: integer(&result["gas_used"]),
                failure: if failed { result["log"].as_str().unwrap_or("failed").to_owned() } else { String::new() },
            });
        }
        self.data.blocks.truncate(KEPT);
        self.data.txs.truncate(KEPT);
        Ok(())
    }

    fn inferences(&mut self) -> Result<()> {
        let page = PageRequest { limit: 100, reverse: true, ..PageRequest::default() };
        let request = QueryRecordsRequest { pagination: Some(page) };
        let answer: QueryRecordsResponse = self.rpc.grpc("/synergy.aivm.v1.Query/Records", &request)?;
        let inference = |r: synergy_proto::synergy::aivm::Record| Inference {
            id: r.id,
            height: r.height,
            model: hex::encode(r.model_id),
            sender: r.sender,
            gas: r.gas,
        };
        self.data.inferences = answer.records.into_iter().map(inference).collect();
        Ok(())
    }

    fn validators(&mut self) -> Result<()> {
        let page = PageRequest { limit: VALIDATORS, ..PageRequest::default() };
        let request = QueryValidatorsRequest { status: String::new(), pagination: Some(page) };
        let answer: QueryValidatorsResponse = self.rpc.grpc("/cosmos.staking.v1beta1.Query/Validators", &request)?;
        self.names.clear();
        self.data.validators.clear();
        for v in answer.validators {
            let name = v.description.map(|d| d.moniker).unwrap_or_default();
            if let Some(key) = v.consensus_pubkey.as_ref().and_then(|any| ConsensusKey::from_any(any).ok()) {
                self.names.insert(hex::encode_upper(key.address().as_bytes()), name.clone());
            }
            let state = match (v.jailed, v.status) {
                (true, _) => "jailed",
                (false, 3) => "active",
                (false, _) => "waiting",
            };
            let stake = v.tokens.parse().unwrap_or_default();
            self.data.validators.push(Validator { name, operator: v.operator_address, state, stake });
        }
        self.data.validators.sort_by_key(|v| std::cmp::Reverse(v.stake));
        Ok(())
    }
}

/// Values of an attribute over all events of a type.
fn attributes(result: &Value, kind: &str, key: &str) -> Vec<String> {
    let events = result["events"].as_array().into_iter().flatten().filter(|event| event["type"] == kind);
    let attributes = events.flat_map(|event| event["attributes"].as_array().into_iter().flatten());
    attributes
        .filter(|attribute| attribute["key"] == key)
        .filter_map(|attribute| Some(attribute["value"].as_str()?.to_owned()))
        .collect()
}

/// `Send` of `/cosmos.bank.v1beta1.MsgSend`, and how many more there are.
fn action(actions: &[String]) -> String {
    let Some(first) = actions.first() else { return String::new() };
    let name = first.rsplit('.').next().unwrap_or(first);
    let name = name.strip_prefix("Msg").unwrap_or(name);
    if actions.len() > 1 { format!("{name} +{}", actions.len() - 1) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_named_shortly() {
        let actions = ["/cosmos.bank.v1beta1.MsgSend".to_owned(), "/x.MsgInfer".to_owned()];
        assert_eq!(action(&actions), "Send +1");
        assert_eq!(action(&actions[1..]), "Infer");
        assert_eq!(action(&[]), "");
        let result = json!({"events": [{"type": "message", "attributes": [{"key": "action", "value": "a"}]},
                                       {"type": "x", "attributes": [{"key": "action", "value": "b"}]}]});
        assert_eq!(attributes(&result, "message", "action"), ["a"]);
    }
}
