use synergy_kernel::{Result, Routes, address, check_authority, sdk};
use synergy_proto::{
    Address,
    synergy::modelregistry::{
        MsgActivateModel, MsgActivateModelResponse, MsgCreateModel, MsgCreateModelResponse, MsgDeprecateModel,
        MsgDeprecateModelResponse, MsgFreezeModel, MsgFreezeModelResponse, MsgPayRent, MsgPayRentResponse,
        MsgRemoveModel, MsgRemoveModelResponse, MsgSealModel, MsgSealModelResponse, MsgSetAllowed,
        MsgSetAllowedResponse, MsgSetResident, MsgSetResidentResponse, MsgSetTerms, MsgSetTermsResponse,
        MsgUnfreezeModel, MsgUnfreezeModelResponse, MsgUpdateParams, MsgUpdateParamsResponse, MsgUploadChunk,
        MsgUploadChunkResponse,
    },
};

use crate::{
    Engine, create,
    id::read_id,
    life,
    params::{self, PARAMS},
    rent, terms,
};

pub(crate) fn register(routes: &mut Routes, engine: &Engine) {
    let profile = engine.profile();
    routes.message::<MsgCreateModel, MsgCreateModelResponse>(
        |m| signer(&m.owner, "owner"),
        create::check,
        move |ctx, m| create::create(ctx, &profile, m),
    );
    routes.message::<MsgUploadChunk, MsgUploadChunkResponse>(
        |m| signer(&m.owner, "owner"),
        |m| {
            if m.data.is_empty() {
                return Err(sdk::invalid_request("the chunk is empty: send at least one byte"));
            }
            id(&m.model_id)
        },
        create::upload,
    );
    let sealing = engine.clone();
    routes.message::<MsgSealModel, MsgSealModelResponse>(
        |m| signer(&m.owner, "owner"),
        |m| id(&m.model_id),
        move |ctx, m| create::seal(ctx, &sealing, m),
    );
    register_life(routes, engine);
    register_governance(routes);
}

fn register_life(routes: &mut Routes, engine: &Engine) {
    routes.message::<MsgActivateModel, MsgActivateModelResponse>(
        |m| signer(&m.owner, "owner"),
        |m| id(&m.model_id),
        |ctx, m| life::activate(ctx, m).map(|()| MsgActivateModelResponse {}),
    );
    routes.message::<MsgDeprecateModel, MsgDeprecateModelResponse>(
        |m| signer(&m.owner, "owner"),
        |m| id(&m.model_id),
        life::deprecate,
    );
    let engine = engine.clone();
    routes.message::<MsgRemoveModel, MsgRemoveModelResponse>(
        |m| signer(&m.owner, "owner"),
        |m| id(&m.model_id),
        move |ctx, m| life::remove(ctx, &engine, m),
    );
    routes.message::<MsgSetTerms, MsgSetTermsResponse>(
        |m| signer(&m.owner, "owner"),
        |m| {
            id(&m.model_id)?;
            terms::check(&m.terms.clone().unwrap_or_default())
        },
        |ctx, m| life::set_terms(ctx, m).map(|()| MsgSetTermsResponse {}),
    );
    routes.message::<MsgSetAllowed, MsgSetAllowedResponse>(
        |m| signer(&m.owner, "owner"),
        |m| id(&m.model_id),
        |ctx, m| life::set_allowed(ctx, m).map(|()| MsgSetAllowedResponse {}),
    );
    routes.message::<MsgPayRent, MsgPayRentResponse>(|m| signer(&m.payer, "payer"), |m| id(&m.model_id), rent::pay);
}

/// Messages of governance alone.
fn register_governance(routes: &mut Routes) {
    routes.message::<MsgFreezeModel, MsgFreezeModelResponse>(
        |m| signer(&m.authority, "authority"),
        |m| id(&m.model_id),
        |ctx, m| life::freeze(ctx, &m.authority, &m.model_id, true).map(|()| MsgFreezeModelResponse {}),
    );
    routes.message::<MsgUnfreezeModel, MsgUnfreezeModelResponse>(
        |m| signer(&m.authority, "authority"),
        |m| id(&m.model_id),
        |ctx, m| life::freeze(ctx, &m.authority, &m.model_id, false).map(|()| MsgUnfreezeModelResponse {}),
    );
    routes.message::<MsgSetResident, MsgSetResidentResponse>(
        |m| signer(&m.authority, "authority"),
        |m| id(&m.model_id),
        |ctx, m| {
            check_authority(&m.authority)?;
            rent::set(ctx, &read_id(&m.model_id, "model_id")?, m.resident)?;
            Ok(MsgSetResidentResponse {})
        },
    );
    routes.message::<MsgUpdateParams, MsgUpdateParamsResponse>(
        |m| signer(&m.authority, "authority"),
        |m| params::check(&m.params.clone().unwrap_or_default()),
        |ctx, m| {
            check_authority(&m.authority)?;
            PARAMS.set(ctx, &m.params.clone().unwrap_or_default())?;
            Ok(MsgUpdateParamsResponse {})
        },
    );
}

fn id(bytes: &[u8]) -> Result<()> {
    read_id(bytes, "model_id").map(drop)
}

fn signer(text: &str, what: &str) -> Result<Vec<Address>> {
    Ok(vec![address(text, what)?])
}
