use std::cmp::Ordering;

use ::ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

use crate::{
    Ed25519Key, Error, EthSecp256k1Key, HybridKey, MlDsaKey, Result, Scheme, Secp256k1Key,
    wire::{decode_hybrid_key, decode_key_bytes, put_bytes},
};

/// The public key of an account. Clones are cheap and share expanded keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// ECDSA over secp256k1.
    Secp256k1(Secp256k1Key),
    /// ECDSA over secp256k1, Ethereum's way.
    EthSecp256k1(EthSecp256k1Key),
    /// Ed25519.
    Ed25519(Ed25519Key),
    /// ML-DSA-44.
    MlDsa44(MlDsaKey<MlDsa44>),
    /// ML-DSA-65.
    MlDsa65(MlDsaKey<MlDsa65>),
    /// ML-DSA-87.
    MlDsa87(MlDsaKey<MlDsa87>),
    /// secp256k1 and ML-DSA-65 together.
    Hybrid(HybridKey),
}

impl PublicKey {
    /// Decodes the `Any` of a transaction's signer info or of a stored account.
    ///
    /// There is one accepted encoding of each key: `to_any` of the result gives back
    /// exactly these bytes, and the type URL too but for Ethermint's name of a key.
    ///
    /// # Errors
    /// [`Error::UnknownKeyType`], [`Error::MalformedKey`], [`Error::InvalidKey`].
    pub fn from_any(type_url: &str, value: &[u8]) -> Result<Self> {
        let scheme = Scheme::from_type_url(type_url)?;
        let malformed = |reason| Error::MalformedKey { scheme, reason };
        if scheme == Scheme::Hybrid {
            let (secp256k1, ml_dsa_65) = decode_hybrid_key(value).map_err(malformed)?;
            return HybridKey::from_parts(secp256k1, ml_dsa_65).map(Self::Hybrid);
        }
        Self::from_bytes(scheme, decode_key_bytes(value).map_err(malformed)?)
    }

    /// Decodes the raw key of a scheme, without protobuf. Hybrid: the 33 bytes of
    /// secp256k1 followed by the 1952 bytes of ML-DSA-65.
    ///
    /// # Errors
    /// [`Error::InvalidKey`].
    pub fn from_bytes(scheme: Scheme, bytes: &[u8]) -> Result<Self> {
        match scheme {
            Scheme::Secp256k1 => Secp256k1Key::from_bytes(bytes).map(Self::Secp256k1),
            Scheme::EthSecp256k1 => EthSecp256k1Key::from_bytes(bytes).map(Self::EthSecp256k1),
            Scheme::Ed25519 => Ed25519Key::from_bytes(bytes).map(Self::Ed25519),
            Scheme::MlDsa44 => MlDsaKey::from_bytes(bytes).map(Self::MlDsa44),
            Scheme::MlDsa65 => MlDsaKey::from_bytes(bytes).map(Self::MlDsa65),
            Scheme::MlDsa87 => MlDsaKey::from_bytes(bytes).map(Self::MlDsa87),
            Scheme::Hybrid => {
                let (secp256k1, ml_dsa_65) = bytes
                    .split_at_checked(Scheme::Secp256k1.public_key_len())
                    .ok_or(Error::InvalidKey { scheme, reason: "it must be 1985 bytes" })?;
                HybridKey::from_parts(secp256k1, ml_dsa_65).map(Self::Hybrid)
            }
        }
    }

    /// The raw key, as [`PublicKey::from_bytes`] takes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Secp256k1(key) => key.to_bytes().to_vec(),
            Self::EthSecp256k1(key) => key.to_bytes().to_vec(),
            Self::Ed25519(key) => key.to_bytes().to_vec(),
            Self::MlDsa44(key) => key.as_bytes().to_vec(),
            Self::MlDsa65(key) => key.as_bytes().to_vec(),
            Self::MlDsa87(key) => key.as_bytes().to_vec(),
            Self::Hybrid(key) => {
                let mut bytes = key.secp256k1.to_bytes().to_vec();
                bytes.extend_from_slice(key.ml_dsa_65.as_bytes());
                bytes
            }
        }
    }

    /// Type URL and value of the key's `Any`.
    pub fn to_any(&self) -> (String, Vec<u8>) {
        let mut value = Vec::with_capacity(self.scheme().public_key_len() + 6);
        match self {
            Self::Hybrid(key) => {
                put_bytes(&mut value, 1, &key.secp256k1.to_bytes());
                put_bytes(&mut value, 2, key.ml_dsa_65.as_bytes());
            }
            key => put_bytes(&mut value, 1, &key.to_bytes()),
        }
        (format!("/{}", self.scheme().message_name()), value)
    }

    /// The account address.
    ///
    /// secp256k1: RIPEMD-160(SHA-256(key)). Ed25519: the first 20 bytes of
    /// SHA-256(key). Both as in the Cosmos SDK. eth_secp256k1: as Ethereum. The others follow ADR-028, cut to 20
    /// bytes: SHA-256(SHA-256(message name) ‖ key), so that no key of one type can
    /// have the address of another type's key.
    pub fn address(&self) -> [u8; 20] {
        match self {
            Self::Secp256k1(key) => Ripemd160::digest(Sha256::digest(key.to_bytes())).into(),
            Self::EthSecp256k1(key) => key.address(),
            Self::Ed25519(key) => first_20(&Sha256::digest(key.to_bytes()).into()),
            key => {
                let type_hash = Sha256::digest(self.scheme().message_name());
                first_20(&Sha256::new_with_prefix(type_hash).chain_update(key.to_bytes()).finalize().into())
            }
        }
    }

    /// The key's scheme.
    pub fn scheme(&self) -> Scheme {
        match self {
            Self::Secp256k1(_) => Scheme::Secp256k1,
            Self::EthSecp256k1(_) => Scheme::EthSecp256k1,
            Self::Ed25519(_) => Scheme::Ed25519,
            Self::MlDsa44(_) => Scheme::MlDsa44,
            Self::MlDsa65(_) => Scheme::MlDsa65,
            Self::MlDsa87(_) => Scheme::MlDsa87,
            Self::Hybrid(_) => Scheme::Hybrid,
        }
    }

    /// Verifies a signature over `message`; each scheme hashes the message itself.
    ///
    /// # Errors
    /// [`Error::SignatureLength`], [`Error::InvalidSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        match self {
            Self::Secp256k1(key) => key.verify(message, signature),
            Self::EthSecp256k1(key) => key.verify(message, signature),
            Self::Ed25519(key) => key.verify(message, signature),
            Self::MlDsa44(key) => key.verify(message, signature),
            Self::MlDsa65(key) => key.verify(message, signature),
            Self::MlDsa87(key) => key.verify(message, signature),
            Self::Hybrid(key) => key.verify(message, signature),
        }
    }
}

/// By scheme, then by raw key.
impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.scheme().cmp(&other.scheme()).then_with(|| self.to_bytes().cmp(&other.to_bytes()))
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn first_20(hash: &[u8; 32]) -> [u8; 20] {
    std::array::from_fn(|i| hash[i])
}
