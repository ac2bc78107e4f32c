//! Prices of contracts, in gas: a thousand are a microsecond. `docs/contracts.md`
//! says how each was measured.

use synergy_kernel::{Ctx, Result};

/// VM gas that one gas is worth. CosmWasm aims at 10¹² VM gas per second.
const VM_GAS: u64 = 1_000;
/// Checking and compiling, per byte of WebAssembly; also when the code is known.
pub(crate) const COMPILE_BYTE: u64 = 400;
/// Unpacking a gzip upload, per byte that comes in or out.
pub(crate) const UNPACK_BYTE: u64 = 10;
/// Loading a code that is neither pinned nor used lately, per byte of WebAssembly.
pub(crate) const LOAD_BYTE: u64 = 40;
/// An instance.
pub(crate) const INSTANCE: u64 = 100_000;
/// Reading the answer of a contract, per byte of JSON.
pub(crate) const ANSWER_BYTE: u64 = 10;
/// Each event of a contract, and each attribute.
pub(crate) const EVENT: u64 = 1_000;
/// Each byte of event types, keys and values: they are kept and indexed.
pub(crate) const EVENT_BYTE: u64 = 30;
/// Pinning and unpinning a code.
pub(crate) const PIN: u64 = 1_000_000;
/// Writing an answer of the chain as JSON, for `stargate` queries.
pub(crate) const JSON: u64 = 20_000;
/// Each byte of that JSON.
pub(crate) const JSON_BYTE: u64 = 30;
/// A search of an iteration, which finds up to 16 entries.
pub(crate) const SEEK: u64 = 20_000;
/// Parsing the JSON of a query or custom message, per byte.
pub(crate) const REQUEST_BYTE: u64 = 10;

/// Charges `per_byte` for each of `bytes`.
pub(crate) fn per_byte(ctx: &mut Ctx<'_>, bytes: usize, per_byte: u64, what: &str) -> Result<()> {
    ctx.gas.consume(per_byte.saturating_mul(bytes as u64), what)
}

/// VM gas in gas, rounded up.
pub(crate) fn from_vm(vm_gas: u64) -> u64 {
    vm_gas.div_ceil(VM_GAS)
}

/// The gas that fits into a limit of VM gas.
pub(crate) fn within_vm(vm_limit: u64) -> u64 {
    vm_limit.checked_div(VM_GAS).unwrap_or(0)
}

/// Gas in VM gas.
pub(crate) fn to_vm(gas: u64) -> u64 {
    gas.saturating_mul(VM_GAS)
}
