//! Tensor data kept by hash for a while. Every byte is backed by a deposit, which its
//! owner gets back when the blob is removed: by the owner, or at the end of its time.

use std::ops::Range;

use synergy_kernel::{Ctx, Hash, Map, Queue, Result, sdk};
use synergy_proto::{
    Address, Denom, coin,
    synergy::aivm::{Blob, MsgUploadBlob, MsgUploadBlobResponse},
};
use synergy_store::{fatal, sha256};

use crate::{ACCOUNT, STORE, error, params::params};

/// Blobs by owner and hash.
pub(crate) const BLOBS: Map<(&Address, &Hash), Blob> = Map::new(STORE, 6);
/// Owners of complete blobs by hash.
const COMPLETE: Map<(&Hash, &Address), ()> = Map::new(STORE, 7);
/// Chunks by blob and index.
const CHUNKS: Map<((&Address, &Hash), u64), Vec<u8>> = Map::new(STORE, 8);
const EXPIRY: Queue<(&Address, &Hash)> = Queue::new(STORE, 9, 10);

/// Most chunks of a blob, so that removing one is bounded work.
const MAX_CHUNKS: u64 = 256;
/// Most blobs removed at the end of a block; what is left over comes with the next.
const MAX_EXPIRED: usize = 64;
/// Gas of hashing a byte: ten nanoseconds are a bound without help of the CPU.
const HASHED_BYTE: u64 = 1;

/// The account that holds the deposits.
pub(crate) fn account() -> Address {
    Address::module(ACCOUNT)
}

fn coins(amount: u128) -> Vec<(Denom, u128)> {
    let denom: std::result::Result<Denom, _> = coin::BASE_DENOM.parse();
    let denom = denom.unwrap_or_else(|e| fatal(format_args!("the base denom is no denom: {e}")));
    if amount > 0 { vec![(denom, amount)] } else { Vec::new() }
}

pub(crate) fn deposit_of(blob: &Blob) -> u128 {
    coin::amount(&blob.deposit)
        .unwrap_or_else(|e| fatal(format_args!("blob {}: stored deposit: {e}", hex::encode(&blob.hash))))
}

fn until(ctx: &mut Ctx<'_>, blocks: u64) -> Result<u64> {
    let most = params(ctx)?.max_blob_blocks;
    if blocks == 0 || blocks > most {
        return Err(error::over_limit("blocks", blocks, most));
    }
    Ok(ctx.block.height.saturating_add(blocks))
}

fn signed(height: u64) -> Result<i64> {
    i64::try_from(height).map_err(|_| sdk::overflow("block height"))
}

fn expires(blob: &Blob) -> u64 {
    u64::try_from(blob.expires_height).unwrap_or(0)
}

/// Adds a chunk, opening the blob with the first one that comes.
///
/// # Errors
/// Codes 10 to 13; SDK 5 when the deposit cannot be paid.
pub(crate) fn upload(
    ctx: &mut Ctx<'_>,
    owner: &Address,
    hash: &Hash,
    m: &MsgUploadBlob,
) -> Result<MsgUploadBlobResponse> {
    let mut blob = match BLOBS.get(ctx, (owner, hash))? {
        Some(blob) => blob,
        None => open(ctx, owner, hash, m)?,
    };
    let chunk_bytes = if m.chunk_bytes == 0 { m.size } else { m.chunk_bytes };
    if (blob.size, blob.chunk_bytes) != (m.size, chunk_bytes) {
        return Err(error::other_upload(blob.size, blob.chunk_bytes));
    }
    let index = u64::from(m.index);
    let start = index.saturating_mul(chunk_bytes);
    let expected = blob.size.saturating_sub(start).min(chunk_bytes);
    if expected == 0 || m.data.len() as u64 != expected {
        return Err(error::bad_chunk(&format!("chunk {index} has {expected} bytes, got {}", m.data.len())));
    }
    if CHUNKS.has(ctx, ((owner, hash), index))? {
        return Err(error::bad_chunk(&format!("chunk {index} is there already")));
    }
    CHUNKS.set(ctx, ((owner, hash), index), &m.data)?;
    blob.uploaded = blob.uploaded.saturating_add(expected);
    BLOBS.set(ctx, (owner, hash), &blob)?;
    let complete = blob.uploaded == blob.size;
    if complete {
        ctx.gas.consume(HASHED_BYTE.saturating_mul(blob.size), "HashBlob")?;
        let found = match blob.size == expected {
            true => sha256(&m.data),
            false => sha256(&read(ctx, owner, hash, &blob)?),
        };
        if found != *hash {
            return Err(error::wrong_hash(hash, &found));
        }
        finish(ctx, owner, hash)?;
    }
    Ok(MsgUploadBlobResponse { complete, expires_height: blob.expires_height })
}

fn open(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash, m: &MsgUploadBlob) -> Result<Blob> {
    let params = params(ctx)?;
    if m.size == 0 || m.size > params.max_blob_bytes {
        return Err(error::over_limit("size", m.size, params.max_blob_bytes));
    }
    let chunk_bytes = if m.chunk_bytes == 0 { m.size } else { m.chunk_bytes };
    if chunk_bytes > params.max_blob_chunk_bytes {
        return Err(error::over_limit("chunk_bytes", chunk_bytes, params.max_blob_chunk_bytes));
    }
    let chunks = m.size.div_ceil(chunk_bytes);
    if chunks > MAX_CHUNKS {
        return Err(error::over_limit("number of chunks", chunks, MAX_CHUNKS));
    }
    let until = until(ctx, m.blocks)?;
    let price = coin::amount(&params.blob_deposit_per_byte).map_err(|e| sdk::invalid_request(e.to_string()))?;
    let deposit = price.checked_mul(m.size.into()).ok_or_else(|| sdk::overflow("deposit of a blob"))?;
    if deposit > 0 {
        synergy_bank::transfer(ctx, owner, &account(), &coins(deposit))?;
    }
    let due = EXPIRY.add(ctx, until, (owner, hash))?;
    Ok(Blob {
        owner: owner.to_string(),
        hash: hash.to_vec(),
        size: m.size,
        chunk_bytes,
        uploaded: 0,
        deposit: deposit.to_string(),
        expires_height: signed(due)?,
    })
}

fn finish(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash) -> Result<()> {
    COMPLETE.set(ctx, (hash, owner), &())?;
    ctx.emit("store_blob", &[("hash", &hex::encode(hash)), ("owner", &owner.to_string())]);
    Ok(())
}

/// Keeps data as a complete blob of `owner` for `blocks` blocks and returns its hash.
/// One that the owner has already is kept for longer instead.
///
/// # Errors
/// Code 11 beyond the limits; SDK 5 when the deposit cannot be paid.
pub fn put(ctx: &mut Ctx<'_>, owner: &Address, data: &[u8], blocks: u64) -> Result<Hash> {
    ctx.gas.consume(HASHED_BYTE.saturating_mul(data.len() as u64), "HashBlob")?;
    let hash = sha256(data);
    if COMPLETE.has(ctx, (&hash, owner))? {
        extend(ctx, owner, &hash, blocks)?;
        return Ok(hash);
    }
    if BLOBS.has(ctx, (owner, &hash))? {
        remove(ctx, owner, &hash)?;
    }
    let most = params(ctx)?.max_blob_chunk_bytes.max(1);
    let size = data.len() as u64;
    let m = MsgUploadBlob { size, chunk_bytes: most.min(size), blocks, ..MsgUploadBlob::default() };
    let mut blob = open(ctx, owner, &hash, &m)?;
    for (chunk, index) in data.chunks(position(m.chunk_bytes)).zip(0_u64..) {
        CHUNKS.set(ctx, ((owner, &hash), index), &chunk.to_vec())?;
    }
    blob.uploaded = size;
    BLOBS.set(ctx, (owner, &hash), &blob)?;
    finish(ctx, owner, &hash)?;
    Ok(hash)
}

/// The data of a complete blob, whoever owns it.
///
/// # Errors
/// Code 9 when nobody keeps it.
pub fn data(ctx: &mut Ctx<'_>, hash: &Hash) -> Result<Vec<u8>> {
    let (owner, blob) = complete(ctx, hash)?;
    read(ctx, &owner, hash, &blob)
}

/// At most `length` bytes of a complete blob from `offset` on, fewer at its end, and its
/// size. Only the chunks with these bytes are read.
///
/// # Errors
/// Code 9 when nobody keeps it, 11 for a length above `max_inline_output_bytes`.
pub fn slice(ctx: &mut Ctx<'_>, hash: &Hash, offset: u64, length: u64) -> Result<(Vec<u8>, u64)> {
    let most = params(ctx)?.max_inline_output_bytes;
    if length == 0 || length > most {
        return Err(error::over_limit("length", length, most));
    }
    let (owner, blob) = complete(ctx, hash)?;
    let (start, end) = (offset.min(blob.size), offset.saturating_add(length).min(blob.size));
    let chunk_bytes = blob.chunk_bytes.max(1);
    let first = start.div_euclid(chunk_bytes);
    let read = read_chunks(ctx, &owner, hash, first..end.div_ceil(chunk_bytes))?;
    let skip = start.saturating_sub(first.saturating_mul(chunk_bytes));
    let wanted = read.into_iter().skip(position(skip)).take(position(end.saturating_sub(start)));
    Ok((wanted.collect(), blob.size))
}

/// A position within data in memory.
fn position(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The first owner of a complete blob.
fn complete(ctx: &mut Ctx<'_>, hash: &Hash) -> Result<(Address, Blob)> {
    let mut owner = None;
    COMPLETE.for_each(ctx, hash, |(_, first), ()| {
        owner = Some(first);
        Ok(false)
    })?;
    let owner = owner.ok_or_else(|| error::no_blob(hash))?;
    let blob = get(ctx, &owner, hash)?;
    Ok((owner, blob))
}

pub(crate) fn get(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash) -> Result<Blob> {
    BLOBS.get(ctx, (owner, hash))?.ok_or_else(|| error::no_blob(hash))
}

fn read(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash, blob: &Blob) -> Result<Vec<u8>> {
    read_chunks(ctx, owner, hash, 0..chunks(blob))
}

fn read_chunks(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash, indices: Range<u64>) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    for index in indices {
        match CHUNKS.get(ctx, ((owner, hash), index))? {
            Some(chunk) => data.extend_from_slice(&chunk),
            None => fatal(format_args!("chunk {index} of blob {} of {owner} is missing", hex::encode(hash))),
        }
    }
    Ok(data)
}

fn chunks(blob: &Blob) -> u64 {
    blob.size.div_ceil(blob.chunk_bytes.max(1))
}

/// Indices of the chunks that a blob still lacks.
pub(crate) fn missing(ctx: &mut Ctx<'_>, owner: &Address, blob: &Blob) -> Result<Vec<u32>> {
    let hash = crate::msgs::hash(&blob.hash)?;
    let mut missing = Vec::new();
    for index in 0..chunks(blob) {
        if blob.uploaded < blob.size && !CHUNKS.has(ctx, ((owner, &hash), index))? {
            missing.push(u32::try_from(index).unwrap_or(u32::MAX));
        }
    }
    Ok(missing)
}

/// Keeps a blob for `blocks` from now if that is longer, and returns when it expires.
pub(crate) fn extend(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash, blocks: u64) -> Result<i64> {
    let mut blob = get(ctx, owner, hash)?;
    let until = until(ctx, blocks)?;
    if until > expires(&blob) {
        EXPIRY.remove(ctx, expires(&blob), (owner, hash))?;
        blob.expires_height = signed(EXPIRY.add(ctx, until, (owner, hash))?)?;
        BLOBS.set(ctx, (owner, hash), &blob)?;
    }
    Ok(blob.expires_height)
}

/// Removes a blob and returns its deposit.
pub(crate) fn remove(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash) -> Result<()> {
    let blob = get(ctx, owner, hash)?;
    EXPIRY.remove(ctx, expires(&blob), (owner, hash))?;
    discard(ctx, owner, hash, &blob)
}

fn discard(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash, blob: &Blob) -> Result<()> {
    for index in 0..chunks(blob) {
        CHUNKS.remove(ctx, ((owner, hash), index))?;
    }
    COMPLETE.remove(ctx, (hash, owner))?;
    BLOBS.remove(ctx, (owner, hash))?;
    let deposit = deposit_of(blob);
    if deposit > 0 {
        synergy_bank::transfer(ctx, &account(), owner, &coins(deposit))?;
    }
    let (hash, deposit) = (hex::encode(hash), deposit.to_string());
    ctx.emit("remove_blob", &[("hash", &hash), ("owner", &owner.to_string()), ("deposit", &deposit)]);
    Ok(())
}

/// Removes blobs whose time is over, earliest first.
pub(crate) fn expire(ctx: &mut Ctx<'_>) -> Result<()> {
    for (owner, hash) in EXPIRY.take(ctx, MAX_EXPIRED)? {
        let blob = get(ctx, &owner, &hash)?;
        discard(ctx, &owner, &hash, &blob)?;
    }
    Ok(())
}

/// Writes a blob of a genesis file; the deposit is in the account already.
pub(crate) fn import(ctx: &mut Ctx<'_>, owner: &Address, blob: &mut Blob, chunks: &[(u64, Vec<u8>)]) -> Result<()> {
    let hash = crate::msgs::hash(&blob.hash)?;
    blob.expires_height = signed(EXPIRY.add(ctx, expires(blob), (owner, &hash))?)?;
    for (index, chunk) in chunks {
        CHUNKS.set(ctx, ((owner, &hash), *index), chunk)?;
    }
    if blob.uploaded == blob.size {
        COMPLETE.set(ctx, (&hash, owner), &())?;
    }
    BLOBS.set(ctx, (owner, &hash), blob)
}

/// The chunks of a blob that are there.
pub(crate) fn chunks_of(ctx: &mut Ctx<'_>, owner: &Address, hash: &Hash) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut all = Vec::new();
    CHUNKS.for_each(ctx, (owner, hash), |(_, index), chunk| {
        all.push((index, chunk));
        Ok(true)
    })?;
    Ok(all)
}

/// All blobs with their owners.
pub(crate) fn all(ctx: &mut Ctx<'_>) -> Result<Vec<(Address, Hash, Blob)>> {
    let mut all = Vec::new();
    BLOBS.for_each(ctx, (), |(owner, hash), blob| {
        all.push((owner, hash, blob));
        Ok(true)
    })?;
    Ok(all)
}

/// The account holds the deposits; a blob has the bytes it says, and stands in the queue
/// once; a complete one can be found, no other can.
pub(crate) fn check_invariants(ctx: &mut Ctx<'_>) -> Result<()> {
    let blobs = all(ctx)?;
    let sum = blobs.iter().try_fold(0_u128, |sum, (_, _, blob)| sum.checked_add(deposit_of(blob)));
    let has = synergy_bank::balances(ctx, &account())?;
    if sum.map(coins).as_ref() != Some(&has) {
        return Err(error::broken(&format!("blobs have {sum:?} of deposits, the account holds {has:?}")));
    }
    let (mut found, mut queued) = (0_usize, 0_usize);
    for (owner, hash, blob) in &blobs {
        let bytes: u64 = chunks_of(ctx, owner, hash)?.iter().map(|(_, chunk)| chunk.len() as u64).sum();
        let complete = COMPLETE.has(ctx, (hash, owner))?;
        if bytes != blob.uploaded || complete != (blob.uploaded == blob.size) {
            return Err(error::broken(&format!("blob {} of {owner} has {bytes} bytes: {blob:?}", hex::encode(hash))));
        }
        if !EXPIRY.has(ctx, expires(blob), (owner, hash))? {
            return Err(error::broken(&format!("blob {} of {owner} never expires", hex::encode(hash))));
        }
        found = found.saturating_add(usize::from(complete));
    }
    COMPLETE.for_each(ctx, (), |_, ()| {
        queued = queued.saturating_add(1);
        Ok(true)
    })?;
    match found == queued {
        true => Ok(()),
        false => Err(error::broken(&format!("{found} complete blobs, {queued} in the index"))),
    }
}
