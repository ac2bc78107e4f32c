//! `synergyd tx auth`.

use clap::Subcommand;
use synergy_proto::{pack, synergy::auth::MsgPublishKemKey};

use super::{Session, TxFlags};
use crate::cli::{context::Context, error::Result};

#[derive(Subcommand, Debug)]
pub(crate) enum Auth {
    /// Tell the chain your KEM key, so that others can seal payloads to you
    PublishKemKey {
        /// Take the published key back instead
        #[arg(long)]
        remove: bool,
    },
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Auth) -> Result<()> {
    let Auth::PublishKemKey { remove } = command;
    let mut session = Session::open(context, flags, None)?;
    let kem_key = if remove { Vec::new() } else { session.kem_key()?.as_bytes().to_vec() };
    let address = session.sender.to_string();
    session.send_and_print(vec![pack(&MsgPublishKemKey { address, kem_key })])
}
