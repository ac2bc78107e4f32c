//! ICS-03: connections. As in ibc-go 10, nobody proves to us which client of us they
//! have: the proof of their connection end says enough.

use prost::Message;
use synergy_kernel::{Ctx, Result, Routes};
use synergy_proto::ibc::core::{
    client::v1::Height,
    commitment::v1::MerklePrefix,
    connection::v1::{
        ClientPaths, ConnectionEnd, Counterparty, MsgConnectionOpenAck, MsgConnectionOpenAckResponse,
        MsgConnectionOpenConfirm, MsgConnectionOpenConfirmResponse, MsgConnectionOpenInit,
        MsgConnectionOpenInitResponse, MsgConnectionOpenTry, MsgConnectionOpenTryResponse, MsgUpdateParams,
        MsgUpdateParamsResponse, Params, State, Version,
    },
};

use crate::{
    STORE, client,
    error::{self, connection as own},
    events, path, proof, signer, state,
    tendermint::Delay,
};

const VERSION: &str = "1";
/// Most versions and features that a counterparty may propose (ibc-go).
const MAX_PROPOSED: usize = 100;

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgConnectionOpenInit, MsgConnectionOpenInitResponse>(
        |m| signer(&m.signer),
        |m| {
            path::check_client(&m.client_id)?;
            let counterparty = m.counterparty.clone().unwrap_or_default();
            if !counterparty.connection_id.is_empty() {
                return Err(own::invalid_counterparty("counterparty connection identifier must be empty"));
            }
            if let Some(version) = &m.version {
                check_version(version)?;
            }
            check_counterparty(&counterparty)
        },
        |ctx, m| open_init(ctx, m).map(|()| MsgConnectionOpenInitResponse {}),
    );
    routes.message::<MsgConnectionOpenTry, MsgConnectionOpenTryResponse>(
        |m| signer(&m.signer),
        |m| {
            path::check_client(&m.client_id)?;
            let counterparty = m.counterparty.clone().unwrap_or_default();
            path::check_connection(&counterparty.connection_id)?;
            check_counterparty(&counterparty)?;
            if m.counterparty_versions.is_empty() || m.counterparty_versions.len() > MAX_PROPOSED {
                return Err(own::invalid_version(format!("1 to {MAX_PROPOSED} counterparty versions")));
            }
            m.counterparty_versions.iter().try_for_each(check_version)?;
            check_proof(&m.proof_init, "init")
        },
        |ctx, m| open_try(ctx, m).map(|()| MsgConnectionOpenTryResponse {}),
    );
    routes.message::<MsgConnectionOpenAck, MsgConnectionOpenAckResponse>(
        |m| signer(&m.signer),
        |m| {
            check_id(&m.connection_id)?;
            path::check_connection(&m.counterparty_connection_id)?;
            check_version(m.version.as_ref().unwrap_or(&Version::default()))?;
            check_proof(&m.proof_try, "try")
        },
        |ctx, m| open_ack(ctx, m).map(|()| MsgConnectionOpenAckResponse {}),
    );
    routes.message::<MsgConnectionOpenConfirm, MsgConnectionOpenConfirmResponse>(
        |m| signer(&m.signer),
        |m| {
            check_id(&m.connection_id)?;
            check_proof(&m.proof_ack, "ack")
        },
        |ctx, m| open_confirm(ctx, m).map(|()| MsgConnectionOpenConfirmResponse {}),
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| signer(&m.signer),
        |m| check_params(&m.params.unwrap_or_default()),
        |ctx, m| {
            crate::check_authority(&m.signer)?;
            set_params(ctx, &m.params.unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

/// A block within 30 seconds (ibc-go).
pub(crate) fn default_params() -> Params {
    Params { max_expected_time_per_block: 30_000_000_000 }
}

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    Ok(state::message(ctx, path::CONNECTION_PARAMS)?.unwrap_or_default())
}

/// # Errors
/// `ibc` 8.
pub(crate) fn check_params(params: &Params) -> Result<()> {
    match params.max_expected_time_per_block {
        0 => Err(error::core::invalid_request("max expected time per block cannot be zero")),
        _ => Ok(()),
    }
}

pub(crate) fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<()> {
    state::set_message(ctx, path::CONNECTION_PARAMS, params)
}

fn check_id(id: &str) -> Result<()> {
    match path::sequence(id, "connection") {
        Some(_) => Ok(()),
        None => Err(own::invalid_id(format!("{:?} is not connection-NUMBER", id.chars().take(80).collect::<String>()))),
    }
}

fn check_counterparty(counterparty: &Counterparty) -> Result<()> {
    path::check_client(&counterparty.client_id)?;
    if counterparty.prefix.as_ref().is_none_or(|prefix| prefix.key_prefix.is_empty()) {
        return Err(own::invalid_counterparty("counterparty prefix cannot be empty"));
    }
    Ok(())
}

fn check_version(version: &Version) -> Result<()> {
    if version.identifier.trim().is_empty() {
        return Err(own::invalid_version("version identifier cannot be blank"));
    }
    if version.features.len() > MAX_PROPOSED || version.features.iter().any(|f| f.trim().is_empty()) {
        return Err(own::invalid_version(format!("a version has at most {MAX_PROPOSED} features, none of them blank")));
    }
    Ok(())
}

pub(crate) fn check_proof(proof: &[u8], what: &str) -> Result<()> {
    match proof {
        [] => Err(error::commitment::invalid_proof(format!("cannot submit an empty proof {what}"))),
        _ => Ok(()),
    }
}

fn supported() -> Version {
    Version { identifier: VERSION.to_owned(), features: vec!["ORDER_ORDERED".to_owned(), "ORDER_UNORDERED".to_owned()] }
}

/// Whether one of `ours` has all that `proposed` wants.
fn supports(ours: &[Version], proposed: &Version) -> bool {
    ours.iter().any(|own| {
        own.identifier == proposed.identifier
            && !proposed.features.is_empty()
            && proposed.features.iter().all(|feature| own.features.contains(feature))
    })
}

/// What both sides have of the version that we support.
fn pick(theirs: &[Version]) -> Result<Version> {
    let mut own = supported();
    if let Some(their) = theirs.iter().find(|version| version.identifier == own.identifier) {
        own.features.retain(|feature| their.features.contains(feature));
        if !own.features.is_empty() {
            return Ok(own);
        }
    }
    Err(own::negotiation_failed("failed to find a matching counterparty version"))
}

/// A connection.
///
/// # Errors
/// `connection` 3 when there is none.
pub(crate) fn load(ctx: &mut Ctx<'_>, id: &str) -> Result<ConnectionEnd> {
    state::message(ctx, &path::connection(id))?.ok_or_else(|| own::not_found(id))
}

/// A connection whose handshake is done.
///
/// # Errors
/// `connection` 3, 6.
pub(crate) fn open(ctx: &mut Ctx<'_>, id: &str) -> Result<ConnectionEnd> {
    let connection = load(ctx, id)?;
    in_state(&connection, State::Open)?;
    Ok(connection)
}

fn in_state(connection: &ConnectionEnd, wanted: State) -> Result<()> {
    if connection.state() == wanted {
        return Ok(());
    }
    let (wanted, is) = (wanted.as_str_name(), connection.state().as_str_name());
    Err(own::invalid_state(format!("connection state is not {wanted} (got {is})")))
}

fn save(ctx: &mut Ctx<'_>, id: &str, connection: &ConnectionEnd) -> Result<()> {
    state::set_message(ctx, &path::connection(id), connection)
}

fn add_to_client(ctx: &mut Ctx<'_>, client: &str, id: &str) -> Result<()> {
    let path = path::client_connections(client);
    let mut paths: ClientPaths = state::message(ctx, &path)?.unwrap_or_default();
    paths.paths.push(id.to_owned());
    state::set_message(ctx, &path, &paths)
}

/// The name of our store, which counterparties put before our paths.
pub(crate) fn prefix() -> MerklePrefix {
    MerklePrefix { key_prefix: STORE.name.as_bytes().to_vec() }
}

/// Checks a proof of the other end, which must be as we expect it.
fn verify_end(
    ctx: &mut Ctx<'_>,
    connection: &ConnectionEnd,
    (id, expected): (&str, &ConnectionEnd),
    proof: &[u8],
    at: Option<&Height>,
) -> Result<()> {
    let counterparty = connection.counterparty.clone().unwrap_or_default();
    let keys = proof::keys(counterparty.prefix.as_ref(), &path::connection(id))?;
    let value = expected.encode_to_vec();
    let at = at.copied().unwrap_or_default();
    client::verify(ctx, &connection.client_id, &at, Delay::default(), proof, &keys, Some(&value)).map_err(|mut e| {
        e.message = format!(
            "failed connection state verification for client ({}): connection state verification failed: {}",
            connection.client_id, e.message
        );
        e
    })
}

fn open_init(ctx: &mut Ctx<'_>, m: &MsgConnectionOpenInit) -> Result<()> {
    let versions = match &m.version {
        None => vec![supported()],
        Some(version) if supports(&[supported()], version) => vec![version.clone()],
        Some(_) => return Err(own::invalid_version("version is not supported")),
    };
    client::check_active(ctx, &m.client_id, "connect with")?;
    let id = format!("connection-{}", state::count(ctx, path::NEXT_CONNECTION)?);
    add_to_client(ctx, &m.client_id, &id)?;
    let counterparty = m.counterparty.clone().unwrap_or_default();
    events::connection(ctx, "init", &id, &m.client_id, &counterparty.client_id, "");
    let connection = ConnectionEnd {
        client_id: m.client_id.clone(),
        versions,
        state: State::Init.into(),
        counterparty: Some(counterparty),
        delay_period: m.delay_period,
    };
    save(ctx, &id, &connection)
}

fn open_try(ctx: &mut Ctx<'_>, m: &MsgConnectionOpenTry) -> Result<()> {
    let id = format!("connection-{}", state::count(ctx, path::NEXT_CONNECTION)?);
    let counterparty = m.counterparty.clone().unwrap_or_default();
    let expected = ConnectionEnd {
        client_id: counterparty.client_id.clone(),
        versions: m.counterparty_versions.clone(),
        state: State::Init.into(),
        counterparty: Some(Counterparty {
            client_id: m.client_id.clone(),
            connection_id: String::new(),
            prefix: Some(prefix()),
        }),
        delay_period: m.delay_period,
    };
    let connection = ConnectionEnd {
        client_id: m.client_id.clone(),
        versions: vec![pick(&m.counterparty_versions)?],
        state: State::Tryopen.into(),
        counterparty: Some(counterparty.clone()),
        delay_period: m.delay_period,
    };
    let end = (counterparty.connection_id.as_str(), &expected);
    verify_end(ctx, &connection, end, &m.proof_init, m.proof_height.as_ref())?;
    add_to_client(ctx, &m.client_id, &id)?;
    events::connection(ctx, "try", &id, &m.client_id, &counterparty.client_id, &counterparty.connection_id);
    save(ctx, &id, &connection)
}

fn open_ack(ctx: &mut Ctx<'_>, m: &MsgConnectionOpenAck) -> Result<()> {
    let mut connection = load(ctx, &m.connection_id)?;
    in_state(&connection, State::Init)?;
    let version = m.version.clone().unwrap_or_default();
    if !supports(&connection.versions, &version) {
        return Err(own::invalid_state(format!(
            "the counterparty selected version {} is not supported by versions selected on INIT",
            version.identifier
        )));
    }
    let expected = other_end(&connection, &m.connection_id, State::Tryopen, vec![version.clone()]);
    let end = (m.counterparty_connection_id.as_str(), &expected);
    verify_end(ctx, &connection, end, &m.proof_try, m.proof_height.as_ref())?;
    connection.state = State::Open.into();
    connection.versions = vec![version];
    connection.counterparty.get_or_insert_default().connection_id.clone_from(&m.counterparty_connection_id);
    save(ctx, &m.connection_id, &connection)?;
    opened(ctx, "ack", &m.connection_id, &connection);
    Ok(())
}

fn open_confirm(ctx: &mut Ctx<'_>, m: &MsgConnectionOpenConfirm) -> Result<()> {
    let mut connection = load(ctx, &m.connection_id)?;
    in_state(&connection, State::Tryopen)?;
    let expected = other_end(&connection, &m.connection_id, State::Open, connection.versions.clone());
    let id = connection.counterparty.clone().unwrap_or_default().connection_id;
    verify_end(ctx, &connection, (&id, &expected), &m.proof_ack, m.proof_height.as_ref())?;
    connection.state = State::Open.into();
    save(ctx, &m.connection_id, &connection)?;
    opened(ctx, "confirm", &m.connection_id, &connection);
    Ok(())
}

/// The counterparty's end of a connection of ours.
fn other_end(connection: &ConnectionEnd, id: &str, state: State, versions: Vec<Version>) -> ConnectionEnd {
    ConnectionEnd {
        client_id: connection.counterparty.clone().unwrap_or_default().client_id,
        versions,
        state: state.into(),
        counterparty: Some(Counterparty {
            client_id: connection.client_id.clone(),
            connection_id: id.to_owned(),
            prefix: Some(prefix()),
        }),
        delay_period: connection.delay_period,
    }
}

fn opened(ctx: &mut Ctx<'_>, step: &str, id: &str, connection: &ConnectionEnd) {
    let counterparty = connection.counterparty.clone().unwrap_or_default();
    events::connection(ctx, step, id, &connection.client_id, &counterparty.client_id, &counterparty.connection_id);
}

/// How long what a client learned must rest before it proves packets of a connection.
pub(crate) fn delay(ctx: &mut Ctx<'_>, connection: &ConnectionEnd) -> Result<Delay> {
    let per_block = params(ctx)?.max_expected_time_per_block;
    let blocks = if per_block == 0 { 0 } else { connection.delay_period.div_ceil(per_block) };
    Ok(Delay { time: connection.delay_period, blocks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_negotiated_as_ibc_go_does() {
        let version = |identifier: &str, features: &[&str]| Version {
            identifier: identifier.into(),
            features: features.iter().map(|&f| f.to_owned()).collect(),
        };
        let picked = pick(&[version("2", &["X"]), version("1", &["ORDER_UNORDERED", "ORDER_DAG"])]).unwrap();
        assert_eq!(picked, version("1", &["ORDER_UNORDERED"]));
        for theirs in [vec![], vec![version("1", &[])], vec![version("2", &["ORDER_ORDERED"])]] {
            assert_eq!(pick(&theirs).unwrap_err().code, 10);
        }
        assert!(supports(&[supported()], &version("1", &["ORDER_ORDERED"])));
        assert!(!supports(&[supported()], &version("1", &[])));
        assert!(!supports(&[supported()], &version("1", &["ORDER_DAG"])));
    }
}
