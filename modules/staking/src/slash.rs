//! Punishment (SDK `slash.go`): stake that stood behind an infraction is burned,
//! wherever it has gone since.

use synergy_kernel::{Ctx, Dec, Result, sdk};
use synergy_proto::{Address, cosmos::staking::v1beta1::BondStatus};

use crate::{
    clock, delegation, error,
    pools::{self, NOT_BONDED_POOL},
    redelegation,
    state::{self, REDELEGATED_FROM, UNBONDING_FROM, existing, set_stake, validator_by_consensus},
    unbonding,
    validator::{POWER_REDUCTION, Validator, amount},
};

/// Burns `fraction` of the stake that a validator had at `height`, given as voting
/// power: of stake that began to leave or move since, what is still on the way, and
/// the rest of the validator's own. Returns what was burned of the latter.
/// Nothing happens to validators that are gone or unbonded.
///
/// Costs by the unbonding delegations and redelegations from this validator.
pub fn slash(ctx: &mut Ctx<'_>, consensus: &Address, height: u64, power: u64, fraction: Dec) -> Result<u128> {
    let Some(v) = validator_by_consensus(ctx, consensus)? else { return Ok(0) };
    if v.status == BondStatus::Unbonded || fraction.is_negative() || fraction > Dec::ONE {
        return Ok(0);
    }
    let stake = u128::from(power).checked_mul(POWER_REDUCTION).ok_or_else(|| sdk::overflow("slashed stake"))?;
    let due = Dec::whole(stake).times(fraction)?.floor()?;
    let mut left = due;
    if height < ctx.block.height {
        left = left.saturating_sub(slash_unbondings(ctx, &v.operator, height, fraction)?);
        left = left.saturating_sub(slash_redelegations(ctx, &v.operator, height, fraction)?);
    }
    // Redelegations may have taken stake off other validators, never off this one.
    let mut v = existing(ctx, &v.operator)?;
    let burned = left.min(v.tokens);
    if burned == 0 {
        return Ok(0);
    }
    synergy_rewards::slashed(ctx, &v.operator, v.tokens, part(burned, v.tokens)?)?;
    let (pool, tokens, shares) = (pools::of(&v), v.tokens.saturating_sub(burned), v.shares);
    set_stake(ctx, &mut v, tokens, shares)?;
    pools::burn(ctx, &pool, burned)?;
    Ok(burned)
}

/// `burned / of`, rounded up: rewards must never count more stake than there is.
fn part(burned: u128, of: u128) -> Result<Dec> {
    let cut = Dec::whole(burned).over(Dec::whole(of))?;
    if cut.times(Dec::whole(of))? == burned { Ok(cut) } else { Ok(cut.plus(Dec::SMALLEST)?.min(Dec::ONE)) }
}

/// Burns the fraction of what began to leave a validator at `height` or later and is not
/// mature. Returns what was due of it.
fn slash_unbondings(ctx: &mut Ctx<'_>, operator: &Address, height: u64, fraction: Dec) -> Result<u128> {
    let mut delegators = Vec::new();
    UNBONDING_FROM.for_each(ctx, operator, |(_, delegator), ()| {
        delegators.push(delegator);
        Ok(true)
    })?;
    let mut due_in_all = 0_u128;
    for delegator in delegators {
        let Some(mut unbonding) = unbonding::find(ctx, &delegator, operator)? else { continue };
        let mut burned = 0_u128;
        for entry in &mut unbonding.entries {
            if is_out_of_reach(ctx, entry.creation_height, entry.completion_time.as_ref(), height) {
                continue;
            }
            let due = Dec::whole(amount(&entry.initial_balance)?).times(fraction)?.floor()?;
            due_in_all = due_in_all.saturating_add(due);
            let balance = amount(&entry.balance)?;
            let taken = due.min(balance);
            entry.balance = balance.saturating_sub(taken).to_string();
            burned = burned.saturating_add(taken);
        }
        unbonding::save(ctx, &delegator, operator, &unbonding)?;
        pools::burn(ctx, &Address::module(NOT_BONDED_POOL), burned)?;
    }
    Ok(due_in_all)
}

fn is_out_of_reach(ctx: &Ctx<'_>, created: i64, done: Option<&synergy_proto::Timestamp>, height: u64) -> bool {
    u64::try_from(created).is_ok_and(|created| created < height) || clock::has_come(ctx, done)
}

/// Burns the fraction of what moved away from a validator at `height` or later: first of
/// what is leaving its new validator, then of the delegation there. Returns what was due.
fn slash_redelegations(ctx: &mut Ctx<'_>, operator: &Address, height: u64, fraction: Dec) -> Result<u128> {
    let mut moved = Vec::new();
    REDELEGATED_FROM.for_each(ctx, operator, |(_, (delegator, to)), ()| {
        moved.push((delegator, to));
        Ok(true)
    })?;
    let mut due_in_all = 0_u128;
    for (delegator, to) in moved {
        let Some(redelegation) = redelegation::find(ctx, (&delegator, (operator, &to)))? else { continue };
        for entry in &redelegation.entries {
            if is_out_of_reach(ctx, entry.creation_height, entry.completion_time.as_ref(), height) {
                continue;
            }
            let due = Dec::whole(amount(&entry.initial_balance)?).times(fraction)?.floor()?;
            due_in_all = due_in_all.saturating_add(due);
            let left = due.saturating_sub(take_leaving(ctx, &delegator, &to, entry.creation_height, due)?);
            if left > 0 {
                let shares = Dec::from_atomics(&entry.shares_dst)?
                    .mul_div(Dec::whole(left), Dec::whole(amount(&entry.initial_balance)?))?;
                take_shares(ctx, &delegator, &to, shares)?;
            }
        }
    }
    Ok(due_in_all)
}

/// Burns up to `due` of what a delegator is taking out of a validator since a height.
fn take_leaving(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address, since: i64, due: u128) -> Result<u128> {
    let Some(mut unbonding) = unbonding::find(ctx, delegator, operator)? else { return Ok(0) };
    let mut burned = 0_u128;
    for entry in &mut unbonding.entries {
        if entry.creation_height < since || clock::has_come(ctx, entry.completion_time.as_ref()) {
            continue;
        }
        let balance = amount(&entry.balance)?;
        let taken = due.saturating_sub(burned).min(balance);
        entry.balance = balance.saturating_sub(taken).to_string();
        burned = burned.saturating_add(taken);
    }
    unbonding::save(ctx, delegator, operator, &unbonding)?;
    pools::burn(ctx, &Address::module(NOT_BONDED_POOL), burned)?;
    Ok(burned)
}

/// Burns what shares of a delegation are worth, at most all of it.
fn take_shares(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address, shares: Dec) -> Result<()> {
    let Some(has) = state::delegation(ctx, delegator, operator)? else { return Ok(()) };
    let shares = shares.min(has);
    if shares.is_zero() {
        return Ok(());
    }
    let pool = pools::of(&existing(ctx, operator)?);
    let worth = delegation::unbond(ctx, delegator, operator, shares)?;
    pools::burn(ctx, &pool, worth)
}

/// Takes a validator out of the set until it is unjailed.
pub fn jail(ctx: &mut Ctx<'_>, consensus: &Address) -> Result<()> {
    match validator_by_consensus(ctx, consensus)? {
        Some(mut v) if !v.jailed => imprison(ctx, &mut v),
        _ => Ok(()),
    }
}

pub(crate) fn imprison(ctx: &mut Ctx<'_>, v: &mut Validator) -> Result<()> {
    state::unindex(ctx, v)?;
    v.jailed = true;
    state::save(ctx, v)
}

/// Lets a jailed validator compete for the set again.
///
/// # Errors
/// `staking` 3.
pub fn unjail(ctx: &mut Ctx<'_>, consensus: &Address) -> Result<()> {
    let mut v = validator_by_consensus(ctx, consensus)?.ok_or_else(|| error::no_validator(consensus.valcons()))?;
    if v.jailed {
        v.jailed = false;
        state::index(ctx, &v)?;
        state::save(ctx, &v)?;
    }
    Ok(())
}
