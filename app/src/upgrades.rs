//! What the program does at the height of an upgrade: stop, or migrate.
//!
//! The rules are those of the Cosmos SDK's `x/upgrade` `PreBlocker`, which cosmovisor
//! relies on, and one more: the versions of the modules' state must be the program's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{json, value::RawValue};
use synergy_kernel::{Ctx, Error, Module, Result};
use synergy_proto::cosmos::upgrade::v1beta1::Plan;

use crate::Chain;

/// Upgrades of `synergyd`, the first one first. None is ever taken out: the last one
/// that a chain has made tells an older program that it is too old.
pub const HANDLERS: &[Handler] = &[];

/// An upgrade. Modules migrate first, in their order, then `run`.
#[derive(Clone, Copy)]
pub struct Handler {
    /// Name in the plan.
    pub name: &'static str,
    /// Genesis sections of the modules that the upgrade brings: name and JSON.
    pub sections: &'static [(&'static str, &'static str)],
    /// What is to be done beside the modules' migrations.
    pub run: fn(&mut Ctx<'_>) -> Result<()>,
}

/// What is to be done before a block.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// Nothing, or it is done.
    GoOn,
    /// To stop, because another program has to execute the block.
    Needed(Plan),
    /// To stop, because the program is not that of this height: what is wrong.
    Wrong(String),
}

impl Chain {
    /// The version of each module's state in this program, by the name of its store.
    pub(crate) fn versions(&self) -> BTreeMap<String, u64> {
        self.modules.iter().map(|m| (m.store().name.to_owned(), m.version())).collect()
    }

    fn handler(&self, name: &str) -> Option<&'static Handler> {
        self.upgrades.iter().find(|handler| handler.name == name)
    }

    /// Makes the upgrade that is due in this block, before any module begins it. At
    /// heights to `skip` the plan is dropped instead.
    ///
    /// # Errors
    /// What a migration fails with; the block cannot be executed.
    pub fn upgrade(&self, ctx: &mut Ctx<'_>, skip: &BTreeSet<u64>) -> Result<Verdict> {
        let height = ctx.block.height;
        let Some(plan) = synergy_upgrade::plan(ctx)? else { return self.check(ctx) };
        if height < u64::try_from(plan.height).unwrap_or(0) {
            return match self.handler(&plan.name) {
                Some(_) => Ok(Verdict::Wrong(format!(
                    "BINARY UPDATED BEFORE TRIGGER! UPGRADE \"{}\" - in binary but not executed on chain. \
                     Downgrade your binary: it is for height {}, the next one is {height}",
                    plan.name, plan.height
                ))),
                None => self.check(ctx),
            };
        }
        if skip.contains(&height) {
            tracing::info!("UPGRADE \"{}\" SKIPPED at {}: {}", plan.name, plan.height, plan.info);
            synergy_upgrade::clear(ctx)?;
            return self.check(ctx);
        }
        let Some(handler) = self.handler(&plan.name) else { return Ok(Verdict::Needed(plan)) };
        tracing::info!("applying upgrade \"{}\" at height: {}", plan.name, plan.height);
        self.migrate(ctx, handler)?;
        (handler.run)(ctx)?;
        synergy_upgrade::complete(ctx, &plan)?;
        Ok(Verdict::GoOn)
    }

    /// Whether this program is the one that the state was made with.
    fn check(&self, ctx: &mut Ctx<'_>) -> Result<Verdict> {
        if let Some(last) = synergy_upgrade::last_applied(ctx)?
            && self.handler(&last).is_none()
        {
            return Ok(Verdict::Wrong(format!(
                "wrong app version, upgrade handler is missing for {last} upgrade plan: this program is older than \
                 the state, start the one of that upgrade"
            )));
        }
        let (found, mine) = (synergy_upgrade::versions(ctx)?, self.versions());
        let differs = mine.keys().chain(found.keys()).find(|name| mine.get(*name) != found.get(*name));
        Ok(match differs {
            None => Verdict::GoOn,
            Some(name) => {
                let version = |of: &BTreeMap<String, u64>| of.get(name).map_or("none".to_owned(), u64::to_string);
                Verdict::Wrong(format!(
                    "module {name} has version {} in the state and {} in this program, and no upgrade is due: \
                     start the program that the last upgrade named",
                    version(&found),
                    version(&mine)
                ))
            }
        })
    }

    /// Takes the state of every module to this program's version, one version a step.
    fn migrate(&self, ctx: &mut Ctx<'_>, handler: &Handler) -> Result<()> {
        let found = synergy_upgrade::versions(ctx)?;
        for module in &self.modules {
            let name = module.store().name;
            match found.get(name) {
                Some(&version) if version > module.version() => {
                    return Err(failed(format!("module {name} has version {version}, which this program is behind")));
                }
                Some(&version) => (version..module.version()).try_for_each(|from| module.migrate(ctx, from))?,
                None => begin(ctx, handler, &**module)?,
            }
        }
        synergy_upgrade::set_versions(ctx, &self.versions())
    }
}

/// Gives a module that comes with the upgrade its first state.
fn begin(ctx: &mut Ctx<'_>, handler: &Handler, module: &dyn Module) -> Result<()> {
    let name = module.section();
    let Some((_, section)) = handler.sections.iter().find(|(section, _)| *section == name) else {
        return Err(failed(format!("upgrade {} has no section for its new module {name}", handler.name)));
    };
    let section: &RawValue = serde_json::from_str(section).map_err(|e| failed(format!("section {name}: {e}")))?;
    module.init_genesis(ctx, section)
}

fn failed(what: String) -> Error {
    Error::new("upgrade", 101, what)
}

/// The line that people and cosmovisor look for (the SDK's `BuildUpgradeNeededMsg`).
pub fn needed(plan: &Plan) -> String {
    format!("UPGRADE \"{}\" NEEDED at height: {}: {}", plan.name, plan.height, plan.info)
}

/// The content of `data/upgrade-info.json` as Go's encoder writes the SDK's `Plan`,
/// which cosmovisor decodes.
pub fn info_json(plan: &Plan) -> String {
    let mut info = json!({"name": plan.name, "time": "0001-01-01T00:00:00Z", "height": plan.height});
    if !plan.info.is_empty() {
        info["info"] = json!(plan.info);
    }
    info.to_string()
}
