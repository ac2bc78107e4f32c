use synergy_kernel::{Page, Routes, address, sdk};
use synergy_proto::cosmos::feegrant::v1beta1::{
    QueryAllowanceRequest, QueryAllowanceResponse, QueryAllowancesByGranterRequest, QueryAllowancesByGranterResponse,
    QueryAllowancesRequest, QueryAllowancesResponse,
};

use crate::state::{ALLOWANCES, BY_GRANTER};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/cosmos.feegrant.v1beta1.Query/Allowance", |ctx, q: QueryAllowanceRequest| {
        let (granter, grantee) = (address(&q.granter, "granter")?, address(&q.grantee, "grantee")?);
        match ALLOWANCES.get(ctx, (&grantee, &granter))? {
            None => Err(sdk::not_found(format!("fee-grant of {granter} to {grantee}"))),
            allowance => Ok(QueryAllowanceResponse { allowance }),
        }
    });
    routes.query("/cosmos.feegrant.v1beta1.Query/Allowances", |ctx, q: QueryAllowancesRequest| {
        let grantee = address(&q.grantee, "grantee")?;
        let (found, page) = ALLOWANCES.page(ctx, grantee, &Page::from(q.pagination))?;
        let allowances = found.into_iter().map(|(_, grant)| grant).collect();
        Ok(QueryAllowancesResponse { allowances, pagination: page.into() })
    });
    routes.query("/cosmos.feegrant.v1beta1.Query/AllowancesByGranter", |ctx, q: QueryAllowancesByGranterRequest| {
        let granter = address(&q.granter, "granter")?;
        let (pairs, page) = BY_GRANTER.page(ctx, granter, &Page::from(q.pagination))?;
        let mut allowances = Vec::with_capacity(pairs.len());
        for ((granter, grantee), ()) in pairs {
            allowances.extend(ALLOWANCES.get(ctx, (&grantee, &granter))?);
        }
        Ok(QueryAllowancesByGranterResponse { allowances, pagination: page.into() })
    });
}
