//! The three kinds of allowances: how much of a fee each one lets pass.

use prost::Message;
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Any, Coin, Denom, Timestamp, coin,
    cosmos::feegrant::v1beta1::{AllowedMsgAllowance, BasicAllowance, PeriodicAllowance},
    pack, type_url,
};

use crate::error;

/// Gas for each entry of the list of allowed messages (the SDK's).
const LIST_ENTRY_GAS: u64 = 10;

/// A moment: Unix seconds and nanoseconds.
type Time = (i64, i32);

/// A decoded allowance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Allowance {
    /// Up to a sum, or without limit.
    Basic(BasicAllowance),
    /// Up to a sum in every period, and in all.
    Periodic(PeriodicAllowance),
    /// One of the two above, for some messages only.
    Messages(Box<Allowance>, Vec<String>),
}

impl Allowance {
    /// Reads an allowance.
    ///
    /// # Errors
    /// Feegrant 5 for another type or undecodable bytes.
    pub(crate) fn from_any(any: &Any) -> Result<Self> {
        let undecodable =
            |e: prost::DecodeError| error::no_allowance(&format!("{} cannot be decoded: {e}", any.type_url));
        match any.type_url.as_str() {
            url if url == type_url::<AllowedMsgAllowance>() => {
                let outer = AllowedMsgAllowance::decode(&*any.value).map_err(undecodable)?;
                match Self::from_any(
                    &outer.allowance.ok_or_else(|| error::no_allowance("allowance should not be empty"))?,
                )? {
                    Self::Messages(..) => Err(error::no_allowance("allowed messages within allowed messages")),
                    inner => Ok(Self::Messages(Box::new(inner), outer.allowed_messages)),
                }
            }
            url if url == type_url::<PeriodicAllowance>() => {
                PeriodicAllowance::decode(&*any.value).map(Self::Periodic).map_err(undecodable)
            }
            url if url == type_url::<BasicAllowance>() => {
                BasicAllowance::decode(&*any.value).map(Self::Basic).map_err(undecodable)
            }
            _ => Err(error::no_allowance("this chain knows Basic, Periodic and AllowedMsg allowances")),
        }
    }

    pub(crate) fn to_any(&self) -> Any {
        match self {
            Self::Basic(a) => pack(a),
            Self::Periodic(a) => pack(a),
            Self::Messages(inner, allowed) => {
                pack(&AllowedMsgAllowance { allowance: Some(inner.to_any()), allowed_messages: allowed.clone() })
            }
        }
    }

    /// When it ends; `None` means never.
    pub(crate) fn expiration(&self) -> Option<&Timestamp> {
        match self {
            Self::Basic(a) => a.expiration.as_ref(),
            Self::Periodic(a) => a.basic.as_ref().and_then(|basic| basic.expiration.as_ref()),
            Self::Messages(inner, _) => inner.expiration(),
        }
    }

    /// Checks what needs no state: SDK 10 for coins, feegrant 4 for times, 6 for an
    /// empty list of messages.
    pub(crate) fn validate(&self) -> Result<()> {
        match self {
            Self::Basic(a) => validate_basic(a),
            Self::Periodic(a) => {
                let basic = a.basic.clone().unwrap_or_default();
                validate_basic(&basic)?;
                let limit = coins(&a.period_spend_limit)?;
                coins(&a.period_can_spend)?;
                if limit.is_empty() {
                    return Err(sdk::invalid_coins("period spend limit must be positive"));
                }
                let total = coins(&basic.spend_limit)?;
                if !total.is_empty() && limit.iter().any(|(denom, _)| amount_of(&total, denom) == 0) {
                    return Err(sdk::invalid_coins("period spend limit has different currency than basic spend limit"));
                }
                match &a.period {
                    Some(period) if period.seconds >= 0 && period.nanos >= 0 => Ok(()),
                    _ => Err(error::invalid_duration("the period must be there and not negative")),
                }
            }
            Self::Messages(_, allowed) if allowed.is_empty() => Err(error::no_messages()),
            Self::Messages(inner, _) => inner.validate(),
        }
    }

    /// Takes a fee for messages off the allowance. Returns whether nothing is left,
    /// so that the grant can go.
    ///
    /// # Errors
    /// Feegrant 2 above the limit, 3 expired, 7 for a message that is not allowed.
    pub(crate) fn accept(&mut self, ctx: &mut Ctx<'_>, fee: &[(Denom, u128)], urls: &[String]) -> Result<bool> {
        let now = (ctx.block.seconds, i32::try_from(ctx.block.nanos).unwrap_or(0));
        match self {
            Self::Basic(a) => accept_basic(a, now, fee, "basic allowance"),
            Self::Periodic(a) => accept_periodic(a, now, fee),
            Self::Messages(inner, allowed) => {
                let looked_at = allowed.len().saturating_add(urls.len());
                ctx.gas.consume(LIST_ENTRY_GAS.saturating_mul(looked_at as u64), "check msg")?;
                if let Some(url) = urls.iter().find(|url| !allowed.contains(url)) {
                    return Err(error::message_not_allowed(url));
                }
                inner.accept(ctx, fee, urls)
            }
        }
    }
}

fn validate_basic(a: &BasicAllowance) -> Result<()> {
    coins(&a.spend_limit)?;
    match &a.expiration {
        Some(time) if time.seconds < 0 || !(0..1_000_000_000).contains(&time.nanos) => {
            Err(error::invalid_duration("expiration time cannot be negative"))
        }
        _ => Ok(()),
    }
}

fn accept_basic(a: &mut BasicAllowance, now: Time, fee: &[(Denom, u128)], what: &str) -> Result<bool> {
    if a.expiration.as_ref().is_some_and(|time| (time.seconds, time.nanos) < now) {
        return Err(error::expired(what));
    }
    if a.spend_limit.is_empty() {
        return Ok(false);
    }
    a.spend_limit = subtract(&a.spend_limit, fee).ok_or_else(|| error::limit_exceeded(what))?;
    Ok(a.spend_limit.is_empty())
}

fn accept_periodic(a: &mut PeriodicAllowance, now: Time, fee: &[(Denom, u128)]) -> Result<bool> {
    start_period(a, now)?;
    let mut basic = a.basic.take().unwrap_or_default();
    // The absolute limit says that an allowance has expired, also of its period.
    let used_up = accept_basic(&mut basic, now, fee, "absolute limit")?;
    a.basic = Some(basic);
    a.period_can_spend = subtract(&a.period_can_spend, fee).ok_or_else(|| error::limit_exceeded("period limit"))?;
    Ok(used_up)
}

/// Begins the next period when the present one is over: its limit, or what is left in
/// all if that is less. Periods follow each other without a gap as long as the
/// allowance is used in each; after a longer pause a period begins now.
fn start_period(a: &mut PeriodicAllowance, now: Time) -> Result<()> {
    let reset = a.period_reset.as_ref().map_or((0, 0), |t| (t.seconds, t.nanos));
    if now < reset {
        return Ok(());
    }
    let total = a.basic.as_ref().map(|basic| basic.spend_limit.clone()).unwrap_or_default();
    let limit = coins(&a.period_spend_limit)?;
    a.period_can_spend = match subtract(&total, &limit) {
        None if !total.is_empty() => total,
        _ => a.period_spend_limit.clone(),
    };
    let period = a.period.as_ref().map_or((0, 0), |p| (p.seconds, p.nanos));
    let next = later(reset, period);
    let (seconds, nanos) = if now > next { later(now, period) } else { next };
    a.period_reset = Some(Timestamp { seconds, nanos });
    Ok(())
}

fn later(time: Time, by: Time) -> Time {
    const SECOND: i32 = 1_000_000_000;
    let seconds = time.0.saturating_add(by.0);
    match time.1.saturating_add(by.1) {
        nanos if nanos >= SECOND => (seconds.saturating_add(1), nanos.saturating_sub(SECOND)),
        nanos => (seconds, nanos),
    }
}

fn coins(coins: &[Coin]) -> Result<Vec<(Denom, u128)>> {
    coin::read_all(coins).map_err(|e| sdk::invalid_coins(format!("spend limit: {e}")))
}

fn amount_of(coins: &[(Denom, u128)], denom: &Denom) -> u128 {
    coins.iter().find(|(d, _)| d == denom).map_or(0, |(_, amount)| *amount)
}

/// `limit - fee` without zeros; `None` when it does not cover the fee.
fn subtract(limit: &[Coin], fee: &[(Denom, u128)]) -> Option<Vec<Coin>> {
    let mut left = coin::read_all(limit).ok()?;
    for (denom, amount) in fee {
        match left.iter_mut().find(|(d, _)| d == denom) {
            Some((_, has)) => *has = has.checked_sub(*amount)?,
            None if *amount == 0 => {}
            None => return None,
        }
    }
    Some(left.into_iter().filter(|(_, has)| *has > 0).map(|(denom, has)| coin::coin(has, denom)).collect())
}
