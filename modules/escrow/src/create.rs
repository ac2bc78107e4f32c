//! Opening an escrow.

use synergy_kernel::{Ctx, Result, address, sdk};
use synergy_proto::{
    Denom, coin,
    synergy::escrow::{Escrow, MsgCreate, Outcome, Phase, Stream, condition::Kind},
};

use crate::{
    condition, error, events,
    params::params,
    state::{self, NEXT_ID, account},
};

/// The checks that need no state.
pub(crate) fn validate(m: &MsgCreate) -> Result<()> {
    let (payer, payee) = (address(&m.payer, "payer")?, address(&m.payee, "payee")?);
    if payer == payee {
        return Err(error::bad_parties("payer and payee are the same"));
    }
    if !m.arbiter.is_empty() {
        let arbiter = address(&m.arbiter, "arbiter")?;
        if arbiter == payer || arbiter == payee {
            return Err(error::bad_parties("the arbiter is one of the parties: name somebody else, or leave it out"));
        }
    }
    deposit(m)?;
    if !matches!(m.default_outcome(), Outcome::Release | Outcome::Refund) {
        return Err(error::bad_default("say release or refund"));
    }
    if m.dispute_seconds < 0 {
        return Err(error::bad_deadline("dispute_seconds is negative"));
    }
    match (&m.condition, &m.stream) {
        (Some(_), Some(_)) => Err(error::bad_stream("a stream has no condition")),
        (Some(condition), None) => condition::check(condition, m.expires),
        (None, Some(stream)) => check_stream(stream, m),
        (None, None) => Ok(()),
    }
}

fn deposit(m: &MsgCreate) -> Result<(Denom, u128)> {
    let (denom, amount) =
        coin::read(&m.amount.clone().unwrap_or_default()).map_err(|e| sdk::invalid_coins(e.to_string()))?;
    if amount == 0 {
        return Err(sdk::invalid_coins("the amount is zero: deposit something"));
    }
    Ok((denom, amount))
}

fn check_stream(stream: &Stream, m: &MsgCreate) -> Result<()> {
    if stream.start < 0 || stream.start >= stream.end {
        return Err(error::bad_stream("it must start at 0 or later and end after its start"));
    }
    if !stream.by_height && stream.end > m.expires {
        return Err(error::bad_stream("it must have ended when the escrow expires"));
    }
    if m.default_outcome() != Outcome::Release {
        return Err(error::bad_default("what a stream has left at its expiry is the payee's: say release"));
    }
    Ok(())
}

/// The checks against the state.
fn check(ctx: &mut Ctx<'_>, m: &MsgCreate) -> Result<()> {
    let params = params(ctx)?;
    let now = ctx.block.seconds;
    let last = now.saturating_add(params.max_seconds);
    if m.expires <= now || m.expires > last {
        return Err(error::bad_deadline(&format!("expires {} must be after {now} and by {last}", m.expires)));
    }
    if m.dispute_seconds > params.max_dispute_seconds {
        return Err(error::bad_deadline(&format!(
            "dispute_seconds {} is more than {}",
            m.dispute_seconds, params.max_dispute_seconds
        )));
    }
    if synergy_auth::is_module(ctx, &address(&m.payee, "payee")?)? {
        return Err(error::blocked(&m.payee));
    }
    match m.condition.as_ref().and_then(|c| c.kind.as_ref()) {
        Some(Kind::Inference(inference)) => condition::check_model(ctx, inference),
        _ => Ok(()),
    }
}

/// Takes the deposit and opens the escrow; returns its id.
pub(crate) fn create(ctx: &mut Ctx<'_>, m: &MsgCreate) -> Result<u64> {
    check(ctx, m)?;
    let deposit = [deposit(m)?];
    synergy_bank::check_enabled(ctx, &deposit)?;
    synergy_bank::transfer(ctx, &address(&m.payer, "payer")?, &account(), &deposit)?;
    let id = state::next_id(ctx)?;
    NEXT_ID.set(ctx, &id.checked_add(1).ok_or_else(|| sdk::overflow("escrow id"))?)?;
    let e = Escrow {
        id,
        payer: m.payer.clone(),
        payee: m.payee.clone(),
        arbiter: m.arbiter.clone(),
        amount: m.amount.clone(),
        paid: "0".to_owned(),
        returned: "0".to_owned(),
        phase: Phase::Open.into(),
        expires: m.expires,
        default_outcome: m.default_outcome,
        dispute_seconds: m.dispute_seconds,
        deadline: m.expires,
        condition: m.condition.clone(),
        stream: m.stream,
        approvals: Vec::new(),
        outcome: Outcome::Unspecified.into(),
        queued: m.expires,
    };
    state::add(ctx, &e)?;
    events::created(ctx, &e, &coin::display(&[m.amount.clone().unwrap_or_default()]));
    Ok(id)
}
