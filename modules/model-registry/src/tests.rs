mod chain;

use std::sync::Arc;

use chain::{Chain, PLENTY, account, runtime};
use synergy_inference::{DType, NamedTensor, Tensor, code};
use synergy_kernel::sdk;
use synergy_proto::synergy::modelregistry::{
    Binding, Model, MsgCreateModel, MsgCreateModelResponse, MsgSealModel, MsgSealModelResponse, MsgUploadChunk,
    MsgUploadChunkResponse, QueryModelRequest, QueryModelResponse, Status, TensorSpec,
};
use synergy_store::sha256;

use crate::{Engine, ModelRegistry, error, model_id, model_key};

const LINEAR: &[u8] = include_bytes!("../testdata/linear.onnx");
const COS: &[u8] = include_bytes!("../testdata/cos.onnx");
const GENESIS: &str = r#"{"params":{"max_chunk_bytes":"100","max_model_bytes":"300","draft_blocks":"5"}}"#;

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
    }
}

fn chunk_of(model_id: &[u8], index: u32, data: &[u8]) -> MsgUploadChunk {
    MsgUploadChunk { owner: account(1), model_id: model_id.to_vec(), index, data: data.to_vec() }
}

fn seal_of(model_id: &[u8]) -> MsgSealModel {
    MsgSealModel { owner: account(1), model_id: model_id.to_vec() }
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
    assert_eq!((draft.status(), draft.uploaded, draft.chunks.len()), (Status::Draft, LINEAR.len() as u64, 3));

    chain.block.height = 12;
    let sealed = chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY);
    let answer = sealed.result.unwrap();
    let model = find(&mut chain, &id);
    let spec = |name: &str| TensorSpec { name: name.to_owned(), dtype: "f32".to_owned(), shape: vec![2, 4] };
    assert_eq!((model.status(), model.sealed_height, model.updated_height), (Status::Sealed, 12, 10));
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
fn the_id_is_fixed_by_content_profile_and_bindings() {
    let id = |content: u8, profile: u8, bindings: &[Binding]| {
        hex::encode(model_id(&[content; 32], &[profile; 32], bindings).unwrap())
    };
    // SHA-256 of the documented encoding, computed apart from this code.
    assert_eq!(
        id(1, 2, &[binding("a", 3), binding("b", 4)]),
        "03b475d2d76d3e47b37d71360905175e55a161250c5ac1f5abfed0092327e5c7"
    );
    assert_eq!(id(1, 2, &[]), "7f3ebacbd7e618b8d46a4114a47afeccccb87efd5e328fb0e7145f780785b707");
}

#[test]
fn codes_never_change() {
    let codes = [
        (error::not_found(&[]), 2),
        (error::not_owner(&[], ""), 3),
        (error::exists(&[], "", ""), 4),
        (error::wrong_index(0, 0), 5),
        (error::chunk_too_large(0, 0), 6),
        (error::too_many_bytes(0, 0, ""), 7),
        (error::hash_mismatch(&[], &[]), 8),
        (error::not_draft(&[]), 9),
        (error::not_sealed(&[]), 10),
        (error::bad_binding(""), 11),
        (error::incomplete(0, 0), 12),
        (error::other_profile(&[]), 13),
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
    assert_eq!(refused(|m| m.size = 301), ("modelregistry", 7));
    assert_eq!(refused(|m| m.bindings = vec![binding("b", 1), binding("a", 1)]), ("modelregistry", 11));
    assert_eq!(refused(|m| m.bindings = vec![binding("a", 1), binding("a", 1)]), ("modelregistry", 11));
    assert_eq!(refused(|m| m.bindings = vec![binding("a", 0)]), ("modelregistry", 11));
    assert_eq!(refused(|m| m.bindings = vec![binding("", 1)]), ("modelregistry", 11));
    assert_eq!(
        refused(|m| m.bindings = (0..65).map(|i| binding(&format!("{i:02}"), 1)).collect()),
        ("modelregistry", 11)
    );
    assert_eq!(refused(|_| ()), ("", 0));
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
    let skipped = deliver(&MsgUploadChunk { index: 1, ..good.clone() });
    assert_eq!(skipped.result.unwrap_err().message, "chunk index mismatch, expected 0, got 1");
    assert_eq!(deliver(&good).code(), ("", 0));
    assert_eq!(deliver(&good).code(), ("modelregistry", 5));
    assert_eq!(deliver(&chunk_of(&id, 1, &[0; 100])).code(), ("", 0));
    assert_eq!(deliver(&chunk_of(&id, 2, &[0; 100])).code(), ("modelregistry", 7));
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
fn a_draft_can_be_opened_anew_when_it_is_stuck_or_forgotten() {
    let mut chain = new_chain();
    let mine = create_of(LINEAR, &[binding("batch", 1)]);
    let theirs = MsgCreateModel { owner: account(2), ..mine.clone() };
    let id = create(&mut chain, &mine);
    let again = |chain: &mut Chain, m: &MsgCreateModel| chain.deliver::<_, MsgCreateModelResponse>(m, PLENTY).result;

    let refusal = again(&mut chain, &theirs).unwrap_err();
    assert_eq!((refusal.codespace, refusal.code), ("modelregistry", 4));
    assert!(refusal.message.contains(&account(1)) && refusal.message.contains("height 15"), "{refusal}");
    assert!(again(&mut chain, &mine).unwrap_err().message.contains("continue with chunk 0"));

    // The owner, once all bytes are there: they may be the wrong ones.
    for index in 0..3 {
        let size = [100, 100, LINEAR.len() - 200][index];
        let message = chunk_of(&id, u32::try_from(index).unwrap(), &vec![0; size]);
        chain.deliver::<_, MsgUploadChunkResponse>(&message, PLENTY).result.unwrap();
    }
    assert_eq!(again(&mut chain, &theirs).unwrap_err().code, 4);
    again(&mut chain, &mine).unwrap();
    assert_eq!(find(&mut chain, &id).uploaded, 0);

    // Anybody, once it rested for draft_blocks.
    chain.block.height = 14;
    assert_eq!(again(&mut chain, &theirs).unwrap_err().code, 4);
    chain.block.height = 15;
    again(&mut chain, &theirs).unwrap();
    assert_eq!(find(&mut chain, &id).owner, account(2));

    // Nobody, once it is sealed.
    let theirs_sealed = MsgSealModel { owner: account(2), model_id: id.clone() };
    for (index, data) in LINEAR.chunks(100).enumerate() {
        let message = MsgUploadChunk { owner: account(2), ..chunk_of(&id, u32::try_from(index).unwrap(), data) };
        chain.deliver::<_, MsgUploadChunkResponse>(&message, PLENTY).result.unwrap();
    }
    chain.deliver::<_, MsgSealModelResponse>(&theirs_sealed, PLENTY).result.unwrap();
    chain.block.height = 1_000;
    assert_eq!(again(&mut chain, &theirs).unwrap_err().code, 4);
    assert_eq!(again(&mut chain, &mine).unwrap_err().code, 4);
}

#[test]
fn an_exported_genesis_makes_the_same_state() {
    let mut chain = new_chain();
    let id = upload(&mut chain, &create_of(LINEAR, &[binding("batch", 1)]), LINEAR);
    chain.deliver::<_, MsgSealModelResponse>(&seal_of(&id), PLENTY).result.unwrap();
    let draft = create(&mut chain, &create_of(COS, &[]));
    chain.deliver::<_, MsgUploadChunkResponse>(&chunk_of(&draft, 0, &COS[..20]), PLENTY).result.unwrap();

    let exported = chain.export();
    let mut copy = new_chain_on(Engine::new(runtime()), &exported[0]);
    assert_eq!(copy.dump(), chain.dump());
    assert_eq!(copy.export(), exported);
    // The blobs came along: the draft can be finished.
    copy.deliver::<_, MsgUploadChunkResponse>(&chunk_of(&draft, 1, &COS[20..]), PLENTY).result.unwrap();
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
