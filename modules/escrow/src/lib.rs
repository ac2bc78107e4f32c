//! Escrow: a payer's coins that go to a payee when a condition is met, when the payer
//! says so, bit by bit, or back.
//!
//! Stores the escrows, an index by party, the due-queue and the params. What all escrows
//! have left is what the module's account holds, always. Every phase has a deadline and
//! one default outcome: `docs/escrow.md` has them in a table. Emits the typed events of
//! `synergy.escrow.v1`.

mod compare;
mod condition;
mod create;
mod error;
mod events;
mod genesis;
mod msgs;
mod params;
mod query;
mod settle;
mod state;
mod stream;

use serde_json::value::RawValue;
use synergy_kernel::{BlockGas, Ctx, EndBlock, Module, Result, Routes, StoreId};
use synergy_model_registry::Engine;

pub use params::default_params;
pub use settle::RETRY_SECONDS;

/// The store of escrows.
pub const STORE: StoreId = StoreId { name: "escrow", prefix: 24 };

/// Name of the account that holds the funds.
pub const ACCOUNT: &str = "escrow";

/// The module.
#[derive(Debug)]
pub struct Escrow {
    engine: Engine,
}

impl Escrow {
    /// The module, running models with `engine`.
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }
}

impl Module for Escrow {
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
        settle::run_queue(ctx)?;
        Ok(EndBlock::default())
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        state::check_invariants(ctx)
    }
}
