//! Protobuf bytes sorted by field, taken strictly.

use prost::encoding::{WireType, decode_key, decode_varint};
use synergy_kernel::{Error, Result, sdk};
use synergy_proto::amino::{Count, Field, Kind};

/// A value as it stands on the wire.
#[derive(Clone, Copy)]
pub(super) enum Raw<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The values of each field, in the order of `fields`.
pub(super) fn read<'a>(name: &str, fields: &[Field], mut bytes: &'a [u8]) -> Result<Vec<Vec<Raw<'a>>>> {
    let mut slots: Vec<Vec<Raw<'a>>> = fields.iter().map(|_| Vec::new()).collect();
    while !bytes.is_empty() {
        let (tag, wire_type) = decode_key(&mut bytes).map_err(|e| undecodable(name, e))?;
        let Some(at) = fields.iter().position(|f| f.tag == tag) else {
            return Err(refused(name, &format!("field {tag} is unknown to this chain")));
        };
        let (field, slot) = (&fields[at], &mut slots[at]);
        match (wire_type, is_number(field.kind)) {
            (WireType::Varint, true) => slot.push(Raw::Number(number(name, &mut bytes)?)),
            (WireType::LengthDelimited, false) => slot.push(Raw::Bytes(take(name, &mut bytes)?)),
            (WireType::LengthDelimited, true) if field.count == Count::Many => {
                let mut packed = take(name, &mut bytes)?;
                while !packed.is_empty() {
                    slot.push(Raw::Number(number(name, &mut packed)?));
                }
            }
            _ => return Err(refused(name, &format!("field {} has another type on the wire", field.name))),
        }
        if slot.len() > 1 && field.count == Count::One {
            return Err(refused(name, &format!("field {} stands twice", field.name)));
        }
    }
    Ok(slots)
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Bool | Kind::Int32 | Kind::Uint32 | Kind::Int64 | Kind::Uint64)
}

fn number(name: &str, bytes: &mut &[u8]) -> Result<u64> {
    decode_varint(bytes).map_err(|e| undecodable(name, e))
}

fn take<'a>(name: &str, bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let len = usize::try_from(number(name, bytes)?).unwrap_or(usize::MAX);
    let (taken, rest) = bytes.split_at_checked(len).ok_or_else(|| undecodable(name, "it is cut short"))?;
    *bytes = rest;
    Ok(taken)
}

fn undecodable(name: &str, why: impl std::fmt::Display) -> Error {
    sdk::tx_decode(format!("message {name} cannot be decoded: {why}"))
}

/// Bytes that execution reads in one way and the signed text shows in another.
pub(super) fn refused(name: &str, what: &str) -> Error {
    sdk::tx_decode(format!("message {name}: {what}: SIGN_MODE_LEGACY_AMINO_JSON cannot show it, so it is refused"))
}
