//! New coins for those who secure the chain (the Cosmos SDK's `x/mint`).
//!
//! Stores the params and the yearly inflation, which moves in every block: up while
//! less of the supply is bonded than the goal, down while more is. Each block's part
//! goes to the fee collector, from where `distribution` shares it out.

mod genesis;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Dec, Item, Module, Result, Routes, StoreId, sdk};
use synergy_proto::{
    Denom, coin,
    cosmos::mint::v1beta1::{
        Minter, MsgUpdateParams, MsgUpdateParamsResponse, Params, QueryAnnualProvisionsRequest,
        QueryAnnualProvisionsResponse, QueryInflationRequest, QueryInflationResponse, QueryParamsRequest,
        QueryParamsResponse,
    },
};

/// The store.
pub const STORE: StoreId = StoreId { name: "mint", prefix: 14 };
/// The module account that new coins come from (the SDK's name).
pub const ACCOUNT: &str = "mint";

const PARAMS: Item<Params> = Item::new(STORE, 1);
const MINTER: Item<Minter> = Item::new(STORE, 2);

/// The module.
#[derive(Debug)]
pub struct Mint;

/// The SDK's defaults at a block per second: 7 to 20 % a year, by at most 13 points
/// in a year, for two thirds bonded.
pub fn default_params() -> Params {
    Params {
        mint_denom: coin::BASE_DENOM.to_owned(),
        inflation_rate_change: Dec::percent(13).atomics(),
        inflation_max: Dec::percent(20).atomics(),
        inflation_min: Dec::percent(7).atomics(),
        goal_bonded: Dec::percent(67).atomics(),
        blocks_per_year: 31_557_600,
    }
}

/// Inflation of a new chain.
pub fn initial_inflation() -> Dec {
    Dec::percent(13)
}

/// [`Params`] read once and checked.
struct Rules {
    denom: Denom,
    change: Dec,
    max: Dec,
    min: Dec,
    goal: Dec,
    blocks: Dec,
}

impl Rules {
    fn read(p: &Params) -> Result<Self> {
        let bad = |what: &str| sdk::invalid_request(format!("mint params: {what}"));
        let fraction = |text: &str, name: &str| {
            let dec = Dec::from_atomics(text)?;
            if dec.is_negative() || dec > Dec::ONE { Err(bad(&format!("{name} must be from 0 to 1"))) } else { Ok(dec) }
        };
        let rules = Self {
            denom: p.mint_denom.parse().map_err(|e| bad(&format!("mint_denom: {e}")))?,
            change: fraction(&p.inflation_rate_change, "inflation_rate_change")?,
            max: fraction(&p.inflation_max, "inflation_max")?,
            min: fraction(&p.inflation_min, "inflation_min")?,
            goal: fraction(&p.goal_bonded, "goal_bonded")?,
            blocks: Dec::whole(p.blocks_per_year.into()),
        };
        if rules.goal.is_zero() || rules.blocks.is_zero() || rules.max < rules.min {
            return Err(bad("goal_bonded and blocks_per_year must be positive, inflation_max at least inflation_min"));
        }
        Ok(rules)
    }

    /// Inflation after a block with so much of the supply bonded.
    fn next_inflation(&self, inflation: Dec, bonded: Dec) -> Result<Dec> {
        let per_year = Dec::ONE.minus(bonded.over(self.goal)?)?.times(self.change)?;
        let next = inflation.plus(per_year.over(self.blocks)?)?;
        Ok(next.min(self.max).max(self.min))
    }
}

fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("mint has no params: the chain has no genesis yet"))
}

fn minter(ctx: &mut Ctx<'_>) -> Result<(Dec, Dec)> {
    let minter = MINTER.get(ctx)?.unwrap_or_default();
    Ok((Dec::from_atomics(&minter.inflation)?, Dec::from_atomics(&minter.annual_provisions)?))
}

fn set_minter(ctx: &mut Ctx<'_>, inflation: Dec, provisions: Dec) -> Result<()> {
    MINTER.set(ctx, &Minter { inflation: inflation.atomics(), annual_provisions: provisions.atomics() })
}

impl Module for Mint {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
            |m| Ok(vec![m.authority.parse().map_err(|e| sdk::invalid_address(format!("authority: {e}")))?]),
            |m| Rules::read(&m.params.clone().unwrap_or_default()).map(drop),
            |ctx, m| {
                synergy_staking::check_authority(&m.authority)?;
                PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
                Ok(MsgUpdateParamsResponse {})
            },
        );
        routes.query("/cosmos.mint.v1beta1.Query/Params", |ctx, _: QueryParamsRequest| {
            Ok(QueryParamsResponse { params: Some(params(ctx)?) })
        });
        routes.query("/cosmos.mint.v1beta1.Query/Inflation", |ctx, _: QueryInflationRequest| {
            Ok(QueryInflationResponse { inflation: minter(ctx)?.0.atomics().into_bytes() })
        });
        routes.query("/cosmos.mint.v1beta1.Query/AnnualProvisions", |ctx, _: QueryAnnualProvisionsRequest| {
            Ok(QueryAnnualProvisionsResponse { annual_provisions: minter(ctx)?.1.atomics().into_bytes() })
        });
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        synergy_auth::ensure_module(ctx, ACCOUNT)?;
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        let rules = Rules::read(&params(ctx)?)?;
        let bonded = synergy_staking::bonded_ratio(ctx)?;
        let inflation = rules.next_inflation(minter(ctx)?.0, bonded)?;
        let provisions = inflation.times(Dec::whole(synergy_staking::staking_supply(ctx)?))?;
        set_minter(ctx, inflation, provisions)?;
        let amount = provisions.over(rules.blocks)?.floor()?;
        if amount > 0 {
            let (account, collector) = (
                synergy_proto::Address::module(ACCOUNT),
                synergy_proto::Address::module(synergy_feemarket::FEE_COLLECTOR),
            );
            let coins = [(rules.denom, amount)];
            synergy_bank::mint(ctx, &account, &coins)?;
            synergy_bank::transfer(ctx, &account, &collector, &coins)?;
        }
        ctx.emit(
            "mint",
            &[
                ("bonded_ratio", &bonded.to_string()),
                ("inflation", &inflation.to_string()),
                ("annual_provisions", &provisions.to_string()),
                ("amount", &amount.to_string()),
            ],
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflation_moves_towards_the_goal_and_stays_within_its_bounds() {
        let rules = Rules::read(&default_params()).unwrap();
        let start = initial_inflation();
        assert!(rules.next_inflation(start, Dec::ZERO).unwrap() > start);
        assert!(rules.next_inflation(start, Dec::ONE).unwrap() < start);
        assert_eq!(rules.next_inflation(start, Dec::percent(67)).unwrap(), start);
        assert_eq!(rules.next_inflation(rules.max, Dec::ZERO).unwrap(), rules.max);
        assert_eq!(rules.next_inflation(rules.min, Dec::ONE).unwrap(), rules.min);
    }
}
