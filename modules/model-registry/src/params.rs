use synergy_kernel::{Ctx, Item, Result, sdk};
use synergy_proto::{coin, synergy::modelregistry::Params};

use crate::STORE;

pub(crate) const PARAMS: Item<Params> = Item::new(STORE, 1);

/// The bound that governance cannot lift: the runtime's.
const MOST_MODEL_BYTES: u64 = synergy_inference::MAX_MODEL_BYTES as u64;

/// Chunks of 512 KiB, models of 256 MiB with a deposit of a tenth of an SNRG for a million bytes,
/// two weeks of six-second blocks between deprecation and removal; rent of a SNRG for a
/// MiB and a million blocks (ten weeks), paid for up to a year, for 1 GiB of residents.
pub fn default_params() -> Params {
    Params {
        max_chunk_bytes: 512 << 10,
        max_model_bytes: 256 << 20,
        deprecation_blocks: 201_600,
        deposit_per_byte: "100000000000".to_owned(),
        rent_per_mib_block: "1000000000000".to_owned(),
        max_rent_blocks: 5_256_000,
        max_resident_bytes: 1 << 30,
    }
}

pub(crate) fn params(ctx: &mut Ctx<'_>) -> Result<Params> {
    PARAMS.get(ctx)?.ok_or_else(|| sdk::invalid_request("modelregistry has no params: the chain has no genesis yet"))
}

/// Checks params that governance sets.
///
/// # Errors
/// SDK 18.
pub(crate) fn check(p: &Params) -> Result<()> {
    let bad = |what: String| Err(sdk::invalid_request(format!("modelregistry params: {what}")));
    if p.max_chunk_bytes == 0 || !(p.max_chunk_bytes..=MOST_MODEL_BYTES).contains(&p.max_model_bytes) {
        return bad(format!("max_model_bytes must be from max_chunk_bytes, above 0, to {MOST_MODEL_BYTES}"));
    }
    if p.max_rent_blocks == 0 {
        return bad("max_rent_blocks must be above 0".to_owned());
    }
    for (name, amount) in [("deposit_per_byte", &p.deposit_per_byte), ("rent_per_mib_block", &p.rent_per_mib_block)] {
        if let Err(e) = coin::amount(amount) {
            return bad(format!("{name}: {e}"));
        }
    }
    Ok(())
}
