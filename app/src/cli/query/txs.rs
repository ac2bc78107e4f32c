//! Transactions in blocks.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::PATIENCE;
use crate::cli::{
    context::Context,
    error::{Result, bail, error},
    output,
    rpc::{Rpc, integer},
    tx::response,
};

#[derive(Args, Debug)]
pub(crate) struct Hash {
    /// The hash that `tx` commands print
    hash: String,
}

#[derive(Args, Debug)]
pub(crate) struct WaitTx {
    #[command(flatten)]
    hash: Hash,
    /// Seconds to wait
    #[arg(long, default_value_t = PATIENCE.as_secs())]
    timeout: u64,
}

#[derive(Args, Debug)]
pub(crate) struct Txs {
    /// CometBFT's query, e.g. "message.sender='synergy1…' AND tx.height>5"; with the
    /// node's own index also "tx.account='synergy1…'"
    #[arg(long)]
    query: String,
    /// Page, from 1
    #[arg(long, default_value_t = 1)]
    page: u64,
    /// Transactions of a page, at most 100
    #[arg(long, default_value_t = 30)]
    limit: u64,
    /// asc or desc
    #[arg(long, default_value = "asc")]
    order_by: String,
}

impl Hash {
    fn bytes(&self) -> Result<Vec<u8>> {
        let text = self.hash.trim_start_matches("0x");
        let bytes = hex::decode(text).ok().filter(|b| b.len() == 32);
        bytes.ok_or_else(|| error!("{:?} is no transaction hash: 64 hexadecimal digits", self.hash))
    }
}

pub(crate) fn tx(context: &Context, hash: &Hash) -> Result<()> {
    let mut rpc = context.rpc()?;
    let found = rpc.tx(&hash.bytes()?)?.ok_or_else(|| {
        error!("no block has transaction {}: it may be in the mempool (query wait-tx), or never sent", hash.hash)
    })?;
    output::value(context.output(), &with_time(&mut rpc, &found)?)
}

pub(crate) fn wait(context: &Context, wait: &WaitTx) -> Result<()> {
    let mut rpc = context.rpc()?;
    let found = rpc.wait_tx(&wait.hash.bytes()?, Duration::from_secs(wait.timeout))?;
    let answer = with_time(&mut rpc, &found)?;
    response::print(context.output(), &answer)?;
    response::require_success(&answer)
}

pub(crate) fn txs(context: &Context, txs: &Txs) -> Result<()> {
    let mut rpc = context.rpc()?;
    let descending = match txs.order_by.as_str() {
        "asc" | "" => false,
        "desc" => true,
        other => bail!("--order-by {other:?}: write asc or desc"),
    };
    let answer = rpc.txs(&txs.query, txs.page.max(1), txs.limit.clamp(1, 100), descending)?;
    let found = answer["txs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = found.iter().map(|tx| with_time(&mut rpc, tx)).collect::<Result<Vec<_>>>()?;
    let total = integer(&answer["total_count"]).cast_unsigned();
    output::value(
        context.output(),
        &json!({
            "total_count": total.to_string(),
            "count": found.len().to_string(),
            "page_number": txs.page.to_string(),
            "page_total": total.div_ceil(txs.limit.max(1)).to_string(),
            "limit": txs.limit.to_string(),
            "txs": found,
        }),
    )
}

/// Puts the state of the node's own index into CometBFT's `status`, and warns where a
/// client of the node would miss an index.
pub(crate) fn index_status(rpc: &mut Rpc, status: &mut Value) {
    let state = rpc.query("/app/index", &[], 0, false).ok();
    let state: Value = state.and_then(|answer| serde_json::from_slice(&answer.value).ok()).unwrap_or_default();
    for warning in index_warnings(&status["node_info"]["other"]["tx_index"], &state) {
        output::note(&format!("Warning: {warning}"));
    }
    status["indexer"] = state;
}

fn index_warnings(comet: &Value, own: &Value) -> Vec<String> {
    let mut warnings = Vec::new();
    if comet == "off" {
        let rest = if own.is_null() { "; GetTx and `query tx` find nothing" } else { "" };
        warnings.push(format!(
            "CometBFT's tx_index is off: relayers and CosmJS clients cannot use this node{rest} (tx_index.indexer in config.toml)"
        ));
    }
    if let Some(blocks) = own["behind"].as_str().and_then(|text| text.parse::<u64>().ok()).filter(|n| *n > 10) {
        warnings.push(format!("the node's index of transactions is {blocks} blocks behind: its log says why"));
    }
    warnings
}

fn with_time(rpc: &mut Rpc, found: &Value) -> Result<Value> {
    let header = rpc.call("header", &json!({"height": integer(&found["height"]).to_string()}))?;
    response::from_rpc(found, header["header"]["time"].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_warns_where_an_index_is_missing() {
        let own = |behind: &str| json!({"first": "1", "last": "9", "behind": behind});
        let count = |comet: &str, own: &Value| index_warnings(&comet.into(), own).len();
        assert_eq!((count("on", &own("0")), count("on", &Value::Null)), (0, 0));
        assert_eq!((count("off", &own("0")), count("off", &own("11"))), (1, 2));
        assert!(index_warnings(&"off".into(), &Value::Null)[0].contains("find nothing"));
        assert!(!index_warnings(&"off".into(), &own("1"))[0].contains("find nothing"));
    }
}
