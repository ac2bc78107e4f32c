use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use sha2::{Digest, Sha256};
use synergy_abci::messages::*;
use synergy_crypto::Scheme;
use synergy_proto::{Address, ConsensusKey, KeyType};

use crate::Account;

/// CometBFT's limit on a set's power.
const MAX_TOTAL_POWER: i64 = i64::MAX / 8;

/// Voting power by encoded public key.
type Set = BTreeMap<Vec<u8>, i64>;

/// CometBFT's bookkeeping of validators: an update of block H is in force at H+2,
/// and an update that it would refuse panics.
#[derive(Default)]
pub struct ValidatorSets {
    /// Consensus addresses that do not vote.
    pub absent: BTreeSet<Address>,
    /// Proofs for the next block.
    pub misbehaviour: Vec<Misbehavior>,
    /// The sets of the last block, of the next one, and of that after it.
    sets: [Set; 3],
}

impl ValidatorSets {
    /// The ed25519 consensus key of test validator `index`.
    pub fn key(index: u32) -> Vec<u8> {
        Account::new(Scheme::Ed25519, index, 0).public_key()
    }

    /// The same key as the genesis file takes it.
    pub fn consensus_key(index: u32) -> ConsensusKey {
        ConsensusKey::new(KeyType::Ed25519, Self::key(index)).expect("an ed25519 key")
    }

    /// The consensus address of test validator `index`.
    pub fn address(index: u32) -> Address {
        Self::consensus_key(index).address()
    }

    /// As InitChain answers: nobody votes for a block before the first.
    pub fn genesis(updates: Vec<ValidatorUpdate>) -> Self {
        let set = apply(&Set::new(), updates);
        Self { sets: [Set::new(), set.clone(), set], ..Self::default() }
    }

    /// After a block that gave these updates.
    pub(crate) fn advance(&mut self, updates: Vec<ValidatorUpdate>) {
        self.misbehaviour.clear();
        let after = apply(&self.sets[2], updates);
        self.sets.rotate_left(1);
        self.sets[2] = after;
    }

    /// Voting power at the next block, by consensus address.
    pub fn powers(&self) -> BTreeMap<Address, i64> {
        self.sets[1].iter().map(|(key, power)| (address(key), *power)).collect()
    }

    /// Voting power at the block after the next, by consensus address.
    pub fn coming(&self) -> BTreeMap<Address, i64> {
        self.sets[2].iter().map(|(key, power)| (address(key), *power)).collect()
    }

    /// A proof that a validator signed twice at a height.
    pub fn double_sign(&mut self, validator: Address, power: i64, height: i64) {
        self.misbehaviour.push(Misbehavior {
            r#type: MisbehaviorType::DuplicateVote as i32,
            validator: Some(Validator { address: validator.as_bytes().to_vec().into(), power }),
            height,
            time: Some(Timestamp { seconds: 1_767_225_600 + height, nanos: 0 }),
            total_voting_power: power,
        });
    }

    pub(crate) fn proposer(&self) -> Vec<u8> {
        self.sets[1].keys().next().map_or(Vec::new(), |key| address(key).as_bytes().to_vec())
    }

    pub(crate) fn last_commit(&self) -> CommitInfo {
        let votes = self.sets[0].iter().map(|(key, power)| {
            let address = address(key);
            let flag = if self.absent.contains(&address) { BlockIdFlag::Absent } else { BlockIdFlag::Commit };
            VoteInfo {
                validator: Some(Validator { address: address.as_bytes().to_vec().into(), power: *power }),
                block_id_flag: flag as i32,
            }
        });
        CommitInfo { round: 0, votes: votes.collect() }
    }
}

fn address(encoded_key: &[u8]) -> Address {
    let key = PublicKey::decode(encoded_key).expect("public key");
    let Some(public_key::Sum::Ed25519(key) | public_key::Sum::Mldsa65(key)) = key.sum else {
        panic!("{key:?} is no validator's key")
    };
    Address::new(&Sha256::digest(key)[..20]).expect("20 bytes")
}

/// CometBFT's `ValidatorSet.UpdateWithChangeSet`.
fn apply(set: &Set, updates: Vec<ValidatorUpdate>) -> Set {
    let (mut after, mut seen) = (set.clone(), BTreeSet::new());
    for update in updates {
        let key = update.pub_key.expect("a validator update has a key").encode_to_vec();
        assert!(seen.insert(key.clone()), "two updates of one validator in one block");
        assert!(update.power >= 0, "negative voting power");
        if update.power == 0 {
            assert!(after.remove(&key).is_some(), "a validator was removed that is not in the set");
        } else {
            after.insert(key, update.power);
        }
    }
    assert!(set.is_empty() || !after.is_empty(), "the validator set became empty");
    let total = after.values().try_fold(0_i64, |sum, power| sum.checked_add(*power)).expect("total power");
    assert!(total <= MAX_TOTAL_POWER, "total voting power {total}");
    after
}
