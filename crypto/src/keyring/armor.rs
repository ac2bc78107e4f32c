use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{Error, Result};

const BEGIN: &str = "-----BEGIN SYNERGY PRIVATE KEY-----";
const END: &str = "-----END SYNERGY PRIVATE KEY-----";
const LINE: usize = 64;
/// The longest record, an ML-DSA-87 key, makes an armor of about 8 KiB.
const MAX_LEN: usize = 64 * 1024;

/// Wraps a record in base64 between two marker lines.
pub(super) fn encode(record: &[u8]) -> String {
    let body = STANDARD.encode(record);
    let mut armored = format!("{BEGIN}\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        armored.push_str(line);
        armored.push('\n');
        rest = tail;
    }
    armored + END + "\n"
}

/// Takes the record out of an exported key. White space at line ends does no harm.
///
/// # Errors
/// [`Error::Armor`].
pub fn decode_armor(armored: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    if armored.len() > MAX_LEN {
        return Err(Error::Armor("it is longer than 64 KiB"));
    }
    let text = std::str::from_utf8(armored).map_err(|_| Error::Armor("it is not text"))?;
    let body = text
        .trim()
        .strip_prefix(BEGIN)
        .and_then(|rest| rest.strip_suffix(END))
        .ok_or(Error::Armor("its first and last lines must be the BEGIN and END SYNERGY PRIVATE KEY markers"))?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).map(Zeroizing::new).map_err(|_| Error::Armor("between its markers there must be base64"))
}
