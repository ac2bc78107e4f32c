//! gRPC services that belong to the node and no module: simulation, and what
//! relayers and wallets ask about the software.

use std::time::Duration;

use prost::Message;
use synergy_kernel::{Ctx, Error, Gas, Result, sdk};
use synergy_proto::cosmos::{
    base::{
        abci::v1beta1::{GasInfo, Result as TxResult},
        node::v1beta1::{ConfigRequest, ConfigResponse},
        tendermint::v1beta1::{GetNodeInfoRequest, GetNodeInfoResponse, Module, VersionInfo},
    },
    tx::v1beta1::{SimulateRequest, SimulateResponse},
};

use crate::{
    App,
    ante::{AnteRules, Mode},
    execute,
    index::{self, Asked},
    tx::Tx,
};

/// What relayers take for the API level of a chain: they read these versions and
/// refuse or warn outside their range. No code of the two is in this program.
const COMPATIBLE: [(&str, &str); 2] =
    [("github.com/cosmos/cosmos-sdk", "v0.50.15"), ("github.com/cosmos/ibc-go/v8", "v8.8.0")];

/// gRPC paths that [`call`] answers.
pub const METHODS: [&str; 3] = [
    "/cosmos.tx.v1beta1.Service/Simulate",
    "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo",
    "/cosmos.base.node.v1beta1.Service/Config",
];

/// Answers a node service's method; `None` for every other path.
pub fn call(app: &App, path: &str, request: &[u8]) -> Option<Result<Vec<u8>>> {
    if let Some(answer) = indexed(app, path, request) {
        return Some(answer);
    }
    Some(match path {
        "/cosmos.tx.v1beta1.Service/Simulate" => decode(request).and_then(|q| Ok(simulate(app, &q)?.encode_to_vec())),
        "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo" => {
            decode::<GetNodeInfoRequest>(request).map(|_| node_info(app).encode_to_vec())
        }
        "/cosmos.base.node.v1beta1.Service/Config" => decode::<ConfigRequest>(request).map(|_| {
            ConfigResponse {
                minimum_gas_price: app.config().minimum_gas_prices.clone(),
                pruning_keep_recent: app.config().keep_recent().unwrap_or(0).to_string(),
                halt_height: app.config().halt_height,
                ..ConfigResponse::default()
            }
            .encode_to_vec()
        }),
        _ => return None,
    })
}

/// Transactions by the node's own index. Without one CometBFT is asked, which cannot
/// be done from its own query.
#[allow(clippy::result_large_err, reason = "tonic's Status, which the index answers with")]
fn indexed(app: &App, path: &str, request: &[u8]) -> Option<Result<Vec<u8>>> {
    let indexer = app.indexer()?;
    let patience = Duration::from_secs(app.config().serving.timeout);
    let answer = match path {
        "/cosmos.tx.v1beta1.Service/GetTx" => {
            decode(request).map(|q| index::get(indexer, &q).map(|answer| answer.encode_to_vec()))
        }
        "/cosmos.tx.v1beta1.Service/GetTxsEvent" => decode(request).map(|q| {
            let answer = Asked::of(q).and_then(|asked| index::search(indexer, &asked, patience))?;
            Ok(answer.encode_to_vec())
        }),
        _ => return None,
    };
    Some(answer.and_then(|answer| answer.map_err(|status| worded(&status))))
}

/// A status as the error of an ABCI query, in the words by which clients know it.
fn worded(status: &tonic::Status) -> Error {
    use tonic::Code::{DeadlineExceeded, InvalidArgument, NotFound};
    let (code, name) = match status.code() {
        NotFound => (22, "NotFound"),
        InvalidArgument => (18, "InvalidArgument"),
        DeadlineExceeded => (11, "ResourceExhausted"),
        _ => (1, "Internal"),
    };
    Error::new("sdk", code, format!("rpc error: code = {name} desc = {}", status.message()))
}

fn decode<M: Message + Default>(request: &[u8]) -> Result<M> {
    M::decode(request).map_err(|e| sdk::invalid_request(format!("request cannot be decoded: {e}")))
}

/// Runs a transaction on a copy of the committed state, without signatures and fee.
fn simulate(app: &App, request: &SimulateRequest) -> Result<SimulateResponse> {
    #[allow(deprecated, reason = "old clients still send the decoded transaction")]
    let bytes = match &request.tx {
        Some(tx) if request.tx_bytes.is_empty() => tx.encode_to_vec(),
        _ => request.tx_bytes.clone(),
    };
    if bytes.is_empty() {
        return Err(sdk::invalid_request("invalid empty tx: give tx_bytes"));
    }
    let tx = Tx::decode_unsigned(&app.chain().routes, &bytes)?;
    // Signers may have transactions in the mempool, whose sequences go on from there.
    let (accounts, writes) = app.mempool_view(tx.signers.iter().map(|s| s.address));
    app.read(|ctx| {
        for (address, account) in &accounts {
            synergy_auth::replace(ctx, address, account)?;
        }
        for (key, value) in &writes {
            match value {
                Some(value) => ctx.state.set(key, value),
                None => ctx.state.remove(key),
            }
        }
        let mut block = ctx.block.clone();
        block.height = block.height.saturating_add(1);
        let rules = AnteRules::read(ctx)?;
        let mut gas = Gas::new(app.config().query_gas().min(rules.max_gas));
        let mut ctx = Ctx::new(ctx.state, &block, &mut gas).with_routes(&app.chain().routes);
        let done = execute::transaction(&mut ctx, &rules, &tx, Mode::Simulate, Some(0));
        let data = done.outcome?;
        let events = execute::events(done.events);
        #[allow(deprecated, reason = "cosmjs reads data")]
        let result =
            TxResult { data: data.encode_to_vec(), log: String::new(), events, msg_responses: data.msg_responses };
        let gas_info = GasInfo { gas_wanted: done.gas_wanted, gas_used: done.gas_used };
        Ok(SimulateResponse { gas_info: Some(gas_info), result: Some(result) })
    })
}

pub(crate) fn node_info(app: &App) -> GetNodeInfoResponse {
    use synergy_proto::tendermint::v0_38::p2p::DefaultNodeInfo;
    let network = app.read(|ctx| Ok(ctx.block.chain_id.clone())).unwrap_or_default();
    let build_deps = COMPATIBLE
        .into_iter()
        .map(|(path, version)| Module { path: path.to_owned(), version: version.to_owned(), sum: String::new() })
        .collect();
    GetNodeInfoResponse {
        default_node_info: Some(DefaultNodeInfo { network, ..DefaultNodeInfo::default() }),
        application_version: Some(VersionInfo {
            name: "synergy".to_owned(),
            app_name: "synergyd".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cosmos_sdk_version: "v0.50.15".to_owned(),
            build_deps,
            ..VersionInfo::default()
        }),
    }
}
