use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use synergy_proto::{Denom, cosmos::base::v1beta1::DecCoin};

use crate::{Dec, Result, sdk, text};

/// Fractions of coins: none negative, none zero, denoms in rising order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecCoins(Vec<(Denom, Dec)>);

impl DecCoins {
    /// Whole coins, as balances are.
    pub fn whole(coins: &[(Denom, u128)]) -> Self {
        Self::collect(coins.iter().map(|(denom, amount)| (denom.clone(), Dec::whole(*amount))))
    }

    /// Reads what [`to_proto`](Self::to_proto) wrote.
    ///
    /// # Errors
    /// SDK 10 for bad denoms, negative amounts or doubles.
    pub fn read(coins: &[DecCoin]) -> Result<Self> {
        let mut read = Vec::with_capacity(coins.len());
        for coin in coins {
            let denom: Denom = coin.denom.parse().map_err(|e| sdk::invalid_coins(format!("{e}")))?;
            let amount = Dec::from_atomics(&coin.amount)?;
            if amount.is_negative() || read.last().is_some_and(|(last, _)| *last >= denom) {
                return Err(sdk::invalid_coins(format!("decimal coins: {denom} is negative or out of order")));
            }
            read.push((denom, amount));
        }
        Ok(Self::collect(read))
    }

    /// For protobuf: amounts are scaled integers.
    pub fn to_proto(&self) -> Vec<DecCoin> {
        self.0.iter().map(|(denom, amount)| DecCoin { denom: denom.to_string(), amount: amount.atomics() }).collect()
    }

    /// The coins.
    pub fn iter(&self) -> impl Iterator<Item = (&Denom, Dec)> {
        self.0.iter().map(|(denom, amount)| (denom, *amount))
    }

    /// The amount of a denom.
    pub fn amount(&self, denom: &Denom) -> Dec {
        self.0.iter().find(|(d, _)| d == denom).map_or(Dec::ZERO, |(_, amount)| *amount)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sum.
    pub fn plus(&self, other: &Self) -> Result<Self> {
        self.merge(other, Dec::plus)
    }

    /// Difference.
    ///
    /// # Errors
    /// SDK 5 when `other` has more of a coin.
    pub fn minus(&self, other: &Self) -> Result<Self> {
        let left = self.merge(other, Dec::minus)?;
        match left.0.iter().find(|(_, amount)| amount.is_negative()) {
            None => Ok(left),
            Some((denom, amount)) => {
                Err(sdk::insufficient_funds(format!("decimal coins: {amount}{denom} would be left")))
            }
        }
    }

    /// The lesser amount of each coin.
    pub fn least(&self, other: &Self) -> Self {
        Self::collect(self.0.iter().map(|(denom, amount)| (denom.clone(), (*amount).min(other.amount(denom)))))
    }

    /// Each amount times `by`, cut.
    pub fn times(&self, by: Dec) -> Result<Self> {
        self.each(|amount| amount.times(by))
    }

    /// Each amount times `by` over `over`, cut.
    pub fn mul_div(&self, by: Dec, over: Dec) -> Result<Self> {
        self.each(|amount| amount.mul_div(by, over))
    }

    /// Whole coins, and the fractions that are left.
    pub fn split(&self) -> Result<(Vec<(Denom, u128)>, Self)> {
        let mut whole = Vec::with_capacity(self.0.len());
        for (denom, amount) in &self.0 {
            match amount.floor()? {
                0 => {}
                floor => whole.push((denom.clone(), floor)),
            }
        }
        let fractions = self.minus(&Self::whole(&whole))?;
        Ok((whole, fractions))
    }

    fn each(&self, f: impl Fn(Dec) -> Result<Dec>) -> Result<Self> {
        let coins: Result<Vec<_>> = self.0.iter().map(|(denom, amount)| Ok((denom.clone(), f(*amount)?))).collect();
        Ok(Self::collect(coins?))
    }

    fn merge(&self, other: &Self, f: impl Fn(Dec, Dec) -> Result<Dec>) -> Result<Self> {
        let mut merged: std::collections::BTreeMap<&Denom, Dec> = self.0.iter().map(|(d, a)| (d, *a)).collect();
        for (denom, amount) in &other.0 {
            let sum = merged.entry(denom).or_default();
            *sum = f(*sum, *amount)?;
        }
        Ok(Self::collect(merged.into_iter().map(|(denom, amount)| (denom.clone(), amount))))
    }

    fn collect(coins: impl IntoIterator<Item = (Denom, Dec)>) -> Self {
        Self(coins.into_iter().filter(|(_, amount)| !amount.is_zero()).collect())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoinJson {
    #[serde(with = "text")]
    denom: Denom,
    #[serde(with = "text")]
    amount: Dec,
}

/// As the SDK's genesis files have it: a list with decimal texts.
impl Serialize for DecCoins {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(denom, amount)| CoinJson { denom: denom.clone(), amount: *amount }))
    }
}

impl<'de> Deserialize<'de> for DecCoins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let coins = Vec::<CoinJson>::deserialize(deserializer)?;
        let sorted = coins.windows(2).all(|pair| matches!(pair, [a, b] if a.denom < b.denom));
        if !sorted || coins.iter().any(|coin| coin.amount.is_negative()) {
            return Err(serde::de::Error::custom("decimal coins: negative, or not in order of denoms"));
        }
        Ok(Self::collect(coins.into_iter().map(|coin| (coin.denom, coin.amount))))
    }
}

/// The SDK's text form: `1.500000000000000000asnrg,2.000000000000000000uatom`.
impl fmt::Display for DecCoins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (denom, amount)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{amount}{denom}")?;
        }
        Ok(())
    }
}
