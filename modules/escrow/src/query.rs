use synergy_kernel::{Page, Routes, address, sdk};
use synergy_proto::synergy::escrow::{
    Phase, QueryEscrowRequest, QueryEscrowResponse, QueryEscrowsRequest, QueryEscrowsResponse, QueryParamsRequest,
    QueryParamsResponse,
};

use crate::{
    params::params,
    state::{self, BY_PARTY, ESCROWS, Funds},
    stream,
};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/synergy.escrow.v1.Query/Escrow", |ctx, q: QueryEscrowRequest| {
        let escrow = ESCROWS.get(ctx, q.escrow_id)?;
        let escrow = escrow.ok_or_else(|| sdk::not_found(format!("escrow {}", q.escrow_id)))?;
        let withdrawable = match &escrow.stream {
            Some(stream) if escrow.phase() == Phase::Open && ctx.block.seconds < escrow.deadline => {
                let funds = Funds::of(&escrow);
                stream::accrued(ctx, stream, funds.amount).saturating_sub(funds.paid)
            }
            _ => 0,
        };
        Ok(QueryEscrowResponse { escrow: Some(escrow), withdrawable: withdrawable.to_string() })
    });
    routes.query("/synergy.escrow.v1.Query/Escrows", |ctx, q: QueryEscrowsRequest| {
        let page = Page::from(q.pagination);
        if q.party.is_empty() {
            let (found, page) = ESCROWS.page(ctx, (), &page)?;
            let escrows = found.into_iter().map(|(_, escrow)| escrow).collect();
            return Ok(QueryEscrowsResponse { escrows, pagination: page.into() });
        }
        let (found, page) = BY_PARTY.page(ctx, address(&q.party, "party")?, &page)?;
        let mut escrows = Vec::with_capacity(found.len());
        for ((_, id), ()) in found {
            escrows.push(state::escrow(ctx, id)?);
        }
        Ok(QueryEscrowsResponse { escrows, pagination: page.into() })
    });
    routes.query("/synergy.escrow.v1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(params(ctx)?) })
    });
}
