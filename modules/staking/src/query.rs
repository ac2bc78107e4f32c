use synergy_kernel::{Ctx, Dec, Page, Result, Routes, sdk};
use synergy_proto::{
    Address, coin,
    cosmos::staking::v1beta1::{
        BondStatus, Delegation, DelegationResponse, Pool, QueryDelegationRequest, QueryDelegationResponse,
        QueryDelegatorDelegationsRequest, QueryDelegatorDelegationsResponse, QueryDelegatorUnbondingDelegationsRequest,
        QueryDelegatorUnbondingDelegationsResponse, QueryDelegatorValidatorRequest, QueryDelegatorValidatorResponse,
        QueryDelegatorValidatorsRequest, QueryDelegatorValidatorsResponse, QueryHistoricalInfoRequest,
        QueryHistoricalInfoResponse, QueryParamsRequest, QueryParamsResponse, QueryPoolRequest, QueryPoolResponse,
        QueryRedelegationsRequest, QueryRedelegationsResponse, QueryUnbondingDelegationRequest,
        QueryUnbondingDelegationResponse, QueryValidatorDelegationsRequest, QueryValidatorDelegationsResponse,
        QueryValidatorRequest, QueryValidatorResponse, QueryValidatorUnbondingDelegationsRequest,
        QueryValidatorUnbondingDelegationsResponse, QueryValidatorsRequest, QueryValidatorsResponse, Redelegation,
        RedelegationEntryResponse, RedelegationResponse, UnbondingDelegation, Validator as Proto,
    },
};

use crate::{
    params::{self, rules},
    pools,
    state::{
        self, DELEGATIONS, DELEGATORS, HISTORY, REDELEGATED_FROM, REDELEGATIONS, UNBONDING_FROM, UNBONDINGS, VALIDATORS,
    },
    unbonding,
    validator::{account, operator},
};

pub(crate) fn register(routes: &mut Routes) {
    validators(routes);
    delegations(routes);
    unbondings(routes);
    routes.query("/cosmos.staking.v1beta1.Query/Redelegations", redelegations);
    routes.query("/cosmos.staking.v1beta1.Query/HistoricalInfo", |ctx, q: QueryHistoricalInfoRequest| {
        let height = u64::try_from(q.height).map_err(|_| sdk::invalid_request("height cannot be negative"))?;
        match HISTORY.get(ctx, height)? {
            Some(info) => Ok(QueryHistoricalInfoResponse { hist: Some(info) }),
            None => Err(sdk::not_found(format!("historical info for height {height}"))),
        }
    });
    routes.query("/cosmos.staking.v1beta1.Query/Pool", |ctx, _: QueryPoolRequest| {
        let denom = rules(ctx)?.denom;
        let pool = Pool {
            not_bonded_tokens: pools::not_bonded(ctx, &denom)?.to_string(),
            bonded_tokens: pools::bonded(ctx, &denom)?.to_string(),
        };
        Ok(QueryPoolResponse { pool: Some(pool) })
    });
    routes.query("/cosmos.staking.v1beta1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(params::params(ctx)?) })
    });
}

fn validators(routes: &mut Routes) {
    routes.query("/cosmos.staking.v1beta1.Query/Validators", |ctx, q: QueryValidatorsRequest| {
        let status = match q.status.as_str() {
            "" => None,
            name => Some(
                BondStatus::from_str_name(name)
                    .ok_or_else(|| sdk::invalid_request(format!("invalid validator status {name}")))?,
            ),
        };
        let wanted = |_: &Address, v: &Proto| status.is_none_or(|status| status as i32 == v.status);
        let (found, page) = VALIDATORS.page_where(ctx, (), &Page::from(q.pagination), wanted)?;
        Ok(QueryValidatorsResponse { validators: found.into_iter().map(|(_, v)| v).collect(), pagination: page.into() })
    });
    routes.query("/cosmos.staking.v1beta1.Query/Validator", |ctx, q: QueryValidatorRequest| {
        Ok(QueryValidatorResponse { validator: Some(find(ctx, &operator(&q.validator_addr)?)?) })
    });
    routes.query("/cosmos.staking.v1beta1.Query/DelegatorValidators", |ctx, q: QueryDelegatorValidatorsRequest| {
        let (found, page) = DELEGATIONS.page(ctx, account(&q.delegator_addr)?, &Page::from(q.pagination))?;
        let validators = found.iter().map(|((_, operator), _)| find(ctx, operator)).collect::<Result<_>>()?;
        Ok(QueryDelegatorValidatorsResponse { validators, pagination: page.into() })
    });
    routes.query("/cosmos.staking.v1beta1.Query/DelegatorValidator", |ctx, q: QueryDelegatorValidatorRequest| {
        let (delegator, operator) = (account(&q.delegator_addr)?, operator(&q.validator_addr)?);
        shares(ctx, &delegator, &operator)?;
        Ok(QueryDelegatorValidatorResponse { validator: Some(find(ctx, &operator)?) })
    });
}

fn find(ctx: &mut Ctx<'_>, operator: &Address) -> Result<Proto> {
    VALIDATORS.get(ctx, operator)?.ok_or_else(|| sdk::not_found(format!("validator {}", operator.valoper())))
}

fn shares(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address) -> Result<Dec> {
    DELEGATIONS.get(ctx, (delegator, operator))?.ok_or_else(|| {
        sdk::not_found(format!("delegation with delegator {delegator} for validator {}", operator.valoper()))
    })
}

fn delegations(routes: &mut Routes) {
    routes.query("/cosmos.staking.v1beta1.Query/Delegation", |ctx, q: QueryDelegationRequest| {
        let (delegator, operator) = (account(&q.delegator_addr)?, operator(&q.validator_addr)?);
        let shares = shares(ctx, &delegator, &operator)?;
        Ok(QueryDelegationResponse { delegation_response: Some(respond(ctx, &delegator, &operator, shares)?) })
    });
    routes.query("/cosmos.staking.v1beta1.Query/DelegatorDelegations", |ctx, q: QueryDelegatorDelegationsRequest| {
        let (found, page) = DELEGATIONS.page(ctx, account(&q.delegator_addr)?, &Page::from(q.pagination))?;
        let delegation_responses = found
            .iter()
            .map(|((delegator, operator), shares)| respond(ctx, delegator, operator, *shares))
            .collect::<Result<_>>()?;
        Ok(QueryDelegatorDelegationsResponse { delegation_responses, pagination: page.into() })
    });
    routes.query("/cosmos.staking.v1beta1.Query/ValidatorDelegations", |ctx, q: QueryValidatorDelegationsRequest| {
        let (found, page) = DELEGATORS.page(ctx, operator(&q.validator_addr)?, &Page::from(q.pagination))?;
        let mut delegation_responses = Vec::with_capacity(found.len());
        for ((operator, delegator), ()) in found {
            let shares = shares(ctx, &delegator, &operator)?;
            delegation_responses.push(respond(ctx, &delegator, &operator, shares)?);
        }
        Ok(QueryValidatorDelegationsResponse { delegation_responses, pagination: page.into() })
    });
}

fn respond(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address, shares: Dec) -> Result<DelegationResponse> {
    let worth = state::existing(ctx, operator)?.worth(shares)?.floor()?;
    Ok(DelegationResponse {
        delegation: Some(Delegation {
            delegator_address: delegator.to_string(),
            validator_address: operator.valoper(),
            shares: shares.atomics(),
        }),
        balance: Some(coin::coin(worth, rules(ctx)?.denom)),
    })
}

fn unbondings(routes: &mut Routes) {
    routes.query("/cosmos.staking.v1beta1.Query/UnbondingDelegation", |ctx, q: QueryUnbondingDelegationRequest| {
        let (delegator, operator) = (account(&q.delegator_addr)?, operator(&q.validator_addr)?);
        match unbonding::find(ctx, &delegator, &operator)? {
            Some(unbond) => Ok(QueryUnbondingDelegationResponse { unbond: Some(unbond) }),
            None => Err(sdk::not_found(format!(
                "unbonding delegation with delegator {delegator} for validator {}",
                operator.valoper()
            ))),
        }
    });
    routes.query(
        "/cosmos.staking.v1beta1.Query/DelegatorUnbondingDelegations",
        |ctx, q: QueryDelegatorUnbondingDelegationsRequest| {
            let (found, page) = UNBONDINGS.page(ctx, account(&q.delegator_addr)?, &Page::from(q.pagination))?;
            let unbonding_responses = found.into_iter().map(|(_, u)| u).collect();
            Ok(QueryDelegatorUnbondingDelegationsResponse { unbonding_responses, pagination: page.into() })
        },
    );
    routes.query(
        "/cosmos.staking.v1beta1.Query/ValidatorUnbondingDelegations",
        |ctx, q: QueryValidatorUnbondingDelegationsRequest| {
            let (found, page) = UNBONDING_FROM.page(ctx, operator(&q.validator_addr)?, &Page::from(q.pagination))?;
            let mut unbonding_responses: Vec<UnbondingDelegation> = Vec::with_capacity(found.len());
            for ((operator, delegator), ()) in found {
                unbonding_responses.extend(unbonding::find(ctx, &delegator, &operator)?);
            }
            Ok(QueryValidatorUnbondingDelegationsResponse { unbonding_responses, pagination: page.into() })
        },
    );
}

/// By delegator, by source, or the one of all three.
fn redelegations(ctx: &mut Ctx<'_>, q: QueryRedelegationsRequest) -> Result<QueryRedelegationsResponse> {
    let asked = Page::from(q.pagination);
    let (found, page): (Vec<Redelegation>, Page) = match (q.delegator_addr.as_str(), q.src_validator_addr.as_str()) {
        ("", "") => return Err(sdk::invalid_request("give a delegator or a source validator")),
        ("", source) => {
            let (keys, page) = REDELEGATED_FROM.page(ctx, operator(source)?, &asked)?;
            let mut found = Vec::with_capacity(keys.len());
            for ((from, (delegator, to)), ()) in keys {
                found.extend(REDELEGATIONS.get(ctx, (&delegator, (&from, &to)))?);
            }
            (found, page)
        }
        (delegator, source) => {
            let wanted = |name: &str, found: &str| name.is_empty() || name == found;
            let (found, page) = REDELEGATIONS.page_where(ctx, account(delegator)?, &asked, |_, r| {
                wanted(source, &r.validator_src_address) && wanted(&q.dst_validator_addr, &r.validator_dst_address)
            })?;
            (found.into_iter().map(|(_, r)| r).collect(), page)
        }
    };
    let redelegation_responses = found.into_iter().map(|r| show(ctx, r)).collect::<Result<_>>()?;
    Ok(QueryRedelegationsResponse { redelegation_responses, pagination: page.into() })
}

fn show(ctx: &mut Ctx<'_>, mut r: Redelegation) -> Result<RedelegationResponse> {
    // The destination may be gone, when all its stake left it.
    let to = state::validator(ctx, &operator(&r.validator_dst_address)?)?;
    let mut entries = Vec::with_capacity(r.entries.len());
    for entry in std::mem::take(&mut r.entries) {
        let shares = Dec::from_atomics(&entry.shares_dst)?;
        let balance = to.as_ref().map_or(Ok(0), |v| v.worth(shares)?.floor())?;
        entries.push(RedelegationEntryResponse { redelegation_entry: Some(entry), balance: balance.to_string() });
    }
    Ok(RedelegationResponse { redelegation: Some(r), entries })
}
