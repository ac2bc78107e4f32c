//! Shares for stake, and stake for shares (SDK `delegation.go`).

use synergy_kernel::{Ctx, Dec, Result, sdk};
use synergy_proto::{Address, cosmos::staking::v1beta1::BondStatus};

use crate::{
    error,
    params::rules,
    pools, slash,
    state::{self, DELEGATIONS, existing, set_delegation, set_stake},
    validator::Validator,
};

/// Where delegated stake comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The delegator's balance.
    Account,
    /// Stake that lies in this account already.
    Pool(Address),
}

/// Delegates from the delegator's balance and returns the new shares.
///
/// # Errors
/// `staking` 3 for a validator that is not there, 34 for one slashed to nothing; SDK 5.
pub fn delegate(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address, amount: u128) -> Result<Dec> {
    delegate_from(ctx, delegator, operator, amount, Source::Account)
}

pub(crate) fn delegate_from(
    ctx: &mut Ctx<'_>,
    delegator: &Address,
    operator: &Address,
    amount: u128,
    source: Source,
) -> Result<Dec> {
    let mut v = existing(ctx, operator)?;
    if v.is_worthless() {
        return Err(error::bad_rate(operator.valoper()));
    }
    let before = close(ctx, &v, delegator)?;
    let pool = pools::of(&v);
    match source {
        Source::Account => {
            let denom = rules(ctx)?.denom;
            pools::collect(ctx, delegator, &pool, &denom, amount)?;
        }
        Source::Pool(from) => pools::shift(ctx, &from, &pool, amount)?,
    }
    let new = v.shares_for(amount)?;
    if new.is_zero() {
        return Err(error::bad_rate(format!("{amount} buys no share of {}", operator.valoper())));
    }
    let tokens = v.tokens.checked_add(amount).ok_or_else(|| sdk::overflow("stake of a validator"))?;
    let shares = v.shares.plus(new)?;
    set_stake(ctx, &mut v, tokens, shares)?;
    open(ctx, &v, delegator, before.plus(new)?)?;
    Ok(new)
}

/// Takes shares off a delegation and returns the tokens they are worth, which stay
/// in the validator's pool. An operator below its minimum is jailed; a validator
/// without shares and not bonded is forgotten.
///
/// # Errors
/// `staking` 21 without a delegation, 24 for more shares than it has.
pub(crate) fn unbond(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address, shares: Dec) -> Result<u128> {
    let mut v = existing(ctx, operator)?;
    let has = DELEGATIONS.get(ctx, (delegator, operator))?.ok_or_else(|| error::no_delegator(delegator))?;
    if shares > has {
        return Err(error::not_enough_shares(format!("{has} shares, not {shares}")));
    }
    close(ctx, &v, delegator)?;
    let left = has.minus(shares)?;
    if delegator == operator && !v.jailed && v.worth(left)?.floor()? < v.min_self_delegation {
        slash::imprison(ctx, &mut v)?;
    }
    let rest = v.shares.minus(shares)?;
    // The last shares take all tokens, fractions included.
    let worth = if rest.is_zero() { v.tokens } else { v.worth(shares)?.floor()? };
    let tokens = v.tokens.checked_sub(worth).ok_or_else(|| sdk::overflow("stake of a validator"))?;
    set_stake(ctx, &mut v, tokens, rest)?;
    open(ctx, &v, delegator, left)?;
    if rest.is_zero() && v.status == BondStatus::Unbonded {
        state::remove(ctx, &v)?;
    }
    Ok(worth)
}

/// Settles a delegation's rewards before its shares change; a new one begins a
/// period instead. Returns the shares it has.
fn close(ctx: &mut Ctx<'_>, v: &Validator, delegator: &Address) -> Result<Dec> {
    match DELEGATIONS.get(ctx, (delegator, &v.operator))? {
        None => {
            synergy_rewards::period(ctx, &v.operator, v.tokens)?;
            Ok(Dec::ZERO)
        }
        Some(shares) => {
            synergy_rewards::settle(ctx, &v.operator, delegator, v.worth(shares)?, v.tokens)?;
            Ok(shares)
        }
    }
}

/// Writes the changed delegation and begins to reckon its rewards.
pub(crate) fn open(ctx: &mut Ctx<'_>, v: &Validator, delegator: &Address, shares: Dec) -> Result<()> {
    set_delegation(ctx, delegator, &v.operator, shares)?;
    if shares.is_zero() {
        return Ok(());
    }
    synergy_rewards::start(ctx, &v.operator, delegator, v.worth(shares)?)
}

/// Shares that make `amount` tokens of a delegation, at most all of it.
///
/// # Errors
/// `staking` 3 and 19 for no such validator or delegation; SDK 18 for more than it has.
pub(crate) fn shares_of(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address, amount: u128) -> Result<Dec> {
    let v = existing(ctx, operator)?;
    let has = DELEGATIONS.get(ctx, (delegator, operator))?.ok_or_else(|| error::no_delegation(delegator))?;
    if v.is_worthless() {
        return Err(error::bad_rate(operator.valoper()));
    }
    let shares = v.shares_for(amount)?;
    if shares > has {
        return Err(sdk::invalid_request(format!("invalid shares amount: {amount} is more than is delegated")));
    }
    // Cutting makes the shares of a whole delegation too few by a fraction: who asks
    // for all it is worth gets rid of all.
    if v.worth(has)?.floor()? == amount { Ok(has) } else { Ok(shares) }
}

/// All delegations of an account: operator and shares.
pub fn delegations_of(ctx: &mut Ctx<'_>, delegator: &Address) -> Result<Vec<(Address, Dec)>> {
    let mut all = Vec::new();
    DELEGATIONS.for_each(ctx, delegator, |(_, operator), shares| {
        all.push((operator, shares));
        Ok(true)
    })?;
    Ok(all)
}
