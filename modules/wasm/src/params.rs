use synergy_kernel::{Ctx, Item, Result, sdk};
use synergy_proto::cosmwasm::{AccessConfig, AccessType, Params};

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// Everybody may upload and instantiate, as wasmd's defaults have it.
pub fn default_params() -> Params {
    let permission = AccessType::Everybody.into();
    Params {
        code_upload_access: Some(AccessConfig { permission, addresses: Vec::new() }),
        instantiate_default_permission: permission,
    }
}

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("wasm has no params: the chain has no genesis yet"))
}
