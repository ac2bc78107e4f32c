//! `synergyd tx distribution`.

use clap::Subcommand;
use synergy_proto::{
    cosmos::distribution::v1beta1::{
        MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward, MsgWithdrawValidatorCommission,
        QueryDelegatorValidatorsRequest, QueryDelegatorValidatorsResponse,
    },
    pack,
};

use super::{Session, TxFlags, staking::operator};
use crate::cli::{
    coins,
    context::Context,
    error::{Result, bail},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Distribution {
    /// Take the rewards of a delegation
    WithdrawRewards {
        /// synergyvaloper…, or the name of a validator's key
        validator: String,
        /// Take the validator's commission too, as its operator
        #[arg(long)]
        commission: bool,
    },
    /// Take the rewards of all your delegations
    WithdrawAllRewards,
    /// Take the commission of your validator
    WithdrawValidatorCommission {
        /// synergyvaloper…, or the name of its key
        validator: String,
    },
    /// Say where rewards go
    SetWithdrawAddr {
        /// Address, or name of a key
        address: String,
    },
    /// Give coins to the community pool
    FundCommunityPool {
        /// E.g. 10snrg
        amount: String,
    },
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Distribution) -> Result<()> {
    let mut session = Session::open(context, flags, None)?;
    let delegator_address = session.sender.to_string();
    let messages = match command {
        Distribution::WithdrawRewards { validator, commission } => {
            let validator_address = operator(context, &validator)?;
            let mut messages = vec![pack(&MsgWithdrawDelegatorReward {
                delegator_address,
                validator_address: validator_address.clone(),
            })];
            if commission {
                messages.push(pack(&MsgWithdrawValidatorCommission { validator_address }));
            }
            messages
        }
        Distribution::WithdrawAllRewards => {
            let request = QueryDelegatorValidatorsRequest { delegator_address: delegator_address.clone() };
            let answer: QueryDelegatorValidatorsResponse =
                session.rpc()?.grpc("/cosmos.distribution.v1beta1.Query/DelegatorValidators", &request)?;
            if answer.validators.is_empty() {
                bail!("{delegator_address} has delegated nothing");
            }
            let withdraw = |validator_address| {
                let delegator_address = delegator_address.clone();
                pack(&MsgWithdrawDelegatorReward { delegator_address, validator_address })
            };
            answer.validators.into_iter().map(withdraw).collect()
        }
        Distribution::WithdrawValidatorCommission { validator } => {
            vec![pack(&MsgWithdrawValidatorCommission { validator_address: operator(context, &validator)? })]
        }
        Distribution::SetWithdrawAddr { address } => {
            let withdraw_address = context.address(&address)?.to_string();
            vec![pack(&MsgSetWithdrawAddress { delegator_address, withdraw_address })]
        }
        Distribution::FundCommunityPool { amount } => {
            vec![pack(&MsgFundCommunityPool { amount: coins::parse(&amount)?, depositor: delegator_address })]
        }
    };
    session.send_and_print(messages)
}
