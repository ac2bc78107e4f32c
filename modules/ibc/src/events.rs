//! Events of ibc-go 10: relayers find by them what is to be relayed.

use synergy_kernel::Ctx;
use synergy_proto::ibc::core::{
    channel::v1::{Channel, Order, Packet},
    client::v1::Height,
};

use crate::height;

/// Emits an event and after it the `message` that tells its module.
pub(crate) fn emit(ctx: &mut Ctx<'_>, module: &str, kind: &str, attributes: &[(&str, &str)]) {
    ctx.emit(kind, attributes);
    ctx.emit("message", &[("module", module)]);
}

pub(crate) fn client(ctx: &mut Ctx<'_>, kind: &str, id: &str, latest: Option<&Height>) {
    let latest = latest.map(height::show);
    let mut attributes = vec![("client_id", id), ("client_type", crate::path::TENDERMINT)];
    if let Some(latest) = &latest {
        attributes.push(("consensus_height", latest));
    }
    emit(ctx, "ibc_client", kind, &attributes);
}

pub(crate) fn connection(
    ctx: &mut Ctx<'_>,
    step: &str,
    id: &str,
    client: &str,
    counterparty_client: &str,
    counterparty_connection: &str,
) {
    emit(
        ctx,
        "ibc_connection",
        &format!("connection_open_{step}"),
        &[
            ("connection_id", id),
            ("client_id", client),
            ("counterparty_client_id", counterparty_client),
            ("counterparty_connection_id", counterparty_connection),
        ],
    );
}

/// A step of a channel's life; the first two tell its version.
pub(crate) fn channel(ctx: &mut Ctx<'_>, step: &str, port: &str, id: &str, channel: &Channel) {
    let counterparty = channel.counterparty.clone().unwrap_or_default();
    let mut attributes = vec![
        ("port_id", port),
        ("channel_id", id),
        ("counterparty_port_id", counterparty.port_id.as_str()),
        ("counterparty_channel_id", counterparty.channel_id.as_str()),
        ("connection_id", crate::channel::connection_of(channel)),
    ];
    let ordering = channel.ordering().as_str_name();
    match step {
        "open_init" | "open_try" => attributes.push(("version", &channel.version)),
        "close" => attributes.push(("channel_ordering", ordering)),
        _ => {}
    }
    emit(ctx, "ibc_channel", &format!("channel_{step}"), &attributes);
}

/// Something that became of a packet. The data and the acknowledgement are told where
/// ibc-go tells them.
pub(crate) fn packet(
    ctx: &mut Ctx<'_>,
    kind: &str,
    packet: &Packet,
    channel: &Channel,
    acknowledgement: Option<&[u8]>,
) {
    let data = hex::encode(&packet.data);
    let acknowledgement = acknowledgement.map(hex::encode);
    let timeout_height = height::show(&packet.timeout_height.unwrap_or_default());
    let (timestamp, sequence) = (packet.timeout_timestamp.to_string(), packet.sequence.to_string());
    let ordering = Order::try_from(channel.ordering).unwrap_or_default().as_str_name();
    let connection = crate::channel::connection_of(channel);
    let mut attributes = Vec::with_capacity(13);
    if matches!(kind, "send_packet" | "recv_packet" | "write_acknowledgement") {
        attributes.push(("packet_data_hex", data.as_str()));
    }
    attributes.extend([
        ("packet_timeout_height", timeout_height.as_str()),
        ("packet_timeout_timestamp", timestamp.as_str()),
        ("packet_sequence", sequence.as_str()),
        ("packet_src_port", packet.source_port.as_str()),
        ("packet_src_channel", packet.source_channel.as_str()),
        ("packet_dst_port", packet.destination_port.as_str()),
        ("packet_dst_channel", packet.destination_channel.as_str()),
    ]);
    if let Some(acknowledgement) = &acknowledgement {
        attributes.push(("packet_ack_hex", acknowledgement));
    }
    attributes.extend([
        ("packet_channel_ordering", ordering),
        // Deprecated in ibc-go, and what older relayers read.
        ("packet_connection", connection),
        ("connection_id", connection),
    ]);
    emit(ctx, "ibc_channel", kind, &attributes);
}
