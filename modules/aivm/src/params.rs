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
