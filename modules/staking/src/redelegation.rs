//! Moving: stake that goes to another validator at once, and answers for what the
//! first one did until it would have been unbonded.

use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Address, Timestamp,
    cosmos::staking::v1beta1::{BondStatus, Redelegation, RedelegationEntry},
};

use crate::{
    clock, delegation,
    delegation::Source,
    error,
    params::rules,
    pools,
    state::{self, REDELEGATED_FROM, REDELEGATED_TO, REDELEGATION_QUEUE, REDELEGATIONS, Triple, existing, validator},
};

/// Begins to redelegate and returns when the source has no more claim on it.
///
/// # Errors
/// `staking` 29, 31, 32, 33, 30 as the SDK; those of taking shares off a delegation.
pub(crate) fn begin(
    ctx: &mut Ctx<'_>,
    delegator: &Address,
    from: &Address,
    to: &Address,
    tokens: u128,
) -> Result<Timestamp> {
    let shares = delegation::shares_of(ctx, delegator, from, tokens)?;
    if from == to {
        return Err(error::self_redelegation(from.valoper()));
    }
    if validator(ctx, to)?.is_none() {
        return Err(error::bad_destination(to.valoper()));
    }
    if is_receiving(ctx, delegator, from)? {
        return Err(error::transitive(delegator));
    }
    let rules = rules(ctx)?;
    let mut redelegation = find(ctx, (delegator, (from, to)))?.unwrap_or_else(|| Redelegation {
        delegator_address: delegator.to_string(),
        validator_src_address: from.valoper(),
        validator_dst_address: to.valoper(),
        entries: Vec::new(),
    });
    if redelegation.entries.len() >= rules.max_entries {
        return Err(error::max_redelegation_entries(delegator));
    }
    let source = existing(ctx, from)?;
    let worth = delegation::unbond(ctx, delegator, from, shares)?;
    if worth == 0 {
        return Err(error::tiny_redelegation(tokens));
    }
    let shares_dst = delegation::delegate_from(ctx, delegator, to, worth, Source::Pool(pools::of(&source)))?;
    let (done, height) = match source.status {
        BondStatus::Bonded => (clock::later(ctx, rules.unbonding_seconds), ctx.block.height),
        BondStatus::Unbonding => (source.unbonding_time, source.unbonding_height),
        // What left the set long ago answers for nothing.
        _ => return Ok(clock::now(ctx)),
    };
    redelegation.entries.push(RedelegationEntry {
        creation_height: i64::try_from(height).unwrap_or(i64::MAX),
        completion_time: Some(done),
        initial_balance: worth.to_string(),
        shares_dst: shares_dst.atomics(),
        unbonding_id: state::next_id(ctx)?,
        unbonding_on_hold_ref_count: 0,
    });
    save(ctx, (delegator, (from, to)), &redelegation)?;
    REDELEGATION_QUEUE.set(ctx, (clock::key(&done), (delegator, (from, to))), &())?;
    Ok(done)
}

/// Whether an account's redelegation to a validator is not done.
fn is_receiving(ctx: &mut Ctx<'_>, delegator: &Address, to: &Address) -> Result<bool> {
    let mut found = false;
    REDELEGATED_TO.for_each(ctx, (to, delegator), |_, ()| {
        found = true;
        Ok(false)
    })?;
    Ok(found)
}

pub(crate) fn find(ctx: &mut Ctx<'_>, key: Triple<'_>) -> Result<Option<Redelegation>> {
    REDELEGATIONS.get(ctx, key)
}

pub(crate) fn save(ctx: &mut Ctx<'_>, key: Triple<'_>, r: &Redelegation) -> Result<()> {
    let (delegator, (from, to)) = key;
    if r.entries.is_empty() {
        REDELEGATED_FROM.remove(ctx, (from, (delegator, to)))?;
        REDELEGATED_TO.remove(ctx, (to, (delegator, from)))?;
        return REDELEGATIONS.remove(ctx, key);
    }
    REDELEGATED_FROM.set(ctx, (from, (delegator, to)), &())?;
    REDELEGATED_TO.set(ctx, (to, (delegator, from)), &())?;
    REDELEGATIONS.set(ctx, key, r)
}

/// Forgets the entries that are mature.
pub(crate) fn complete(ctx: &mut Ctx<'_>, key: Triple<'_>) -> Result<()> {
    let Some(mut redelegation) = find(ctx, key)? else { return Ok(()) };
    let mut moved = 0_u128;
    for entry in redelegation.entries.extract_if(.., |e| clock::has_come(ctx, e.completion_time.as_ref())) {
        let balance = crate::validator::amount(&entry.initial_balance)?;
        moved = moved.checked_add(balance).ok_or_else(|| sdk::overflow("redelegated stake"))?;
    }
    save(ctx, key, &redelegation)?;
    let (amount, (delegator, (from, to))) = (format!("{moved}{}", rules(ctx)?.denom), key);
    ctx.emit(
        "complete_redelegation",
        &[
            ("amount", &amount),
            ("delegator", &delegator.to_string()),
            ("source_validator", &from.valoper()),
            ("destination_validator", &to.valoper()),
        ],
    );
    Ok(())
}
