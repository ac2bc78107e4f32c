//! The part of a block's gas that inferences may take together, so that transfers always
//! find room.
//!
//! A transaction that infers itself reserves the lane when the block is proposed, with its
//! whole gas limit. What reaches a model by another way (a contract, an escrow, an authz
//! grant) is refused before it runs when the lane is full. What has been used is counted by
//! the meter of the block, so a query of a contract counts though it writes nothing, and a
//! failed transaction does though its writes are undone.

use prost::Name;
use synergy_kernel::{Ctx, Result};
use synergy_model_registry::Model;
use synergy_proto::synergy::aivm::MsgInfer;

use crate::{error, params::params};

/// Gas that inferences of a block may take together.
///
/// # Errors
/// SDK 18 before the genesis.
pub fn lane(ctx: &mut Ctx<'_>) -> Result<u64> {
    Ok(params(ctx)?.max_block_gas)
}

/// Whether a message of this type URL infers, so that its transaction reserves the lane.
pub fn reserves_lane(type_url: &str) -> bool {
    let name = type_url.strip_prefix('/').and_then(|url| url.strip_prefix(MsgInfer::PACKAGE));
    name.and_then(|name| name.strip_prefix('.')) == Some(MsgInfer::NAME)
}

/// Checks before an inference that the block has room for it. The gas of a variable model
/// is known when it ran: on zeros, at its sealing, is what it is admitted by.
///
/// # Errors
/// Code 15.
pub(crate) fn check(ctx: &mut Ctx<'_>, model: &Model, load_gas: u64) -> Result<()> {
    let (used, most) = (ctx.gas.lane(), lane(ctx)?);
    let wanted = model.infer_gas.saturating_add(load_gas);
    if used.saturating_add(wanted) > most { Err(error::lane_full(wanted, used, most)) } else { Ok(()) }
}
