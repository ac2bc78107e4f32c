//! The keys that validators sign blocks with, in the SDK's form and under CometBFT's
//! names.

use std::fmt;

use cosmos_sdk_proto::cosmos::crypto::ed25519;
use prost::{Message, Name};
use sha2::{Digest, Sha256};

use crate::{Address, Any, pack, type_url};

/// A validator's ML-DSA-65 key (`cosmos.crypto.mldsa65.PubKey` of the Cosmos SDK 0.55).
/// Accounts have a type of their own with other addresses.
#[derive(Clone, PartialEq, Message)]
pub struct MlDsa65PubKey {
    /// FIPS 204 `pkEncode`, 1952 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
}

impl Name for MlDsa65PubKey {
    const NAME: &'static str = "PubKey";
    const PACKAGE: &'static str = "cosmos.crypto.mldsa65";
}

/// A kind of validators' keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// What every CometBFT takes.
    Ed25519,
    /// FIPS 204; CometBFT 0.40 and later.
    MlDsa65,
}

impl KeyType {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ed25519, Self::MlDsa65];

    /// CometBFT's name, which stands in the consensus params' `pub_key_types`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::MlDsa65 => "ml_dsa_65",
        }
    }

    /// Length of a public key, bytes.
    pub const fn key_len(self) -> usize {
        match self {
            Self::Ed25519 => 32,
            Self::MlDsa65 => 1952,
        }
    }

    /// Type of the SDK's message.
    pub fn type_url(self) -> String {
        match self {
            Self::Ed25519 => type_url::<ed25519::PubKey>(),
            Self::MlDsa65 => type_url::<MlDsa65PubKey>(),
        }
    }

    /// Type of a public key in CometBFT's JSON.
    pub const fn comet_public(self) -> &'static str {
        match self {
            Self::Ed25519 => "tendermint/PubKeyEd25519",
            Self::MlDsa65 => "cometbft/PubKeyMlDsa65",
        }
    }

    /// Type of a private key in CometBFT's JSON.
    pub const fn comet_private(self) -> &'static str {
        match self {
            Self::Ed25519 => "tendermint/PrivKeyEd25519",
            Self::MlDsa65 => "cometbft/PrivKeyMlDsa65",
        }
    }
}

/// A validator's public key; its length is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsensusKey {
    kind: KeyType,
    bytes: Vec<u8>,
}

/// Why something is no validator's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsensusKeyError {
    /// A message of this type is not one.
    Type(String),
    /// The message cannot be decoded.
    Encoding(String),
    /// This kind has another length than the one found.
    Length(KeyType, usize),
}

impl fmt::Display for ConsensusKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(found) => write!(f, "got: {found}, expected: {:?}", KeyType::ALL.map(KeyType::as_str)),
            Self::Encoding(text) => write!(f, "the consensus key cannot be decoded: {text}"),
            Self::Length(kind, found) => {
                write!(f, "an {} key has {} bytes, this one has {found}", kind.as_str(), kind.key_len())
            }
        }
    }
}

impl std::error::Error for ConsensusKeyError {}

impl ConsensusKey {
    /// Takes the encoded key.
    ///
    /// # Errors
    /// [`ConsensusKeyError::Length`].
    pub fn new(kind: KeyType, bytes: Vec<u8>) -> Result<Self, ConsensusKeyError> {
        match bytes.len() == kind.key_len() {
            true => Ok(Self { kind, bytes }),
            false => Err(ConsensusKeyError::Length(kind, bytes.len())),
        }
    }

    /// Reads the SDK's message.
    ///
    /// # Errors
    /// Each of [`ConsensusKeyError`].
    pub fn from_any(any: &Any) -> Result<Self, ConsensusKeyError> {
        let kind = KeyType::ALL.into_iter().find(|kind| kind.type_url() == any.type_url);
        let kind = kind.ok_or_else(|| ConsensusKeyError::Type(any.type_url.chars().take(80).collect()))?;
        // Both messages are one field `key` with tag 1.
        let message =
            MlDsa65PubKey::decode(any.value.as_slice()).map_err(|e| ConsensusKeyError::Encoding(e.to_string()))?;
        Self::new(kind, message.key)
    }

    /// The SDK's message.
    pub fn to_any(&self) -> Any {
        let key = self.bytes.clone();
        match self.kind {
            KeyType::Ed25519 => pack(&ed25519::PubKey { key }),
            KeyType::MlDsa65 => pack(&MlDsa65PubKey { key }),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// The encoded key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoded key.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The address by which consensus knows it: the first 20 bytes of SHA-256
    /// (CometBFT's `tmhash.SumTruncated`), for either kind.
    pub fn address(&self) -> Address {
        let digest = Sha256::digest(&self.bytes);
        Address::new(&digest[..20]).expect("20 bytes are an address")
    }
}
