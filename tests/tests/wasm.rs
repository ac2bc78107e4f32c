//! Contracts on the chain, with wasmd's own binaries.

use std::{fs, path::Path};

use prost::Message;
use serde_json::{Value, json};
use synergy_abci::messages::{Event, ExecTxResult};
use synergy_kernel::Error;
use synergy_proto::{
    Address, Any, coin,
    cosmwasm::*,
    pack,
    synergy::{
        aivm::{MsgInferResponse, MsgUploadBlob, QueryInferRequest, QueryInferResponse, Tensor},
        modelregistry::{MsgSetTerms, Terms},
    },
};
use synergy_store::MemDb;
use synergy_tests::{
    Account, CHAIN_ID, FUNDS, Fee, TestChain,
    contracts::{execute, instantiate, msg_execute, publish, ready, response, smart, store_code},
    contracts_in, disk,
};

const QUERY: &str = "/cosmwasm.wasm.v1.Query";

/// Digests of 20,000 bytes of 7.
const SHA3_OF_SEVENS: &str = "2dddf94b49e6363861427f8c34a466684cebb0653af92a0f2ff4561fd59f1093";
const BLAKE2B_OF_SEVENS: &str = "a0071c1df8e9a16708c4c7c9e50d2431d8b7e66dd0cdd94f6294de68359eab51";

struct World {
    chain: TestChain,
    alice: Account,
    bob: Account,
}

fn world() -> World {
    let mut accounts = Account::many(2).into_iter();
    let (alice, bob) = (accounts.next().unwrap(), accounts.next().unwrap());
    World { chain: TestChain::new(&[&alice, &bob]), alice, bob }
}

/// A contract that asks for a capability which nobody has.
const OF_THE_FUTURE: &str = r#"(module (memory (export "memory") 1)
    (func (export "interface_version_8")) (func (export "requires_future"))
    (func (export "allocate") (param i32) (result i32) (i32.const 0)) (func (export "deallocate") (param i32))
    (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 0)))"#;

fn document(accounts: &[&Account]) -> Value {
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    for account in accounts {
        let funds = [coin::coin(FUNDS, coin::BASE_DENOM)];
        synergy_app::genesis::add_account(&mut document, &account.address(), &funds).unwrap();
    }
    document
}

impl World {
    /// hackatom with Alice as verifier, Bob as beneficiary, and 1000 asnrg.
    fn hackatom(&mut self) -> (u64, String) {
        let id = store_code(&mut self.chain, &mut self.alice, ready("wasmd/hackatom.wasm"));
        let msg = json!({"verifier": self.alice.address().to_string(), "beneficiary": self.bob.address().to_string()});
        let funds = [coin::coin(1000, coin::BASE_DENOM)];
        (id, instantiate(&mut self.chain, &mut self.alice, id, &msg, &funds))
    }

    fn reflect(&mut self) -> String {
        let id = store_code(&mut self.chain, &mut self.alice, ready("wasmd/reflect_2_0.wasm"));
        instantiate(&mut self.chain, &mut self.alice, id, &json!({}), &[coin::coin(5000, coin::BASE_DENOM)])
    }

    /// What governance would get for a message, on a copy of the state.
    fn as_governance(&self, messages: &[Any]) -> Result<Vec<Any>, Error> {
        self.chain.app.read(|ctx| messages.iter().map(|m| ctx.dispatch(m, &Address::module("gov"))).collect())
    }
}

fn attributes<'a>(events: &'a [Event], kind: &str) -> Vec<Vec<(&'a str, &'a str)>> {
    let of_kind = events.iter().filter(|event| event.r#type == kind);
    of_kind.map(|event| event.attributes.iter().map(|a| (a.key.as_str(), a.value.as_str())).collect()).collect()
}

fn code_of(result: &ExecTxResult) -> (&str, u32) {
    (&result.codespace, result.code)
}

#[test]
fn a_contract_is_stored_made_called_and_asked() {
    let mut world = world();
    let (id, hackatom) = world.hackatom();
    assert_eq!(id, 1);
    assert_eq!(hackatom, synergy_wasm::classic(1, 1).to_string());
    let contract: Address = hackatom.parse().unwrap();
    assert_eq!(contract.as_bytes().len(), 32);
    assert_eq!(world.chain.balance(&contract), 1000);
    let verifier = json!({"verifier": world.alice.address().to_string()});
    assert_eq!(smart(&world.chain, &hackatom, &json!({"verifier": {}})).unwrap(), verifier);

    let refused = execute(&mut world.chain, &mut world.bob, &hackatom, &json!({"release": {}}), &[]);
    assert_eq!(code_of(&refused), ("wasm", 5), "{}", refused.log);
    assert!(refused.log.ends_with("Unauthorized: execute wasm contract failed"), "{}", refused.log);

    let before = world.chain.balance(&world.bob.address());
    let released = execute(&mut world.chain, &mut world.alice, &hackatom, &json!({"release": {}}), &[]);
    assert_eq!(response::<MsgExecuteContractResponse>(&released).data, [0xf0, 0x0b, 0xaa]);
    assert_eq!(world.chain.balance(&world.bob.address()), before + 1000);
    let bob = world.bob.address().to_string();
    let index = ("msg_index", "0");
    let address = ("_contract_address", hackatom.as_str());
    assert_eq!(attributes(&released.events, "execute"), [vec![address, index]]);
    let told = [address, ("action", "release"), ("destination", &bob), index];
    assert_eq!(attributes(&released.events, "wasm"), [told.to_vec()]);
    assert_eq!(attributes(&released.events, "wasm-hackatom"), [vec![address, ("action", "release"), index]]);
    world.chain.check_invariants();
}

#[test]
fn every_query_of_the_service_answers() {
    let mut world = world();
    let (id, hackatom) = world.hackatom();
    let chain = &world.chain;
    let alice = world.alice.address().to_string();

    let request = QueryContractInfoRequest { address: hackatom.clone() };
    let info: QueryContractInfoResponse = chain.query(&format!("{QUERY}/ContractInfo"), &request, 0).unwrap();
    let info = info.contract_info.unwrap();
    assert_eq!((info.code_id, &*info.creator, &*info.admin, &*info.label), (id, &*alice, &*alice, "test"));
    assert_eq!(info.created.unwrap().block_height, 2);

    let request = QueryContractHistoryRequest { address: hackatom.clone(), pagination: None };
    let history: QueryContractHistoryResponse = chain.query(&format!("{QUERY}/ContractHistory"), &request, 0).unwrap();
    assert_eq!(history.entries[0].operation(), ContractCodeHistoryOperationType::Init);

    let request = QueryContractsByCodeRequest { code_id: id, pagination: None };
    let found: QueryContractsByCodeResponse = chain.query(&format!("{QUERY}/ContractsByCode"), &request, 0).unwrap();
    assert_eq!(found.contracts, [hackatom.as_str()]);
    let request = QueryContractsByCreatorRequest { creator_address: alice.clone(), pagination: None };
    let found: QueryContractsByCreatorResponse =
        chain.query(&format!("{QUERY}/ContractsByCreator"), &request, 0).unwrap();
    assert_eq!(found.contract_addresses, [hackatom.as_str()]);

    let request = QueryAllContractStateRequest { address: hackatom.clone(), pagination: None };
    let all: QueryAllContractStateResponse = chain.query(&format!("{QUERY}/AllContractState"), &request, 0).unwrap();
    let [entry] = all.models.as_slice() else { panic!("{:?}", all.models) };
    assert_eq!(entry.key, b"config");
    let request = QueryRawContractStateRequest { address: hackatom.clone(), query_data: b"config".to_vec() };
    let raw: QueryRawContractStateResponse = chain.query(&format!("{QUERY}/RawContractState"), &request, 0).unwrap();
    assert_eq!(raw.data, entry.value);
    let key = [&[3], hackatom.parse::<Address>().unwrap().as_bytes(), b"config"].concat();
    assert_eq!(chain.raw_query("/store/wasm/key", key, 0, false).value, entry.value);

    let request = QueryCodeRequest { code_id: id };
    let code: QueryCodeResponse = chain.query(&format!("{QUERY}/Code"), &request, 0).unwrap();
    assert_eq!(code.data, ready("wasmd/hackatom.wasm"));
    let request = QueryCodeInfoRequest { code_id: id };
    let info: QueryCodeInfoResponse = chain.query(&format!("{QUERY}/CodeInfo"), &request, 0).unwrap();
    assert_eq!(info.checksum, synergy_store::sha256(&code.data));
    let codes: QueryCodesResponse =
        chain.query(&format!("{QUERY}/Codes"), &QueryCodesRequest { pagination: None }, 0).unwrap();
    assert_eq!(codes.code_infos[0].creator, alice);
    let pinned: QueryPinnedCodesResponse =
        chain.query(&format!("{QUERY}/PinnedCodes"), &QueryPinnedCodesRequest { pagination: None }, 0).unwrap();
    assert!(pinned.code_ids.is_empty());
    let params: QueryParamsResponse = chain.query(&format!("{QUERY}/Params"), &QueryParamsRequest {}, 0).unwrap();
    assert_eq!(params.params.unwrap().instantiate_default_permission(), AccessType::Everybody);
    let limits: QueryWasmLimitsConfigResponse =
        chain.query(&format!("{QUERY}/WasmLimitsConfig"), &QueryWasmLimitsConfigRequest {}, 0).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&limits.config).unwrap()["initial_memory_limit_pages"], 512);

    let request = QueryBuildAddressRequest {
        code_hash: hex::encode(&info.checksum),
        creator_address: alice,
        salt: "aa".to_owned(),
        init_args: Vec::new(),
    };
    let built: QueryBuildAddressResponse = chain.query(&format!("{QUERY}/BuildAddress"), &request, 0).unwrap();
    let checksum = info.checksum.try_into().unwrap();
    let expected = synergy_wasm::predictable(&checksum, &world.alice.address(), &[0xaa], &[]).unwrap();
    assert_eq!(built.address, expected.to_string());
    let unknown = smart(chain, &built.address, &json!({"verifier": {}})).unwrap_err();
    assert_eq!(unknown.code, 22, "{unknown}");
}

#[test]
fn uploads_may_be_gzip_and_must_be_contracts() {
    let mut world = world();
    let id = store_code(&mut world.chain, &mut world.alice, ready("wasmd/hackatom.wasm.gzip"));
    let code: QueryCodeResponse =
        world.chain.query(&format!("{QUERY}/Code"), &QueryCodeRequest { code_id: id }, 0).unwrap();
    assert!(code.data.starts_with(b"\0asm"));
    let mut upload = |bytes: Vec<u8>| {
        let sender = world.alice.address().to_string();
        let message = MsgStoreCode { sender, wasm_byte_code: bytes, ..MsgStoreCode::default() };
        world.chain.deliver(world.alice.sign(&[pack(&message)], Fee::of(400_000_000)))
    };
    assert_eq!(code_of(&upload(b"no contract".to_vec())), ("wasm", 2));
    assert_eq!(code_of(&upload(b"\0asm\x01\0\0\0".to_vec())), ("wasm", 2));
    assert_eq!(code_of(&upload(b"\x1f\x8b\x08 no gzip".to_vec())), ("wasm", 2));
    // A capability that this chain does not have.
    let future = upload(wat::parse_str(OF_THE_FUTURE).unwrap());
    assert_eq!(code_of(&future), ("wasm", 2));
    assert!(future.log.contains("future"), "{}", future.log);
    // The same code again costs the same, though it is compiled already.
    let (first, second) = (upload(ready("wasmd/burner.wasm")), upload(ready("wasmd/burner.wasm")));
    assert_eq!((first.code, first.gas_used), (0, second.gas_used), "{}", first.log);
}

#[test]
fn an_instantiate2_address_is_known_before_and_taken_once() {
    let mut world = world();
    let (id, _) = world.hackatom();
    let checksum = synergy_store::sha256(&ready("wasmd/hackatom.wasm"));
    let alice = world.alice.address();
    let msg = json!({"verifier": alice.to_string(), "beneficiary": alice.to_string()}).to_string().into_bytes();
    for (salt, fix_msg) in [(b"one", false), (b"two", true)] {
        let message = MsgInstantiateContract2 {
            sender: alice.to_string(),
            admin: String::new(),
            code_id: id,
            label: "predictable".to_owned(),
            msg: msg.clone(),
            funds: Vec::new(),
            salt: salt.to_vec(),
            fix_msg,
        };
        let fixed = if fix_msg { msg.as_slice() } else { &[] };
        let expected = synergy_wasm::predictable(&checksum, &alice, salt, fixed).unwrap();
        let made = world.chain.deliver(world.alice.sign(&[pack(&message)], Fee::of(60_000_000)));
        assert_eq!(response::<MsgInstantiateContract2Response>(&made).address, expected.to_string());
        let again = world.chain.deliver(world.alice.sign(&[pack(&message)], Fee::of(60_000_000)));
        assert_eq!(code_of(&again), ("wasm", 15), "{}", again.log);
    }
}

/// A sub-message of reflect to `contract`.
fn sub_message(id: u64, contract: &str, msg: &Value, reply_on: &str) -> Value {
    let execute = json!({"contract_addr": contract, "funds": [], "msg": base64(msg.to_string().as_bytes())});
    json!({"id": id, "payload": "", "msg": {"wasm": {"execute": execute}}, "gas_limit": null, "reply_on": reply_on})
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}

#[test]
fn replies_come_when_they_were_asked_for() {
    let mut world = world();
    let (_, hackatom) = world.hackatom();
    let reflect = world.reflect();
    // Alice alone may release; reflect is refused, so each of these fails inside.
    let fails = json!({"release": {}});
    let send = |world: &mut World, id: u64, msg: Value, reply_on: &str| {
        let msg = json!({"reflect_sub_msg": {"msgs": [sub_message(id, &hackatom, &msg, reply_on)]}});
        execute(&mut world.chain, &mut world.alice, &reflect, &msg, &[])
    };
    for (id, reply_on) in [(1, "never"), (2, "success")] {
        assert_eq!(code_of(&send(&mut world, id, fails.clone(), reply_on)), ("wasm", 5));
    }
    for (id, reply_on) in [(3, "error"), (4, "always")] {
        let result = send(&mut world, id, fails.clone(), reply_on);
        assert_eq!(result.code, 0, "{}", result.log);
        let stored = smart(&world.chain, &reflect, &json!({"sub_msg_result": {"id": id}})).unwrap();
        assert_eq!(stored["result"]["error"], "Unauthorized: execute wasm contract failed");
        assert_eq!(attributes(&result.events, "reply").len(), 1);
    }
    // A contract that is not there is told by its code alone.
    let nobody = synergy_wasm::classic(9, 9).to_string();
    let msg = json!({"reflect_sub_msg": {"msgs": [sub_message(5, &nobody, &fails, "error")]}});
    assert_eq!(execute(&mut world.chain, &mut world.alice, &reflect, &msg, &[]).code, 0);
    let stored = smart(&world.chain, &reflect, &json!({"sub_msg_result": {"id": 5}})).unwrap();
    assert_eq!(stored["result"]["error"], "codespace: wasm, code: 22");
}

#[test]
fn a_reply_tells_of_success_and_a_failure_leaves_nothing() {
    let mut world = world();
    let reflect = world.reflect();
    let bob = world.bob.address();
    let send = |amount: &str, id: u64, reply_on: &str| {
        let send = json!({"to_address": bob.to_string(), "amount": [{"denom": "asnrg", "amount": amount}]});
        json!({"id": id, "payload": "", "msg": {"bank": {"send": send}}, "gas_limit": null, "reply_on": reply_on})
    };
    let before = world.chain.balance(&bob);
    let msg = json!({"reflect_sub_msg": {"msgs": [send("10", 1, "success"), send("9999", 2, "error"), send("5", 3, "error")]}});
    let result = execute(&mut world.chain, &mut world.alice, &reflect, &msg, &[]);
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(world.chain.balance(&bob), before + 15);
    assert_eq!(attributes(&result.events, "transfer").len(), 2, "the failed transfer left no event");
    let first = smart(&world.chain, &reflect, &json!({"sub_msg_result": {"id": 1}})).unwrap();
    assert_eq!(first["result"]["ok"]["msg_responses"][0]["type_url"], "/cosmos.bank.v1beta1.MsgSendResponse");
    let second = smart(&world.chain, &reflect, &json!({"sub_msg_result": {"id": 2}})).unwrap();
    assert_eq!(second["result"]["error"], "codespace: sdk, code: 5");
    assert!(smart(&world.chain, &reflect, &json!({"sub_msg_result": {"id": 3}})).is_err(), "no reply was asked for");
    // Sub-messages may have a limit of gas of their own.
    let mut limited = send("1", 4, "error");
    limited["gas_limit"] = json!(500);
    let msg = json!({"reflect_sub_msg": {"msgs": [limited]}});
    assert_eq!(execute(&mut world.chain, &mut world.alice, &reflect, &msg, &[]).code, 0);
    let fourth = smart(&world.chain, &reflect, &json!({"sub_msg_result": {"id": 4}})).unwrap();
    assert_eq!(fourth["result"]["error"], "codespace: sdk, code: 11");
}

/// Ten messages in each other on a quarter of a thread's stack: the kernel's limit
/// of 32 fits a thread of 2 MiB.
#[test]
fn contracts_that_call_contracts_take_little_stack() {
    let mut world = world();
    let id = store_code(&mut world.chain, &mut world.alice, ready("wasmd/reflect_2_0.wasm"));
    let mut chain_of: Vec<String> = Vec::new();
    for number in 0..9 {
        let funds = [coin::coin(100 + number, coin::BASE_DENOM)];
        let contract = instantiate(&mut world.chain, &mut world.alice, id, &json!({}), &funds);
        if let Some(owner) = chain_of.last() {
            let own = json!({"change_owner": {"owner": owner}});
            assert_eq!(execute(&mut world.chain, &mut world.alice, &contract, &own, &[]).code, 0);
        }
        chain_of.push(contract);
    }
    let bob = world.bob.address();
    let send = json!({"to_address": bob.to_string(), "amount": [{"denom": "asnrg", "amount": "50"}]});
    let mut msg = json!({"reflect_msg": {"msgs": [{"bank": {"send": send}}]}});
    for contract in chain_of.iter().skip(1).rev() {
        let inner = base64(msg.to_string().as_bytes());
        let call = json!({"contract_addr": contract, "funds": [], "msg": inner});
        msg = json!({"reflect_msg": {"msgs": [{"wasm": {"execute": call}}]}});
    }
    let before = world.chain.balance(&bob);
    let first = chain_of.remove(0);
    let run = move || {
        let result = execute(&mut world.chain, &mut world.alice, &first, &msg, &[]);
        assert_eq!(result.code, 0, "{}", result.log);
        assert_eq!(attributes(&result.events, "execute").len(), 9);
        assert_eq!(world.chain.balance(&bob), before + 50);
    };
    std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn queries_may_be_nested_ten_deep() {
    let mut world = world();
    let (_, hackatom) = world.hackatom();
    let recurse = |depth: u32| smart(&world.chain, &hackatom, &json!({"recurse": {"depth": depth, "work": 5}}));
    assert!(recurse(9).is_ok());
    assert_eq!(recurse(10).unwrap_err().code, 9);
}

/// The queue contract iterates over what it stores, beyond what one search finds.
#[test]
fn iterations_see_every_entry_in_order() {
    let mut world = world();
    let id = store_code(&mut world.chain, &mut world.alice, ready("wasmd/queue.wasm"));
    let queue = instantiate(&mut world.chain, &mut world.alice, id, &json!({}), &[]);
    let values: Vec<u32> = (0..50).collect();
    for part in values.chunks(25) {
        let enqueue =
            |value: &u32| pack(&msg_execute(&world.alice, &queue, &json!({"enqueue": {"value": value}}), &[]));
        let messages: Vec<Any> = part.iter().map(enqueue).collect();
        let result = world.chain.deliver(world.alice.sign(&messages, Fee::of(200_000_000)));
        assert_eq!(result.code, 0, "{}", result.log);
    }
    assert_eq!(smart(&world.chain, &queue, &json!({"count": {}})).unwrap()["count"], 50);
    assert_eq!(smart(&world.chain, &queue, &json!({"sum": {}})).unwrap()["sum"], 49 * 50 / 2);
    // The first of each pair is an entry, the second the sum of all after it.
    let counters = smart(&world.chain, &queue, &json!({"reducer": {}})).unwrap();
    let counters = counters["counters"].as_array().unwrap();
    assert_eq!((counters.len(), &counters[49]), (50, &json!([49, 0])));
    assert_eq!(counters[0], json!([0, 49 * 50 / 2]));
    let taken = execute(&mut world.chain, &mut world.alice, &queue, &json!({"dequeue": {}}), &[]);
    assert_eq!(response::<MsgExecuteContractResponse>(&taken).data, br#"{"value":0}"#);
    assert_eq!(smart(&world.chain, &queue, &json!({"count": {}})).unwrap()["count"], 49);
}

#[test]
fn contracts_ask_the_chain() {
    let mut world = world();
    let (id, hackatom) = world.hackatom();
    let reflect = world.reflect();
    let chain = |world: &World, request: Value| -> Result<Value, Error> {
        let answer = smart(&world.chain, &reflect, &json!({"chain": {"request": request}}))?;
        use base64::{Engine, prelude::BASE64_STANDARD};
        let data = BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        Ok(serde_json::from_slice(&data).unwrap_or(Value::Null))
    };
    let balance = chain(&world, json!({"bank": {"balance": {"address": hackatom, "denom": "asnrg"}}})).unwrap();
    assert_eq!(balance, json!({"amount": {"denom": "asnrg", "amount": "1000"}}));
    let all = chain(&world, json!({"bank": {"all_balances": {"address": hackatom}}})).unwrap();
    assert_eq!(all["amount"][0]["amount"], "1000");
    let supply = chain(&world, json!({"bank": {"supply": {"denom": "asnrg"}}})).unwrap();
    assert!(supply["amount"]["amount"].as_str().unwrap().len() > 20);
    let metadata = chain(&world, json!({"bank": {"denom_metadata": {"denom": "asnrg"}}})).unwrap();
    assert_eq!(metadata["metadata"]["symbol"], "SNRG");
    let msg = base64(br#"{"verifier":{}}"#);
    let smart = chain(&world, json!({"wasm": {"smart": {"contract_addr": hackatom, "msg": msg}}})).unwrap();
    assert_eq!(smart["verifier"], world.alice.address().to_string());
    let raw = chain(&world, json!({"wasm": {"raw": {"contract_addr": hackatom, "key": base64(b"config")}}})).unwrap();
    assert_eq!(raw["verifier"], world.alice.address().to_string());
    let info = chain(&world, json!({"wasm": {"contract_info": {"contract_addr": hackatom}}})).unwrap();
    assert_eq!((&info["code_id"], &info["pinned"]), (&json!(id), &json!(false)));
    let code = chain(&world, json!({"wasm": {"code_info": {"code_id": id}}})).unwrap();
    assert_eq!(code["checksum"].as_str().map(str::len), Some(64));

    let refused = |request: Value| chain(&world, request).unwrap_err().message;
    let nobody = synergy_wasm::classic(9, 9).to_string();
    let text = refused(json!({"wasm": {"contract_info": {"contract_addr": nobody}}}));
    assert!(text.contains("No such contract"), "{text}");
    let text = refused(json!({"grpc": {"path": "/cosmwasm.wasm.v1.Query/SmartContractState", "data": ""}}));
    assert!(text.contains("is not allowed from the contract"), "{text}");
    let text = refused(json!({"distribution": {"delegator_withdraw_address": {"delegator_address": nobody}}}));
    assert!(text.contains("Unsupported"), "{text}");
}

/// `grpc` answers in protobuf and `stargate` in the SDK's JSON, for the methods of one list.
#[test]
fn contracts_ask_grpc_methods_in_both_forms() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use synergy_proto::cosmos::bank::v1beta1::{QuerySupplyOfRequest, QuerySupplyOfResponse};
    let mut world = world();
    let reflect = world.reflect();
    let ask = |kind: &str, path: &str, request: &[u8]| -> Result<Vec<u8>, Error> {
        let request = json!({kind: {"path": path, "data": base64(request)}});
        let answer = smart(&world.chain, &reflect, &json!({"chain": {"request": request}}))?;
        Ok(BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap())
    };
    let path = "/cosmos.bank.v1beta1.Query/SupplyOf";
    let request = QuerySupplyOfRequest { denom: "asnrg".into() }.encode_to_vec();
    let supply = QuerySupplyOfResponse::decode(ask("grpc", path, &request).unwrap().as_slice()).unwrap();
    let json: Value = serde_json::from_slice(&ask("stargate", path, &request).unwrap()).unwrap();
    assert_eq!(json, json!({"amount": {"denom": "asnrg", "amount": supply.amount.unwrap().amount}}));

    // Every method of the list is served, and answers or refuses in both forms alike.
    for path in synergy_wasm::METHODS {
        assert!(world.chain.app.chain().routes.queries().any(|served| served == *path), "{path}");
        let (protobuf, json) = (ask("grpc", path, b""), ask("stargate", path, b""));
        assert_eq!(protobuf.is_ok(), json.is_ok(), "{path}: {protobuf:?} {json:?}");
        if let Ok(json) = json {
            serde_json::from_slice::<Value>(&json).unwrap_or_else(|e| panic!("{path}: {e}"));
        }
    }
    for path in
        ["/cosmos.gov.v1.Query/Params", "/cosmos.staking.v1beta1.Query/Params", "/cosmos.mint.v1beta1.Query/Inflation"]
    {
        assert!(ask("stargate", path, b"").is_ok(), "{path}");
    }
    for path in ["/cosmwasm.wasm.v1.Query/SmartContractState", "/synergy.aivm.v1.Query/Infer", "/no.Such/Method"] {
        for kind in ["grpc", "stargate"] {
            let refused = ask(kind, path, b"").unwrap_err();
            assert!(refused.message.contains("is not allowed from the contract"), "{refused}");
        }
    }
    // Bytes that are no request, and what the method itself refuses, are told by code.
    for request in [b"\xff".as_slice(), b""] {
        let refused = ask("grpc", "/cosmos.staking.v1beta1.Query/Validator", request).unwrap_err();
        assert!(refused.message.contains("code:"), "{refused}");
    }
}

/// A contract whose `execute` sends its message to the chain as a query, and keeps the
/// answer under the key "answer" as it came. A message that is the answer of a contract,
/// `{"ok": …}`, is its own answer; a reply is kept like an answer.
const ASKER: &str = r#"(module
    (import "env" "db_write" (func $db_write (param i32 i32)))
    (import "env" "query_chain" (func $query_chain (param i32) (result i32)))
    (memory (export "memory") 9)
    (global $free (mut i32) (i32.const 4096))
    (data (i32.const 512) "\10\02\00\00\3e\00\00\00\3e\00\00\00")
    (data (i32.const 528) "{\22ok\22:{\22messages\22:[],\22attributes\22:[],\22events\22:[],\22data\22:null}}")
    (data (i32.const 640) "\8c\02\00\00\06\00\00\00\06\00\00\00answer")
    (func (export "interface_version_8"))
    (func (export "deallocate") (param i32))
    (func (export "allocate") (param $size i32) (result i32) (local $region i32)
        (local.set $region (global.get $free))
        (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 16)))
        (i32.store offset=4 (local.get $region) (local.get $size))
        (i32.store offset=8 (local.get $region) (i32.const 0))
        (global.set $free (i32.and (i32.const -16) (i32.add (i32.const 32) (i32.add (local.get $region) (local.get $size)))))
        (local.get $region))
    (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 512))
    (func (export "execute") (param i32 i32 i32) (result i32)
        (if (i32.eq (i32.load8_u offset=2 (i32.load (local.get 2))) (i32.const 0x6f)) (then (return (local.get 2))))
        (call $db_write (i32.const 640) (call $query_chain (local.get 2)))
        (i32.const 512))
    (func (export "reply") (param i32 i32) (result i32)
        (call $db_write (i32.const 640) (local.get 1))
        (i32.const 512)))"#;

/// What the asker has kept, with the gas of `msg`.
fn kept(world: &mut World, asker: &str, msg: &Value) -> (Value, i64) {
    let message = pack(&msg_execute(&world.alice, asker, msg, &[]));
    let result = world.chain.deliver(world.alice.sign(&[message], Fee::of(600_000_000)));
    assert_eq!(result.code, 0, "{}", result.log);
    let request = QueryRawContractStateRequest { address: asker.to_owned(), query_data: b"answer".to_vec() };
    let raw: QueryRawContractStateResponse =
        world.chain.query(&format!("{QUERY}/RawContractState"), &request, 0).unwrap();
    (serde_json::from_slice(&raw.data).unwrap(), result.gas_used)
}

/// What the asker is told, with the gas of asking.
fn told(world: &mut World, asker: &str, query: &Value) -> (Value, i64) {
    let (answer, gas) = kept(world, asker, query);
    let answer = match answer["ok"]["ok"].as_str() {
        Some(data) => serde_json::from_slice(&from_base64(data)).unwrap(),
        None => answer,
    };
    (answer, gas)
}

fn from_base64(text: &str) -> Vec<u8> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.decode(text).unwrap()
}

/// The response to a custom message of the asker.
fn inferred(world: &mut World, asker: &str, request: &Value) -> MsgInferResponse {
    let message = json!({"id": 1, "payload": "", "msg": {"custom": {"request_inference": request}},
        "gas_limit": null, "reply_on": "success"});
    let answer = json!({"ok": {"messages": [message], "attributes": [], "events": [], "data": null}});
    let (reply, _) = kept(world, asker, &answer);
    let value = reply["result"]["ok"]["msg_responses"][0]["value"].as_str().unwrap_or_else(|| panic!("{reply}"));
    MsgInferResponse::decode(from_base64(value).as_slice()).unwrap()
}

#[test]
fn contracts_name_tensors_by_the_hash_of_a_blob() {
    let mut accounts = Account::many(2).into_iter();
    let (alice, bob) = (accounts.next().unwrap(), accounts.next().unwrap());
    let mut document = document(&[&alice, &bob]);
    document["app_state"]["aivm"]["params"]["max_inline_output_bytes"] = "16".into();
    document["app_state"]["modelregistry"]["params"]["max_chunk_bytes"] = "1000000".into();
    let chain = TestChain::from_genesis(Box::<MemDb>::default(), 0, &document);
    let mut world = World { chain, alice, bob };
    let id = store_code(&mut world.chain, &mut world.alice, wat::parse_str(ASKER).unwrap());
    let funds = [coin::coin(10_000_000_000_000, coin::BASE_DENOM)];
    let asker = instantiate(&mut world.chain, &mut world.alice, id, &json!({}), &funds);

    // A picture of 108 KiB, which Bob has uploaded.
    let bindings = [("x:0", 1), ("x:2", 48), ("x:3", 192)];
    let upright = include_bytes!("../../inference/testdata/rapidocr_cls.onnx");
    let upright = publish(&mut world.chain, &mut world.alice, upright, &bindings);
    let picture = [0, 0, 0, 0x3f].repeat(3 * 48 * 192);
    let hash = synergy_store::sha256(&picture);
    let upload = MsgUploadBlob {
        sender: world.bob.address().to_string(),
        hash: hash.to_vec(),
        size: picture.len() as u64,
        data: picture,
        blocks: 100,
        ..MsgUploadBlob::default()
    };
    let result = world.chain.deliver(world.bob.sign(&[pack(&upload)], Fee::of(60_000_000)));
    assert_eq!(result.code, 0, "{}", result.log);
    let shape = [1, 3, 48, 192];
    let input = |hash: &[u8]| json!({"name": "x", "dtype": "f32", "shape": shape, "blob": hex::encode(hash)});
    let infer = |model: &str, input: Value| json!({"custom": {"infer": {"model": model, "inputs": [input]}}});
    let (answer, _) = told(&mut world, &asker, &infer(&upright, input(&hash)));
    let request = QueryInferRequest {
        model_id: hex::decode(&upright).unwrap(),
        inputs: vec![Tensor {
            name: "x".into(),
            dtype: "f32".into(),
            shape: shape.into(),
            blob: hash.to_vec(),
            data: Vec::new(),
        }],
    };
    let direct: QueryInferResponse = world.chain.query("/synergy.aivm.v1.Query/Infer", &request, 0).unwrap();
    let output = &direct.outputs[0];
    let expected = json!({"name": output.name, "dtype": "f32", "shape": [1, 2], "data": base64(&output.data)});
    assert_eq!(answer, json!({"outputs": [expected], "gas": direct.gas}));
    let refused = told(&mut world, &asker, &infer(&upright, input(&[9; 32]))).0;
    assert_eq!(refused["ok"]["error"], "codespace: aivm, code: 9");
    let mut both = input(&hash);
    both["data"] = "AAAA".into();
    assert_eq!(told(&mut world, &asker, &infer(&upright, both)).0["ok"]["error"], "codespace: aivm, code: 14");

    // Outputs of 32 bytes, where 16 are allowed: a query has no place for them.
    let linear = include_bytes!("../../modules/model-registry/testdata/linear.onnx");
    let linear = publish(&mut world.chain, &mut world.alice, linear, &[("batch", 2)]);
    let x: Vec<u8> = [1_f32, 2.0, 3.0, 4.0, -1.0, 0.5, 0.25, -8.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let y: Vec<u8> = [0_f32, 0.0, 3.0, 0.25, 0.0, 1.40625, 0.0, 0.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let inline = json!({"name": "x", "dtype": "f32", "shape": [2, 4], "data": base64(&x)});
    let refused = told(&mut world, &asker, &infer(&linear, inline.clone())).0;
    assert_eq!(refused["ok"]["error"], "codespace: aivm, code: 21");
    let dropped = inferred(&mut world, &asker, &json!({"model": linear, "inputs": [inline]}));
    assert!(dropped.outputs.is_empty());
    let done = inferred(&mut world, &asker, &json!({"model": linear, "inputs": [inline], "output_blocks": 50}));
    assert_eq!(done.output_hash, dropped.output_hash);
    let kept = &done.outputs[0];
    assert_eq!((&kept.blob, kept.data.len()), (&synergy_store::sha256(&y).to_vec(), 0));

    // The contract reads parts of it, and hands it on to a model by its hash.
    let read = |hash: &[u8], offset: u64, length: u64| json!({"custom": {"blob": {"hash": hex::encode(hash), "offset": offset, "length": length}}});
    let (part, _) = told(&mut world, &asker, &read(&kept.blob, 12, 16));
    assert_eq!(part, json!({"data": base64(&y[12..28]), "size": 32}));
    assert_eq!(told(&mut world, &asker, &read(&kept.blob, 30, 16)).0["data"], base64(&y[30..]));
    assert_eq!(told(&mut world, &asker, &read(&kept.blob, 99, 1)).0, json!({"data": "", "size": 32}));
    for (query, code) in [(read(&kept.blob, 0, 17), 11), (read(&kept.blob, 0, 0), 11), (read(&[9; 32], 0, 1), 9)] {
        assert_eq!(told(&mut world, &asker, &query).0["ok"]["error"], format!("codespace: aivm, code: {code}"));
    }
    let onwards = json!({"name": "x", "dtype": "f32", "shape": [2, 4], "blob": hex::encode(&kept.blob)});
    let next = inferred(&mut world, &asker, &json!({"model": linear, "inputs": [onwards], "output_blocks": 50}));
    assert_eq!(next.input_hash.len(), 32);
    assert_ne!(next.outputs[0].blob, kept.blob);

    // A contract pays for a model as far as it has said.
    let price = MsgSetTerms {
        owner: world.alice.address().to_string(),
        model_id: hex::decode(&linear).unwrap(),
        terms: Some(Terms { price: "70".into(), ..Terms::default() }),
    };
    let result = world.chain.deliver(world.alice.sign(&[pack(&price)], Fee::of(60_000_000)));
    assert_eq!(result.code, 0, "{}", result.log);
    let paid = inferred(&mut world, &asker, &json!({"model": linear, "inputs": [inline], "max_price": "70"}));
    assert_eq!(paid.price, "70");
    world.chain.check_invariants();
}

#[test]
fn contracts_hash_and_verify_signatures_through_the_chain() {
    use sha2::{Digest, Sha256, Sha512};
    use synergy_crypto::{HdPath, Scheme, SecretKey};
    let mut world = world();
    let id = store_code(&mut world.chain, &mut world.alice, wat::parse_str(ASKER).unwrap());
    let asker = instantiate(&mut world.chain, &mut world.alice, id, &json!({}), &[]);
    let data = vec![7; 20_000];
    let mut gas = Vec::new();
    for (algorithm, expected) in [
        ("sha2-256", Sha256::digest(&data).to_vec()),
        ("sha2-512", Sha512::digest(&data).to_vec()),
        // Python: hashlib.sha3_256, hashlib.blake2b(digest_size=32).
        ("sha3-256", hex::decode(SHA3_OF_SEVENS).unwrap()),
        ("blake2b-256", hex::decode(BLAKE2B_OF_SEVENS).unwrap()),
    ] {
        let query = json!({"custom": {"hash": {"algorithm": algorithm, "data": base64(&data)}}});
        let (answer, used) = told(&mut world, &asker, &query);
        assert_eq!(answer, json!({"digest": base64(&expected)}), "{algorithm}");
        gas.push(used);
    }
    // Keccak differs from SHA-3 by its padding alone, and costs the same.
    let query = json!({"custom": {"hash": {"algorithm": "keccak-256", "data": ""}}});
    let empty = hex::decode("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470").unwrap();
    assert_eq!(told(&mut world, &asker, &query).0, json!({"digest": base64(&empty)}));
    assert!(gas[2] - gas[3] >= 2 * 20_000 - 5_000, "5 gas per byte against 3: {gas:?}");

    for (scheme, name, price) in [
        (Scheme::MlDsa44, "ml-dsa-44", 160_000),
        (Scheme::MlDsa65, "ml-dsa-65", 250_000),
        (Scheme::MlDsa87, "ml-dsa-87", 390_000),
    ] {
        let path = HdPath::bip44(scheme, 0, 0).unwrap();
        let phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        let key = SecretKey::from_mnemonic(scheme, phrase, "", &path).unwrap();
        let (public, signature) = (key.public_key().to_bytes(), key.sign(b"a message"));
        let ask = |message: &[u8], signature: &[u8]| {
            json!({"custom": {"ml_dsa_verify": {"scheme": name, "public_key": base64(&public),
                "message": base64(message), "signature": base64(signature)}}})
        };
        let (answer, used) = told(&mut world, &asker, &ask(b"a message", &signature));
        assert_eq!(answer, json!({"valid": true}), "{name}");
        assert!(used > price, "{name}: {used}");
        assert_eq!(told(&mut world, &asker, &ask(b"another", &signature)).0, json!({"valid": false}), "{name}");
        let short = told(&mut world, &asker, &ask(b"a message", &signature[1..])).0;
        assert_eq!(short["ok"]["error"], "codespace: sdk, code: 18", "{name}");
    }
}

#[test]
fn an_unknown_custom_query_is_refused_and_the_contract_told() {
    let mut world = world();
    let reflect = world.reflect();
    let ask = |request: Value| smart(&world.chain, &reflect, &json!({"chain": {"request": {"custom": request}}}));
    let refused = ask(json!({"hash": {"algorithm": "md5", "data": ""}})).unwrap_err();
    assert!(refused.message.contains("wasm contract failed"), "{refused}");
}

#[test]
fn migration_changes_code_history_and_indexes() {
    let mut world = world();
    let (old, hackatom) = world.hackatom();
    let burner = store_code(&mut world.chain, &mut world.alice, ready("wasmd/burner.wasm"));
    let message = |sender: &Account| MsgMigrateContract {
        sender: sender.address().to_string(),
        contract: hackatom.clone(),
        code_id: burner,
        msg: json!({"payout": world.bob.address().to_string()}).to_string().into_bytes(),
    };
    let (by_bob, by_alice) = (message(&world.bob), message(&world.alice));
    let refused = world.chain.deliver(world.bob.sign(&[pack(&by_bob)], Fee::of(60_000_000)));
    assert_eq!(code_of(&refused), ("sdk", 4), "{}", refused.log);
    let before = world.chain.balance(&world.bob.address());
    let done = world.chain.deliver(world.alice.sign(&[pack(&by_alice)], Fee::of(60_000_000)));
    assert_eq!(done.code, 0, "{}", done.log);
    assert_eq!(world.chain.balance(&world.bob.address()), before + 1000);
    let request = QueryContractHistoryRequest { address: hackatom.clone(), pagination: None };
    let history: QueryContractHistoryResponse =
        world.chain.query(&format!("{QUERY}/ContractHistory"), &request, 0).unwrap();
    assert_eq!(history.entries.iter().map(|e| e.code_id).collect::<Vec<_>>(), [old, burner]);
    for (code_id, expected) in [(old, vec![]), (burner, vec![hackatom.clone()])] {
        let request = QueryContractsByCodeRequest { code_id, pagination: None };
        let found: QueryContractsByCodeResponse =
            world.chain.query(&format!("{QUERY}/ContractsByCode"), &request, 0).unwrap();
        assert_eq!(found.contracts, expected);
    }
}

#[test]
fn admins_labels_and_permissions() {
    let mut world = world();
    let (id, contract) = world.hackatom();
    let (alice, bob) = (world.alice.address().to_string(), world.bob.address().to_string());
    let send = |world: &mut World, by_alice: bool, message: Any| {
        let account = if by_alice { &mut world.alice } else { &mut world.bob };
        world.chain.deliver(account.sign(&[message], Fee::of(5_000_000)))
    };
    let label = |sender: &str| {
        pack(&MsgUpdateContractLabel { sender: sender.into(), new_label: "new".into(), contract: contract.clone() })
    };
    assert_eq!(code_of(&send(&mut world, false, label(&bob))), ("sdk", 4));
    assert_eq!(send(&mut world, true, label(&alice)).code, 0);
    let admin = pack(&MsgUpdateAdmin { sender: alice.clone(), new_admin: bob.clone(), contract: contract.clone() });
    let changed = send(&mut world, true, admin.clone());
    assert_eq!(attributes(&changed.events, "update_contract_admin")[0][1], ("new_admin_address", bob.as_str()));
    assert_eq!(code_of(&send(&mut world, true, admin)), ("sdk", 4), "Alice is admin no more");
    assert_eq!(
        send(&mut world, false, pack(&MsgClearAdmin { sender: bob.clone(), contract: contract.clone() })).code,
        0
    );
    let request = QueryContractInfoRequest { address: contract.clone() };
    let info: QueryContractInfoResponse = world.chain.query(&format!("{QUERY}/ContractInfo"), &request, 0).unwrap();
    let info = info.contract_info.unwrap();
    assert_eq!((&*info.label, &*info.admin), ("new", ""));

    let only_alice = AccessConfig { permission: AccessType::AnyOfAddresses.into(), addresses: vec![alice.clone()] };
    let config = |sender: &str| MsgUpdateInstantiateConfig {
        sender: sender.into(),
        code_id: id,
        new_instantiate_permission: Some(only_alice.clone()),
    };
    assert_eq!(code_of(&send(&mut world, false, pack(&config(&bob)))), ("sdk", 4));
    assert_eq!(send(&mut world, true, pack(&config(&alice))).code, 0);
    let new = MsgInstantiateContract {
        sender: bob,
        code_id: id,
        label: "x".into(),
        msg: json!({"verifier": alice, "beneficiary": alice}).to_string().into_bytes(),
        ..MsgInstantiateContract::default()
    };
    assert_eq!(code_of(&send(&mut world, false, pack(&new))), ("sdk", 4));
}

#[test]
fn governance_pins_calls_sudo_and_sets_params() {
    let mut world = world();
    let (id, contract) = world.hackatom();
    let gov = Address::module("gov").to_string();
    let alice = world.alice.address().to_string();
    let steal = json!({"steal_funds": {"recipient": alice, "amount": [{"denom": "asnrg", "amount": "7"}]}});
    let sudo =
        MsgSudoContract { authority: gov.clone(), contract: contract.clone(), msg: steal.to_string().into_bytes() };
    world.as_governance(&[pack(&sudo)]).unwrap();
    let by_alice = MsgSudoContract { authority: alice.clone(), ..sudo };
    let refused = world.chain.deliver(world.alice.sign(&[pack(&by_alice)], Fee::of(5_000_000)));
    assert_eq!(code_of(&refused), ("gov", 13), "{}", refused.log);

    let pin = pack(&MsgPinCodes { authority: gov.clone(), code_ids: vec![id] });
    let unpin = pack(&MsgUnpinCodes { authority: gov.clone(), code_ids: vec![id] });
    world.as_governance(&[pin.clone(), unpin]).unwrap();
    let unknown = pack(&MsgPinCodes { authority: gov.clone(), code_ids: vec![77] });
    assert_eq!(world.as_governance(&[unknown]).unwrap_err().code, 28);

    let listed = AccessConfig { permission: AccessType::AnyOfAddresses.into(), addresses: vec![alice.clone()] };
    let params = Params { code_upload_access: Some(listed), instantiate_default_permission: AccessType::Nobody.into() };
    let set = pack(&MsgUpdateParams { authority: gov.clone(), params: Some(params) });
    let bob = world.bob.address().to_string();
    let add = pack(&MsgAddCodeUploadParamsAddresses { authority: gov.clone(), addresses: vec![bob.clone()] });
    let remove = pack(&MsgRemoveCodeUploadParamsAddresses { authority: gov.clone(), addresses: vec![alice] });
    world.as_governance(&[set, add.clone(), remove]).unwrap();
    assert_eq!(world.as_governance(&[add]).unwrap_err().code, 14, "everybody may upload: there is no list");

    let both = MsgStoreAndInstantiateContract {
        authority: gov.clone(),
        wasm_byte_code: ready("wasmd/burner.wasm"),
        label: "burner".into(),
        msg: b"{}".to_vec(),
        ..MsgStoreAndInstantiateContract::default()
    };
    let failed = world.as_governance(&[pack(&both)]).unwrap_err();
    assert_eq!(failed.code, 4, "burner wants to be migrated to: {failed}");
    let migrate = MsgStoreAndMigrateContract {
        authority: gov,
        wasm_byte_code: ready("wasmd/burner.wasm"),
        contract,
        msg: json!({"payout": bob}).to_string().into_bytes(),
        ..MsgStoreAndMigrateContract::default()
    };
    let done = world.as_governance(&[pack(&migrate)]).unwrap();
    assert_eq!(MsgStoreAndMigrateContractResponse::decode(done[0].value.as_slice()).unwrap().code_id, id + 1);
}

#[test]
fn without_gas_nothing_stays_and_the_chain_goes_on() {
    let mut world = world();
    let (_, hackatom) = world.hackatom();
    for endless in ["cpu_loop", "storage_loop", "memory_loop"] {
        let message = msg_execute(&world.alice, &hackatom, &json!({endless: {}}), &[coin::coin(1, "asnrg")]);
        let result = world.chain.deliver(world.alice.sign(&[pack(&message)], Fee::of(20_000_000)));
        assert!(result.code != 0, "{endless}");
        if endless != "memory_loop" {
            assert_eq!((code_of(&result), result.gas_used), (("sdk", 11), 20_000_000), "{endless}: {}", result.log);
        }
        assert!(attributes(&result.events, "wasm").is_empty());
    }
    assert_eq!(world.chain.balance(&hackatom.parse().unwrap()), 1000);
    let panics = execute(&mut world.chain, &mut world.alice, &hackatom, &json!({"panic": {}}), &[]);
    assert_eq!(code_of(&panics), ("wasm", 29), "{}", panics.log);
    let released = execute(&mut world.chain, &mut world.alice, &hackatom, &json!({"release": {}}), &[]);
    assert_eq!(released.code, 0, "{}", released.log);
}

/// The same blocks on two nodes, one of which is asked and has its machine code
/// taken away and spoiled all the time: equal hashes, gas and codes.
#[test]
fn a_cold_node_and_a_warm_one_agree() {
    let mut accounts = Account::many(2).into_iter();
    let (mut alice, bob) = (accounts.next().unwrap(), accounts.next().unwrap());
    let document = document(&[&alice, &bob]);
    let folder = tempfile::tempdir().unwrap();
    let warm_folder = tempfile::tempdir().unwrap();
    let db = tempfile::tempdir().unwrap();
    let mut warm = TestChain::with_contracts(Box::<MemDb>::default(), 0, &document, contracts_in(warm_folder.path()));
    let cold = |first: bool| {
        if !first {
            spoil(folder.path());
        }
        TestChain::with_contracts(disk("fjall", db.path()), 0, &document, contracts_in(folder.path()))
    };
    let contract = synergy_wasm::classic(1, 1).to_string();
    let sender = alice.address().to_string();
    let store =
        MsgStoreCode { sender: sender.clone(), wasm_byte_code: ready("wasmd/hackatom.wasm"), ..Default::default() };
    let new = MsgInstantiateContract {
        sender: sender.clone(),
        code_id: 1,
        label: "x".into(),
        msg: json!({"verifier": sender, "beneficiary": bob.address().to_string()}).to_string().into_bytes(),
        ..Default::default()
    };
    let release = pack(&msg_execute(&alice, &contract, &json!({"release": {}}), &[coin::coin(3, "asnrg")]));
    let blocks = [
        vec![(pack(&store), 400_000_000)],
        vec![(pack(&new), 60_000_000)],
        vec![(release.clone(), 60_000_000), (release.clone(), 60_000_000)],
        vec![(release.clone(), 600_000)],
        vec![(release, 60_000_000)],
    ];
    for (height, messages) in blocks.into_iter().enumerate() {
        let txs: Vec<_> = messages.iter().map(|(m, gas)| alice.sign(std::slice::from_ref(m), Fee::of(*gas))).collect();
        let expected = warm.block(&txs);
        let _ = smart(&warm, &contract, &json!({"verifier": {}}));
        let mut node = cold(height == 0);
        let got = node.block(&txs);
        assert_eq!(hex::encode(got.app_hash), hex::encode(expected.app_hash), "height {height}");
        for (a, b) in got.results.iter().zip(&expected.results) {
            assert_eq!((a.code, a.gas_used, &a.data, &a.events), (b.code, b.gas_used, &b.data, &b.events), "{}", a.log);
        }
        if height == 2 {
            let [first, second] = got.results.as_slice() else { panic!() };
            assert!(first.gas_used > second.gas_used, "the first use in a block looks whether the code is loaded");
        }
    }
    assert!(files(folder.path()).len() == 1, "the spoiled file was written anew");
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|e| e == "module")).collect()
}

/// Changes a byte in the middle of every file of machine code.
fn spoil(folder: &Path) {
    for path in files(folder) {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn a_simulation_leaves_no_file() {
    use synergy_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
    let mut accounts = Account::many(1).into_iter();
    let mut alice = accounts.next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let chain =
        TestChain::with_contracts(Box::<MemDb>::default(), 0, &document(&[&alice]), contracts_in(folder.path()));
    let sender = alice.address().to_string();
    let store =
        MsgStoreCode { sender: sender.clone(), wasm_byte_code: ready("wasmd/hackatom.wasm"), ..Default::default() };
    let new = MsgInstantiateContract {
        sender: sender.clone(),
        code_id: 1,
        label: "x".into(),
        msg: json!({"verifier": sender, "beneficiary": sender}).to_string().into_bytes(),
        ..Default::default()
    };
    let tx = alice.sign(&[pack(&store), pack(&new)], Fee::of(500_000_000));
    #[allow(deprecated)]
    let request = SimulateRequest { tx: None, tx_bytes: tx };
    let answer: SimulateResponse = chain.query("/cosmos.tx.v1beta1.Service/Simulate", &request, 0).unwrap();
    assert!(answer.gas_info.unwrap().gas_used > 70_000_000);
    assert!(files(folder.path()).is_empty());
}

#[test]
fn contracts_survive_export_and_a_new_genesis() {
    let mut world = world();
    let (_, hackatom) = world.hackatom();
    let app = &world.chain.app;
    let sections = app.read(|ctx| app.chain().export_genesis(ctx)).unwrap();
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    document["app_state"] = serde_json::to_value(&sections).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = contracts_in(folder.path());
    let mut chain = TestChain::with_contracts(Box::<MemDb>::default(), 0, &document, engine);
    let released = execute(&mut chain, &mut world.alice, &hackatom, &json!({"release": {}}), &[]);
    assert_eq!(released.code, 0, "{}", released.log);
    let app = &chain.app;
    let again = app.read(|ctx| app.chain().export_genesis(ctx)).unwrap();
    let (before, after): (Value, Value) =
        (serde_json::from_str(sections["wasm"].get()).unwrap(), serde_json::from_str(again["wasm"].get()).unwrap());
    assert_eq!(before, after);
    let id = store_code(&mut chain, &mut world.alice, ready("wasmd/burner.wasm"));
    assert_eq!(id, 2);
}

/// Every message and query of the service, with a test that uses it; those of
/// governance are driven by proposals in `contract_governance.rs` too.
const COVERED: &[(&str, fn())] = &[
    ("MsgAddCodeUploadParamsAddresses", governance_pins_calls_sudo_and_sets_params),
    ("MsgClearAdmin", admins_labels_and_permissions),
    ("MsgExecuteContract", a_contract_is_stored_made_called_and_asked),
    ("MsgInstantiateContract", a_contract_is_stored_made_called_and_asked),
    ("MsgInstantiateContract2", an_instantiate2_address_is_known_before_and_taken_once),
    ("MsgMigrateContract", migration_changes_code_history_and_indexes),
    ("MsgPinCodes", governance_pins_calls_sudo_and_sets_params),
    ("MsgRemoveCodeUploadParamsAddresses", governance_pins_calls_sudo_and_sets_params),
    ("MsgStoreAndInstantiateContract", governance_pins_calls_sudo_and_sets_params),
    ("MsgStoreAndMigrateContract", governance_pins_calls_sudo_and_sets_params),
    ("MsgStoreCode", uploads_may_be_gzip_and_must_be_contracts),
    ("MsgSudoContract", governance_pins_calls_sudo_and_sets_params),
    ("MsgUnpinCodes", governance_pins_calls_sudo_and_sets_params),
    ("MsgUpdateAdmin", admins_labels_and_permissions),
    ("MsgUpdateContractLabel", admins_labels_and_permissions),
    ("MsgUpdateInstantiateConfig", admins_labels_and_permissions),
    ("MsgUpdateParams", governance_pins_calls_sudo_and_sets_params),
    ("Query/AllContractState", every_query_of_the_service_answers),
    ("Query/BuildAddress", every_query_of_the_service_answers),
    ("Query/Code", every_query_of_the_service_answers),
    ("Query/CodeInfo", every_query_of_the_service_answers),
    ("Query/Codes", every_query_of_the_service_answers),
    ("Query/ContractHistory", every_query_of_the_service_answers),
    ("Query/ContractInfo", every_query_of_the_service_answers),
    ("Query/ContractsByCode", every_query_of_the_service_answers),
    ("Query/ContractsByCreator", every_query_of_the_service_answers),
    ("Query/Params", every_query_of_the_service_answers),
    ("Query/PinnedCodes", every_query_of_the_service_answers),
    ("Query/RawContractState", every_query_of_the_service_answers),
    ("Query/SmartContractState", a_contract_is_stored_made_called_and_asked),
    ("Query/WasmLimitsConfig", every_query_of_the_service_answers),
];

#[test]
fn the_service_is_whole_and_every_part_of_it_is_tested() {
    let world = world();
    let routes = &world.chain.app.chain().routes;
    let all = routes.messages().chain(routes.queries());
    let served: Vec<&str> = all.filter_map(|path| path.strip_prefix("/cosmwasm.wasm.v1.")).collect();
    assert_eq!(served, COVERED.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    // wasmd 0.61.14 has 17 messages and 14 queries.
    assert_eq!(served.iter().filter(|name| name.starts_with("Msg")).count(), 17);
    assert_eq!(served.len(), 17 + 14);
}
