//! The `feegrant` section, in the Cosmos SDK's shape. Expired allowances are left out.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Error, Result, address, sdk};
use synergy_proto::{
    Coin, Timestamp,
    cosmos::feegrant::v1beta1::{BasicAllowance, PeriodicAllowance},
    tendermint::google::protobuf::Duration,
};

use crate::{
    allowance::Allowance,
    state::{self, ALLOWANCES},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    allowances: Vec<GrantJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantJson {
    granter: String,
    grantee: String,
    allowance: AllowanceJson,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "@type")]
enum AllowanceJson {
    #[serde(rename = "/cosmos.feegrant.v1beta1.BasicAllowance")]
    Basic(BasicJson),
    #[serde(rename = "/cosmos.feegrant.v1beta1.PeriodicAllowance")]
    Periodic {
        basic: BasicJson,
        /// `3600s` or `0.5s`, as protobuf writes durations.
        period: String,
        period_spend_limit: Vec<CoinJson>,
        #[serde(default)]
        period_can_spend: Vec<CoinJson>,
        #[serde(default)]
        period_reset: Option<Timestamp>,
    },
    #[serde(rename = "/cosmos.feegrant.v1beta1.AllowedMsgAllowance")]
    Messages { allowance: Box<AllowanceJson>, allowed_messages: Vec<String> },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BasicJson {
    #[serde(default)]
    spend_limit: Vec<CoinJson>,
    #[serde(default)]
    expiration: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoinJson {
    denom: String,
    amount: String,
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section feegrant: {e}")))?;
    for entry in section.allowances {
        let (granter, grantee) = (address(&entry.granter, "granter")?, address(&entry.grantee, "grantee")?);
        let allowance = Allowance::try_from(entry.allowance)?;
        allowance.validate()?;
        if allowance.expiration().is_some_and(|time| time.seconds < ctx.block.seconds) {
            continue;
        }
        state::grant(ctx, &granter, &grantee, &allowance)?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let mut allowances = Vec::new();
    ALLOWANCES.for_each(ctx, (), |_, grant| {
        let allowance = Allowance::from_any(&grant.allowance.unwrap_or_default())?.into();
        allowances.push(GrantJson { granter: grant.granter, grantee: grant.grantee, allowance });
        Ok(true)
    })?;
    serde_json::value::to_raw_value(&Section { allowances })
        .map_err(|e| sdk::invalid_request(format!("export of feegrant: {e}")))
}

impl TryFrom<AllowanceJson> for Allowance {
    type Error = Error;

    fn try_from(json: AllowanceJson) -> Result<Self> {
        Ok(match json {
            AllowanceJson::Basic(basic) => Self::Basic(basic.into()),
            AllowanceJson::Periodic { basic, period, period_spend_limit, period_can_spend, period_reset } => {
                Self::Periodic(PeriodicAllowance {
                    basic: Some(basic.into()),
                    period: Some(read_duration(&period)?),
                    period_spend_limit: read(period_spend_limit),
                    period_can_spend: read(period_can_spend),
                    period_reset,
                })
            }
            AllowanceJson::Messages { allowance, allowed_messages } => {
                Self::Messages(Box::new(Self::try_from(*allowance)?), allowed_messages)
            }
        })
    }
}

impl From<Allowance> for AllowanceJson {
    fn from(allowance: Allowance) -> Self {
        match allowance {
            Allowance::Basic(a) => Self::Basic(a.into()),
            Allowance::Periodic(a) => Self::Periodic {
                basic: a.basic.unwrap_or_default().into(),
                period: write_duration(&a.period.unwrap_or_default()),
                period_spend_limit: write(a.period_spend_limit),
                period_can_spend: write(a.period_can_spend),
                period_reset: a.period_reset,
            },
            Allowance::Messages(inner, allowed_messages) => {
                Self::Messages { allowance: Box::new((*inner).into()), allowed_messages }
            }
        }
    }
}

impl From<BasicJson> for BasicAllowance {
    fn from(json: BasicJson) -> Self {
        Self { spend_limit: read(json.spend_limit), expiration: json.expiration }
    }
}

impl From<BasicAllowance> for BasicJson {
    fn from(a: BasicAllowance) -> Self {
        Self { spend_limit: write(a.spend_limit), expiration: a.expiration }
    }
}

fn read(coins: Vec<CoinJson>) -> Vec<Coin> {
    coins.into_iter().map(|c| Coin { denom: c.denom, amount: c.amount }).collect()
}

fn write(coins: Vec<Coin>) -> Vec<CoinJson> {
    coins.into_iter().map(|c| CoinJson { denom: c.denom, amount: c.amount }).collect()
}

fn read_duration(text: &str) -> Result<Duration> {
    let read = || {
        let (seconds, fraction) = text.strip_suffix('s')?.split_once('.').unwrap_or((text.strip_suffix('s')?, ""));
        let nanos = if fraction.len() > 9 { None } else { format!("{fraction:0<9}").parse().ok() };
        Some(Duration { seconds: seconds.parse().ok()?, nanos: nanos? })
    };
    read().ok_or_else(|| sdk::invalid_request(format!("genesis feegrant: {text:?} is no duration such as \"3600s\"")))
}

fn write_duration(duration: &Duration) -> String {
    match duration.nanos {
        0 => format!("{}s", duration.seconds),
        nanos => format!("{}.{nanos:09}s", duration.seconds),
    }
}
