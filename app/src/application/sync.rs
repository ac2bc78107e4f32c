//! State sync: snapshots taken beside the blocks, offered to peers, and restored.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use prost::Message;
use synergy_abci::{
    Fault,
    messages::{
        RequestApplySnapshotChunk, RequestLoadSnapshotChunk, RequestOfferSnapshot, ResponseApplySnapshotChunk,
        ResponseListSnapshots, ResponseLoadSnapshotChunk, ResponseOfferSnapshot, Snapshot as Listed,
        response_apply_snapshot_chunk::Result as Applied, response_offer_snapshot::Result as Offered,
    },
};
use synergy_kernel::{Block, Ctx, Gas, Hash, State};
use synergy_store::{Restore, sha256};

use super::{App, Committed, init::block_meta, lock};
use crate::snapshots::{self, Blobs, FORMAT, Metadata, Snapshots, Source};

/// A snapshot that comes in.
pub(super) struct Restoring {
    restore: Restore,
    height: u64,
    chunks: u32,
    state_chunks: u32,
    next: u32,
    /// Blobs that the restored state refers to and that have not come yet.
    missing: Option<VecDeque<Hash>>,
}

/// The thread that takes snapshots; one at a time.
pub(super) struct Taker {
    snapshots: Snapshots,
    worker: Mutex<Option<JoinHandle<()>>>,
    stop: Arc<AtomicBool>,
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(worker) = lock(&self.worker).take() {
            let _ = worker.join();
        }
    }
}

impl Taker {
    pub(super) fn new(snapshots: Snapshots) -> Self {
        Self { snapshots, worker: Mutex::default(), stop: Arc::default() }
    }

    /// Takes one in the background. A disk that has no room for snapshots does not stop
    /// the chain: it is told in the log, and the next one is tried.
    fn start(&self, source: Source, keep: usize) {
        let mut worker = lock(&self.worker);
        if worker.as_ref().is_some_and(|worker| !worker.is_finished()) {
            tracing::warn!(height = source.snapshot.height(), "no snapshot: the one before is still being taken");
            return;
        }
        let (snapshots, stop) = (self.snapshots.clone(), self.stop.clone());
        let take = move || match snapshots.take(&source, &stop).and_then(|s| snapshots.prune(keep).map(|()| s)) {
            Ok(Some(s)) => tracing::info!(height = s.height, chunks = s.chunks, "snapshot taken"),
            Ok(None) => {}
            Err(error) => tracing::error!(height = source.snapshot.height(), %error, "no snapshot"),
        };
        match thread::Builder::new().name("snapshot".into()).spawn(take) {
            Ok(handle) => *worker = Some(handle),
            Err(error) => tracing::error!(%error, "no thread for a snapshot"),
        }
    }
}

impl App {
    /// Takes snapshots into this folder, as the settings of `state-sync` say, and offers them.
    #[must_use]
    pub fn with_snapshots(mut self, snapshots: Snapshots) -> Self {
        self.taker = Some(Taker::new(snapshots));
        self
    }

    /// The state after the last block, for a snapshot.
    ///
    /// # Errors
    /// A state that a new node could not go on from.
    pub(crate) fn source(&self) -> Result<Source, String> {
        let committed = self.committed();
        let (state, block) = (&committed.state, &committed.block);
        read(state, block, |ctx| synergy_staking::header(ctx, block.height))?
            .ok_or("staking keeps no headers (historical_entries is 0), which a new node reads the chain's id from")?;
        let blobs = snapshots::blobs(&self.chain, state, block).map_err(|e| e.to_string())?;
        let (store, snapshot, app_hash) = (self.store.clone(), self.store.latest(), self.store.head().app_hash);
        Ok(Source { store, snapshot, app_hash, blobs })
    }

    /// Takes a snapshot of the block just committed, if its height is one for that.
    pub(super) fn snapshot_if_due(&self, height: u64) {
        let (interval, keep) = (self.config.state_sync.interval, self.config.state_sync.keep_recent);
        let due = height.checked_rem(interval) == Some(0);
        if let Some(taker) = self.taker.as_ref().filter(|_| due) {
            match self.source() {
                Ok(source) => taker.start(source, keep),
                Err(error) => tracing::error!(height, error, "no snapshot"),
            }
        }
    }

    pub(super) fn do_list_snapshots(&self) -> ResponseListSnapshots {
        let offered = self.taker.as_ref().map(|taker| taker.snapshots.offered()).transpose();
        let snapshots = offered.unwrap_or_else(|error| {
            tracing::error!(%error, "snapshots cannot be listed");
            None
        });
        ResponseListSnapshots { snapshots: snapshots.unwrap_or_default() }
    }

    pub(super) fn do_load_chunk(&self, request: &RequestLoadSnapshotChunk) -> ResponseLoadSnapshotChunk {
        let chunk = self
            .taker
            .as_ref()
            .filter(|_| request.format == FORMAT)
            .and_then(|taker| taker.snapshots.chunk(request.height, request.chunk).ok());
        ResponseLoadSnapshotChunk { chunk: chunk.unwrap_or_default().into() }
    }

    pub(super) fn do_offer(&self, request: RequestOfferSnapshot) -> Result<ResponseOfferSnapshot, Fault> {
        let result = self.offer(request.snapshot.unwrap_or_default(), &request.app_hash);
        Ok(ResponseOfferSnapshot { result: result as i32 })
    }

    /// Begins a restore; one that was begun before is forgotten.
    fn offer(&self, snapshot: Listed, app_hash: &[u8]) -> Offered {
        let mut restoring = lock(&self.restoring);
        *restoring = None;
        if self.store.head().height > 0 {
            tracing::error!("a snapshot for an application that has blocks: state sync needs an empty data folder");
            return Offered::Abort;
        }
        if snapshot.format != FORMAT {
            return Offered::RejectFormat;
        }
        let (Ok(app_hash), Ok(metadata)) = (Hash::try_from(app_hash), Metadata::decode(snapshot.metadata)) else {
            return Offered::Reject;
        };
        if metadata.app_hash != app_hash
            || snapshot.height == 0
            || metadata.state_chunks == 0
            || metadata.state_chunks > snapshot.chunks
        {
            return Offered::Reject;
        }
        *restoring = Some(Restoring {
            restore: self.store.restore(snapshot.height, app_hash),
            height: snapshot.height,
            chunks: snapshot.chunks,
            state_chunks: metadata.state_chunks,
            next: 0,
            missing: None,
        });
        Offered::Accept
    }

    /// Restores a snapshot whose chunks are at hand.
    ///
    /// # Errors
    /// A chunk that is not there or not right.
    pub(crate) fn restore(
        &self,
        snapshot: Listed,
        chunk: impl Fn(u32) -> Result<Vec<u8>, String>,
    ) -> Result<(), String> {
        let app_hash = Metadata::decode(snapshot.metadata.clone()).map_err(|e| e.to_string())?.app_hash;
        let chunks = snapshot.chunks;
        let offered = self.offer(snapshot, &app_hash);
        let mut restoring =
            lock(&self.restoring).take().ok_or_else(|| format!("the snapshot is refused: {offered:?}"))?;
        for index in 0..chunks {
            self.apply(&mut restoring, &chunk(index)?).map_err(|e| format!("chunk {index}: {e}"))?;
            restoring.next = restoring.next.saturating_add(1);
        }
        self.finish(restoring)
    }

    pub(super) fn do_apply_chunk(
        &self,
        request: RequestApplySnapshotChunk,
    ) -> Result<ResponseApplySnapshotChunk, Fault> {
        let mut current = lock(&self.restoring);
        let Some(mut restoring) = current.take() else {
            return Err(Fault("a chunk of a snapshot that was not accepted".to_owned()));
        };
        if request.index != restoring.next {
            return Err(Fault(format!("chunk {} of a snapshot where {} is due", request.index, restoring.next)));
        }
        if let Err(error) = self.apply(&mut restoring, &request.chunk) {
            tracing::warn!(chunk = request.index, sender = request.sender, error, "refused a chunk");
            *current = Some(restoring);
            return Ok(ResponseApplySnapshotChunk {
                result: Applied::Retry as i32,
                refetch_chunks: vec![request.index],
                reject_senders: vec![request.sender],
            });
        }
        restoring.next = restoring.next.saturating_add(1);
        let mut result = Applied::Accept;
        if restoring.next < restoring.chunks {
            *current = Some(restoring);
        } else if let Err(error) = self.finish(restoring) {
            tracing::warn!(error, "refused a snapshot");
            result = Applied::RejectSnapshot;
        }
        Ok(ResponseApplySnapshotChunk { result: result as i32, ..ResponseApplySnapshotChunk::default() })
    }

    fn apply(&self, restoring: &mut Restoring, chunk: &[u8]) -> Result<(), String> {
        if restoring.next < restoring.state_chunks {
            return restoring.restore.apply(chunk).map_err(|e| e.to_string());
        }
        let missing = match &mut restoring.missing {
            Some(missing) => missing,
            none => none.insert(self.referred()?),
        };
        let Blobs { blobs } = Blobs::decode(chunk).map_err(|e| e.to_string())?;
        let right = blobs.iter().map(|blob| sha256(blob)).eq(missing.iter().take(blobs.len()).copied());
        if blobs.is_empty() || !right {
            return Err("its blobs are not the next ones that the state refers to".to_owned());
        }
        blobs.iter().for_each(|blob| restoring.restore.put_blob(blob));
        missing.drain(..blobs.len());
        Ok(())
    }

    /// Blobs of the state whose chunks have all come.
    fn referred(&self) -> Result<VecDeque<Hash>, String> {
        let state = State::new(self.store.latest());
        let blobs = snapshots::blobs(&self.chain, &state, &Block::default()).map_err(|e| e.to_string())?;
        Ok(blobs.into_iter().collect())
    }

    fn finish(&self, restoring: Restoring) -> Result<(), String> {
        let Restoring { restore, height, missing, .. } = restoring;
        let missing = match missing {
            Some(missing) => missing,
            None => self.referred()?,
        };
        if !missing.is_empty() {
            return Err(format!("{} blobs of the state are not in the snapshot", missing.len()));
        }
        let state = State::new(self.store.latest());
        let header = read(&state, &Block::default(), |ctx| synergy_staking::header(ctx, height))?
            .ok_or("the state has no header of its height")?;
        drop(state);
        let time = header.time.unwrap_or_default();
        let block = Block {
            height,
            seconds: time.seconds,
            nanos: u32::try_from(time.nanos).unwrap_or(0),
            chain_id: header.chain_id,
            ..Block::default()
        };
        let head = restore.finish(vec![block_meta(&block)]).map_err(|e| e.to_string())?;
        let committed = Committed { state: State::new(self.store.latest()), block, genesis: None };
        *self.committed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(committed);
        self.reset_check();
        self.prepare().map_err(|e| e.to_string())?;
        tracing::info!(height = head.height, app_hash = hex::encode(head.app_hash), "state restored from a snapshot");
        Ok(())
    }
}

fn read<T>(
    state: &State,
    block: &Block,
    f: impl FnOnce(&mut Ctx<'_>) -> synergy_kernel::Result<T>,
) -> Result<T, String> {
    let (mut state, mut gas) = (state.clone(), Gas::unlimited());
    f(&mut Ctx::new(&mut state, block, &mut gas)).map_err(|e| e.to_string())
}
