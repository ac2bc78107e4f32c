//! ICS-02: creating, updating, upgrading and recovering clients.

use prost::Message;
use synergy_kernel::{Ctx, Result, Routes, Worth};
use synergy_proto::{
    Address,
    cosmos::upgrade::v1beta1::MsgSoftwareUpgrade,
    ibc::{
        core::client::v1::{
            MsgCreateClient, MsgCreateClientResponse, MsgIbcSoftwareUpgrade, MsgIbcSoftwareUpgradeResponse,
            MsgRecoverClient, MsgRecoverClientResponse, MsgSubmitMisbehaviour, MsgSubmitMisbehaviourResponse,
            MsgUpdateClient, MsgUpdateClientResponse, MsgUpdateParams, MsgUpdateParamsResponse, MsgUpgradeClient,
            MsgUpgradeClientResponse, Params,
        },
        tendermint::ConsensusState,
    },
    pack,
    tendermint::google::protobuf::Timestamp,
};

use crate::{
    error, events, height,
    path::{self, TENDERMINT},
    signer, state,
    tendermint::{self, ClientMessage, Delay, Learned, Status},
};

/// Most types of clients that params may list (ibc-go).
const MAX_ALLOWED: usize = 200;

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgCreateClient, MsgCreateClientResponse>(
        |m| signer(&m.signer),
        |m| tendermint::validate(&tendermint::client_state(m.client_state.as_ref())?),
        create,
    );
    routes.judged_message::<MsgUpdateClient, MsgUpdateClientResponse>(
        |m| signer(&m.signer),
        |m| path::check_client(&m.client_id),
        // Packets of transactions behind it are simulated on the client as it will be then.
        |ctx, m| handle_update(ctx, m).map(|_| Worth::Aside),
        handle_update,
    );
    routes.message::<MsgUpgradeClient, MsgUpgradeClientResponse>(
        |m| signer(&m.signer),
        |m| path::check_client(&m.client_id),
        upgrade,
    );
    // Deprecated in favour of an update, and what relayers still send.
    routes.message::<MsgSubmitMisbehaviour, MsgSubmitMisbehaviourResponse>(
        |m| signer(&m.signer),
        |m| path::check_client(&m.client_id),
        |ctx, m| {
            let message = tendermint::client_message(m.misbehaviour.as_ref())?;
            if matches!(message, ClientMessage::Header(_)) {
                return Err(error::client::invalid_misbehaviour("this is a header: send it in an update"));
            }
            update(ctx, &m.client_id, &message)?;
            Ok(MsgSubmitMisbehaviourResponse {})
        },
    );
    routes.message::<MsgRecoverClient, MsgRecoverClientResponse>(
        |m| signer(&m.signer),
        |m| {
            path::check_client(&m.subject_client_id)?;
            path::check_client(&m.substitute_client_id)?;
            match m.subject_client_id == m.substitute_client_id {
                true => Err(error::client::invalid_substitute("subject and substitute client must be different")),
                false => Ok(()),
            }
        },
        recover,
    );
    routes.message::<MsgIbcSoftwareUpgrade, MsgIbcSoftwareUpgradeResponse>(
        |m| signer(&m.signer),
        |m| tendermint::client_state(m.upgraded_client_state.as_ref()).map(drop),
        schedule_upgrade,
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| signer(&m.signer),
        |m| check_params(&m.params.clone().unwrap_or_default()),
        |ctx, m| {
            crate::check_authority(&m.signer)?;
            set_params(ctx, &m.params.clone().unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

/// Every type of client; there is one.
pub(crate) fn default_params() -> Params {
    Params { allowed_clients: vec!["*".to_owned()] }
}

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    Ok(state::message(ctx, path::CLIENT_PARAMS)?.unwrap_or_default())
}

/// # Errors
/// `ibc` 8. An empty list would be an empty value, which cannot be stored.
pub(crate) fn check_params(params: &Params) -> Result<()> {
    let list = &params.allowed_clients;
    if list.is_empty() || list.len() > MAX_ALLOWED || list.iter().any(|name| name.trim().is_empty()) {
        return Err(error::core::invalid_request(format!(
            "allowed clients: 1 to {MAX_ALLOWED} types that are not blank, or \"*\" for all"
        )));
    }
    if list.len() > 1 && list.iter().any(|name| name == "*") {
        return Err(error::core::invalid_request("allow all clients must have only one element in the list"));
    }
    Ok(())
}

pub(crate) fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<()> {
    state::set_message(ctx, path::CLIENT_PARAMS, params)
}

fn allowed(ctx: &mut Ctx<'_>) -> Result<bool> {
    Ok(params(ctx)?.allowed_clients.iter().any(|name| name == "*" || name == TENDERMINT))
}

/// A client's status as others see it: what is not allowed is not active.
pub(crate) fn status(ctx: &mut Ctx<'_>, id: &str) -> Result<&'static str> {
    if tendermint::check_type(id).is_err() || !allowed(ctx)? {
        return Ok("Unauthorized");
    }
    Ok(tendermint::status(ctx, id)?.name())
}

/// # Errors
/// `client` 10 for a type that is not allowed, 29 for a client that is not active.
pub(crate) fn check_active(ctx: &mut Ctx<'_>, id: &str, to: &str) -> Result<()> {
    tendermint::check_type(id)?;
    if !allowed(ctx)? {
        return Err(error::client::invalid_type(format!("client ({id}) is not of a type in the allowed client list")));
    }
    match tendermint::status(ctx, id)? {
        Status::Active => Ok(()),
        status => Err(error::client::not_active(format!("cannot {to} client ({id}) with status {}", status.name()))),
    }
}

fn create(ctx: &mut Ctx<'_>, m: &MsgCreateClient) -> Result<MsgCreateClientResponse> {
    let client = tendermint::client_state(m.client_state.as_ref())?;
    let consensus = tendermint::consensus_state(m.consensus_state.as_ref())?;
    let id = format!("{TENDERMINT}-{}", state::count(ctx, path::NEXT_CLIENT)?);
    tendermint::initialise(ctx, &id, &client, &consensus)?;
    check_active(ctx, &id, "create")?;
    events::client(ctx, "create_client", &id, client.latest_height.as_ref());
    Ok(MsgCreateClientResponse { client_id: id })
}

fn handle_update(ctx: &mut Ctx<'_>, m: &MsgUpdateClient) -> Result<MsgUpdateClientResponse> {
    let message = tendermint::client_message(m.client_message.as_ref())?;
    update(ctx, &m.client_id, &message)?;
    Ok(MsgUpdateClientResponse {})
}

fn update(ctx: &mut Ctx<'_>, id: &str, message: &ClientMessage) -> Result<()> {
    check_active(ctx, id, "update")?;
    match tendermint::update(ctx, id, message)? {
        Learned::Misbehaviour => events::client(ctx, "client_misbehaviour", id, None),
        Learned::Height(at) => {
            let at = height::show(&at);
            // ibc-go tells the header no more; relayers that watch for misbehaviour read it.
            let header = match message {
                ClientMessage::Header(header) => hex::encode(pack(header.as_ref()).encode_to_vec()),
                ClientMessage::Misbehaviour(_) => String::new(),
            };
            events::emit(
                ctx,
                "ibc_client",
                "update_client",
                &[
                    ("client_id", id),
                    ("client_type", TENDERMINT),
                    ("consensus_height", &at),
                    ("consensus_heights", &at),
                    ("header", &header),
                ],
            );
        }
    }
    Ok(())
}

fn upgrade(ctx: &mut Ctx<'_>, m: &MsgUpgradeClient) -> Result<MsgUpgradeClientResponse> {
    check_active(ctx, &m.client_id, "upgrade")?;
    let client = tendermint::client_state(m.client_state.as_ref())?;
    let consensus = tendermint::consensus_state(m.consensus_state.as_ref())?;
    let proofs = (m.proof_upgrade_client.as_slice(), m.proof_upgrade_consensus_state.as_slice());
    let latest = tendermint::upgrade(ctx, &m.client_id, &client, &consensus, proofs)?;
    events::client(ctx, "upgrade_client", &m.client_id, Some(&latest));
    Ok(MsgUpgradeClientResponse {})
}

fn recover(ctx: &mut Ctx<'_>, m: &MsgRecoverClient) -> Result<MsgRecoverClientResponse> {
    crate::check_authority(&m.signer)?;
    let (subject, substitute) = (m.subject_client_id.as_str(), m.substitute_client_id.as_str());
    tendermint::check_type(subject)?;
    if tendermint::status(ctx, subject)? == Status::Active {
        return Err(error::client::invalid_recovery(format!(
            "cannot recover subject client ({subject}) with status Active"
        )));
    }
    check_active(ctx, substitute, "recover client using substitute")?;
    let (old, new) = (tendermint::latest_height(ctx, subject)?, tendermint::latest_height(ctx, substitute)?);
    if height::order(&old) >= height::order(&new) {
        return Err(error::client::invalid_height(format!(
            "subject client state latest height is greater or equal to substitute client state latest height ({} >= {})",
            height::show(&old),
            height::show(&new)
        )));
    }
    tendermint::recover(ctx, subject, substitute)?;
    let attributes = [("subject_client_id", subject), ("client_type", TENDERMINT)];
    events::emit(ctx, "ibc_client", "recover_client", &attributes);
    Ok(MsgRecoverClientResponse {})
}

/// Schedules an upgrade of this chain and commits to what clients of it become.
fn schedule_upgrade(ctx: &mut Ctx<'_>, m: &MsgIbcSoftwareUpgrade) -> Result<MsgIbcSoftwareUpgradeResponse> {
    crate::check_authority(&m.signer)?;
    let client = tendermint::client_state(m.upgraded_client_state.as_ref())?;
    let plan = m.plan.clone().unwrap_or_default();
    let gov = Address::module("gov");
    let message = MsgSoftwareUpgrade { authority: gov.to_string(), plan: Some(plan.clone()) };
    ctx.dispatch(&pack(&message), &gov)?;
    let committed = pack(&tendermint::without_custom_fields(&client)).encode_to_vec();
    synergy_upgrade::set_upgraded_client(ctx, plan.height, &committed)?;
    let height = plan.height.to_string();
    let attributes = [("title", plan.name.as_str()), ("upgrade_plan_height", height.as_str())];
    events::emit(ctx, "ibc_client", "schedule_ibc_software_upgrade", &attributes);
    Ok(MsgIbcSoftwareUpgradeResponse {})
}

/// In the last block before an upgrade, commits to what clients then trust. Its proof is
/// against the header of the upgrade's height, the last one of the old program.
pub(crate) fn commit_to_upgrade(ctx: &mut Ctx<'_>) -> Result<()> {
    let Some(plan) = synergy_upgrade::plan(ctx)? else { return Ok(()) };
    let height = i64::try_from(ctx.block.height).unwrap_or(i64::MAX);
    if plan.height.checked_sub(1) != Some(height) || synergy_upgrade::upgraded_client(ctx, plan.height)?.is_none() {
        return Ok(());
    }
    let consensus = ConsensusState {
        timestamp: Some(Timestamp { seconds: ctx.block.seconds, nanos: i32::try_from(ctx.block.nanos).unwrap_or(0) }),
        root: Some(synergy_proto::ibc::core::commitment::v1::MerkleRoot::default()),
        next_validators_hash: ctx.block.next_validators_hash.clone(),
    };
    synergy_upgrade::set_upgraded_consensus(ctx, plan.height, &pack(&consensus).encode_to_vec())?;
    let at = plan.height.to_string();
    let attributes = [("upgrade_plan_height", at.as_str()), ("upgrade_store", synergy_upgrade::STORE.name)];
    events::emit(ctx, "ibc_client", "upgrade_chain", &attributes);
    Ok(())
}

/// Checks a proof with a client that must be active.
///
/// # Errors
/// `client` 29, and what the client refuses.
pub(crate) fn verify(
    ctx: &mut Ctx<'_>,
    id: &str,
    at: &synergy_proto::ibc::core::client::v1::Height,
    delay: Delay,
    proof: &[u8],
    keys: &[Vec<u8>],
    value: Option<&[u8]>,
) -> Result<()> {
    check_active(ctx, id, "verify with")?;
    tendermint::verify(ctx, id, at, delay, proof, keys, value)
}
