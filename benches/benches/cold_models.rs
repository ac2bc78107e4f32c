//! A block filled with the first uses of cold models, right after a restart.
//!
//! `cargo bench -p synergy-benches --bench cold_models`
//!
//! Publishes copies of each golden model, opens the chain anew so that no image is there,
//! and executes a block with an inference of each, as many as the block's gas for
//! inferences takes. CometBFT's `timeout_propose` is 3 s. Then the same with images.

#![allow(missing_docs)]

use std::time::Instant;

use sha2::{Digest, Sha256};
use synergy_proto::{
    pack,
    synergy::{
        aivm::{MsgInfer, Tensor},
        modelregistry::{
            Binding, Model, MsgCreateModel, MsgCreateModelResponse, MsgSealModel, MsgUploadChunk, QueryModelRequest,
            QueryModelResponse,
        },
    },
};
use synergy_tests::{Account, CHAIN_ID, FUNDS, Fee, TestChain, contracts::response, disk};

/// Gas that a transaction asks for beside its inference, and more for each byte of input.
const ROOM: u64 = 500_000;
const ROOM_BYTE: u64 = 30;
/// What a block has for inferences by default.
const LANE: u64 = 750_000_000;

/// Name, file and bindings of a model.
type Case = (&'static str, &'static [u8], &'static [(&'static str, u64)]);

const MODELS: [Case; 3] = [
    ("skl_mlp", include_bytes!("../../inference/testdata/skl_mlp.onnx"), &[("pixels:0", 1)]),
    (
        "rapidocr_cls",
        include_bytes!("../../inference/testdata/rapidocr_cls.onnx"),
        &[("x:0", 1), ("x:2", 48), ("x:3", 192)],
    ),
    ("magika", include_bytes!("../../inference/testdata/magika.onnx"), &[("unk__214", 1)]),
];

fn main() {
    println!("model          in a block  gas         cold      warm");
    for (name, file, bindings) in MODELS {
        measure(name, file, bindings);
    }
}

fn measure(name: &str, file: &[u8], bindings: &[(&str, u64)]) {
    let mut accounts = Account::many(2);
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    for account in &accounts {
        let funds = [synergy_proto::coin::coin(FUNDS, "asnrg")];
        synergy_app::genesis::add_account(&mut document, &account.address(), &funds).expect("account");
    }
    document["app_state"]["aivm"]["params"]["max_input_bytes"] = "1000000".into();
    let folder = tempfile::tempdir().expect("folder");
    let mut chain = TestChain::from_genesis(disk("fjall", folder.path()), 10, &document);
    let first = publish(&mut chain, &mut accounts[0], file, bindings);
    let one = first.load_gas + first.infer_gas;
    // What a transaction reserves of the lane.
    let bytes: u64 = first.inputs.iter().map(|spec| 4 * spec.shape.iter().product::<u64>()).sum();
    let limit = one + ROOM + ROOM_BYTE * bytes;
    let count = usize::try_from(LANE / limit).expect("count").max(1);
    let mut models = vec![first];
    while models.len() < count {
        models.push(publish(&mut chain, &mut accounts[0], file, bindings));
    }
    let txs: Vec<Vec<u8>> = models.iter().map(|model| infer(&mut accounts[1], model, limit)).collect();
    drop(chain);
    // Every chain has an engine of its own, without images at first.
    let chain = TestChain::from_genesis(disk("fjall", folder.path()), 10, &document);
    let mut seconds = Vec::new();
    let mut gas = 0;
    for _ in 0..2 {
        let start = Instant::now();
        let done = chain.finalize(&txs);
        seconds.push(start.elapsed().as_secs_f64());
        let failed = done.tx_results.iter().find(|result| result.code != 0);
        assert!(failed.is_none(), "{failed:?}");
        gas = done.tx_results.iter().map(|result| result.gas_used).sum();
    }
    println!("{name:<14} {count:>10}  {gas:>10}  {:>6.2} s  {:>6.2} s", seconds[0], seconds[1]);
}

fn publish(chain: &mut TestChain, owner: &mut Account, file: &[u8], bindings: &[(&str, u64)]) -> Model {
    let name = owner.address().to_string();
    let create = MsgCreateModel {
        owner: name.clone(),
        name: "model".to_owned(),
        content_hash: Sha256::digest(file).to_vec(),
        size: file.len() as u64,
        bindings: bindings.iter().map(|(d, size)| Binding { dimension: (*d).to_owned(), size: *size }).collect(),
        chunk_bytes: 384 << 10,
        ..MsgCreateModel::default()
    };
    let mut send = |message| {
        let result = chain.deliver(owner.sign(&[message], Fee::of(900_000_000)));
        assert_eq!(result.code, 0, "{}", result.log);
        result
    };
    let model_id = response::<MsgCreateModelResponse>(&send(pack(&create))).model_id;
    for (data, index) in file.chunks(384 << 10).zip(0..) {
        let (owner, model_id) = (name.clone(), model_id.clone());
        send(pack(&MsgUploadChunk { owner, model_id, index, data: data.to_vec() }));
    }
    send(pack(&MsgSealModel { owner: name, model_id: model_id.clone(), hold: false }));
    let request = QueryModelRequest { model_id };
    let found: QueryModelResponse = chain.query("/synergy.modelregistry.v1.Query/Model", &request, 0).expect("model");
    found.model.expect("model")
}

fn infer(account: &mut Account, model: &Model, gas: u64) -> Vec<u8> {
    let zeros = |spec: &synergy_proto::synergy::modelregistry::TensorSpec| {
        let size = if spec.dtype == "i32" || spec.dtype == "f32" { 4 } else { panic!("{}", spec.dtype) };
        let data = vec![0; size * spec.shape.iter().product::<u64>() as usize];
        Tensor {
            name: spec.name.clone(),
            dtype: spec.dtype.clone(),
            shape: spec.shape.clone(),
            data,
            ..Tensor::default()
        }
    };
    let message = MsgInfer {
        sender: account.address().to_string(),
        model_id: model.id.clone(),
        inputs: model.inputs.iter().map(zeros).collect(),
        ..MsgInfer::default()
    };
    account.sign(&[pack(&message)], Fee::of(gas))
}
