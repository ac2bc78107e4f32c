//! Printing: results go to standard output, everything said about them to
//! standard error.

use std::{
    collections::BTreeSet,
    io::{self, IsTerminal, Write},
};

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

/// Whether a person reads standard output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Prints a result in the form asked for; lists are tables on a terminal.
pub(crate) fn value(form: Output, value: &Value) -> Result<()> {
    match form {
        Output::Json => line(&value.to_string()),
        Output::Text if is_terminal() => match rows(value) {
            Some(rows) => table(&rows),
            None => line(yaml(value).trim_end()),
        },
        Output::Text => line(yaml(value).trim_end()),
    }
}

/// The widest cell of a table: a SHA-256 in hexadecimal.
const WIDEST: usize = 64;

/// The rows of a list of objects, which may stand in an answer beside its pagination;
/// `None` when the value is something else. Columns that are too wide are left out.
fn rows(value: &Value) -> Option<Vec<Vec<String>>> {
    let list = match value {
        Value::Array(list) => list,
        Value::Object(map) => {
            let mut lists = map.iter().filter(|(key, _)| *key != "pagination");
            let list = lists.next()?.1.as_array()?;
            if lists.next().is_some() {
                return None;
            }
            list
        }
        _ => return None,
    };
    let flat: Vec<Vec<(String, String)>> = list.iter().map(cells).collect::<Option<_>>()?;
    let mut columns: Vec<&String> = Vec::new();
    for (name, _) in flat.iter().flatten() {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let wide: BTreeSet<&String> =
        flat.iter().flatten().filter(|(_, cell)| cell.chars().count() > WIDEST).map(|(name, _)| name).collect();
    columns.retain(|name| !wide.contains(name));
    if columns.is_empty() {
        return None;
    }
    let head: Vec<String> = columns.iter().map(|name| name.to_uppercase()).collect();
    let body = flat.iter().map(|row| {
        let cell = |name: &&String| row.iter().find(|(n, _)| n == *name).map_or_else(String::new, |(_, c)| c.clone());
        columns.iter().map(cell).collect::<Vec<String>>()
    });
    Some(std::iter::once(head).chain(body).collect())
}

/// The scalars of an object, those of objects in it too; coins as people read them.
fn cells(value: &Value) -> Option<Vec<(String, String)>> {
    let mut out = Vec::new();
    for (name, inner) in value.as_object()? {
        match inner {
            Value::Object(map) if map.len() == 2 && map.contains_key("denom") && map.contains_key("amount") => {
                let text = |key: &str| map[key].as_str().unwrap_or_default();
                out.push((name.clone(), super::coins::readable(text("denom"), text("amount"))));
            }
            Value::Object(_) => {
                out.extend(cells(inner)?.into_iter().map(|(below, cell)| (format!("{name}.{below}"), cell)));
            }
            Value::Array(_) | Value::Null => {}
            Value::String(text) => out.push((name.clone(), text.replace(char::is_control, " "))),
            other => out.push((name.clone(), other.to_string())),
        }
    }
    Some(out)
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
    fn lists_are_tables() {
        let coin = |amount: &str| json!({"denom": "asnrg", "amount": amount});
        let value = json!({
            "delegations": [
                {"who": "a", "balance": coin("1500000000000000000"), "wide": "x".repeat(65), "more": {"height": 7}},
                {"who": "bob", "balance": coin("1"), "wide": "", "list": [1]},
            ],
            "pagination": {"next_key": null},
        });
        let rows = rows(&value).unwrap();
        assert_eq!(rows[0], ["BALANCE", "MORE.HEIGHT", "WHO"]);
        assert_eq!(rows[1], ["1.5 SNRG", "7", "a"]);
        assert_eq!(rows[2], ["0.000000000000000001 SNRG", "", "bob"]);
        for other in [json!({"a": 1}), json!([1]), json!({"a": [], "b": []}), json!({"a": []})] {
            assert_eq!(super::rows(&other), None, "{other}");
        }
    }

    #[test]
    fn text_form_is_yaml() {
        let value = json!({"a": [{"x": "asnrg", "y": "1"}, "z"], "b": {}, "c": {"d": [], "e": true, "f": ""}});
        assert_eq!(yaml(&value), "a:\n- x: asnrg\n  y: \"1\"\n- z\nb: {}\nc:\n  d: []\n  e: true\n  f: \"\"\n");
    }
}
