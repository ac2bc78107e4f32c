//! Which transactions make a block. `admit` filters and orders; a proposal is
//! accepted if and only if `admit` would drop nothing of it. Neither executes.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use rayon::prelude::*;
use synergy_abci::Fault;
use synergy_kernel::{Ctx, Gas};
use synergy_proto::Address;

use super::{App, Committed, fault};
use crate::{
    ante::{AnteRules, verify_ahead},
    tx::Tx,
};

/// A transaction that passed the checks which look at it alone.
struct Candidate {
    bytes: Bytes,
    tx: Arc<Tx>,
    tip: u128,
}

/// What a block has taken so far.
struct Room<'a> {
    committed: &'a Committed,
    sequences: BTreeMap<Address, u64>,
    gas_left: u64,
    lane_left: u64,
    bytes_left: usize,
}

impl Room<'_> {
    /// Takes a transaction if its signers' sequences are next and it fits.
    fn take(&mut self, candidate: &Candidate) -> bool {
        let tx = &candidate.tx;
        let size = proto_size(candidate.bytes.len());
        // Which models an inference uses, and what they take, depends on the transactions
        // before it; the gas limit bounds it and is paid for.
        let reserved = if tx.infers() { tx.gas_limit } else { 0 };
        if tx.gas_limit > self.gas_left || reserved > self.lane_left || size > self.bytes_left {
            return false;
        }
        for signer in &tx.signers {
            let next = match self.sequences.get(&signer.address) {
                Some(next) => *next,
                None => match self.committed.account(&signer.address) {
                    Some(account) => account.sequence,
                    None => return false,
                },
            };
            if next != signer.sequence {
                return false;
            }
        }
        for signer in &tx.signers {
            self.sequences.insert(signer.address, signer.sequence.saturating_add(1));
        }
        self.gas_left = self.gas_left.saturating_sub(tx.gas_limit);
        self.lane_left = self.lane_left.saturating_sub(reserved);
        self.bytes_left = self.bytes_left.saturating_sub(size);
        true
    }
}

/// Bytes that a transaction takes in a block: the protobuf field's tag and length
/// and itself (CometBFT `types/tx.go` ComputeProtoSizeForTxs).
fn proto_size(len: usize) -> usize {
    1 + prost::length_delimiter_len(len) + len
}

impl App {
    /// The transactions of a proposal, by tip within each account's order, as many
    /// as fit into `max_bytes`, the block's gas and its lane for inferences.
    pub(super) fn admit(
        &self,
        txs: Vec<Bytes>,
        max_bytes: usize,
        height: u64,
    ) -> std::result::Result<Vec<Bytes>, Fault> {
        let committed = self.committed();
        let rules = self.rules(&committed)?;
        let candidates = self.candidates(txs, &committed, &rules, height).into_iter().flatten();
        let mut room = Room::new(&committed, &rules, max_bytes);
        let ordered = by_tip(candidates);
        Ok(ordered.into_iter().filter(|c| room.take(c)).map(|c| c.bytes).collect())
    }

    /// Whether nothing of a proposal would be dropped, in the order it has.
    pub(super) fn accepts(&self, txs: Vec<Bytes>, height: u64) -> std::result::Result<bool, Fault> {
        let committed = self.committed();
        let rules = self.rules(&committed)?;
        // CometBFT has held the block against max_bytes itself.
        let mut room = Room::new(&committed, &rules, usize::MAX);
        Ok(self.candidates(txs, &committed, &rules, height).iter().all(|c| c.as_ref().is_some_and(|c| room.take(c))))
    }

    fn rules(&self, committed: &Committed) -> std::result::Result<AnteRules, Fault> {
        let mut state = committed.state.clone();
        AnteRules::read(&mut Ctx::new(&mut state, &committed.block, &mut Gas::unlimited()))
            .map_err(|e| fault("params", e))
    }

    /// The transactions that decode, pay enough, have not timed out and are signed
    /// by accounts of the committed state; `None` for the others.
    fn candidates(
        &self,
        txs: Vec<Bytes>,
        committed: &Committed,
        rules: &AnteRules,
        height: u64,
    ) -> Vec<Option<Candidate>> {
        txs.into_par_iter()
            .with_min_len(16)
            .map(|bytes| {
                let tx = self.txs.get(&self.chain.routes, &bytes).ok()?;
                let in_time = tx.timeout_height == 0 || height <= tx.timeout_height;
                let tip = rules.tip(&tx).ok()?;
                let signed = in_time && verify_ahead(&tx, &committed.block.chain_id, |a| committed.account(a));
                signed.then_some(Candidate { bytes, tx, tip })
            })
            .collect()
    }
}

impl<'a> Room<'a> {
    fn new(committed: &'a Committed, rules: &AnteRules, bytes_left: usize) -> Self {
        Self { committed, sequences: BTreeMap::new(), gas_left: rules.max_gas, lane_left: rules.lane, bytes_left }
    }
}

/// Highest tip first; of one account in the order of arrival; equal tips by
/// arrival.
fn by_tip(candidates: impl Iterator<Item = Candidate>) -> Vec<Candidate> {
    let mut queues: BTreeMap<Address, VecDeque<(usize, Candidate)>> = BTreeMap::new();
    for (arrival, candidate) in candidates.enumerate() {
        if let Some(first) = candidate.tx.signers.first() {
            queues.entry(first.address).or_default().push_back((arrival, candidate));
        }
    }
    let mut heads: BinaryHeap<(u128, Reverse<usize>, Address)> = queues
        .iter()
        .filter_map(|(account, queue)| queue.front().map(|(arrival, c)| (c.tip, Reverse(*arrival), *account)))
        .collect();
    let mut ordered = Vec::new();
    while let Some((_, _, account)) = heads.pop() {
        let Some(queue) = queues.get_mut(&account) else { continue };
        if let Some((_, candidate)) = queue.pop_front() {
            ordered.push(candidate);
        }
        if let Some((arrival, next)) = queue.front() {
            heads.push((next.tip, Reverse(*arrival), account));
        }
    }
    ordered
}
