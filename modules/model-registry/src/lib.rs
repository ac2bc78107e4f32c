//! ONNX models on chain.
//!
//! Stores one [`Model`] per id and the params; the bytes of the chunks are
//! blobs. A model is created as a draft, gets its chunks in order, and is sealed:
//! its content hash is checked, it is admitted, compiled and measured, and from
//! then on it never changes. Other modules run models through the [`Engine`] and
//! find them with [`sealed`].

mod dtype;
mod engine;
mod error;
mod genesis;
mod id;
mod msgs;
mod params;
mod query;
mod state;
#[cfg(test)]
mod tests;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Hash, Module, Result, Routes, StoreId};

pub use dtype::{dtype_name, read_dtype};
pub use engine::Engine;
pub use id::{model_id, read_id};
pub use params::default_params;
pub use state::{model_key, sealed};
pub use synergy_proto::synergy::modelregistry::Model;

/// The models' store.
pub const STORE: StoreId = StoreId { name: "modelregistry", prefix: 4 };

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

    fn blobs(&self, ctx: &mut Ctx<'_>) -> Result<Vec<Hash>> {
        state::chunk_hashes(ctx)
    }
}
