//! CometBFT's query language for transactions, as far as the attributes of a chain
//! without times need it: `key op value` joined by `AND`, with `=`, `<`, `<=`, `>`,
//! `>=`, `CONTAINS` and `EXISTS` (CometBFT's `libs/pubsub/query/syntax`, and for the
//! meaning `state/txindex/kv`: all conditions on events must hold in one event).

use std::cmp::Ordering;

use tendermint_proto::v0_38::abci::Event;

use crate::Error;

/// Key of the transactions that name an account in any event. Ours: CometBFT's own
/// index does not know it.
pub const ACCOUNT: &str = "tx.account";
const HEIGHT: &str = "tx.height";
const HASH: &str = "tx.hash";
/// More conditions than a person writes.
const MAX_CONDITIONS: usize = 16;
const MAX_LENGTH: usize = 4096;

/// What a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `CONTAINS`
    Contains,
    /// `EXISTS`
    Exists,
}

/// One condition on an event's attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `type.attribute`.
    pub key: String,
    /// How the attribute's value is compared.
    pub op: Op,
    /// With what; empty for `EXISTS`.
    pub value: String,
}

/// A query, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Lowest height.
    pub(crate) from: u64,
    /// Highest height.
    pub(crate) to: u64,
    /// The transaction with this hash only.
    pub(crate) hash: Option<[u8; 32]>,
    /// Accounts that it names.
    pub(crate) accounts: Vec<String>,
    /// What holds in one of its events.
    pub(crate) conditions: Vec<Condition>,
}

impl Query {
    /// Reads a query's text.
    ///
    /// # Errors
    /// Text of another form, with what to write.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_LENGTH {
            return Err(Error::Query(format!("the query is longer than {MAX_LENGTH} bytes")));
        }
        let mut query =
            Self { from: 0, to: i64::MAX.cast_unsigned(), hash: None, accounts: Vec::new(), conditions: Vec::new() };
        let mut rest = text.trim();
        for number in 0.. {
            if number == MAX_CONDITIONS {
                return Err(Error::Query(format!("more than {MAX_CONDITIONS} conditions")));
            }
            let condition;
            (condition, rest) = condition_of(rest)?;
            query.add(condition)?;
            rest = rest.trim_start();
            if rest.is_empty() {
                break;
            }
            let after = rest.strip_prefix("AND").filter(|after| after.starts_with(char::is_whitespace));
            rest = after.ok_or_else(|| Error::Query(format!("{:?}: conditions are joined by AND", start_of(rest))))?;
        }
        Ok(query)
    }

    /// The transactions that name an account.
    pub fn of_account(address: &str) -> Self {
        let accounts = vec![address.to_owned()];
        Self { from: 0, to: i64::MAX.cast_unsigned(), hash: None, accounts, conditions: Vec::new() }
    }

    fn add(&mut self, condition: Condition) -> Result<(), Error> {
        let Condition { key, op, value } = &condition;
        match (key.as_str(), op) {
            (HEIGHT | HASH, Op::Exists) => {}
            (HEIGHT, Op::Contains) => return Err(Error::Query("tx.height: compare it with =, <, <=, > or >=".into())),
            (HEIGHT, op) => {
                let height: u64 =
                    value.parse().map_err(|_| Error::Query(format!("tx.height: {value:?} is no height")))?;
                let (from, to) = match op {
                    Op::Less => (0, height.saturating_sub(1)),
                    Op::AtMost => (0, height),
                    Op::Greater => (height.saturating_add(1), u64::MAX),
                    Op::AtLeast => (height, u64::MAX),
                    Op::Equal | Op::Contains | Op::Exists => (height, height),
                };
                self.from = self.from.max(from);
                self.to = self.to.min(to);
            }
            (HASH, Op::Equal) => self.hash = Some(hash_of(value)?),
            (ACCOUNT, Op::Equal) => self.accounts.push(value.clone()),
            (HASH | ACCOUNT, _) => return Err(Error::Query(format!("{key} is compared with = only"))),
            _ => self.conditions.push(condition),
        }
        Ok(())
    }

    /// Whether one of a transaction's events fulfils the conditions on events.
    pub(crate) fn matches(&self, events: &[Event]) -> bool {
        self.conditions.is_empty() || events.iter().any(|event| self.conditions.iter().all(|c| c.holds_in(event)))
    }

    /// Whether equal values in the index are all there is to look at: then it need not
    /// be asked what else the event says.
    pub(crate) fn is_exact(&self) -> bool {
        self.conditions.iter().all(|c| c.op == Op::Equal) && self.conditions.len() < 2
    }
}

impl Condition {
    fn holds_in(&self, event: &Event) -> bool {
        let Some(attribute) = self.key.strip_prefix(&event.r#type).and_then(|rest| rest.strip_prefix('.')) else {
            return false;
        };
        event.attributes.iter().any(|a| a.index && a.key == attribute && self.holds_for(&a.value))
    }

    fn holds_for(&self, value: &str) -> bool {
        let is = |wanted: &[Ordering]| compare(value, &self.value).is_some_and(|order| wanted.contains(&order));
        match self.op {
            Op::Equal => value == self.value,
            Op::Less => is(&[Ordering::Less]),
            Op::AtMost => is(&[Ordering::Less, Ordering::Equal]),
            Op::Greater => is(&[Ordering::Greater]),
            Op::AtLeast => is(&[Ordering::Greater, Ordering::Equal]),
            Op::Contains => value.contains(&self.value),
            Op::Exists => true,
        }
    }
}

/// Orders two numbers; `None` if either text is none.
fn compare(a: &str, b: &str) -> Option<Ordering> {
    if let (Ok(a), Ok(b)) = (a.parse::<i128>(), b.parse::<i128>()) {
        return Some(a.cmp(&b));
    }
    let number = |text: &str| {
        let plain = text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'+'));
        if plain { text.parse::<f64>().ok() } else { None }
    };
    number(a)?.partial_cmp(&number(b)?)
}

fn hash_of(text: &str) -> Result<[u8; 32], Error> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let bad = || Error::Query(format!("tx.hash: {text:?} is no hash of 64 hexadecimal digits"));
    if digits.len() != 64 || !digits.is_ascii() {
        return Err(bad());
    }
    let mut hash = [0; 32];
    for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| bad())?;
    }
    Ok(hash)
}

/// Reads one condition and gives what follows it.
fn condition_of(text: &str) -> Result<(Condition, &str), Error> {
    let text = text.trim_start();
    let end = text.find(|c: char| c.is_whitespace() || "=<>'".contains(c)).unwrap_or(text.len());
    let (key, rest) = text.split_at(end);
    if key.is_empty() {
        return Err(Error::Query(format!(
            "{:?}: a condition is missing, such as message.action='/cosmos.bank.v1beta1.MsgSend'",
            start_of(text)
        )));
    }
    let rest = rest.trim_start();
    const OPS: [(&str, Op); 7] = [
        ("<=", Op::AtMost),
        (">=", Op::AtLeast),
        ("=", Op::Equal),
        ("<", Op::Less),
        (">", Op::Greater),
        ("CONTAINS", Op::Contains),
        ("EXISTS", Op::Exists),
    ];
    let found = OPS.iter().find_map(|(sign, op)| Some((*op, rest.strip_prefix(sign)?)));
    let (op, rest) = found.ok_or_else(|| {
        Error::Query(format!("{:?}: after {key} comes one of =, <, <=, >, >=, CONTAINS and EXISTS", start_of(rest)))
    })?;
    let key = key.to_owned();
    if op == Op::Exists {
        return Ok((Condition { key, op, value: String::new() }, rest));
    }
    let rest = rest.trim_start();
    if let Some(quoted) = rest.strip_prefix('\'') {
        let (value, rest) = quoted
            .split_once('\'')
            .ok_or_else(|| Error::Query(format!("{key}: the value's closing quote (') is missing")))?;
        return Ok((Condition { key, op, value: value.to_owned() }, rest));
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (value, rest) = rest.split_at(end);
    if value.is_empty() || !value.bytes().all(|c| c.is_ascii_digit() || c == b'.') || op == Op::Contains {
        return Err(Error::Query(format!("{key}: write a number or a text in quotes ('), not {:?}", start_of(value))));
    }
    Ok((Condition { key, op, value: value.to_owned() }, rest))
}

fn start_of(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use tendermint_proto::v0_38::abci::EventAttribute;

    use super::*;

    fn event(kind: &str, attributes: &[(&str, &str)]) -> Event {
        let attributes = attributes
            .iter()
            .map(|(key, value)| EventAttribute { key: (*key).into(), value: (*value).into(), index: true })
            .collect();
        Event { r#type: kind.into(), attributes }
    }

    #[test]
    fn queries_of_clients_are_read() {
        let query = Query::parse("message.sender='a b' AND tx.height>5 AND tx.height <= 9 AND x.n >=3").unwrap();
        assert_eq!((query.from, query.to), (6, 9));
        let read: Vec<_> = query.conditions.iter().map(|c| (c.key.as_str(), c.op, c.value.as_str())).collect();
        assert_eq!(read, [("message.sender", Op::Equal, "a b"), ("x.n", Op::AtLeast, "3")]);
        assert_eq!(Query::parse("a.b EXISTS AND a.c CONTAINS 'x'").unwrap().conditions.len(), 2);
        assert_eq!(Query::parse(&format!("tx.hash='{}'", "0aB1".repeat(16))).unwrap().hash.unwrap()[1], 0xb1);
        assert_eq!(Query::parse("tx.account='s1'").unwrap(), Query::of_account("s1"));
    }

    #[test]
    fn other_text_is_refused_with_what_to_write() {
        for (text, part) in [
            ("", "a condition is missing"),
            ("a.b", "after a.b comes"),
            ("a.b=", "a number or a text in quotes"),
            ("a.b='x", "closing quote"),
            ("a.b='x' OR c.d='y'", "joined by AND"),
            ("a.b='x' AND", "joined by AND"),
            ("a.b='x' AND ", "joined by AND"),
            ("tx.height='x'", "no height"),
            ("tx.hash='12'", "64 hexadecimal"),
            ("tx.hash CONTAINS '12'", "with = only"),
            ("a.t=TIME 2013-05-03T14:45:00Z", "a number or a text"),
            ("a.b CONTAINS 5", "in quotes"),
        ] {
            let error = Query::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(Query::parse(&"a.b=1 AND ".repeat(20)).is_err());
        assert!(Query::parse(&format!("a.b='{}'", "x".repeat(5000))).is_err());
    }

    #[test]
    fn conditions_hold_in_one_event() {
        let events = [event("t", &[("a", "1"), ("n", "12")]), event("t", &[("a", "2"), ("n", "7x")])];
        let matches = |text: &str| Query::parse(text).unwrap().matches(&events);
        assert!(matches("t.a='1' AND t.n>11"));
        assert!(!matches("t.a='2' AND t.n>11"), "7x is no number");
        assert!(!matches("t.a='2' AND t.n=12"), "of two events");
        assert!(matches("t.n CONTAINS 'x'") && matches("t.a EXISTS") && !matches("t.b EXISTS"));
        assert!(matches("t.n<=12.0") && !matches("t.n<12"));
        let mut hidden = event("t", &[("z", "1")]);
        hidden.attributes[0].index = false;
        assert!(!Query::parse("t.z=1").unwrap().matches(&[hidden]));
    }
}
