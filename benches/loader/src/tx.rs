//! Bank sends and cw20 transfers in the transaction format of the Cosmos SDK.

use cosmos_sdk_proto::Any;
use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos_sdk_proto::cosmos::base::v1beta1::Coin;
use cosmos_sdk_proto::cosmos::crypto::secp256k1::PubKey;
use cosmos_sdk_proto::cosmos::tx::signing::v1beta1::SignMode;
use cosmos_sdk_proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use cosmos_sdk_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxBody, TxRaw};
use cosmos_sdk_proto::cosmwasm::wasm::v1::MsgExecuteContract;
use prost::Message as _;

use crate::account::{Account, Id, address, id_of};

const MSG_EXECUTE: &str = "/cosmwasm.wasm.v1.MsgExecuteContract";
const MSG_SEND: &str = "/cosmos.bank.v1beta1.MsgSend";

/// What all transactions of a load have in common.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Terms {
    /// Denomination of amounts and fees
    #[arg(long, default_value = "asnrg")]
    pub(crate) denom: String,
    /// What each transaction sends, in DENOM
    #[arg(long, default_value_t = 1)]
    pub(crate) amount: u128,
    /// What each transaction pays, in DENOM
    #[arg(long, default_value_t = 0)]
    pub(crate) fee: u128,
    /// Gas limit of each transaction
    #[arg(long, default_value_t = 200_000)]
    pub(crate) gas: u64,
    /// Human-readable part of the chain's addresses
    #[arg(long, default_value = "synergy")]
    pub(crate) prefix: String,
}

/// A signer's place on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) number: u64,
    pub(crate) sequence: u64,
}

/// What a transaction does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Message<'a> {
    /// A bank send.
    Send,
    /// A transfer of the cw20 contract at this address.
    Cw20Transfer(&'a str),
}

/// A signed transaction with one message that moves the terms' amount to `to`.
pub(crate) fn sign(
    chain_id: &str,
    terms: &Terms,
    from: &Account,
    at: Position,
    to: &Id,
    message: Message<'_>,
) -> Result<Vec<u8>, String> {
    let coins = |amount: u128| match amount {
        0 => vec![],
        _ => vec![Coin { denom: terms.denom.clone(), amount: amount.to_string() }],
    };
    let (from_address, to_address) = (address(&terms.prefix, &from.id)?, address(&terms.prefix, to)?);
    let message = match message {
        Message::Send => {
            let send = MsgSend { from_address, to_address, amount: coins(terms.amount) };
            Any { type_url: MSG_SEND.into(), value: send.encode_to_vec() }
        }
        Message::Cw20Transfer(contract) => {
            let msg = format!(r#"{{"transfer":{{"recipient":"{to_address}","amount":"{}"}}}}"#, terms.amount);
            let (sender, contract) = (from_address, contract.to_owned());
            let execute = MsgExecuteContract { sender, contract, msg: msg.into_bytes(), funds: vec![] };
            Any { type_url: MSG_EXECUTE.into(), value: execute.encode_to_vec() }
        }
    };
    let body = TxBody { messages: vec![message], ..Default::default() };
    let mode = Single { mode: SignMode::Direct.into() };
    let signer = SignerInfo {
        public_key: Some(from.public.clone()),
        mode_info: Some(ModeInfo { sum: Some(Sum::Single(mode)) }),
        sequence: at.sequence,
    };
    let fee = Fee { amount: coins(terms.fee), gas_limit: terms.gas, ..Default::default() };
    let auth = AuthInfo { signer_infos: vec![signer], fee: Some(fee), ..Default::default() };
    let (body_bytes, auth_info_bytes) = (body.encode_to_vec(), auth.encode_to_vec());
    let document = SignDoc {
        body_bytes: body_bytes.clone(),
        auth_info_bytes: auth_info_bytes.clone(),
        chain_id: chain_id.to_owned(),
        account_number: at.number,
    };
    let signatures = vec![from.sign(&document.encode_to_vec())];
    Ok(TxRaw { body_bytes, auth_info_bytes, signatures }.encode_to_vec())
}

/// What a bank send moves; the amounts are of one denomination.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Send {
    pub(crate) from: Id,
    pub(crate) to: Id,
    pub(crate) amount: u128,
    pub(crate) fee: u128,
    pub(crate) sequence: u64,
}

/// Reads a bank send as [`sign`] makes it; `None` for any other transaction.
pub(crate) fn read_send(tx: &[u8], denom: &str) -> Option<Send> {
    let raw = TxRaw::decode(tx).ok()?;
    let body = TxBody::decode(&*raw.body_bytes).ok()?;
    let auth = AuthInfo::decode(&*raw.auth_info_bytes).ok()?;
    let [message] = &body.messages[..] else { return None };
    let [signer] = &auth.signer_infos[..] else { return None };
    if message.type_url != MSG_SEND {
        return None;
    }
    let send = MsgSend::decode(&*message.value).ok()?;
    let key = PubKey::decode(&*signer.public_key.as_ref()?.value).ok()?;
    let (_, to) = bech32::decode(&send.to_address).ok()?;
    Some(Send {
        from: id_of(&key.key),
        to: to.try_into().ok()?,
        amount: total(&send.amount, denom)?,
        fee: total(&auth.fee?.amount, denom)?,
        sequence: signer.sequence,
    })
}

/// The first signer of a transaction with a secp256k1 key.
pub(crate) fn signer(tx: &[u8]) -> Option<Id> {
    let raw = TxRaw::decode(tx).ok()?;
    let auth = AuthInfo::decode(&*raw.auth_info_bytes).ok()?;
    let key = PubKey::decode(&*auth.signer_infos.first()?.public_key.as_ref()?.value).ok()?;
    Some(id_of(&key.key))
}

/// `None` when a coin is of another denomination.
fn total(coins: &[Coin], denom: &str) -> Option<u128> {
    coins.iter().try_fold(0u128, |sum, coin| {
        let amount: u128 = coin.amount.parse().ok()?;
        (coin.denom == denom).then(|| sum.checked_add(amount))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::recipient;

    #[test]
    fn a_signed_send_reads_back() {
        let terms = Terms { denom: "asnrg".into(), amount: 5, fee: 7, gas: 9, prefix: "synergy".into() };
        let account = Account::derive("seed", 3);
        let to = recipient("seed", 1);
        let at = Position { number: 11, sequence: 13 };
        let tx = sign("chain", &terms, &account, at, &to, Message::Send).unwrap();
        let expected = Send { from: account.id, to, amount: 5, fee: 7, sequence: 13 };
        assert_eq!(read_send(&tx, "asnrg"), Some(expected));
        assert_eq!(read_send(&tx, "other"), None);
        assert_eq!(read_send(&tx[1..], "asnrg"), None);
        assert_eq!((signer(&tx), signer(b"key=value")), (Some(account.id), None));

        let tx = sign("chain", &terms, &account, at, &to, Message::Cw20Transfer("token")).unwrap();
        let body = TxBody::decode(&*TxRaw::decode(&*tx).unwrap().body_bytes).unwrap();
        let execute = MsgExecuteContract::decode(&*body.messages[0].value).unwrap();
        let expected = format!(r#"{{"transfer":{{"recipient":"{}","amount":"5"}}}}"#, address("synergy", &to).unwrap());
        assert_eq!((execute.contract.as_str(), execute.msg), ("token", expected.into_bytes()));
        assert_eq!(read_send(&tx, "asnrg"), None);
    }
}
