//! Decimals, durations and times.

/// Places of a `LegacyDec`.
const PLACES: usize = 18;
/// Digits of 2³¹⁵, the SDK's limit, less one: everything shorter is below it.
const MAX_DIGITS: usize = 94;
/// Go holds a duration as nanoseconds in 64 bits.
const MAX_DURATION_SECONDS: i64 = i64::MAX / 1_000_000_000 - 1;
/// 0001-01-01 and 9999-12-31, the range of a protobuf timestamp.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// A whole number of 10⁻¹⁸ as a decimal with 18 places.
pub(super) fn decimal(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let canonical = digits == "0" || !digits.starts_with('0');
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) || !canonical {
        return None;
    }
    let padded = format!("{digits:0>width$}", width = PLACES + 1);
    let (whole, fraction) = padded.split_at_checked(padded.len().checked_sub(PLACES)?)?;
    let sign = if digits == "0" { "" } else { sign };
    Some(format!("{sign}{whole}.{fraction}"))
}

/// Nanoseconds.
pub(super) fn duration(seconds: i64, nanos: i64) -> Option<String> {
    if !(-MAX_DURATION_SECONDS..=MAX_DURATION_SECONDS).contains(&seconds) || i32::try_from(nanos).is_err() {
        return None;
    }
    Some(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?.to_string())
}

/// RFC 3339 in UTC, without trailing zeros in the fraction.
pub(super) fn timestamp(seconds: i64, nanos: i64) -> Option<String> {
    if !SECONDS.contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
        return None;
    }
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = match nanos {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

/// Days since 1970-01-01 to year, month and day (Howard Hinnant, `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_eighteen_places() {
        assert_eq!(decimal("100000000000000000").as_deref(), Some("0.100000000000000000"));
        assert_eq!(decimal("-1").as_deref(), Some("-0.000000000000000001"));
        assert_eq!(decimal("0").as_deref(), Some("0.000000000000000000"));
        for bad in ["", "-", "+1", "01", "1_0", "0x10", "1.0"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_gos() {
        assert_eq!(timestamp(0, 0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(timestamp(1_709_210_096, 120_000_000).as_deref(), Some("2024-02-29T12:34:56.12Z"));
        assert_eq!(timestamp(-1, 999_999_999).as_deref(), Some("1969-12-31T23:59:59.999999999Z"));
        assert_eq!(timestamp(253_402_300_799, 0).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(timestamp(253_402_300_800, 0), None);
        assert_eq!(duration(1_814_400, 5).as_deref(), Some("1814400000000005"));
        assert_eq!(duration(i64::MAX, 0), None);
    }
}
