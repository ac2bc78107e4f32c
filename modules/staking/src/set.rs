//! The validator set, at the end of a block (SDK `val_state_change.go`).

use std::collections::BTreeMap;

use synergy_kernel::{Ctx, Result, ValidatorUpdate};
use synergy_proto::{Address, cosmos::staking::v1beta1::BondStatus};

use crate::{
    clock,
    params::rules,
    pools,
    state::{self, BONDED_SINCE, BY_POWER, LAST_POWER, LAST_TOTAL, VALIDATOR_QUEUE},
    validator::Validator,
};

/// Makes the strongest validators the set and returns what changed since the last
/// time. Reads one index entry per validator of the set, and the whole record
/// only of those whose power changed.
pub(crate) fn update(ctx: &mut Ctx<'_>) -> Result<Vec<ValidatorUpdate>> {
    let rules = rules(ctx)?;
    let mut last = last_set(ctx)?;
    let mut updates = Vec::new();
    let mut total = 0_u64;
    for (operator, power) in strongest(ctx, rules.max_validators)? {
        total = total.saturating_add(power);
        if last.remove(&operator) == Some(power) {
            continue;
        }
        let mut v = state::existing(ctx, &operator)?;
        if !v.is_bonded() {
            bond(ctx, &mut v)?;
        }
        LAST_POWER.set(ctx, &operator, &power)?;
        updates.push(ValidatorUpdate { pub_key: v.pub_key, power });
    }
    for operator in last.keys() {
        let mut v = state::existing(ctx, operator)?;
        begin_unbonding(ctx, &mut v, rules.unbonding_seconds)?;
        LAST_POWER.remove(ctx, operator)?;
        updates.push(ValidatorUpdate { pub_key: v.pub_key, power: 0 });
    }
    if !updates.is_empty() {
        LAST_TOTAL.set(ctx, &total)?;
    }
    Ok(updates)
}

/// The set that consensus knows.
pub(crate) fn last_set(ctx: &mut Ctx<'_>) -> Result<BTreeMap<Address, u64>> {
    let mut last = BTreeMap::new();
    LAST_POWER.for_each(ctx, (), |operator, power| {
        last.insert(operator, power);
        Ok(true)
    })?;
    Ok(last)
}

/// The validators of the set that consensus knows, by operator.
pub fn bonded_validators(ctx: &mut Ctx<'_>) -> Result<Vec<Validator>> {
    last_set(ctx)?.keys().map(|operator| state::existing(ctx, operator)).collect()
}

/// The first validators by power, those without power left out.
fn strongest(ctx: &mut Ctx<'_>, max: u32) -> Result<Vec<(Address, u64)>> {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let mut strongest = Vec::new();
    BY_POWER.for_each(ctx, (), |(inverted, operator), ()| {
        let power = u64::MAX.saturating_sub(inverted);
        if power == 0 || strongest.len() >= max {
            return Ok(false);
        }
        strongest.push((operator, power));
        Ok(true)
    })?;
    Ok(strongest)
}

fn bond(ctx: &mut Ctx<'_>, v: &mut Validator) -> Result<()> {
    if v.status == BondStatus::Unbonding {
        VALIDATOR_QUEUE.remove(ctx, (clock::key(&v.unbonding_time), &v.operator))?;
    }
    let from = pools::of(v);
    v.status = BondStatus::Bonded;
    BONDED_SINCE.set(ctx, &v.operator, &ctx.block.height)?;
    state::save(ctx, v)?;
    pools::shift(ctx, &from, &pools::of(v), v.tokens)
}

fn begin_unbonding(ctx: &mut Ctx<'_>, v: &mut Validator, seconds: i64) -> Result<()> {
    let from = pools::of(v);
    v.status = BondStatus::Unbonding;
    v.unbonding_height = ctx.block.height;
    v.unbonding_time = clock::later(ctx, seconds);
    state::save(ctx, v)?;
    VALIDATOR_QUEUE.set(ctx, (clock::key(&v.unbonding_time), &v.operator), &())?;
    pools::shift(ctx, &from, &pools::of(v), v.tokens)
}
