use synergy_kernel::{Amount, Ctx, Page, Result, Routes, address, sdk};
use synergy_proto::{
    Address, Coin, Denom, coin,
    cosmos::bank::v1beta1::{
        QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse,
        QueryDenomMetadataRequest, QueryDenomMetadataResponse, QueryDenomsMetadataRequest, QueryDenomsMetadataResponse,
        QueryParamsRequest, QueryParamsResponse, QuerySpendableBalanceByDenomRequest,
        QuerySpendableBalanceByDenomResponse, QuerySpendableBalancesRequest, QuerySpendableBalancesResponse,
        QuerySupplyOfRequest, QuerySupplyOfResponse, QueryTotalSupplyRequest, QueryTotalSupplyResponse,
    },
};

use crate::state::{self, BALANCES, METADATA, PARAMS, SUPPLY};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/cosmos.bank.v1beta1.Query/Balance", |ctx, q: QueryBalanceRequest| {
        Ok(QueryBalanceResponse { balance: Some(one(ctx, &q.address, &q.denom)?) })
    });
    routes.query("/cosmos.bank.v1beta1.Query/AllBalances", |ctx, q: QueryAllBalancesRequest| {
        let (balances, page) = all(ctx, &q.address, &Page::from(q.pagination))?;
        Ok(QueryAllBalancesResponse { balances, pagination: page.into() })
    });
    routes.query("/cosmos.bank.v1beta1.Query/SpendableBalances", |ctx, q: QuerySpendableBalancesRequest| {
        let (mut balances, page) = all(ctx, &q.address, &Page::from(q.pagination))?;
        for coin in &mut balances {
            *coin = spendable(ctx, &q.address, &coin.denom)?;
        }
        Ok(QuerySpendableBalancesResponse { balances, pagination: page.into() })
    });
    routes.query(
        "/cosmos.bank.v1beta1.Query/SpendableBalanceByDenom",
        |ctx, q: QuerySpendableBalanceByDenomRequest| {
            Ok(QuerySpendableBalanceByDenomResponse { balance: Some(spendable(ctx, &q.address, &q.denom)?) })
        },
    );
    routes.query("/cosmos.bank.v1beta1.Query/SupplyOf", |ctx, q: QuerySupplyOfRequest| {
        let denom = denom(&q.denom)?;
        Ok(QuerySupplyOfResponse { amount: Some(coin::coin(state::supply(ctx, &denom)?, &denom)) })
    });
    routes.query("/cosmos.bank.v1beta1.Query/TotalSupply", |ctx, q: QueryTotalSupplyRequest| {
        let (supply, page) = SUPPLY.page(ctx, (), &Page::from(q.pagination))?;
        Ok(QueryTotalSupplyResponse { supply: supply.iter().map(as_coin).collect(), pagination: page.into() })
    });
    routes.query("/cosmos.bank.v1beta1.Query/DenomMetadata", |ctx, q: QueryDenomMetadataRequest| {
        let denom = denom(&q.denom)?;
        match METADATA.get(ctx, &denom)? {
            Some(metadata) => Ok(QueryDenomMetadataResponse { metadata: Some(metadata) }),
            None => Err(sdk::not_found(format!("client metadata for denom {denom}"))),
        }
    });
    routes.query("/cosmos.bank.v1beta1.Query/DenomsMetadata", |ctx, q: QueryDenomsMetadataRequest| {
        let (metadatas, page) = METADATA.page(ctx, (), &Page::from(q.pagination))?;
        Ok(QueryDenomsMetadataResponse {
            metadatas: metadatas.into_iter().map(|(_, m)| m).collect(),
            pagination: page.into(),
        })
    });
    routes.query("/cosmos.bank.v1beta1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: PARAMS.get(ctx)? })
    });
}

fn denom(text: &str) -> Result<Denom> {
    text.parse().map_err(|e| sdk::invalid_request(format!("{e}")))
}

fn one(ctx: &mut Ctx<'_>, owner: &str, name: &str) -> Result<Coin> {
    let (owner, denom) = (address(owner, "owner")?, denom(name)?);
    Ok(coin::coin(state::balance(ctx, &owner, &denom)?, &denom))
}

fn spendable(ctx: &mut Ctx<'_>, owner: &str, name: &str) -> Result<Coin> {
    let (owner, denom) = (address(owner, "owner")?, denom(name)?);
    Ok(coin::coin(state::spendable(ctx, &owner, &denom)?, &denom))
}

fn all(ctx: &mut Ctx<'_>, owner: &str, page: &Page) -> Result<(Vec<Coin>, Page)> {
    let owner: Address = address(owner, "owner")?;
    let (balances, page) = BALANCES.page(ctx, owner, page)?;
    let mut coins: Vec<Coin> = balances
        .iter()
        .filter(|(_, balance)| balance.amount() > 0)
        .map(|((_, denom), balance)| coin::coin(balance.amount(), denom))
        .collect();
    coins.sort_by(|a, b| a.denom.cmp(&b.denom));
    Ok((coins, page))
}

fn as_coin((denom, amount): &(Denom, Amount)) -> Coin {
    coin::coin((*amount).into(), denom)
}
