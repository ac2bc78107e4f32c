//! The base fee, and how a fee is paid.
//!
//! Stores the params and the base fee: the least price of a unit of gas in the
//! next block, moved by how full blocks are (EIP-1559). The whole fee goes to
//! the fee collector; at the end of the block the params' share of its base
//! part is burned.

mod genesis;
mod params;
#[cfg(test)]
mod tests;

use serde_json::value::RawValue;
use synergy_kernel::{Amount, BlockGas, Ctx, EndBlock, Item, Module, Result, Routes, StoreId, check_authority, sdk};
use synergy_proto::{
    Address, Denom,
    synergy::feemarket::{
        MsgUpdateParams, MsgUpdateParamsResponse, Params, QueryBaseFeeRequest, QueryBaseFeeResponse,
        QueryParamsRequest, QueryParamsResponse,
    },
};

pub use params::{Rules, default_params};

/// The store of the fee market.
pub const STORE: StoreId = StoreId { name: "feemarket", prefix: 3 };
/// The module account that fees are paid to (the SDK's name).
pub const FEE_COLLECTOR: &str = "fee_collector";

const PARAMS: Item<Params> = Item::new(STORE, 1);
const BASE_FEE: Item<Amount> = Item::new(STORE, 2);

/// The module.
#[derive(Debug)]
pub struct FeeMarket;

/// The params in force, read for use.
pub fn rules(ctx: &mut Ctx<'_>) -> Result<Rules> {
    let params = PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("feemarket has no params: no genesis yet"))?;
    Rules::read(&params)
}

/// The least price of a unit of gas, in the smallest unit of the fee denom.
pub fn base_fee(ctx: &mut Ctx<'_>) -> Result<u128> {
    Ok(BASE_FEE.get(ctx)?.map_or(0, u128::from))
}

/// What a fee offers per unit of gas, if that is enough.
///
/// # Errors
/// SDK 13 for a fee below `base_fee × gas` or in another denom.
pub fn price(rules: &Rules, base_fee: u128, fee: &[(Denom, u128)], gas: u64) -> Result<u128> {
    if let Some((denom, _)) = fee.iter().find(|(denom, _)| *denom != rules.denom) {
        return Err(sdk::insufficient_fee(format!("fees are paid in {}, not in {denom}", rules.denom)));
    }
    let paid = fee.first().map_or(0, |(_, amount)| *amount);
    let needed = base_fee.saturating_mul(u128::from(gas));
    if paid < needed {
        return Err(sdk::insufficient_fee(format!(
            "insufficient fees; got: {paid}{0} required: {needed}{0}: insufficient fee",
            rules.denom
        )));
    }
    Ok(paid.checked_div(u128::from(gas)).unwrap_or(0))
}

/// Takes the whole fee from its payer.
pub fn charge(ctx: &mut Ctx<'_>, payer: &Address, fee: &[(Denom, u128)]) -> Result<()> {
    synergy_bank::pay(ctx, payer, &Address::module(FEE_COLLECTOR), fee)
}

impl Module for FeeMarket {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
            |m| Ok(vec![m.authority.parse().map_err(|e| sdk::invalid_address(format!("authority: {e}")))?]),
            |m| Rules::read(&m.params.clone().unwrap_or_default()).map(drop),
            |ctx, m| {
                check_authority(&m.authority)?;
                // The base fee meets a higher floor at the end of the block.
                PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
                Ok(MsgUpdateParamsResponse {})
            },
        );
        routes.query("/synergy.feemarket.v1.Query/Params", |ctx, _: QueryParamsRequest| {
            Ok(QueryParamsResponse { params: PARAMS.get(ctx)? })
        });
        routes.query("/synergy.feemarket.v1.Query/BaseFee", |ctx, _: QueryBaseFeeRequest| {
            let denom = rules(ctx)?.denom.to_string();
            Ok(QueryBaseFeeResponse { base_fee: base_fee(ctx)?.to_string(), denom })
        });
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        synergy_auth::ensure_module(ctx, FEE_COLLECTOR)?;
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn end_block(&self, ctx: &mut Ctx<'_>, gas: BlockGas) -> Result<EndBlock> {
        let rules = rules(ctx)?;
        let base_fee = base_fee(ctx)?;
        burn_share(ctx, &rules, base_fee, gas.wanted)?;
        let next = rules.next_base_fee(base_fee, gas.used);
        if next != base_fee {
            BASE_FEE.set(ctx, &next.into())?;
        }
        Ok(EndBlock::default())
    }
}

fn burn_share(ctx: &mut Ctx<'_>, rules: &Rules, base_fee: u128, wanted: u64) -> Result<()> {
    let base_part = base_fee.saturating_mul(u128::from(wanted));
    let share = rules.burned(base_part);
    let collector = Address::module(FEE_COLLECTOR);
    // Gas of a genesis with base fee 0 may have been paid with nothing.
    let amount = share.min(synergy_bank::balance(ctx, &collector, &rules.denom)?);
    if amount == 0 {
        return Ok(());
    }
    let coins: [(Denom, u128); 1] = [(rules.denom.clone(), amount)];
    synergy_bank::burn(ctx, &collector, &coins)
}
