//! What a Prometheus server can scrape. Nothing here reaches a result.

use std::{
    net::SocketAddr,
    sync::Mutex,
    time::{Duration, Instant},
};

use metrics::{counter, gauge, histogram};
use synergy_abci::messages::ExecTxResult;
use synergy_kernel::BlockGas;

/// Serves the metrics on `http://<address>/metrics`.
pub(crate) fn serve(address: SocketAddr) -> Result<(), String> {
    metrics_exporter_prometheus::PrometheusBuilder::new()
        .with_http_listener(address)
        .install()
        .map_err(|e| format!("metrics cannot be served on {address}: {e}; set telemetry.address in app.toml"))
}

/// A request of a client was answered. `method` is a known one or "other": texts
/// that clients choose would make as many time series.
pub(crate) fn request(server: &'static str, method: &str, code: i32, took: Duration) {
    counter!("synergy_api_requests_total", "server" => server, "method" => method.to_owned(), "code" => code.to_string())
        .increment(1);
    histogram!("synergy_api_request_seconds", "server" => server).record(took);
}

/// The node's gauges, counters and histograms.
pub(crate) struct Metrics {
    last_commit: Mutex<Option<Instant>>,
}

/// Blocks between two looks at the database's size, which walks its folder.
const SIZE_EVERY: u64 = 100;

impl Metrics {
    pub(crate) fn new() -> Self {
        Self { last_commit: Mutex::new(None) }
    }

    /// A block was executed.
    pub(crate) fn block(&self, results: &[ExecTxResult], gas: BlockGas, took: Duration) {
        let failed = results.iter().filter(|r| r.code != 0).count() as u64;
        counter!("synergy_txs_total", "result" => "ok").increment(results.len() as u64 - failed);
        counter!("synergy_txs_total", "result" => "failed").increment(failed);
        counter!("synergy_gas_used_total").increment(gas.used);
        counter!("synergy_gas_wanted_total").increment(gas.wanted);
        histogram!("synergy_finalize_block_seconds").record(took);
    }

    /// A block was made durable.
    pub(crate) fn commit(&self, height: u64, took: Duration, db_size: impl FnOnce() -> u64) {
        histogram!("synergy_store_commit_seconds").record(took);
        gauge!("synergy_height").set(height as f64);
        let now = Instant::now();
        let mut last = self.last_commit.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(before) = last.replace(now) {
            histogram!("synergy_block_interval_seconds").record(now - before);
        }
        if height % SIZE_EVERY == 1 {
            gauge!("synergy_db_size_bytes").set(db_size() as f64);
        }
    }

    /// The mempool asked about a transaction.
    pub(crate) fn check_tx(&self, code: u32) {
        counter!("synergy_check_txs_total", "result" => if code == 0 { "ok" } else { "refused" }).increment(1);
    }
}
