//! Proof of stake: who validates, with how much stake, and whose stake it is.
//!
//! A port of the Cosmos SDK's `x/staking` in rules, messages, queries, events and
//! error codes. Stores validators (also by consensus address and by power),
//! delegations and unbonding delegations and redelegations (each also by
//! validator), time-ordered queues of what matures, the last validator set that
//! consensus was told, and headers of recent blocks with their validators.
//!
//! Bonded stake lies in `bonded_tokens_pool`, all other in `not_bonded_tokens_pool`.
//! A block's end costs by validators and by what matures in it (at most
//! [`queue::PER_BLOCK`] entries of each queue), never by delegations.
//!
//! Before a delegation's shares change its rewards are settled with
//! `synergy_rewards`; modules above read validators here and call [`slash`],
//! [`jail`] and [`unjail`].

mod clock;
mod delegation;
mod error;
mod genesis;
mod history;
mod msgs;
mod params;
mod pools;
mod query;
pub mod queue;
mod redelegation;
mod set;
mod slash;
mod state;
mod unbonding;
mod validator;

use serde_json::value::RawValue;
use synergy_kernel::{BlockGas, Ctx, EndBlock, Module, Result, Routes, StoreId};

pub use clock::{parse as parse_rfc3339, rfc3339};
pub use delegation::{delegate, delegations_of};
pub use genesis::genesis_set;
pub use history::header;
pub use params::{default_params, params};
pub use pools::{BONDED_POOL, NOT_BONDED_POOL, bonded, bonded_ratio, staking_supply};
pub use set::bonded_validators;
pub use slash::{jail, slash, unjail};
pub use state::{bonded_since, delegation, last_total_power, validator, validator_by_consensus, validators};
pub use synergy_kernel::check_authority;
pub use validator::{POWER_REDUCTION, Validator};

/// The store.
pub const STORE: StoreId = StoreId { name: "staking", prefix: 10 };

/// The module.
#[derive(Debug)]
pub struct Staking;

impl Module for Staking {
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
        history::track(ctx)
    }

    fn end_block(&self, ctx: &mut Ctx<'_>, _: BlockGas) -> Result<EndBlock> {
        let validator_updates = set::update(ctx)?;
        queue::mature_validators(ctx)?;
        queue::mature_unbondings(ctx)?;
        queue::mature_redelegations(ctx)?;
        Ok(EndBlock { validator_updates, ..EndBlock::default() })
    }

    fn invariants(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        pools::check(ctx)?;
        state::check_shares(ctx)
    }
}
