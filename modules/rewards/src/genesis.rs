//! The `rewards` section: the part of the SDK's `distribution` section that is
//! accounting, with the SDK's names. Empty on a new chain.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Dec, DecCoins, Key, Map, Result, Value, sdk, text};
use synergy_proto::{
    Address,
    cosmos::distribution::v1beta1::{
        DelegatorStartingInfo, FeePool, ValidatorAccumulatedCommission, ValidatorHistoricalRewards,
        ValidatorOutstandingRewards, ValidatorSlashEvent,
    },
};

use crate::state::{self, COMMISSION, CURRENT, HISTORICAL, OUTSTANDING, POOL, SLASHES, STARTING, WITHDRAW};

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Section {
    community_pool: DecCoins,
    delegator_withdraw_infos: Vec<Withdraw>,
    outstanding_rewards: Vec<Coins>,
    validator_accumulated_commissions: Vec<Coins>,
    validator_historical_rewards: Vec<Historical>,
    validator_current_rewards: Vec<Current>,
    delegator_starting_infos: Vec<Starting>,
    validator_slash_events: Vec<Slash>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdraw {
    #[serde(with = "text")]
    delegator_address: Address,
    #[serde(with = "text")]
    withdraw_address: Address,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Coins {
    validator_address: String,
    rewards: DecCoins,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Historical {
    validator_address: String,
    #[serde(with = "text")]
    period: u64,
    cumulative_reward_ratio: DecCoins,
    reference_count: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Current {
    validator_address: String,
    rewards: DecCoins,
    #[serde(with = "text")]
    period: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Starting {
    validator_address: String,
    #[serde(with = "text")]
    delegator_address: Address,
    #[serde(with = "text")]
    previous_period: u64,
    #[serde(with = "text")]
    stake: Dec,
    #[serde(with = "text")]
    height: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slash {
    validator_address: String,
    #[serde(with = "text")]
    height: u64,
    #[serde(with = "text")]
    validator_period: u64,
    #[serde(with = "text")]
    fraction: Dec,
}

fn operator(address: &str) -> Result<Address> {
    Address::from_valoper(address).map_err(|e| sdk::invalid_address(format!("genesis rewards: {address:?}: {e}")))
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section rewards: {e}")))?;
    POOL.set(ctx, &FeePool { community_pool: section.community_pool.to_proto() })?;
    for w in section.delegator_withdraw_infos {
        WITHDRAW.set(ctx, &w.delegator_address, &w.withdraw_address.as_bytes().to_vec())?;
    }
    for o in section.outstanding_rewards {
        let value = ValidatorOutstandingRewards { rewards: o.rewards.to_proto() };
        OUTSTANDING.set(ctx, &operator(&o.validator_address)?, &value)?;
    }
    for c in section.validator_accumulated_commissions {
        let value = ValidatorAccumulatedCommission { commission: c.rewards.to_proto() };
        COMMISSION.set(ctx, &operator(&c.validator_address)?, &value)?;
    }
    for h in section.validator_historical_rewards {
        let value = ValidatorHistoricalRewards {
            cumulative_reward_ratio: h.cumulative_reward_ratio.to_proto(),
            reference_count: h.reference_count,
        };
        HISTORICAL.set(ctx, (&operator(&h.validator_address)?, h.period), &value)?;
    }
    for c in section.validator_current_rewards {
        state::set_current(ctx, &operator(&c.validator_address)?, &c.rewards, c.period)?;
    }
    for s in section.delegator_starting_infos {
        let value =
            DelegatorStartingInfo { previous_period: s.previous_period, stake: s.stake.atomics(), height: s.height };
        STARTING.set(ctx, (&operator(&s.validator_address)?, &s.delegator_address), &value)?;
    }
    for s in section.validator_slash_events {
        let value = ValidatorSlashEvent { validator_period: s.validator_period, fraction: s.fraction.atomics() };
        SLASHES.set(ctx, (&operator(&s.validator_address)?, (s.height, s.validator_period)), &value)?;
    }
    Ok(())
}

/// All entries of a map, made into JSON's form.
fn list<K: Key, V: Value, T>(
    ctx: &mut Ctx<'_>,
    map: &Map<K, V>,
    make: impl Fn(K::Owned, V) -> Result<T>,
) -> Result<Vec<T>> {
    let mut out = Vec::new();
    map.for_each(ctx, (), |key, value| {
        out.push(make(key, value)?);
        Ok(true)
    })?;
    Ok(out)
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let section = Section {
        community_pool: crate::pool(ctx)?,
        delegator_withdraw_infos: list(ctx, &WITHDRAW, |delegator_address, to| {
            let withdraw_address = Address::new(&to).map_err(|e| sdk::invalid_address(e.to_string()))?;
            Ok(Withdraw { delegator_address, withdraw_address })
        })?,
        outstanding_rewards: list(ctx, &OUTSTANDING, |validator, o| {
            Ok(Coins { validator_address: validator.valoper(), rewards: DecCoins::read(&o.rewards)? })
        })?,
        validator_accumulated_commissions: list(ctx, &COMMISSION, |validator, c| {
            Ok(Coins { validator_address: validator.valoper(), rewards: DecCoins::read(&c.commission)? })
        })?,
        validator_historical_rewards: list(ctx, &HISTORICAL, |(validator, period), h| {
            Ok(Historical {
                validator_address: validator.valoper(),
                period,
                cumulative_reward_ratio: DecCoins::read(&h.cumulative_reward_ratio)?,
                reference_count: h.reference_count,
            })
        })?,
        validator_current_rewards: list(ctx, &CURRENT, |validator, c| {
            let rewards = DecCoins::read(&c.rewards)?;
            Ok(Current { validator_address: validator.valoper(), rewards, period: c.period })
        })?,
        delegator_starting_infos: list(ctx, &STARTING, |(validator, delegator_address), s| {
            Ok(Starting {
                validator_address: validator.valoper(),
                delegator_address,
                previous_period: s.previous_period,
                stake: Dec::from_atomics(&s.stake)?,
                height: s.height,
            })
        })?,
        validator_slash_events: list(ctx, &SLASHES, |(validator, (height, validator_period)), s| {
            let fraction = Dec::from_atomics(&s.fraction)?;
            Ok(Slash { validator_address: validator.valoper(), height, validator_period, fraction })
        })?,
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of rewards: {e}")))
}
