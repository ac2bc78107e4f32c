use std::{io, path::PathBuf};

use crate::Scheme;

/// Why a key, a signature, a mnemonic or the keyring refused.
///
/// [`Error::code`] is stable: it may be stored and compared. Texts may change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The scheme's name is not one of [`Scheme::ALL`].
    #[error(
        "unknown key type {0:?}: use one of secp256k1, eth_secp256k1, ed25519, ml-dsa-44, ml-dsa-65, ml-dsa-87, hybrid"
    )]
    UnknownScheme(String),
    /// The type URL of a public key is not one this chain accepts.
    #[error("public key type {0:?} is not supported: use a secp256k1, eth_secp256k1, ed25519, ML-DSA or hybrid key")]
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
    /// A multisig key that breaks a rule, or is not in the one accepted form.
    #[error("invalid multisig public key: {0}")]
    InvalidMultisig(&'static str),
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
    /// The name cannot be a key's name.
    #[error("invalid key name {0:?}: use 1 to 64 letters, digits, '.', '_' or '-', and begin with a letter or digit")]
    KeyName(String),
    /// The keyring has a key of this name.
    #[error("key {0:?} exists already: choose another name, or delete it first")]
    KeyExists(String),
    /// The keyring has no key of this name.
    #[error("key {0:?} not found: `keys list` shows the names; check --home and --keyring-backend")]
    KeyNotFound(String),
    /// The keyring has only the public part of this key.
    #[error("key {0:?} has no secret here: a multisig key is signed for by its members, with their own keys")]
    NoSecret(String),
    /// A key file is damaged or was made by something else.
    #[error("key file {path}: {reason}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// The passphrase does not open the key, or the encrypted key was changed.
    #[error("wrong passphrase, or the encrypted key is damaged: try again, or restore it from your backup")]
    WrongPassphrase,
    /// The encrypted key names a method or a cost that this version refuses.
    #[error("the key is encrypted in a way that this version does not open: use the version that wrote it")]
    Sealing,
    /// A new passphrase is too short.
    #[error("the passphrase is too short: use at least 8 characters")]
    ShortPassphrase,
    /// The two entries of a new passphrase differ.
    #[error("the passphrases differ: try again")]
    PassphrasesDiffer,
    /// The passphrase could not be asked for.
    #[error("cannot read the passphrase: {0}")]
    Prompt(String),
    /// The bytes are not a key for sealing to.
    #[error("invalid KEM key: {0}")]
    InvalidKemKey(&'static str),
    /// The keyring has no KEM secret beside this key.
    #[error(
        "key {0:?} has no KEM key: it was taken in without its phrase; make it again with `keys add --recover` to open what is sealed to it"
    )]
    NoKemKey(String),
    /// The input is not a sealed payload.
    #[error("not a sealed payload: {0}")]
    NotSealed(&'static str),
    /// The payload was sealed to another key.
    #[error("the payload is sealed to KEM key {sealed}, yours is {ours}: open it with the account it was sealed to")]
    SealedForAnother {
        /// Hash of the key that the payload names.
        sealed: String,
        /// Hash of the key tried.
        ours: String,
    },
    /// A part of the payload does not verify.
    #[error("the sealed payload was changed or cut short (part {0}): get it again from whoever sealed it")]
    SealedDamaged(u64),
    /// The text is not an exported key.
    #[error("not an exported key: {0}")]
    Armor(&'static str),
    /// The file system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
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
            Self::InvalidMultisig(_) => 12,
            Self::NoKeyAtPath(_) => 10,
            Self::Randomness(_) => 11,
            Self::KeyName(_) => 20,
            Self::KeyExists(_) => 21,
            Self::KeyNotFound(_) => 22,
            Self::KeyFile { .. } => 23,
            Self::WrongPassphrase => 24,
            Self::ShortPassphrase => 25,
            Self::PassphrasesDiffer => 26,
            Self::Prompt(_) => 27,
            Self::Armor(_) => 28,
            Self::Io { .. } => 29,
            Self::Sealing => 30,
            Self::NoSecret(_) => 31,
            Self::InvalidKemKey(_) => 40,
            Self::NoKemKey(_) => 41,
            Self::NotSealed(_) => 42,
            Self::SealedForAnother { .. } => 43,
            Self::SealedDamaged(_) => 44,
        }
    }
}
