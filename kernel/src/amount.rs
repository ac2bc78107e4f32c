use crate::{Result, sdk};

/// A quantity of one denomination as state keeps it: 128 bits in two halves,
/// because protobuf has no wider integer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, prost::Message)]
pub struct Amount {
    #[prost(fixed64, tag = "1")]
    hi: u64,
    #[prost(fixed64, tag = "2")]
    lo: u64,
}

impl From<u128> for Amount {
    #[allow(clippy::cast_possible_truncation, reason = "splits the number into its halves")]
    fn from(value: u128) -> Self {
        Self { hi: (value >> 64) as u64, lo: value as u64 }
    }
}

impl From<Amount> for u128 {
    fn from(amount: Amount) -> Self {
        (u128::from(amount.hi) << 64) | u128::from(amount.lo)
    }
}

impl Amount {
    /// Sum, or the SDK's overflow error.
    pub fn plus(self, other: u128) -> Result<Self> {
        u128::from(self).checked_add(other).map(Self::from).ok_or_else(|| sdk::overflow("amount does not fit 128 bits"))
    }
}
