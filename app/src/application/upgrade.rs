//! Before a block: is it this program that has to execute it?

use std::{fs, io, path::Path};

use synergy_abci::Fault;
use synergy_kernel::{Block, Ctx, Gas, State};

use super::{App, fault};
use crate::upgrades::{Verdict, info_json, needed};

impl App {
    /// Makes the upgrade of this height, or ends the process without having executed
    /// anything: the block is then executed by the right program after a restart.
    pub(super) fn upgrade(&self, state: &mut State, block: &Block) -> Result<(), Fault> {
        let mut gas = Gas::unlimited();
        let mut ctx = Ctx::new(state, block, &mut gas).with_routes(&self.chain.routes);
        let text = match self.chain.upgrade(&mut ctx, &self.config.unsafe_skip_upgrades) {
            Ok(Verdict::GoOn) => return Ok(()),
            Ok(Verdict::Wrong(text)) => text,
            Ok(Verdict::Needed(plan)) => {
                if let Some(path) = &self.upgrade_info {
                    write(path, &info_json(&plan)).map_err(|e| fault(&path.display().to_string(), e))?;
                }
                needed(&plan)
            }
            Err(error) => return Err(fault("upgrade", error)),
        };
        tracing::error!("{text}");
        Err(Fault(text))
    }
}

/// Written beside and renamed: cosmovisor, which looks at any time, reads all or nothing.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("json.new");
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}
