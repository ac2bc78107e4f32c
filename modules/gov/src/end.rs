//! The ends of both periods, at the end of a block (SDK `abci.go`).

use synergy_kernel::{Ctx, Result};
use synergy_proto::cosmos::gov::v1::{Proposal, ProposalStatus};

use crate::{
    coins, error,
    params::rules,
    settle::Settlement,
    state::{self, PROPOSALS, RUNNING, SETTLEMENTS, UNFUNDED, VOTING},
    tally::{Tally, Verdict},
};

/// Votes, and delegations of their voters, that one block counts. What is left goes on
/// in the next block, before proposals whose voting ended later.
pub const COUNTED_PER_BLOCK: usize = 2_000;
/// Gas that the messages of a proposal may use together: half of a block's on a new
/// chain. One that needs more fails, alone.
pub const PROPOSAL_GAS: u64 = 500_000_000;
/// Proposals that one block drops for want of deposits.
const DROPPED_PER_BLOCK: usize = 100;

/// Drops the proposals whose deposit period is over.
pub(crate) fn drop_unfunded(ctx: &mut Ctx<'_>) -> Result<()> {
    for id in state::due(ctx, &UNFUNDED, DROPPED_PER_BLOCK)? {
        let p = state::proposal(ctx, id)?;
        state::dequeue(ctx, &p)?;
        PROPOSALS.remove(ctx, id)?;
        let burn = rules(ctx)?.burn_prevote;
        SETTLEMENTS.set(ctx, id, &Settlement::burn(burn))?;
        let number = id.to_string();
        ctx.emit("inactive_proposal", &[("proposal_id", &number), ("proposal_result", "proposal_dropped")]);
    }
    Ok(())
}

/// Counts the votes of proposals whose voting is over, in order of its end. A proposal
/// that runs takes the rest of the block's work: two never run in one block.
pub(crate) fn count(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut work = COUNTED_PER_BLOCK;
    for id in state::due(ctx, &VOTING, DROPPED_PER_BLOCK)? {
        if work == 0 {
            break;
        }
        let mut tally = match RUNNING.get(ctx, id)? {
            Some(running) => Tally::read(running)?,
            None => Tally::begin(ctx)?,
        };
        if !tally.count(ctx, id, &mut work)? {
            RUNNING.set(ctx, id, &tally.into_running())?;
            break;
        }
        RUNNING.remove(ctx, id)?;
        let p = state::proposal(ctx, id)?;
        let verdict = tally.verdict(&rules(ctx)?, p.expedited)?;
        if verdict.passes {
            work = 0;
        }
        decide(ctx, p, verdict)?;
    }
    Ok(())
}

fn decide(ctx: &mut Ctx<'_>, mut p: Proposal, verdict: Verdict) -> Result<()> {
    state::dequeue(ctx, &p)?;
    let (result, log) = if verdict.passes {
        match execute(ctx, &p) {
            Ok(()) => {
                p.status = ProposalStatus::Passed.into();
                ("proposal_passed", "passed".to_owned())
            }
            Err((place, error)) => {
                p.status = ProposalStatus::Failed.into();
                p.failed_reason = error.to_string();
                ("proposal_failed", format!("passed, but {place} failed on execution: {error}"))
            }
        }
    } else if p.expedited {
        p.expedited = false;
        let seconds = rules(ctx)?.voting_seconds;
        p.voting_end_time = p.voting_start_time.as_ref().map(|start| state::later(start, seconds));
        state::enqueue(ctx, &p)?;
        ("expedited_proposal_rejected", "expedited proposal converted to regular".to_owned())
    } else {
        p.status = ProposalStatus::Rejected.into();
        "proposal did not get enough votes to pass".clone_into(&mut p.failed_reason);
        ("proposal_rejected", "rejected".to_owned())
    };
    if p.status() != ProposalStatus::VotingPeriod {
        SETTLEMENTS.set(ctx, p.id, &Settlement::burn(verdict.burn))?;
    }
    p.final_tally_result = Some(verdict.result);
    PROPOSALS.set(ctx, p.id, &p)?;
    let id = p.id.to_string();
    ctx.emit("active_proposal", &[("proposal_id", &id), ("proposal_result", result), ("proposal_log", &log)]);
    Ok(())
}

/// Runs a proposal's messages as the module's account, all or none; an error comes with
/// the message that it is of. Afterwards the account must have what it had: deposits are
/// not a proposal's to spend, not even by a contract that it calls.
fn execute(ctx: &mut Ctx<'_>, p: &Proposal) -> std::result::Result<(), (String, synergy_kernel::Error)> {
    let mut place = "its bookkeeping".to_owned();
    let account = state::account();
    let run = |ctx: &mut Ctx<'_>| {
        let before = synergy_bank::balances(ctx, &account)?;
        for (index, message) in p.messages.iter().enumerate() {
            place = format!("msg {index} ({})", message.type_url);
            ctx.dispatch(message, &account)?;
        }
        let after = synergy_bank::balances(ctx, &account)?;
        if after == before {
            return Ok(());
        }
        let (before, after) = (coins::text(&before), coins::text(&after));
        Err(error::spends_deposits(format_args!("the gov account had {before} and would have {after}")))
    };
    let (done, _) = ctx.metered(PROPOSAL_GAS, |ctx| ctx.atomic(run));
    done.map_err(|error| (place, error))
}
