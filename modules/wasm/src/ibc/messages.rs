//! IBC's messages of contracts (wasmd: `IBCRawPacketHandler`, `EncodeIBCMsg`).

use cosmwasm_std::IbcMsg;
use synergy_kernel::{Ctx, Result};
use synergy_proto::{
    Address, Any, coin,
    cosmwasm::{MsgIbcSendResponse, MsgIbcWriteAcknowledgementResponse},
    ibc::{core::channel::v1::MsgChannelCloseInit, transfer::MsgTransfer},
    pack,
};

use super::{convert, port};
use crate::{
    error,
    state::{self, UNACKNOWLEDGED},
};

/// Does what a contract's message says, and returns the response.
///
/// # Errors
/// `wasm` 17 for a contract without a port, 12 without a channel, 14 for a packet that
/// waits for no acknowledgement, 20 for messages that this chain does not know; or what
/// the message fails with.
#[allow(deprecated, reason = "the fees of contracts of earlier versions are refused")]
pub(crate) fn send(ctx: &mut Ctx<'_>, contract: &Address, message: IbcMsg) -> Result<Any> {
    match message {
        IbcMsg::Transfer { channel_id, to_address, amount, timeout, memo } => {
            let (timeout_height, timeout_timestamp) = convert::timeout(&timeout);
            let message = MsgTransfer {
                source_port: "transfer".to_owned(),
                source_channel: channel_id,
                token: Some(coin::coin(amount.amount.u128(), &amount.denom)),
                sender: contract.to_string(),
                receiver: to_address,
                timeout_height: Some(timeout_height),
                timeout_timestamp,
                memo: memo.unwrap_or_default(),
                ..MsgTransfer::default()
            };
            ctx.dispatch(&pack(&message), contract)
        }
        IbcMsg::CloseChannel { channel_id } => {
            let signer = contract.to_string();
            let message = MsgChannelCloseInit { port_id: port(contract), channel_id, signer };
            ctx.dispatch(&pack(&message), contract)
        }
        IbcMsg::SendPacket { channel_id, data, timeout } => {
            let port = own_port(ctx, contract, &channel_id)?;
            let (height, timestamp) = convert::timeout(&timeout);
            let sequence = synergy_ibc::send(ctx, (&port, &channel_id), height, timestamp, data.into())
                .map_err(|e| error::wrap("channel", e))?;
            Ok(pack(&MsgIbcSendResponse { sequence }))
        }
        IbcMsg::WriteAcknowledgement { channel_id, packet_sequence, ack } => {
            own_port(ctx, contract, &channel_id)?;
            let key = (contract, (channel_id.as_str(), packet_sequence));
            let packet = UNACKNOWLEDGED.get(ctx, key)?.ok_or_else(|| error::invalid("packet"))?;
            synergy_ibc::write_acknowledgement(ctx, &packet, &ack.data)
                .map_err(|e| error::wrap("acknowledgement", e))?;
            UNACKNOWLEDGED.remove(ctx, key)?;
            Ok(pack(&MsgIbcWriteAcknowledgementResponse {}))
        }
        IbcMsg::PayPacketFee { .. } | IbcMsg::PayPacketFeeAsync { .. } => Err(error::unknown_msg(
            "this chain has no packet fees (ICS-29, which ibc-go removed with version 10): send without",
        )),
        _ => Err(error::unknown_msg("unknown variant of IBC")),
    }
}

/// The contract's port, to send from.
fn own_port(ctx: &mut Ctx<'_>, contract: &Address, channel: &str) -> Result<String> {
    let port = state::contract(ctx, contract)?.0.ibc_port_id;
    if port.is_empty() {
        return Err(error::unsupported("ibc not supported"));
    }
    if channel.is_empty() {
        return Err(error::empty("ibc channel"));
    }
    Ok(port)
}
