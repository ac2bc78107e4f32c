use std::collections::BTreeMap;

use synergy_kernel::{Amount, Ctx, Error, Item, Map, Result, sdk};
use synergy_proto::{
    Address, Denom,
    cosmos::bank::v1beta1::{Metadata, Params},
};

use crate::{STORE, events};

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);
pub(crate) const BALANCES: Map<(&Address, &Denom), Balance> = Map::new(STORE, 2);
pub(crate) const SUPPLY: Map<&Denom, Amount> = Map::new(STORE, 3);
pub(crate) const METADATA: Map<&Denom, Metadata> = Map::new(STORE, 4);

/// What an address owns of a denom, as state keeps it: 128 bits in two halves.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Balance {
    #[prost(fixed64, tag = "1")]
    hi: u64,
    #[prost(fixed64, tag = "2")]
    lo: u64,
    /// Auth may lock a part of it; a debit of any other balance looks nothing up.
    /// Such a record stays when it is empty.
    #[prost(bool, tag = "3")]
    vesting: bool,
}

impl Balance {
    #[allow(clippy::cast_possible_truncation, reason = "splits the number into its halves")]
    fn with(self, amount: u128) -> Self {
        Self { hi: (amount >> 64) as u64, lo: amount as u64, ..self }
    }

    pub(crate) fn amount(self) -> u128 {
        (u128::from(self.hi) << 64) | u128::from(self.lo)
    }
}

fn read(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom) -> Result<Balance> {
    Ok(BALANCES.get(ctx, (owner, denom))?.unwrap_or_default())
}

fn write(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom, balance: Balance) -> Result<()> {
    match balance == Balance::default() {
        true => BALANCES.remove(ctx, (owner, denom)),
        false => BALANCES.set(ctx, (owner, denom), &balance),
    }
}

/// Says that auth may lock a part of what the owner has of a denom.
pub(crate) fn mark_vesting(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom) -> Result<()> {
    let balance = read(ctx, owner, denom)?;
    write(ctx, owner, denom, Balance { vesting: true, ..balance })
}

fn locked(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom, balance: Balance) -> Result<u128> {
    if balance.vesting { synergy_auth::locked(ctx, owner, denom) } else { Ok(0) }
}

/// What an address owns of a denom.
pub fn balance(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom) -> Result<u128> {
    Ok(read(ctx, owner, denom)?.amount())
}

/// What an address may spend of a denom: its balance without what is still vesting.
pub fn spendable(ctx: &mut Ctx<'_>, owner: &Address, denom: &Denom) -> Result<u128> {
    let balance = read(ctx, owner, denom)?;
    Ok(balance.amount().saturating_sub(locked(ctx, owner, denom, balance)?))
}

/// Everything an address owns, by denom.
pub fn balances(ctx: &mut Ctx<'_>, owner: &Address) -> Result<Vec<(Denom, u128)>> {
    let mut coins = Vec::new();
    BALANCES.for_each(ctx, owner, |(_, denom), balance| {
        if balance.amount() > 0 {
            coins.push((denom, balance.amount()));
        }
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
        let balance = read(ctx, from, denom)?;
        take_beyond(ctx, from, denom, balance, *amount, 0)?;
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
    let balance = read(ctx, from, denom)?;
    let locked = locked(ctx, from, denom, balance)?;
    take_beyond(ctx, from, denom, balance, amount, locked)
}

/// Takes coins and leaves at least `locked`.
fn take_beyond(
    ctx: &mut Ctx<'_>,
    from: &Address,
    denom: &Denom,
    balance: Balance,
    amount: u128,
    locked: u128,
) -> Result<()> {
    let has = balance.amount();
    let spendable = has.saturating_sub(locked);
    if amount > spendable {
        return Err(sdk::insufficient_funds(format!(
            "spendable balance {spendable}{denom} is smaller than {amount}{denom}: insufficient funds"
        )));
    }
    write(ctx, from, denom, balance.with(has.saturating_sub(amount)))
}

pub(crate) fn give(ctx: &mut Ctx<'_>, to: &Address, denom: &Denom, amount: u128) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let balance = read(ctx, to, denom)?;
    let sum = Amount::from(balance.amount()).plus(amount)?;
    write(ctx, to, denom, balance.with(sum.into()))
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
    BALANCES.for_each(ctx, (), |(_, denom), balance| {
        if balance.amount() > 0 {
            let sum = sums.entry(denom).or_default();
            *sum = sum.checked_add(balance.amount()).ok_or_else(|| sdk::overflow("sum of balances"))?;
        }
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
