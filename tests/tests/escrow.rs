//! Escrow on a whole chain: each refusal with its code, conditions, streams, disputes,
//! the due-queue, contracts, and a chain that goes on from an export.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prost::Message;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_abci::messages::ExecTxResult;
use synergy_app::{export, genesis};
use synergy_proto::{
    Address, Any, Coin, coin, pack,
    synergy::{
        aivm::{QueryInferRequest, QueryInferResponse, Tensor},
        escrow::{
            ApprovalCondition, Comparison, Condition, Escrow, InferenceCondition, MsgAdvance, MsgApprove, MsgCancel,
            MsgCreate, MsgCreateResponse, MsgDispute, MsgPartialRelease, MsgRefund, MsgRelease, MsgResolve,
            MsgUpdateParams, MsgWithdraw, Outcome, Params, Phase, QueryEscrowRequest, QueryEscrowResponse,
            QueryEscrowsRequest, QueryEscrowsResponse, Stream, condition::Kind,
        },
    },
};
use synergy_store::MemDb;
use synergy_tests::{
    Account, CHAIN_ID, FUNDS, Fee, TestChain,
    contracts::{execute, instantiate, publish, ready, response, smart, store_code},
};

const DENOM: &str = coin::BASE_DENOM;
const START: i64 = 1_767_225_600;
const MODEL: &[u8] = include_bytes!("../../inference/testdata/skl_mlp.onnx");

/// A chain on which Alice pays Bob, Carol decides and Dave looks on.
struct World {
    chain: TestChain,
    accounts: Vec<Account>,
    height: i64,
}

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;

fn coins(amount: u128) -> Option<Coin> {
    Some(coin::coin(amount, DENOM))
}

fn document(accounts: &[Account], change: impl FnOnce(&mut Value)) -> Value {
    let mut document = genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    for account in accounts {
        genesis::add_account(&mut document, &account.address(), &[coin::coin(FUNDS, DENOM)]).unwrap();
    }
    change(&mut document);
    document
}

impl World {
    fn new() -> Self {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut Value)) -> Self {
        let accounts = Account::many(4);
        let document = document(&accounts, change);
        Self { chain: TestChain::from_genesis(Box::<MemDb>::default(), 0, &document), accounts, height: 0 }
    }

    fn name(&self, who: usize) -> String {
        self.accounts[who].address().to_string()
    }

    fn balance(&self, who: usize) -> u128 {
        self.chain.balance(&self.accounts[who].address())
    }

    fn held(&self) -> u128 {
        self.chain.balance(&Address::module("escrow"))
    }

    /// Second of the next block.
    fn next(&self) -> i64 {
        START + self.height + 1 + self.chain.delay
    }

    fn send(&mut self, who: usize, message: Any) -> ExecTxResult {
        self.chain.resync(&mut self.accounts[who]);
        self.height += 1;
        let result = self.chain.deliver(self.accounts[who].sign(&[message], Fee::of(100_000_000)));
        self.chain.check_invariants();
        result
    }

    #[track_caller]
    fn done(&mut self, who: usize, message: Any) -> ExecTxResult {
        let result = self.send(who, message);
        assert_eq!(result.code, 0, "{}", result.log);
        result
    }

    #[track_caller]
    fn refused(&mut self, who: usize, message: Any, code: u32) {
        let result = self.send(who, message);
        assert_eq!((result.codespace.as_str(), result.code), ("escrow", code), "{}", result.log);
    }

    /// An escrow of 1,000 from Alice to Bob that lasts a hundred seconds.
    fn terms(&self) -> MsgCreate {
        MsgCreate {
            payer: self.name(ALICE),
            payee: self.name(BOB),
            arbiter: self.name(CAROL),
            amount: coins(1_000),
            expires: self.next() + 100,
            default_outcome: Outcome::Refund.into(),
            dispute_seconds: 50,
            ..MsgCreate::default()
        }
    }

    #[track_caller]
    fn create(&mut self, terms: &MsgCreate) -> u64 {
        let result = self.done(ALICE, pack(terms));
        response::<MsgCreateResponse>(&result).escrow_id
    }

    fn create_with(&mut self, kind: Kind) -> u64 {
        let terms = MsgCreate { condition: Some(Condition { kind: Some(kind) }), ..self.terms() };
        self.create(&terms)
    }

    fn escrow(&self, id: u64) -> Escrow {
        let request = QueryEscrowRequest { escrow_id: id };
        let answer: QueryEscrowResponse = self.chain.query("/synergy.escrow.v1.Query/Escrow", &request, 0).unwrap();
        answer.escrow.unwrap()
    }

    fn ended(&self, id: u64) -> (Phase, Outcome, String, String) {
        let e = self.escrow(id);
        (e.phase(), e.outcome(), e.paid, e.returned)
    }

    fn wait(&mut self, seconds: i64) {
        self.chain.delay += seconds;
    }

    fn empty_block(&mut self) -> synergy_tests::Block {
        self.height += 1;
        self.chain.block(&[])
    }

    fn release(&self, who: usize, id: u64) -> Any {
        pack(&MsgRelease { sender: self.name(who), escrow_id: id, ..MsgRelease::default() })
    }

    fn reveal(&self, who: usize, id: u64, preimage: &[u8]) -> Any {
        let preimage = preimage.to_vec();
        pack(&MsgRelease { sender: self.name(who), escrow_id: id, preimage, inputs: vec![] })
    }

    fn refund(&self, who: usize, id: u64) -> Any {
        pack(&MsgRefund { payee: self.name(who), escrow_id: id })
    }

    fn partial(&self, id: u64, amount: Coin) -> Any {
        pack(&MsgPartialRelease { payer: self.name(ALICE), escrow_id: id, amount: Some(amount) })
    }

    fn dispute(&self, who: usize, id: u64) -> Any {
        pack(&MsgDispute { party: self.name(who), escrow_id: id })
    }

    fn resolve(&self, who: usize, id: u64, amount: u128) -> Any {
        pack(&MsgResolve { arbiter: self.name(who), escrow_id: id, payee_amount: coins(amount) })
    }

    fn approve(&self, who: usize, id: u64) -> Any {
        pack(&MsgApprove { approver: self.name(who), escrow_id: id })
    }

    fn withdraw(&self, who: usize, id: u64) -> Any {
        pack(&MsgWithdraw { payee: self.name(who), escrow_id: id })
    }

    fn cancel(&self, who: usize, id: u64) -> Any {
        pack(&MsgCancel { payer: self.name(who), escrow_id: id })
    }

    fn advance(&self, who: usize, id: u64) -> Any {
        pack(&MsgAdvance { sender: self.name(who), escrow_id: id })
    }
}

fn strings(paid: u128, returned: u128) -> (String, String) {
    (paid.to_string(), returned.to_string())
}

#[test]
fn the_payer_releases_in_parts_and_the_payee_gives_back() {
    let mut w = World::new();
    let before = w.balance(BOB);
    let terms = w.terms();
    let id = w.create(&terms);
    assert_eq!((id, w.held()), (1, 1_000));
    w.done(ALICE, w.partial(id, coin::coin(300, DENOM)));
    assert_eq!((w.balance(BOB), w.held()), (before + 300, 700));
    let result = w.done(ALICE, w.release(ALICE, id));
    let closed = result.events.iter().find(|e| e.r#type == "synergy.escrow.v1.EventClosed").unwrap();
    assert!(closed.attributes.iter().any(|a| a.key == "outcome" && a.value == "\"OUTCOME_RELEASE\""));
    assert_eq!((w.balance(BOB), w.held()), (before + 1_000, 0));
    assert_eq!(w.ended(id), (Phase::Closed, Outcome::Release, "1000".into(), "0".into()));
    let again = w.create(&terms);
    w.done(ALICE, w.partial(again, coin::coin(1, DENOM)));
    w.done(BOB, w.refund(BOB, again));
    assert_eq!(w.ended(again), (Phase::Closed, Outcome::Refund, "1".into(), "999".into()));
    // The last part closes.
    let third = w.create(&terms);
    w.done(ALICE, w.partial(third, coin::coin(1_000, DENOM)));
    assert_eq!(w.ended(third).1, Outcome::Release);
    let list = |party: &str| {
        let request = QueryEscrowsRequest { party: party.to_owned(), pagination: None };
        let answer: QueryEscrowsResponse = w.chain.query("/synergy.escrow.v1.Query/Escrows", &request, 0).unwrap();
        answer.escrows.iter().map(|e| e.id).collect::<Vec<_>>()
    };
    assert_eq!((list(&w.name(CAROL)), list("")), (vec![1, 2, 3], vec![1, 2, 3]));
    assert_eq!(list(&w.name(DAVE)), [0; 0]);
}

#[test]
fn every_refusal_has_its_code() {
    let mut w = World::new();
    w.refused(ALICE, w.release(ALICE, 9), 2);
    let terms = w.terms();
    let id = w.create(&terms);
    w.refused(CAROL, w.resolve(CAROL, id, 1), 3);
    for (who, message) in [
        (DAVE, w.release(DAVE, id)),
        (BOB, w.release(BOB, id)),
        (ALICE, w.refund(ALICE, id)),
        (DAVE, w.dispute(DAVE, id)),
        (BOB, w.cancel(BOB, id)),
        (ALICE, w.withdraw(ALICE, id)),
    ] {
        w.refused(who, message, 4);
    }
    w.refused(DAVE, w.advance(DAVE, id), 6);
    w.refused(ALICE, w.approve(ALICE, id), 13);
    w.refused(BOB, w.withdraw(BOB, id), 15);
    w.refused(ALICE, w.partial(id, coin::coin(1_001, DENOM)), 18);
    w.refused(ALICE, w.partial(id, coin::coin(1, "uatom")), 19);
    w.done(BOB, w.dispute(BOB, id));
    w.refused(ALICE, w.dispute(ALICE, id), 3);
    w.refused(BOB, w.resolve(BOB, id, 1), 4);
    w.refused(CAROL, w.resolve(CAROL, id, 1_001), 18);
    w.done(ALICE, w.release(ALICE, id));
    for message in [w.release(ALICE, id), w.partial(id, coin::coin(1, DENOM)), w.dispute(ALICE, id)] {
        w.refused(ALICE, message, 3);
    }
    let quiet = MsgCreate { dispute_seconds: 0, expires: w.next() + 10, ..w.terms() };
    let quiet = w.create(&quiet);
    w.refused(BOB, w.dispute(BOB, quiet), 20);
    // The block in which it is due pays out only at its end.
    let due = w.escrow(quiet).deadline - w.next();
    w.wait(due);
    w.refused(ALICE, w.release(ALICE, quiet), 5);
    assert_eq!(w.ended(quiet).1, Outcome::Refund);
}

#[test]
fn terms_that_cannot_be_kept_are_refused() {
    let mut w = World::new();
    let t = w.terms();
    let hash = |n: usize| Kind::PreimageHash(vec![0; n]);
    let with = |kind| MsgCreate { condition: Some(Condition { kind: Some(kind) }), ..w.terms() };
    let approval = |approvers: Vec<String>, threshold| Kind::Approval(ApprovalCondition { approvers, threshold });
    let stream = |start, end| {
        let stream = Some(Stream { start, end, by_height: false, cancelable: false });
        MsgCreate { stream, default_outcome: Outcome::Release.into(), ..w.terms() }
    };
    let (carol, far) = (w.name(CAROL), w.next() + 50);
    let model = InferenceCondition {
        model_id: vec![1; 32],
        input_hash: vec![2; 32],
        output: "y".into(),
        comparison: Comparison::Less.into(),
        ..InferenceCondition::default()
    };
    let cases = [
        (MsgCreate { payee: t.payer.clone(), ..t.clone() }, 25),
        (MsgCreate { arbiter: t.payee.clone(), ..t.clone() }, 25),
        (MsgCreate { default_outcome: 0, ..t.clone() }, 26),
        (MsgCreate { default_outcome: Outcome::Resolved.into(), ..t.clone() }, 26),
        (MsgCreate { expires: w.next(), ..t.clone() }, 22),
        (MsgCreate { expires: w.next() + 400_000_000, ..t.clone() }, 22),
        (MsgCreate { dispute_seconds: -1, ..t.clone() }, 22),
        (MsgCreate { dispute_seconds: 1 << 40, ..t.clone() }, 22),
        (MsgCreate { payee: Address::module("escrow").to_string(), ..t.clone() }, 21),
        (MsgCreate { condition: Some(Condition { kind: None }), ..t.clone() }, 12),
        (with(Kind::NotBefore(t.expires)), 12),
        (with(hash(31)), 12),
        (with(approval(vec![carol.clone()], 2)), 12),
        (with(approval(vec![carol.clone()], 0)), 12),
        (with(approval(vec![carol.clone(), carol.clone()], 1)), 12),
        (with(approval(vec!["nobody".into()], 1)), 12),
        (with(Kind::Inference(InferenceCondition { comparison: 0, ..model.clone() })), 12),
        (with(Kind::Inference(InferenceCondition { output: String::new(), ..model.clone() })), 12),
        (with(Kind::Inference(model)), 11),
        (stream(far, far), 23),
        (stream(far, far + 1_000), 23),
        (MsgCreate { condition: with(hash(32)).condition, ..stream(far, far + 1) }, 23),
        (MsgCreate { default_outcome: Outcome::Refund.into(), ..stream(far, far + 1) }, 26),
    ];
    for (terms, code) in cases {
        let result = w.send(ALICE, pack(&terms));
        assert_eq!((result.codespace.as_str(), result.code), ("escrow", code), "{terms:?}: {}", result.log);
        // The next case has the same seconds before it.
        w.chain.delay -= 1;
    }
    w.chain.delay += 100;
    let zero = MsgCreate { amount: coins(0), ..w.terms() };
    assert_eq!(w.send(ALICE, pack(&zero)).code, 10);
    let too_much = MsgCreate { amount: coins(FUNDS * 2), ..w.terms() };
    assert_eq!(w.send(ALICE, pack(&too_much)).code, 5);
    assert_eq!(w.held(), 0);
}

#[test]
fn time_a_secret_and_approvals_release() {
    let mut w = World::new();
    let before = w.balance(BOB);
    let id = w.create_with(Kind::NotBefore(START + 20));
    w.refused(DAVE, w.release(DAVE, id), 7);
    w.wait(START + 20 - w.next());
    w.done(DAVE, w.release(DAVE, id));

    let id = w.create_with(Kind::PreimageHash(Sha256::digest(b"open sesame").to_vec()));
    w.refused(DAVE, w.reveal(DAVE, id, b"open barley"), 8);
    // What both agreed upon stands in a dispute too.
    w.done(ALICE, w.dispute(ALICE, id));
    w.done(DAVE, w.reveal(DAVE, id, b"open sesame"));
    assert_eq!((w.ended(id).1, w.escrow(id).paid.as_str()), (Outcome::Release, "1000"));

    let approvers = vec![w.name(ALICE), w.name(CAROL), w.name(DAVE)];
    let id = w.create_with(Kind::Approval(ApprovalCondition { approvers, threshold: 2 }));
    w.refused(BOB, w.approve(BOB, id), 4);
    w.done(CAROL, w.approve(CAROL, id));
    w.refused(CAROL, w.approve(CAROL, id), 14);
    w.refused(DAVE, w.release(DAVE, id), 4);
    w.done(DAVE, w.approve(DAVE, id));
    assert_eq!(w.ended(id).1, Outcome::Release);
    assert_eq!(w.balance(BOB), before + 3_000 - Fee::of(100_000_000).amount);
}

#[test]
fn a_secret_comes_too_late_after_expiry_even_in_a_dispute() {
    let mut w = World::new();
    let id = w.create_with(Kind::PreimageHash(Sha256::digest(b"late").to_vec()));
    w.wait(80);
    w.done(BOB, w.dispute(BOB, id));
    w.wait(30);
    // Past `expires`, before the arbiter's deadline.
    w.refused(BOB, w.reveal(BOB, id, b"late"), 5);
    w.wait(50);
    w.empty_block();
    assert_eq!(w.ended(id), (Phase::Closed, Outcome::Refund, "0".into(), "1000".into()));
    // Time alone does not release what is disputed.
    let soon = Kind::NotBefore(w.next() + 1);
    let id = w.create_with(soon);
    w.done(ALICE, w.dispute(ALICE, id));
    w.refused(BOB, w.release(BOB, id), 3);
}

/// 64 pixels, as the model was trained on.
fn pixels(first: f32) -> Vec<Tensor> {
    let data = (0..64_u32).map(|i| if i == 0 { first } else { (i % 16) as f32 }).flat_map(f32::to_le_bytes).collect();
    vec![Tensor { name: "pixels".into(), dtype: "f32".into(), shape: vec![1, 64], data, ..Tensor::default() }]
}

#[test]
fn a_models_verdict_releases_on_the_agreed_inputs_alone() {
    let mut w = World::new();
    let id = publish(&mut w.chain, &mut w.accounts[DAVE], MODEL, &[("pixels:0", 1)]);
    w.height += 3;
    let model_id = hex::decode(id).unwrap();
    let request = QueryInferRequest { model_id: model_id.clone(), inputs: pixels(0.0) };
    let verdict: QueryInferResponse = w.chain.query("/synergy.aivm.v1.Query/Infer", &request, 0).unwrap();
    let output = verdict.outputs.iter().find(|o| o.dtype == "f32").expect("an output of floats");
    let second: f32 = f32::from_le_bytes(output.data[4..8].try_into().unwrap());
    let condition = |comparison: Comparison, threshold: Vec<u8>| InferenceCondition {
        model_id: model_id.clone(),
        input_hash: verdict.input_hash.clone(),
        output: output.name.clone(),
        element: 1,
        comparison: comparison.into(),
        threshold,
    };
    let exactly = condition(Comparison::Equal, second.to_le_bytes().to_vec());
    for bad in [
        InferenceCondition { output: "nothing".into(), ..exactly.clone() },
        InferenceCondition { element: 1 << 40, ..exactly.clone() },
        InferenceCondition { threshold: vec![0; 8], ..exactly.clone() },
        InferenceCondition { threshold: f32::NAN.to_le_bytes().to_vec(), ..exactly.clone() },
    ] {
        let terms = MsgCreate { condition: Some(Condition { kind: Some(Kind::Inference(bad)) }), ..w.terms() };
        w.refused(ALICE, pack(&terms), 12);
    }
    let release =
        |w: &World, id, inputs| pack(&MsgRelease { sender: w.name(DAVE), escrow_id: id, preimage: vec![], inputs });
    let never = w.create_with(Kind::Inference(condition(Comparison::Less, second.to_le_bytes().to_vec())));
    w.refused(DAVE, release(&w, never, pixels(0.0)), 10);
    let id = w.create_with(Kind::Inference(exactly));
    w.refused(DAVE, release(&w, id, pixels(1.0)), 9);
    let missing = w.send(DAVE, release(&w, id, vec![]));
    assert_eq!((missing.codespace.as_str(), missing.code), ("aivm", 2), "{}", missing.log);
    let result = w.done(DAVE, release(&w, id, pixels(0.0)));
    assert!(result.gas_used as u64 > verdict.gas, "the inference is paid for: {}", result.gas_used);
    let event = result.events.iter().find(|e| e.r#type == "synergy.escrow.v1.EventVerdict").unwrap();
    let hash = format!("\"{}\"", BASE64_STANDARD.encode(&verdict.output_hash));
    assert!(event.attributes.iter().any(|a| a.key == "output_hash" && a.value == hash));
    assert_eq!(w.ended(id).1, Outcome::Release);
}

#[test]
fn streams_accrue_by_height_and_by_time() {
    let mut w = World::new();
    let height = w.height;
    let stream = |start, end, by_height| Some(Stream { start, end, by_height, cancelable: by_height });
    let release = Outcome::Release.into();
    let terms = MsgCreate { stream: stream(height + 1, height + 11, true), default_outcome: release, ..w.terms() };
    let id = w.create(&terms);
    // Three blocks of ten, a hundred each.
    w.empty_block();
    w.empty_block();
    w.done(BOB, w.withdraw(BOB, id));
    assert_eq!(w.escrow(id).paid, "300");
    w.refused(ALICE, w.partial(id, coin::coin(1, DENOM)), 16);
    w.done(ALICE, w.cancel(ALICE, id));
    assert_eq!(w.ended(id), (Phase::Closed, Outcome::Cancelled, "500".into(), "500".into()));

    let now = w.next();
    let terms = MsgCreate { stream: stream(now + 10, now + 30, false), default_outcome: release, ..w.terms() };
    let id = w.create(&terms);
    w.refused(BOB, w.withdraw(BOB, id), 17);
    w.refused(ALICE, w.cancel(ALICE, id), 24);
    w.wait(now + 15 - w.next());
    w.done(BOB, w.withdraw(BOB, id));
    assert_eq!(w.escrow(id).paid, "250");
    w.wait(now + 40 - w.next());
    w.done(BOB, w.withdraw(BOB, id));
    assert_eq!(w.ended(id), (Phase::Closed, Outcome::Release, "1000".into(), "0".into()), "the last coin closes it");
    // What is not withdrawn by the expiry is the payee's.
    let now = w.next();
    let terms = MsgCreate { stream: stream(now, now + 20, false), default_outcome: release, ..w.terms() };
    let id = w.create(&terms);
    w.wait(200);
    w.empty_block();
    assert_eq!(w.ended(id).1, Outcome::Release);
}

#[test]
fn an_arbiter_splits_and_its_silence_changes_nothing() {
    let mut w = World::new();
    let terms = w.terms();
    let id = w.create(&terms);
    w.done(BOB, w.dispute(BOB, id));
    w.done(CAROL, w.resolve(CAROL, id, 400));
    assert_eq!(w.ended(id), (Phase::Closed, Outcome::Resolved, "400".into(), "600".into()));
    for (default, paid, returned) in [(Outcome::Refund, 0, 1_000), (Outcome::Release, 1_000, 0)] {
        let terms = MsgCreate { default_outcome: default.into(), ..w.terms() };
        let id = w.create(&terms);
        w.done(ALICE, w.dispute(ALICE, id));
        w.wait(150);
        w.empty_block();
        let (paid, returned) = strings(paid, returned);
        assert_eq!(w.ended(id), (Phase::Closed, default, paid, returned));
    }
    // A dispute at the last moment gives the arbiter all its time.
    let terms = w.terms();
    let id = w.create(&terms);
    w.wait(98);
    w.done(BOB, w.dispute(BOB, id));
    let e = w.escrow(id);
    assert!(e.deadline > e.expires && e.deadline - w.next() == 49);
}

#[test]
fn governance_decides_where_nobody_else_does_and_sets_the_params() {
    let mut w = World::new();
    let terms = MsgCreate { arbiter: String::new(), ..w.terms() };
    let id = w.create(&terms);
    w.done(BOB, w.dispute(BOB, id));
    w.refused(CAROL, w.resolve(CAROL, id, 400), 4);
    let gov = Address::module("gov");
    let resolve = MsgResolve { arbiter: gov.to_string(), escrow_id: id, payee_amount: coins(400) };
    let resolved = w.chain.app.read(|ctx| {
        ctx.dispatch(&pack(&resolve), &gov)?;
        w.chain.app.chain().invariants(ctx)?;
        ctx.query("/synergy.escrow.v1.Query/Escrow", &QueryEscrowRequest { escrow_id: id }.encode_to_vec())
    });
    let escrow = QueryEscrowResponse::decode(resolved.unwrap().as_slice()).unwrap().escrow.unwrap();
    assert_eq!((escrow.outcome(), escrow.paid.as_str(), escrow.returned.as_str()), (Outcome::Resolved, "400", "600"));
    let params = Params { max_due_per_block: 7, max_seconds: 10, max_dispute_seconds: 0, closed_seconds: 5 };
    let update =
        |authority: &Address, params| MsgUpdateParams { authority: authority.to_string(), params: Some(params) };
    let own = w.accounts[ALICE].address();
    let refused = w.send(ALICE, pack(&update(&own, params)));
    assert_eq!((refused.codespace.as_str(), refused.code), ("gov", 13));
    let dispatch = |params| w.chain.app.read(|ctx| ctx.dispatch(&pack(&update(&gov, params)), &gov));
    assert!(dispatch(params).is_ok());
    for bad in [
        Params { max_due_per_block: 0, ..params },
        Params { max_due_per_block: 2_001, ..params },
        Params { max_seconds: 0, ..params },
        Params { closed_seconds: i64::MAX, ..params },
    ] {
        assert_eq!(dispatch(bad).unwrap_err().code, 18);
    }
}

#[test]
fn the_queue_is_bounded_and_anybody_may_jump_it() {
    let mut w = World::with(|document| document["app_state"]["escrow"]["params"]["max_due_per_block"] = 3.into());
    let terms = MsgCreate { expires: w.next() + 40, ..w.terms() };
    let ids: Vec<u64> = (0..8).map(|_| w.create(&terms)).collect();
    w.wait(100);
    w.empty_block();
    let closed = |w: &World| ids.iter().filter(|id| w.escrow(**id).phase() == Phase::Closed).count();
    assert_eq!((closed(&w), w.held()), (3, 5_000));
    // The last one does not wait; the queue goes on behind it.
    w.done(DAVE, w.advance(DAVE, ids[7]));
    assert_eq!(closed(&w), 7);
    w.refused(DAVE, w.advance(DAVE, ids[7]), 6);
    w.empty_block();
    assert_eq!((closed(&w), w.held()), (8, 0));
    // Closed ones are removed after a week, and then they are unknown.
    w.wait(7 * 86_400);
    (0..3).for_each(|_| drop(w.empty_block()));
    w.refused(DAVE, w.advance(DAVE, ids[0]), 2);
    let all: QueryEscrowsResponse =
        w.chain.query("/synergy.escrow.v1.Query/Escrows", &QueryEscrowsRequest::default(), 0).unwrap();
    assert!(all.escrows.is_empty());
}

/// An escrow of a genesis file whose payee is a module's account: payments to it fail.
fn failing(document: &mut Value, id: u64, payee: &str) {
    let state = &mut document["app_state"];
    let escrow = json!({
        "id": id.to_string(), "payer": Account::many(1)[0].address().to_string(), "payee": payee,
        "amount": {"denom": DENOM, "amount": "10"}, "paid": "0", "returned": "0", "phase": "PHASE_OPEN",
        "expires": (START + 2).to_string(), "default_outcome": "OUTCOME_RELEASE", "dispute_seconds": "0",
        "deadline": (START + 2).to_string(), "outcome": "OUTCOME_UNSPECIFIED", "queued": (START + 2).to_string()
    });
    let section = &mut state["escrow"];
    if section["escrows"].is_null() {
        section["escrows"] = json!([]);
    }
    section["escrows"].as_array_mut().unwrap().push(escrow);
    section["next_escrow_id"] = (id + 1).to_string().into();
    let held = json!({"address": Address::module("escrow").to_string(), "coins": [{"denom": DENOM, "amount": (10 * id).to_string()}]});
    let balances = state["bank"]["balances"].as_array_mut().unwrap();
    balances.retain(|b| b["address"] != held["address"]);
    balances.push(held);
}

#[test]
fn a_payout_that_fails_holds_nobody_up() {
    let blocked = Address::module("fee_collector").to_string();
    let good = Account::many(2)[1].address().to_string();
    let mut w = World::with(|document| {
        failing(document, 1, &blocked);
        failing(document, 2, &good);
        document["app_state"]["escrow"]["params"]["max_due_per_block"] = 1.into();
    });
    w.empty_block();
    let events = w.empty_block().events;
    assert!(events.iter().any(|e| e.r#type == "synergy.escrow.v1.EventPayoutFailed"));
    w.empty_block();
    assert_eq!((w.escrow(1).phase(), w.ended(2).1, w.held()), (Phase::Open, Outcome::Release, 10));
    w.refused(DAVE, w.advance(DAVE, 1), 21);
    assert_eq!(w.escrow(1).queued, START + 2 + 86_400);
    w.chain.check_invariants();
    // A day later the queue tries again.
    w.wait(86_400);
    let events = w.empty_block().events;
    assert!(events.iter().any(|e| e.r#type == "synergy.escrow.v1.EventPayoutFailed"));
}

#[test]
fn a_chain_goes_on_from_an_export() {
    let mut w = World::new();
    let terms = w.terms();
    let closed = w.create(&terms);
    w.done(ALICE, w.release(ALICE, closed));
    let disputed = w.create(&terms);
    w.done(BOB, w.dispute(BOB, disputed));
    let secret = w.create_with(Kind::PreimageHash(Sha256::digest(b"x").to_vec()));
    let approvers = vec![w.name(CAROL), w.name(DAVE)];
    let approval = w.create_with(Kind::Approval(ApprovalCondition { approvers, threshold: 2 }));
    w.done(DAVE, w.approve(DAVE, approval));
    w.create_with(Kind::NotBefore(START + 5));
    // A hundredth has accrued at height 15, six blocks into the next chain.
    let stream = Some(Stream { start: 5, end: 1_005, by_height: true, cancelable: true });
    let terms = MsgCreate { stream, default_outcome: Outcome::Release.into(), ..w.terms() };
    let streaming = w.create(&terms);
    assert_eq!(w.height, 9);
    let document = export::document(&w.chain.app, 0, false).unwrap();
    let section = |document: &Value| document["app_state"]["escrow"].clone();
    let next = TestChain::from_genesis(Box::<MemDb>::default(), 0, &document);
    let again = export::document(&next.app, 0, false).unwrap();
    assert_eq!(section(&document), section(&again));
    assert_eq!(section(&again)["escrows"].as_array().unwrap().len(), 6);
    let document = export::document(&w.chain.app, 0, true).unwrap();
    let next = TestChain::from_genesis(Box::<MemDb>::default(), 0, &document);
    let mut next = World { chain: next, accounts: Account::many(4), height: 0 };
    next.done(CAROL, next.approve(CAROL, approval));
    next.done(DAVE, next.reveal(DAVE, secret, b"x"));
    next.done(CAROL, next.resolve(CAROL, disputed, 1));
    assert_eq!(next.create(&terms), 7);
    next.empty_block();
    next.done(BOB, next.withdraw(BOB, streaming));
    assert_eq!(next.escrow(streaming).paid, "10");
    // A file whose funds are not there is refused.
    let mut poor = document.clone();
    poor["app_state"]["escrow"]["escrows"][1]["amount"]["amount"] = "2000".into();
    let app = synergy_app::node::in_memory().unwrap();
    let state = serde_json::to_vec(&poor["app_state"]).unwrap();
    let request = synergy_abci::messages::RequestInitChain {
        chain_id: CHAIN_ID.into(),
        initial_height: 1,
        app_state_bytes: state.into(),
        ..Default::default()
    };
    let fault = synergy_abci::Application::init_chain(&app, request).unwrap_err();
    assert!(fault.0.contains("escrows have"), "{}", fault.0);
}

#[test]
fn a_contract_pays_into_an_escrow_and_releases_it() {
    let mut w = World::new();
    let reflect = {
        let alice = &mut w.accounts[ALICE];
        let code = store_code(&mut w.chain, alice, ready("wasmd/reflect_2_0.wasm"));
        instantiate(&mut w.chain, alice, code, &json!({}), &[coin::coin(5_000, DENOM)])
    };
    w.height += 2;
    let before = w.balance(BOB);
    let any = |message: Any| {
        let value = BASE64_STANDARD.encode(&message.value);
        json!({"reflect_msg": {"msgs": [{"any": {"type_url": message.type_url, "value": value}}]}})
    };
    let terms = MsgCreate { payer: reflect.clone(), ..w.terms() };
    let call = |w: &mut World, message: Any| {
        w.height += 1;
        execute(&mut w.chain, &mut w.accounts[ALICE], &reflect, &any(message), &[])
    };
    let created = call(&mut w, pack(&terms));
    assert_eq!(created.code, 0, "{}", created.log);
    assert_eq!((w.escrow(1).payer, w.held()), (reflect.clone(), 1_000));
    // It speaks for itself only.
    let refund = w.refund(BOB, 1);
    let theft = call(&mut w, refund);
    assert_ne!(theft.code, 0);
    let request = QueryEscrowRequest { escrow_id: 1 }.encode_to_vec();
    let path = "/synergy.escrow.v1.Query/Escrow";
    let query = json!({"chain": {"request": {"grpc": {"path": path, "data": BASE64_STANDARD.encode(request)}}}});
    let answer = smart(&w.chain, &reflect, &query).unwrap();
    let answer = BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
    let seen = QueryEscrowResponse::decode(answer.as_slice()).unwrap().escrow.unwrap();
    assert_eq!(seen, w.escrow(1));
    let released = call(&mut w, pack(&MsgRelease { sender: reflect.clone(), escrow_id: 1, ..MsgRelease::default() }));
    assert_eq!(released.code, 0, "{}", released.log);
    assert_eq!((w.balance(BOB), w.held()), (before + 1_000, 0));
    w.chain.check_invariants();
}
