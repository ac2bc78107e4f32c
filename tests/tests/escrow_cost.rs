//! What a block costs when many escrows are due at the same height. Prints a table:
//!
//!     cargo test --release --workspace --test escrow_cost -- --ignored --nocapture

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use synergy_proto::{Address, coin};
use synergy_tests::{Account, CHAIN_ID, TestChain, disk};

const START: i64 = 1_767_225_600;
/// The second block's second.
const DUE: i64 = START + 2;

/// A chain whose genesis has so many escrows of 10 that are due at once, each with a
/// payee of its own.
fn chain(escrows: u32, path: &std::path::Path) -> TestChain {
    let alice = Account::many(1).remove(0).address();
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    let funds = [coin::coin(1_000_000, coin::BASE_DENOM)];
    synergy_app::genesis::add_account(&mut document, &alice, &funds).unwrap();
    let escrow = |id: u32| {
        let payee = Address::new(&[[0; 16].as_slice(), &id.to_be_bytes()].concat()).unwrap();
        json!({
            "id": id.to_string(), "payer": alice.to_string(), "payee": payee.to_string(),
            "amount": {"denom": coin::BASE_DENOM, "amount": "10"}, "paid": "0", "returned": "0",
            "phase": "PHASE_OPEN", "expires": DUE.to_string(), "default_outcome": "OUTCOME_RELEASE",
            "dispute_seconds": "0", "deadline": DUE.to_string(), "outcome": "OUTCOME_UNSPECIFIED",
            "queued": DUE.to_string()
        })
    };
    let state = &mut document["app_state"];
    state["escrow"]["escrows"] = Value::Array((1..=escrows).map(escrow).collect());
    state["escrow"]["next_escrow_id"] = (escrows + 1).to_string().into();
    let amount = (u128::from(escrows) * 10).to_string();
    state["bank"]["balances"].as_array_mut().unwrap().push(json!({
        "address": Address::module("escrow").to_string(), "coins": [{"denom": coin::BASE_DENOM, "amount": amount}]
    }));
    TestChain::from_genesis(disk("fjall", path), 0, &document)
}

fn timed(chain: &mut TestChain) -> (Duration, Duration) {
    let start = Instant::now();
    chain.finalize(&[]);
    let executed = start.elapsed();
    chain.commit();
    (executed, start.elapsed())
}

#[test]
#[ignore = "measures for a minute"]
fn a_block_moves_no_more_escrows_than_its_bound() {
    println!(
        "{:>8} {:>7} {:>14} {:>22} {:>22} {:>22}",
        "due", "blocks", "empty block", "executed: median", "executed: longest", "with commit: longest"
    );
    for escrows in [200, 2_000, 10_000] {
        let dir = tempfile::tempdir().unwrap();
        let mut chain = chain(escrows, dir.path());
        chain.block(&[]);
        let account = Address::module("escrow");
        let mut times = Vec::new();
        while chain.balance(&account) > 0 {
            times.push(timed(&mut chain));
        }
        chain.check_invariants();
        assert_eq!(times.len(), escrows as usize / 200, "200 a block");
        let empty = (0..21).map(|_| timed(&mut chain).0).min().unwrap();
        let longest = times.iter().map(|t| t.1).max().unwrap();
        let mut executed: Vec<_> = times.iter().map(|t| t.0).collect();
        executed.sort();
        let (median, most) = (executed[executed.len() / 2], executed[executed.len() - 1]);
        println!("{escrows:>8} {:>7} {empty:>14.1?} {median:>22.1?} {most:>22.1?} {longest:>22.1?}", times.len());
    }
}
