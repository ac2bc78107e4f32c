//! Bytes as text between two marker lines.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{Error, Result};

const KEY: &str = "SYNERGY PRIVATE KEY";
const SEALED: &str = "SYNERGY SEALED PAYLOAD";
const LINE: usize = 64;
/// The longest record, an ML-DSA-87 key, makes an armor of about 8 KiB.
const MAX_KEY: usize = 64 * 1024;
/// Text is for mail and chat; larger payloads go as files.
const MAX_SEALED: usize = 4 * 1024 * 1024;

/// Wraps a key's record.
pub(crate) fn encode_key(record: &[u8]) -> String {
    encode(KEY, record)
}

/// Takes the record out of an exported key. White space at line ends does no harm.
///
/// # Errors
/// [`Error::Armor`].
pub fn decode_armor(armored: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    if armored.len() > MAX_KEY {
        return Err(Error::Armor("it is longer than 64 KiB"));
    }
    decode(KEY, armored).map_err(Error::Armor)
}

/// Wraps a sealed payload.
pub fn encode_sealed(sealed: &[u8]) -> String {
    encode(SEALED, sealed)
}

/// Whether bytes begin like what [`encode_sealed`] writes.
pub fn is_sealed_text(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(format!("-----BEGIN {SEALED}-----").as_bytes())
}

/// Takes the payload out of what [`encode_sealed`] writes.
///
/// # Errors
/// [`Error::NotSealed`].
pub fn decode_sealed(armored: &[u8]) -> Result<Vec<u8>> {
    if armored.len() > MAX_SEALED {
        return Err(Error::NotSealed("its text is longer than 4 MiB: send it as a file, without --armor"));
    }
    decode(SEALED, armored).map(|bytes| bytes.to_vec()).map_err(Error::NotSealed)
}

fn encode(label: &str, bytes: &[u8]) -> String {
    let body = STANDARD.encode(bytes);
    let mut armored = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        armored.push_str(line);
        armored.push('\n');
        rest = tail;
    }
    armored + &format!("-----END {label}-----\n")
}

fn decode(label: &str, armored: &[u8]) -> std::result::Result<Zeroizing<Vec<u8>>, &'static str> {
    let text = std::str::from_utf8(armored).map_err(|_| "it is not text")?;
    let body = text
        .trim()
        .strip_prefix(format!("-----BEGIN {label}-----").as_str())
        .and_then(|rest| rest.strip_suffix(format!("-----END {label}-----").as_str()))
        .ok_or("its first and last lines must be the BEGIN and END markers")?;
    let body: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    STANDARD.decode(&*body).map(Zeroizing::new).map_err(|_| "between its markers there must be base64")
}
