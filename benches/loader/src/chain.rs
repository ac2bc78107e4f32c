//! Accounts and balances as the chain has them.

use cosmos_sdk_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmos_sdk_proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use prost::Message;

use crate::account::{Id, address};
use crate::rpc::Rpc;
use crate::tx::Position;

/// The account number and sequence of each; `None` for an account that does not exist.
pub(crate) fn positions(rpc: &mut Rpc, prefix: &str, ids: &[Id]) -> Result<Vec<Option<Position>>, String> {
    let request = |id| Ok(QueryAccountRequest { address: address(prefix, id)? }.encode_to_vec());
    let requests: Vec<_> = ids.iter().map(request).collect::<Result<_, String>>()?;
    let answers = rpc.query("/cosmos.auth.v1beta1.Query/Account", &requests).map_err(|e| e.to_string())?;
    answers
        .into_iter()
        .map(|answer| match answer {
            Ok(value) => position(&value).map(Some),
            Err(text) if text.contains("not found") => Ok(None),
            Err(text) => Err(text),
        })
        .collect()
}

fn position(value: &[u8]) -> Result<Position, String> {
    let response = QueryAccountResponse::decode(value).map_err(|e| e.to_string())?;
    let account = response.account.ok_or("an empty answer to an account query")?;
    if account.type_url != "/cosmos.auth.v1beta1.BaseAccount" {
        return Err(format!("an account of type {}", account.type_url));
    }
    let account = BaseAccount::decode(&*account.value).map_err(|e| e.to_string())?;
    Ok(Position { number: account.account_number, sequence: account.sequence })
}

/// The balance of each in `denom`.
pub(crate) fn balances(rpc: &mut Rpc, prefix: &str, denom: &str, ids: &[Id]) -> Result<Vec<u128>, String> {
    let request = |id| {
        let address = address(prefix, id)?;
        Ok(QueryBalanceRequest { address, denom: denom.to_owned() }.encode_to_vec())
    };
    let requests: Vec<_> = ids.iter().map(request).collect::<Result<_, String>>()?;
    let answers = rpc.query("/cosmos.bank.v1beta1.Query/Balance", &requests).map_err(|e| e.to_string())?;
    answers.into_iter().map(|answer| balance(&answer?)).collect()
}

fn balance(value: &[u8]) -> Result<u128, String> {
    let response = QueryBalanceResponse::decode(value).map_err(|e| e.to_string())?;
    response.balance.map_or(Ok(0), |coin| coin.amount.parse().map_err(|e| format!("{}: {e}", coin.amount)))
}
