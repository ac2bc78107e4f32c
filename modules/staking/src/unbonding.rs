//! Leaving: stake that is on its way back to its owner.

use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::{
    Address, Timestamp,
    cosmos::staking::v1beta1::{UnbondingDelegation, UnbondingDelegationEntry},
};

use crate::{
    clock, delegation,
    delegation::Source,
    error,
    params::rules,
    pools,
    state::{self, UNBONDING_FROM, UNBONDING_QUEUE, UNBONDINGS, existing},
    validator::amount,
};

/// Begins to undelegate and returns when it is done.
///
/// # Errors
/// Those of taking shares off a delegation; `staking` 27 for too many at a time.
pub(crate) fn begin(
    ctx: &mut Ctx<'_>,
    delegator: &Address,
    operator: &Address,
    tokens: u128,
) -> Result<(Timestamp, u128)> {
    let rules = rules(ctx)?;
    let shares = delegation::shares_of(ctx, delegator, operator, tokens)?;
    let mut unbonding = find(ctx, delegator, operator)?.unwrap_or_else(|| UnbondingDelegation {
        delegator_address: delegator.to_string(),
        validator_address: operator.valoper(),
        entries: Vec::new(),
    });
    if unbonding.entries.len() >= rules.max_entries {
        return Err(error::max_unbonding_entries(delegator));
    }
    let pool = pools::of(&existing(ctx, operator)?);
    let worth = delegation::unbond(ctx, delegator, operator, shares)?;
    pools::shift(ctx, &pool, &Address::module(pools::NOT_BONDED_POOL), worth)?;
    let done = clock::later(ctx, rules.unbonding_seconds);
    add_entry(ctx, &mut unbonding, done, worth)?;
    save(ctx, delegator, operator, &unbonding)?;
    UNBONDING_QUEUE.set(ctx, (clock::key(&done), (delegator, operator)), &())?;
    Ok((done, worth))
}

/// Entries of one block are one entry.
fn add_entry(ctx: &mut Ctx<'_>, unbonding: &mut UnbondingDelegation, done: Timestamp, worth: u128) -> Result<()> {
    let height = i64::try_from(ctx.block.height).unwrap_or(i64::MAX);
    let same = |e: &&mut UnbondingDelegationEntry| e.creation_height == height && e.completion_time == Some(done);
    if let Some(entry) = unbonding.entries.iter_mut().find(same) {
        let sum = |text: &str| amount(text)?.checked_add(worth).ok_or_else(|| sdk::overflow("unbonding stake"));
        entry.initial_balance = sum(&entry.initial_balance)?.to_string();
        entry.balance = sum(&entry.balance)?.to_string();
        return Ok(());
    }
    unbonding.entries.push(UnbondingDelegationEntry {
        creation_height: height,
        completion_time: Some(done),
        initial_balance: worth.to_string(),
        balance: worth.to_string(),
        unbonding_id: state::next_id(ctx)?,
        unbonding_on_hold_ref_count: 0,
    });
    Ok(())
}

pub(crate) fn find(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address) -> Result<Option<UnbondingDelegation>> {
    UNBONDINGS.get(ctx, (delegator, operator))
}

pub(crate) fn save(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address, u: &UnbondingDelegation) -> Result<()> {
    if u.entries.is_empty() {
        UNBONDING_FROM.remove(ctx, (operator, delegator))?;
        return UNBONDINGS.remove(ctx, (delegator, operator));
    }
    UNBONDING_FROM.set(ctx, (operator, delegator), &())?;
    UNBONDINGS.set(ctx, (delegator, operator), u)
}

/// Delegates a part of an unbonding entry again.
///
/// # Errors
/// `staking` 3, 7 for a jailed validator, 26 without an unbonding delegation; SDK 38
/// without that entry, 18 for more than it has.
pub(crate) fn cancel(
    ctx: &mut Ctx<'_>,
    delegator: &Address,
    operator: &Address,
    tokens: u128,
    created: i64,
) -> Result<()> {
    if existing(ctx, operator)?.jailed {
        return Err(error::jailed(operator.valoper()));
    }
    let mut unbonding = find(ctx, delegator, operator)?.ok_or_else(|| error::no_unbonding(delegator))?;
    let position = unbonding
        .entries
        .iter()
        .position(|e| e.creation_height == created && !clock::has_come(ctx, e.completion_time.as_ref()))
        .ok_or_else(|| {
            Error::new("sdk", 38, format!("unbonding delegation entry is not found at block height {created}"))
        })?;
    let Some(entry) = unbonding.entries.get_mut(position) else { return Err(error::no_unbonding(delegator)) };
    let left = amount(&entry.balance)?
        .checked_sub(tokens)
        .ok_or_else(|| sdk::invalid_request("amount is greater than the unbonding delegation entry balance"))?;
    let begun = amount(&entry.initial_balance)?.saturating_sub(tokens);
    if left == 0 {
        unbonding.entries.remove(position);
    } else {
        entry.balance = left.to_string();
        entry.initial_balance = begun.to_string();
    }
    save(ctx, delegator, operator, &unbonding)?;
    let pool = Address::module(pools::NOT_BONDED_POOL);
    delegation::delegate_from(ctx, delegator, operator, tokens, Source::Pool(pool)).map(drop)
}

/// Pays the entries that are mature back to their owner.
pub(crate) fn complete(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address) -> Result<()> {
    let Some(mut unbonding) = find(ctx, delegator, operator)? else { return Ok(()) };
    let mut paid = 0_u128;
    for entry in unbonding.entries.extract_if(.., |e| clock::has_come(ctx, e.completion_time.as_ref())) {
        paid = paid.checked_add(amount(&entry.balance)?).ok_or_else(|| sdk::overflow("unbonding stake"))?;
    }
    save(ctx, delegator, operator, &unbonding)?;
    let denom = rules(ctx)?.denom;
    if paid > 0 {
        pools::give_back(ctx, delegator, &denom, paid)?;
    }
    let sum = format!("{paid}{denom}");
    let (validator, delegator) = (operator.valoper(), delegator.to_string());
    ctx.emit("complete_unbonding", &[("amount", &sum), ("validator", &validator), ("delegator", &delegator)]);
    Ok(())
}
