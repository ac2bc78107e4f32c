//! Coins: checked reading of the Cosmos `Coin` message and of texts like
//! `10asnrg,5uatom`.

use std::fmt;

use crate::{Coin, Denom};

/// The chain's token in its smallest unit, 10⁻¹⁸ SNRG.
pub const BASE_DENOM: &str = "asnrg";

/// Why coins cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoinError(pub String);

impl fmt::Display for CoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CoinError {}

/// Reads one coin of a message: a valid denom and a decimal amount of at most
/// u128, zero allowed.
pub fn read(coin: &Coin) -> Result<(Denom, u128), CoinError> {
    let denom = coin.denom.parse::<Denom>().map_err(|e| CoinError(e.to_string()))?;
    Ok((denom, amount(&coin.amount)?))
}

/// Reads a decimal amount.
pub fn amount(text: &str) -> Result<u128, CoinError> {
    let bad = || {
        let shown: String = text.chars().take(60).collect();
        CoinError(format!("invalid amount {shown:?}: a whole number from 0 to {}", u128::MAX))
    };
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    text.parse().map_err(|_| bad())
}

/// Reads coins as the SDK's `Coins.Validate` demands: each amount positive,
/// denoms in strictly rising order. An empty list is valid.
pub fn read_all(coins: &[Coin]) -> Result<Vec<(Denom, u128)>, CoinError> {
    let mut out: Vec<(Denom, u128)> = Vec::with_capacity(coins.len());
    for coin in coins {
        let (denom, amount) = read(coin)?;
        if amount == 0 {
            return Err(CoinError(format!("amount of {denom} is zero: leave the coin out")));
        }
        if out.last().is_some_and(|(last, _)| *last >= denom) {
            return Err(CoinError(format!("coins must be sorted by denom without doubles, {denom} is out of order")));
        }
        out.push((denom, amount));
    }
    Ok(out)
}

/// Makes a coin.
pub fn coin(amount: u128, denom: impl fmt::Display) -> Coin {
    Coin { denom: denom.to_string(), amount: amount.to_string() }
}

/// Parses `10asnrg,5uatom`: sorts by denom, refuses doubles and zeros.
pub fn parse(text: &str) -> Result<Vec<Coin>, CoinError> {
    let mut coins = Vec::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, denom) = part.split_at(digits);
        let denom: Denom = denom.trim().parse().map_err(|_| {
            CoinError(format!("cannot read coin {part:?}: write an amount and a denom, e.g. 1000{BASE_DENOM}"))
        })?;
        coins.push(coin(amount(number)?, denom));
    }
    coins.sort_by(|a, b| a.denom.cmp(&b.denom));
    read_all(&coins)?;
    Ok(coins)
}

/// The text form that [`parse`] reads.
pub fn display(coins: &[Coin]) -> String {
    coins.iter().map(|c| format!("{}{}", c.amount, c.denom)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_sorts_and_refuses() {
        let coins = parse("5uatom, 10asnrg").unwrap();
        assert_eq!(display(&coins), "10asnrg,5uatom");
        for bad in
            ["asnrg", "1", "0asnrg", "1asnrg,2asnrg", "-1asnrg", "1a", "340282366920938463463374607431768211456asnrg"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(parse("").unwrap(), vec![]);
    }

    #[test]
    fn read_all_wants_order() {
        let unsorted = [coin(1, "uatom"), coin(1, "asnrg")];
        assert!(read_all(&unsorted).unwrap_err().0.contains("sorted"));
    }
}
