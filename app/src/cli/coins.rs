//! Amounts as people write and read them: `asnrg` in whole numbers, `snrg` with
//! decimals.

use synergy_proto::{Coin, coin, coin::BASE_DENOM};

use super::error::{Result, bail, error};

/// Decimals of SNRG.
const EXPONENT: usize = 18;

/// Parses `1500asnrg,2uatom` or `1.5snrg`.
pub(crate) fn parse(text: &str) -> Result<Vec<Coin>> {
    let parts = text.split(',').map(|part| base_units(part.trim())).collect::<Result<Vec<_>>>()?;
    let coins = coin::parse(&parts.join(","))?;
    if coins.is_empty() {
        bail!("the amount is empty: write e.g. 1.5snrg or 1500000000000000000{BASE_DENOM}");
    }
    Ok(coins)
}

/// `1.5snrg` as `1500000000000000000asnrg`; other coins as they are.
fn base_units(part: &str) -> Result<String> {
    let number = part.len().checked_sub(4).and_then(|at| part.split_at_checked(at));
    let Some((number, _)) = number.filter(|(n, denom)| {
        denom.eq_ignore_ascii_case("snrg") && n.trim_end().ends_with(|c: char| c.is_ascii_digit())
    }) else {
        return Ok(part.to_owned());
    };
    let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > EXPONENT {
        bail!("cannot read {part:?}: write a number with at most {EXPONENT} decimals, e.g. 1.5snrg");
    }
    let amount: u128 =
        format!("{whole}{fraction:0<EXPONENT$}").parse().map_err(|_| error!("{part:?} is more than there can be"))?;
    Ok(format!("{amount}{BASE_DENOM}"))
}

/// `1.5 SNRG (1500000000000000000asnrg)`; other coins as they are.
pub(crate) fn show(coins: &[Coin]) -> String {
    if coins.is_empty() {
        return "nothing".into();
    }
    let one = |c: &Coin| match coin::amount(&c.amount) {
        Ok(amount) if c.denom == BASE_DENOM => format!("{} SNRG ({}{})", snrg(amount), c.amount, c.denom),
        _ => format!("{}{}", c.amount, c.denom),
    };
    coins.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `1.5 SNRG`, for tables.
pub(crate) fn short(c: &Coin) -> String {
    match coin::amount(&c.amount) {
        Ok(amount) if c.denom == BASE_DENOM => format!("{} SNRG", snrg(amount)),
        _ => format!("{}{}", c.amount, c.denom),
    }
}

fn snrg(amount: u128) -> String {
    let digits = format!("{amount:0>width$}", width = EXPONENT + 1);
    let (whole, fraction) = digits.split_at(digits.len() - EXPONENT);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_tokens_and_base_units_are_the_same_coins() {
        let text = |s: &str| coin::display(&parse(s).unwrap());
        assert_eq!(text("1.5snrg"), "1500000000000000000asnrg");
        assert_eq!(text("2 SNRG, 7uatom"), "2000000000000000000asnrg,7uatom");
        assert_eq!(text("0.000000000000000001snrg"), "1asnrg");
        assert_eq!(text("12asnrg"), "12asnrg");
        for bad in ["", "1.5asnrg", "-1snrg", "1..2snrg", "0snrg", "1.0000000000000000001snrg", "snrg", "9e9snrg"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("999999999999999999999999999snrg").is_err());
    }

    #[test]
    fn shown_in_both() {
        assert_eq!(show(&parse("1.25snrg,3uatom").unwrap()), "1.25 SNRG (1250000000000000000asnrg), 3uatom");
        assert_eq!(show(&parse("5asnrg").unwrap()), "0.000000000000000005 SNRG (5asnrg)");
        assert_eq!(show(&[]), "nothing");
    }
}
