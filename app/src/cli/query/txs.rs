//! Transactions in blocks.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::PATIENCE;
use crate::cli::{
    context::Context,
    error::{Result, error},
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
    /// CometBFT's query, e.g. "message.sender='synergy1…' AND tx.height>5"
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
    let params = json!({
        "query": txs.query, "prove": false, "page": txs.page.to_string(),
        "per_page": txs.limit.to_string(), "order_by": txs.order_by
    });
    let answer = rpc.call("tx_search", &params)?;
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

fn with_time(rpc: &mut Rpc, found: &Value) -> Result<Value> {
    let header = rpc.call("header", &json!({"height": integer(&found["height"]).to_string()}))?;
    response::from_rpc(found, header["header"]["time"].as_str())
}
