use synergy_kernel::{Ctx, Item, Result, sdk};
use synergy_proto::synergy::modelregistry::Params;

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// Chunks of 512 KiB, models of 256 MiB, drafts that rest for a day of
/// six-second blocks.
pub fn default_params() -> Params {
    Params { max_chunk_bytes: 512 << 10, max_model_bytes: 256 << 20, draft_blocks: 14_400 }
}

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("modelregistry has no params: the chain has no genesis yet"))
}

/// Checks params that governance sets.
///
/// # Errors
/// SDK 18.
pub(crate) fn check(p: &Params) -> Result<()> {
    if p.max_chunk_bytes == 0 || p.max_model_bytes < p.max_chunk_bytes || p.draft_blocks == 0 {
        return Err(sdk::invalid_request(
            "modelregistry params: max_chunk_bytes and draft_blocks must be above 0, max_model_bytes at least max_chunk_bytes",
        ));
    }
    Ok(())
}
