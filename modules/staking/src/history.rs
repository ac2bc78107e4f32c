//! Headers of recent blocks with their validators, which IBC counterparties ask for.

use synergy_kernel::{Ctx, Result};
use synergy_proto::cosmos::staking::v1beta1::{HistoricalInfo, Validator as Proto};
use synergy_proto::tendermint::types::Header;

use crate::{
    clock,
    params::rules,
    set::last_set,
    state::{self, HISTORY},
};

/// Keeps this block's header and the set that the last block left, and forgets what is older
/// than `historical_entries` blocks.
pub(crate) fn track(ctx: &mut Ctx<'_>) -> Result<()> {
    let keep = rules(ctx)?.historical_entries;
    let oldest = ctx.block.height.saturating_sub(keep);
    let mut old = Vec::new();
    HISTORY.for_each(ctx, (), |height, _| {
        let outdated = height <= oldest;
        if outdated {
            old.push(height);
        }
        Ok(outdated)
    })?;
    for height in old {
        HISTORY.remove(ctx, height)?;
    }
    if keep == 0 {
        return Ok(());
    }
    let info = HistoricalInfo { header: Some(this_header(ctx)), valset: strongest_first(ctx)? };
    HISTORY.set(ctx, ctx.block.height, &info)
}

/// The kept header of a block: chain id, height, time, proposer and what came before it.
pub fn header(ctx: &mut Ctx<'_>, height: u64) -> Result<Option<Header>> {
    Ok(HISTORY.get(ctx, height)?.and_then(|info| info.header))
}

fn this_header(ctx: &Ctx<'_>) -> Header {
    Header {
        chain_id: ctx.block.chain_id.clone(),
        height: i64::try_from(ctx.block.height).unwrap_or(i64::MAX),
        time: Some(clock::now(ctx)),
        next_validators_hash: ctx.block.next_validators_hash.clone(),
        app_hash: ctx.block.app_hash.clone(),
        proposer_address: ctx.block.proposer.clone(),
        ..Header::default()
    }
}

/// In the order in which CometBFT has them.
fn strongest_first(ctx: &mut Ctx<'_>) -> Result<Vec<Proto>> {
    let mut set = Vec::new();
    for (operator, power) in last_set(ctx)? {
        let v = state::existing(ctx, &operator)?;
        set.push((std::cmp::Reverse(power), v.consensus_address()?, v.to_proto()));
    }
    set.sort_by_key(|(power, address, _)| (*power, *address));
    Ok(set.into_iter().map(|(_, _, proto)| proto).collect())
}
