use std::collections::BTreeMap;

use synergy_kernel::{Ctx, Item, Map, Result};
use synergy_proto::cosmos::upgrade::v1beta1::Plan;

use crate::STORE;

const PLAN: Map<(), Plan> = Map::new(STORE, 1);
/// Height of an upgrade that was made, by name.
const APPLIED: Map<&str, u64> = Map::new(STORE, 2);
/// Name of the upgrade that was made last.
const LAST: Item<String> = Item::new(STORE, 3);
/// Version of a module's state, by the name of its store.
const VERSIONS: Map<&str, u64> = Map::new(STORE, 4);

/// The upgrade that is scheduled.
pub fn plan(ctx: &mut Ctx<'_>) -> Result<Option<Plan>> {
    PLAN.get(ctx, ())
}

pub(crate) fn set_plan(ctx: &mut Ctx<'_>, plan: &Plan) -> Result<()> {
    clear(ctx)?;
    PLAN.set(ctx, (), plan)
}

/// Takes the plan away, and what the chain committed to for its clients.
pub fn clear(ctx: &mut Ctx<'_>) -> Result<()> {
    if let Some(plan) = plan(ctx)? {
        for what in [CLIENT, CONSENSUS] {
            if upgraded(ctx, plan.height, what)?.is_some() {
                ctx.remove(STORE, &ibc_key(plan.height, what))?;
            }
        }
    }
    PLAN.remove(ctx, ())
}

/// What clients of this chain are to become with the upgrade at a height, under ibc-go's
/// keys and without a format byte: they are proven to other chains.
const CLIENT: &str = "upgradedClient";
const CONSENSUS: &str = "upgradedConsState";

fn ibc_key(height: i64, what: &str) -> Vec<u8> {
    format!("upgradedIBCState/{height}/{what}").into_bytes()
}

fn upgraded(ctx: &mut Ctx<'_>, height: i64, what: &str) -> Result<Option<Vec<u8>>> {
    ctx.get(STORE, &ibc_key(height, what))
}

/// The client state, an encoded `Any`, that this chain has after the upgrade at `height`.
pub fn upgraded_client(ctx: &mut Ctx<'_>, height: i64) -> Result<Option<Vec<u8>>> {
    upgraded(ctx, height, CLIENT)
}

/// Commits to the client state, an encoded `Any`, after the upgrade at `height`.
pub fn set_upgraded_client(ctx: &mut Ctx<'_>, height: i64, client: &[u8]) -> Result<()> {
    ctx.set(STORE, &ibc_key(height, CLIENT), client)
}

/// The consensus state, an encoded `Any`, with which clients go on after the upgrade.
pub fn upgraded_consensus(ctx: &mut Ctx<'_>, height: i64) -> Result<Option<Vec<u8>>> {
    upgraded(ctx, height, CONSENSUS)
}

/// Commits to the consensus state, an encoded `Any`, after the upgrade at `height`.
pub fn set_upgraded_consensus(ctx: &mut Ctx<'_>, height: i64, consensus: &[u8]) -> Result<()> {
    ctx.set(STORE, &ibc_key(height, CONSENSUS), consensus)
}

/// The height at which an upgrade was made; `None` if it was not.
pub fn applied(ctx: &mut Ctx<'_>, name: &str) -> Result<Option<u64>> {
    APPLIED.get(ctx, name)
}

/// Name of the upgrade that was made last.
pub fn last_applied(ctx: &mut Ctx<'_>) -> Result<Option<String>> {
    LAST.get(ctx)
}

/// Notes that the plan was carried out in this block, and takes it away.
pub fn complete(ctx: &mut Ctx<'_>, plan: &Plan) -> Result<()> {
    let height = ctx.block.height;
    APPLIED.set(ctx, &plan.name, &height)?;
    LAST.set(ctx, &plan.name)?;
    clear(ctx)
}

/// The version of each module's state, by the name of its store.
pub fn versions(ctx: &mut Ctx<'_>) -> Result<BTreeMap<String, u64>> {
    let mut versions = BTreeMap::new();
    VERSIONS.for_each(ctx, (), |name, version| {
        versions.insert(name, version);
        Ok(true)
    })?;
    Ok(versions)
}

/// The version of one module's state.
pub(crate) fn version(ctx: &mut Ctx<'_>, name: &str) -> Result<Option<u64>> {
    VERSIONS.get(ctx, name)
}

/// Replaces all versions.
pub fn set_versions(ctx: &mut Ctx<'_>, versions: &BTreeMap<String, u64>) -> Result<()> {
    for gone in self::versions(ctx)?.keys().filter(|name| !versions.contains_key(*name)) {
        VERSIONS.remove(ctx, gone)?;
    }
    versions.iter().try_for_each(|(name, version)| VERSIONS.set(ctx, name, version))
}
