//! ONNX models on chain.
//!
//! Stores one [`Model`] per id with indices by owner and version, the hashes of its chunks,
//! who may run it, which models are resident, and the params; the bytes of the chunks are
//! blobs. A model is created as a draft with a deposit for every byte, gets its chunks in
//! any order, and is sealed: its hashes are checked, it is admitted, compiled and measured,
//! and from then on its manifest never changes. It is active, then deprecated, then may be
//! removed when nothing depends on it; governance can freeze it. Other modules run models
//! through the [`Engine`], find them with [`sealed`] and have the caller pay with [`admit`].

mod create;
mod dtype;
mod engine;
mod error;
mod genesis;
mod id;
mod invariants;
mod license;
mod life;
mod merkle;
mod msgs;
mod params;
mod query;
mod rent;
mod state;
mod terms;
#[cfg(test)]
mod tests;

use serde_json::value::RawValue;
use synergy_kernel::{BlockGas, Ctx, EndBlock, Hash, Module, Result, Routes, StoreId};

pub use dtype::{dtype_name, read_dtype};
pub use engine::Engine;
pub use id::{manifest, model_id, read_id};
pub use merkle::{root as chunk_root, root_of as chunk_root_of};
pub use params::default_params;
pub use rent::{load_gas, loaded, next_load_gas};
pub use state::{hold, model_key, release, sealed};
pub use synergy_proto::synergy::modelregistry::Model;
pub use terms::{Caller, admit, price};

/// The models' store.
pub const STORE: StoreId = StoreId { name: "modelregistry", prefix: 4 };

/// Name of the account that holds the deposits.
pub const ACCOUNT: &str = "modelregistry";

/// The module.
#[derive(Debug)]
pub struct ModelRegistry {
    engine: Engine,
}

impl ModelRegistry {
    /// The module, sealing models with `engine`.
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

impl Module for ModelRegistry {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        msgs::register(routes, &self.engine);
        query::register(routes);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn end_block(&self, ctx: &mut Ctx<'_>, _: BlockGas) -> Result<EndBlock> {
        rent::end_block(ctx)?;
        Ok(EndBlock::default())
    }

    fn blobs(&self, ctx: &mut Ctx<'_>) -> Result<Vec<Hash>> {
        state::all_chunks(ctx)
    }

    fn prepare(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        self.engine.prepare(ctx)
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        invariants::check(ctx)
    }
}
