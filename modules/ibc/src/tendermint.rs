//! ICS-07: the light client of a chain under CometBFT. Signatures and validator sets are
//! checked by `tendermint-light-client-verifier`; what is kept, and under which rules it
//! changes, follows ibc-go's `07-tendermint` to the code.

use std::time::Duration as StdDuration;

use prost::Message;
use synergy_kernel::{Ctx, Error, Order, Result};
use synergy_proto::{
    Any,
    ibc::{
        core::{client::v1::Height, commitment::v1::MerkleRoot},
        tendermint::{ClientState, ConsensusState, Fraction, Header, Misbehaviour},
    },
    pack,
    tendermint::{google::protobuf::Duration, v0_38::types::SignedHeader as RawSignedHeader},
    type_url,
};
use synergy_store::fatal;
use tendermint::{
    Hash, Time,
    block::{Height as BlockHeight, signed_header::SignedHeader},
    chain::Id as ChainId,
    crypto::default::Sha256,
    trust_threshold::TrustThresholdFraction,
    validator::Set,
};
use tendermint_light_client_verifier::{
    ProdVerifier, Verdict, Verifier,
    options::Options,
    types::{TrustedBlockState, UntrustedBlockState},
};

use crate::{
    STORE,
    error::{self, tendermint as own},
    height,
    path::{self, TENDERMINT},
    proof, state,
};

/// Gas for each signature of a header's commit. A header far from the trusted one is
/// checked against two validator sets.
const SIGNATURE: u64 = 1_000;
/// Longest chain id of CometBFT.
const MAX_CHAIN_ID: usize = 50;
/// What no header has: the root of a client that was upgraded, until its first update.
const SENTINEL_ROOT: &[u8] = b"sentinel_root";

/// What may be done with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything.
    Active,
    /// Nothing until governance recovers it: its chain has misbehaved.
    Frozen,
    /// Nothing until governance recovers it: nobody updated it in its trusting period.
    Expired,
    /// There is no such client.
    Unknown,
}

impl Status {
    /// As queries tell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Frozen => "Frozen",
            Self::Expired => "Expired",
            Self::Unknown => "Unknown",
        }
    }
}

/// What a relayer tells a client.
pub(crate) enum ClientMessage {
    /// A header to trust.
    Header(Box<Header>),
    /// Two headers that cannot both be honest.
    Misbehaviour(Box<Misbehaviour>),
}

/// A delay between a client's update and the use of what it proves.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Delay {
    /// Nanoseconds.
    pub(crate) time: u64,
    /// Blocks of this chain.
    pub(crate) blocks: u64,
}

fn unpack<M: prost::Name + Default>(any: Option<&Any>, what: &str) -> Result<M> {
    let any = any.ok_or_else(|| error::core::unpack_any(format!("{what} is missing")))?;
    if any.type_url != type_url::<M>() {
        let shown: String = any.type_url.chars().take(120).collect();
        return Err(error::client::invalid_type(format!("{what} has type {shown:?}, expected {}", type_url::<M>())));
    }
    M::decode(any.value.as_slice()).map_err(|e| error::core::unpack_any(format!("{what}: {e}")))
}

/// Reads a client state. Fields that Go writes even when they are zero are filled in, so
/// that the stored bytes are those that a counterparty expects.
///
/// # Errors
/// `ibc` 14, `client` 10.
pub(crate) fn client_state(any: Option<&Any>) -> Result<ClientState> {
    let mut state: ClientState = unpack(any, "client state")?;
    state.trust_level.get_or_insert_default();
    state.trusting_period.get_or_insert_default();
    state.unbonding_period.get_or_insert_default();
    state.max_clock_drift.get_or_insert_default();
    state.frozen_height.get_or_insert_default();
    state.latest_height.get_or_insert_default();
    Ok(state)
}

/// Reads a consensus state, as [`client_state`].
///
/// # Errors
/// `ibc` 14, `client` 10.
pub(crate) fn consensus_state(any: Option<&Any>) -> Result<ConsensusState> {
    let mut state: ConsensusState = unpack(any, "consensus state")?;
    state.timestamp.get_or_insert_default();
    state.root.get_or_insert_default();
    Ok(state)
}

/// Reads what a relayer tells a client.
///
/// # Errors
/// `ibc` 14, `client` 10.
pub(crate) fn client_message(any: Option<&Any>) -> Result<ClientMessage> {
    if any.is_some_and(|any| any.type_url == type_url::<Misbehaviour>()) {
        return Ok(ClientMessage::Misbehaviour(Box::new(unpack(any, "misbehaviour")?)));
    }
    Ok(ClientMessage::Header(Box::new(unpack(any, "client message")?)))
}

fn nanos(duration: Option<&Duration>) -> i128 {
    let duration = duration.copied().unwrap_or_default();
    i128::from(duration.seconds).saturating_mul(1_000_000_000).saturating_add(i128::from(duration.nanos))
}

fn std_duration(duration: Option<&Duration>) -> StdDuration {
    let nanos = nanos(duration).max(0).unsigned_abs();
    let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    StdDuration::new(u64::try_from(seconds).unwrap_or(u64::MAX), u32::try_from(rest).unwrap_or(0))
}

/// Nanoseconds since the Unix epoch; dates before it count as the epoch.
pub(crate) fn timestamp(state: &ConsensusState) -> u64 {
    let time = state.timestamp.unwrap_or_default();
    let nanos = i128::from(time.seconds).saturating_mul(1_000_000_000).saturating_add(i128::from(time.nanos));
    u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
}

fn latest(state: &ClientState) -> Height {
    state.latest_height.unwrap_or_default()
}

/// The checks of a client state that need nothing else (ibc-go `ClientState.Validate`).
///
/// # Errors
/// Codespace `07-tendermint`, `client` 3.
pub(crate) fn validate(state: &ClientState) -> Result<()> {
    if state.chain_id.trim().is_empty() || state.chain_id.len() > MAX_CHAIN_ID {
        return Err(own::invalid_chain_id(format!("chain id has 1 to {MAX_CHAIN_ID} characters")));
    }
    trust_level(state.trust_level.as_ref())?;
    let (trusting, unbonding) = (nanos(state.trusting_period.as_ref()), nanos(state.unbonding_period.as_ref()));
    if trusting <= 0 {
        return Err(own::invalid_trusting_period("trusting period must be greater than zero"));
    }
    if unbonding <= 0 {
        return Err(own::invalid_unbonding_period("unbonding period must be greater than zero"));
    }
    if nanos(state.max_clock_drift.as_ref()) <= 0 {
        return Err(own::invalid_clock_drift("max clock drift must be greater than zero"));
    }
    let (latest, revision) = (latest(state), height::revision(&state.chain_id));
    if latest.revision_number != revision {
        return Err(own::invalid_header_height(format!(
            "latest height revision number must match chain id revision number ({} != {revision})",
            latest.revision_number
        )));
    }
    if latest.revision_height == 0 {
        return Err(own::invalid_header_height("tendermint client's latest height revision height cannot be zero"));
    }
    if trusting >= unbonding {
        return Err(own::invalid_trusting_period("trusting period should be < unbonding period"));
    }
    if state.proof_specs.is_empty() {
        return Err(own::invalid_proof_specs("proof specs cannot be nil for tm client"));
    }
    if state.upgrade_path.iter().any(|key| key.trim().is_empty()) {
        return Err(error::client::invalid_client("a key in the upgrade path is empty"));
    }
    Ok(())
}

/// The part of a trusted validator set that must have signed: from a third to all of it.
fn trust_level(level: Option<&Fraction>) -> Result<TrustThresholdFraction> {
    let level = level.copied().unwrap_or_default();
    let (part, whole) = (u128::from(level.numerator), u128::from(level.denominator));
    let three = part.saturating_mul(3);
    // The library multiplies by three without looking.
    if whole == 0 || three < whole || part > whole || three > u128::from(u64::MAX) {
        return Err(own::invalid_trust_level(format!("trust level must be within [1/3, 1], given {part}/{whole}")));
    }
    TrustThresholdFraction::new(level.numerator, level.denominator)
        .map_err(|e| own::invalid_trust_level(format!("{part}/{whole}: {e}")))
}

fn check_consensus(state: &ConsensusState) -> Result<()> {
    if state.root.as_ref().is_none_or(|root| root.hash.is_empty()) {
        return Err(error::client::invalid_consensus("root cannot be empty"));
    }
    if state.next_validators_hash.len() != 32 {
        return Err(error::client::invalid_consensus("next validators hash is invalid: it has 32 bytes"));
    }
    if timestamp(state) == 0 {
        return Err(error::client::invalid_consensus("timestamp must be a positive Unix time"));
    }
    Ok(())
}

/// A client's state.
///
/// # Errors
/// `client` 4 when there is none.
pub(crate) fn load(ctx: &mut Ctx<'_>, id: &str) -> Result<ClientState> {
    find(ctx, id)?.ok_or_else(|| error::client::not_found(id))
}

pub(crate) fn find(ctx: &mut Ctx<'_>, id: &str) -> Result<Option<ClientState>> {
    let path = path::client_state(id);
    let Some(any) = state::message::<Any>(ctx, &path)? else { return Ok(None) };
    Ok(Some(state::decode(&path, &any.value)))
}

fn save(ctx: &mut Ctx<'_>, id: &str, client: &ClientState) -> Result<()> {
    state::set_message(ctx, &path::client_state(id), &pack(client))
}

/// A consensus state of a client.
pub(crate) fn consensus_at(ctx: &mut Ctx<'_>, id: &str, at: &Height) -> Result<Option<ConsensusState>> {
    let path = path::consensus_state(id, at);
    let Some(any) = state::message::<Any>(ctx, &path)? else { return Ok(None) };
    Ok(Some(state::decode(&path, &any.value)))
}

fn save_consensus(
    ctx: &mut Ctx<'_>,
    id: &str,
    at: &Height,
    consensus: &ConsensusState,
    (time, own_height): (u64, &Height),
) -> Result<()> {
    state::set_message(ctx, &path::consensus_state(id, at), &pack(consensus))?;
    state::set_number(ctx, &path::processed_time(id, at), time)?;
    state::set(ctx, &path::processed_height(id, at), height::show(own_height).as_bytes())?;
    ctx.set(STORE, &path::height_key(id, at), format!("consensusStates/{}", height::show(at)).as_bytes())
}

fn remove_consensus(ctx: &mut Ctx<'_>, id: &str, at: &Height) -> Result<()> {
    state::remove(ctx, &path::consensus_state(id, at))?;
    state::remove(ctx, &path::processed_time(id, at))?;
    state::remove(ctx, &path::processed_height(id, at))?;
    ctx.remove(STORE, &path::height_key(id, at))
}

fn processed(ctx: &mut Ctx<'_>, id: &str, at: &Height) -> Result<(u64, Height)> {
    let time = state::number(ctx, &path::processed_time(id, at))?;
    let time = time.ok_or_else(|| own::processed_time_not_found(format!("for height: {}", height::show(at))))?;
    let own_height = state::get(ctx, &path::processed_height(id, at))?;
    let own_height = own_height.and_then(|bytes| height::parse(&String::from_utf8_lossy(&bytes)));
    Ok((time, own_height.ok_or_else(|| own::processed_height_not_found(format!("for height: {}", height::show(at))))?))
}

/// The first height of a client's consensus states on the way from `at` (not itself).
fn neighbour(ctx: &mut Ctx<'_>, id: &str, at: Option<&Height>, order: Order) -> Result<Option<Height>> {
    let prefix = path::heights(id);
    let (mut start, mut end) = (prefix.clone(), [prefix.as_slice(), &[0xff; 17]].concat());
    match (at, order) {
        (Some(at), Order::Ascending) => start = [path::height_key(id, at).as_slice(), &[0]].concat(),
        (Some(at), Order::Descending) => end = path::height_key(id, at),
        (None, _) => {}
    }
    let mut found = None;
    ctx.scan(STORE, &start, &end, order, |key, _| {
        let numbers = key.get(prefix.len()..).and_then(|rest| <[u8; 16]>::try_from(rest).ok());
        let Some(numbers) = numbers.map(u128::from_be_bytes) else {
            fatal(format_args!("store ibc: key {key:02x?} has no height"))
        };
        #[allow(clippy::cast_possible_truncation, reason = "splits the number into its halves")]
        let halves = ((numbers >> 64) as u64, numbers as u64);
        found = Some(Height { revision_number: halves.0, revision_height: halves.1 });
        Ok(false)
    })?;
    Ok(found)
}

fn expired(client: &ClientState, consensus: &ConsensusState, now: u64) -> bool {
    i128::from(timestamp(consensus)).saturating_add(nanos(client.trusting_period.as_ref())) <= i128::from(now)
}

/// What may be done with a client now.
pub(crate) fn status(ctx: &mut Ctx<'_>, id: &str) -> Result<Status> {
    let Some(client) = find(ctx, id)? else { return Ok(Status::Unknown) };
    if client.frozen_height.is_some_and(|h| !height::is_zero(&h)) {
        return Ok(Status::Frozen);
    }
    let now = height::now(ctx);
    Ok(match consensus_at(ctx, id, &latest(&client))? {
        Some(consensus) if !expired(&client, &consensus, now) => Status::Active,
        _ => Status::Expired,
    })
}

/// Begins a client with its first trusted state.
///
/// # Errors
/// What [`validate`] refuses, `client` 8.
pub(crate) fn initialise(ctx: &mut Ctx<'_>, id: &str, client: &ClientState, consensus: &ConsensusState) -> Result<()> {
    validate(client)?;
    check_consensus(consensus)?;
    save(ctx, id, client)?;
    let now = (height::now(ctx), &height::host(ctx));
    save_consensus(ctx, id, &latest(client), consensus, now)
}

/// A header whose parts have been read.
struct Block {
    signed: SignedHeader,
    validators: Set,
    trusted_validators: Set,
    trusted_height: Height,
    height: Height,
    consensus: ConsensusState,
}

impl Block {
    fn read(header: &Header) -> Result<Self> {
        let bad = |what: &str, why: &dyn std::fmt::Display| -> Error { own::invalid_header(format!("{what}: {why}")) };
        let raw: RawSignedHeader = header.signed_header.clone().ok_or_else(|| bad("signed header", &"is missing"))?;
        let set = |set: &Option<_>, what: &str| -> Result<Set> {
            let raw: synergy_proto::tendermint::v0_38::types::ValidatorSet =
                Option::clone(set).ok_or_else(|| own::invalid_validator_set(format!("{what} is missing")))?;
            Set::try_from(raw).map_err(|e| own::invalid_validator_set(format!("{what}: {e}")))
        };
        let signed = SignedHeader::try_from(raw).map_err(|e| bad("signed header", &e))?;
        let (validators, trusted_validators) =
            (set(&header.validator_set, "validator set")?, set(&header.trusted_validators, "trusted validator set")?);
        let height = Height {
            revision_number: height::revision(signed.header.chain_id.as_str()),
            revision_height: signed.header.height.value(),
        };
        let time: synergy_proto::tendermint::google::protobuf::Timestamp = signed.header.time.into();
        let consensus = ConsensusState {
            timestamp: Some(time),
            root: Some(MerkleRoot { hash: signed.header.app_hash.as_bytes().to_vec() }),
            next_validators_hash: signed.header.next_validators_hash.as_bytes().to_vec(),
        };
        let trusted_height = header.trusted_height.unwrap_or_default();
        if trusted_height.revision_number != height.revision_number {
            return Err(own::invalid_header_height(format!(
                "header height revision {} does not match trusted header revision {}",
                height.revision_number, trusted_height.revision_number
            )));
        }
        if height::order(&height) <= height::order(&trusted_height) {
            return Err(error::client::invalid_header(format!(
                "header height ≤ consensus state height ({} ≤ {})",
                height::show(&height),
                height::show(&trusted_height)
            )));
        }
        Ok(Self { signed, validators, trusted_validators, trusted_height, height, consensus })
    }

    /// Checks the block from the consensus state at its trusted height. Two blocks of a
    /// misbehaviour may lie in the future.
    fn verify(&self, ctx: &mut Ctx<'_>, id: &str, client: &ClientState, misbehaviour: bool) -> Result<()> {
        let signatures = u64::try_from(self.signed.commit.signatures.len()).unwrap_or(u64::MAX);
        ctx.gas.consume(signatures.saturating_mul(SIGNATURE).saturating_mul(2), "verify commit of a header")?;
        let at = height::show(&self.trusted_height);
        let trusted = consensus_at(ctx, id, &self.trusted_height)?.ok_or_else(|| {
            error::client::consensus_not_found(format!("could not get trusted consensus state at TrustedHeight: {at}"))
        })?;
        if self.trusted_validators.hash_with::<Sha256>().as_bytes() != trusted.next_validators_hash {
            return Err(own::invalid_validator_set(format!(
                "trusted validators do not hash to the next validators of height {at}"
            )));
        }
        if expired(client, &trusted, height::now(ctx)) {
            return Err(own::trusting_period_expired(format!(
                "the consensus state at {at} is older than the trusting period: trust a later one"
            )));
        }
        let bad = |e: &dyn std::fmt::Display| -> Error { own::invalid_header(format!("failed to verify header: {e}")) };
        let chain_id = ChainId::try_from(client.chain_id.clone()).map_err(|e| bad(&e))?;
        let time = trusted.timestamp.unwrap_or_default();
        let next_validators_hash = Hash::try_from(trusted.next_validators_hash.clone()).map_err(|e| bad(&e))?;
        let trusted = TrustedBlockState {
            chain_id: &chain_id,
            header_time: Time::try_from(time).map_err(|e| bad(&e))?,
            height: BlockHeight::try_from(self.trusted_height.revision_height).map_err(|e| bad(&e))?,
            next_validators: &self.trusted_validators,
            next_validators_hash,
        };
        let untrusted =
            UntrustedBlockState { signed_header: &self.signed, validators: &self.validators, next_validators: None };
        let trust_threshold = trust_level(client.trust_level.as_ref())?;
        for set in [&self.validators, &self.trusted_validators] {
            // The library multiplies these without looking.
            let power = set.total_voting_power().value();
            if power.checked_mul(trust_threshold.denominator().max(3)).is_none() {
                return Err(own::invalid_validator_set(format!("power {power} is too much for the trust level")));
            }
        }
        let options = Options {
            trust_threshold,
            trusting_period: std_duration(client.trusting_period.as_ref()),
            clock_drift: std_duration(client.max_clock_drift.as_ref()),
        };
        let now = Time::from_unix_timestamp(ctx.block.seconds, ctx.block.nanos).map_err(|e| bad(&e))?;
        let verifier = ProdVerifier::default();
        let verdict = match misbehaviour {
            true => verifier.verify_misbehaviour_header(untrusted, trusted, &options, now),
            false => verifier.verify_update_header(untrusted, trusted, &options, now),
        };
        match verdict {
            Verdict::Success => Ok(()),
            Verdict::NotEnoughTrust(tally) => Err(bad(&format!("can't trust new val set: {tally}"))),
            Verdict::Invalid(why) => Err(bad(&why)),
        }
    }
}

/// What a client learned from a message.
pub(crate) enum Learned {
    /// It trusts the header at this height.
    Height(Height),
    /// Its chain has misbehaved: it is frozen.
    Misbehaviour,
}

/// Verifies a message to an active client and changes the client accordingly.
///
/// # Errors
/// Codespaces `client` and `07-tendermint`.
pub(crate) fn update(ctx: &mut Ctx<'_>, id: &str, message: &ClientMessage) -> Result<Learned> {
    let client = load(ctx, id)?;
    match message {
        ClientMessage::Header(header) => {
            let block = Block::read(header)?;
            block.verify(ctx, id, &client, false)?;
            if conflicts(ctx, id, &block)? {
                freeze(ctx, id, client)?;
                return Ok(Learned::Misbehaviour);
            }
            trust(ctx, id, client, &block)?;
            Ok(Learned::Height(block.height))
        }
        ClientMessage::Misbehaviour(misbehaviour) => {
            if is_misbehaviour(ctx, id, &client, misbehaviour)? {
                freeze(ctx, id, client)?;
                return Ok(Learned::Misbehaviour);
            }
            Err(error::client::invalid_misbehaviour("the two headers do not contradict each other"))
        }
    }
}

/// Whether a verified header contradicts what the client trusts already: another header
/// of the same height, or time that runs backwards.
fn conflicts(ctx: &mut Ctx<'_>, id: &str, block: &Block) -> Result<bool> {
    if let Some(known) = consensus_at(ctx, id, &block.height)? {
        return Ok(known != block.consensus);
    }
    let time = timestamp(&block.consensus);
    for (order, wrong) in
        [(Order::Descending, u64::ge as fn(&u64, &u64) -> bool), (Order::Ascending, u64::le as fn(&u64, &u64) -> bool)]
    {
        if let Some(at) = neighbour(ctx, id, Some(&block.height), order)?
            && let Some(consensus) = consensus_at(ctx, id, &at)?
            && wrong(&timestamp(&consensus), &time)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_misbehaviour(ctx: &mut Ctx<'_>, id: &str, client: &ClientState, m: &Misbehaviour) -> Result<bool> {
    let wrong = |why: &str| -> Error { error::client::invalid_misbehaviour(why) };
    let (Some(first), Some(second)) = (&m.header_1, &m.header_2) else { return Err(wrong("a header is missing")) };
    let (first, second) = (Block::read(first)?, Block::read(second)?);
    if first.signed.header.chain_id != second.signed.header.chain_id {
        return Err(wrong("headers must have identical chainIDs"));
    }
    if height::order(&first.height) < height::order(&second.height) {
        return Err(wrong("Header1 height is less than Header2 height"));
    }
    first.verify(ctx, id, client, true)?;
    second.verify(ctx, id, client, true)?;
    Ok(if first.height == second.height {
        first.signed.commit.block_id.hash != second.signed.commit.block_id.hash
    } else {
        first.signed.header.time <= second.signed.header.time
    })
}

fn freeze(ctx: &mut Ctx<'_>, id: &str, mut client: ClientState) -> Result<()> {
    client.frozen_height = Some(Height { revision_number: 0, revision_height: 1 });
    save(ctx, id, &client)
}

fn trust(ctx: &mut Ctx<'_>, id: &str, mut client: ClientState, block: &Block) -> Result<()> {
    prune(ctx, id, &client)?;
    if state::has(ctx, &path::consensus_state(id, &block.height))? {
        return Ok(());
    }
    if height::order(&block.height) > height::order(&latest(&client)) {
        client.latest_height = Some(block.height);
        save(ctx, id, &client)?;
    }
    let now = (height::now(ctx), &height::host(ctx));
    save_consensus(ctx, id, &block.height, &block.consensus, now)
}

/// Removes the oldest consensus state if it has expired. One with each update keeps up
/// with them, at a bounded price.
fn prune(ctx: &mut Ctx<'_>, id: &str, client: &ClientState) -> Result<()> {
    if let Some(oldest) = neighbour(ctx, id, None, Order::Ascending)?
        && let Some(consensus) = consensus_at(ctx, id, &oldest)?
        && expired(client, &consensus, height::now(ctx))
    {
        remove_consensus(ctx, id, &oldest)?;
    }
    Ok(())
}

/// Checks a proof of what the client's chain holds under `keys`.
///
/// # Errors
/// `ibc` 9 beyond the client's height, `07-tendermint` 10 within the delay, `client` 7, and
/// what [`proof::verify`] refuses.
pub(crate) fn verify(
    ctx: &mut Ctx<'_>,
    id: &str,
    at: &Height,
    delay: Delay,
    proof: &[u8],
    keys: &[Vec<u8>],
    value: Option<&[u8]>,
) -> Result<()> {
    let client = load(ctx, id)?;
    let latest = latest(&client);
    if height::order(&latest) < height::order(at) {
        return Err(error::core::invalid_height(format!(
            "client state height < proof height ({} < {}), please ensure the client has been updated",
            height::show(&latest),
            height::show(at)
        )));
    }
    if delay.time != 0 || delay.blocks != 0 {
        let (time, own_height) = processed(ctx, id, at)?;
        let (now, here) = (height::now(ctx), height::host(ctx));
        let ready = Height { revision_height: own_height.revision_height.saturating_add(delay.blocks), ..own_height };
        if now < time.saturating_add(delay.time) || height::order(&here) < height::order(&ready) {
            return Err(own::delay_not_passed(format!(
                "cannot verify packet until time: {} and height: {}",
                time.saturating_add(delay.time),
                height::show(&ready)
            )));
        }
    }
    let consensus = consensus_at(ctx, id, at)?.ok_or_else(|| {
        error::client::consensus_not_found(
            "please ensure the proof was constructed against a height that exists on the client",
        )
    })?;
    let root = consensus.root.unwrap_or_default().hash;
    proof::verify(ctx, &client.proof_specs, &root, keys, value, proof)
}

/// Takes an active client over an upgrade of its chain, which the chain has committed to
/// before it stopped.
///
/// # Errors
/// `client` 7 and 25, `ibc` 9, codespaces `07-tendermint` and `commitment`.
pub(crate) fn upgrade(
    ctx: &mut Ctx<'_>,
    id: &str,
    new: &ClientState,
    consensus: &ConsensusState,
    proofs: (&[u8], &[u8]),
) -> Result<Height> {
    let client = load(ctx, id)?;
    let last = latest(&client);
    if height::order(&latest(new)) <= height::order(&last) {
        return Err(error::core::invalid_height(format!(
            "upgraded client height {} must be at greater than current client height {}",
            height::show(&latest(new)),
            height::show(&last)
        )));
    }
    let Some((key, stores)) = client.upgrade_path.split_last() else {
        return Err(error::client::invalid_upgrade("cannot upgrade client, no upgrade path set"));
    };
    let trusted = consensus_at(ctx, id, &last)?
        .ok_or_else(|| error::client::consensus_not_found("could not retrieve consensus state for lastHeight"))?;
    let root = trusted.root.unwrap_or_default().hash;
    let keys = |what: &str| -> Vec<Vec<u8>> {
        let last = format!("{key}/{}/{what}", last.revision_height);
        stores.iter().cloned().chain([last]).map(String::into_bytes).collect()
    };
    let committed = pack(&without_custom_fields(new)).encode_to_vec();
    proof::verify(ctx, &client.proof_specs, &root, &keys("upgradedClient"), Some(&committed), proofs.0)?;
    let committed = pack(consensus).encode_to_vec();
    proof::verify(ctx, &client.proof_specs, &root, &keys("upgradedConsState"), Some(&committed), proofs.1)?;
    let (before, after) = (nanos(client.unbonding_period.as_ref()), nanos(new.unbonding_period.as_ref()));
    let mut trusting_period = client.trusting_period;
    if after < before && before > 0 {
        let scaled = nanos(trusting_period.as_ref()).saturating_mul(after).checked_div(before).unwrap_or(0);
        trusting_period = Some(Duration {
            seconds: i64::try_from(scaled / 1_000_000_000).unwrap_or(i64::MAX),
            nanos: i32::try_from(scaled % 1_000_000_000).unwrap_or(0),
        });
    }
    let next = ClientState {
        trust_level: client.trust_level,
        trusting_period,
        max_clock_drift: client.max_clock_drift,
        frozen_height: Some(Height::default()),
        ..without_custom_fields(new)
    };
    validate(&next)?;
    save(ctx, id, &next)?;
    let consensus = ConsensusState { root: Some(MerkleRoot { hash: SENTINEL_ROOT.to_vec() }), ..consensus.clone() };
    let now = (height::now(ctx), &height::host(ctx));
    save_consensus(ctx, id, &latest(&next), &consensus, now)?;
    Ok(latest(&next))
}

/// A client state with only what is the chain's own: the rest is for each client to choose.
#[allow(deprecated, reason = "the two flags are still in the message")]
pub(crate) fn without_custom_fields(client: &ClientState) -> ClientState {
    ClientState {
        chain_id: client.chain_id.clone(),
        trust_level: Some(Fraction::default()),
        trusting_period: Some(Duration::default()),
        unbonding_period: client.unbonding_period,
        max_clock_drift: Some(Duration::default()),
        frozen_height: Some(Height::default()),
        latest_height: client.latest_height,
        proof_specs: client.proof_specs.clone(),
        upgrade_path: client.upgrade_path.clone(),
        allow_update_after_expiry: false,
        allow_update_after_misbehaviour: false,
    }
}

/// Takes a frozen or expired client to the state of an active one of the same chain.
///
/// # Errors
/// `client` 27 when they differ in more than governance may decide on, 7 and 23.
#[allow(deprecated, reason = "the two flags are still in the message")]
pub(crate) fn recover(ctx: &mut Ctx<'_>, subject: &str, substitute: &str) -> Result<()> {
    let (mut client, other) = (load(ctx, subject)?, load(ctx, substitute)?);
    let comparable = |client: &ClientState| ClientState {
        chain_id: String::new(),
        latest_height: None,
        frozen_height: None,
        trusting_period: None,
        allow_update_after_expiry: true,
        allow_update_after_misbehaviour: true,
        ..client.clone()
    };
    if comparable(&client) != comparable(&other) {
        return Err(error::client::invalid_substitute("subject client state does not match substitute client state"));
    }
    let at = latest(&other);
    let consensus = consensus_at(ctx, substitute, &at)?.ok_or_else(|| {
        error::client::consensus_not_found("unable to retrieve latest consensus state for substitute client")
    })?;
    let (time, own_height) = processed(ctx, substitute, &at)?;
    save_consensus(ctx, subject, &at, &consensus, (time, &own_height))?;
    client.frozen_height = Some(Height::default());
    client.latest_height = other.latest_height;
    client.chain_id = other.chain_id;
    client.trusting_period = other.trusting_period;
    save(ctx, subject, &client)
}

/// The latest height that a client trusts.
///
/// # Errors
/// `client` 4.
pub(crate) fn latest_height(ctx: &mut Ctx<'_>, id: &str) -> Result<Height> {
    Ok(latest(&load(ctx, id)?))
}

/// The time of a height that a client trusts, in nanoseconds since the Unix epoch.
///
/// # Errors
/// `client` 7.
pub(crate) fn timestamp_at(ctx: &mut Ctx<'_>, id: &str, at: &Height) -> Result<u64> {
    let consensus = consensus_at(ctx, id, at)?;
    let consensus =
        consensus.ok_or_else(|| error::client::consensus_not_found(format!("height ({})", height::show(at))))?;
    Ok(timestamp(&consensus))
}

/// The type of a client by its identifier.
///
/// # Errors
/// `client` 10 for anything but this light client.
pub(crate) fn check_type(id: &str) -> Result<()> {
    path::check_client(id)?;
    match path::sequence(id, TENDERMINT) {
        Some(_) => Ok(()),
        None => Err(error::client::invalid_type(format!("client {id} is not of type {TENDERMINT}"))),
    }
}
