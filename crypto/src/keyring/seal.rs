use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    KeyInfo,
    record::{Secrets, associated_data},
};
use crate::{Error, Result};

const KDF: &str = "argon2id";
const CIPHER: &str = "xchacha20-poly1305";

/// RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// Bounds on what a file may ask for, so that a foreign file cannot exhaust the machine.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 32;
const MAX_LANES: u32 = 64;

/// A secret encrypted under a passphrase, with all that is needed to open it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    kdf: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    #[serde(with = "hex")]
    salt: [u8; 16],
    cipher: String,
    #[serde(with = "hex")]
    nonce: [u8; 24],
    #[serde(with = "hex")]
    ciphertext: Vec<u8>,
}

impl Sealed {
    pub(super) fn new(info: &KeyInfo, secrets: &Secrets, passphrase: &str) -> Result<Self> {
        let mut sealed = Self {
            kdf: KDF.into(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: random()?,
            cipher: CIPHER.into(),
            nonce: random()?,
            ciphertext: Vec::new(),
        };
        let payload = Payload { msg: &secrets.to_bytes(), aad: &associated_data(info) };
        sealed.ciphertext =
            sealed.cipher(passphrase)?.encrypt(&sealed.nonce.into(), payload).map_err(|_| Error::WrongPassphrase)?;
        Ok(sealed)
    }

    /// Gives the secrets back; whether it is the one of `info`'s public key is for the
    /// caller to check.
    pub(super) fn open(&self, info: &KeyInfo, passphrase: &str) -> Result<Secrets> {
        let payload = Payload { msg: &self.ciphertext, aad: &associated_data(info) };
        let secret =
            self.cipher(passphrase)?.decrypt(&self.nonce.into(), payload).map_err(|_| Error::WrongPassphrase)?;
        let scheme = info.public_key.scheme().ok_or(Error::WrongPassphrase)?;
        Secrets::from_bytes(scheme, &Zeroizing::new(secret))
    }

    fn cipher(&self, passphrase: &str) -> Result<XChaCha20Poly1305> {
        let supported = self.kdf == KDF
            && self.cipher == CIPHER
            && self.memory_kib <= MAX_MEMORY_KIB
            && self.passes <= MAX_PASSES
            && self.lanes <= MAX_LANES;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32));
        let params = params.ok().filter(|_| supported).ok_or(Error::Sealing)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &self.salt, &mut *key)
            .map_err(|_| Error::Sealing)?;
        Ok(XChaCha20Poly1305::new((&*key).into()))
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::Randomness(e.to_string()))?;
    Ok(bytes)
}
