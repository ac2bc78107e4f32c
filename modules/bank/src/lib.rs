//! Balances and supply.
//!
//! Stores one amount per (address, denom), the supply per denom, denom metadata
//! and the params. The sum of all balances of a denom is its supply, always.
//! Other modules move coins with [`transfer`], [`mint`], [`burn`], and staking with
//! [`delegate`] and [`undelegate`]. Creates vesting accounts, whose coins are locked.

mod error;
mod events;
mod genesis;
mod msgs;
mod query;
mod state;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "tests may panic")]
mod tests;
mod vesting;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Module, Result, Routes, StoreId};

pub use msgs::check_enabled;
pub use state::{balance, balances, burn, delegate, mint, pay, spendable, supply, transfer, undelegate};

/// The bank's store.
pub const STORE: StoreId = StoreId { name: "bank", prefix: 2 };

/// The module.
#[derive(Debug)]
pub struct Bank;

impl Module for Bank {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        msgs::register(routes);
        vesting::register(routes);
        query::register(routes);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        state::check_supply(ctx)
    }
}
