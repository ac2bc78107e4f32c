//! Conditions: what may be agreed upon, and whether it has come true.

use std::collections::BTreeSet;

use synergy_kernel::{Ctx, Result};
use synergy_model_registry::{Engine, price, read_id, sealed};
use synergy_proto::{
    Address,
    synergy::{
        aivm::Tensor,
        escrow::{
            ApprovalCondition, Comparison, Condition, Escrow, InferenceCondition, MsgRelease, Phase, condition::Kind,
        },
    },
};
use synergy_store::sha256;

use crate::{compare, error, events};

/// Most approvers of an escrow.
const MAX_APPROVERS: usize = 32;
/// Longest name of an output, in bytes.
const MAX_NAME: usize = 256;

/// The checks that need no state.
///
/// # Errors
/// Code 12.
pub(crate) fn check(condition: &Condition, expires: i64) -> Result<()> {
    match &condition.kind {
        None => Err(error::bad_condition("it is empty: leave the condition out, or say which")),
        Some(Kind::NotBefore(second)) if *second < 0 || *second >= expires => {
            Err(error::bad_condition(&format!("not_before {second} must be from 0 to before expires {expires}")))
        }
        Some(Kind::NotBefore(_)) => Ok(()),
        Some(Kind::PreimageHash(hash)) => check_hash(hash, "preimage_hash"),
        Some(Kind::Inference(inference)) => check_inference(inference),
        Some(Kind::Approval(approval)) => check_approval(approval),
    }
}

fn check_hash(hash: &[u8], what: &str) -> Result<()> {
    match hash.len() {
        32 => Ok(()),
        n => Err(error::bad_condition(&format!("{what} has {n} bytes, a SHA-256 has 32"))),
    }
}

fn check_inference(c: &InferenceCondition) -> Result<()> {
    check_hash(&c.model_id, "model_id")?;
    check_hash(&c.input_hash, "input_hash")?;
    if c.output.is_empty() || c.output.len() > MAX_NAME {
        return Err(error::bad_condition(&format!("output is a name of 1 to {MAX_NAME} bytes")));
    }
    match Comparison::try_from(c.comparison) {
        Ok(Comparison::Unspecified) | Err(_) => Err(error::bad_condition("say how the output is compared")),
        Ok(_) => Ok(()),
    }
}

fn check_approval(c: &ApprovalCondition) -> Result<()> {
    let mut seen = BTreeSet::new();
    for text in &c.approvers {
        let approver: Address = text.parse().map_err(|e| error::bad_condition(&format!("approver {text:?}: {e}")))?;
        if !seen.insert(approver) {
            return Err(error::bad_condition(&format!("approver {text} is named twice")));
        }
    }
    let threshold = usize::try_from(c.threshold).unwrap_or(usize::MAX);
    if threshold == 0 || threshold > seen.len() || seen.len() > MAX_APPROVERS {
        return Err(error::bad_condition(&format!(
            "{threshold} of {} approvers: at least 1, at most all, and no more than {MAX_APPROVERS} approvers",
            seen.len()
        )));
    }
    Ok(())
}

/// Checks that the model of a condition can be run and has the output, and that the
/// threshold is an element of it.
///
/// # Errors
/// Code 11 for the model, 12 for the rest.
pub(crate) fn check_model(ctx: &mut Ctx<'_>, c: &InferenceCondition) -> Result<()> {
    let id = read_id(&c.model_id, "model_id")?;
    let model = sealed(ctx, &id).map_err(|e| match e.codespace {
        "modelregistry" => error::unknown_model(&e.message),
        _ => e,
    })?;
    if model.terms.as_ref().is_some_and(|terms| terms.restricted) || price(&model) > 0 {
        return Err(error::unknown_model("it has a price or is restricted, and a release could not pay for it"));
    }
    let Some(output) = model.outputs.iter().find(|output| output.name == c.output) else {
        let names: Vec<&str> = model.outputs.iter().map(|output| output.name.as_str()).collect();
        return Err(error::bad_condition(&format!("the model has no output {:?}: it has {names:?}", c.output)));
    };
    let elements = output.shape.iter().fold(1_u64, |product, dim| product.saturating_mul(*dim));
    if c.element >= elements {
        return Err(error::bad_condition(&format!("element {} of an output with {elements} elements", c.element)));
    }
    match compare::number(&output.dtype, &c.threshold) {
        Some(_) => Ok(()),
        None => Err(error::bad_condition(&format!(
            "the threshold must be one {} in little-endian and not a NaN, it has {} bytes",
            output.dtype,
            c.threshold.len()
        ))),
    }
}

/// Checks that the witness in a release meets the escrow's condition.
///
/// # Errors
/// Code 4 without a condition that a release can meet, 7 too early, 8 wrong preimage, 9
/// wrong inputs, 10 another verdict, 3 when only the arbiter can say; what the inference
/// fails with.
pub(crate) fn meet(ctx: &mut Ctx<'_>, engine: &Engine, e: &Escrow, m: &MsgRelease) -> Result<()> {
    if ctx.block.seconds >= e.expires {
        return Err(error::past_deadline(e.id, e.expires));
    }
    match e.condition.as_ref().and_then(|c| c.kind.as_ref()) {
        None | Some(Kind::Approval(_)) => Err(error::wrong_party(e.id, &m.sender, "payer")),
        // Time passes by itself: if it released a disputed escrow, no dispute would
        // ever stop anything.
        Some(Kind::NotBefore(_)) if e.phase() == Phase::Disputed => {
            Err(error::wrong_phase(e.id, Phase::Disputed, "open"))
        }
        Some(Kind::NotBefore(second)) if ctx.block.seconds < *second => Err(error::too_early(e.id, *second)),
        Some(Kind::NotBefore(_)) => Ok(()),
        Some(Kind::PreimageHash(hash)) if sha256(&m.preimage).as_slice() != hash => Err(error::wrong_preimage(e.id)),
        Some(Kind::PreimageHash(_)) => Ok(()),
        Some(Kind::Inference(condition)) => judge(ctx, engine, e.id, condition, &m.inputs),
    }
}

/// Runs the model, which costs what it costs in MsgInfer, and applies the comparison.
fn judge(ctx: &mut Ctx<'_>, engine: &Engine, id: u64, c: &InferenceCondition, inputs: &[Tensor]) -> Result<()> {
    let inferred = synergy_aivm::infer(ctx, engine, &read_id(&c.model_id, "model_id")?, inputs)?;
    if inferred.input_hash.as_slice() != c.input_hash {
        return Err(error::wrong_inputs(id, &c.input_hash, &inferred.input_hash));
    }
    let output = inferred.outputs.iter().find(|output| output.name == c.output);
    let holds = output.is_some_and(|output| {
        element(output, c.element)
            .is_some_and(|element| compare::holds(&output.dtype, element, c.comparison(), &c.threshold))
    });
    if !holds {
        return Err(error::verdict_fails(id, &c.output, c.element));
    }
    events::verdict(ctx, id, &inferred.input_hash, &inferred.output_hash);
    Ok(())
}

fn element(output: &Tensor, index: u64) -> Option<&[u8]> {
    let width = compare::width(&output.dtype)?;
    let start = usize::try_from(index).ok()?.checked_mul(width)?;
    output.data.get(start..start.checked_add(width)?)
}
