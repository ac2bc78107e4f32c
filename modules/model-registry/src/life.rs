//! What happens to a model after it is sealed.

use synergy_kernel::{Ctx, Hash, Result, address, check_authority};
use synergy_proto::synergy::modelregistry::{
    MsgActivateModel, MsgDeprecateModel, MsgDeprecateModelResponse, MsgRemoveModel, MsgRemoveModelResponse,
    MsgSetAllowed, MsgSetTerms, Status,
};

use crate::{
    Engine,
    create::{forget_deposit, height},
    error,
    id::read_id,
    params::params,
    rent,
    state::{self, ALLOWED, BY_OWNER, CHUNKS, MODELS, VERSIONS, account, stored_address, stored_amount, transfer},
};

fn tell(ctx: &mut Ctx<'_>, event: &str, id: &Hash) {
    ctx.emit(event, &[("model_id", &hex::encode(id))]);
}

/// Doing it twice changes nothing.
pub(crate) fn activate(ctx: &mut Ctx<'_>, m: &MsgActivateModel) -> Result<()> {
    let (id, mut model) = state::owned(ctx, &m.model_id, &m.owner)?;
    if model.status() == Status::Draft {
        return Err(error::not_sealed(&id));
    }
    model.status = Status::Active.into();
    model.deprecated_height = 0;
    MODELS.set(ctx, &id, &model)?;
    tell(ctx, "activate_model", &id);
    Ok(())
}

pub(crate) fn deprecate(ctx: &mut Ctx<'_>, m: &MsgDeprecateModel) -> Result<MsgDeprecateModelResponse> {
    let (id, mut model) = state::owned(ctx, &m.model_id, &m.owner)?;
    if model.status() != Status::Active {
        return Err(error::wrong_status(&id, "only an active model can be deprecated"));
    }
    model.status = Status::Deprecated.into();
    model.deprecated_height = height(ctx);
    MODELS.set(ctx, &id, &model)?;
    tell(ctx, "deprecate_model", &id);
    let removable_height = height(ctx).saturating_add_unsigned(params(ctx)?.deprecation_blocks);
    Ok(MsgDeprecateModelResponse { removable_height })
}

/// Removes a model that nothing needs. The bytes of its chunks are no longer the state's:
/// snapshots leave them out.
///
/// # Errors
/// Codes 2 and 3; 23 when it is active, 24 when something needs it or it was deprecated too
/// lately, 14 when governance has frozen it.
pub(crate) fn remove(ctx: &mut Ctx<'_>, engine: &Engine, m: &MsgRemoveModel) -> Result<MsgRemoveModelResponse> {
    let (id, model) = state::owned(ctx, &m.model_id, &m.owner)?;
    if model.frozen {
        return Err(error::frozen(&id));
    }
    match model.status() {
        Status::Active => return Err(error::wrong_status(&id, "deprecate it before you remove it")),
        Status::Deprecated => {
            let at = model.deprecated_height.saturating_add_unsigned(params(ctx)?.deprecation_blocks);
            if height(ctx) < at {
                return Err(error::in_use(&id, &format!("it was deprecated lately, wait until height {at}")));
            }
        }
        _ => {}
    }
    if model.dependents > 0 {
        return Err(error::in_use(&id, &format!("{} models and others depend on it", model.dependents)));
    }
    if rent::keeps(ctx, &id)? {
        return Err(error::in_use(&id, "it is resident: wait until its rent ends"));
    }
    for parent in &model.parents {
        state::release(ctx, &read_id(parent, "parent")?)?;
    }
    for index in 0..state::chunk_count(&model) {
        CHUNKS.remove(ctx, (&id, index))?;
    }
    for address in allowed(ctx, &id)? {
        ALLOWED.remove(ctx, (&id, &address))?;
    }
    let owner = stored_address(&model, &model.owner);
    if model.status() != Status::Deprecated {
        VERSIONS.remove(ctx, ((&owner, &model.name), &model.version))?;
    }
    BY_OWNER.remove(ctx, (&owner, &id))?;
    MODELS.remove(ctx, &id)?;
    rent::forget(ctx, &id)?;
    let deposit = stored_amount(&model, &model.deposit);
    forget_deposit(ctx, deposit)?;
    transfer(ctx, &account(), &owner, deposit)?;
    engine.forget(&id);
    ctx.emit("remove_model", &[("model_id", &hex::encode(id)), ("owner", &model.owner), ("deposit", &model.deposit)]);
    Ok(MsgRemoveModelResponse { deposit: model.deposit })
}

fn allowed(ctx: &mut Ctx<'_>, id: &Hash) -> Result<Vec<synergy_proto::Address>> {
    let mut all = Vec::new();
    ALLOWED.for_each(ctx, id, |(_, address), ()| {
        all.push(address);
        Ok(true)
    })?;
    Ok(all)
}

pub(crate) fn set_terms(ctx: &mut Ctx<'_>, m: &MsgSetTerms) -> Result<()> {
    let (id, mut model) = state::owned(ctx, &m.model_id, &m.owner)?;
    model.terms = Some(m.terms.clone().unwrap_or_default());
    MODELS.set(ctx, &id, &model)?;
    tell(ctx, "set_terms", &id);
    Ok(())
}

pub(crate) fn set_allowed(ctx: &mut Ctx<'_>, m: &MsgSetAllowed) -> Result<()> {
    let (id, _) = state::owned(ctx, &m.model_id, &m.owner)?;
    for text in &m.add {
        ALLOWED.set(ctx, (&id, &address(text, "added")?), &())?;
    }
    for text in &m.remove {
        ALLOWED.remove(ctx, (&id, &address(text, "removed")?))?;
    }
    tell(ctx, "set_allowed", &id);
    Ok(())
}

/// Only a sealed model runs and can be stopped; doing it twice changes nothing.
pub(crate) fn freeze(ctx: &mut Ctx<'_>, authority: &str, id: &[u8], frozen: bool) -> Result<()> {
    check_authority(authority)?;
    let id = read_id(id, "model_id")?;
    let mut model = state::get(ctx, &id)?;
    if model.status() == Status::Draft {
        return Err(error::not_sealed(&id));
    }
    model.frozen = frozen;
    MODELS.set(ctx, &id, &model)?;
    tell(ctx, if frozen { "freeze_model" } else { "unfreeze_model" }, &id);
    Ok(())
}
