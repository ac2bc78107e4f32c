use synergy_kernel::{Routes, sdk};
use synergy_proto::cosmos::upgrade::v1beta1::{
    ModuleVersion, QueryAppliedPlanRequest, QueryAppliedPlanResponse, QueryAuthorityRequest, QueryAuthorityResponse,
    QueryCurrentPlanRequest, QueryCurrentPlanResponse, QueryModuleVersionsRequest, QueryModuleVersionsResponse,
    QueryUpgradedConsensusStateRequest, QueryUpgradedConsensusStateResponse,
};

use crate::{msgs, state};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/cosmos.upgrade.v1beta1.Query/CurrentPlan", |ctx, _: QueryCurrentPlanRequest| {
        Ok(QueryCurrentPlanResponse { plan: state::plan(ctx)? })
    });
    routes.query("/cosmos.upgrade.v1beta1.Query/AppliedPlan", |ctx, q: QueryAppliedPlanRequest| {
        // 0 for one that was not made, as in the SDK.
        let height = state::applied(ctx, &q.name)?.and_then(|height| i64::try_from(height).ok()).unwrap_or(0);
        Ok(QueryAppliedPlanResponse { height })
    });
    routes.query("/cosmos.upgrade.v1beta1.Query/ModuleVersions", |ctx, q: QueryModuleVersionsRequest| {
        let found = match q.module_name.as_str() {
            "" => state::versions(ctx)?.into_iter().collect(),
            name => match state::version(ctx, name)? {
                Some(version) => vec![(name.to_owned(), version)],
                None => return Err(sdk::not_found(format!("x/upgrade: QueryModuleVersions module {name}"))),
            },
        };
        let module_versions = found.into_iter().map(|(name, version)| ModuleVersion { name, version }).collect();
        Ok(QueryModuleVersionsResponse { module_versions })
    });
    routes.query("/cosmos.upgrade.v1beta1.Query/Authority", |_, _: QueryAuthorityRequest| {
        Ok(QueryAuthorityResponse { address: msgs::authority().to_string() })
    });
    // Deprecated: the state lies in the store under ibc-go's path, with a proof.
    routes.query("/cosmos.upgrade.v1beta1.Query/UpgradedConsensusState", |_, _: QueryUpgradedConsensusStateRequest| {
        Ok(QueryUpgradedConsensusStateResponse::default())
    });
}
