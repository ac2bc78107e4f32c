//! How many of its blocks CometBFT keeps.

use synergy_abci::Fault;
use synergy_store::Store;

use super::{App, fault};
use crate::consensus;

/// Name of the height's metadata in the store.
const RETAIN: &str = "retain_height";
/// Blocks that go with one commit at most: CometBFT deletes them before the next
/// block, so a first large step would hold the node up.
const STEP: u64 = 20;

impl App {
    /// The oldest block that CometBFT must keep after this commit, 0 for all, and the
    /// metadata that remembers it.
    pub(super) fn retain_height(&self, height: u64) -> Result<(i64, Vec<(String, Vec<u8>)>), Fault> {
        if self.config.min_retain_blocks == 0 {
            return Ok((0, Vec::new()));
        }
        let params = self.read(consensus::params).map_err(|e| fault("consensus params", e))?;
        // A block is needed as long as evidence against its validators can come.
        let evidence = params.and_then(|p| p.evidence).map_or(0, |e| u64::try_from(e.max_age_num_blocks).unwrap_or(0));
        let kept = self.config.min_retain_blocks.max(evidence).max(self.snapshots_reach_back());
        let before = stored(&self.store)?;
        let next = height.saturating_sub(kept).clamp(before, before.saturating_add(STEP));
        let meta = vec![(RETAIN.to_owned(), next.to_be_bytes().to_vec())];
        Ok((i64::try_from(next).map_err(|e| fault("retain height", e))?, meta))
    }

    /// Blocks that a node needs which begins with the oldest snapshot that is kept. All of
    /// them if all snapshots are kept.
    fn snapshots_reach_back(&self) -> u64 {
        let state_sync = &self.config.state_sync;
        match (state_sync.interval, state_sync.keep_recent) {
            (0, _) => 0,
            (_, 0) => u64::MAX,
            // One more: the newest is offered only when it is finished.
            (interval, keep) => interval.saturating_mul(u64::try_from(keep).unwrap_or(u64::MAX).saturating_add(1)),
        }
    }
}

/// What the last commit kept from.
fn stored(store: &Store) -> Result<u64, Fault> {
    let Some(bytes) = store.meta(RETAIN) else { return Ok(0) };
    let bytes = bytes.try_into().map_err(|_| Fault("the database's retain height cannot be read".to_owned()))?;
    Ok(u64::from_be_bytes(bytes))
}
