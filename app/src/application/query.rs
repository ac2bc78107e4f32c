//! Query: raw keys with proofs under `/store/<name>/key`, and every gRPC method
//! under its own path, from the same routes that a gRPC server uses.

use prost::Message;
use synergy_abci::messages::{ProofOp, ProofOps, RequestQuery, ResponseQuery};
use synergy_kernel::{Block, Ctx, Error, Gas, Result, State, sdk};

use super::App;
use crate::services;

/// What a query found.
#[derive(Default)]
struct Answer {
    key: Vec<u8>,
    value: Vec<u8>,
    proof: Option<ProofOps>,
}

impl App {
    pub(super) fn do_query(&self, request: RequestQuery) -> ResponseQuery {
        match self.height_of(&request).and_then(|height| Ok((height, self.answer(&request, height)?))) {
            Ok((height, Answer { key, value, proof })) => ResponseQuery {
                key: key.into(),
                value: value.into(),
                proof_ops: proof,
                height: i64::try_from(height).unwrap_or(i64::MAX),
                ..ResponseQuery::default()
            },
            Err(Error { codespace, code, message }) => ResponseQuery {
                code,
                codespace: codespace.to_owned(),
                log: message,
                height: i64::try_from(self.store.head().height).unwrap_or(i64::MAX),
                ..ResponseQuery::default()
            },
        }
    }

    /// The height that a request means; 0 is the latest.
    fn height_of(&self, request: &RequestQuery) -> Result<u64> {
        match u64::try_from(request.height) {
            Ok(0) => Ok(self.store.head().height),
            Ok(height) => Ok(height),
            Err(_) => {
                Err(sdk::invalid_request(format!("height {} is negative: leave it 0 for the latest", request.height)))
            }
        }
    }

    fn answer(&self, request: &RequestQuery, height: u64) -> Result<Answer> {
        let path = request.path.as_str();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["store", name, "key"] => self.raw_key(name, request, height),
            ["app", "version"] => {
                Ok(Answer { value: env!("CARGO_PKG_VERSION").as_bytes().to_vec(), ..Answer::default() })
            }
            ["app", "index"] => Ok(Answer { value: self.index_state(), ..Answer::default() }),
            // Peers are CometBFT's business; code 0 lets all of them in.
            ["p2p", "filter", ..] => Ok(Answer::default()),
            _ => Ok(Answer { value: self.call(path, &request.data, height)?, ..Answer::default() }),
        }
    }

    /// What the index of transactions holds, as JSON; `null` for a node without one.
    fn index_state(&self) -> Vec<u8> {
        let state = self.indexer.as_ref().map(|indexer| {
            let range = indexer.index().range();
            serde_json::json!({
                "first": range.as_ref().map_or(0, |r| *r.start()).to_string(),
                "last": range.as_ref().map_or(0, |r| *r.end()).to_string(),
                "behind": indexer.behind().to_string(),
            })
        });
        serde_json::Value::from(state).to_string().into_bytes()
    }

    fn raw_key(&self, name: &str, request: &RequestQuery, height: u64) -> Result<Answer> {
        let key = request.data.to_vec();
        if request.prove {
            let proof = self.store.prove(height, name, &key).map_err(|e| sdk::invalid_request(e.to_string()))?;
            let op =
                |kind: &str, key: &[u8], data: Vec<u8>| ProofOp { r#type: kind.to_owned(), key: key.to_vec(), data };
            let ops = vec![
                op("ics23:jmt", &key, proof.store.encode_to_vec()),
                op("ics23:simple", name.as_bytes(), proof.root.encode_to_vec()),
            ];
            return Ok(Answer { key, value: proof.value.unwrap_or_default(), proof: Some(ProofOps { ops }) });
        }
        let store = self.chain.stores().into_iter().find(|s| s.name == name).ok_or_else(|| {
            let names: Vec<_> = self.chain.stores().iter().map(|s| s.name).collect();
            sdk::unknown_request(format!("no such store: {name}; this chain has {}", names.join(", ")))
        })?;
        let state = self.state_at(height)?;
        let full = [&[store.prefix], key.as_slice()].concat();
        Ok(Answer { value: state.get(&full).unwrap_or_default(), key, proof: None })
    }

    /// Answers a gRPC method at a height.
    pub fn call(&self, path: &str, request: &[u8], height: u64) -> Result<Vec<u8>> {
        if let Some(answer) = services::call(self, path, request) {
            return answer;
        }
        let mut state = self.state_at(height)?;
        let block = Block { height, ..self.committed().block.clone() };
        let mut gas = Gas::new(self.config.query_gas());
        Ctx::new(&mut state, &block, &mut gas).with_routes(&self.chain.routes).query(path, request)
    }

    /// Runs `f` on a throw-away copy of the state after block `height`, 0 for the last
    /// one, unmetered. The block's time is that of the last one.
    pub fn read_at<T>(&self, height: u64, f: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        let height = if height == 0 { self.store.head().height } else { height };
        let (mut state, mut gas) = (self.state_at(height)?, Gas::unlimited());
        let block = Block { height, ..self.committed().block.clone() };
        f(&mut Ctx::new(&mut state, &block, &mut gas).with_routes(&self.chain.routes))
    }

    /// The state after block `height`; before the first block, the genesis state.
    fn state_at(&self, height: u64) -> Result<State> {
        if height == self.store.head().height {
            return Ok(self.committed().state.clone());
        }
        self.store.at(height).map(State::new).map_err(|e| sdk::invalid_request(e.to_string()))
    }
}
