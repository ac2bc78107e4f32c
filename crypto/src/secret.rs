use std::fmt;

use ::ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
use zeroize::Zeroizing;

use crate::{
    Error, HdPath, PublicKey, Result, Scheme, derive, ed25519::Ed25519Secret, eth::EthSecp256k1Secret,
    hybrid::HybridSecret, ml_dsa::MlDsaSecret, secp256k1::Secp256k1Secret,
};

/// The secret key of an account. Its memory is erased on drop.
#[derive(Clone)]
pub struct SecretKey(Secret);

#[derive(Clone)]
enum Secret {
    Secp256k1(Secp256k1Secret),
    EthSecp256k1(EthSecp256k1Secret),
    Ed25519(Ed25519Secret),
    MlDsa44(MlDsaSecret<MlDsa44>),
    MlDsa65(MlDsaSecret<MlDsa65>),
    MlDsa87(MlDsaSecret<MlDsa87>),
    Hybrid(HybridSecret),
}

impl SecretKey {
    /// Makes a key from the operating system's randomness. It has no mnemonic: the
    /// keyring's file is its only copy.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate(scheme: Scheme) -> Result<Self> {
        let mut bytes = Zeroizing::new([0; 64]);
        let bytes = &mut bytes[..scheme.secret_len()];
        loop {
            getrandom::fill(bytes).map_err(|e| Error::Randomness(e.to_string()))?;
            // A scalar of 256 random bits misses secp256k1's order once in 2¹²⁷.
            if let Ok(secret) = Self::from_bytes(scheme, bytes) {
                return Ok(secret);
            }
        }
    }

    /// Derives a key from a BIP-39 phrase in English.
    ///
    /// `passphrase` is BIP-39's optional one, empty as a rule. secp256k1 follows
    /// BIP-32, Ed25519 SLIP-10, ML-DSA the chain that `docs/accounts.md` specifies; a
    /// hybrid key takes its halves from the same phrase.
    ///
    /// # Errors
    /// [`Error::InvalidMnemonic`]; [`Error::InvalidPath`] when the scheme needs a
    /// hardened path; [`Error::NoKeyAtPath`].
    pub fn from_mnemonic(scheme: Scheme, phrase: &str, passphrase: &str, path: &HdPath) -> Result<Self> {
        let seed = derive::bip39_seed(phrase, passphrase)?;
        let secret = match scheme {
            Scheme::Secp256k1 => Secret::Secp256k1(derive::secp256k1_child(&seed, path)?),
            Scheme::EthSecp256k1 => Secret::EthSecp256k1(EthSecp256k1Secret(derive::secp256k1_child(&seed, path)?)),
            Scheme::Ed25519 => Secret::Ed25519(Ed25519Secret::from_seed(&*derive::ed25519_child(&seed, path)?)),
            Scheme::MlDsa44 => Secret::MlDsa44(MlDsaSecret::from_seed(&*derive::ml_dsa_child(&seed, path)?)),
            Scheme::MlDsa65 => Secret::MlDsa65(MlDsaSecret::from_seed(&*derive::ml_dsa_child(&seed, path)?)),
            Scheme::MlDsa87 => Secret::MlDsa87(MlDsaSecret::from_seed(&*derive::ml_dsa_child(&seed, path)?)),
            Scheme::Hybrid => Secret::Hybrid(HybridSecret {
                secp256k1: derive::secp256k1_child(&seed, path)?,
                ml_dsa_65: MlDsaSecret::from_seed(&*derive::hybrid_ml_dsa_child(&seed, path)?),
            }),
        };
        Ok(Self(secret))
    }

    /// Takes a stored secret: the secp256k1 scalar (big-endian), the Ed25519 seed, or
    /// the ML-DSA seed ξ; for a hybrid key the scalar followed by ξ.
    ///
    /// # Errors
    /// [`Error::InvalidSecret`] on another length or a scalar out of range.
    pub fn from_bytes(scheme: Scheme, bytes: &[u8]) -> Result<Self> {
        let wrong = || Error::InvalidSecret { scheme, reason: "its length is wrong" };
        if bytes.len() != scheme.secret_len() {
            return Err(wrong());
        }
        let (first, rest) = bytes.split_first_chunk::<32>().ok_or_else(wrong)?;
        let secret = match scheme {
            Scheme::Secp256k1 => Secret::Secp256k1(Secp256k1Secret::from_bytes(first)?),
            Scheme::EthSecp256k1 => Secret::EthSecp256k1(EthSecp256k1Secret(Secp256k1Secret::from_bytes(first)?)),
            Scheme::Ed25519 => Secret::Ed25519(Ed25519Secret::from_seed(first)),
            Scheme::MlDsa44 => Secret::MlDsa44(MlDsaSecret::from_seed(first)),
            Scheme::MlDsa65 => Secret::MlDsa65(MlDsaSecret::from_seed(first)),
            Scheme::MlDsa87 => Secret::MlDsa87(MlDsaSecret::from_seed(first)),
            Scheme::Hybrid => Secret::Hybrid(HybridSecret {
                secp256k1: Secp256k1Secret::from_bytes(first)?,
                ml_dsa_65: MlDsaSecret::from_seed(rest.try_into().map_err(|_| wrong())?),
            }),
        };
        Ok(Self(secret))
    }

    /// The secret as [`SecretKey::from_bytes`] takes it.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.scheme().secret_len()));
        match &self.0 {
            Secret::Secp256k1(secret) => bytes.extend_from_slice(&*secret.to_bytes()),
            Secret::EthSecp256k1(secret) => bytes.extend_from_slice(&*secret.0.to_bytes()),
            Secret::Ed25519(secret) => bytes.extend_from_slice(&*secret.to_bytes()),
            Secret::MlDsa44(secret) => bytes.extend_from_slice(&*secret.to_bytes()),
            Secret::MlDsa65(secret) => bytes.extend_from_slice(&*secret.to_bytes()),
            Secret::MlDsa87(secret) => bytes.extend_from_slice(&*secret.to_bytes()),
            Secret::Hybrid(secret) => {
                bytes.extend_from_slice(&*secret.secp256k1.to_bytes());
                bytes.extend_from_slice(&*secret.ml_dsa_65.to_bytes());
            }
        }
        bytes
    }

    /// An ML-DSA-65 key as FIPS 204 packs it (`skEncode`, 4032 bytes), which is how
    /// CometBFT keeps a validator's; `None` for every other scheme.
    pub fn to_packed_ml_dsa_65(&self) -> Option<Zeroizing<Vec<u8>>> {
        match &self.0 {
            Secret::MlDsa65(secret) => Some(secret.to_packed()),
            _ => None,
        }
    }

    /// The key's scheme.
    pub fn scheme(&self) -> Scheme {
        match self.0 {
            Secret::Secp256k1(_) => Scheme::Secp256k1,
            Secret::EthSecp256k1(_) => Scheme::EthSecp256k1,
            Secret::Ed25519(_) => Scheme::Ed25519,
            Secret::MlDsa44(_) => Scheme::MlDsa44,
            Secret::MlDsa65(_) => Scheme::MlDsa65,
            Secret::MlDsa87(_) => Scheme::MlDsa87,
            Secret::Hybrid(_) => Scheme::Hybrid,
        }
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            Secret::Secp256k1(secret) => PublicKey::Secp256k1(secret.public_key()),
            Secret::EthSecp256k1(secret) => PublicKey::EthSecp256k1(secret.public_key()),
            Secret::Ed25519(secret) => PublicKey::Ed25519(secret.public_key()),
            Secret::MlDsa44(secret) => PublicKey::MlDsa44(secret.public_key()),
            Secret::MlDsa65(secret) => PublicKey::MlDsa65(secret.public_key()),
            Secret::MlDsa87(secret) => PublicKey::MlDsa87(secret.public_key()),
            Secret::Hybrid(secret) => PublicKey::Hybrid(secret.public_key()),
        }
    }

    /// Signs `message`. Every scheme signs deterministically: the same message gives
    /// the same bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Secret::Secp256k1(secret) => secret.sign(message).to_vec(),
            Secret::EthSecp256k1(secret) => secret.sign(message).to_vec(),
            Secret::Ed25519(secret) => secret.sign(message).to_vec(),
            Secret::MlDsa44(secret) => secret.sign(message),
            Secret::MlDsa65(secret) => secret.sign(message),
            Secret::MlDsa87(secret) => secret.sign(message),
            Secret::Hybrid(secret) => secret.sign(message),
        }
    }
}

/// Shows the public key: a secret must not reach a log.
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public_key())
    }
}
