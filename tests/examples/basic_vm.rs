//! A contract that thinks, without a chain: the contract engine and the AI runtime
//! alone, with a map as the contract's storage.
//!
//!     scripts/contracts-build.sh
//!     cargo run --release --example basic_vm -- "The coffee was wonderful"
//!
//! The contract is contracts/sentiment-gate; it asks the model whether a review is
//! positive, and says whom to pay.

use std::{collections::BTreeMap, env, error::Error, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use cosmwasm_std::{
    Addr, Binary, BlockInfo, ContractInfo, ContractResult, Env, MessageInfo, Order, Record, SystemError, SystemResult,
    Timestamp,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_inference::{Image, NamedTensor, Outcome, Runtime, Tensor};
use synergy_proto::Address;
use synergy_tests::{contracts::built, contracts_in};
use synergy_vm::{BackendResult, Done, Engine, Entry, GasInfo, Host, Residence};

/// VM gas of the whole run.
const GAS: u64 = 1_000_000_000_000;
/// VM gas that one gas of the AI runtime is worth.
const VM_GAS: u64 = 1_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let text = env::args().nth(1).unwrap_or_else(|| "Great team, I love this product!".to_owned());
    let folder = env::temp_dir().join("synergy-test-cache");
    std::fs::create_dir_all(&folder)?;
    let runtime = Runtime::open(&folder)?;
    let engine = contracts_in(&folder.join("wasm"));

    let model = include_bytes!("../../contracts/models/sentiment.onnx");
    let (image, _) = runtime.load(model, &BTreeMap::new(), u64::MAX).map_err(|error| format!("{error:?}"))?;
    let alone = Alone { entries: BTreeMap::new(), runtime, image };

    let reward = json!({"denom": "asnrg", "amount": "500"});
    let config = json!({"model": "00".repeat(32), "threshold": 9000, "reward": reward});
    let (alone, _) = call(&engine, alone, "instantiate", &config)?;
    let (_, answer) = call(&engine, alone, "execute", &json!({"review": {"text": text}}))?;
    println!("{text}");
    for attribute in answer["attributes"].as_array().into_iter().flatten() {
        println!("  {}: {}", attribute["key"], attribute["value"]);
    }
    println!("  messages: {}", answer["messages"]);
    Ok(())
}

/// Calls the contract; returns the world after it and the contract's answer.
fn call(engine: &Engine, host: Alone, function: &str, msg: &Value) -> Result<(Alone, Value)> {
    let wasm = built("sentiment_gate");
    engine.admit(&wasm).map_err(|refusal| refusal.to_string())?;
    let checksum = Sha256::digest(&wasm).into();
    let code =
        engine.load(&checksum, Residence::Cached, || (Arc::new(wasm), true)).map_err(|fault| fault.to_string())?;
    let address = |name| Addr::unchecked(Address::module(name).to_string());
    let env = Env {
        block: BlockInfo { height: 1, time: Timestamp::from_seconds(1_767_225_600), chain_id: "none".into() },
        transaction: None,
        contract: ContractInfo { address: address("contract") },
    };
    let info = MessageInfo { sender: address("author"), funds: vec![] };
    let msg = serde_json::to_vec(msg)?;
    let entry = match function {
        "instantiate" => Entry::Instantiate(&info, &msg),
        _ => Entry::Execute(&info, &msg),
    };
    let Done { host, outcome, gas } = engine.call(&code, host, &env, &entry, GAS).map_err(|fault| fault.to_string())?;
    let answer: Value = serde_json::from_slice(&outcome.map_err(|failure| failure.to_string())?)?;
    println!("{function}: {gas} VM gas");
    match answer {
        Value::Object(mut fields) if fields.contains_key("ok") => Ok((host, fields["ok"].take())),
        refused => Err(format!("the contract refused: {refused}").into()),
    }
}

/// What the contract takes for the chain.
struct Alone {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    runtime: Runtime,
    image: Image,
}

impl Host for Alone {
    fn get(&mut self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        (Ok(self.entries.get(key).cloned()), GasInfo::free())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()> {
        self.entries.insert(key.to_vec(), value.to_vec());
        (Ok(()), GasInfo::free())
    }

    fn remove(&mut self, key: &[u8]) -> BackendResult<()> {
        self.entries.remove(key);
        (Ok(()), GasInfo::free())
    }

    fn search(
        &mut self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
        count: usize,
    ) -> BackendResult<Vec<Record>> {
        let inside = |key: &[u8]| start.is_none_or(|start| start <= key) && end.is_none_or(|end| key < end);
        let entries =
            self.entries.iter().filter(|(key, _)| inside(key)).map(|(key, value)| (key.clone(), value.clone()));
        let found = match order {
            Order::Ascending => entries.take(count).collect(),
            Order::Descending => entries.rev().take(count).collect(),
        };
        (Ok(found), GasInfo::free())
    }

    fn step(&mut self, _: &Record) -> BackendResult<()> {
        (Ok(()), GasInfo::free())
    }

    fn query(&mut self, request: &[u8], _: u64) -> BackendResult<SystemResult<ContractResult<Binary>>> {
        let unsupported = || SystemResult::Err(SystemError::UnsupportedRequest { kind: "not in this example".into() });
        let request: Value = serde_json::from_slice(request).unwrap_or_default();
        if let Some(infer) = request.pointer("/custom/infer") {
            return match self.infer(infer) {
                Ok((answer, gas)) => (Ok(ok(&answer)), GasInfo::with_cost(gas.saturating_mul(VM_GAS))),
                Err(text) => (Ok(SystemResult::Ok(ContractResult::Err(text))), GasInfo::free()),
            };
        }
        let answer = match request.pointer("/bank/balance/denom") {
            Some(denom) => ok(&json!({"amount": {"denom": denom, "amount": "1000"}})),
            None => unsupported(),
        };
        (Ok(answer), GasInfo::free())
    }
}

impl Alone {
    /// The answer to an `infer` query, and its gas.
    fn infer(&self, query: &Value) -> std::result::Result<(Value, u64), String> {
        let inputs = query["inputs"].as_array().ok_or("no inputs")?.iter().map(tensor).collect::<Option<Vec<_>>>();
        let inputs = inputs.ok_or("not a tensor")?;
        let result = self.runtime.run(&self.image, &inputs, u64::MAX).map_err(|outcome| match outcome {
            Outcome::Error(error) => error.message,
            Outcome::Fault(fault) => panic!("{fault}"),
        })?;
        let outputs: Vec<Value> = result.outputs.iter().map(|NamedTensor { name, tensor }| {
            json!({"name": name, "dtype": tensor.dtype, "shape": tensor.shape, "data": BASE64_STANDARD.encode(&tensor.data)})
        }).collect();
        Ok((json!({"outputs": outputs, "gas": result.gas}), result.gas))
    }
}

fn tensor(json: &Value) -> Option<NamedTensor> {
    let data = BASE64_STANDARD.decode(json["data"].as_str()?).ok()?;
    let shape = json["shape"].as_array()?.iter().map(Value::as_u64).collect::<Option<_>>()?;
    let dtype = serde_json::from_value(json["dtype"].clone()).ok()?;
    Some(NamedTensor { name: json["name"].as_str()?.to_owned(), tensor: Tensor { dtype, shape, data } })
}

fn ok(answer: &Value) -> SystemResult<ContractResult<Binary>> {
    SystemResult::Ok(ContractResult::Ok(answer.to_string().into_bytes().into()))
}
