//! Votes that take several blocks to count: they count once, whatever is done to stake
//! meanwhile; and what blocks cost while 10,000 are counted and forgotten. Prints a table:
//!
//!     cargo test --release --workspace --test governance_cost -- --ignored --nocapture

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_crypto::Scheme;
use synergy_kernel::Dec;
use synergy_proto::{
    Address, coin,
    cosmos::{
        gov::v1::{
            MsgVote, Proposal, ProposalStatus, QueryProposalRequest, QueryProposalResponse, QueryVotesRequest,
            QueryVotesResponse,
        },
        staking::v1beta1::MsgDelegate,
    },
    pack,
};
use synergy_store::MemDb;
use synergy_tests::{Account, CHAIN_ID, Fee, TestChain, ValidatorSets, disk};

const SNRG: u128 = 1_000_000_000_000_000_000;
const VOTERS: u32 = 10_000;

fn voter(n: u32) -> String {
    Address::new(&Sha256::digest(n.to_be_bytes())[..20]).unwrap().to_string()
}

/// Voting ends with the third block; every voter has delegated 1 SNRG, voted yes and paid
/// 0.1 for the proposal. The operator, who has 100 SNRG more, has not voted.
fn document(operator: &Account, voters: &[String]) -> Value {
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    let deposits = voters.len() as u128 * SNRG / 10;
    synergy_app::genesis::add_account(&mut document, &operator.address(), &[coin::coin(SNRG, "asnrg")]).unwrap();
    let stake = 100 + voters.len() as u64;
    synergy_app::genesis::add_validator(&mut document, &ValidatorSets::consensus_key(0), &operator.address(), stake)
        .unwrap();
    let state = &mut document["app_state"];
    let gov = json!({
        "address": Address::module("gov").to_string(),
        "coins": [{"denom": "asnrg", "amount": deposits.to_string()}]
    });
    state["bank"]["balances"].as_array_mut().unwrap().push(gov);
    let list = state["staking"]["delegations"].as_array_mut().unwrap();
    list[0]["shares"] = Dec::whole(100 * SNRG).to_string().into();
    let validator = list[0]["validator_address"].clone();
    let shares = Dec::whole(SNRG).to_string();
    list.extend(
        voters.iter().map(|v| json!({"delegator_address": v, "validator_address": validator, "shares": shares})),
    );
    let amount = |amount: u128| json!([{"denom": "asnrg", "amount": amount.to_string()}]);
    let section = &mut state["gov"];
    section["starting_proposal_id"] = "2".into();
    section["proposals"] = json!([{
        "id": "1", "messages": [], "status": "PROPOSAL_STATUS_VOTING_PERIOD",
        "final_tally_result": {"yes_count": "0", "abstain_count": "0", "no_count": "0", "no_with_veto_count": "0"},
        "submit_time": "2026-01-01T00:00:00Z", "deposit_end_time": "2026-01-01T00:00:00Z",
        "total_deposit": amount(deposits), "voting_start_time": "2026-01-01T00:00:00Z",
        "voting_end_time": "2026-01-01T00:00:03Z", "metadata": "x", "title": "t", "summary": "s",
        "proposer": voters[0], "expedited": false, "failed_reason": ""
    }]);
    section["votes"] = voters
        .iter()
        .map(|voter| {
            let options = json!([{"option": "VOTE_OPTION_YES", "weight": "1.000000000000000000"}]);
            json!({"proposal_id": "1", "voter": voter, "options": options, "metadata": ""})
        })
        .collect();
    section["deposits"] = voters
        .iter()
        .map(|voter| json!({"proposal_id": "1", "depositor": voter, "amount": amount(SNRG / 10)}))
        .collect();
    document
}

fn proposal(chain: &TestChain) -> Proposal {
    let answer: QueryProposalResponse =
        chain.query("/cosmos.gov.v1.Query/Proposal", &QueryProposalRequest { proposal_id: 1 }, 0).unwrap();
    answer.proposal.unwrap()
}

fn votes(chain: &TestChain) -> usize {
    let request = QueryVotesRequest { proposal_id: 1, pagination: None };
    chain.query::<_, QueryVotesResponse>("/cosmos.gov.v1.Query/Votes", &request, 0).unwrap().votes.len()
}

#[test]
fn stake_that_moves_while_votes_are_counted_is_not_counted_as_its_own() {
    const FEW: u32 = 1_500;
    let operator = Account::new(Scheme::Secp256k1, 0, 0);
    // One of the last voters in order of addresses, which the second block would count.
    let last = |a: &Account| a.address().as_bytes()[0] > 0xf0;
    let mut late = (1..).map(|n| Account::new(Scheme::Secp256k1, n, 1)).find(last).unwrap();
    let mut voters: Vec<String> = (0..FEW).map(voter).collect();
    voters.push(late.address().to_string());
    let mut document = document(&operator, &voters);
    synergy_app::genesis::add_account(&mut document, &late.address(), &[coin::coin(100 * SNRG, "asnrg")]).unwrap();
    let mut chain = TestChain::from_genesis(Box::new(MemDb::default()), 0, &document);
    for _ in 0..3 {
        assert_eq!(proposal(&chain).status(), ProposalStatus::VotingPeriod);
        chain.block(&[]);
    }
    assert_eq!(proposal(&chain).status(), ProposalStatus::VotingPeriod, "counting goes on");
    let vote = MsgVote { proposal_id: 1, voter: late.address().to_string(), option: 3, metadata: String::new() };
    let more = MsgDelegate {
        delegator_address: late.address().to_string(),
        validator_address: operator.address().valoper(),
        amount: Some(coin::coin(50 * SNRG, "asnrg")),
    };
    let txs = [late.sign(&[pack(&vote)], Fee::of(1_000_000)), late.sign(&[pack(&more)], Fee::of(2_000_000))];
    let results = chain.block(&txs).results;
    assert_eq!((results[0].codespace.as_str(), results[0].code), ("gov", 20), "{}", results[0].log);
    assert_eq!(results[1].code, 0, "{}", results[1].log);
    let p = proposal(&chain);
    assert_eq!(p.status(), ProposalStatus::Passed);
    assert_eq!(p.final_tally_result.unwrap().yes_count, (u128::from(FEW) * SNRG).to_string());
    chain.check_invariants();
}

#[test]
#[ignore = "measures for half a minute"]
fn ten_thousand_votes_are_counted_over_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let operator = Account::new(Scheme::Secp256k1, 0, 0);
    let voters: Vec<String> = (0..VOTERS).map(voter).collect();
    let mut chain = TestChain::from_genesis(disk("fjall", dir.path()), 0, &document(&operator, &voters));
    // The first commit writes the genesis.
    chain.block(&[]);
    let mut phases: Vec<(&str, Vec<Duration>)> = vec![("before", vec![]), ("counting", vec![]), ("settling", vec![])];
    // One block before, 10 that count 1,000 votes each, 40 that remove 500 records each.
    for height in 2..53 {
        let p = proposal(&chain);
        let phase = match p.status() {
            ProposalStatus::VotingPeriod if height == 2 => 0,
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
    assert_eq!((chain.balance(&Address::module("gov")), votes(&chain)), (0, 0));
    println!("{:>10} {:>8} {:>12} {:>12}", "phase", "blocks", "median", "longest");
    for (name, mut times) in phases {
        times.sort();
        println!("{name:>10} {:>8} {:>12.1?} {:>12.1?}", times.len(), times[times.len() / 2], times[times.len() - 1]);
    }
}
