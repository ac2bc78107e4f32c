//! The index of transactions: a million sends through its own entry, and how long
//! queries take then: by hash, by account, by event. Prints p50 and p99 of each.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use prost::Message;
use sha2::{Digest, Sha256};
use synergy_abci::messages::{Event, EventAttribute, ExecTxResult};
use synergy_indexer::{Block, BlockTx, Index, Indexer, Query, Selection, Settings, Source, SourceError};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TXS: u64 = 1_000_000;
const BLOCK: u64 = 1_000;
const ACCOUNTS: u64 = 100_000;
const QUERIES: u64 = 2_000;
const PAGE: Selection = Selection { skip: 0, limit: 20, descending: true };

/// Nothing is ever missing here.
struct Nobody;

impl Source for Nobody {
    fn earliest(&mut self) -> Result<u64, SourceError> {
        Err(SourceError::Later("nobody".into()))
    }

    fn block(&mut self, _: u64) -> Result<Block, SourceError> {
        Err(SourceError::Later("nobody".into()))
    }
}

/// splitmix64.
fn random(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn address(account: u64) -> String {
    let digits: String = hex(&Sha256::digest(account.to_be_bytes())[..19]);
    format!("synergy1{digits}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn event(kind: &str, attributes: &[(&str, &str)]) -> Event {
    let attributes = attributes
        .iter()
        .map(|(key, value)| EventAttribute { key: (*key).into(), value: (*value).into(), index: true })
        .collect();
    Event { r#type: kind.into(), attributes }
}

/// Bytes of a transaction of a send's size.
fn bytes(number: u64) -> Vec<u8> {
    (0..38).flat_map(|at| random(number * 64 + at).to_be_bytes()).collect()
}

/// A send with the events that the chain gives one.
fn send(number: u64) -> BlockTx {
    let (from, to) = (address(random(number) % ACCOUNTS), address(random(number + TXS) % ACCOUNTS));
    let (fee, collector) = ("50000000000000asnrg", address(u64::MAX));
    let amount = format!("{}asnrg", random(number) % 1000);
    let signature = hex(&Sha256::digest(number.to_be_bytes())).repeat(2);
    let moved = |from: &str, to: &str, amount: &str| {
        [
            event("coin_spent", &[("spender", from), ("amount", amount)]),
            event("coin_received", &[("receiver", to), ("amount", amount)]),
            event("transfer", &[("recipient", to), ("sender", from), ("amount", amount)]),
            event("message", &[("sender", from)]),
        ]
    };
    let mut events = moved(&from, &collector, fee).to_vec();
    events.push(event("tx", &[("fee", fee), ("fee_payer", &from)]));
    events.push(event("tx", &[("acc_seq", &format!("{from}/{number}"))]));
    events.push(event("tx", &[("signature", &signature)]));
    events.push(event("message", &[("action", "/cosmos.bank.v1beta1.MsgSend"), ("sender", &from), ("module", "bank")]));
    events.extend(moved(&from, &to, &amount));
    let result = ExecTxResult { gas_wanted: 50_000, gas_used: 31_000, events, ..ExecTxResult::default() };
    BlockTx { bytes: bytes(number).into(), result: result.encode_to_vec().into() }
}

fn block(height: u64) -> Block {
    let first = (height - 1) * BLOCK;
    let txs = (first..first + BLOCK).map(send).collect();
    Block { height, seconds: 1_700_000_000 + height.cast_signed(), nanos: 0, txs }
}

fn row(name: &str, mut once: impl FnMut(u64) -> u64) {
    let mut times: Vec<Duration> = Vec::new();
    let mut found = 0;
    for number in 0..QUERIES {
        let started = Instant::now();
        found += once(number);
        times.push(started.elapsed());
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "{name}: p50 {:.3} ms, p99 {:.3} ms, slowest {:.2} ms ({QUERIES} queries, {} found in all)",
        at(0.5),
        at(0.99),
        at(1.0),
        found
    );
}

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("folder");
    files.map(|file| file.expect("file").metadata().expect("size").len()).sum()
}

fn main() {
    let folder = tempfile::tempdir().expect("folder");
    let index = Index::open(folder.path(), "synergy").expect("index");
    let indexer = Indexer::start(index, Settings { keep_recent: 0, head: 0 }, Nobody).expect("indexer");
    let (started, mut making, mut feeding, mut longest) =
        (Instant::now(), Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for height in 1..=TXS / BLOCK {
        let before = Instant::now();
        let block = block(height);
        making += before.elapsed();
        while indexer.behind() > 10 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let before = Instant::now();
        indexer.feed(block);
        feeding += before.elapsed();
        longest = longest.max(before.elapsed());
    }
    while indexer.behind() > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = started.elapsed();
    println!(
        "{TXS} transactions in blocks of {BLOCK}, {ACCOUNTS} accounts: {:.1} s, {:.0} a second (making them took {:.1} s of it, in the other thread)",
        took.as_secs_f64(),
        TXS as f64 / took.as_secs_f64(),
        making.as_secs_f64()
    );
    println!(
        "feed, all that a block waits for: {:.1} µs on average, {:.1} µs at most",
        feeding.as_secs_f64() * 1e6 / (TXS / BLOCK) as f64,
        longest.as_secs_f64() * 1e6
    );
    println!("files: {} MiB", size(folder.path()) >> 20);

    let until = Instant::now() + Duration::from_secs(3600);
    let search = |query: &Query| indexer.search(query, PAGE, until).expect("search").total;
    row("by hash", |n| {
        let hash = Sha256::digest(bytes(random(n) % TXS)).into();
        u64::from(indexer.index().tx(&hash).expect("tx").is_some())
    });
    row("by account, newest 20 and the count", |n| search(&Query::of_account(&address(random(n) % ACCOUNTS))));
    let query = |text: String| Query::parse(&text).expect("query");
    row("by event, transfer.recipient of an account", |n| {
        search(&query(format!("transfer.recipient='{}'", address(random(n) % ACCOUNTS))))
    });
    row("by event, tx.acc_seq", |n| {
        let number = random(n) % TXS;
        search(&query(format!("tx.acc_seq='{}/{number}'", address(random(number) % ACCOUNTS))))
    });
    row("by event, message.action of every transaction", |_| {
        search(&query("message.action='/cosmos.bank.v1beta1.MsgSend'".into()))
    });
    row("by event and height, sender and action in one event", |n| {
        let from = address(random(n) % ACCOUNTS);
        search(&query(format!(
            "message.action='/cosmos.bank.v1beta1.MsgSend' AND message.sender='{from}' AND tx.height>100"
        )))
    });
}
