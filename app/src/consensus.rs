//! The consensus params that the application enforces, because CometBFT does not
//! look at gas. Stores them as InitChain gave them.

use serde_json::value::RawValue;
use synergy_abci::messages::ConsensusParams;
use synergy_kernel::{Ctx, Item, Module, Result, Routes, StoreId};

/// The store of consensus params.
pub const STORE: StoreId = StoreId { name: "consensus", prefix: 6 };

const PARAMS: Item<ConsensusParams> = Item::new(STORE, 1);

/// The module. Its genesis section is empty: the params stand in the genesis
/// file's `consensus_params`, where CometBFT reads them too.
pub struct Consensus;

/// Keeps the params of the genesis file.
pub fn init(ctx: &mut Ctx<'_>, params: &ConsensusParams) -> Result<()> {
    PARAMS.set(ctx, params)
}

/// The params in force; `None` when the genesis gave none.
pub fn params(ctx: &mut Ctx<'_>) -> Result<Option<ConsensusParams>> {
    PARAMS.get(ctx)
}

/// Most gas of a block.
pub fn max_gas(ctx: &mut Ctx<'_>) -> Result<u64> {
    let max = params(ctx)?.and_then(|p| p.block).map_or(-1, |b| b.max_gas);
    // -1 means no limit (CometBFT spec, ConsensusParams).
    Ok(u64::try_from(max).unwrap_or(u64::MAX))
}

impl Module for Consensus {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, _: &mut Routes) {}

    fn init_genesis(&self, _: &mut Ctx<'_>, _: &RawValue) -> Result<()> {
        Ok(())
    }

    fn export_genesis(&self, _: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        Ok(RawValue::from_string("{}".to_owned()).unwrap_or_default())
    }
}
