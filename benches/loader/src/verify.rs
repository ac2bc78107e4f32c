//! Does the state say what the blocks say?

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::Senders;
use crate::account::{Account, Id, address};
use crate::chain::{balances, positions};
use crate::rpc::{Block, Rpc};
use crate::tx::read_send;

/// How long the mempool may take to empty and the next block to come.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    senders: Senders,
    /// What each sender had at genesis, in DENOM
    #[arg(long)]
    balance: u128,
    /// Denomination of amounts and fees
    #[arg(long, default_value = "asnrg")]
    denom: String,
    /// Human-readable part of the chain's addresses
    #[arg(long, default_value = "synergy")]
    prefix: String,
    /// The chain's first height
    #[arg(long, default_value_t = 1)]
    first: u64,
}

/// What the blocks say of an account.
#[derive(Debug, Clone, Default)]
struct Expected {
    balance: u128,
    sequence: u64,
}

/// What was read from blocks.
#[derive(Default)]
struct Ledger {
    accounts: BTreeMap<Id, Expected>,
    /// Hash of an applied transaction → its height.
    seen: BTreeMap<[u8; 32], u64>,
    txs: u64,
    failed: u64,
    wrong: Vec<String>,
}

pub(crate) fn run(node: &str, args: &Args) -> Result<(), String> {
    let mut rpc = Rpc::new(node);
    let (height, app_hash) = quiet_state(&mut rpc)?;
    let mut ledger = Ledger::default();
    let expected = Expected { balance: args.balance, sequence: 0 };
    let senders = Account::all(&args.senders.seed, args.senders.accounts);
    ledger.accounts = senders.iter().map(|a| (a.id, expected.clone())).collect();

    for height in args.first..=height {
        let block = rpc.executed_block(height).map_err(|e| e.to_string())?;
        ledger.add(&block, &args.denom);
    }
    let header = next_header(&mut rpc, height)?;
    if header != app_hash {
        ledger
            .wrong
            .push(format!("after height {height} the application has app hash {app_hash}, the next header {header}"));
    }
    ledger.compare(&mut rpc, &args.prefix, &args.denom)?;

    println!(
        "{} heights, {} transactions ({} failed), {} accounts, app hash {app_hash} after height {height}",
        (height + 1).saturating_sub(args.first),
        ledger.txs,
        ledger.failed,
        ledger.accounts.len()
    );
    for wrong in ledger.wrong.iter().take(20) {
        println!("WRONG: {wrong}");
    }
    match ledger.wrong.len() {
        0 => Ok(()),
        count => Err(format!("{count} differences between blocks and state")),
    }
}

/// The application's height and hash when no transaction is on its way.
fn quiet_state(rpc: &mut Rpc) -> Result<(u64, String), String> {
    let end = Instant::now() + PATIENCE;
    while rpc.waiting().map_err(|e| e.to_string())? > 0 {
        if Instant::now() > end {
            return Err("transactions stay in the mempool: stop the load first".into());
        }
        thread::sleep(Duration::from_millis(200));
    }
    rpc.app_state().map_err(|e| e.to_string())
}

/// The app hash in the header after `height`.
fn next_header(rpc: &mut Rpc, height: u64) -> Result<String, String> {
    let end = Instant::now() + PATIENCE;
    while rpc.stored_height().map_err(|e| e.to_string())? <= height {
        if Instant::now() > end {
            return Err(format!("no block came after height {height}"));
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(rpc.block(height + 1).map_err(|e| e.to_string())?.app_hash)
}

impl Ledger {
    fn add(&mut self, block: &Block, denom: &str) {
        for (tx, result) in block.txs.iter().zip(&block.results) {
            self.txs += 1;
            self.failed += u64::from(result.code != 0);
            let Some(send) = read_send(tx, denom) else {
                self.wrong.push(format!("block {} holds a transaction that is not the load's", block.height));
                continue;
            };
            // One that the ante part refuses changes nothing and may come again.
            if !result.fee_charged() {
                continue;
            }
            if let Some(first) = self.seen.insert(Sha256::digest(tx).into(), block.height) {
                self.wrong.push(format!("block {} applies a transaction of block {first} again", block.height));
            }
            let paid = if result.code == 0 { send.amount } else { 0 };
            let from = self.accounts.entry(send.from).or_default();
            if from.sequence != send.sequence {
                let text = format!(
                    "block {} executes sequence {} where {} is next",
                    block.height, send.sequence, from.sequence
                );
                self.wrong.push(text);
            }
            from.sequence = send.sequence + 1;
            match from.balance.checked_sub(paid.saturating_add(send.fee)) {
                Some(rest) => from.balance = rest,
                None => self.wrong.push(format!("block {} spends more than an account has", block.height)),
            }
            let to = self.accounts.entry(send.to).or_default();
            to.balance = to.balance.saturating_add(paid);
        }
    }

    /// Compares with the chain's own answers.
    fn compare(&mut self, rpc: &mut Rpc, prefix: &str, denom: &str) -> Result<(), String> {
        let ids: Vec<Id> = self.accounts.keys().copied().collect();
        let held = balances(rpc, prefix, denom, &ids)?;
        let at = positions(rpc, prefix, &ids)?;
        for ((id, expected), (held, at)) in self.accounts.iter().zip(held.iter().zip(&at)) {
            let sequence = at.map_or(0, |p| p.sequence);
            if (*held, sequence) != (expected.balance, expected.sequence) {
                let (balance, next) = (expected.balance, expected.sequence);
                self.wrong.push(format!(
                    "{} has {held}{denom} and sequence {sequence}; the blocks give {balance}{denom} and {next}",
                    address(prefix, id)?
                ));
            }
        }
        Ok(())
    }
}
