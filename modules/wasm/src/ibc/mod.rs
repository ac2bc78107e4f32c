//! Contracts over IBC (wasmd: `x/wasm/ibc.go`, `x/wasm/keeper/relay.go`). A contract
//! whose code has the six entry points of an IBC application has the port
//! `wasm.ADDRESS`; it accepts and refuses channels there, and gets its packets.

mod call;
mod callbacks;
mod convert;
mod messages;
mod query;

use cosmwasm_std::{
    Addr, Ibc3ChannelOpenResponse, IbcAcknowledgement, IbcChannel, IbcChannelCloseMsg, IbcChannelConnectMsg,
    IbcChannelOpenMsg, IbcPacketAckMsg, IbcPacketReceiveMsg, IbcPacketTimeoutMsg,
};
use synergy_ibc::{Acknowledgement, App, Opening};
use synergy_kernel::{Ctx, Error, Result};
use synergy_proto::{Address, ibc::core::channel::v1::Packet};
use synergy_vm::Ibc;

pub(crate) use callbacks::Transfers;
pub(crate) use messages::send;
pub(crate) use query::answer;

use crate::{
    Runtime, error,
    state::{self, UNACKNOWLEDGED},
};
use convert::{channel, opened, packet};

/// What a contract's port begins with.
const PREFIX: &str = "wasm.";
/// Channels beyond this number would get ambiguous addresses in old clients (wasmd).
const MAX_CHANNEL: u64 = 0xffff_ffff;

/// The port of a contract.
pub(crate) fn port(contract: &Address) -> String {
    format!("{PREFIX}{contract}")
}

/// The contract of a port.
///
/// # Errors
/// `wasm` 14 for a port that is none, 22 for no contract, 17 for one without IBC's entry
/// points.
fn owner(ctx: &mut Ctx<'_>, port: &str) -> Result<Address> {
    let text = port.strip_prefix(PREFIX).unwrap_or_default();
    let contract: Address =
        text.parse().map_err(|e| error::invalid(format!("contract port id: {PREFIX}ADDRESS is expected: {e}")))?;
    let (info, _) = state::contract(ctx, &contract)?;
    if info.ibc_port_id != port {
        return Err(error::unsupported(format!("{contract} has not the entry points of an IBC application")));
    }
    Ok(contract)
}

/// The application of all contracts' ports.
pub(crate) struct Ports(pub(crate) Runtime);

impl Ports {
    fn open(&self, ctx: &mut Ctx<'_>, opening: &Opening<'_>, message: &IbcChannelOpenMsg) -> Result<Option<String>> {
        let number = opening.channel.strip_prefix("channel-").and_then(|number| number.parse::<u64>().ok());
        if number.is_none_or(|number| number > MAX_CHANNEL) {
            return Err(error::max_channels(format!("{} is beyond channel-{MAX_CHANNEL}", opening.channel)));
        }
        let contract = owner(ctx, opening.port)?;
        let answer = call::call::<Option<Ibc3ChannelOpenResponse>>(ctx, &self.0, &contract, Ibc::ChannelOpen, message)?;
        let answer = answer.map_err(error::execute_failed)?;
        Ok(answer.map(|answer| answer.version).filter(|version| !version.is_empty()))
    }

    /// Tells the contract something of a channel that it has.
    fn tell<M: serde::Serialize>(
        &self,
        ctx: &mut Ctx<'_>,
        function: Ibc,
        (port, id): (&str, &str),
        message: impl FnOnce(IbcChannel) -> M,
    ) -> Result<()> {
        let contract = owner(ctx, port)?;
        let message = message(channel(port, id, synergy_ibc::channel(ctx, port, id)?));
        call::basic(ctx, &self.0, &contract, function, &message)
    }

    /// Gives the contract a packet. What it refuses with, or what a message of its fails
    /// with, is told to the other side.
    fn receive(
        &self,
        ctx: &mut Ctx<'_>,
        contract: &Address,
        got: &Packet,
        relayer: &Address,
    ) -> std::result::Result<Option<Vec<u8>>, Refusal> {
        let message = IbcPacketReceiveMsg::new(packet(got), Addr::unchecked(relayer.to_string()));
        let data = call::receive(ctx, &self.0, contract, &message)?;
        if data.is_none() {
            // It may be acknowledged later.
            let key = (contract, (got.destination_channel.as_str(), got.sequence));
            UNACKNOWLEDGED.set(ctx, key, got).map_err(Refusal::Failed)?;
        }
        Ok(data)
    }
}

/// Why a packet was not received.
pub(crate) enum Refusal {
    /// In the contract's own words, which the other side is told.
    Said(String),
    /// A message of the contract failed; the other side is told the code.
    Failed(Error),
    /// The engine ended the call, or gas ran out: the relayer's transaction fails.
    Aborted(Error),
}

impl App for Ports {
    fn owns(&self, port: &str) -> bool {
        port.starts_with(PREFIX)
    }

    fn on_open_init(&self, ctx: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String> {
        let message = IbcChannelOpenMsg::new_init(opened(opening));
        match self.open(ctx, opening, &message)? {
            Some(version) => Ok(version),
            None if opening.version.is_empty() => Err(error::empty("version")),
            None => Ok(opening.version.to_owned()),
        }
    }

    fn on_open_try(&self, ctx: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String> {
        let message = IbcChannelOpenMsg::new_try(opened(opening), opening.version);
        Ok(self.open(ctx, opening, &message)?.unwrap_or_else(|| opening.version.to_owned()))
    }

    fn on_open_ack(&self, ctx: &mut Ctx<'_>, port: &str, id: &str, version: &str) -> Result<()> {
        self.tell(ctx, Ibc::ChannelConnect, (port, id), |channel| IbcChannelConnectMsg::new_ack(channel, version))
    }

    fn on_open_confirm(&self, ctx: &mut Ctx<'_>, port: &str, id: &str) -> Result<()> {
        self.tell(ctx, Ibc::ChannelConnect, (port, id), IbcChannelConnectMsg::new_confirm)
    }

    fn on_close_init(&self, ctx: &mut Ctx<'_>, port: &str, id: &str) -> Result<()> {
        self.tell(ctx, Ibc::ChannelClose, (port, id), IbcChannelCloseMsg::new_init)
    }

    fn on_close_confirm(&self, ctx: &mut Ctx<'_>, port: &str, id: &str) -> Result<()> {
        self.tell(ctx, Ibc::ChannelClose, (port, id), IbcChannelCloseMsg::new_confirm)
    }

    fn on_recv(&self, ctx: &mut Ctx<'_>, packet: &Packet, relayer: &Address) -> Result<Option<Vec<u8>>> {
        let contract = owner(ctx, &packet.destination_port)?;
        ctx.state.push();
        let (acknowledgement, error) = match self.receive(ctx, &contract, packet, relayer) {
            Ok(acknowledgement) => {
                ctx.state.merge();
                (acknowledgement, None)
            }
            Err(refusal) => {
                ctx.state.pop();
                let (told, error) = match refusal {
                    Refusal::Said(text) => (text, None),
                    Refusal::Failed(error) => (call::told(&error), Some(error)),
                    Refusal::Aborted(error) => return Err(error),
                };
                (Some(Acknowledgement::Error(told).to_bytes()), Some(error))
            }
        };
        emit_received(ctx, &contract, error.as_ref().map(Option::as_ref));
        Ok(acknowledgement)
    }

    /// Whatever the other side shall be told is an acknowledgement already.
    fn aborts(&self, _: &Error) -> bool {
        true
    }

    fn on_acknowledge(&self, ctx: &mut Ctx<'_>, sent: &Packet, ack: &[u8], relayer: &Address) -> Result<()> {
        let contract = owner(ctx, &sent.source_port)?;
        let (ack, relayer) = (IbcAcknowledgement::new(ack), Addr::unchecked(relayer.to_string()));
        let message = IbcPacketAckMsg::new(ack, packet(sent), relayer);
        call::basic(ctx, &self.0, &contract, Ibc::PacketAck, &message).map_err(|e| error::wrap("on ack", e))
    }

    fn on_timeout(&self, ctx: &mut Ctx<'_>, sent: &Packet, relayer: &Address) -> Result<()> {
        let contract = owner(ctx, &sent.source_port)?;
        let message = IbcPacketTimeoutMsg::new(packet(sent), Addr::unchecked(relayer.to_string()));
        call::basic(ctx, &self.0, &contract, Ibc::PacketTimeout, &message).map_err(|e| error::wrap("on timeout", e))
    }
}

/// Tells what became of a packet (wasmd: `EmitAcknowledgementEvent`).
fn emit_received(ctx: &mut Ctx<'_>, contract: &Address, failure: Option<Option<&Error>>) {
    let (contract, error) = (contract.to_string(), failure.flatten().map(ToString::to_string));
    let success = if failure.is_none() { "true" } else { "false" };
    let mut attributes = vec![("module", "wasm"), ("_contract_address", contract.as_str()), ("success", success)];
    if let Some(error) = &error {
        attributes.push(("error", error));
    }
    ctx.emit("ibc_packet_received", &attributes);
}
