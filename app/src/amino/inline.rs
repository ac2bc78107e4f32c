//! JSON inside a message (a contract's), made part of the document: objects sorted by
//! key, no spaces, numbers as both Go and JavaScript write a double.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::text::push_quoted;

/// Each level of nesting is read once per level above it, so this bounds the time.
const MAX_DEPTH: u8 = 32;

/// Appends `json` in its one form; `None` when it is not JSON or nests too deep.
pub(super) fn write(out: &mut String, json: &str) -> Option<()> {
    let raw: &RawValue = serde_json::from_str(json).ok()?;
    value(out, raw, 0)
}

fn value(out: &mut String, raw: &RawValue, depth: u8) -> Option<()> {
    let text = raw.get();
    if depth > MAX_DEPTH {
        return None;
    }
    match text.as_bytes().first()? {
        b'{' => object(out, text, depth),
        b'[' => array(out, text, depth),
        b'"' => {
            push_quoted(out, &serde_json::from_str::<String>(text).ok()?);
            Some(())
        }
        b't' | b'f' | b'n' => {
            out.push_str(text);
            Some(())
        }
        _ => {
            out.push_str(&number(text)?);
            Some(())
        }
    }
}

fn object(out: &mut String, text: &str, depth: u8) -> Option<()> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let mut separator = '{';
    if members.is_empty() {
        out.push('{');
    }
    for (name, member) in members {
        out.push(separator);
        separator = ',';
        push_quoted(out, &name);
        out.push(':');
        value(out, member, depth.saturating_add(1))?;
    }
    out.push('}');
    Some(())
}

fn array(out: &mut String, text: &str, depth: u8) -> Option<()> {
    let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let mut separator = '[';
    if items.is_empty() {
        out.push('[');
    }
    for item in items {
        out.push(separator);
        separator = ',';
        value(out, item, depth.saturating_add(1))?;
    }
    out.push(']');
    Some(())
}

/// The shortest digits that give the double back, in plain form from 10⁻⁶ to 10²¹ and
/// with an exponent outside.
fn number(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok().filter(|n: &f64| n.is_finite())?;
    if number == 0.0 || (1e-6..1e21).contains(&number.abs()) {
        return Some(number.to_string());
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e')?;
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    Some(format!("{digits}e{sign}{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_sorted_and_compact() {
        let mut out = String::new();
        let json = r#" { "b" : [1, 2.50, -0.0000001, 1e21, 12345678901234567890], "a": {"é<": null, "": true}, "c": [], "d": {} } "#;
        write(&mut out, json).expect("JSON");
        assert_eq!(out, r#"{"a":{"":true,"é\u003c":null},"b":[1,2.5,-1e-7,1e+21,12345678901234567000],"c":[],"d":{}}"#);
    }

    #[test]
    fn what_is_not_json_or_too_deep_is_refused() {
        for bad in ["", "{", "1e999", "{\"a\":1}x", "NaN"] {
            assert_eq!(write(&mut String::new(), bad), None, "{bad}");
        }
        let deep = |n| "[".repeat(n) + &"]".repeat(n);
        assert_eq!(write(&mut String::new(), &deep(32)), Some(()));
        assert_eq!(write(&mut String::new(), &deep(34)), None);
    }
}
