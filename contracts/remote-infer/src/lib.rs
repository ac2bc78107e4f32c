//! Asks a model of Synergy over IBC, from any CosmWasm chain.
//!
//! `ask` sends a packet, the acknowledgement brings the outputs, `answer` tells them. The
//! chain that this contract is on needs no AI runtime, only IBC.

mod msg;

use cosmwasm_std::{
    Addr, Deps, DepsMut, Env, IbcBasicResponse, IbcChannel, IbcChannelCloseMsg, IbcChannelConnectMsg,
    IbcChannelOpenMsg, IbcChannelOpenResponse, IbcMsg, IbcOrder, IbcPacket, IbcPacketAckMsg, IbcPacketReceiveMsg,
    IbcPacketTimeoutMsg, IbcReceiveResponse, MessageInfo, Never, Order, QueryResponse, Response, StdAck, StdError,
    StdResult, Storage, entry_point, from_json, to_json_binary,
};
use cw_storage_plus::{Item, Map};
use synergy_interchain::{Infer, PORT, Request, VERSION, Withdraw};

pub use msg::{Asked, Channel, ExecuteMsg, InstantiateMsg, QueryMsg, Status};

const CHANNELS: Map<&str, Channel> = Map::new("channels");
/// Packets that were sent over a channel.
const SENT: Map<&str, u64> = Map::new("sent");
const ASKED: Map<u64, Asked> = Map::new("asked");
/// Requests by channel and packet.
const BY_PACKET: Map<(&str, u64), u64> = Map::new("by_packet");
const LAST: Item<u64> = Item::new("last");

/// What can go wrong.
#[derive(Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say it")]
pub enum Error {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error("this contract takes no coins: pay the account on Synergy instead")]
    Coins,
    #[error("channels go to port {PORT}, are unordered and have version {VERSION}")]
    WrongChannel,
    #[error("there is no open channel {0} to Synergy")]
    NoChannel(String),
    #[error("no request has number {0}")]
    NotAsked(u64),
}

/// Nothing is to be set.
#[entry_point]
pub fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, _: InstantiateMsg) -> Result<Response, Error> {
    cw2::set_contract_version(deps.storage, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))?;
    LAST.save(deps.storage, &0)?;
    Ok(Response::new())
}

/// Sends a request.
#[entry_point]
pub fn execute(deps: DepsMut, env: Env, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, Error> {
    if !info.funds.is_empty() {
        return Err(Error::Coins);
    }
    let sender = info.sender.to_string();
    let (channel, timeout, request) = match msg {
        ExecuteMsg::Ask { channel, model, inputs, gas, max_price, timeout } => {
            (channel, timeout, Request::Infer(Infer { sender, model, inputs, gas, max_price }))
        }
        ExecuteMsg::Withdraw { channel, to, coins, timeout } => {
            (channel, timeout, Request::Withdraw(Withdraw { sender, to, coins }))
        }
    };
    if CHANNELS.may_load(deps.storage, &channel)?.is_none_or(|c| c.closed) {
        return Err(Error::NoChannel(channel));
    }
    let id = note(deps.storage, info.sender, &channel)?;
    let packet = IbcMsg::SendPacket {
        channel_id: channel,
        data: to_json_binary(&request)?,
        timeout: env.block.time.plus_seconds(timeout).into(),
    };
    Ok(Response::new().add_message(packet).add_attribute("action", "ask").add_attribute("id", id.to_string()))
}

/// Keeps a request. Nobody else sends over the channel, and ICS-04 counts packets from 1.
fn note(storage: &mut dyn Storage, sender: Addr, channel: &str) -> StdResult<u64> {
    let sequence = SENT.may_load(storage, channel)?.unwrap_or_default().saturating_add(1);
    let id = LAST.load(storage)?.saturating_add(1);
    SENT.save(storage, channel, &sequence)?;
    LAST.save(storage, &id)?;
    BY_PACKET.save(storage, (channel, sequence), &id)?;
    ASKED.save(storage, id, &Asked { sender, channel: channel.to_owned(), sequence, status: Status::Pending })?;
    Ok(id)
}

/// Answers a query.
#[entry_point]
pub fn query(deps: Deps, _: Env, msg: QueryMsg) -> Result<QueryResponse, Error> {
    Ok(match msg {
        QueryMsg::Answer { id } => to_json_binary(&ASKED.may_load(deps.storage, id)?.ok_or(Error::NotAsked(id))?)?,
        QueryMsg::Channels {} => {
            let channels = CHANNELS.range(deps.storage, None, None, Order::Ascending);
            to_json_binary(&channels.map(|item| Ok(item?.1)).collect::<StdResult<Vec<Channel>>>()?)?
        }
    })
}

fn check(channel: &IbcChannel, counterparty_version: Option<&str>) -> Result<(), Error> {
    let right = channel.order == IbcOrder::Unordered
        && channel.counterparty_endpoint.port_id == PORT
        && channel.version == VERSION
        && counterparty_version.is_none_or(|version| version == VERSION);
    if right { Ok(()) } else { Err(Error::WrongChannel) }
}

/// Somebody opens a channel.
#[entry_point]
pub fn ibc_channel_open(_: DepsMut, _: Env, msg: IbcChannelOpenMsg) -> Result<IbcChannelOpenResponse, Error> {
    check(msg.channel(), msg.counterparty_version())?;
    Ok(None)
}

/// A channel is open.
#[entry_point]
pub fn ibc_channel_connect(deps: DepsMut, _: Env, msg: IbcChannelConnectMsg) -> Result<IbcBasicResponse, Error> {
    check(msg.channel(), msg.counterparty_version())?;
    let IbcChannel { endpoint, counterparty_endpoint, .. } = msg.channel().clone();
    let channel =
        Channel { id: endpoint.channel_id.clone(), counterparty: counterparty_endpoint.channel_id, closed: false };
    CHANNELS.save(deps.storage, &endpoint.channel_id, &channel)?;
    Ok(IbcBasicResponse::new())
}

/// A channel was closed; this side does not do it.
#[entry_point]
pub fn ibc_channel_close(deps: DepsMut, _: Env, msg: IbcChannelCloseMsg) -> Result<IbcBasicResponse, Error> {
    let IbcChannelCloseMsg::CloseConfirm { channel } = msg else { return Err(Error::WrongChannel) };
    let id = channel.endpoint.channel_id;
    let closed = Channel { closed: true, ..CHANNELS.load(deps.storage, &id)? };
    CHANNELS.save(deps.storage, &id, &closed)?;
    Ok(IbcBasicResponse::new())
}

/// Synergy sends no packets.
#[entry_point]
pub fn ibc_packet_receive(_: DepsMut, _: Env, _: IbcPacketReceiveMsg) -> Result<IbcReceiveResponse, Never> {
    Ok(IbcReceiveResponse::new(StdAck::error("this contract takes no packets")))
}

/// Synergy's answer.
#[entry_point]
pub fn ibc_packet_ack(deps: DepsMut, _: Env, msg: IbcPacketAckMsg) -> Result<IbcBasicResponse, Error> {
    let status = match from_json(&msg.acknowledgement.data) {
        Ok(StdAck::Success(result)) if result.as_slice() == b"{}" => Status::Withdrawn,
        // Nobody would bring another acknowledgement: one that cannot be read is kept as a failure.
        Ok(StdAck::Success(result)) => match from_json(&result) {
            Ok(answer) => Status::Answered(answer),
            Err(error) => Status::Failed(error.to_string()),
        },
        Ok(StdAck::Error(error)) => Status::Failed(error),
        Err(error) => Status::Failed(error.to_string()),
    };
    settle(deps.storage, &msg.original_packet, status)
}

/// The request did not arrive.
#[entry_point]
pub fn ibc_packet_timeout(deps: DepsMut, _: Env, msg: IbcPacketTimeoutMsg) -> Result<IbcBasicResponse, Error> {
    settle(deps.storage, &msg.packet, Status::TimedOut)
}

fn settle(storage: &mut dyn Storage, packet: &IbcPacket, status: Status) -> Result<IbcBasicResponse, Error> {
    let id = BY_PACKET.load(storage, (&packet.src.channel_id, packet.sequence))?;
    let asked = Asked { status, ..ASKED.load(storage, id)? };
    ASKED.save(storage, id, &asked)?;
    Ok(IbcBasicResponse::new().add_attribute("action", "answer").add_attribute("id", id.to_string()))
}
