use synergy_kernel::{Page, Routes, address};
use synergy_proto::cosmos::authz::v1beta1::{
    QueryGranteeGrantsRequest, QueryGranteeGrantsResponse, QueryGranterGrantsRequest, QueryGranterGrantsResponse,
    QueryGrantsRequest, QueryGrantsResponse,
};

use crate::{
    error,
    state::{BY_GRANTEE, GRANTS, TypeUrl, describe},
};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/cosmos.authz.v1beta1.Query/Grants", |ctx, q: QueryGrantsRequest| {
        let (granter, grantee) = (address(&q.granter, "granter")?, address(&q.grantee, "grantee")?);
        if !q.msg_type_url.is_empty() {
            let grant = GRANTS.get(ctx, (&granter, (&grantee, &TypeUrl::new(&q.msg_type_url)?)))?;
            let grant = grant
                .ok_or_else(|| error::not_found(&format!("authorization not found for {} type", q.msg_type_url)))?;
            return Ok(QueryGrantsResponse { grants: vec![grant], pagination: None });
        }
        let (grants, page) = GRANTS.page(ctx, (granter, grantee), &Page::from(q.pagination))?;
        let grants = grants.into_iter().map(|(_, grant)| grant).collect();
        Ok(QueryGrantsResponse { grants, pagination: page.into() })
    });
    routes.query("/cosmos.authz.v1beta1.Query/GranterGrants", |ctx, q: QueryGranterGrantsRequest| {
        let granter = address(&q.granter, "granter")?;
        let (grants, page) = GRANTS.page(ctx, granter, &Page::from(q.pagination))?;
        let grants = grants.into_iter().map(|((granter, (grantee, _)), grant)| describe(&granter, &grantee, grant));
        Ok(QueryGranterGrantsResponse { grants: grants.collect(), pagination: page.into() })
    });
    routes.query("/cosmos.authz.v1beta1.Query/GranteeGrants", |ctx, q: QueryGranteeGrantsRequest| {
        let grantee = address(&q.grantee, "grantee")?;
        let (keys, page) = BY_GRANTEE.page(ctx, grantee, &Page::from(q.pagination))?;
        let mut grants = Vec::with_capacity(keys.len());
        for ((grantee, (granter, url)), ()) in keys {
            if let Some(grant) = GRANTS.get(ctx, (&granter, (&grantee, &url)))? {
                grants.push(describe(&granter, &grantee, grant));
            }
        }
        Ok(QueryGranteeGrantsResponse { grants, pagination: page.into() })
    });
}
