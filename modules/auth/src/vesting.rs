//! Vesting accounts: what of its first coins an account may not spend yet
//! (`x/auth/vesting` of the Cosmos SDK). Locked coins can be delegated, so it is
//! kept how much of them is.

use std::collections::BTreeMap;

use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Address, Any, Coin, Denom, coin,
    cosmos::{
        auth::v1beta1::BaseAccount,
        vesting::v1beta1::{
            BaseVestingAccount, ContinuousVestingAccount, DelayedVestingAccount, Period, PeriodicVestingAccount,
            PermanentLockedAccount,
        },
    },
    pack,
    synergy::auth::Account,
    type_url,
};
use synergy_store::fatal;

use crate::state::{ACCOUNTS, VESTING};

/// Amounts by denom; none of them is zero.
pub(crate) type Coins = BTreeMap<Denom, u128>;

/// When the coins of an account become free. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Steadily from `start` to the end.
    Continuous { start: i64 },
    /// All at the end.
    Delayed,
    /// Step by step from `start`: each step has its seconds after the one before.
    Periodic { start: i64, periods: Vec<(i64, Coins)> },
    /// Never; the coins can only be staked.
    Permanent,
}

/// The vesting part of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vesting {
    pub(crate) schedule: Schedule,
    pub(crate) original: Coins,
    pub(crate) delegated_free: Coins,
    pub(crate) delegated_vesting: Coins,
    pub(crate) end: i64,
}

impl Vesting {
    /// Coins that become free steadily between two times in Unix seconds.
    ///
    /// # Errors
    /// SDK 18 when the times or coins make no schedule; so for all four kinds.
    pub fn continuous(original: &[(Denom, u128)], start: i64, end: i64) -> Result<Self> {
        Self::new(Schedule::Continuous { start }, original.iter().cloned().collect(), end)
    }

    /// Coins that become free all at once.
    pub fn delayed(original: &[(Denom, u128)], end: i64) -> Result<Self> {
        Self::new(Schedule::Delayed, original.iter().cloned().collect(), end)
    }

    /// Coins that are never free.
    pub fn permanent(original: &[(Denom, u128)]) -> Result<Self> {
        Self::new(Schedule::Permanent, original.iter().cloned().collect(), 0)
    }

    /// Coins that become free in steps: seconds after the step before, and how much.
    pub fn periodic(start: i64, periods: &[Period]) -> Result<Self> {
        let periods =
            periods.iter().map(|p| Ok((p.length, coins(&p.amount, "vesting_periods")?))).collect::<Result<Vec<_>>>()?;
        let mut original = Coins::new();
        let mut end = start;
        for (length, amounts) in &periods {
            end = end.checked_add(*length).ok_or_else(|| bad("the periods end after all time"))?;
            for (denom, amount) in amounts {
                add(&mut original, denom, *amount)?;
            }
        }
        Self::new(Schedule::Periodic { start, periods }, original, end)
    }

    fn new(schedule: Schedule, original: Coins, end: i64) -> Result<Self> {
        let vesting = Self { schedule, original, delegated_free: Coins::new(), delegated_vesting: Coins::new(), end };
        vesting.check()?;
        Ok(vesting)
    }

    /// What the SDK's `Validate` methods demand.
    pub(crate) fn check(&self) -> Result<()> {
        if self.original.is_empty() || self.original.values().any(|amount| *amount == 0) {
            return Err(bad("the original coins must be positive"));
        }
        if self.delegated_vesting.iter().any(|(denom, amount)| *amount > self.original(denom)) {
            return Err(bad("delegated_vesting is more than the original coins"));
        }
        match &self.schedule {
            Schedule::Continuous { start } if *start < 0 || *start >= self.end => {
                Err(bad(&format!("start {start} must lie before the end {}", self.end)))
            }
            Schedule::Delayed if self.end <= 0 => Err(bad("the end time must be positive")),
            Schedule::Periodic { start, periods } => self.check_periods(*start, periods),
            Schedule::Permanent if self.end != 0 => Err(bad("permanently locked coins have no end time")),
            _ => Ok(()),
        }
    }

    fn check_periods(&self, start: i64, periods: &[(i64, Coins)]) -> Result<()> {
        if start < 1 {
            return Err(bad(&format!("start {start} must be positive")));
        }
        if periods.is_empty() || periods.iter().any(|(length, amounts)| *length < 1 || amounts.is_empty()) {
            return Err(bad("every period has a length above 0 and coins, and there is at least one"));
        }
        let mut end = Some(start);
        let mut sum = Coins::new();
        for (length, amounts) in periods {
            end = end.and_then(|end| end.checked_add(*length));
            for (denom, amount) in amounts {
                add(&mut sum, denom, *amount)?;
            }
        }
        if end != Some(self.end) || sum != self.original {
            return Err(bad("the periods do not add up to the end time and the original coins"));
        }
        Ok(())
    }

    /// The coins that the schedule is about.
    pub fn original_coins(&self) -> Vec<(Denom, u128)> {
        self.original.iter().map(|(denom, amount)| (denom.clone(), *amount)).collect()
    }

    fn original(&self, denom: &Denom) -> u128 {
        self.original.get(denom).copied().unwrap_or(0)
    }

    /// What is free of the original coins at `now`. Continuous schedules round down
    /// exactly; the SDK rounds a factor of 18 decimals first.
    fn vested(&self, denom: &Denom, now: i64) -> u128 {
        let total = self.original(denom);
        match &self.schedule {
            Schedule::Permanent => 0,
            _ if now >= self.end => total,
            Schedule::Delayed => 0,
            Schedule::Continuous { start } => share(total, now.saturating_sub(*start), self.end.saturating_sub(*start)),
            Schedule::Periodic { start, periods } => {
                let mut end = *start;
                let mut vested = 0_u128;
                for (length, amounts) in periods {
                    end = end.saturating_add(*length);
                    if end > now {
                        break;
                    }
                    vested = vested.saturating_add(amounts.get(denom).copied().unwrap_or(0));
                }
                vested
            }
        }
    }

    fn vesting(&self, denom: &Denom, now: i64) -> u128 {
        self.original(denom).saturating_sub(self.vested(denom, now))
    }

    /// What of a balance may not be spent at `now`: coins not vested, less those
    /// that are delegated and so not in the balance.
    pub fn locked(&self, denom: &Denom, now: i64) -> u128 {
        self.vesting(denom, now).saturating_sub(self.delegated_vesting.get(denom).copied().unwrap_or(0))
    }

    /// Counts a delegation: of locked coins first.
    pub(crate) fn delegate(&mut self, denom: &Denom, amount: u128, now: i64) -> Result<()> {
        let of_locked = self.locked(denom, now).min(amount);
        add(&mut self.delegated_vesting, denom, of_locked)?;
        add(&mut self.delegated_free, denom, amount.saturating_sub(of_locked))
    }

    /// Counts the end of a delegation: free coins come back first. After a slash
    /// less comes back than went out, and the rest stays counted as delegated.
    pub(crate) fn undelegate(&mut self, denom: &Denom, amount: u128) {
        let of_free = take(&mut self.delegated_free, denom, amount);
        take(&mut self.delegated_vesting, denom, amount.saturating_sub(of_free));
    }

    /// Reads a vesting account of the SDK; its base account is left aside.
    pub(crate) fn from_any(any: &Any) -> Result<Self> {
        let undecodable = |e: prost::DecodeError| bad(&format!("{}: {e}", any.type_url));
        let value = any.value.as_slice();
        let (schedule, base) = if any.type_url == type_url::<ContinuousVestingAccount>() {
            let account: ContinuousVestingAccount = prost::Message::decode(value).map_err(undecodable)?;
            (Schedule::Continuous { start: account.start_time }, account.base_vesting_account)
        } else if any.type_url == type_url::<DelayedVestingAccount>() {
            let account: DelayedVestingAccount = prost::Message::decode(value).map_err(undecodable)?;
            (Schedule::Delayed, account.base_vesting_account)
        } else if any.type_url == type_url::<PeriodicVestingAccount>() {
            let account: PeriodicVestingAccount = prost::Message::decode(value).map_err(undecodable)?;
            let periods = account.vesting_periods.iter().map(|p| Ok((p.length, coins(&p.amount, "periods")?)));
            let periods = periods.collect::<Result<_>>()?;
            (Schedule::Periodic { start: account.start_time, periods }, account.base_vesting_account)
        } else if any.type_url == type_url::<PermanentLockedAccount>() {
            let account: PermanentLockedAccount = prost::Message::decode(value).map_err(undecodable)?;
            (Schedule::Permanent, account.base_vesting_account)
        } else {
            return Err(bad(&format!("{} is no vesting account", any.type_url)));
        };
        let base = base.unwrap_or_default();
        let vesting = Self {
            schedule,
            original: coins(&base.original_vesting, "original_vesting")?,
            delegated_free: coins(&base.delegated_free, "delegated_free")?,
            delegated_vesting: coins(&base.delegated_vesting, "delegated_vesting")?,
            end: base.end_time,
        };
        vesting.check()?;
        Ok(vesting)
    }

    /// The vesting account of the SDK, around `base_account` where clients read it.
    pub(crate) fn to_any(&self, base_account: Option<BaseAccount>) -> Any {
        let base_vesting_account = Some(BaseVestingAccount {
            base_account,
            original_vesting: list(&self.original),
            delegated_free: list(&self.delegated_free),
            delegated_vesting: list(&self.delegated_vesting),
            end_time: self.end,
        });
        match &self.schedule {
            Schedule::Continuous { start } => {
                pack(&ContinuousVestingAccount { base_vesting_account, start_time: *start })
            }
            Schedule::Delayed => pack(&DelayedVestingAccount { base_vesting_account }),
            Schedule::Permanent => pack(&PermanentLockedAccount { base_vesting_account }),
            Schedule::Periodic { start, periods } => {
                let periods = periods.iter().map(|(length, amount)| Period { length: *length, amount: list(amount) });
                pack(&PeriodicVestingAccount {
                    base_vesting_account,
                    start_time: *start,
                    vesting_periods: periods.collect(),
                })
            }
        }
    }

    /// The vesting part of an account, if it has one.
    pub(crate) fn of(ctx: &mut Ctx<'_>, address: &Address) -> Result<Option<Self>> {
        let Some(any) = VESTING.get(ctx, address)? else { return Ok(None) };
        match Self::from_any(&any) {
            Ok(vesting) => Ok(Some(vesting)),
            Err(e) => fatal(format_args!("store acc: a stored vesting account cannot be read: {e}")),
        }
    }
}

/// `total × part ÷ whole` rounded down. `0 ≤ part < whole < 2⁶³`, so no product
/// passes 128 bits.
fn share(total: u128, part: i64, whole: i64) -> u128 {
    let (Ok(part), Ok(whole)) = (u128::try_from(part), u128::try_from(whole)) else { return 0 };
    let (Some(quotient), Some(rest)) = (total.checked_div(whole), total.checked_rem(whole)) else { return 0 };
    let of_rest = rest.saturating_mul(part).checked_div(whole).unwrap_or(0);
    quotient.saturating_mul(part).saturating_add(of_rest)
}

pub(crate) fn coins(list: &[Coin], what: &str) -> Result<Coins> {
    let read = coin::read_all(list).map_err(|e| sdk::invalid_coins(format!("{what}: {e}")))?;
    Ok(read.into_iter().collect())
}

pub(crate) fn list(coins: &Coins) -> Vec<Coin> {
    coins.iter().map(|(denom, amount)| coin::coin(*amount, denom)).collect()
}

fn add(coins: &mut Coins, denom: &Denom, amount: u128) -> Result<()> {
    if amount > 0 {
        let sum = coins.entry(denom.clone()).or_default();
        *sum = sum.checked_add(amount).ok_or_else(|| sdk::overflow("vesting coins do not fit 128 bits"))?;
    }
    Ok(())
}

/// Takes up to `amount` and returns how much was there.
fn take(coins: &mut Coins, denom: &Denom, amount: u128) -> u128 {
    let Some(has) = coins.get_mut(denom) else { return 0 };
    let taken = amount.min(*has);
    *has = has.saturating_sub(taken);
    if *has == 0 {
        coins.remove(denom);
    }
    taken
}

fn bad(what: &str) -> synergy_kernel::Error {
    sdk::invalid_request(format!("vesting account: {what}"))
}

/// What of an account's balance it may not spend now; 0 without vesting.
pub fn locked(ctx: &mut Ctx<'_>, address: &Address, denom: &Denom) -> Result<u128> {
    let now = ctx.block.seconds;
    Ok(Vesting::of(ctx, address)?.map_or(0, |vesting| vesting.locked(denom, now)))
}

/// Every address that has a vesting account, with each denom that it may lock.
pub fn vesting_denoms(ctx: &mut Ctx<'_>) -> Result<Vec<(Address, Denom)>> {
    let mut owners = Vec::new();
    VESTING.for_each(ctx, (), |owner, _| {
        owners.push(owner);
        Ok(true)
    })?;
    let mut found = Vec::new();
    for owner in owners {
        let vesting = Vesting::of(ctx, &owner)?;
        found.extend(vesting.into_iter().flat_map(|v| v.original.into_keys()).map(|denom| (owner, denom)));
    }
    Ok(found)
}

/// Counts coins that leave an account's balance for a delegation.
pub fn track_delegation(ctx: &mut Ctx<'_>, address: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    let now = ctx.block.seconds;
    track(ctx, address, |vesting| coins.iter().try_for_each(|(denom, amount)| vesting.delegate(denom, *amount, now)))
}

/// Counts coins that come back from a delegation.
pub fn track_undelegation(ctx: &mut Ctx<'_>, address: &Address, coins: &[(Denom, u128)]) -> Result<()> {
    track(ctx, address, |vesting| {
        coins.iter().for_each(|(denom, amount)| vesting.undelegate(denom, *amount));
        Ok(())
    })
}

fn track(ctx: &mut Ctx<'_>, address: &Address, change: impl FnOnce(&mut Vesting) -> Result<()>) -> Result<()> {
    let Some(mut vesting) = Vesting::of(ctx, address)? else { return Ok(()) };
    change(&mut vesting)?;
    VESTING.set(ctx, address, &vesting.to_any(None))
}

/// Creates a vesting account; its coins are the caller's to send.
///
/// # Errors
/// SDK 18 when the address has an account.
pub fn create_vesting(ctx: &mut Ctx<'_>, address: &Address, vesting: &Vesting) -> Result<()> {
    if ACCOUNTS.has(ctx, address)? {
        return Err(sdk::invalid_request(format!("account {address} already exists: take an unused address")));
    }
    crate::state::create(ctx, address, Account::default())?;
    VESTING.set(ctx, address, &vesting.to_any(None))
}
