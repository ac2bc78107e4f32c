//! Contracts that hear of transfers: ADR-008 callbacks (wasmd: `IBCSourceCallback`,
//! `IBCDestinationCallback`), and calls by memo as Osmosis' `ibc-hooks` has them.

use cosmwasm_std::{
    Addr, Binary, Coin as CwCoin, IbcAckCallbackMsg, IbcAcknowledgement, IbcPacket, IbcSourceCallbackMsg,
    IbcTimeoutCallbackMsg,
};
use prost::Message;
use serde::Serialize;
use serde_json::Value;
use synergy_ibc::{Acknowledgement, App, Callback, Opening, Step, Transfer, TransferData, arrived, memo_object};
use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::{
    Address, coin,
    cosmwasm::{MsgExecuteContract, MsgExecuteContractResponse},
    ibc::core::channel::v1::Packet,
    pack,
};
use synergy_store::sha256;
use synergy_vm::Ibc;

use super::{call, convert::packet as shown};
use crate::{Runtime, address, error, host::exhausted};

/// Token transfer, with the contracts that its packets' memos name.
pub(crate) struct Transfers(pub(crate) Runtime);

/// `IbcDestinationCallbackMsg` of `cosmwasm-std` 3, which contracts of version 2 read too.
#[derive(Serialize)]
struct Arrival {
    packet: IbcPacket,
    ack: IbcAcknowledgement,
    transfer: Arrived,
}

#[derive(Serialize)]
struct Arrived {
    funds: Vec<CwCoin>,
    receiver: String,
    sender: String,
}

impl Transfers {
    /// Calls whom the memo of a packet that was sent here names. What goes wrong there
    /// does not hold up the packet.
    fn source(&self, ctx: &mut Ctx<'_>, sent: &Packet, step: Step, message: &IbcSourceCallbackMsg) -> Result<()> {
        let data = TransferData::from_bytes(&sent.data)?;
        // One that makes no sense was refused when it was sent.
        let Ok(Some(callback)) = Callback::source(&data.memo, ctx.gas.left()) else { return Ok(()) };
        let called = callback.run(ctx, step, |ctx| {
            let contract = callback.check_sender(&data.sender)?;
            call::basic(ctx, &self.0, &contract, Ibc::SourceCallback, message)
        })?;
        callback.emit(ctx, "", step, sent, called.err().as_ref());
        Ok(())
    }

    /// Takes the coins of a packet in, and calls the contract of its memo with them.
    fn receive(&self, ctx: &mut Ctx<'_>, got: &Packet, data: &TransferData, relayer: &Address) -> Result<Vec<u8>> {
        let Some(hook) = Hook::read(data)? else { return taken(Transfer.on_recv(ctx, got, relayer)?) };
        let sender = intermediary(&got.destination_channel, &data.sender)?;
        let data = TransferData { receiver: sender.to_string(), ..data.clone() };
        let got = Packet { data: data.to_bytes(), ..got.clone() };
        let ibc_ack = taken(Transfer.on_recv(ctx, &got, relayer)?)?;
        let (denom, amount) = arrived(&got, &data)?;
        let message = MsgExecuteContract {
            sender: sender.to_string(),
            contract: hook.contract,
            msg: hook.msg,
            funds: vec![coin::coin(amount, denom)],
        };
        let response = ctx.dispatch(&pack(&message), &sender)?;
        let response = MsgExecuteContractResponse::decode(response.value.as_slice())
            .map_err(|e| sdk::invalid_request(format!("response of a contract: {e}")))?;
        let contract_result = (!response.data.is_empty()).then(|| Binary::from(response.data));
        let both = HookAck { contract_result, ibc_ack: ibc_ack.into() };
        let json = serde_json::to_vec(&both).map_err(|e| sdk::invalid_request(format!("acknowledgement: {e}")))?;
        Ok(Acknowledgement::success(&json).to_bytes())
    }

    /// Calls the contract that the memo of a packet names that came here.
    fn destination(
        &self,
        ctx: &mut Ctx<'_>,
        callback: &Callback,
        got: &Packet,
        data: &TransferData,
        ack: &[u8],
    ) -> Result<std::result::Result<(), Error>> {
        callback.run(ctx, Step::Receive, |ctx| {
            let contract = address::read(&callback.address, "callback")?;
            let (denom, amount) = arrived(got, data)?;
            let transfer = Arrived {
                funds: vec![CwCoin::new(amount, denom)],
                receiver: data.receiver.clone(),
                sender: data.sender.clone(),
            };
            let message = Arrival { packet: shown(got), ack: IbcAcknowledgement::new(ack), transfer };
            call::basic(ctx, &self.0, &contract, Ibc::DestinationCallback, &message)
        })
    }

    /// [`receive`](Self::receive), and then the callback. The inner error is the
    /// callback's.
    fn receive_and_call(
        &self,
        ctx: &mut Ctx<'_>,
        got: &Packet,
        relayer: &Address,
    ) -> Result<std::result::Result<Vec<u8>, (Callback, Error)>> {
        let data = TransferData::from_bytes(&got.data)?;
        let ack = self.receive(ctx, got, &data, relayer)?;
        let Some(callback) = Callback::destination(&data.memo, ctx.gas.left())? else { return Ok(Ok(ack)) };
        Ok(match self.destination(ctx, &callback, got, &data, &ack)? {
            Ok(()) => {
                callback.emit(ctx, "", Step::Receive, got, None);
                Ok(ack)
            }
            Err(error) => Err((callback, error)),
        })
    }
}

/// Token transfer acknowledges at once.
fn taken(ack: Option<Vec<u8>>) -> Result<Vec<u8>> {
    ack.ok_or_else(|| sdk::invalid_request("a transfer without an acknowledgement"))
}

impl App for Transfers {
    fn owns(&self, port: &str) -> bool {
        Transfer.owns(port)
    }

    fn on_open_init(&self, ctx: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String> {
        Transfer.on_open_init(ctx, opening)
    }

    fn on_open_try(&self, ctx: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String> {
        Transfer.on_open_try(ctx, opening)
    }

    fn on_open_ack(&self, ctx: &mut Ctx<'_>, port: &str, channel: &str, version: &str) -> Result<()> {
        Transfer.on_open_ack(ctx, port, channel, version)
    }

    fn on_close_init(&self, ctx: &mut Ctx<'_>, port: &str, channel: &str) -> Result<()> {
        Transfer.on_close_init(ctx, port, channel)
    }

    fn on_recv(&self, ctx: &mut Ctx<'_>, packet: &Packet, relayer: &Address) -> Result<Option<Vec<u8>>> {
        ctx.state.push();
        match self.receive_and_call(ctx, packet, relayer) {
            Ok(Ok(ack)) => {
                ctx.state.merge();
                Ok(Some(ack))
            }
            // The coins go back, and the event about the callback stays.
            Ok(Err((callback, error))) => {
                ctx.state.pop();
                Transfer.on_recv_failed(ctx, packet, &error);
                callback.emit(ctx, "ibccallbackerror-", Step::Receive, packet, Some(&error));
                Ok(Some(Acknowledgement::of_error(&error).to_bytes()))
            }
            // A message that passed its own limit is a failure like others.
            Err(error) if sdk::is_out_of_gas(&error) && !exhausted(ctx, &error) => {
                ctx.state.pop();
                Transfer.on_recv_failed(ctx, packet, &error);
                Ok(Some(Acknowledgement::of_error(&error).to_bytes()))
            }
            Err(error) => {
                ctx.state.pop();
                Err(error)
            }
        }
    }

    fn on_recv_failed(&self, ctx: &mut Ctx<'_>, packet: &Packet, error: &Error) {
        Transfer.on_recv_failed(ctx, packet, error);
    }

    fn on_acknowledge(&self, ctx: &mut Ctx<'_>, packet: &Packet, ack: &[u8], relayer: &Address) -> Result<()> {
        Transfer.on_acknowledge(ctx, packet, ack, relayer)?;
        let relayer = Addr::unchecked(relayer.to_string());
        let message = IbcAckCallbackMsg::new(IbcAcknowledgement::new(ack), shown(packet), relayer);
        self.source(ctx, packet, Step::Acknowledge, &IbcSourceCallbackMsg::Acknowledgement(message))
    }

    fn on_timeout(&self, ctx: &mut Ctx<'_>, packet: &Packet, relayer: &Address) -> Result<()> {
        Transfer.on_timeout(ctx, packet, relayer)?;
        let message = IbcTimeoutCallbackMsg::new(shown(packet), Addr::unchecked(relayer.to_string()));
        self.source(ctx, packet, Step::Timeout, &IbcSourceCallbackMsg::Timeout(message))
    }
}

/// What a memo `{"wasm": {"contract": …, "msg": {…}}}` has the coins pay for.
struct Hook {
    contract: String,
    msg: Vec<u8>,
}

#[derive(Serialize)]
struct HookAck {
    contract_result: Option<Binary>,
    ibc_ack: Binary,
}

impl Hook {
    /// # Errors
    /// `wasm` 14 for a memo that names no contract and message, or another contract than
    /// the transfer's receiver.
    fn read(data: &TransferData) -> Result<Option<Self>> {
        let Some(object) = memo_object(&data.memo, "wasm") else { return Ok(None) };
        let bad = |what: &str| error::invalid(format!("memo: wasm: {what}"));
        let Some(Value::String(contract)) = object.get("contract") else {
            return Err(bad("contract must be an address in a string"));
        };
        if *contract != data.receiver {
            return Err(bad("contract must be the receiver of the transfer"));
        }
        let Some(msg @ Value::Object(_)) = object.get("msg") else { return Err(bad("msg must be an object")) };
        Ok(Some(Self { contract: contract.clone(), msg: msg.to_string().into_bytes() }))
    }
}

/// Who calls a contract by memo: an account that nobody has, of the channel and of whom
/// the other chain says to have sent (ibc-hooks: `DeriveIntermediateSender`).
fn intermediary(channel: &str, sender: &str) -> Result<Address> {
    let kind = sha256(b"ibc-wasm-hook-intermediary");
    let hash = sha256(&[kind.as_slice(), channel.as_bytes(), b"/", sender.as_bytes()].concat());
    Address::new(&hash).map_err(|e| sdk::invalid_address(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intermediaries_are_those_of_osmosis() {
        // Made with Python: sha256(sha256("ibc-wasm-hook-intermediary") + "channel-0/cosmos1sender").
        let own = intermediary("channel-0", "cosmos1sender").unwrap();
        let other = intermediary("channel-1", "cosmos1sender").unwrap();
        assert_eq!(own.as_bytes().len(), 32);
        assert_ne!(own, other);
        assert_eq!(hex::encode(own.as_bytes()), "695dd8ee884893c5e8aeff41dfe86f8b171849a81a91e159e9c9bc51016b0359");
    }
}
