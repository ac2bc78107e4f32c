//! Consensus data that must not change unseen: codes, gas and app hashes of one
//! scripted chain with every message.
//!
//! After a change that is meant, `UPDATE_GOLDEN=1 cargo test -p synergy-tests --test
//! golden` writes the file anew; the difference belongs into the commit.

use std::fmt::Write;

use prost::Message;
use sha2::{Digest, Sha256};
use synergy_abci::messages::ExecTxResult;
use synergy_crypto::Scheme;
use synergy_proto::{
    Any, coin,
    cosmos::{
        bank::v1beta1::{Input, MsgMultiSend, Output},
        base::abci::v1beta1::TxMsgData,
    },
    pack,
    synergy::{
        aivm::{MsgInfer, MsgInferResponse, QueryInferRequest, QueryInferResponse, Tensor},
        modelregistry::{Binding, MsgCreateModel, MsgCreateModelResponse, MsgSealModel, MsgUploadChunk},
    },
};
use synergy_tests::{Account, Fee, TestChain};

const MODEL: &[u8] = include_bytes!("../../inference/testdata/skl_mlp.onnx");
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden.txt");

struct Script {
    chain: TestChain,
    lines: String,
}

impl Script {
    fn run(&mut self, name: &str, account: &mut Account, messages: &[Any]) -> ExecTxResult {
        let block = self.chain.block(&[account.sign(messages, Fee::of(500_000_000))]);
        let result = block.results.into_iter().next().expect("one result");
        let hash: String = block.app_hash.iter().map(|b| format!("{b:02x}")).collect();
        writeln!(
            self.lines,
            "{name}: code {}{} gas {} app hash {hash}",
            result.codespace, result.code, result.gas_used
        )
        .expect("text");
        result
    }
}

fn response<M: Message + Default>(result: &ExecTxResult) -> M {
    assert_eq!(result.code, 0, "{}", result.log);
    let data = TxMsgData::decode(result.data.clone()).expect("data");
    M::decode(data.msg_responses[0].value.as_slice()).expect("response")
}

#[test]
fn codes_gas_and_app_hashes_are_the_recorded_ones() {
    let mut alice = Account::new(Scheme::Secp256k1, 0, 0);
    let mut bob = Account::new(Scheme::MlDsa65, 0, 1);
    let to = bob.address();
    let mut script = Script { chain: TestChain::new(&[&alice, &bob]), lines: String::new() };

    let send = alice.msg_send(&to, 5);
    script.run("send", &mut alice, &[send]);
    let back = bob.msg_send(&alice.address(), 1);
    script.run("send, ml-dsa-65", &mut bob, &[back]);
    let new = Account::new(Scheme::Secp256k1, 9, 0).address();
    let first = alice.msg_send(&new, 5);
    script.run("send to a new account", &mut alice, &[first]);
    let too_much = alice.msg_send(&to, u128::MAX);
    script.run("send of too much", &mut alice, &[too_much]);
    let coins = |n| vec![coin::coin(n, coin::BASE_DENOM)];
    let multi = MsgMultiSend {
        inputs: vec![Input { address: alice.address().to_string(), coins: coins(3) }],
        outputs: vec![
            Output { address: to.to_string(), coins: coins(1) },
            Output { address: new.to_string(), coins: coins(2) },
        ],
    };
    script.run("multi-send", &mut alice, &[pack(&multi)]);

    let owner = alice.address().to_string();
    let create = MsgCreateModel {
        owner: owner.clone(),
        name: "mlp".into(),
        content_hash: Sha256::digest(MODEL).to_vec(),
        size: MODEL.len() as u64,
        bindings: vec![Binding { dimension: "pixels:0".into(), size: 1 }],
        chunk_bytes: 20_000,
        ..MsgCreateModel::default()
    };
    let created = script.run("create model", &mut alice, &[pack(&create)]);
    let model_id = response::<MsgCreateModelResponse>(&created).model_id;
    let chunk = |index, data: &[u8]| {
        let data = data.to_vec();
        pack(&MsgUploadChunk { owner: owner.clone(), model_id: model_id.clone(), index, data })
    };
    let (head, tail) = MODEL.split_at(20_000);
    script.run("upload chunk", &mut alice, &[chunk(0, head)]);
    script.run("upload chunk again", &mut alice, &[chunk(0, head)]);
    script.run("upload last chunk", &mut alice, &[chunk(1, tail)]);
    let infer =
        MsgInfer { sender: to.to_string(), model_id: model_id.clone(), inputs: vec![input()], ..MsgInfer::default() };
    script.run("infer before seal", &mut bob, &[pack(&infer)]);
    script.run("seal", &mut alice, &[pack(&MsgSealModel { owner, model_id: model_id.clone(), hold: false })]);
    let inferred: MsgInferResponse = response(&script.run("infer", &mut bob, &[pack(&infer)]));

    let query = QueryInferRequest { model_id, inputs: vec![input()] };
    let asked: QueryInferResponse = script.chain.query("/synergy.aivm.v1.Query/Infer", &query, 0).expect("query");
    assert_eq!(
        (asked.outputs, asked.gas, asked.output_hash),
        (inferred.outputs, inferred.gas, inferred.output_hash),
        "a query gives the bytes and gas of the transaction"
    );
    script.chain.check_invariants();

    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &script.lines).expect("golden file");
    }
    let recorded = std::fs::read_to_string(GOLDEN).expect("golden file");
    assert_eq!(script.lines, recorded, "found:\n{}", script.lines);
}

/// 64 pixels from 0 to 15, as the model was trained on.
fn input() -> Tensor {
    let data = (0..64_u32).flat_map(|i| ((i % 16) as f32).to_le_bytes()).collect();
    Tensor { name: "pixels".into(), dtype: "f32".into(), shape: vec![1, 64], data, ..Tensor::default() }
}
