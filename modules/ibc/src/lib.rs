//! IBC: other chains' light clients (ICS-02, ICS-07), connections (ICS-03), channels and
//! packets (ICS-04) for the applications behind ports (ICS-05, ICS-26), and token
//! transfer (ICS-20).
//!
//! Stores what counterparties prove, under the paths of ICS-24 in ibc-go's encodings:
//! [`state`](mod@state) has no format byte here. Messages, events, codes and what is a
//! repeat without effect are those of ibc-go 10. Only the header's signatures and the
//! proofs' hashing are not ours: `tendermint-light-client-verifier` and `ics23`.

mod acknowledgement;
mod channel;
mod client;
mod connection;
mod error;
mod events;
mod genesis;
mod height;
mod packet;
mod path;
mod port;
mod proof;
mod query;
mod state;
mod tendermint;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests may panic")]
mod tests;
mod transfer;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Module, Result, Routes, StoreId};
use synergy_proto::Address;

pub use acknowledgement::Acknowledgement;
pub use channel::{channels, load as channel};
pub use packet::{send, write_acknowledgement};
pub use port::{App, Opening};
pub use transfer::{
    STORE as TRANSFER_STORE, Transfer, default_section as default_transfer_section, escrow_address, voucher,
};

/// The store of clients, connections, channels and packets.
pub const STORE: StoreId = StoreId { name: "ibc", prefix: 23 };

/// The module.
pub struct Ibc {
    apps: port::Apps,
}

impl Ibc {
    /// The module with the applications that it serves.
    pub fn new(apps: Vec<Box<dyn App>>) -> Self {
        Self { apps: port::Apps::new(apps) }
    }
}

/// The genesis section of a new chain.
pub fn default_section() -> serde_json::Value {
    genesis::default_section()
}

fn signer(text: &str) -> Result<Vec<Address>> {
    let address: std::result::Result<Address, _> = text.parse();
    Ok(vec![address.map_err(|e| error::core::invalid_address(format!("string could not be parsed as address: {e}")))?])
}

/// # Errors
/// `ibc` 2 for everybody but governance.
fn check_authority(given: &str) -> Result<()> {
    let gov = Address::module("gov").to_string();
    match given == gov {
        true => Ok(()),
        false => Err(error::core::unauthorized(format!("expected {gov}, got {given}"))),
    }
}

impl Module for Ibc {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        client::register(routes);
        connection::register(routes);
        channel::register(routes, &self.apps);
        packet::register(routes, &self.apps);
        query::register(routes);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        client::commit_to_upgrade(ctx)
    }
}
