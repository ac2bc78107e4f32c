//! What becomes of coins when packets come, are acknowledged or time out.

use synergy_kernel::{Ctx, Error, Result};
use synergy_proto::{
    Address, Denom as Name,
    ibc::core::channel::v1::{Order, Packet},
    ibc::transfer::{Denom, Hop},
};

use super::{
    PORT, Transfer, VERSION, denom,
    packet::Data,
    state::{self, DENOMS},
};
use crate::{
    Acknowledgement, App, Opening,
    error::{self, transfer as own},
    events, path,
};

/// Channels beyond this number would get ambiguous addresses in old clients (ibc-go).
const MAX_CHANNEL: u64 = 0xffff_ffff;

fn check_opening(opening: &Opening<'_>) -> Result<()> {
    if path::sequence(opening.channel, "channel").is_none_or(|number| number > MAX_CHANNEL) {
        return Err(own::max_channels(format!("{} is beyond channel-{MAX_CHANNEL}", opening.channel)));
    }
    if opening.ordering != Order::Unordered {
        let got = opening.ordering.as_str_name();
        return Err(error::channel::invalid_ordering(format!("expected ORDER_UNORDERED channel, got {got}")));
    }
    Ok(())
}

impl App for Transfer {
    fn owns(&self, port: &str) -> bool {
        port == PORT
    }

    fn on_open_init(&self, _: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String> {
        check_opening(opening)?;
        match opening.version.trim() {
            "" | VERSION => Ok(VERSION.to_owned()),
            other => {
                let shown: String = other.chars().take(80).collect();
                Err(own::invalid_version(format!("expected {VERSION}, got {shown}")))
            }
        }
    }

    fn on_open_try(&self, _: &mut Ctx<'_>, opening: &Opening<'_>) -> Result<String> {
        // The other side decides whether it goes along with our version.
        check_opening(opening).map(|()| VERSION.to_owned())
    }

    fn on_open_ack(&self, _: &mut Ctx<'_>, _: &str, _: &str, version: &str) -> Result<()> {
        if version == VERSION {
            return Ok(());
        }
        let shown: String = version.chars().take(80).collect();
        Err(own::invalid_version(format!("invalid counterparty version: expected {VERSION}, got {shown}")))
    }

    fn on_close_init(&self, _: &mut Ctx<'_>, _: &str, _: &str) -> Result<()> {
        Err(error::core::invalid_request("user cannot close channel"))
    }

    fn on_recv(&self, ctx: &mut Ctx<'_>, packet: &Packet, _: &Address) -> Result<Option<Vec<u8>>> {
        let data = Data::from_bytes(&packet.data)?;
        receive(ctx, packet, &data)?;
        tell_received(ctx, &data, None);
        Ok(Some(Acknowledgement::success(&[1]).to_bytes()))
    }

    fn on_recv_failed(&self, ctx: &mut Ctx<'_>, packet: &Packet, error: &Error) {
        let read: std::result::Result<Data, _> = serde_json::from_slice(&packet.data);
        let data = read.unwrap_or_else(|_| Data::default());
        tell_received(ctx, &data, Some(&error.to_string()));
    }

    fn on_acknowledge(&self, ctx: &mut Ctx<'_>, packet: &Packet, ack: &[u8], _: &Address) -> Result<()> {
        let ack_read = Acknowledgement::from_bytes(ack)
            .ok_or_else(|| error::core::unknown_request("cannot unmarshal ICS-20 transfer packet acknowledgement"))?;
        let data = Data::from_bytes(&packet.data)?;
        let outcome = match &ack_read {
            Acknowledgement::Result(result) => ("success", result),
            Acknowledgement::Error(why) => {
                refund(ctx, packet, &data)?;
                ("error", why)
            }
        };
        let ack = String::from_utf8_lossy(ack);
        let told = [&told(&data)[..], &[("acknowledgement", &*ack)]].concat();
        events::emit(ctx, PORT, "fungible_token_packet", &told);
        ctx.emit("fungible_token_packet", &[(outcome.0, outcome.1)]);
        Ok(())
    }

    fn on_timeout(&self, ctx: &mut Ctx<'_>, packet: &Packet, _: &Address) -> Result<()> {
        let data = Data::from_bytes(&packet.data)?;
        refund(ctx, packet, &data)?;
        let attributes = [
            ("refund_receiver", data.sender.as_str()),
            ("refund_denom", data.denom.as_str()),
            ("refund_amount", data.amount.as_str()),
            ("memo", data.memo.as_str()),
        ];
        events::emit(ctx, PORT, "timeout", &attributes);
        Ok(())
    }
}

fn told(data: &Data) -> [(&str, &str); 5] {
    [
        ("sender", &data.sender),
        ("receiver", &data.receiver),
        ("denom", &data.denom),
        ("amount", &data.amount),
        ("memo", &data.memo),
    ]
}

fn tell_received(ctx: &mut Ctx<'_>, data: &Data, error: Option<&str>) {
    let mut attributes = told(data).to_vec();
    attributes.push(("success", if error.is_none() { "true" } else { "false" }));
    if let Some(error) = error {
        attributes.push(("error", error));
    }
    // As ibc-go marks what a failed application told.
    let mark = if error.is_some() { "ibccallbackerror-" } else { "" };
    events::emit(ctx, PORT, &format!("{mark}fungible_token_packet"), &attributes);
}

fn name(text: &str) -> Result<Name> {
    text.parse().map_err(|e| own::invalid_denom(format!("{e}")))
}

/// # Errors
/// `ibc` 5 for what is no address here, 2 for a module's account.
fn account(ctx: &mut Ctx<'_>, text: &str, what: &str) -> Result<Address> {
    let address: Address =
        text.parse().map_err(|e| error::core::invalid_address(format!("failed to decode {what} address: {e}")))?;
    if synergy_auth::is_module(ctx, &address)? {
        return Err(error::core::unauthorized(format!("{address} is not allowed to receive funds")));
    }
    Ok(address)
}

/// What a coin that came is called here, with its amount.
///
/// # Errors
/// `transfer` 5 for what is no amount.
pub fn arrived(packet: &Packet, data: &Data) -> Result<(String, u128)> {
    let mut token = denom::parse(&data.denom);
    match denom::came_over(&token, &packet.source_port, &packet.source_channel) {
        true => drop(token.trace.remove(0)),
        false => token.trace.insert(0, hop(packet)),
    }
    Ok((denom::local(&token), data.amount()?))
}

/// The step that a coin makes by coming here.
fn hop(packet: &Packet) -> Hop {
    Hop { port_id: packet.destination_port.clone(), channel_id: packet.destination_channel.clone() }
}

fn receive(ctx: &mut Ctx<'_>, packet: &Packet, data: &Data) -> Result<()> {
    if !state::params(ctx)?.receive_enabled {
        return Err(own::receive_disabled("transfer params"));
    }
    let receiver = account(ctx, &data.receiver, "receiver")?;
    let amount = data.amount()?;
    let mut token = denom::parse(&data.denom);
    if denom::came_over(&token, &packet.source_port, &packet.source_channel) {
        // It comes home: what the other side put before it goes.
        token.trace.remove(0);
        let coin = (name(&denom::local(&token))?, amount);
        return state::unescrow(ctx, &packet.destination_channel, &receiver, &coin);
    }
    token.trace.insert(0, hop(packet));
    let hash = denom::hash(&token);
    if !DENOMS.has(ctx, &hash)? {
        DENOMS.set(ctx, &hash, &token)?;
    }
    ctx.emit("denomination", &[("denom_hash", &hex::encode_upper(hash)), ("denom", &denom_json(&token))]);
    let module = synergy_auth::ensure_module(ctx, PORT)?;
    let coins = [(name(&denom::local(&token))?, amount)];
    synergy_bank::mint(ctx, &module, &coins)?;
    synergy_bank::transfer(ctx, &module, &receiver, &coins)
}

fn denom_json(token: &Denom) -> String {
    let trace: Vec<_> = token
        .trace
        .iter()
        .map(|hop| serde_json::json!({"port_id": hop.port_id, "channel_id": hop.channel_id}))
        .collect();
    serde_json::json!({"base": token.base, "trace": trace}).to_string()
}

/// Takes a sender's coins for a transfer over a channel.
pub(crate) fn take(ctx: &mut Ctx<'_>, sender: &Address, channel: &str, token: &Denom, amount: u128) -> Result<()> {
    let coin = (name(&denom::local(token))?, amount);
    if !denom::came_over(token, PORT, channel) {
        return state::escrow(ctx, sender, channel, &coin);
    }
    let module = synergy_auth::ensure_module(ctx, PORT)?;
    let coins = [coin];
    synergy_bank::transfer(ctx, sender, &module, &coins)?;
    synergy_bank::burn(ctx, &module, &coins)
}

/// Gives back what [`take`] took.
fn refund(ctx: &mut Ctx<'_>, packet: &Packet, data: &Data) -> Result<()> {
    let sender = account(ctx, &data.sender, "sender")?;
    let token = denom::parse(&data.denom);
    let coin = (name(&denom::local(&token))?, data.amount()?);
    if !denom::came_over(&token, &packet.source_port, &packet.source_channel) {
        return state::unescrow(ctx, &packet.source_channel, &sender, &coin);
    }
    let module = synergy_auth::ensure_module(ctx, PORT)?;
    let coins = [coin];
    synergy_bank::mint(ctx, &module, &coins)?;
    synergy_bank::transfer(ctx, &module, &sender, &coins)
}
