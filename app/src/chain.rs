//! The list of modules: the one place that knows them all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use synergy_aivm::{Aivm, Interchain};
use synergy_auth::Auth;
use synergy_authz::Authz;
use synergy_bank::Bank;
use synergy_distribution::Distribution;
use synergy_escrow::Escrow;
use synergy_evidence::Evidence;
use synergy_feegrant::FeeGrant;
use synergy_feemarket::FeeMarket;
use synergy_gov::Gov;
use synergy_ibc::{Ibc, Transfer};
use synergy_kernel::{BlockGas, Ctx, EndBlock, Hash, Module, Result, Routes, StoreId, sdk};
use synergy_mint::Mint;
use synergy_model_registry::{Engine, ModelRegistry};
use synergy_rewards::Rewards;
use synergy_slashing::Slashing;
use synergy_staking::Staking;
use synergy_upgrade::Upgrade;
use synergy_wasm::Wasm;

use crate::{
    api,
    consensus::Consensus,
    gentx,
    upgrades::{self, Handler},
};

/// What a program is made of. The program of an upgrade has other modules, other
/// versions of them, and a handler more.
#[derive(Clone, Copy)]
pub struct Program {
    /// Its modules in the order in which they run, with what runs models and contracts.
    pub modules: fn(Engine, synergy_vm::Engine) -> Vec<Box<dyn Module>>,
    /// Every upgrade that it can make or has made.
    pub upgrades: &'static [Handler],
}

/// `synergyd`.
pub const SYNERGYD: Program = Program { modules, upgrades: upgrades::HANDLERS };

/// Modules in the order in which they run, and the routes they registered.
pub struct Chain {
    pub(crate) modules: Vec<Box<dyn Module>>,
    pub(crate) upgrades: &'static [Handler],
    /// Where messages and queries go.
    pub routes: Routes,
}

/// All modules of the chain. `engine` runs models and `contracts` contracts.
pub fn modules(engine: Engine, contracts: synergy_vm::Engine) -> Vec<Box<dyn Module>> {
    let wasm = Wasm::new(contracts, engine.clone(), api::answer_json);
    let (transfers, ports) = (wasm.transfers(), wasm.ports());
    vec![
        Box::new(Auth),
        Box::new(Bank),
        Box::new(FeeMarket),
        // At the beginning of a block: new coins, shared out with the fees, before
        // anybody is slashed (the SDK's order).
        Box::new(Mint),
        Box::new(Rewards),
        Box::new(Distribution),
        Box::new(Slashing),
        Box::new(Evidence),
        // What it decides is seen at the end of the same block.
        Box::new(Gov),
        Box::new(Staking),
        Box::new(FeeGrant),
        Box::new(Authz),
        Box::new(ModelRegistry::new(engine.clone())),
        Box::new(Aivm::new(engine.clone())),
        Box::new(Escrow::new(engine)),
        Box::new(wasm),
        Box::new(Ibc::new(vec![transfers, Box::new(Interchain), ports])),
        Box::new(Transfer),
        // Last: what governance changed of it is told to CometBFT in the same block.
        Box::new(Consensus),
        Box::new(Upgrade),
    ]
}

impl Chain {
    /// The chain as `synergyd` runs it.
    pub fn new(engine: Engine, contracts: synergy_vm::Engine) -> Self {
        Self::of(&SYNERGYD, engine, contracts)
    }

    /// The chain as a program runs it.
    pub fn of(program: &Program, engine: Engine, contracts: synergy_vm::Engine) -> Self {
        let modules = (program.modules)(engine, contracts);
        let mut routes = Routes::default();
        for module in &modules {
            module.register(&mut routes);
        }
        Self { modules, upgrades: program.upgrades, routes }
    }

    /// The stores of all modules.
    pub fn stores(&self) -> Vec<StoreId> {
        self.modules.iter().map(|m| m.store()).collect()
    }

    /// Writes the genesis state and runs its transactions. Every section must be there
    /// and none beside.
    pub fn init_genesis(&self, ctx: &mut Ctx<'_>, app_state: &[u8]) -> Result<()> {
        let mut sections: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(app_state)
            .map_err(|e| sdk::invalid_request(format!("app_state of the genesis file is not an object: {e}")))?;
        let mut take = |name: &str| {
            sections.remove(name).ok_or_else(|| {
                sdk::invalid_request(format!("app_state has no section {name:?}: `synergyd init` writes all of them"))
            })
        };
        for module in &self.modules {
            module.init_genesis(ctx, &take(module.section())?)?;
        }
        let transactions = take(gentx::SECTION)?;
        if let Some(name) = sections.keys().next() {
            return Err(sdk::invalid_request(format!("app_state has section {name:?}, which no module knows")));
        }
        synergy_upgrade::set_versions(ctx, &self.versions())?;
        gentx::execute(ctx, &self.routes, &transactions)
    }

    /// The sections from which [`init_genesis`](Self::init_genesis) makes this state.
    pub fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<BTreeMap<String, Box<RawValue>>> {
        let mut sections = BTreeMap::new();
        for module in &self.modules {
            sections.insert(module.section().to_owned(), module.export_genesis(ctx)?);
        }
        let none = RawValue::from_string(r#"{"gen_txs":[]}"#.to_owned());
        sections.insert(gentx::SECTION.to_owned(), none.map_err(|e| sdk::invalid_request(e.to_string()))?);
        Ok(sections)
    }

    /// Fills what modules keep in memory beside the state.
    ///
    /// # Errors
    /// What keeps the node from starting.
    pub fn prepare(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        self.modules.iter().try_for_each(|m| m.prepare(ctx))
    }

    /// What modules do before the transactions of a block.
    pub fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        self.modules.iter().try_for_each(|m| m.begin_block(ctx))
    }

    /// What modules do after the transactions of a block, and what they give
    /// consensus together.
    pub fn end_block(&self, ctx: &mut Ctx<'_>, gas: BlockGas) -> Result<EndBlock> {
        let mut all = EndBlock::default();
        for module in &self.modules {
            let one = module.end_block(ctx, gas)?;
            all.validator_updates.extend(one.validator_updates);
            all.consensus_params = one.consensus_params.or(all.consensus_params);
        }
        Ok(all)
    }

    /// Hashes of the blobs that the state refers to.
    pub fn blobs(&self, ctx: &mut Ctx<'_>) -> Result<BTreeSet<Hash>> {
        let mut all = BTreeSet::new();
        for module in &self.modules {
            all.extend(module.blobs(ctx)?);
        }
        Ok(all)
    }

    /// Checks the invariants of every module.
    pub fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        self.modules.iter().try_for_each(|m| m.invariants(ctx))
    }
}
