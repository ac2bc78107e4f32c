use crate::Scheme;

/// Why a key, a signature, a mnemonic or the keyring refused.
///
/// [`Error::code`] is stable: it may be stored and compared. Texts may change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The scheme's name is not one of [`Scheme::ALL`].
    #[error("unknown key type {0:?}: use one of secp256k1, ed25519, ml-dsa-44, ml-dsa-65, ml-dsa-87, hybrid")]
    UnknownScheme(String),
    /// The type URL of a public key is not one this chain accepts.
    #[error("public key type {0:?} is not supported: use a secp256k1, ed25519, ML-DSA or hybrid key")]
    UnknownKeyType(String),
    /// The protobuf message around a public key is not in the one accepted form.
    #[error("malformed {scheme} public key: {reason}")]
    MalformedKey {
        /// Scheme named by the type URL.
        scheme: Scheme,
        /// What is wrong with the bytes.
        reason: &'static str,
    },
    /// The key has the right length but is not a usable key of its scheme.
    #[error("invalid {scheme} public key: {reason}")]
    InvalidKey {
        /// Scheme of the key.
        scheme: Scheme,
        /// Which rule the key breaks.
        reason: &'static str,
    },
    /// The signature's length is not the scheme's.
    #[error("a {scheme} signature has {expected} bytes, got {got}")]
    SignatureLength {
        /// Scheme of the verifying key.
        scheme: Scheme,
        /// Length that the scheme fixes, bytes.
        expected: usize,
        /// Length received, bytes.
        got: usize,
    },
    /// The signature does not verify, or is in a form that is refused (high S).
    #[error(
        "{scheme} signature verification failed: check the signer, chain id, account number and sequence that were signed"
    )]
    InvalidSignature {
        /// Scheme of the verifying key.
        scheme: Scheme,
    },
    /// The secret key bytes do not form a key of the scheme.
    #[error("invalid {scheme} secret key: {reason}")]
    InvalidSecret {
        /// Scheme asked for.
        scheme: Scheme,
        /// Which rule the bytes break.
        reason: &'static str,
    },
    /// The phrase is not a BIP-39 mnemonic.
    #[error("invalid mnemonic: {0}: check the words and their order (English BIP-39 list)")]
    InvalidMnemonic(String),
    /// The derivation path does not parse or does not fit the scheme.
    #[error("invalid derivation path {path:?}: {reason}")]
    InvalidPath {
        /// The path as given.
        path: String,
        /// What is wrong and what to write instead.
        reason: &'static str,
    },
    /// BIP-32 defines no key at this path (probability below 2⁻¹²⁷).
    #[error("no key exists at derivation path {0}: use the next index")]
    NoKeyAtPath(String),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Randomness(String),
}

impl Error {
    /// Stable number of this kind of error.
    pub fn code(&self) -> u32 {
        match self {
            Self::UnknownScheme(_) => 1,
            Self::UnknownKeyType(_) => 2,
            Self::MalformedKey { .. } => 3,
            Self::InvalidKey { .. } => 4,
            Self::SignatureLength { .. } => 5,
            Self::InvalidSignature { .. } => 6,
            Self::InvalidSecret { .. } => 7,
            Self::InvalidMnemonic(_) => 8,
            Self::InvalidPath { .. } => 9,
            Self::NoKeyAtPath(_) => 10,
            Self::Randomness(_) => 11,
        }
    }
}
