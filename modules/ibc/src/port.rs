//! ICS-05 and ICS-26: the applications behind ports, and what they are told.

use std::sync::Arc;

use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::{
    Address,
    ibc::core::channel::v1::{Counterparty, Order, Packet},
};

use crate::error;

/// A channel that is being opened.
#[derive(Debug)]
pub struct Opening<'a> {
    /// Whether packets keep their order.
    pub ordering: Order,
    /// The connection it goes over.
    pub connection: &'a str,
    /// Our port.
    pub port: &'a str,
    /// Our channel.
    pub channel: &'a str,
    /// The other end.
    pub counterparty: &'a Counterparty,
    /// The version that is proposed (init), or that the other end has (try).
    pub version: &'a str,
}

/// What an application does with its channels and packets (ibc-go's `IBCModule`).
pub trait App: Send + Sync {
    /// Whether a port is the application's.
    fn owns(&self, port: &str) -> bool;

    /// A channel is opened from here. The version it gets.
    fn on_open_init(&self, ctx: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String>;

    /// A channel is opened from the other side. The version it gets.
    fn on_open_try(&self, ctx: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String>;

    /// The other side has agreed to a channel with this version.
    fn on_open_ack(&self, ctx: &mut Ctx<'_>, port: &str, channel: &str, version: &str) -> Result<()>;

    /// The other side knows that the channel is open.
    fn on_open_confirm(&self, _: &mut Ctx<'_>, _port: &str, _channel: &str) -> Result<()> {
        Ok(())
    }

    /// Somebody wants to close a channel.
    fn on_close_init(&self, ctx: &mut Ctx<'_>, port: &str, channel: &str) -> Result<()>;

    /// The other side has closed a channel.
    fn on_close_confirm(&self, _: &mut Ctx<'_>, _port: &str, _channel: &str) -> Result<()> {
        Ok(())
    }

    /// A packet arrived. The acknowledgement, or `None` if it comes later
    /// ([`write_acknowledgement`](crate::write_acknowledgement)). After an error nothing
    /// stays of what was done, and the acknowledgement tells the error's code unless the
    /// error [`aborts`](Self::aborts).
    fn on_recv(&self, ctx: &mut Ctx<'_>, packet: &Packet, relayer: &Address) -> Result<Option<Vec<u8>>>;

    /// Whether an error of [`on_recv`](Self::on_recv) fails the relayer's message, so that
    /// the packet counts as not received, instead of being told to the other side. Gas
    /// that ran out does: whoever pays for too little must not decide what becomes of a
    /// packet.
    fn aborts(&self, error: &Error) -> bool {
        sdk::is_out_of_gas(error)
    }

    /// [`on_recv`](Self::on_recv) failed: a place for events about it.
    fn on_recv_failed(&self, _: &mut Ctx<'_>, _packet: &Packet, _error: &Error) {}

    /// A packet was acknowledged.
    fn on_acknowledge(&self, ctx: &mut Ctx<'_>, packet: &Packet, ack: &[u8], relayer: &Address) -> Result<()>;

    /// A packet will never arrive.
    fn on_timeout(&self, ctx: &mut Ctx<'_>, packet: &Packet, relayer: &Address) -> Result<()>;
}

/// All applications.
#[derive(Clone)]
pub(crate) struct Apps(Arc<[Box<dyn App>]>);

impl Apps {
    pub(crate) fn new(apps: Vec<Box<dyn App>>) -> Self {
        Self(apps.into())
    }

    /// The application of a port.
    ///
    /// # Errors
    /// `port` 5.
    pub(crate) fn of(&self, port: &str) -> Result<&dyn App> {
        let app = self.0.iter().find(|app| app.owns(port)).map(AsRef::as_ref);
        app.ok_or_else(|| {
            let shown: String = port.chars().take(130).collect();
            error::port::invalid_route(format!("route not found to portID: {shown}"))
        })
    }
}
