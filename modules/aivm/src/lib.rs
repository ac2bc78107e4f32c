//! Inference in transactions and queries.
//!
//! Stores a record of each paid inference for a number of blocks, tensor data that
//! inferences name by its hash, with deposits, and the params. [`Interchain`] is its side to
//! other chains.
//! [`infer`] is the one way to a result: the message adds a record, the query
//! writes nothing, and bytes and gas of the inference are the same.

mod blob;
mod error;
mod estimate;
mod genesis;
mod infer;
mod interchain;
mod json;
mod lane;
mod msgs;
mod params;
mod query;
mod state;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "tests may panic")]
mod tests;

use serde_json::value::RawValue;
use synergy_kernel::{BlockGas, Ctx, EndBlock, Module, Result, Routes, StoreId};
use synergy_model_registry::Engine;

pub use blob::{data as blob_data, put as put_blob, slice as blob_slice};
pub use infer::{Inferred, hash_tensors, infer, infer_for, infer_inline};
pub use interchain::{
    Infer, Interchain, InterchainRequest, PORT as INTERCHAIN_PORT, VERSION as INTERCHAIN_VERSION, Withdraw, payer,
};
pub use json::JsonTensor;
pub use lane::{lane, reserves_lane};
pub use params::default_params;
pub use state::record_key;

/// The records' store.
pub const STORE: StoreId = StoreId { name: "aivm", prefix: 5 };

/// Name of the account that holds the deposits of blobs.
pub const ACCOUNT: &str = "aivm";

/// The module.
#[derive(Debug)]
pub struct Aivm {
    engine: Engine,
}

impl Aivm {
    /// The module, running models with `engine`.
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

impl Module for Aivm {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        msgs::register(routes, &self.engine);
        query::register(routes, &self.engine);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn end_block(&self, ctx: &mut Ctx<'_>, _: BlockGas) -> Result<EndBlock> {
        state::expire(ctx)?;
        blob::expire(ctx)?;
        Ok(EndBlock::default())
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        blob::check_invariants(ctx)
    }
}
