use synergy_kernel::{Ctx, Error, Item, Result, sdk};
use synergy_proto::{Address, synergy::escrow::Params};

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

const DAY: i64 = 86_400;

/// The bound that governance cannot lift: the end of a block is paid by nobody.
const MOST_DUE_PER_BLOCK: u32 = 2_000;
/// A hundred years, so that sums of times stay far from overflow.
const LONGEST: i64 = 36_525 * DAY;

/// 200 escrows a block, up to five years, a quarter for an arbiter, and a week to look
/// at a closed one.
pub fn default_params() -> Params {
    Params { max_due_per_block: 200, max_seconds: 1_826 * DAY, max_dispute_seconds: 90 * DAY, closed_seconds: 7 * DAY }
}

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("escrow has no params: the chain has no genesis yet"))
}

/// # Errors
/// SDK 18 for values out of range.
pub(crate) fn check(p: &Params) -> Result<()> {
    let bad = |what: &str| Err(sdk::invalid_request(format!("escrow params: {what}")));
    if !(1..=MOST_DUE_PER_BLOCK).contains(&p.max_due_per_block) {
        return bad(&format!("max_due_per_block is from 1 to {MOST_DUE_PER_BLOCK}, got {}", p.max_due_per_block));
    }
    let times = [
        ("max_seconds", p.max_seconds, 1),
        ("max_dispute_seconds", p.max_dispute_seconds, 0),
        ("closed_seconds", p.closed_seconds, 1),
    ];
    for (name, value, least) in times {
        if !(least..=LONGEST).contains(&value) {
            return bad(&format!("{name} is from {least} to {LONGEST}, got {value}"));
        }
    }
    Ok(())
}

/// The account of governance, which changes params and decides disputes that have no
/// arbiter.
pub(crate) fn authority() -> Address {
    Address::module("gov")
}

/// # Errors
/// `gov` 13, the SDK's `ErrInvalidSigner`.
pub(crate) fn check_authority(given: &str) -> Result<()> {
    let gov = authority().to_string();
    if given == gov {
        return Ok(());
    }
    let text = format!(
        "invalid authority; expected {gov}, got {given}: expected gov account as only signer for proposal message"
    );
    Err(Error::new("gov", 13, text))
}
