//! The `staking` section, in the Cosmos SDK's shape.

mod json;

use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Dec, Result, ValidatorUpdate, sdk};
use synergy_proto::{Address, cosmos::staking::v1beta1::BondStatus};

use self::json::{LastPower, Section};
use crate::{
    clock, msgs,
    params::{PARAMS, Rules},
    pools, set,
    state::{
        self, BY_CONSENSUS, DELEGATIONS, LAST_POWER, LAST_TOTAL, NEXT_ID, REDELEGATION_QUEUE, REDELEGATIONS,
        UNBONDING_QUEUE, UNBONDINGS, VALIDATOR_QUEUE, broken, set_delegation, validators,
    },
    validator::{account, consensus_key, operator},
};

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section staking: {e}")))?;
    for pool in [pools::BONDED_POOL, pools::NOT_BONDED_POOL] {
        synergy_auth::ensure_module(ctx, pool)?;
    }
    let params = section.params.to_proto()?;
    Rules::read(&params)?;
    PARAMS.set(ctx, &params)?;
    init_validators(ctx, &section)?;
    init_delegations(ctx, &section)?;
    init_leaving(ctx, &section)?;
    for last in &section.last_validator_powers {
        LAST_POWER.set(ctx, &operator(&last.address)?, &last.power)?;
    }
    LAST_TOTAL.set(ctx, &section.last_total_power)?;
    pools::check(ctx)?;
    state::check_shares(ctx)
}

fn init_validators(ctx: &mut Ctx<'_>, section: &Section) -> Result<()> {
    for json in &section.validators {
        let v = json.to_validator()?;
        let key = consensus_key(&v.pub_key)?;
        msgs::check_key_type(ctx, key.kind())?;
        let consensus = key.address();
        if state::validator(ctx, &v.operator)?.is_some() || BY_CONSENSUS.has(ctx, &consensus)? {
            return Err(sdk::invalid_request(format!("genesis staking: two validators {}", v.operator.valoper())));
        }
        BY_CONSENSUS.set(ctx, &consensus, &v.operator.as_bytes().to_vec())?;
        state::save(ctx, &v)?;
        if !v.jailed {
            state::index(ctx, &v)?;
        }
        if v.status == BondStatus::Unbonding {
            VALIDATOR_QUEUE.set(ctx, (clock::key(&v.unbonding_time), &v.operator), &())?;
        }
        if !section.exported {
            synergy_rewards::create(ctx, &v.operator)?;
        } else if !synergy_rewards::is_open(ctx, &v.operator)? {
            return Err(sdk::invalid_request(format!(
                "genesis staking is exported, but section rewards knows nothing of {}: export both together",
                v.operator.valoper()
            )));
        }
    }
    Ok(())
}

fn init_delegations(ctx: &mut Ctx<'_>, section: &Section) -> Result<()> {
    for d in &section.delegations {
        let (delegator, operator) = (account(&d.delegator_address)?, operator(&d.validator_address)?);
        if DELEGATIONS.has(ctx, (&delegator, &operator))? {
            return Err(sdk::invalid_request(format!("genesis staking: {delegator} delegates twice to one validator")));
        }
        set_delegation(ctx, &delegator, &operator, d.shares)?;
        if !section.exported {
            let v = state::existing(ctx, &operator)?;
            synergy_rewards::period(ctx, &operator, v.tokens)?;
            synergy_rewards::start(ctx, &operator, &delegator, v.worth(d.shares)?)?;
        }
    }
    Ok(())
}

fn init_leaving(ctx: &mut Ctx<'_>, section: &Section) -> Result<()> {
    let mut last_id = 0;
    for json in &section.unbonding_delegations {
        let u = json.to_proto()?;
        let (delegator, operator) = (account(&u.delegator_address)?, operator(&u.validator_address)?);
        for entry in &u.entries {
            let done = clock::key(&entry.completion_time.unwrap_or_default());
            UNBONDING_QUEUE.set(ctx, (done, (&delegator, &operator)), &())?;
            last_id = entry.unbonding_id.max(last_id);
        }
        crate::unbonding::save(ctx, &delegator, &operator, &u)?;
    }
    for json in &section.redelegations {
        let r = json.to_proto()?;
        let from = operator(&r.validator_src_address)?;
        let (delegator, to) = (account(&r.delegator_address)?, operator(&r.validator_dst_address)?);
        for entry in &r.entries {
            let done = clock::key(&entry.completion_time.unwrap_or_default());
            REDELEGATION_QUEUE.set(ctx, (done, (&delegator, (&from, &to))), &())?;
            last_id = entry.unbonding_id.max(last_id);
        }
        crate::redelegation::save(ctx, (&delegator, (&from, &to)), &r)?;
    }
    NEXT_ID.set(ctx, &last_id)
}

/// The validator set of the genesis state: that of the exported chain, or the
/// strongest. Called once, when all of the genesis is there.
///
/// # Errors
/// SDK 18 when the exported set names validators that are not bonded.
pub fn genesis_set(ctx: &mut Ctx<'_>) -> Result<Vec<ValidatorUpdate>> {
    let last = set::last_set(ctx)?;
    if last.is_empty() {
        return set::update(ctx);
    }
    let mut updates = Vec::with_capacity(last.len());
    for (operator, power) in last {
        let v = state::existing(ctx, &operator)?;
        if !v.is_bonded() {
            return Err(broken(&format!("{} is in last_validator_powers and not bonded", operator.valoper())));
        }
        updates.push(ValidatorUpdate { pub_key: v.pub_key, power });
    }
    Ok(updates)
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let mut delegations = Vec::new();
    DELEGATIONS.for_each(ctx, (), |(delegator, operator): (Address, Address), shares: Dec| {
        let (delegator_address, validator_address) = (delegator.to_string(), operator.valoper());
        delegations.push(json::Delegation { delegator_address, validator_address, shares });
        Ok(true)
    })?;
    let (mut unbonding_delegations, mut redelegations) = (Vec::new(), Vec::new());
    UNBONDINGS.for_each(ctx, (), |_, u| {
        unbonding_delegations.push(json::Unbonding::of(u)?);
        Ok(true)
    })?;
    REDELEGATIONS.for_each(ctx, (), |_, r| {
        redelegations.push(json::Redelegation::of(r)?);
        Ok(true)
    })?;
    let last_validator_powers =
        set::last_set(ctx)?.into_iter().map(|(o, power)| LastPower { address: o.valoper(), power }).collect();
    let section = Section {
        params: json::Params::of(&crate::params(ctx)?)?,
        last_total_power: state::last_total_power(ctx)?,
        last_validator_powers,
        validators: validators(ctx)?.iter().map(json::Validator::of).collect::<Result<_>>()?,
        delegations,
        unbonding_delegations,
        redelegations,
        exported: true,
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of staking: {e}")))
}
