use std::{fmt, str::FromStr};

use crate::{Error, Result};

/// A signature scheme of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// ECDSA over secp256k1 and SHA-256, as Cosmos chains use it.
    Secp256k1,
    /// ECDSA over secp256k1 and Keccak-256, with Ethereum's addresses.
    EthSecp256k1,
    /// Ed25519 of RFC 8032, verified strictly.
    Ed25519,
    /// ML-DSA-44 of FIPS 204.
    MlDsa44,
    /// ML-DSA-65 of FIPS 204.
    MlDsa65,
    /// ML-DSA-87 of FIPS 204.
    MlDsa87,
    /// secp256k1 and ML-DSA-65 together; both signatures must verify.
    Hybrid,
}

impl Scheme {
    /// Every scheme, in declaration order.
    pub const ALL: [Self; 7] =
        [Self::Secp256k1, Self::EthSecp256k1, Self::Ed25519, Self::MlDsa44, Self::MlDsa65, Self::MlDsa87, Self::Hybrid];

    /// The name used on the command line and in key files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secp256k1 => "secp256k1",
            Self::EthSecp256k1 => "eth_secp256k1",
            Self::Ed25519 => "ed25519",
            Self::MlDsa44 => "ml-dsa-44",
            Self::MlDsa65 => "ml-dsa-65",
            Self::MlDsa87 => "ml-dsa-87",
            Self::Hybrid => "hybrid",
        }
    }

    /// Full name of the public key's protobuf message.
    pub const fn message_name(self) -> &'static str {
        match self {
            Self::Secp256k1 => "cosmos.crypto.secp256k1.PubKey",
            Self::EthSecp256k1 => "cosmos.evm.crypto.v1.ethsecp256k1.PubKey",
            Self::Ed25519 => "cosmos.crypto.ed25519.PubKey",
            Self::MlDsa44 => "synergy.crypto.v1.MlDsa44PubKey",
            Self::MlDsa65 => "synergy.crypto.v1.MlDsa65PubKey",
            Self::MlDsa87 => "synergy.crypto.v1.MlDsa87PubKey",
            Self::Hybrid => "synergy.crypto.v1.HybridPubKey",
        }
    }

    /// The scheme whose public key has this type URL.
    ///
    /// # Errors
    /// [`Error::UnknownKeyType`] for every other text.
    pub fn from_type_url(type_url: &str) -> Result<Self> {
        let name = match type_url.strip_prefix('/') {
            // The name of the same key on older EVM chains, which wallets still write.
            Some("ethermint.crypto.v1.ethsecp256k1.PubKey") => return Ok(Self::EthSecp256k1),
            name => name,
        };
        Self::ALL
            .into_iter()
            .find(|scheme| name == Some(scheme.message_name()))
            .ok_or_else(|| Error::UnknownKeyType(abbreviated(type_url)))
    }

    /// Length of the raw public key, bytes. Hybrid: both keys together.
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::Secp256k1 | Self::EthSecp256k1 => 33,
            Self::Ed25519 => 32,
            Self::MlDsa44 => 1312,
            Self::MlDsa65 => 1952,
            Self::MlDsa87 => 2592,
            Self::Hybrid => 33 + 1952,
        }
    }

    /// Length of a signature, bytes. Every scheme's is fixed.
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Secp256k1 | Self::EthSecp256k1 | Self::Ed25519 => 64,
            Self::MlDsa44 => 2420,
            Self::MlDsa65 => 3309,
            Self::MlDsa87 => 4627,
            Self::Hybrid => 64 + 3309,
        }
    }

    /// Length of the secret as it is stored, bytes: a scalar or a seed.
    pub const fn secret_len(self) -> usize {
        match self {
            Self::Hybrid => 64,
            _ => 32,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scheme {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.as_str() == name)
            .ok_or_else(|| Error::UnknownScheme(abbreviated(name)))
    }
}

/// Input goes into an error text, so its length must not be the sender's choice.
fn abbreviated(text: &str) -> String {
    text.chars().take(80).collect()
}
