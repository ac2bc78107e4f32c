//! InitChain: the genesis state. It stays in memory until the first Commit, so a
//! crash before that makes CometBFT send it again and nothing is left over.

use std::sync::Arc;

use prost::Message;
use sha2::{Digest, Sha256};
use synergy_abci::{
    Fault,
    messages::{RequestInitChain, ResponseInitChain, ValidatorUpdate},
};
use synergy_kernel::{Block, Ctx, Gas, Hash, State};
use synergy_store::Store;

use super::{App, Committed, consensus::validator_updates, fault};
use crate::consensus;

/// Name of the committed block's metadata in the store.
const BLOCK: &str = "block";

impl App {
    pub(super) fn do_init_chain(&self, request: RequestInitChain) -> Result<ResponseInitChain, Fault> {
        let genesis: Hash = Sha256::digest(request.encode_to_vec()).into();
        if self.store.head().height > 0 {
            return Err(Fault(format!(
                "InitChain on a database that holds height {}: its home belongs to a running chain; \
                 use another --home, or reset both data folders",
                self.store.head().height
            )));
        }
        let first = u64::try_from(request.initial_height).unwrap_or(1).max(1);
        if self.committed().genesis.is_some_and(|before| before != genesis) {
            return Err(Fault("InitChain came twice with different genesis files".to_owned()));
        }
        let time = request.time.unwrap_or_default();
        let block = Block {
            height: first.saturating_sub(1),
            seconds: time.seconds,
            nanos: u32::try_from(time.nanos).unwrap_or(0),
            chain_id: request.chain_id,
            ..Block::default()
        };
        let mut state = State::new(self.store.latest());
        let mut gas = Gas::unlimited();
        let mut ctx = Ctx::new(&mut state, &block, &mut gas).with_routes(&self.chain.routes);
        let params = request.consensus_params.unwrap_or_default();
        consensus::init(&mut ctx, &params)
            .and_then(|()| self.chain.init_genesis(&mut ctx, &request.app_state_bytes))
            .map_err(|e| fault("genesis file", e))?;
        let validators = synergy_staking::genesis_set(&mut ctx).map_err(|e| fault("genesis file", e))?;
        let validators = same_set(request.validators, validator_updates(validators)?)?;
        state.take_events();
        let app_hash = self.store.prepare(first, state.clone().into_changes()).app_hash();
        *self.committed.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Arc::new(Committed { state, block, genesis: Some(genesis) });
        self.reset_check();
        Ok(ResponseInitChain { app_hash: app_hash.to_vec().into(), validators, ..ResponseInitChain::default() })
    }
}

/// The validators of the staking state, which the genesis file's own list must
/// name too if it names any.
fn same_set(listed: Vec<ValidatorUpdate>, staked: Vec<ValidatorUpdate>) -> Result<Vec<ValidatorUpdate>, Fault> {
    let sorted = |list: &[ValidatorUpdate]| {
        let mut encoded: Vec<_> = list.iter().map(Message::encode_to_vec).collect();
        encoded.sort_unstable();
        encoded
    };
    if listed.is_empty() || sorted(&listed) == sorted(&staked) {
        return Ok(staked);
    }
    Err(Fault(format!(
        "genesis file: its `validators` list has {} entries that are not the {} bonded validators of app_state.staking: \
         leave the list empty, staking makes it",
        listed.len(),
        staked.len()
    )))
}

/// The block of the last commit, as [`block_bytes`] wrote it.
pub(super) fn stored_block(store: &Store) -> Result<Block, String> {
    let Some(bytes) = store.meta(BLOCK) else { return Ok(Block::default()) };
    let read = || {
        let (numbers, chain_id) = bytes.split_at_checked(20)?;
        Some(Block {
            height: u64::from_be_bytes(numbers[..8].try_into().ok()?),
            seconds: i64::from_be_bytes(numbers[8..16].try_into().ok()?),
            nanos: u32::from_be_bytes(numbers[16..].try_into().ok()?),
            chain_id: String::from_utf8(chain_id.to_vec()).ok()?,
            ..Block::default()
        })
    };
    read().ok_or_else(|| "the database's block metadata cannot be read: was it written by another program?".to_owned())
}

/// Metadata that goes with a commit.
pub(super) fn block_meta(block: &Block) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    bytes.extend(block.height.to_be_bytes());
    bytes.extend(block.seconds.to_be_bytes());
    bytes.extend(block.nanos.to_be_bytes());
    bytes.extend(block.chain_id.as_bytes());
    (BLOCK.to_owned(), bytes)
}
