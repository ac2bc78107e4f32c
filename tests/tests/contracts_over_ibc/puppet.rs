//! A contract that answers what a test wants: `execute` answers with the message itself,
//! and every other function as it was made to.

use serde_json::{Value, json};
use synergy_abci::messages::ExecTxResult;
use synergy_proto::cosmwasm::{QueryContractInfoRequest, QueryContractInfoResponse};
use synergy_tests::{
    contracts::{instantiate, msg_execute, store_code},
    link::End,
};

/// What a function does.
pub(crate) enum Does {
    /// Answers so.
    Answer(String),
    /// Never ends.
    Loop,
    /// Traps.
    Trap,
}

const BASIC: &str = r#"{"ok":{"messages":[],"attributes":[],"events":[]}}"#;
const FUNCTIONS: [(&str, usize, &str); 9] = [
    ("instantiate", 3, BASIC),
    ("ibc_channel_open", 2, r#"{"ok":null}"#),
    ("ibc_channel_connect", 2, BASIC),
    ("ibc_channel_close", 2, BASIC),
    ("ibc_packet_receive", 2, r#"{"ok":{"acknowledgement":"b2s=","messages":[],"attributes":[],"events":[]}}"#),
    ("ibc_packet_ack", 2, BASIC),
    ("ibc_packet_timeout", 2, BASIC),
    ("ibc_source_callback", 2, BASIC),
    ("ibc_destination_callback", 2, BASIC),
];

/// The WebAssembly of a puppet, in which some functions do something else than agree.
pub(crate) fn puppet(special: &[(&str, Does)]) -> Vec<u8> {
    let (mut data, mut functions, mut at) = (String::new(), String::new(), 1024);
    for (name, parameters, agreed) in FUNCTIONS {
        let does = special.iter().find(|(special, _)| *special == name).map(|(_, does)| does);
        let mut answer = |text: &str| {
            let region: Vec<u8> =
                [at + 12, text.len(), text.len()].iter().flat_map(|n| (*n as u32).to_le_bytes()).collect();
            let bytes: String = region.iter().chain(text.as_bytes()).map(|byte| format!("\\{byte:02x}")).collect();
            data += &format!("(data (i32.const {at}) \"{bytes}\")");
            let body = format!("(i32.const {at})");
            at += (12 + text.len()).next_multiple_of(8);
            body
        };
        let body = match does {
            None => answer(agreed),
            Some(Does::Answer(text)) => answer(text),
            Some(Does::Loop) => "(loop (br 0)) (unreachable)".to_owned(),
            Some(Does::Trap) => "(unreachable)".to_owned(),
        };
        functions += &format!("(func (export \"{name}\") (param {}) (result i32) {body})", "i32 ".repeat(parameters));
    }
    wat::parse_str(format!(
        r#"(module (memory (export "memory") 16) (global $free (mut i32) (i32.const 65536))
        {data} {functions}
        (func (export "interface_version_8")) (func (export "deallocate") (param i32))
        (func (export "allocate") (param $size i32) (result i32) (local $region i32)
            (local.set $region (global.get $free))
            (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
            (i32.store (i32.add (local.get $region) (i32.const 4)) (local.get $size))
            (global.set $free (i32.and (i32.const -8)
                (i32.add (i32.add (local.get $region) (local.get $size)) (i32.const 20))))
            (local.get $region))
        (func (export "execute") (param i32 i32 i32) (result i32) (local.get 2)))"#
    ))
    .expect("a module")
}

/// Stores and makes a contract; its address.
pub(crate) fn make(end: &mut End, wasm: Vec<u8>, msg: &Value) -> String {
    let id = store_code(&mut end.chain, &mut end.alice, wasm);
    instantiate(&mut end.chain, &mut end.alice, id, msg, &[])
}

/// The port of a contract, as queries tell it.
pub(crate) fn port(end: &End, contract: &str) -> String {
    let request = QueryContractInfoRequest { address: contract.to_owned() };
    let info: QueryContractInfoResponse =
        end.chain.query("/cosmwasm.wasm.v1.Query/ContractInfo", &request, 0).expect("contract");
    info.contract_info.expect("info").ibc_port_id
}

/// Has a puppet send messages.
pub(crate) fn says(end: &mut End, puppet: &str, messages: &[Value]) -> ExecTxResult {
    let sub = |msg| json!({"id": 1, "msg": msg, "gas_limit": null, "reply_on": "never"});
    let messages: Vec<Value> = messages.iter().map(sub).collect();
    let answer = json!({"ok": {"messages": messages, "attributes": [], "events": [], "data": null}});
    let message = msg_execute(&end.alice, puppet, &answer, &[]);
    end.send(&message)
}

/// The message that sends a packet; it ends at the other chain's height 10,000.
pub(crate) fn send_packet(channel: &str, data: &[u8]) -> Value {
    let timeout = json!({"block": {"revision": 1, "height": 10_000}, "timestamp": null});
    json!({"ibc": {"send_packet": {"channel_id": channel, "data": base64(data), "timeout": timeout}}})
}

/// Bytes as contracts' JSON has them.
pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}

/// Codespace and code.
pub(crate) fn code(result: &ExecTxResult) -> (&str, u32) {
    (&result.codespace, result.code)
}
