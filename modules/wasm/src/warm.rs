//! Codes that every node has in memory because they were used lately.
//!
//! Which these are is state, and not what a node happens to have: so the load of a
//! code is charged on all nodes alike, and to its first user after a pause only, not
//! to one in every block.

use synergy_kernel::{Ctx, Item, Map, Page, Result};

use crate::{
    STORE, gas,
    state::{self, Code},
};

/// Height at which a code was last noted to be used, by its id.
const USED: Map<u64, u64> = Map::new(STORE, 12);
/// The same in the order in which codes go.
const BY_USE: Map<(u64, u64), ()> = Map::new(STORE, 13);
/// Sum of the weights.
const WEIGHT: Item<u64> = Item::new(STORE, 14);

/// Most weight of all, in bytes of WebAssembly: machine code of compiled Rust is 17 to 20
/// times larger, and a node keeps 512 MiB of it.
const MAX_WEIGHT: u64 = 24 << 20;
/// What a code weighs beside its bytes, so that small ones cannot be very many.
const BESIDE: u64 = 16 << 10;
/// Blocks after which a use is noted again.
const NOTED: u64 = 100;

fn weight(code: &Code) -> u64 {
    code.size.saturating_add(BESIDE)
}

/// Charges for a code's load unless it is in memory already, and has it stay there.
pub(crate) fn touch(ctx: &mut Ctx<'_>, id: u64, code: &Code) -> Result<()> {
    let height = ctx.block.height;
    match USED.get(ctx, id)? {
        Some(used) if height.saturating_sub(used) < NOTED => return Ok(()),
        Some(used) => BY_USE.remove(ctx, (used, id))?,
        None => {
            ctx.gas.consume(gas::LOAD_BYTE.saturating_mul(code.size), "Loading a contract's code")?;
            make_room(ctx, weight(code))?;
        }
    }
    BY_USE.set(ctx, (height, id), &())?;
    USED.set(ctx, id, &height)
}

/// Lets those go that were used the longest time ago.
fn make_room(ctx: &mut Ctx<'_>, new: u64) -> Result<()> {
    let mut sum = WEIGHT.get(ctx)?.unwrap_or(0).saturating_add(new);
    while sum > MAX_WEIGHT {
        let (oldest, _) = BY_USE.page(ctx, (), &Page { limit: 1, ..Page::default() })?;
        let Some(((used, id), ())) = oldest.into_iter().next() else { break };
        BY_USE.remove(ctx, (used, id))?;
        USED.remove(ctx, id)?;
        sum = sum.saturating_sub(weight(&state::code(ctx, id)?));
    }
    WEIGHT.set(ctx, &sum)
}

/// Ids of the codes that are in memory, those first that go first.
pub(crate) fn ids(ctx: &mut Ctx<'_>) -> Result<Vec<u64>> {
    let mut all = Vec::new();
    BY_USE.for_each(ctx, (), |(_, id), ()| {
        all.push(id);
        Ok(true)
    })?;
    Ok(all)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests may panic")]
mod tests {
    use synergy_kernel::{Block, Gas, State};
    use synergy_proto::cosmwasm::CodeInfo;
    use synergy_store::{Config, MemDb, Store};

    use super::*;
    use crate::state::CODES;

    /// Gas of touching a code at a height.
    fn touched(state: &mut State, height: u64, id: u64) -> u64 {
        let (block, mut gas) = (Block { height, ..Block::default() }, Gas::unlimited());
        let mut ctx = Ctx::new(state, &block, &mut gas);
        let code = state::code(&mut ctx, id).unwrap();
        let before = ctx.gas.used();
        touch(&mut ctx, id, &code).unwrap();
        ctx.gas.used() - before
    }

    #[test]
    fn a_load_is_paid_once_and_the_oldest_go_first() {
        const SIZE: u64 = 1 << 20;
        const LOAD: u64 = 40 * SIZE;
        let store = Store::open(Box::new(MemDb::default()), &[STORE], Config::default()).unwrap();
        let mut state = State::new(store.latest());
        let (block, mut gas) = (Block::default(), Gas::unlimited());
        let mut ctx = Ctx::new(&mut state, &block, &mut gas);
        for id in 1..=30 {
            let info = CodeInfo { code_hash: vec![id as u8; 32], ..CodeInfo::default() };
            CODES.set(&mut ctx, id, &Code { info, size: SIZE, migrate_version: None, ibc: false }).unwrap();
        }
        assert!(touched(&mut state, 5, 1) >= LOAD);
        for height in [5, 6, 104, 105, 300, 301] {
            assert!(touched(&mut state, height, 1) < 20_000, "height {height}");
        }
        // 23 of a MiB and what they weigh beside fit.
        for id in 2..=23 {
            assert!(touched(&mut state, 400 + id, id) >= LOAD);
        }
        assert!(touched(&mut state, 449, 1) < 20_000, "1 is used again");
        assert!(touched(&mut state, 450, 24) >= LOAD);
        assert!(touched(&mut state, 451, 1) < 20_000, "2 had to go, not 1");
        assert!(touched(&mut state, 452, 2) >= LOAD);
        let (block, mut gas) = (Block::default(), Gas::unlimited());
        let mut ctx = Ctx::new(&mut state, &block, &mut gas);
        let held = ids(&mut ctx).unwrap();
        assert_eq!((held.len(), held.contains(&3), held.contains(&2)), (23, false, true));
        assert_eq!(WEIGHT.get(&mut ctx).unwrap(), Some(23 * (SIZE + BESIDE)));
    }
}
