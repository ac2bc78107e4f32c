//! A transaction from its parts, through cosmrs.

use cosmrs::{
    Any,
    tx::{AuthInfo, Body, Fee, ModeInfo, SignDoc, SignMode, SignerInfo, SignerPublicKey},
};
use prost::Message;
use sha2::{Digest, Sha256};
use synergy_app::amino::Document;
use synergy_crypto::{AccountKey, SecretKey};
use synergy_proto::{
    Coin,
    cosmos::tx::v1beta1::{self as tx, TxBody, TxRaw},
};

use crate::cli::error::{Result, error};

/// What every transaction of one command has in common.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) messages: Vec<Any>,
    pub(crate) memo: String,
    /// 0 for none.
    pub(crate) timeout_height: u64,
    pub(crate) fee: Vec<Coin>,
    pub(crate) gas: u64,
    /// Who pays the fee in the signer's place.
    pub(crate) granter: Option<String>,
}

/// What a signature covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// The transaction's bytes
    #[default]
    Direct,
    /// The transaction as JSON, for Ledger devices and multisig keys
    AminoJson,
}

impl Mode {
    pub(crate) fn sign_mode(self) -> SignMode {
        match self {
            Self::Direct => SignMode::Direct,
            Self::AminoJson => SignMode::LegacyAminoJson,
        }
    }
}

/// Whom a signature is for.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) chain_id: String,
    pub(crate) number: u64,
    pub(crate) sequence: u64,
}

impl Draft {
    fn body(&self) -> Result<Vec<u8>> {
        let height = cosmrs::tendermint::block::Height::try_from(self.timeout_height)
            .map_err(|_| error!("--timeout-height {} is more than a height can be", self.timeout_height))?;
        Body::new(self.messages.clone(), self.memo.clone(), height).into_bytes().map_err(report)
    }

    fn fee(&self) -> Result<Fee> {
        let amount = self.fee.iter().map(|c| {
            let amount = synergy_proto::coin::amount(&c.amount)?;
            Ok(cosmrs::Coin { denom: c.denom.parse().map_err(report)?, amount })
        });
        Ok(Fee { amount: amount.collect::<Result<_>>()?, gas_limit: self.gas, payer: None, granter: self.granter()? })
    }

    fn granter(&self) -> Result<Option<cosmrs::AccountId>> {
        self.granter.as_ref().map(|g| g.parse().map_err(|e| error!("--fee-granter {g}: {e}"))).transpose()
    }

    /// The transaction without signers, as `--generate-only` prints it.
    pub(crate) fn unsigned(&self) -> Result<Vec<u8>> {
        let auth_info = AuthInfo { signer_infos: Vec::new(), fee: self.fee()? };
        Ok(raw(self.body()?, auth_info.into_bytes().map_err(report)?, Vec::new()))
    }

    /// The transaction to simulate: its signature is of the right length and no
    /// more, its fee is not known yet.
    pub(crate) fn to_simulate(&self, key: Option<&AccountKey>, sequence: u64) -> Result<Vec<u8>> {
        let signature = key.map_or_else(Vec::new, |key| vec![0; key.signature_len()]);
        let fee = Fee { amount: Vec::new(), gas_limit: 0, payer: None, granter: self.granter()? };
        let auth_info = signer(key, sequence, Mode::Direct).auth_info(fee);
        Ok(raw(self.body()?, auth_info.into_bytes().map_err(report)?, vec![signature]))
    }

    /// The signed transaction.
    pub(crate) fn sign(&self, secret: &SecretKey, account: &Account, mode: Mode) -> Result<Vec<u8>> {
        let auth_info = signer(Some(&secret.public_key().into()), account.sequence, mode).auth_info(self.fee()?);
        sign_bytes(self.body()?, auth_info.into_bytes().map_err(report)?, secret, account, mode)
    }
}

/// Signs given bytes of body and auth info.
pub(crate) fn sign_bytes(
    body_bytes: Vec<u8>,
    auth_info_bytes: Vec<u8>,
    secret: &SecretKey,
    account: &Account,
    mode: Mode,
) -> Result<Vec<u8>> {
    let document = match mode {
        Mode::Direct => direct_bytes(&body_bytes, &auth_info_bytes, account)?,
        Mode::AminoJson => amino_bytes(&body_bytes, &auth_info_bytes, account)?,
    };
    Ok(raw(body_bytes, auth_info_bytes, vec![secret.sign(&document)]))
}

/// What is signed in protobuf.
pub(crate) fn direct_bytes(body_bytes: &[u8], auth_info_bytes: &[u8], account: &Account) -> Result<Vec<u8>> {
    let document = SignDoc {
        body_bytes: body_bytes.to_vec(),
        auth_info_bytes: auth_info_bytes.to_vec(),
        chain_id: account.chain_id.clone(),
        account_number: account.number,
    };
    document.into_bytes().map_err(report)
}

/// What is signed in amino JSON.
pub(crate) fn amino_bytes(body_bytes: &[u8], auth_info_bytes: &[u8], account: &Account) -> Result<Vec<u8>> {
    let body = TxBody::decode(body_bytes)?;
    let fee = tx::AuthInfo::decode(auth_info_bytes)?.fee.unwrap_or_default();
    let document = Document::new(&body, &fee).map_err(|e| error!("{}", e.message))?;
    Ok(document.sign_bytes(&account.chain_id, account.number, account.sequence))
}

/// The signer of a plain signature.
pub(crate) fn signer(key: Option<&AccountKey>, sequence: u64, mode: Mode) -> SignerInfo {
    let public_key = key.map(|key| {
        let (type_url, value) = key.to_any();
        SignerPublicKey::Any(Any { type_url, value })
    });
    SignerInfo { public_key, mode_info: ModeInfo::single(mode.sign_mode()), sequence }
}

pub(crate) fn raw(body_bytes: Vec<u8>, auth_info_bytes: Vec<u8>, signatures: Vec<Vec<u8>>) -> Vec<u8> {
    TxRaw { body_bytes, auth_info_bytes, signatures }.encode_to_vec()
}

/// A transaction's hash as CometBFT names it.
pub(crate) fn hash(tx: &[u8]) -> [u8; 32] {
    Sha256::digest(tx).into()
}

/// cosmrs reports through a type that is no `std::error::Error`.
pub(crate) fn report(e: impl std::fmt::Display) -> crate::cli::error::Error {
    error!("{e}")
}
