//! Counting what blocks hold.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::rpc::{Block, Rpc};

/// The transactions of a run, found in blocks.
#[derive(Default)]
pub(crate) struct Tally {
    /// Hash → how often it was found.
    sent: BTreeMap<[u8; 32], u32>,
    /// With code 0.
    pub(crate) committed: u64,
    /// With another code, by its log.
    pub(crate) failed: BTreeMap<String, u64>,
    /// Found again after the first time.
    pub(crate) twice: u64,
    pub(crate) blocks: Vec<BlockLine>,
}

/// A block that holds transactions of the run.
#[derive(Debug, Serialize)]
pub(crate) struct BlockLine {
    pub(crate) height: u64,
    /// Of the run, with code 0.
    pub(crate) txs: u64,
    /// Since the block before, by the headers' times.
    pub(crate) seconds: f64,
}

impl Tally {
    /// Looks for `txs`.
    pub(crate) fn of<'a>(txs: impl Iterator<Item = &'a Vec<u8>>) -> Self {
        let sent = txs.map(|tx| (Sha256::digest(tx).into(), 0)).collect();
        Tally { sent, ..Default::default() }
    }

    /// Reads blocks `first..=last`.
    pub(crate) fn read(&mut self, rpc: &mut Rpc, first: u64, last: u64) -> Result<(), String> {
        let mut before = rpc.block(first.saturating_sub(1).max(1)).map_err(|e| e.to_string())?.time;
        for height in first..=last {
            let block = rpc.executed_block(height).map_err(|e| e.to_string())?;
            let seconds = block.time - before;
            before = block.time;
            let txs = self.add(&block);
            if txs > 0 {
                self.blocks.push(BlockLine { height, txs, seconds });
            }
        }
        Ok(())
    }

    /// How many transactions of the run `block` commits.
    fn add(&mut self, block: &Block) -> u64 {
        let mut committed = 0;
        for (tx, result) in block.txs.iter().zip(&block.results) {
            let hash: [u8; 32] = Sha256::digest(tx).into();
            let Some(found) = self.sent.get_mut(&hash) else { continue };
            *found += 1;
            if *found > 1 {
                self.twice += 1;
            } else if result.code == 0 {
                committed += 1;
            } else {
                *self.failed.entry(format!("code {}: {:.120}", result.code, result.log)).or_default() += 1;
            }
        }
        self.committed += committed;
        committed
    }
}
