//! Ready contracts of CosmWasm, the published cw20-base and cw721-base, and this
//! project's samples, each driven through its main entry points.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use synergy_abci::messages::ExecTxResult;
use synergy_proto::{
    Address, coin,
    cosmwasm::{
        MsgExecuteContractResponse, MsgInstantiateContract, MsgMigrateContract, MsgStoreCode, MsgStoreCodeResponse,
    },
    pack,
    synergy::aivm::MsgUploadBlob,
};
use synergy_store::MemDb;
use synergy_tests::{
    Account, CHAIN_ID, FUNDS, Fee, TestChain,
    contracts::{built, execute, instantiate, msg_execute, publish, ready, response, smart, store_code},
};
use tempfile::TempDir;

const DENOM: &str = coin::BASE_DENOM;

/// A chain with three accounts.
struct World {
    chain: TestChain,
    alice: Account,
    bob: Account,
    carol: Account,
    _folder: TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let [alice, bob, carol]: [Account; 3] = Account::many(3).try_into().ok().expect("three accounts");
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    for account in [&alice, &bob, &carol] {
        let funds = [coin::coin(FUNDS, DENOM)];
        synergy_app::genesis::add_account(&mut document, &account.address(), &funds).unwrap();
    }
    let db = Box::<MemDb>::default();
    let chain = TestChain::from_genesis(db, 0, &document);
    World { chain, alice, bob, carol, _folder: folder }
}

impl World {
    /// Stores a code and makes an instance of it; Alice is its creator and admin.
    fn make(&mut self, wasm: Vec<u8>, msg: &Value, funds: u128) -> String {
        let id = store_code(&mut self.chain, &mut self.alice, wasm);
        self.instantiate(id, msg, funds)
    }

    fn instantiate(&mut self, id: u64, msg: &Value, funds: u128) -> String {
        let funds = if funds == 0 { vec![] } else { vec![coin::coin(funds, DENOM)] };
        instantiate(&mut self.chain, &mut self.alice, id, msg, &funds)
    }

    /// Alice calls a contract and must succeed.
    fn call(&mut self, contract: &str, msg: &Value) -> ExecTxResult {
        let result = execute(&mut self.chain, &mut self.alice, contract, msg, &[]);
        assert_eq!(result.code, 0, "{msg}: {}", result.log);
        result
    }

    /// Alice calls a contract and is refused.
    fn refused(&mut self, contract: &str, msg: &Value) -> (String, u32, String) {
        let result = execute(&mut self.chain, &mut self.alice, contract, msg, &[]);
        assert_ne!(result.code, 0, "{msg} was accepted");
        (result.codespace, result.code, result.log)
    }

    fn ask(&self, contract: &str, msg: &Value) -> Value {
        smart(&self.chain, contract, msg).unwrap_or_else(|error| panic!("{msg}: {error}"))
    }

    fn migrate(&mut self, contract: &str, id: u64, msg: &Value) -> ExecTxResult {
        let message = MsgMigrateContract {
            sender: self.alice.address().to_string(),
            contract: contract.to_owned(),
            code_id: id,
            msg: msg.to_string().into_bytes(),
        };
        self.chain.deliver(self.alice.sign(&[pack(&message)], Fee::of(50_000_000)))
    }

    fn data(&mut self, contract: &str, msg: &Value) -> Vec<u8> {
        response::<MsgExecuteContractResponse>(&self.call(contract, msg)).data
    }
}

fn attribute(result: &ExecTxResult, kind: &str, key: &str) -> String {
    let events = result.events.iter().filter(|event| event.r#type == kind);
    let mut found = events.flat_map(|event| &event.attributes).filter(|attribute| attribute.key == key);
    found.next().unwrap_or_else(|| panic!("no {kind}.{key} in {:?}", result.events)).value.clone()
}

fn name(account: &Account) -> String {
    account.address().to_string()
}

// --- CosmWasm's own ---------------------------------------------------------------

#[test]
fn hackatom_fails_in_every_way_it_knows_and_is_asked_and_migrated() {
    for wasm in ["wasmd/hackatom.wasm", "wasmvm/hackatom.wasm", "wasmd/hackatom_42.wasm", "wasmd/hackatom_420.wasm"] {
        let mut world = world();
        let id = store_code(&mut world.chain, &mut world.alice, ready(wasm));
        let init = json!({"verifier": name(&world.alice), "beneficiary": name(&world.bob)});
        let hackatom = world.instantiate(id, &init, 700);
        for (call, codespace, code) in [
            (json!({"cpu_loop": {}}), "sdk", 11),
            (json!({"storage_loop": {}}), "sdk", 11),
            (json!({"memory_loop": {}}), "wasm", 29),
            (json!({"panic": {}}), "wasm", 29),
            (json!({"nonsense": {}}), "wasm", 5),
        ] {
            let (got, number, log) = world.refused(&hackatom, &call);
            assert_eq!((got.as_str(), number), (codespace, code), "{wasm} {call}: {log}");
        }
        let before = world.chain.balance(&world.bob.address());
        world.call(&hackatom, &json!({"release": {}}));
        assert_eq!(world.chain.balance(&world.bob.address()), before + 700, "{wasm}");
        let other = json!({"other_balance": {"address": name(&world.carol)}});
        assert_eq!(world.ask(&hackatom, &other)["amount"][0], json!({"denom": DENOM, "amount": FUNDS.to_string()}));
        let recurse = world.ask(&hackatom, &json!({"recurse": {"depth": 2, "work": 3}}));
        assert!(recurse["hashed"].is_string(), "{recurse}");
        let migrated = world.migrate(&hackatom, id, &json!({"verifier": name(&world.bob)}));
        assert_eq!(migrated.code, 0, "{wasm}: {}", migrated.log);
        // Those with a version of their state are not called when it stays the same.
        let versioned = ready(wasm).windows(18).any(|window| window == b"cw_migrate_version");
        let verifier = if versioned { &world.alice } else { &world.bob };
        assert_eq!(world.ask(&hackatom, &json!({"verifier": {}})), json!({"verifier": name(verifier)}), "{wasm}");
    }
}

#[test]
fn burner_pays_out_and_deletes_its_state_when_migrated_to() {
    let mut world = world();
    let init = json!({"verifier": name(&world.alice), "beneficiary": name(&world.bob)});
    let contract = world.make(ready("wasmd/hackatom.wasm"), &init, 700);
    let burner = store_code(&mut world.chain, &mut world.alice, ready("wasmd/burner.wasm"));
    let before = world.chain.balance(&world.carol.address());
    let migrated = world.migrate(&contract, burner, &json!({"payout": name(&world.carol), "delete": 5}));
    assert_eq!(migrated.code, 0, "{}", migrated.log);
    assert_eq!(world.chain.balance(&world.carol.address()), before + 700);
    let key = [&[3], contract.parse::<Address>().unwrap().as_bytes(), b"config"].concat();
    assert!(world.chain.raw_query("/store/wasm/key", key, 0, false).value.is_empty());
}

#[test]
fn queue_iterates_in_both_directions_and_sees_what_it_writes() {
    for wasm in ["wasmd/queue.wasm", "wasmvm/queue.wasm"] {
        let mut world = world();
        let id = store_code(&mut world.chain, &mut world.alice, ready(wasm));
        let queue = world.instantiate(id, &json!({}), 0);
        for value in [17, 22, 5] {
            world.call(&queue, &json!({"enqueue": {"value": value}}));
        }
        assert_eq!(world.ask(&queue, &json!({"count": {}})), json!({"count": 3}));
        assert_eq!(world.ask(&queue, &json!({"sum": {}})), json!({"sum": 44}));
        assert_eq!(world.ask(&queue, &json!({"reducer": {}}))["counters"], json!([[17, 22], [22, 0], [5, 39]]));
        assert_eq!(world.ask(&queue, &json!({"list": {}}))["early"], json!([0, 1, 2]));
        let data = world.data(&queue, &json!({"dequeue": {}}));
        assert_eq!(serde_json::from_slice::<Value>(&data).unwrap(), json!({"value": 17}));
        assert_eq!(world.ask(&queue, &json!({"sum": {}})), json!({"sum": 27}));
        assert_eq!(world.migrate(&queue, id, &json!({})).code, 0);
        assert_eq!(world.ask(&queue, &json!({"count": {}})), json!({"count": 3}), "it refills itself when migrated");
    }
}

#[test]
fn every_reflect_passes_on_messages_queries_and_replies() {
    let files =
        ["wasmd/reflect.wasm.v1_0", "wasmd/reflect_1_1.wasm", "wasmd/reflect_1_5.wasm", "wasmd/reflect_2_0.wasm"];
    for wasm in files.into_iter().chain(["wasmvm/reflect.wasm"]) {
        let mut world = world();
        let reflect = world.make(ready(wasm), &json!({}), 900);
        assert_eq!(world.ask(&reflect, &json!({"owner": {}}))["owner"], name(&world.alice), "{wasm}");
        let send = |to: &Account, amount: &str| json!({"bank": {"send": {"to_address": name(to), "amount": [{"denom": DENOM, "amount": amount}]}}});
        let before = world.chain.balance(&world.bob.address());
        let message = json!({"reflect_msg": {"msgs": [send(&world.bob, "200"), send(&world.bob, "1")]}});
        world.call(&reflect, &message);
        assert_eq!(world.chain.balance(&world.bob.address()), before + 201, "{wasm}");

        // The chain's answer to a failed sub-message: the reply keeps it, the rest stands.
        for (id, amount, ok) in [(7, "100", true), (8, "100000000", false)] {
            let sub = json!({"id": id, "msg": send(&world.bob, amount), "gas_limit": null, "reply_on": "always"});
            world.call(&reflect, &json!({"reflect_sub_msg": {"msgs": [sub]}}));
            let kept = world.ask(&reflect, &json!({"sub_msg_result": {"id": id}}));
            assert_eq!((kept["id"].as_u64(), kept["result"]["ok"].is_object()), (Some(id), ok), "{wasm}: {kept}");
        }
        let chain = json!({"chain": {"request": {"bank": {"balance": {"address": reflect, "denom": DENOM}}}}});
        let data = world.ask(&reflect, &chain)["data"].as_str().unwrap().to_owned();
        let balance: Value = serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap();
        assert_eq!(balance["amount"]["amount"], "599", "{wasm}");
        // Its custom query is another chain's.
        let error = smart(&world.chain, &reflect, &json!({"capitalized": {"text": "a"}})).unwrap_err();
        assert!(error.to_string().contains("codespace: sdk, code: 18"), "{wasm}: {error}");
        world.call(&reflect, &json!({"change_owner": {"owner": name(&world.bob)}}));
        assert_eq!(world.refused(&reflect, &message).1, 5, "{wasm}");
    }
}

#[test]
fn replier_gives_the_order_and_data_that_wasmd_gives() {
    let mut world = world();
    let replier = world.make(ready("wasmd/replier.wasm"), &json!({}), 0);
    let call = |id: u8, messages: Value| {
        json!({"msg_id": id, "set_data_in_exec_and_reply": true, "return_order_in_reply": false, "exec_error": false,
            "reply_error": false, "reply_on_never": false, "messages": messages})
    };
    let tree = || call(1, json!([call(2, json!([call(3, json!([]))])), call(4, json!([call(5, json!([]))]))]));
    let with = |changes: &[(&str, bool, &str)]| {
        let mut tree = tree();
        for (path, value, field) in changes {
            tree.pointer_mut(path).unwrap()[*field] = json!(value);
        }
        tree
    };
    // Messages and results of TestMultipleReplies in wasmd 0.61.14, x/wasm/keeper/keeper_test.go.
    let order = ("", true, "return_order_in_reply");
    for (changes, expected) in [
        (vec![order], "ee01ee02ee03bb02bb01ee04ee05bb04bb01"),
        (vec![], "0a060a02ee05bb04bb01"),
        (vec![("/messages/1", true, "reply_on_never")], "0a060a02ee03bb02bb01"),
        (vec![("/messages/1", false, "set_data_in_exec_and_reply")], "bb01"),
        (vec![order, ("/messages/0/messages/0", true, "exec_error")], "ee01ee02bb02bb01ee04ee05bb04bb01"),
        (vec![order, ("/messages/0", true, "reply_error")], "ee01bb01ee04ee05bb04bb01"),
    ] {
        assert_eq!(hex::encode(world.data(&replier, &with(&changes))), expected, "{changes:?}");
    }
}

#[test]
fn ibc_reflect_keeps_its_accounts() {
    for wasm in ["wasmd/ibc_reflect.wasm", "wasmvm/ibc_reflect.wasm"] {
        let mut world = world();
        let contract = world.make(ready(wasm), &json!({"reflect_code_id": 1}), 0);
        assert_eq!(world.ask(&contract, &json!({"list_accounts": {}})), json!({"accounts": []}), "{wasm}");
        let unknown = smart(&world.chain, &contract, &json!({"account": {"channel_id": "channel-0"}})).unwrap_err();
        assert!(unknown.to_string().contains("not found"), "{wasm}: {unknown}");
    }
}

#[test]
fn staking_asks_the_chain_for_its_validators() {
    let mut world = world();
    let message = MsgStoreCode {
        sender: name(&world.alice),
        wasm_byte_code: ready("wasmd/staking.wasm"),
        ..MsgStoreCode::default()
    };
    let stored = world.chain.deliver(world.alice.sign(&[pack(&message)], Fee::of(400_000_000)));
    let id = response::<MsgStoreCodeResponse>(&stored).code_id;
    let message = MsgInstantiateContract {
        sender: name(&world.alice),
        code_id: id,
        label: "derivative".to_owned(),
        msg: json!({"name": "Staked", "symbol": "STK", "decimals": 6, "validator": world.bob.address().valoper(),
            "exit_tax": "0.02", "min_withdrawal": "5"})
        .to_string()
        .into_bytes(),
        ..MsgInstantiateContract::default()
    };
    // Bob is no validator: the contract has asked the chain for them and found none.
    let result = world.chain.deliver(world.alice.sign(&[pack(&message)], Fee::of(60_000_000)));
    assert_eq!((result.codespace.as_str(), result.code), ("wasm", 4), "{}", result.log);
    assert!(result.log.contains("is not in the current validator set"), "{}", result.log);
}

#[test]
fn cyberpunk_mirrors_its_environment_and_works_hard() {
    let mut world = world();
    let cyberpunk = world.make(ready("wasmd/cyberpunk.wasm"), &json!({}), 0);
    let env: Value = serde_json::from_slice(&world.data(&cyberpunk, &json!({"mirror_env": {}}))).unwrap();
    assert_eq!(env["contract"]["address"], cyberpunk.as_str());
    assert_eq!((&env["block"]["height"], &env["transaction"]), (&json!(3), &json!({"index": 0})));
    assert_eq!(world.ask(&cyberpunk, &json!({"mirror_env": {}}))["transaction"], Value::Null);
    world.call(&cyberpunk, &json!({"argon2": {"mem_cost": 256, "time_cost": 1}}));
    // A message that sends itself comes to the limit of nested messages first.
    for (call, expected) in [("cpu_loop", 11), ("storage_loop", 11), ("message_loop", 18)] {
        let (codespace, code, log) = world.refused(&cyberpunk, &json!({call: {}}));
        assert_eq!((codespace.as_str(), code), ("sdk", expected), "{call}: {log}");
    }
    for (call, code) in [
        (json!({"memory_loop": {}}), 29),
        (json!({"panic": {}}), 29),
        (json!({"unreachable": {}}), 29),
        (json!({"allocate_large_memory": {"pages": 60_000}}), 5),
    ] {
        assert_eq!(world.refused(&cyberpunk, &call).1, code, "{call}");
    }
    // wasmvm's is made for a newer engine.
    let message = MsgStoreCode {
        sender: name(&world.alice),
        wasm_byte_code: ready("wasmvm/cyberpunk.wasm"),
        ..MsgStoreCode::default()
    };
    let result = world.chain.deliver(world.alice.sign(&[pack(&message)], Fee::of(400_000_000)));
    assert_eq!((result.codespace.as_str(), result.code), ("wasm", 2), "{}", result.log);
}

#[test]
fn contracts_know_their_transaction_by_its_place_in_the_block() {
    let mut world = world();
    let cyberpunk = world.make(ready("wasmd/cyberpunk.wasm"), &json!({}), 0);
    let message = |msg: Value| pack(&msg_execute(&world.alice, &cyberpunk, &msg, &[]));
    let (mirror, panic) = (message(json!({"mirror_env": {}})), message(json!({"panic": {}})));
    let txs = [&mirror, &panic, &mirror].map(|m| world.alice.sign(std::slice::from_ref(m), Fee::of(60_000_000)));
    let results = world.chain.block(&[&txs[..1], &[vec![1]], &txs[1..]].concat()).results;
    let failed: Vec<bool> = results.iter().map(|result| result.code != 0).collect();
    assert_eq!(failed, [false, true, true, false]);
    for (place, result) in [(0, &results[0]), (3, &results[3])] {
        let env: Value = serde_json::from_slice(&response::<MsgExecuteContractResponse>(result).data).unwrap();
        assert_eq!(env["transaction"]["index"], place);
    }
}

#[test]
fn floaty_counts_with_floats() {
    let mut world = world();
    let floaty = world.make(ready("wasmvm/floaty_2.0.wasm"), &json!({}), 0);
    let instructions = world.ask(&floaty, &json!({"instructions": {}}));
    let instructions = instructions.as_array().unwrap();
    assert!(instructions.len() > 60, "{instructions:?}");
    for instruction in instructions {
        let args = world.ask(&floaty, &json!({"random_args_for": {"instruction": instruction, "seed": 1}}));
        let run = json!({"run": {"instruction": instruction, "args": args}});
        let first = smart(&world.chain, &floaty, &run);
        assert_eq!(smart(&world.chain, &floaty, &run).ok(), first.ok(), "{instruction}");
    }
}

// --- published on crates.io -------------------------------------------------------

#[test]
fn cw20_base_moves_and_grants_tokens() {
    let mut world = world();
    let (alice, bob, carol) = (name(&world.alice), name(&world.bob), name(&world.carol));
    let init = json!({"name": "Token", "symbol": "TOK", "decimals": 6, "mint": {"minter": alice},
        "initial_balances": [{"address": alice, "amount": "1000"}]});
    let token = world.make(built("cw20_base"), &init, 0);
    world.call(&token, &json!({"transfer": {"recipient": bob, "amount": "300"}}));
    world.call(&token, &json!({"mint": {"recipient": bob, "amount": "5"}}));
    world.call(&token, &json!({"burn": {"amount": "1"}}));
    world.call(&token, &json!({"increase_allowance": {"spender": carol, "amount": "50"}}));
    let take = json!({"transfer_from": {"owner": alice, "recipient": carol, "amount": "40"}});
    let taken = execute(&mut world.chain, &mut world.carol, &token, &take, &[]);
    assert_eq!(taken.code, 0, "{}", taken.log);
    for (who, balance) in [(&alice, "659"), (&bob, "305"), (&carol, "40")] {
        assert_eq!(world.ask(&token, &json!({"balance": {"address": who}}))["balance"], *balance);
    }
    assert_eq!(world.ask(&token, &json!({"token_info": {}}))["total_supply"], "1004");
    let too_much = world.refused(&token, &json!({"transfer": {"recipient": bob, "amount": "660"}}));
    assert_eq!(too_much.1, 5, "{}", too_much.2);
}

#[test]
fn cw721_base_mints_and_moves_tokens() {
    let mut world = world();
    let (alice, bob) = (name(&world.alice), name(&world.bob));
    let token = world.make(built("cw721_base"), &json!({"name": "Art", "symbol": "ART", "minter": alice}), 0);
    world.call(&token, &json!({"mint": {"token_id": "one", "owner": alice, "token_uri": null, "extension": null}}));
    world.call(&token, &json!({"transfer_nft": {"recipient": bob, "token_id": "one"}}));
    assert_eq!(world.ask(&token, &json!({"owner_of": {"token_id": "one"}}))["owner"], bob.as_str());
    assert_eq!(world.ask(&token, &json!({"num_tokens": {}})), json!({"count": 1}));
    let not_mine = world.refused(&token, &json!({"transfer_nft": {"recipient": alice, "token_id": "one"}}));
    assert_eq!(not_mine.1, 5, "{}", not_mine.2);
}

// --- this project's ---------------------------------------------------------------

#[test]
fn sentiment_gate_pays_for_a_positive_review_in_one_transaction() {
    let mut world = world();
    let model =
        publish(&mut world.chain, &mut world.alice, include_bytes!("../../contracts/models/sentiment.onnx"), &[]);
    let init = json!({"model": model, "threshold": 9000, "reward": {"denom": DENOM, "amount": "500"}});
    let gate = world.make(built("sentiment_gate"), &init, 700);
    assert_eq!(world.ask(&gate, &json!({"score": {"text": "The room was not bad"}})), json!({"score": 9949}));

    let fee = Fee::of(60_000_000).amount;
    let bad = json!({"review": {"text": "The food was awful and the staff rude."}});
    let before = world.chain.balance(&world.bob.address());
    let result = execute(&mut world.chain, &mut world.bob, &gate, &bad, &[]);
    assert_eq!((result.code, attribute(&result, "wasm", "paid").as_str()), (0, "false"), "{}", result.log);
    assert_eq!(world.chain.balance(&world.bob.address()), before - fee);

    let good = json!({"review": {"text": "Great team, I love this product!"}});
    let result = execute(&mut world.chain, &mut world.bob, &gate, &good, &[]);
    assert_eq!(attribute(&result, "wasm", "score"), "9981", "{}", result.log);
    assert_eq!(world.chain.balance(&world.bob.address()), before - 2 * fee + 500);
    let again = execute(&mut world.chain, &mut world.bob, &gate, &good, &[]);
    assert_eq!((again.codespace.as_str(), again.code), ("wasm", 5), "{}", again.log);
    world.chain.check_invariants();
}

#[test]
fn a_contract_that_asks_for_an_unknown_model_fails_and_leaves_nothing() {
    let mut world = world();
    let init = json!({"model": "07".repeat(32), "threshold": 9000, "reward": {"denom": DENOM, "amount": "500"}});
    let gate = world.make(built("sentiment_gate"), &init, 700);
    let (_, code, log) = world.refused(&gate, &json!({"review": {"text": "Great"}}));
    assert_ne!(code, 0, "{log}");
    let review = world.ask(&gate, &json!({"review": {"address": name(&world.alice)}}));
    assert_eq!(review, Value::Null);
}

#[test]
fn fraud_scorer_holds_what_its_model_suspects() {
    let mut world = world();
    let model = publish(&mut world.chain, &mut world.alice, include_bytes!("../../contracts/models/fraud.onnx"), &[]);
    let scorer = world.make(built("fraud_scorer"), &json!({"model": model, "threshold": 5000}), 0);
    let pay = json!({"pay": {"to": name(&world.carol)}});
    let send = |world: &mut World, amount| {
        let result = execute(&mut world.chain, &mut world.bob, &scorer, &pay, &[coin::coin(amount, DENOM)]);
        assert_eq!(result.code, 0, "{}", result.log);
        result
    };
    let before = world.chain.balance(&world.carol.address());
    send(&mut world, 1_000_000);
    assert_eq!(world.chain.balance(&world.carol.address()), before + 1_000_000);
    // Payment after payment in one hour: the model begins to suspect.
    let sent = (0..20)
        .filter(|_| {
            send(&mut world, 1_000_000_000_000)
                .events
                .iter()
                .all(|e| e.r#type != "wasm" || e.attributes.iter().all(|a| a.key != "held"))
        })
        .count();
    let held = world.ask(&scorer, &json!({"held": {}}));
    let held = held.as_array().unwrap();
    assert_eq!(held.len() + sent, 20);
    assert!(!held.is_empty());
    let before = world.chain.balance(&world.carol.address());
    world.call(&scorer, &json!({"release": {"id": 1}}));
    assert_eq!(world.chain.balance(&world.carol.address()), before + 1_000_000_000_000);
}

#[test]
fn verdict_escrow_pays_on_a_recorded_inference() {
    let mut world = world();
    let digits = include_bytes!("../../inference/testdata/skl_mlp.onnx");
    let model = publish(&mut world.chain, &mut world.alice, digits, &[("pixels:0", 1)]);
    let terms = json!({"seller": name(&world.bob), "model": model, "input": "pixels", "shape": [1, 64],
        "output": "label", "expected": 7, "deadline": "9000000000000000000"});
    let escrow = world.make(built("verdict_escrow"), &terms, 900);
    let blank = json!({"deliver": {"work": BASE64_STANDARD.encode([0; 64])}});
    let result = execute(&mut world.chain, &mut world.bob, &escrow, &blank, &[]);
    assert_eq!((result.code, attribute(&result, "wasm", "accepted").as_str()), (0, "false"), "{}", result.log);

    // The work as a blob: the same elements as f32, in sixteenths.
    let work: Vec<u8> = SEVEN.iter().flat_map(|byte| (f32::from(*byte) / 16.0).to_le_bytes()).collect();
    let hash = synergy_store::sha256(&work);
    let blob = json!({"deliver_blob": {"work": hex::encode(hash)}});
    let result = execute(&mut world.chain, &mut world.bob, &escrow, &blob, &[]);
    assert_eq!((result.codespace.as_str(), result.code), ("aivm", 9), "{}", result.log);
    let upload = MsgUploadBlob {
        sender: name(&world.bob),
        hash: hash.to_vec(),
        size: work.len() as u64,
        data: work,
        blocks: 10,
        ..MsgUploadBlob::default()
    };
    let result = world.chain.deliver(world.bob.sign(&[pack(&upload)], Fee::of(60_000_000)));
    assert_eq!(result.code, 0, "{}", result.log);
    let before = world.chain.balance(&world.bob.address());
    let result = execute(&mut world.chain, &mut world.bob, &escrow, &blob, &[]);
    assert_eq!(attribute(&result, "wasm", "accepted"), "true", "{}", result.log);
    assert_eq!(world.chain.balance(&world.bob.address()), before + 900 - Fee::of(60_000_000).amount);
    assert_eq!(attribute(&result, "infer", "record_id"), attribute(&result, "wasm", "record"));
    assert_eq!(world.ask(&escrow, &json!({"escrow": {}}))["status"], "paid");
    world.chain.check_invariants();
}

/// A handwritten seven of scikit-learn's digits: 8 by 8 pixels of 0 to 16.
const SEVEN: [u8; 64] = [
    0, 0, 7, 8, 13, 16, 15, 1, 0, 0, 7, 7, 4, 11, 12, 0, 0, 0, 0, 0, 8, 13, 1, 0, 0, 4, 8, 8, 15, 15, 6, 0, 0, 2, 11,
    15, 15, 4, 0, 0, 0, 0, 0, 16, 5, 0, 0, 0, 0, 0, 9, 15, 1, 0, 0, 0, 0, 0, 13, 5, 0, 0, 0, 0,
];

#[test]
fn online_learner_learns_from_transactions() {
    const ONE: i64 = 1 << 20;
    let mut world = world();
    let learner = world.make(built("online_learner"), &json!({"features": 1, "rate_shift": 1}), 0);
    for i in 0..40 {
        let x = if i % 2 == 0 { ONE } else { -ONE };
        world.call(&learner, &json!({"learn": {"features": [x], "target": 3 * x + ONE}}));
    }
    let predicted = world.ask(&learner, &json!({"predict": {"features": [2 * ONE]}}));
    let error = predicted["prediction"].as_i64().unwrap() - 7 * ONE;
    assert!(error.abs() < ONE / 1000, "{predicted}");
    assert_eq!(world.refused(&learner, &json!({"learn": {"features": [1, 2], "target": 0}})).1, 5);
}
