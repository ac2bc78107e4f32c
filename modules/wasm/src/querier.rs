//! Queries of contracts.

use cosmwasm_std::{
    Addr, AllBalanceResponse, AllDenomMetadataResponse, BalanceResponse, BankQuery, Binary, Checksum, CodeInfoResponse,
    Coin, ContractInfoResponse, ContractResult, DenomMetadata, DenomMetadataResponse, DenomUnit, QueryRequest,
    SupplyResponse, SystemError, SystemResult, WasmQuery,
};
use prost::Message;
use serde::Serialize;
use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::{
    Address, Coin as ProtoCoin,
    cosmos::{
        bank::v1beta1::{
            Metadata, QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse,
            QueryDenomMetadataRequest, QueryDenomMetadataResponse, QueryDenomsMetadataRequest,
            QueryDenomsMetadataResponse, QuerySupplyOfRequest, QuerySupplyOfResponse,
        },
        base::query::v1beta1::PageRequest,
    },
};

use crate::{
    Runtime, STORE, address, contract,
    custom::{self, Custom},
    error, gas, grpc, ibc, staking,
    state::{self, CONTRACTS, PINNED, entry_key},
};

/// Why a query has no answer.
pub(crate) enum Refusal {
    /// What contracts are told as it is.
    System(SystemError),
    /// What they are told by its code.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The bytes that a contract gets, or why there are none.
pub(crate) type Answer = std::result::Result<Binary, Refusal>;

/// Answers a query in JSON that `contract` asks.
///
/// # Errors
/// Only SDK 11: everything else is an answer.
pub(crate) fn answer(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    contract: &Address,
    request: &[u8],
    depth: u32,
) -> Result<SystemResult<ContractResult<Binary>>> {
    gas::per_byte(ctx, request.len(), gas::REQUEST_BYTE, "Query of a contract")?;
    let refused = match serde_json::from_slice::<QueryRequest<Custom>>(request) {
        Ok(query) => match route(ctx, runtime, contract, query, depth) {
            Ok(answer) => return Ok(SystemResult::Ok(ContractResult::Ok(answer))),
            Err(refusal) => refusal,
        },
        Err(e) => Refusal::System(SystemError::InvalidRequest { error: e.to_string(), request: request.into() }),
    };
    match refused {
        Refusal::System(error) => Ok(SystemResult::Err(error)),
        Refusal::Error(error) if sdk::is_out_of_gas(&error) => Err(error),
        Refusal::Error(error) => Ok(SystemResult::Ok(ContractResult::Err(error::redacted(&error)))),
    }
}

#[allow(deprecated, reason = "contracts of earlier versions send the old kind")]
fn route(ctx: &mut Ctx<'_>, runtime: &Runtime, contract: &Address, query: QueryRequest<Custom>, depth: u32) -> Answer {
    match query {
        QueryRequest::Bank(query) => bank(ctx, query),
        QueryRequest::Wasm(query) => wasm(ctx, runtime, query, depth),
        QueryRequest::Staking(query) => staking::answer(ctx, query),
        QueryRequest::Ibc(query) => ibc::answer(ctx, contract, query),
        QueryRequest::Custom(query) => custom::answer(ctx, runtime, &query).map_err(Refusal::Error),
        QueryRequest::Grpc(query) => grpc::protobuf(ctx, &query.path, &query.data),
        QueryRequest::Stargate { path, data } => grpc::json(ctx, runtime.json, &path, &data),
        _ => Err(unsupported("this kind of query".to_owned())),
    }
}

pub(crate) fn unsupported(kind: String) -> Refusal {
    Refusal::System(SystemError::UnsupportedRequest { kind })
}

pub(crate) fn json(value: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(value).map_err(|e| sdk::invalid_request(format!("answer in JSON: {e}")))?;
    Ok(bytes.into())
}

/// Asks the bank, which this module reads as everybody else does.
fn ask<R: Message + Default>(ctx: &mut Ctx<'_>, method: &str, request: &impl Message) -> Result<R> {
    let answer = ctx.query(&format!("/cosmos.bank.v1beta1.Query/{method}"), &request.encode_to_vec())?;
    R::decode(answer.as_slice()).map_err(|e| sdk::invalid_request(format!("answer of {method}: {e}")))
}

pub(crate) fn coin(coin: Option<ProtoCoin>) -> Result<Coin> {
    let coin = coin.unwrap_or_default();
    let amount = synergy_proto::coin::amount(&coin.amount).map_err(|e| sdk::invalid_coins(e.to_string()))?;
    Ok(Coin::new(amount, coin.denom))
}

#[allow(deprecated, reason = "contracts of earlier versions ask for all balances")]
fn bank(ctx: &mut Ctx<'_>, query: BankQuery) -> Answer {
    match query {
        BankQuery::Balance { address, denom } => {
            let answer: QueryBalanceResponse = ask(ctx, "Balance", &QueryBalanceRequest { address, denom })?;
            json(&BalanceResponse::new(coin(answer.balance)?))
        }
        BankQuery::AllBalances { address } => {
            let request = QueryAllBalancesRequest { address, ..Default::default() };
            let answer: QueryAllBalancesResponse = ask(ctx, "AllBalances", &request)?;
            let coins = answer.balances.into_iter().map(|c| coin(Some(c))).collect::<Result<_>>()?;
            json(&AllBalanceResponse::new(coins))
        }
        BankQuery::Supply { denom } => {
            let answer: QuerySupplyOfResponse = ask(ctx, "SupplyOf", &QuerySupplyOfRequest { denom })?;
            json(&SupplyResponse::new(coin(answer.amount)?))
        }
        BankQuery::DenomMetadata { denom } => {
            let answer: QueryDenomMetadataResponse = ask(ctx, "DenomMetadata", &QueryDenomMetadataRequest { denom })?;
            json(&DenomMetadataResponse::new(metadata(answer.metadata.unwrap_or_default())))
        }
        BankQuery::AllDenomMetadata { pagination } => {
            let pagination = pagination.map(|page| PageRequest {
                key: page.key.unwrap_or_default().into(),
                limit: page.limit.into(),
                reverse: page.reverse,
                ..PageRequest::default()
            });
            let request = QueryDenomsMetadataRequest { pagination };
            let answer: QueryDenomsMetadataResponse = ask(ctx, "DenomsMetadata", &request)?;
            let next = answer.pagination.map(|page| page.next_key).filter(|key| !key.is_empty());
            let metadatas = answer.metadatas.into_iter().map(metadata).collect();
            json(&AllDenomMetadataResponse::new(metadatas, next.map(Binary::from)))
        }
        _ => Err(unsupported("unknown BankQuery variant".to_owned())),
    }
}

fn metadata(found: Metadata) -> DenomMetadata {
    let unit = |u: synergy_proto::cosmos::bank::v1beta1::DenomUnit| DenomUnit {
        denom: u.denom,
        exponent: u.exponent,
        aliases: u.aliases,
    };
    DenomMetadata {
        description: found.description,
        denom_units: found.denom_units.into_iter().map(unit).collect(),
        base: found.base,
        display: found.display,
        name: found.name,
        symbol: found.symbol,
        uri: found.uri,
        uri_hash: found.uri_hash,
    }
}

fn wasm(ctx: &mut Ctx<'_>, runtime: &Runtime, query: WasmQuery, depth: u32) -> Answer {
    match query {
        WasmQuery::Smart { contract_addr, msg } => {
            let address = address::read(&contract_addr, "contract")?;
            existing(ctx, &contract_addr)?;
            Ok(contract::query(ctx, runtime, &address, &msg, depth)?.into())
        }
        WasmQuery::Raw { contract_addr, key } => {
            let address = address::read(&contract_addr, "contract")?;
            Ok(ctx.get(STORE, &entry_key(&address, &key))?.unwrap_or_default().into())
        }
        WasmQuery::ContractInfo { contract_addr } => {
            let info = existing(ctx, &contract_addr)?;
            let pinned = PINNED.has(ctx, info.code_id)?;
            let some = |text: String| (!text.is_empty()).then_some(text);
            let (creator, admin) = (Addr::unchecked(info.creator), some(info.admin).map(Addr::unchecked));
            json(&ContractInfoResponse::new(info.code_id, creator, admin, pinned, some(info.ibc_port_id)))
        }
        WasmQuery::CodeInfo { code_id } => {
            let code = match state::code(ctx, code_id) {
                Err(error) if error.code == 28 => return Err(Refusal::System(SystemError::NoSuchCode { code_id })),
                found => found?,
            };
            let checksum = Checksum::from(code.checksum());
            json(&CodeInfoResponse::new(code_id, Addr::unchecked(code.info.creator), checksum))
        }
        _ => Err(unsupported("unknown WasmQuery variant".to_owned())),
    }
}

/// A contract's record, or the system error that contracts know.
fn existing(ctx: &mut Ctx<'_>, text: &str) -> std::result::Result<synergy_proto::cosmwasm::ContractInfo, Refusal> {
    let address = address::read(text, "contract")?;
    CONTRACTS.get(ctx, &address)?.ok_or_else(|| Refusal::System(SystemError::NoSuchContract { addr: text.to_owned() }))
}
