//! JSON of the SDK's staking genesis, and its types in ours.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use synergy_kernel::{Dec, Result, sdk, text};
use synergy_proto::{
    Any, MlDsa65PubKey, Timestamp,
    cosmos::staking::v1beta1::{
        BondStatus, Description as ProtoDescription, Params as ProtoParams, Redelegation as ProtoRedelegation,
        RedelegationEntry as ProtoRedelegationEntry, UnbondingDelegation, UnbondingDelegationEntry,
    },
    pack,
};

use crate::{clock, params, validator};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) params: Params,
    #[serde(with = "text")]
    pub(crate) last_total_power: u64,
    pub(crate) last_validator_powers: Vec<LastPower>,
    pub(crate) validators: Vec<Validator>,
    pub(crate) delegations: Vec<Delegation>,
    pub(crate) unbonding_delegations: Vec<Unbonding>,
    pub(crate) redelegations: Vec<Redelegation>,
    pub(crate) exported: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    unbonding_time: String,
    max_validators: u32,
    max_entries: u32,
    historical_entries: u32,
    bond_denom: String,
    #[serde(with = "text")]
    min_commission_rate: Dec,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LastPower {
    pub(crate) address: String,
    #[serde(with = "text")]
    pub(crate) power: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delegation {
    pub(crate) delegator_address: String,
    pub(crate) validator_address: String,
    #[serde(with = "text")]
    pub(crate) shares: Dec,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validator {
    operator_address: String,
    consensus_pubkey: PubKey,
    jailed: bool,
    status: String,
    #[serde(with = "text")]
    tokens: u128,
    #[serde(with = "text")]
    delegator_shares: Dec,
    description: Description,
    #[serde(with = "text")]
    unbonding_height: u64,
    unbonding_time: Time,
    commission: Commission,
    #[serde(with = "text")]
    min_self_delegation: u128,
    #[serde(default)]
    unbonding_on_hold_ref_count: String,
    #[serde(default)]
    unbonding_ids: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PubKey {
    #[serde(rename = "@type")]
    kind: String,
    key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    moniker: String,
    identity: String,
    website: String,
    security_contact: String,
    details: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Commission {
    commission_rates: Rates,
    update_time: Time,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rates {
    #[serde(with = "text")]
    rate: Dec,
    #[serde(with = "text")]
    max_rate: Dec,
    #[serde(with = "text")]
    max_change_rate: Dec,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unbonding {
    delegator_address: String,
    validator_address: String,
    entries: Vec<UnbondingEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnbondingEntry {
    #[serde(with = "text")]
    creation_height: i64,
    completion_time: Time,
    #[serde(with = "text")]
    initial_balance: u128,
    #[serde(with = "text")]
    balance: u128,
    #[serde(with = "text")]
    unbonding_id: u64,
    #[serde(default)]
    unbonding_on_hold_ref_count: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redelegation {
    delegator_address: String,
    validator_src_address: String,
    validator_dst_address: String,
    entries: Vec<RedelegationEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedelegationEntry {
    #[serde(with = "text")]
    creation_height: i64,
    completion_time: Time,
    #[serde(with = "text")]
    initial_balance: u128,
    #[serde(with = "text")]
    shares_dst: Dec,
    #[serde(with = "text")]
    unbonding_id: u64,
    #[serde(default)]
    unbonding_on_hold_ref_count: String,
}

/// RFC 3339.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Time(String);

impl Time {
    fn of(time: Option<Timestamp>) -> Self {
        Self(clock::rfc3339(&time.unwrap_or_default()))
    }

    fn read(&self) -> Result<Timestamp> {
        let bad = || sdk::invalid_request(format!("genesis staking: {:?} is no time as 2026-01-01T00:00:00Z", self.0));
        clock::parse(&self.0).ok_or_else(bad)
    }
}

/// Nothing of ours puts an unbonding on hold.
fn zero() -> String {
    "0".to_owned()
}

impl Params {
    pub(crate) fn of(p: &ProtoParams) -> Result<Self> {
        Ok(Self {
            unbonding_time: format!("{}s", p.unbonding_time.as_ref().map_or(0, |t| t.seconds)),
            max_validators: p.max_validators,
            max_entries: p.max_entries,
            historical_entries: p.historical_entries,
            bond_denom: p.bond_denom.clone(),
            min_commission_rate: Dec::from_atomics(&p.min_commission_rate)?,
        })
    }

    pub(crate) fn to_proto(&self) -> Result<ProtoParams> {
        let seconds = self.unbonding_time.strip_suffix('s').and_then(|n| n.parse().ok());
        let bad = || sdk::invalid_request("genesis staking.params.unbonding_time: whole seconds, as \"1814400s\"");
        Ok(ProtoParams {
            unbonding_time: Some(params::duration(seconds.ok_or_else(bad)?)),
            max_validators: self.max_validators,
            max_entries: self.max_entries,
            historical_entries: self.historical_entries,
            bond_denom: self.bond_denom.clone(),
            min_commission_rate: self.min_commission_rate.atomics(),
        })
    }
}

impl PubKey {
    fn of(key: &Any) -> Result<Self> {
        let bytes = validator::consensus_key(key)?.into_bytes();
        Ok(Self { kind: key.type_url.clone(), key: BASE64.encode(bytes) })
    }

    fn read(&self) -> Result<Any> {
        let key = BASE64
            .decode(&self.key)
            .map_err(|e| sdk::invalid_pubkey(format!("genesis staking: consensus key {:?}: {e}", self.key)))?;
        // The messages of all kinds are one field.
        Ok(Any { type_url: self.kind.clone(), ..pack(&MlDsa65PubKey { key }) })
    }
}

impl Validator {
    pub(crate) fn of(v: &validator::Validator) -> Result<Self> {
        let d = &v.description;
        Ok(Self {
            operator_address: v.operator.valoper(),
            consensus_pubkey: PubKey::of(&v.pub_key)?,
            jailed: v.jailed,
            status: v.status.as_str_name().to_owned(),
            tokens: v.tokens,
            delegator_shares: v.shares,
            description: Description {
                moniker: d.moniker.clone(),
                identity: d.identity.clone(),
                website: d.website.clone(),
                security_contact: d.security_contact.clone(),
                details: d.details.clone(),
            },
            unbonding_height: v.unbonding_height,
            unbonding_time: Time::of(Some(v.unbonding_time)),
            commission: Commission {
                commission_rates: Rates {
                    rate: v.commission,
                    max_rate: v.max_commission,
                    max_change_rate: v.max_commission_change,
                },
                update_time: Time::of(Some(v.commission_time)),
            },
            min_self_delegation: v.min_self_delegation,
            unbonding_on_hold_ref_count: zero(),
            unbonding_ids: Vec::new(),
        })
    }

    pub(crate) fn to_validator(&self) -> Result<validator::Validator> {
        let (d, rates) = (&self.description, &self.commission.commission_rates);
        Ok(validator::Validator {
            operator: validator::operator(&self.operator_address)?,
            pub_key: self.consensus_pubkey.read()?,
            jailed: self.jailed,
            status: BondStatus::from_str_name(&self.status)
                .ok_or_else(|| sdk::invalid_request(format!("genesis staking: unknown status {:?}", self.status)))?,
            tokens: self.tokens,
            shares: self.delegator_shares,
            description: ProtoDescription {
                moniker: d.moniker.clone(),
                identity: d.identity.clone(),
                website: d.website.clone(),
                security_contact: d.security_contact.clone(),
                details: d.details.clone(),
            },
            unbonding_height: self.unbonding_height,
            unbonding_time: self.unbonding_time.read()?,
            commission: rates.rate,
            max_commission: rates.max_rate,
            max_commission_change: rates.max_change_rate,
            commission_time: self.commission.update_time.read()?,
            min_self_delegation: self.min_self_delegation,
        })
    }
}

impl Unbonding {
    pub(crate) fn of(u: UnbondingDelegation) -> Result<Self> {
        let entry = |e: UnbondingDelegationEntry| {
            Ok(UnbondingEntry {
                creation_height: e.creation_height,
                completion_time: Time::of(e.completion_time),
                initial_balance: validator::amount(&e.initial_balance)?,
                balance: validator::amount(&e.balance)?,
                unbonding_id: e.unbonding_id,
                unbonding_on_hold_ref_count: zero(),
            })
        };
        Ok(Self {
            delegator_address: u.delegator_address,
            validator_address: u.validator_address,
            entries: u.entries.into_iter().map(entry).collect::<Result<_>>()?,
        })
    }

    pub(crate) fn to_proto(&self) -> Result<UnbondingDelegation> {
        let entry = |e: &UnbondingEntry| {
            Ok(UnbondingDelegationEntry {
                creation_height: e.creation_height,
                completion_time: Some(e.completion_time.read()?),
                initial_balance: e.initial_balance.to_string(),
                balance: e.balance.to_string(),
                unbonding_id: e.unbonding_id,
                unbonding_on_hold_ref_count: 0,
            })
        };
        Ok(UnbondingDelegation {
            delegator_address: self.delegator_address.clone(),
            validator_address: self.validator_address.clone(),
            entries: self.entries.iter().map(entry).collect::<Result<_>>()?,
        })
    }
}

impl Redelegation {
    pub(crate) fn of(r: ProtoRedelegation) -> Result<Self> {
        let entry = |e: ProtoRedelegationEntry| {
            Ok(RedelegationEntry {
                creation_height: e.creation_height,
                completion_time: Time::of(e.completion_time),
                initial_balance: validator::amount(&e.initial_balance)?,
                shares_dst: Dec::from_atomics(&e.shares_dst)?,
                unbonding_id: e.unbonding_id,
                unbonding_on_hold_ref_count: zero(),
            })
        };
        Ok(Self {
            delegator_address: r.delegator_address,
            validator_src_address: r.validator_src_address,
            validator_dst_address: r.validator_dst_address,
            entries: r.entries.into_iter().map(entry).collect::<Result<_>>()?,
        })
    }

    pub(crate) fn to_proto(&self) -> Result<ProtoRedelegation> {
        let entry = |e: &RedelegationEntry| {
            Ok(ProtoRedelegationEntry {
                creation_height: e.creation_height,
                completion_time: Some(e.completion_time.read()?),
                initial_balance: e.initial_balance.to_string(),
                shares_dst: e.shares_dst.atomics(),
                unbonding_id: e.unbonding_id,
                unbonding_on_hold_ref_count: 0,
            })
        };
        Ok(ProtoRedelegation {
            delegator_address: self.delegator_address.clone(),
            validator_src_address: self.validator_src_address.clone(),
            validator_dst_address: self.validator_dst_address.clone(),
            entries: self.entries.iter().map(entry).collect::<Result<_>>()?,
        })
    }
}
