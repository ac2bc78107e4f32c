//! What a Prometheus server can scrape. Nothing here reaches a result.

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::Mutex,
    thread,
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

/// Looks at the process and the disk of a home's data as long as the process lives.
pub(crate) fn watch(data: &Path) -> io::Result<()> {
    const EVERY: Duration = Duration::from_secs(5);
    /// Looks from one walk of the folder to the next.
    const WALK: u32 = 12;
    let data = data.to_owned();
    thread::Builder::new().name("metrics".into()).spawn(move || {
        for look in (0..WALK).cycle() {
            if let Ok(disk) = rustix::fs::statvfs(&data) {
                gauge!("synergy_disk_free_bytes").set(disk.f_bavail.saturating_mul(disk.f_frsize) as f64);
            }
            if let Some(bytes) = resident() {
                gauge!("synergy_process_resident_bytes").set(bytes as f64);
            }
            if look == 0 {
                for (part, bytes) in parts(&data) {
                    gauge!("synergy_data_bytes", "part" => part).set(bytes as f64);
                }
            }
            thread::sleep(EVERY);
        }
    })?;
    Ok(())
}

/// Bytes of memory that this process holds.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()?.saturating_mul(1024))
}

/// Name and bytes of each folder of the data: those of CometBFT too.
fn parts(data: &Path) -> Vec<(String, u64)> {
    let entries = fs::read_dir(data).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| (entry.file_name().to_string_lossy().into_owned(), bytes_below(&entry.path()))).collect()
}

/// Files come and go while it looks: what it cannot read counts nothing.
fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => bytes_below(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
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
