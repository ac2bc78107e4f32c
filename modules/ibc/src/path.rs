//! ICS-24: identifiers, and the paths under which counterparties look for state.

use synergy_kernel::{Error, Result};
use synergy_proto::ibc::core::client::v1::Height;

use crate::{error, height};

/// The type of the only light client here, and the beginning of its identifiers.
pub(crate) const TENDERMINT: &str = "07-tendermint";

pub(crate) const NEXT_CLIENT: &str = "nextClientSequence";
pub(crate) const NEXT_CONNECTION: &str = "nextConnectionSequence";
pub(crate) const NEXT_CHANNEL: &str = "nextChannelSequence";
pub(crate) const CLIENT_PARAMS: &str = "clientParams";
pub(crate) const CONNECTION_PARAMS: &str = "connectionParams";

fn check(id: &str, what: &str, min: usize, max: usize) -> Result<()> {
    let bad = |why: &str| -> Error {
        let shown: String = id.chars().take(140).collect();
        error::host::invalid_id(format!("{what} identifier {shown:?} {why}"))
    };
    if id.trim().is_empty() {
        return Err(bad("cannot be blank"));
    }
    if !(min..=max).contains(&id.len()) {
        return Err(bad(&format!("has {} characters, must be between {min}-{max}", id.len())));
    }
    if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-#[]<>".contains(&b)) {
        return Err(bad(
            "must contain only alphanumeric or the following characters: '.', '_', '+', '-', '#', '[', ']', '<', '>'",
        ));
    }
    Ok(())
}

/// # Errors
/// `host` 2.
pub(crate) fn check_client(id: &str) -> Result<()> {
    check(id, "client", 9, 64)
}

/// # Errors
/// `host` 2.
pub(crate) fn check_connection(id: &str) -> Result<()> {
    check(id, "connection", 10, 64)
}

/// # Errors
/// `host` 2.
pub(crate) fn check_channel(id: &str) -> Result<()> {
    check(id, "channel", 8, 64)
}

/// # Errors
/// `host` 2.
pub(crate) fn check_port(id: &str) -> Result<()> {
    check(id, "port", 2, 128)
}

/// The number of an identifier that a chain counts, `7` of `channel-7`.
pub(crate) fn sequence(id: &str, kind: &str) -> Option<u64> {
    let number = id.strip_prefix(kind)?.strip_prefix('-')?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse().ok()
}

pub(crate) fn client_state(client: &str) -> String {
    format!("clients/{client}/clientState")
}

pub(crate) fn consensus_states(client: &str) -> String {
    format!("clients/{client}/consensusStates/")
}

pub(crate) fn consensus_state(client: &str, at: &Height) -> String {
    format!("clients/{client}/consensusStates/{}", height::show(at))
}

/// When and at which own height a consensus state came (ibc-go's client metadata).
pub(crate) fn processed_time(client: &str, at: &Height) -> String {
    format!("{}/processedTime", consensus_state(client, at))
}

pub(crate) fn processed_height(client: &str, at: &Height) -> String {
    format!("{}/processedHeight", consensus_state(client, at))
}

/// The heights of a client's consensus states in order: the path and then the height in
/// 16 bytes, as ibc-go has it.
pub(crate) fn heights(client: &str) -> Vec<u8> {
    format!("clients/{client}/iterateConsensusStates").into_bytes()
}

pub(crate) fn height_key(client: &str, at: &Height) -> Vec<u8> {
    let mut key = heights(client);
    key.extend_from_slice(&at.revision_number.to_be_bytes());
    key.extend_from_slice(&at.revision_height.to_be_bytes());
    key
}

pub(crate) fn client_connections(client: &str) -> String {
    format!("clients/{client}/connections")
}

pub(crate) const CONNECTIONS: &str = "connections/";

pub(crate) fn connection(id: &str) -> String {
    format!("{CONNECTIONS}{id}")
}

pub(crate) const CHANNELS: &str = "channelEnds/ports/";

pub(crate) fn channel(port: &str, id: &str) -> String {
    format!("{CHANNELS}{port}/channels/{id}")
}

/// Port and channel of a key after [`CHANNELS`].
pub(crate) fn read_channel(key: &[u8]) -> Option<(String, String)> {
    let (port, id) = std::str::from_utf8(key).ok()?.split_once("/channels/")?;
    Some((port.to_owned(), id.to_owned()))
}

pub(crate) fn next_send(port: &str, channel: &str) -> String {
    format!("nextSequenceSend/ports/{port}/channels/{channel}")
}

pub(crate) fn next_recv(port: &str, channel: &str) -> String {
    format!("nextSequenceRecv/ports/{port}/channels/{channel}")
}

pub(crate) fn next_ack(port: &str, channel: &str) -> String {
    format!("nextSequenceAck/ports/{port}/channels/{channel}")
}

pub(crate) fn commitments(port: &str, channel: &str) -> String {
    format!("commitments/ports/{port}/channels/{channel}/sequences/")
}

pub(crate) fn commitment(port: &str, channel: &str, sequence: u64) -> String {
    format!("{}{sequence}", commitments(port, channel))
}

pub(crate) fn acknowledgements(port: &str, channel: &str) -> String {
    format!("acks/ports/{port}/channels/{channel}/sequences/")
}

pub(crate) fn acknowledgement(port: &str, channel: &str, sequence: u64) -> String {
    format!("{}{sequence}", acknowledgements(port, channel))
}

pub(crate) fn receipt(port: &str, channel: &str, sequence: u64) -> String {
    format!("receipts/ports/{port}/channels/{channel}/sequences/{sequence}")
}
