//! Calls of contracts by IBC.

use cosmwasm_std::{IbcBasicResponse, IbcPacketReceiveMsg, IbcReceiveResponse, Response};
use serde::{Serialize, de::DeserializeOwned};
use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::Address;
use synergy_vm::{Entry, Ibc};

use super::Refusal;
use crate::{
    Runtime,
    call::{self, Callee},
    custom::Custom,
    error,
    host::exhausted,
    response, state,
};

/// Calls one of IBC's functions; what the contract itself refused with is the inner
/// error.
///
/// # Errors
/// `wasm` 29 when the engine ended the call or the answer cannot be read, SDK 11
/// when the gas did not suffice.
pub(crate) fn call<T: DeserializeOwned>(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    contract: &Address,
    function: Ibc,
    message: &impl Serialize,
) -> Result<std::result::Result<T, String>> {
    let message = serde_json::to_vec(message).map_err(|e| sdk::invalid_request(format!("IBC's message: {e}")))?;
    let (found, code) = state::contract(ctx, contract)?;
    let callee = Callee { address: contract, code_id: found.code_id, code: &code, query_depth: 0 };
    call::call(ctx, runtime, &callee, &Entry::Ibc(function, &message))
}

/// The same where the contract answers with messages and events alone, which happen.
pub(crate) fn basic(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    contract: &Address,
    function: Ibc,
    message: &impl Serialize,
) -> Result<()> {
    let answer = call::<IbcBasicResponse<Custom>>(ctx, runtime, contract, function, message)?;
    let IbcBasicResponse { messages, attributes, events, .. } = answer.map_err(error::execute_failed)?;
    let answer = Response::new().add_submessages(messages).add_attributes(attributes).add_events(events);
    response::handle(ctx, runtime, contract, answer).map(drop)
}

/// Gives a contract a packet. The acknowledgement, of its own or of the last reply that
/// set data, or nothing if it comes later.
pub(crate) fn receive(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    contract: &Address,
    message: &IbcPacketReceiveMsg,
) -> std::result::Result<Option<Vec<u8>>, Refusal> {
    let answer = call::<IbcReceiveResponse<Custom>>(ctx, runtime, contract, Ibc::PacketReceive, message);
    let answer = answer.map_err(Refusal::Aborted)?.map_err(Refusal::Said)?;
    let IbcReceiveResponse { acknowledgement, messages, attributes, events, .. } = answer;
    let mut answer = Response::new().add_submessages(messages).add_attributes(attributes).add_events(events);
    answer.data = acknowledgement;
    response::handle(ctx, runtime, contract, answer).map_err(|error| match exhausted(ctx, &error) {
        true => Refusal::Aborted(error),
        false => Refusal::Failed(error),
    })
}

/// What the other side is told of an error: texts are not consensus data
/// (ibc-go: `NewErrorAcknowledgementWithCodespace`).
pub(crate) fn told(error: &Error) -> String {
    format!("ABCI error: {}/{}: error handling packet: see events for details", error.codespace, error.code)
}
