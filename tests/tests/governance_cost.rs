//! What blocks cost while 10,000 votes are counted and forgotten. Prints a table:
//!
//!     cargo test --release --workspace --test governance_cost -- --ignored --nocapture

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_crypto::Scheme;
use synergy_kernel::Dec;
use synergy_proto::{
    Address, coin,
    cosmos::gov::v1::{ProposalStatus, QueryProposalRequest, QueryProposalResponse},
};
use synergy_tests::{Account, CHAIN_ID, TestChain, ValidatorSets, disk};

const SNRG: u128 = 1_000_000_000_000_000_000;
const VOTERS: u32 = 10_000;

fn voter(n: u32) -> String {
    Address::new(&Sha256::digest(n.to_be_bytes())[..20]).unwrap().to_string()
}

/// Voting ends with the third block; every voter has delegated 1 SNRG and paid 0.1.
fn document(operator: &Account) -> Value {
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    let deposits = u128::from(VOTERS) * SNRG / 10;
    synergy_app::genesis::add_account(&mut document, &operator.address(), &[coin::coin(SNRG, "asnrg")]).unwrap();
    let stake = 100 + u64::from(VOTERS);
    synergy_app::genesis::add_validator(&mut document, &ValidatorSets::key(0), &operator.address(), stake).unwrap();
    let state = &mut document["app_state"];
    let gov = json!({
        "address": Address::module("gov").to_string(),
        "coins": [{"denom": "asnrg", "amount": deposits.to_string()}]
    });
    state["bank"]["balances"].as_array_mut().unwrap().push(gov);
    let list = state["staking"]["delegations"].as_array_mut().unwrap();
    list[0]["shares"] = Dec::whole(100 * SNRG).to_string().into();
    let validator = list[0]["validator_address"].clone();
    list.extend((0..VOTERS).map(|n| {
        json!({"delegator_address": voter(n), "validator_address": validator, "shares": Dec::whole(SNRG).to_string()})
    }));
    let amount = |amount: u128| json!([{"denom": "asnrg", "amount": amount.to_string()}]);
    let section = &mut state["gov"];
    section["starting_proposal_id"] = "2".into();
    section["proposals"] = json!([{
        "id": "1", "messages": [], "status": "PROPOSAL_STATUS_VOTING_PERIOD",
        "final_tally_result": {"yes_count": "0", "abstain_count": "0", "no_count": "0", "no_with_veto_count": "0"},
        "submit_time": "2026-01-01T00:00:00Z", "deposit_end_time": "2026-01-01T00:00:00Z",
        "total_deposit": amount(deposits), "voting_start_time": "2026-01-01T00:00:00Z",
        "voting_end_time": "2026-01-01T00:00:03Z", "metadata": "x", "title": "t", "summary": "s",
        "proposer": voter(0), "expedited": false, "failed_reason": ""
    }]);
    section["votes"] = (0..VOTERS)
        .map(|n| {
            let options = json!([{"option": "VOTE_OPTION_YES", "weight": "1.000000000000000000"}]);
            json!({"proposal_id": "1", "voter": voter(n), "options": options, "metadata": ""})
        })
        .collect();
    section["deposits"] =
        (0..VOTERS).map(|n| json!({"proposal_id": "1", "depositor": voter(n), "amount": amount(SNRG / 10)})).collect();
    document
}

#[test]
#[ignore = "measures for half a minute"]
fn ten_thousand_votes_are_counted_over_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let operator = Account::new(Scheme::Secp256k1, 0, 0);
    let mut chain = TestChain::from_genesis(disk("fjall", dir.path()), 0, &document(&operator));
    // The first commit writes the genesis.
    chain.block(&[]);
    let mut phases: Vec<(&str, Vec<Duration>)> = vec![("before", vec![]), ("counting", vec![]), ("settling", vec![])];
    let gov = Address::module("gov");
    let mut height = 1;
    while chain.balance(&gov) > 0 || height < 80 {
        let answer: QueryProposalResponse =
            chain.query("/cosmos.gov.v1.Query/Proposal", &QueryProposalRequest { proposal_id: 1 }, 0).unwrap();
        let p = answer.proposal.unwrap();
        height += 1;
        let phase = match p.status() {
            ProposalStatus::VotingPeriod if height < 3 => 0,
            ProposalStatus::VotingPeriod => 1,
            _ => {
                let tally = p.final_tally_result.unwrap();
                assert_eq!(tally.yes_count, (u128::from(VOTERS) * SNRG).to_string());
                2
            }
        };
        let start = Instant::now();
        chain.finalize(&[]);
        phases[phase].1.push(start.elapsed());
        chain.commit();
    }
    chain.check_invariants();
    println!("{:>10} {:>8} {:>12} {:>12}", "phase", "blocks", "median", "longest");
    for (name, mut times) in phases {
        times.sort();
        println!("{name:>10} {:>8} {:>12.1?} {:>12.1?}", times.len(), times[times.len() / 2], times[times.len() - 1]);
    }
}
