//! Comparing one element of a tensor with a threshold, on its bits.
//!
//! Every element type maps to an integer that orders as its numbers do, so no float
//! arithmetic is needed: IEEE 754 formats are sign and magnitude, and a magnitude's bits
//! order as its value (IEEE 754-2019, 3.4).

use synergy_proto::synergy::escrow::Comparison;

/// Bytes of an element; `None` for a name that is no element type.
pub(crate) fn width(dtype: &str) -> Option<usize> {
    Some(match dtype {
        "bool" | "u8" | "i8" => 1,
        "u16" | "i16" | "f16" => 2,
        "u32" | "i32" | "f32" => 4,
        "u64" | "i64" | "f64" => 8,
        _ => return None,
    })
}

/// An element as an integer that orders as the element's type does; `None` for a NaN,
/// which has no place in any order, and for bytes that are no element.
pub(crate) fn number(dtype: &str, element: &[u8]) -> Option<i128> {
    if element.len() != width(dtype)? {
        return None;
    }
    let mut bytes = [0; 8];
    bytes.get_mut(..element.len())?.copy_from_slice(element);
    let bits = u64::from_le_bytes(bytes);
    match dtype {
        "i8" => Some(i8::from_le_bytes(element.try_into().ok()?).into()),
        "i16" => Some(i16::from_le_bytes(element.try_into().ok()?).into()),
        "i32" => Some(i32::from_le_bytes(element.try_into().ok()?).into()),
        "i64" => Some(bits.cast_signed().into()),
        "f16" => float(bits, 0x8000, 0x7c00),
        "f32" => float(bits, 0x8000_0000, 0x7f80_0000),
        "f64" => float(bits, 0x8000_0000_0000_0000, 0x7ff0_0000_0000_0000),
        _ => Some(bits.into()),
    }
}

/// `sign` is the sign's bit, `infinity` the bits of positive infinity: what lies above
/// it is a NaN. Both zeros are 0.
fn float(bits: u64, sign: u64, infinity: u64) -> Option<i128> {
    let magnitude = bits & !sign;
    if magnitude > infinity {
        return None;
    }
    let value = i128::from(magnitude);
    if bits & sign == 0 { Some(value) } else { value.checked_neg() }
}

/// Whether `element comparison threshold` holds. A NaN satisfies nothing.
pub(crate) fn holds(dtype: &str, element: &[u8], comparison: Comparison, threshold: &[u8]) -> bool {
    let (Some(a), Some(b)) = (number(dtype, element), number(dtype, threshold)) else { return false };
    match comparison {
        Comparison::Unspecified => false,
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "random bits of each width")]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    const ALL: [Comparison; 6] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];

    /// What the machine's own numbers say; `None` when one is a NaN.
    fn expected(order: Option<Ordering>) -> [bool; 6] {
        order.map_or([false; 6], |o| [o.is_eq(), o.is_ne(), o.is_lt(), o.is_le(), o.is_gt(), o.is_ge()])
    }

    fn found(dtype: &str, a: &[u8], b: &[u8]) -> [bool; 6] {
        ALL.map(|comparison| holds(dtype, a, comparison, b))
    }

    proptest! {
        #[test]
        fn orders_are_the_machines(a: u64, b: u64, same: bool) {
            let b = if same { a } else { b };
            macro_rules! check {
                ($name:literal, $of:expr) => {{
                    let (x, y) = ($of(a), $of(b));
                    prop_assert_eq!(found($name, &x.to_le_bytes(), &y.to_le_bytes()), expected(x.partial_cmp(&y)), $name);
                }};
            }
            check!("u8", |n| n as u8);
            check!("i8", |n| n as i8);
            check!("u16", |n| n as u16);
            check!("i16", |n| n as i16);
            check!("u32", |n| n as u32);
            check!("i32", |n| n as i32);
            check!("u64", |n| n);
            check!("i64", |n: u64| n.cast_signed());
            check!("f32", |n| f32::from_bits(n as u32));
            check!("f64", f64::from_bits);
        }
    }

    #[test]
    fn zeros_are_equal_and_nan_is_nothing() {
        let f32 = |x: f32| x.to_le_bytes();
        assert_eq!(found("f32", &f32(-0.0), &f32(0.0)), expected(Some(Ordering::Equal)));
        assert_eq!(found("f32", &f32(f32::NAN), &f32(f32::NAN)), [false; 6]);
        assert_eq!(found("f32", &f32(f32::NEG_INFINITY), &f32(f32::MIN)), expected(Some(Ordering::Less)));
        // 1.0, -2.0 and a NaN in half precision.
        let (one, minus_two, nan) = (0x3c00_u16.to_le_bytes(), 0xc000_u16.to_le_bytes(), 0x7e00_u16.to_le_bytes());
        assert_eq!(found("f16", &one, &minus_two), expected(Some(Ordering::Greater)));
        assert_eq!(found("f16", &nan, &one), [false; 6]);
        assert_eq!(found("bool", &[1], &[0]), expected(Some(Ordering::Greater)));
    }

    #[test]
    fn bytes_that_are_no_element_are_no_number() {
        assert_eq!(number("f32", &[0; 8]), None);
        assert_eq!(number("complex", &[0; 8]), None);
    }
}
