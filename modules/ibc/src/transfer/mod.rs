//! ICS-20: coins over channels. What leaves is escrowed here and minted there as a voucher,
//! whose denomination tells the way it came; what comes home is burned there and given
//! back here.
//!
//! Stores the denominations of vouchers, how much of each coin is in escrow, and the
//! params. For each channel, no more comes back than went out over it: its escrow is an
//! account of its own.

mod app;
mod denom;
mod genesis;
mod msgs;
mod packet;
mod query;
mod state;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Module, Result, Routes, StoreId};

pub use app::arrived;
pub use genesis::default_section;
pub use packet::Data;
pub use state::escrow_address;

/// The store of token transfer.
pub const STORE: StoreId = StoreId { name: "transfer", prefix: 25 };

/// The port, and the name of the account that mints and burns vouchers.
pub(crate) const PORT: &str = "transfer";
pub(crate) const VERSION: &str = "ics20-1";

/// The module, and the application of its port.
#[derive(Debug)]
pub struct Transfer;

/// What a coin is called here that came over a channel.
pub fn voucher(port: &str, channel: &str, base: &str) -> String {
    denom::local(&denom::parse(&format!("{port}/{channel}/{base}")))
}

impl Module for Transfer {
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

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        state::check_escrow(ctx)
    }
}
