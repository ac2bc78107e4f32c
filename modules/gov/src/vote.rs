//! Votes (SDK `keeper/vote.go`).

use synergy_kernel::{Ctx, Dec, Result, sdk};
use synergy_proto::{
    Address,
    cosmos::gov::v1::{ProposalStatus, Vote, VoteOption, WeightedVoteOption},
};

use crate::{
    error,
    proposal::MAX_METADATA,
    state::{self, RUNNING, VOTES},
};

/// The whole vote for one option.
pub(crate) fn whole(option: i32) -> Vec<WeightedVoteOption> {
    vec![WeightedVoteOption { option, weight: Dec::ONE.to_string() }]
}

/// Checks that options are known, differ, and their weights sum to 1.
///
/// # Errors
/// `gov` 7; SDK 18 for none at all.
pub(crate) fn check(options: &[WeightedVoteOption]) -> Result<()> {
    if options.is_empty() {
        return Err(sdk::invalid_request("a weighted vote names at least one option"));
    }
    let (mut sum, mut seen) = (Dec::ZERO, Vec::with_capacity(options.len()));
    for option in options {
        let weight: Dec = option.weight.parse().map_err(|e| error::vote(format_args!("invalid weight: {e}")))?;
        if option.option() == VoteOption::Unspecified || weight.is_negative() || weight.is_zero() || weight > Dec::ONE {
            return Err(error::vote(format_args!("option {} with weight {weight}", option.option)));
        }
        if seen.contains(&option.option) {
            return Err(error::vote("duplicated vote option"));
        }
        seen.push(option.option);
        sum = sum.plus(weight)?;
    }
    if sum == Dec::ONE {
        return Ok(());
    }
    Err(error::vote(if sum > Dec::ONE { "total weight overflow 1.00" } else { "total weight lower than 1.00" }))
}

/// Casts a vote, in place of an earlier one of the same account.
///
/// # Errors
/// `gov` 2 and 3 for no such vote, 20 when it has ended, 15.
pub(crate) fn cast(
    ctx: &mut Ctx<'_>,
    id: u64,
    voter: &Address,
    options: &[WeightedVoteOption],
    metadata: &str,
) -> Result<()> {
    let p = state::proposal(ctx, id)?;
    if p.status() != ProposalStatus::VotingPeriod {
        return Err(error::inactive(format_args!("proposal {id} is not in its voting period")));
    }
    if RUNNING.has(ctx, id)? {
        return Err(error::ended(format_args!("votes on proposal {id} are being counted")));
    }
    if metadata.len() > MAX_METADATA {
        return Err(error::metadata(format_args!("{} bytes, at most {MAX_METADATA}", metadata.len())));
    }
    let options: Vec<WeightedVoteOption> = options
        .iter()
        .map(|o| Ok(WeightedVoteOption { option: o.option, weight: o.weight.parse::<Dec>()?.to_string() }))
        .collect::<Result<_>>()?;
    let texts: Vec<String> =
        options.iter().map(|o| format!("{{\"option\":{},\"weight\":\"{}\"}}", o.option, o.weight)).collect();
    let (name, option, number) = (voter.to_string(), format!("[{}]", texts.join(",")), id.to_string());
    let vote = Vote { proposal_id: id, voter: name.clone(), options, metadata: metadata.to_owned() };
    VOTES.set(ctx, (id, voter), &vote)?;
    ctx.emit("proposal_vote", &[("voter", &name), ("option", &option), ("proposal_id", &number)]);
    Ok(())
}
