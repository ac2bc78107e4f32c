//! Calling a contract, and reading what it says.

use cosmwasm_std::{Addr, BlockInfo, ContractInfo as EnvContract, ContractResult, Env, Timestamp, TransactionInfo};
use serde::de::DeserializeOwned;
use synergy_kernel::{Ctx, Error, Hash, Result, sdk};
use synergy_proto::Address;
use synergy_store::fatal;
use synergy_vm::{Code as Machine, Done, Entry, Failure, Residence};

use crate::{
    Runtime, error, gas,
    host::ContractHost,
    state::{Code, PINNED},
    warm,
};

/// Longest answer of a contract in JSON, in bytes (cosmwasm-vm's
/// `deserialization_limits`).
const MAX_ANSWER: usize = 256 << 10;

/// Whom a call goes to.
pub(crate) struct Callee<'a> {
    /// The contract.
    pub(crate) address: &'a Address,
    /// Its code's id.
    pub(crate) code_id: u64,
    /// Its code.
    pub(crate) code: &'a Code,
    /// How many queries this call is nested in.
    pub(crate) query_depth: u32,
}

/// Calls a contract and reads its answer; what the contract itself refused with is
/// the inner error.
///
/// # Errors
/// `wasm` 29 when the engine ended the call or the answer cannot be read, SDK 11
/// when the gas did not suffice.
pub(crate) fn call<T: DeserializeOwned>(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    callee: &Callee<'_>,
    entry: &Entry<'_>,
) -> Result<std::result::Result<T, String>> {
    let machine = charged(ctx, runtime, callee)?;
    ctx.gas.consume(gas::INSTANCE, "Instance of a contract")?;
    let answer = run(ctx, runtime, callee, &machine, entry)?;
    gas::per_byte(ctx, answer.len(), gas::ANSWER_BYTE, "Answer of a contract")?;
    if answer.len() > MAX_ANSWER {
        return Err(error::vm(format!("the answer has {} bytes, at most {MAX_ANSWER} are allowed", answer.len())));
    }
    match serde_json::from_slice(&answer) {
        Ok(ContractResult::Ok(answer)) => Ok(Ok(answer)),
        Ok(ContractResult::Err(text)) => Ok(Err(text)),
        Err(e) => Err(error::vm(format!("the answer cannot be read: {e}"))),
    }
}

/// The machine code. A use that finds the code neither pinned nor among those used
/// lately pays for loading it, on every node alike: what a node holds in memory is its
/// own affair.
fn charged(ctx: &mut Ctx<'_>, runtime: &Runtime, callee: &Callee<'_>) -> Result<Machine> {
    let checksum = callee.code.checksum();
    let pinned = PINNED.has(ctx, callee.code_id)?;
    if !pinned && ctx.state.mark(&[b"wasm".as_slice(), &callee.code_id.to_be_bytes()].concat()) {
        warm::touch(ctx, callee.code_id, callee.code)?;
    }
    let residence = if pinned { Residence::Pinned } else { Residence::Cached };
    Ok(load(ctx, runtime, &checksum, residence))
}

/// The machine code of a stored WebAssembly.
pub(crate) fn load(ctx: &Ctx<'_>, runtime: &Runtime, checksum: &Hash, residence: Residence) -> Machine {
    let state = &*ctx.state;
    // A code that no block has committed, as in a simulation, leaves no file.
    let source = || match state.blob(checksum) {
        Some(wasm) => (wasm, state.has_stored_blob(checksum)),
        None => fatal(format!("code {} has no WebAssembly in the database", hex::encode(checksum))),
    };
    runtime.vm.load(checksum, residence, source).unwrap_or_else(|fault| fatal(fault))
}

fn run(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    callee: &Callee<'_>,
    machine: &Machine,
    entry: &Entry<'_>,
) -> Result<Vec<u8>> {
    let env = env(ctx, callee.address);
    let limit = gas::to_vm(ctx.gas.left());
    let (outcome, vm_gas) = ctx.lend(|owned| {
        let host = ContractHost::new(owned, *callee.address, runtime.clone(), callee.query_depth);
        match runtime.vm.call(machine, host, &env, entry, limit) {
            Ok(Done { host, outcome, gas }) => (host.into_owned(), (outcome, gas)),
            Err(fault) => fatal(format!("contract {}: {fault}", callee.address)),
        }
    });
    ctx.gas.consume(gas::from_vm(vm_gas), "Contract")?;
    outcome.map_err(|failure| match failure {
        Failure::OutOfGas => out_of_gas(ctx),
        Failure::Contract(text) => error::vm(text),
        Failure::Fault(fault) => fatal(format!("contract {}: {fault}", callee.address)),
    })
}

/// Takes what is left of the gas.
fn out_of_gas(ctx: &mut Ctx<'_>) -> Error {
    let (left, limit) = (ctx.gas.left(), ctx.gas.limit());
    let all = ctx.gas.consume(left, "Contract");
    all.err().unwrap_or_else(|| {
        sdk::out_of_gas(format!(
            "out of gas in location: Contract; gasWanted: {limit}, gasUsed: {limit}: send the transaction with more gas"
        ))
    })
}

/// What the contract is told of the block and of the transaction's place in it.
fn env(ctx: &Ctx<'_>, contract: &Address) -> Env {
    let block = ctx.block;
    let seconds = u64::try_from(block.seconds).unwrap_or(0);
    let nanos = seconds.saturating_mul(1_000_000_000).saturating_add(block.nanos.into());
    Env {
        block: BlockInfo { height: block.height, time: Timestamp::from_nanos(nanos), chain_id: block.chain_id.clone() },
        transaction: ctx.transaction().map(|index| TransactionInfo { index }),
        contract: EnvContract { address: Addr::unchecked(contract.to_string()) },
    }
}
