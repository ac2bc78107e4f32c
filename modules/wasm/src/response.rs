//! What follows from a contract's answer: its events, then its messages in order,
//! each with the reply that it asked for (wasmd: `msg_dispatcher.go`, `events.go`).

use cosmwasm_std::{
    Attribute, BankMsg, Binary, CosmosMsg, Event as CwEvent, MsgResponse, Reply, ReplyOn, Response, SubMsg,
    SubMsgResponse, SubMsgResult,
};
use synergy_kernel::{Ctx, Event, Result, sdk};
use synergy_proto::{Address, Any};

use crate::{Runtime, contract, custom::Custom, encode, error, gas, host::exhausted, ibc};

/// Shortest type of a contract's own event, after trimming.
const MIN_EVENT_TYPE: usize = 3;

/// Emits the events and sends the messages of an answer. Returns the data: the
/// answer's own, or that of the last reply which set some.
pub(crate) fn handle(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    contract: &Address,
    answer: Response<Custom>,
) -> Result<Option<Vec<u8>>> {
    let sender = contract.to_string();
    if !answer.attributes.is_empty() {
        emit(ctx, "wasm".to_owned(), &sender, &answer.attributes)?;
    }
    for event in &answer.events {
        let kind = event.ty.trim();
        if kind.len() < MIN_EVENT_TYPE {
            return Err(error::invalid_event(format!("Event type too short: '{kind}'")));
        }
        emit(ctx, format!("wasm-{kind}"), &sender, &event.attributes)?;
    }
    let mut data = answer.data.map(Vec::from);
    for message in answer.messages {
        if let Some(replied) = submessage(ctx, runtime, contract, message)? {
            data = Some(replied);
        }
    }
    Ok(data)
}

fn emit(ctx: &mut Ctx<'_>, kind: String, contract: &str, attributes: &[Attribute]) -> Result<()> {
    let bytes =
        attributes.iter().fold(kind.len(), |sum, a| sum.saturating_add(a.key.len()).saturating_add(a.value.len()));
    let count = (attributes.len() as u64).saturating_add(1);
    ctx.gas.consume(gas::EVENT.saturating_mul(count), "Event of a contract")?;
    gas::per_byte(ctx, bytes, gas::EVENT_BYTE, "Event of a contract")?;
    let mut out = vec![("_contract_address".to_owned(), contract.to_owned())];
    for Attribute { key, value, .. } in attributes {
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() {
            return Err(error::invalid_event(format!("Empty attribute key. Value: {value}")));
        }
        if key.starts_with('_') {
            return Err(error::invalid_event(format!("Attribute key starts with reserved prefix _: '{key}'")));
        }
        out.push((key.to_owned(), value.to_owned()));
    }
    ctx.state.emit(Event { kind, attributes: out });
    Ok(())
}

/// Sends one message in a layer of its own and, if asked, tells the contract what
/// became of it. Returns the data of the reply.
fn submessage(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    contract: &Address,
    message: SubMsg<Custom>,
) -> Result<Option<Vec<u8>>> {
    let SubMsg { id, payload, msg, gas_limit, reply_on } = message;
    let tells_events = matches!(msg, CosmosMsg::Wasm(_));
    ctx.state.push();
    let sent = limited(ctx, gas_limit, |ctx| send(ctx, contract, msg));
    let result = match sent {
        Ok(responses) => {
            let events = keep_events(ctx);
            if matches!(reply_on, ReplyOn::Never | ReplyOn::Error) {
                return Ok(None);
            }
            SubMsgResult::Ok(told(responses, if tells_events { events } else { Vec::new() }))
        }
        Err(error) => {
            ctx.state.pop();
            // Without gas there is nobody left to be told.
            if exhausted(ctx, &error) || matches!(reply_on, ReplyOn::Never | ReplyOn::Success) {
                return Err(error);
            }
            SubMsgResult::Err(error::redacted(&error))
        }
    };
    charge_told(ctx, &result)?;
    let reply = Reply { id, payload, gas_used: 0, result };
    ctx.nested(|ctx| contract::reply(ctx, runtime, contract, &reply)).map_err(|e| error::wrap("reply", e))
}

/// Runs `f` within a gas limit of its own, if that is less than what is left.
fn limited<T>(ctx: &mut Ctx<'_>, gas_limit: Option<u64>, f: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
    let Some(limit) = gas_limit.filter(|limit| *limit < ctx.gas.left()) else { return f(ctx) };
    let (result, gas) = ctx.metered(limit, f);
    ctx.gas.consume(gas.used(), "Sub-message with a limit")?;
    result.map_err(|error| match sdk::is_out_of_gas(&error) {
        true => sdk::out_of_gas("SubMsg hit gas limit: out of gas"),
        false => error,
    })
}

/// Sends one message as the contract.
fn send(ctx: &mut Ctx<'_>, contract: &Address, message: CosmosMsg<Custom>) -> Result<Vec<Any>> {
    match message {
        CosmosMsg::Bank(BankMsg::Burn { amount }) => {
            let coins = encode::read_coins(&amount)?;
            synergy_bank::burn(ctx, contract, &coins)?;
            Ok(Vec::new())
        }
        // As the SDK's encoder: sending nothing is no message.
        CosmosMsg::Bank(BankMsg::Send { amount, .. }) if amount.is_empty() => Ok(Vec::new()),
        CosmosMsg::Ibc(message) => Ok(vec![ibc::send(ctx, contract, message)?]),
        message => {
            let message = encode::message(contract, message)?;
            Ok(vec![ctx.dispatch(&message, contract)?])
        }
    }
}

/// Merges the layer of a message that succeeded, and returns its events too.
fn keep_events(ctx: &mut Ctx<'_>) -> Vec<Event> {
    let events: Vec<Event> = ctx.state.take_events().into_iter().filter(|event| event.kind != "message").collect();
    ctx.state.merge();
    for event in &events {
        ctx.state.emit(event.clone());
    }
    events
}

/// What a contract is told of success. Attributes are sorted by key, as wasmd does.
#[allow(deprecated, reason = "contracts of earlier versions read data")]
fn told(responses: Vec<Any>, events: Vec<Event>) -> SubMsgResponse {
    let data = responses.first().map(|response| Binary::from(response.value.as_slice()));
    let msg_responses = responses.into_iter().map(|r| MsgResponse { type_url: r.type_url, value: r.value.into() });
    let events = events.into_iter().map(|event| {
        let mut attributes: Vec<Attribute> = Vec::with_capacity(event.attributes.len());
        attributes.extend(event.attributes.into_iter().map(|(key, value)| Attribute { key, value }));
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        CwEvent::new(event.kind).add_attributes(attributes)
    });
    SubMsgResponse { events: events.collect(), data, msg_responses: msg_responses.collect() }
}

/// Charges for what is handed to the contract in a reply.
fn charge_told(ctx: &mut Ctx<'_>, result: &SubMsgResult) -> Result<()> {
    let bytes = match result {
        SubMsgResult::Err(text) => text.len(),
        SubMsgResult::Ok(response) => {
            let attributes = response.events.iter().flat_map(|event| &event.attributes);
            let events =
                attributes.fold(0_usize, |sum, a| sum.saturating_add(a.key.len()).saturating_add(a.value.len()));
            response.msg_responses.iter().fold(events, |sum, r| sum.saturating_add(r.value.len()))
        }
    };
    gas::per_byte(ctx, bytes, gas::ANSWER_BYTE, "Reply to a contract")
}
