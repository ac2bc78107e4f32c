//! A steady load that outlives restarts of the node.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::account::{Account, Id};
use crate::chain::positions;
use crate::lane::{Broadcast, Fate, batch_request};
use crate::rpc::{MAX_BATCH, Rpc};
use crate::tx::{Message, Position, Terms, sign};

/// Pause after the node did not answer.
const BACKOFF: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    senders: crate::Senders,
    #[command(flatten)]
    terms: Terms,
    /// Transactions per second over all connections, at most
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// Connections to the node
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1000))]
    connections: u64,
    /// Seconds to go on for; 0 is until killed
    #[arg(long, default_value_t = 0)]
    seconds: u64,
}

/// Counted over all connections.
#[derive(Default)]
struct Counts {
    accepted: AtomicU64,
    refused: Mutex<BTreeMap<String, u64>>,
}

impl Counts {
    fn refuse(&self, why: &str) {
        let why = why.chars().take(60).map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
        let mut refused = self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *refused.entry(why).or_default() += 1;
    }
}

pub(crate) fn run(node: &str, args: &Args) -> Result<(), String> {
    let chain_id = Rpc::new(node).chain_id().map_err(|e| e.to_string())?;
    let accounts = Account::all(&args.senders.seed, args.senders.accounts);
    let share = accounts.len().div_ceil(args.connections as usize);
    let counts = Counts::default();
    let end = (args.seconds > 0).then(|| Instant::now() + Duration::from_secs(args.seconds));
    thread::scope(|scope| {
        for mine in accounts.chunks(share) {
            let mut sender = Sender { rpc: Rpc::new(node), chain_id: &chain_id, args, mine, counts: &counts };
            scope.spawn(move || sender.go(end));
        }
    });
    println!("accepted {}", counts.accepted.load(Ordering::Relaxed));
    for (why, count) in counts.refused.into_inner().unwrap_or_default() {
        println!("refused: {count} × {why}");
    }
    Ok(())
}

struct Sender<'a> {
    rpc: Rpc,
    chain_id: &'a str,
    args: &'a Args,
    mine: &'a [Account],
    counts: &'a Counts,
}

impl Sender<'_> {
    /// Sends one transaction of each account in turn, in batches.
    fn go(&mut self, end: Option<Instant>) {
        let mut at: Vec<Option<Position>> = vec![None; self.mine.len()];
        let per_batch =
            Duration::from_secs_f64((MAX_BATCH as u64 * self.args.connections) as f64 / self.args.rate as f64);
        for start in (0..self.mine.len()).step_by(MAX_BATCH).cycle() {
            let began = Instant::now();
            if end.is_some_and(|end| began >= end) {
                return;
            }
            let batch = start..self.mine.len().min(start + MAX_BATCH);
            if let Err(error) = self.batch(&self.mine[batch.clone()], &mut at[batch]) {
                self.counts.refuse(&error);
                thread::sleep(BACKOFF);
            }
            thread::sleep(per_batch.saturating_sub(began.elapsed()));
        }
    }

    fn batch(&mut self, accounts: &[Account], at: &mut [Option<Position>]) -> Result<(), String> {
        if at.iter().any(Option::is_none) {
            let ids: Vec<Id> = accounts.iter().map(|a| a.id).collect();
            at.copy_from_slice(&positions(&mut self.rpc, &self.args.terms.prefix, &ids)?);
        }
        let mut txs = Vec::new();
        for (index, (account, at)) in accounts.iter().zip(at.iter()).enumerate() {
            let at = at.ok_or_else(|| format!("account {index} is not on the chain: fund it first"))?;
            let to = accounts[(index + 1) % accounts.len()].id;
            txs.push(sign(self.chain_id, &self.args.terms, account, at, &to, Message::Send)?);
        }
        let indices: Vec<usize> = (0..txs.len()).collect();
        let request = batch_request(self.rpc.address(), &txs, &indices);
        // Until an answer says otherwise nobody knows what arrived.
        let sent: Vec<Position> = at.iter().copied().flatten().collect();
        at.fill(None);
        for answer in self.rpc.send::<Broadcast>(&request).map_err(|e| e.to_string())? {
            let index = answer.id.and_then(|id| usize::try_from(id).ok()).filter(|i| *i < sent.len());
            let Some(index) = index else { continue };
            let Position { number, sequence } = sent[index];
            let next = match Fate::of(&answer) {
                Fate::Accepted => {
                    self.counts.accepted.fetch_add(1, Ordering::Relaxed);
                    Some(sequence + 1)
                }
                Fate::Sequence(why) => {
                    self.counts.refuse(&why);
                    expected(&why)
                }
                Fate::Later(why) | Fate::Rejected(why) => {
                    self.counts.refuse(&why);
                    None
                }
            };
            at[index] = next.map(|sequence| Position { number, sequence });
        }
        Ok(())
    }
}

/// E of the SDK's "account sequence mismatch, expected E, got G".
fn expected(log: &str) -> Option<u64> {
    let digits = log.split("expected ").nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expected_sequence_is_read_from_the_log() {
        assert_eq!(expected("account sequence mismatch, expected 12, got 9: incorrect account sequence"), Some(12));
        assert_eq!(expected("account sequence mismatch"), None);
    }
}
