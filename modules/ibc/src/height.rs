//! Heights with a revision (ICS-02), and this chain's own.

use synergy_kernel::Ctx;
use synergy_proto::ibc::core::client::v1::Height;

/// What heights are ordered by.
pub(crate) fn order(height: &Height) -> (u64, u64) {
    (height.revision_number, height.revision_height)
}

/// As paths and events have it, `1-42`.
pub(crate) fn show(height: &Height) -> String {
    format!("{}-{}", height.revision_number, height.revision_height)
}

/// Reads what [`show`] writes.
pub(crate) fn parse(text: &str) -> Option<Height> {
    let (number, height) = text.split_once('-')?;
    Some(Height { revision_number: number.parse().ok()?, revision_height: height.parse().ok()? })
}

/// Only a height of no chain is zero; in a timeout it says that there is none.
pub(crate) fn is_zero(height: &Height) -> bool {
    order(height) == (0, 0)
}

/// The revision that a chain's id ends with, `4` of `name-4`, or 0.
pub(crate) fn revision(chain_id: &str) -> u64 {
    match chain_id.rsplit_once('-') {
        Some((name, number))
            if !name.is_empty()
                && !name.ends_with('-')
                && !number.starts_with('0')
                && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            number.parse().unwrap_or(0)
        }
        _ => 0,
    }
}

/// This chain's height.
pub(crate) fn host(ctx: &Ctx<'_>) -> Height {
    Height { revision_number: revision(&ctx.block.chain_id), revision_height: ctx.block.height }
}

/// The block's time in nanoseconds since the Unix epoch.
pub(crate) fn now(ctx: &Ctx<'_>) -> u64 {
    let seconds = u64::try_from(ctx.block.seconds).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::from(ctx.block.nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_read_as_ibc_go_does() {
        for (id, number) in [
            ("synergy-1", 1),
            ("gaia-mainnet-42", 42),
            ("synergy", 0),
            ("synergy-", 0),
            ("-1", 0),
            ("synergy-01", 0),
            ("synergy--1", 0),
            ("synergy-1a", 0),
        ] {
            assert_eq!(revision(id), number, "{id}");
        }
        assert_eq!(parse("3-9"), Some(Height { revision_number: 3, revision_height: 9 }));
        assert_eq!(parse("3"), None);
    }
}
