//! The queries of `cosmwasm.wasm.v1`.

use synergy_kernel::{Ctx, Page, Result, Routes, sdk};
use synergy_proto::{
    cosmos::base::query::v1beta1::{PageRequest, PageResponse},
    cosmwasm::*,
};

use crate::{
    Runtime, STORE, address, contract, error,
    msgs::validate,
    params::params,
    state::{self, BY_CODE, BY_CREATOR, CODES, CONTRACTS, Code, HISTORY, PINNED, entry_key},
};

/// Most entries of a page, wasmd's `maxResultEntries`.
const MAX_ENTRIES: u64 = 100;

pub(crate) fn register(routes: &mut Routes, runtime: &Runtime) {
    register_contracts(routes);
    register_states(routes, runtime);
    register_codes(routes);
    routes.query("/cosmwasm.wasm.v1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(params(ctx)?) })
    });
    routes.query("/cosmwasm.wasm.v1.Query/BuildAddress", |_, q: QueryBuildAddressRequest| build_address(&q));
}

/// Pages go by key alone.
fn page(request: Option<PageRequest>) -> Result<Page> {
    let mut page = Page::from(request);
    if page.offset != 0 || page.count_total {
        return Err(sdk::invalid_request("offset and count queries not supported"));
    }
    if page.limit == 0 || page.limit > MAX_ENTRIES {
        page.limit = MAX_ENTRIES;
    }
    Ok(page)
}

fn register_contracts(routes: &mut Routes) {
    routes.query("/cosmwasm.wasm.v1.Query/ContractInfo", |ctx, q: QueryContractInfoRequest| {
        let info = CONTRACTS.get(ctx, &address::read(&q.address, "contract")?)?;
        let info = info.ok_or_else(|| error::no_such_contract(&q.address))?;
        Ok(QueryContractInfoResponse { address: q.address, contract_info: Some(info) })
    });
    routes.query("/cosmwasm.wasm.v1.Query/ContractHistory", |ctx, q: QueryContractHistoryRequest| {
        let address = address::read(&q.address, "contract")?;
        let (entries, next) = HISTORY.page(ctx, address, &page(q.pagination)?)?;
        let entries = entries.into_iter().map(|(_, entry)| entry).collect();
        Ok(QueryContractHistoryResponse { entries, pagination: next.into() })
    });
    routes.query("/cosmwasm.wasm.v1.Query/ContractsByCode", |ctx, q: QueryContractsByCodeRequest| {
        if q.code_id == 0 {
            return Err(error::invalid("code id"));
        }
        let (found, next) = BY_CODE.page(ctx, q.code_id, &page(q.pagination)?)?;
        let contracts = found.into_iter().map(|((_, (_, contract)), ())| contract.to_string()).collect();
        Ok(QueryContractsByCodeResponse { contracts, pagination: next.into() })
    });
    routes.query("/cosmwasm.wasm.v1.Query/ContractsByCreator", |ctx, q: QueryContractsByCreatorRequest| {
        let creator = address::read(&q.creator_address, "creator")?;
        let (found, next) = BY_CREATOR.page(ctx, creator, &page(q.pagination)?)?;
        let contract_addresses = found.into_iter().map(|((_, (_, contract)), ())| contract.to_string()).collect();
        Ok(QueryContractsByCreatorResponse { contract_addresses, pagination: next.into() })
    });
}

fn register_states(routes: &mut Routes, runtime: &Runtime) {
    routes.query("/cosmwasm.wasm.v1.Query/AllContractState", |ctx, q: QueryAllContractStateRequest| {
        let contract = existing(ctx, &q.address)?;
        let page = page(q.pagination)?;
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let (models, next_key) = state::entries(ctx, &contract, &page.key, page.reverse, limit)?;
        Ok(QueryAllContractStateResponse { models, pagination: Some(PageResponse { next_key, total: 0 }) })
    });
    routes.query("/cosmwasm.wasm.v1.Query/RawContractState", |ctx, q: QueryRawContractStateRequest| {
        let contract = existing(ctx, &q.address)?;
        let data = ctx.get(STORE, &entry_key(&contract, &q.query_data))?;
        Ok(QueryRawContractStateResponse { data: data.unwrap_or_default() })
    });
    let runtime = runtime.clone();
    routes.query("/cosmwasm.wasm.v1.Query/SmartContractState", move |ctx, q: QuerySmartContractStateRequest| {
        validate::payload(&q.query_data)?;
        let contract = address::read(&q.address, "contract")?;
        Ok(QuerySmartContractStateResponse { data: contract::query(ctx, &runtime, &contract, &q.query_data, 0)? })
    });
}

fn existing(ctx: &mut Ctx<'_>, text: &str) -> Result<synergy_proto::Address> {
    let contract = address::read(text, "contract")?;
    match CONTRACTS.has(ctx, &contract)? {
        true => Ok(contract),
        false => Err(error::no_such_contract(text)),
    }
}

fn register_codes(routes: &mut Routes) {
    routes.query("/cosmwasm.wasm.v1.Query/Code", |ctx, q: QueryCodeRequest| {
        let code = code(ctx, q.code_id)?;
        let checksum = code.checksum();
        let data = ctx.state.blob(&checksum).map(|wasm| wasm.to_vec()).unwrap_or_default();
        Ok(QueryCodeResponse { code_info: Some(info(q.code_id, code)), data })
    });
    routes.query("/cosmwasm.wasm.v1.Query/Codes", |ctx, q: QueryCodesRequest| {
        let (codes, next) = CODES.page(ctx, (), &page(q.pagination)?)?;
        let code_infos = codes.into_iter().map(|(id, code)| info(id, code)).collect();
        Ok(QueryCodesResponse { code_infos, pagination: next.into() })
    });
    routes.query("/cosmwasm.wasm.v1.Query/CodeInfo", |ctx, q: QueryCodeInfoRequest| {
        let CodeInfo { code_hash, creator, instantiate_config } = code(ctx, q.code_id)?.info;
        Ok(QueryCodeInfoResponse {
            code_id: q.code_id,
            creator,
            checksum: code_hash,
            instantiate_permission: instantiate_config,
        })
    });
    routes.query("/cosmwasm.wasm.v1.Query/PinnedCodes", |ctx, q: QueryPinnedCodesRequest| {
        let (pinned, next) = PINNED.page(ctx, (), &page(q.pagination)?)?;
        let code_ids = pinned.into_iter().map(|(id, ())| id).collect();
        Ok(QueryPinnedCodesResponse { code_ids, pagination: next.into() })
    });
    routes.query("/cosmwasm.wasm.v1.Query/WasmLimitsConfig", |_, _: QueryWasmLimitsConfigRequest| {
        Ok(QueryWasmLimitsConfigResponse { config: synergy_vm::limits_json() })
    });
}

fn code(ctx: &mut Ctx<'_>, id: u64) -> Result<Code> {
    if id == 0 { Err(error::invalid("code id")) } else { state::code(ctx, id) }
}

fn info(code_id: u64, code: Code) -> CodeInfoResponse {
    let CodeInfo { code_hash, creator, instantiate_config } = code.info;
    CodeInfoResponse { code_id, creator, data_hash: code_hash, instantiate_permission: instantiate_config }
}

fn build_address(q: &QueryBuildAddressRequest) -> Result<QueryBuildAddressResponse> {
    let not_hex = |what| move |e| sdk::invalid_request(format!("invalid {what}: {e}"));
    let checksum = hex::decode(&q.code_hash).map_err(not_hex("code hash"))?;
    let checksum = checksum.as_slice().try_into().map_err(|_| sdk::invalid_request("a code hash has 32 bytes"))?;
    let creator = address::read(&q.creator_address, "creator")?;
    let salt = hex::decode(&q.salt).map_err(not_hex("salt"))?;
    if !q.init_args.is_empty() {
        validate::payload(&q.init_args)?;
    }
    let address = address::predictable(&checksum, &creator, &salt, &q.init_args)?;
    Ok(QueryBuildAddressResponse { address: address.to_string() })
}
