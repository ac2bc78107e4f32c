//! `synergyd tx staking`.

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::Value;
use synergy_proto::{
    Address, Any, Coin, ConsensusKey,
    cosmos::staking::v1beta1::{
        CommissionRates, Description, MsgBeginRedelegate, MsgCancelUnbondingDelegation, MsgCreateValidator,
        MsgDelegate, MsgEditValidator, MsgUndelegate,
    },
    pack,
};

use super::{Session, TxFlags};
use crate::cli::{
    codec::scaled,
    coins, comet,
    context::Context,
    error::{Result, bail, error},
};

/// What the SDK takes for "leave it as it is".
const UNCHANGED: &str = "[do-not-modify]";

#[derive(Subcommand, Debug)]
pub(crate) enum Staking {
    /// Become a validator, as a JSON file says
    ///
    /// {"pubkey": …as `synergyd comet show-validator` prints it, "amount": "100snrg", "moniker": "name",
    ///  "identity": "", "website": "", "security": "", "details": "", "commission-rate": "0.05",
    ///  "commission-max-rate": "0.2", "commission-max-change-rate": "0.01", "min-self-delegation": "1"}
    #[command(verbatim_doc_comment)]
    CreateValidator {
        /// The file
        file: PathBuf,
    },
    /// Change the description or the commission of your validator
    EditValidator(Edit),
    /// Put coins behind a validator
    Delegate {
        /// synergyvaloper…, or the name of a validator's key
        validator: String,
        /// E.g. 10snrg
        amount: String,
    },
    /// Move stake from one validator to another
    Redelegate {
        /// The validator that loses it
        from_validator: String,
        /// The validator that gets it
        to_validator: String,
        /// E.g. 10snrg
        amount: String,
    },
    /// Take stake back; the coins come after the unbonding time
    Unbond {
        /// synergyvaloper…, or the name of a validator's key
        validator: String,
        /// E.g. 10snrg
        amount: String,
    },
    /// Take an unbonding back
    CancelUnbond {
        /// synergyvaloper…, or the name of a validator's key
        validator: String,
        /// E.g. 10snrg
        amount: String,
        /// Height at which the unbonding began (`query staking unbonding-delegation`)
        creation_height: i64,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Edit {
    /// New public name
    #[arg(long, value_name = "NAME", default_value = UNCHANGED, hide_default_value = true)]
    new_moniker: String,
    /// Identity signature, e.g. of keybase
    #[arg(long, value_name = "TEXT", default_value = UNCHANGED, hide_default_value = true)]
    identity: String,
    /// Website
    #[arg(long, value_name = "URL", default_value = UNCHANGED, hide_default_value = true)]
    website: String,
    /// Where to report a weakness
    #[arg(long, value_name = "ADDRESS", default_value = UNCHANGED, hide_default_value = true)]
    security_contact: String,
    /// Further text
    #[arg(long, value_name = "TEXT", default_value = UNCHANGED, hide_default_value = true)]
    details: String,
    /// Share of the rewards that the validator keeps, e.g. 0.05
    #[arg(long, value_name = "RATE")]
    commission_rate: Option<String>,
    /// Least stake of the validator's own, in asnrg; it can only be raised
    #[arg(long, value_name = "AMOUNT")]
    min_self_delegation: Option<String>,
}

/// What a new validator says of itself: the file of `create-validator`, and the flags
/// of `gentx`.
#[derive(Args, Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[command(next_help_heading = "Validator options")]
pub(crate) struct About {
    /// Public name
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    pub(crate) moniker: String,
    /// Identity signature, e.g. of keybase
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    #[serde(default)]
    identity: String,
    /// Website
    #[arg(long, default_value = "", hide_default_value = true, value_name = "URL")]
    #[serde(default)]
    website: String,
    /// Where to report a weakness
    #[arg(long = "security-contact", default_value = "", hide_default_value = true, value_name = "ADDRESS")]
    #[serde(default)]
    security: String,
    /// Further text
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    #[serde(default)]
    details: String,
    /// Share of the rewards that the validator keeps
    #[arg(long, default_value = "0.1", value_name = "RATE")]
    commission_rate: String,
    /// The most it can ever be
    #[arg(long, default_value = "0.2", value_name = "RATE")]
    commission_max_rate: String,
    /// The most it can change in a day
    #[arg(long, default_value = "0.01", value_name = "RATE")]
    commission_max_change_rate: String,
    /// Least stake of the validator's own, in asnrg
    #[arg(long, default_value = "1", value_name = "AMOUNT")]
    min_self_delegation: String,
}

impl About {
    /// What a validator with this name is without further words.
    pub(crate) fn of(moniker: &str) -> Self {
        let text = String::new;
        Self {
            moniker: moniker.to_owned(),
            identity: text(),
            website: text(),
            security: text(),
            details: text(),
            commission_rate: "0.1".into(),
            commission_max_rate: "0.2".into(),
            commission_max_change_rate: "0.01".into(),
            min_self_delegation: "1".into(),
        }
    }
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Staking) -> Result<()> {
    let mut session = Session::open(context, flags, None)?;
    let sender = session.sender;
    let message = message(context, command, &sender)?;
    session.send_and_print(vec![message])
}

fn message(context: &Context, command: Staking, sender: &Address) -> Result<Any> {
    let delegator_address = sender.to_string();
    Ok(match command {
        Staking::CreateValidator { file } => {
            let text = fs::read_to_string(&file).map_err(|e| error!("cannot read {}: {e}", file.display()))?;
            let mut json: Value = serde_json::from_str(&text).map_err(|e| error!("{}: {e}", file.display()))?;
            let mut take =
                |field: &str| json.as_object_mut().and_then(|fields| fields.remove(field)).unwrap_or_default();
            let (key, amount) = (take("pubkey"), take("amount"));
            let about: About = serde_json::from_value(json).map_err(|e| error!("{}: {e}", file.display()))?;
            let key = comet::parse_key(&key.to_string())?;
            pack(&create_validator(sender, key, one_coin(amount.as_str().unwrap_or_default())?, &about)?)
        }
        Staking::EditValidator(edit) => pack(&edit_validator(sender, edit)?),
        Staking::Delegate { validator, amount } => {
            let validator_address = operator(context, &validator)?;
            pack(&MsgDelegate { delegator_address, validator_address, amount: Some(one_coin(&amount)?) })
        }
        Staking::Redelegate { from_validator, to_validator, amount } => pack(&MsgBeginRedelegate {
            delegator_address,
            validator_src_address: operator(context, &from_validator)?,
            validator_dst_address: operator(context, &to_validator)?,
            amount: Some(one_coin(&amount)?),
        }),
        Staking::Unbond { validator, amount } => {
            let validator_address = operator(context, &validator)?;
            pack(&MsgUndelegate { delegator_address, validator_address, amount: Some(one_coin(&amount)?) })
        }
        Staking::CancelUnbond { validator, amount, creation_height } => pack(&MsgCancelUnbondingDelegation {
            delegator_address,
            validator_address: operator(context, &validator)?,
            amount: Some(one_coin(&amount)?),
            creation_height,
        }),
    })
}

/// The message that makes a validator.
pub(crate) fn create_validator(
    operator: &Address,
    key: ConsensusKey,
    value: Coin,
    about: &About,
) -> Result<MsgCreateValidator> {
    if about.moniker.is_empty() {
        bail!("the validator needs a public name: \"moniker\" in the file, --moniker for gentx");
    }
    // The SDK's field is empty since 0.50; the operator is the delegator.
    #[allow(deprecated, reason = "the field has to be named to stay empty")]
    let message = MsgCreateValidator {
        description: Some(Description {
            moniker: about.moniker.clone(),
            identity: about.identity.clone(),
            website: about.website.clone(),
            security_contact: about.security.clone(),
            details: about.details.clone(),
        }),
        commission: Some(CommissionRates {
            rate: scaled(&about.commission_rate)?,
            max_rate: scaled(&about.commission_max_rate)?,
            max_change_rate: scaled(&about.commission_max_change_rate)?,
        }),
        min_self_delegation: about.min_self_delegation.clone(),
        delegator_address: String::new(),
        validator_address: operator.valoper(),
        pubkey: Some(key.to_any()),
        value: Some(value),
    };
    Ok(message)
}

fn edit_validator(operator: &Address, edit: Edit) -> Result<MsgEditValidator> {
    Ok(MsgEditValidator {
        description: Some(Description {
            moniker: edit.new_moniker,
            identity: edit.identity,
            website: edit.website,
            security_contact: edit.security_contact,
            details: edit.details,
        }),
        validator_address: operator.valoper(),
        commission_rate: edit.commission_rate.as_deref().map(scaled).transpose()?.unwrap_or_default(),
        min_self_delegation: edit.min_self_delegation.unwrap_or_default(),
    })
}

/// A validator's address, or that of the key with this name.
pub(crate) fn operator(context: &Context, text: &str) -> Result<String> {
    match Address::from_valoper(text) {
        Ok(operator) => Ok(operator.valoper()),
        Err(_) => Ok(context.address(text)?.valoper()),
    }
}

/// An amount of exactly one coin.
pub(crate) fn one_coin(text: &str) -> Result<Coin> {
    match <[Coin; 1]>::try_from(coins::parse(text)?) {
        Ok([coin]) => Ok(coin),
        Err(_) => bail!("{text:?} must be one coin, e.g. 10snrg"),
    }
}
