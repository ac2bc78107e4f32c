use std::collections::BTreeMap;

use synergy_kernel::{Amount, Ctx, Error, Item, Map, Result, sdk};
use synergy_proto::{
    Address, Denom,
    cosmos::bank::v1beta1::{Metadata, Params},
};

use crate::{STORE, events};

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);
pub(crate) const BALANCES: Map<(&Address, &Denom), Amount> = Map::new(STORE, 2);
pub(crate) const SUPPLY: Map<&Denom, Amount> = Map::new(STORE, 3);
pub(crate) const METADATA: Map<&Denom, Metadata> = Map::new(STORE, 4);

/// What an address owns of a denom.
pub fn balance(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom) -> Result<u128> {
    Ok(BALANCES.get(ctx, (owner, denom))?.map_or(0, u128::from))
}

/// What an address may spend of a denom: its balance without what is still vesting.
pub fn spendable(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom) -> Result<u128> {
    let locked = synergy_auth::locked(ctx, owner, denom)?;
    Ok(balance(ctx, owner, denom)?.saturating_sub(locked))
}

/// Everything an address owns, by denom.
pub fn balances(ctx: &mut Ctx<'_>, owner: &Address) -> Result<Vec<(Denom, u128)>> {
    let mut coins = Vec::new();
    BALANCES.for_each(ctx, owner, |(_, denom), amount| {
        coins.push((denom, amount.into()));
        Ok(true)
    })?;
    // Keys order denoms by length first, coins by name alone.
    coins.sort();
    Ok(coins)
}

/// How much of a denom there is.
pub fn supply(ctx: &mut Ctx<'_>, denom: &Denom) -> Result<u128> {
    Ok(SUPPLY.get(ctx, denom)?.map_or(0, u128::from))
}

/// Moves coins and creates the recipient's account if it has none. Nothing
/// moves when a balance is too small (SDK error 5).
pub fn transfer(ctx: &mut Ctx<'_>, from: &Address, to: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    pay(ctx, from, to, coins)?;
    synergy_auth::ensure(ctx, to)?;
    events::transferred(ctx, &from.to_string(), &to.to_string(), &events::text(coins));
    Ok(())
}

/// Moves coins to an account that exists, without events of its own: for fees,
/// which every transaction pays and its `tx` event tells.
pub fn pay(ctx: &mut Ctx<'_>, from: &Address, to: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    for (denom, amount) in coins {
        take(ctx, from, denom, *amount)?;
        give(ctx, to, denom, *amount)?;
    }
    Ok(())
}

/// Moves coins from a delegator to a pool of staking. Locked coins of a vesting
/// account can be delegated too, and are counted (SDK: `DelegateCoins`).
pub fn delegate(ctx: &mut Ctx<'_>, from: &Address, pool: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    synergy_auth::track_delegation(ctx, from, coins)?;
    for (denom, amount) in coins {
        take_beyond(ctx, from, denom, *amount, 0)?;
        give(ctx, pool, denom, *amount)?;
    }
    events::moved(ctx, &from.to_string(), &pool.to_string(), &events::text(coins));
    Ok(())
}

/// Moves coins from a pool of staking back to their delegator.
pub fn undelegate(ctx: &mut Ctx<'_>, pool: &Address, to: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    pay(ctx, pool, to, coins)?;
    synergy_auth::track_undelegation(ctx, to, coins)?;
    events::moved(ctx, &pool.to_string(), &to.to_string(), &events::text(coins));
    Ok(())
}

/// Creates coins in an account.
pub fn mint(ctx: &mut Ctx<'_>, to: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    for (denom, amount) in coins {
        let total = supply(ctx, denom)?;
        SUPPLY.set(ctx, denom, &Amount::from(total).plus(*amount)?)?;
        give(ctx, to, denom, *amount)?;
    }
    let (minter, amount) = (to.to_string(), events::text(coins));
    events::received(ctx, &minter, &amount);
    ctx.emit("coinbase", &[("minter", &minter), ("amount", &amount)]);
    Ok(())
}

/// Destroys coins of an account.
pub fn burn(ctx: &mut Ctx<'_>, from: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    for (denom, amount) in coins {
        take(ctx, from, denom, *amount)?;
        let total = supply(ctx, denom)?;
        let left = total.checked_sub(*amount).ok_or_else(|| broken(denom, "burn exceeds supply"))?;
        put_supply(ctx, denom, left)?;
    }
    let (burner, amount) = (from.to_string(), events::text(coins));
    events::spent(ctx, &burner, &amount);
    ctx.emit("burn", &[("burner", &burner), ("amount", &amount)]);
    Ok(())
}

/// Takes coins that the account may spend.
pub(crate) fn take(ctx: &mut Ctx<'_>, from: &Address, denom: &Denom, amount: u128) -> Result<()> {
    let locked = synergy_auth::locked(ctx, from, denom)?;
    take_beyond(ctx, from, denom, amount, locked)
}

/// Takes coins and leaves at least `locked`.
fn take_beyond(ctx: &mut Ctx<'_>, from: &Address, denom: &Denom, amount: u128, locked: u128) -> Result<()> {
    let has = balance(ctx, from, denom)?;
    let spendable = has.saturating_sub(locked);
    if amount > spendable {
        return Err(sdk::insufficient_funds(format!(
            "spendable balance {spendable}{denom} is smaller than {amount}{denom}: insufficient funds"
        )));
    }
    match has.saturating_sub(amount) {
        0 => BALANCES.remove(ctx, (from, denom)),
        left => BALANCES.set(ctx, (from, denom), &left.into()),
    }
}

pub(crate) fn give(ctx: &mut Ctx<'_>, to: &Address, denom: &Denom, amount: u128) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let has = balance(ctx, to, denom)?;
    BALANCES.set(ctx, (to, denom), &Amount::from(has).plus(amount)?)
}

pub(crate) fn put_supply(ctx: &mut Ctx<'_>, denom: &Denom, amount: u128) -> Result<()> {
    match amount {
        0 => SUPPLY.remove(ctx, denom),
        amount => SUPPLY.set(ctx, denom, &amount.into()),
    }
}

/// The sum of balances of every denom.
pub(crate) fn sum_balances(ctx: &mut Ctx<'_>) -> Result<BTreeMap<Denom, u128>> {
    let mut sums: BTreeMap<Denom, u128> = BTreeMap::new();
    BALANCES.for_each(ctx, (), |(_, denom), amount| {
        let sum = sums.entry(denom).or_default();
        *sum = sum.checked_add(amount.into()).ok_or_else(|| sdk::overflow("sum of balances"))?;
        Ok(true)
    })?;
    Ok(sums)
}

/// Supply is the sum of balances, for every denom.
pub(crate) fn check_supply(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut sums = sum_balances(ctx)?;
    let mut wrong = None;
    SUPPLY.for_each(ctx, (), |denom, supply| {
        let sum = sums.remove(&denom).unwrap_or(0);
        if sum != u128::from(supply) {
            wrong = Some(broken(&denom, &format!("supply {} but balances sum to {sum}", u128::from(supply))));
        }
        Ok(wrong.is_none())
    })?;
    if let Some(denom) = sums.keys().next() {
        return Err(broken(denom, "has balances but no supply"));
    }
    wrong.map_or(Ok(()), Err)
}

fn broken(denom: &Denom, what: &str) -> Error {
    Error::new("bank", 1, format!("bank invariant broken for {denom}: {what}"))
}
