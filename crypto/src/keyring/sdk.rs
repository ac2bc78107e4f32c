//! The text in which the Cosmos SDK exports secp256k1 keys: OpenPGP's armor (RFC 4880,
//! section 6.2) around a key that is encrypted under a passphrase.
//!
//! SDK 0.50 and newer write `kdf: argon2` with ChaCha20-Poly1305 under a nonce of zeros,
//! older ones `kdf: bcrypt` with NaCl's secretbox; both are read, the first is written.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
use crypto_secretbox::XSalsa20Poly1305;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Result, Scheme, SecretKey};

const BEGIN: &str = "-----BEGIN TENDERMINT PRIVATE KEY-----";
const END: &str = "-----END TENDERMINT PRIVATE KEY-----";
/// Amino's prefix of `tendermint/PrivKeySecp256k1` and the length of what follows.
const AMINO: [u8; 5] = [0xe1, 0xb0, 0xf7, 0x9b, 32];
/// The SDK's costs.
const ARGON2_MEMORY_KIB: u32 = 64 * 1024;
const ARGON2_PASSES: u32 = 1;
const ARGON2_LANES: u32 = 4;
const BCRYPT_COST: u32 = 12;
const MAX_LEN: usize = 64 * 1024;
/// Of secretbox.
const NONCE: usize = 24;

/// Whether a text begins like a key that the SDK exported.
pub(super) fn is_armor(text: &str) -> bool {
    text.trim_start().starts_with(BEGIN)
}

/// Encrypts a key as the SDK does.
///
/// # Errors
/// [`Error::Armor`] for other keys than secp256k1, [`Error::Randomness`].
pub(super) fn encode(secret: &SecretKey, passphrase: &str) -> Result<String> {
    if secret.scheme() != Scheme::Secp256k1 {
        return Err(Error::Armor("the SDK's form is for secp256k1 keys only: export without it"));
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|e| Error::Randomness(e.to_string()))?;
    let plain = Zeroizing::new([&AMINO[..], &secret.to_bytes()].concat());
    let sealed = argon2_cipher(passphrase, &salt)?.encrypt(&[0; 12].into(), plain.as_slice());
    let sealed = sealed.map_err(|_| Error::Sealing)?;
    let body = STANDARD.encode(&sealed);
    let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let sum = STANDARD.encode(&crc24(&sealed).to_be_bytes()[1..]);
    let salt = hex::encode_upper(salt);
    Ok(format!("{BEGIN}\nkdf: argon2\nsalt: {salt}\ntype: secp256k1\n\n{}\n={sum}\n{END}\n", lines.join("\n")))
}

/// Decrypts a key that the SDK exported.
///
/// # Errors
/// [`Error::Armor`], [`Error::WrongPassphrase`].
pub(super) fn decode(text: &str, passphrase: &str) -> Result<SecretKey> {
    let armor = Armor::parse(text).map_err(Error::Armor)?;
    let wrong = |_| Error::WrongPassphrase;
    let plain = match armor.kdf {
        "argon2" => argon2_cipher(passphrase, &armor.salt)?.decrypt(&[0; 12].into(), &*armor.sealed).map_err(wrong)?,
        "bcrypt" => {
            let salt: [u8; 16] =
                armor.salt.as_slice().try_into().map_err(|_| Error::Armor("its salt is not 16 bytes"))?;
            let (nonce, sealed) = armor.sealed.split_first_chunk::<NONCE>().ok_or(Error::Armor("it is cut short"))?;
            bcrypt_cipher(passphrase, salt)?.decrypt(&(*nonce).into(), sealed).map_err(wrong)?
        }
        _ => return Err(Error::Armor("its kdf is neither argon2 nor bcrypt")),
    };
    let plain = Zeroizing::new(plain);
    let key = plain.strip_prefix(&AMINO).ok_or(Error::Armor("it holds no secp256k1 key"))?;
    SecretKey::from_bytes(Scheme::Secp256k1, key)
}

struct Armor<'a> {
    kdf: &'a str,
    salt: Vec<u8>,
    sealed: Vec<u8>,
}

impl<'a> Armor<'a> {
    fn parse(text: &'a str) -> std::result::Result<Self, &'static str> {
        if text.len() > MAX_LEN {
            return Err("it is longer than 64 KiB");
        }
        let inner = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let inner = inner.ok_or("its first and last lines must be the BEGIN and END TENDERMINT PRIVATE KEY markers")?;
        let (mut kdf, mut salt, mut kind) = ("", Vec::new(), "");
        let (mut body, mut sum) = (String::new(), None);
        for line in inner.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some((name, value)) = line.split_once(": ") {
                match name {
                    "kdf" => kdf = value,
                    "salt" => salt = hex::decode(value).map_err(|_| "its salt is not hexadecimal")?,
                    "type" => kind = value,
                    _ => {}
                }
            } else if let Some(text) = line.strip_prefix('=') {
                sum = Some(STANDARD.decode(text).map_err(|_| "its checksum is not base64")?);
            } else {
                body.push_str(line);
            }
        }
        if !matches!(kind, "" | "secp256k1") {
            return Err("its type is not secp256k1: recover other keys from their phrase");
        }
        let sealed = STANDARD.decode(&body).map_err(|_| "between its headers and its checksum there must be base64")?;
        if sum.is_some_and(|sum| sum != crc24(&sealed).to_be_bytes()[1..]) {
            return Err("its checksum is wrong: copy it again");
        }
        Ok(Self { kdf, salt, sealed })
    }
}

fn argon2_cipher(passphrase: &str, salt: &[u8]) -> Result<ChaCha20Poly1305> {
    let params = Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, Some(32)).map_err(|_| Error::Sealing)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|_| Error::Armor("its salt is too short"))?;
    Ok(ChaCha20Poly1305::new((&*key).into()))
}

/// The key is the SHA-256 of bcrypt's text, `$2a$12$…`.
fn bcrypt_cipher(passphrase: &str, salt: [u8; 16]) -> Result<XSalsa20Poly1305> {
    let hash = bcrypt::hash_with_salt(passphrase, BCRYPT_COST, salt).map_err(|_| Error::Sealing)?;
    let text = Zeroizing::new(hash.format_for_version(bcrypt::Version::TwoA));
    let key = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(text.as_bytes())));
    Ok(XSalsa20Poly1305::new((&*key).into()))
}

/// RFC 4880, section 6.1.
fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00b7_04ce, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 16, |sum, _| {
            let next = sum << 1;
            if next & 0x0100_0000 == 0 { next } else { next ^ 0x0186_4cfb }
        })
    }) & 0x00ff_ffff
}
