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
    PLAN.set(ctx, (), plan)
}

/// Takes the plan away.
pub fn clear(ctx: &mut Ctx<'_>) -> Result<()> {
    PLAN.remove(ctx, ())
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
