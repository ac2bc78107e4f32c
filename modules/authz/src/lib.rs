//! Authorizations: one account lets another send messages in its name.
//!
//! Stores one grant per (granter, grantee, message), an index by grantee, and the
//! grants by their time of expiry. `MsgExec` runs messages whose signer has granted
//! them, through the context's dispatch; what a grant limits it counts down.
//! Emits the SDK's typed events `EventGrant` and `EventRevoke`.

mod authorization;
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

/// The store of grants.
pub const STORE: StoreId = StoreId { name: "authz", prefix: 17 };

/// The module.
#[derive(Debug)]
pub struct Authz;

impl Module for Authz {
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
        state::remove_expired(ctx)
    }
}
