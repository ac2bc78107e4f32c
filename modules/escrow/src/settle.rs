//! Money out of escrows, and what their deadlines do.

use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::{
    coin,
    synergy::escrow::{Escrow, Outcome, Phase},
};

use crate::{
    error, events,
    params::params,
    state::{self, Funds, account, stored_address},
};

/// After how long the queue tries a failed payout again. Until then, and after, anybody
/// may by MsgAdvance; the funds stay where they are.
pub const RETRY_SECONDS: i64 = 86_400;

/// Pays the payee. The escrow must be written afterwards.
///
/// # Errors
/// Code 21 for a module's account, which would have no use for the coins.
pub(crate) fn pay(ctx: &mut Ctx<'_>, e: &mut Escrow, amount: u128) -> Result<()> {
    let mut funds = Funds::of(e);
    let payee = stored_address(e, &e.payee);
    if amount == 0 {
        return Ok(());
    }
    if synergy_auth::is_module(ctx, &payee)? {
        return Err(error::blocked(&e.payee));
    }
    if amount > funds.left() {
        return Err(error::too_much(e.id, amount, funds.left(), funds.denom.as_str()));
    }
    synergy_bank::transfer(ctx, &account(), &payee, &[(funds.denom.clone(), amount)])?;
    funds.paid = funds.paid.saturating_add(amount);
    e.paid = funds.paid.to_string();
    events::paid(ctx, e.id, &e.payee, &coin::display(&[funds.coin(amount)]));
    Ok(())
}

/// Gives the payer back all that is left. A module may have been the payer: what came
/// from it can go back.
fn give_back(ctx: &mut Ctx<'_>, e: &mut Escrow) -> Result<()> {
    let funds = Funds::of(e);
    let left = funds.left();
    if left == 0 {
        return Ok(());
    }
    synergy_bank::transfer(ctx, &account(), &stored_address(e, &e.payer), &[(funds.denom.clone(), left)])?;
    e.returned = funds.returned.saturating_add(left).to_string();
    events::paid(ctx, e.id, &e.payer, &coin::display(&[funds.coin(left)]));
    Ok(())
}

/// Pays `to_payee` to the payee and the rest to the payer, and closes the escrow.
pub(crate) fn close(ctx: &mut Ctx<'_>, mut e: Escrow, outcome: Outcome, to_payee: u128) -> Result<()> {
    pay(ctx, &mut e, to_payee)?;
    give_back(ctx, &mut e)?;
    e.phase = Phase::Closed.into();
    e.outcome = outcome.into();
    e.deadline = ctx.block.seconds.saturating_add(params(ctx)?.closed_seconds);
    let deadline = e.deadline;
    state::put(ctx, &mut e, deadline)?;
    events::closed(ctx, e.id, outcome);
    Ok(())
}

/// Pays all that is left to the payee.
pub(crate) fn release(ctx: &mut Ctx<'_>, e: Escrow) -> Result<()> {
    let left = Funds::of(&e).left();
    close(ctx, e, Outcome::Release, left)
}

/// Gives all that is left back to the payer.
pub(crate) fn refund(ctx: &mut Ctx<'_>, e: Escrow) -> Result<()> {
    close(ctx, e, Outcome::Refund, 0)
}

/// Does what an escrow's deadline asks for: the default outcome, or removal when it is
/// closed.
///
/// # Errors
/// Code 6 before the deadline, and what the payout fails with.
pub(crate) fn advance(ctx: &mut Ctx<'_>, id: u64) -> Result<()> {
    let e = state::escrow(ctx, id)?;
    if ctx.block.seconds < e.deadline {
        return Err(error::not_due(id, e.deadline));
    }
    match (e.phase(), e.default_outcome()) {
        (Phase::Closed, _) => state::remove(ctx, &e),
        (_, Outcome::Release) => release(ctx, e),
        _ => refund(ctx, e),
    }
}

/// Advances the escrows that are due, the earliest first, and no more than
/// `max_due_per_block`: the rest waits for the next blocks. A payout that fails is put
/// off and holds nobody up.
pub(crate) fn run_queue(ctx: &mut Ctx<'_>) -> Result<()> {
    let limit = params(ctx)?.max_due_per_block;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    for id in state::take_due(ctx, limit)? {
        if let Err(error) = ctx.atomic(|ctx| advance(ctx, id)) {
            put_off(ctx, id, &error)?;
        }
    }
    Ok(())
}

fn put_off(ctx: &mut Ctx<'_>, id: u64, error: &Error) -> Result<()> {
    let mut e = state::escrow(ctx, id)?;
    let again = ctx.block.seconds.checked_add(RETRY_SECONDS).ok_or_else(|| sdk::overflow("time"))?;
    state::put(ctx, &mut e, again)?;
    events::payout_failed(ctx, &e, error);
    Ok(())
}
