//! `synergyd query distribution`.

use clap::Subcommand;
use prost::Message;
use synergy_proto::cosmos::distribution::v1beta1::{
    QueryDelegationRewardsRequest, QueryDelegationTotalRewardsRequest, QueryDelegatorWithdrawAddressRequest,
    QueryValidatorCommissionRequest, QueryValidatorOutstandingRewardsRequest, QueryValidatorSlashesRequest,
};

use super::{Page, ask};
use crate::cli::{
    context::Context,
    error::Result,
    schema::{Schema, pos as schema},
    tx::staking::operator,
};

#[derive(Subcommand, Debug)]
pub(crate) enum Distribution {
    /// Rewards of an account that wait, with all validators or one
    Rewards {
        /// Address, or name of a key
        delegator: String,
        /// synergyvaloper…, or the name of its key
        validator: Option<String>,
    },
    /// The commission of a validator that waits
    Commission {
        /// synergyvaloper…, or the name of its key
        validator: String,
    },
    /// All rewards of a validator and its delegators that wait
    ValidatorOutstandingRewards {
        /// synergyvaloper…, or the name of its key
        validator: String,
    },
    /// When and how much a validator was slashed
    Slashes {
        /// synergyvaloper…, or the name of its key
        validator: String,
        /// From this height
        #[arg(default_value_t = 0)]
        start_height: u64,
        /// To this height
        #[arg(default_value_t = u64::MAX, hide_default_value = true)]
        end_height: u64,
        #[command(flatten)]
        page: Page,
    },
    /// Where the rewards of an account go
    WithdrawAddr {
        /// Address, or name of a key
        delegator: String,
    },
    /// What governance can spend
    CommunityPool,
    /// The rules
    Params,
}

pub(super) fn run(context: &Context, height: u64, command: Distribution) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/cosmos.distribution.v1beta1.Query/{method}"), &request, schema)
    };
    let delegator = |text: &str| context.address(text).map(|address| address.to_string());
    match command {
        Distribution::Rewards { delegator: from, validator: Some(validator) } => {
            let (delegator_address, validator_address) = (delegator(&from)?, operator(context, &validator)?);
            let request = QueryDelegationRewardsRequest { delegator_address, validator_address };
            ask("DelegationRewards", request.encode_to_vec(), &schema::REWARDS_RESPONSE)
        }
        Distribution::Rewards { delegator: from, validator: None } => {
            let request = QueryDelegationTotalRewardsRequest { delegator_address: delegator(&from)? };
            ask("DelegationTotalRewards", request.encode_to_vec(), &schema::ALL_REWARDS_RESPONSE)
        }
        Distribution::Commission { validator } => {
            let request = QueryValidatorCommissionRequest { validator_address: operator(context, &validator)? };
            ask("ValidatorCommission", request.encode_to_vec(), &schema::COMMISSION_RESPONSE)
        }
        Distribution::ValidatorOutstandingRewards { validator } => {
            let request = QueryValidatorOutstandingRewardsRequest { validator_address: operator(context, &validator)? };
            ask("ValidatorOutstandingRewards", request.encode_to_vec(), &schema::OUTSTANDING_RESPONSE)
        }
        Distribution::Slashes { validator, start_height, end_height, page } => {
            let request = QueryValidatorSlashesRequest {
                validator_address: operator(context, &validator)?,
                starting_height: start_height,
                ending_height: end_height,
                pagination: page.request()?,
            };
            ask("ValidatorSlashes", request.encode_to_vec(), &schema::SLASHES_RESPONSE)
        }
        Distribution::WithdrawAddr { delegator: from } => {
            let request = QueryDelegatorWithdrawAddressRequest { delegator_address: delegator(&from)? };
            ask("DelegatorWithdrawAddress", request.encode_to_vec(), &schema::WITHDRAW_ADDRESS_RESPONSE)
        }
        Distribution::CommunityPool => ask("CommunityPool", Vec::new(), &schema::COMMUNITY_POOL_RESPONSE),
        Distribution::Params => ask("Params", Vec::new(), &schema::DISTRIBUTION_PARAMS_RESPONSE),
    }
}
