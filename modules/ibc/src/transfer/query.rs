#![allow(deprecated, reason = "relayers and explorers still ask for traces")]

use synergy_kernel::{Ctx, Error, Result, Routes, sdk};
use synergy_proto::{
    Denom as Name, coin,
    ibc::transfer::{
        Denom, DenomTrace, QueryDenomHashRequest, QueryDenomHashResponse, QueryDenomRequest, QueryDenomResponse,
        QueryDenomTraceRequest, QueryDenomTraceResponse, QueryDenomTracesRequest, QueryDenomTracesResponse,
        QueryDenomsRequest, QueryDenomsResponse, QueryEscrowAddressRequest, QueryEscrowAddressResponse,
        QueryParamsRequest, QueryParamsResponse, QueryTotalEscrowForDenomRequest, QueryTotalEscrowForDenomResponse,
    },
};

use super::{
    denom,
    state::{self, DENOMS, escrow_address},
};
use crate::path;

fn invalid(error: Error) -> Error {
    sdk::invalid_request(error.message)
}

fn find(ctx: &mut Ctx<'_>, hash: &str) -> Result<Denom> {
    let found = DENOMS.get(ctx, &denom::parse_hash(hash).map_err(invalid)?)?;
    found.ok_or_else(|| sdk::not_found(format!("denomination {}", hash.trim_start_matches(denom::PREFIX))))
}

/// As ibc-go before version 9 has it.
fn trace(denom: &Denom) -> DenomTrace {
    DenomTrace { path: denom::hops(denom), base_denom: denom.base.clone() }
}

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/ibc.applications.transfer.v1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(state::params(ctx)?) })
    });
    routes.query("/ibc.applications.transfer.v1.Query/Denom", |ctx, q: QueryDenomRequest| {
        Ok(QueryDenomResponse { denom: Some(find(ctx, &q.hash)?) })
    });
    routes.query("/ibc.applications.transfer.v1.Query/Denoms", |ctx, q: QueryDenomsRequest| {
        let (found, page) = DENOMS.page(ctx, (), &q.pagination.into())?;
        let denoms = found.into_iter().map(|(_, denom)| denom).collect();
        Ok(QueryDenomsResponse { denoms, pagination: page.into() })
    });
    routes.query("/ibc.applications.transfer.v1.Query/DenomTrace", |ctx, q: QueryDenomTraceRequest| {
        Ok(QueryDenomTraceResponse { denom_trace: Some(trace(&find(ctx, &q.hash)?)) })
    });
    routes.query("/ibc.applications.transfer.v1.Query/DenomTraces", |ctx, q: QueryDenomTracesRequest| {
        let (found, page) = DENOMS.page(ctx, (), &q.pagination.into())?;
        let denom_traces = found.iter().map(|(_, denom)| trace(denom)).collect();
        Ok(QueryDenomTracesResponse { denom_traces, pagination: page.into() })
    });
    routes.query("/ibc.applications.transfer.v1.Query/DenomHash", |ctx, q: QueryDenomHashRequest| {
        let denom = denom::parse(&q.trace);
        denom::validate(&denom).map_err(invalid)?;
        let hash = denom::hash(&denom);
        if !DENOMS.has(ctx, &hash)? {
            return Err(sdk::not_found(format!("denomination {}", q.trace)));
        }
        Ok(QueryDenomHashResponse { hash: hex::encode_upper(hash) })
    });
    routes.query("/ibc.applications.transfer.v1.Query/EscrowAddress", |_, q: QueryEscrowAddressRequest| {
        path::check_port(&q.port_id).map_err(invalid)?;
        path::check_channel(&q.channel_id).map_err(invalid)?;
        Ok(QueryEscrowAddressResponse { escrow_address: escrow_address(&q.port_id, &q.channel_id).to_string() })
    });
    routes.query(
        "/ibc.applications.transfer.v1.Query/TotalEscrowForDenom",
        |ctx, q: QueryTotalEscrowForDenomRequest| {
            let name: Name = q.denom.parse().map_err(|e| sdk::invalid_request(format!("{e}")))?;
            let amount = state::escrowed(ctx, &name)?;
            Ok(QueryTotalEscrowForDenomResponse { amount: Some(coin::coin(amount, &name)) })
        },
    );
}
