//! `synergyd query staking`.

use clap::{Subcommand, ValueEnum};
use prost::Message;
use synergy_proto::cosmos::staking::v1beta1::{
    QueryDelegationRequest, QueryDelegatorDelegationsRequest, QueryDelegatorUnbondingDelegationsRequest,
    QueryHistoricalInfoRequest, QueryRedelegationsRequest, QueryUnbondingDelegationRequest,
    QueryValidatorDelegationsRequest, QueryValidatorRequest, QueryValidatorUnbondingDelegationsRequest,
    QueryValidatorsRequest,
};

use super::{Page, ask};
use crate::cli::{
    context::Context,
    error::Result,
    schema::{Schema, pos as schema},
    tx::staking::operator,
};

#[derive(Subcommand, Debug)]
pub(crate) enum Staking {
    /// All validators
    Validators {
        /// Only those in this state
        #[arg(long)]
        status: Option<Status>,
        #[command(flatten)]
        page: Page,
    },
    /// One validator
    Validator {
        /// synergyvaloper…, or the name of its key
        validator: String,
    },
    /// What an account has delegated to a validator
    Delegation {
        /// Address, or name of a key
        delegator: String,
        /// synergyvaloper…, or the name of its key
        validator: String,
    },
    /// What an account has delegated
    Delegations {
        /// Address, or name of a key
        delegator: String,
        #[command(flatten)]
        page: Page,
    },
    /// Who has delegated to a validator
    DelegationsTo {
        /// synergyvaloper…, or the name of its key
        validator: String,
        #[command(flatten)]
        page: Page,
    },
    /// What an account is taking back from a validator
    UnbondingDelegation {
        /// Address, or name of a key
        delegator: String,
        /// synergyvaloper…, or the name of its key
        validator: String,
    },
    /// What an account is taking back
    UnbondingDelegations {
        /// Address, or name of a key
        delegator: String,
        #[command(flatten)]
        page: Page,
    },
    /// What is being taken back from a validator
    UnbondingDelegationsFrom {
        /// synergyvaloper…, or the name of its key
        validator: String,
        #[command(flatten)]
        page: Page,
    },
    /// What an account has moved between validators
    Redelegations {
        /// Address, or name of a key
        delegator: String,
        #[command(flatten)]
        page: Page,
    },
    /// Header and validators of one of the last blocks (param historical_entries)
    HistoricalInfo {
        /// The block's height
        block: i64,
    },
    /// Bonded and other stake in all
    Pool,
    /// The rules
    Params,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Status {
    Bonded,
    Unbonding,
    Unbonded,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Bonded => "BOND_STATUS_BONDED",
            Self::Unbonding => "BOND_STATUS_UNBONDING",
            Self::Unbonded => "BOND_STATUS_UNBONDED",
        }
    }
}

pub(super) fn run(context: &Context, height: u64, command: Staking) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/cosmos.staking.v1beta1.Query/{method}"), &request, schema)
    };
    let delegator = |text: &str| context.address(text).map(|address| address.to_string());
    match command {
        Staking::Validators { status, page } => {
            let status = status.map(Status::name).unwrap_or_default().to_owned();
            let request = QueryValidatorsRequest { status, pagination: page.request()? };
            ask("Validators", request.encode_to_vec(), &schema::VALIDATORS_RESPONSE)
        }
        Staking::Validator { validator } => {
            let request = QueryValidatorRequest { validator_addr: operator(context, &validator)? };
            ask("Validator", request.encode_to_vec(), &schema::VALIDATOR_RESPONSE)
        }
        Staking::Delegation { delegator: from, validator } => {
            let (delegator_addr, validator_addr) = (delegator(&from)?, operator(context, &validator)?);
            let request = QueryDelegationRequest { delegator_addr, validator_addr };
            ask("Delegation", request.encode_to_vec(), &schema::DELEGATION_RESPONSE)
        }
        Staking::Delegations { delegator: from, page } => {
            let delegator_addr = delegator(&from)?;
            let request = QueryDelegatorDelegationsRequest { delegator_addr, pagination: page.request()? };
            ask("DelegatorDelegations", request.encode_to_vec(), &schema::DELEGATIONS_RESPONSE)
        }
        Staking::DelegationsTo { validator, page } => {
            let validator_addr = operator(context, &validator)?;
            let request = QueryValidatorDelegationsRequest { validator_addr, pagination: page.request()? };
            ask("ValidatorDelegations", request.encode_to_vec(), &schema::DELEGATIONS_RESPONSE)
        }
        Staking::UnbondingDelegation { delegator: from, validator } => {
            let (delegator_addr, validator_addr) = (delegator(&from)?, operator(context, &validator)?);
            let request = QueryUnbondingDelegationRequest { delegator_addr, validator_addr };
            ask("UnbondingDelegation", request.encode_to_vec(), &schema::UNBONDING_RESPONSE)
        }
        Staking::UnbondingDelegations { delegator: from, page } => {
            let delegator_addr = delegator(&from)?;
            let request = QueryDelegatorUnbondingDelegationsRequest { delegator_addr, pagination: page.request()? };
            ask("DelegatorUnbondingDelegations", request.encode_to_vec(), &schema::UNBONDINGS_RESPONSE)
        }
        Staking::UnbondingDelegationsFrom { validator, page } => {
            let validator_addr = operator(context, &validator)?;
            let request = QueryValidatorUnbondingDelegationsRequest { validator_addr, pagination: page.request()? };
            ask("ValidatorUnbondingDelegations", request.encode_to_vec(), &schema::UNBONDINGS_RESPONSE)
        }
        Staking::Redelegations { delegator: from, page } => {
            let request = QueryRedelegationsRequest {
                delegator_addr: delegator(&from)?,
                pagination: page.request()?,
                ..QueryRedelegationsRequest::default()
            };
            ask("Redelegations", request.encode_to_vec(), &schema::REDELEGATIONS_RESPONSE)
        }
        Staking::HistoricalInfo { block } => {
            let request = QueryHistoricalInfoRequest { height: block };
            ask("HistoricalInfo", request.encode_to_vec(), &schema::HISTORICAL_INFO_RESPONSE)
        }
        Staking::Pool => ask("Pool", Vec::new(), &schema::STAKING_POOL_RESPONSE),
        Staking::Params => ask("Params", Vec::new(), &schema::STAKING_PARAMS_RESPONSE),
    }
}
