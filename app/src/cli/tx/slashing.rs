//! `synergyd tx slashing`.

use clap::Subcommand;
use synergy_proto::{cosmos::slashing::v1beta1::MsgUnjail, pack};

use super::{Session, TxFlags};
use crate::cli::{context::Context, error::Result};

#[derive(Subcommand, Debug)]
pub(crate) enum Slashing {
    /// Free your validator that was jailed for downtime
    Unjail,
}

pub(crate) fn run(context: &Context, flags: &TxFlags, Slashing::Unjail: Slashing) -> Result<()> {
    let mut session = Session::open(context, flags, None)?;
    let message = pack(&MsgUnjail { validator_addr: session.sender.valoper() });
    session.send_and_print(vec![message])
}
