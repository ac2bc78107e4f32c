use prost::Message;
use synergy_kernel::{Ctx, Dec, Result, Routes, sdk};
use synergy_proto::{
    Address, Coin, KeyType, coin,
    consensus::{QueryParamsRequest, QueryParamsResponse},
    cosmos::staking::v1beta1::{
        BondStatus, CommissionRates, Description, MsgBeginRedelegate, MsgBeginRedelegateResponse,
        MsgCancelUnbondingDelegation, MsgCancelUnbondingDelegationResponse, MsgCreateValidator,
        MsgCreateValidatorResponse, MsgDelegate, MsgDelegateResponse, MsgEditValidator, MsgEditValidatorResponse,
        MsgUndelegate, MsgUndelegateResponse, MsgUpdateParams, MsgUpdateParamsResponse,
    },
};

use crate::{
    clock, delegation, error,
    params::{PARAMS, Rules, rules},
    redelegation,
    state::{self, BY_CONSENSUS, existing},
    unbonding,
    validator::{Validator, account, amount, consensus_key, operator},
};

/// A field of [`MsgEditValidator`]'s description that stays as it is.
const KEEP: &str = "[do-not-modify]";
/// Commission changes at most once in so many seconds.
const COMMISSION_PAUSE: i64 = 24 * 3600;

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgCreateValidator, MsgCreateValidatorResponse>(
        |m| Ok(vec![operator(&m.validator_address)?]),
        validate_create,
        create,
    );
    routes.message::<MsgEditValidator, MsgEditValidatorResponse>(
        |m| Ok(vec![operator(&m.validator_address)?]),
        validate_edit,
        edit,
    );
    routes.message::<MsgDelegate, MsgDelegateResponse>(
        |m| Ok(vec![account(&m.delegator_address)?]),
        |m| validate_move(&m.validator_address, m.amount.as_ref()),
        delegate,
    );
    routes.message::<MsgBeginRedelegate, MsgBeginRedelegateResponse>(
        |m| Ok(vec![account(&m.delegator_address)?]),
        |m| {
            operator(&m.validator_src_address)?;
            validate_move(&m.validator_dst_address, m.amount.as_ref())
        },
        redelegate,
    );
    routes.message::<MsgUndelegate, MsgUndelegateResponse>(
        |m| Ok(vec![account(&m.delegator_address)?]),
        |m| validate_move(&m.validator_address, m.amount.as_ref()),
        undelegate,
    );
    routes.message::<MsgCancelUnbondingDelegation, MsgCancelUnbondingDelegationResponse>(
        |m| Ok(vec![account(&m.delegator_address)?]),
        |m| {
            if m.creation_height <= 0 {
                return Err(sdk::invalid_request("invalid height: the height at which the unbonding began"));
            }
            validate_move(&m.validator_address, m.amount.as_ref())
        },
        cancel,
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![account(&m.authority)?]),
        |m| Rules::read(&m.params.clone().unwrap_or_default()).map(drop),
        |ctx, m| {
            synergy_kernel::check_authority(&m.authority)?;
            PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

fn validate_move(validator: &str, amount: Option<&Coin>) -> Result<()> {
    operator(validator)?;
    positive(amount).map(drop)
}

fn positive(coin: Option<&Coin>) -> Result<u128> {
    match coin.map(|c| amount(&c.amount)).transpose() {
        Ok(Some(amount)) if amount > 0 => Ok(amount),
        _ => Err(sdk::invalid_request("invalid delegation amount: a positive whole number")),
    }
}

/// The coin's amount, if it is what is staked.
fn stake(ctx: &mut Ctx<'_>, coin: Option<&Coin>) -> Result<u128> {
    let amount = positive(coin)?;
    let (found, denom) = (coin.map_or("", |c| &c.denom), rules(ctx)?.denom);
    if found != denom.as_str() {
        return Err(sdk::invalid_request(format!("invalid coin denomination: got {found}, expected {denom}")));
    }
    Ok(amount)
}

fn validate_create(m: &MsgCreateValidator) -> Result<()> {
    let description = m.description.clone().unwrap_or_default();
    if description == Description::default() {
        return Err(sdk::invalid_request("empty description: a moniker at least"));
    }
    let rates = m.commission.clone().unwrap_or_default();
    if rates == CommissionRates::default() {
        return Err(sdk::invalid_request("empty commission: rate, max_rate and max_change_rate"));
    }
    let value = positive(m.value.as_ref())?;
    let min = amount(&m.min_self_delegation).unwrap_or(0);
    if min == 0 {
        return Err(sdk::invalid_request("minimum self delegation must be a positive integer"));
    }
    if value < min {
        return Err(error::self_delegation(format!("{value} is less than {min}")));
    }
    check_lengths(&description)?;
    check_rates(&rates).map(drop)
}

/// Rate, most and most in a day (SDK `CommissionRates.Validate`).
pub(crate) fn check_rates(rates: &CommissionRates) -> Result<(Dec, Dec, Dec)> {
    let rate = Dec::from_atomics(&rates.rate)?;
    let max = Dec::from_atomics(&rates.max_rate)?;
    let change = Dec::from_atomics(&rates.max_change_rate)?;
    match () {
        () if max.is_negative() || rate.is_negative() => Err(error::commission_negative(rate)),
        () if max > Dec::ONE => Err(error::commission_huge(max)),
        () if rate > max => Err(error::commission_above_max(rate)),
        () if change.is_negative() => Err(error::change_rate_negative(change)),
        () if change > max => Err(error::change_rate_above_max(change)),
        () => Ok((rate, max, change)),
    }
}

/// The SDK's limits (`Description.EnsureLength`).
fn check_lengths(d: &Description) -> Result<()> {
    let fields = [
        ("moniker", &d.moniker, 70),
        ("identity", &d.identity, 3000),
        ("website", &d.website, 140),
        ("security contact", &d.security_contact, 140),
        ("details", &d.details, 280),
    ];
    match fields.iter().find(|(_, text, max)| text.len() > *max) {
        None => Ok(()),
        Some((name, text, max)) => {
            Err(sdk::invalid_request(format!("invalid {name} length; got: {}, max: {max}", text.len())))
        }
    }
}

fn create(ctx: &mut Ctx<'_>, m: &MsgCreateValidator) -> Result<MsgCreateValidatorResponse> {
    let rules = rules(ctx)?;
    let address = operator(&m.validator_address)?;
    let (commission, max_commission, max_commission_change) = check_rates(&m.commission.clone().unwrap_or_default())?;
    if commission < rules.min_commission {
        return Err(error::commission_below_min(format!(
            "cannot set validator commission to less than minimum rate of {}",
            rules.min_commission
        )));
    }
    if state::validator(ctx, &address)?.is_some() {
        return Err(error::owner_exists(address.valoper()));
    }
    let pub_key = m.pubkey.clone().unwrap_or_default();
    let key = consensus_key(&pub_key)?;
    check_key_type(ctx, key.kind())?;
    let consensus = key.address();
    if BY_CONSENSUS.has(ctx, &consensus)? {
        return Err(error::pubkey_exists(consensus.valcons()));
    }
    let value = stake(ctx, m.value.as_ref())?;
    let v = Validator {
        operator: address,
        pub_key,
        jailed: false,
        status: BondStatus::Unbonded,
        tokens: 0,
        shares: Dec::ZERO,
        description: m.description.clone().unwrap_or_default(),
        unbonding_height: 0,
        unbonding_time: Default::default(),
        commission,
        max_commission,
        max_commission_change,
        commission_time: clock::now(ctx),
        min_self_delegation: amount(&m.min_self_delegation)?,
    };
    BY_CONSENSUS.set(ctx, &consensus, &address.as_bytes().to_vec())?;
    state::save(ctx, &v)?;
    state::index(ctx, &v)?;
    synergy_rewards::create(ctx, &address)?;
    delegation::delegate(ctx, &address, &address, value)?;
    let amount = coin_text(value, &rules);
    ctx.emit("create_validator", &[("validator", &m.validator_address), ("amount", &amount)]);
    Ok(MsgCreateValidatorResponse {})
}

/// CometBFT stops for good at an update with a key of a type that its consensus params
/// do not name. Those of the block before are in force, so they are asked.
///
/// # Errors
/// `staking` 6 for another type than those of the consensus params.
pub(crate) fn check_key_type(ctx: &mut Ctx<'_>, kind: KeyType) -> Result<()> {
    let answer = ctx.query("/cosmos.consensus.v1.Query/Params", &QueryParamsRequest {}.encode_to_vec())?;
    let answer = QueryParamsResponse::decode(answer.as_slice()).map_err(|e| state::broken(&e.to_string()))?;
    // A chain whose genesis says nothing of it takes every type, as the SDK does.
    match answer.params.unwrap_or_default().validator.map(|v| v.pub_key_types) {
        Some(types) if !types.iter().any(|t| t == kind.as_str()) => {
            Err(error::pubkey_type(format!("got: {}, expected: {types:?}", kind.as_str())))
        }
        _ => Ok(()),
    }
}

fn coin_text(amount: u128, rules: &Rules) -> String {
    coin::display(&[coin::coin(amount, &rules.denom)])
}

fn validate_edit(m: &MsgEditValidator) -> Result<()> {
    if m.description.clone().unwrap_or_default() == Description::default() {
        return Err(sdk::invalid_request("empty description"));
    }
    if !m.min_self_delegation.is_empty() && amount(&m.min_self_delegation)? == 0 {
        return Err(sdk::invalid_request("minimum self delegation must be a positive integer"));
    }
    if !m.commission_rate.is_empty() {
        let rate = Dec::from_atomics(&m.commission_rate)?;
        if rate.is_negative() || rate > Dec::ONE {
            return Err(sdk::invalid_request("commission rate must be between 0 and 1 (inclusive)"));
        }
    }
    Ok(())
}

fn edit(ctx: &mut Ctx<'_>, m: &MsgEditValidator) -> Result<MsgEditValidatorResponse> {
    let mut v = existing(ctx, &operator(&m.validator_address)?)?;
    let new = m.description.clone().unwrap_or_default();
    let or = |new: String, old: &str| if new == KEEP { old.to_owned() } else { new };
    v.description = Description {
        moniker: or(new.moniker, &v.description.moniker),
        identity: or(new.identity, &v.description.identity),
        website: or(new.website, &v.description.website),
        security_contact: or(new.security_contact, &v.description.security_contact),
        details: or(new.details, &v.description.details),
    };
    check_lengths(&v.description)?;
    if !m.commission_rate.is_empty() {
        set_commission(ctx, &mut v, Dec::from_atomics(&m.commission_rate)?)?;
    }
    if !m.min_self_delegation.is_empty() {
        let min = amount(&m.min_self_delegation)?;
        if min <= v.min_self_delegation {
            return Err(error::min_self_decreased(min));
        }
        if min > v.tokens {
            return Err(error::self_delegation(min));
        }
        v.min_self_delegation = min;
    }
    state::save(ctx, &v)?;
    ctx.emit(
        "edit_validator",
        &[("commission_rate", &v.commission.to_string()), ("min_self_delegation", &v.min_self_delegation.to_string())],
    );
    Ok(MsgEditValidatorResponse {})
}

fn set_commission(ctx: &mut Ctx<'_>, v: &mut Validator, rate: Dec) -> Result<()> {
    let min = rules(ctx)?.min_commission;
    let (now, since) = (clock::now(ctx), v.commission_time);
    if now.seconds.saturating_sub(since.seconds) < COMMISSION_PAUSE {
        return Err(error::commission_time(clock::rfc3339(&since)));
    }
    if rate > v.max_commission {
        return Err(error::commission_above_max(rate));
    }
    if rate.minus(v.commission)? > v.max_commission_change {
        return Err(error::commission_step(rate));
    }
    if rate < min {
        return Err(error::commission_below_min(rate));
    }
    // The stake's earnings so far are shared out by the old rate: it is applied to
    // each block's rewards when they come.
    v.commission = rate;
    v.commission_time = now;
    Ok(())
}

fn parties(delegator: &str, validator: &str) -> Result<(Address, Address)> {
    Ok((account(delegator)?, operator(validator)?))
}

fn delegate(ctx: &mut Ctx<'_>, m: &MsgDelegate) -> Result<MsgDelegateResponse> {
    let (delegator, validator) = parties(&m.delegator_address, &m.validator_address)?;
    existing(ctx, &validator)?;
    let amount = stake(ctx, m.amount.as_ref())?;
    let shares = delegation::delegate(ctx, &delegator, &validator, amount)?;
    let amount = coin_text(amount, &rules(ctx)?);
    ctx.emit(
        "delegate",
        &[
            ("validator", &m.validator_address),
            ("delegator", &m.delegator_address),
            ("amount", &amount),
            ("new_shares", &shares.to_string()),
        ],
    );
    Ok(MsgDelegateResponse {})
}

fn redelegate(ctx: &mut Ctx<'_>, m: &MsgBeginRedelegate) -> Result<MsgBeginRedelegateResponse> {
    let (delegator, from) = parties(&m.delegator_address, &m.validator_src_address)?;
    let to = operator(&m.validator_dst_address)?;
    let amount = stake(ctx, m.amount.as_ref())?;
    let done = redelegation::begin(ctx, &delegator, &from, &to, amount)?;
    let amount = coin_text(amount, &rules(ctx)?);
    ctx.emit(
        "redelegate",
        &[
            ("source_validator", &m.validator_src_address),
            ("destination_validator", &m.validator_dst_address),
            ("amount", &amount),
            ("completion_time", &clock::rfc3339(&done)),
        ],
    );
    Ok(MsgBeginRedelegateResponse { completion_time: Some(done) })
}

fn undelegate(ctx: &mut Ctx<'_>, m: &MsgUndelegate) -> Result<MsgUndelegateResponse> {
    let (delegator, validator) = parties(&m.delegator_address, &m.validator_address)?;
    existing(ctx, &validator)?;
    let amount = stake(ctx, m.amount.as_ref())?;
    let (done, worth) = unbonding::begin(ctx, &delegator, &validator, amount)?;
    let rules = rules(ctx)?;
    ctx.emit(
        "unbond",
        &[
            ("validator", &m.validator_address),
            ("amount", &coin_text(worth, &rules)),
            ("delegator", &m.delegator_address),
            ("completion_time", &clock::rfc3339(&done)),
        ],
    );
    Ok(MsgUndelegateResponse { completion_time: Some(done), amount: Some(coin::coin(worth, &rules.denom)) })
}

fn cancel(ctx: &mut Ctx<'_>, m: &MsgCancelUnbondingDelegation) -> Result<MsgCancelUnbondingDelegationResponse> {
    let (delegator, validator) = parties(&m.delegator_address, &m.validator_address)?;
    let amount = stake(ctx, m.amount.as_ref())?;
    unbonding::cancel(ctx, &delegator, &validator, amount, m.creation_height)?;
    let amount = coin_text(amount, &rules(ctx)?);
    ctx.emit(
        "cancel_unbonding_delegation",
        &[
            ("amount", &amount),
            ("validator", &m.validator_address),
            ("delegator", &m.delegator_address),
            ("creation_height", &m.creation_height.to_string()),
        ],
    );
    Ok(MsgCancelUnbondingDelegationResponse {})
}
