//! Who has earned what: the F1 accounting of the Cosmos SDK's distribution
//! (<https://drops.dagstuhl.de/opus/volltexte/2020/11974>), **below** staking.
//!
//! A validator's rewards per staked unit are summed up period by period; a
//! delegation remembers the period in which its stake last changed, and the
//! difference of two sums times the stake is what it has earned. So a block costs
//! the same for one delegator as for a million.
//!
//! Stores per validator what is outstanding, the commission, the running period,
//! the sums of past periods and the slashes; per delegation where it started; and
//! the community pool, which gets all fractions. The balance of the module account
//! `distribution` is what all of these sum up to.
//!
//! Knows addresses and amounts, no staking types. Staking calls [`period`] before a
//! validator's stake grows, [`settle`] before a delegation's changes and [`start`]
//! after it, and [`slashed`] before a slash.

mod genesis;
mod ledger;
mod period;
mod state;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Module, Result, Routes, StoreId};

pub use ledger::{
    allocate, commission, fund_pool, outstanding, pool, pool_add, set_withdraw_address, spend_pool, withdraw_address,
    withdraw_commission,
};
pub use period::{create, is_open, pending, period, removed, settle, since, slashed, start};
pub use state::{ACCOUNT, slashes};

/// The store.
pub const STORE: StoreId = StoreId { name: "rewards", prefix: 13 };

/// The module. It has no messages and queries: `distribution` has them.
#[derive(Debug)]
pub struct Rewards;

impl Module for Rewards {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, _: &mut Routes) {}

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        synergy_auth::ensure_module(ctx, ACCOUNT)?;
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        ledger::check(ctx)
    }
}
