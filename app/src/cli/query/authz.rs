//! `synergyd query authz`.

use clap::Subcommand;
use prost::Message;
use synergy_proto::cosmos::authz::v1beta1::{QueryGranteeGrantsRequest, QueryGranterGrantsRequest, QueryGrantsRequest};

use super::{Page, ask};
use crate::cli::{
    context::Context,
    error::Result,
    schema::{Schema, pos as schema},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Authz {
    /// What one account has granted another
    Grants {
        /// Address, or name of a key
        granter: String,
        /// Address, or name of a key
        grantee: String,
        /// Only for this type of message
        msg_type: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// What an account has granted
    GrantsByGranter {
        /// Address, or name of a key
        granter: String,
        #[command(flatten)]
        page: Page,
    },
    /// What an account was granted
    GrantsByGrantee {
        /// Address, or name of a key
        grantee: String,
        #[command(flatten)]
        page: Page,
    },
}

pub(super) fn run(context: &Context, height: u64, command: Authz) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/cosmos.authz.v1beta1.Query/{method}"), &request, schema)
    };
    match command {
        Authz::Grants { granter, grantee, msg_type, page } => {
            let request = QueryGrantsRequest {
                granter: context.address(&granter)?.to_string(),
                grantee: context.address(&grantee)?.to_string(),
                msg_type_url: msg_type.unwrap_or_default(),
                pagination: page.request()?,
            };
            ask("Grants", request.encode_to_vec(), &schema::GRANTS_RESPONSE)
        }
        Authz::GrantsByGranter { granter, page } => {
            let granter = context.address(&granter)?.to_string();
            let request = QueryGranterGrantsRequest { granter, pagination: page.request()? };
            ask("GranterGrants", request.encode_to_vec(), &schema::GRANTS_OF_RESPONSE)
        }
        Authz::GrantsByGrantee { grantee, page } => {
            let grantee = context.address(&grantee)?.to_string();
            let request = QueryGranteeGrantsRequest { grantee, pagination: page.request()? };
            ask("GranteeGrants", request.encode_to_vec(), &schema::GRANTS_OF_RESPONSE)
        }
    }
}
