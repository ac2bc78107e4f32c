//! Upgrades of the software that all nodes make at one height (the Cosmos SDK's
//! `x/upgrade`).
//!
//! Stores the plan that governance has scheduled, the upgrades that were made and the
//! version of each module's state. It only keeps the books: the app, which knows the
//! modules and the upgrades of its program, stops or migrates at the plan's height
//! (`app/src/upgrades.rs`).

mod error;
mod msgs;
mod query;
mod state;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "tests may panic")]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Module, Result, Routes, StoreId, sdk};

pub use state::{
    applied, clear, complete, last_applied, plan, set_upgraded_client, set_upgraded_consensus, set_versions,
    upgraded_client, upgraded_consensus, versions,
};

/// The store. Relayers look here for the client state after an upgrade (ibc-go's
/// `upgradedIBCState/…` keys, ICS-24), whose first byte is no tag of ours.
pub const STORE: StoreId = StoreId { name: "upgrade", prefix: 22 };

/// The module.
#[derive(Debug)]
pub struct Upgrade;

/// The genesis section is empty, as in the SDK: a chain begins without a plan, and the
/// app writes down the versions of its modules.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {}

impl Module for Upgrade {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        msgs::register(routes);
        query::register(routes);
    }

    fn init_genesis(&self, _: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        let parsed: std::result::Result<Section, _> = serde_json::from_str(section.get());
        parsed.map(drop).map_err(|e| sdk::invalid_request(format!("genesis section upgrade: {e}")))
    }

    fn export_genesis(&self, _: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        serde_json::value::to_raw_value(&Section {})
            .map_err(|e| sdk::invalid_request(format!("export of upgrade: {e}")))
    }
}
