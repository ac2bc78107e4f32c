//! The two module accounts that hold all stake.

use synergy_kernel::{Ctx, Dec, Result, sdk};
use synergy_proto::{Address, Denom};

use crate::{
    params::rules,
    state::{UNBONDINGS, broken, validators},
    validator::{POWER_REDUCTION, Validator, amount},
};

/// Holds the stake of bonded validators.
pub const BONDED_POOL: &str = "bonded_tokens_pool";
/// Holds all other stake, unbonding delegations included.
pub const NOT_BONDED_POOL: &str = "not_bonded_tokens_pool";

/// Most voting power in all, CometBFT's `MaxTotalVotingPower`.
const MAX_POWER: u128 = (i64::MAX / 8) as u128;

/// The account that holds a validator's stake.
pub(crate) fn of(v: &Validator) -> Address {
    Address::module(if v.is_bonded() { BONDED_POOL } else { NOT_BONDED_POOL })
}

/// Takes stake from its owner.
///
/// # Errors
/// SDK 5 for a balance that is too small, 33 for more stake than consensus can count.
pub(crate) fn collect(ctx: &mut Ctx<'_>, owner: &Address, pool: &Address, denom: &Denom, amount: u128) -> Result<()> {
    let staked = bonded(ctx, denom)?.saturating_add(not_bonded(ctx, denom)?);
    if staked.saturating_add(amount).checked_div(POWER_REDUCTION).is_none_or(|power| power > MAX_POWER) {
        return Err(sdk::overflow(format!("no more than {MAX_POWER} voting power can be staked in all")));
    }
    synergy_bank::delegate(ctx, owner, pool, &[(denom.clone(), amount)])
}

/// Gives matured stake back to its owner.
pub(crate) fn give_back(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom, amount: u128) -> Result<()> {
    synergy_bank::undelegate(ctx, &Address::module(NOT_BONDED_POOL), owner, &[(denom.clone(), amount)])
}

/// Moves stake from one pool to another.
pub(crate) fn shift(ctx: &mut Ctx<'_>, from: &Address, to: &Address, amount: u128) -> Result<()> {
    if from == to || amount == 0 {
        return Ok(());
    }
    let denom = rules(ctx)?.denom;
    synergy_bank::transfer(ctx, from, to, &[(denom, amount)])
}

/// Destroys slashed stake.
pub(crate) fn burn(ctx: &mut Ctx<'_>, pool: &Address, amount: u128) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let denom = rules(ctx)?.denom;
    synergy_bank::burn(ctx, pool, &[(denom, amount)])
}

/// Stake of all bonded validators.
pub fn bonded(ctx: &mut Ctx<'_>, denom: &Denom) -> Result<u128> {
    synergy_bank::balance(ctx, &Address::module(BONDED_POOL), denom)
}

pub(crate) fn not_bonded(ctx: &mut Ctx<'_>, denom: &Denom) -> Result<u128> {
    synergy_bank::balance(ctx, &Address::module(NOT_BONDED_POOL), denom)
}

/// The supply of what is staked.
pub fn staking_supply(ctx: &mut Ctx<'_>) -> Result<u128> {
    let denom = rules(ctx)?.denom;
    synergy_bank::supply(ctx, &denom)
}

/// Bonded stake over supply, cut.
pub fn bonded_ratio(ctx: &mut Ctx<'_>) -> Result<Dec> {
    let denom = rules(ctx)?.denom;
    match synergy_bank::supply(ctx, &denom)? {
        0 => Ok(Dec::ZERO),
        supply => Dec::whole(bonded(ctx, &denom)?).over(Dec::whole(supply)),
    }
}

/// Each pool holds what its validators and unbonding delegations sum up to.
pub(crate) fn check(ctx: &mut Ctx<'_>) -> Result<()> {
    let denom = rules(ctx)?.denom;
    let (mut in_set, mut outside) = (0_u128, 0_u128);
    let overflow = || sdk::overflow("sum of stake");
    for v in validators(ctx)? {
        let sum = if v.is_bonded() { &mut in_set } else { &mut outside };
        *sum = sum.checked_add(v.tokens).ok_or_else(overflow)?;
    }
    UNBONDINGS.for_each(ctx, (), |_, unbonding| {
        for entry in unbonding.entries {
            outside = outside.checked_add(amount(&entry.balance)?).ok_or_else(overflow)?;
        }
        Ok(true)
    })?;
    let held = (bonded(ctx, &denom)?, not_bonded(ctx, &denom)?);
    if held == (in_set, outside) {
        return Ok(());
    }
    Err(broken(&format!("pools (bonded, not bonded) hold {held:?}, stake sums to {:?}", (in_set, outside))))
}
