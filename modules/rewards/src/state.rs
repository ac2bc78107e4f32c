use synergy_kernel::{Ctx, DecCoins, Found, Item, Map, Page, Result, sdk};
use synergy_proto::{
    Address,
    cosmos::distribution::v1beta1::{
        DelegatorStartingInfo, FeePool, ValidatorAccumulatedCommission, ValidatorCurrentRewards,
        ValidatorHistoricalRewards, ValidatorOutstandingRewards, ValidatorSlashEvent,
    },
};

use crate::STORE;

/// The module account that holds all rewards until they are withdrawn (the SDK's name).
pub const ACCOUNT: &str = "distribution";

pub(crate) const OUTSTANDING: Map<&Address, ValidatorOutstandingRewards> = Map::new(STORE, 1);
pub(crate) const COMMISSION: Map<&Address, ValidatorAccumulatedCommission> = Map::new(STORE, 2);
pub(crate) const CURRENT: Map<&Address, ValidatorCurrentRewards> = Map::new(STORE, 3);
/// By validator and period.
pub(crate) const HISTORICAL: Map<(&Address, u64), ValidatorHistoricalRewards> = Map::new(STORE, 4);
/// By validator and delegator.
pub(crate) const STARTING: Map<(&Address, &Address), DelegatorStartingInfo> = Map::new(STORE, 5);
/// By validator, height and the period that the slash began.
pub(crate) const SLASHES: Map<(&Address, (u64, u64)), ValidatorSlashEvent> = Map::new(STORE, 6);
/// Delegator to the raw address that its rewards go to, if another.
pub(crate) const WITHDRAW: Map<&Address, Vec<u8>> = Map::new(STORE, 7);
pub(crate) const POOL: Item<FeePool> = Item::new(STORE, 8);

pub(crate) fn current(ctx: &mut Ctx<'_>, validator: &Address) -> Result<(DecCoins, u64)> {
    let current = CURRENT.get(ctx, validator)?.ok_or_else(|| no_validator(validator))?;
    Ok((DecCoins::read(&current.rewards)?, current.period))
}

pub(crate) fn set_current(ctx: &mut Ctx<'_>, validator: &Address, rewards: &DecCoins, period: u64) -> Result<()> {
    CURRENT.set(ctx, validator, &ValidatorCurrentRewards { rewards: rewards.to_proto(), period })
}

/// The sum of rewards per staked unit up to the end of a period.
pub(crate) fn ratio(ctx: &mut Ctx<'_>, validator: &Address, period: u64) -> Result<DecCoins> {
    let past = HISTORICAL.get(ctx, (validator, period))?.ok_or_else(|| no_validator(validator))?;
    DecCoins::read(&past.cumulative_reward_ratio)
}

/// Counts one more user of a period's sum.
pub(crate) fn hold(ctx: &mut Ctx<'_>, validator: &Address, period: u64) -> Result<()> {
    let mut past = HISTORICAL.get(ctx, (validator, period))?.ok_or_else(|| no_validator(validator))?;
    past.reference_count = past.reference_count.checked_add(1).ok_or_else(|| sdk::overflow("uses of a period"))?;
    HISTORICAL.set(ctx, (validator, period), &past)
}

/// Counts one user less, and forgets a sum that nobody uses.
pub(crate) fn release(ctx: &mut Ctx<'_>, validator: &Address, period: u64) -> Result<()> {
    let mut past = HISTORICAL.get(ctx, (validator, period))?.ok_or_else(|| no_validator(validator))?;
    past.reference_count = past.reference_count.saturating_sub(1);
    match past.reference_count {
        0 => HISTORICAL.remove(ctx, (validator, period)),
        _ => HISTORICAL.set(ctx, (validator, period), &past),
    }
}

/// Slashes of a validator between two heights, both included, oldest first.
pub fn slashes(
    ctx: &mut Ctx<'_>,
    validator: &Address,
    from: u64,
    to: u64,
    page: &Page,
) -> Result<(Vec<ValidatorSlashEvent>, Page)> {
    let (events, page): Found<(&Address, (u64, u64)), _> = SLASHES.page(ctx, validator, page)?;
    let within = |height: &u64| (from..=to).contains(height);
    Ok((events.into_iter().filter(|((_, (height, _)), _)| within(height)).map(|(_, e)| e).collect(), page))
}

/// `distribution` 6, the SDK's `ErrNoValidatorDistInfo`.
pub(crate) fn no_validator(validator: &Address) -> synergy_kernel::Error {
    let name = validator.valoper();
    synergy_kernel::Error::new(
        "distribution",
        6,
        format!("no validator distribution info: {name} has no rewards record"),
    )
}
