//! Queries of contracts that go to the chain's gRPC methods (wasmd's
//! `AcceptedQueries`): `grpc` is answered in protobuf, the older `stargate` in JSON.

use cosmwasm_std::Binary;
use synergy_kernel::{Ctx, Result, sdk};

use crate::{
    gas,
    querier::{Answer, unsupported},
};

/// Methods that contracts may ask: those whose answers are functions of the state
/// alone, are of a bounded size, and run no contract. Sorted.
pub const METHODS: &[&str] = &[
    "/cosmos.auth.v1beta1.Query/Account",
    "/cosmos.auth.v1beta1.Query/AccountInfo",
    "/cosmos.auth.v1beta1.Query/ModuleAccountByName",
    "/cosmos.auth.v1beta1.Query/Params",
    "/cosmos.bank.v1beta1.Query/Balance",
    "/cosmos.bank.v1beta1.Query/DenomMetadata",
    "/cosmos.bank.v1beta1.Query/Params",
    "/cosmos.bank.v1beta1.Query/SpendableBalanceByDenom",
    "/cosmos.bank.v1beta1.Query/SupplyOf",
    "/cosmos.consensus.v1.Query/Params",
    "/cosmos.distribution.v1beta1.Query/DelegationRewards",
    "/cosmos.distribution.v1beta1.Query/DelegatorWithdrawAddress",
    "/cosmos.distribution.v1beta1.Query/Params",
    "/cosmos.distribution.v1beta1.Query/ValidatorCommission",
    "/cosmos.distribution.v1beta1.Query/ValidatorOutstandingRewards",
    "/cosmos.feegrant.v1beta1.Query/Allowance",
    "/cosmos.gov.v1.Query/Constitution",
    "/cosmos.gov.v1.Query/Deposit",
    "/cosmos.gov.v1.Query/Params",
    "/cosmos.gov.v1.Query/TallyResult",
    "/cosmos.gov.v1.Query/Vote",
    "/cosmos.mint.v1beta1.Query/AnnualProvisions",
    "/cosmos.mint.v1beta1.Query/Inflation",
    "/cosmos.mint.v1beta1.Query/Params",
    "/cosmos.slashing.v1beta1.Query/Params",
    "/cosmos.slashing.v1beta1.Query/SigningInfo",
    "/cosmos.staking.v1beta1.Query/Delegation",
    "/cosmos.staking.v1beta1.Query/Params",
    "/cosmos.staking.v1beta1.Query/Pool",
    "/cosmos.staking.v1beta1.Query/UnbondingDelegation",
    "/cosmos.staking.v1beta1.Query/Validator",
    "/cosmos.upgrade.v1beta1.Query/CurrentPlan",
    "/synergy.aivm.v1.Query/Params",
    "/synergy.aivm.v1.Query/Record",
    "/synergy.auth.v1.Query/PublicKey",
    "/synergy.escrow.v1.Query/Escrow",
    "/synergy.escrow.v1.Query/Params",
    "/synergy.feemarket.v1.Query/BaseFee",
    "/synergy.feemarket.v1.Query/Params",
    "/synergy.modelregistry.v1.Query/Model",
    "/synergy.modelregistry.v1.Query/Params",
];

/// Writes the answer of a method, given by its gRPC path, as the JSON of the SDK's
/// gateway. Its result is consensus data.
pub type AnswerJson = fn(path: &str, answer: &[u8]) -> std::result::Result<Vec<u8>, String>;

/// The answer of a method in protobuf.
///
/// # Errors
/// An unsupported request for a path that is not in [`METHODS`], and what the query
/// fails with.
pub(crate) fn protobuf(ctx: &mut Ctx<'_>, path: &str, request: &[u8]) -> Answer {
    if METHODS.binary_search(&path).is_err() {
        let shown: String = path.chars().take(120).collect();
        return Err(unsupported(format!("'{shown}' path is not allowed from the contract")));
    }
    let answer = ctx.query(path, request)?;
    gas::per_byte(ctx, answer.len(), gas::ANSWER_BYTE, "Answer to a contract")?;
    Ok(answer.into())
}

/// The same in JSON.
pub(crate) fn json(ctx: &mut Ctx<'_>, form: AnswerJson, path: &str, request: &[u8]) -> Answer {
    let answer = protobuf(ctx, path, request)?;
    Ok(write(ctx, form, path, &answer)?)
}

fn write(ctx: &mut Ctx<'_>, form: AnswerJson, path: &str, answer: &[u8]) -> Result<Binary> {
    ctx.gas.consume(gas::JSON, "Answer to a contract")?;
    let json = form(path, answer).map_err(|e| sdk::invalid_request(format!("answer of {path} in JSON: {e}")))?;
    gas::per_byte(ctx, json.len(), gas::JSON_BYTE, "Answer to a contract")?;
    Ok(json.into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn methods_are_sorted() {
        assert!(super::METHODS.is_sorted());
    }
}
