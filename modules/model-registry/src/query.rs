use prost::Message;
use synergy_kernel::{Ctx, Page, Result, Routes, address, sdk};
use synergy_proto::synergy::modelregistry::{
    QueryAllowedRequest, QueryAllowedResponse, QueryChunkRequest, QueryChunkResponse, QueryManifestRequest,
    QueryManifestResponse, QueryMissingRequest, QueryMissingResponse, QueryModelRequest, QueryModelResponse,
    QueryModelsByOwnerRequest, QueryModelsRequest, QueryModelsResponse, QueryParamsRequest, QueryParamsResponse,
    QueryResidentsRequest, QueryResidentsResponse, QueryVersionRequest, Status,
};

use crate::{
    id::{manifest, read_id},
    merkle,
    params::params,
    rent::{self, RESIDENT_BYTES},
    state::{self, ALLOWED, BY_OWNER, CHUNKS, MODELS, VERSIONS},
};

pub(crate) fn register(routes: &mut Routes) {
    routes.query("/synergy.modelregistry.v1.Query/Model", |ctx, q: QueryModelRequest| model(ctx, &q.model_id));
    routes.query("/synergy.modelregistry.v1.Query/Version", |ctx, q: QueryVersionRequest| {
        let owner = address(&q.owner, "owner")?;
        match VERSIONS.get(ctx, ((&owner, &q.name), &q.version))? {
            Some(id) => model(ctx, &id),
            None => Err(sdk::not_found(format!("version {:?} of {:?}", q.version, q.name))),
        }
    });
    routes.query("/synergy.modelregistry.v1.Query/Models", |ctx, q: QueryModelsRequest| {
        let (models, page) = MODELS.page(ctx, (), &Page::from(q.pagination))?;
        Ok(QueryModelsResponse { models: models.into_iter().map(|(_, m)| m).collect(), pagination: page.into() })
    });
    routes.query("/synergy.modelregistry.v1.Query/ModelsByOwner", |ctx, q: QueryModelsByOwnerRequest| {
        let owner = address(&q.owner, "owner")?;
        let (found, page) = BY_OWNER.page(ctx, owner, &Page::from(q.pagination))?;
        let models = found.into_iter().map(|((_, id), ())| state::get(ctx, &id)).collect::<Result<_>>()?;
        Ok(QueryModelsResponse { models, pagination: page.into() })
    });
    routes.query("/synergy.modelregistry.v1.Query/Manifest", |ctx, q: QueryManifestRequest| {
        let manifest = manifest(&state::get(ctx, &read_id(&q.model_id, "model_id")?)?);
        Ok(QueryManifestResponse { encoded: manifest.encode_to_vec(), manifest: Some(manifest) })
    });
    routes.query("/synergy.modelregistry.v1.Query/Allowed", |ctx, q: QueryAllowedRequest| {
        let (found, page) = ALLOWED.page(ctx, read_id(&q.model_id, "model_id")?, &Page::from(q.pagination))?;
        let addresses = found.into_iter().map(|((_, address), ())| address.to_string()).collect();
        Ok(QueryAllowedResponse { addresses, pagination: page.into() })
    });
    routes.query("/synergy.modelregistry.v1.Query/Chunk", chunk);
    routes.query("/synergy.modelregistry.v1.Query/Missing", missing);
    routes.query("/synergy.modelregistry.v1.Query/Residents", |ctx, _: QueryResidentsRequest| {
        let model_ids = rent::residents(ctx)?.iter().map(|id| id.to_vec()).collect();
        Ok(QueryResidentsResponse { model_ids, bytes: RESIDENT_BYTES.get(ctx)?.unwrap_or(0) })
    });
    routes.query("/synergy.modelregistry.v1.Query/Params", |ctx, _: QueryParamsRequest| {
        Ok(QueryParamsResponse { params: Some(params(ctx)?) })
    });
}

fn model(ctx: &mut Ctx<'_>, id: &[u8]) -> Result<QueryModelResponse> {
    let id = read_id(id, "model_id")?;
    match MODELS.get(ctx, &id)? {
        Some(model) => Ok(QueryModelResponse { model: Some(model) }),
        None => Err(sdk::not_found(format!("model {}", hex::encode(id)))),
    }
}

fn chunk(ctx: &mut Ctx<'_>, q: QueryChunkRequest) -> Result<QueryChunkResponse> {
    let id = read_id(&q.model_id, "model_id")?;
    let model = state::get(ctx, &id)?;
    let hash = CHUNKS.get(ctx, (&id, q.index.into()))?;
    let Some(hash) = hash.and_then(|hash| hash.try_into().ok()) else {
        return Err(sdk::not_found(format!("chunk {} of model {}", q.index, hex::encode(id))));
    };
    let aunts = match model.status() == Status::Draft {
        true => Vec::new(),
        false => {
            let hashes = state::chunk_hashes(ctx.state, &id, &model);
            merkle::aunts(&hashes, usize::try_from(q.index).unwrap_or(usize::MAX))
        }
    };
    Ok(QueryChunkResponse {
        data: state::chunk(ctx.state, &id, &hash).to_vec(),
        total: u32::try_from(state::chunk_count(&model)).unwrap_or(u32::MAX),
        aunts: aunts.iter().map(|hash| hash.to_vec()).collect(),
    })
}

fn missing(ctx: &mut Ctx<'_>, q: QueryMissingRequest) -> Result<QueryMissingResponse> {
    let id = read_id(&q.model_id, "model_id")?;
    let model = state::get(ctx, &id)?;
    let mut indices = Vec::new();
    for index in 0..state::chunk_count(&model) {
        if model.uploaded < state::total(&model) && !CHUNKS.has(ctx, (&id, index))? {
            indices.push(u32::try_from(index).unwrap_or(u32::MAX));
        }
    }
    Ok(QueryMissingResponse { indices })
}
