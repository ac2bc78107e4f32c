//! Messages of contracts as messages of the chain (wasmd:
//! `handler_plugin_encoders.go`).

use cosmwasm_std::{BankMsg, Coin as CwCoin, CosmosMsg, DistributionMsg, GovMsg, StakingMsg, VoteOption, WasmMsg};
use synergy_kernel::{Result, sdk};
use synergy_proto::{
    Address, Any, Coin, Denom, coin as coins,
    cosmos::{
        bank::v1beta1::MsgSend,
        distribution::v1beta1::{MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward},
        gov::v1::{MsgVote, MsgVoteWeighted, VoteOption as ProtoVote, WeightedVoteOption},
        staking::v1beta1::{MsgBeginRedelegate, MsgDelegate, MsgUndelegate},
    },
    cosmwasm::{
        MsgClearAdmin, MsgExecuteContract, MsgInstantiateContract, MsgInstantiateContract2, MsgMigrateContract,
        MsgUpdateAdmin,
    },
    pack,
};

use crate::{
    custom::{self, Custom},
    error,
};

/// Longest message that a contract may send as protobuf, in bytes.
const MAX_ANY: usize = 128 << 10;

/// The chain's message for one of a contract.
///
/// # Errors
/// `wasm` 20 for kinds that this chain does not know, 13 for one that is too long,
/// SDK 10 for coins that are none.
pub(crate) fn message(contract: &Address, message: CosmosMsg<Custom>) -> Result<Any> {
    let sender = contract.to_string();
    match message {
        CosmosMsg::Bank(BankMsg::Send { to_address, amount }) => {
            Ok(pack(&MsgSend { from_address: sender, to_address, amount: funds(&amount)? }))
        }
        CosmosMsg::Wasm(message) => wasm(sender, message),
        CosmosMsg::Custom(message) => custom::message(contract, &message),
        CosmosMsg::Any(any) => protobuf(any.type_url, any.value.into()),
        #[allow(deprecated, reason = "contracts of earlier versions send the old kind")]
        CosmosMsg::Stargate { type_url, value } => protobuf(type_url, value.into()),
        CosmosMsg::Staking(message) => staking(sender, message),
        CosmosMsg::Distribution(message) => distribution(sender, message),
        CosmosMsg::Gov(message) => gov(sender, message),
        _ => Err(error::unknown_msg("this chain has no messages of this kind")),
    }
}

fn protobuf(type_url: String, value: Vec<u8>) -> Result<Any> {
    if value.len() > MAX_ANY {
        return Err(error::limit(format!("AnyMsg value size {} exceeds limit {MAX_ANY}", value.len())));
    }
    Ok(Any { type_url, value })
}

fn one(coin: &CwCoin) -> Coin {
    coins::coin(coin.amount.u128(), &coin.denom)
}

/// Coins in the order that the SDK wants, equal denoms added up.
fn funds(amount: &[CwCoin]) -> Result<Vec<Coin>> {
    Ok(read_coins(amount)?.into_iter().map(|(denom, amount)| coins::coin(amount, denom)).collect())
}

/// The same as values.
pub(crate) fn read_coins(amount: &[CwCoin]) -> Result<Vec<(Denom, u128)>> {
    let mut sums = std::collections::BTreeMap::<Denom, u128>::new();
    for coin in amount {
        let (denom, amount) = coins::read(&one(coin)).map_err(|e| sdk::invalid_coins(e.to_string()))?;
        let sum = sums.entry(denom).or_default();
        *sum = sum.checked_add(amount).ok_or_else(|| sdk::overflow("sum of coins"))?;
    }
    Ok(sums.into_iter().filter(|(_, amount)| *amount > 0).collect())
}

fn wasm(sender: String, message: WasmMsg) -> Result<Any> {
    Ok(match message {
        WasmMsg::Execute { contract_addr, msg, funds: coins } => {
            pack(&MsgExecuteContract { sender, contract: contract_addr, msg: msg.into(), funds: funds(&coins)? })
        }
        WasmMsg::Instantiate { admin, code_id, msg, funds: coins, label } => pack(&MsgInstantiateContract {
            sender,
            admin: admin.unwrap_or_default(),
            code_id,
            label,
            msg: msg.into(),
            funds: funds(&coins)?,
        }),
        WasmMsg::Instantiate2 { admin, code_id, label, msg, funds: coins, salt } => pack(&MsgInstantiateContract2 {
            sender,
            admin: admin.unwrap_or_default(),
            code_id,
            label,
            msg: msg.into(),
            funds: funds(&coins)?,
            salt: salt.into(),
            fix_msg: false,
        }),
        WasmMsg::Migrate { contract_addr, new_code_id, msg } => {
            pack(&MsgMigrateContract { sender, contract: contract_addr, code_id: new_code_id, msg: msg.into() })
        }
        WasmMsg::UpdateAdmin { contract_addr, admin } => {
            pack(&MsgUpdateAdmin { sender, new_admin: admin, contract: contract_addr })
        }
        WasmMsg::ClearAdmin { contract_addr } => pack(&MsgClearAdmin { sender, contract: contract_addr }),
        _ => return Err(error::unknown_msg("unknown variant of Wasm")),
    })
}

fn staking(delegator_address: String, message: StakingMsg) -> Result<Any> {
    Ok(match message {
        StakingMsg::Delegate { validator, amount } => {
            pack(&MsgDelegate { delegator_address, validator_address: validator, amount: Some(one(&amount)) })
        }
        StakingMsg::Undelegate { validator, amount } => {
            pack(&MsgUndelegate { delegator_address, validator_address: validator, amount: Some(one(&amount)) })
        }
        StakingMsg::Redelegate { src_validator, dst_validator, amount } => pack(&MsgBeginRedelegate {
            delegator_address,
            validator_src_address: src_validator,
            validator_dst_address: dst_validator,
            amount: Some(one(&amount)),
        }),
        _ => return Err(error::unknown_msg("unknown variant of Staking")),
    })
}

fn distribution(delegator_address: String, message: DistributionMsg) -> Result<Any> {
    Ok(match message {
        DistributionMsg::SetWithdrawAddress { address } => {
            pack(&MsgSetWithdrawAddress { delegator_address, withdraw_address: address })
        }
        DistributionMsg::WithdrawDelegatorReward { validator } => {
            pack(&MsgWithdrawDelegatorReward { delegator_address, validator_address: validator })
        }
        DistributionMsg::FundCommunityPool { amount } => {
            pack(&MsgFundCommunityPool { amount: funds(&amount)?, depositor: delegator_address })
        }
        _ => return Err(error::unknown_msg("unknown variant of Distribution")),
    })
}

fn gov(voter: String, message: GovMsg) -> Result<Any> {
    let vote = |option| -> i32 {
        match option {
            VoteOption::Yes => ProtoVote::Yes,
            VoteOption::No => ProtoVote::No,
            VoteOption::Abstain => ProtoVote::Abstain,
            VoteOption::NoWithVeto => ProtoVote::NoWithVeto,
        }
        .into()
    };
    Ok(match message {
        GovMsg::Vote { proposal_id, option } => {
            pack(&MsgVote { proposal_id, voter, option: vote(option), metadata: String::new() })
        }
        GovMsg::VoteWeighted { proposal_id, options } => {
            let options = options
                .into_iter()
                .map(|o| WeightedVoteOption { option: vote(o.option), weight: o.weight.to_string() })
                .collect();
            pack(&MsgVoteWeighted { proposal_id, voter, options, metadata: String::new() })
        }
    })
}
