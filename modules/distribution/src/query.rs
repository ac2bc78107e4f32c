use synergy_kernel::{Ctx, DecCoins, Page, Result, Routes, sdk};
use synergy_proto::{
    Address,
    cosmos::distribution::v1beta1::{
        DelegationDelegatorReward, QueryCommunityPoolRequest, QueryCommunityPoolResponse,
        QueryDelegationRewardsRequest, QueryDelegationRewardsResponse, QueryDelegationTotalRewardsRequest,
        QueryDelegationTotalRewardsResponse, QueryDelegatorValidatorsRequest, QueryDelegatorValidatorsResponse,
        QueryDelegatorWithdrawAddressRequest, QueryDelegatorWithdrawAddressResponse, QueryParamsRequest,
        QueryParamsResponse, QueryValidatorCommissionRequest, QueryValidatorCommissionResponse,
        QueryValidatorDistributionInfoRequest, QueryValidatorDistributionInfoResponse,
        QueryValidatorOutstandingRewardsRequest, QueryValidatorOutstandingRewardsResponse,
        QueryValidatorSlashesRequest, QueryValidatorSlashesResponse, ValidatorAccumulatedCommission,
        ValidatorOutstandingRewards,
    },
};

use crate::msgs::{account, operator, validator};

pub(crate) fn register(routes: &mut Routes) {
    of_validators(routes);
    of_delegators(routes);
    routes.query("/cosmos.distribution.v1beta1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(crate::params(ctx)?) })
    });
    routes.query("/cosmos.distribution.v1beta1.Query/CommunityPool", |ctx, _: QueryCommunityPoolRequest| {
        Ok(QueryCommunityPoolResponse { pool: synergy_rewards::pool(ctx)?.to_proto() })
    });
}

fn of_validators(routes: &mut Routes) {
    routes.query(
        "/cosmos.distribution.v1beta1.Query/ValidatorDistributionInfo",
        |ctx, q: QueryValidatorDistributionInfoRequest| {
            let operator = operator(&q.validator_address)?;
            validator(ctx, &operator)?;
            let own = match synergy_staking::delegation(ctx, &operator, &operator)? {
                Some(_) => pending(ctx, &operator, &operator)?,
                None => DecCoins::default(),
            };
            Ok(QueryValidatorDistributionInfoResponse {
                operator_address: operator.to_string(),
                self_bond_rewards: own.to_proto(),
                commission: synergy_rewards::commission(ctx, &operator)?.to_proto(),
            })
        },
    );
    routes.query(
        "/cosmos.distribution.v1beta1.Query/ValidatorOutstandingRewards",
        |ctx, q: QueryValidatorOutstandingRewardsRequest| {
            let rewards = synergy_rewards::outstanding(ctx, &operator(&q.validator_address)?)?.to_proto();
            Ok(QueryValidatorOutstandingRewardsResponse { rewards: Some(ValidatorOutstandingRewards { rewards }) })
        },
    );
    routes.query(
        "/cosmos.distribution.v1beta1.Query/ValidatorCommission",
        |ctx, q: QueryValidatorCommissionRequest| {
            let commission = synergy_rewards::commission(ctx, &operator(&q.validator_address)?)?.to_proto();
            Ok(QueryValidatorCommissionResponse { commission: Some(ValidatorAccumulatedCommission { commission }) })
        },
    );
    routes.query("/cosmos.distribution.v1beta1.Query/ValidatorSlashes", |ctx, q: QueryValidatorSlashesRequest| {
        if q.ending_height < q.starting_height {
            return Err(sdk::invalid_request("starting height greater than ending height"));
        }
        let (operator, page) = (operator(&q.validator_address)?, Page::from(q.pagination));
        let (slashes, page) = synergy_rewards::slashes(ctx, &operator, q.starting_height, q.ending_height, &page)?;
        Ok(QueryValidatorSlashesResponse { slashes, pagination: page.into() })
    });
}

fn of_delegators(routes: &mut Routes) {
    routes.query("/cosmos.distribution.v1beta1.Query/DelegationRewards", |ctx, q: QueryDelegationRewardsRequest| {
        let rewards = pending(ctx, &account(&q.delegator_address)?, &operator(&q.validator_address)?)?;
        Ok(QueryDelegationRewardsResponse { rewards: rewards.to_proto() })
    });
    routes.query(
        "/cosmos.distribution.v1beta1.Query/DelegationTotalRewards",
        |ctx, q: QueryDelegationTotalRewardsRequest| {
            let delegator = account(&q.delegator_address)?;
            let (mut rewards, mut total) = (Vec::new(), DecCoins::default());
            for (operator, _) in synergy_staking::delegations_of(ctx, &delegator)? {
                let reward = pending(ctx, &delegator, &operator)?;
                total = total.plus(&reward)?;
                let validator_address = operator.valoper();
                rewards.push(DelegationDelegatorReward { validator_address, reward: reward.to_proto() });
            }
            Ok(QueryDelegationTotalRewardsResponse { rewards, total: total.to_proto() })
        },
    );
    routes.query(
        "/cosmos.distribution.v1beta1.Query/DelegatorValidators",
        |ctx, q: QueryDelegatorValidatorsRequest| {
            let delegations = synergy_staking::delegations_of(ctx, &account(&q.delegator_address)?)?;
            let validators = delegations.iter().map(|(operator, _)| operator.valoper()).collect();
            Ok(QueryDelegatorValidatorsResponse { validators })
        },
    );
    routes.query(
        "/cosmos.distribution.v1beta1.Query/DelegatorWithdrawAddress",
        |ctx, q: QueryDelegatorWithdrawAddressRequest| {
            let to = synergy_rewards::withdraw_address(ctx, &account(&q.delegator_address)?)?;
            Ok(QueryDelegatorWithdrawAddressResponse { withdraw_address: to.to_string() })
        },
    );
}

/// What a delegation would be paid now. Closes the validator's period in a layer
/// that is dropped: queries may be asked by contracts inside a transaction.
fn pending(ctx: &mut Ctx<'_>, delegator: &Address, operator: &Address) -> Result<DecCoins> {
    let v = validator(ctx, operator)?;
    let shares = synergy_staking::delegation(ctx, delegator, operator)?
        .ok_or_else(|| sdk::not_found(format!("delegation of {delegator} to {}", operator.valoper())))?;
    let stake = v.worth(shares)?;
    ctx.state.push();
    let pending = synergy_rewards::pending(ctx, operator, delegator, stake, v.tokens);
    ctx.state.pop();
    pending
}
