use synergy_kernel::{Ctx, Dec, Item, Result, sdk};
use synergy_proto::cosmos::distribution::v1beta1::Params;

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// [`Params`] read once and checked.
pub(crate) struct Rules {
    /// Part of everything that goes to the community pool.
    pub(crate) community_tax: Dec,
    /// Whether accounts may send their rewards elsewhere.
    pub(crate) withdraw_addr_enabled: bool,
}

/// The SDK's defaults: 2 % for the community pool.
#[allow(deprecated, reason = "the proposer's rewards are out of use since SDK 0.47 and must be 0")]
pub fn default_params() -> Params {
    Params {
        community_tax: Dec::percent(2).atomics(),
        base_proposer_reward: Dec::ZERO.atomics(),
        bonus_proposer_reward: Dec::ZERO.atomics(),
        withdraw_addr_enabled: true,
    }
}

/// The params in force.
pub fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("distribution has no params: the chain has no genesis yet"))
}

pub(crate) fn rules(ctx: &mut Ctx<'_>) -> Result<Rules> {
    Rules::read(&params(ctx)?)
}

impl Rules {
    #[allow(deprecated, reason = "they are read to be refused")]
    pub(crate) fn read(p: &Params) -> Result<Self> {
        let community_tax = Dec::from_atomics(&p.community_tax)?;
        if community_tax.is_negative() || community_tax > Dec::ONE {
            return Err(sdk::invalid_request("distribution params: community_tax must be from 0 to 1"));
        }
        let unused = |text: &str| text.is_empty() || Dec::from_atomics(text).is_ok_and(|d| d.is_zero());
        if !unused(&p.base_proposer_reward) || !unused(&p.bonus_proposer_reward) {
            return Err(sdk::invalid_request(
                "cannot update base or bonus proposer reward because these are deprecated fields",
            ));
        }
        Ok(Self { community_tax, withdraw_addr_enabled: p.withdraw_addr_enabled })
    }
}
