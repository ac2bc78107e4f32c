use synergy_kernel::{Ctx, Result, Routes};
use synergy_proto::{
    Address, Denom as Name,
    ibc::core::channel::v1::Packet,
    ibc::transfer::{MsgTransfer, MsgTransferResponse, MsgUpdateParams, MsgUpdateParamsResponse},
};

use super::{
    PORT, app, denom,
    packet::{Data, MAX_MEMO, MAX_RECEIVER},
    state::{self, PARAMS},
};
use crate::{
    callback::{Callback, Step},
    error::{core, transfer as own},
    events, height, packet, path, signer,
};

/// The amount that means all that the sender may spend: 2²⁵⁶ − 1 (ibc-go).
const ALL: &str = "115792089237316195423570985008687907853269984665640564039457584007913129639935";

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgTransfer, MsgTransferResponse>(|m| signer(&m.sender), validate, transfer);
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| signer(&m.signer),
        |_| Ok(()),
        |ctx, m| {
            crate::check_authority(&m.signer)?;
            PARAMS.set(ctx, &m.params.unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

fn validate(m: &MsgTransfer) -> Result<()> {
    path::check_port(&m.source_port)?;
    path::check_channel(&m.source_channel)?;
    let token = m.token.clone().unwrap_or_default();
    let coin_name: std::result::Result<Name, _> = token.denom.parse();
    coin_name.map_err(|e| core::invalid_coins(format!("{e}")))?;
    if let Some(hash) = token.denom.strip_prefix(denom::PREFIX) {
        denom::parse_hash(hash)?;
    }
    if token.amount != ALL {
        data(m, &token.denom, &token.amount).amount().map_err(|e| core::invalid_coins(e.message))?;
    }
    if m.receiver.trim().is_empty() {
        return Err(core::invalid_address("missing recipient address"));
    }
    if m.receiver.len() > MAX_RECEIVER {
        return Err(core::invalid_address(format!("recipient address must not exceed {MAX_RECEIVER} bytes")));
    }
    if m.memo.len() > MAX_MEMO {
        return Err(own::invalid_memo(format!("memo must not exceed {MAX_MEMO} bytes")));
    }
    if !m.encoding.is_empty() {
        return Err(core::invalid_request("encoding is of IBC v2, which this chain does not have: leave it empty"));
    }
    if height::is_zero(&m.timeout_height.unwrap_or_default()) && m.timeout_timestamp == 0 {
        return Err(own::invalid_timeout("timeout height and timeout timestamp cannot both be 0"));
    }
    Ok(())
}

fn data(m: &MsgTransfer, path: &str, amount: &str) -> Data {
    Data {
        amount: amount.to_owned(),
        denom: path.to_owned(),
        memo: m.memo.clone(),
        receiver: m.receiver.clone(),
        sender: m.sender.clone(),
    }
}

fn transfer(ctx: &mut Ctx<'_>, m: &MsgTransfer) -> Result<MsgTransferResponse> {
    if !state::params(ctx)?.send_enabled {
        return Err(own::send_disabled("transfer params"));
    }
    if m.source_port != PORT {
        return Err(crate::error::port::invalid_port(format!("{} is not {PORT}", m.source_port)));
    }
    let sender: Address = m.sender.parse().map_err(|e| core::invalid_address(format!("sender: {e}")))?;
    if synergy_auth::is_module(ctx, &sender)? {
        return Err(core::unauthorized(format!("{sender} is not allowed to send funds")));
    }
    let token = m.token.clone().unwrap_or_default();
    let coin_name: Name = token.denom.parse().map_err(|e| core::invalid_coins(format!("{e}")))?;
    let amount = match token.amount.as_str() {
        ALL => match synergy_bank::spendable(ctx, &sender, &coin_name)? {
            0 => return Err(own::invalid_amount(format!("empty spendable balance for {coin_name}"))),
            spendable => spendable,
        },
        amount => data(m, "", amount).amount()?,
    };
    synergy_bank::check_enabled(ctx, &[(coin_name, amount)]).map_err(|e| own::send_disabled(e.message))?;
    let way = state::trace(ctx, &token.denom)?;
    let data = data(m, &denom::path(&way), &amount.to_string());
    data.validate()?;
    app::take(ctx, &sender, &m.source_channel, &way, amount)?;
    let timeout = m.timeout_height.unwrap_or_default();
    let channel = (m.source_port.as_str(), m.source_channel.as_str());
    let sequence = packet::send(ctx, channel, timeout, m.timeout_timestamp, data.to_bytes())?;
    let attributes = [
        ("sender", data.sender.as_str()),
        ("receiver", data.receiver.as_str()),
        ("denom", data.denom.as_str()),
        ("amount", data.amount.as_str()),
        ("memo", data.memo.as_str()),
    ];
    events::emit(ctx, PORT, "ibc_transfer", &attributes);
    // Whom nobody could call back is told now, and not when the coins are under way.
    if let Some(callback) = Callback::source(&data.memo, ctx.gas.left())? {
        callback.check_sender(&data.sender)?;
        let (source_port, source_channel) = (m.source_port.clone(), m.source_channel.clone());
        let packet = Packet { sequence, source_port, source_channel, ..Packet::default() };
        callback.emit(ctx, "", Step::Send, &packet, None);
    }
    Ok(MsgTransferResponse { sequence })
}
