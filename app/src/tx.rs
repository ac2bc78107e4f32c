//! Transactions: decoded once, checked as far as that goes without state, and
//! kept by hash from CheckTx to the block that includes them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use prost::Message;
use sha2::{Digest, Sha256};
use synergy_crypto::AccountKey;
use synergy_kernel::{Call, Hash, Result, Routes, sdk};
use synergy_proto::{
    Address, Any, Denom, coin,
    cosmos::tx::v1beta1::{AuthInfo, Fee, SignDoc, SignerInfo, TxBody, TxRaw},
    wire::unknown_field,
};

use crate::{
    amino::Document,
    signature::{Mode, Signature},
};

/// Largest transaction that is taken, in bytes. CometBFT's mempool has the same
/// limit by default (`mempool.max_tx_bytes`).
pub const MAX_TX_BYTES: usize = 1_048_576;

/// Who signs, with what, and for which sequence.
pub struct Signer {
    /// The account.
    pub address: Address,
    /// The key as the transaction gives it; `None` when it relies on the account's.
    pub key: Option<(Any, AccountKey)>,
    /// The sequence the transaction was signed for.
    pub sequence: u64,
    /// How it was signed.
    pub signature: Signature,
    /// The account number for which `signature` was found right.
    verified: OnceLock<u64>,
}

/// A decoded transaction.
pub struct Tx {
    /// SHA-256 of the bytes, which is its name everywhere.
    pub hash: Hash,
    /// Length of the bytes.
    pub len: usize,
    /// Type URLs of the messages.
    pub urls: Vec<String>,
    /// The messages with their handlers.
    pub calls: Vec<Box<dyn Call>>,
    /// Signers in order of first appearance, then the fee payer if it is another.
    pub signers: Vec<Signer>,
    /// What is paid.
    pub fee: Vec<(Denom, u128)>,
    /// Who pays.
    pub payer: Address,
    /// Who pays in the payer's place, if they have granted that.
    pub granter: Option<Address>,
    /// Most gas the transaction may use.
    pub gas_limit: u64,
    /// Free text.
    pub memo: String,
    /// Last height at which it may be included; 0 means any.
    pub timeout_height: u64,
    body_bytes: Vec<u8>,
    auth_info_bytes: Vec<u8>,
    /// What is signed in amino JSON, when somebody does.
    amino: Option<Document>,
}

impl Tx {
    /// Decodes a transaction and does every check that needs no state.
    ///
    /// # Errors
    /// Codespace `sdk`: 2 undecodable, 21 too large, 6 unknown message, 31 unknown
    /// extension, 10 bad fee, 15 or 4 wrong number of signatures, 37 a sign mode
    /// that is not taken, 8 a bad key; or what a message's own checks say.
    pub fn decode(routes: &Routes, bytes: &[u8]) -> Result<Tx> {
        Self::decode_for(routes, bytes, false)
    }

    /// As [`decode`](Self::decode), for a simulation: signatures may be empty and
    /// the sign mode unspecified.
    pub fn decode_unsigned(routes: &Routes, bytes: &[u8]) -> Result<Tx> {
        Self::decode_for(routes, bytes, true)
    }

    fn decode_for(routes: &Routes, bytes: &[u8], simulate: bool) -> Result<Tx> {
        if bytes.len() > MAX_TX_BYTES {
            return Err(sdk::tx_too_large(format!(
                "transaction has {} bytes, at most {MAX_TX_BYTES} are taken: split it",
                bytes.len()
            )));
        }
        let raw = TxRaw::decode(bytes).map_err(|e| sdk::tx_decode(format!("tx parse error: {e}")))?;
        let body = decode_part::<TxBody>(&raw.body_bytes, "body", &[1, 2, 3, 1023, 2047])?;
        let mut auth = decode_part::<AuthInfo>(&raw.auth_info_bytes, "auth_info", &[1, 2])?;
        if !body.extension_options.is_empty() {
            return Err(sdk::unknown_extension_options("unknown extension options: this chain has none"));
        }
        if body.messages.is_empty() {
            return Err(sdk::invalid_request("must contain at least one message"));
        }
        let calls = body.messages.iter().map(|any| routes.decode(any)).collect::<Result<Vec<_>>>()?;
        for call in &calls {
            call.validate()?;
        }
        let fee: Fee =
            auth.fee.take().ok_or_else(|| sdk::insufficient_fee("fee is missing: auth_info.fee must be set"))?;
        let granter = match fee.granter.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|e| sdk::invalid_address(format!("fee granter: {e}")))?),
        };
        let mut addresses = signer_addresses(&calls)?;
        let payer = if fee.payer.is_empty() {
            *addresses.first().ok_or_else(|| sdk::no_signatures("no message names a signer"))?
        } else {
            let payer: Address = fee.payer.parse().map_err(|e| sdk::invalid_address(format!("fee payer: {e}")))?;
            if !addresses.contains(&payer) {
                addresses.push(payer);
            }
            payer
        };
        let infos = std::mem::take(&mut auth.signer_infos);
        let signers = signers(addresses, &infos, raw.signatures, simulate)?;
        let amino = if signers.iter().any(|signer| signer.signature.is_amino()) {
            let auth = AuthInfo { signer_infos: infos, fee: Some(fee.clone()), ..auth };
            check_canonical(&raw.body_bytes, &body, "body")?;
            check_canonical(&raw.auth_info_bytes, &auth, "auth_info")?;
            Some(Document::new(&body, &fee)?)
        } else {
            None
        };
        Ok(Tx {
            hash: Sha256::digest(bytes).into(),
            len: bytes.len(),
            urls: body.messages.into_iter().map(|any| any.type_url).collect(),
            calls,
            signers,
            fee: coin::read_all(&fee.amount).map_err(|e| sdk::invalid_coins(format!("fee: {e}")))?,
            payer,
            granter,
            gas_limit: fee.gas_limit,
            memo: body.memo,
            timeout_height: body.timeout_height,
            body_bytes: raw.body_bytes,
            auth_info_bytes: raw.auth_info_bytes,
            amino,
        })
    }

    /// Verifies one signature for an account number and remembers success, so that
    /// CheckTx, proposals and the block's execution verify it once between them.
    ///
    /// `key` is the transaction's own key or the account's.
    pub fn verify(&self, signer: &Signer, key: &AccountKey, account_number: u64, chain_id: &str) -> bool {
        if signer.verified.get() == Some(&account_number) {
            return true;
        }
        let sign_bytes = |mode| match (&self.amino, mode) {
            (Some(document), Mode::Amino) => document.sign_bytes(chain_id, account_number, signer.sequence),
            _ => self.direct_bytes(chain_id, account_number),
        };
        let right = signer.signature.verify(key, sign_bytes);
        // An account's key never changes, so the number stands for it.
        if right {
            let _ = signer.verified.set(account_number);
        }
        right
    }

    /// Whether a message of it infers, so that it reserves the block's lane for that.
    pub fn infers(&self) -> bool {
        self.urls.iter().any(|url| synergy_aivm::reserves_lane(url))
    }

    fn direct_bytes(&self, chain_id: &str, account_number: u64) -> Vec<u8> {
        let doc = SignDoc {
            body_bytes: self.body_bytes.clone(),
            auth_info_bytes: self.auth_info_bytes.clone(),
            chain_id: chain_id.to_owned(),
            account_number,
        };
        doc.encode_to_vec()
    }
}

/// Amino JSON does not cover the bytes, so they must be the ones that the decoded part
/// has: whoever carries a transaction could add to them otherwise.
fn check_canonical(bytes: &[u8], decoded: &impl Message, part: &str) -> Result<()> {
    if decoded.encode_to_vec() == bytes {
        return Ok(());
    }
    Err(sdk::tx_decode(format!(
        "tx {part} is not in protobuf's canonical form, which SIGN_MODE_LEGACY_AMINO_JSON needs: \
         known fields, in order, without defaults"
    )))
}

fn decode_part<M: Message + Default>(bytes: &[u8], part: &str, known: &[u32]) -> Result<M> {
    let bad = |e: String| sdk::tx_decode(format!("tx {part} cannot be decoded: {e}"));
    if let Some(field) = unknown_field(bytes, known).map_err(bad)? {
        return Err(sdk::tx_decode(format!(
            "tx {part} has field {field}, which this chain does not know: leave it out"
        )));
    }
    M::decode(bytes).map_err(|e| bad(e.to_string()))
}

fn signer_addresses(calls: &[Box<dyn Call>]) -> Result<Vec<Address>> {
    let mut addresses = Vec::new();
    for call in calls {
        for address in call.signers()? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    Ok(addresses)
}

fn signers(
    addresses: Vec<Address>,
    infos: &[SignerInfo],
    signatures: Vec<Vec<u8>>,
    simulate: bool,
) -> Result<Vec<Signer>> {
    if signatures.is_empty() && !simulate {
        return Err(sdk::no_signatures("no signatures supplied: sign the transaction before it is sent"));
    }
    let (expected, got) = (addresses.len(), infos.len());
    if got != expected || (!simulate && signatures.len() != expected) {
        return Err(sdk::unauthorized(format!(
            "wrong number of signers; expected {expected}, got {}: every signer of every message signs once",
            if got == expected { signatures.len() } else { got }
        )));
    }
    let mut signatures = signatures.into_iter();
    addresses
        .into_iter()
        .zip(infos)
        .map(|(address, info)| {
            let bytes = signatures.next().unwrap_or_default();
            let signature = Signature::read(info.mode_info.as_ref(), bytes, simulate)?;
            let key = info.public_key.clone().map(|any| key_for(&address, any)).transpose()?;
            Ok(Signer { address, key, sequence: info.sequence, signature, verified: OnceLock::new() })
        })
        .collect()
}

fn key_for(address: &Address, any: Any) -> Result<(Any, AccountKey)> {
    let key = AccountKey::from_any(&any.type_url, &any.value).map_err(|e| sdk::invalid_pubkey(e.to_string()))?;
    if key.address() != address.as_bytes() {
        return Err(sdk::invalid_pubkey(format!(
            "pubKey does not match signer address {address}: it belongs to {}",
            Address::from(key.address())
        )));
    }
    // In the key's own spelling, so that the account has one key whatever a wallet writes.
    let (type_url, value) = key.to_any();
    Ok((Any { type_url, value }, key))
}

/// Decoded transactions by hash, from CheckTx to inclusion. Bounded by the bytes
/// of the transactions; the oldest goes first. What it holds never changes a
/// result, only the time it takes.
pub struct TxCache {
    limit: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    txs: HashMap<Hash, Arc<Tx>>,
    order: VecDeque<Hash>,
    bytes: usize,
}

impl TxCache {
    /// A cache for about `limit` bytes of transactions.
    pub fn new(limit: usize) -> Self {
        Self { limit, inner: Mutex::default() }
    }

    /// The decoded transaction, from the cache or afresh.
    pub fn get(&self, routes: &Routes, bytes: &[u8]) -> Result<Arc<Tx>> {
        let hash: Hash = Sha256::digest(bytes).into();
        if let Some(tx) = self.lock().txs.get(&hash) {
            return Ok(tx.clone());
        }
        let tx = Arc::new(Tx::decode(routes, bytes)?);
        let mut inner = self.lock();
        if inner.txs.insert(hash, tx.clone()).is_none() {
            inner.order.push_back(hash);
            inner.bytes += tx.len;
        }
        while inner.bytes > self.limit {
            let Some(oldest) = inner.order.pop_front() else { break };
            if let Some(tx) = inner.txs.remove(&oldest) {
                inner.bytes -= tx.len;
            }
        }
        Ok(tx)
    }

    /// Forgets transactions that are in a committed block.
    pub fn forget(&self, hashes: &[Hash]) {
        let mut guard = self.lock();
        let inner = &mut *guard;
        for hash in hashes {
            if let Some(tx) = inner.txs.remove(hash) {
                inner.bytes -= tx.len;
            }
        }
        // Hashes that are gone stay queued until the queue is mostly such.
        if inner.order.len() > 2 * inner.txs.len() + 1024 {
            let txs = &inner.txs;
            inner.order.retain(|hash| txs.contains_key(hash));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // The cache is whole between any two statements that hold the lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
