//! The ABCI methods, one file each where they have something to say.
//!
//! State lives in three places: `committed`, swapped by Commit; `pending`, the
//! executed block that Commit will make durable; and `check`, the mempool's view,
//! rebuilt at Commit. Nothing is persisted anywhere but in Commit.

mod check;
mod consensus;
mod finalize;
mod init;
mod proposal;
mod query;
mod retain;
mod sync;
mod upgrade;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use synergy_abci::{Application, Fault, messages::*};
use synergy_indexer::Indexer;
use synergy_kernel::{Block, Ctx, Gas, Hash, Result, State};
use synergy_store::Store;

use self::{
    check::Check,
    finalize::Pending,
    sync::{Restoring, Taker},
};
use crate::{Chain, config::AppConfig, home::HomeLock, metrics::Metrics, tx::TxCache};

/// Version of the state machine's rules; raised by upgrades that change them.
pub const APP_VERSION: u64 = 1;

/// Bytes of transactions that are kept decoded between CheckTx and inclusion.
const TX_CACHE_BYTES: usize = 64 << 20;

/// The application behind CometBFT's four connections.
pub struct App {
    chain: Chain,
    store: Store,
    txs: TxCache,
    committed: RwLock<Arc<Committed>>,
    check: Mutex<Option<Check>>,
    pending: Mutex<Option<Pending>>,
    restoring: Mutex<Option<Restoring>>,
    taker: Option<Taker>,
    indexer: Option<Indexer>,
    config: AppConfig,
    min_gas_price: u128,
    metrics: Metrics,
    /// Where the plan goes that this program cannot carry out; nowhere in tests.
    upgrade_info: Option<PathBuf>,
    /// Keeps other processes out as long as this one lives.
    _lock: Option<HomeLock>,
}

/// What the last Commit left, and before the first one what InitChain made.
struct Committed {
    /// The state; over an empty database it carries the genesis writes.
    state: State,
    /// The block that made it; height 0 before the first.
    block: Block,
    /// Hash of the InitChain request that made the genesis, before the first block.
    genesis: Option<Hash>,
}

impl App {
    /// The application over an opened store.
    pub fn new(chain: Chain, store: Store, config: AppConfig) -> std::result::Result<Self, String> {
        let min_gas_price = config.minimum_gas_price().map_err(|e| e.to_string())?;
        let block = init::stored_block(&store)?;
        let committed = Committed { state: State::new(store.latest()), block, genesis: None };
        let app = Self {
            chain,
            store,
            txs: TxCache::new(TX_CACHE_BYTES),
            committed: RwLock::new(Arc::new(committed)),
            check: Mutex::new(None),
            pending: Mutex::new(None),
            restoring: Mutex::new(None),
            taker: None,
            indexer: None,
            config,
            min_gas_price,
            metrics: Metrics::new(),
            upgrade_info: None,
            _lock: None,
        };
        app.reset_check();
        Ok(app)
    }

    /// The same, writing `upgrade-info.json` to a folder when an upgrade is due that
    /// this program does not know.
    #[must_use]
    pub fn with_upgrade_info(mut self, data: &Path) -> Self {
        self.upgrade_info = Some(data.join("upgrade-info.json"));
        self
    }

    /// Fills what modules keep in memory for the committed state; to be called before
    /// consensus is.
    ///
    /// # Errors
    /// What keeps the node from starting.
    pub fn prepare(&self) -> Result<()> {
        self.read(|ctx| self.chain.prepare(ctx))
    }

    /// The same, giving each committed block to an index of transactions.
    #[must_use]
    pub fn with_indexer(mut self, indexer: Option<Indexer>) -> Self {
        self.indexer = indexer;
        self
    }

    /// The index of transactions, if the node keeps one.
    pub fn indexer(&self) -> Option<&Indexer> {
        self.indexer.as_ref()
    }

    /// The same, keeping its home to itself as long as it lives.
    #[must_use]
    pub fn with_lock(mut self, lock: HomeLock) -> Self {
        self._lock = Some(lock);
        self
    }

    /// Id of the chain, empty before the first block.
    pub fn chain_id(&self) -> String {
        self.committed().block.chain_id.clone()
    }

    /// The modules and routes.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The node's settings.
    pub fn config(&self) -> &AppConfig {
        &self.config
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn committed(&self) -> Arc<Committed> {
        self.committed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs `f` on a throw-away copy of the committed state, unmetered.
    pub fn read<T>(&self, f: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        let committed = self.committed();
        let (mut state, mut gas) = (committed.state.clone(), Gas::unlimited());
        f(&mut Ctx::new(&mut state, &committed.block, &mut gas).with_routes(&self.chain.routes))
    }
}

/// A handler that panicked ends the process, so what it left is never used.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error where the rules leave no room for one.
fn fault(what: &str, error: impl std::fmt::Display) -> Fault {
    Fault(format!("{what}: {error}"))
}

impl Application for App {
    fn info(&self, _: RequestInfo) -> std::result::Result<ResponseInfo, Fault> {
        let head = self.store.head();
        let last_block_app_hash = if head.height == 0 { Vec::new() } else { head.app_hash.to_vec() };
        Ok(ResponseInfo {
            data: "synergy".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            app_version: APP_VERSION,
            last_block_height: i64::try_from(head.height).map_err(|e| fault("height", e))?,
            last_block_app_hash: last_block_app_hash.into(),
        })
    }

    fn init_chain(&self, request: RequestInitChain) -> std::result::Result<ResponseInitChain, Fault> {
        self.do_init_chain(request)
    }

    fn query(&self, request: RequestQuery) -> std::result::Result<ResponseQuery, Fault> {
        Ok(self.do_query(request))
    }

    fn check_txs(&self, burst: Vec<RequestCheckTx>) -> std::result::Result<Vec<ResponseCheckTx>, Fault> {
        self.do_check_txs(burst)
    }

    fn prepare_proposal(&self, request: RequestPrepareProposal) -> std::result::Result<ResponsePrepareProposal, Fault> {
        let limit = usize::try_from(request.max_tx_bytes).unwrap_or(0);
        Ok(ResponsePrepareProposal { txs: self.admit(request.txs, limit, u64::try_from(request.height).unwrap_or(0))? })
    }

    fn process_proposal(&self, request: RequestProcessProposal) -> std::result::Result<ResponseProcessProposal, Fault> {
        use response_process_proposal::ProposalStatus::{Accept, Reject};
        let accepted = self.accepts(request.txs, u64::try_from(request.height).unwrap_or(0))?;
        Ok(ResponseProcessProposal { status: if accepted { Accept } else { Reject } as i32 })
    }

    fn extend_vote(&self, _: RequestExtendVote) -> std::result::Result<ResponseExtendVote, Fault> {
        Ok(ResponseExtendVote::default())
    }

    fn verify_vote_extension(
        &self,
        request: RequestVerifyVoteExtension,
    ) -> std::result::Result<ResponseVerifyVoteExtension, Fault> {
        use response_verify_vote_extension::VerifyStatus::{Accept, Reject};
        // This chain adds nothing to votes, so nothing is all that it takes.
        let status = if request.vote_extension.is_empty() { Accept } else { Reject };
        Ok(ResponseVerifyVoteExtension { status: status as i32 })
    }

    fn finalize_block(&self, request: RequestFinalizeBlock) -> std::result::Result<ResponseFinalizeBlock, Fault> {
        self.do_finalize_block(request)
    }

    fn commit(&self) -> std::result::Result<ResponseCommit, Fault> {
        self.do_commit()
    }

    fn list_snapshots(&self) -> std::result::Result<ResponseListSnapshots, Fault> {
        Ok(self.do_list_snapshots())
    }

    fn offer_snapshot(&self, request: RequestOfferSnapshot) -> std::result::Result<ResponseOfferSnapshot, Fault> {
        self.do_offer(request)
    }

    fn load_snapshot_chunk(
        &self,
        request: RequestLoadSnapshotChunk,
    ) -> std::result::Result<ResponseLoadSnapshotChunk, Fault> {
        Ok(self.do_load_chunk(&request))
    }

    fn apply_snapshot_chunk(
        &self,
        request: RequestApplySnapshotChunk,
    ) -> std::result::Result<ResponseApplySnapshotChunk, Fault> {
        self.do_apply_chunk(request)
    }
}
