//! Accounts: who exists, with which key, and how many transactions it has sent.
//!
//! Stores one [`Account`](synergy_proto::synergy::auth::Account) per address,
//! the next account number, the keys to which payloads are sealed, and the params. Its
//! messages publish such a key and change the params; the transaction pipeline reads and advances accounts, and `bank` creates them, vesting ones too.

mod genesis;
mod kem;
mod params;
mod query;
mod state;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "tests may panic")]
mod tests;
mod vesting;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Module, Result, Routes, StoreId};

pub use kem::kem_key;
pub use params::{default_params, params, signature_gas};
pub use state::{account, advance, ensure, ensure_module, is_module, peek, replace};
pub use vesting::{Vesting, create_vesting, locked, track_delegation, track_undelegation, vesting_denoms};

/// The accounts' store.
pub const STORE: StoreId = StoreId { name: "acc", prefix: 1 };

/// The module.
#[derive(Debug)]
pub struct Auth;

impl Module for Auth {
    fn store(&self) -> StoreId {
        STORE
    }

    fn section(&self) -> &'static str {
        "auth"
    }

    fn register(&self, routes: &mut Routes) {
        kem::register(routes);
        params::register(routes);
        query::register(routes);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }
}
