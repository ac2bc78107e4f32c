use synergy_kernel::{Ctx, Item, Result, sdk};
use synergy_proto::synergy::aivm::Params;

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// Inputs of 45 KiB, inline outputs of 64 KiB, records for a week of six-second
/// blocks.
pub fn default_params() -> Params {
    Params { max_input_bytes: 45 << 10, max_inline_output_bytes: 64 << 10, record_blocks: 100_800 }
}

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("aivm has no params: the chain has no genesis yet"))
}

/// Checks params that governance sets.
///
/// # Errors
/// SDK 18.
pub(crate) fn check(p: &Params) -> Result<()> {
    if p.max_input_bytes == 0 || p.record_blocks == 0 {
        return Err(sdk::invalid_request("aivm params: max_input_bytes and record_blocks must be above 0"));
    }
    Ok(())
}
