//! The part of a block's gas that inferences may take together, so that transfers always
//! find room.

use synergy_kernel::{Ctx, Item, Result};
use synergy_model_registry::Model;

use crate::{STORE, error, params::params};

/// What the latest block with inferences has spent.
const LANE: Item<Lane> = Item::new(STORE, 11);

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
struct Lane {
    #[prost(uint64, tag = "1")]
    height: u64,
    #[prost(uint64, tag = "2")]
    gas: u64,
}

fn used(ctx: &mut Ctx<'_>) -> Result<u64> {
    let height = ctx.block.height;
    Ok(LANE.get(ctx)?.filter(|lane| lane.height == height).map_or(0, |lane| lane.gas))
}

/// Checks before an inference that the block has room for it. The gas of a variable model
/// is known when it ran: on zeros, at its sealing, is what it is admitted by.
///
/// # Errors
/// Code 15.
pub(crate) fn check(ctx: &mut Ctx<'_>, model: &Model, load_gas: u64) -> Result<()> {
    let (used, most) = (used(ctx)?, params(ctx)?.max_block_gas);
    let wanted = model.infer_gas.saturating_add(load_gas);
    if used.saturating_add(wanted) > most { Err(error::lane_full(wanted, used, most)) } else { Ok(()) }
}

/// Counts an inference that ran.
pub(crate) fn spend(ctx: &mut Ctx<'_>, gas: u64) -> Result<()> {
    let gas = used(ctx)?.saturating_add(gas);
    let height = ctx.block.height;
    LANE.set(ctx, &Lane { height, gas })
}
