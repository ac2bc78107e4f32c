//! ICS-04: packets. Each is received, acknowledged or timed out once; a repeat is no error
//! but does nothing, so that two relayers do not spoil each other's transactions.

use sha2::{Digest, Sha256};
use synergy_kernel::{Ctx, Error, Result, Routes, Worth};
use synergy_proto::{
    Address,
    ibc::core::{
        channel::v1::{
            Channel, MsgAcknowledgement, MsgAcknowledgementResponse, MsgRecvPacket, MsgRecvPacketResponse, MsgTimeout,
            MsgTimeoutOnClose, MsgTimeoutOnCloseResponse, MsgTimeoutResponse, Order, Packet, ResponseResultType, State,
        },
        client::v1::Height,
        connection::v1::ConnectionEnd,
    },
};

use crate::{
    acknowledgement::Acknowledgement,
    channel::{self, connection_of, counterparty_of},
    client,
    connection::{self, check_proof},
    error::{self, channel as own},
    events, height, path,
    port::Apps,
    proof, signer, state, tendermint,
};

/// Most bytes of a packet's data (ibc-go).
const MAX_DATA: usize = 262_144;
/// What an unordered channel keeps for a packet that came.
const RECEIPT: [u8; 1] = [1];

pub(crate) fn register(routes: &mut Routes, apps: &Apps) {
    let with = apps.clone();
    routes.judged_message::<MsgRecvPacket, MsgRecvPacketResponse>(
        |m| signer(&m.signer),
        |m| {
            check_proof(&m.proof_commitment, "commitment")?;
            check(m.packet.as_ref()).map(drop)
        },
        |ctx, m| worth(came(ctx, check(m.packet.as_ref())?)?, m.packet.as_ref()),
        move |ctx, m| Ok(MsgRecvPacketResponse { result: recv(ctx, &with, m)?.into() }),
    );
    let with = apps.clone();
    routes.judged_message::<MsgAcknowledgement, MsgAcknowledgementResponse>(
        |m| signer(&m.signer),
        |m| {
            check_proof(&m.proof_acked, "acked")?;
            if m.acknowledgement.is_empty() {
                return Err(own::invalid_acknowledgement("ack bytes cannot be empty"));
            }
            check(m.packet.as_ref()).map(drop)
        },
        |ctx, m| worth(!pending(ctx, check(m.packet.as_ref())?)?, m.packet.as_ref()),
        move |ctx, m| Ok(MsgAcknowledgementResponse { result: acknowledge(ctx, &with, m)?.into() }),
    );
    let with = apps.clone();
    routes.judged_message::<MsgTimeout, MsgTimeoutResponse>(
        |m| signer(&m.signer),
        |m| {
            check_proof(&m.proof_unreceived, "unreceived")?;
            check_next_recv(m.next_sequence_recv)?;
            check(m.packet.as_ref()).map(drop)
        },
        |ctx, m| worth(!pending(ctx, check(m.packet.as_ref())?)?, m.packet.as_ref()),
        move |ctx, m| Ok(MsgTimeoutResponse { result: timeout(ctx, &with, m)?.into() }),
    );
    let with = apps.clone();
    routes.judged_message::<MsgTimeoutOnClose, MsgTimeoutOnCloseResponse>(
        |m| signer(&m.signer),
        |m| {
            check_next_recv(m.next_sequence_recv)?;
            check_proof(&m.proof_unreceived, "unreceived")?;
            check_proof(&m.proof_close, "close")?;
            check(m.packet.as_ref()).map(drop)
        },
        |ctx, m| worth(!pending(ctx, check(m.packet.as_ref())?)?, m.packet.as_ref()),
        move |ctx, m| Ok(MsgTimeoutOnCloseResponse { result: timeout_on_close(ctx, &with, m)?.into() }),
    );
}

/// What a message about a packet is worth to the mempool; `done` when it would do nothing.
fn worth(done: bool, packet: Option<&Packet>) -> Result<Worth> {
    let sequence = packet.map_or(0, |packet| packet.sequence);
    Ok(if done { Worth::Redundant(own::redundant(format!("sequence {sequence}"))) } else { Worth::New })
}

/// Whether a packet has come before.
fn came(ctx: &mut Ctx<'_>, packet: &Packet) -> Result<bool> {
    let (port, id) = (packet.destination_port.as_str(), packet.destination_channel.as_str());
    // A message before it may open the channel.
    let Ok(channel) = channel::load(ctx, port, id) else { return Ok(false) };
    if channel.ordering() == Order::Ordered {
        return Ok(state::number(ctx, &path::next_recv(port, id))?.is_some_and(|next| packet.sequence < next));
    }
    state::has(ctx, &path::receipt(port, id, packet.sequence))
}

fn check_next_recv(sequence: u64) -> Result<()> {
    match sequence {
        0 => Err(Error::new("ibc", 1, "next sequence receive cannot be 0: invalid sequence")),
        _ => Ok(()),
    }
}

/// The checks of a packet that need no state.
///
/// # Errors
/// `host` 2, `channel` 13.
pub(crate) fn check(packet: Option<&Packet>) -> Result<&Packet> {
    let packet = packet.ok_or_else(|| own::invalid_packet("packet is missing"))?;
    path::check_port(&packet.source_port)?;
    path::check_port(&packet.destination_port)?;
    path::check_channel(&packet.source_channel)?;
    path::check_channel(&packet.destination_channel)?;
    if packet.sequence == 0 {
        return Err(own::invalid_packet("packet sequence cannot be 0"));
    }
    if height::is_zero(&timeout_height(packet)) && packet.timeout_timestamp == 0 {
        return Err(own::invalid_packet("packet timeout height and packet timeout timestamp cannot both be 0"));
    }
    match packet.data.len() {
        0 => Err(own::invalid_packet("packet data bytes cannot be empty")),
        length if length > MAX_DATA => {
            Err(own::invalid_packet(format!("packet data bytes cannot exceed {MAX_DATA} bytes")))
        }
        _ => Ok(packet),
    }
}

fn timeout_height(packet: &Packet) -> Height {
    packet.timeout_height.unwrap_or_default()
}

/// What a chain stores for a packet that it sent.
pub(crate) fn commit(packet: &Packet) -> [u8; 32] {
    let timeout = timeout_height(packet);
    let mut hash = Sha256::new();
    hash.update(packet.timeout_timestamp.to_be_bytes());
    hash.update(timeout.revision_number.to_be_bytes());
    hash.update(timeout.revision_height.to_be_bytes());
    hash.update(Sha256::digest(&packet.data));
    hash.finalize().into()
}

fn elapsed(packet: &Packet, at: &Height, time: u64) -> bool {
    let timeout = timeout_height(packet);
    (!height::is_zero(&timeout) && height::order(at) >= height::order(&timeout))
        || (packet.timeout_timestamp != 0 && time >= packet.timeout_timestamp)
}

/// When a packet ends, and what time it is, for errors.
fn times(packet: &Packet, at: &Height, time: u64) -> String {
    format!(
        "current height: {}, timeout height {}; current timestamp: {time}, timeout timestamp {}",
        height::show(at),
        height::show(&timeout_height(packet)),
        packet.timeout_timestamp
    )
}

/// Sends a packet from a port that the caller speaks for, and returns its sequence.
///
/// # Errors
/// `channel` 3, 5, 13 and 40, `client` 29.
pub fn send(
    ctx: &mut Ctx<'_>,
    (port, id): (&str, &str),
    timeout_height: Height,
    timeout_timestamp: u64,
    data: Vec<u8>,
) -> Result<u64> {
    let channel = channel::open(ctx, port, id)?;
    let path = path::next_send(port, id);
    let sequence = state::number(ctx, &path)?
        .ok_or_else(|| own::sequence_send_not_found(format!("source port: {port}, source channel: {id}")))?;
    let counterparty = counterparty_of(&channel);
    let packet = Packet {
        sequence,
        source_port: port.to_owned(),
        source_channel: id.to_owned(),
        destination_port: counterparty.port_id,
        destination_channel: counterparty.channel_id,
        data,
        timeout_height: Some(timeout_height),
        timeout_timestamp,
    };
    check(Some(&packet))?;
    let connection = connection::load(ctx, connection_of(&channel))?;
    client::check_active(ctx, &connection.client_id, "send packet using")?;
    let latest = tendermint::latest_height(ctx, &connection.client_id)?;
    let time = tendermint::timestamp_at(ctx, &connection.client_id, &latest)?;
    if elapsed(&packet, &latest, time) {
        let times = times(&packet, &latest, time);
        return Err(own::timeout_elapsed(format!("invalid packet timeout: {times}")));
    }
    state::set_number(ctx, &path, sequence.saturating_add(1))?;
    state::set(ctx, &path::commitment(port, id, sequence), &commit(&packet))?;
    events::packet(ctx, "send_packet", &packet, &channel, None);
    Ok(sequence)
}

/// Checks a proof about a packet at the other end, after the connection's delay.
fn verify(
    ctx: &mut Ctx<'_>,
    connection: &ConnectionEnd,
    path: &str,
    value: Option<&[u8]>,
    proof: &[u8],
    at: &Height,
) -> Result<()> {
    let prefix = connection.counterparty.clone().unwrap_or_default().prefix;
    let keys = proof::keys(prefix.as_ref(), path)?;
    let delay = connection::delay(ctx, connection)?;
    client::verify(ctx, &connection.client_id, at, delay, proof, &keys, value).map_err(|mut e| {
        // Hermes reads ibc-go's words: where only the client is behind, it goes on.
        let (doing, what) = match path.split('/').next().unwrap_or_default() {
            "commitments" => ("receive", "packet commitment"),
            "acks" => ("acknowledge", "packet acknowledgement"),
            "receipts" => ("timeout", "packet receipt absence"),
            _ => ("timeout", "next sequence receive"),
        };
        let (client, why) = (&connection.client_id, &e.message);
        e.message =
            format!("{doing} packet verification failed: failed {what} verification for client ({client}): {why}");
        e
    })
}

fn relayer(signer: &str) -> Result<Address> {
    signer.parse().map_err(|e| error::core::invalid_address(format!("invalid address for msg Signer: {e}")))
}

fn recv(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgRecvPacket) -> Result<ResponseResultType> {
    let relayer = relayer(&m.signer)?;
    let packet = check(m.packet.as_ref())?;
    let app = apps.of(&packet.destination_port)?;
    let (port, id) = (packet.destination_port.as_str(), packet.destination_channel.as_str());
    let channel = channel::open(ctx, port, id)?;
    let counterparty = counterparty_of(&channel);
    if (packet.source_port.as_str(), packet.source_channel.as_str())
        != (counterparty.port_id.as_str(), counterparty.channel_id.as_str())
    {
        return Err(own::invalid_packet("packet source doesn't match the counterparty's port and channel"));
    }
    let connection = connection::open(ctx, connection_of(&channel))?;
    let (here, now) = (height::host(ctx), height::now(ctx));
    if elapsed(packet, &here, now) {
        return Err(own::timeout_elapsed(format!("packet timeout elapsed: {}", times(packet, &here, now))));
    }
    let path = path::commitment(&packet.source_port, &packet.source_channel, packet.sequence);
    let at = m.proof_height.unwrap_or_default();
    verify(ctx, &connection, &path, Some(&commit(packet)), &m.proof_commitment, &at)?;
    if !first_time(ctx, packet, &channel)? {
        return Ok(ResponseResultType::Noop);
    }
    events::packet(ctx, "recv_packet", packet, &channel, None);
    let acknowledgement = match ctx.atomic(|ctx| app.on_recv(ctx, packet, &relayer)) {
        Ok(acknowledgement) => acknowledgement,
        Err(error) if app.aborts(&error) => return Err(error),
        Err(error) => {
            app.on_recv_failed(ctx, packet, &error);
            Some(Acknowledgement::of_error(&error).to_bytes())
        }
    };
    if let Some(acknowledgement) = acknowledgement {
        write_acknowledgement(ctx, packet, &acknowledgement)?;
    }
    Ok(ResponseResultType::Success)
}

/// Notes that a packet came; `false` if it had come before.
fn first_time(ctx: &mut Ctx<'_>, packet: &Packet, channel: &Channel) -> Result<bool> {
    let (port, id) = (packet.destination_port.as_str(), packet.destination_channel.as_str());
    if channel.ordering() == Order::Ordered {
        let path = path::next_recv(port, id);
        let next = state::number(ctx, &path)?
            .ok_or_else(|| own::sequence_recv_not_found(format!("destination port: {port}, channel: {id}")))?;
        if packet.sequence < next {
            return Ok(false);
        }
        if packet.sequence != next {
            return Err(own::out_of_order(format!(
                "packet sequence ≠ next receive sequence ({} ≠ {next})",
                packet.sequence
            )));
        }
        state::set_number(ctx, &path, next.saturating_add(1))?;
        return Ok(true);
    }
    let path = path::receipt(port, id, packet.sequence);
    if state::has(ctx, &path)? {
        return Ok(false);
    }
    state::set(ctx, &path, &RECEIPT)?;
    Ok(true)
}

/// Acknowledges a packet that its application has received.
///
/// # Errors
/// `channel` 3, 5, 16 for an empty one and 17 for a second one.
pub fn write_acknowledgement(ctx: &mut Ctx<'_>, packet: &Packet, acknowledgement: &[u8]) -> Result<()> {
    let (port, id) = (packet.destination_port.as_str(), packet.destination_channel.as_str());
    let channel = channel::open(ctx, port, id)?;
    let path = path::acknowledgement(port, id, packet.sequence);
    if state::has(ctx, &path)? {
        return Err(own::acknowledgement_exists(format!("sequence {}", packet.sequence)));
    }
    if acknowledgement.is_empty() {
        return Err(own::invalid_acknowledgement("acknowledgement cannot be empty"));
    }
    state::set(ctx, &path, &Sha256::digest(acknowledgement))?;
    events::packet(ctx, "write_acknowledgement", packet, &channel, Some(acknowledgement));
    Ok(())
}

/// Checks that a packet's destination is the other end of the channel it was sent over.
fn check_destination(packet: &Packet, channel: &Channel) -> Result<()> {
    let counterparty = counterparty_of(channel);
    if (packet.destination_port.as_str(), packet.destination_channel.as_str())
        == (counterparty.port_id.as_str(), counterparty.channel_id.as_str())
    {
        return Ok(());
    }
    Err(own::invalid_packet("packet destination doesn't match the counterparty's port and channel"))
}

/// Whether a packet that we sent waits for its end; `false` when it has met it.
///
/// # Errors
/// `channel` 13 for another packet of this sequence.
fn pending(ctx: &mut Ctx<'_>, packet: &Packet) -> Result<bool> {
    let path = path::commitment(&packet.source_port, &packet.source_channel, packet.sequence);
    let Some(commitment) = state::get(ctx, &path)? else { return Ok(false) };
    let (got, expected) = (commit(packet), commitment);
    if got.as_slice() != expected {
        return Err(own::invalid_packet(format!(
            "commitment bytes are not equal: got ({}), expected ({})",
            hex::encode(got),
            hex::encode(expected)
        )));
    }
    Ok(true)
}

fn acknowledge(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgAcknowledgement) -> Result<ResponseResultType> {
    let relayer = relayer(&m.signer)?;
    let packet = check(m.packet.as_ref())?;
    let (port, id) = (packet.source_port.as_str(), packet.source_channel.as_str());
    let app = apps.of(port)?;
    let channel = channel::open(ctx, port, id)?;
    check_destination(packet, &channel)?;
    let connection = connection::open(ctx, connection_of(&channel))?;
    if !pending(ctx, packet)? {
        return Ok(ResponseResultType::Noop);
    }
    let path = path::acknowledgement(&packet.destination_port, &packet.destination_channel, packet.sequence);
    let hash = Sha256::digest(&m.acknowledgement);
    verify(ctx, &connection, &path, Some(&hash), &m.proof_acked, &m.proof_height.unwrap_or_default())?;
    if channel.ordering() == Order::Ordered {
        let path = path::next_ack(port, id);
        let next = state::number(ctx, &path)?
            .ok_or_else(|| own::sequence_ack_not_found(format!("source port: {port}, source channel: {id}")))?;
        if packet.sequence != next {
            return Err(own::out_of_order(format!(
                "packet sequence ≠ next ack sequence ({} ≠ {next})",
                packet.sequence
            )));
        }
        state::set_number(ctx, &path, next.saturating_add(1))?;
    }
    state::remove(ctx, &path::commitment(port, id, packet.sequence))?;
    events::packet(ctx, "acknowledge_packet", packet, &channel, None);
    app.on_acknowledge(ctx, packet, &m.acknowledgement, &relayer)?;
    Ok(ResponseResultType::Success)
}

/// Checks a proof that a packet did not arrive at the other end.
fn verify_unreceived(
    ctx: &mut Ctx<'_>,
    packet: &Packet,
    channel: &Channel,
    connection: &ConnectionEnd,
    (proof, at, next): (&[u8], &Height, u64),
) -> Result<()> {
    let (port, id) = (packet.destination_port.as_str(), packet.destination_channel.as_str());
    if channel.ordering() == Order::Ordered {
        if next > packet.sequence {
            return Err(own::packet_received(format!(
                "packet already received, next sequence receive > packet sequence ({next} > {})",
                packet.sequence
            )));
        }
        return verify(ctx, connection, &path::next_recv(port, id), Some(&next.to_be_bytes()), proof, at);
    }
    verify(ctx, connection, &path::receipt(port, id, packet.sequence), None, proof, at)
}

/// Ends a packet that will not arrive. An ordered channel ends with it.
fn give_up(ctx: &mut Ctx<'_>, packet: &Packet, mut channel: Channel) -> Result<()> {
    let (port, id) = (packet.source_port.as_str(), packet.source_channel.as_str());
    state::remove(ctx, &path::commitment(port, id, packet.sequence))?;
    if channel.ordering() == Order::Ordered {
        channel.state = State::Closed.into();
        channel::save(ctx, port, id, &channel)?;
        events::channel(ctx, "close", port, id, &channel);
    }
    events::packet(ctx, "timeout_packet", packet, &channel, None);
    Ok(())
}

fn timeout(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgTimeout) -> Result<ResponseResultType> {
    let relayer = relayer(&m.signer)?;
    let packet = check(m.packet.as_ref())?;
    let app = apps.of(&packet.source_port)?;
    // A closed channel still owes its packets their end.
    let channel = channel::load(ctx, &packet.source_port, &packet.source_channel)?;
    check_destination(packet, &channel)?;
    let connection = connection::load(ctx, connection_of(&channel))?;
    let at = m.proof_height.unwrap_or_default();
    let time = tendermint::timestamp_at(ctx, &connection.client_id, &at)?;
    if !elapsed(packet, &at, time) {
        let times = times(packet, &at, time);
        return Err(own::timeout_not_reached(format!("packet timeout not reached: {times}")));
    }
    if !pending(ctx, packet)? {
        return Ok(ResponseResultType::Noop);
    }
    let shown = (m.proof_unreceived.as_slice(), &at, m.next_sequence_recv);
    verify_unreceived(ctx, packet, &channel, &connection, shown)?;
    give_up(ctx, packet, channel)?;
    app.on_timeout(ctx, packet, &relayer)?;
    Ok(ResponseResultType::Success)
}

fn timeout_on_close(ctx: &mut Ctx<'_>, apps: &Apps, m: &MsgTimeoutOnClose) -> Result<ResponseResultType> {
    let relayer = relayer(&m.signer)?;
    let packet = check(m.packet.as_ref())?;
    let app = apps.of(&packet.source_port)?;
    let channel = channel::load(ctx, &packet.source_port, &packet.source_channel)?;
    check_destination(packet, &channel)?;
    let connection = connection::load(ctx, connection_of(&channel))?;
    if !pending(ctx, packet)? {
        return Ok(ResponseResultType::Noop);
    }
    let at = m.proof_height.unwrap_or_default();
    let from = (packet.source_port.as_str(), packet.source_channel.as_str());
    let expected = channel::other_end(&connection, &channel, from, State::Closed, &channel.version);
    let end = (packet.destination_port.as_str(), packet.destination_channel.as_str());
    channel::verify_end(ctx, &connection, end, &expected, &m.proof_close, Some(&at))?;
    let shown = (m.proof_unreceived.as_slice(), &at, m.next_sequence_recv);
    verify_unreceived(ctx, packet, &channel, &connection, shown)?;
    give_up(ctx, packet, channel)?;
    app.on_timeout(ctx, packet, &relayer)?;
    Ok(ResponseResultType::Success)
}
