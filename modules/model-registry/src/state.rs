use std::sync::Arc;

use synergy_kernel::{Ctx, Hash, Map, Result, State};
use synergy_proto::synergy::modelregistry::{Model, Status};
use synergy_store::fatal;

use crate::{STORE, error};

pub(crate) const MODELS: Map<&Hash, Model> = Map::new(STORE, 2);

/// Where a model lies within the store, for proofs.
pub fn model_key(id: &Hash) -> Vec<u8> {
    MODELS.key(id)
}

/// A model that can be run.
///
/// # Errors
/// Code 2 when it does not exist, 10 when it is a draft, 14 when governance has frozen it.
pub fn sealed(ctx: &mut Ctx<'_>, id: &Hash) -> Result<Model> {
    let model = MODELS.get(ctx, id)?.ok_or_else(|| error::not_found(id))?;
    if model.status() != Status::Sealed {
        return Err(error::not_sealed(id));
    }
    if model.frozen {
        return Err(error::frozen(id));
    }
    Ok(model)
}

/// The draft that `owner` may change.
pub(crate) fn draft(ctx: &mut Ctx<'_>, id: &Hash, owner: &str) -> Result<Model> {
    let model = MODELS.get(ctx, id)?.ok_or_else(|| error::not_found(id))?;
    if model.owner != owner {
        return Err(error::not_owner(id, &model.owner));
    }
    if model.status() != Status::Draft {
        return Err(error::not_draft(id));
    }
    Ok(model)
}

/// The bytes of a model's chunks, joined. No gas: the caller has charged it, or
/// restores what a cache has lost.
pub(crate) fn bytes(state: &State, model: &Model) -> Vec<u8> {
    let mut bytes = Vec::new();
    for hash in &model.chunks {
        bytes.extend_from_slice(&chunk(state, model, hash));
    }
    bytes
}

/// Hashes of the chunks of all models.
pub(crate) fn chunk_hashes(ctx: &mut Ctx<'_>) -> Result<Vec<Hash>> {
    let mut all = Vec::new();
    MODELS.for_each(ctx, (), |_, model| {
        all.extend(model.chunks.iter().filter_map(|hash| Hash::try_from(hash.as_slice()).ok()));
        Ok(true)
    })?;
    Ok(all)
}

/// The bytes of one chunk. A blob that is gone is a broken database.
pub(crate) fn chunk(state: &State, model: &Model, hash: &[u8]) -> Arc<Vec<u8>> {
    let blob = <Hash>::try_from(hash).ok().and_then(|hash| state.blob(&hash));
    match blob {
        Some(blob) => blob,
        None => fatal(format!("chunk {} of model {} is missing", hex::encode(hash), hex::encode(&model.id))),
    }
}
