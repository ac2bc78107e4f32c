use synergy_kernel::{Page, Routes, sdk};
use synergy_proto::synergy::modelregistry::{
    QueryModelRequest, QueryModelResponse, QueryModelsRequest, QueryModelsResponse, QueryParamsRequest,
    QueryParamsResponse,
};

use crate::{id::read_id, params::params, state::MODELS};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/synergy.modelregistry.v1.Query/Model", |ctx, q: QueryModelRequest| {
        let id = read_id(&q.model_id, "model_id")?;
        match MODELS.get(ctx, &id)? {
            Some(model) => Ok(QueryModelResponse { model: Some(model) }),
            None => Err(sdk::not_found(format!("model {}", hex::encode(id)))),
        }
    });
    routes.query("/synergy.modelregistry.v1.Query/Models", |ctx, q: QueryModelsRequest| {
        let (models, page) = MODELS.page(ctx, (), &Page::from(q.pagination))?;
        Ok(QueryModelsResponse { models: models.into_iter().map(|(_, m)| m).collect(), pagination: page.into() })
    });
    routes.query("/synergy.modelregistry.v1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(params(ctx)?) })
    });
}
