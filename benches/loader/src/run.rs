//! Sending prepared transactions and measuring how fast they are committed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::lane::{Lane, LaneReport};
use crate::presign;
use crate::rpc::{MAX_BATCH, Rpc};
use crate::tally::{BlockLine, Tally};
use crate::tx::signer;

/// How exactly the moment of a commit is known.
const WATCH: Duration = Duration::from_millis(50);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Transactions of `presign`; those of one account go over one connection
    #[arg(long, required_unless_present = "kvstore")]
    txs: Option<PathBuf>,
    /// Send this many random key=value transactions instead, for `abci-cli kvstore`
    #[arg(long, conflicts_with = "txs")]
    kvstore: Option<u64>,
    /// Bytes of each key=value transaction
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(72..=60_000))]
    size: u64,
    /// Connections to the node
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1000))]
    connections: u64,
    /// Transactions in one request; a node refuses more than 10 unless told otherwise
    #[arg(long, default_value_t = MAX_BATCH as u64, value_parser = clap::value_parser!(u64).range(1..=1000))]
    batch: u64,
    /// Seconds after which what is not sent or not committed is given up
    #[arg(long, default_value_t = 300)]
    timeout: u64,
    /// Print the report as one line of JSON
    #[arg(long)]
    json: bool,
}

/// The outcome of a run.
#[derive(Debug, Serialize)]
struct Report {
    /// Committed with code 0 per second, from the first broadcast until the node had
    /// executed and committed the last block with one of the run.
    tx_per_second: f64,
    seconds: f64,
    /// From the first broadcast to the answer to the last.
    send_seconds: f64,
    sent: u64,
    accepted: u64,
    committed: u64,
    failed: BTreeMap<String, u64>,
    twice: u64,
    rejected: BTreeMap<String, u64>,
    bytes_per_tx: f64,
    blocks: Vec<BlockLine>,
    /// Of requests, one line a connection, in milliseconds.
    latency: Vec<Latency>,
}

#[derive(Debug, Serialize)]
struct Latency {
    requests: usize,
    p50: f64,
    p99: f64,
    max: f64,
}

pub(crate) fn run(node: &str, args: &Args) -> Result<(), String> {
    let txs = match (&args.txs, args.kvstore) {
        (Some(path), _) => presign::read(path)?,
        (None, count) => key_values(count.unwrap_or_default(), args.size as usize),
    };
    let bytes: usize = txs.iter().map(Vec::len).sum();
    let sent = txs.len() as u64;
    let mut tally = Tally::of(txs.iter());
    let mut rpc = Rpc::new(node);
    let (before, _) = rpc.app_state().map_err(|e| e.to_string())?;

    let until = Instant::now() + Duration::from_secs(args.timeout);
    let lane = |txs| Lane::new(node, txs, args.batch as usize, until);
    let lanes: Vec<Lane> = share(txs, args.connections as usize).into_iter().map(lane).collect();

    let stop = AtomicBool::new(false);
    let (start, send_seconds, reports, commits) = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(node, &stop));
        let (start, reports) = drive(lanes);
        let send_seconds = start.elapsed().as_secs_f64();
        wait_for_empty_mempool(&mut rpc, until);
        stop.store(true, Ordering::Relaxed);
        let commits = watcher.join().unwrap_or_default();
        (start, send_seconds, reports, commits)
    });

    let (after, _) = rpc.app_state().map_err(|e| e.to_string())?;
    tally.read(&mut rpc, before + 1, after)?;
    let last = tally.blocks.last().map_or(before, |b| b.height);
    let end = commits.iter().find(|(height, _)| *height >= last).map_or_else(Instant::now, |(_, at)| *at);
    let seconds = end.duration_since(start).as_secs_f64();

    let mut rejected = BTreeMap::new();
    for (why, count) in reports.iter().flat_map(|r| &r.rejected) {
        *rejected.entry(why.clone()).or_default() += count;
    }
    let report = Report {
        tx_per_second: tally.committed as f64 / seconds.max(f64::EPSILON),
        seconds,
        send_seconds,
        sent,
        accepted: reports.iter().map(|r| r.accepted).sum(),
        committed: tally.committed,
        failed: tally.failed,
        twice: tally.twice,
        rejected,
        bytes_per_tx: bytes as f64 / sent.max(1) as f64,
        blocks: tally.blocks,
        latency: reports.into_iter().map(latency).collect(),
    };
    report.print(args.json)
}

/// Distinct transactions that `abci-cli kvstore` accepts: exactly one `=`, not at an
/// end.
fn key_values(count: u64, size: usize) -> Vec<Vec<u8>> {
    let run = format!("{:?}", std::time::SystemTime::now());
    let make = |index: u64| {
        let digest = Sha256::new().chain_update(&run).chain_update(index.to_be_bytes()).finalize();
        let mut tx = hex::encode(digest).into_bytes();
        tx.push(b'=');
        // The same bytes again and again would be compressed on the way to the disk.
        let mut state = u64::from_be_bytes(digest[..8].try_into().unwrap_or_default()) | 1;
        while tx.len() < size {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            tx.push(b'a' + (state % 26) as u8);
        }
        tx
    };
    (0..count).map(make).collect()
}

/// Spreads transactions over connections, each account's over one.
fn share(txs: Vec<Vec<u8>>, connections: usize) -> Vec<Vec<Vec<u8>>> {
    let mut lanes = vec![Vec::new(); connections];
    let mut lane_of = BTreeMap::new();
    for (index, tx) in txs.into_iter().enumerate() {
        let lane = match signer(&tx) {
            Some(id) => {
                let next = lane_of.len() % connections;
                *lane_of.entry(id).or_insert(next)
            }
            None => index % connections,
        };
        lanes[lane].push(tx);
    }
    lanes
}

/// Runs all lanes from the same moment.
fn drive(lanes: Vec<Lane>) -> (Instant, Vec<LaneReport>) {
    let barrier = Barrier::new(lanes.len() + 1);
    thread::scope(|scope| {
        let barrier = &barrier;
        let begin = |lane: Lane| {
            scope.spawn(move || {
                barrier.wait();
                lane.drive()
            })
        };
        let threads: Vec<_> = lanes.into_iter().map(begin).collect();
        barrier.wait();
        let start = Instant::now();
        (start, threads.into_iter().map(|t| t.join().unwrap_or_default()).collect())
    })
}

/// When each height was seen to be committed by the application.
fn watch(node: &str, stop: &AtomicBool) -> Vec<(u64, Instant)> {
    let mut rpc = Rpc::new(node);
    let mut commits: Vec<(u64, Instant)> = Vec::new();
    loop {
        let last_round = stop.load(Ordering::Relaxed);
        // A node that does not answer now is asked again.
        if let Ok((height, _)) = rpc.app_state()
            && commits.last().is_none_or(|(last, _)| height > *last)
        {
            commits.push((height, Instant::now()));
        }
        if last_round {
            return commits;
        }
        thread::sleep(WATCH);
    }
}

/// CometBFT takes transactions out of the mempool after the application's Commit.
fn wait_for_empty_mempool(rpc: &mut Rpc, until: Instant) {
    while Instant::now() < until && rpc.waiting().ok() != Some(0) {
        thread::sleep(WATCH);
    }
}

fn latency(report: LaneReport) -> Latency {
    let mut sorted = report.latencies;
    sorted.sort_by(f64::total_cmp);
    let at = |part: f64| sorted.get((part * sorted.len() as f64) as usize).copied().unwrap_or_default() * 1000.0;
    let max = sorted.last().copied().unwrap_or_default() * 1000.0;
    Latency { requests: sorted.len(), p50: at(0.5), p99: at(0.99), max }
}

impl Report {
    fn print(&self, json: bool) -> Result<(), String> {
        if json {
            println!("{}", serde_json::to_string(self).map_err(|e| e.to_string())?);
            return Ok(());
        }
        println!("{:.0} tx/s: {} committed with code 0 in {:.2} s", self.tx_per_second, self.committed, self.seconds);
        println!(
            "sent {} of {:.0} bytes in {:.2} s, accepted {}",
            self.sent, self.bytes_per_tx, self.send_seconds, self.accepted
        );
        for (what, counts) in [("rejected", &self.rejected), ("failed in a block", &self.failed)] {
            for (why, count) in counts {
                println!("{what}: {count} × {why}");
            }
        }
        if self.twice > 0 {
            println!("COMMITTED TWICE: {}", self.twice);
        }
        for block in &self.blocks {
            println!("block {}: {} txs, {:.2} s after the one before", block.height, block.txs, block.seconds);
        }
        for (index, l) in self.latency.iter().enumerate() {
            println!(
                "connection {index}: {} requests, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
                l.requests, l.p50, l.p99, l.max
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_values_are_what_kvstore_accepts() {
        let txs = key_values(50, 300);
        for tx in &txs {
            assert_eq!((tx.len(), tx.iter().filter(|b| **b == b'=').count()), (300, 1));
            assert!(!tx.contains(&b':') && tx[0] != b'=' && tx[299] != b'=');
        }
        let distinct: std::collections::BTreeSet<_> = txs.iter().collect();
        assert_eq!(distinct.len(), 50);
    }

    #[test]
    fn transactions_without_a_signer_are_spread_evenly() {
        let lanes = share(key_values(10, 72), 3);
        assert_eq!(lanes.iter().map(Vec::len).collect::<Vec<_>>(), [4, 3, 3]);
    }
}
