//! `synergyd tx vesting`.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use serde::Deserialize;
use synergy_proto::{
    cosmos::vesting::v1beta1::{
        MsgCreatePeriodicVestingAccount, MsgCreatePermanentLockedAccount, MsgCreateVestingAccount, Period,
    },
    pack,
};

use super::{Session, TxFlags};
use crate::cli::{
    codec::time_of,
    coins,
    context::Context,
    error::{Result, error},
};

#[derive(Subcommand, Debug)]
#[allow(clippy::enum_variant_names, reason = "the SDK's names of the commands")]
pub(crate) enum Vesting {
    /// Make an account whose coins become free until a time
    CreateVestingAccount {
        /// An address without an account
        to: String,
        /// E.g. 100snrg
        amount: String,
        /// When all is free, Unix seconds or RFC 3339
        end_time: String,
        /// All at the end instead of steadily
        #[arg(long)]
        delayed: bool,
    },
    /// Make an account whose coins can only be staked
    CreatePermanentLockedAccount {
        /// An address without an account
        to: String,
        /// E.g. 100snrg
        amount: String,
    },
    /// Make an account whose coins become free in steps
    ///
    /// {"start_time": 1893456000, "periods": [{"coins": "10snrg", "length_seconds": 2592000}]}
    #[command(verbatim_doc_comment)]
    CreatePeriodicVestingAccount {
        /// An address without an account
        to: String,
        /// The file with the steps
        file: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Steps {
    start_time: i64,
    periods: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    coins: String,
    length_seconds: i64,
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Vesting) -> Result<()> {
    let mut session = Session::open(context, flags, None)?;
    let from_address = session.sender.to_string();
    let to_address = |text: &str| context.address(text).map(|address| address.to_string());
    let message = match command {
        Vesting::CreateVestingAccount { to, amount, end_time, delayed } => pack(&MsgCreateVestingAccount {
            from_address,
            to_address: to_address(&to)?,
            amount: coins::parse(&amount)?,
            end_time: time_of(&end_time)?.seconds,
            delayed,
        }),
        Vesting::CreatePermanentLockedAccount { to, amount } => pack(&MsgCreatePermanentLockedAccount {
            from_address,
            to_address: to_address(&to)?,
            amount: coins::parse(&amount)?,
        }),
        Vesting::CreatePeriodicVestingAccount { to, file } => {
            let text = fs::read_to_string(&file).map_err(|e| error!("cannot read {}: {e}", file.display()))?;
            let steps: Steps = serde_json::from_str(&text).map_err(|e| error!("{}: {e}", file.display()))?;
            let period = |step: &Step| Ok(Period { length: step.length_seconds, amount: coins::parse(&step.coins)? });
            pack(&MsgCreatePeriodicVestingAccount {
                from_address,
                to_address: to_address(&to)?,
                start_time: steps.start_time,
                vesting_periods: steps.periods.iter().map(period).collect::<Result<_>>()?,
            })
        }
    };
    session.send_and_print(vec![message])
}
