//! Printing: results go to standard output, everything said about them to
//! standard error.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;
use synergy_app::config::Output;

use super::error::Result;

/// Writes a line to standard output. A reader that has gone away is no error.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Writes a line to standard error; nothing can be done if that fails.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints a result in the form asked for.
pub(crate) fn value(form: Output, value: &Value) -> Result<()> {
    match form {
        Output::Json => line(&value.to_string()),
        Output::Text => line(yaml(value).trim_end()),
    }
}

/// Prints rows in columns as wide as their widest cell.
pub(crate) fn table(rows: &[Vec<String>]) -> Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        line(cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// How far a transfer is, on standard error: a bar at a terminal, else a line for every
/// tenth of it.
pub(crate) struct Progress {
    what: &'static str,
    total: usize,
    bytes: usize,
    done: usize,
    shown: Option<usize>,
    terminal: bool,
}

impl Progress {
    /// Nothing of `total` parts with so many bytes together.
    pub(crate) fn new(what: &'static str, total: usize, bytes: usize) -> Self {
        Self { what, total: total.max(1), bytes, done: 0, shown: None, terminal: io::stderr().is_terminal() }
    }

    /// `parts` more.
    pub(crate) fn add(&mut self, parts: usize) {
        self.set(self.done + parts);
    }

    /// `parts` of all.
    pub(crate) fn set(&mut self, parts: usize) {
        self.done = parts.min(self.total);
        let width = if self.terminal { 40 } else { 10 };
        let filled = self.done * width / self.total;
        if self.shown.replace(filled) == Some(filled) && !self.terminal {
            return;
        }
        let megabytes = |parts: usize| self.bytes as f64 * parts as f64 / self.total as f64 / 1e6;
        let text = format!(
            "{} {}/{} chunks, {:.1}/{:.1} MB",
            self.what,
            self.done,
            self.total,
            megabytes(self.done),
            megabytes(self.total)
        );
        if self.terminal {
            let bar = format!("{}{}", "#".repeat(filled), ".".repeat(width - filled));
            let _ = write!(io::stderr().lock(), "\r[{bar}] {text}");
        } else {
            note(&text);
        }
    }

    /// Leaves the bar's line.
    pub(crate) fn end(&self) {
        if self.terminal {
            note("");
        }
    }
}

/// YAML of a JSON value, which is what the Cosmos SDK prints as text.
pub(crate) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    write_yaml(value, 0, &mut out);
    out
}

fn write_yaml(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (i, (key, inner)) in map.iter().enumerate() {
                if i > 0 || !out.ends_with("- ") {
                    out.push_str(&" ".repeat(indent));
                }
                out.push_str(key);
                out.push(':');
                write_nested(inner, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&" ".repeat(indent));
                out.push_str("- ");
                match item {
                    Value::Object(map) if !map.is_empty() => write_yaml(item, indent + 2, out),
                    Value::Array(inner) if !inner.is_empty() => {
                        out.push('\n');
                        write_yaml(item, indent + 2, out);
                    }
                    _ => scalar(item, out),
                }
            }
        }
        _ => scalar(value, out),
    }
}

fn write_nested(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write_yaml(value, indent + 2, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write_yaml(value, indent, out);
        }
        _ => {
            out.push(' ');
            scalar(value, out);
        }
    }
}

fn scalar(value: &Value, out: &mut String) {
    match value {
        Value::String(text) if is_plain(text) => out.push_str(text),
        // A number in quotes, or a text that YAML would read as something else.
        other => out.push_str(&other.to_string()),
    }
    out.push('\n');
}

fn is_plain(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '/')
        && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off")
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && text.chars().all(|c| !c.is_control())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_form_is_yaml() {
        let value = json!({"a": [{"x": "asnrg", "y": "1"}, "z"], "b": {}, "c": {"d": [], "e": true, "f": ""}});
        assert_eq!(yaml(&value), "a:\n- x: asnrg\n  y: \"1\"\n- z\nb: {}\nc:\n  d: []\n  e: true\n  f: \"\"\n");
    }
}
