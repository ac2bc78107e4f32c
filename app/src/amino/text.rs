//! JSON strings as Go's `encoding/json` writes them.

use std::fmt::Write as _;

/// The string in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// Appends the string in quotes. `<`, `>`, `&` and the two line separators that
/// JavaScript once choked on are escaped too.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn escapes_what_go_escapes() {
        assert_eq!(
            quoted("a<b>&\"\\\n\t\u{1}\u{7f}é\u{2028}"),
            "\"a\\u003cb\\u003e\\u0026\\\"\\\\\\n\\t\\u0001\u{7f}é\\u2028\""
        );
    }
}
