//! The tables, and reading and writing validators and delegations.

use std::collections::BTreeMap;

use synergy_kernel::{Ctx, Dec, Error, Item, Map, Result, sdk};
use synergy_proto::{
    Address,
    cosmos::staking::v1beta1::{HistoricalInfo, Redelegation, UnbondingDelegation, Validator as Proto},
};
use synergy_store::fatal;

use crate::{STORE, clock::TimeKey, error, validator::Validator};

/// Delegator and validator.
pub(crate) type Pair<'a> = (&'a Address, &'a Address);
/// Delegator, source and destination.
pub(crate) type Triple<'a> = (&'a Address, (&'a Address, &'a Address));

pub(crate) const VALIDATORS: Map<&Address, Proto> = Map::new(STORE, 2);
/// Consensus address to operator.
pub(crate) const BY_CONSENSUS: Map<&Address, Vec<u8>> = Map::new(STORE, 3);
/// Validators that are not jailed, strongest first: (2⁶⁴ − 1 − power, operator).
pub(crate) const BY_POWER: Map<(u64, &Address), ()> = Map::new(STORE, 4);
/// The set that consensus was told, and its power.
pub(crate) const LAST_POWER: Map<&Address, u64> = Map::new(STORE, 5);
pub(crate) const LAST_TOTAL: Item<u64> = Item::new(STORE, 6);
/// Height at which a validator last entered the set.
pub(crate) const BONDED_SINCE: Map<&Address, u64> = Map::new(STORE, 7);
/// Shares by delegator and validator; and the index by validator and delegator.
pub(crate) const DELEGATIONS: Map<Pair<'_>, Dec> = Map::new(STORE, 8);
pub(crate) const DELEGATORS: Map<Pair<'_>, ()> = Map::new(STORE, 9);
/// By delegator and validator; and by validator and delegator.
pub(crate) const UNBONDINGS: Map<Pair<'_>, UnbondingDelegation> = Map::new(STORE, 10);
pub(crate) const UNBONDING_FROM: Map<Pair<'_>, ()> = Map::new(STORE, 11);
/// By delegator, source and destination; by source; and by destination.
pub(crate) const REDELEGATIONS: Map<Triple<'_>, Redelegation> = Map::new(STORE, 12);
pub(crate) const REDELEGATED_FROM: Map<Triple<'_>, ()> = Map::new(STORE, 13);
pub(crate) const REDELEGATED_TO: Map<Triple<'_>, ()> = Map::new(STORE, 14);
/// What matures, by time.
pub(crate) const UNBONDING_QUEUE: Map<(TimeKey, Pair<'_>), ()> = Map::new(STORE, 15);
pub(crate) const REDELEGATION_QUEUE: Map<(TimeKey, Triple<'_>), ()> = Map::new(STORE, 16);
pub(crate) const VALIDATOR_QUEUE: Map<(TimeKey, &Address), ()> = Map::new(STORE, 17);
pub(crate) const HISTORY: Map<u64, HistoricalInfo> = Map::new(STORE, 18);
pub(crate) const NEXT_ID: Item<u64> = Item::new(STORE, 19);

/// A stored validator is one that we wrote: what cannot be read is a fault of ours.
pub(crate) fn read(proto: Proto) -> Validator {
    let name = proto.operator_address.clone();
    match Validator::from_proto(proto) {
        Ok(validator) => validator,
        Err(e) => fatal(format_args!("staking: stored validator {name}: {e}")),
    }
}

/// A validator by its operator.
pub fn validator(ctx: &mut Ctx<'_>, operator: &Address) -> Result<Option<Validator>> {
    Ok(VALIDATORS.get(ctx, operator)?.map(read))
}

/// A validator that must be there.
///
/// # Errors
/// `staking` 3.
pub(crate) fn existing(ctx: &mut Ctx<'_>, operator: &Address) -> Result<Validator> {
    validator(ctx, operator)?.ok_or_else(|| error::no_validator(operator.valoper()))
}

/// A validator by the address that consensus knows it by.
pub fn validator_by_consensus(ctx: &mut Ctx<'_>, consensus: &Address) -> Result<Option<Validator>> {
    let Some(bytes) = BY_CONSENSUS.get(ctx, consensus)? else { return Ok(None) };
    let operator = Address::new(&bytes).map_err(|e| sdk::invalid_address(e.to_string()))?;
    validator(ctx, &operator)
}

/// All validators, by operator.
pub fn validators(ctx: &mut Ctx<'_>) -> Result<Vec<Validator>> {
    let mut all = Vec::new();
    VALIDATORS.for_each(ctx, (), |_, proto| {
        all.push(read(proto));
        Ok(true)
    })?;
    Ok(all)
}

/// Height at which a validator last entered the set.
pub fn bonded_since(ctx: &mut Ctx<'_>, operator: &Address) -> Result<u64> {
    Ok(BONDED_SINCE.get(ctx, operator)?.unwrap_or(0))
}

/// Voting power of the set that consensus was last told.
pub fn last_total_power(ctx: &mut Ctx<'_>) -> Result<u64> {
    Ok(LAST_TOTAL.get(ctx)?.unwrap_or(0))
}

/// Shares of a delegation.
pub fn delegation(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address) -> Result<Option<Dec>> {
    DELEGATIONS.get(ctx, (delegator, operator))
}

pub(crate) fn save(ctx: &mut Ctx<'_>, v: &Validator) -> Result<()> {
    VALIDATORS.set(ctx, &v.operator, &v.to_proto())
}

pub(crate) fn index(ctx: &mut Ctx<'_>, v: &Validator) -> Result<()> {
    BY_POWER.set(ctx, (u64::MAX.saturating_sub(v.power()), &v.operator), &())
}

pub(crate) fn unindex(ctx: &mut Ctx<'_>, v: &Validator) -> Result<()> {
    BY_POWER.remove(ctx, (u64::MAX.saturating_sub(v.power()), &v.operator))
}

/// Gives a validator other tokens and shares, and its place by power.
pub(crate) fn set_stake(ctx: &mut Ctx<'_>, v: &mut Validator, tokens: u128, shares: Dec) -> Result<()> {
    let before = v.clone();
    v.tokens = tokens;
    v.shares = shares;
    if !v.jailed && v.power() != before.power() {
        unindex(ctx, &before)?;
        index(ctx, v)?;
    }
    save(ctx, v)
}

/// Forgets a validator without shares that is not bonded, and pays what it earned.
pub(crate) fn remove(ctx: &mut Ctx<'_>, v: &Validator) -> Result<()> {
    synergy_rewards::removed(ctx, &v.operator)?;
    BY_CONSENSUS.remove(ctx, &v.consensus_address()?)?;
    unindex(ctx, v)?;
    BONDED_SINCE.remove(ctx, &v.operator)?;
    VALIDATORS.remove(ctx, &v.operator)
}

/// Writes a delegation, or removes it when it has no shares.
pub(crate) fn set_delegation(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address, shares: Dec) -> Result<()> {
    if shares.is_zero() {
        DELEGATORS.remove(ctx, (operator, delegator))?;
        return DELEGATIONS.remove(ctx, (delegator, operator));
    }
    DELEGATORS.set(ctx, (operator, delegator), &())?;
    DELEGATIONS.set(ctx, (delegator, operator), &shares)
}

/// The number of a new unbonding or redelegation entry.
pub(crate) fn next_id(ctx: &mut Ctx<'_>) -> Result<u64> {
    let id = NEXT_ID.get(ctx)?.unwrap_or(0).checked_add(1).ok_or_else(|| sdk::overflow("unbonding ids"))?;
    NEXT_ID.set(ctx, &id)?;
    Ok(id)
}

/// Delegations of a validator sum up to its shares, none is 0, and the index by power
/// names every validator that is not jailed and no other.
pub(crate) fn check_shares(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut sums: BTreeMap<Address, Dec> = BTreeMap::new();
    DELEGATIONS.for_each(ctx, (), |(_, operator), shares| {
        let sum = sums.entry(operator).or_default();
        *sum = sum.plus(shares)?;
        if shares.is_zero() || shares.is_negative() {
            return Err(broken(&format!("a delegation to {} has {shares} shares", operator.valoper())));
        }
        Ok(true)
    })?;
    for v in validators(ctx)? {
        let sum = sums.remove(&v.operator).unwrap_or_default();
        if sum != v.shares {
            return Err(broken(&format!("{}: {} shares, delegations sum to {sum}", v.operator.valoper(), v.shares)));
        }
        let indexed = BY_POWER.has(ctx, (u64::MAX.saturating_sub(v.power()), &v.operator))?;
        if indexed == v.jailed {
            return Err(broken(&format!("{}: jailed {}, in the index {indexed}", v.operator.valoper(), v.jailed)));
        }
    }
    match sums.keys().next() {
        None => Ok(()),
        Some(operator) => Err(broken(&format!("delegations to {}, who is no validator", operator.valoper()))),
    }
}

pub(crate) fn broken(what: &str) -> Error {
    sdk::invalid_request(format!("staking invariant broken: {what}"))
}
