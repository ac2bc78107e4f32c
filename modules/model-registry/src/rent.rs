//! Models that stay loaded. The first use of any other model in a block pays for loading
//! it, on nodes that have its image as on those that have not.

use synergy_kernel::{Ctx, Hash, Item, Map, Queue, Result, address, sdk};
use synergy_proto::{
    Address, coin,
    synergy::modelregistry::{Model, MsgPayRent, MsgPayRentResponse},
};

use crate::{
    STORE, error,
    id::read_id,
    params::params,
    state::{self, MODELS, transfer},
};

pub(crate) const RESIDENTS: Map<&Hash, ()> = Map::new(STORE, 8);
/// Memory of them all, in bytes.
pub(crate) const RESIDENT_BYTES: Item<u64> = Item::new(STORE, 9);
/// Rented models by the block after whose end the rent is over.
const ENDS: Queue<&Hash> = Queue::new(STORE, 10, 11);
/// Block in which a model was loaded last.
const LOADED: Map<&Hash, u64> = Map::new(STORE, 12);

/// Where rents go: to the fees, of which validators and delegators get theirs.
const FEE_COLLECTOR: &str = "fee_collector";
/// Most rents that end in a block; what is left over comes with the next.
const MAX_ENDS: usize = 100;
const MIB: u64 = 1 << 20;

fn rented(ctx: &Ctx<'_>, model: &Model) -> bool {
    model.rented_until > ctx.block.height
}

/// Gas that using the model now costs for loading it.
pub fn load_gas(ctx: &mut Ctx<'_>, id: &Hash, model: &Model) -> Result<u64> {
    let loaded = RESIDENTS.has(ctx, id)? || LOADED.get(ctx, id)? == Some(ctx.block.height);
    Ok(if loaded { 0 } else { model.load_gas })
}

/// Gas that the first use of the model in a coming block costs for loading it.
pub fn next_load_gas(ctx: &mut Ctx<'_>, id: &Hash, model: &Model) -> Result<u64> {
    Ok(if RESIDENTS.has(ctx, id)? { 0 } else { model.load_gas })
}

/// Says that the model was loaded in this block.
pub fn loaded(ctx: &mut Ctx<'_>, id: &Hash) -> Result<()> {
    let height = ctx.block.height;
    LOADED.set(ctx, id, &height)
}

/// Makes a model resident that is not, if there is room.
fn add(ctx: &mut Ctx<'_>, id: &Hash, model: &Model) -> Result<()> {
    if RESIDENTS.has(ctx, id)? {
        return Ok(());
    }
    let most = params(ctx)?.max_resident_bytes;
    let used = RESIDENT_BYTES.get(ctx)?.unwrap_or(0);
    let sum = used.saturating_add(model.memory_bytes);
    if sum > most {
        return Err(error::no_room(model.memory_bytes, used, most));
    }
    RESIDENT_BYTES.set(ctx, &sum)?;
    RESIDENTS.set(ctx, id, &())
}

fn remove(ctx: &mut Ctx<'_>, id: &Hash, model: &Model) -> Result<()> {
    if !RESIDENTS.has(ctx, id)? {
        return Ok(());
    }
    let used = RESIDENT_BYTES.get(ctx)?.unwrap_or(0);
    RESIDENT_BYTES.set(ctx, &used.saturating_sub(model.memory_bytes))?;
    RESIDENTS.remove(ctx, id)
}

/// What a MiB, begun ones whole, costs for so many blocks.
fn rent(ctx: &mut Ctx<'_>, model: &Model, blocks: u64) -> Result<u128> {
    let price = coin::amount(&params(ctx)?.rent_per_mib_block).map_err(|e| sdk::invalid_request(e.to_string()))?;
    let units = u128::from(model.memory_bytes.div_ceil(MIB)).checked_mul(blocks.into());
    units.and_then(|units| units.checked_mul(price)).ok_or_else(|| sdk::overflow("rent"))
}

/// Keeps a model resident for `blocks` more.
///
/// # Errors
/// Codes 2, 10, 14 for the model, 25 without room, 26 for too many blocks or a rent above
/// the payer's bound; SDK 5 when it cannot be paid.
pub(crate) fn pay(ctx: &mut Ctx<'_>, m: &MsgPayRent) -> Result<MsgPayRentResponse> {
    let id = read_id(&m.model_id, "model_id")?;
    let mut model = state::sealed(ctx, &id)?;
    let height = ctx.block.height;
    let from = if rented(ctx, &model) { model.rented_until } else { height.saturating_add(1) };
    let until = from.saturating_add(m.blocks);
    let most = params(ctx)?.max_rent_blocks;
    if m.blocks == 0 || until.saturating_sub(height) > most.saturating_add(1) {
        return Err(error::bad_rent(&format!("{} blocks are too few or reach more than {most} ahead", m.blocks)));
    }
    let rent = rent(ctx, &model, m.blocks)?;
    if !m.max_rent.is_empty() {
        let max = coin::amount(&m.max_rent).map_err(|e| error::bad_rent(&format!("max_rent: {e}")))?;
        if rent > max {
            return Err(error::bad_rent(&format!("it is {rent}, at most {max} was offered")));
        }
    }
    transfer(ctx, &address(&m.payer, "payer")?, &Address::module(FEE_COLLECTOR), rent)?;
    if rented(ctx, &model) {
        ENDS.remove(ctx, model.rented_until.saturating_sub(1), &id)?;
    }
    model.rented_until = ENDS.add(ctx, until.saturating_sub(1), &id)?.saturating_add(1);
    add(ctx, &id, &model)?;
    MODELS.set(ctx, &id, &model)?;
    let texts = [hex::encode(id), model.rented_until.to_string(), rent.to_string()];
    let [id, until, amount] = &texts;
    ctx.emit("pay_rent", &[("model_id", id), ("payer", &m.payer), ("rented_until", until), ("amount", amount)]);
    Ok(MsgPayRentResponse { rented_until: model.rented_until, rent: rent.to_string() })
}

/// Keeps a model resident without rent, or no longer.
///
/// # Errors
/// Codes 2, 10, 14 for the model, 25 without room.
pub(crate) fn set(ctx: &mut Ctx<'_>, id: &Hash, resident: bool) -> Result<()> {
    let mut model = if resident { state::sealed(ctx, id)? } else { state::get(ctx, id)? };
    model.resident = resident;
    match resident || rented(ctx, &model) {
        true => add(ctx, id, &model)?,
        false => remove(ctx, id, &model)?,
    }
    MODELS.set(ctx, id, &model)?;
    ctx.emit("set_resident", &[("model_id", &hex::encode(id)), ("resident", &resident.to_string())]);
    Ok(())
}

/// Ends the rents that are over.
pub(crate) fn end_block(ctx: &mut Ctx<'_>) -> Result<()> {
    for id in ENDS.take(ctx, MAX_ENDS)? {
        let mut model = state::get(ctx, &id)?;
        model.rented_until = 0;
        if !model.resident {
            remove(ctx, &id, &model)?;
        }
        MODELS.set(ctx, &id, &model)?;
        ctx.emit("end_rent", &[("model_id", &hex::encode(id))]);
    }
    Ok(())
}

/// Why a model cannot be removed, if it is resident.
pub(crate) fn keeps(ctx: &mut Ctx<'_>, id: &Hash) -> Result<bool> {
    RESIDENTS.has(ctx, id)
}

/// Forgets a removed model.
pub(crate) fn forget(ctx: &mut Ctx<'_>, id: &Hash) -> Result<()> {
    LOADED.remove(ctx, id)
}

/// Writes the residency of a model of a genesis file.
pub(crate) fn import(ctx: &mut Ctx<'_>, id: &Hash, model: &mut Model) -> Result<()> {
    if rented(ctx, model) {
        model.rented_until = ENDS.add(ctx, model.rented_until.saturating_sub(1), id)?.saturating_add(1);
    } else {
        model.rented_until = 0;
    }
    if model.resident || rented(ctx, model) { add(ctx, id, model) } else { Ok(()) }
}

/// Ids of the models that stay loaded.
pub(crate) fn residents(ctx: &mut Ctx<'_>) -> Result<Vec<Hash>> {
    let mut all = Vec::new();
    RESIDENTS.for_each(ctx, (), |id, ()| {
        all.push(id);
        Ok(true)
    })?;
    Ok(all)
}

/// A resident is rented or kept by governance, its rent has an end, and the sum of memory
/// is theirs.
pub(crate) fn check_invariants(ctx: &mut Ctx<'_>) -> Result<()> {
    let (mut sum, height) = (0_u64, ctx.block.height);
    for id in residents(ctx)? {
        let model = state::get(ctx, &id)?;
        sum = sum.saturating_add(model.memory_bytes);
        let ends = model.rented_until > 0 && ENDS.has(ctx, model.rented_until.saturating_sub(1), &id)?;
        if !model.resident && !ends {
            return Err(error::broken(&format!("model {} is resident for ever: {model:?}", hex::encode(id))));
        }
    }
    match RESIDENT_BYTES.get(ctx)?.unwrap_or(0) == sum {
        true => Ok(()),
        false => Err(error::broken(&format!("residents have {sum} bytes at height {height}"))),
    }
}
