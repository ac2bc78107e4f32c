//! Contracts in tests: wasmd's and wasmvm's ready binaries, and short ways to send
//! them messages.

use prost::Message;
use serde_json::Value;
use sha2::Digest;
use synergy_abci::messages::ExecTxResult;
use synergy_kernel::Result;
use synergy_proto::{
    Coin,
    cosmos::base::abci::v1beta1::TxMsgData,
    cosmwasm::{
        MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContractResponse, MsgStoreCode, MsgStoreCodeResponse,
        QuerySmartContractStateRequest, QuerySmartContractStateResponse,
    },
    pack,
    synergy::modelregistry::{Binding, MsgCreateModel, MsgCreateModelResponse, MsgSealModel, MsgUploadChunk},
};

use crate::{Account, Fee, TestChain};

/// Gas for any upload of the test data.
const STORE_GAS: u64 = 400_000_000;
/// Gas for any call of the tests.
const CALL_GAS: u64 = 60_000_000;

/// A ready contract, e.g. `wasmd/hackatom.wasm`, that `scripts/wasm-testdata.sh`
/// has fetched.
pub fn ready(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/wasm");
    let folder = std::env::var("WASM_TESTDATA").unwrap_or_else(|_| folder.to_owned());
    let path = std::path::Path::new(&folder).join(name);
    std::fs::read(&path).unwrap_or_else(|e| {
        panic!("{}: {e}: run scripts/wasm-testdata.sh once, it fetches the contracts", path.display())
    })
}

/// The first response of a transaction.
pub fn response<R: Message + Default>(result: &ExecTxResult) -> R {
    assert_eq!(result.code, 0, "{}", result.log);
    let data = TxMsgData::decode(result.data.clone()).expect("data of a transaction");
    R::decode(data.msg_responses.first().expect("a response").value.as_slice()).expect("response")
}

/// Stores a code and returns its id.
pub fn store_code(chain: &mut TestChain, sender: &mut Account, wasm: Vec<u8>) -> u64 {
    let message =
        MsgStoreCode { sender: sender.address().to_string(), wasm_byte_code: wasm, ..MsgStoreCode::default() };
    let result = chain.deliver(sender.sign(&[pack(&message)], Fee::of(STORE_GAS)));
    response::<MsgStoreCodeResponse>(&result).code_id
}

/// Instantiates a code, the sender being the admin, and returns the address.
pub fn instantiate(chain: &mut TestChain, sender: &mut Account, code_id: u64, msg: &Value, funds: &[Coin]) -> String {
    let message = MsgInstantiateContract {
        sender: sender.address().to_string(),
        admin: sender.address().to_string(),
        code_id,
        label: "test".to_owned(),
        msg: msg.to_string().into_bytes(),
        funds: funds.to_vec(),
    };
    let result = chain.deliver(sender.sign(&[pack(&message)], Fee::of(CALL_GAS)));
    response::<MsgInstantiateContractResponse>(&result).address
}

/// A message to a contract.
pub fn msg_execute(sender: &Account, contract: &str, msg: &Value, funds: &[Coin]) -> MsgExecuteContract {
    MsgExecuteContract {
        sender: sender.address().to_string(),
        contract: contract.to_owned(),
        msg: msg.to_string().into_bytes(),
        funds: funds.to_vec(),
    }
}

/// Sends a contract a message.
pub fn execute(
    chain: &mut TestChain,
    sender: &mut Account,
    contract: &str,
    msg: &Value,
    funds: &[Coin],
) -> ExecTxResult {
    let message = msg_execute(sender, contract, msg, funds);
    chain.deliver(sender.sign(&[pack(&message)], Fee::of(CALL_GAS)))
}

/// Asks a contract.
///
/// # Errors
/// What the query fails with.
pub fn smart(chain: &TestChain, contract: &str, msg: &Value) -> Result<Value> {
    let request =
        QuerySmartContractStateRequest { address: contract.to_owned(), query_data: msg.to_string().into_bytes() };
    let answer: QuerySmartContractStateResponse =
        chain.query("/cosmwasm.wasm.v1.Query/SmartContractState", &request, 0)?;
    Ok(serde_json::from_slice(&answer.data).expect("an answer in JSON"))
}

/// A contract of `contracts/`, e.g. `cw20_base`, that `scripts/contracts-build.sh` has
/// built.
pub fn built(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/contracts");
    let path = std::path::Path::new(folder).join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|e| {
        panic!("{}: {e}: run scripts/contracts-build.sh once, it builds the contracts", path.display())
    })
}

/// Publishes a model of one chunk and returns its id in hexadecimal.
pub fn publish(chain: &mut TestChain, owner: &mut Account, model: &[u8], bindings: &[(&str, u64)]) -> String {
    let create = MsgCreateModel {
        owner: owner.address().to_string(),
        name: "model".to_owned(),
        content_hash: sha2::Sha256::digest(model).to_vec(),
        size: model.len() as u64,
        bindings: bindings.iter().map(|(name, size)| Binding { dimension: (*name).to_owned(), size: *size }).collect(),
        ..MsgCreateModel::default()
    };
    let mut send = |message| {
        let result = chain.deliver(owner.sign(&[message], Fee::of(STORE_GAS)));
        assert_eq!(result.code, 0, "{}", result.log);
        result
    };
    let model_id = response::<MsgCreateModelResponse>(&send(pack(&create))).model_id;
    let owner = create.owner;
    let chunk = MsgUploadChunk { owner: owner.clone(), model_id: model_id.clone(), index: 0, data: model.to_vec() };
    send(pack(&chunk));
    send(pack(&MsgSealModel { owner, model_id: model_id.clone(), hold: false }));
    model_id.iter().map(|byte| format!("{byte:02x}")).collect()
}
