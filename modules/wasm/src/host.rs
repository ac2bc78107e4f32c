//! The chain as a contract sees it: its own entries, and queries.

use cosmwasm_std::{Binary, ContractResult, Order as CwOrder, Record, SystemResult};
use synergy_kernel::{Ctx, Error, Order, Owned, Result, schedule, sdk};
use synergy_proto::Address;
use synergy_vm::{BackendError, BackendResult, GasInfo, Host};

use crate::{
    Runtime, STORE, gas, querier,
    state::{ENTRY_PREFIX, entries_end, entry_key},
};

/// Longest key of a contract's entry, in bytes; the store takes 16 KiB in all.
const MAX_KEY: usize = 16_000;

/// The chain's state during one call.
pub(crate) struct ContractHost {
    owned: Owned,
    contract: Address,
    runtime: Runtime,
    query_depth: u32,
}

impl ContractHost {
    pub(crate) fn new(owned: Owned, contract: Address, runtime: Runtime, query_depth: u32) -> Self {
        Self { owned, contract, runtime, query_depth }
    }

    pub(crate) fn into_owned(self) -> Owned {
        self.owned
    }

    /// Runs `f` and tells the VM the gas that it took.
    fn metered<T>(&mut self, f: impl FnOnce(&mut Ctx<'_>, &Address) -> Result<T>) -> BackendResult<T> {
        let mut ctx = self.owned.ctx();
        let before = ctx.gas.used();
        let result = f(&mut ctx, &self.contract).map_err(backend_error);
        let used = ctx.gas.used().saturating_sub(before);
        (result, GasInfo::with_externally_used(gas::to_vm(used)))
    }

    fn on_entry<T>(&mut self, key: &[u8], f: impl FnOnce(&mut Ctx<'_>, &[u8]) -> Result<T>) -> BackendResult<T> {
        self.metered(|ctx, contract| {
            if key.len() > MAX_KEY {
                let text = format!("a key has {} bytes, at most {MAX_KEY} are allowed", key.len());
                return Err(sdk::invalid_request(text));
            }
            f(ctx, &entry_key(contract, key))
        })
    }
}

fn backend_error(error: Error) -> BackendError {
    match sdk::is_out_of_gas(&error) {
        true => BackendError::OutOfGas {},
        false => BackendError::Unknown { msg: error.message },
    }
}

/// Whether an error says that all gas of the transaction is gone.
pub(crate) fn exhausted(ctx: &Ctx<'_>, error: &Error) -> bool {
    sdk::is_out_of_gas(error) && ctx.gas.left() == 0
}

/// A key of this module's store, as the state knows it.
fn full(key: Vec<u8>) -> Vec<u8> {
    [&[STORE.prefix], key.as_slice()].concat()
}

impl Host for ContractHost {
    fn get(&mut self, key: &[u8]) -> BackendResult<Option<Vec<u8>>> {
        self.on_entry(key, |ctx, key| ctx.get(STORE, key))
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> BackendResult<()> {
        self.on_entry(key, |ctx, key| ctx.set(STORE, key, value))
    }

    fn remove(&mut self, key: &[u8]) -> BackendResult<()> {
        self.on_entry(key, |ctx, key| ctx.remove(STORE, key))
    }

    fn search(
        &mut self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: CwOrder,
        limit: usize,
    ) -> BackendResult<Vec<Record>> {
        self.metered(|ctx, contract| {
            ctx.gas.consume(gas::SEEK, "Iteration of a contract")?;
            let from = full(entry_key(contract, start.unwrap_or_default()));
            let to = full(end.map_or_else(|| entries_end(contract), |end| entry_key(contract, end)));
            if from >= to {
                return Ok(Vec::new());
            }
            let order = if order == CwOrder::Descending { Order::Descending } else { Order::Ascending };
            let found = ctx.state.range(&from, Some(&to), order).take(limit);
            let own = |key: Vec<u8>| key.get(ENTRY_PREFIX.saturating_add(1)..).unwrap_or_default().to_vec();
            Ok(found.map(|(key, value)| (own(key), value)).collect())
        })
    }

    fn step(&mut self, (key, value): &Record) -> BackendResult<()> {
        self.metered(|ctx, _| {
            let bytes = key.len().saturating_add(value.len()).saturating_add(ENTRY_PREFIX);
            ctx.gas.consume(schedule::NEXT, "Iteration of a contract")?;
            gas::per_byte(ctx, bytes, schedule::READ_BYTE, "Iteration of a contract")
        })
    }

    fn query(&mut self, request: &[u8], gas_limit: u64) -> BackendResult<SystemResult<ContractResult<Binary>>> {
        let (runtime, depth) = (self.runtime.clone(), self.query_depth);
        self.metered(|ctx, contract| {
            let limit = ctx.gas.left().min(gas::within_vm(gas_limit));
            let (answer, gas) = ctx.metered(limit, |ctx| querier::answer(ctx, &runtime, contract, request, depth));
            ctx.gas.consume(gas.used(), "Query of a contract")?;
            answer
        })
    }
}
