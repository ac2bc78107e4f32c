use prost::Message;
use synergy_crypto::{HdPath, Scheme, SecretKey};
use synergy_proto::{
    Address, Any, coin,
    cosmos::{
        bank::v1beta1::MsgSend,
        tx::{
            signing::v1beta1::SignMode,
            v1beta1::{self as tx, ModeInfo, SignDoc, SignerInfo, TxRaw, mode_info},
        },
    },
    pack,
};

use crate::CHAIN_ID;

const PHRASE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// A key with the numbers it signs with. `sequence` advances with every signing.
pub struct Account {
    key: SecretKey,
    /// The account number that signatures name.
    pub number: u64,
    /// The sequence of the next transaction.
    pub sequence: u64,
}

/// What a transaction offers.
#[derive(Clone, Copy)]
pub struct Fee {
    /// In `asnrg`.
    pub amount: u128,
    /// Gas limit.
    pub gas: u64,
}

impl Fee {
    /// The base fee of a new chain for so much gas.
    pub fn of(gas: u64) -> Self {
        Self { amount: u128::from(gas) * 1_000_000_000, gas }
    }
}

impl Account {
    /// The account of one index below a fixed mnemonic; `number` is its place in
    /// the genesis file.
    pub fn new(scheme: Scheme, index: u32, number: u64) -> Self {
        let path = HdPath::bip44(scheme, 0, index).expect("path");
        let key = SecretKey::from_mnemonic(scheme, PHRASE, "", &path).expect("key");
        Self { key, number, sequence: 0 }
    }

    /// Accounts 0 to `n` of secp256k1.
    pub fn many(n: u32) -> Vec<Self> {
        (0..n).map(|i| Self::new(Scheme::Secp256k1, i, u64::from(i))).collect()
    }

    /// The raw public key.
    pub fn public_key(&self) -> Vec<u8> {
        self.key.public_key().to_bytes()
    }

    /// The address.
    pub fn address(&self) -> Address {
        self.key.public_key().address().into()
    }

    /// A signed bank send.
    pub fn send(&mut self, to: &Address, amount: u128) -> Vec<u8> {
        self.sign(&[self.msg_send(to, amount)], Fee::of(200_000))
    }

    /// The message of a bank send.
    pub fn msg_send(&self, to: &Address, amount: u128) -> Any {
        pack(&MsgSend {
            from_address: self.address().to_string(),
            to_address: to.to_string(),
            amount: vec![coin::coin(amount, coin::BASE_DENOM)],
        })
    }

    /// A signed transaction of these messages.
    pub fn sign(&mut self, messages: &[Any], fee: Fee) -> Vec<u8> {
        self.sign_with(messages, fee, |_, _| {})
    }

    /// As [`sign`](Self::sign), with a change to body and auth info before signing.
    pub fn sign_with(
        &mut self,
        messages: &[Any],
        fee: Fee,
        change: impl FnOnce(&mut tx::TxBody, &mut tx::AuthInfo),
    ) -> Vec<u8> {
        let raw = self.raw(messages, fee, change, CHAIN_ID);
        self.sequence += 1;
        raw.encode_to_vec()
    }

    /// A signed transaction for any chain id; the sequence stays.
    pub fn raw(
        &self,
        messages: &[Any],
        fee: Fee,
        change: impl FnOnce(&mut tx::TxBody, &mut tx::AuthInfo),
        chain_id: &str,
    ) -> TxRaw {
        let (type_url, value) = self.key.public_key().to_any();
        let single = mode_info::Single { mode: SignMode::Direct as i32 };
        let mut body = tx::TxBody { messages: messages.to_vec(), ..tx::TxBody::default() };
        let mut auth = tx::AuthInfo {
            signer_infos: vec![SignerInfo {
                public_key: Some(Any { type_url, value }),
                mode_info: Some(ModeInfo { sum: Some(mode_info::Sum::Single(single)) }),
                sequence: self.sequence,
            }],
            fee: Some(tx::Fee {
                amount: vec![coin::coin(fee.amount, coin::BASE_DENOM)],
                gas_limit: fee.gas,
                ..tx::Fee::default()
            }),
            ..tx::AuthInfo::default()
        };
        change(&mut body, &mut auth);
        let (body_bytes, auth_info_bytes) = (body.encode_to_vec(), auth.encode_to_vec());
        let doc = SignDoc {
            body_bytes: body_bytes.clone(),
            auth_info_bytes: auth_info_bytes.clone(),
            chain_id: chain_id.to_owned(),
            account_number: self.number,
        };
        TxRaw { body_bytes, auth_info_bytes, signatures: vec![self.key.sign(&doc.encode_to_vec())] }
    }
}
