//! IBC's queries of contracts (wasmd: `IBCQuerier`).
#![allow(deprecated, reason = "contracts of earlier versions list channels and ask for fees")]

use cosmwasm_std::{ChannelResponse, FeeEnabledChannelResponse, IbcQuery, ListChannelsResponse, PortIdResponse};
use synergy_kernel::{Ctx, Result};
use synergy_proto::{
    Address,
    ibc::core::channel::v1::{Channel, State},
};

use super::convert;
use crate::{
    querier::{Answer, json, unsupported},
    state,
};

/// Answers a contract. Without a port in the query, it is about the contract's own; only
/// open channels count.
pub(crate) fn answer(ctx: &mut Ctx<'_>, contract: &Address, query: IbcQuery) -> Answer {
    match query {
        IbcQuery::PortId {} => json(&PortIdResponse::new(own_port(ctx, contract)?)),
        IbcQuery::ListChannels { port_id } => {
            let port = port(ctx, contract, port_id)?;
            let found = if port.is_empty() { Vec::new() } else { synergy_ibc::channels(ctx, &port)? };
            let open = found.into_iter().filter(|(_, channel)| is_open(channel));
            let channels = open.map(|(id, channel)| convert::channel(&port, &id, channel)).collect();
            json(&ListChannelsResponse::new(channels))
        }
        IbcQuery::Channel { channel_id, port_id } => {
            let port = port(ctx, contract, port_id)?;
            let found = match synergy_ibc::channel(ctx, &port, &channel_id) {
                Err(error) if (error.codespace, error.code) == ("channel", 3) => None,
                found => Some(found?),
            };
            let open = found.filter(is_open).map(|channel| convert::channel(&port, &channel_id, channel));
            json(&ChannelResponse::new(open))
        }
        IbcQuery::FeeEnabledChannel { .. } => json(&FeeEnabledChannelResponse::new(false)),
        _ => Err(unsupported("unknown IBCQuery variant".to_owned())),
    }
}

fn is_open(channel: &Channel) -> bool {
    channel.state() == State::Open
}

fn own_port(ctx: &mut Ctx<'_>, contract: &Address) -> Result<String> {
    Ok(state::contract(ctx, contract)?.0.ibc_port_id)
}

fn port(ctx: &mut Ctx<'_>, contract: &Address, given: Option<String>) -> Result<String> {
    match given.filter(|port| !port.is_empty()) {
        Some(port) => Ok(port),
        None => own_port(ctx, contract),
    }
}
