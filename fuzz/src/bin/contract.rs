#![no_main]
//! WebAssembly that a stranger stores and calls: the static checks, the compiler, the
//! host functions and the reading of answers.
//!
//! Bytes alone seldom make a module. So an even first byte takes the rest as a file,
//! and an odd one as changes to a small contract that works: two bytes for the place,
//! one for the value.

use std::sync::{Arc, OnceLock};

use cosmwasm_std::{
    Addr, Binary, BlockInfo, ContractInfo, ContractResult, Env, MessageInfo, Order, Record, SystemError, SystemResult,
    Timestamp,
};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use synergy_vm::{BackendResult, Done, Engine, Entry, Failure, GasInfo, Host, Residence, Settings};

/// VM gas of a call: some milliseconds.
const GAS: u64 = 2_000_000_000;

/// Its entry points go through most host functions.
const CONTRACT: &str = r#"(module
    (import "env" "db_read" (func $db_read (param i32) (result i32)))
    (import "env" "db_write" (func $db_write (param i32 i32)))
    (import "env" "db_remove" (func $db_remove (param i32)))
    (import "env" "db_scan" (func $db_scan (param i32 i32 i32) (result i32)))
    (import "env" "db_next" (func $db_next (param i32) (result i32)))
    (import "env" "addr_validate" (func $addr_validate (param i32) (result i32)))
    (import "env" "secp256k1_verify" (func $secp256k1_verify (param i32 i32 i32) (result i32)))
    (import "env" "query_chain" (func $query_chain (param i32) (result i32)))
    (memory (export "memory") 3)
    (global $free (mut i32) (i32.const 65536))
    (data (i32.const 512) "\00\04\00\00\3f\00\00\00\3f\00\00\00")
    (data (i32.const 1024) "{\"ok\":{\"messages\":[],\"attributes\":[],\"events\":[],\"data\":null}}   ")
    (func (export "interface_version_8"))
    (func (export "deallocate") (param i32))
    (func (export "allocate") (param $size i32) (result i32) (local $region i32)
        (local.set $region (global.get $free))
        (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
        (i32.store offset=4 (local.get $region) (local.get $size))
        (global.set $free (i32.add (local.get $region) (i32.add (local.get $size) (i32.const 16))))
        (local.get $region))
    (func (export "instantiate") (param i32 i32 i32) (result i32)
        (call $db_write (i32.const 512) (i32.const 512))
        (drop (call $db_read (i32.const 512)))
        (drop (call $db_next (call $db_scan (i32.const 0) (i32.const 0) (i32.const 1))))
        (call $db_remove (i32.const 512))
        (i32.const 512))
    (func (export "execute") (param i32 i32 i32) (result i32)
        (drop (call $addr_validate (i32.const 512)))
        (drop (call $query_chain (i32.const 512)))
        (drop (call $secp256k1_verify (i32.const 512) (i32.const 512) (i32.const 512)))
        (i32.const 512)))"#;

struct Nothing;

impl Host for Nothing {
    fn get(&mut self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        (Ok(Some(key.to_vec())), GasInfo::free())
    }

    fn set(&mut self, _: &[u8], _: &[u8]) -> BackendResult<()> {
        (Ok(()), GasInfo::free())
    }

    fn remove(&mut self, _: &[u8]) -> BackendResult<()> {
        (Ok(()), GasInfo::free())
    }

    fn search(&mut self, start: Option<&[u8]>, _: Option<&[u8]>, _: Order, count: usize) -> BackendResult<Vec<Record>> {
        let first = start.map_or(0, <[u8]>::len);
        let entries = (first..50).take(count).map(|length| (vec![1; length], vec![1]));
        (Ok(entries.collect()), GasInfo::free())
    }

    fn step(&mut self, _: &Record) -> BackendResult<()> {
        (Ok(()), GasInfo::with_cost(1_000_000))
    }

    fn query(&mut self, _: &[u8], _: u64) -> BackendResult<SystemResult<ContractResult<Binary>>> {
        (Ok(SystemResult::Err(SystemError::Unknown {})), GasInfo::with_cost(1_000_000))
    }
}

fn module(data: &[u8]) -> Option<Vec<u8>> {
    static WORKING: OnceLock<Vec<u8>> = OnceLock::new();
    let (mode, data) = data.split_first()?;
    if mode % 2 == 0 {
        return Some(data.to_vec());
    }
    let mut module = WORKING.get_or_init(|| wat::parse_str(CONTRACT).expect("the contract is well-formed")).clone();
    for change in data.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % module.len();
        module[place] = change[2];
    }
    Some(module)
}

fuzz_target!(|data: &[u8]| {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let capabilities = synergy_wasm::CAPABILITIES.iter().map(|name| (*name).to_owned()).collect();
        let folder = tempfile::tempdir().expect("folder").keep();
        Engine::open(&folder, Settings { capabilities, memory_bytes: 16 << 20 }).expect("engine")
    });
    let Some(wasm) = module(data) else { return };
    match engine.admit(&wasm) {
        Ok(_) => {}
        Err(Failure::Fault(fault)) => panic!("{fault}"),
        Err(_) => return,
    }
    let checksum = Sha256::digest(&wasm).into();
    let code = engine.load(&checksum, Residence::Cached, || (Arc::new(wasm), false)).expect("what was admitted loads");
    let block = BlockInfo { height: 1, time: Timestamp::from_seconds(1), chain_id: "fuzz".into() };
    let env = Env { block, transaction: None, contract: ContractInfo { address: Addr::unchecked("contract") } };
    let info = MessageInfo { sender: Addr::unchecked("sender"), funds: vec![] };
    for entry in [Entry::Instantiate(&info, b"{}"), Entry::Execute(&info, b"{}")] {
        let Done { gas, .. } = engine.call(&code, Nothing, &env, &entry, GAS).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(gas <= GAS, "{gas} VM gas of {GAS}");
    }
});
