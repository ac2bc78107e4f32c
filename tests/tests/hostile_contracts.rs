//! WebAssembly made to harm: every module ends in a clean code, on two nodes alike,
//! and the chain goes on.
//!
//! One node has its machine code from earlier; the other compiles everything anew.

use std::io::Write;

use serde_json::json;
use synergy_abci::messages::ExecTxResult;
use synergy_proto::{
    Any, coin,
    cosmwasm::{
        MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContractResponse, MsgStoreCode, MsgStoreCodeResponse,
    },
    pack,
};
use synergy_store::MemDb;
use synergy_tests::{
    Account, CHAIN_ID, FUNDS, Fee, TestChain,
    contracts::{ready, response},
    contracts_in,
};
use tempfile::TempDir;

const GAS: u64 = 300_000_000;

/// Two nodes and who sends.
struct Pair {
    nodes: [TestChain; 2],
    alice: Account,
    _folder: TempDir,
}

fn pair() -> Pair {
    let alice = Account::many(1).remove(0);
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    let funds = [coin::coin(FUNDS, coin::BASE_DENOM)];
    synergy_app::genesis::add_account(&mut document, &alice.address(), &funds).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let warm = TestChain::from_genesis(Box::<MemDb>::default(), 0, &document);
    let cold = TestChain::with_contracts(Box::<MemDb>::default(), 0, &document, contracts_in(folder.path()));
    Pair { nodes: [warm, cold], alice, _folder: folder }
}

impl Pair {
    /// Runs a message on both nodes, which must agree.
    fn deliver(&mut self, message: &Any, gas: u64) -> ExecTxResult {
        let tx = self.alice.sign(std::slice::from_ref(message), Fee::of(gas));
        let [warm, cold] = self.nodes.each_mut().map(|node| node.block(std::slice::from_ref(&tx)));
        assert_eq!(warm.app_hash, cold.app_hash, "{}", warm.results[0].log);
        let [warm, cold] = [warm, cold].map(|mut block| block.results.remove(0));
        let consensus = |r: &ExecTxResult| (r.codespace.clone(), r.code, r.data.clone(), r.gas_used, r.gas_wanted);
        assert_eq!(consensus(&warm), consensus(&cold), "{}", warm.log);
        warm
    }

    fn store(&mut self, wasm: Vec<u8>) -> ExecTxResult {
        let sender = self.alice.address().to_string();
        let message = MsgStoreCode { sender, wasm_byte_code: wasm, ..MsgStoreCode::default() };
        self.deliver(&pack(&message), 800_000_000)
    }

    fn instantiate(&mut self, code_id: u64) -> ExecTxResult {
        let sender = self.alice.address().to_string();
        let message = MsgInstantiateContract {
            sender,
            code_id,
            label: "hostile".to_owned(),
            msg: b"{}".to_vec(),
            ..MsgInstantiateContract::default()
        };
        self.deliver(&pack(&message), GAS)
    }

    fn make(&mut self, wasm: Vec<u8>) -> String {
        let code_id = response::<MsgStoreCodeResponse>(&self.store(wasm)).code_id;
        response::<MsgInstantiateContractResponse>(&self.instantiate(code_id)).address
    }

    fn execute(&mut self, contract: &str, msg: &str) -> ExecTxResult {
        let sender = self.alice.address().to_string();
        let contract = contract.to_owned();
        let message =
            MsgExecuteContract { sender, contract, msg: msg.as_bytes().to_vec(), ..MsgExecuteContract::default() };
        self.deliver(&pack(&message), GAS)
    }

    /// What a contract with this body of `execute` comes to.
    fn run(&mut self, body: &str, answer: &[u8]) -> ExecTxResult {
        let contract = self.make(module(body, answer, ""));
        let result = self.execute(&contract, "{}");
        self.alive();
        result
    }

    /// A send still works.
    fn alive(&mut self) {
        let send = self.alice.msg_send(&self.alice.address(), 1);
        assert_eq!(self.deliver(&send, 200_000).code, 0);
    }
}

fn code(result: &ExecTxResult) -> (&str, u32) {
    (&result.codespace, result.code)
}

const OUT_OF_GAS: (&str, u32) = ("sdk", 11);
const VM: (&str, u32) = ("wasm", 29);
const CREATE: (&str, u32) = ("wasm", 2);

const OK: &[u8] = br#"{"ok":{"messages":[],"attributes":[],"events":[],"data":null}}"#;

/// A contract of the least kind: `instantiate` succeeds, `execute` is `body` and then
/// answers `answer` (region at 512). Locals `$a` and `$b` are free.
fn module(body: &str, answer: &[u8], more: &str) -> Vec<u8> {
    let escaped: String = answer.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let ok: String = OK.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let region = |offset: usize, length: usize| -> String {
        [offset, length, length].iter().flat_map(|n| (*n as u32).to_le_bytes()).map(|b| format!("\\{b:02x}")).collect()
    };
    let pages = 4 + answer.len() / 65_536;
    wat::parse_str(format!(
        r#"(module
        (import "env" "db_read" (func $db_read (param i32) (result i32)))
        (import "env" "db_write" (func $db_write (param i32 i32)))
        (import "env" "db_scan" (func $db_scan (param i32 i32 i32) (result i32)))
        (import "env" "abort" (func $abort (param i32)))
        (import "env" "debug" (func $debug (param i32)))
        (import "env" "addr_validate" (func $addr_validate (param i32) (result i32)))
        (import "env" "query_chain" (func $query_chain (param i32) (result i32)))
        (memory (export "memory") {pages})
        (global $free (mut i32) (i32.const {heap}))
        (data (i32.const 512) "{region}") (data (i32.const 1024) "{escaped}")
        (data (i32.const 528) "{ok_region}") (data (i32.const 600) "{ok}")
        (func (export "interface_version_8"))
        (func (export "deallocate") (param i32))
        (func (export "allocate") (param $size i32) (result i32) (local $region i32)
            (local.set $region (global.get $free))
            (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
            (i32.store offset=4 (local.get $region) (local.get $size))
            (i32.store offset=8 (local.get $region) (i32.const 0))
            (global.set $free (i32.add (local.get $region) (i32.add (local.get $size) (i32.const 16))))
            (local.get $region))
        (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 528))
        (func $execute (export "execute") (param $env i32) (param $info i32) (param $msg i32) (result i32)
            (local $a i32) (local $b i32)
            {body}
            (i32.const 512))
        {more})"#,
        heap = 1024 + answer.len().next_multiple_of(16),
        region = region(1024, answer.len()),
        ok_region = region(600, OK.len()),
    ))
    .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_least_contract_is_a_good_one() {
    let result = pair().run("", OK);
    assert_eq!(result.code, 0, "{}", result.log);
}

#[test]
fn endless_work_runs_out_of_gas() {
    let mut pair = pair();
    for body in [
        "(loop $again (br $again))",
        "(loop $again (local.set $a (memory.grow (i32.const 1))) (br $again))",
        "(loop $again (call $db_write (i32.const 528) (i32.const 528)) (br $again))",
        "(loop $again (drop (call $db_read (i32.const 528))) (br $again))",
        "(loop $again (drop (call $db_scan (i32.const 0) (i32.const 0) (i32.const 1))) (br $again))",
        "(loop $again (call $debug (i32.const 528)) (br $again))",
    ] {
        let result = pair.run(body, OK);
        assert_eq!(code(&result), OUT_OF_GAS, "{body}: {}", result.log);
    }
}

#[test]
fn traps_are_the_contracts_failure() {
    let mut pair = pair();
    for body in [
        "unreachable",
        "(drop (i32.div_u (i32.const 1) (local.get $a)))",
        "(drop (i32.load (i32.const -4)))",
        "(call $abort (i32.const 528))",
        "(call $abort (i32.const -1))",
        "(drop (call $addr_validate (i32.const 528)) (i32.const 0)) unreachable",
    ] {
        let Ok(_) = std::panic::catch_unwind(|| module(body, OK, "")) else { continue };
        let result = pair.run(body, OK);
        assert_eq!(code(&result), VM, "{body}: {}", result.log);
    }
}

#[test]
fn regions_outside_of_memory_are_refused() {
    let mut pair = pair();
    for body in [
        "(return (i32.const 0))",
        "(return (i32.const -8))",
        "(call $db_write (i32.const 0) (i32.const 0))",
        "(call $db_write (i32.const -1) (i32.const 528))",
        // offset 2³²−16, capacity and length 64: past the end and around it.
        "(i32.store (i32.const 512) (i32.const -16)) (i32.store (i32.const 516) (i32.const 64)) (i32.store (i32.const 520) (i32.const 64))",
        // longer than its capacity
        "(i32.store (i32.const 520) (i32.const 100000))",
        // 64 MiB
        "(i32.store (i32.const 516) (i32.const 0x4000000)) (i32.store (i32.const 520) (i32.const 0x4000000))",
    ] {
        let result = pair.run(body, OK);
        assert_eq!(code(&result), VM, "{body}: {}", result.log);
    }
}

#[test]
fn memory_stops_at_its_limit() {
    // Grows to the limit, and traps unless the refusal was a plain -1 at 512 pages.
    let body =
        "(loop $again (local.set $a (memory.grow (i32.const 1))) (br_if $again (i32.ne (local.get $a) (i32.const -1))))
        (if (i32.ne (memory.size) (i32.const 512)) (then unreachable))";
    let result = pair().run(body, OK);
    assert_eq!(result.code, 0, "{}", result.log);
}

#[test]
fn recursion_ends_before_the_stack_of_the_node() {
    let mut pair = pair();
    let functions = "(func $deep (param i64) (result i64) (local i64 i64 i64 i64 i64 i64 i64 i64)
        (i64.add (local.get 0) (call $deep (i64.add (local.get 0) (i64.const 1)))))";
    let contract = pair.make(module("(drop (call $deep (i64.const 0)))", OK, functions));
    let result = pair.execute(&contract, "{}");
    assert!([OUT_OF_GAS, VM].contains(&code(&result)), "{}", result.log);
    pair.alive();
}

#[test]
fn answers_that_are_no_answers_are_refused() {
    let mut pair = pair();
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let answers: [&[u8]; 12] = [
        b"",
        b"{",
        b"null",
        b"\xff\xfe",
        b"{\"ok\":{}}{\"ok\":{}}",
        b"{\"ok\":[]}",
        br#"{"ok":{"messages":[{"id":0,"msg":{"nonsense":{}},"reply_on":"never"}],"attributes":[],"events":[]}}"#,
        br#"{"ok":{"messages":[{"id":-1,"msg":{"custom":{}},"reply_on":"never"}],"attributes":[],"events":[]}}"#,
        br#"{"ok":{"messages":[],"attributes":[{"key":1,"value":2}],"events":[]}}"#,
        br#"{"ok":{"messages":[],"attributes":[],"events":[],"data":"not base64"}}"#,
        br#"{"ok":{"messages":[{"id":0,"msg":{"bank":{"send":{"to_address":"x","amount":[{"denom":"a","amount":"-1"}]}}},"reply_on":"never"}],"attributes":[],"events":[]}}"#,
        nested.as_bytes(),
    ];
    for answer in answers {
        let result = pair.run("", answer);
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(90)]);
        assert_eq!(code(&result), VM, "{shown}: {}", result.log);
    }
}

#[test]
fn messages_that_the_chain_refuses_roll_everything_back() {
    let mut pair = pair();
    let custom = br#"{"ok":{"messages":[{"id":0,"msg":{"custom":{"unheard_of":{}}},"reply_on":"never"}],"attributes":[],"events":[]}}"#;
    let result = pair.run("(call $db_write (i32.const 528) (i32.const 528))", custom);
    assert_eq!(code(&result), ("wasm", 20), "{}", result.log);
    let nobody = br#"{"ok":{"messages":[{"id":0,"msg":{"wasm":{"execute":{"contract_addr":"nobody","msg":"e30=","funds":[]}}},"reply_on":"never"}],"attributes":[],"events":[]}}"#;
    let result = pair.run("(call $db_write (i32.const 528) (i32.const 528))", nobody);
    assert_ne!(result.code, 0);
}

#[test]
fn floods_of_events_and_data_cost_what_they_weigh() {
    let mut pair = pair();
    let attribute = format!(r#"{{"key":"k","value":"{}"}}"#, "v".repeat(60));
    let many = vec![attribute; 3_000].join(",");
    let flood = format!(r#"{{"ok":{{"messages":[],"attributes":[{many}],"events":[],"data":null}}}}"#);
    let result = pair.run("", flood.as_bytes());
    assert_eq!(result.code, 0, "{}", result.log);
    assert!(result.gas_used > 3_000 * 60 * 20, "{}", result.gas_used);

    let empty = r#"{"type":"xxx","attributes":[]}"#;
    let events = vec![empty; 7_000].join(",");
    let flood = format!(r#"{{"ok":{{"messages":[],"attributes":[],"events":[{events}],"data":null}}}}"#);
    let result = pair.run("", flood.as_bytes());
    assert!(result.code == 0 && result.gas_used > 7_000_000, "{} {}", result.gas_used, result.log);

    let data = format!(r#"{{"ok":{{"messages":[],"attributes":[],"events":[],"data":"{}"}}}}"#, "AAAA".repeat(75_000));
    let result = pair.run("", data.as_bytes());
    assert_eq!(code(&result), VM, "{}", result.log);
    let reserved = br#"{"ok":{"messages":[],"attributes":[{"key":"_contract_address","value":"x"}],"events":[]}}"#;
    let result = pair.run("", reserved);
    assert_eq!(code(&result), ("wasm", 21), "{}", result.log);
}

#[test]
fn contracts_that_call_themselves_come_to_an_end() {
    let mut pair = pair();
    let replier = pair.make(ready("wasmd/replier.wasm"));
    let nest = |levels: usize| {
        let mut message = json!([]);
        for id in 0..levels {
            let call = json!({"msg_id": id % 250, "set_data_in_exec_and_reply": false, "return_order_in_reply": false,
                "exec_error": false, "reply_error": false, "reply_on_never": true, "messages": message});
            message = json!([call]);
        }
        message[0].to_string()
    };
    assert_eq!(pair.execute(&replier, &nest(8)).code, 0);
    let result = pair.execute(&replier, &nest(60));
    assert_ne!(result.code, 0, "60 levels were accepted");
    pair.alive();
}

#[test]
fn storms_of_queries_are_paid_for_and_bounded_in_depth() {
    let mut pair = pair();
    let query = r#"{"bank":{"supply":{"denom":"asnrg"}}}"#;
    let data: String = query.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let region: String = [300_u32, query.len() as u32, query.len() as u32]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .map(|b| format!("\\{b:02x}"))
        .collect();
    let more = format!(r#"(data (i32.const 280) "{region}") (data (i32.const 300) "{data}")"#);
    let body = "(loop $again (drop (call $query_chain (i32.const 280))) (br $again))";
    let contract = pair.make(module(body, OK, &more));
    let result = pair.execute(&contract, "{}");
    // Answers fill the contract's memory, which never frees, or the gas ends.
    assert!([OUT_OF_GAS, VM].contains(&code(&result)), "{}", result.log);
    pair.alive();
}

#[test]
fn modules_that_are_no_contracts_are_not_stored() {
    let mut pair = pair();
    let wat = |text: &str| wat::parse_str(text).unwrap();
    let entry = r#"(func (export "interface_version_8")) (func (export "deallocate") (param i32))
        (func (export "allocate") (param i32) (result i32) (i32.const 0))
        (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 0))"#;
    let with = |text: &str| wat(&format!("(module {text} {entry})"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![0; 64 << 20]).unwrap();
    let locals = "(local i64)".repeat(60_000);
    let blocks = format!("{}{}", "(block ".repeat(20_000), ")".repeat(20_000));
    let mut cut = module("", OK, "");
    cut.truncate(cut.len() / 2);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("random bytes", vec![7; 1_000]),
        ("half a module", cut),
        ("gzip of 64 MiB of zeros", gzip.finish().unwrap()),
        ("no memory", with("")),
        ("a maximum of memory", with(r#"(memory (export "memory") 1 2)"#)),
        ("513 pages at the start", with(r#"(memory (export "memory") 513)"#)),
        ("two memories", with(r#"(memory (export "memory") 1) (memory 1)"#)),
        ("an import that does not exist", with(r#"(import "env" "format_disk" (func)) (memory (export "memory") 1)"#)),
        (
            "WASI",
            with(
                r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1)"#,
            ),
        ),
        ("a huge table", with(r#"(memory (export "memory") 1) (table 1000000000 funcref)"#)),
        ("SIMD", with(r#"(memory (export "memory") 1) (func (drop (v128.const i64x2 0 0)))"#)),
        (
            "bulk memory",
            with(r#"(memory (export "memory") 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"#),
        ),
        (
            "threads",
            with(r#"(memory (export "memory") 1) (func (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))"#),
        ),
        ("capability of another chain", with(r#"(memory (export "memory") 1) (func (export "requires_gambling"))"#)),
        ("60,000 locals", with(&format!(r#"(memory (export "memory") 1) (func {locals})"#))),
        ("no entry point", wat(r#"(module (memory (export "memory") 1))"#)),
    ];
    for (name, wasm) in cases {
        let result = pair.store(wasm);
        assert_eq!(code(&result), CREATE, "{name}: {}", result.log);
        pair.alive();
    }
    // Deep nesting is no harm in itself: stored or refused, never a crash.
    let deep = with(&format!(r#"(memory (export "memory") 1) (func {blocks})"#));
    assert!([("", 0), CREATE].contains(&code(&pair.store(deep))));
    pair.alive();
}

#[test]
fn data_and_start_functions_that_fail_at_instantiation_are_clean() {
    let mut pair = pair();
    for more in [
        r#"(data (i32.const 262140) "12345678")"#.to_owned(),
        r#"(data (i32.const -1) "1")"#.to_owned(),
        "(func $start unreachable) (start $start)".to_owned(),
        "(func $start (loop $again (br $again))) (start $start)".to_owned(),
    ] {
        let stored = pair.store(module("", OK, &more));
        if stored.code != 0 {
            assert_eq!(code(&stored), CREATE, "{more}: {}", stored.log);
            continue;
        }
        let id = response::<MsgStoreCodeResponse>(&stored).code_id;
        let result = pair.instantiate(id);
        assert!([VM, OUT_OF_GAS].contains(&code(&result)), "{more}: {}", result.log);
        pair.alive();
    }
}

#[test]
fn large_keys_values_and_data_segments_are_bounded() {
    let mut pair = pair();
    // The region at 512 becomes 200 KiB long: too long for a value.
    let long = "(i32.store (i32.const 516) (i32.const 200000)) (i32.store (i32.const 520) (i32.const 200000))";
    for call in ["(call $db_write (i32.const 528) (i32.const 512))", "(call $db_write (i32.const 512) (i32.const 528))"]
    {
        let result = pair.run(&format!("{long} {call}"), OK);
        assert_eq!(code(&result), VM, "{call}: {}", result.log);
    }
    let result = pair.store(module("", &vec![b' '; 700_000], ""));
    assert_eq!(result.code, 0, "700 KB of data fit a code: {}", result.log);
    let result = pair.store(module("", &vec![b' '; 820_000], ""));
    assert_eq!(code(&result), ("sdk", 18), "{}", result.log);
    // It was refused before it was paid for: the sequence is still unused.
    pair.alice.sequence -= 1;
    pair.alive();
}
