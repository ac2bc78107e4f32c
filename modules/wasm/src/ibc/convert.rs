//! Channels and packets as contracts know them.

use cosmwasm_std::{IbcChannel, IbcEndpoint, IbcOrder, IbcPacket, IbcTimeout, IbcTimeoutBlock, Timestamp};
use synergy_ibc::Opening;
use synergy_proto::ibc::core::{
    channel::v1::{Channel, Order, Packet},
    client::v1::Height,
};

fn endpoint(port: &str, channel: &str) -> IbcEndpoint {
    IbcEndpoint { port_id: port.to_owned(), channel_id: channel.to_owned() }
}

fn order(order: Order) -> IbcOrder {
    match order {
        Order::Ordered => IbcOrder::Ordered,
        _ => IbcOrder::Unordered,
    }
}

/// A channel that is being opened.
pub(crate) fn opened(opening: &Opening<'_>) -> IbcChannel {
    let there = endpoint(&opening.counterparty.port_id, &opening.counterparty.channel_id);
    let here = endpoint(opening.port, opening.channel);
    IbcChannel::new(here, there, order(opening.ordering), opening.version, opening.connection)
}

/// A channel that is there.
pub(crate) fn channel(port: &str, id: &str, channel: Channel) -> IbcChannel {
    let ordering = order(channel.ordering());
    let there = channel.counterparty.unwrap_or_default();
    let connection = channel.connection_hops.into_iter().next().unwrap_or_default();
    let there = endpoint(&there.port_id, &there.channel_id);
    IbcChannel::new(endpoint(port, id), there, ordering, channel.version, connection)
}

/// A packet.
pub(crate) fn packet(packet: &Packet) -> IbcPacket {
    let at = packet.timeout_height.unwrap_or_default();
    let block = IbcTimeoutBlock { revision: at.revision_number, height: at.revision_height };
    let timestamp = Timestamp::from_nanos(packet.timeout_timestamp);
    let timeout = match (block.is_zero(), packet.timeout_timestamp) {
        (false, 0) => IbcTimeout::with_block(block),
        (false, _) => IbcTimeout::with_both(block, timestamp),
        (true, _) => IbcTimeout::with_timestamp(timestamp),
    };
    let from = endpoint(&packet.source_port, &packet.source_channel);
    let to = endpoint(&packet.destination_port, &packet.destination_channel);
    IbcPacket::new(packet.data.as_slice(), from, to, packet.sequence, timeout)
}

/// When a packet of a contract ends.
pub(crate) fn timeout(timeout: &IbcTimeout) -> (Height, u64) {
    let height = timeout.block().map(|b| Height { revision_number: b.revision, revision_height: b.height });
    (height.unwrap_or_default(), timeout.timestamp().map_or(0, |time| time.nanos()))
}
