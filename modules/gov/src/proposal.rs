//! Submitting and cancelling proposals (SDK `keeper/proposal.go`).

use prost::Message;
use serde::Deserialize;
use synergy_kernel::{Ctx, Result, address, schedule, sdk};
use synergy_proto::{
    Any,
    cosmos::gov::v1::{MsgSubmitProposal, Proposal, ProposalStatus, TallyResult},
};

use crate::{
    coins, deposit, error,
    params::rules,
    settle::Settlement,
    state::{self, NEXT_ID, PROPOSALS, RUNNING, SETTLEMENTS},
};

/// Longest title, and longest metadata, in bytes (the SDK's).
pub(crate) const MAX_METADATA: usize = 255;
/// Longest summary (the SDK's).
const MAX_SUMMARY: usize = 40 * MAX_METADATA;

/// What governance may not send, by beginnings of type URLs: it would spend the deposits,
/// let somebody else act in the module's name for good, or have governance vote.
const REFUSED: [&str; 12] = [
    "/cosmos.authz.",
    "/cosmos.bank.v1beta1.MsgSend",
    "/cosmos.bank.v1beta1.MsgMultiSend",
    "/cosmos.feegrant.",
    "/cosmos.gov.v1.MsgCancelProposal",
    "/cosmos.gov.v1.MsgDeposit",
    "/cosmos.gov.v1.MsgSubmitProposal",
    "/cosmos.gov.v1.MsgVote",
    "/cosmos.gov.v1beta1.",
    "/cosmos.staking.v1beta1.MsgCreateValidator",
    "/cosmos.staking.v1beta1.MsgDelegate",
    "/cosmos.vesting.",
];

/// What of a proposal's metadata must agree with it, when it is JSON.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    title: String,
    #[serde(default)]
    summary: String,
}

/// Checks what needs no state.
///
/// # Errors
/// SDK 18 and 10; `gov` 5, 11, 15 and 22.
pub(crate) fn validate(m: &MsgSubmitProposal) -> Result<()> {
    if m.title.is_empty() {
        return Err(sdk::invalid_request("proposal title cannot be empty"));
    }
    if m.summary.is_empty() {
        return Err(sdk::invalid_request("proposal summary cannot be empty"));
    }
    if m.messages.is_empty() && m.metadata.is_empty() {
        return Err(error::no_messages("either metadata or Msgs length must be non-nil"));
    }
    if let Ok(metadata) = serde_json::from_str::<Metadata>(&m.metadata) {
        for (name, inner, outer) in [("title", metadata.title, &m.title), ("summary", metadata.summary, &m.summary)] {
            if inner != *outer {
                return Err(error::content(format_args!(
                    "metadata {name} {inner:?} must equal proposal {name} {outer:?}"
                )));
            }
        }
    }
    lengths(&m.title, &m.summary, &m.metadata)?;
    coins::read(&m.initial_deposit).map(drop)
}

pub(crate) fn lengths(title: &str, summary: &str, metadata: &str) -> Result<()> {
    for (name, text) in [("metadata", metadata), ("title", title)] {
        if text.len() > MAX_METADATA {
            return Err(error::metadata(format_args!("{name} has {} bytes, at most {MAX_METADATA}", text.len())));
        }
    }
    if summary.len() > MAX_SUMMARY {
        return Err(error::summary(format_args!("{} bytes, at most {MAX_SUMMARY}", summary.len())));
    }
    Ok(())
}

/// Makes a proposal and pays its first deposit. Returns its number.
///
/// # Errors
/// `gov` 10, 12, 13 and 101 for its messages, 16 and 23 for its deposit; SDK 5.
pub(crate) fn submit(ctx: &mut Ctx<'_>, m: &MsgSubmitProposal) -> Result<u64> {
    let (proposer, first) = (address(&m.proposer, "proposer")?, coins::read(&m.initial_deposit)?);
    let rules = rules(ctx)?;
    deposit::check_initial(&rules, m.expedited, &first)?;
    deposit::check_denoms(&rules, &first)?;
    m.messages.iter().try_for_each(|message| check_message(ctx, message))?;
    let id = NEXT_ID.get(ctx)?.unwrap_or(1);
    NEXT_ID.set(ctx, &id.checked_add(1).ok_or_else(|| sdk::overflow("numbers of proposals"))?)?;
    let now = state::now(ctx);
    let zero = || "0".to_owned();
    let p = Proposal {
        id,
        messages: m.messages.clone(),
        status: ProposalStatus::DepositPeriod.into(),
        final_tally_result: Some(TallyResult {
            yes_count: zero(),
            abstain_count: zero(),
            no_count: zero(),
            no_with_veto_count: zero(),
        }),
        deposit_end_time: Some(state::later(&now, rules.deposit_seconds)),
        submit_time: Some(now),
        metadata: m.metadata.clone(),
        title: m.title.clone(),
        summary: m.summary.clone(),
        proposer: m.proposer.clone(),
        expedited: m.expedited,
        ..Proposal::default()
    };
    PROPOSALS.set(ctx, id, &p)?;
    state::enqueue(ctx, &p)?;
    let (number, urls) =
        (id.to_string(), m.messages.iter().map(|any| format!(",{}", any.type_url)).collect::<String>());
    let attributes =
        [("proposal_id", number.as_str()), ("proposal_proposer", &m.proposer), ("proposal_messages", &urls)];
    ctx.emit("submit_proposal", &attributes);
    // The SDK's surcharge: the proposal is written again when it is funded and decided.
    let bytes = p.encoded_len() as u64;
    ctx.gas.consume(schedule::WRITE_BYTE.saturating_mul(3).saturating_mul(bytes), "submit proposal")?;
    if deposit::add(ctx, id, &proposer, &first)? {
        ctx.emit("submit_proposal", &[("voting_period_start", &number)]);
    }
    Ok(id)
}

/// Whether a proposal may hold a message.
///
/// # Errors
/// `gov` 10 when the chain has no such message, 101 when governance may not send it, 12
/// when it is malformed, 13 when it is not signed by the module's account alone.
pub fn check_message(ctx: &Ctx<'_>, message: &Any) -> Result<()> {
    if !ctx.knows_message(&message.type_url) {
        let shown: String = message.type_url.chars().take(120).collect();
        return Err(error::unroutable(format_args!("this chain has no message {shown}")));
    }
    refuse(&message.type_url)?;
    let signers = ctx.signers(message).map_err(|e| error::message(&e.message))?;
    let account = state::account();
    if signers != [account] {
        let named: Vec<String> = signers.iter().map(ToString::to_string).collect();
        return Err(error::signer(format_args!(
            "{} is signed by {}, not {account}",
            message.type_url,
            named.join(",")
        )));
    }
    ctx.validate(message).map_err(|e| error::message(&e.message))
}

/// Refuses messages that governance may not send.
///
/// # Errors
/// `gov` 101.
fn refuse(type_url: &str) -> Result<()> {
    if REFUSED.iter().any(|start| type_url.starts_with(start)) {
        return Err(error::not_for_gov(format_args!(
            "{type_url} would spend deposits or lend out the gov account: to pay somebody, propose \
             /cosmos.distribution.v1beta1.MsgCommunityPoolSpend"
        )));
    }
    Ok(())
}

/// Takes a proposal back and charges its depositors.
///
/// # Errors
/// `gov` 2, 18, 20 and 21.
pub(crate) fn cancel(ctx: &mut Ctx<'_>, id: u64, proposer: &str) -> Result<()> {
    let p = state::proposal(ctx, id)?;
    if p.proposer != proposer {
        return Err(error::proposer(format_args!("proposal {id} is of {}, not of {proposer}", p.proposer)));
    }
    if !matches!(p.status(), ProposalStatus::DepositPeriod | ProposalStatus::VotingPeriod) {
        return Err(error::invalid("proposal should be in the deposit or voting period"));
    }
    let now = state::time_key(Some(&state::now(ctx)));
    let over = p.voting_end_time.as_ref().is_some_and(|end| state::time_key(Some(end)) < now);
    if over || RUNNING.has(ctx, id)? {
        return Err(error::ended(format_args!("proposal {id} can no longer be canceled")));
    }
    state::dequeue(ctx, &p)?;
    PROPOSALS.remove(ctx, id)?;
    let rules = rules(ctx)?;
    SETTLEMENTS.set(ctx, id, &Settlement::new(rules.cancel_ratio, &rules.cancel_dest))?;
    ctx.emit("cancel_proposal", &[("sender", proposer), ("proposal_id", &id.to_string())]);
    Ok(())
}
