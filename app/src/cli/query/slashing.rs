//! `synergyd query slashing`.

use clap::Subcommand;
use prost::Message;
use serde_json::Value;
use synergy_proto::cosmos::slashing::v1beta1::{QuerySigningInfoRequest, QuerySigningInfosRequest};

use super::{Page, ask};
use crate::cli::{
    comet,
    context::Context,
    error::Result,
    schema::{Schema, pos as schema},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Slashing {
    /// How a validator has signed
    SigningInfo {
        /// synergyvalcons…, or its key as `comet show-validator` prints it
        validator: String,
    },
    /// How all validators have signed
    SigningInfos(Page),
    /// The rules
    Params,
}

pub(super) fn run(context: &Context, height: u64, command: Slashing) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>, schema: &Schema| {
        ask(context, height, &format!("/cosmos.slashing.v1beta1.Query/{method}"), &request, schema)
    };
    match command {
        Slashing::SigningInfo { validator } => {
            let request = QuerySigningInfoRequest { cons_address: consensus_address(&validator)? };
            ask("SigningInfo", request.encode_to_vec(), &schema::SIGNING_INFO_RESPONSE)
        }
        Slashing::SigningInfos(page) => {
            let request = QuerySigningInfosRequest { pagination: page.request()? };
            ask("SigningInfos", request.encode_to_vec(), &schema::SIGNING_INFOS_RESPONSE)
        }
        Slashing::Params => ask("Params", Vec::new(), &schema::SLASHING_PARAMS_RESPONSE),
    }
}

fn consensus_address(text: &str) -> Result<String> {
    if serde_json::from_str::<Value>(text).is_err() {
        return Ok(text.to_owned());
    }
    Ok(comet::parse_key(text)?.address().valcons())
}
