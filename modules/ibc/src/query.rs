//! The queries of relayers, wallets and explorers. Proofs are not given here but by
//! `/store/ibc/key`.

use synergy_kernel::{Ctx, Error, Page, Result, Routes, page_raw, sdk};
use synergy_proto::{
    Any,
    ibc::core::{
        channel::v1::{
            Channel, IdentifiedChannel, PacketState, QueryChannelClientStateRequest, QueryChannelClientStateResponse,
            QueryChannelConsensusStateRequest, QueryChannelConsensusStateResponse, QueryChannelRequest,
            QueryChannelResponse, QueryChannelsRequest, QueryChannelsResponse, QueryConnectionChannelsRequest,
            QueryConnectionChannelsResponse, QueryNextSequenceReceiveRequest, QueryNextSequenceReceiveResponse,
            QueryNextSequenceSendRequest, QueryNextSequenceSendResponse, QueryPacketAcknowledgementRequest,
            QueryPacketAcknowledgementResponse, QueryPacketAcknowledgementsRequest,
            QueryPacketAcknowledgementsResponse, QueryPacketCommitmentRequest, QueryPacketCommitmentResponse,
            QueryPacketCommitmentsRequest, QueryPacketCommitmentsResponse, QueryPacketReceiptRequest,
            QueryPacketReceiptResponse, QueryUnreceivedAcksRequest, QueryUnreceivedAcksResponse,
            QueryUnreceivedPacketsRequest, QueryUnreceivedPacketsResponse,
        },
        client::v1::{
            ConsensusStateWithHeight, Height, IdentifiedClientState, QueryClientParamsRequest,
            QueryClientParamsResponse, QueryClientStateRequest, QueryClientStateResponse, QueryClientStatesRequest,
            QueryClientStatesResponse, QueryClientStatusRequest, QueryClientStatusResponse,
            QueryConsensusStateHeightsRequest, QueryConsensusStateHeightsResponse, QueryConsensusStateRequest,
            QueryConsensusStateResponse, QueryConsensusStatesRequest, QueryConsensusStatesResponse,
            QueryUpgradedClientStateRequest, QueryUpgradedClientStateResponse, QueryUpgradedConsensusStateRequest,
            QueryUpgradedConsensusStateResponse, QueryVerifyMembershipRequest, QueryVerifyMembershipResponse,
        },
        connection::v1::{
            ClientPaths, ConnectionEnd, IdentifiedConnection, QueryClientConnectionsRequest,
            QueryClientConnectionsResponse, QueryConnectionClientStateRequest, QueryConnectionClientStateResponse,
            QueryConnectionConsensusStateRequest, QueryConnectionConsensusStateResponse, QueryConnectionParamsRequest,
            QueryConnectionParamsResponse, QueryConnectionRequest, QueryConnectionResponse, QueryConnectionsRequest,
            QueryConnectionsResponse,
        },
    },
};

use crate::{
    STORE, channel, client, connection, height,
    path::{self, TENDERMINT},
    state,
    tendermint::Delay,
};

/// Most sequences that one request may ask about.
const MAX_SEQUENCES: usize = 10_000;

pub(crate) fn register(routes: &mut Routes) {
    clients(routes);
    connections(routes);
    channels(routes);
    packets(routes);
}

fn invalid(error: Error) -> Error {
    sdk::invalid_request(error.message)
}

fn not_found(what: impl std::fmt::Display) -> Error {
    sdk::not_found(what)
}

fn any_at(ctx: &mut Ctx<'_>, path: &str) -> Result<Option<Any>> {
    state::message(ctx, path)
}

fn client_state(ctx: &mut Ctx<'_>, id: &str) -> Result<Any> {
    path::check_client(id).map_err(invalid)?;
    any_at(ctx, &path::client_state(id))?.ok_or_else(|| not_found(format!("light client {id}")))
}

fn identified(ctx: &mut Ctx<'_>, id: &str) -> Result<IdentifiedClientState> {
    Ok(IdentifiedClientState { client_id: id.to_owned(), client_state: Some(client_state(ctx, id)?) })
}

fn consensus_state(ctx: &mut Ctx<'_>, id: &str, at: &Height) -> Result<Any> {
    path::check_client(id).map_err(invalid)?;
    any_at(ctx, &path::consensus_state(id, at))?
        .ok_or_else(|| not_found(format!("consensus state of {id} at height {}", height::show(at))))
}

/// Consensus states of a client, by height, without what else lies below them.
fn consensus_states(ctx: &mut Ctx<'_>, id: &str, page: Page) -> Result<(Vec<(Height, Vec<u8>)>, Page)> {
    path::check_client(id).map_err(invalid)?;
    let prefix = path::consensus_states(id);
    let (found, page) = page_raw(ctx, STORE, prefix.as_bytes(), &page, |key, _| !key.contains(&b'/'))?;
    let read = |(key, value): (Vec<u8>, Vec<u8>)| Some((height::parse(std::str::from_utf8(&key).ok()?)?, value));
    Ok((found.into_iter().filter_map(read).collect(), page))
}

fn clients(routes: &mut Routes) {
    routes.query("/ibc.core.client.v1.Query/ClientState", |ctx, q: QueryClientStateRequest| {
        Ok(QueryClientStateResponse {
            client_state: Some(client_state(ctx, &q.client_id)?),
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.client.v1.Query/ClientStates", client_states);
    routes.query("/ibc.core.client.v1.Query/ConsensusState", |ctx, q: QueryConsensusStateRequest| {
        let mut at = Height { revision_number: q.revision_number, revision_height: q.revision_height };
        if q.latest_height {
            path::check_client(&q.client_id).map_err(invalid)?;
            at = crate::tendermint::latest_height(ctx, &q.client_id).map_err(|e| not_found(e.message))?;
        } else if at.revision_height == 0 {
            return Err(sdk::invalid_request("consensus state height cannot be 0"));
        }
        Ok(QueryConsensusStateResponse {
            consensus_state: Some(consensus_state(ctx, &q.client_id, &at)?),
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.client.v1.Query/ConsensusStates", |ctx, q: QueryConsensusStatesRequest| {
        let (found, page) = consensus_states(ctx, &q.client_id, q.pagination.into())?;
        let path = path::consensus_states(&q.client_id);
        let with_height = |(at, value): (Height, Vec<u8>)| ConsensusStateWithHeight {
            height: Some(at),
            consensus_state: Some(state::decode(&path, &value)),
        };
        Ok(QueryConsensusStatesResponse {
            consensus_states: found.into_iter().map(with_height).collect(),
            pagination: page.into(),
        })
    });
    routes.query("/ibc.core.client.v1.Query/ConsensusStateHeights", |ctx, q: QueryConsensusStateHeightsRequest| {
        let (found, page) = consensus_states(ctx, &q.client_id, q.pagination.into())?;
        Ok(QueryConsensusStateHeightsResponse {
            consensus_state_heights: found.into_iter().map(|(at, _)| at).collect(),
            pagination: page.into(),
        })
    });
    routes.query("/ibc.core.client.v1.Query/ClientStatus", |ctx, q: QueryClientStatusRequest| {
        path::check_client(&q.client_id).map_err(invalid)?;
        Ok(QueryClientStatusResponse { status: client::status(ctx, &q.client_id)?.to_owned() })
    });
    routes.query("/ibc.core.client.v1.Query/ClientParams", |ctx, _: QueryClientParamsRequest| {
        Ok(QueryClientParamsResponse { params: Some(client::params(ctx)?) })
    });
    routes.query("/ibc.core.client.v1.Query/UpgradedClientState", |ctx, _: QueryUpgradedClientStateRequest| {
        let plan = synergy_upgrade::plan(ctx)?.ok_or_else(|| not_found("upgrade plan"))?;
        let bytes = synergy_upgrade::upgraded_client(ctx, plan.height)?;
        let bytes = bytes.ok_or_else(|| not_found(format!("upgraded client at height {}", plan.height)))?;
        Ok(QueryUpgradedClientStateResponse { upgraded_client_state: Some(state::decode("upgradedClient", &bytes)) })
    });
    routes.query("/ibc.core.client.v1.Query/UpgradedConsensusState", |ctx, _: QueryUpgradedConsensusStateRequest| {
        let plan = synergy_upgrade::plan(ctx)?.ok_or_else(|| not_found("upgrade plan"))?;
        let bytes = synergy_upgrade::upgraded_consensus(ctx, plan.height)?;
        let bytes = bytes.ok_or_else(|| not_found(format!("upgraded consensus state at height {}", plan.height)))?;
        Ok(QueryUpgradedConsensusStateResponse {
            upgraded_consensus_state: Some(state::decode("upgradedConsState", &bytes)),
        })
    });
    routes.query("/ibc.core.client.v1.Query/VerifyMembership", verify_membership);
}

/// Clients in the order in which they were created. A page's key is the number of its
/// first one.
fn client_states(ctx: &mut Ctx<'_>, q: QueryClientStatesRequest) -> Result<QueryClientStatesResponse> {
    let page = Page::from(q.pagination);
    let count = state::number(ctx, path::NEXT_CLIENT)?.unwrap_or(0);
    let first = match page.key.as_slice() {
        [] => page.offset,
        key => <[u8; 8]>::try_from(key)
            .map(u64::from_be_bytes)
            .map_err(|_| sdk::invalid_request("pagination: the key is not of an earlier page"))?,
    };
    let limit = if page.limit == 0 { 100 } else { page.limit.min(1_000) };
    let end = first.saturating_add(limit).min(count);
    let mut client_states = Vec::new();
    for place in first..end {
        let number = if page.reverse { count.saturating_sub(place).saturating_sub(1) } else { place };
        client_states.push(identified(ctx, &format!("{TENDERMINT}-{number}"))?);
    }
    let key = if end < count { end.to_be_bytes().to_vec() } else { Vec::new() };
    let total = if page.count_total { count } else { 0 };
    Ok(QueryClientStatesResponse { client_states, pagination: Page { key, total, ..Page::default() }.into() })
}

fn verify_membership(ctx: &mut Ctx<'_>, q: QueryVerifyMembershipRequest) -> Result<QueryVerifyMembershipResponse> {
    path::check_client(&q.client_id).map_err(invalid)?;
    let keys = q.merkle_path.unwrap_or_default().key_path;
    if q.proof.is_empty() || q.value.is_empty() || keys.is_empty() {
        return Err(sdk::invalid_request("proof, value and merkle_path cannot be empty"));
    }
    let at = q.proof_height.unwrap_or_default();
    let delay = Delay { time: q.time_delay, blocks: q.block_delay };
    let verified = client::verify(ctx, &q.client_id, &at, delay, &q.proof, &keys, Some(&q.value));
    Ok(QueryVerifyMembershipResponse { success: verified.is_ok() })
}

fn connection_end(ctx: &mut Ctx<'_>, id: &str) -> Result<ConnectionEnd> {
    path::check_connection(id).map_err(invalid)?;
    connection::load(ctx, id).map_err(|_| not_found(format!("connection {id}")))
}

fn connections(routes: &mut Routes) {
    routes.query("/ibc.core.connection.v1.Query/Connection", |ctx, q: QueryConnectionRequest| {
        Ok(QueryConnectionResponse {
            connection: Some(connection_end(ctx, &q.connection_id)?),
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.connection.v1.Query/Connections", |ctx, q: QueryConnectionsRequest| {
        let (found, page) = page_raw(ctx, STORE, path::CONNECTIONS.as_bytes(), &q.pagination.into(), |_, _| true)?;
        let identify = |(key, value): (Vec<u8>, Vec<u8>)| {
            let c: ConnectionEnd = state::decode(path::CONNECTIONS, &value);
            IdentifiedConnection {
                id: String::from_utf8_lossy(&key).into_owned(),
                client_id: c.client_id,
                versions: c.versions,
                state: c.state,
                counterparty: c.counterparty,
                delay_period: c.delay_period,
            }
        };
        Ok(QueryConnectionsResponse {
            connections: found.into_iter().map(identify).collect(),
            pagination: page.into(),
            height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.connection.v1.Query/ClientConnections", |ctx, q: QueryClientConnectionsRequest| {
        path::check_client(&q.client_id).map_err(invalid)?;
        let paths: Option<ClientPaths> = state::message(ctx, &path::client_connections(&q.client_id))?;
        let paths = paths.ok_or_else(|| not_found(format!("light client connection paths of {}", q.client_id)))?;
        Ok(QueryClientConnectionsResponse {
            connection_paths: paths.paths,
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.connection.v1.Query/ConnectionClientState", |ctx, q: QueryConnectionClientStateRequest| {
        let connection = connection_end(ctx, &q.connection_id)?;
        Ok(QueryConnectionClientStateResponse {
            identified_client_state: Some(identified(ctx, &connection.client_id)?),
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query(
        "/ibc.core.connection.v1.Query/ConnectionConsensusState",
        |ctx, q: QueryConnectionConsensusStateRequest| {
            let connection = connection_end(ctx, &q.connection_id)?;
            let at = Height { revision_number: q.revision_number, revision_height: q.revision_height };
            Ok(QueryConnectionConsensusStateResponse {
                consensus_state: Some(consensus_state(ctx, &connection.client_id, &at)?),
                client_id: connection.client_id,
                proof: Vec::new(),
                proof_height: Some(height::host(ctx)),
            })
        },
    );
    routes.query("/ibc.core.connection.v1.Query/ConnectionParams", |ctx, _: QueryConnectionParamsRequest| {
        Ok(QueryConnectionParamsResponse { params: Some(connection::params(ctx)?) })
    });
}

fn check_ids(port: &str, id: &str) -> Result<()> {
    path::check_port(port).map_err(invalid)?;
    path::check_channel(id).map_err(invalid)
}

fn channel_end(ctx: &mut Ctx<'_>, port: &str, id: &str) -> Result<Channel> {
    check_ids(port, id)?;
    channel::load(ctx, port, id).map_err(|_| not_found(format!("channel {id} of port {port}")))
}

/// One page of the channels that `keep` wants.
fn channel_page(
    ctx: &mut Ctx<'_>,
    page: Page,
    keep: impl Fn(&Channel) -> bool,
) -> Result<(Vec<IdentifiedChannel>, Page)> {
    let prefix = path::CHANNELS.as_bytes();
    let keep = |_: &[u8], value: &[u8]| keep(&state::decode(path::CHANNELS, value));
    let (found, page) = page_raw(ctx, STORE, prefix, &page, keep)?;
    let identify = |(key, value): (Vec<u8>, Vec<u8>)| {
        let (port_id, channel_id) = path::read_channel(&key).unwrap_or_default();
        let c: Channel = state::decode(path::CHANNELS, &value);
        IdentifiedChannel {
            state: c.state,
            ordering: c.ordering,
            counterparty: c.counterparty,
            connection_hops: c.connection_hops,
            version: c.version,
            port_id,
            channel_id,
        }
    };
    Ok((found.into_iter().map(identify).collect(), page))
}

fn channels(routes: &mut Routes) {
    routes.query("/ibc.core.channel.v1.Query/Channel", |ctx, q: QueryChannelRequest| {
        Ok(QueryChannelResponse {
            channel: Some(channel_end(ctx, &q.port_id, &q.channel_id)?),
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.channel.v1.Query/Channels", |ctx, q: QueryChannelsRequest| {
        let (channels, page) = channel_page(ctx, q.pagination.into(), |_| true)?;
        Ok(QueryChannelsResponse { channels, pagination: page.into(), height: Some(height::host(ctx)) })
    });
    routes.query("/ibc.core.channel.v1.Query/ConnectionChannels", |ctx, q: QueryConnectionChannelsRequest| {
        path::check_connection(&q.connection).map_err(invalid)?;
        let of = |c: &Channel| channel::connection_of(c) == q.connection;
        let (channels, page) = channel_page(ctx, q.pagination.clone().into(), of)?;
        Ok(QueryConnectionChannelsResponse { channels, pagination: page.into(), height: Some(height::host(ctx)) })
    });
    routes.query("/ibc.core.channel.v1.Query/ChannelClientState", |ctx, q: QueryChannelClientStateRequest| {
        let channel = channel_end(ctx, &q.port_id, &q.channel_id)?;
        let connection = connection_end(ctx, channel::connection_of(&channel))?;
        Ok(QueryChannelClientStateResponse {
            identified_client_state: Some(identified(ctx, &connection.client_id)?),
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.channel.v1.Query/ChannelConsensusState", |ctx, q: QueryChannelConsensusStateRequest| {
        let channel = channel_end(ctx, &q.port_id, &q.channel_id)?;
        let connection = connection_end(ctx, channel::connection_of(&channel))?;
        let at = Height { revision_number: q.revision_number, revision_height: q.revision_height };
        Ok(QueryChannelConsensusStateResponse {
            consensus_state: Some(consensus_state(ctx, &connection.client_id, &at)?),
            client_id: connection.client_id,
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.channel.v1.Query/NextSequenceReceive", |ctx, q: QueryNextSequenceReceiveRequest| {
        check_ids(&q.port_id, &q.channel_id)?;
        let next = state::number(ctx, &path::next_recv(&q.port_id, &q.channel_id))?;
        Ok(QueryNextSequenceReceiveResponse {
            next_sequence_receive: next.ok_or_else(|| not_found(format!("channel {}", q.channel_id)))?,
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.channel.v1.Query/NextSequenceSend", |ctx, q: QueryNextSequenceSendRequest| {
        check_ids(&q.port_id, &q.channel_id)?;
        let next = state::number(ctx, &path::next_send(&q.port_id, &q.channel_id))?;
        Ok(QueryNextSequenceSendResponse {
            next_sequence_send: next.ok_or_else(|| not_found(format!("channel {}", q.channel_id)))?,
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
}

/// What lies under a channel's sequences.
fn packet_states(
    ctx: &mut Ctx<'_>,
    (port, id): (&str, &str),
    prefix: &str,
    page: Page,
) -> Result<(Vec<PacketState>, Page)> {
    let (found, page) = page_raw(ctx, STORE, prefix.as_bytes(), &page, |_, _| true)?;
    let state = |(key, data): (Vec<u8>, Vec<u8>)| {
        let sequence = std::str::from_utf8(&key).ok()?.parse().ok()?;
        Some(PacketState { port_id: port.to_owned(), channel_id: id.to_owned(), sequence, data })
    };
    Ok((found.into_iter().filter_map(state).collect(), page))
}

fn check_sequences(sequences: &[u64]) -> Result<()> {
    if sequences.len() > MAX_SEQUENCES || sequences.contains(&0) {
        return Err(sdk::invalid_request(format!("ask for at most {MAX_SEQUENCES} packet sequences, none of them 0")));
    }
    Ok(())
}

fn packets(routes: &mut Routes) {
    routes.query("/ibc.core.channel.v1.Query/PacketCommitment", |ctx, q: QueryPacketCommitmentRequest| {
        channel_end(ctx, &q.port_id, &q.channel_id)?;
        let commitment = state::get(ctx, &path::commitment(&q.port_id, &q.channel_id, q.sequence))?;
        Ok(QueryPacketCommitmentResponse {
            commitment: commitment.ok_or_else(|| not_found("packet commitment hash"))?,
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.channel.v1.Query/PacketCommitments", |ctx, q: QueryPacketCommitmentsRequest| {
        check_ids(&q.port_id, &q.channel_id)?;
        let prefix = path::commitments(&q.port_id, &q.channel_id);
        let (commitments, page) =
            packet_states(ctx, (&q.port_id, &q.channel_id), &prefix, q.pagination.clone().into())?;
        Ok(QueryPacketCommitmentsResponse { commitments, pagination: page.into(), height: Some(height::host(ctx)) })
    });
    routes.query("/ibc.core.channel.v1.Query/PacketReceipt", |ctx, q: QueryPacketReceiptRequest| {
        channel_end(ctx, &q.port_id, &q.channel_id)?;
        Ok(QueryPacketReceiptResponse {
            received: state::has(ctx, &path::receipt(&q.port_id, &q.channel_id, q.sequence))?,
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.channel.v1.Query/PacketAcknowledgement", |ctx, q: QueryPacketAcknowledgementRequest| {
        channel_end(ctx, &q.port_id, &q.channel_id)?;
        let ack = state::get(ctx, &path::acknowledgement(&q.port_id, &q.channel_id, q.sequence))?;
        Ok(QueryPacketAcknowledgementResponse {
            acknowledgement: ack.ok_or_else(|| not_found("packet acknowledgement hash"))?,
            proof: Vec::new(),
            proof_height: Some(height::host(ctx)),
        })
    });
    routes.query("/ibc.core.channel.v1.Query/PacketAcknowledgements", acknowledgements);
    routes.query("/ibc.core.channel.v1.Query/UnreceivedPackets", unreceived_packets);
    routes.query("/ibc.core.channel.v1.Query/UnreceivedAcks", |ctx, q: QueryUnreceivedAcksRequest| {
        channel_end(ctx, &q.port_id, &q.channel_id)?;
        check_sequences(&q.packet_ack_sequences)?;
        let mut sequences = Vec::new();
        for sequence in q.packet_ack_sequences {
            // The commitment goes when the acknowledgement comes.
            if state::has(ctx, &path::commitment(&q.port_id, &q.channel_id, sequence))? {
                sequences.push(sequence);
            }
        }
        Ok(QueryUnreceivedAcksResponse { sequences, height: Some(height::host(ctx)) })
    });
}

fn acknowledgements(
    ctx: &mut Ctx<'_>,
    q: QueryPacketAcknowledgementsRequest,
) -> Result<QueryPacketAcknowledgementsResponse> {
    check_ids(&q.port_id, &q.channel_id)?;
    let host = height::host(ctx);
    let (port, id) = (q.port_id.as_str(), q.channel_id.as_str());
    if q.packet_commitment_sequences.is_empty() {
        let prefix = path::acknowledgements(port, id);
        let (acknowledgements, page) = packet_states(ctx, (port, id), &prefix, q.pagination.into())?;
        return Ok(QueryPacketAcknowledgementsResponse {
            acknowledgements,
            pagination: page.into(),
            height: Some(host),
        });
    }
    check_sequences(&q.packet_commitment_sequences)?;
    let mut acknowledgements = Vec::new();
    for sequence in q.packet_commitment_sequences {
        if let Some(data) = state::get(ctx, &path::acknowledgement(port, id, sequence))? {
            acknowledgements.push(PacketState { port_id: port.into(), channel_id: id.into(), sequence, data });
        }
    }
    Ok(QueryPacketAcknowledgementsResponse { acknowledgements, pagination: None, height: Some(host) })
}

fn unreceived_packets(ctx: &mut Ctx<'_>, q: QueryUnreceivedPacketsRequest) -> Result<QueryUnreceivedPacketsResponse> {
    let channel = channel_end(ctx, &q.port_id, &q.channel_id)?;
    check_sequences(&q.packet_commitment_sequences)?;
    let ordered = channel.ordering() == synergy_proto::ibc::core::channel::v1::Order::Ordered;
    let next = state::number(ctx, &path::next_recv(&q.port_id, &q.channel_id))?.unwrap_or(0);
    let mut sequences = Vec::new();
    for sequence in q.packet_commitment_sequences {
        let received = match ordered {
            true => sequence < next,
            false => state::has(ctx, &path::receipt(&q.port_id, &q.channel_id, sequence))?,
        };
        if !received {
            sequences.push(sequence);
        }
    }
    Ok(QueryUnreceivedPacketsResponse { sequences, height: Some(height::host(ctx)) })
}
