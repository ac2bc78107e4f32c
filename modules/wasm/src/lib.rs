//! CosmWasm contracts, as `cosmwasm.wasm.v1` of wasmd 0.61.
//!
//! Stores codes (their WebAssembly is a blob), contracts with their histories and
//! indexes, the contracts' own entries, and the params. A contract acts through
//! [`Ctx::dispatch`](synergy_kernel::Ctx::dispatch) as its own address and never
//! otherwise; what it may ask is in `querier`, and what this chain adds to
//! CosmWasm's standard in `custom`.

mod access;
mod address;
mod call;
mod code;
mod contract;
mod custom;
mod encode;
mod error;
mod gas;
mod genesis;
mod grpc;
mod hash;
mod host;
mod ibc;
mod msgs;
mod params;
mod querier;
mod query;
mod response;
mod staking;
mod state;
mod warm;

use serde_json::value::RawValue;
use synergy_ibc::App;
use synergy_kernel::{Ctx, Hash, Module, Result, Routes, StoreId};

pub use address::{classic, predictable};
pub use grpc::{AnswerJson, METHODS};
pub use params::default_params;

/// The contracts' store.
pub const STORE: StoreId = StoreId { name: "wasm", prefix: 20 };

/// What contracts may require of this chain (CosmWasm: `CAPABILITIES-BUILT-IN.md`).
/// `synergy` is the custom queries and messages.
pub const CAPABILITIES: &[&str] = &[
    "iterator",
    "staking",
    "stargate",
    "cosmwasm_1_1",
    "cosmwasm_1_2",
    "cosmwasm_1_3",
    "cosmwasm_1_4",
    "cosmwasm_2_0",
    "cosmwasm_2_1",
    "cosmwasm_2_2",
    "synergy",
];

/// What runs contracts and the models that they ask, and writes answers for them.
#[derive(Clone)]
pub(crate) struct Runtime {
    vm: synergy_vm::Engine,
    models: synergy_model_registry::Engine,
    json: AnswerJson,
}

/// The module.
pub struct Wasm {
    runtime: Runtime,
}

impl Wasm {
    /// The module, running contracts with `vm` and models with `models`; `json` writes
    /// the answers of [`METHODS`] for contracts that want JSON.
    pub fn new(vm: synergy_vm::Engine, models: synergy_model_registry::Engine, json: AnswerJson) -> Self {
        Self { runtime: Runtime { vm, models, json } }
    }

    /// The application of the ports that contracts have.
    pub fn ports(&self) -> Box<dyn App> {
        Box::new(ibc::Ports(self.runtime.clone()))
    }
}

impl Module for Wasm {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        msgs::register(routes, &self.runtime);
        let queries = Runtime { vm: self.runtime.vm.for_queries(), ..self.runtime.clone() };
        query::register(routes, &queries);
    }

    fn prepare(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        code::load_resident(ctx, &self.runtime)
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, &self.runtime, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn blobs(&self, ctx: &mut Ctx<'_>) -> Result<Vec<Hash>> {
        state::checksums(ctx)
    }
}
