//! A look at protobuf bytes without their schema.

use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};

/// The first field number at the top level of `bytes` that is not in `known`,
/// or an error text when the bytes are no protobuf message. prost drops fields
/// that it does not know; a signer who set one meant something by it.
pub fn unknown_field(mut bytes: &[u8], known: &[u32]) -> Result<Option<u32>, String> {
    while !bytes.is_empty() {
        let (tag, wire_type): (u32, WireType) = decode_key(&mut bytes).map_err(|e| e.to_string())?;
        if !known.contains(&tag) {
            return Ok(Some(tag));
        }
        skip_field(wire_type, tag, &mut bytes, DecodeContext::default()).map_err(|e| e.to_string())?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_unknown_field() {
        // field 1 = varint 5, field 4 = bool true
        assert_eq!(unknown_field(&[0x08, 5, 0x20, 1], &[1, 2]), Ok(Some(4)));
        assert_eq!(unknown_field(&[0x08, 5], &[1, 2]), Ok(None));
        assert!(unknown_field(&[0x0a, 200], &[1]).is_err());
    }
}
