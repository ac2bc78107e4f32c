//! Sharing out what a block earns (the Cosmos SDK's `x/distribution`).
//!
//! At the beginning of a block everything in the fee collector (the fees of the block
//! before that were not burned, and newly minted coins) goes to those who voted for
//! that block, by voting power, less the community tax. Stores the params; the
//! accounting is in `synergy_rewards`, below staking.

mod genesis;
mod msgs;
mod params;
mod query;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Dec, DecCoins, Module, Result, Routes, StoreId};
use synergy_proto::Address;

pub use params::{default_params, params};

/// The store.
pub const STORE: StoreId = StoreId { name: "distribution", prefix: 12 };

/// The module.
#[derive(Debug)]
pub struct Distribution;

impl Module for Distribution {
    fn store(&self) -> StoreId {
        STORE
    }

    fn register(&self, routes: &mut Routes) {
        msgs::register(routes);
        query::register(routes);
    }

    fn init_genesis(&self, ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
        genesis::init(ctx, section)
    }

    fn export_genesis(&self, ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
        genesis::export(ctx)
    }

    fn begin_block(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        // Nobody has voted for a block before the first: its coins wait for the next.
        if ctx.block.votes.is_empty() { Ok(()) } else { share_out(ctx) }
    }
}

/// SDK `AllocateTokens`. What cutting leaves over is the community pool's.
fn share_out(ctx: &mut Ctx<'_>) -> Result<()> {
    let collector = Address::module(synergy_feemarket::FEE_COLLECTOR);
    let coins = synergy_bank::balances(ctx, &collector)?;
    if coins.is_empty() {
        return Ok(());
    }
    synergy_bank::transfer(ctx, &collector, &Address::module(synergy_rewards::ACCOUNT), &coins)?;
    let all = DecCoins::whole(&coins);
    let shared = all.times(Dec::ONE.minus(params::rules(ctx)?.community_tax)?)?;
    let block = ctx.block;
    let total = block.votes.iter().fold(0_u128, |sum, vote| sum.saturating_add(vote.power.into()));
    let mut left = all;
    for vote in block.votes.iter().filter(|vote| vote.power > 0) {
        // Who is gone since the vote leaves its part to the community.
        let Some(v) = synergy_staking::validator_by_consensus(ctx, &vote.validator)? else { continue };
        let part = shared.mul_div(Dec::whole(vote.power.into()), Dec::whole(total))?;
        synergy_rewards::allocate(ctx, &v.operator, &part, v.commission)?;
        left = left.minus(&part)?;
    }
    synergy_rewards::pool_add(ctx, &left)
}
