use synergy_kernel::{Ctx, Result, Routes, address, sdk};
use synergy_model_registry::Engine;
use synergy_proto::{
    Address, Coin, coin,
    synergy::escrow::{
        Escrow, MsgAdvance, MsgAdvanceResponse, MsgApprove, MsgApproveResponse, MsgCancel, MsgCancelResponse,
        MsgCreate, MsgCreateResponse, MsgDispute, MsgDisputeResponse, MsgPartialRelease, MsgPartialReleaseResponse,
        MsgRefund, MsgRefundResponse, MsgRelease, MsgReleaseResponse, MsgResolve, MsgResolveResponse, MsgUpdateParams,
        MsgUpdateParamsResponse, MsgWithdraw, MsgWithdrawResponse, Outcome, Phase, Stream, condition::Kind,
    },
};

use crate::{
    condition, create, error, events,
    params::{self, PARAMS, authority},
    settle,
    state::{self, Funds},
    stream,
};

pub(crate) fn register(routes: &mut Routes, engine: &Engine) {
    routes.message::<MsgCreate, MsgCreateResponse>(
        |m| signer(&m.payer, "payer"),
        create::validate,
        |ctx, m| Ok(MsgCreateResponse { escrow_id: create::create(ctx, m)? }),
    );
    let engine = engine.clone();
    routes.message::<MsgRelease, MsgReleaseResponse>(
        |m| signer(&m.sender, "sender"),
        |_| Ok(()),
        move |ctx, m| release(ctx, &engine, m),
    );
    routes.message::<MsgPartialRelease, MsgPartialReleaseResponse>(
        |m| signer(&m.payer, "payer"),
        |_| Ok(()),
        partial_release,
    );
    routes.message::<MsgRefund, MsgRefundResponse>(|m| signer(&m.payee, "payee"), |_| Ok(()), refund);
    routes.message::<MsgDispute, MsgDisputeResponse>(|m| signer(&m.party, "party"), |_| Ok(()), dispute);
    routes.message::<MsgResolve, MsgResolveResponse>(|m| signer(&m.arbiter, "arbiter"), |_| Ok(()), resolve);
    routes.message::<MsgApprove, MsgApproveResponse>(|m| signer(&m.approver, "approver"), |_| Ok(()), approve);
    routes.message::<MsgWithdraw, MsgWithdrawResponse>(|m| signer(&m.payee, "payee"), |_| Ok(()), withdraw);
    routes.message::<MsgCancel, MsgCancelResponse>(|m| signer(&m.payer, "payer"), |_| Ok(()), cancel);
    routes.message::<MsgAdvance, MsgAdvanceResponse>(
        |m| signer(&m.sender, "sender"),
        |_| Ok(()),
        |ctx, m| settle::advance(ctx, m.escrow_id).map(|()| MsgAdvanceResponse {}),
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| signer(&m.authority, "authority"),
        |m| params::check(&m.params.unwrap_or_default()),
        |ctx, m| {
            params::check_authority(&m.authority)?;
            PARAMS.set(ctx, &m.params.unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

fn signer(text: &str, what: &str) -> Result<Vec<Address>> {
    Ok(vec![address(text, what)?])
}

/// Whether `given` is the party that an escrow names `party`. Texts of one address may
/// differ in case, so addresses are compared.
fn is(given: &str, party: &str) -> bool {
    matches!((given.parse::<Address>(), party.parse::<Address>()), (Ok(a), Ok(b)) if a == b)
}

fn expect(e: &Escrow, given: &str, party: &str, role: &str) -> Result<()> {
    if is(given, party) { Ok(()) } else { Err(error::wrong_party(e.id, given, role)) }
}

/// Reads an amount of the escrow's coin that it has left.
fn part(e: &Escrow, given: Option<&Coin>) -> Result<u128> {
    let (denom, amount) =
        coin::read(&given.cloned().unwrap_or_default()).map_err(|e| sdk::invalid_coins(e.to_string()))?;
    let funds = Funds::of(e);
    if denom != funds.denom {
        return Err(error::wrong_denom(e.id, denom.as_str(), funds.denom.as_str()));
    }
    if amount > funds.left() {
        return Err(error::too_much(e.id, amount, funds.left(), funds.denom.as_str()));
    }
    Ok(amount)
}

fn release(ctx: &mut Ctx<'_>, engine: &Engine, m: &MsgRelease) -> Result<MsgReleaseResponse> {
    let e = state::live(ctx, m.escrow_id)?;
    if !is(&m.sender, &e.payer) {
        condition::meet(ctx, engine, &e, m)?;
    }
    settle::release(ctx, e)?;
    Ok(MsgReleaseResponse {})
}

fn partial_release(ctx: &mut Ctx<'_>, m: &MsgPartialRelease) -> Result<MsgPartialReleaseResponse> {
    let mut e = state::live(ctx, m.escrow_id)?;
    expect(&e, &m.payer, &e.payer, "payer")?;
    if e.stream.is_some() {
        return Err(error::is_stream(e.id));
    }
    let amount = part(&e, m.amount.as_ref())?;
    if amount == 0 {
        return Err(sdk::invalid_coins("the amount is zero: release something"));
    }
    pay_some(ctx, &mut e, amount)?;
    Ok(MsgPartialReleaseResponse {})
}

/// Pays a part to the payee; the last part closes the escrow.
fn pay_some(ctx: &mut Ctx<'_>, e: &mut Escrow, amount: u128) -> Result<()> {
    if amount == Funds::of(e).left() {
        return settle::release(ctx, e.clone());
    }
    settle::pay(ctx, e, amount)?;
    let queued = e.queued;
    state::put(ctx, e, queued)
}

fn refund(ctx: &mut Ctx<'_>, m: &MsgRefund) -> Result<MsgRefundResponse> {
    let e = state::live(ctx, m.escrow_id)?;
    expect(&e, &m.payee, &e.payee, "payee")?;
    settle::refund(ctx, e)?;
    Ok(MsgRefundResponse {})
}

/// A dispute never shortens the time until the default outcome and never changes it, so
/// that nobody gains by an arbiter's silence.
fn dispute(ctx: &mut Ctx<'_>, m: &MsgDispute) -> Result<MsgDisputeResponse> {
    let mut e = state::open(ctx, m.escrow_id)?;
    if !is(&m.party, &e.payer) && !is(&m.party, &e.payee) {
        return Err(error::wrong_party(e.id, &m.party, "payer or payee"));
    }
    if e.dispute_seconds == 0 {
        return Err(error::no_disputes(e.id));
    }
    e.phase = Phase::Disputed.into();
    e.deadline = e.expires.max(ctx.block.seconds.saturating_add(e.dispute_seconds));
    let deadline = e.deadline;
    state::put(ctx, &mut e, deadline)?;
    events::disputed(ctx, &e, &m.party);
    Ok(MsgDisputeResponse { deadline })
}

fn resolve(ctx: &mut Ctx<'_>, m: &MsgResolve) -> Result<MsgResolveResponse> {
    let e = state::live(ctx, m.escrow_id)?;
    if e.phase() != Phase::Disputed {
        return Err(error::wrong_phase(e.id, e.phase(), "disputed"));
    }
    let governance = authority().to_string();
    let arbiter = if e.arbiter.is_empty() { &governance } else { &e.arbiter };
    expect(&e, &m.arbiter, arbiter, "arbiter")?;
    let to_payee = part(&e, m.payee_amount.as_ref())?;
    settle::close(ctx, e, Outcome::Resolved, to_payee)?;
    Ok(MsgResolveResponse {})
}

fn approve(ctx: &mut Ctx<'_>, m: &MsgApprove) -> Result<MsgApproveResponse> {
    let mut e = state::live(ctx, m.escrow_id)?;
    if ctx.block.seconds >= e.expires {
        return Err(error::past_deadline(e.id, e.expires));
    }
    let Some(Kind::Approval(condition)) = e.condition.as_ref().and_then(|c| c.kind.as_ref()) else {
        return Err(error::no_condition(e.id, "approval"));
    };
    if !condition.approvers.iter().any(|approver| is(&m.approver, approver)) {
        return Err(error::wrong_party(e.id, &m.approver, "approver"));
    }
    if e.approvals.iter().any(|approver| is(&m.approver, approver)) {
        return Err(error::already_approved(e.id, &m.approver));
    }
    let threshold = usize::try_from(condition.threshold).unwrap_or(usize::MAX);
    e.approvals.push(m.approver.clone());
    events::approved(ctx, e.id, &m.approver);
    let released = e.approvals.len() >= threshold;
    if released {
        settle::release(ctx, e)?;
    } else {
        let queued = e.queued;
        state::put(ctx, &mut e, queued)?;
    }
    Ok(MsgApproveResponse { released })
}

fn stream_of(e: &Escrow) -> Result<Stream> {
    e.stream.ok_or_else(|| error::not_stream(e.id))
}

fn withdraw(ctx: &mut Ctx<'_>, m: &MsgWithdraw) -> Result<MsgWithdrawResponse> {
    let mut e = state::open(ctx, m.escrow_id)?;
    expect(&e, &m.payee, &e.payee, "payee")?;
    let funds = Funds::of(&e);
    let amount = stream::accrued(ctx, &stream_of(&e)?, funds.amount).saturating_sub(funds.paid);
    if amount == 0 {
        return Err(error::nothing_accrued(e.id));
    }
    pay_some(ctx, &mut e, amount)?;
    Ok(MsgWithdrawResponse { amount: Some(funds.coin(amount)) })
}

fn cancel(ctx: &mut Ctx<'_>, m: &MsgCancel) -> Result<MsgCancelResponse> {
    let e = state::open(ctx, m.escrow_id)?;
    expect(&e, &m.payer, &e.payer, "payer")?;
    let stream = stream_of(&e)?;
    if !stream.cancelable {
        return Err(error::not_cancelable(e.id));
    }
    let funds = Funds::of(&e);
    let accrued = stream::accrued(ctx, &stream, funds.amount).saturating_sub(funds.paid);
    settle::close(ctx, e, Outcome::Cancelled, accrued)?;
    Ok(MsgCancelResponse {})
}
