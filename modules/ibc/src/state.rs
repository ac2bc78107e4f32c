//! Raw access to the `ibc` store. Its keys and values are what counterparties prove:
//! ICS-24 paths, protobuf without a format byte, and 8-byte big-endian numbers.

use prost::Message;
use synergy_kernel::{Ctx, Result};
use synergy_store::fatal;

use crate::STORE;

pub(crate) fn get(ctx: &mut Ctx<'_>, path: &str) -> Result<Option<Vec<u8>>> {
    ctx.get(STORE, path.as_bytes())
}

pub(crate) fn set(ctx: &mut Ctx<'_>, path: &str, value: &[u8]) -> Result<()> {
    ctx.set(STORE, path.as_bytes(), value)
}

pub(crate) fn has(ctx: &mut Ctx<'_>, path: &str) -> Result<bool> {
    ctx.has(STORE, path.as_bytes())
}

pub(crate) fn remove(ctx: &mut Ctx<'_>, path: &str) -> Result<()> {
    ctx.remove(STORE, path.as_bytes())
}

/// Reads what we wrote; anything else under the path is a broken database.
pub(crate) fn decode<M: Message + Default>(path: &str, bytes: &[u8]) -> M {
    M::decode(bytes).unwrap_or_else(|e| fatal(format_args!("store ibc: value under {path} cannot be decoded: {e}")))
}

pub(crate) fn message<M: Message + Default>(ctx: &mut Ctx<'_>, path: &str) -> Result<Option<M>> {
    Ok(get(ctx, path)?.map(|bytes| decode(path, &bytes)))
}

pub(crate) fn set_message(ctx: &mut Ctx<'_>, path: &str, message: &impl Message) -> Result<()> {
    set(ctx, path, &message.encode_to_vec())
}

pub(crate) fn number(ctx: &mut Ctx<'_>, path: &str) -> Result<Option<u64>> {
    Ok(get(ctx, path)?.map(|bytes| match <[u8; 8]>::try_from(bytes.as_slice()) {
        Ok(bytes) => u64::from_be_bytes(bytes),
        Err(_) => fatal(format_args!("store ibc: value under {path} is not a number of 8 bytes")),
    }))
}

pub(crate) fn set_number(ctx: &mut Ctx<'_>, path: &str, number: u64) -> Result<()> {
    set(ctx, path, &number.to_be_bytes())
}

/// Takes the next number of a counter that genesis has begun.
pub(crate) fn count(ctx: &mut Ctx<'_>, path: &str) -> Result<u64> {
    let number = number(ctx, path)?.unwrap_or(0);
    set_number(ctx, path, number.saturating_add(1))?;
    Ok(number)
}
