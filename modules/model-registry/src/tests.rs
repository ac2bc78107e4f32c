mod chain;

use std::sync::Arc;

use chain::{Chain, FUNDS, PLENTY, account, runtime};
use synergy_inference::{DType, NamedTensor, Tensor, code};
use synergy_kernel::{Hash, sdk};
use synergy_proto::{
    Address,
    synergy::modelregistry::{
        Asset, Binding, Manifest, Model, MsgActivateModel, MsgActivateModelResponse, MsgCreateModel,
        MsgCreateModelResponse, MsgDeprecateModel, MsgDeprecateModelResponse, MsgPayRent, MsgPayRentResponse,
        MsgRemoveModel, MsgRemoveModelResponse, MsgSealModel, MsgSealModelResponse, MsgSetResident,
        MsgSetResidentResponse, MsgUploadChunk, MsgUploadChunkResponse, QueryChunkRequest, QueryChunkResponse,
        QueryMissingRequest, QueryMissingResponse, QueryModelRequest, QueryModelResponse, QueryResidentsRequest,
        QueryResidentsResponse, Royalty, Status, TensorSpec, Terms,
    },
};
use synergy_store::sha256;

use crate::{Engine, ModelRegistry, chunk_root, chunk_root_of, error, model_id, model_key};

const LINEAR: &[u8] = include_bytes!("../testdata/linear.onnx");
const COS: &[u8] = include_bytes!("../testdata/cos.onnx");
const GENESIS: &str = r#"{"params":{"max_chunk_bytes":"100","max_model_bytes":"400","deprecation_blocks":"5","deposit_per_byte":"3","rent_per_mib_block":"2","max_rent_blocks":"50","max_resident_bytes":"1000000000"}}"#;

fn new_chain() -> Chain {
    new_chain_on(Engine::new(runtime()), GENESIS)
}

fn new_chain_on(engine: Engine, genesis: &str) -> Chain {
    Chain::new(vec![Arc::new(ModelRegistry::new(engine))], &[genesis])
}

fn binding(dimension: &str, size: u64) -> Binding {
    Binding { dimension: dimension.to_owned(), size }
}

fn create_of(file: &[u8], bindings: &[Binding]) -> MsgCreateModel {
    MsgCreateModel {
        owner: account(1),
        name: "a model".to_owned(),
        content_hash: sha256(file).to_vec(),
        size: file.len() as u64,
        bindings: bindings.to_vec(),
        ..MsgCreateModel::default()
    }
}

fn chunk_of(model_id: &[u8], index: u32, data: &[u8]) -> MsgUploadChunk {
    MsgUploadChunk { owner: account(1), model_id: model_id.to_vec(), index, data: data.to_vec() }
}

fn asset(name: &str, file: &[u8]) -> Asset {
    Asset { name: name.to_owned(), hash: sha256(file).to_vec(), size: file.len() as u64 }
}

fn terms(price: &str, royalties: &[(u8, u32)]) -> Terms {
    let royalty = |(who, basis_points): &(u8, u32)| Royalty { recipient: account(*who), basis_points: *basis_points };
    Terms { price: price.to_owned(), royalties: royalties.iter().map(royalty).collect(), restricted: false }
}

fn seal_of(model_id: &[u8]) -> MsgSealModel {
    MsgSealModel { owner: account(1), model_id: model_id.to_vec(), hold: false }
}

fn create(chain: &mut Chain, message: &MsgCreateModel) -> Vec<u8> {
    chain.deliver::<_, MsgCreateModelResponse>(message, PLENTY).result.unwrap().model_id
}

/// Creates a model and uploads its bytes in chunks of 100.
fn upload(chain: &mut Chain, message: &MsgCreateModel, file: &[u8]) -> Vec<u8> {
    let id = create(chain, message);
    for (index, data) in file.chunks(100).enumerate() {
        let message = chunk_of(&id, u32::try_from(index).unwrap(), data);
        let answer = chain.deliver::<_, MsgUploadChunkResponse>(&message, PLENTY).result.unwrap();
        assert_eq!(answer.chunk_hash, sha256(data));
    }
    id
}

fn find(chain: &mut Chain, id: &[u8]) -> Model {
    let request = QueryModelRequest { model_id: id.to_vec() };
    let (answer, _) = chain.query("/synergy.modelregistry.v1.Query/Model", &request, PLENTY);
    let answer: QueryModelResponse = answer.unwrap();
    answer.model.unwrap()
}

#[test]
fn a_sealed_model_tells_its_ports_and_prices() {
    let mut chain = new_chain();
    let bindings = [binding("batch", 2)];
    let id = upload(&mut chain, &create_of(LINEAR, &bindings), LINEAR);
    let draft = find(&mut chain, &id);
    assert_eq!((draft.status(), draft.uploaded, draft.chunk_bytes), (Status::Draft, LINEAR.len() as u64, 100));

    chain.block.height = 12;
    let sealed = chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY);
    let answer = sealed.result.unwrap();
    let model = find(&mut chain, &id);
    let spec = |name: &str| TensorSpec { name: name.to_owned(), dtype: "f32".to_owned(), shape: vec![2, 4] };
    assert_eq!((model.status(), model.sealed_height), (Status::Active, 12));
    let chunks: Vec<Hash> = LINEAR.chunks(100).map(sha256).collect();
    assert_eq!(model.chunk_root, chunk_root(&chunks));
    assert_eq!(model.memory_bytes, find(&mut chain, &id).memory_bytes);
    assert_eq!((&model.inputs, &model.outputs), (&vec![spec("x")], &vec![spec("y")]));
    assert_eq!((model.load_gas, model.infer_gas, model.variable), (answer.load_gas, answer.infer_gas, false));
    assert_eq!(model.profile, runtime().profile());
    // The runtime's gas and nothing else.
    let (image, load_gas) = runtime().load(LINEAR, &[("batch".to_owned(), 2)].into(), u64::MAX).unwrap();
    let tensor = Tensor { dtype: DType::F32, shape: vec![2, 4], data: vec![0; 32] };
    let zeros = NamedTensor { name: "x".to_owned(), tensor };
    let infer_gas = runtime().run(&image, &[zeros], u64::MAX).unwrap().gas;
    assert_eq!((answer.load_gas, answer.infer_gas), (load_gas, infer_gas));
    // Golden: what the module's own reads and writes cost.
    assert_eq!(sealed.gas - load_gas - infer_gas, 17_864);

    let event = &sealed.events[0];
    assert_eq!((event.kind.as_str(), &event.attributes[0]), ("seal_model", &("model_id".to_owned(), hex::encode(&id))));
    let id = id.try_into().unwrap();
    assert!(chain.dump().iter().any(|(key, _)| key[1..] == model_key(&id)));
}

#[test]
fn a_model_whose_gas_may_depend_on_its_inputs_is_variable() {
    let mut chain = new_chain();
    let id = upload(&mut chain, &create_of(COS, &[]), COS);
    let sealed = chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY);
    assert!(sealed.result.unwrap().variable);
}

#[test]
fn the_id_is_that_of_the_manifest() {
    let manifest = Manifest {
        owner: "o".to_owned(),
        name: "n".to_owned(),
        version: "1".to_owned(),
        content_hash: vec![1; 32],
        size: 300,
        profile: vec![2; 32],
        bindings: vec![binding("a", 3)],
        ..Manifest::default()
    };
    // SHA-256 of the documented encoding, computed apart from this code.
    assert_eq!(hex::encode(model_id(&manifest)), "a3ac8b3b65778821a263200780ff0655154dd6a80c8c333ef761a8dc551142a4");
}

#[test]
fn codes_never_change() {
    let codes = [
        (error::not_found(&[]), 2),
        (error::not_owner(&[], ""), 3),
        (error::exists("", ""), 4),
        (error::wrong_index(0, ""), 5),
        (error::wrong_length(0, 0, 0), 6),
        (error::too_many_bytes(0, 0, ""), 7),
        (error::hash_mismatch(&[], &[]), 8),
        (error::not_draft(&[]), 9),
        (error::not_sealed(&[]), 10),
        (error::bad_binding(""), 11),
        (error::incomplete(0, 0), 12),
        (error::other_profile(&[]), 13),
        (error::frozen(&[]), 14),
        (error::not_active(&[]), 15),
        (error::not_allowed(&[]), 16),
        (error::too_expensive(&[], 0, 0), 17),
        (error::not_free(&[]), 18),
        (error::bad_license(""), 19),
        (error::bad_asset(""), 20),
        (error::bad_parent(""), 21),
        (error::bad_terms(""), 22),
        (error::wrong_status(&[], ""), 23),
        (error::in_use(&[], ""), 24),
        (error::no_room(0, 0, 0), 25),
        (error::bad_rent(""), 26),
    ];
    for (error, code) in codes {
        assert_eq!((error.codespace, error.code), ("modelregistry", code), "{error}");
    }
}

#[test]
fn creating_is_refused_with_a_code_for_each_reason() {
    let mut chain = new_chain();
    let good = create_of(LINEAR, &[binding("batch", 1)]);
    let mut refused = |change: fn(&mut MsgCreateModel)| {
        let mut message = good.clone();
        change(&mut message);
        chain.deliver::<_, MsgCreateModelResponse>(&message, PLENTY).code()
    };
    assert_eq!(refused(|m| m.name.clear()), ("sdk", 18));
    assert_eq!(refused(|m| m.name = "n".repeat(129)), ("sdk", 18));
    assert_eq!(refused(|m| m.size = 0), ("sdk", 18));
    assert_eq!(refused(|m| m.content_hash.truncate(31)), ("sdk", 18));
    assert_eq!(refused(|m| m.size = 401), ("modelregistry", 7));
    assert_eq!(refused(|m| m.chunk_bytes = 101), ("modelregistry", 7));
    assert_eq!(refused(|m| m.version = "v".repeat(65)), ("sdk", 18));
    assert_eq!(refused(|m| m.license = "MIT License".into()), ("modelregistry", 19));
    assert_eq!(refused(|m| m.assets = vec![asset("a", b"x"), asset("a", b"y")]), ("modelregistry", 20));
    assert_eq!(refused(|m| m.assets = vec![asset("", b"x")]), ("modelregistry", 20));
    assert_eq!(refused(|m| m.parents = vec![vec![1; 31]]), ("modelregistry", 21));
    assert_eq!(refused(|m| m.parents = vec![vec![1; 32]]), ("modelregistry", 21));
    assert_eq!(refused(|m| m.terms = Some(terms("x", &[]))), ("modelregistry", 22));
    assert_eq!(refused(|m| m.terms = Some(terms("1", &[(2, 0)]))), ("modelregistry", 22));
    assert_eq!(refused(|m| m.terms = Some(terms("1", &[(2, 1), (2, 1)]))), ("modelregistry", 22));
    assert_eq!(refused(|m| m.terms = Some(terms("1", &[(2, 9_000), (3, 1_001)]))), ("modelregistry", 22));
    assert_eq!(refused(|m| m.bindings = vec![binding("b", 1), binding("a", 1)]), ("modelregistry", 11));
    assert_eq!(refused(|m| m.bindings = vec![binding("a", 1), binding("a", 1)]), ("modelregistry", 11));
    assert_eq!(refused(|m| m.bindings = vec![binding("a", 0)]), ("modelregistry", 11));
    assert_eq!(refused(|m| m.bindings = vec![binding("", 1)]), ("modelregistry", 11));
    assert_eq!(
        refused(|m| m.bindings = (0..65).map(|i| binding(&format!("{i:02}"), 1)).collect()),
        ("modelregistry", 11)
    );
    assert_eq!(refused(|m| m.owner = account(9)), ("sdk", 5));
    assert_eq!(refused(|m| m.version = "1.0".into()), ("", 0));
    assert_eq!(refused(|m| m.version = "1.0".into()), ("modelregistry", 4));
    for license in ["MIT", "Apache-2.0", "OpenMDW-1.1", "CC-BY-4.0"] {
        let message = MsgCreateModel { license: license.to_owned(), ..good.clone() };
        chain.deliver::<_, MsgCreateModelResponse>(&message, PLENTY).result.unwrap();
    }
    chain.check_invariants();
}

#[test]
fn uploading_is_refused_with_a_code_for_each_reason() {
    let mut chain = new_chain();
    let id = create(&mut chain, &create_of(LINEAR, &[binding("batch", 1)]));
    let mut deliver = |message: &MsgUploadChunk| chain.deliver::<_, MsgUploadChunkResponse>(message, PLENTY);
    let good = chunk_of(&id, 0, &LINEAR[..100]);
    assert_eq!(deliver(&MsgUploadChunk { data: Vec::new(), ..good.clone() }).code(), ("sdk", 18));
    assert_eq!(deliver(&MsgUploadChunk { model_id: vec![1; 31], ..good.clone() }).code(), ("sdk", 18));
    assert_eq!(deliver(&MsgUploadChunk { model_id: vec![1; 32], ..good.clone() }).code(), ("modelregistry", 2));
    assert_eq!(deliver(&MsgUploadChunk { owner: account(2), ..good.clone() }).code(), ("modelregistry", 3));
    assert_eq!(deliver(&MsgUploadChunk { data: vec![0; 101], ..good.clone() }).code(), ("modelregistry", 6));
    assert_eq!(deliver(&MsgUploadChunk { data: vec![0; 99], ..good.clone() }).code(), ("modelregistry", 6));
    assert_eq!(deliver(&MsgUploadChunk { index: 3, ..good.clone() }).code(), ("modelregistry", 5));
    assert_eq!(deliver(&MsgUploadChunk { index: u32::MAX, ..good.clone() }).code(), ("modelregistry", 5));
    assert_eq!(deliver(&good).code(), ("", 0));
    assert_eq!(deliver(&good).code(), ("modelregistry", 5));
    assert_eq!(deliver(&chunk_of(&id, 2, &[0; 100])).code(), ("modelregistry", 6));
    assert_eq!(deliver(&chunk_of(&id, 1, &[0; 100])).code(), ("", 0));
}

#[test]
fn chunks_come_in_any_order_and_prove_themselves() {
    let mut chain = new_chain();
    let id = create(&mut chain, &create_of(LINEAR, &[binding("batch", 1)]));
    let chunks: Vec<&[u8]> = LINEAR.chunks(100).collect();
    let missing = |chain: &mut Chain| {
        let request = QueryMissingRequest { model_id: id.clone() };
        let (answer, _) = chain.query("/synergy.modelregistry.v1.Query/Missing", &request, PLENTY);
        let answer: QueryMissingResponse = answer.unwrap();
        answer.indices
    };
    let left: [&[u32]; 3] = [&[0, 1], &[1], &[]];
    for (index, left) in [2_u32, 0, 1].into_iter().zip(left) {
        let message = chunk_of(&id, index, chunks[index as usize]);
        chain.deliver::<_, MsgUploadChunkResponse>(&message, PLENTY).result.unwrap();
        assert_eq!(missing(&mut chain), left);
    }
    chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).result.unwrap();
    let root = find(&mut chain, &id).chunk_root;
    for (index, data) in chunks.iter().enumerate() {
        let request = QueryChunkRequest { model_id: id.clone(), index: u32::try_from(index).unwrap() };
        let (answer, _) = chain.query("/synergy.modelregistry.v1.Query/Chunk", &request, PLENTY);
        let chunk: QueryChunkResponse = answer.unwrap();
        let aunts: Vec<Hash> = chunk.aunts.into_iter().map(|hash| hash.try_into().unwrap()).collect();
        assert_eq!((&chunk.data, chunk.total), (&data.to_vec(), 3));
        assert_eq!(chunk_root_of(&sha256(&chunk.data), index, 3, &aunts).unwrap().as_slice(), root);
    }
}

#[test]
fn assets_follow_the_file_and_are_checked() {
    let mut chain = new_chain();
    let mut message = create_of(LINEAR, &[binding("batch", 1)]);
    message.assets = vec![asset("labels.txt", b"cat dog"), asset("vocab", b"abc")];
    let whole = [LINEAR, b"cat dog", b"abc"].concat();
    let id = upload(&mut chain, &message, &whole);
    chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).result.unwrap();
    assert_eq!(find(&mut chain, &id).deposit, (3 * whole.len()).to_string());
    let wrong = upload(&mut chain, &message, &[LINEAR, b"cat dog", b"abd"].concat());
    assert_eq!(chain.deliver::<_, MsgSealModelResponse>(&seal_of(&wrong), PLENTY).code(), ("modelregistry", 20));
    chain.check_invariants();
}

#[test]
fn a_model_lives_from_draft_to_removal_and_its_deposit_comes_back() {
    let mut chain = new_chain();
    let id = upload(
        &mut chain,
        &MsgCreateModel { version: "7".into(), ..create_of(LINEAR, &[binding("batch", 1)]) },
        LINEAR,
    );
    let deposit = 3 * LINEAR.len() as u128;
    assert_eq!(chain.balance(&account(1)), FUNDS - deposit);
    chain.deliver::<_, MsgSealModelResponse>(&MsgSealModel { hold: true, ..seal_of(&id) }, PLENTY).result.unwrap();
    assert_eq!(find(&mut chain, &id).status(), Status::Sealed);
    let child = create(&mut chain, &MsgCreateModel { parents: vec![id.clone()], ..create_of(COS, &[]) });
    assert_eq!(find(&mut chain, &id).dependents, 1);

    let (owner, model_id) = (account(1), id.clone());
    let deprecate = MsgDeprecateModel { owner: owner.clone(), model_id: model_id.clone() };
    let activate = MsgActivateModel { owner: owner.clone(), model_id: model_id.clone() };
    let remove = MsgRemoveModel { owner: owner.clone(), model_id: model_id.clone() };
    let remove = |chain: &mut Chain| chain.deliver::<_, MsgRemoveModelResponse>(&remove, PLENTY).code();
    assert_eq!(chain.deliver::<_, MsgDeprecateModelResponse>(&deprecate, PLENTY).code(), ("modelregistry", 23));
    assert_eq!(remove(&mut chain), ("modelregistry", 24));
    chain.deliver::<_, MsgActivateModelResponse>(&activate, PLENTY).result.unwrap();
    assert_eq!(remove(&mut chain), ("modelregistry", 23));
    let answer = chain.deliver::<_, MsgDeprecateModelResponse>(&deprecate, PLENTY).result.unwrap();
    assert_eq!(answer.removable_height, 15);
    assert_eq!(remove(&mut chain), ("modelregistry", 24));
    chain.advance(15);
    assert_eq!(remove(&mut chain), ("modelregistry", 24));
    let child = MsgRemoveModel { owner: owner.clone(), model_id: child };
    chain.deliver::<_, MsgRemoveModelResponse>(&child, PLENTY).result.unwrap();
    chain.check_invariants();
    assert_eq!(remove(&mut chain), ("", 0));
    assert_eq!(chain.balance(&account(1)), FUNDS);
    assert_eq!(remove(&mut chain), ("modelregistry", 2));
    // A version never gets another meaning.
    let again = MsgCreateModel { version: "7".into(), ..create_of(COS, &[]) };
    assert_eq!(chain.deliver::<_, MsgCreateModelResponse>(&again, PLENTY).code(), ("modelregistry", 4));
    chain.check_invariants();
    let exported = chain.export();
    let mut copy = new_chain_on(Engine::new(runtime()), &exported[0]);
    assert_eq!(copy.deliver::<_, MsgCreateModelResponse>(&again, PLENTY).code(), ("modelregistry", 4));
}

#[test]
fn rent_keeps_a_model_resident_for_its_blocks() {
    let mut chain = new_chain();
    let id = upload(&mut chain, &create_of(LINEAR, &[binding("batch", 1)]), LINEAR);
    chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).result.unwrap();
    let model = find(&mut chain, &id);
    let mib = u128::from(model.memory_bytes.div_ceil(1 << 20));
    let rent = |chain: &mut Chain, blocks, max: &str| {
        let message = MsgPayRent { payer: account(2), model_id: id.clone(), blocks, max_rent: max.to_owned() };
        chain.deliver::<_, MsgPayRentResponse>(&message, PLENTY)
    };
    let residents = |chain: &mut Chain| {
        let (answer, _) =
            chain.query("/synergy.modelregistry.v1.Query/Residents", &QueryResidentsRequest::default(), PLENTY);
        let answer: QueryResidentsResponse = answer.unwrap();
        (answer.model_ids.len(), answer.bytes)
    };
    assert_eq!(rent(&mut chain, 0, "").code(), ("modelregistry", 26));
    assert_eq!(rent(&mut chain, 51, "").code(), ("modelregistry", 26));
    assert_eq!(rent(&mut chain, 3, "1").code(), ("modelregistry", 26));
    let paid = rent(&mut chain, 3, "").result.unwrap();
    assert_eq!((paid.rented_until, paid.rent), (14, (mib * 3 * 2).to_string()));
    assert_eq!(chain.balance(&account(2)), FUNDS - mib * 6);
    assert_eq!(residents(&mut chain), (1, model.memory_bytes));
    assert_eq!(rent(&mut chain, 2, "").result.unwrap().rented_until, 16);
    chain.check_invariants();
    let id_hash: Hash = id.clone().try_into().unwrap();
    let load = |chain: &mut Chain| {
        let model = find(chain, &id);
        chain.with(|ctx| crate::load_gas(ctx, &id_hash, &model)).unwrap()
    };
    chain.advance(15);
    assert_eq!((residents(&mut chain).0, load(&mut chain)), (1, 0));
    chain.advance(16);
    assert_eq!((residents(&mut chain), load(&mut chain)), ((0, 0), model.load_gas));
    chain.with(|ctx| crate::loaded(ctx, &id_hash)).unwrap();
    assert_eq!(load(&mut chain), 0);
    chain.advance(17);
    assert_eq!(load(&mut chain), model.load_gas);

    // Governance needs no rent, and nobody else.
    let message = |authority: String, resident| MsgSetResident { authority, model_id: id.clone(), resident };
    let gov = Address::module("gov").to_string();
    assert_eq!(chain.deliver::<_, MsgSetResidentResponse>(&message(account(1), true), PLENTY).code(), ("gov", 13));
    chain.deliver::<_, MsgSetResidentResponse>(&message(gov.clone(), true), PLENTY).result.unwrap();
    rent(&mut chain, 1, "").result.unwrap();
    chain.advance(30);
    chain.check_invariants();
    assert_eq!((residents(&mut chain).0, load(&mut chain)), (1, 0));
    chain.deliver::<_, MsgSetResidentResponse>(&message(gov, false), PLENTY).result.unwrap();
    assert_eq!(residents(&mut chain), (0, 0));
    chain.check_invariants();
}

#[test]
fn sealing_is_refused_with_a_code_for_each_reason_and_leaves_nothing() {
    let bindings = [binding("batch", 1)];
    let mut other = new_chain();
    let id = upload(&mut other, &create_of(LINEAR, &bindings), LINEAR);
    let sealed = other.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY);
    let (price, needed) = (sealed.result.unwrap(), sealed.gas);

    let mut chain = new_chain();
    let id = upload(&mut chain, &create_of(LINEAR, &bindings), LINEAR);
    let draft = create(&mut chain, &create_of(COS, &[]));
    let unbound = upload(&mut chain, &create_of(LINEAR, &[]), LINEAR);
    let cut = &LINEAR[..LINEAR.len() - 1];
    let malformed = upload(&mut chain, &create_of(cut, &[]), cut);
    let mut wrong = create_of(LINEAR, &[binding("batch", 3)]);
    wrong.content_hash = vec![7; 32];
    let wrong = upload(&mut chain, &wrong, LINEAR);
    let before = chain.dump();

    let mut refused = |message: &MsgSealModel, gas| {
        let first = chain.deliver::<_, MsgSealModelResponse>(message, gas);
        let again = chain.deliver::<_, MsgSealModelResponse>(message, gas);
        assert_eq!((first.code(), first.gas), (again.code(), again.gas));
        assert!(first.events.is_empty());
        assert_eq!(chain.dump(), before);
        (first.code(), first.gas)
    };
    assert_eq!(refused(&seal_of(&[1; 32]), PLENTY).0, ("modelregistry", 2));
    assert_eq!(refused(&MsgSealModel { owner: account(2), ..seal_of(&id) }, PLENTY).0, ("modelregistry", 3));
    assert_eq!(refused(&seal_of(&draft), PLENTY).0, ("modelregistry", 12));
    assert_eq!(refused(&seal_of(&wrong), PLENTY).0, ("modelregistry", 8));
    assert_eq!(refused(&seal_of(&unbound), PLENTY).0, ("inference", code::UNBOUND));
    assert_eq!(refused(&seal_of(&malformed), PLENTY).0, ("inference", code::MALFORMED));
    // Too little for reading the chunks, for loading, for measuring, for writing.
    for gas in [3_000, price.load_gas, price.load_gas + price.infer_gas, needed - 1] {
        assert_eq!(refused(&seal_of(&id), gas), (("sdk", sdk::out_of_gas("").code), gas));
    }
    assert_eq!(chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).code(), ("", 0));
    let sealed = find(&mut chain, &id);
    assert_eq!(chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).code(), ("modelregistry", 9));
    assert_eq!(
        chain.deliver::<_, MsgUploadChunkResponse>(&chunk_of(&id, 3, &[1]), PLENTY).code(),
        ("modelregistry", 9)
    );
    assert_eq!(find(&mut chain, &id), sealed);
}

#[test]
fn sealing_costs_the_same_whatever_the_engine_holds() {
    let engine = Engine::new(runtime());
    let mut gas = Vec::new();
    for _ in 0..2 {
        let mut chain = new_chain_on(engine.clone(), GENESIS);
        let id = upload(&mut chain, &create_of(COS, &[]), COS);
        gas.push(chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).gas);
    }
    assert_eq!(gas[0], gas[1]);
}

#[test]
fn an_exported_genesis_makes_the_same_state() {
    let mut chain = new_chain();
    let id = upload(&mut chain, &create_of(LINEAR, &[binding("batch", 1)]), LINEAR);
    chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).result.unwrap();
    let draft = MsgCreateModel { chunk_bytes: 20, parents: vec![id.clone()], ..create_of(COS, &[]) };
    let draft = create(&mut chain, &MsgCreateModel { terms: Some(terms("5", &[(2, 100)])), ..draft });
    let rent = MsgPayRent { payer: account(3), model_id: id.clone(), blocks: 9, max_rent: String::new() };
    chain.deliver::<_, MsgUploadChunkResponse>(&chunk_of(&draft, 0, &COS[..20]), PLENTY).result.unwrap();
    chain.deliver::<_, MsgPayRentResponse>(&rent, PLENTY).result.unwrap();

    let exported = chain.export();
    let mut copy = new_chain_on(Engine::new(runtime()), &exported[0]);
    let own =
        |chain: &Chain| chain.dump().into_iter().filter(|(key, _)| key[0] == crate::STORE.prefix).collect::<Vec<_>>();
    // That it was loaded in the block of its sealing is no part of a genesis.
    let loaded = |(key, _): &(Vec<u8>, Vec<u8>)| key[1] != 12;
    assert_eq!(own(&copy), own(&chain).into_iter().filter(loaded).collect::<Vec<_>>());
    assert_eq!(copy.export(), exported);
    // The blobs came along: the draft can be finished.
    for (index, data) in COS.chunks(20).enumerate().skip(1) {
        let message = chunk_of(&draft, u32::try_from(index).unwrap(), data);
        copy.deliver::<_, MsgUploadChunkResponse>(&message, PLENTY).result.unwrap();
    }
    copy.deliver::<_, MsgSealModelResponse>(&seal_of(&draft), PLENTY).result.unwrap();
}

#[test]
fn a_genesis_with_other_bytes_than_the_hash_says_is_refused() {
    let mut chain = new_chain();
    let id = upload(&mut chain, &create_of(COS, &[]), COS);
    chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).result.unwrap();
    let exported = chain.export();
    let damaged = exported[0].replacen(&hex::encode(sha256(COS)), &hex::encode([7; 32]), 1);
    let section = serde_json::value::RawValue::from_string(damaged).unwrap();
    let refusal = new_chain().with(|ctx| crate::genesis::init(ctx, &section)).unwrap_err();
    assert_eq!((refusal.codespace, refusal.code), ("sdk", 18));
    assert!(refusal.message.contains("do not give its content hash"), "{refusal}");
}
