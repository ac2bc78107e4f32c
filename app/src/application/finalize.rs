//! FinalizeBlock executes, Commit persists.

use std::{
    sync::{Arc, PoisonError},
    time::Instant,
};

use prost::Message;
use rayon::prelude::*;
use synergy_abci::{
    Fault,
    messages::{ConsensusParams, ExecTxResult, RequestFinalizeBlock, ResponseCommit, ResponseFinalizeBlock},
};
use synergy_kernel::{Block, BlockGas, Ctx, EndBlock, Gas, Hash, Result, State};
use synergy_store::Prepared;

use super::{
    App, Committed,
    consensus::{consensus_block, validator_updates},
    fault,
    init::block_meta,
    lock,
};
use crate::{
    ante::{AnteRules, verify_ahead},
    execute, index,
    tx::Tx,
};

/// An executed block that waits for Commit.
pub(super) struct Pending {
    prepared: Prepared,
    block: Block,
    included: Vec<Hash>,
    /// For the index of transactions, if there is one.
    indexed: Option<synergy_indexer::Block>,
}

/// The transactions of a block, decoded or refused.
type BlockSource = Vec<Result<Arc<Tx>>>;

struct Outcome {
    results: Vec<ExecTxResult>,
    events: Vec<synergy_kernel::Event>,
    gas: BlockGas,
    end: EndBlock,
}

impl App {
    pub(super) fn do_finalize_block(
        &self,
        request: RequestFinalizeBlock,
    ) -> std::result::Result<ResponseFinalizeBlock, Fault> {
        let started = Instant::now();
        let committed = self.committed();
        let height = u64::try_from(request.height).map_err(|e| fault("block height", e))?;
        if committed.block.chain_id.is_empty() || height != committed.block.height.saturating_add(1) {
            return Err(Fault(format!(
                "FinalizeBlock for height {height} after height {}: the node and its application are not of one chain",
                committed.block.height
            )));
        }
        let head = self.store.head();
        let app_hash = if head.height == 0 { Vec::new() } else { head.app_hash.to_vec() };
        let block = consensus_block(&request, &committed.block.chain_id, app_hash).map_err(|e| fault("block", e))?;
        let txs = self.decode_and_verify(&request.txs, &committed);
        let mut state = committed.state.clone();
        self.upgrade(&mut state, &block)?;
        let Outcome { results, events, gas, end } =
            self.run_block(&mut state, &block, &txs).map_err(|e| fault("block execution", e))?;
        let changes = state.into_changes();
        let prepared = self.store.prepare(height, changes);
        let app_hash = prepared.app_hash();
        self.metrics.block(&results, gas, started.elapsed());
        let included = txs.iter().flatten().map(|tx| tx.hash).collect();
        let time = (block.seconds, i32::try_from(block.nanos).unwrap_or_default());
        let indexed = self.indexer.as_ref().map(|_| index::block(height, time, &request.txs, &results));
        *lock(&self.pending) = Some(Pending { prepared, block, included, indexed });
        Ok(ResponseFinalizeBlock {
            events: execute::events(events),
            tx_results: results,
            app_hash: app_hash.to_vec().into(),
            validator_updates: validator_updates(end.validator_updates)?,
            consensus_param_updates: end
                .consensus_params
                .map(|p| ConsensusParams::decode(p.as_slice()))
                .transpose()
                .map_err(|e| fault("consensus params", e))?,
        })
    }

    /// Decodes the transactions of a block and verifies their signatures in
    /// parallel, as far as accounts of the committed state tell. The ante repeats
    /// every check; here only the time is spent.
    fn decode_and_verify(&self, txs: &[bytes::Bytes], committed: &Committed) -> BlockSource {
        txs.par_iter()
            .with_min_len(16)
            .map(|bytes| {
                let tx = self.txs.get(&self.chain.routes, bytes)?;
                verify_ahead(&tx, &committed.block.chain_id, |address| committed.account(address));
                Ok(tx)
            })
            .collect()
    }

    fn run_block(&self, state: &mut State, block: &Block, txs: &BlockSource) -> Result<Outcome> {
        let mut gas = Gas::unlimited();
        let mut ctx = Ctx::new(state, block, &mut gas).with_routes(&self.chain.routes);
        self.chain.begin_block(&mut ctx)?;
        let mut events = ctx.state.take_events();
        let rules = AnteRules::read(&mut ctx)?;
        let (results, gas) = execute::transactions(&mut ctx, &rules, txs);
        let end = self.chain.end_block(&mut ctx, gas)?;
        events.extend(ctx.state.take_events());
        Ok(Outcome { results, events, gas, end })
    }

    pub(super) fn do_commit(&self) -> std::result::Result<ResponseCommit, Fault> {
        let started = Instant::now();
        let Some(Pending { prepared, block, included, indexed }) = lock(&self.pending).take() else {
            return Err(Fault("Commit without FinalizeBlock".to_owned()));
        };
        let height = block.height;
        let (retain_height, mut meta) = self.retain_height(height)?;
        meta.push(block_meta(&block));
        self.store.commit(prepared, meta);
        // As it is read after a restart.
        let Block { seconds, nanos, chain_id, .. } = block;
        let block = Block { height, seconds, nanos, chain_id, ..Block::default() };
        let committed = Committed { state: State::new(self.store.latest()), block, genesis: None };
        *self.committed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(committed);
        if let (Some(indexer), Some(block)) = (&self.indexer, indexed) {
            indexer.feed(block);
        }
        self.txs.forget(&included);
        self.reset_check();
        self.snapshot_if_due(height);
        self.metrics.commit(height, started.elapsed(), || self.store.size_on_disk());
        if self.config.halt_height != 0 && height >= self.config.halt_height {
            return Err(Fault(format!("halted at height {height} as halt-height says")));
        }
        Ok(ResponseCommit { retain_height })
    }
}

impl Committed {
    /// An account of the committed state, unmetered.
    pub(super) fn account(&self, address: &synergy_proto::Address) -> Option<synergy_proto::synergy::auth::Account> {
        synergy_auth::peek(&self.state, address)
    }
}
