//! `synergyd tx ibc-transfer`.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Subcommand;
use synergy_proto::{
    ibc::{core::client::v1::Height, transfer::MsgTransfer},
    pack,
};

use super::{Session, TxFlags};
use crate::cli::{
    coins,
    context::Context,
    error::{Result, bail, error},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Transfer {
    /// Send coins to an address on another chain
    Transfer {
        /// The port here: transfer
        #[arg(value_name = "PORT_ID")]
        port: String,
        /// The channel here, e.g. channel-0
        channel: String,
        /// Address on the other chain
        receiver: String,
        /// E.g. 1.5snrg, or an amount of a voucher: 100ibc/27394F…
        amount: String,
        /// Seconds after which the coins come back when no relayer has delivered them
        #[arg(long, default_value_t = 600, value_name = "SECONDS")]
        packet_timeout: u64,
        /// Text for the other chain
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        packet_memo: String,
    },
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Transfer) -> Result<()> {
    let Transfer::Transfer { port, channel, receiver, amount, packet_timeout, packet_memo } = command;
    let [token] = <[_; 1]>::try_from(coins::parse(&amount)?).map_err(|_| error!("a transfer is of one coin"))?;
    if packet_timeout == 0 {
        bail!("--packet-timeout is at least one second");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let until = now.as_nanos().saturating_add(u128::from(packet_timeout) * 1_000_000_000);
    let mut session = Session::open(context, flags, None)?;
    let message = pack(&MsgTransfer {
        source_port: port,
        source_channel: channel,
        token: Some(token),
        sender: session.sender.to_string(),
        receiver,
        timeout_height: Some(Height::default()),
        timeout_timestamp: u64::try_from(until)?,
        memo: packet_memo,
        encoding: String::new(),
    });
    session.send_and_print(vec![message])
}
