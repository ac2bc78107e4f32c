//! Services of the node itself. What CometBFT knows is asked of its RPC, so these
//! are not on the ABCI query path, where CometBFT would wait for itself.

mod blocks;
mod comet;
mod txs;

use std::{sync::Arc, time::Duration};

use prost::Message;
use synergy_abci::{Application, messages::RequestQuery};
use synergy_proto::{
    Timestamp,
    cosmos::base::{
        node::v1beta1::{StatusRequest, StatusResponse},
        tendermint::v1beta1::{
            AbciQueryRequest, AbciQueryResponse, GetNodeInfoRequest, GetNodeInfoResponse, GetSyncingRequest,
            GetSyncingResponse, ProofOp, ProofOps,
        },
    },
};
use tonic::Status;

use self::comet::Comet;
use crate::{App, services};

/// What the methods of this module work with.
pub(super) struct Node {
    app: Arc<App>,
    comet: Comet,
    patience: Duration,
}

type Handler = fn(&Node, &[u8]) -> Result<Vec<u8>, Status>;

/// Makes a [`Handler`] of a function from a request message to a response message.
macro_rules! handler {
    ($function:path) => {
        |node, bytes| Ok($function(node, decode(bytes)?)?.encode_to_vec())
    };
}

const METHODS: &[(&str, Handler)] = &[
    ("/cosmos.base.node.v1beta1.Service/Status", handler!(status)),
    ("/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo", handler!(node_info)),
    ("/cosmos.base.tendermint.v1beta1.Service/GetSyncing", handler!(syncing)),
    ("/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock", handler!(blocks::latest)),
    ("/cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight", handler!(blocks::by_height)),
    ("/cosmos.base.tendermint.v1beta1.Service/GetLatestValidatorSet", handler!(blocks::latest_validators)),
    ("/cosmos.base.tendermint.v1beta1.Service/GetValidatorSetByHeight", handler!(blocks::validators_by_height)),
    ("/cosmos.base.tendermint.v1beta1.Service/ABCIQuery", handler!(abci_query)),
    ("/cosmos.tx.v1beta1.Service/GetTx", handler!(txs::get)),
    ("/cosmos.tx.v1beta1.Service/GetTxsEvent", handler!(txs::search)),
    ("/cosmos.tx.v1beta1.Service/GetBlockWithTxs", handler!(txs::of_block)),
    ("/cosmos.tx.v1beta1.Service/BroadcastTx", handler!(txs::broadcast)),
    ("/cosmos.tx.v1beta1.Service/TxDecode", handler!(txs::decode_tx)),
    ("/cosmos.tx.v1beta1.Service/TxEncode", handler!(txs::encode_tx)),
];

impl Node {
    /// Services over `app` and the CometBFT whose RPC is at `comet`.
    ///
    /// # Errors
    /// A bad address.
    pub(super) fn new(app: Arc<App>, comet: &str, patience: Duration) -> Result<Self, String> {
        Ok(Self { app, comet: Comet::new(comet, patience)?, patience })
    }

    /// gRPC paths of the methods.
    pub(super) fn methods() -> impl Iterator<Item = &'static str> {
        METHODS.iter().map(|(path, _)| *path)
    }

    /// Whether a method may wait for CometBFT.
    pub(super) fn asks_comet(path: &str) -> bool {
        Self::methods().any(|method| method == path)
    }

    /// Answers a method of the node; `None` for every other path.
    pub(super) fn call(&self, path: &str, request: &[u8]) -> Option<Result<Vec<u8>, Status>> {
        METHODS.iter().find(|(method, _)| *method == path).map(|(_, handler)| handler(self, request))
    }
}

fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    M::decode(bytes).map_err(|e| Status::invalid_argument(format!("request cannot be decoded: {e}")))
}

fn status(node: &Node, _: StatusRequest) -> Result<StatusResponse, Status> {
    let head = node.app.store().head();
    let block = node.app.read(|ctx| Ok(ctx.block.clone())).map_err(|e| super::status::from_error(&e))?;
    let nanos = i32::try_from(block.nanos).unwrap_or_default();
    Ok(StatusResponse {
        earliest_store_height: node.app.store().first_height(),
        height: head.height,
        timestamp: Some(Timestamp { seconds: block.seconds, nanos }),
        app_hash: head.app_hash.to_vec(),
        validator_hash: Vec::new(),
    })
}

/// What the application knows, and CometBFT's own part when it can be asked.
fn node_info(node: &Node, _: GetNodeInfoRequest) -> Result<GetNodeInfoResponse, Status> {
    let mut info = services::node_info(&node.app);
    if let (Ok(status), Some(own)) = (node.comet.status(), info.default_node_info.as_mut()) {
        comet::fill_node_info(own, &status["node_info"]);
    }
    Ok(info)
}

fn syncing(node: &Node, _: GetSyncingRequest) -> Result<GetSyncingResponse, Status> {
    let status = node.comet.status()?;
    Ok(GetSyncingResponse { syncing: status["sync_info"]["catching_up"].as_bool().unwrap_or_default() })
}

/// Asks the application itself: nothing of this needs CometBFT.
fn abci_query(node: &Node, request: AbciQueryRequest) -> Result<AbciQueryResponse, Status> {
    let AbciQueryRequest { data, path, height, prove } = request;
    let request = RequestQuery { data: data.into(), path, height, prove };
    let answer = node.app.query(request).map_err(|e| Status::internal(e.to_string()))?;
    let proof_ops = answer.proof_ops.map(|proof| ProofOps {
        ops: proof.ops.into_iter().map(|op| ProofOp { r#type: op.r#type, key: op.key, data: op.data }).collect(),
    });
    Ok(AbciQueryResponse {
        code: answer.code,
        log: answer.log,
        info: answer.info,
        index: answer.index,
        key: answer.key.to_vec(),
        value: answer.value.to_vec(),
        proof_ops,
        height: answer.height,
        codespace: answer.codespace,
    })
}
