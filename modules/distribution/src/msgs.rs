use synergy_kernel::{Ctx, DecCoins, Error, Result, Routes, sdk};
use synergy_proto::{
    Address, Coin, Denom, coin,
    cosmos::distribution::v1beta1::{
        MsgCommunityPoolSpend, MsgCommunityPoolSpendResponse, MsgDepositValidatorRewardsPool,
        MsgDepositValidatorRewardsPoolResponse, MsgFundCommunityPool, MsgFundCommunityPoolResponse,
        MsgSetWithdrawAddress, MsgSetWithdrawAddressResponse, MsgUpdateParams, MsgUpdateParamsResponse,
        MsgWithdrawDelegatorReward, MsgWithdrawDelegatorRewardResponse, MsgWithdrawValidatorCommission,
        MsgWithdrawValidatorCommissionResponse,
    },
};
use synergy_staking::{Validator, check_authority};

use crate::params::{PARAMS, Rules, rules};

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgSetWithdrawAddress, MsgSetWithdrawAddressResponse>(
        |m| Ok(vec![account(&m.delegator_address)?]),
        |m| account(&m.withdraw_address).map(drop),
        set_withdraw_address,
    );
    routes.message::<MsgWithdrawDelegatorReward, MsgWithdrawDelegatorRewardResponse>(
        |m| Ok(vec![account(&m.delegator_address)?]),
        |m| operator(&m.validator_address).map(drop),
        withdraw_reward,
    );
    routes.message::<MsgWithdrawValidatorCommission, MsgWithdrawValidatorCommissionResponse>(
        |m| Ok(vec![operator(&m.validator_address)?]),
        |_| Ok(()),
        |ctx, m| {
            let paid = synergy_rewards::withdraw_commission(ctx, &operator(&m.validator_address)?)?;
            Ok(MsgWithdrawValidatorCommissionResponse { amount: coins(&paid) })
        },
    );
    routes.message::<MsgFundCommunityPool, MsgFundCommunityPoolResponse>(
        |m| Ok(vec![account(&m.depositor)?]),
        |m| positive(&m.amount).map(drop),
        |ctx, m| {
            synergy_rewards::fund_pool(ctx, &account(&m.depositor)?, &positive(&m.amount)?)?;
            Ok(MsgFundCommunityPoolResponse {})
        },
    );
    routes.message::<MsgCommunityPoolSpend, MsgCommunityPoolSpendResponse>(
        |m| Ok(vec![account(&m.authority)?]),
        |m| positive(&m.amount).map(drop),
        spend,
    );
    routes.message::<MsgDepositValidatorRewardsPool, MsgDepositValidatorRewardsPoolResponse>(
        |m| Ok(vec![account(&m.depositor)?]),
        |m| positive(&m.amount).map(drop),
        deposit,
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| Ok(vec![account(&m.authority)?]),
        |m| Rules::read(&m.params.clone().unwrap_or_default()).map(drop),
        |ctx, m| {
            check_authority(&m.authority)?;
            PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

pub(crate) fn account(text: &str) -> Result<Address> {
    text.parse().map_err(|e| sdk::invalid_address(format!("invalid address {text:?}: {e}")))
}

pub(crate) fn operator(text: &str) -> Result<Address> {
    Address::from_valoper(text).map_err(|e| sdk::invalid_address(format!("invalid validator address {text:?}: {e}")))
}

fn positive(coins: &[Coin]) -> Result<Vec<(Denom, u128)>> {
    match coin::read_all(coins).map_err(|e| sdk::invalid_coins(e.to_string()))? {
        coins if coins.is_empty() => Err(sdk::invalid_coins("no amount given: name at least one coin")),
        coins => Ok(coins),
    }
}

fn coins(paid: &[(Denom, u128)]) -> Vec<Coin> {
    paid.iter().map(|(denom, amount)| coin::coin(*amount, denom)).collect()
}

/// Module accounts take coins only from their modules (SDK: blocked addresses).
fn check_recipient(ctx: &mut Ctx<'_>, to: &Address) -> Result<()> {
    if synergy_auth::is_module(ctx, to)? {
        return Err(sdk::unauthorized(format!(
            "{to} is not allowed to receive external funds: it is a module's account"
        )));
    }
    Ok(())
}

fn set_withdraw_address(ctx: &mut Ctx<'_>, m: &MsgSetWithdrawAddress) -> Result<MsgSetWithdrawAddressResponse> {
    if !rules(ctx)?.withdraw_addr_enabled {
        return Err(Error::new("distribution", 8, "set withdraw address disabled"));
    }
    let to = account(&m.withdraw_address)?;
    check_recipient(ctx, &to)?;
    synergy_rewards::set_withdraw_address(ctx, &account(&m.delegator_address)?, &to)?;
    ctx.emit("set_withdraw_address", &[("withdraw_address", &m.withdraw_address)]);
    Ok(MsgSetWithdrawAddressResponse {})
}

fn withdraw_reward(ctx: &mut Ctx<'_>, m: &MsgWithdrawDelegatorReward) -> Result<MsgWithdrawDelegatorRewardResponse> {
    let (delegator, operator) = (account(&m.delegator_address)?, operator(&m.validator_address)?);
    let v = validator(ctx, &operator)?;
    let Some(shares) = synergy_staking::delegation(ctx, &delegator, &operator)? else {
        return Err(Error::new(
            "distribution",
            5,
            format!("no delegation distribution info: {delegator} has no stake there"),
        ));
    };
    let stake = v.worth(shares)?;
    let paid = synergy_rewards::settle(ctx, &operator, &delegator, stake, v.tokens)?;
    synergy_rewards::start(ctx, &operator, &delegator, stake)?;
    Ok(MsgWithdrawDelegatorRewardResponse { amount: coins(&paid) })
}

/// `distribution` 6, the SDK's `ErrNoValidatorDistInfo`.
pub(crate) fn validator(ctx: &mut Ctx<'_>, operator: &Address) -> Result<Validator> {
    synergy_staking::validator(ctx, operator)?.ok_or_else(|| {
        Error::new("distribution", 6, format!("no validator distribution info: {} does not exist", operator.valoper()))
    })
}

fn spend(ctx: &mut Ctx<'_>, m: &MsgCommunityPoolSpend) -> Result<MsgCommunityPoolSpendResponse> {
    check_authority(&m.authority)?;
    let to = account(&m.recipient)?;
    check_recipient(ctx, &to)?;
    synergy_rewards::spend_pool(ctx, &to, &positive(&m.amount)?)?;
    Ok(MsgCommunityPoolSpendResponse {})
}

/// A gift to a validator and its delegators, shared as its rewards are.
fn deposit(ctx: &mut Ctx<'_>, m: &MsgDepositValidatorRewardsPool) -> Result<MsgDepositValidatorRewardsPoolResponse> {
    let (from, given) = (account(&m.depositor)?, positive(&m.amount)?);
    let v = validator(ctx, &operator(&m.validator_address)?)?;
    synergy_bank::transfer(ctx, &from, &Address::module(synergy_rewards::ACCOUNT), &given)?;
    synergy_rewards::allocate(ctx, &v.operator, &DecCoins::whole(&given), v.commission)?;
    Ok(MsgDepositValidatorRewardsPoolResponse {})
}
