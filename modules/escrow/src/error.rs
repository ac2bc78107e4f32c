//! Codespace `escrow`: one code for each refusal. `docs/escrow.md` lists them.

use synergy_kernel::Error;
use synergy_proto::synergy::escrow::Phase;

fn error(code: u32, message: String) -> Error {
    Error::new("escrow", code, message)
}

/// The module account does not hold what the escrows have left.
pub(crate) fn broken(what: &str) -> Error {
    error(1, format!("escrow invariant broken: {what}"))
}

pub(crate) fn unknown(id: u64) -> Error {
    error(2, format!("there is no escrow {id}, or it was closed and has been removed: look for its events"))
}

pub(crate) fn wrong_phase(id: u64, phase: Phase, wanted: &str) -> Error {
    let is = match phase {
        Phase::Open => "open",
        Phase::Disputed => "disputed",
        Phase::Closed | Phase::Unspecified => "closed",
    };
    error(3, format!("escrow {id} is {is}: this message is for one that is {wanted}"))
}

pub(crate) fn wrong_party(id: u64, who: &str, role: &str) -> Error {
    error(4, format!("{who} is not the {role} of escrow {id}: only the {role} may send this"))
}

pub(crate) fn past_deadline(id: u64, deadline: i64) -> Error {
    error(5, format!("the deadline of escrow {id} was at second {deadline}: only MsgAdvance is left"))
}

pub(crate) fn not_due(id: u64, deadline: i64) -> Error {
    error(6, format!("escrow {id} is not due before second {deadline}: send this again then"))
}

pub(crate) fn too_early(id: u64, not_before: i64) -> Error {
    error(7, format!("escrow {id} may be released from second {not_before} on: send this again then"))
}

pub(crate) fn wrong_preimage(id: u64) -> Error {
    error(8, format!("the SHA-256 of the preimage is not the one in escrow {id}: give the bytes that were hashed"))
}

pub(crate) fn wrong_inputs(id: u64, expected: &[u8], got: &[u8]) -> Error {
    let (expected, got) = (hex::encode(expected), hex::encode(got));
    error(9, format!("the inputs hash to {got}, escrow {id} wants {expected}: give the inputs that were agreed upon"))
}

pub(crate) fn verdict_fails(id: u64, output: &str, element: u64) -> Error {
    error(10, format!("element {element} of output {output:?} does not satisfy the comparison of escrow {id}"))
}

pub(crate) fn unknown_model(why: &str) -> Error {
    error(11, format!("the condition's model cannot be run: {why}"))
}

pub(crate) fn bad_condition(what: &str) -> Error {
    error(12, format!("bad condition: {what}"))
}

pub(crate) fn no_condition(id: u64, kind: &str) -> Error {
    error(13, format!("escrow {id} has no condition of {kind}: `query escrow escrow {id}` shows what releases it"))
}

pub(crate) fn already_approved(id: u64, who: &str) -> Error {
    error(14, format!("{who} has approved escrow {id} already: others must"))
}

pub(crate) fn not_stream(id: u64) -> Error {
    error(15, format!("escrow {id} is no stream: this message is for streams"))
}

pub(crate) fn is_stream(id: u64) -> Error {
    error(16, format!("escrow {id} is a stream: the payee withdraws what has accrued, or the payer releases all"))
}

pub(crate) fn nothing_accrued(id: u64) -> Error {
    error(17, format!("nothing has accrued in escrow {id} since the last withdrawal: wait some blocks"))
}

pub(crate) fn too_much(id: u64, asked: u128, left: u128, denom: &str) -> Error {
    error(18, format!("escrow {id} has {left}{denom} left, {asked}{denom} are asked for: ask for less"))
}

pub(crate) fn wrong_denom(id: u64, got: &str, denom: &str) -> Error {
    error(19, format!("escrow {id} holds {denom}, not {got}: name the amount in {denom}"))
}

pub(crate) fn no_disputes(id: u64) -> Error {
    error(20, format!("escrow {id} was made without disputes (dispute_seconds is 0): settle it between you"))
}

pub(crate) fn blocked(address: &str) -> Error {
    error(21, format!("{address} is a module's account and takes no payments: name another payee"))
}

pub(crate) fn bad_deadline(what: &str) -> Error {
    error(22, format!("bad deadline: {what}"))
}

pub(crate) fn bad_stream(what: &str) -> Error {
    error(23, format!("bad stream: {what}"))
}

pub(crate) fn not_cancelable(id: u64) -> Error {
    error(24, format!("the stream of escrow {id} was not made cancelable: ask the payee to refund it"))
}

pub(crate) fn bad_parties(what: &str) -> Error {
    error(25, format!("bad parties: {what}"))
}

pub(crate) fn bad_default(what: &str) -> Error {
    error(26, format!("bad default outcome: {what}"))
}
