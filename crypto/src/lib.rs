//! Keys, signatures and addresses of Synergy accounts.
//!
//! A [`PublicKey`] decodes from the `Any` of a transaction, gives the account's
//! 20-byte address and verifies signatures; a [`SecretKey`] comes from randomness
//! or from a BIP-39 mnemonic and signs. Everything a validator runs (decoding and
//! verifying) is deterministic: no randomness, no batch equations, one accepted
//! encoding per key and per signature format. `docs/accounts.md` is the
//! specification for people who write wallets.

mod account;
mod armor;
mod derive;
mod ed25519;
mod error;
mod eth;
mod hybrid;
mod kem;
mod keyring;
mod ml_dsa;
mod multisig;
mod public;
mod scheme;
mod sealed;
mod secp256k1;
mod secret;
mod wire;

pub use account::AccountKey;
pub use armor::{decode_armor, decode_sealed, encode_sealed, is_sealed_text};
pub use derive::{HdPath, generate_mnemonic};
pub use ed25519::Ed25519Key;
pub use error::Error;
pub use eth::EthSecp256k1Key;
pub use hybrid::HybridKey;
pub use kem::{KemKey, KemSecret};
pub use keyring::{Backend, KeyInfo, Keyring, Prompt, decode_key_file};
pub use ml_dsa::MlDsaKey;
pub use multisig::{MAX_MEMBERS, Multisig};
pub use public::PublicKey;
pub use scheme::Scheme;
pub use sealed::{open, seal, sealed_len};
pub use secp256k1::Secp256k1Key;
pub use secret::SecretKey;
pub use wire::{decode_hybrid_key, decode_key_bytes};

/// What every fallible function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;
