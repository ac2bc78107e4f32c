use serde_json::value::RawValue;
use synergy_proto::Any;
use synergy_store::{Hash, StoreId};

use crate::{Ctx, Error, Result, Routes};

/// Gas of the transactions of a block that paid their fee.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlockGas {
    /// Sum of their limits, which is what their fees were reckoned on.
    pub wanted: u64,
    /// Sum of what they used.
    pub used: u64,
}

/// What a module gives consensus at the end of a block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndBlock {
    /// Changes of the validator set, in force two heights later.
    pub validator_updates: Vec<ValidatorUpdate>,
    /// New consensus params, in force one height later: a whole encoded
    /// `tendermint.types.ConsensusParams`, because CometBFT replaces each part
    /// that it is given. Bytes, since only the app knows every version's fields.
    pub consensus_params: Option<Vec<u8>>,
}

/// A validator's new voting power.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorUpdate {
    /// Consensus key, e.g. `cosmos.crypto.ed25519.PubKey`.
    pub pub_key: Any,
    /// 0 takes it out of the set.
    pub power: u64,
}

/// A part of the chain's state machine. It owns one store and everybody else
/// changes that store only through its functions and messages.
pub trait Module: Send + Sync + 'static {
    /// Key space and Merkle tree.
    fn store(&self) -> StoreId;

    /// The module's section of `app_state` in the genesis file.
    fn section(&self) -> &'static str {
        self.store().name
    }

    /// Adds the module's message and query handlers.
    fn register(&self, routes: &mut Routes);

    /// Fills what the module keeps in memory beside the state, so that no block has to
    /// wait for it: called when a node opens and before it follows consensus. The state
    /// may be that of an empty database.
    ///
    /// # Errors
    /// An error keeps the node from starting.
    fn prepare(&self, _: &mut Ctx<'_>) -> Result<()> {
        Ok(())
    }

    /// Writes the module's genesis section to an empty store.
    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()>;

    /// The section from which `init_genesis` would make the present state.
    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>>;

    /// Version of the form of the module's state (the SDK's `ConsensusVersion`). Raised by
    /// one with every change that [`migrate`](Self::migrate) has to make.
    fn version(&self) -> u64 {
        1
    }

    /// Takes the state from version `from` to `from + 1`, as part of an upgrade.
    ///
    /// # Errors
    /// An error stops every node at the upgrade's height.
    fn migrate(&self, _: &mut Ctx<'_>, from: u64) -> Result<()> {
        let name = self.store().name;
        Err(Error::new("kernel", 4, format!("module {name} has no migration from version {from}")))
    }

    /// Runs before the transactions of a block.
    fn begin_block(&self, _: &mut Ctx<'_>) -> Result<()> {
        Ok(())
    }

    /// Runs after the transactions of a block.
    fn end_block(&self, _: &mut Ctx<'_>, _: BlockGas) -> Result<EndBlock> {
        Ok(EndBlock::default())
    }

    /// Hashes of the blobs that the module's state refers to: a node that begins with a
    /// snapshot gets these with it.
    fn blobs(&self, _: &mut Ctx<'_>) -> Result<Vec<Hash>> {
        Ok(Vec::new())
    }

    /// Checks what must hold after every block; for tests and `debug invariants`.
    fn invariants(&self, _: &mut Ctx<'_>) -> Result<()> {
        Ok(())
    }
}
