//! Decimals against unbounded integers.
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests may panic")]

use std::str::FromStr;

use num_bigint::BigInt;
use proptest::prelude::*;
use synergy_kernel::{Dec, DecCoins};

fn scale() -> BigInt {
    BigInt::from(10).pow(18)
}

fn big(dec: Dec) -> BigInt {
    dec.atomics().parse().unwrap()
}

/// The exact result, if it fits 256 bits with sign.
fn fits(exact: BigInt) -> Option<BigInt> {
    let limit = BigInt::from(2).pow(255);
    (exact >= -&limit && exact < limit).then_some(exact)
}

/// Numbers of every size, more often small than a uniform choice would have them.
fn any_dec() -> impl Strategy<Value = Dec> {
    (any::<[u64; 4]>(), 0..255_u32, any::<bool>()).prop_map(|(limbs, shift, negative)| {
        let bytes: Vec<u8> = limbs.iter().flat_map(|l| l.to_le_bytes()).collect();
        let mut number = BigInt::from_bytes_le(num_bigint::Sign::Plus, &bytes) >> 1_u32 >> shift;
        if negative {
            number = -number;
        }
        Dec::from_atomics(&number.to_string()).unwrap()
    })
}

proptest! {
    #[test]
    fn operations_are_exact_and_cut_towards_zero(a in any_dec(), b in any_dec(), c in any_dec()) {
        let (x, y, z) = (big(a), big(b), big(c));
        let check = |result: synergy_kernel::Result<Dec>, exact: BigInt| {
            assert_eq!(result.ok().map(big), fits(exact));
        };
        check(a.plus(b), &x + &y);
        check(a.minus(b), &x - &y);
        // BigInt's division cuts towards zero too.
        check(a.times(b), &x * &y / scale());
        if y != BigInt::ZERO {
            check(a.over(b), &x * scale() / &y);
            check(a.mul_div(c, b), &x * &z / &y);
        } else {
            prop_assert!(a.over(b).is_err() && a.mul_div(c, b).is_err());
        }
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        let floor = (x >= BigInt::ZERO).then(|| &x / scale()).and_then(|n| u128::try_from(n).ok());
        prop_assert_eq!(a.floor().ok(), floor);
    }

    #[test]
    fn text_is_read_back(a in any_dec()) {
        prop_assert_eq!(Dec::from_str(&a.to_string()).unwrap(), a);
        prop_assert_eq!(Dec::from_atomics(&a.atomics()).unwrap(), a);
    }

    #[test]
    fn whole_numbers_stay_whole(n in any::<u128>()) {
        prop_assert_eq!(Dec::whole(n).floor().unwrap(), n);
        prop_assert_eq!(Dec::whole(n).ceil().unwrap(), n);
    }

    #[test]
    fn no_text_panics(text in ".{0,100}") {
        let _ = (Dec::from_str(&text), Dec::from_atomics(&text));
    }
}

#[test]
fn texts_are_those_of_the_sdk() {
    for (text, shown) in [
        ("1", "1.000000000000000000"),
        ("0.05", "0.050000000000000000"),
        ("-12.000000000000000001", "-12.000000000000000001"),
        ("-0.5", "-0.500000000000000000"),
    ] {
        assert_eq!(Dec::from_str(text).unwrap().to_string(), shown);
    }
    for bad in ["", "-", ".", "1.", ".5", "+1", "1e3", "0x1", "1.0000000000000000001", "1 ", "--1"] {
        assert_eq!(Dec::from_str(bad).unwrap_err().code, 18, "{bad:?}");
    }
    assert_eq!(Dec::percent(5), "0.05".parse::<Dec>().unwrap());
    assert_eq!("1.000000000000000001".parse::<Dec>().unwrap().ceil().unwrap(), 2);
    assert!(Dec::whole(u128::MAX).plus(Dec::ONE).unwrap().floor().is_err());
}

#[test]
fn decimal_coins_split_into_whole_coins_and_fractions() {
    let denom = || "asnrg".parse().unwrap();
    let coins = DecCoins::whole(&[(denom(), 10)]).mul_div(Dec::ONE, Dec::whole(4)).unwrap();
    let (whole, rest) = coins.split().unwrap();
    assert_eq!(whole, [(denom(), 2)]);
    assert_eq!(rest.to_string(), "0.500000000000000000asnrg");
    assert_eq!(DecCoins::whole(&whole).plus(&rest).unwrap(), coins);
    assert_eq!(rest.minus(&coins).unwrap_err().code, 5);
    assert_eq!(DecCoins::read(&coins.to_proto()).unwrap(), coins);
}
