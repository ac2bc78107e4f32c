#[path = "../../model-registry/src/tests/chain.rs"]
mod chain;
mod interchain;

use std::{slice, sync::Arc};

use chain::{Chain, FUNDS, PLENTY, account, runtime};
use synergy_inference::{DType, NamedTensor, Tensor as Value};
use synergy_kernel::{BlockGas, Hash, Module, sdk};
use synergy_model_registry::{Engine, ModelRegistry};
use synergy_proto::synergy::{
    aivm::{
        MsgExtendBlob, MsgExtendBlobResponse, MsgInfer, MsgInferResponse, MsgRemoveBlob, MsgRemoveBlobResponse,
        MsgUploadBlob, MsgUploadBlobResponse, QueryBlobDataRequest, QueryBlobDataResponse, QueryBlobRequest,
        QueryBlobResponse, QueryEstimateInferenceRequest, QueryEstimateInferenceResponse, QueryInferRequest,
        QueryInferResponse, QueryRecordRequest, QueryRecordResponse, QueryRecordsRequest, QueryRecordsResponse, Record,
        Tensor, TimeClass,
    },
    modelregistry::{
        Binding, MsgActivateModel, MsgActivateModelResponse, MsgCreateModel, MsgCreateModelResponse, MsgPayRent,
        MsgPayRentResponse, MsgSealModel, MsgSealModelResponse, MsgSetAllowed, MsgSetAllowedResponse, MsgSetTerms,
        MsgSetTermsResponse, MsgUploadChunk, MsgUploadChunkResponse, Royalty, Terms,
    },
};
use synergy_store::sha256;

use crate::{Aivm, error, record_key, state};

const LINEAR: &[u8] = include_bytes!("../../model-registry/testdata/linear.onnx");
const PICK: &[u8] = include_bytes!("../../model-registry/testdata/pick.onnx");
const MODELS: &str = r#"{"params":{"max_chunk_bytes":"1000","max_model_bytes":"1000","deprecation_blocks":"5","deposit_per_byte":"1","rent_per_mib_block":"1","max_rent_blocks":"50","max_resident_bytes":"100000000"}}"#;
const GENESIS: &str = r#"{"params":{"max_input_bytes":"64","max_inline_output_bytes":"32","record_blocks":"3","max_blob_bytes":"100","max_blob_chunk_bytes":"40","max_blob_blocks":"20","blob_deposit_per_byte":"7","max_block_gas":"100000000000"}}"#;

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
    let message = MsgCreateModel {
        owner: account(1),
        name: "m".to_owned(),
        content_hash,
        size: file.len() as u64,
        bindings,
        ..MsgCreateModel::default()
    };
    let model_id = chain.deliver::<_, MsgCreateModelResponse>(&message, PLENTY).result.unwrap().model_id;
    let message = MsgUploadChunk { owner: account(1), model_id: model_id.clone(), index: 0, data: file.to_vec() };
    chain.deliver::<_, MsgUploadChunkResponse>(&message, PLENTY).result.unwrap();
    model_id.try_into().unwrap()
}

fn sealed(chain: &mut Chain, file: &[u8], batch: Option<u64>) -> Hash {
    let id = create(chain, file, batch);
    let message = MsgSealModel { owner: account(1), model_id: id.to_vec(), hold: false };
    chain.deliver::<_, MsgSealModelResponse>(&message, PLENTY).result.unwrap();
    id
}

fn floats(name: &str, shape: &[u64], values: &[f32]) -> Tensor {
    let data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Tensor { name: name.to_owned(), dtype: "f32".to_owned(), shape: shape.to_vec(), data, ..Tensor::default() }
}

fn index(value: i64) -> Tensor {
    Tensor {
        name: "index".to_owned(),
        dtype: "i64".to_owned(),
        shape: vec![1],
        data: value.to_le_bytes().to_vec(),
        ..Tensor::default()
    }
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
    let load_gas = runtime().load(LINEAR, &[("batch".to_owned(), 2)].into(), u64::MAX).unwrap().1;
    assert_eq!((query_gas - answer.gas - load_gas, done.gas - answer.gas), (3_978, 23_474));
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
    warm.block.height = 11;
    let from_warm = query(&mut warm, &id, &inputs, PLENTY);
    assert_eq!(query(&mut cold, &id, &inputs, PLENTY), from_warm);
    assert_eq!(query(&mut cold, &id, &inputs, PLENTY), from_warm);
}

#[test]
fn outputs_above_the_limit_are_recorded_by_hash_alone() {
    let mut chain = new_chain();
    let narrow = GENESIS.replace(r#""max_inline_output_bytes":"32""#, r#""max_inline_output_bytes":"31""#);
    let mut hashed = new_chain_on(Engine::new(runtime()), &[MODELS, &narrow]);
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
        (error::no_blob(&[]), 9),
        (error::bad_chunk(""), 10),
        (error::over_limit("", 0, 0), 11),
        (error::wrong_hash(&[], &[]), 12),
        (error::other_upload(0, 0), 13),
        (error::two_sources(""), 14),
        (error::lane_full(0, 0, 0), 15),
        (error::bad_price(""), 16),
        (error::bad_packet(""), 17),
        (error::packet_gas(0, 0), 18),
        (error::large_outputs(0), 19),
        (error::bad_channel(""), 20),
        (error::outputs_too_large(0, 0), 21),
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
        let message =
            MsgInfer { sender: account(3), model_id: id.to_vec(), inputs: inputs.to_vec(), ..MsgInfer::default() };
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
    // A message looks too at what the block has loaded; a query pays for loading.
    let load_gas = runtime().load(PICK, &[].into(), u64::MAX).unwrap().1;
    assert_eq!((answer.unwrap_err(), gas), (failed.result.unwrap_err(), failed.gas - 2_180 + load_gas));
}

#[test]
fn an_inference_without_enough_gas_takes_what_there_is() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let inputs = [floats("x", &[2, 4], &X)];
    let (answer, needed) = query(&mut chain, &id, &inputs, PLENTY);
    answer.unwrap();
    assert_eq!(query(&mut chain, &id, &inputs, needed).1, needed);
    let mut probe = new_chain();
    let same = sealed(&mut probe, LINEAR, Some(2));
    let needed = probe.deliver::<_, MsgInferResponse>(&infer_of(&same, &inputs), PLENTY).gas;
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
    // What the block in progress has loaded and spent is no part of a genesis.
    let own = |chain: &Chain| -> Vec<_> {
        let ours = |(key, _): &(Vec<u8>, Vec<u8>)| {
            matches!(key[..], [4, tag, ..] if tag != 12) || matches!(key[..], [5, tag, ..] if tag != 11)
        };
        chain.dump().into_iter().filter(ours).collect()
    };
    assert_eq!(own(&copy), own(&chain));
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

fn blob_of(hash: Hash, size: u64, chunk_bytes: u64, index: u32, data: &[u8]) -> MsgUploadBlob {
    MsgUploadBlob { sender: account(3), hash: hash.to_vec(), size, chunk_bytes, index, data: data.to_vec(), blocks: 5 }
}

fn by_hash(hash: &Hash) -> Tensor {
    Tensor { blob: hash.to_vec(), data: Vec::new(), ..floats("x", &[2, 4], &X) }
}

#[test]
fn an_input_by_hash_gives_what_the_input_itself_gives() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let inline = floats("x", &[2, 4], &X);
    let hash = sha256(&inline.data);
    let named = slice::from_ref(&by_hash(&hash)).to_vec();
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &named), PLENTY).code(), ("aivm", 9));
    let whole = blob_of(hash, 32, 0, 0, &inline.data);
    let stored = chain.deliver::<_, MsgUploadBlobResponse>(&whole, PLENTY).result.unwrap();
    assert_eq!((stored.complete, stored.expires_height), (true, 15));
    assert_eq!(chain.balance(&account(3)), FUNDS - 32 * 7);
    chain.check_invariants();

    let (by_query, _) = query(&mut chain, &id, &named, PLENTY);
    let (by_value, _) = query(&mut chain, &id, slice::from_ref(&inline), PLENTY);
    assert_eq!(by_query.unwrap(), by_value.unwrap());
    let done = chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &named), PLENTY).result.unwrap();
    assert_eq!(done.outputs, [floats("y", &[2, 4], &Y)]);
    let other = Tensor { data: inline.data.clone(), ..by_hash(&hash) };
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &[other]), PLENTY).code(), ("aivm", 14));
    let short = Tensor { shape: vec![1, 4], ..by_hash(&hash) };
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &[short]), PLENTY).code(), ("aivm", 5));

    chain.advance(16);
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &named), PLENTY).code(), ("aivm", 9));
    assert_eq!(chain.balance(&account(3)), FUNDS);
    chain.check_invariants();
}

#[test]
fn blobs_come_in_chunks_and_are_refused_with_a_code_for_each_reason() {
    let mut chain = new_chain();
    let data: Vec<u8> = (0..100).collect();
    let hash = sha256(&data);
    let deliver = |chain: &mut Chain, m: &MsgUploadBlob| chain.deliver::<_, MsgUploadBlobResponse>(m, PLENTY).code();
    let good = blob_of(hash, 100, 40, 2, &data[80..]);
    for (change, code) in [
        (MsgUploadBlob { size: 101, ..good.clone() }, 11),
        (MsgUploadBlob { size: 0, ..good.clone() }, 11),
        (MsgUploadBlob { chunk_bytes: 41, ..good.clone() }, 11),
        (MsgUploadBlob { blocks: 21, ..good.clone() }, 11),
        (MsgUploadBlob { blocks: 0, ..good.clone() }, 11),
        (MsgUploadBlob { index: 3, ..good.clone() }, 10),
        (MsgUploadBlob { index: 1, ..good.clone() }, 10),
        (MsgUploadBlob { data: Vec::new(), ..good.clone() }, 10),
    ] {
        assert_eq!(deliver(&mut chain, &change), ("aivm", code), "{change:?}");
    }
    assert_eq!(deliver(&mut chain, &MsgUploadBlob { sender: account(9), ..good.clone() }), ("sdk", 5));
    assert_eq!(deliver(&mut chain, &good), ("", 0));
    assert_eq!(deliver(&mut chain, &good), ("aivm", 10));
    assert_eq!(deliver(&mut chain, &MsgUploadBlob { chunk_bytes: 20, ..good.clone() }), ("aivm", 13));
    assert_eq!(deliver(&mut chain, &blob_of(hash, 100, 40, 0, &data[..40])), ("", 0));
    let request = QueryBlobRequest { owner: account(3), hash: hash.to_vec() };
    let (found, _) = chain.query("/synergy.aivm.v1.Query/Blob", &request, PLENTY);
    let found: QueryBlobResponse = found.unwrap();
    assert_eq!(found.missing, [1]);
    assert_eq!(deliver(&mut chain, &blob_of(hash, 100, 40, 1, &[0; 40])), ("aivm", 12));
    let asked = QueryBlobDataRequest { hash: hash.to_vec() };
    let (none, _) = chain.query::<_, QueryBlobDataResponse>("/synergy.aivm.v1.Query/BlobData", &asked, PLENTY);
    assert_eq!(none.unwrap_err().code, 9);
    assert_eq!(deliver(&mut chain, &blob_of(hash, 100, 40, 1, &data[40..80])), ("", 0));
    let (all, _) = chain.query::<_, QueryBlobDataResponse>("/synergy.aivm.v1.Query/BlobData", &asked, PLENTY);
    assert_eq!(all.unwrap().data, data);
    chain.check_invariants();

    // Another owner's copy is its own; the first one's goes with its deposit.
    let theirs = [0_u32, 1, 2].map(|i| {
        let part = &data[i as usize * 40..(i as usize * 40 + 40).min(100)];
        MsgUploadBlob { sender: account(4), blocks: 20, ..blob_of(hash, 100, 40, i, part) }
    });
    theirs.iter().for_each(|m| assert_eq!(deliver(&mut chain, m), ("", 0)));
    let extend = MsgExtendBlob { sender: account(3), hash: hash.to_vec(), blocks: 10 };
    let answer = chain.deliver::<_, MsgExtendBlobResponse>(&extend, PLENTY).result.unwrap();
    assert_eq!(answer.expires_height, 20);
    chain.advance(18);
    assert_eq!(chain.balance(&account(3)), FUNDS - 700);
    let remove = MsgRemoveBlob { sender: account(3), hash: hash.to_vec() };
    chain.deliver::<_, MsgRemoveBlobResponse>(&remove, PLENTY).result.unwrap();
    assert_eq!(chain.deliver::<_, MsgRemoveBlobResponse>(&remove, PLENTY).code(), ("aivm", 9));
    assert_eq!((chain.balance(&account(3)), chain.balance(&account(4))), (FUNDS, FUNDS - 700));
    let (all, _) = chain.query::<_, QueryBlobDataResponse>("/synergy.aivm.v1.Query/BlobData", &asked, PLENTY);
    assert_eq!(all.unwrap().data, data);
    chain.check_invariants();

    let exported = chain.export();
    let mut copy = new_chain_on(Engine::new(runtime()), &[&exported[0], &exported[1]]);
    assert_eq!(copy.export(), exported);
    let (all, _) = copy.query::<_, QueryBlobDataResponse>("/synergy.aivm.v1.Query/BlobData", &asked, PLENTY);
    assert_eq!(all.unwrap().data, data);
}

#[test]
fn outputs_too_large_for_a_record_can_be_kept_as_blobs() {
    let narrow = GENESIS.replace(r#""max_inline_output_bytes":"32""#, r#""max_inline_output_bytes":"31""#);
    let mut chain = new_chain_on(Engine::new(runtime()), &[MODELS, &narrow]);
    let id = sealed(&mut chain, LINEAR, Some(2));
    let message = MsgInfer { output_blocks: 4, ..infer_of(&id, &[floats("x", &[2, 4], &X)]) };
    for blocks in 0..2 {
        let done = chain.deliver::<_, MsgInferResponse>(&message, PLENTY).result.unwrap();
        let y = floats("y", &[2, 4], &Y);
        let kept = Tensor { blob: sha256(&y.data).to_vec(), data: Vec::new(), ..y.clone() };
        assert_eq!(done.outputs, [kept], "{blocks}");
        let asked = QueryBlobDataRequest { hash: sha256(&y.data).to_vec() };
        let (data, _) = chain.query::<_, QueryBlobDataResponse>("/synergy.aivm.v1.Query/BlobData", &asked, PLENTY);
        assert_eq!(data.unwrap().data, y.data);
        assert_eq!(chain.balance(&account(3)), FUNDS - 32 * 7);
    }
    chain.check_invariants();
}

#[test]
fn the_first_use_in_a_block_pays_for_loading_and_a_resident_does_not() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let inputs = [floats("x", &[2, 4], &X)];
    let infer = |chain: &mut Chain| {
        let done = chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &inputs), PLENTY);
        let answer = done.result.unwrap();
        (answer.load_gas, done.gas)
    };
    // Sealing has loaded it.
    let (load_gas, warm) = infer(&mut chain);
    assert_eq!(load_gas, 0);
    chain.advance(11);
    let estimate = |chain: &mut Chain| {
        let request = QueryEstimateInferenceRequest { model_id: id.to_vec(), inputs: Vec::new() };
        let (answer, _) = chain.query("/synergy.aivm.v1.Query/EstimateInference", &request, PLENTY);
        let answer: QueryEstimateInferenceResponse = answer.unwrap();
        answer
    };
    let told = estimate(&mut chain);
    assert!(told.exact && told.memory_bytes > 0 && told.load_gas > 0, "{told:?}");
    assert_eq!((told.time_class(), told.price.as_str()), (TimeClass::Instant, "0"));
    // A query pays as a message would, each time, for it leaves no trace.
    let queried = query(&mut chain, &id, &inputs, PLENTY).1;
    assert_eq!(query(&mut chain, &id, &inputs, PLENTY).1, queried);
    let (load_gas, first) = infer(&mut chain);
    assert_eq!(load_gas, told.load_gas);
    let (again, second) = infer(&mut chain);
    assert_eq!(again, 0);
    assert!(first > second + load_gas && second.abs_diff(warm) < 1_000, "{first} {second} {warm}");
    // What is told of a block that is over is for the next one.
    assert_eq!((query(&mut chain, &id, &inputs, PLENTY).1, estimate(&mut chain).load_gas), (queried, load_gas));
    chain.advance(12);
    let rent = MsgPayRent { payer: account(4), model_id: id.to_vec(), blocks: 3, max_rent: String::new() };
    chain.deliver::<_, MsgPayRentResponse>(&rent, PLENTY).result.unwrap();
    assert_eq!((infer(&mut chain).0, estimate(&mut chain).load_gas), (0, 0));
}

#[test]
fn the_price_is_paid_in_the_same_transaction_and_shared() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let inputs = [floats("x", &[2, 4], &X)];
    let royalties = vec![Royalty { recipient: account(5), basis_points: 2_550 }];
    let terms = Terms { price: "1001".into(), royalties, restricted: false };
    let set = MsgSetTerms { owner: account(1), model_id: id.to_vec(), terms: Some(terms.clone()) };
    let theirs = MsgSetTerms { owner: account(2), ..set.clone() };
    assert_eq!(chain.deliver::<_, MsgSetTermsResponse>(&theirs, PLENTY).code(), ("modelregistry", 3));
    chain.deliver::<_, MsgSetTermsResponse>(&set, PLENTY).result.unwrap();
    let before = [1, 3, 5].map(|n| chain.balance(&account(n)));
    let offer = |max: &str| MsgInfer { max_price: max.into(), ..infer_of(&id, &inputs) };
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&offer(""), PLENTY).code(), ("modelregistry", 17));
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&offer("1000"), PLENTY).code(), ("modelregistry", 17));
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&offer("much"), PLENTY).code(), ("aivm", 16));
    // A failing inference costs gas and no price.
    let bad = MsgInfer { inputs: vec![floats("x", &[1, 4], &X[..4])], ..offer("1001") };
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&bad, PLENTY).code(), ("aivm", 5));
    assert_eq!([1, 3, 5].map(|n| chain.balance(&account(n))), before);
    let done = chain.deliver::<_, MsgInferResponse>(&offer("5000"), PLENTY).result.unwrap();
    assert_eq!(done.price, "1001");
    let after = [1, 3, 5].map(|n| chain.balance(&account(n)));
    assert_eq!(after, [before[0] + 746, before[1] - 1001, before[2] + 255]);

    // A contract's query cannot pay; one from outside is free.
    let contract = chain.with(|ctx| crate::infer(ctx, &Engine::new(runtime()), &id, &inputs)).unwrap_err();
    assert_eq!((contract.codespace, contract.code), ("modelregistry", 18));
    query(&mut chain, &id, &inputs, PLENTY).0.unwrap();

    // A restricted model runs for its owner and those on its list.
    let terms = Terms { price: String::new(), royalties: Vec::new(), restricted: true };
    let set = MsgSetTerms { terms: Some(terms), ..set };
    chain.deliver::<_, MsgSetTermsResponse>(&set, PLENTY).result.unwrap();
    let by = |who| MsgInfer { sender: account(who), ..infer_of(&id, &inputs) };
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&by(1), PLENTY).code(), ("", 0));
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&by(3), PLENTY).code(), ("modelregistry", 16));
    let contract = chain.with(|ctx| crate::infer(ctx, &Engine::new(runtime()), &id, &inputs)).unwrap_err();
    assert_eq!(contract.code, 16);
    let allow = |add: &[u8], remove: &[u8]| MsgSetAllowed {
        owner: account(1),
        model_id: id.to_vec(),
        add: add.iter().map(|n| account(*n)).collect(),
        remove: remove.iter().map(|n| account(*n)).collect(),
    };
    chain.deliver::<_, MsgSetAllowedResponse>(&allow(&[3, 4], &[]), PLENTY).result.unwrap();
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&by(3), PLENTY).code(), ("", 0));
    chain.deliver::<_, MsgSetAllowedResponse>(&allow(&[], &[3]), PLENTY).result.unwrap();
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&by(3), PLENTY).code(), ("modelregistry", 16));
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&by(4), PLENTY).code(), ("", 0));
}

#[test]
fn a_held_model_runs_for_its_owner_alone() {
    let mut chain = new_chain();
    let id = create(&mut chain, LINEAR, Some(2));
    let message = MsgSealModel { owner: account(1), model_id: id.to_vec(), hold: true };
    chain.deliver::<_, MsgSealModelResponse>(&message, PLENTY).result.unwrap();
    let inputs = [floats("x", &[2, 4], &X)];
    let by = |who| MsgInfer { sender: account(who), ..infer_of(&id, &inputs) };
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&by(3), PLENTY).code(), ("modelregistry", 15));
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&by(1), PLENTY).code(), ("", 0));
    query(&mut chain, &id, &inputs, PLENTY).0.unwrap();
    let activate = MsgActivateModel { owner: account(1), model_id: id.to_vec() };
    chain.deliver::<_, MsgActivateModelResponse>(&activate, PLENTY).result.unwrap();
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&by(3), PLENTY).code(), ("", 0));
}

#[test]
fn a_block_without_room_for_an_inference_refuses_it_before_it_runs() {
    let mut probe = new_chain();
    let id = sealed(&mut probe, LINEAR, Some(2));
    let inputs = [floats("x", &[2, 4], &X)];
    let gas = probe.deliver::<_, MsgInferResponse>(&infer_of(&id, &inputs), PLENTY).result.unwrap().gas;
    let lane = format!(r#""max_block_gas":"{}""#, gas * 2 + 1);
    let tight = GENESIS.replace(r#""max_block_gas":"100000000000""#, &lane);
    let mut chain = new_chain_on(Engine::new(runtime()), &[MODELS, &tight]);
    let id = sealed(&mut chain, LINEAR, Some(2));
    let infer = |chain: &mut Chain| chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &inputs), PLENTY);
    assert_eq!([infer(&mut chain).code(), infer(&mut chain).code()], [("", 0), ("", 0)]);
    let full = infer(&mut chain);
    assert_eq!(full.code(), ("aivm", 15));
    assert!(full.gas < gas, "{} gas were spent", full.gas);
    let contract = |chain: &mut Chain| chain.with(|ctx| crate::infer(ctx, &Engine::new(runtime()), &id, &inputs));
    let refused = contract(&mut chain).unwrap_err();
    assert_eq!((refused.codespace, refused.code), ("aivm", 15));
    // The next block has room again, if not for loading the model.
    chain.advance(11);
    assert_eq!(infer(&mut chain).code(), ("aivm", 15));
    let rent = MsgPayRent { payer: account(4), model_id: id.to_vec(), blocks: 3, max_rent: String::new() };
    chain.deliver::<_, MsgPayRentResponse>(&rent, PLENTY).result.unwrap();
    assert_eq!(infer(&mut chain).code(), ("", 0));
    // What leaves nothing in the state has taken its time all the same: a contract's query,
    // and an inference that runs out of gas or whose transaction fails.
    contract(&mut chain).unwrap();
    assert_eq!(infer(&mut chain).code(), ("aivm", 15));
    chain.advance(12);
    assert_eq!(chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &inputs), gas * 9 / 10).code(), ("sdk", 11));
    let undone: synergy_kernel::Result<()> = chain.with(|ctx| {
        ctx.atomic(|ctx| {
            crate::infer(ctx, &Engine::new(runtime()), &id, &inputs)?;
            Err(synergy_kernel::sdk::unauthorized("the message after it"))
        })
    });
    undone.unwrap_err();
    assert_eq!(infer(&mut chain).code(), ("aivm", 15));
    chain.advance(13);
    assert_eq!(infer(&mut chain).code(), ("", 0));
}
