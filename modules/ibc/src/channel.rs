//! ICS-04: opening and closing channels.

use prost::Message;
use synergy_kernel::{Ctx, Order as Direction, Result, Routes};
use synergy_proto::ibc::core::{
    channel::v1::{
        Channel, Counterparty, MsgChannelCloseConfirm, MsgChannelCloseConfirmResponse, MsgChannelCloseInit,
        MsgChannelCloseInitResponse, MsgChannelOpenAck, MsgChannelOpenAckResponse, MsgChannelOpenConfirm,
        MsgChannelOpenConfirmResponse, MsgChannelOpenInit, MsgChannelOpenInitResponse, MsgChannelOpenTry,
        MsgChannelOpenTryResponse, Order, State,
    },
    client::v1::Height,
    connection::v1::ConnectionEnd,
};

use crate::{
    STORE, client,
    connection::{self, check_proof},
    error::{self, channel as own},
    events, path,
    port::{Apps, Opening},
    proof, signer, state,
    tendermint::Delay,
};

pub(crate) fn register(routes: &mut Routes, apps: &Apps) {
    let with = apps.clone();
    routes.message::<MsgChannelOpenInit, MsgChannelOpenInitResponse>(
        |m| signer(&m.signer),
        |m| {
            path::check_port(&m.port_id)?;
            let channel = check_channel(m.channel.as_ref(), State::Init)?;
            match counterparty_of(channel).channel_id.as_str() {
                "" => Ok(()),
                _ => Err(own::invalid_counterparty("counterparty channel identifier must be empty")),
            }
        },
        move |ctx, m| open_init(ctx, &with, m),
    );
    let with = apps.clone();
    routes.message::<MsgChannelOpenTry, MsgChannelOpenTryResponse>(
        |m| signer(&m.signer),
        |m| {
            path::check_port(&m.port_id)?;
            check_proof(&m.proof_init, "init")?;
            let channel = check_channel(m.channel.as_ref(), State::Tryopen)?;
            path::check_channel(&counterparty_of(channel).channel_id)
        },
        move |ctx, m| open_try(ctx, &with, m),
    );
    let with = apps.clone();
    routes.message::<MsgChannelOpenAck, MsgChannelOpenAckResponse>(
        |m| signer(&m.signer),
        |m| {
            check_ids(&m.port_id, &m.channel_id)?;
            path::check_channel(&m.counterparty_channel_id)?;
            check_proof(&m.proof_try, "try")
        },
        move |ctx, m| open_ack(ctx, &with, m).map(|()| MsgChannelOpenAckResponse {}),
    );
    let with = apps.clone();
    routes.message::<MsgChannelOpenConfirm, MsgChannelOpenConfirmResponse>(
        |m| signer(&m.signer),
        |m| {
            check_ids(&m.port_id, &m.channel_id)?;
            check_proof(&m.proof_ack, "ack")
        },
        move |ctx, m| open_confirm(ctx, &with, m).map(|()| MsgChannelOpenConfirmResponse {}),
    );
    let with = apps.clone();
    routes.message::<MsgChannelCloseInit, MsgChannelCloseInitResponse>(
        |m| signer(&m.signer),
        |m| check_ids(&m.port_id, &m.channel_id),
        move |ctx, m| {
            with.of(&m.port_id)?.on_close_init(ctx, &m.port_id, &m.channel_id)?;
            close(ctx, &m.port_id, &m.channel_id)?;
            Ok(MsgChannelCloseInitResponse {})
        },
    );
    let with = apps.clone();
    routes.message::<MsgChannelCloseConfirm, MsgChannelCloseConfirmResponse>(
        |m| signer(&m.signer),
        |m| {
            check_ids(&m.port_id, &m.channel_id)?;
            check_proof(&m.proof_init, "init")
        },
        move |ctx, m| close_confirm(ctx, &with, m).map(|()| MsgChannelCloseConfirmResponse {}),
    );
}

fn check_ids(port: &str, channel: &str) -> Result<()> {
    path::check_port(port)?;
    match path::sequence(channel, "channel") {
        Some(_) => Ok(()),
        None => {
            let shown: String = channel.chars().take(80).collect();
            Err(own::invalid_id(format!("{shown:?} is not channel-NUMBER")))
        }
    }
}

fn check_channel(channel: Option<&Channel>, wanted: State) -> Result<&Channel> {
    let channel = channel.ok_or_else(|| own::invalid_channel("channel is missing"))?;
    if channel.state() != wanted {
        let (is, wanted) = (channel.state().as_str_name(), wanted.as_str_name());
        return Err(own::invalid_state(format!("channel state must be {wanted}. Got: {is}")));
    }
    if !matches!(channel.ordering(), Order::Ordered | Order::Unordered) {
        return Err(own::invalid_ordering(channel.ordering().as_str_name()));
    }
    match channel.connection_hops.as_slice() {
        [hop] => path::check_connection(hop)?,
        _ => return Err(own::too_many_hops("current IBC version only supports one connection hop")),
    }
    path::check_port(&counterparty_of(channel).port_id)?;
    Ok(channel)
}

/// A channel's only connection.
pub(crate) fn connection_of(channel: &Channel) -> &str {
    channel.connection_hops.first().map_or("", String::as_str)
}

pub(crate) fn counterparty_of(channel: &Channel) -> Counterparty {
    channel.counterparty.clone().unwrap_or_default()
}

/// The channels of a port, with their identifiers.
///
/// # Errors
/// When gas runs out.
pub fn channels(ctx: &mut Ctx<'_>, port: &str) -> Result<Vec<(String, Channel)>> {
    let start = path::channel(port, "");
    let end = [start.as_bytes(), &[0xff]].concat();
    let mut found = Vec::new();
    ctx.scan(STORE, start.as_bytes(), &end, Direction::Ascending, |key, value| {
        if let Some((_, id)) = key.strip_prefix(path::CHANNELS.as_bytes()).and_then(path::read_channel) {
            found.push((id, state::decode(&start, &value)));
        }
        Ok(true)
    })?;
    Ok(found)
}

/// A channel.
///
/// # Errors
/// `channel` 3 when there is none.
pub fn load(ctx: &mut Ctx<'_>, port: &str, id: &str) -> Result<Channel> {
    state::message(ctx, &path::channel(port, id))?
        .ok_or_else(|| own::not_found(format!("port ID ({port}) channel ID ({id})")))
}

/// A channel that packets may go over.
///
/// # Errors
/// `channel` 3, 5.
pub(crate) fn open(ctx: &mut Ctx<'_>, port: &str, id: &str) -> Result<Channel> {
    let channel = load(ctx, port, id)?;
    in_state(&channel, State::Open)?;
    Ok(channel)
}

fn in_state(channel: &Channel, wanted: State) -> Result<()> {
    if channel.state() == wanted {
        return Ok(());
    }
    let name = |state: State| state.as_str_name().trim_start_matches("STATE_").to_owned();
    Err(own::invalid_state(format!("channel is not {} (got {})", name(wanted), name(channel.state()))))
}

pub(crate) fn save(ctx: &mut Ctx<'_>, port: &str, id: &str, channel: &Channel) -> Result<()> {
    state::set_message(ctx, &path::channel(port, id), channel)
}

/// Checks a proof of the other end, which must be as we expect it.
pub(crate) fn verify_end(
    ctx: &mut Ctx<'_>,
    connection: &ConnectionEnd,
    (port, id): (&str, &str),
    expected: &Channel,
    proof: &[u8],
    at: Option<&Height>,
) -> Result<()> {
    let prefix = connection.counterparty.clone().unwrap_or_default().prefix;
    let keys = proof::keys(prefix.as_ref(), &path::channel(port, id))?;
    let value = expected.encode_to_vec();
    let at = at.copied().unwrap_or_default();
    client::verify(ctx, &connection.client_id, &at, Delay::default(), proof, &keys, Some(&value)).map_err(|mut e| {
        e.message = format!(
            "failed channel state verification for client ({}): channel state verification failed: {}",
            connection.client_id, e.message
        );
        e
    })
}

/// The counterparty's end of a channel of ours.
pub(crate) fn other_end(
    connection: &ConnectionEnd,
    channel: &Channel,
    (port, id): (&str, &str),
    state: State,
    version: &str,
) -> Channel {
    Channel {
        state: state.into(),
        ordering: channel.ordering,
        counterparty: Some(Counterparty { port_id: port.to_owned(), channel_id: id.to_owned() }),
        connection_hops: vec![connection.counterparty.clone().unwrap_or_default().connection_id],
        version: version.to_owned(),
    }
}

fn check_feature(connection: &ConnectionEnd, order: Order) -> Result<()> {
    let [version] = connection.versions.as_slice() else {
        return Err(error::connection::invalid_version(
            "single version must be negotiated on connection before opening channel",
        ));
    };
    if version.features.iter().any(|feature| feature == order.as_str_name()) {
        return Ok(());
    }
    Err(error::connection::invalid_version(format!(
        "connection version {} does not support channel ordering: {}",
        version.identifier,
        order.as_str_name()
    )))
}

/// Writes a new channel.
fn begin(ctx: &mut Ctx<'_>, port: &str, id: &str, channel: &Channel) -> Result<()> {
    save(ctx, port, id, channel)?;
    for path in [path::next_send(port, id), path::next_recv(port, id), path::next_ack(port, id)] {
        state::set_number(ctx, &path, 1)?;
    }
    Ok(())
}

fn next_id(ctx: &mut Ctx<'_>) -> Result<String> {
    Ok(format!("channel-{}", state::count(ctx, path::NEXT_CHANNEL)?))
}

fn opening<'a>(
    port: &'a str,
    id: &'a str,
    channel: &'a Channel,
    to: &'a Counterparty,
    version: &'a str,
) -> Opening<'a> {
    Opening {
        ordering: channel.ordering(),
        connection: connection_of(channel),
        port,
        channel: id,
        counterparty: to,
        version,
    }
}

fn open_init(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgChannelOpenInit) -> Result<MsgChannelOpenInitResponse> {
    let app = apps.of(&m.port_id)?;
    let mut channel = m.channel.clone().unwrap_or_default();
    let connection = connection::load(ctx, connection_of(&channel))?;
    check_feature(&connection, channel.ordering())?;
    client::check_active(ctx, &connection.client_id, "open a channel with")?;
    let id = next_id(ctx)?;
    let counterparty = counterparty_of(&channel);
    let version = app.on_open_init(ctx, &opening(&m.port_id, &id, &channel, &counterparty, &channel.version))?;
    channel.version.clone_from(&version);
    begin(ctx, &m.port_id, &id, &channel)?;
    events::channel(ctx, "open_init", &m.port_id, &id, &channel);
    Ok(MsgChannelOpenInitResponse { channel_id: id, version })
}

fn open_try(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgChannelOpenTry) -> Result<MsgChannelOpenTryResponse> {
    let app = apps.of(&m.port_id)?;
    let mut channel = m.channel.clone().unwrap_or_default();
    let id = next_id(ctx)?;
    let connection = connection::open(ctx, connection_of(&channel))?;
    check_feature(&connection, channel.ordering())?;
    let counterparty = counterparty_of(&channel);
    // It does not know our channel yet.
    let expected = other_end(&connection, &channel, (&m.port_id, ""), State::Init, &m.counterparty_version);
    let end = (counterparty.port_id.as_str(), counterparty.channel_id.as_str());
    verify_end(ctx, &connection, end, &expected, &m.proof_init, m.proof_height.as_ref())?;
    let version = app.on_open_try(ctx, &opening(&m.port_id, &id, &channel, &counterparty, &m.counterparty_version))?;
    channel.version.clone_from(&version);
    begin(ctx, &m.port_id, &id, &channel)?;
    events::channel(ctx, "open_try", &m.port_id, &id, &channel);
    Ok(MsgChannelOpenTryResponse { version, channel_id: id })
}

fn open_ack(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgChannelOpenAck) -> Result<()> {
    let app = apps.of(&m.port_id)?;
    let (port, id) = (m.port_id.as_str(), m.channel_id.as_str());
    let mut channel = load(ctx, port, id)?;
    in_state(&channel, State::Init)?;
    let connection = connection::open(ctx, connection_of(&channel))?;
    let expected = other_end(&connection, &channel, (port, id), State::Tryopen, &m.counterparty_version);
    let counterparty = counterparty_of(&channel);
    let end = (counterparty.port_id.as_str(), m.counterparty_channel_id.as_str());
    verify_end(ctx, &connection, end, &expected, &m.proof_try, m.proof_height.as_ref())?;
    channel.state = State::Open.into();
    channel.version.clone_from(&m.counterparty_version);
    channel.counterparty.get_or_insert_default().channel_id.clone_from(&m.counterparty_channel_id);
    save(ctx, port, id, &channel)?;
    events::channel(ctx, "open_ack", port, id, &channel);
    app.on_open_ack(ctx, port, id, &m.counterparty_version)
}

fn open_confirm(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgChannelOpenConfirm) -> Result<()> {
    let app = apps.of(&m.port_id)?;
    let (port, id) = (m.port_id.as_str(), m.channel_id.as_str());
    let mut channel = load(ctx, port, id)?;
    in_state(&channel, State::Tryopen)?;
    let connection = connection::open(ctx, connection_of(&channel))?;
    let expected = other_end(&connection, &channel, (port, id), State::Open, &channel.version);
    let counterparty = counterparty_of(&channel);
    let end = (counterparty.port_id.as_str(), counterparty.channel_id.as_str());
    verify_end(ctx, &connection, end, &expected, &m.proof_ack, m.proof_height.as_ref())?;
    channel.state = State::Open.into();
    save(ctx, port, id, &channel)?;
    events::channel(ctx, "open_confirm", port, id, &channel);
    app.on_open_confirm(ctx, port, id)
}

/// A channel that can be closed, and its connection.
fn closing(ctx: &mut Ctx<'_>, port: &str, id: &str) -> Result<(Channel, ConnectionEnd)> {
    let channel = load(ctx, port, id)?;
    if channel.state() == State::Closed {
        return Err(own::invalid_state("channel is already CLOSED"));
    }
    let connection = connection::open(ctx, connection_of(&channel))?;
    Ok((channel, connection))
}

/// Closes a channel from this side; its application has agreed.
///
/// # Errors
/// `channel` 3, 5, `connection` 6, `client` 29.
pub(crate) fn close(ctx: &mut Ctx<'_>, port: &str, id: &str) -> Result<()> {
    let (mut channel, connection) = closing(ctx, port, id)?;
    client::check_active(ctx, &connection.client_id, "close a channel with")?;
    channel.state = State::Closed.into();
    save(ctx, port, id, &channel)?;
    events::channel(ctx, "close_init", port, id, &channel);
    Ok(())
}

fn close_confirm(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgChannelCloseConfirm) -> Result<()> {
    let (port, id) = (m.port_id.as_str(), m.channel_id.as_str());
    apps.of(port)?.on_close_confirm(ctx, port, id)?;
    let (mut channel, connection) = closing(ctx, port, id)?;
    let expected = other_end(&connection, &channel, (port, id), State::Closed, &channel.version);
    let counterparty = counterparty_of(&channel);
    let end = (counterparty.port_id.as_str(), counterparty.channel_id.as_str());
    verify_end(ctx, &connection, end, &expected, &m.proof_init, m.proof_height.as_ref())?;
    channel.state = State::Closed.into();
    save(ctx, port, id, &channel)?;
    events::channel(ctx, "close_confirm", port, id, &channel);
    Ok(())
}
