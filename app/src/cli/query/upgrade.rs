//! `synergyd query upgrade`.

use clap::Subcommand;
use prost::Message;
use synergy_proto::cosmos::upgrade::v1beta1::{QueryAppliedPlanRequest, QueryModuleVersionsRequest};

use super::ask;
use crate::cli::{context::Context, error::Result, schema::upgrade as schema};

#[derive(Subcommand, Debug)]
pub(crate) enum Upgrade {
    /// The upgrade that is scheduled
    Plan,
    /// The height at which an upgrade was made; 0 if it was not
    Applied {
        /// Its name
        name: String,
    },
    /// Versions of the modules' state
    #[command(visible_alias = "module_versions")]
    ModuleVersions {
        /// Of one module only
        #[arg(default_value = "", hide_default_value = true)]
        name: String,
    },
    /// Who schedules upgrades
    Authority,
}

pub(super) fn run(context: &Context, height: u64, command: Upgrade) -> Result<()> {
    let (method, request, schema) = match command {
        Upgrade::Plan => ("CurrentPlan", Vec::new(), &schema::CURRENT_PLAN_RESPONSE),
        Upgrade::Applied { name } => {
            ("AppliedPlan", QueryAppliedPlanRequest { name }.encode_to_vec(), &schema::APPLIED_PLAN_RESPONSE)
        }
        Upgrade::ModuleVersions { name } => (
            "ModuleVersions",
            QueryModuleVersionsRequest { module_name: name }.encode_to_vec(),
            &schema::MODULE_VERSIONS_RESPONSE,
        ),
        Upgrade::Authority => ("Authority", Vec::new(), &schema::AUTHORITY_RESPONSE),
    };
    ask(context, height, &format!("/cosmos.upgrade.v1beta1.Query/{method}"), &request, schema)
}
