//! What is on the screen: a head, one of four lists, and what the keys do.

use super::{feed::Data, terminal::Key};
use crate::cli::coins;

const PAGES: [&str; 4] = ["Blocks", "Transactions", "Inferences", "Validators"];
/// Lines above and below the list.
const AROUND: usize = 6;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const INVERSE: &str = "\x1b[7m";
const PLAIN: &str = "\x1b[0m";

/// What the person looks at.
#[derive(Debug, Default)]
pub(super) struct View {
    page: usize,
    /// Rows above the screen.
    top: usize,
    /// The list stands still while this is true.
    paused: bool,
    data: Data,
    /// What came while the list stood still.
    waiting: Option<Data>,
    /// Why the node cannot be asked at the moment.
    pub(super) trouble: Option<String>,
}

/// A column: its head, and whether it is a number.
type Column = (&'static str, bool);

struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    nothing: &'static str,
}

struct Cell {
    text: String,
    style: &'static str,
}

impl View {
    pub(super) fn update(&mut self, data: Data) {
        self.trouble = None;
        if self.paused {
            self.waiting = Some(data);
        } else {
            self.data = data;
        }
    }

    /// Does what a key asks for on a screen of so many rows.
    pub(super) fn press(&mut self, key: Key, rows: usize) {
        let screen = rows.saturating_sub(AROUND).max(1);
        let turn = |to: usize, view: &mut Self| {
            view.page = to;
            view.top = 0;
        };
        match key {
            Key::Quit => {}
            Key::Page(page) if page < PAGES.len() => turn(page, self),
            Key::Page(_) => {}
            Key::NextPage => turn((self.page + 1) % PAGES.len(), self),
            Key::PreviousPage => turn((self.page + PAGES.len() - 1) % PAGES.len(), self),
            Key::Up => self.top = self.top.saturating_sub(1),
            Key::Down => self.top += 1,
            Key::ScreenUp => self.top = self.top.saturating_sub(screen),
            Key::ScreenDown => self.top += screen,
            Key::Top => self.top = 0,
            Key::Pause => {
                self.paused = !self.paused;
                if let Some(data) = self.waiting.take() {
                    self.data = data;
                }
            }
        }
        let rows = table(self.page, &self.data).rows.len();
        self.top = self.top.min(rows.saturating_sub(1));
    }
}

/// The lines of the screen, at most `rows` of them.
pub(super) fn draw(view: &View, (columns, rows): (usize, usize)) -> Vec<String> {
    let data = &view.data;
    let name = if data.chain.is_empty() { "asking the node…" } else { &data.chain };
    let sync = if data.catching_up { "catching up" } else { "in step" };
    let mut lines = vec![
        format!("{BOLD}{}{PLAIN}  height {BOLD}{}{PLAIN}", clean(name), data.height),
        format!(
            "{DIM}{}{PLAIN}",
            cut(
                &format!("{sync} · {} peers · {} in the mempool · CometBFT {}", data.peers, data.mempool, data.version),
                columns
            )
        ),
        tabs(view.page),
    ];
    match (&view.trouble, view.paused) {
        (Some(text), _) => lines.push(format!("{RED}{}{PLAIN}", cut(text, columns))),
        (None, true) => lines.push(format!("{INVERSE} paused {PLAIN} new blocks wait; space goes on")),
        (None, false) => lines.push(String::new()),
    }
    let table = table(view.page, data);
    let space = rows.saturating_sub(AROUND).max(1);
    lines.extend(table.draw(columns, view.top, space));
    lines.truncate(rows.saturating_sub(1));
    lines.resize(rows.saturating_sub(1), String::new());
    let keys = cut("1-4 tab: list   ↑↓ pgup pgdn: move   g: top   space: pause   q: quit", columns);
    lines.push(format!("{DIM}{keys}{PLAIN}"));
    lines
}

fn tabs(page: usize) -> String {
    let tab = |(number, name): (usize, &&str)| {
        let style = if number == page { INVERSE } else { "" };
        format!("{style} {} {name} {PLAIN}", number + 1)
    };
    PAGES.iter().enumerate().map(tab).collect::<Vec<_>>().join(" ")
}

fn plain(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), style: "" }
}

fn table(page: usize, data: &Data) -> Table {
    match page {
        0 => Table {
            columns: vec![
                ("HEIGHT", true),
                ("TIME", false),
                ("TXS", true),
                ("FAILED", true),
                ("GAS", true),
                ("PROPOSER", false),
            ],
            rows: data
                .blocks
                .iter()
                .map(|b| {
                    let failed = Cell { text: b.failed.to_string(), style: if b.failed > 0 { RED } else { DIM } };
                    let time = b.time.split('T').nth(1).and_then(|t| t.get(..8)).unwrap_or_default();
                    vec![
                        plain(b.height.to_string()),
                        plain(time),
                        plain(b.txs.to_string()),
                        failed,
                        plain(grouped(b.gas)),
                        plain(&b.proposer),
                    ]
                })
                .collect(),
            nothing: "No blocks yet.",
        },
        1 => Table {
            columns: vec![
                ("HEIGHT", true),
                ("TRANSACTION", false),
                ("WHAT", false),
                ("GAS", true),
                ("PAYER", false),
                ("RESULT", false),
            ],
            rows: data
                .txs
                .iter()
                .map(|t| {
                    let result = if t.failure.is_empty() {
                        Cell { text: "ok".into(), style: GREEN }
                    } else {
                        Cell { text: t.failure.clone(), style: RED }
                    };
                    vec![
                        plain(t.height.to_string()),
                        plain(short(&t.hash, 16)),
                        plain(&t.action),
                        plain(grouped(t.gas)),
                        plain(short(&t.payer, 20)),
                        result,
                    ]
                })
                .collect(),
            nothing: "No transactions in these blocks.",
        },
        2 => Table {
            columns: vec![("RECORD", true), ("HEIGHT", true), ("MODEL", false), ("GAS", true), ("SENDER", false)],
            rows: data
                .inferences
                .iter()
                .map(|i| {
                    vec![
                        plain(i.id.to_string()),
                        plain(i.height.to_string()),
                        plain(short(&i.model, 16)),
                        plain(grouped(i.gas.cast_signed())),
                        plain(short(&i.sender, 20)),
                    ]
                })
                .collect(),
            nothing: "No inference has a record.",
        },
        _ => {
            let total: u128 = data.validators.iter().filter(|v| v.state == "active").map(|v| v.stake).sum();
            Table {
                columns: vec![("NAME", false), ("STATE", false), ("SHARE", true), ("STAKE", true), ("ADDRESS", false)],
                rows: data
                    .validators
                    .iter()
                    .map(|v| {
                        let state = Cell {
                            text: v.state.into(),
                            style: match v.state {
                                "active" => GREEN,
                                "jailed" => RED,
                                _ => DIM,
                            },
                        };
                        let share = if v.state == "active" && total > 0 {
                            format!("{:.2} %", v.stake as f64 * 100.0 / total as f64)
                        } else {
                            "–".into()
                        };
                        vec![
                            plain(&v.name),
                            state,
                            plain(share),
                            plain(coins::readable("asnrg", &v.stake.to_string())),
                            plain(short(&v.operator, 24)),
                        ]
                    })
                    .collect(),
                nothing: "No validators.",
            }
        }
    }
}

impl Table {
    /// The head and `space` rows from `top` on, within the width.
    fn draw(&self, width: usize, top: usize, space: usize) -> Vec<String> {
        if self.rows.is_empty() {
            return vec![format!("{DIM}{}{PLAIN}", self.nothing)];
        }
        let seen: Vec<&Vec<Cell>> = self.rows.iter().skip(top).take(space).collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (head, _))| {
                seen.iter()
                    .filter_map(|row| row.get(at))
                    .map(|cell| clean(&cell.text).chars().count())
                    .max()
                    .unwrap_or(0)
                    .clamp(head.len(), 40)
            })
            .collect();
        let line = |cells: Vec<(&str, &str)>| {
            let (mut text, mut left) = (String::new(), width);
            for (at, (value, style)) in cells.into_iter().enumerate() {
                let (_, number) = self.columns[at];
                let last = at + 1 == self.columns.len();
                let room = if last { left } else { widths[at].min(left) };
                let value = cut(value, room);
                let space = " ".repeat(if last { 0 } else { room - value.chars().count() });
                let (before, after) = if number { (space.as_str(), "") } else { ("", space.as_str()) };
                text.push_str(&format!("{before}{style}{value}{}{after}", if style.is_empty() { "" } else { PLAIN }));
                left = left.saturating_sub(room + 2);
                if left == 0 {
                    break;
                }
                text.push_str("  ");
            }
            text.trim_end().to_owned()
        };
        let mut lines = vec![line(self.columns.iter().map(|(head, _)| (*head, DIM)).collect())];
        lines.extend(seen.iter().map(|row| line(row.iter().map(|cell| (cell.text.as_str(), cell.style)).collect())));
        lines
    }
}

/// Text from the chain: what a terminal would obey is taken out.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}') { '·' } else { c })
        .collect()
}

/// The beginning of a text, cleaned, in so many characters.
fn cut(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= width {
        return text;
    }
    let mut start: String = text.chars().take(width.saturating_sub(1)).collect();
    if width > 0 {
        start.push('…');
    }
    start
}

/// Both ends of an identifier.
fn short(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    let (head, tail) = (width - 1 - width / 3, width / 3);
    text.chars().take(head).chain(['…']).chain(text.chars().skip(count - tail)).collect()
}

/// `1 234 567`.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{
        super::feed::{Block, Inference, Tx, Validator},
        *,
    };

    fn data() -> Data {
        let block = |height| Block {
            height,
            time: "2026-01-02T03:04:05.6Z".into(),
            txs: 2,
            failed: 1,
            gas: 1_234_567,
            proposer: "evil\x1b[2Jname".into(),
        };
        let tx = Tx {
            height: 9,
            hash: "AB".repeat(32),
            action: "Send".into(),
            payer: "synergy1payer".into(),
            gas: 5,
            failure: "out of\ngas".into(),
        };
        Data {
            chain: "chain-1".into(),
            height: 9,
            blocks: (1..=9).rev().map(block).collect(),
            txs: [tx].into(),
            inferences: vec![Inference {
                id: 3,
                height: 8,
                model: "cd".repeat(32),
                sender: "synergy1s".into(),
                gas: 7,
            }],
            validators: vec![Validator {
                name: "val".into(),
                operator: "synergyvaloper1x".into(),
                state: "active",
                stake: 2_500_000_000_000_000_000,
            }],
            ..Data::default()
        }
    }

    /// The screen without its styles.
    fn screen(view: &View, size: (usize, usize)) -> String {
        let mut text = draw(view, size).join("\n");
        for style in [BOLD, DIM, RED, GREEN, INVERSE, PLAIN] {
            text = text.replace(style, "");
        }
        text
    }

    #[test]
    fn each_page_shows_its_list() {
        let mut view = View::default();
        assert!(screen(&view, (80, 24)).contains("asking the node"));
        view.update(data());
        let first = screen(&view, (100, 24));
        assert!(
            first.contains("chain-1  height 9") && first.contains("03:04:05") && first.contains("1 234 567"),
            "{first}"
        );
        view.press(Key::Page(1), 24);
        let second = screen(&view, (120, 24));
        assert!(second.contains("Send") && second.contains("out of·gas") && second.contains("ABABABABAB…"), "{second}");
        view.press(Key::NextPage, 24);
        assert!(screen(&view, (100, 24)).contains("cdcdcdcdcd…"));
        view.press(Key::NextPage, 24);
        assert!(screen(&view, (100, 24)).contains("2.5 SNRG"));
        view.press(Key::NextPage, 24);
        assert!(screen(&view, (100, 24)).contains("PROPOSER"));
    }

    #[test]
    fn text_of_the_chain_cannot_drive_the_terminal() {
        let mut view = View::default();
        view.update(data());
        view.trouble = Some("bad \x1b]0;title\x07".into());
        for page in 0..4 {
            view.press(Key::Page(page), 24);
            assert!(!screen(&view, (200, 24)).chars().any(|c| c.is_control() && c != '\n'), "page {page}");
        }
    }

    #[test]
    fn any_size_is_filled_and_not_left() {
        let mut view = View::default();
        view.update(data());
        for page in 0..4 {
            view.press(Key::Page(page), 10);
            for size in [(1, 1), (10, 3), (40, 10), (80, 24), (300, 100)] {
                let text = screen(&view, size);
                assert_eq!(text.lines().count().max(1), size.1, "{size:?}");
                if size.0 >= 40 {
                    let list: Vec<_> = text.lines().skip(3).collect();
                    assert!(list.iter().all(|line| line.chars().count() <= size.0), "{size:?}\n{text}");
                }
            }
        }
    }

    #[test]
    fn a_paused_list_stands_still_and_moving_stays_inside() {
        let mut view = View::default();
        view.update(data());
        view.press(Key::Pause, 24);
        let mut next = data();
        next.height = 10;
        view.update(next);
        assert!(screen(&view, (80, 24)).contains("height 9") && screen(&view, (80, 24)).contains("paused"));
        view.press(Key::Pause, 24);
        assert!(screen(&view, (80, 24)).contains("height 10"));
        for _ in 0..50 {
            view.press(Key::ScreenDown, 24);
        }
        assert_eq!(view.top, 8);
        view.press(Key::Top, 24);
        assert_eq!(view.top, 0);
    }
}
