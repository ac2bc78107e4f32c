//! The `authz` section, in the Cosmos SDK's shape. Expired grants are left out.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Result, address, sdk};
use synergy_proto::{
    Any, Coin, Timestamp,
    cosmos::{
        authz::v1beta1::{GenericAuthorization, Grant},
        bank::v1beta1::SendAuthorization,
        staking::v1beta1::{
            AuthorizationType, StakeAuthorization,
            stake_authorization::{Policy, Validators},
        },
    },
};

use crate::{
    authorization::Authorization,
    state::{self, GRANTS, TypeUrl},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    authorization: Vec<GrantJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantJson {
    granter: String,
    grantee: String,
    authorization: AuthorizationJson,
    #[serde(default)]
    expiration: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "@type")]
enum AuthorizationJson {
    #[serde(rename = "/cosmos.authz.v1beta1.GenericAuthorization")]
    Generic { msg: String },
    #[serde(rename = "/cosmos.bank.v1beta1.SendAuthorization")]
    Send {
        spend_limit: Vec<CoinJson>,
        #[serde(default)]
        allow_list: Vec<String>,
    },
    #[serde(rename = "/cosmos.staking.v1beta1.StakeAuthorization")]
    Stake {
        #[serde(default)]
        max_tokens: Option<CoinJson>,
        authorization_type: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        allow_list: Option<ValidatorsJson>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deny_list: Option<ValidatorsJson>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidatorsJson {
    address: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoinJson {
    denom: String,
    amount: String,
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section =
        serde_json::from_str(section.get()).map_err(|e| sdk::invalid_request(format!("genesis section authz: {e}")))?;
    for entry in section.authorization {
        let (granter, grantee) = (address(&entry.granter, "granter")?, address(&entry.grantee, "grantee")?);
        if entry.expiration.as_ref().is_some_and(|time| state::is_past(ctx, time)) {
            continue;
        }
        let authorization = Authorization::from(entry.authorization);
        authorization.validate()?;
        let grant = Grant { authorization: Some(authorization.to_any()), expiration: entry.expiration };
        state::save(ctx, &granter, &grantee, &TypeUrl::new(&authorization.message()?)?, &grant)?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let mut authorization = Vec::new();
    GRANTS.for_each(ctx, (), |(granter, (grantee, _)), grant| {
        let any: Any = grant.authorization.unwrap_or_default();
        authorization.push(GrantJson {
            granter: granter.to_string(),
            grantee: grantee.to_string(),
            authorization: Authorization::from_any(&any)?.into(),
            expiration: grant.expiration,
        });
        Ok(true)
    })?;
    serde_json::value::to_raw_value(&Section { authorization })
        .map_err(|e| sdk::invalid_request(format!("export of authz: {e}")))
}

impl From<AuthorizationJson> for Authorization {
    fn from(json: AuthorizationJson) -> Self {
        match json {
            AuthorizationJson::Generic { msg } => Self::Generic(GenericAuthorization { msg }),
            AuthorizationJson::Send { spend_limit, allow_list } => {
                let spend_limit = spend_limit.into_iter().map(Coin::from).collect();
                Self::Send(SendAuthorization { spend_limit, allow_list })
            }
            AuthorizationJson::Stake { max_tokens, authorization_type, allow_list, deny_list } => {
                let list = |v: ValidatorsJson| Validators { address: v.address };
                // A text that is no type becomes "unspecified", which `validate` refuses.
                let kind = AuthorizationType::from_str_name(&authorization_type).unwrap_or_default();
                Self::Stake(StakeAuthorization {
                    max_tokens: max_tokens.map(Coin::from),
                    authorization_type: kind.into(),
                    validators: allow_list
                        .map(|v| Policy::AllowList(list(v)))
                        .or_else(|| deny_list.map(|v| Policy::DenyList(list(v)))),
                })
            }
        }
    }
}

impl From<Authorization> for AuthorizationJson {
    fn from(authorization: Authorization) -> Self {
        match authorization {
            Authorization::Generic(a) => Self::Generic { msg: a.msg },
            Authorization::Send(a) => Self::Send {
                spend_limit: a.spend_limit.into_iter().map(CoinJson::from).collect(),
                allow_list: a.allow_list,
            },
            Authorization::Stake(a) => {
                let authorization_type = a.authorization_type().as_str_name().to_owned();
                let (allow_list, deny_list) = match a.validators {
                    Some(Policy::AllowList(v)) => (Some(ValidatorsJson { address: v.address }), None),
                    Some(Policy::DenyList(v)) => (None, Some(ValidatorsJson { address: v.address })),
                    None => (None, None),
                };
                Self::Stake { max_tokens: a.max_tokens.map(CoinJson::from), authorization_type, allow_list, deny_list }
            }
        }
    }
}

impl From<CoinJson> for Coin {
    fn from(c: CoinJson) -> Self {
        Coin { denom: c.denom, amount: c.amount }
    }
}

impl From<Coin> for CoinJson {
    fn from(c: Coin) -> Self {
        CoinJson { denom: c.denom, amount: c.amount }
    }
}
