//! The order of ABCI calls: repeated InitChain, failed rounds, restarts, two nodes.

use std::path::Path;

use synergy_abci::messages::CheckTxType;
use synergy_abci::{Application, messages::RequestInfo};
use synergy_crypto::Scheme;
use synergy_proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use synergy_store::MemDb;
use synergy_tests::{Account, TestChain, disk};

#[test]
fn init_chain_repeats_with_the_same_answer_and_refuses_another_genesis() {
    let alice = Account::new(Scheme::Secp256k1, 0, 0);
    let chain = TestChain::new(&[&alice]);
    assert_eq!(chain.init().app_hash, chain.init().app_hash);
    let mut other = synergy_app::genesis::document("another-chain", "2026-01-01T00:00:00Z");
    synergy_app::genesis::add_account(&mut other, &alice.address(), &[]).unwrap();
    let request = synergy_abci::messages::RequestInitChain {
        chain_id: "another-chain".into(),
        app_state_bytes: serde_json::to_vec(&other["app_state"]).unwrap().into(),
        ..Default::default()
    };
    assert!(chain.app.init_chain(request).unwrap_err().0.contains("twice with different"));
}

#[test]
fn a_block_executed_twice_or_after_another_candidate_gives_the_same_hash() {
    let (mut chain, mut alice, bob) = chain_of_two();
    let tx = alice.send(&bob.address(), 1);
    let first = chain.finalize(std::slice::from_ref(&tx));
    chain.finalize(&[]);
    let again = chain.finalize(std::slice::from_ref(&tx));
    assert_eq!(first.app_hash, again.app_hash);
    assert_eq!(first.tx_results, again.tx_results);
    chain.commit();
    assert_eq!(chain.app.info(RequestInfo::default()).unwrap().last_block_app_hash, first.app_hash);
}

fn chain_of_two() -> (TestChain, Account, Account) {
    let (alice, bob) = (Account::new(Scheme::Secp256k1, 0, 0), Account::new(Scheme::Secp256k1, 1, 1));
    (TestChain::new(&[&alice, &bob]), alice, bob)
}

fn reopen(backend: &str, path: &Path, accounts: &[&Account]) -> TestChain {
    TestChain::with_db(disk(backend, path), 0, accounts)
}

#[test]
fn a_restart_between_finalize_and_commit_repeats_the_block() {
    for backend in ["fjall", "sled"] {
        let dir = tempfile::tempdir().unwrap();
        let (mut alice, bob) = (Account::new(Scheme::Secp256k1, 0, 0), Account::new(Scheme::Secp256k1, 1, 1));
        let txs: Vec<_> = (0..3).map(|i| alice.send(&bob.address(), i + 1)).collect();
        let mut chain = reopen(backend, dir.path(), &[&alice, &bob]);
        chain.block(&txs[..1]);
        let executed = chain.finalize(&txs[1..2]).app_hash;
        drop(chain);
        let mut chain = reopen(backend, dir.path(), &[&alice, &bob]);
        assert_eq!(chain.app.info(RequestInfo::default()).unwrap().last_block_height, 1);
        assert_eq!(chain.block(&txs[1..2]).app_hash, executed.to_vec());
        let third = chain.block(&txs[2..]);
        assert_eq!(third.results[0].code, 0, "{}", third.results[0].log);
        drop(chain);
        let chain = reopen(backend, dir.path(), &[&alice, &bob]);
        assert_eq!(chain.app.info(RequestInfo::default()).unwrap().last_block_app_hash.to_vec(), third.app_hash);
    }
}

#[test]
fn two_nodes_agree_at_every_height_while_one_is_disturbed() {
    let mut accounts = Account::many(12);
    let dir = tempfile::tempdir().unwrap();
    let refs: Vec<&Account> = accounts.iter().collect();
    let mut calm = TestChain::with_db(Box::new(MemDb::default()), 0, &refs);
    let mut busy = TestChain::with_db(disk("fjall", dir.path()), 5, &refs);
    let pruner = busy.app.store().start_pruner();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let app = busy.app.clone();
    let address = accounts[0].address().to_string();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut asked = 0_u64;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let request = QueryBalanceRequest { address: address.clone(), denom: "asnrg".into() };
                let data = prost::Message::encode_to_vec(&request);
                let _ = app.call("/cosmos.bank.v1beta1.Query/Balance", &data, asked % 40);
                asked += 1;
            }
            assert!(asked > 0);
        });
        for height in 1..=40_u64 {
            let txs = random_block(&mut accounts, height);
            let flood: Vec<_> = (0..20).map(|i| vec![i; 50]).chain(txs.clone()).collect();
            busy.check(&flood, CheckTxType::New);
            busy.check(&txs, CheckTxType::Recheck);
            busy.prepare(&txs);
            busy.finalize(&[]);
            let (a, b) = (calm.block(&txs), busy.block(&txs));
            assert_eq!(a.app_hash, b.app_hash, "height {height}");
            assert_eq!(a.results, b.results, "height {height}");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    drop(pruner);
    calm.check_invariants();
    busy.check_invariants();
    let request = QueryBalanceRequest { address, denom: "asnrg".into() };
    let path = "/cosmos.bank.v1beta1.Query/Balance";
    for height in 37..=40 {
        let a: QueryBalanceResponse = calm.query(path, &request, height).unwrap();
        let b: QueryBalanceResponse = busy.query(path, &request, height).unwrap();
        assert_eq!(a, b);
    }
    let pruned = busy.query::<_, QueryBalanceResponse>(path, &request, 2).unwrap_err();
    assert!(pruned.message.contains("pruned"), "{}", pruned.message);
}

/// Sends among the accounts, some of them doomed.
fn random_block(accounts: &mut [Account], seed: u64) -> Vec<Vec<u8>> {
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..10)
        .map(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let (from, to) = (random as usize % accounts.len(), (random >> 8) as usize % accounts.len());
            let to = accounts[to].address();
            let amount = if random.is_multiple_of(7) { u128::MAX } else { u128::from(random >> 40) + 1 };
            accounts[from].send(&to, amount)
        })
        .collect()
}

#[test]
fn export_starts_a_new_chain_with_the_same_balances() {
    let (mut chain, mut alice, bob) = chain_of_two();
    chain.deliver(alice.send(&bob.address(), 77));
    let sections = chain.app.read(|ctx| chain.app.chain().export_genesis(ctx)).unwrap();
    let mut document = synergy_app::genesis::document(synergy_tests::CHAIN_ID, "2026-01-01T00:00:00Z");
    document["app_state"] = serde_json::to_value(&sections).unwrap();
    let mut next = TestChain::from_genesis(Box::new(MemDb::default()), 0, &document);
    assert_eq!(next.balance(&bob.address()), chain.balance(&bob.address()));
    let result = next.deliver(alice.send(&bob.address(), 1));
    assert_eq!(result.code, 0, "sequence and key are exported: {}", result.log);
    next.check_invariants();
}
