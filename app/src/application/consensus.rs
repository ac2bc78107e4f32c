//! Between consensus's types and the kernel's: what FinalizeBlock tells of votes
//! and misbehaviour, and validator updates with their keys.

use synergy_abci::{
    Fault,
    messages::{
        BlockIdFlag, Misbehavior, PublicKey, RequestFinalizeBlock, ValidatorUpdate as AbciUpdate, VoteInfo, public_key,
    },
};
use synergy_kernel::{Block, Misbehaviour, ValidatorUpdate, Vote};
use synergy_proto::{Address, AddressError, ConsensusKey, KeyType};

/// The block as modules see it. `app_hash` is that after the block before.
pub(super) fn consensus_block(
    request: &RequestFinalizeBlock,
    chain_id: &str,
    app_hash: Vec<u8>,
) -> Result<Block, AddressError> {
    let time = request.time.unwrap_or_default();
    let votes = request.decided_last_commit.iter().flat_map(|commit| &commit.votes);
    Ok(Block {
        height: u64::try_from(request.height).unwrap_or(0),
        seconds: time.seconds,
        nanos: u32::try_from(time.nanos).unwrap_or(0),
        chain_id: chain_id.to_owned(),
        hash: request.hash.to_vec(),
        app_hash,
        next_validators_hash: request.next_validators_hash.to_vec(),
        proposer: request.proposer_address.to_vec(),
        votes: votes.map(vote).collect::<Result<_, _>>()?,
        misbehaviour: request.misbehavior.iter().map(misbehaviour).collect::<Result<_, _>>()?,
    })
}

fn vote(info: &VoteInfo) -> Result<Vote, AddressError> {
    let validator = info.validator.clone().unwrap_or_default();
    Ok(Vote {
        validator: Address::new(&validator.address)?,
        power: u64::try_from(validator.power).unwrap_or(0),
        // A vote for nil counts as presence, as in the SDK.
        signed: info.block_id_flag != BlockIdFlag::Absent as i32,
    })
}

/// Every kind of misbehaviour that CometBFT knows is signing twice.
fn misbehaviour(m: &Misbehavior) -> Result<Misbehaviour, AddressError> {
    let validator = m.validator.clone().unwrap_or_default();
    let time = m.time.unwrap_or_default();
    Ok(Misbehaviour {
        validator: Address::new(&validator.address)?,
        power: u64::try_from(validator.power).unwrap_or(0),
        height: u64::try_from(m.height).unwrap_or(0),
        seconds: time.seconds,
        nanos: u32::try_from(time.nanos).unwrap_or(0),
    })
}

/// Updates as CometBFT takes them. A key type that it does not know would stop
/// the chain, so the process ends here, where it can be said.
pub(super) fn validator_updates(updates: Vec<ValidatorUpdate>) -> Result<Vec<AbciUpdate>, Fault> {
    updates.into_iter().map(validator_update).collect()
}

fn validator_update(update: ValidatorUpdate) -> Result<AbciUpdate, Fault> {
    let key = ConsensusKey::from_any(&update.pub_key)
        .map_err(|e| Fault(format!("validator update that staking should have refused: {e}")))?;
    let power = i64::try_from(update.power).map_err(|e| Fault(format!("validator power: {e}")))?;
    let sum = match key.kind() {
        KeyType::Ed25519 => public_key::Sum::Ed25519(key.into_bytes().into()),
        KeyType::MlDsa65 => public_key::Sum::Mldsa65(key.into_bytes().into()),
    };
    Ok(AbciUpdate { pub_key: Some(PublicKey { sum: Some(sum) }), power })
}
