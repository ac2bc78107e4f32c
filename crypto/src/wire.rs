//! The protobuf messages around public keys, in exactly one accepted encoding.
//!
//! The address is a hash of the key and the `Any` is stored in state, so two
//! encodings of one key would be two spellings of one account. Hence: fields in
//! order, each once, minimal lengths, nothing else.

const LENGTH_DELIMITED: u8 = 2;

/// Takes the bytes out of a message `{ bytes key = 1; }`.
///
/// # Errors
/// What is wrong, when the message is not field 1 alone with a minimal length.
pub fn decode_key_bytes(message: &[u8]) -> Result<&[u8], &'static str> {
    let (key, rest) = take_bytes(message, 1)?;
    if rest.is_empty() { Ok(key) } else { Err(TRAILING) }
}

/// Takes the two keys out of `{ bytes secp256k1 = 1; bytes ml_dsa_65 = 2; }`.
///
/// # Errors
/// What is wrong, when the message is not these two fields in this order with
/// minimal lengths.
pub fn decode_hybrid_key(message: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let (secp256k1, rest) = take_bytes(message, 1)?;
    let (ml_dsa_65, rest) = take_bytes(rest, 2)?;
    if rest.is_empty() { Ok((secp256k1, ml_dsa_65)) } else { Err(TRAILING) }
}

/// Appends a bytes field as [`decode_key_bytes`] and [`decode_hybrid_key`] read it.
pub(crate) fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | LENGTH_DELIMITED);
    put_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends a number as [`take_varint`] reads it.
pub(crate) fn put_varint(out: &mut Vec<u8>, field: u8, number: u32) {
    out.push(field << 3);
    put_number(out, number as usize);
}

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

const TRAILING: &str = "unknown or repeated fields after the key";
const TRUNCATED: &str = "the key is cut short";

/// Takes a length-delimited field off the front: its bytes and what follows.
pub(crate) fn take_bytes(message: &[u8], field: u8) -> Result<(&[u8], &[u8]), &'static str> {
    let (&tag, rest) = message.split_first().ok_or("the key is missing")?;
    if tag != field << 3 | LENGTH_DELIMITED {
        return Err("the key's fields are not in order");
    }
    let (len, rest) = take_len(rest)?;
    rest.split_at_checked(len).ok_or(TRUNCATED)
}

/// Takes a number below 16384 off the front.
pub(crate) fn take_varint(message: &[u8], field: u8) -> Result<(u32, &[u8]), &'static str> {
    match message.split_first() {
        Some((&tag, rest)) if tag == field << 3 => take_len(rest).map(|(number, rest)| (number as u32, rest)),
        _ => Err("the key's fields are not in order"),
    }
}

/// A varint of at most two bytes: no key of ours is longer than 16383 bytes.
fn take_len(bytes: &[u8]) -> Result<(usize, &[u8]), &'static str> {
    let (&low, rest) = bytes.split_first().ok_or(TRUNCATED)?;
    if low < 0x80 {
        return Ok((usize::from(low), rest));
    }
    let (&high, rest) = rest.split_first().ok_or(TRUNCATED)?;
    if high == 0 || high >= 0x80 {
        return Err("the key's length is not a minimal varint below 16384");
    }
    Ok((usize::from(low & 0x7f) | usize::from(high) << 7, rest))
}
