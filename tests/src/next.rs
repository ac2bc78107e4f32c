//! The program of an upgrade named `next`, as `synergyd` would be after it: a module
//! whose state changes, and a module more with a store of its own.

use serde_json::value::RawValue;
use synergy_app::{Program, chain, upgrades::Handler};
use synergy_kernel::{BlockGas, Ctx, EndBlock, Item, Module, Result, Routes, StoreId, sdk};
use synergy_model_registry::Engine;
use synergy_proto::{
    Address,
    cosmos::mint::v1beta1::{MsgUpdateParams, QueryParamsResponse},
    pack,
};

/// The program.
pub const NEXT: Program = Program {
    modules,
    upgrades: &[Handler { name: "next", sections: &[("uptime", r#"{"blocks":"100"}"#)], run: |_| Ok(()) }],
};

/// What the migration of `mint` sets.
pub const BLOCKS_PER_YEAR: u64 = 6_311_520;

/// The store of the new module.
pub const UPTIME: StoreId = StoreId { name: "uptime", prefix: 200 };
/// Its key of the number of blocks.
pub const UPTIME_KEY: &[u8] = &[1];

const BLOCKS: Item<u64> = Item::new(UPTIME, 1);

fn modules(engine: Engine, contracts: synergy_vm::Engine) -> Vec<Box<dyn Module>> {
    let mut modules: Vec<Box<dyn Module>> = Vec::new();
    for module in chain::modules(engine, contracts) {
        modules.push(if module.store().name == "mint" { Box::new(Mint(module)) } else { module });
    }
    modules.push(Box::new(Uptime));
    modules
}

/// `mint` at version 2.
struct Mint(Box<dyn Module>);

impl Module for Mint {
    fn store(&self) -> StoreId {
        self.0.store()
    }

    fn register(&self, routes: &mut Routes) {
        self.0.register(routes);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        self.0.init_genesis(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        self.0.export_genesis(ctx)
    }

    fn version(&self) -> u64 {
        2
    }

    fn migrate(&self, ctx: &mut Ctx<'_>, from: u64) -> Result<()> {
        assert_eq!(from, 1, "there is one step");
        let found = ctx.query("/cosmos.mint.v1beta1.Query/Params", &[])?;
        let found: QueryParamsResponse =
            prost::Message::decode(found.as_slice()).map_err(|e| sdk::invalid_request(e.to_string()))?;
        let mut params = found.params.unwrap_or_default();
        params.blocks_per_year = BLOCKS_PER_YEAR;
        let gov = Address::module("gov");
        let message = MsgUpdateParams { authority: gov.to_string(), params: Some(params) };
        ctx.dispatch(&pack(&message), &gov).map(drop)
    }

    fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        self.0.begin_block(ctx)
    }

    fn end_block(&self, ctx: &mut Ctx<'_>, gas: BlockGas) -> Result<EndBlock> {
        self.0.end_block(ctx, gas)
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        self.0.invariants(ctx)
    }
}

/// Counts blocks.
struct Uptime;

impl Module for Uptime {
    fn store(&self) -> StoreId {
        UPTIME
    }

    fn register(&self, _: &mut Routes) {}

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        let section: serde_json::Value =
            serde_json::from_str(section.get()).map_err(|e| sdk::invalid_request(e.to_string()))?;
        let blocks = section["blocks"].as_str().and_then(|text| text.parse().ok());
        BLOCKS.set(ctx, &blocks.ok_or_else(|| sdk::invalid_request("uptime: blocks is no number"))?)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        let blocks = BLOCKS.get(ctx)?.unwrap_or(0).to_string();
        serde_json::value::to_raw_value(&serde_json::json!({ "blocks": blocks }))
            .map_err(|e| sdk::invalid_request(e.to_string()))
    }

    fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        let blocks = BLOCKS.get(ctx)?.unwrap_or(0);
        BLOCKS.set(ctx, &(blocks + 1))
    }
}
