//! The money: what is outstanding, commission, the community pool, payments.

use synergy_kernel::{Ctx, Dec, DecCoins, Error, Result, sdk};
use synergy_proto::{
    Address, Denom, coin,
    cosmos::distribution::v1beta1::{FeePool, ValidatorAccumulatedCommission, ValidatorOutstandingRewards},
};

use crate::state::{self, ACCOUNT, COMMISSION, OUTSTANDING, POOL, WITHDRAW};

/// Gives a validator its part of a block's rewards, which the module account holds
/// already: `commission` of it to the operator, the rest to the delegators.
pub fn allocate(ctx: &mut Ctx<'_>, validator: &Address, reward: &DecCoins, commission: Dec) -> Result<()> {
    let operator = reward.times(commission)?;
    let shared = reward.minus(&operator)?;
    let name = validator.valoper();
    ctx.emit("commission", &[("amount", &operator.to_string()), ("validator", &name)]);
    let sum = self::commission(ctx, validator)?.plus(&operator)?;
    COMMISSION.set(ctx, validator, &ValidatorAccumulatedCommission { commission: sum.to_proto() })?;
    let (rewards, period) = state::current(ctx, validator)?;
    state::set_current(ctx, validator, &rewards.plus(&shared)?, period)?;
    let sum = outstanding(ctx, validator)?.plus(reward)?;
    set_outstanding(ctx, validator, &sum)?;
    ctx.emit("rewards", &[("amount", &reward.to_string()), ("validator", &name)]);
    Ok(())
}

/// What a validator and its delegators have not withdrawn.
pub fn outstanding(ctx: &mut Ctx<'_>, validator: &Address) -> Result<DecCoins> {
    OUTSTANDING.get(ctx, validator)?.map_or_else(|| Ok(DecCoins::default()), |o| DecCoins::read(&o.rewards))
}

fn set_outstanding(ctx: &mut Ctx<'_>, validator: &Address, coins: &DecCoins) -> Result<()> {
    OUTSTANDING.set(ctx, validator, &ValidatorOutstandingRewards { rewards: coins.to_proto() })
}

pub(crate) fn take_outstanding(ctx: &mut Ctx<'_>, validator: &Address, coins: &DecCoins) -> Result<()> {
    let left = outstanding(ctx, validator)?.minus(coins)?;
    set_outstanding(ctx, validator, &left)
}

/// Commission that an operator has not withdrawn.
pub fn commission(ctx: &mut Ctx<'_>, validator: &Address) -> Result<DecCoins> {
    COMMISSION.get(ctx, validator)?.map_or_else(|| Ok(DecCoins::default()), |c| DecCoins::read(&c.commission))
}

/// Takes `earned` off what is outstanding and pays its whole coins to the owner's
/// withdraw address, its fractions to the community pool.
pub(crate) fn pay_out(
    ctx: &mut Ctx<'_>,
    validator: &Address,
    owner: &Address,
    earned: &DecCoins,
) -> Result<Vec<(Denom, u128)>> {
    let (whole, fractions) = earned.split()?;
    take_outstanding(ctx, validator, earned)?;
    pool_add(ctx, &fractions)?;
    pay(ctx, owner, &whole)?;
    Ok(whole)
}

fn pay(ctx: &mut Ctx<'_>, owner: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    if coins.is_empty() {
        return Ok(());
    }
    let to = withdraw_address(ctx, owner)?;
    synergy_bank::transfer(ctx, &Address::module(ACCOUNT), &to, coins)
}

/// Pays an operator's whole commission; its fraction stays.
///
/// # Errors
/// `distribution` 7 when there is none.
pub fn withdraw_commission(ctx: &mut Ctx<'_>, validator: &Address) -> Result<Vec<(Denom, u128)>> {
    let (whole, fractions) = commission(ctx, validator)?.split()?;
    if whole.is_empty() {
        return Err(Error::new("distribution", 7, "no validator commission to withdraw"));
    }
    COMMISSION.set(ctx, validator, &ValidatorAccumulatedCommission { commission: fractions.to_proto() })?;
    take_outstanding(ctx, validator, &DecCoins::whole(&whole))?;
    pay(ctx, validator, &whole)?;
    ctx.emit("withdraw_commission", &[("amount", &text(&whole))]);
    Ok(whole)
}

/// Where an account's rewards go.
pub fn withdraw_address(ctx: &mut Ctx<'_>, owner: &Address) -> Result<Address> {
    Ok(WITHDRAW.get(ctx, owner)?.and_then(|bytes| Address::new(&bytes).ok()).unwrap_or(*owner))
}

/// Sends an account's rewards to another one from now on.
pub fn set_withdraw_address(ctx: &mut Ctx<'_>, owner: &Address, to: &Address) -> Result<()> {
    WITHDRAW.set(ctx, owner, &to.as_bytes().to_vec())
}

/// The community pool.
pub fn pool(ctx: &mut Ctx<'_>) -> Result<DecCoins> {
    POOL.get(ctx)?.map_or_else(|| Ok(DecCoins::default()), |p| DecCoins::read(&p.community_pool))
}

fn set_pool(ctx: &mut Ctx<'_>, coins: &DecCoins) -> Result<()> {
    POOL.set(ctx, &FeePool { community_pool: coins.to_proto() })
}

/// Counts coins of the module account to the community pool: what an allocation or
/// a payment leaves over.
pub fn pool_add(ctx: &mut Ctx<'_>, coins: &DecCoins) -> Result<()> {
    if coins.is_empty() {
        return Ok(());
    }
    let sum = pool(ctx)?.plus(coins)?;
    set_pool(ctx, &sum)
}

/// Moves an account's coins to the community pool.
pub fn fund_pool(ctx: &mut Ctx<'_>, from: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    synergy_bank::transfer(ctx, from, &Address::module(ACCOUNT), coins)?;
    pool_add(ctx, &DecCoins::whole(coins))
}

/// Pays from the community pool.
///
/// # Errors
/// `distribution` 9 when it has not so much.
pub fn spend_pool(ctx: &mut Ctx<'_>, to: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    let left = pool(ctx)?
        .minus(&DecCoins::whole(coins))
        .map_err(|_| Error::new("distribution", 9, "community pool does not have sufficient coins to distribute"))?;
    set_pool(ctx, &left)?;
    synergy_bank::transfer(ctx, &Address::module(ACCOUNT), to, coins)
}

pub(crate) fn text(coins: &[(Denom, u128)]) -> String {
    let coins: Vec<_> = coins.iter().map(|(denom, amount)| coin::coin(*amount, denom)).collect();
    coin::display(&coins)
}

/// Outstanding rewards and the community pool sum up to the account's balance, and
/// no commission is above what is outstanding.
pub(crate) fn check(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut all = Vec::new();
    OUTSTANDING.for_each(ctx, (), |validator, o| {
        all.push((validator, DecCoins::read(&o.rewards)?));
        Ok(true)
    })?;
    let mut sum = pool(ctx)?;
    for (validator, outstanding) in &all {
        let commission = commission(ctx, validator)?;
        outstanding.minus(&commission).map_err(|e| broken(&format!("{}: commission: {e}", validator.valoper())))?;
        sum = sum.plus(outstanding)?;
    }
    let account = Address::module(ACCOUNT);
    for (denom, amount) in sum.iter() {
        let held = synergy_bank::balance(ctx, &account, denom)?;
        if amount != held {
            return Err(broken(&format!("the account holds {held}{denom}, owes {amount}")));
        }
    }
    Ok(())
}

fn broken(what: &str) -> Error {
    sdk::invalid_request(format!("rewards invariant broken: {what}"))
}
