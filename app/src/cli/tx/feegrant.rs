//! `synergyd tx feegrant`.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use synergy_proto::{
    Any, Timestamp,
    cosmos::feegrant::v1beta1::{
        AllowedMsgAllowance, BasicAllowance, MsgGrantAllowance, MsgPruneAllowances, MsgRevokeAllowance,
        PeriodicAllowance,
    },
    pack,
    tendermint::google::protobuf::Duration,
};

use super::{Session, TxFlags};
use crate::cli::{
    codec::time_of,
    coins,
    context::Context,
    error::{Result, error},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Feegrant {
    /// Pay the fees of another account, within limits
    Grant(NewGrant),
    /// Take an allowance back
    Revoke {
        /// Key that pays: its name or address
        granter: String,
        /// Address, or name of a key
        grantee: String,
    },
    /// Remove expired allowances from the state
    Prune,
}

#[derive(Args, Debug)]
pub(crate) struct NewGrant {
    /// Key that pays: its name or address
    granter: String,
    /// Address, or name of a key
    grantee: String,
    /// The most in all [default: no limit]
    #[arg(long, value_name = "COINS")]
    spend_limit: Option<String>,
    /// When it ends, Unix seconds or RFC 3339 [default: never]
    #[arg(long, value_name = "TIME")]
    expiration: Option<String>,
    /// Seconds of a period
    #[arg(long, value_name = "SECONDS", requires = "period_limit")]
    period: Option<i64>,
    /// The most in one period
    #[arg(long, value_name = "COINS", requires = "period")]
    period_limit: Option<String>,
    /// Types of messages whose fees are paid [default: all]
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    allowed_messages: Vec<String>,
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Feegrant) -> Result<()> {
    let from = match &command {
        Feegrant::Grant(NewGrant { granter, .. }) | Feegrant::Revoke { granter, .. } => Some(granter.clone()),
        Feegrant::Prune => None,
    };
    let mut session = Session::open(context, flags, from.as_deref())?;
    let granter = session.sender.to_string();
    let message = match command {
        Feegrant::Grant(new) => {
            let grantee = context.address(&new.grantee)?.to_string();
            pack(&MsgGrantAllowance { granter, grantee, allowance: Some(allowance(&new)?) })
        }
        Feegrant::Revoke { grantee, .. } => {
            pack(&MsgRevokeAllowance { granter, grantee: context.address(&grantee)?.to_string() })
        }
        Feegrant::Prune => pack(&MsgPruneAllowances { pruner: granter }),
    };
    session.send_and_print(vec![message])
}

fn allowance(new: &NewGrant) -> Result<Any> {
    let basic = BasicAllowance {
        spend_limit: new.spend_limit.as_deref().map(coins::parse).transpose()?.unwrap_or_default(),
        expiration: new.expiration.as_deref().map(time_of).transpose()?,
    };
    let allowance = match (new.period, &new.period_limit) {
        (Some(seconds), Some(limit)) => {
            let limit = coins::parse(limit)?;
            let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
            let reset = now.checked_add(seconds).ok_or_else(|| error!("--period {seconds} is too long"))?;
            pack(&PeriodicAllowance {
                basic: Some(basic),
                period: Some(Duration { seconds, nanos: 0 }),
                period_spend_limit: limit.clone(),
                period_can_spend: limit,
                period_reset: Some(Timestamp { seconds: reset, nanos: 0 }),
            })
        }
        _ => pack(&basic),
    };
    if new.allowed_messages.is_empty() {
        return Ok(allowance);
    }
    let allowed_messages = new.allowed_messages.clone();
    Ok(pack(&AllowedMsgAllowance { allowance: Some(allowance), allowed_messages }))
}
