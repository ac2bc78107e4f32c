//! What a block costs with many delegators. Prints a table:
//!
//!     cargo test --release --workspace --test staking_cost -- --ignored --nocapture

use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};
use synergy_crypto::Scheme;
use synergy_kernel::Dec;
use synergy_proto::{Address, coin, cosmos::staking::v1beta1::MsgDelegate, pack};
use synergy_tests::{Account, CHAIN_ID, Fee, TestChain, ValidatorSets, disk};

const SNRG: u128 = 1_000_000_000_000_000_000;
const ROUNDS: usize = 101;

/// A chain with one validator that so many accounts have delegated to.
fn chain(alice: &Account, delegations: u32, path: &std::path::Path) -> TestChain {
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    let funds = [coin::coin(1_000_000 * SNRG, coin::BASE_DENOM)];
    synergy_app::genesis::add_account(&mut document, &alice.address(), &funds).unwrap();
    let stake = 100 + u64::from(delegations);
    synergy_app::genesis::add_validator(&mut document, &ValidatorSets::consensus_key(0), &alice.address(), stake)
        .unwrap();
    let list = document["app_state"]["staking"]["delegations"].as_array_mut().unwrap();
    list[0]["shares"] = Dec::whole(100 * SNRG).to_string().into();
    let validator = list[0]["validator_address"].clone();
    list.extend((0..delegations).map(|n| {
        let address = Address::new(&Sha256::digest(n.to_be_bytes())[..20]).unwrap();
        json!({"delegator_address": address.to_string(), "validator_address": validator, "shares": Dec::whole(SNRG).to_string()})
    }));
    TestChain::from_genesis(disk("fjall", path), 0, &document)
}

fn median(mut round: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
    times.sort();
    times[ROUNDS / 2]
}

#[test]
#[ignore = "measures for a minute"]
fn blocks_cost_the_same_with_any_number_of_delegations() {
    println!("{:>12} {:>14} {:>26}", "delegations", "empty block", "block with a delegation");
    for delegations in [10, 1_000, 100_000] {
        let dir = tempfile::tempdir().unwrap();
        let mut alice = Account::new(Scheme::Secp256k1, 0, 0);
        let mut chain = chain(&alice, delegations, dir.path());
        // The first commit writes the genesis.
        chain.block(&[]);
        let empty = median(|| {
            let start = Instant::now();
            chain.finalize(&[]);
            let time = start.elapsed();
            chain.commit();
            time
        });
        let message = pack(&MsgDelegate {
            delegator_address: alice.address().to_string(),
            validator_address: alice.address().valoper(),
            amount: Some(coin::coin(SNRG, coin::BASE_DENOM)),
        });
        let one = median(|| {
            let tx = alice.sign(std::slice::from_ref(&message), Fee::of(1_000_000));
            let start = Instant::now();
            let response = chain.finalize(&[tx]);
            let time = start.elapsed();
            assert_eq!(response.tx_results[0].code, 0, "{}", response.tx_results[0].log);
            chain.commit();
            time
        });
        println!("{delegations:>12} {empty:>14.1?} {one:>26.1?}");
    }
}
