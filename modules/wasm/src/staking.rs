//! Queries about validators and delegations. They go through the chain's own
//! queries, so this module stands below no other: on a chain without staking they
//! fail as the query of an unknown path does.

use cosmwasm_std::{
    Addr, AllDelegationsResponse, AllValidatorsResponse, BondedDenomResponse, Coin, Decimal, Delegation,
    DelegationResponse, FullDelegation, StakingQuery, Validator, ValidatorResponse,
};
use prost::Message;
use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::cosmos::{
    distribution::v1beta1::{QueryDelegationRewardsRequest, QueryDelegationRewardsResponse},
    staking::v1beta1::{
        self as proto, QueryDelegationRequest, QueryDelegationResponse, QueryDelegatorDelegationsRequest,
        QueryDelegatorDelegationsResponse, QueryParamsRequest, QueryParamsResponse, QueryRedelegationsRequest,
        QueryRedelegationsResponse, QueryValidatorRequest, QueryValidatorResponse, QueryValidatorsRequest,
        QueryValidatorsResponse,
    },
};

use crate::querier::{Answer, coin, json, unsupported};

/// The SDK's name of validators that are in the set.
const BONDED: &str = "BOND_STATUS_BONDED";

fn ask<R: Message + Default>(ctx: &mut Ctx<'_>, path: &str, request: &impl Message) -> Result<R> {
    let answer = ctx.query(path, &request.encode_to_vec())?;
    R::decode(answer.as_slice()).map_err(|e| sdk::invalid_request(format!("answer of {path}: {e}")))
}

/// Answers a staking query of a contract.
pub(crate) fn answer(ctx: &mut Ctx<'_>, query: StakingQuery) -> Answer {
    match query {
        StakingQuery::BondedDenom {} => {
            let answer: QueryParamsResponse = ask(ctx, "/cosmos.staking.v1beta1.Query/Params", &QueryParamsRequest {})?;
            json(&BondedDenomResponse::new(answer.params.unwrap_or_default().bond_denom))
        }
        StakingQuery::AllValidators {} => {
            let request = QueryValidatorsRequest { status: BONDED.to_owned(), pagination: None };
            let answer: QueryValidatorsResponse = ask(ctx, "/cosmos.staking.v1beta1.Query/Validators", &request)?;
            json(&AllValidatorsResponse::new(answer.validators.into_iter().map(validator).collect::<Result<_>>()?))
        }
        StakingQuery::Validator { address } => {
            let request = QueryValidatorRequest { validator_addr: address };
            let answer = absent(ask(ctx, "/cosmos.staking.v1beta1.Query/Validator", &request))?;
            let found = answer.and_then(|answer: QueryValidatorResponse| answer.validator);
            json(&ValidatorResponse::new(found.map(validator).transpose()?))
        }
        StakingQuery::AllDelegations { delegator } => {
            let request = QueryDelegatorDelegationsRequest { delegator_addr: delegator, pagination: None };
            let answer: QueryDelegatorDelegationsResponse =
                ask(ctx, "/cosmos.staking.v1beta1.Query/DelegatorDelegations", &request)?;
            let delegations = answer.delegation_responses.into_iter().map(delegation).collect::<Result<_>>()?;
            json(&AllDelegationsResponse::new(delegations))
        }
        StakingQuery::Delegation { delegator, validator } => {
            let full = full_delegation(ctx, delegator, validator)?;
            json(&DelegationResponse::new(full))
        }
        _ => Err(unsupported("unknown Staking variant".to_owned())),
    }
}

/// What is not found is an answer, and no error.
fn absent<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error { message, .. }) if message.contains("NotFound") => Ok(None),
        Err(error) => Err(error),
    }
}

/// A decimal as protobuf carries it: an integer, scaled by 10¹⁸.
fn decimal(text: &str) -> Result<Decimal> {
    let atomics: u128 = text.parse().map_err(|_| sdk::invalid_request(format!("{text:?} is no decimal")))?;
    Decimal::from_atomics(atomics, 18).map_err(|e| sdk::overflow(format!("decimal {text}: {e}")))
}

fn validator(found: proto::Validator) -> Result<Validator> {
    let rates = found.commission.and_then(|commission| commission.commission_rates).unwrap_or_default();
    Ok(Validator::create(
        found.operator_address,
        decimal(&rates.rate)?,
        decimal(&rates.max_rate)?,
        decimal(&rates.max_change_rate)?,
    ))
}

fn delegation(found: proto::DelegationResponse) -> Result<Delegation> {
    let of = found.delegation.unwrap_or_default();
    Ok(Delegation::new(Addr::unchecked(of.delegator_address), of.validator_address, coin(found.balance)?))
}

fn full_delegation(ctx: &mut Ctx<'_>, delegator: String, validator: String) -> Result<Option<FullDelegation>> {
    let request = QueryDelegationRequest { delegator_addr: delegator.clone(), validator_addr: validator.clone() };
    let answer = absent(ask(ctx, "/cosmos.staking.v1beta1.Query/Delegation", &request))?;
    let Some(found) = answer.and_then(|answer: QueryDelegationResponse| answer.delegation_response) else {
        return Ok(None);
    };
    let amount = coin(found.balance)?;
    // Stake that came from another validator may not move on until it is free.
    let request = QueryRedelegationsRequest {
        delegator_addr: delegator.clone(),
        src_validator_addr: String::new(),
        dst_validator_addr: validator.clone(),
        pagination: None,
    };
    let incoming = absent(ask(ctx, "/cosmos.staking.v1beta1.Query/Redelegations", &request))?;
    let incoming = incoming.map_or(Vec::new(), |answer: QueryRedelegationsResponse| answer.redelegation_responses);
    let bound = incoming
        .iter()
        .filter_map(|response| response.redelegation.as_ref())
        .any(|redelegation| redelegation.validator_dst_address == validator);
    let can_redelegate = if bound { Coin::new(0_u128, amount.denom.clone()) } else { amount.clone() };
    let rewards = rewards(ctx, delegator.clone(), validator.clone())?;
    Ok(Some(FullDelegation::create(Addr::unchecked(delegator), validator, amount, can_redelegate, rewards)))
}

/// Whole coins of a delegation's rewards.
fn rewards(ctx: &mut Ctx<'_>, delegator_address: String, validator_address: String) -> Result<Vec<Coin>> {
    let request = QueryDelegationRewardsRequest { delegator_address, validator_address };
    let answer: QueryDelegationRewardsResponse =
        ask(ctx, "/cosmos.distribution.v1beta1.Query/DelegationRewards", &request)?;
    let whole = |text: &str| -> Result<u128> {
        let digits = text.get(..text.len().saturating_sub(18)).unwrap_or_default();
        let digits = if digits.is_empty() { "0" } else { digits };
        digits.parse().map_err(|_| sdk::invalid_request(format!("{text:?} is no decimal")))
    };
    answer.rewards.into_iter().map(|reward| Ok(Coin::new(whole(&reward.amount)?, reward.denom))).collect()
}
