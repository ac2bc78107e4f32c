//! Time as staking needs it: the block's, later ones, and their order in keys.

use synergy_kernel::Ctx;
use synergy_proto::Timestamp;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A time as a key: queues are in its order.
pub(crate) type TimeKey = (u64, u64);

pub(crate) fn now(ctx: &Ctx<'_>) -> Timestamp {
    Timestamp { seconds: ctx.block.seconds, nanos: i32::try_from(ctx.block.nanos).unwrap_or(0) }
}

/// The block's time and a number of seconds.
pub(crate) fn later(ctx: &Ctx<'_>, seconds: i64) -> Timestamp {
    let now = now(ctx);
    Timestamp { seconds: now.seconds.saturating_add(seconds), ..now }
}

pub(crate) fn key(time: &Timestamp) -> TimeKey {
    // Block times are after 1970.
    (u64::try_from(time.seconds).unwrap_or(0), u64::try_from(time.nanos).unwrap_or(0))
}

/// Whether `time` has come.
pub(crate) fn has_come(ctx: &Ctx<'_>, time: Option<&Timestamp>) -> bool {
    time.is_none_or(|time| key(time) <= key(&now(ctx)))
}

/// The text form of events and genesis files, in UTC.
pub fn rfc3339(time: &Timestamp) -> String {
    let nanos = i128::from(time.seconds).saturating_mul(1_000_000_000).saturating_add(i128::from(time.nanos));
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|t| t.format(&Rfc3339).ok()).unwrap_or_default()
}

/// Reads it back; `None` for a text that is no such time.
pub fn parse(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(Timestamp { seconds: time.unix_timestamp(), nanos: i32::try_from(time.nanosecond()).ok()? })
}
