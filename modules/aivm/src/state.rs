use synergy_kernel::{Ctx, Item, Map, Queue, Result, sdk};
use synergy_proto::synergy::aivm::Record;

use crate::{STORE, params::params};

pub(crate) const NEXT_ID: Item<u64> = Item::new(STORE, 2);
pub(crate) const RECORDS: Map<u64, Record> = Map::new(STORE, 3);
/// Records by the last block in which they are kept.
const EXPIRY: Queue<u64> = Queue::new(STORE, 4, 5);

/// Most records removed at the end of a block. More inferences than this do not
/// fit into a block for long, so what is left over is made up for.
const MAX_EXPIRED: usize = 1_000;

/// Where a record lies within the store, for proofs.
pub fn record_key(id: u64) -> Vec<u8> {
    RECORDS.key(id)
}

/// Keeps a record under the next id, which it returns. Ids start at 1.
pub(crate) fn add(ctx: &mut Ctx<'_>, record: Record) -> Result<u64> {
    let id = next_id(ctx)?;
    NEXT_ID.set(ctx, &id.checked_add(1).ok_or_else(|| sdk::overflow("record id"))?)?;
    keep(ctx, &Record { id, ..record })?;
    Ok(id)
}

pub(crate) fn next_id(ctx: &mut Ctx<'_>) -> Result<u64> {
    Ok(NEXT_ID.get(ctx)?.unwrap_or(1))
}

/// Writes a record and when it expires.
pub(crate) fn keep(ctx: &mut Ctx<'_>, record: &Record) -> Result<()> {
    let height = u64::try_from(record.height).map_err(|_| sdk::invalid_request("a record's height is negative"))?;
    let last = height.saturating_add(params(ctx)?.record_blocks);
    EXPIRY.add(ctx, last, record.id)?;
    RECORDS.set(ctx, record.id, record)
}

/// Removes records that were kept for long enough, oldest first.
pub(crate) fn expire(ctx: &mut Ctx<'_>) -> Result<()> {
    EXPIRY.take(ctx, MAX_EXPIRED)?.into_iter().try_for_each(|id| RECORDS.remove(ctx, id))
}
