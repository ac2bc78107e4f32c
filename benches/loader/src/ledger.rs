//! A list of what blocks held, kept outside of the chain, to hold the chain to it later.
//!
//! A line for each block, `HEIGHT APP_HASH`, and for each of its transactions,
//! `HEIGHT tx HASH`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::rpc::{Block, Rpc};

/// Pause when there is no new block, or no answer.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(crate) struct RecordArgs {
    /// The list; it is continued if it is there
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// First height
    #[arg(long, default_value_t = 1)]
    first: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SurvivedArgs {
    /// The list that `record` wrote
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// Seconds to wait until the node has the last height of the list
    #[arg(long, default_value_t = 60)]
    patience: u64,
}

/// What the list says of a block.
#[derive(Default)]
struct Listed {
    app_hash: String,
    txs: BTreeSet<String>,
}

/// Follows the chain through restarts of the node, until killed.
pub(crate) fn record(node: &str, args: &RecordArgs) -> Result<(), String> {
    let written = read(&args.list).unwrap_or_default();
    let mut next = written.keys().next_back().map_or(args.first, |last| last + 1);
    let open = OpenOptions::new().create(true).append(true).open(&args.list);
    let mut list = open.map_err(|e| format!("{}: {e}", args.list.display()))?;
    let mut rpc = Rpc::new(node);
    loop {
        // The results of the last height may still be missing: only those below it are final here.
        let stored = rpc.stored_height().unwrap_or(0);
        while next < stored {
            let Ok(block) = rpc.block(next) else { break };
            list.write_all(lines(&block).as_bytes()).map_err(|e| format!("{}: {e}", args.list.display()))?;
            next += 1;
        }
        thread::sleep(PAUSE);
    }
}

fn lines(block: &Block) -> String {
    let mut text = format!("{} {}\n", block.height, block.app_hash);
    for hash in hashes(block) {
        text.push_str(&format!("{} tx {hash}\n", block.height));
    }
    text
}

fn hashes(block: &Block) -> impl Iterator<Item = String> {
    block.txs.iter().map(|tx| hex::encode_upper(Sha256::digest(tx)))
}

fn read(list: &PathBuf) -> Result<BTreeMap<u64, Listed>, String> {
    let file = File::open(list).map_err(|e| format!("{}: {e}", list.display()))?;
    let mut blocks: BTreeMap<u64, Listed> = BTreeMap::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|e| format!("{}: {e}", list.display()))?;
        let parts: Vec<&str> = line.split(' ').collect();
        let height = parts[0].parse::<u64>().map_err(|_| format!("{}: no line of a list: {line}", list.display()))?;
        let block = blocks.entry(height).or_default();
        match parts[1..] {
            [app_hash] => block.app_hash = app_hash.to_owned(),
            ["tx", hash] => drop(block.txs.insert(hash.to_owned())),
            _ => return Err(format!("{}: no line of a list: {line}", list.display())),
        }
    }
    Ok(blocks)
}

/// Whether the node has every block of the list as it was, from its first block on.
pub(crate) fn survived(node: &str, args: &SurvivedArgs) -> Result<(), String> {
    let listed = read(&args.list)?;
    let Some(last) = listed.keys().next_back() else { return Err("the list is empty".into()) };
    let mut rpc = Rpc::new(node);
    let end = Instant::now() + Duration::from_secs(args.patience);
    while rpc.stored_height().unwrap_or(0) < *last {
        if Instant::now() > end {
            return Err(format!("the node has no height {last} after {} s", args.patience));
        }
        thread::sleep(PAUSE);
    }
    let earliest = rpc.earliest_height().map_err(|e| e.to_string())?;
    let (mut txs, mut blocks) = (0, 0);
    for (height, expected) in listed.range(earliest..) {
        let block = rpc.block(*height).map_err(|e| format!("block {height}: {e}"))?;
        if block.app_hash != expected.app_hash {
            return Err(format!("block {height} has app hash {}, it had {}", block.app_hash, expected.app_hash));
        }
        let found: BTreeSet<String> = hashes(&block).collect();
        if let Some(lost) = expected.txs.difference(&found).next() {
            return Err(format!("transaction {lost} of block {height} is lost"));
        }
        txs += expected.txs.len();
        blocks += 1;
    }
    if blocks == 0 {
        return Err(format!("the node's first block is {earliest}, the list ends at {last}"));
    }
    println!("{txs} transactions of {blocks} blocks to {last} are all there");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let txs = vec![b"one".to_vec(), b"two".to_vec()];
        let block = |height, txs| Block { height, app_hash: "AB".into(), time: 0.0, txs, results: Vec::new() };
        let path = std::env::temp_dir().join(format!("ledger-{}", std::process::id()));
        std::fs::write(&path, lines(&block(7, txs)) + &lines(&block(8, Vec::new()))).unwrap();
        let listed = read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(listed.keys().copied().collect::<Vec<_>>(), [7, 8]);
        assert_eq!((listed[&7].app_hash.as_str(), listed[&7].txs.len(), listed[&8].txs.len()), ("AB", 2, 0));
        assert!(listed[&7].txs.contains(&hex::encode_upper(Sha256::digest(b"one"))));
    }
}
