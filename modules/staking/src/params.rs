use synergy_kernel::{Ctx, Dec, Item, Result, sdk};
use synergy_proto::{Denom, coin, cosmos::staking::v1beta1::Params};

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// [`Params`] read once and checked.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Seconds until unbonded stake is free.
    pub(crate) unbonding_seconds: i64,
    /// Size of the validator set.
    pub(crate) max_validators: u32,
    /// Unbondings, or redelegations, at a time of one delegator and validator.
    pub(crate) max_entries: usize,
    /// Blocks whose header and validators are kept.
    pub(crate) historical_entries: u64,
    /// What is staked.
    pub(crate) denom: Denom,
    /// Least commission of all validators.
    pub(crate) min_commission: Dec,
}

/// The SDK's defaults, except that 100 blocks of history are kept instead of
/// 10,000: each holds all bonded validators, 0.5 KB each.
pub fn default_params() -> Params {
    Params {
        unbonding_time: Some(duration(21 * 24 * 3600)),
        max_validators: 100,
        max_entries: 7,
        historical_entries: 100,
        bond_denom: coin::BASE_DENOM.to_owned(),
        min_commission_rate: Dec::ZERO.atomics(),
    }
}

type Duration = synergy_proto::tendermint::google::protobuf::Duration;

pub(crate) const fn duration(seconds: i64) -> Duration {
    Duration { seconds, nanos: 0 }
}

/// The params in force.
pub fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("staking has no params: the chain has no genesis yet"))
}

pub(crate) fn rules(ctx: &mut Ctx<'_>) -> Result<Rules> {
    Rules::read(&params(ctx)?)
}

impl Rules {
    pub(crate) fn read(p: &Params) -> Result<Self> {
        let bad = |what: &str| sdk::invalid_request(format!("staking params: {what}"));
        let unbonding_seconds = p.unbonding_time.as_ref().map_or(0, |t| t.seconds);
        let min_commission = Dec::from_atomics(&p.min_commission_rate)?;
        if unbonding_seconds <= 0 {
            return Err(bad("unbonding time must be at least a second"));
        }
        if p.max_validators == 0 || p.max_entries == 0 {
            return Err(bad("max validators and max entries must be positive"));
        }
        if min_commission.is_negative() || min_commission > Dec::ONE {
            return Err(bad("minimum commission rate must be from 0 to 1"));
        }
        Ok(Self {
            unbonding_seconds,
            max_validators: p.max_validators,
            max_entries: usize::try_from(p.max_entries).unwrap_or(usize::MAX),
            historical_entries: u64::from(p.historical_entries),
            denom: p.bond_denom.parse().map_err(|e| bad(&format!("bond_denom: {e}")))?,
            min_commission,
        })
    }
}
