use synergy_kernel::{Ctx, Map, Result, sdk};
use synergy_proto::{Address, cosmos::slashing::v1beta1::ValidatorSigningInfo};

use crate::STORE;

/// By consensus address.
pub(crate) const INFOS: Map<&Address, ValidatorSigningInfo> = Map::new(STORE, 2);
/// By consensus address and chunk: one bit per block of the window, set if missed.
pub(crate) const MISSED: Map<(&Address, u64), Vec<u8>> = Map::new(STORE, 3);

/// Bits of a chunk, as in the SDK.
const CHUNK: u64 = 1024;

pub(crate) fn consensus_address(text: &str) -> Result<Address> {
    Address::from_bech32(synergy_proto::VALCONS_PREFIX, text)
        .map_err(|e| sdk::invalid_address(format!("invalid consensus address {text:?}: {e}")))
}

/// Chunk, byte and bit of a block's place in the window.
fn place(index: u64) -> (u64, usize, u8) {
    let (chunk, bit) = (index.checked_div(CHUNK).unwrap_or(0), index.checked_rem(CHUNK).unwrap_or(0));
    let byte = usize::try_from(bit.checked_div(8).unwrap_or(0)).unwrap_or(0);
    (chunk, byte, 1_u8.checked_shl(u32::try_from(bit.checked_rem(8).unwrap_or(0)).unwrap_or(0)).unwrap_or(0))
}

/// Marks a place of the window and says whether it was marked before. Nothing is
/// written when that is the same.
pub(crate) fn mark(ctx: &mut Ctx<'_>, validator: &Address, index: u64, missed: bool) -> Result<bool> {
    let (chunk, byte, bit) = place(index);
    let mut bits = MISSED.get(ctx, (validator, chunk))?.unwrap_or_default();
    let before = bits.get(byte).is_some_and(|b| b & bit != 0);
    if before != missed {
        if bits.len() <= byte {
            bits.resize(byte.saturating_add(1), 0);
        }
        if let Some(b) = bits.get_mut(byte) {
            *b ^= bit;
        }
        MISSED.set(ctx, (validator, chunk), &bits)?;
    }
    Ok(before)
}

/// Clears a validator's whole window.
pub(crate) fn clear(ctx: &mut Ctx<'_>, validator: &Address) -> Result<()> {
    let mut chunks = Vec::new();
    MISSED.for_each(ctx, validator, |(_, chunk), _| {
        chunks.push(chunk);
        Ok(true)
    })?;
    chunks.into_iter().try_for_each(|chunk| MISSED.remove(ctx, (validator, chunk)))
}

/// The marked places of a validator's window.
pub(crate) fn missed(ctx: &mut Ctx<'_>, validator: &Address) -> Result<Vec<u64>> {
    let mut places = Vec::new();
    MISSED.for_each(ctx, validator, |(_, chunk), bits| {
        let first = chunk.saturating_mul(CHUNK);
        for (byte, bits) in (0_u64..).zip(bits) {
            let marked = (0..8_u32).filter(|bit| bits.checked_shr(*bit).unwrap_or(0) & 1 == 1);
            places.extend(marked.map(|bit| first.saturating_add(byte.saturating_mul(8)).saturating_add(bit.into())));
        }
        Ok(true)
    })?;
    Ok(places)
}
