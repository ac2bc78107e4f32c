use std::{cmp::Ordering, fmt, str::FromStr};

use bnum::{
    BUint,
    cast::As,
    types::{I256, I512},
};

use crate::{Error, Result, Value, sdk};

/// Digits after the point, as in the Cosmos SDK's `LegacyDec`.
const DIGITS: usize = 18;
/// Longest text that is read: 78 digits, a point and a sign.
const MAX_TEXT: usize = 80;

/// A signed decimal number with 18 digits after the point: a 256-bit integer
/// scaled by 10¹⁸. Products and quotients are computed in 512 bits, so only a
/// result that does not fit is an error, and **cut towards zero**, always: no
/// operation rounds up, and who needs that says so with [`ceil`](Self::ceil).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Dec(I256);

impl Dec {
    /// 0.
    pub const ZERO: Self = Self(I256::ZERO);
    /// 1.
    pub const ONE: Self = Self(I256::from_bits(BUint::from_digits([1_000_000_000_000_000_000, 0, 0, 0])));
    /// 10⁻¹⁸, the least number above 0.
    pub const SMALLEST: Self = Self(I256::ONE);

    /// A whole number; every u128 fits.
    pub fn whole(number: u128) -> Self {
        Self(number.as_::<I256>().wrapping_mul(Self::ONE.0))
    }

    /// `number` hundredths.
    pub fn percent(number: u32) -> Self {
        Self(number.as_::<I256>().wrapping_mul(I256::from(10_000_000_000_000_000_u64)))
    }

    /// Reads the scaled integer that protobuf fields hold: `1000000000000000000` is 1.
    ///
    /// # Errors
    /// SDK 18 for a text that is no such integer.
    pub fn from_atomics(text: &str) -> Result<Self> {
        if text.len() > MAX_TEXT || text.starts_with('+') {
            return Err(unreadable(text));
        }
        I256::from_str(text).map(Self).map_err(|_| unreadable(text))
    }

    /// The scaled integer for protobuf fields.
    pub fn atomics(&self) -> String {
        self.0.to_string()
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Whether it is below 0.
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// Sum.
    pub fn plus(self, other: Self) -> Result<Self> {
        self.0.checked_add(other.0).map(Self).ok_or_else(too_big)
    }

    /// Difference; may be negative.
    pub fn minus(self, other: Self) -> Result<Self> {
        self.0.checked_sub(other.0).map(Self).ok_or_else(too_big)
    }

    /// Product, cut.
    pub fn times(self, other: Self) -> Result<Self> {
        self.mul_div(other, Self::ONE)
    }

    /// Quotient, cut. Division by 0 is an error.
    pub fn over(self, other: Self) -> Result<Self> {
        self.mul_div(Self::ONE, other)
    }

    /// `self × by ÷ over` with nothing lost in between, cut.
    pub fn mul_div(self, by: Self, over: Self) -> Result<Self> {
        let wide = |dec: Self| dec.0.as_::<I512>();
        let quotient = wide(self).checked_mul(wide(by)).and_then(|p| p.checked_div(wide(over)));
        quotient
            .filter(|q| *q <= wide(Self(I256::MAX)) && *q >= wide(Self(I256::MIN)))
            .map(|q| Self(q.as_()))
            .ok_or_else(too_big)
    }

    /// The whole part.
    ///
    /// # Errors
    /// SDK 33 for numbers below 0 or above u128.
    pub fn floor(self) -> Result<u128> {
        self.0
            .checked_div(Self::ONE.0)
            .filter(|n| !self.is_negative() && n.bits() <= 128)
            .map(|n| n.as_())
            .ok_or_else(too_big)
    }

    /// The next whole number.
    pub fn ceil(self) -> Result<u128> {
        let whole = self.floor()?;
        if Self::whole(whole) == self { Ok(whole) } else { whole.checked_add(1).ok_or_else(too_big) }
    }
}

fn too_big() -> Error {
    sdk::overflow("decimal arithmetic: the result does not fit or has no value")
}

fn unreadable(text: &str) -> Error {
    let shown: String = text.chars().take(MAX_TEXT).collect();
    sdk::invalid_request(format!("{shown:?} is not a decimal number with at most {DIGITS} digits after the point"))
}

/// Reads `0.05`, `-1` or `12.5`.
impl FromStr for Dec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if text.len() > MAX_TEXT || fraction.len() > DIGITS || !digits(whole) || !digits(fraction) {
            return Err(unreadable(text));
        }
        let sign = if unsigned.len() < text.len() { "-" } else { "" };
        Self::from_atomics(&format!("{sign}{whole}{fraction:0<DIGITS$}"))
    }
}

/// The SDK's text form: always 18 digits after the point.
impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0>19}", self.0.unsigned_abs().to_string());
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(DIGITS));
        let sign = if self.is_negative() { "-" } else { "" };
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq<u128> for Dec {
    fn eq(&self, other: &u128) -> bool {
        *self == Self::whole(*other)
    }
}

impl PartialOrd<u128> for Dec {
    fn partial_cmp(&self, other: &u128) -> Option<Ordering> {
        self.partial_cmp(&Self::whole(*other))
    }
}

/// A format byte and the scaled integer in decimal: short for small numbers, and
/// what protobuf fields hold.
impl Value for Dec {
    fn to_bytes(&self) -> Vec<u8> {
        self.atomics().to_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_atomics(&String::from_bytes(bytes)?).ok()
    }
}
