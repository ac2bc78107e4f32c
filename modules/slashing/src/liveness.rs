//! Counting votes (SDK `x/slashing/keeper/infractions.go`).

use synergy_kernel::{Ctx, Result, Vote};
use synergy_proto::{Address, Timestamp, cosmos::slashing::v1beta1::ValidatorSigningInfo};

use crate::{
    params::{Rules, rules},
    state::{self, INFOS},
};

/// Blocks between the set that signs and the set that staking knows: votes of a
/// block are seen in the next one, and a set is in force two heights after its end.
const SET_DELAY: u64 = 2;

/// Counts the votes for the block before.
pub(crate) fn count_votes(ctx: &mut Ctx<'_>) -> Result<()> {
    let rules = rules(ctx)?;
    let block = ctx.block;
    block.votes.iter().try_for_each(|vote| count(ctx, &rules, vote))
}

fn count(ctx: &mut Ctx<'_>, rules: &Rules, vote: &Vote) -> Result<()> {
    let Some(v) = synergy_staking::validator_by_consensus(ctx, &vote.validator)? else { return Ok(()) };
    // A jailed validator that still votes because its leave is not in force yet.
    if v.jailed {
        return Ok(());
    }
    let since = i64::try_from(synergy_staking::bonded_since(ctx, &v.operator)?).unwrap_or(i64::MAX);
    let mut info = INFOS.get(ctx, &vote.validator)?.unwrap_or_else(|| new_info(&vote.validator, since));
    // Back in the set: the time away does not count as a full window.
    info.start_height = info.start_height.max(since);
    let offset = u64::try_from(info.index_offset).unwrap_or(0);
    let index = offset.checked_rem(rules.window).unwrap_or(0);
    info.index_offset = info.index_offset.saturating_add(1);
    let missed = !vote.signed;
    let before = state::mark(ctx, &vote.validator, index, missed)?;
    match (before, missed) {
        (false, true) => info.missed_blocks_counter = info.missed_blocks_counter.saturating_add(1),
        (true, false) => info.missed_blocks_counter = info.missed_blocks_counter.saturating_sub(1),
        _ => {}
    }
    if missed {
        let (address, count) = (vote.validator.valcons(), info.missed_blocks_counter.to_string());
        let height = ctx.block.height.to_string();
        ctx.emit("liveness", &[("address", &address), ("missed_blocks", &count), ("height", &height)]);
    }
    let whole_window = info.start_height.saturating_add_unsigned(rules.window);
    let height = i64::try_from(ctx.block.height).unwrap_or(i64::MAX);
    if height > whole_window && info.missed_blocks_counter > rules.max_missed {
        punish(ctx, rules, vote, &mut info)?;
    }
    INFOS.set(ctx, &vote.validator, &info)
}

fn new_info(validator: &Address, start_height: i64) -> ValidatorSigningInfo {
    ValidatorSigningInfo {
        address: validator.valcons(),
        start_height,
        jailed_until: Some(Timestamp::default()),
        ..ValidatorSigningInfo::default()
    }
}

fn punish(ctx: &mut Ctx<'_>, rules: &Rules, vote: &Vote, info: &mut ValidatorSigningInfo) -> Result<()> {
    let height = ctx.block.height.saturating_sub(SET_DELAY);
    let burned = synergy_staking::slash(ctx, &vote.validator, height, vote.power, rules.downtime)?;
    slashed(ctx, &vote.validator, vote.power, "missing_signature", burned);
    synergy_staking::jail(ctx, &vote.validator)?;
    let seconds = ctx.block.seconds.saturating_add(rules.jail_seconds);
    info.jailed_until = Some(Timestamp { seconds, nanos: i32::try_from(ctx.block.nanos).unwrap_or(0) });
    info.missed_blocks_counter = 0;
    info.index_offset = 0;
    state::clear(ctx, &vote.validator)
}

fn slashed(ctx: &mut Ctx<'_>, validator: &Address, power: u64, reason: &str, burned: u128) {
    let address = validator.valcons();
    ctx.emit(
        "slash",
        &[
            ("address", &address),
            ("power", &power.to_string()),
            ("reason", reason),
            ("jailed", &address),
            ("burned_coins", &burned.to_string()),
        ],
    );
}

/// The time until which a tombstoned validator is jailed: the end of the year 9999
/// (SDK `DoubleSignJailEndTime`).
const FOREVER: i64 = 253_402_300_799;

/// Slashes a validator that signed twice at `height` with `power`, and jails it for
/// ever. Nothing happens to one that is gone, unbonded or tombstoned.
/// Returns whether something happened.
pub fn tombstone(ctx: &mut Ctx<'_>, validator: &Address, height: u64, power: u64) -> Result<bool> {
    let Some(v) = synergy_staking::validator_by_consensus(ctx, validator)? else { return Ok(false) };
    let unbonded = synergy_proto::cosmos::staking::v1beta1::BondStatus::Unbonded;
    if v.status == unbonded || is_tombstoned(ctx, validator)? {
        return Ok(false);
    }
    let fraction = rules(ctx)?.double_sign;
    // The set that signed at a height is the one of a block before.
    let burned = synergy_staking::slash(ctx, validator, height.saturating_sub(1), power, fraction)?;
    slashed(ctx, validator, power, "double_sign", burned);
    synergy_staking::jail(ctx, validator)?;
    let mut info = INFOS.get(ctx, validator)?.unwrap_or_else(|| new_info(validator, 0));
    info.jailed_until = Some(Timestamp { seconds: FOREVER, nanos: 0 });
    info.tombstoned = true;
    INFOS.set(ctx, validator, &info)?;
    Ok(true)
}

/// Whether a validator signed twice once.
pub fn is_tombstoned(ctx: &mut Ctx<'_>, validator: &Address) -> Result<bool> {
    Ok(INFOS.get(ctx, validator)?.is_some_and(|info| info.tombstoned))
}

/// Forgets every missed block.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut infos = Vec::new();
    INFOS.for_each(ctx, (), |validator, info| {
        infos.push((validator, info));
        Ok(true)
    })?;
    for (validator, mut info) in infos {
        info.missed_blocks_counter = 0;
        info.index_offset = 0;
        state::clear(ctx, &validator)?;
        INFOS.set(ctx, &validator, &info)?;
    }
    Ok(())
}
