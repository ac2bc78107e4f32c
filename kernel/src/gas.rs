use crate::{Result, sdk};

/// Prices of state access, the Cosmos SDK's (`store/types/gas.go`), so that gas
/// figures mean what users of other chains expect.
pub mod schedule {
    /// Looking whether a key exists.
    pub const HAS: u64 = 1_000;
    /// Deleting a key.
    pub const DELETE: u64 = 1_000;
    /// Reading a key.
    pub const READ: u64 = 1_000;
    /// Each byte of key and value read.
    pub const READ_BYTE: u64 = 3;
    /// Writing a key.
    pub const WRITE: u64 = 2_000;
    /// Each byte of key and value written.
    pub const WRITE_BYTE: u64 = 30;
    /// Each step of an iteration, beside its bytes.
    pub const NEXT: u64 = 30;
    /// Each byte of a blob: it is stored once and hashed once, and is in no tree.
    pub const BLOB_BYTE: u64 = 4;
}

/// A meter with a limit, in units of gas. 1,000 gas are about one microsecond of
/// one core.
#[derive(Debug, Clone)]
pub struct Gas {
    limit: u64,
    used: u64,
    lane: u64,
}

impl Gas {
    /// A meter that refuses to pass `limit`.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: 0, lane: 0 }
    }

    /// A meter for code that nobody pays for: genesis, begin and end of a block.
    pub fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    /// The limit.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Gas used so far; never above the limit.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Gas left.
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    /// A meter that goes on counting this one's lane; [`Gas::follow`] takes that back.
    pub(crate) fn part(&self, limit: u64) -> Self {
        Self { limit, used: 0, lane: self.lane }
    }

    /// Takes over what a [`part`](Self::part) has counted of the lane.
    pub(crate) fn follow(&mut self, part: &Gas) {
        self.lane = part.lane;
    }

    /// Gas that inferences of the block have used so far, those of the transactions before
    /// and of failed ones too: the time is spent, whatever becomes of the result.
    pub fn lane(&self) -> u64 {
        self.lane
    }

    /// Counts gas that was [consumed](Self::consume) by an inference.
    pub fn count_in_lane(&mut self, amount: u64) {
        self.lane = self.lane.saturating_add(amount);
    }

    /// Takes `amount`, or all that is left and the SDK's error 11. `what` says in
    /// the log for what.
    pub fn consume(&mut self, amount: u64, what: &str) -> Result<()> {
        if amount > self.left() {
            self.used = self.limit;
            return Err(sdk::out_of_gas(format!(
                "out of gas in location: {what}; gasWanted: {}, gasUsed: {}: send the transaction with more gas",
                self.limit,
                self.limit.saturating_add(amount)
            )));
        }
        self.used = self.used.saturating_add(amount);
        Ok(())
    }
}

/// `per_item + bytes × per_byte`, saturating: no key or value comes near 2⁶⁴.
pub(crate) fn price(per_item: u64, per_byte: u64, bytes: usize) -> u64 {
    per_item.saturating_add(per_byte.saturating_mul(bytes as u64))
}
