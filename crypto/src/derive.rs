//! From a BIP-39 mnemonic to the secret of each scheme.

use std::{fmt, str::FromStr};

use bip39::{Language, Mnemonic};
use hmac::{Hmac, Mac};
use sha2::Sha512;
use zeroize::Zeroizing;

use crate::{Error, Result, Scheme, secp256k1::Secp256k1Secret};

/// SLIP-44 coin type of Cosmos accounts.
const COIN_TYPE: u32 = 118;
/// Ethereum's, for keys used its way.
const ETH_COIN_TYPE: u32 = 60;
const HARDENED: u32 = 1 << 31;

/// A BIP-32 derivation path such as `m/44'/118'/0'/0/0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HdPath(Vec<u32>);

impl HdPath {
    /// The BIP-44 path of an account and address index: `m/44'/118'/a'/0/i` for
    /// secp256k1 and hybrid keys, `m/44'/60'/a'/0/i` for eth_secp256k1, `m/44'/118'/a'/0'/i'` for the schemes that have
    /// hardened derivation only.
    ///
    /// # Errors
    /// [`Error::InvalidPath`] when a number is 2³¹ or more.
    pub fn bip44(scheme: Scheme, account: u32, index: u32) -> Result<Self> {
        let mark = if hardened_only(scheme) { "'" } else { "" };
        let coin = if scheme == Scheme::EthSecp256k1 { ETH_COIN_TYPE } else { COIN_TYPE };
        format!("m/44'/{coin}'/{account}'/0{mark}/{index}{mark}").parse()
    }

    fn all_hardened(&self) -> Self {
        Self(self.0.iter().map(|child| child | HARDENED).collect())
    }
}

fn hardened_only(scheme: Scheme) -> bool {
    !matches!(scheme, Scheme::Secp256k1 | Scheme::EthSecp256k1 | Scheme::Hybrid)
}

impl fmt::Display for HdPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        for child in &self.0 {
            let mark = if child & HARDENED == 0 { "" } else { "'" };
            write!(f, "/{}{mark}", child & !HARDENED)?;
        }
        Ok(())
    }
}

impl FromStr for HdPath {
    type Err = Error;

    fn from_str(path: &str) -> Result<Self> {
        let invalid = |reason| Error::InvalidPath { path: path.chars().take(80).collect(), reason };
        let children =
            path.strip_prefix("m/").ok_or_else(|| invalid("it must start with m/, as in m/44'/118'/0'/0/0"))?;
        let children: Vec<u32> = children
            .split('/')
            .map(|child| {
                parse_child(child).ok_or("each part must be a number below 2147483648, with ' after it when hardened")
            })
            .collect::<std::result::Result<_, _>>()
            .map_err(invalid)?;
        if children.len() > 16 {
            return Err(invalid("it has more than 16 parts"));
        }
        Ok(Self(children))
    }
}

fn parse_child(child: &str) -> Option<u32> {
    let (digits, hardened) = match child.strip_suffix('\'') {
        Some(digits) => (digits, HARDENED),
        None => (child, 0),
    };
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    let number: u32 = digits.parse().ok().filter(|_| plain)?;
    (number < HARDENED).then_some(number | hardened)
}

/// Makes a mnemonic of 12, 15, 18, 21 or 24 English words from the operating
/// system's randomness. 24 words carry 256 bits: take them for post-quantum keys,
/// as Grover's search halves the bits.
///
/// # Errors
/// [`Error::InvalidMnemonic`] on another number of words, [`Error::Randomness`].
pub fn generate_mnemonic(words: usize) -> Result<Zeroizing<String>> {
    if ![12, 15, 18, 21, 24].contains(&words) {
        return Err(Error::InvalidMnemonic(format!("{words} words: use 12, 15, 18, 21 or 24")));
    }
    let mut entropy = Zeroizing::new([0; 32]);
    let entropy = &mut entropy[..words / 3 * 4];
    getrandom::fill(entropy).map_err(|e| Error::Randomness(e.to_string()))?;
    let mnemonic =
        Mnemonic::from_entropy_in(Language::English, entropy).map_err(|e| Error::InvalidMnemonic(e.to_string()))?;
    Ok(Zeroizing::new(mnemonic.to_string()))
}

/// The 64-byte seed of BIP-39, section "From mnemonic to seed".
pub(crate) fn bip39_seed(phrase: &str, passphrase: &str) -> Result<Zeroizing<[u8; 64]>> {
    let mnemonic = Mnemonic::parse_in(Language::English, phrase).map_err(|e| Error::InvalidMnemonic(e.to_string()))?;
    Ok(Zeroizing::new(mnemonic.to_seed(passphrase)))
}

/// BIP-32 private derivation over secp256k1.
pub(crate) fn secp256k1_child(seed: &[u8; 64], path: &HdPath) -> Result<Secp256k1Secret> {
    let none = || Error::NoKeyAtPath(path.to_string());
    let master = Node::master(b"Bitcoin seed", seed);
    let mut chain_code = master.chain_code;
    let mut secret = Secp256k1Secret::from_bytes(&master.key).map_err(|_| none())?;
    for child in &path.0 {
        let mut data = Zeroizing::new(Vec::with_capacity(37));
        if child & HARDENED == 0 {
            data.extend_from_slice(&secret.public_key().to_bytes());
        } else {
            data.push(0);
            data.extend_from_slice(&*secret.to_bytes());
        }
        data.extend_from_slice(&child.to_be_bytes());
        let node = Node::split(&*chain_code, &data);
        secret = secret.add(&node.key).ok_or_else(none)?;
        chain_code = node.chain_code;
    }
    Ok(secret)
}

/// SLIP-10 for Ed25519.
pub(crate) fn ed25519_child(seed: &[u8; 64], path: &HdPath) -> Result<Zeroizing<[u8; 32]>> {
    hardened_child(b"ed25519 seed", seed, path)
}

/// The chain of SLIP-10 with a master key of its own: the last key is the seed ξ of
/// FIPS 204. The parameter set is not part of the chain: `KeyGen_internal` hashes
/// ξ together with it.
pub(crate) fn ml_dsa_child(seed: &[u8; 64], path: &HdPath) -> Result<Zeroizing<[u8; 32]>> {
    hardened_child(b"ML-DSA seed", seed, path)
}

/// The ML-DSA half of a hybrid key lies at the same numbers, all hardened.
pub(crate) fn hybrid_ml_dsa_child(seed: &[u8; 64], path: &HdPath) -> Result<Zeroizing<[u8; 32]>> {
    ml_dsa_child(seed, &path.all_hardened())
}

/// The seed of X-Wing lies at an account's numbers, all hardened, under a master key of its
/// own.
pub(crate) fn kem_child(seed: &[u8; 64], path: &HdPath) -> Result<Zeroizing<[u8; 32]>> {
    hardened_child(b"X-Wing seed", seed, &path.all_hardened())
}

fn hardened_child(master: &[u8], seed: &[u8; 64], path: &HdPath) -> Result<Zeroizing<[u8; 32]>> {
    if path.0.iter().any(|child| child & HARDENED == 0) {
        return Err(Error::InvalidPath {
            path: path.to_string(),
            reason: "this key type has hardened derivation only: write ' after every number",
        });
    }
    let mut node = Node::master(master, seed);
    for child in &path.0 {
        let mut data = Zeroizing::new([0; 37]);
        data[1..33].copy_from_slice(&*node.key);
        data[33..].copy_from_slice(&child.to_be_bytes());
        node = Node::split(&*node.chain_code, &*data);
    }
    Ok(node.key)
}

/// The two halves of an HMAC-SHA512: key material and chain code.
struct Node {
    key: Zeroizing<[u8; 32]>,
    chain_code: Zeroizing<[u8; 32]>,
}

impl Node {
    fn master(name: &[u8], seed: &[u8; 64]) -> Self {
        Self::split(name, seed)
    }

    fn split(hmac_key: &[u8], data: &[u8]) -> Self {
        let mut mac = Hmac::<Sha512>::new_from_slice(hmac_key).expect("HMAC takes keys of every length");
        mac.update(data);
        let mut output = Zeroizing::new([0; 64]);
        output.copy_from_slice(&mac.finalize().into_bytes());
        let mut node = Self { key: Zeroizing::default(), chain_code: Zeroizing::default() };
        node.key.copy_from_slice(&output[..32]);
        node.chain_code.copy_from_slice(&output[32..]);
        node
    }
}
