use synergy_kernel::Ctx;
use synergy_proto::synergy::escrow::Stream;

/// What of `amount` has accrued by now: `amount × elapsed / length`, rounded down.
pub(crate) fn accrued(ctx: &Ctx<'_>, stream: &Stream, amount: u128) -> u128 {
    let now = match stream.by_height {
        true => i64::try_from(ctx.block.height).unwrap_or(i64::MAX),
        false => ctx.block.seconds,
    };
    share(amount, now.saturating_sub(stream.start), stream.end.saturating_sub(stream.start))
}

/// `amount × elapsed / length` without leaving 128 bits: with `amount = q × length + r`
/// it is `q × elapsed + r × elapsed / length`, and `r` and `elapsed` have 63 bits.
fn share(amount: u128, elapsed: i64, length: i64) -> u128 {
    let (Ok(elapsed), Ok(length)) = (u128::try_from(elapsed), u128::try_from(length)) else { return 0 };
    if elapsed >= length {
        return amount;
    }
    let (Some(whole), Some(rest)) = (amount.checked_div(length), amount.checked_rem(length)) else { return amount };
    let of_rest = rest.saturating_mul(elapsed).checked_div(length).unwrap_or(0);
    whole.saturating_mul(elapsed).saturating_add(of_rest)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "tests may panic")]
mod tests {
    use proptest::prelude::*;

    use super::share;

    proptest! {
        #[test]
        fn shares_are_exact_and_rise(amount in 0..u128::MAX >> 64, length in 1..i64::MAX, part in 0..i64::MAX) {
            let elapsed = part % (length + 1);
            let expected = amount * elapsed as u128 / length as u128;
            prop_assert_eq!(share(amount, elapsed, length), expected);
            prop_assert!(elapsed == length || share(amount, elapsed + 1, length) >= expected);
        }
    }

    #[test]
    fn the_ends_are_nothing_and_all() {
        for amount in [0, 1, u128::MAX] {
            assert_eq!(share(amount, -5, 10), 0);
            assert_eq!(share(amount, 0, 10), 0);
            assert_eq!(share(amount, 10, 10), amount);
            assert_eq!(share(amount, i64::MAX, 10), amount);
        }
        assert_eq!(share(u128::MAX, i64::MAX - 1, i64::MAX), u128::MAX - u128::MAX / i64::MAX as u128 - 1);
    }
}
