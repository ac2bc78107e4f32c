//! One connection's share of a run.

use std::collections::BTreeMap;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::http::request;
use crate::rpc::{Answer, Rpc, broadcast};

/// How long a lane waits after a refusal that time may heal.
const BACKOFF: Duration = Duration::from_millis(100);

/// How often a wrong sequence is tried again: it is wrong only while an earlier
/// transaction of the same account is not in the mempool yet.
const SEQUENCE_TRIES: usize = 20;

/// The SDK's code of a wrong sequence.
const WRONG_SEQUENCE: u32 = 32;

/// What `broadcast_tx_sync` gives.
#[derive(Deserialize)]
pub(crate) struct Broadcast {
    pub(crate) code: u32,
    #[serde(default)]
    pub(crate) log: String,
}

/// How the node took a transaction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is in the mempool.
    Accepted,
    /// The mempool is full, or the node does not answer.
    Later(String),
    /// Its sequence is not the account's next.
    Sequence(String),
    /// It will never be accepted.
    Rejected(String),
}

impl Fate {
    pub(crate) fn of(answer: &Answer<Broadcast>) -> Self {
        match (&answer.result, &answer.error) {
            (Some(Broadcast { code: 0, .. }), _) => Fate::Accepted,
            (Some(b), _) if b.code == WRONG_SEQUENCE => Fate::Sequence(b.log.clone()),
            (Some(b), _) => Fate::Rejected(format!("code {}: {}", b.code, b.log)),
            (None, Some(e)) if e.data.contains("tx already exists in cache") => Fate::Accepted,
            (None, Some(e)) if e.data.contains("mempool is full") => Fate::Later(e.data.clone()),
            (None, Some(e)) => Fate::Rejected(format!("{} {}", e.message, e.data)),
            (None, None) => Fate::Rejected("an empty answer".into()),
        }
    }
}

/// The transactions of one connection, in order, with their requests serialised
/// before the clock starts.
pub(crate) struct Lane {
    rpc: Rpc,
    txs: Vec<Vec<u8>>,
    batches: Vec<(Range<usize>, Vec<u8>)>,
    until: Instant,
}

/// What a lane did.
#[derive(Default)]
pub(crate) struct LaneReport {
    pub(crate) accepted: u64,
    /// Why transactions were refused for good, and how many.
    pub(crate) rejected: BTreeMap<String, u64>,
    /// Of each request, in seconds.
    pub(crate) latencies: Vec<f64>,
}

impl Lane {
    /// `batch` transactions go into one request.
    pub(crate) fn new(node: &str, txs: Vec<Vec<u8>>, batch: usize, until: Instant) -> Self {
        let rpc = Rpc::new(node);
        let ranges = (0..txs.len()).step_by(batch).map(|start| start..txs.len().min(start + batch));
        let prepare = |range: Range<usize>| {
            let indices: Vec<usize> = range.clone().collect();
            (range, batch_request(rpc.address(), &txs, &indices))
        };
        let batches = ranges.map(prepare).collect();
        Lane { rpc, txs, batches, until }
    }

    /// Sends everything; each request waits for the answer to the one before.
    pub(crate) fn drive(mut self) -> LaneReport {
        let mut report = LaneReport::default();
        for (range, request) in std::mem::take(&mut self.batches) {
            let mut pending: Vec<usize> = range.collect();
            let mut request = request;
            for attempt in 0.. {
                pending = self.attempt(&request, &pending, attempt, &mut report);
                if pending.is_empty() {
                    break;
                }
                thread::sleep(BACKOFF);
                request = batch_request(self.rpc.address(), &self.txs, &pending);
            }
        }
        report
    }

    /// The transactions that must be sent again.
    fn attempt(&mut self, request: &[u8], sent: &[usize], attempt: usize, report: &mut LaneReport) -> Vec<usize> {
        let start = Instant::now();
        let answers = self.rpc.send::<Broadcast>(request);
        report.latencies.push(start.elapsed().as_secs_f64());
        let fates: BTreeMap<usize, Fate> = match answers {
            Ok(answers) => answers.iter().filter_map(|a| Some((usize::try_from(a.id?).ok()?, Fate::of(a)))).collect(),
            Err(error) => sent.iter().map(|&i| (i, Fate::Later(error.to_string()))).collect(),
        };
        let late = Instant::now() >= self.until;
        let mut again = Vec::new();
        for &index in sent {
            let unanswered = Fate::Later("no answer".into());
            match fates.get(&index).unwrap_or(&unanswered) {
                Fate::Accepted => report.accepted += 1,
                Fate::Later(_) if !late => again.push(index),
                Fate::Sequence(_) if !late && attempt < SEQUENCE_TRIES => again.push(index),
                Fate::Later(why) | Fate::Sequence(why) | Fate::Rejected(why) => {
                    *report.rejected.entry(kind(why)).or_default() += 1;
                }
            }
        }
        again
    }
}

/// A refusal without its numbers, so that refusals of one kind are counted together.
fn kind(why: &str) -> String {
    let mut kind = String::new();
    for c in why.chars().take(160) {
        match c {
            '0'..='9' if kind.ends_with('#') => {}
            '0'..='9' => kind.push('#'),
            c => kind.push(c),
        }
    }
    kind
}

/// A request that broadcasts the transactions at `indices`.
pub(crate) fn batch_request(address: &str, txs: &[Vec<u8>], indices: &[usize]) -> Vec<u8> {
    let calls: Vec<String> = indices.iter().map(|&i| broadcast(i, &txs[i])).collect();
    match &calls[..] {
        [call] => request(address, call),
        calls => request(address, &format!("[{}]", calls.join(","))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::answers;

    #[test]
    fn refusals_that_time_heals_are_told_apart() {
        let fate = |text: &str| Fate::of(&answers::<Broadcast>(text.as_bytes()).unwrap()[0]);
        assert_eq!(fate(r#"{"id":1,"result":{"code":0,"log":""}}"#), Fate::Accepted);
        let sequence = fate(r#"{"id":1,"result":{"code":32,"log":"expected 3, got 4"}}"#);
        assert_eq!(sequence, Fate::Sequence("expected 3, got 4".into()));
        let rejected = fate(r#"{"id":1,"result":{"code":5,"log":"poor"}}"#);
        assert_eq!(rejected, Fate::Rejected("code 5: poor".into()));
        let error = |data: &str| fate(&format!(r#"{{"id":1,"error":{{"message":"Internal error","data":"{data}"}}}}"#));
        assert_eq!(error("tx already exists in cache"), Fate::Accepted);
        assert!(matches!(error("mempool is full: number of txs 1"), Fate::Later(_)));
        assert!(matches!(error("no such thing"), Fate::Rejected(_)));
    }

    #[test]
    fn refusals_are_counted_by_kind() {
        assert_eq!(kind("expected 12, got 7"), kind("expected 3, got 4444"));
        assert_ne!(kind("code 5"), kind("cod 5"));
    }
}
