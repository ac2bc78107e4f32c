//! `synergyd query feegrant`.

use clap::Subcommand;
use prost::Message;
use synergy_proto::cosmos::feegrant::v1beta1::{
    QueryAllowanceRequest, QueryAllowancesByGranterRequest, QueryAllowancesRequest,
};

use super::{Page, ask};
use crate::cli::{
    context::Context,
    error::Result,
    schema::{Schema, pos as schema},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Feegrant {
    /// The allowance of one account for another
    Grant {
        /// Address, or name of a key
        granter: String,
        /// Address, or name of a key
        grantee: String,
    },
    /// Allowances that an account may use
    GrantsByGrantee {
        /// Address, or name of a key
        grantee: String,
        #[command(flatten)]
        page: Page,
    },
    /// Allowances that an account has given
    GrantsByGranter {
        /// Address, or name of a key
        granter: String,
        #[command(flatten)]
        page: Page,
    },
}

pub(super) fn run(context: &Context, height: u64, command: Feegrant) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/cosmos.feegrant.v1beta1.Query/{method}"), &request, schema)
    };
    match command {
        Feegrant::Grant { granter, grantee } => {
            let (granter, grantee) = (context.address(&granter)?.to_string(), context.address(&grantee)?.to_string());
            let request = QueryAllowanceRequest { granter, grantee };
            ask("Allowance", request.encode_to_vec(), &schema::ALLOWANCE_RESPONSE)
        }
        Feegrant::GrantsByGrantee { grantee, page } => {
            let grantee = context.address(&grantee)?.to_string();
            let request = QueryAllowancesRequest { grantee, pagination: page.request()? };
            ask("Allowances", request.encode_to_vec(), &schema::ALLOWANCES_RESPONSE)
        }
        Feegrant::GrantsByGranter { granter, page } => {
            let granter = context.address(&granter)?.to_string();
            let request = QueryAllowancesByGranterRequest { granter, pagination: page.request()? };
            ask("AllowancesByGranter", request.encode_to_vec(), &schema::ALLOWANCES_RESPONSE)
        }
    }
}
