use synergy_kernel::{Ctx, Result, Routes, address, check_authority, sdk};
use synergy_proto::{
    Address, Coin, Denom,
    coin::read_all,
    cosmos::bank::v1beta1::{
        MsgMultiSend, MsgMultiSendResponse, MsgSend, MsgSendResponse, MsgUpdateParams, MsgUpdateParamsResponse, Params,
    },
};

use crate::{error, events, state};

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgSend, MsgSendResponse>(
        |m| Ok(vec![address(&m.from_address, "sender")?]),
        |m| {
            address(&m.to_address, "recipient")?;
            positive(&m.amount).map(drop)
        },
        send,
    );
    routes.message::<MsgMultiSend, MsgMultiSendResponse>(
        |m| m.inputs.iter().map(|i| address(&i.address, "input")).collect(),
        |m| multi_coins(m).map(drop),
        multi_send,
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![address(&m.authority, "authority")?]),
        |m| check_params(m.params.as_ref()),
        |ctx, m| {
            check_authority(&m.authority)?;
            state::PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

/// Coins are sent or not, all alike: entries for single ones are of old chains (the SDK
/// keeps these elsewhere since 0.47).
#[allow(deprecated, reason = "the list is read to be refused")]
fn check_params(params: Option<&Params>) -> Result<()> {
    match params {
        Some(params) if params.send_enabled.is_empty() => Ok(()),
        Some(_) => Err(sdk::invalid_request("bank params: use of send_enabled in params is no longer supported")),
        None => Err(sdk::invalid_request("bank params are missing: give all of them")),
    }
}

pub(crate) fn positive(coins: &[Coin]) -> Result<Vec<(Denom, u128)>> {
    let read = read_all(coins).map_err(|e| sdk::invalid_coins(e.to_string()))?;
    if read.is_empty() {
        return Err(sdk::invalid_coins("no amount given: name at least one coin"));
    }
    Ok(read)
}

fn send(ctx: &mut Ctx<'_>, m: &MsgSend) -> Result<MsgSendResponse> {
    let from = address(&m.from_address, "sender")?;
    let to = address(&m.to_address, "recipient")?;
    let coins = positive(&m.amount)?;
    check_enabled(ctx, &coins)?;
    check_recipient(ctx, &to)?;
    state::transfer(ctx, &from, &to, &coins)?;
    Ok(MsgSendResponse {})
}

/// The input's coins and each output's, checked to be the same in sum.
type MultiCoins = (Vec<(Denom, u128)>, Vec<(Address, Vec<(Denom, u128)>)>);

fn multi_coins(m: &MsgMultiSend) -> Result<MultiCoins> {
    let input = match m.inputs.as_slice() {
        [] => return Err(error::no_inputs()),
        [input] => positive(&input.coins)?,
        _ => return Err(error::multiple_senders()),
    };
    if m.outputs.is_empty() {
        return Err(error::no_outputs());
    }
    let mut sums = std::collections::BTreeMap::<Denom, u128>::new();
    let mut outputs = Vec::with_capacity(m.outputs.len());
    for output in &m.outputs {
        let coins = positive(&output.coins)?;
        for (denom, amount) in &coins {
            let sum = sums.entry(denom.clone()).or_default();
            *sum = sum.checked_add(*amount).ok_or_else(|| sdk::overflow("sum of outputs"))?;
        }
        outputs.push((address(&output.address, "output")?, coins));
    }
    let sums: Vec<_> = sums.into_iter().collect();
    if sums != input {
        return Err(error::input_output_mismatch(&events::text(&input), &events::text(&sums)));
    }
    Ok((input, outputs))
}

fn multi_send(ctx: &mut Ctx<'_>, m: &MsgMultiSend) -> Result<MsgMultiSendResponse> {
    let (input, outputs) = multi_coins(m)?;
    let Some(sender) = m.inputs.first() else { return Err(error::no_inputs()) };
    let from = address(&sender.address, "input")?;
    check_enabled(ctx, &input)?;
    for (denom, amount) in &input {
        state::take(ctx, &from, denom, *amount)?;
    }
    events::spent(ctx, &sender.address, &events::text(&input));
    for (to, coins) in &outputs {
        check_recipient(ctx, to)?;
        for (denom, amount) in coins {
            state::give(ctx, to, denom, *amount)?;
        }
        synergy_auth::ensure(ctx, to)?;
        let (recipient, amount) = (to.to_string(), events::text(coins));
        events::received(ctx, &recipient, &amount);
        ctx.emit("transfer", &[("recipient", &recipient), ("sender", &sender.address), ("amount", &amount)]);
    }
    Ok(MsgMultiSendResponse {})
}

/// Refuses coins that may not be sent now, `bank` 5: for modules that take deposits.
pub fn check_enabled(ctx: &mut Ctx<'_>, coins: &[(Denom, u128)]) -> Result<()> {
    let enabled = state::PARAMS.get(ctx)?.is_none_or(|p| p.default_send_enabled);
    match coins.first() {
        Some((denom, _)) if !enabled => Err(error::send_disabled(denom.as_str())),
        _ => Ok(()),
    }
}

/// Module accounts take coins only from their modules: a plain send there would
/// be lost (SDK: blocked addresses).
pub(crate) fn check_recipient(ctx: &mut Ctx<'_>, to: &Address) -> Result<()> {
    if synergy_auth::is_module(ctx, to)? {
        return Err(sdk::unauthorized(format!("{to} is not allowed to receive funds: it is a module's account")));
    }
    Ok(())
}
