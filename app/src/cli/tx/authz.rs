//! `synergyd tx authz`.

use clap::{Args, Subcommand, ValueEnum};
use prost::Message;
use synergy_proto::{
    Any,
    cosmos::{
        authz::v1beta1::{GenericAuthorization, Grant, MsgExec, MsgGrant, MsgRevoke},
        bank::v1beta1::SendAuthorization,
        staking::v1beta1::{
            AuthorizationType, StakeAuthorization,
            stake_authorization::{Policy, Validators},
        },
        tx::v1beta1::TxBody,
    },
    pack,
};

use super::{
    Session, TxFlags, offline,
    staking::{one_coin, operator},
};
use crate::cli::{
    codec::time_of,
    coins,
    context::Context,
    error::{Result, bail, error},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Authz {
    /// Let another account send messages in your name
    Grant(NewGrant),
    /// Send the messages of a transaction file in the name of their signers
    Exec(offline::File),
    /// Take a grant back
    Revoke {
        /// Address, or name of a key
        grantee: String,
        /// Type of the message, e.g. /cosmos.bank.v1beta1.MsgSend
        msg_type: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct NewGrant {
    /// Address, or name of a key
    grantee: String,
    /// What they may do
    kind: Kind,
    /// Type of the message, with generic, e.g. /cosmos.gov.v1.MsgVote
    #[arg(long, value_name = "TYPE")]
    msg_type: Option<String>,
    /// The most they may spend; send needs it
    #[arg(long, value_name = "COINS")]
    spend_limit: Option<String>,
    /// With send, who may be paid [default: all]
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',')]
    allow_list: Vec<String>,
    /// With staking, the validators that may be used
    #[arg(long, value_name = "VALIDATORS", value_delimiter = ',', conflicts_with = "deny_validators")]
    allowed_validators: Vec<String>,
    /// With staking, the validators that may not be used
    #[arg(long, value_name = "VALIDATORS", value_delimiter = ',')]
    deny_validators: Vec<String>,
    /// When it ends, Unix seconds or RFC 3339 [default: never]
    #[arg(long, value_name = "TIME")]
    expiration: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One type of message, without limit
    Generic,
    /// Send coins
    Send,
    /// Delegate
    Delegate,
    /// Take stake back
    Unbond,
    /// Move stake between validators
    Redelegate,
    /// Take an unbonding back
    CancelUnbond,
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Authz) -> Result<()> {
    let mut session = Session::open(context, flags, None)?;
    let sender = session.sender.to_string();
    let message = match command {
        Authz::Grant(new) => {
            let expiration = new.expiration.as_deref().map(time_of).transpose()?;
            let grantee = context.address(&new.grantee)?.to_string();
            let authorization = Some(authorization(context, &new)?);
            pack(&MsgGrant { granter: sender, grantee, grant: Some(Grant { authorization, expiration }) })
        }
        Authz::Exec(file) => {
            let body = TxBody::decode(file.raw()?.body_bytes.as_slice())?;
            pack(&MsgExec { grantee: sender, msgs: body.messages })
        }
        Authz::Revoke { grantee, msg_type } => {
            let grantee = context.address(&grantee)?.to_string();
            pack(&MsgRevoke { granter: sender, grantee, msg_type_url: msg_type })
        }
    };
    session.send_and_print(vec![message])
}

fn authorization(context: &Context, new: &NewGrant) -> Result<Any> {
    let kind = match new.kind {
        Kind::Generic => {
            let msg = new.msg_type.clone().ok_or_else(|| error!("a generic grant needs --msg-type"))?;
            return Ok(pack(&GenericAuthorization { msg }));
        }
        Kind::Send => {
            let limit = new.spend_limit.as_deref().ok_or_else(|| error!("a send grant needs --spend-limit"))?;
            let addresses = new.allow_list.iter().map(|a| Ok(context.address(a)?.to_string()));
            let allow_list = addresses.collect::<Result<_>>()?;
            return Ok(pack(&SendAuthorization { spend_limit: coins::parse(limit)?, allow_list }));
        }
        Kind::Delegate => AuthorizationType::Delegate,
        Kind::Unbond => AuthorizationType::Undelegate,
        Kind::Redelegate => AuthorizationType::Redelegate,
        Kind::CancelUnbond => AuthorizationType::CancelUnbondingDelegation,
    };
    let operators = |list: &[String]| -> Result<Validators> {
        Ok(Validators { address: list.iter().map(|v| operator(context, v)).collect::<Result<_>>()? })
    };
    let validators = match (new.allowed_validators.as_slice(), new.deny_validators.as_slice()) {
        ([], []) => bail!("a staking grant needs --allowed-validators or --deny-validators"),
        ([], denied) => Policy::DenyList(operators(denied)?),
        (allowed, _) => Policy::AllowList(operators(allowed)?),
    };
    Ok(pack(&StakeAuthorization {
        max_tokens: new.spend_limit.as_deref().map(one_coin).transpose()?,
        authorization_type: kind.into(),
        validators: Some(validators),
    }))
}
