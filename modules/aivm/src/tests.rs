#[path = "../../model-registry/src/tests/chain.rs"]
mod chain;

use std::{slice, sync::Arc};

use chain::{Chain, PLENTY, account, runtime};
use synergy_inference::{DType, NamedTensor, Tensor as Value};
use synergy_kernel::{BlockGas, Hash, Module, sdk};
use synergy_model_registry::{Engine, ModelRegistry};
use synergy_proto::synergy::{
    aivm::{
        MsgInfer, MsgInferResponse, QueryInferRequest, QueryInferResponse, QueryRecordRequest, QueryRecordResponse,
        QueryRecordsRequest, QueryRecordsResponse, Record, Tensor,
    },
    modelregistry::{
        Binding, MsgCreateModel, MsgCreateModelResponse, MsgSealModel, MsgSealModelResponse, MsgUploadChunk,
        MsgUploadChunkResponse,
    },
};
use synergy_store::sha256;

use crate::{Aivm, error, record_key, state};

const LINEAR: &[u8] = include_bytes!("../../model-registry/testdata/linear.onnx");
const PICK: &[u8] = include_bytes!("../../model-registry/testdata/pick.onnx");
const MODELS: &str = r#"{"params":{"max_chunk_bytes":"1000","max_model_bytes":"1000","draft_blocks":"5"}}"#;
const GENESIS: &str = r#"{"params":{"max_input_bytes":"64","max_inline_output_bytes":"32","record_blocks":"3"}}"#;

const X: [f32; 8] = [1.0, 2.0, 3.0, 4.0, -1.0, 0.5, 0.25, -8.0];
/// relu(x · w + b) with the numbers of `testdata/make.py`; they are exact.
const Y: [f32; 8] = [0.0, 0.0, 3.0, 0.25, 0.0, 1.40625, 0.0, 0.0];

fn new_chain_on(engine: Engine, sections: &[&str]) -> Chain {
    Chain::new(vec![Arc::new(ModelRegistry::new(engine.clone())), Arc::new(Aivm::new(engine))], sections)
}

fn new_chain() -> Chain {
    new_chain_on(Engine::new(runtime()), &[MODELS, GENESIS])
}

fn create(chain: &mut Chain, file: &[u8], batch: Option<u64>) -> Hash {
    let bindings = batch.map(|size| Binding { dimension: "batch".to_owned(), size }).into_iter().collect();
    let content_hash = sha256(file).to_vec();
    let message =
        MsgCreateModel { owner: account(1), name: "m".to_owned(), content_hash, size: file.len() as u64, bindings };
    let model_id = chain.deliver::<_, MsgCreateModelResponse>(&message, PLENTY).result.unwrap().model_id;
    let message = MsgUploadChunk { owner: account(1), model_id: model_id.clone(), index: 0, data: file.to_vec() };
    chain.deliver::<_, MsgUploadChunkResponse>(&message, PLENTY).result.unwrap();
    model_id.try_into().unwrap()
}

fn sealed(chain: &mut Chain, file: &[u8], batch: Option<u64>) -> Hash {
    let id = create(chain, file, batch);
    let message = MsgSealModel { owner: account(1), model_id: id.to_vec() };
    chain.deliver::<_, MsgSealModelResponse>(&message, PLENTY).result.unwrap();
    id
}

fn floats(name: &str, shape: &[u64], values: &[f32]) -> Tensor {
    let data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Tensor { name: name.to_owned(), dtype: "f32".to_owned(), shape: shape.to_vec(), data, ..Tensor::default() }
}

fn index(value: i64) -> Tensor {
    Tensor { name: "index".to_owned(), dtype: "i64".to_owned(), shape: vec![1], data: value.to_le_bytes().to_vec(), ..Tensor::default() }
}

fn infer_of(id: &Hash, inputs: &[Tensor]) -> MsgInfer {
    MsgInfer { sender: account(3), model_id: id.to_vec(), inputs: inputs.to_vec(), ..MsgInfer::default() }
}

fn query(
    chain: &mut Chain,
    id: &Hash,
    inputs: &[Tensor],
    gas: u64,
) -> (synergy_kernel::Result<QueryInferResponse>, u64) {
    let request = QueryInferRequest { model_id: id.to_vec(), inputs: inputs.to_vec() };
    chain.query("/synergy.aivm.v1.Query/Infer", &request, gas)
}

fn records(chain: &mut Chain) -> Vec<Record> {
    let (answer, _) = chain.query("/synergy.aivm.v1.Query/Records", &QueryRecordsRequest::default(), PLENTY);
    let answer: QueryRecordsResponse = answer.unwrap();
    answer.records
}

fn end_block(chain: &mut Chain) {
    chain.with(|ctx| Aivm::new(Engine::new(runtime())).end_block(ctx, BlockGas::default())).unwrap();
}

#[test]
fn a_message_and_a_query_give_the_same_bytes_hashes_and_gas() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let inputs = [floats("x", &[2, 4], &X)];
    let before = chain.dump();
    let (asked, query_gas) = query(&mut chain, &id, &inputs, PLENTY);
    let asked = asked.unwrap();
    assert_eq!(chain.dump(), before);

    let done = chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &inputs), PLENTY);
    let answer = done.result.unwrap();
    assert_eq!(answer.outputs, [floats("y", &[2, 4], &Y)]);
    assert_eq!(answer.outputs, asked.outputs);
    assert_eq!((&answer.input_hash, &answer.output_hash), (&asked.input_hash, &asked.output_hash));
    assert_eq!((answer.record_id, answer.gas), (1, asked.gas));
    // The runtime's gas and nothing else, whatever was run before.
    let (image, _) = runtime().load(LINEAR, &[("batch".to_owned(), 2)].into(), u64::MAX).unwrap();
    let x = NamedTensor {
        name: "x".to_owned(),
        tensor: Value { dtype: DType::F32, shape: vec![2, 4], data: inputs[0].data.clone() },
    };
    assert_eq!(answer.gas, runtime().run(&image, &[x], u64::MAX).unwrap().gas);
    // Golden: what the module's own reads and writes cost.
    assert_eq!((query_gas - answer.gas, done.gas - answer.gas), (2_870, 20_090));
    // Golden: computed from the documented encoding, apart from this code.
    assert_eq!(hex::encode(&answer.input_hash), "0b1d3fafa3ad54e005a87add764cc7b3af3fd881469a821b4e5276df7fbb538e");
    assert_eq!(hex::encode(&answer.output_hash), "048c2739c06815a9a1a01e29958a53129b120fc91208ce671c6ea8cc87415c0b");

    let (found, _) = chain.query("/synergy.aivm.v1.Query/Record", &QueryRecordRequest { id: 1 }, PLENTY);
    let found: QueryRecordResponse = found.unwrap();
    let record = Record {
        id: 1,
        sender: account(3),
        model_id: id.to_vec(),
        profile: runtime().profile().to_vec(),
        input_hash: answer.input_hash,
        output_hash: answer.output_hash,
        gas: answer.gas,
        height: 10,
        outputs: answer.outputs,
    };
    assert_eq!(found.record, Some(record));
    assert!(chain.dump().iter().any(|(key, _)| key[1..] == record_key(1)));
    let event = &done.events[0];
    assert_eq!((event.kind.as_str(), &event.attributes[0]), ("infer", &("record_id".to_owned(), "1".to_owned())));
}

#[test]
fn an_engine_that_lost_its_images_gives_the_same_at_the_same_gas() {
    let mut warm = new_chain();
    let id = sealed(&mut warm, LINEAR, Some(2));
    let exported = warm.export();
    let mut cold = new_chain_on(Engine::new(runtime()), &[&exported[0], &exported[1]]);
    let inputs = [floats("x", &[2, 4], &X)];
    let from_warm = query(&mut warm, &id, &inputs, PLENTY);
    assert_eq!(query(&mut cold, &id, &inputs, PLENTY), from_warm);
    assert_eq!(query(&mut cold, &id, &inputs, PLENTY), from_warm);
}

#[test]
fn outputs_above_the_limit_are_recorded_by_hash_alone() {
    let mut chain = new_chain();
    let narrow = r#"{"params":{"max_input_bytes":"64","max_inline_output_bytes":"31","record_blocks":"3"}}"#;
    let mut hashed = new_chain_on(Engine::new(runtime()), &[MODELS, narrow]);
    let inputs = [floats("x", &[2, 4], &X)];
    let [inline, hashed] = [&mut chain, &mut hashed].map(|chain| {
        let id = sealed(chain, LINEAR, Some(2));
        let answer = chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &inputs), PLENTY).result.unwrap();
        (answer, records(chain))
    });
    assert_eq!((inline.0.outputs.len(), inline.1[0].outputs.len()), (1, 1));
    assert_eq!((hashed.0.outputs.len(), hashed.1[0].outputs.len()), (0, 0));
    assert_eq!(inline.0.output_hash, hashed.0.output_hash);
    assert_eq!(hashed.1[0].output_hash, hashed.0.output_hash);
}

#[test]
fn codes_never_change() {
    let codes = [
        (error::missing_input(""), 2),
        (error::unknown_input(""), 3),
        (error::wrong_dtype("", "", ""), 4),
        (error::wrong_shape("", &[], &[]), 5),
        (error::wrong_length("", 0, 0), 6),
        (error::not_canonical("", ""), 7),
        (error::too_large(0, 0), 8),
    ];
    for (error, code) in codes {
        assert_eq!((error.codespace, error.code), ("aivm", code), "{error}");
    }
}

#[test]
fn inputs_that_do_not_fit_are_refused_with_a_code_for_each_reason() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let draft = create(&mut chain, PICK, None);
    let before = chain.dump();
    let x = floats("x", &[2, 4], &X);
    let mut refused = |id: &[u8], inputs: &[Tensor]| {
        let message = MsgInfer { sender: account(3), model_id: id.to_vec(), inputs: inputs.to_vec(), ..MsgInfer::default() };
        let by_message = chain.deliver::<_, MsgInferResponse>(&message, PLENTY).code();
        let request = QueryInferRequest { model_id: id.to_vec(), inputs: inputs.to_vec() };
        let (answer, _) = chain.query::<_, QueryInferResponse>("/synergy.aivm.v1.Query/Infer", &request, PLENTY);
        let by_query = answer.unwrap_err();
        assert_eq!(by_message, (by_query.codespace, by_query.code));
        assert_eq!(chain.dump(), before);
        by_message
    };
    let payload_nan = f32::from_bits(0x7fc0_0001);
    assert_eq!(refused(&id, &[]), ("aivm", 2));
    assert_eq!(refused(&id, &[x.clone(), floats("z", &[0], &[])]), ("aivm", 3));
    assert_eq!(refused(&id, &[floats("x", &[2, 4], &X), floats("x", &[2, 4], &X)]), ("aivm", 3));
    assert_eq!(refused(&id, &[Tensor { dtype: "float32".to_owned(), ..x.clone() }]), ("aivm", 4));
    assert_eq!(refused(&id, &[Tensor { dtype: "i32".to_owned(), ..x.clone() }]), ("aivm", 4));
    assert_eq!(refused(&id, &[floats("x", &[4, 2], &X)]), ("aivm", 5));
    assert_eq!(refused(&id, &[floats("x", &[2, 4], &X[..7])]), ("aivm", 6));
    assert_eq!(refused(&id, &[floats("x", &[2, 4], &[payload_nan; 8])]), ("aivm", 7));
    assert_eq!(refused(&id, &[Tensor { data: vec![0; 65], ..x.clone() }]), ("aivm", 8));
    assert_eq!(refused(&id[1..], slice::from_ref(&x)), ("sdk", 18));
    assert_eq!(refused(&[1; 32], slice::from_ref(&x)), ("modelregistry", 2));
    assert_eq!(refused(&draft, &[x]), ("modelregistry", 10));
}

#[test]
fn an_inference_that_fails_costs_its_gas_and_leaves_no_record() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, PICK, None);
    let good = chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &[index(2)]), PLENTY).result.unwrap();
    assert_eq!(good.outputs, [floats("y", &[1], &[3.0])]);
    let before = chain.dump();
    let bad = [index(9)];
    let failed = chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &bad), PLENTY);
    assert_eq!(failed.code().0, "inference", "{:?}", failed.result);
    assert_eq!(chain.dump(), before);
    assert!(failed.gas > good.gas / 2, "{} gas", failed.gas);
    let (answer, gas) = query(&mut chain, &id, &bad, PLENTY);
    assert_eq!((answer.unwrap_err(), gas), (failed.result.unwrap_err(), failed.gas));
}

#[test]
fn an_inference_without_enough_gas_takes_what_there_is() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let inputs = [floats("x", &[2, 4], &X)];
    let (answer, needed) = query(&mut chain, &id, &inputs, PLENTY);
    answer.unwrap();
    assert_eq!(query(&mut chain, &id, &inputs, needed).1, needed);
    for gas in [needed - 1, needed / 2, 100] {
        let done = chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &inputs), gas);
        assert_eq!((done.code(), done.gas), (("sdk", sdk::out_of_gas("").code), gas));
    }
    assert!(records(&mut chain).is_empty());
}

#[test]
fn records_go_when_their_blocks_are_over() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, PICK, None);
    let mut kept = Vec::new();
    for height in 10..16 {
        chain.block.height = height;
        chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &[index(1)]), PLENTY).result.unwrap();
        end_block(&mut chain);
        kept.push(records(&mut chain).iter().map(|r| r.height).collect::<Vec<_>>());
    }
    let expected: [&[i64]; 6] = [&[10], &[10, 11], &[10, 11, 12], &[11, 12, 13], &[12, 13, 14], &[13, 14, 15]];
    assert_eq!(kept, expected);
    // Ids are never given twice.
    assert_eq!(records(&mut chain).last().unwrap().id, 6);
}

#[test]
fn the_end_of_a_block_removes_a_bounded_number_of_records() {
    let mut chain = new_chain();
    chain.with(|ctx| {
        for _ in 0..1_005 {
            state::add(ctx, Record { height: 10, ..Record::default() }).unwrap();
        }
    });
    chain.block.height = 13;
    end_block(&mut chain);
    let left: Vec<u64> = records(&mut chain).iter().map(|r| r.id).collect();
    assert_eq!(left, [1_001, 1_002, 1_003, 1_004, 1_005]);
    end_block(&mut chain);
    assert!(records(&mut chain).is_empty());
}

#[test]
fn an_exported_genesis_makes_the_same_state() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, PICK, None);
    for value in 0..3 {
        chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &[index(value)]), PLENTY).result.unwrap();
    }
    let exported = chain.export();
    let mut copy = new_chain_on(Engine::new(runtime()), &[&exported[0], &exported[1]]);
    assert_eq!(copy.dump(), chain.dump());
    assert_eq!(copy.export(), exported);
    let next = copy.deliver::<_, MsgInferResponse>(&infer_of(&id, &[index(3)]), PLENTY).result.unwrap();
    assert_eq!(next.record_id, 4);
}

#[test]
fn a_genesis_that_contradicts_itself_is_refused() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, PICK, None);
    chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &[index(1)]), PLENTY).result.unwrap();
    let section = chain.export().remove(1).replace(r#""next_record_id":"2""#, r#""next_record_id":"1""#);
    let section = serde_json::value::RawValue::from_string(section).unwrap();
    let refusal = new_chain().with(|ctx| crate::genesis::init(ctx, &section)).unwrap_err();
    assert_eq!((refusal.codespace, refusal.code), ("sdk", 18));
}
