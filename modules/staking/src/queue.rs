//! What matures: time-ordered queues, worked off at the end of a block.

use synergy_kernel::{Ctx, Key, Map, Result};
use synergy_proto::cosmos::staking::v1beta1::BondStatus;

use crate::{
    clock::{self, TimeKey},
    redelegation,
    state::{self, REDELEGATION_QUEUE, UNBONDING_QUEUE, VALIDATOR_QUEUE},
    unbonding,
};

/// Most entries of each queue that one block works off; the rest waits for the
/// next. A crowd that leaves in one block so cannot make another one long.
pub const PER_BLOCK: usize = 500;

/// Takes the mature entries off a queue.
fn take<K: Key>(ctx: &mut Ctx<'_>, queue: &Map<(TimeKey, K), ()>) -> Result<Vec<(TimeKey, K::Owned)>> {
    let now = clock::key(&clock::now(ctx));
    let mut mature = Vec::new();
    queue.for_each(ctx, (), |(time, key), ()| {
        if time > now || mature.len() >= PER_BLOCK {
            return Ok(false);
        }
        mature.push((time, key));
        Ok(true)
    })?;
    Ok(mature)
}

pub(crate) fn mature_validators(ctx: &mut Ctx<'_>) -> Result<()> {
    for (time, operator) in take(ctx, &VALIDATOR_QUEUE)? {
        VALIDATOR_QUEUE.remove(ctx, (time, &operator))?;
        let mut v = state::existing(ctx, &operator)?;
        v.status = BondStatus::Unbonded;
        if v.shares.is_zero() {
            state::remove(ctx, &v)?;
        } else {
            state::save(ctx, &v)?;
        }
    }
    Ok(())
}

pub(crate) fn mature_unbondings(ctx: &mut Ctx<'_>) -> Result<()> {
    for (time, (delegator, operator)) in take(ctx, &UNBONDING_QUEUE)? {
        UNBONDING_QUEUE.remove(ctx, (time, (&delegator, &operator)))?;
        unbonding::complete(ctx, &delegator, &operator)?;
    }
    Ok(())
}

pub(crate) fn mature_redelegations(ctx: &mut Ctx<'_>) -> Result<()> {
    for (time, (delegator, (from, to))) in take(ctx, &REDELEGATION_QUEUE)? {
        REDELEGATION_QUEUE.remove(ctx, (time, (&delegator, (&from, &to))))?;
        redelegation::complete(ctx, (&delegator, (&from, &to)))?;
    }
    Ok(())
}
