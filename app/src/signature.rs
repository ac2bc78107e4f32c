//! The signature of one signer: plain, or of several members of a multisig key.

use std::cell::OnceCell;

use prost::Message;
use synergy_crypto::{AccountKey, PublicKey};
use synergy_kernel::{Error, Result, sdk};
use synergy_proto::{
    cosmos::{
        crypto::multisig::v1beta1::{CompactBitArray, MultiSignature},
        tx::{
            signing::v1beta1::SignMode,
            v1beta1::{ModeInfo, mode_info},
        },
    },
    wire::unknown_field,
};

/// What was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Not said, which only a simulation may.
    Unspecified,
    /// The protobuf bytes of body and auth info.
    Direct,
    /// The transaction as amino JSON.
    Amino,
}

impl Mode {
    fn read(number: i32, simulate: bool) -> Result<Self> {
        match SignMode::try_from(number) {
            Ok(SignMode::Direct) => Ok(Self::Direct),
            Ok(SignMode::LegacyAminoJson) => Ok(Self::Amino),
            Ok(SignMode::Unspecified) if simulate => Ok(Self::Unspecified),
            _ => Err(sdk::not_supported(format!(
                "sign mode {number} is not supported: use SIGN_MODE_DIRECT (1) or SIGN_MODE_LEGACY_AMINO_JSON (127)"
            ))),
        }
    }
}

/// One key's signature.
#[derive(Debug)]
struct Single {
    mode: Mode,
    bytes: Vec<u8>,
}

/// The signature of one signer of a transaction.
#[derive(Debug)]
pub struct Signature {
    /// Which members of a multisig key signed; `None` for a plain key.
    signed: Option<Vec<bool>>,
    parts: Vec<Single>,
    bytes: Vec<u8>,
}

impl Signature {
    /// Reads a signature by its mode info. A simulation may leave both out.
    ///
    /// # Errors
    /// Codespace `sdk`: 37 for a sign mode that is not taken, 2 for bytes that are no
    /// multi-signature, 4 for parts that do not fit together.
    pub fn read(mode_info: Option<&ModeInfo>, bytes: Vec<u8>, simulate: bool) -> Result<Self> {
        let multi = match mode_info.and_then(|info| info.sum.as_ref()) {
            Some(mode_info::Sum::Multi(multi)) => multi,
            single => {
                let mode = match single {
                    Some(mode_info::Sum::Single(single)) => single.mode,
                    _ => SignMode::Unspecified as i32,
                };
                let part = Single { mode: Mode::read(mode, simulate)?, bytes: bytes.clone() };
                return Ok(Self { signed: None, parts: vec![part], bytes });
            }
        };
        let signed = multi.bitarray.as_ref().map_or_else(|| Ok(Vec::new()), bits)?;
        let mut signatures = split(&bytes)?;
        if simulate && signatures.is_empty() {
            signatures = vec![Vec::new(); multi.mode_infos.len()];
        }
        if signatures.len() != multi.mode_infos.len() {
            return Err(mismatch("it has not one mode per signature"));
        }
        let parts = multi.mode_infos.iter().zip(signatures).map(|(info, bytes)| match &info.sum {
            Some(mode_info::Sum::Single(single)) => Ok(Single { mode: Mode::read(single.mode, simulate)?, bytes }),
            _ => Err(sdk::not_supported("a multisig inside a multisig is not supported: members are plain keys")),
        });
        Ok(Self { signed: Some(signed), parts: parts.collect::<Result<_>>()?, bytes })
    }

    /// Whether somebody signed amino JSON.
    pub fn is_amino(&self) -> bool {
        self.parts.iter().any(|part| part.mode == Mode::Amino)
    }

    /// Its length in bytes; 0 in a simulation that comes without.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes that the `tx.signature` events show: each member's, then the whole.
    pub fn shown(&self) -> impl Iterator<Item = &[u8]> {
        let members = self.signed.iter().flat_map(|_| self.parts.iter().map(|part| part.bytes.as_slice()));
        members.chain([self.bytes.as_slice()])
    }

    /// The keys that signed, with their signatures in the same order.
    ///
    /// # Errors
    /// `sdk` 4 when the signature is not of this key's shape or too few signed. In a
    /// simulation a multisig without any counts as signed by the threshold's number.
    pub fn keys<'k>(&self, key: &'k AccountKey, simulate: bool) -> Result<Vec<&'k PublicKey>> {
        let keys = key.keys();
        let signed = match (key, &self.signed) {
            (AccountKey::Single(_), None) => return Ok(keys.iter().collect()),
            (AccountKey::Single(_), Some(_)) => return Err(mismatch("the key is a plain one")),
            (AccountKey::Multisig(_), signed) if simulate && signed.as_ref().is_none_or(Vec::is_empty) => {
                return Ok(dearest(keys, key.threshold()));
            }
            (AccountKey::Multisig(_), None) => return Err(mismatch("the key is a multisig one")),
            (AccountKey::Multisig(_), Some(signed)) => signed,
        };
        if signed.len() != keys.len() {
            return Err(mismatch(&format!("bit array size is incorrect, expecting: {}", keys.len())));
        }
        let signers: Vec<&PublicKey> = keys.iter().zip(signed).filter(|(_, signed)| **signed).map(|(k, _)| k).collect();
        if signers.len() != self.parts.len() {
            return Err(mismatch(&format!("signature size is incorrect {}", self.parts.len())));
        }
        if signers.len() < key.threshold() {
            let (have, expected) = (signers.len(), key.threshold());
            return Err(mismatch(&format!("not enough signatures set, have {have}, expected {expected}")));
        }
        Ok(signers)
    }

    /// Whether enough of the key's members signed, each rightly. `sign_bytes` gives what
    /// is signed in a mode, and is asked once for each.
    pub fn verify(&self, key: &AccountKey, sign_bytes: impl Fn(Mode) -> Vec<u8>) -> bool {
        let Ok(keys) = self.keys(key, false) else { return false };
        let (direct, amino) = (OnceCell::new(), OnceCell::new());
        keys.iter().zip(&self.parts).all(|(key, part)| {
            let cell = match part.mode {
                Mode::Direct => &direct,
                Mode::Amino => &amino,
                Mode::Unspecified => return false,
            };
            let document = cell.get_or_init(|| sign_bytes(part.mode));
            key.verify(document, &part.bytes).is_ok()
        })
    }
}

/// The members whose signatures cost most, so that a simulation does not promise too
/// little.
fn dearest(keys: &[PublicKey], count: usize) -> Vec<&PublicKey> {
    let mut keys: Vec<&PublicKey> = keys.iter().collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.scheme().signature_len()));
    keys.truncate(count);
    keys
}

/// The bits of the SDK's `CompactBitArray`: most significant first, and nothing after
/// the last.
fn bits(array: &CompactBitArray) -> Result<Vec<bool>> {
    let all: Vec<bool> =
        array.elems.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
    let unused = match array.extra_bits_stored {
        0 => 0,
        extra @ 1..8 => 8 - extra as usize,
        extra => return Err(mismatch(&format!("extra_bits_stored is {extra}: it must be below 8"))),
    };
    match all.len().checked_sub(unused) {
        Some(len) if all[len..].iter().all(|bit| !bit) => Ok(all[..len].to_vec()),
        _ => Err(mismatch("its bit array has bits outside its size")),
    }
}

fn split(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let bad = |e: String| sdk::tx_decode(format!("multi-signature cannot be decoded: {e}"));
    if let Some(field) = unknown_field(bytes, &[1]).map_err(bad)? {
        return Err(sdk::tx_decode(format!("multi-signature has field {field}, which is not known: leave it out")));
    }
    Ok(MultiSignature::decode(bytes).map_err(|e| bad(e.to_string()))?.signatures)
}

fn mismatch(what: &str) -> Error {
    sdk::unauthorized(format!("signature verification failed: {what}: unauthorized"))
}
