//! The life of models and blobs on a whole chain, and random operations on them: the
//! deposits are what the modules' accounts have, nothing is removed that something needs,
//! and an export makes the same chain again.

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sha2::{Digest, Sha256};
use synergy_abci::messages::{CheckTxType, ExecTxResult};
use synergy_app::genesis;
use synergy_inference::{DType, NamedTensor, Tensor as Values};
use synergy_proto::{
    Any, coin, pack,
    synergy::{
        aivm::{
            MsgExtendBlob, MsgInfer, MsgInferResponse, MsgRemoveBlob, MsgUploadBlob, QueryEstimateInferenceRequest,
            QueryEstimateInferenceResponse, QueryRecordRequest, QueryRecordResponse, Tensor,
        },
        modelregistry::{
            Binding, Model, MsgActivateModel, MsgCreateModel, MsgCreateModelResponse, MsgDeprecateModel, MsgPayRent,
            MsgRemoveModel, MsgSealModel, MsgSetTerms, MsgUploadChunk, QueryModelRequest, QueryModelResponse,
            QueryModelsRequest, QueryModelsResponse, Royalty, Status, Terms,
        },
    },
};
use synergy_store::MemDb;
use synergy_tests::{Account, CHAIN_ID, FUNDS, Fee, TestChain, contracts::response};

const LINEAR: &[u8] = include_bytes!("../../modules/model-registry/testdata/linear.onnx");
const PICK: &[u8] = include_bytes!("../../modules/model-registry/testdata/pick.onnx");
const GAS: u64 = 60_000_000;

/// A chain with short times, so that everything comes to its end.
fn document(accounts: &[Account]) -> serde_json::Value {
    let mut document = genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    for account in accounts {
        let funds = [coin::coin(FUNDS, coin::BASE_DENOM)];
        genesis::add_account(&mut document, &account.address(), &funds).expect("account");
    }
    let params = &mut document["app_state"]["modelregistry"]["params"];
    params["deprecation_blocks"] = "4".into();
    params["max_chunk_bytes"] = "100".into();
    document["app_state"]["aivm"]["params"]["record_blocks"] = "9".into();
    document["app_state"]["aivm"]["params"]["max_blob_blocks"] = "30".into();
    document
}

fn send(chain: &mut TestChain, account: &mut Account, message: Any) -> ExecTxResult {
    let result = chain.deliver(account.sign(&[message], Fee::of(GAS)));
    chain.resync(account);
    result
}

fn create_of(owner: &str, file: &[u8]) -> MsgCreateModel {
    let bind = |name: &str| Binding { dimension: name.to_owned(), size: 2 };
    MsgCreateModel {
        owner: owner.to_owned(),
        name: "m".to_owned(),
        content_hash: Sha256::digest(file).to_vec(),
        size: file.len() as u64,
        bindings: if file == LINEAR { vec![bind("batch")] } else { Vec::new() },
        ..MsgCreateModel::default()
    }
}

fn publish(chain: &mut TestChain, owner: &mut Account, create: &MsgCreateModel, file: &[u8]) -> Vec<u8> {
    let id = response::<MsgCreateModelResponse>(&send(chain, owner, pack(create))).model_id;
    let name = create.owner.clone();
    for (index, data) in file.chunks(100).enumerate() {
        let chunk =
            MsgUploadChunk { owner: name.clone(), model_id: id.clone(), index: index as u32, data: data.to_vec() };
        assert_eq!(send(chain, owner, pack(&chunk)).code, 0);
    }
    let seal = MsgSealModel { owner: name, model_id: id.clone(), hold: false };
    assert_eq!(send(chain, owner, pack(&seal)).code, 0);
    id
}

fn x() -> Tensor {
    let data = [1.0f32, 2.0, 3.0, 4.0, -1.0, 0.5, 0.25, -8.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    Tensor { name: "x".into(), dtype: "f32".into(), shape: vec![2, 4], data, ..Tensor::default() }
}

fn model(chain: &TestChain, id: &[u8]) -> Model {
    let request = QueryModelRequest { model_id: id.to_vec() };
    let answer: QueryModelResponse = chain.query("/synergy.modelregistry.v1.Query/Model", &request, 0).expect("model");
    answer.model.expect("model")
}

#[test]
fn an_inference_by_hash_pays_the_publisher_and_leaves_a_record_that_expires() {
    let mut accounts = Account::many(3);
    let mut chain = TestChain::from_genesis(Box::new(MemDb::default()), 0, &document(&accounts));
    let [alice, bob, carol] = accounts.as_mut_slice() else { panic!("three accounts") };
    let royalties = vec![Royalty { recipient: carol.address().to_string(), basis_points: 4_000 }];
    let terms = Terms { price: "1000".into(), royalties, restricted: false };
    let create = MsgCreateModel { terms: Some(terms), ..create_of(&alice.address().to_string(), LINEAR) };
    let id = publish(&mut chain, alice, &create, LINEAR);
    let (before, carols) = (chain.balance(&alice.address()), chain.balance(&carol.address()));

    let sender = bob.address().to_string();
    let hash = Sha256::digest(&x().data).to_vec();
    let blob = MsgUploadBlob {
        sender: sender.clone(),
        hash: hash.clone(),
        size: 32,
        data: x().data,
        blocks: 20,
        ..MsgUploadBlob::default()
    };
    assert_eq!(send(&mut chain, bob, pack(&blob)).code, 0);
    let input = Tensor { blob: hash, data: Vec::new(), ..x() };
    let infer = MsgInfer { sender, model_id: id.clone(), inputs: vec![input], ..MsgInfer::default() };
    let refused = send(&mut chain, bob, pack(&infer));
    assert_eq!((refused.codespace.as_str(), refused.code), ("modelregistry", 17), "{}", refused.log);
    let infer = MsgInfer { max_price: "1000".into(), ..infer };
    let request = QueryEstimateInferenceRequest { model_id: id, inputs: Vec::new() };
    let told: QueryEstimateInferenceResponse =
        chain.query("/synergy.aivm.v1.Query/EstimateInference", &request, 0).expect("estimate");
    let done = send(&mut chain, bob, pack(&infer));
    let answer: MsgInferResponse = response(&done);
    assert_eq!((answer.gas, answer.load_gas, answer.price.as_str()), (told.gas, told.load_gas, "1000"));
    assert_eq!(chain.balance(&alice.address()), before + 600);
    assert_eq!(chain.balance(&carol.address()), carols + 400);
    let record = |chain: &TestChain| -> Option<QueryRecordResponse> {
        chain.query("/synergy.aivm.v1.Query/Record", &QueryRecordRequest { id: answer.record_id }, 0).ok()
    };
    let inputs =
        [NamedTensor { name: "x".into(), tensor: Values { dtype: DType::F32, shape: vec![2, 4], data: x().data } }];
    let kept = record(&chain).and_then(|r| r.record).expect("record");
    assert_eq!(kept.input_hash, synergy_aivm::hash_tensors(&inputs));
    for _ in 0..8 {
        chain.block(&[]);
    }
    assert!(record(&chain).is_some());
    chain.block(&[]);
    assert!(record(&chain).is_none());
    chain.check_invariants();
}

/// Who, which of the latest models or blobs, and what.
#[derive(Debug, Clone)]
enum Op {
    Create { who: usize, pick: bool, parent: Option<usize> },
    Upload(usize, u32, bool),
    Finish(usize),
    Seal(usize, usize, bool),
    Activate(usize, usize),
    Deprecate(usize, usize),
    Remove(usize, usize),
    Rent(usize, usize, u64),
    Terms(usize, usize, u128),
    Infer(usize, usize),
    Blob(usize, u8, u32, u64),
    Extend(usize, u8, u64),
    RemoveBlob(usize, u8),
    Wait,
}

fn op() -> impl Strategy<Value = Op> {
    let (who, which) = (0..3_usize, 0..6_usize);
    prop_oneof![
        4 => (who.clone(), any::<bool>(), proptest::option::of(0..6_usize))
            .prop_map(|(who, pick, parent)| Op::Create { who, pick, parent }),
        3 => (which.clone(), 0..4_u32, any::<bool>()).prop_map(|(m, i, good)| Op::Upload(m, i, good)),
        6 => which.clone().prop_map(Op::Finish),
        8 => (who.clone(), which.clone(), any::<bool>()).prop_map(|(w, m, hold)| Op::Seal(w, m, hold)),
        4 => (who.clone(), which.clone()).prop_map(|(w, m)| Op::Activate(w, m)),
        4 => (who.clone(), which.clone()).prop_map(|(w, m)| Op::Deprecate(w, m)),
        6 => (who.clone(), which.clone()).prop_map(|(w, m)| Op::Remove(w, m)),
        3 => (who.clone(), which.clone(), 0..8_u64).prop_map(|(w, m, n)| Op::Rent(w, m, n)),
        2 => (who.clone(), which.clone(), 0..100_u128).prop_map(|(w, m, p)| Op::Terms(w, m, p)),
        6 => (who.clone(), which).prop_map(|(w, m)| Op::Infer(w, m)),
        5 => (who.clone(), 0..3_u8, 0..4_u32, 1..12_u64).prop_map(|(w, b, i, n)| Op::Blob(w, b, i, n)),
        2 => (who.clone(), 0..3_u8, 1..25_u64).prop_map(|(w, b, n)| Op::Extend(w, b, n)),
        2 => (who, 0..3_u8).prop_map(|(w, b)| Op::RemoveBlob(w, b)),
        2 => Just(Op::Wait),
    ]
}

fn all(chain: &TestChain) -> Vec<Model> {
    let request = QueryModelsRequest::default();
    let answer: QueryModelsResponse =
        chain.query("/synergy.modelregistry.v1.Query/Models", &request, 0).expect("models");
    answer.models
}

/// The message of an operation, and who sends it; `None` when there is nothing to do it to.
fn message(op: &Op, accounts: &[Account], models: &[Model]) -> Option<(usize, Any)> {
    let name = |who: usize| accounts[who].address().to_string();
    let owner_of = |m: &Model| accounts.iter().position(|a| a.address().to_string() == m.owner);
    let id = |which: usize| models.get(which % models.len().max(1)).map(|m| m.id.clone());
    let chunk = |m: &Model, index: u32, good: bool| {
        let file = if m.size == LINEAR.len() as u64 { LINEAR } else { PICK };
        let mut data = file.chunks(100).nth(index as usize).unwrap_or(b"none").to_vec();
        data[0] ^= u8::from(!good);
        pack(&MsgUploadChunk { owner: m.owner.clone(), model_id: m.id.clone(), index, data })
    };
    let blob = |which: u8| [which; 250];
    let blob_hash = |which: u8| Sha256::digest(blob(which)).to_vec();
    Some(match op {
        Op::Create { who, pick, parent } => {
            let parents: Vec<Vec<u8>> = parent.and_then(id).into_iter().collect();
            let file = if *pick { PICK } else { LINEAR };
            (*who, pack(&MsgCreateModel { parents, ..create_of(&name(*who), file) }))
        }
        Op::Upload(which, index, good) => {
            let m = models.get(which % models.len().max(1))?;
            (owner_of(m)?, chunk(m, *index, *good))
        }
        Op::Finish(which) => {
            let drafts: Vec<&Model> = models.iter().filter(|m| m.status() == Status::Draft).collect();
            let m = drafts.get(which % drafts.len().max(1))?;
            (owner_of(m)?, chunk(m, (m.uploaded / 100) as u32, true))
        }
        Op::Seal(who, which, hold) => {
            (*who, pack(&MsgSealModel { owner: name(*who), model_id: id(*which)?, hold: *hold }))
        }
        Op::Activate(who, which) => (*who, pack(&MsgActivateModel { owner: name(*who), model_id: id(*which)? })),
        Op::Deprecate(who, which) => (*who, pack(&MsgDeprecateModel { owner: name(*who), model_id: id(*which)? })),
        Op::Remove(who, which) => (*who, pack(&MsgRemoveModel { owner: name(*who), model_id: id(*which)? })),
        Op::Rent(who, which, blocks) => {
            let payer = name(*who);
            (*who, pack(&MsgPayRent { payer, model_id: id(*which)?, blocks: *blocks, max_rent: String::new() }))
        }
        Op::Terms(who, which, price) => {
            let terms = Terms { price: price.to_string(), ..Terms::default() };
            (*who, pack(&MsgSetTerms { owner: name(*who), model_id: id(*which)?, terms: Some(terms) }))
        }
        Op::Infer(who, which) => {
            let m = MsgInfer {
                sender: name(*who),
                model_id: id(*which)?,
                inputs: vec![x()],
                max_price: "1000".into(),
                ..MsgInfer::default()
            };
            (*who, pack(&m))
        }
        Op::Blob(who, which, index, blocks) => {
            let data = blob(*which).chunks(100).nth(*index as usize).unwrap_or(b"none").to_vec();
            let m = MsgUploadBlob {
                sender: name(*who),
                hash: blob_hash(*which),
                size: 250,
                chunk_bytes: 100,
                index: *index,
                data,
                blocks: *blocks,
            };
            (*who, pack(&m))
        }
        Op::Extend(who, which, blocks) => {
            (*who, pack(&MsgExtendBlob { sender: name(*who), hash: blob_hash(*which), blocks: *blocks }))
        }
        Op::RemoveBlob(who, which) => (*who, pack(&MsgRemoveBlob { sender: name(*who), hash: blob_hash(*which) })),
        Op::Wait => return None,
    })
}

#[test]
fn random_operations_keep_the_invariants_and_an_export_goes_on_alike() {
    let config = Config { cases: 8, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let succeeded = std::cell::RefCell::new(std::collections::BTreeMap::<String, u32>::new());
    TestRunner::new_with_rng(config, rng)
        .run(&vec(op(), 250), |ops| {
            let mut accounts = Account::many(3);
            let mut chain = TestChain::from_genesis(Box::new(MemDb::default()), 0, &document(&accounts));
            for op in &ops {
                let models = all(&chain);
                match message(op, &accounts, &models) {
                    None => drop(chain.block(&[])),
                    Some((who, message)) => {
                        let url = message.type_url.clone();
                        let result = send(&mut chain, &mut accounts[who], message);
                        assert!(result.code != 1, "{op:?}: {}", result.log);
                        if result.code == 0 {
                            *succeeded.borrow_mut().entry(url).or_default() += 1;
                        }
                    }
                }
                chain.check_invariants();
                for parent in models.iter().flat_map(|m| &m.parents) {
                    let child_left = all(&chain).iter().any(|m| m.parents.contains(parent));
                    assert!(!child_left || model(&chain, parent).dependents > 0);
                }
            }
            Ok(())
        })
        .expect("invariants");
    // The script reaches everything that it means to.
    let succeeded = succeeded.into_inner();
    for (name, at_least) in [
        ("MsgCreateModel", 20),
        ("MsgSealModel", 10),
        ("MsgDeprecateModel", 3),
        ("MsgRemoveModel", 5),
        ("MsgPayRent", 3),
        ("MsgInfer", 3),
        ("MsgUploadBlob", 20),
        ("MsgRemoveBlob", 1),
    ] {
        let count: u32 = succeeded.iter().filter(|(url, _)| url.ends_with(&format!(".{name}"))).map(|(_, n)| n).sum();
        assert!(count >= at_least, "{name} succeeded {count} times: {succeeded:?}");
    }
}

/// Whatever the tips, a block has room for what is no inference, and no proposal is accepted
/// that takes it.
#[test]
fn a_proposal_reserves_the_lane_for_inferences_and_takes_no_more() {
    let mut accounts = Account::many(7);
    let mut document = document(&accounts);
    document["app_state"]["aivm"]["params"]["max_block_gas"] = (5 * GAS / 2).to_string().into();
    let chain = TestChain::from_genesis(Box::new(MemDb::default()), 10, &document);
    let infer = |account: &mut Account, gas: u64, tip: u128| {
        let sender = account.address().to_string();
        let message = MsgInfer { sender, model_id: vec![7; 32], inputs: vec![x()], ..MsgInfer::default() };
        let fee = Fee::of(gas);
        account.sign(&[pack(&message)], Fee { amount: fee.amount + tip * u128::from(gas), ..fee })
    };
    let mut txs: Vec<Vec<u8>> = (1_000..).zip(&mut accounts[..4]).map(|(tip, a)| infer(a, GAS, tip)).collect();
    let to = accounts[6].address();
    txs.extend(accounts[4..6].iter_mut().map(|account| account.send(&to, 1)));
    let prepared = chain.prepare(&txs);
    assert_eq!(prepared, [3, 2, 4, 5].map(|index| txs[index].clone()), "the two that tip most, and the sends");
    assert!(chain.process(&prepared));
    let crowded: Vec<Vec<u8>> = [3, 2, 1, 4, 5].map(|index| txs[index].clone()).into();
    assert!(!chain.process(&crowded));
    // One that no block has room for says so at once.
    let greedy = infer(&mut accounts[6], 3 * GAS, 0);
    let refused = chain.check(std::slice::from_ref(&greedy), CheckTxType::New).remove(0);
    assert_eq!((refused.codespace.as_str(), refused.code), ("sdk", 41));
    assert!(refused.log.contains("150000000 that a block has for inferences"), "{}", refused.log);
    assert!(chain.prepare(std::slice::from_ref(&greedy)).is_empty());
}

#[test]
fn a_node_that_lost_its_images_goes_on_with_the_same_hashes() {
    let mut accounts = Account::many(3);
    let document = document(&accounts);
    let folder = tempfile::tempdir().expect("folder");
    let mut chain = TestChain::from_genesis(synergy_tests::disk("fjall", folder.path()), 0, &document);
    let [alice, bob, _] = accounts.as_mut_slice() else { panic!("three accounts") };
    let create = create_of(&alice.address().to_string(), LINEAR);
    let id = publish(&mut chain, alice, &create, LINEAR);
    let rent =
        MsgPayRent { payer: bob.address().to_string(), model_id: id.clone(), blocks: 50, max_rent: String::new() };
    assert_eq!(send(&mut chain, bob, pack(&rent)).code, 0);
    let sender = bob.address().to_string();
    let infer = MsgInfer { sender, model_id: id, inputs: vec![x()], ..MsgInfer::default() };
    let tx = bob.sign(&[pack(&infer)], Fee::of(GAS));
    let warm = chain.finalize(std::slice::from_ref(&tx));
    drop(chain);
    // Every chain has an engine of its own, without images at first.
    let chain = TestChain::from_genesis(synergy_tests::disk("fjall", folder.path()), 0, &document);
    chain.app.prepare().expect("prepared");
    let cold = chain.finalize(&[tx]);
    assert_eq!((warm.app_hash, &warm.tx_results), (cold.app_hash, &cold.tx_results));
    assert_eq!(warm.tx_results[0].code, 0, "{}", warm.tx_results[0].log);
}
