//! Typed events, as the SDK's `EmitTypedEvent` writes them: the type is the message's
//! full name and each attribute's value its JSON.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use synergy_kernel::{Ctx, Error};
use synergy_proto::synergy::escrow::{Escrow, Outcome};

/// `id`, then the other fields.
fn emit(ctx: &mut Ctx<'_>, name: &str, id: u64, fields: &[(&str, &str)]) {
    let json = |text: &str| Value::from(text).to_string();
    let mut all = vec![("escrow_id", json(&id.to_string()))];
    all.extend(fields.iter().map(|(key, value)| (*key, json(value))));
    let attributes: Vec<(&str, &str)> = all.iter().map(|(key, value)| (*key, value.as_str())).collect();
    ctx.emit(&format!("synergy.escrow.v1.{name}"), &attributes);
}

pub(crate) fn created(ctx: &mut Ctx<'_>, e: &Escrow, amount: &str) {
    emit(ctx, "EventCreated", e.id, &[("payer", &e.payer), ("payee", &e.payee), ("amount", amount)]);
}

pub(crate) fn paid(ctx: &mut Ctx<'_>, id: u64, recipient: &str, amount: &str) {
    emit(ctx, "EventPaid", id, &[("recipient", recipient), ("amount", amount)]);
}

pub(crate) fn approved(ctx: &mut Ctx<'_>, id: u64, approver: &str) {
    emit(ctx, "EventApproved", id, &[("approver", approver)]);
}

pub(crate) fn disputed(ctx: &mut Ctx<'_>, e: &Escrow, party: &str) {
    emit(ctx, "EventDisputed", e.id, &[("party", party), ("deadline", &e.deadline.to_string())]);
}

pub(crate) fn verdict(ctx: &mut Ctx<'_>, id: u64, inputs: &[u8], outputs: &[u8]) {
    let base64 = |hash: &[u8]| BASE64_STANDARD.encode(hash);
    let (inputs, outputs) = (base64(inputs), base64(outputs));
    emit(ctx, "EventVerdict", id, &[("input_hash", &inputs), ("output_hash", &outputs)]);
}

pub(crate) fn closed(ctx: &mut Ctx<'_>, id: u64, outcome: Outcome) {
    emit(ctx, "EventClosed", id, &[("outcome", outcome.as_str_name())]);
}

pub(crate) fn payout_failed(ctx: &mut Ctx<'_>, e: &Escrow, error: &Error) {
    emit(ctx, "EventPayoutFailed", e.id, &[("error", &error.message), ("queued", &e.queued.to_string())]);
}
