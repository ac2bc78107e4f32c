//! Blocks of 10,000 bank sends on a state of a million accounts.
//!
//! `cargo bench -p synergy-benches --bench blocks`
//!
//! Rows: executed with signatures cached (CheckTx saw them) and not cached, Commit
//! apart and included; 10,000 senders to recipients of their own, and 400 senders;
//! on both databases. `SYNERGY_BENCH_ACCOUNTS` makes the state smaller for a try.

#![allow(missing_docs)]

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use synergy_abci::messages::CheckTxType;
use synergy_proto::{
    Address, coin,
    cosmos::bank::v1beta1::{Input, MsgMultiSend, Output},
    pack,
};
use synergy_tests::{Account, CHAIN_ID, Fee, TestChain, disk};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TXS: usize = 10_000;
/// Outputs of a multi-send that makes accounts; what fits into the largest transaction.
const OUTPUTS: usize = 6_000;

struct Load {
    chain: TestChain,
    senders: Vec<Account>,
    recipients: Vec<Address>,
    round: u32,
    _dir: tempfile::TempDir,
}

impl Load {
    fn new(backend: &str, senders: u32) -> Self {
        let total: u32 = std::env::var("SYNERGY_BENCH_ACCOUNTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
        let senders = Account::many(senders);
        let recipients: Vec<Address> = (0..TXS as u32).map(|i| synthetic(u32::MAX - i)).collect();
        let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
        let funds = [coin::coin(synergy_tests::FUNDS, coin::BASE_DENOM)];
        let owners = senders.iter().map(Account::address).chain(recipients.iter().copied());
        synergy_tests::fund(&mut document, owners, &funds);
        let dir = tempfile::tempdir().expect("folder");
        let chain = TestChain::from_genesis(disk(backend, dir.path()), 10, &document);
        let mut load = Self { chain, senders, recipients, round: 0, _dir: dir };
        load.fill(load.senders.len() as u32 + TXS as u32..total);
        load
    }

    /// Makes accounts by multi-sends, a commit of ordinary size at a time: one batch of
    /// a million accounts does not fit sled's memory.
    fn fill(&mut self, accounts: std::ops::Range<u32>) {
        let accounts: Vec<u32> = accounts.collect();
        for block in accounts.chunks(4 * OUTPUTS) {
            let txs: Vec<Vec<u8>> = block.chunks(OUTPUTS).map(|some| self.multi_send(some)).collect();
            let refused = self.chain.block(&txs).results.into_iter().find(|r| r.code != 0);
            assert!(refused.is_none(), "{refused:?}");
        }
    }

    fn multi_send(&mut self, to: &[u32]) -> Vec<u8> {
        let coins = |amount: u128| vec![coin::coin(amount, coin::BASE_DENOM)];
        let sender = &mut self.senders[0];
        let outputs = to.iter().map(|i| Output { address: synthetic(*i).to_string(), coins: coins(1) }).collect();
        let input = Input { address: sender.address().to_string(), coins: coins(to.len() as u128) };
        let message = pack(&MsgMultiSend { inputs: vec![input], outputs });
        sender.sign(&[message], Fee::of(240_000_000))
    }

    /// Signs the next block's transactions, new bytes every time. Sequences advance
    /// only if the block will be committed.
    fn sign(&mut self, keep: bool) -> Vec<Vec<u8>> {
        self.round += 1;
        let memo = self.round.to_string();
        let before: Vec<u64> = self.senders.iter().map(|s| s.sequence).collect();
        let count = self.senders.len();
        let txs = (0..TXS)
            .map(|i| {
                let sender = &mut self.senders[i % count];
                let message = sender.msg_send(&self.recipients[i], 1);
                sender.sign_with(&[message], Fee::of(100_000), |body, _| body.memo = memo.clone())
            })
            .collect();
        if !keep {
            self.senders.iter_mut().zip(before).for_each(|(s, sequence)| s.sequence = sequence);
        }
        txs
    }

    fn warm(&self, txs: &[Vec<u8>]) {
        for burst in txs.chunks(256) {
            let refused = self.chain.check(burst, CheckTxType::New).into_iter().find(|r| r.code != 0);
            assert!(refused.is_none(), "{refused:?}");
        }
    }
}

fn synthetic(i: u32) -> Address {
    let mut bytes = [0x5a; 20];
    bytes[..4].copy_from_slice(&i.to_be_bytes());
    bytes.into()
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("10k sends, 1M accounts");
    group.sample_size(10).throughput(Throughput::Elements(TXS as u64));
    for backend in ["fjall", "sled"] {
        for senders in [TXS as u32, 400] {
            let mut load = Load::new(backend, senders);
            let name = |what: &str| BenchmarkId::new(what, format!("{backend}, {senders} senders"));
            let txs = load.sign(false);
            load.warm(&txs);
            let refused = load.chain.finalize(&txs).tx_results.into_iter().find(|r| r.code != 0);
            assert!(refused.is_none(), "{refused:?}");
            group.bench_function(name("execute, signatures cached"), |b| b.iter(|| load.chain.finalize(&txs)));
            group.bench_function(name("execute, not cached"), |b| {
                b.iter_custom(|rounds| {
                    (0..rounds).fold(Duration::ZERO, |sum, _| {
                        let txs = load.sign(false);
                        let start = Instant::now();
                        load.chain.finalize(&txs);
                        sum + start.elapsed()
                    })
                })
            });
            // The mempool's view forgets what was only executed.
            load.chain.block(&[]);
            group.bench_function(name("execute and commit, cached"), |b| {
                b.iter_custom(|rounds| {
                    (0..rounds).fold(Duration::ZERO, |sum, _| {
                        let txs = load.sign(true);
                        load.warm(&txs);
                        let start = Instant::now();
                        let block = load.chain.block(&txs);
                        assert!(block.results.iter().all(|r| r.code == 0));
                        sum + start.elapsed()
                    })
                })
            });
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
