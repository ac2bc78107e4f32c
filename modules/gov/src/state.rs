//! The tables, and the times in their keys.

use synergy_kernel::{Ctx, Error, Item, Map, Result, sdk};
use synergy_proto::{
    Address, Denom, Timestamp,
    cosmos::gov::v1::{Deposit, Proposal, ProposalStatus, Vote},
};

use crate::{
    STORE,
    coins::{self, Coins},
    error,
    settle::Settlement,
    tally::Running,
};

/// Seconds and nanoseconds: the order of keys is the order of times.
type TimeKey = (u64, u64);

pub(crate) const CONSTITUTION: Item<String> = Item::new(STORE, 2);
/// The number of the next proposal.
pub(crate) const NEXT_ID: Item<u64> = Item::new(STORE, 3);
pub(crate) const PROPOSALS: Map<u64, Proposal> = Map::new(STORE, 4);
pub(crate) const DEPOSITS: Map<(u64, &Address), Deposit> = Map::new(STORE, 5);
pub(crate) const VOTES: Map<(u64, &Address), Vote> = Map::new(STORE, 6);
/// Proposals by the end of their deposit period, and by that of voting.
pub(crate) const UNFUNDED: Map<(TimeKey, u64), ()> = Map::new(STORE, 7);
pub(crate) const VOTING: Map<(TimeKey, u64), ()> = Map::new(STORE, 8);
/// Tallies whose counting goes on in the next block.
pub(crate) const RUNNING: Map<u64, Running> = Map::new(STORE, 9);
/// Proposals whose deposits and votes are to be removed.
pub(crate) const SETTLEMENTS: Map<u64, Settlement> = Map::new(STORE, 10);

/// The module's account, in whose name proposals run.
pub(crate) fn account() -> Address {
    Address::module(STORE.name)
}

pub(crate) fn now(ctx: &Ctx<'_>) -> Timestamp {
    Timestamp { seconds: ctx.block.seconds, nanos: i32::try_from(ctx.block.nanos).unwrap_or(0) }
}

pub(crate) fn later(time: &Timestamp, seconds: i64) -> Timestamp {
    Timestamp { seconds: time.seconds.saturating_add(seconds), ..*time }
}

pub(crate) fn time_key(time: Option<&Timestamp>) -> TimeKey {
    // Block times are after 1970.
    time.map_or((0, 0), |t| (u64::try_from(t.seconds).unwrap_or(0), u64::try_from(t.nanos).unwrap_or(0)))
}

/// A proposal that must be there.
///
/// # Errors
/// `gov` 2.
pub(crate) fn proposal(ctx: &mut Ctx<'_>, id: u64) -> Result<Proposal> {
    PROPOSALS.get(ctx, id)?.ok_or_else(|| error::unknown(format_args!("proposal {id} doesn't exist")))
}

/// Puts a proposal into the queue of the period that it is in.
pub(crate) fn enqueue(ctx: &mut Ctx<'_>, p: &Proposal) -> Result<()> {
    match p.status() {
        ProposalStatus::DepositPeriod => UNFUNDED.set(ctx, (time_key(p.deposit_end_time.as_ref()), p.id), &()),
        ProposalStatus::VotingPeriod => VOTING.set(ctx, (time_key(p.voting_end_time.as_ref()), p.id), &()),
        _ => Ok(()),
    }
}

/// Takes it out of that queue.
pub(crate) fn dequeue(ctx: &mut Ctx<'_>, p: &Proposal) -> Result<()> {
    match p.status() {
        ProposalStatus::DepositPeriod => UNFUNDED.remove(ctx, (time_key(p.deposit_end_time.as_ref()), p.id)),
        ProposalStatus::VotingPeriod => VOTING.remove(ctx, (time_key(p.voting_end_time.as_ref()), p.id)),
        _ => Ok(()),
    }
}

/// The first proposals of a queue whose time has come, at most so many.
pub(crate) fn due(ctx: &mut Ctx<'_>, queue: &Map<(TimeKey, u64), ()>, most: usize) -> Result<Vec<u64>> {
    let now = time_key(Some(&now(ctx)));
    let mut due = Vec::new();
    queue.for_each(ctx, (), |(time, id), ()| {
        if time > now || due.len() >= most {
            return Ok(false);
        }
        due.push(id);
        Ok(true)
    })?;
    Ok(due)
}

/// The module's account holds the deposits, and nothing else.
pub(crate) fn check_deposits(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut all = Vec::new();
    DEPOSITS.for_each(ctx, (), |_, deposit| {
        all.push(coins::read(&deposit.amount)?);
        Ok(true)
    })?;
    let sum = all.iter().try_fold(Coins::new(), coins::plus)?;
    let held: Vec<(Denom, u128)> = synergy_bank::balances(ctx, &account())?;
    if sum == held {
        return Ok(());
    }
    Err(broken(&format!("the account holds {}, deposits sum to {}", coins::text(&held), coins::text(&sum))))
}

fn broken(what: &str) -> Error {
    sdk::invalid_request(format!("gov invariant broken: {what}"))
}
