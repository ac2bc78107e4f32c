use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Timestamp, Uint128};
use synergy_std::{Tensor, TensorError};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// What is known of a sender.
#[cw_serde]
pub struct Profile {
    /// Time of the first payment.
    pub since: Timestamp,
    /// Moving average of the amounts; an eighth of it is the last one.
    pub average: Uint128,
    /// Hour since 1970 in which the last payment was made.
    pub hour: u64,
    /// Payments in that hour.
    pub in_hour: u32,
}

impl Profile {
    /// Of a sender who has not paid yet.
    pub fn new(now: Timestamp) -> Profile {
        Profile { since: now, average: Uint128::zero(), hour: hours(now), in_hour: 0 }
    }

    /// After a payment.
    #[must_use]
    pub fn after(&self, now: Timestamp, amount: Uint128) -> Profile {
        let rest = self.average.u128().saturating_sub(self.average.u128() >> 3);
        let average = if self.average.is_zero() { amount.u128() } else { rest.saturating_add(amount.u128() >> 3) };
        Profile {
            since: self.since,
            average: average.into(),
            hour: hours(now),
            in_hour: self.in_hour_of(now).saturating_add(1),
        }
    }

    fn in_hour_of(&self, now: Timestamp) -> u32 {
        if self.hour == hours(now) { self.in_hour } else { 0 }
    }
}

/// What the model is told of a payment.
pub struct Payment {
    /// The sender before it.
    pub sender: Profile,
    /// Earlier payments of the sender to this recipient.
    pub known: u32,
    /// The amount.
    pub amount: Uint128,
    /// When.
    pub time: Timestamp,
}

impl Payment {
    /// The model's input: six integers, in sixteenths, as
    /// contracts/models/train_fraud.py makes them.
    ///
    /// # Errors
    /// None that a payment can cause.
    pub fn features(&self) -> Result<Tensor, TensorError> {
        let average = self.sender.average.u128();
        let jump = if average == 0 { 0 } else { bits(self.amount.u128()).saturating_sub(bits(average)) };
        let age = self.time.seconds().saturating_sub(self.sender.since.seconds()) / DAY;
        let values = [
            bits(self.amount.u128()),
            jump.clamp(0, 20),
            i64::from(self.sender.in_hour_of(self.time).min(32)),
            i64::from(self.known.min(32)),
            i64::try_from(age.min(64)).unwrap_or(64),
            i64::try_from(hours(self.time) % 24).unwrap_or(0),
        ];
        Tensor::from_fixed("features", &[1, 6], &values, 4)
    }
}

fn hours(time: Timestamp) -> u64 {
    time.seconds() / HOUR
}

/// How many bits a number takes.
fn bits(number: u128) -> i64 {
    i64::from(u128::BITS.saturating_sub(number.leading_zeros()))
}
