use synergy_kernel::{Dec, Result, address, sdk};
use synergy_proto::{
    Address, Any, ConsensusKey, ConsensusKeyError, Timestamp,
    cosmos::staking::v1beta1::{BondStatus, Commission, CommissionRates, Description, Validator as Proto},
};

/// Staked units of one unit of voting power: one SNRG.
pub const POWER_REDUCTION: u128 = 1_000_000_000_000_000_000;

/// A validator, read from its message.
#[derive(Debug, Clone, PartialEq)]
pub struct Validator {
    /// The account that runs it.
    pub operator: Address,
    /// Its consensus key.
    pub pub_key: Any,
    /// Out of the set until `unjail`.
    pub jailed: bool,
    /// Bonded: in the set; unbonding: left it, still answers for its past; or neither.
    pub status: BondStatus,
    /// Stake, its own and its delegators'.
    pub tokens: u128,
    /// Sum of the delegations' shares.
    pub shares: Dec,
    /// What it tells of itself.
    pub description: Description,
    /// Height at which it left the set.
    pub unbonding_height: u64,
    /// When it has left it for long enough.
    pub unbonding_time: Timestamp,
    /// Its part of all rewards.
    pub commission: Dec,
    /// Most that `commission` may ever be.
    pub max_commission: Dec,
    /// Most that `commission` may change in a day.
    pub max_commission_change: Dec,
    /// When `commission` changed last.
    pub commission_time: Timestamp,
    /// Least stake of its own; below it is jailed.
    pub min_self_delegation: u128,
}

impl Validator {
    /// Voting power of its stake.
    pub fn power(&self) -> u64 {
        self.tokens.checked_div(POWER_REDUCTION).and_then(|power| u64::try_from(power).ok()).unwrap_or(u64::MAX)
    }

    /// Whether it is in the validator set.
    pub fn is_bonded(&self) -> bool {
        self.status == BondStatus::Bonded
    }

    /// The address that consensus knows it by.
    pub fn consensus_address(&self) -> Result<Address> {
        Ok(consensus_key(&self.pub_key)?.address())
    }

    /// What shares are worth, cut.
    pub fn worth(&self, shares: Dec) -> Result<Dec> {
        if self.shares.is_zero() {
            return Ok(Dec::ZERO);
        }
        shares.mul_div(Dec::whole(self.tokens), self.shares)
    }

    /// Shares for so many tokens, cut; one for one when there are none yet.
    pub fn shares_for(&self, tokens: u128) -> Result<Dec> {
        if self.shares.is_zero() {
            return Ok(Dec::whole(tokens));
        }
        self.shares.mul_div(Dec::whole(tokens), Dec::whole(self.tokens))
    }

    /// Shares without tokens: slashed to nothing, so that no number of shares is
    /// worth a token.
    pub fn is_worthless(&self) -> bool {
        self.tokens == 0 && !self.shares.is_zero()
    }

    /// The message that wallets and the store know.
    pub fn to_proto(&self) -> Proto {
        Proto {
            operator_address: self.operator.valoper(),
            consensus_pubkey: Some(self.pub_key.clone()),
            jailed: self.jailed,
            status: self.status as i32,
            tokens: self.tokens.to_string(),
            delegator_shares: self.shares.atomics(),
            description: Some(self.description.clone()),
            unbonding_height: i64::try_from(self.unbonding_height).unwrap_or(i64::MAX),
            unbonding_time: Some(self.unbonding_time),
            commission: Some(Commission {
                commission_rates: Some(CommissionRates {
                    rate: self.commission.atomics(),
                    max_rate: self.max_commission.atomics(),
                    max_change_rate: self.max_commission_change.atomics(),
                }),
                update_time: Some(self.commission_time),
            }),
            min_self_delegation: self.min_self_delegation.to_string(),
            unbonding_on_hold_ref_count: 0,
            unbonding_ids: Vec::new(),
        }
    }

    /// Reads the message.
    ///
    /// # Errors
    /// SDK 18 or 7 when a number or the address is none.
    pub fn from_proto(p: Proto) -> Result<Self> {
        let commission = p.commission.unwrap_or_default();
        let rates = commission.commission_rates.unwrap_or_default();
        Ok(Self {
            operator: operator(&p.operator_address)?,
            pub_key: p.consensus_pubkey.unwrap_or_default(),
            jailed: p.jailed,
            status: BondStatus::try_from(p.status).unwrap_or(BondStatus::Unspecified),
            tokens: amount(&p.tokens)?,
            shares: Dec::from_atomics(&p.delegator_shares)?,
            description: p.description.unwrap_or_default(),
            unbonding_height: u64::try_from(p.unbonding_height).unwrap_or(0),
            unbonding_time: p.unbonding_time.unwrap_or_default(),
            commission: Dec::from_atomics(&rates.rate)?,
            max_commission: Dec::from_atomics(&rates.max_rate)?,
            max_commission_change: Dec::from_atomics(&rates.max_change_rate)?,
            commission_time: commission.update_time.unwrap_or_default(),
            min_self_delegation: amount(&p.min_self_delegation)?,
        })
    }
}

/// Reads an operator's address.
pub(crate) fn operator(text: &str) -> Result<Address> {
    Address::from_valoper(text).map_err(|e| sdk::invalid_address(format!("invalid validator address {text:?}: {e}")))
}

/// Reads an account's address.
pub(crate) fn account(text: &str) -> Result<Address> {
    address(text, "delegator")
}

/// Reads a number of tokens.
pub(crate) fn amount(text: &str) -> Result<u128> {
    synergy_proto::coin::amount(text).map_err(|e| sdk::invalid_request(e.to_string()))
}

/// Reads a validator's key.
///
/// # Errors
/// `staking` 6 for another kind of key, 39 without one; SDK 8 for bytes that are no key.
pub(crate) fn consensus_key(key: &Any) -> Result<ConsensusKey> {
    if key.type_url.is_empty() {
        return Err(crate::error::no_pubkey("pubkey"));
    }
    ConsensusKey::from_any(key).map_err(|e| match e {
        ConsensusKeyError::Type(_) => crate::error::pubkey_type(e),
        _ => sdk::invalid_pubkey(e.to_string()),
    })
}
