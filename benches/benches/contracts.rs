//! Contracts on the chain, each beside plain `cosmwasm-vm` with its own cache and
//! mock storage in the same run: `cargo bench -p synergy-benches --bench contracts`,
//! after `scripts/wasm-testdata.sh`. It prints what the gas schedule is set by.
//!
//! "chain" is the whole message: decoding, the contract's record, gas, the call in
//! the chain's state, events. "vm" is an instance from memory, the call, and reading
//! the answer.

use std::{hint::black_box, time::Instant};

use cosmwasm_std::{Empty, coins};
use cosmwasm_vm::{
    Cache, CacheOptions, InstanceOptions, Size, call_execute, call_instantiate, call_query, capabilities_from_csv,
    testing::{MockApi, MockQuerier, MockStorage, mock_backend, mock_env, mock_info},
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use serde_json::json;
use synergy_kernel::{Ctx, Gas};
use synergy_proto::{Any, cosmwasm::*, pack};
use synergy_tests::{
    Account, Fee, TestChain,
    contracts::{built, instantiate, msg_execute, ready, store_code},
    contracts_in,
};

type Plain = Cache<MockApi, MockStorage, MockQuerier>;

const GAS: u64 = u64::MAX / 2;
const QUEUE: &str = "wasmd/queue.wasm";

fn plain(folder: &std::path::Path) -> Plain {
    let capabilities = capabilities_from_csv("iterator,cosmwasm_1_1,cosmwasm_1_2,cosmwasm_1_3,cosmwasm_1_4");
    let options = CacheOptions::new(folder, capabilities, Size::mebi(200), Size::mebi(32));
    // SAFETY: nobody else writes to the folder.
    unsafe { Cache::new(options).unwrap() }
}

/// A chain with one queue contract, and messages as Alice.
struct World {
    chain: TestChain,
    alice: Account,
    code: u64,
    queue: String,
}

impl World {
    fn new() -> Self {
        let mut alice = Account::many(1).remove(0);
        let mut chain = TestChain::new(&[&alice]);
        let code = store_code(&mut chain, &mut alice, ready(QUEUE));
        let queue = instantiate(&mut chain, &mut alice, code, &json!({}), &[]);
        Self { chain, alice, code, queue }
    }

    /// Sends a message on a copy of the state again and again.
    fn repeat(&self, criterion: &mut Criterion, name: &str, message: &Any) {
        let app = &self.chain.app;
        let sender = self.alice.address();
        let gas = app.read(|ctx| ctx.dispatch(message, &sender).map(|_| ctx.gas.used())).unwrap();
        println!("{name}: {gas} gas, loading the code included");
        app.read(|ctx| {
            let gas = |ctx: &mut Ctx<'_>| {
                let mut gas = Gas::unlimited();
                ctx.with_gas(&mut gas).dispatch(message, &sender).unwrap();
                gas.used()
            };
            gas(ctx);
            println!("{name}: {} gas when the code is loaded", gas(ctx));
            criterion.bench_function(name, |bencher| {
                bencher.iter(|| {
                    ctx.state.push();
                    black_box(ctx.dispatch(message, &sender).unwrap());
                    ctx.state.pop();
                });
            });
            Ok(())
        })
        .unwrap();
    }
}

fn store(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    group.sample_size(10);
    for name in [QUEUE, "wasmd/hackatom.wasm"] {
        let wasm = ready(name);
        group.bench_function(format!("chain {name}"), |bencher| {
            let folder = tempfile::tempdir().unwrap();
            bencher.iter(|| contracts_in(folder.path()).admit(&wasm).unwrap());
        });
        group.bench_function(format!("vm {name}"), |bencher| {
            let folder = tempfile::tempdir().unwrap();
            let cache = plain(folder.path());
            bencher.iter(|| cache.store_code(&wasm, true, true).unwrap());
        });
        group.bench_function(format!("load from disk {name}"), |bencher| {
            let folder = tempfile::tempdir().unwrap();
            let checksum = synergy_store::sha256(&wasm);
            let source = std::sync::Arc::new(wasm.clone());
            let load = || {
                let engine = contracts_in(folder.path());
                engine.load(&checksum, synergy_vm::Residence::Cached, || (source.clone(), true)).unwrap()
            };
            load();
            bencher.iter(load);
        });
    }
    group.finish();
}

fn calls(criterion: &mut Criterion) {
    let world = World::new();
    let sender = world.alice.address().to_string();
    let enqueue = pack(&msg_execute(&world.alice, &world.queue, &json!({"enqueue": {"value": 5}}), &[]));
    let new = pack(&MsgInstantiateContract {
        sender,
        code_id: world.code,
        label: "queue".into(),
        msg: b"{}".to_vec(),
        ..MsgInstantiateContract::default()
    });
    world.repeat(criterion, "execute chain", &enqueue);

    let folder = tempfile::tempdir().unwrap();
    let cache = plain(folder.path());
    let checksum = cache.store_code(&ready(QUEUE), true, true).unwrap();
    let options = || InstanceOptions { gas_limit: GAS };
    let info = mock_info("alice", &coins(0, "asnrg"));
    let fresh = || {
        let mut instance = cache.get_instance(&checksum, mock_backend(&[]), options()).unwrap();
        call_instantiate::<_, _, _, Empty>(&mut instance, &mock_env(), &info, b"{}").unwrap().unwrap();
        instance.recycle().unwrap()
    };
    criterion.bench_function("execute vm", |bencher| {
        let execute = |backend| {
            let mut instance = cache.get_instance(&checksum, backend, options()).unwrap();
            let msg = br#"{"enqueue":{"value":5}}"#;
            call_execute::<_, _, _, Empty>(&mut instance, &mock_env(), &info, msg).unwrap().unwrap()
        };
        bencher.iter_batched(fresh, execute, BatchSize::SmallInput);
    });

    world.repeat(criterion, "instantiate chain", &new);
    criterion.bench_function("instantiate vm", |bencher| {
        bencher.iter(|| {
            let mut instance = cache.get_instance(&checksum, mock_backend(&[]), options()).unwrap();
            call_instantiate::<_, _, _, Empty>(&mut instance, &mock_env(), &info, b"{}").unwrap().unwrap();
        });
    });

    let request =
        QuerySmartContractStateRequest { address: world.queue.clone(), query_data: br#"{"count":{}}"#.to_vec() };
    criterion.bench_function("smart query chain", |bencher| {
        bencher.iter(|| {
            let path = "/cosmwasm.wasm.v1.Query/SmartContractState";
            black_box(world.chain.query::<_, QuerySmartContractStateResponse>(path, &request, 0).unwrap())
        });
    });
    criterion.bench_function("smart query vm", |bencher| {
        let query = |backend| {
            let mut instance = cache.get_instance(&checksum, backend, options()).unwrap();
            call_query(&mut instance, &mock_env(), br#"{"count":{}}"#).unwrap().unwrap()
        };
        bencher.iter_batched(fresh, query, BatchSize::SmallInput);
    });
}

/// VM gas per microsecond, from a loop that runs out of it: what the ratio of the
/// two kinds of gas rests on.
fn ratio(_: &mut Criterion) {
    let mut alice = Account::many(1).remove(0);
    let mut chain = TestChain::new(&[&alice]);
    let code = store_code(&mut chain, &mut alice, ready("wasmd/hackatom.wasm"));
    let msg = json!({"verifier": alice.address().to_string(), "beneficiary": alice.address().to_string()});
    let hackatom = instantiate(&mut chain, &mut alice, code, &msg, &[]);
    for endless in ["cpu_loop", "storage_loop"] {
        let message = pack(&msg_execute(&alice, &hackatom, &json!({endless: {}}), &[]));
        let (limit, app) = (200_000_000_u64, &chain.app);
        let best = (0..5)
            .map(|_| {
                app.read(|ctx| {
                    let mut gas = Gas::new(limit);
                    let start = Instant::now();
                    let outcome = ctx.with_gas(&mut gas).dispatch(&message, &alice.address());
                    assert_eq!(outcome.unwrap_err().code, 11);
                    Ok(start.elapsed())
                })
                .unwrap()
            })
            .min()
            .unwrap();
        println!("{endless}: {limit} gas in {best:?}: {} gas per µs", u128::from(limit) / best.as_micros().max(1));
    }
}

/// Gas of reading 300 entries by iteration, and the time it takes.
fn iteration(_: &mut Criterion) {
    let mut world = World::new();
    let enqueue = pack(&msg_execute(&world.alice, &world.queue, &json!({"enqueue": {"value": 5}}), &[]));
    for _ in 0..3 {
        let messages = vec![enqueue.clone(); 100];
        let result = world.chain.deliver(world.alice.sign(&messages, Fee::of(400_000_000)));
        assert_eq!(result.code, 0, "{}", result.log);
    }
    let request =
        QuerySmartContractStateRequest { address: world.queue.clone(), query_data: br#"{"sum":{}}"#.to_vec() };
    let request = prost::Message::encode_to_vec(&request);
    let app = &world.chain.app;
    for _ in 0..3 {
        let (gas, time) = app
            .read(|ctx| {
                let start = Instant::now();
                ctx.query("/cosmwasm.wasm.v1.Query/SmartContractState", &request)?;
                Ok((ctx.gas.used(), start.elapsed()))
            })
            .unwrap();
        println!("sum over 300 entries: {gas} gas, {time:?}");
    }
}

/// A contract whose `execute` sends its message to the chain as a query.
const ASKER: &str = r#"(module
    (import "env" "query_chain" (func $query_chain (param i32) (result i32)))
    (memory (export "memory") 9)
    (global $free (mut i32) (i32.const 4096))
    (data (i32.const 512) "\10\02\00\00\3e\00\00\00\3e\00\00\00")
    (data (i32.const 528) "{\22ok\22:{\22messages\22:[],\22attributes\22:[],\22events\22:[],\22data\22:null}}")
    (func (export "interface_version_8"))
    (func (export "deallocate") (param i32))
    (func (export "allocate") (param $size i32) (result i32) (local $region i32)
        (local.set $region (global.get $free))
        (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 16)))
        (i32.store offset=4 (local.get $region) (local.get $size))
        (i32.store offset=8 (local.get $region) (i32.const 0))
        (global.set $free (i32.add (i32.const 32) (i32.add (local.get $region) (local.get $size))))
        (local.get $region))
    (func (export "instantiate") (param i32 i32 i32) (result i32) (i32.const 512))
    (func (export "execute") (param i32 i32 i32) (result i32)
        (drop (call $query_chain (local.get 2)))
        (i32.const 512)))"#;

/// Gas and time that queries of a contract take beyond those of the shortest hash.
fn asked(_: &mut Criterion) {
    let mut alice = Account::many(1).remove(0);
    let mut chain = TestChain::new(&[&alice]);
    let code = store_code(&mut chain, &mut alice, wat::parse_str(ASKER).unwrap());
    let asker = instantiate(&mut chain, &mut alice, code, &json!({}), &[]);
    let app = &chain.app;
    let measure = |query: &serde_json::Value| {
        let message = pack(&msg_execute(&alice, &asker, query, &[]));
        let times = 50;
        app.read(|ctx| {
            let run = |ctx: &mut Ctx<'_>| {
                let mut gas = Gas::unlimited();
                let start = Instant::now();
                ctx.state.push();
                ctx.with_gas(&mut gas).dispatch(&message, &alice.address()).unwrap();
                ctx.state.pop();
                (gas.used(), start.elapsed())
            };
            run(ctx);
            Ok((0..times).map(|_| run(ctx)).min_by_key(|(_, time)| *time).unwrap())
        })
        .unwrap()
    };
    let hash = |algorithm: &str, bytes: usize| {
        let data = cosmwasm_std::Binary::from(vec![7; bytes]);
        json!({"custom": {"hash": {"algorithm": algorithm, "data": data}}})
    };
    let (base_gas, base_time) = measure(&hash("sha2-256", 0));
    println!("asking for the hash of nothing: {base_gas} gas, {base_time:?}");
    for algorithm in ["sha2-256", "sha2-512", "sha3-256", "keccak-256", "blake2b-256"] {
        let (gas, time) = measure(&hash(algorithm, 40_000));
        println!("{algorithm} of 40,000 bytes: {} gas, {:?} more", gas - base_gas, time.saturating_sub(base_time));
    }
    for path in
        ["/cosmos.staking.v1beta1.Query/Params", "/cosmos.gov.v1.Query/Params", "/cosmos.mint.v1beta1.Query/Params"]
    {
        for kind in ["grpc", "stargate"] {
            let (gas, time) = measure(&json!({kind: {"path": path, "data": ""}}));
            println!("{kind} {path}: {} gas, {:?} more", gas.saturating_sub(base_gas), time.saturating_sub(base_time));
        }
    }
}

/// Size of machine code on disk, which is what it takes in memory.
fn sizes(_: &mut Criterion) {
    for name in [QUEUE, "wasmd/hackatom.wasm", "wasmd/staking.wasm", "wasmd/reflect_2_0.wasm"] {
        let (folder, wasm) = (tempfile::tempdir().unwrap(), std::sync::Arc::new(ready(name)));
        let source = || (wasm.clone(), true);
        let checksum = synergy_store::sha256(&wasm);
        contracts_in(folder.path()).load(&checksum, synergy_vm::Residence::Cached, source).unwrap();
        let files = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len());
        println!("{name}: {} bytes of WebAssembly, {} of machine code", wasm.len(), files.max().unwrap());
    }
    // What makes most machine code of few bytes.
    for (name, body) in [
        ("indirect calls", "(call_indirect (type $t) (local.get 0))"),
        ("loops", "(loop)"),
        ("branches", "(if (local.get 0) (then))"),
        ("remainders", "(local.set 1 (i64.rem_s (local.get 1) (local.get 1)))"),
        ("calls", "(call 0 (local.get 0))"),
    ] {
        let text = format!(
            "(module (type $t (func)) (table 1 funcref) (memory (export \"memory\") 1)\n{}(export \"f\" (func 0)))",
            format!("(func (param i32) (local i64) {})\n", body.repeat(200)).repeat(100)
        );
        let (folder, wasm) = (tempfile::tempdir().unwrap(), std::sync::Arc::new(wat::parse_str(text).unwrap()));
        let checksum = synergy_store::sha256(&wasm);
        contracts_in(folder.path()).load(&checksum, synergy_vm::Residence::Cached, || (wasm.clone(), true)).unwrap();
        let files = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len());
        println!("{name}: {} bytes of WebAssembly, {} of machine code", wasm.len(), files.max().unwrap());
    }
}

/// Loading as many codes as the state says are in memory, 24 MiB of WebAssembly with 16
/// KiB beside each: from disk, as a node does when it opens, and from memory. A node
/// bounds its machine code to 512 MiB.
fn warm_set(_: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let cw20 = built("cw20_base");
    let count = (24 << 20) / (cw20.len() + (16 << 10));
    let codes: Vec<_> = (0..count)
        .map(|i| {
            // A custom section makes each another code.
            let wasm = [cw20.as_slice(), &[0, 6, 4], b"note", &[u8::try_from(i).unwrap()]].concat();
            (synergy_store::sha256(&wasm), std::sync::Arc::new(wasm))
        })
        .collect();
    let load_all = |engine: &synergy_vm::Engine| {
        let start = Instant::now();
        for (checksum, wasm) in &codes {
            engine.load(checksum, synergy_vm::Residence::Cached, || (wasm.clone(), true)).unwrap();
        }
        start.elapsed()
    };
    let compiled = load_all(&contracts_in(folder.path()));
    let engine = contracts_in(folder.path());
    let (cold, warm) = (load_all(&engine), load_all(&engine));
    let files = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len());
    println!(
        "{count} codes of {} bytes: compiled in {compiled:?}, from disk in {cold:?}, from memory in {warm:?}, {:.0} : 1; {} MiB of machine code",
        cw20.len(),
        cold.as_secs_f64() / warm.as_secs_f64(),
        files.sum::<u64>() >> 20
    );
}

criterion_group!(benches, ratio, iteration, asked, sizes, warm_set, store, calls);
criterion_main!(benches);
