use std::sync::Arc;

use synergy_kernel::{Ctx, Hash, Item, Map, Result, State};
use synergy_proto::{
    Address, Denom, coin,
    synergy::modelregistry::{Model, Status},
};
use synergy_store::fatal;

use crate::{ACCOUNT, STORE, error, id::read_id};

pub(crate) const MODELS: Map<&Hash, Model> = Map::new(STORE, 2);
/// SHA-256 of each uploaded chunk by model and index; the blobs have the bytes.
pub(crate) const CHUNKS: Map<(&Hash, u64), Vec<u8>> = Map::new(STORE, 3);
pub(crate) const BY_OWNER: Map<(&Address, &Hash), ()> = Map::new(STORE, 4);
/// Ids by owner, name and version. Those of removed models that once ran stay, so that a
/// version never gets another meaning.
pub(crate) const VERSIONS: Map<((&Address, &str), &str), Vec<u8>> = Map::new(STORE, 5);
/// Who may run a restricted model.
pub(crate) const ALLOWED: Map<(&Hash, &Address), ()> = Map::new(STORE, 6);
/// What all models have of deposits; the module's account has the same.
pub(crate) const DEPOSITS: Item<synergy_kernel::Amount> = Item::new(STORE, 7);

/// Where a model lies within the store, for proofs.
pub fn model_key(id: &Hash) -> Vec<u8> {
    MODELS.key(id)
}

/// The account that holds the deposits.
pub(crate) fn account() -> Address {
    Address::module(ACCOUNT)
}

/// An amount of the base denom as the bank takes it.
pub(crate) fn coins(amount: u128) -> Vec<(Denom, u128)> {
    let denom: std::result::Result<Denom, _> = coin::BASE_DENOM.parse();
    let denom = denom.unwrap_or_else(|e| fatal(format_args!("the base denom is no denom: {e}")));
    if amount > 0 { vec![(denom, amount)] } else { Vec::new() }
}

/// Moves an amount of the base denom; nothing happens for nothing.
pub(crate) fn transfer(ctx: &mut Ctx<'_>, from: &Address, to: &Address, amount: u128) -> Result<()> {
    match coins(amount) {
        coins if coins.is_empty() => Ok(()),
        coins => synergy_bank::transfer(ctx, from, to, &coins),
    }
}

/// An amount that was checked before it was stored; empty for nothing.
pub(crate) fn stored_amount(model: &Model, text: &str) -> u128 {
    if text.is_empty() {
        return 0;
    }
    coin::amount(text).unwrap_or_else(|e| fatal(format_args!("model {}: {e}", hex::encode(&model.id))))
}

/// An address that was checked before it was stored.
pub(crate) fn stored_address(model: &Model, text: &str) -> Address {
    text.parse().unwrap_or_else(|e| fatal(format_args!("model {}: address {text:?}: {e}", hex::encode(&model.id))))
}

/// # Errors
/// Code 2 when there is none.
pub(crate) fn get(ctx: &mut Ctx<'_>, id: &Hash) -> Result<Model> {
    MODELS.get(ctx, id)?.ok_or_else(|| error::not_found(id))
}

/// A model that is complete and not stopped.
///
/// # Errors
/// Code 2 when it does not exist, 10 when it is a draft, 14 when governance has frozen it.
pub fn sealed(ctx: &mut Ctx<'_>, id: &Hash) -> Result<Model> {
    let model = get(ctx, id)?;
    if model.status() == Status::Draft {
        return Err(error::not_sealed(id));
    }
    if model.frozen {
        return Err(error::frozen(id));
    }
    Ok(model)
}

/// The model that `owner` may change.
///
/// # Errors
/// Code 2 when it does not exist, 3 when it is somebody else's.
pub(crate) fn owned(ctx: &mut Ctx<'_>, id: &[u8], owner: &str) -> Result<(Hash, Model)> {
    let id = read_id(id, "model_id")?;
    let model = get(ctx, &id)?;
    let same = owner.parse::<Address>().is_ok_and(|owner| owner == stored_address(&model, &model.owner));
    if same { Ok((id, model)) } else { Err(error::not_owner(&id, &model.owner)) }
}

/// The draft that `owner` may change.
///
/// # Errors
/// Codes 2 and 3, and 9 when it is sealed.
pub(crate) fn draft(ctx: &mut Ctx<'_>, id: &[u8], owner: &str) -> Result<(Hash, Model)> {
    let (id, model) = owned(ctx, id, owner)?;
    if model.status() == Status::Draft { Ok((id, model)) } else { Err(error::not_draft(&id)) }
}

/// Says that something needs the model: it cannot be removed until [`release`].
///
/// # Errors
/// Those of [`sealed`].
pub fn hold(ctx: &mut Ctx<'_>, id: &Hash) -> Result<()> {
    let mut model = sealed(ctx, id)?;
    model.dependents = model.dependents.saturating_add(1);
    MODELS.set(ctx, id, &model)
}

/// Takes a [`hold`] back.
pub fn release(ctx: &mut Ctx<'_>, id: &Hash) -> Result<()> {
    let mut model = get(ctx, id)?;
    model.dependents = model
        .dependents
        .checked_sub(1)
        .unwrap_or_else(|| fatal(format_args!("model {} is released more often than held", hex::encode(id))));
    MODELS.set(ctx, id, &model)
}

/// Bytes of the ONNX file and the assets.
pub(crate) fn total(model: &Model) -> u64 {
    model.assets.iter().fold(model.size, |sum, asset| sum.saturating_add(asset.size))
}

/// Number of chunks that the model is to have.
pub(crate) fn chunk_count(model: &Model) -> u64 {
    total(model).div_ceil(model.chunk_bytes.max(1))
}

/// The hashes of a complete model's chunks. No gas: the caller has charged it, or restores
/// what a cache has lost.
pub(crate) fn chunk_hashes(state: &State, id: &Hash, model: &Model) -> Vec<Hash> {
    let hash = |index: u64| match CHUNKS.peek(state, (id, index)).and_then(|hash| Hash::try_from(hash).ok()) {
        Some(hash) => hash,
        None => fatal(format_args!("chunk {index} of model {} is not recorded", hex::encode(id))),
    };
    (0..chunk_count(model)).map(hash).collect()
}

/// The bytes of a model's chunks, joined: the ONNX file, then the assets. No gas.
pub(crate) fn bytes(state: &State, id: &Hash, model: &Model) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(usize::try_from(total(model)).unwrap_or(0));
    for hash in chunk_hashes(state, id, model) {
        bytes.extend_from_slice(&chunk(state, id, &hash));
    }
    bytes
}

/// The ONNX file within [`bytes`].
pub(crate) fn onnx<'b>(bytes: &'b [u8], model: &Model) -> &'b [u8] {
    usize::try_from(model.size).ok().and_then(|size| bytes.get(..size)).unwrap_or(bytes)
}

/// The bytes of one chunk. A blob that is gone is a broken database.
pub(crate) fn chunk(state: &State, id: &Hash, hash: &Hash) -> Arc<Vec<u8>> {
    match state.blob(hash) {
        Some(blob) => blob,
        None => fatal(format!("chunk {} of model {} is missing", hex::encode(hash), hex::encode(id))),
    }
}

/// Hashes of the chunks of all models.
pub(crate) fn all_chunks(ctx: &mut Ctx<'_>) -> Result<Vec<Hash>> {
    let mut all = Vec::new();
    CHUNKS.for_each(ctx, (), |_, hash| {
        all.extend(Hash::try_from(hash));
        Ok(true)
    })?;
    Ok(all)
}
