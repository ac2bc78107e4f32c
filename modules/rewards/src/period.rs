//! Periods: the F1 part proper (SDK `x/distribution/keeper/{validator,delegation,hooks}.go`).

use synergy_kernel::{Ctx, Dec, DecCoins, Error, Result};
use synergy_proto::{
    Address, Denom,
    cosmos::distribution::v1beta1::{
        DelegatorStartingInfo, ValidatorAccumulatedCommission, ValidatorHistoricalRewards, ValidatorOutstandingRewards,
        ValidatorSlashEvent,
    },
};

use crate::{
    ledger,
    state::{self, COMMISSION, CURRENT, HISTORICAL, OUTSTANDING, SLASHES, STARTING, hold, ratio, release},
};

/// Opens a new validator's records.
pub fn create(ctx: &mut Ctx<'_>, validator: &Address) -> Result<()> {
    HISTORICAL.set(ctx, (validator, 0), &ValidatorHistoricalRewards { reference_count: 1, ..Default::default() })?;
    state::set_current(ctx, validator, &DecCoins::default(), 1)?;
    COMMISSION.set(ctx, validator, &ValidatorAccumulatedCommission::default())?;
    OUTSTANDING.set(ctx, validator, &ValidatorOutstandingRewards::default())
}

/// Whether a validator has records.
pub fn is_open(ctx: &mut Ctx<'_>, validator: &Address) -> Result<bool> {
    CURRENT.has(ctx, validator)
}

/// Ends the running period of a validator with `tokens` staked, and returns its
/// number. Rewards of a validator without stake go to the community pool.
pub fn period(ctx: &mut Ctx<'_>, validator: &Address, tokens: u128) -> Result<u64> {
    let (rewards, period) = state::current(ctx, validator)?;
    let per_unit = if tokens == 0 {
        ledger::take_outstanding(ctx, validator, &rewards)?;
        ledger::pool_add(ctx, &rewards)?;
        DecCoins::default()
    } else {
        rewards.mul_div(Dec::ONE, Dec::whole(tokens))?
    };
    let before = period.saturating_sub(1);
    let sum = ratio(ctx, validator, before)?.plus(&per_unit)?;
    release(ctx, validator, before)?;
    let ended = ValidatorHistoricalRewards { cumulative_reward_ratio: sum.to_proto(), reference_count: 1 };
    HISTORICAL.set(ctx, (validator, period), &ended)?;
    state::set_current(ctx, validator, &DecCoins::default(), period.saturating_add(1))?;
    Ok(period)
}

/// Notes that a delegation has `stake` from now on. Its share changed right
/// after [`period`] or [`settle`].
pub fn start(ctx: &mut Ctx<'_>, validator: &Address, delegator: &Address, stake: Dec) -> Result<()> {
    let (_, period) = state::current(ctx, validator)?;
    let previous_period = period.saturating_sub(1);
    hold(ctx, validator, previous_period)?;
    let info = DelegatorStartingInfo { previous_period, stake: stake.atomics(), height: ctx.block.height };
    STARTING.set(ctx, (validator, delegator), &info)
}

/// The height at which a delegation last changed or was paid its rewards.
pub fn since(ctx: &mut Ctx<'_>, validator: &Address, delegator: &Address) -> Result<Option<u64>> {
    Ok(STARTING.get(ctx, (validator, delegator))?.map(|info| info.height))
}

/// Pays a delegation's rewards to its withdraw address and closes its record;
/// [`start`] opens it again. `stake` is what its shares are worth now, `tokens`
/// the validator's stake. Returns what was paid.
///
/// # Errors
/// `distribution` 5 for a delegation without a record.
pub fn settle(
    ctx: &mut Ctx<'_>,
    validator: &Address,
    delegator: &Address,
    stake: Dec,
    tokens: u128,
) -> Result<Vec<(Denom, u128)>> {
    let info = starting(ctx, validator, delegator)?;
    let earned = earned(ctx, validator, &info, stake, tokens)?;
    let paid = ledger::pay_out(ctx, validator, delegator, &earned)?;
    release(ctx, validator, info.previous_period)?;
    STARTING.remove(ctx, (validator, delegator))?;
    let amount = ledger::text(&paid);
    ctx.emit(
        "withdraw_rewards",
        &[("amount", &amount), ("validator", &validator.valoper()), ("delegator", &delegator.to_string())],
    );
    Ok(paid)
}

/// What [`settle`] would pay, fractions included. Ends the running period, so it is for
/// states that are thrown away: queries.
pub fn pending(
    ctx: &mut Ctx<'_>,
    validator: &Address,
    delegator: &Address,
    stake: Dec,
    tokens: u128,
) -> Result<DecCoins> {
    let info = starting(ctx, validator, delegator)?;
    earned(ctx, validator, &info, stake, tokens)
}

fn starting(ctx: &mut Ctx<'_>, validator: &Address, delegator: &Address) -> Result<DelegatorStartingInfo> {
    STARTING.get(ctx, (validator, delegator))?.ok_or_else(|| {
        Error::new(
            "distribution",
            5,
            format!("no delegation distribution info: {delegator} has no stake with {}", validator.valoper()),
        )
    })
}

/// Rewards since the delegation's start, over all slashes in between; never more
/// than the validator has outstanding.
fn earned(
    ctx: &mut Ctx<'_>,
    validator: &Address,
    info: &DelegatorStartingInfo,
    stake: Dec,
    tokens: u128,
) -> Result<DecCoins> {
    let last = period(ctx, validator, tokens)?;
    let mut slashes = Vec::new();
    // Periods tell what came first; heights do not, in a chain that began from an export.
    SLASHES.for_each(ctx, validator, |_, slash| {
        if slash.validator_period > info.previous_period {
            slashes.push(slash);
        }
        Ok(true)
    })?;
    let (mut from, mut staked) = (info.previous_period, Dec::from_atomics(&info.stake)?);
    let mut sum = DecCoins::default();
    for slash in slashes {
        sum = sum.plus(&between(ctx, validator, from, slash.validator_period, staked)?)?;
        staked = staked.times(Dec::ONE.minus(Dec::from_atomics(&slash.fraction)?)?)?;
        from = slash.validator_period;
    }
    // Slashes are cut one by one here and at once in staking: the lesser is safe.
    sum = sum.plus(&between(ctx, validator, from, last, staked.min(stake))?)?;
    Ok(sum.least(&ledger::outstanding(ctx, validator)?))
}

fn between(ctx: &mut Ctx<'_>, validator: &Address, from: u64, to: u64, stake: Dec) -> Result<DecCoins> {
    if from == to {
        return Ok(DecCoins::default());
    }
    let (from, to) = (ratio(ctx, validator, from)?, ratio(ctx, validator, to)?);
    to.minus(&from)?.times(stake)
}

/// Notes that a validator with `tokens` is about to lose `fraction` of them.
pub fn slashed(ctx: &mut Ctx<'_>, validator: &Address, tokens: u128, fraction: Dec) -> Result<()> {
    let validator_period = period(ctx, validator, tokens)?;
    hold(ctx, validator, validator_period)?;
    let event = ValidatorSlashEvent { validator_period, fraction: fraction.atomics() };
    SLASHES.set(ctx, (validator, (ctx.block.height, validator_period)), &event)
}

/// Closes the records of a validator that is gone: its commission is paid to its
/// operator, all fractions go to the community pool.
pub fn removed(ctx: &mut Ctx<'_>, validator: &Address) -> Result<()> {
    let commission = ledger::commission(ctx, validator)?;
    ledger::pay_out(ctx, validator, validator, &commission)?;
    let rest = ledger::outstanding(ctx, validator)?;
    ledger::pool_add(ctx, &rest)?;
    OUTSTANDING.remove(ctx, validator)?;
    COMMISSION.remove(ctx, validator)?;
    CURRENT.remove(ctx, validator)?;
    let mut slashes = Vec::new();
    SLASHES.for_each(ctx, validator, |(_, key), _| {
        slashes.push(key);
        Ok(true)
    })?;
    for key in slashes {
        SLASHES.remove(ctx, (validator, key))?;
    }
    let mut periods = Vec::new();
    HISTORICAL.for_each(ctx, validator, |(_, period), _| {
        periods.push(period);
        Ok(true)
    })?;
    periods.into_iter().try_for_each(|period| HISTORICAL.remove(ctx, (validator, period)))
}
