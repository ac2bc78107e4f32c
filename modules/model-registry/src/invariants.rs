use std::collections::BTreeMap;

use synergy_kernel::{Ctx, Hash, Result};
use synergy_proto::synergy::modelregistry::{Model, Status};

use crate::{
    error,
    id::{manifest, model_id, read_id},
    rent,
    state::{self, BY_OWNER, CHUNKS, DEPOSITS, MODELS, VERSIONS, account, coins, stored_address, stored_amount},
};

/// The account holds the models' deposits; ids are those of the manifests; what a model is
/// made from is there, and knows of all that was made from it; chunks belong to models and
/// have the bytes that are counted; every model can be found by its owner and version.
pub(crate) fn check(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut models: BTreeMap<Hash, Model> = BTreeMap::new();
    MODELS.for_each(ctx, (), |id, model| {
        models.insert(id, model);
        Ok(true)
    })?;
    deposits(ctx, &models)?;
    parents(&models)?;
    for (id, model) in &models {
        let owner = stored_address(model, &model.owner);
        let version = VERSIONS.get(ctx, ((&owner, &model.name), &model.version))?;
        if model_id(&manifest(model)) != *id
            || version.as_deref() != Some(&id[..])
            || !BY_OWNER.has(ctx, (&owner, id))?
        {
            return Err(error::broken(&format!("model {} is not where it belongs", hex::encode(id))));
        }
    }
    chunks(ctx, &models)?;
    rent::check_invariants(ctx)
}

fn deposits(ctx: &mut Ctx<'_>, models: &BTreeMap<Hash, Model>) -> Result<()> {
    let mut sum = 0_u128;
    for model in models.values() {
        sum = sum.saturating_add(stored_amount(model, &model.deposit));
    }
    let kept = u128::from(DEPOSITS.get(ctx)?.unwrap_or_default());
    let has = synergy_bank::balances(ctx, &account())?;
    match kept == sum && has == coins(sum) {
        true => Ok(()),
        false => Err(error::broken(&format!("deposits sum to {sum}, kept is {kept}, the account has {has:?}"))),
    }
}

fn parents(models: &BTreeMap<Hash, Model>) -> Result<()> {
    let mut children: BTreeMap<Hash, u64> = BTreeMap::new();
    for (id, model) in models {
        for parent in &model.parents {
            let parent = read_id(parent, "parent")?;
            if !models.contains_key(&parent) {
                return Err(error::broken(&format!("a parent of model {} is gone", hex::encode(id))));
            }
            let count = children.entry(parent).or_default();
            *count = count.saturating_add(1);
        }
    }
    for (id, model) in models {
        let known = children.get(id).copied().unwrap_or(0);
        if model.dependents < known {
            return Err(error::broken(&format!("model {} has {known} children: {model:?}", hex::encode(id))));
        }
    }
    Ok(())
}

fn chunks(ctx: &mut Ctx<'_>, models: &BTreeMap<Hash, Model>) -> Result<()> {
    let mut found: BTreeMap<Hash, Vec<Hash>> = BTreeMap::new();
    CHUNKS.for_each(ctx, (), |(id, _), hash| {
        found.entry(id).or_default().push(read_id(&hash, "chunk")?);
        Ok(true)
    })?;
    for (id, model) in models {
        let hashes = found.remove(id).unwrap_or_default();
        let bytes: u64 = hashes.iter().map(|hash| state::chunk(ctx.state, id, hash).len() as u64).sum();
        let whole = model.status() == Status::Draft || bytes == state::total(model);
        if bytes != model.uploaded || !whole {
            return Err(error::broken(&format!("model {} has {bytes} bytes: {model:?}", hex::encode(id))));
        }
    }
    match found.keys().next() {
        None => Ok(()),
        Some(id) => Err(error::broken(&format!("chunks of model {}, which is gone", hex::encode(id)))),
    }
}
