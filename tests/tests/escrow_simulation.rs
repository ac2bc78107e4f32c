//! Random escrow operations over 1,000 blocks against a naive model: every message
//! succeeds when the model says so, every account has what the model gives it after
//! every block, the module's account has what the escrows have left, and each escrow
//! pays out what came in, once.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sha2::{Digest, Sha256};
use synergy_proto::{
    Address, Any, coin, pack,
    synergy::escrow::{
        ApprovalCondition, Condition, MsgAdvance, MsgApprove, MsgCancel, MsgCreate, MsgDispute, MsgPartialRelease,
        MsgRefund, MsgRelease, MsgResolve, MsgWithdraw, Outcome, Stream, condition::Kind,
    },
};
use synergy_store::MemDb;
use synergy_tests::{Account, CHAIN_ID, FUNDS, Fee, TestChain};

const BLOCKS: usize = 1_000;
const ACCOUNTS: usize = 5;
const AIMED: usize = ACCOUNTS;
/// Params of the chain: a short queue, so that escrows wait in it.
const DUE_PER_BLOCK: usize = 1;
const CLOSED_SECONDS: i64 = 25;
const START: i64 = 1_767_225_600;

/// Who, which of the latest escrows, and what. [`AIMED`] is whoever may, and an escrow that fits.
#[derive(Debug, Clone)]
enum Op {
    Create {
        payer: usize,
        payee: usize,
        amount: u128,
        expires: i64,
        release: bool,
        dispute: i64,
        kind: u8,
        arbiter: bool,
    },
    Release(usize, usize, u8),
    Partial(usize, usize, u128),
    Refund(usize, usize),
    Dispute(usize, usize),
    Resolve(usize, usize, u128),
    Approve(usize, usize),
    Withdraw(usize, usize),
    Cancel(usize, usize),
    Advance(usize, usize),
    Wait(i64),
}

fn op() -> impl Strategy<Value = Op> {
    let (who, which) = (prop_oneof![0..ACCOUNTS, Just(AIMED), Just(AIMED)], 0..8_usize);
    let create = (0..ACCOUNTS, 1..ACCOUNTS, 1..2_000_u128, 1..60_i64, any::<bool>(), 0..40_i64, 0..8_u8, any::<bool>());
    prop_oneof![
        8 => create.prop_map(|(payer, other, amount, expires, release, dispute, kind, arbiter)| Op::Create {
            payer, payee: (payer + other) % ACCOUNTS, amount, expires, release, dispute, kind, arbiter,
        }),
        6 => (who.clone(), which.clone(), 0..3_u8).prop_map(|(w, e, s)| Op::Release(w, e, s)),
        4 => (who.clone(), which.clone(), 0..800_u128).prop_map(|(w, e, n)| Op::Partial(w, e, n)),
        2 => (who.clone(), which.clone()).prop_map(|(w, e)| Op::Refund(w, e)),
        5 => (who.clone(), which.clone()).prop_map(|(w, e)| Op::Dispute(w, e)),
        6 => (who.clone(), which.clone(), 0..900_u128).prop_map(|(w, e, n)| Op::Resolve(w, e, n)),
        6 => (who.clone(), which.clone()).prop_map(|(w, e)| Op::Approve(w, e)),
        6 => (who.clone(), which.clone()).prop_map(|(w, e)| Op::Withdraw(w, e)),
        3 => (who.clone(), which.clone()).prop_map(|(w, e)| Op::Cancel(w, e)),
        5 => (who, which).prop_map(|(w, e)| Op::Advance(w, e)),
        1 => (0..20_i64).prop_map(Op::Wait),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Open,
    Disputed,
    Closed,
}

/// An escrow as a person would keep it on paper.
#[derive(Debug, Clone)]
struct Paper {
    payer: usize,
    payee: usize,
    arbiter: Option<usize>,
    amount: u128,
    paid: u128,
    returned: u128,
    phase: Phase,
    expires: i64,
    deadline: i64,
    dispute: i64,
    release: bool,
    not_before: Option<i64>,
    secret: Option<u8>,
    approvers: Option<(BTreeSet<usize>, usize)>,
    approvals: BTreeSet<usize>,
    stream: Option<Stream>,
}

impl Paper {
    fn left(&self) -> u128 {
        self.amount - self.paid - self.returned
    }

    fn accrued(&self, height: i64, now: i64) -> u128 {
        let Some(s) = &self.stream else { return 0 };
        let at = if s.by_height { height } else { now }.clamp(s.start, s.end) - s.start;
        self.amount * at as u128 / (s.end - s.start) as u128
    }
}

/// Escrows and balances by account; only fees are paid beside.
struct Model {
    escrows: BTreeMap<u64, Paper>,
    balances: Vec<u128>,
    next: u64,
    height: i64,
    now: i64,
    ended: u32,
}

impl Model {
    fn live(&self, id: u64) -> Option<&Paper> {
        self.escrows.get(&id).filter(|p| p.phase != Phase::Closed && self.now < p.deadline)
    }

    fn pay(&mut self, id: u64, to_payee: u128) {
        let paper = self.escrows.get_mut(&id).unwrap();
        paper.paid += to_payee;
        self.balances[paper.payee] += to_payee;
    }

    fn close(&mut self, id: u64, to_payee: u128) {
        self.pay(id, to_payee);
        let closing = self.now + CLOSED_SECONDS;
        let paper = self.escrows.get_mut(&id).unwrap();
        assert_ne!(paper.phase, Phase::Closed, "an escrow ends once");
        let rest = paper.left();
        paper.returned += rest;
        self.balances[paper.payer] += rest;
        (paper.phase, paper.deadline) = (Phase::Closed, closing);
        assert_eq!(paper.paid + paper.returned, paper.amount);
        self.ended += 1;
    }

    fn some(&mut self, id: u64, amount: u128) {
        if amount == self.escrows[&id].left() { self.close(id, amount) } else { self.pay(id, amount) }
    }

    fn default(&mut self, id: u64) {
        let paper = &self.escrows[&id];
        match (paper.phase, paper.release) {
            (Phase::Closed, _) => drop(self.escrows.remove(&id)),
            (_, true) => self.close(id, paper.left()),
            (_, false) => self.close(id, 0),
        }
    }

    fn end_block(&mut self) {
        let mut due: Vec<_> =
            self.escrows.iter().map(|(id, p)| (p.deadline, *id)).filter(|d| d.0 <= self.now).collect();
        due.sort();
        due.into_iter().take(DUE_PER_BLOCK).for_each(|(_, id)| self.default(id));
    }

    /// Applies an operation; whether it succeeds.
    fn apply(&mut self, op: &Op) -> bool {
        let latest = |e: usize| (self.next - 1).saturating_sub(e as u64);
        match *op {
            Op::Wait(_) => true,
            Op::Create { payer, amount, .. } => {
                let paper = self.paper(op);
                self.balances[payer] -= amount;
                self.escrows.insert(self.next, paper);
                self.next += 1;
                true
            }
            Op::Release(who, e, secret) => {
                let id = latest(e);
                let Some(p) = self.live(id) else { return false };
                let met = self.now < p.expires
                    && (p.secret == Some(secret)
                        || (p.phase == Phase::Open && p.not_before.is_some_and(|t| self.now >= t)));
                let left = p.left();
                let ok = who == p.payer || met;
                if ok {
                    self.close(id, left);
                }
                ok
            }
            Op::Partial(who, e, amount) => {
                let id = latest(e);
                let fits = |p: &&Paper| p.payer == who && p.stream.is_none() && amount > 0 && amount <= p.left();
                let ok = self.live(id).filter(fits).is_some();
                if ok {
                    self.some(id, amount);
                }
                ok
            }
            Op::Refund(who, e) => {
                let id = latest(e);
                let ok = self.live(id).is_some_and(|p| p.payee == who);
                if ok {
                    self.close(id, 0);
                }
                ok
            }
            Op::Dispute(who, e) => {
                let (id, now) = (latest(e), self.now);
                let party = |p: &&Paper| p.phase == Phase::Open && (p.payer == who || p.payee == who) && p.dispute > 0;
                let ok = self.live(id).filter(party).is_some();
                if ok {
                    let p = self.escrows.get_mut(&id).unwrap();
                    (p.phase, p.deadline) = (Phase::Disputed, p.expires.max(now + p.dispute));
                }
                ok
            }
            Op::Resolve(who, e, amount) => {
                let id = latest(e);
                let may = |p: &&Paper| p.phase == Phase::Disputed && p.arbiter == Some(who) && amount <= p.left();
                let ok = self.live(id).filter(may).is_some();
                if ok {
                    self.close(id, amount);
                }
                ok
            }
            Op::Approve(who, e) => {
                let (id, now) = (latest(e), self.now);
                let may = |p: &&Paper| {
                    now < p.expires
                        && !p.approvals.contains(&who)
                        && p.approvers.as_ref().is_some_and(|(all, _)| all.contains(&who))
                };
                let ok = self.live(id).filter(may).is_some();
                if ok {
                    let p = self.escrows.get_mut(&id).unwrap();
                    p.approvals.insert(who);
                    let left = p.left();
                    if p.approvals.len() >= p.approvers.as_ref().unwrap().1 {
                        self.close(id, left);
                    }
                }
                ok
            }
            Op::Withdraw(who, e) => {
                let id = latest(e);
                let may = |p: &&Paper| p.phase == Phase::Open && p.payee == who && p.stream.is_some();
                let Some(p) = self.live(id).filter(may) else { return false };
                let amount = p.accrued(self.height, self.now) - p.paid;
                if amount > 0 {
                    self.some(id, amount);
                }
                amount > 0
            }
            Op::Cancel(who, e) => {
                let id = latest(e);
                let may = |p: &&Paper| {
                    p.phase == Phase::Open && p.payer == who && p.stream.as_ref().is_some_and(|s| s.cancelable)
                };
                let Some(p) = self.live(id).filter(may) else { return false };
                self.close(id, p.accrued(self.height, self.now) - p.paid);
                true
            }
            Op::Advance(_, e) => {
                let id = latest(e);
                let ok = self.escrows.get(&id).is_some_and(|p| self.now >= p.deadline);
                if ok {
                    self.default(id);
                }
                ok
            }
        }
    }

    fn paper(&self, op: &Op) -> Paper {
        let Op::Create { payer, payee, amount, expires, release, dispute, kind, arbiter } = *op else { unreachable!() };
        let expires = self.now + expires;
        let third = (0..ACCOUNTS).find(|a| *a != payer && *a != payee).filter(|_| arbiter);
        let mut paper = Paper {
            payer,
            payee,
            arbiter: third,
            amount,
            paid: 0,
            returned: 0,
            phase: Phase::Open,
            expires,
            deadline: expires,
            dispute,
            release,
            not_before: None,
            secret: None,
            approvers: None,
            approvals: BTreeSet::new(),
            stream: None,
        };
        match kind {
            0 => paper.not_before = Some(self.now + (expires - self.now) / 2),
            1 => paper.secret = Some(1),
            2 => paper.approvers = Some(((1..4).map(|n| (payer + n) % ACCOUNTS).collect(), 2)),
            3 | 4 => {
                let by_height = kind == 3;
                let start = if by_height { self.height } else { self.now };
                // A stream by height may outlive its escrow.
                let end = if by_height { start + 17 } else { expires };
                (paper.stream, paper.release) = (Some(Stream { start, end, by_height, cancelable: release }), true);
            }
            _ => {}
        }
        paper
    }
}

struct Simulation {
    chain: TestChain,
    accounts: Vec<Account>,
    model: Model,
    done: BTreeMap<String, (u32, u32)>,
}

impl Simulation {
    fn new() -> Self {
        let accounts = Account::many(ACCOUNTS as u32);
        let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
        for account in &accounts {
            let funds = [coin::coin(FUNDS, coin::BASE_DENOM)];
            synergy_app::genesis::add_account(&mut document, &account.address(), &funds).unwrap();
        }
        let params = &mut document["app_state"]["escrow"]["params"];
        params["max_due_per_block"] = DUE_PER_BLOCK.into();
        params["closed_seconds"] = CLOSED_SECONDS.to_string().into();
        let chain = TestChain::from_genesis(Box::<MemDb>::default(), 0, &document);
        let (escrows, balances) = (BTreeMap::new(), vec![FUNDS; ACCOUNTS]);
        let model = Model { escrows, balances, next: 1, height: 0, now: START, ended: 0 };
        Self { chain, accounts, model, done: BTreeMap::new() }
    }

    /// An aimed operation with an escrow that it is for and the account that may.
    fn aim(&self, op: &Op) -> Op {
        let mut op = op.clone();
        let aim = |who: &mut usize, e: &mut usize, wants: &dyn Fn(&Paper) -> bool, role: fn(&Paper) -> usize| {
            if *who == AIMED {
                let mut fitting = self.model.escrows.iter().rev().filter(|(_, p)| wants(p)).take(1 + *e).skip(*e / 2);
                *who = fitting.next().map_or(0, |(id, paper)| {
                    *e = (self.model.next - 1 - id) as usize;
                    role(paper)
                });
            }
        };
        let now = self.model.now;
        let live = |p: &Paper| p.phase != Phase::Closed;
        let stream = |p: &Paper| p.phase == Phase::Open && p.stream.is_some();
        match &mut op {
            Op::Create { .. } | Op::Wait(_) => {}
            Op::Release(who, e, _) | Op::Partial(who, e, _) => aim(who, e, &live, |p| p.payer),
            Op::Refund(who, e) => aim(who, e, &live, |p| p.payee),
            Op::Dispute(who, e) => aim(who, e, &|p| p.phase == Phase::Open && p.arbiter.is_some(), |p| p.payee),
            Op::Resolve(who, e, _) => aim(who, e, &|p| p.phase == Phase::Disputed, |p| p.arbiter.unwrap_or(0)),
            Op::Withdraw(who, e) => aim(who, e, &stream, |p| p.payee),
            Op::Cancel(who, e) => aim(who, e, &stream, |p| p.payer),
            Op::Approve(who, e) => aim(who, e, &|p| p.phase != Phase::Closed && p.approvers.is_some(), |p| {
                (p.payer + 1 + p.approvals.len()) % ACCOUNTS
            }),
            Op::Advance(who, e) => aim(who, e, &|p| now >= p.deadline, |p| p.payer),
        }
        op
    }

    fn message(&self, op: &Op, next: u64, paper: Option<&Paper>) -> Option<(usize, Any)> {
        let name = |who: usize| self.accounts[who].address().to_string();
        let id = |e: usize| (next - 1).saturating_sub(e as u64);
        let coins = |amount| Some(coin::coin(amount, coin::BASE_DENOM));
        Some(match *op {
            Op::Wait(_) => return None,
            Op::Create { payer, .. } => (payer, pack(&self.create(paper?))),
            Op::Release(who, e, secret) => {
                let preimage = vec![secret];
                (who, pack(&MsgRelease { sender: name(who), escrow_id: id(e), preimage, inputs: vec![] }))
            }
            Op::Partial(who, e, amount) => {
                (who, pack(&MsgPartialRelease { payer: name(who), escrow_id: id(e), amount: coins(amount) }))
            }
            Op::Refund(who, e) => (who, pack(&MsgRefund { payee: name(who), escrow_id: id(e) })),
            Op::Dispute(who, e) => (who, pack(&MsgDispute { party: name(who), escrow_id: id(e) })),
            Op::Resolve(who, e, amount) => {
                (who, pack(&MsgResolve { arbiter: name(who), escrow_id: id(e), payee_amount: coins(amount) }))
            }
            Op::Approve(who, e) => (who, pack(&MsgApprove { approver: name(who), escrow_id: id(e) })),
            Op::Withdraw(who, e) => (who, pack(&MsgWithdraw { payee: name(who), escrow_id: id(e) })),
            Op::Cancel(who, e) => (who, pack(&MsgCancel { payer: name(who), escrow_id: id(e) })),
            Op::Advance(who, e) => (who, pack(&MsgAdvance { sender: name(who), escrow_id: id(e) })),
        })
    }

    fn create(&self, p: &Paper) -> MsgCreate {
        let name = |who: usize| self.accounts[who].address().to_string();
        let kind = if let Some(second) = p.not_before {
            Some(Kind::NotBefore(second))
        } else if let Some(secret) = p.secret {
            Some(Kind::PreimageHash(Sha256::digest([secret]).to_vec()))
        } else {
            p.approvers.as_ref().map(|(all, threshold)| {
                let approvers = all.iter().map(|who| name(*who)).collect();
                Kind::Approval(ApprovalCondition { approvers, threshold: *threshold as u32 })
            })
        };
        MsgCreate {
            payer: name(p.payer),
            payee: name(p.payee),
            arbiter: p.arbiter.map(name).unwrap_or_default(),
            amount: Some(coin::coin(p.amount, coin::BASE_DENOM)),
            expires: p.expires,
            default_outcome: if p.release { Outcome::Release } else { Outcome::Refund }.into(),
            dispute_seconds: p.dispute,
            condition: kind.map(|kind| Condition { kind: Some(kind) }),
            stream: p.stream,
        }
    }

    fn block(&mut self, ops: &[Op]) {
        for op in ops {
            if let Op::Wait(seconds) = op {
                self.chain.delay += seconds;
            }
        }
        self.model.height += 1;
        self.model.now = START + self.model.height + self.chain.delay;
        let (mut txs, mut expected) = (Vec::new(), Vec::new());
        for op in ops {
            let (op, next) = (&self.aim(op), self.model.next);
            let paper = matches!(op, Op::Create { .. }).then(|| self.model.paper(op));
            let Some((who, message)) = self.message(op, next, paper.as_ref()) else { continue };
            let fee = Fee::of(1_000_000);
            self.model.balances[who] -= fee.amount;
            expected.push((op.clone(), self.model.apply(op)));
            txs.push(self.accounts[who].sign(&[message], fee));
        }
        self.model.end_block();
        let block = self.chain.block(&txs);
        for ((op, ok), result) in expected.into_iter().zip(&block.results) {
            assert_eq!(result.code == 0, ok, "{op:?} at height {}: {}", block.height, result.log);
            assert!(ok || matches!(result.codespace.as_str(), "escrow" | "sdk"), "{}", result.log);
            let kind: String = format!("{op:?}").chars().take_while(|c| c.is_alphabetic()).collect();
            let count = self.done.entry(kind).or_default();
            if ok { count.0 += 1 } else { count.1 += 1 }
        }
        self.check();
    }

    fn check(&self) {
        for (who, account) in self.accounts.iter().enumerate() {
            assert_eq!(self.chain.balance(&account.address()), self.model.balances[who], "account {who}");
        }
        let held: u128 = self.model.escrows.values().map(Paper::left).sum();
        assert_eq!(self.chain.balance(&Address::module("escrow")), held);
        self.chain.check_invariants();
    }
}

#[test]
fn a_thousand_random_blocks_are_those_of_a_naive_model() {
    let config = Config { cases: 3, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    // The same runs every time.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let run = runner.run(&vec(vec(op(), 0..5), BLOCKS), |blocks| {
        let mut simulation = Simulation::new();
        blocks.iter().for_each(|ops| simulation.block(ops));
        println!("succeeded, refused: {:?}; ended: {}", simulation.done, simulation.model.ended);
        assert!(simulation.done.values().all(|(succeeded, _)| *succeeded >= 5), "{:?}", simulation.done);
        assert!(simulation.done.len() == 10 && simulation.model.ended > 250);
        Ok(())
    });
    run.unwrap();
}
