//! What is stored. A contract's own entries lie under wasmd's key, byte 3, the
//! address and the contract's key, with its value as it is; so proofs of them read
//! as on other chains.

use synergy_kernel::{Ctx, Hash, Item, Map, Order, Page, Result, sdk};
use synergy_proto::{
    Address,
    cosmwasm::{AbsoluteTxPosition, CodeInfo, ContractCodeHistoryEntry, ContractInfo, Model},
    ibc::core::channel::v1::Packet,
};

use crate::{STORE, error};

/// Tag of the contracts' own entries.
const ENTRIES: u8 = 3;

pub(crate) const NEXT_CODE: Item<u64> = Item::new(STORE, 2);
pub(crate) const NEXT_INSTANCE: Item<u64> = Item::new(STORE, 4);
/// Place of the last creation or migration, which orders those of one block.
const LAST: Item<AbsoluteTxPosition> = Item::new(STORE, 5);
pub(crate) const CODES: Map<u64, Code> = Map::new(STORE, 6);
pub(crate) const CONTRACTS: Map<&Address, ContractInfo> = Map::new(STORE, 7);
/// By contract and number, from 1.
pub(crate) const HISTORY: Map<(&Address, u64), ContractCodeHistoryEntry> = Map::new(STORE, 8);
pub(crate) const BY_CODE: Map<(u64, (Position, Address)), ()> = Map::new(STORE, 9);
pub(crate) const BY_CREATOR: Map<(Address, (Position, Address)), ()> = Map::new(STORE, 10);
pub(crate) const PINNED: Map<u64, ()> = Map::new(STORE, 11);
/// Packets that contracts will acknowledge later, by contract, its channel and number.
pub(crate) const UNACKNOWLEDGED: Map<(&Address, (&str, u64)), Packet> = Map::new(STORE, 15);

/// Block height and number within the block.
pub(crate) type Position = (u64, u64);

/// A code as it is stored.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Code {
    /// Checksum, creator and who may instantiate.
    #[prost(message, required, tag = "1")]
    pub(crate) info: CodeInfo,
    /// Bytes of WebAssembly.
    #[prost(uint64, tag = "2")]
    pub(crate) size: u64,
    /// Its section `cw_migrate_version`.
    #[prost(uint64, optional, tag = "3")]
    pub(crate) migrate_version: Option<u64>,
    /// Whether it has the entry points of an IBC application.
    #[prost(bool, tag = "4")]
    pub(crate) ibc: bool,
}

impl Code {
    /// SHA-256 of the WebAssembly.
    pub(crate) fn checksum(&self) -> Hash {
        match self.info.code_hash.as_slice().try_into() {
            Ok(hash) => hash,
            Err(_) => synergy_store::fatal("a stored code has no checksum of 32 bytes"),
        }
    }
}

/// Checksums of all codes, under which their bytes lie as blobs.
pub(crate) fn checksums(ctx: &mut Ctx<'_>) -> Result<Vec<Hash>> {
    let mut all = Vec::new();
    CODES.for_each(ctx, (), |_, code| {
        all.push(code.checksum());
        Ok(true)
    })?;
    Ok(all)
}

/// Ids of the pinned codes.
pub(crate) fn pinned(ctx: &mut Ctx<'_>) -> Result<Vec<u64>> {
    let mut all = Vec::new();
    PINNED.for_each(ctx, (), |id, ()| {
        all.push(id);
        Ok(true)
    })?;
    Ok(all)
}

/// The code of an id.
pub(crate) fn code(ctx: &mut Ctx<'_>, id: u64) -> Result<Code> {
    CODES.get(ctx, id)?.ok_or_else(|| error::no_such_code(id))
}

/// A contract and its code.
pub(crate) fn contract(ctx: &mut Ctx<'_>, address: &Address) -> Result<(ContractInfo, Code)> {
    let info = CONTRACTS.get(ctx, address)?.ok_or_else(|| error::no_such_contract(&address.to_string()))?;
    let code = code(ctx, info.code_id)?;
    Ok((info, code))
}

/// Counts an id up, from 1.
pub(crate) fn next(ctx: &mut Ctx<'_>, counter: &Item<u64>) -> Result<u64> {
    let id = counter.get(ctx)?.unwrap_or(1);
    counter.set(ctx, &id.checked_add(1).ok_or_else(|| sdk::overflow("id"))?)?;
    Ok(id)
}

/// The next place in the order of creations and migrations.
pub(crate) fn position(ctx: &mut Ctx<'_>) -> Result<AbsoluteTxPosition> {
    let block_height = ctx.block.height;
    let tx_index = match LAST.get(ctx)? {
        Some(last) if last.block_height == block_height => last.tx_index.saturating_add(1),
        _ => 0,
    };
    let position = AbsoluteTxPosition { block_height, tx_index };
    LAST.set(ctx, &position)?;
    Ok(position)
}

/// The place of a history entry as a key.
pub(crate) fn key(entry: &ContractCodeHistoryEntry) -> Position {
    entry.updated.as_ref().map_or((0, 0), |at| (at.block_height, at.tx_index))
}

/// The last entry of a contract's history, with its number.
pub(crate) fn last_entry(ctx: &mut Ctx<'_>, contract: &Address) -> Result<Option<(u64, ContractCodeHistoryEntry)>> {
    let page = Page { limit: 1, reverse: true, ..Page::default() };
    let (entries, _) = HISTORY.page(ctx, contract, &page)?;
    Ok(entries.into_iter().next().map(|((_, number), entry)| (number, entry)))
}

/// Adds to a contract's history and indexes it by its code.
pub(crate) fn add_entry(ctx: &mut Ctx<'_>, contract: &Address, entry: &ContractCodeHistoryEntry) -> Result<()> {
    let number = match last_entry(ctx, contract)? {
        Some((number, last)) => {
            BY_CODE.remove(ctx, (last.code_id, (key(&last), *contract)))?;
            number.checked_add(1).ok_or_else(|| sdk::overflow("history"))?
        }
        None => 1,
    };
    HISTORY.set(ctx, (contract, number), entry)?;
    BY_CODE.set(ctx, (entry.code_id, (key(entry), *contract)), &())
}

/// The full name of a contract's entry within the store.
pub(crate) fn entry_key(contract: &Address, key: &[u8]) -> Vec<u8> {
    [&[ENTRIES], contract.as_bytes(), key].concat()
}

/// The first name after all of a contract's.
pub(crate) fn entries_end(contract: &Address) -> Vec<u8> {
    let mut end = entry_key(contract, &[]);
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

/// Length of the names' part before a contract's own key.
pub(crate) const ENTRY_PREFIX: usize = 33;

/// A page of a contract's entries: from `start`, at most `limit`, and where the
/// next page starts.
pub(crate) fn entries(
    ctx: &mut Ctx<'_>,
    contract: &Address,
    start: &[u8],
    reverse: bool,
    limit: usize,
) -> Result<(Vec<Model>, Vec<u8>)> {
    let (mut from, mut to) = (entry_key(contract, &[]), entries_end(contract));
    if reverse && !start.is_empty() {
        // The page's first key is included, the range's end is not.
        to = [entry_key(contract, start), vec![0]].concat();
    } else {
        from = entry_key(contract, start);
    }
    let order = if reverse { Order::Descending } else { Order::Ascending };
    let (mut models, mut next) = (Vec::new(), Vec::new());
    ctx.scan(STORE, &from, &to, order, |key, value| {
        let key = key.get(ENTRY_PREFIX..).unwrap_or_default().to_vec();
        if models.len() == limit {
            next = key;
            return Ok(false);
        }
        models.push(Model { key, value });
        Ok(true)
    })?;
    Ok((models, next))
}
