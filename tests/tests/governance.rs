//! Governance on a whole chain: how proposals live, what they may do, with which code
//! each wrong step is refused, and that a tally is a naive one's.

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use synergy_kernel::Dec;
use synergy_proto::{
    Address, Any, coin,
    cosmos::{
        bank::v1beta1::{MsgSend, MsgUpdateParams as BankUpdate, Params as BankParams},
        distribution::v1beta1::{MsgCommunityPoolSpend, MsgFundCommunityPool},
        gov::v1::*,
        staking::v1beta1::{MsgDelegate, MsgUndelegate},
    },
    cosmwasm::{MsgExecuteContract, MsgInstantiateContract},
    pack,
    synergy::escrow,
};
use synergy_store::MemDb;
use synergy_tests::{Account, Fee, TestChain, contracts};

const SNRG: u128 = 1_000_000_000_000_000_000;

fn gov() -> String {
    Address::module("gov").to_string()
}

/// Three validators of 100, 50 and 10 SNRG; a vote takes 10 seconds, an expedited one 5.
fn chain(accounts: &[Account]) -> TestChain {
    chain_with(accounts, |_| {})
}

fn chain_with(accounts: &[Account], change: impl FnOnce(&mut Value)) -> TestChain {
    let all: Vec<&Account> = accounts.iter().collect();
    TestChain::staked(&all, &[100, 50, 10], |document| {
        let params = &mut document["app_state"]["gov"]["params"];
        params["max_deposit_period"] = "10s".into();
        params["voting_period"] = "10s".into();
        params["expedited_voting_period"] = "5s".into();
        change(params);
    })
}

fn coins(snrg: u128) -> Vec<synergy_proto::Coin> {
    vec![coin::coin(snrg * SNRG, coin::BASE_DENOM)]
}

fn submit(from: &Account, messages: Vec<Any>, snrg: u128) -> MsgSubmitProposal {
    MsgSubmitProposal {
        messages,
        initial_deposit: coins(snrg),
        proposer: from.address().to_string(),
        metadata: "ipfs://x".into(),
        title: "a title".into(),
        summary: "a summary".into(),
        expedited: false,
    }
}

fn vote(from: &Account, proposal_id: u64, option: VoteOption) -> Any {
    pack(&MsgVote { proposal_id, voter: from.address().to_string(), option: option.into(), metadata: String::new() })
}

fn deposit(from: &Account, proposal_id: u64, snrg: u128) -> Any {
    pack(&MsgDeposit { proposal_id, depositor: from.address().to_string(), amount: coins(snrg) })
}

fn stop_sends() -> Any {
    #[allow(deprecated)]
    let params = BankParams { send_enabled: Vec::new(), default_send_enabled: false };
    pack(&BankUpdate { authority: gov(), params: Some(params) })
}

fn spend(to: &Account, snrg: u128) -> Any {
    pack(&MsgCommunityPoolSpend { authority: gov(), recipient: to.address().to_string(), amount: coins(snrg) })
}

/// Delivers one message; returns codespace and code, both empty when it succeeded.
fn deliver(chain: &mut TestChain, from: &mut Account, message: Any) -> (String, u32) {
    let result = chain.deliver(from.sign(&[message], Fee::of(2_000_000)));
    chain.resync(from);
    (result.codespace, result.code)
}

fn ok(chain: &mut TestChain, from: &mut Account, message: Any) {
    let result = chain.deliver(from.sign(&[message], Fee::of(2_000_000)));
    assert_eq!(result.code, 0, "{}", result.log);
}

fn refused(chain: &mut TestChain, from: &mut Account, message: Any, code: (&str, u32)) {
    let got = deliver(chain, from, message);
    assert_eq!((got.0.as_str(), got.1), code);
}

fn proposal(chain: &TestChain, proposal_id: u64) -> Proposal {
    let answer: QueryProposalResponse =
        chain.query("/cosmos.gov.v1.Query/Proposal", &QueryProposalRequest { proposal_id }, 0).unwrap();
    answer.proposal.unwrap()
}

fn wait(chain: &mut TestChain, blocks: u32) {
    for _ in 0..blocks {
        chain.block(&[]);
        chain.check_invariants();
    }
}

fn counts(p: &Proposal) -> [u128; 4] {
    let t = p.final_tally_result.clone().unwrap();
    [t.yes_count, t.abstain_count, t.no_count, t.no_with_veto_count].map(|text| text.parse().unwrap())
}

#[test]
fn a_proposal_changes_a_param_and_its_deposit_comes_back() {
    let mut a = Account::many(5);
    let mut chain = chain(&a);
    let before = chain.balance(&a[4].address());
    let message = pack(&submit(&a[4], vec![stop_sends()], 60));
    ok(&mut chain, &mut a[4], message);
    assert_eq!(proposal(&chain, 1).status(), ProposalStatus::DepositPeriod);
    let early = vote(&a[0], 1, VoteOption::Yes);
    refused(&mut chain, &mut a[0], early, ("gov", 3));
    let more = deposit(&a[3], 1, 40);
    ok(&mut chain, &mut a[3], more);
    assert_eq!(proposal(&chain, 1).status(), ProposalStatus::VotingPeriod);
    let yes = vote(&a[0], 1, VoteOption::Yes);
    ok(&mut chain, &mut a[0], yes);
    let no = vote(&a[1], 1, VoteOption::No);
    ok(&mut chain, &mut a[1], no);
    wait(&mut chain, 12);
    let p = proposal(&chain, 1);
    assert_eq!((p.status(), counts(&p)), (ProposalStatus::Passed, [100 * SNRG, 0, 50 * SNRG, 0]));
    assert_eq!(chain.balance(&a[4].address()), before - Fee::of(2_000_000).amount);
    let to = a[3].address();
    let send = a[4].msg_send(&to, 1);
    refused(&mut chain, &mut a[4], send, ("bank", 5));
    let late = vote(&a[0], 1, VoteOption::No);
    refused(&mut chain, &mut a[0], late, ("gov", 3));
    let late = deposit(&a[0], 1, 10);
    refused(&mut chain, &mut a[0], late, ("gov", 3));
    let votes: QueryVotesResponse =
        chain.query("/cosmos.gov.v1.Query/Votes", &QueryVotesRequest { proposal_id: 1, pagination: None }, 0).unwrap();
    assert!(votes.votes.is_empty(), "votes are forgotten");
}

#[test]
fn a_delegator_overrides_its_validator_and_others_inherit() {
    let mut a = Account::many(6);
    let mut chain = chain(&a);
    for (who, snrg) in [(4, 30), (5, 20)] {
        let message = pack(&MsgDelegate {
            delegator_address: a[who].address().to_string(),
            validator_address: a[0].address().valoper(),
            amount: Some(coin::coin(snrg * SNRG, coin::BASE_DENOM)),
        });
        ok(&mut chain, &mut a[who], message);
    }
    let message = pack(&submit(&a[3], vec![], 100));
    ok(&mut chain, &mut a[3], message);
    let yes = vote(&a[0], 1, VoteOption::Yes);
    ok(&mut chain, &mut a[0], yes);
    let options = [("0.25", VoteOption::No), ("0.75", VoteOption::NoWithVeto)]
        .map(|(weight, option)| WeightedVoteOption { option: option.into(), weight: weight.into() });
    let split = MsgVoteWeighted {
        proposal_id: 1,
        voter: a[4].address().to_string(),
        options: options.to_vec(),
        metadata: String::new(),
    };
    ok(&mut chain, &mut a[4], pack(&split));
    let request = QueryTallyResultRequest { proposal_id: 1 };
    let now: QueryTallyResultResponse = chain.query("/cosmos.gov.v1.Query/TallyResult", &request, 0).unwrap();
    wait(&mut chain, 12);
    let p = proposal(&chain, 1);
    let quarter = 30 * SNRG / 4;
    assert_eq!(counts(&p), [120 * SNRG, 0, quarter, 3 * quarter]);
    assert_eq!(now.tally, p.final_tally_result, "the running tally was the last one");
    assert_eq!(p.status(), ProposalStatus::Passed);
}

#[test]
fn quorum_veto_and_abstention_decide_and_veto_burns() {
    let cases = [
        ([None, None, Some(VoteOption::Yes)], ProposalStatus::Rejected, false),
        ([Some(VoteOption::Abstain), Some(VoteOption::Abstain), None], ProposalStatus::Rejected, false),
        ([Some(VoteOption::NoWithVeto), Some(VoteOption::Yes), None], ProposalStatus::Rejected, true),
        ([Some(VoteOption::No), Some(VoteOption::Yes), None], ProposalStatus::Rejected, false),
        ([Some(VoteOption::Abstain), Some(VoteOption::Yes), None], ProposalStatus::Passed, false),
    ];
    for (votes, status, burnt) in cases {
        let mut a = Account::many(4);
        let mut chain = chain(&a);
        let before = chain.balance(&a[3].address()) - Fee::of(2_000_000).amount;
        let message = pack(&submit(&a[3], vec![], 100));
        ok(&mut chain, &mut a[3], message);
        for (who, option) in votes.iter().enumerate().filter_map(|(who, v)| Some((who, (*v)?))) {
            let message = vote(&a[who], 1, option);
            ok(&mut chain, &mut a[who], message);
        }
        wait(&mut chain, 12);
        assert_eq!(proposal(&chain, 1).status(), status, "{votes:?}");
        let lost = if burnt { 100 * SNRG } else { 0 };
        assert_eq!(chain.balance(&a[3].address()), before - lost, "{votes:?}");
    }
}

#[test]
fn an_expedited_proposal_that_fails_goes_on_as_a_regular_one() {
    let mut a = Account::many(4);
    let mut chain = chain(&a);
    let new = MsgSubmitProposal { expedited: true, ..submit(&a[3], vec![], 500) };
    ok(&mut chain, &mut a[3], pack(&new));
    // 100 of 160 are enough for a regular one, not for an expedited one.
    for (who, option) in [(0, VoteOption::Yes), (1, VoteOption::No), (2, VoteOption::No)] {
        let message = vote(&a[who], 1, option);
        ok(&mut chain, &mut a[who], message);
    }
    wait(&mut chain, 4);
    let p = proposal(&chain, 1);
    assert_eq!((p.status(), p.expedited), (ProposalStatus::VotingPeriod, false));
    wait(&mut chain, 6);
    assert_eq!(proposal(&chain, 1).status(), ProposalStatus::Passed);
}

#[test]
fn messages_run_all_or_none_and_within_their_gas() {
    let mut a = Account::many(4);
    let mut chain = chain(&a);
    let fund = MsgFundCommunityPool { amount: coins(10), depositor: a[3].address().to_string() };
    ok(&mut chain, &mut a[3], pack(&fund));
    // The second message asks for more than there is: the first is undone.
    let message = pack(&submit(&a[3], vec![stop_sends(), spend(&a[2], 1_000)], 100));
    ok(&mut chain, &mut a[3], message);
    let message = pack(&submit(&a[3], vec![spend(&a[2], 7)], 100));
    ok(&mut chain, &mut a[3], message);
    for id in [1, 2] {
        let message = vote(&a[0], id, VoteOption::Yes);
        ok(&mut chain, &mut a[0], message);
    }
    let before = chain.balance(&a[2].address());
    wait(&mut chain, 13);
    let p = proposal(&chain, 1);
    assert_eq!(p.status(), ProposalStatus::Failed);
    assert!(p.failed_reason.contains("distribution"), "{}", p.failed_reason);
    assert_eq!(proposal(&chain, 2).status(), ProposalStatus::Passed);
    assert_eq!(chain.balance(&a[2].address()), before + 7 * SNRG);
    let to = a[2].address();
    let send = a[3].msg_send(&to, 1);
    ok(&mut chain, &mut a[3], send);
}

#[test]
fn a_proposal_that_exhausts_its_gas_fails_alone() {
    let mut a = Account::many(4);
    let mut chain = chain_with(&a, |params| params["voting_period"] = "15s".into());
    let code_id = contracts::store_code(&mut chain, &mut a[3], contracts::ready("wasmd/hackatom.wasm"));
    let names = json!({"verifier": a[3].address().to_string(), "beneficiary": a[2].address().to_string()});
    let contract = contracts::instantiate(&mut chain, &mut a[3], code_id, &names, &[]);
    let endless = MsgExecuteContract {
        sender: gov(),
        contract: contract.clone(),
        msg: br#"{"cpu_loop":{}}"#.to_vec(),
        funds: Vec::new(),
    };
    for messages in [vec![stop_sends(), pack(&endless)], vec![stop_sends()]] {
        let message = pack(&submit(&a[3], messages, 100));
        ok(&mut chain, &mut a[3], message);
    }
    for id in [1, 2] {
        let message = vote(&a[0], id, VoteOption::Yes);
        ok(&mut chain, &mut a[0], message);
    }
    wait(&mut chain, 17);
    let [first, second] = [1, 2].map(|id| proposal(&chain, id));
    assert_eq!((first.status(), second.status()), (ProposalStatus::Failed, ProposalStatus::Passed));
    assert!(first.failed_reason.contains("out of gas"), "{}", first.failed_reason);
}

#[test]
fn deposits_cannot_be_spent_on_a_way_round() {
    let mut a = Account::many(4);
    let mut chain = chain(&a);
    let code_id = contracts::store_code(&mut chain, &mut a[3], contracts::ready("wasmd/hackatom.wasm"));
    let instantiate = MsgInstantiateContract {
        sender: gov(),
        code_id,
        label: "x".into(),
        msg: json!({"verifier": a[3].address().to_string(), "beneficiary": a[2].address().to_string()})
            .to_string()
            .into(),
        funds: coins(1),
        ..Default::default()
    };
    let message = pack(&submit(&a[3], vec![pack(&instantiate)], 100));
    ok(&mut chain, &mut a[3], message);
    let yes = vote(&a[0], 1, VoteOption::Yes);
    ok(&mut chain, &mut a[0], yes);
    wait(&mut chain, 12);
    let p = proposal(&chain, 1);
    assert_eq!(p.status(), ProposalStatus::Failed);
    assert!(p.failed_reason.contains("codespace gov, code 102"), "{}", p.failed_reason);
}

#[test]
fn an_exported_chain_goes_on_voting_and_pays_what_is_owed() {
    let mut a = Account::many(4);
    let mut chain = chain(&a);
    for snrg in [100, 30] {
        let message = pack(&submit(&a[3], vec![stop_sends()], snrg));
        ok(&mut chain, &mut a[3], message);
    }
    let yes = vote(&a[0], 1, VoteOption::Yes);
    ok(&mut chain, &mut a[0], yes);
    let document = synergy_app::export::document(&chain.app, 0, true).unwrap();
    synergy_app::genesis::validate(&document).unwrap();
    let mut next = TestChain::from_genesis(Box::new(MemDb::default()), 0, &document);
    next.check_invariants();
    let deposits = |chain: &TestChain| chain.balance(&Address::module("gov"));
    assert_eq!((deposits(&chain), deposits(&next)), (130 * SNRG, 130 * SNRG));
    wait(&mut next, 15);
    assert_eq!(proposal(&next, 1).status(), ProposalStatus::Passed);
    assert_eq!(deposits(&next), 0);
}

#[test]
fn wrong_proposals_have_codes_of_their_own() {
    let mut a = Account::many(4);
    let mut chain = chain(&a);
    let good = |messages| submit(&a[3], messages, 100);
    let own = |m: &dyn Fn(&mut MsgSubmitProposal)| {
        let mut new = good(vec![stop_sends()]);
        m(&mut new);
        pack(&new)
    };
    let from_gov =
        |to: &Account| MsgSend { from_address: gov(), to_address: to.address().to_string(), amount: coins(1) };
    let theirs = MsgSend { from_address: a[0].address().to_string(), ..from_gov(&a[3]) };
    let unknown = Any { type_url: "/x.Y".into(), value: Vec::new() };
    let broken = Any { value: vec![255], ..stop_sends() };
    let grant = Any { type_url: "/cosmos.authz.v1beta1.MsgGrant".into(), value: Vec::new() };
    let nothing = pack(&MsgCommunityPoolSpend { authority: gov(), recipient: gov(), amount: vec![] });
    let other = pack(&MsgCommunityPoolSpend { authority: a[0].address().to_string(), ..Default::default() });
    let cases = [
        (own(&|m| m.title.clear()), ("sdk", 18)),
        (own(&|m| m.summary.clear()), ("sdk", 18)),
        (pack(&MsgSubmitProposal { metadata: String::new(), ..good(vec![]) }), ("gov", 11)),
        (own(&|m| m.metadata = r#"{"title": "another"}"#.into()), ("gov", 5)),
        (own(&|m| m.metadata = "x".repeat(256)), ("gov", 15)),
        (own(&|m| m.summary = "x".repeat(10_201)), ("gov", 22)),
        (own(&|m| m.initial_deposit = vec![coin::coin(1, coin::BASE_DENOM)]), ("gov", 16)),
        (own(&|m| m.initial_deposit.clear()), ("gov", 16)),
        (own(&|m| m.initial_deposit = vec![coin::coin(1, "uatom")]), ("gov", 23)),
        (own(&|m| m.initial_deposit = coins(100_000_000)), ("sdk", 5)),
        (pack(&good(vec![pack(&from_gov(&a[3]))])), ("gov", 101)),
        (pack(&good(vec![grant])), ("gov", 101)),
        (pack(&good(vec![other])), ("gov", 13)),
        (pack(&good(vec![unknown])), ("gov", 10)),
        (pack(&good(vec![broken])), ("gov", 12)),
        (pack(&good(vec![nothing])), ("gov", 12)),
        (pack(&good(vec![pack(&theirs)])), ("gov", 101)),
    ];
    for (message, code) in cases {
        refused(&mut chain, &mut a[3], message, code);
    }
    let direct = BankUpdate { authority: a[3].address().to_string(), params: Some(Default::default()) };
    refused(&mut chain, &mut a[3], pack(&direct), ("gov", 13));
    chain.check_invariants();
}

#[test]
fn wrong_votes_deposits_and_cancellations_have_codes_of_their_own() {
    let mut a = Account::many(4);
    let mut chain = chain(&a);
    let message = pack(&submit(&a[3], vec![], 100));
    ok(&mut chain, &mut a[3], message);
    let voter = a[0].address().to_string();
    let weighted = |options: &[(i32, &str)]| {
        let options =
            options.iter().map(|(option, weight)| WeightedVoteOption { option: *option, weight: (*weight).into() });
        pack(&MsgVoteWeighted {
            proposal_id: 1,
            voter: voter.clone(),
            options: options.collect(),
            metadata: String::new(),
        })
    };
    for (message, code) in [
        (weighted(&[]), ("sdk", 18)),
        (weighted(&[(1, "0.5")]), ("gov", 7)),
        (weighted(&[(1, "0.7"), (3, "0.7")]), ("gov", 7)),
        (weighted(&[(1, "0.5"), (1, "0.5")]), ("gov", 7)),
        (weighted(&[(9, "1")]), ("gov", 7)),
        (weighted(&[(1, "-1")]), ("gov", 7)),
        (weighted(&[(1, "x")]), ("gov", 7)),
        (vote(&a[0], 1, VoteOption::Unspecified), ("gov", 7)),
        (vote(&a[0], 7, VoteOption::Yes), ("gov", 2)),
        (deposit(&a[0], 7, 1), ("gov", 2)),
        (pack(&MsgDeposit { proposal_id: 1, depositor: voter.clone(), amount: vec![] }), ("sdk", 10)),
        (pack(&MsgCancelProposal { proposal_id: 1, proposer: voter.clone() }), ("gov", 18)),
        (pack(&MsgCancelProposal { proposal_id: 7, proposer: voter.clone() }), ("gov", 2)),
    ] {
        refused(&mut chain, &mut a[0], message, code);
    }
    chain.check_invariants();
}

#[test]
fn cancelling_costs_half_and_too_little_deposit_is_paid_back() {
    let mut a = Account::many(5);
    let mut chain = chain(&a);
    let before = chain.balance(&a[3].address());
    let message = pack(&submit(&a[3], vec![], 40));
    ok(&mut chain, &mut a[3], message.clone());
    let cancel = MsgCancelProposal { proposal_id: 1, proposer: a[3].address().to_string() };
    ok(&mut chain, &mut a[3], pack(&cancel));
    assert_eq!(chain.balance(&a[3].address()), before - 20 * SNRG - 2 * Fee::of(2_000_000).amount);
    refused(&mut chain, &mut a[3], pack(&cancel), ("gov", 2));
    let before = chain.balance(&a[3].address());
    ok(&mut chain, &mut a[3], message);
    wait(&mut chain, 12);
    assert_eq!(chain.balance(&a[3].address()), before - Fee::of(2_000_000).amount);
    let gone = chain.query::<_, QueryProposalResponse>(
        "/cosmos.gov.v1.Query/Proposal",
        &QueryProposalRequest { proposal_id: 2 },
        0,
    );
    assert!(gone.is_err());
}

#[test]
fn params_say_whether_deposits_burn_and_who_gets_what_cancelling_costs() {
    let mut a = Account::many(6);
    let to = a[5].address();
    let mut chain = chain_with(&a, |params| {
        params["burn_vote_quorum"] = true.into();
        params["burn_proposal_deposit_prevote"] = true.into();
        params["proposal_cancel_dest"] = to.to_string().into();
    });
    let fee = Fee::of(2_000_000).amount;
    for (snrg, what) in [(100, "no quorum"), (40, "never funded")] {
        let before = chain.balance(&a[3].address());
        let message = pack(&submit(&a[3], vec![], snrg));
        ok(&mut chain, &mut a[3], message);
        wait(&mut chain, 12);
        assert_eq!(chain.balance(&a[3].address()), before - fee - snrg * SNRG, "{what}");
    }
    let before = (chain.balance(&a[3].address()), chain.balance(&to));
    let message = pack(&submit(&a[3], vec![], 40));
    ok(&mut chain, &mut a[3], message);
    let cancel = MsgCancelProposal { proposal_id: 3, proposer: a[3].address().to_string() };
    ok(&mut chain, &mut a[3], pack(&cancel));
    wait(&mut chain, 1);
    let after = (chain.balance(&a[3].address()), chain.balance(&to));
    assert_eq!(after, (before.0 - 2 * fee - 20 * SNRG, before.1 + 20 * SNRG));
}

#[test]
fn a_proposal_decides_a_dispute_that_has_no_arbiter() {
    let mut a = Account::many(5);
    let mut chain = chain(&a);
    let (payer, payee) = (a[3].address().to_string(), a[4].address().to_string());
    let create = escrow::MsgCreate {
        payer,
        payee: payee.clone(),
        amount: Some(coin::coin(1_000, coin::BASE_DENOM)),
        expires: chain.request(&[]).time.unwrap().seconds + 1_000,
        default_outcome: escrow::Outcome::Refund.into(),
        dispute_seconds: 1_000,
        ..escrow::MsgCreate::default()
    };
    ok(&mut chain, &mut a[3], pack(&create));
    ok(&mut chain, &mut a[4], pack(&escrow::MsgDispute { party: payee, escrow_id: 1 }));
    let before = chain.balance(&a[4].address());
    let decision = pack(&escrow::MsgResolve {
        arbiter: gov(),
        escrow_id: 1,
        payee_amount: Some(coin::coin(400, coin::BASE_DENOM)),
    });
    let message = pack(&submit(&a[0], vec![decision], 100));
    ok(&mut chain, &mut a[0], message);
    let yes = vote(&a[0], 1, VoteOption::Yes);
    ok(&mut chain, &mut a[0], yes);
    wait(&mut chain, 12);
    let p = proposal(&chain, 1);
    assert_eq!((p.status(), p.failed_reason.as_str()), (ProposalStatus::Passed, ""));
    assert_eq!(chain.balance(&a[4].address()), before + 400);
}

/// How many of the newest proposals an operation may aim at.
const RECENT: u64 = 5;
const BLOCKS: usize = 1_000;

/// Who, which proposal (0 is the newest), and what.
#[derive(Debug, Clone)]
enum Op {
    Submit(usize, bool, u128),
    Deposit(usize, u64, u128),
    Vote(usize, u64, u32),
    Delegate(usize, usize, u128),
    Undelegate(usize, usize, u128),
    Cancel(usize, u64),
    Pass(u32),
}

fn op() -> impl Strategy<Value = Op> {
    let (who, id) = (0..8_usize, 0..RECENT);
    prop_oneof![
        2 => (who.clone(), any::<bool>(), 1..600_u128).prop_map(|(w, e, d)| Op::Submit(w, e, d)),
        2 => (who.clone(), id.clone(), 1..200_u128).prop_map(|(w, p, d)| Op::Deposit(w, p, d)),
        6 => (who.clone(), id.clone(), 0..101_u32).prop_map(|(w, p, o)| Op::Vote(w, p, o)),
        3 => (who.clone(), 0..3_usize, 1..50_u128).prop_map(|(w, v, n)| Op::Delegate(w, v, n)),
        1 => (who.clone(), 0..3_usize, 1..50_u128).prop_map(|(w, v, n)| Op::Undelegate(w, v, n)),
        1 => (who, id).prop_map(|(w, p)| Op::Cancel(w, p)),
        2 => (1..5_u32).prop_map(Op::Pass),
    ]
}

/// Yes by so many hundredths, the rest abstains.
fn options(yes: u32) -> Vec<WeightedVoteOption> {
    let part = |option: VoteOption, hundredths| WeightedVoteOption {
        option: option.into(),
        weight: Dec::percent(hundredths).to_string(),
    };
    let both = [part(VoteOption::Yes, yes), part(VoteOption::Abstain, 100 - yes)];
    both.into_iter().filter(|o| o.weight.parse::<Dec>().unwrap() > Dec::ZERO).collect()
}

/// What stake stands behind yes, by a count that knows neither deductions nor pieces:
/// each delegation goes to its delegator's last vote, or else to its validator's.
fn naive(a: &[Account], stakes: &BTreeMap<(usize, usize), u128>, votes: &BTreeMap<usize, u32>) -> u128 {
    assert_eq!(a.len(), 8);
    let hundredths = stakes.iter().filter_map(|((who, v), stake)| {
        let yes = votes.get(who).or_else(|| votes.get(v))?;
        Some(stake * u128::from(*yes))
    });
    hundredths.sum::<u128>() / 100
}

#[test]
fn random_operations_keep_deposits_and_count_as_a_naive_tally_does() {
    let config = Config { cases: 3, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner
        .run(&proptest::collection::vec(op(), BLOCKS), |ops| {
            let compared = simulate(&ops);
            assert!(compared > 100, "only {compared} tallies had votes");
            Ok(())
        })
        .unwrap();
}

/// At least a block for each operation. Returns how many tallies with votes were compared.
fn simulate(ops: &[Op]) -> usize {
    let mut a = Account::many(8);
    let mut chain = chain(&a);
    let mut stakes = BTreeMap::from([((0, 0), 100 * SNRG), ((1, 1), 50 * SNRG), ((2, 2), 10 * SNRG)]);
    let mut votes: BTreeMap<u64, BTreeMap<usize, u32>> = BTreeMap::new();
    let (mut compared, mut newest) = (0, 0);
    let recent = |newest: u64, back: u64| newest.saturating_sub(back).max(1);
    for op in ops {
        let (who, message) = match *op {
            Op::Pass(blocks) => {
                wait(&mut chain, blocks);
                compared += check(&chain, &a, &stakes, &votes, newest);
                continue;
            }
            Op::Submit(who, expedited, snrg) => {
                (who, pack(&MsgSubmitProposal { expedited, ..submit(&a[who], vec![], snrg) }))
            }
            Op::Deposit(who, back, snrg) => (who, deposit(&a[who], recent(newest, back), snrg)),
            Op::Vote(who, back, yes) => {
                let proposal_id = recent(newest, back);
                let voter = a[who].address().to_string();
                (who, pack(&MsgVoteWeighted { proposal_id, voter, options: options(yes), metadata: String::new() }))
            }
            Op::Delegate(who, v, snrg) => (
                who,
                pack(&MsgDelegate {
                    delegator_address: a[who].address().to_string(),
                    validator_address: a[v].address().valoper(),
                    amount: coins(snrg).pop(),
                }),
            ),
            Op::Undelegate(who, v, snrg) => {
                // An operator that leaves would be jailed.
                if who < 3 {
                    continue;
                }
                let (delegator_address, validator_address) = (a[who].address().to_string(), a[v].address().valoper());
                (who, pack(&MsgUndelegate { delegator_address, validator_address, amount: coins(snrg).pop() }))
            }
            Op::Cancel(who, back) => {
                let proposal_id = recent(newest, back);
                let proposer = a[who].address().to_string();
                (who, pack(&MsgCancelProposal { proposal_id, proposer }))
            }
        };
        if deliver(&mut chain, &mut a[who], message).1 == 0 {
            match *op {
                Op::Submit(..) => newest += 1,
                Op::Vote(who, back, yes) => {
                    votes.entry(recent(newest, back)).or_default().insert(who, yes);
                }
                Op::Delegate(who, v, snrg) => *stakes.entry((who, v)).or_default() += snrg * SNRG,
                Op::Undelegate(who, v, snrg) => *stakes.get_mut(&(who, v)).unwrap() -= snrg * SNRG,
                _ => {}
            }
        }
        chain.check_invariants();
        compared += check(&chain, &a, &stakes, &votes, newest);
    }
    wait(&mut chain, 25);
    assert_eq!(chain.balance(&Address::module("gov")), 0, "all deposits have left");
    compared
}

/// While a vote runs its tally is the naive one; returns for how many with votes.
fn check(
    chain: &TestChain,
    a: &[Account],
    stakes: &BTreeMap<(usize, usize), u128>,
    votes: &BTreeMap<u64, BTreeMap<usize, u32>>,
    newest: u64,
) -> usize {
    let mut compared = 0;
    for id in (1..=newest).rev().take(2 * RECENT as usize) {
        let request = QueryTallyResultRequest { proposal_id: id };
        let Ok(answer) = chain.query::<_, QueryTallyResultResponse>("/cosmos.gov.v1.Query/TallyResult", &request, 0)
        else {
            continue;
        };
        let yes: u128 = answer.tally.unwrap().yes_count.parse().unwrap();
        if proposal(chain, id).status() == ProposalStatus::VotingPeriod {
            let expected = votes.get(&id).map_or(0, |votes| naive(a, stakes, votes));
            assert!(yes.abs_diff(expected) <= 8, "proposal {id}: {yes}, by the naive count {expected}");
            compared += usize::from(expected > 0);
        }
    }
    compared
}
