//! Governance (the Cosmos SDK's `x/gov`): proposals of messages, voted on by stake.
//!
//! Stores proposals, deposits, votes, the queues of both periods' ends, the tallies
//! that are being counted and what remains to be paid back. Whoever proposes pays a
//! deposit; with enough of it voting begins; when it ends the votes are counted, and
//! the messages of a proposal that passed run as the module's account, all or none.
//!
//! The account holds the deposits and nothing else, always. The work of one block is
//! bounded: see [`end::COUNTED_PER_BLOCK`] and `docs/governance.md`.

mod coins;
mod deposit;
pub mod end;
mod error;
mod genesis;
mod legacy;
mod msgs;
mod params;
mod proposal;
mod query;
mod settle;
mod state;
mod tally;
mod vote;

use serde_json::value::RawValue;
use synergy_kernel::{BlockGas, Ctx, EndBlock, Module, Result, Routes, StoreId};

pub use genesis::default_section;
pub use params::{default_params, params};
pub use proposal::check_message;

/// The store.
pub const STORE: StoreId = StoreId { name: "gov", prefix: 21 };

/// The module.
#[derive(Debug)]
pub struct Gov;

impl Module for Gov {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        msgs::register(routes);
        query::register(routes);
        legacy::register(routes);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        synergy_auth::ensure_module(ctx, STORE.name)?;
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn end_block(&self, ctx: &mut Ctx<'_>, _: BlockGas) -> Result<EndBlock> {
        end::drop_unfunded(ctx)?;
        end::count(ctx)?;
        settle::work(ctx)?;
        Ok(EndBlock::default())
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        state::check_deposits(ctx)
    }
}
