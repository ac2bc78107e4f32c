//! Deposits (SDK `keeper/deposit.go`).

use synergy_kernel::{Ctx, Result};
use synergy_proto::{
    Address,
    cosmos::gov::v1::{Deposit, Proposal, ProposalStatus},
};

use crate::{
    coins::{self, Coins},
    error,
    params::{Rules, rules},
    state::{self, DEPOSITS, PROPOSALS, RUNNING},
};

/// Pays a deposit, and begins the voting when that is enough; then returns true.
///
/// # Errors
/// `gov` 2, 3, 16, 20 and 23; SDK 5.
pub(crate) fn add(ctx: &mut Ctx<'_>, id: u64, depositor: &Address, amount: &Coins) -> Result<bool> {
    let mut p = state::proposal(ctx, id)?;
    if !matches!(p.status(), ProposalStatus::DepositPeriod | ProposalStatus::VotingPeriod) {
        return Err(error::inactive(format_args!("proposal {id} takes no deposits any more")));
    }
    if RUNNING.has(ctx, id)? {
        return Err(error::ended(format_args!("votes on proposal {id} are being counted")));
    }
    let rules = rules(ctx)?;
    check_denoms(&rules, amount)?;
    check_least(&rules, p.expedited, amount)?;
    synergy_bank::transfer(ctx, depositor, &state::account(), amount)?;
    let total = coins::plus(coins::read(&p.total_deposit)?, amount)?;
    p.total_deposit = coins::to_proto(&total);
    let starts = p.status() == ProposalStatus::DepositPeriod && coins::cover(&total, rules.deposit_for(p.expedited));
    if starts {
        begin_voting(ctx, &mut p, &rules)?;
    }
    PROPOSALS.set(ctx, id, &p)?;
    let before = DEPOSITS.get(ctx, (id, depositor))?.map_or(Ok(Coins::new()), |d| coins::read(&d.amount))?;
    let sum = coins::to_proto(&coins::plus(before, amount)?);
    let (name, text, number) = (depositor.to_string(), coins::text(amount), id.to_string());
    DEPOSITS.set(ctx, (id, depositor), &Deposit { proposal_id: id, depositor: name.clone(), amount: sum })?;
    ctx.emit("proposal_deposit", &[("depositor", &name), ("amount", &text), ("proposal_id", &number)]);
    Ok(starts)
}

fn begin_voting(ctx: &mut Ctx<'_>, p: &mut Proposal, rules: &Rules) -> Result<()> {
    state::dequeue(ctx, p)?;
    let start = state::now(ctx);
    p.status = ProposalStatus::VotingPeriod.into();
    p.voting_end_time = Some(state::later(&start, rules.seconds_for(p.expedited)));
    p.voting_start_time = Some(start);
    state::enqueue(ctx, p)
}

/// Only the coins of the minimum deposit are taken.
pub(crate) fn check_denoms(rules: &Rules, amount: &Coins) -> Result<()> {
    match amount.iter().find(|(denom, _)| coins::of(&rules.min_deposit, denom) == 0) {
        None => Ok(()),
        Some((denom, _)) => {
            let taken: Vec<&str> = rules.min_deposit.iter().map(|(denom, _)| denom.as_str()).collect();
            Err(error::denom(format_args!("deposited {denom}, but gov accepts only {}", taken.join(","))))
        }
    }
}

/// Each payment reaches a part of the deposit in one coin at least.
fn check_least(rules: &Rules, expedited: bool, amount: &Coins) -> Result<()> {
    let least = coins::part(rules.deposit_for(expedited), rules.min_deposit_ratio)?;
    if rules.min_deposit_ratio.is_zero() || least.iter().any(|(denom, least)| coins::of(amount, denom) >= *least) {
        return Ok(());
    }
    let (got, least) = (coins::text(amount), coins::text(&least));
    Err(error::small_deposit(format_args!("received {got:?} but need at least one of the following: {least}")))
}

/// The part that a proposer pays at once.
pub(crate) fn check_initial(rules: &Rules, expedited: bool, amount: &Coins) -> Result<()> {
    let least = coins::part(rules.deposit_for(expedited), rules.min_initial_ratio)?;
    if coins::cover(amount, &least) {
        return Ok(());
    }
    Err(error::small_deposit(format_args!("was ({}), need ({})", coins::text(amount), coins::text(&least))))
}
