//! Sums of coins, sorted by denom.

use synergy_kernel::{Dec, Result, sdk};
use synergy_proto::{Coin, Denom, coin};

pub(crate) type Coins = Vec<(Denom, u128)>;

/// Reads coins of a message or of our own state.
///
/// # Errors
/// SDK 10.
pub(crate) fn read(coins: &[Coin]) -> Result<Coins> {
    coin::read_all(coins).map_err(|e| sdk::invalid_coins(e.to_string()))
}

pub(crate) fn to_proto(coins: &Coins) -> Vec<Coin> {
    coins.iter().map(|(denom, amount)| coin::coin(*amount, denom)).collect()
}

pub(crate) fn text(coins: &Coins) -> String {
    coin::display(&to_proto(coins))
}

pub(crate) fn of(coins: &Coins, denom: &Denom) -> u128 {
    coins.iter().find(|(d, _)| d == denom).map_or(0, |(_, amount)| *amount)
}

pub(crate) fn plus(mut sum: Coins, more: &Coins) -> Result<Coins> {
    for (denom, amount) in more {
        match sum.binary_search_by(|(d, _)| d.cmp(denom)) {
            Ok(at) => {
                if let Some((_, have)) = sum.get_mut(at) {
                    *have = have.checked_add(*amount).ok_or_else(|| sdk::overflow("sum of deposits"))?;
                }
            }
            Err(at) => sum.insert(at, (denom.clone(), *amount)),
        }
    }
    Ok(sum)
}

/// Whether there is as much as `least` of each of its coins.
pub(crate) fn cover(coins: &Coins, least: &Coins) -> bool {
    least.iter().all(|(denom, amount)| of(coins, denom) >= *amount)
}

/// A part of each coin, cut; what becomes nothing is left out.
pub(crate) fn part(coins: &Coins, ratio: Dec) -> Result<Coins> {
    let mut parts = Vec::with_capacity(coins.len());
    for (denom, amount) in coins {
        let part = Dec::whole(*amount).times(ratio)?.floor()?;
        if part > 0 {
            parts.push((denom.clone(), part));
        }
    }
    Ok(parts)
}

/// What is left of coins without others that are part of them.
pub(crate) fn minus(coins: &Coins, part: &Coins) -> Coins {
    let left = coins.iter().map(|(denom, amount)| (denom.clone(), amount.saturating_sub(of(part, denom))));
    left.filter(|(_, amount)| *amount > 0).collect()
}
