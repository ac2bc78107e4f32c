use synergy_kernel::{Ctx, Item, Result, sdk};
use synergy_proto::{coin, synergy::aivm::Params};

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// The bound that governance cannot lift: the data of a blob are read as a whole.
const MOST_BLOB_BYTES: u64 = 64 << 20;

/// Inline inputs of 45 KiB, inline outputs of 64 KiB, records for a week of six-second
/// blocks; blobs of 16 MiB in chunks of 512 KiB for up to four weeks, with a deposit of
/// a tenth of an SNRG for a million bytes; three quarters of a new chain's block for inferences.
pub fn default_params() -> Params {
    Params {
        max_input_bytes: 45 << 10,
        max_inline_output_bytes: 64 << 10,
        record_blocks: 100_800,
        max_blob_bytes: 16 << 20,
        max_blob_chunk_bytes: 512 << 10,
        max_blob_blocks: 403_200,
        blob_deposit_per_byte: "100000000000".to_owned(),
        max_block_gas: 750_000_000,
    }
}

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("aivm has no params: the chain has no genesis yet"))
}

/// Checks params that governance sets.
///
/// # Errors
/// SDK 18.
pub(crate) fn check(p: &Params) -> Result<()> {
    if p.max_input_bytes == 0 || p.record_blocks == 0 {
        return Err(sdk::invalid_request("aivm params: max_input_bytes and record_blocks must be above 0"));
    }
    if p.max_blob_chunk_bytes == 0 || !(p.max_blob_chunk_bytes..=MOST_BLOB_BYTES).contains(&p.max_blob_bytes) {
        return Err(sdk::invalid_request(format!(
            "aivm params: max_blob_bytes must be from max_blob_chunk_bytes, above 0, to {MOST_BLOB_BYTES}"
        )));
    }
    if p.max_blob_blocks == 0 || p.max_block_gas == 0 {
        return Err(sdk::invalid_request("aivm params: max_blob_blocks and max_block_gas must be above 0"));
    }
    coin::amount(&p.blob_deposit_per_byte)
        .map_err(|e| sdk::invalid_request(format!("aivm params: blob_deposit_per_byte: {e}")))?;
    Ok(())
}
