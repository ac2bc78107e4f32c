//! Fee allowances: one account pays the fees of another, within limits.
//!
//! Stores one allowance per (grantee, granter), an index by granter, and the
//! allowances by their time of expiry. The transaction pipeline takes a fee off with
//! [`use_allowance`] when a transaction names a granter. Emits the SDK's events
//! `set_feegrant`, `use_feegrant`, `update_feegrant`, `revoke_feegrant`.

mod allowance;
mod error;
mod genesis;
mod msgs;
mod query;
mod state;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "tests may panic")]
mod tests;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Module, Result, Routes, StoreId};

pub use state::use_allowance;

/// The store of allowances.
pub const STORE: StoreId = StoreId { name: "feegrant", prefix: 16 };

/// Expired allowances that the beginning of a block removes at most (the SDK's).
const REMOVED_PER_BLOCK: usize = 200;

/// The module.
#[derive(Debug)]
pub struct FeeGrant;

impl Module for FeeGrant {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        msgs::register(routes);
        query::register(routes);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        state::remove_expired(ctx, REMOVED_PER_BLOCK)
    }
}
