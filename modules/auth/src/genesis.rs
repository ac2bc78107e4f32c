//! The `auth` section, in the Cosmos SDK's shape:
//! `{"params": {...}, "accounts": [{"@type": ".../BaseAccount", "address": …}]}`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{Address, Any, cosmos::auth::v1beta1::Params, synergy::auth::Account};

use crate::{
    params::PARAMS,
    state::{ACCOUNTS, NEXT_NUMBER},
};

const BASE_ACCOUNT: &str = "/cosmos.auth.v1beta1.BaseAccount";
const MODULE_ACCOUNT: &str = "/cosmos.auth.v1beta1.ModuleAccount";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    accounts: Vec<AccountJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    max_memo_characters: String,
    tx_sig_limit: String,
    tx_size_cost_per_byte: String,
    sig_verify_cost_ed25519: String,
    sig_verify_cost_secp256k1: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountJson {
    #[serde(rename = "@type")]
    kind: String,
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub_key: Option<KeyJson>,
    #[serde(default)]
    account_number: String,
    #[serde(default)]
    sequence: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
}

/// A key as an `Any`: type URL and the bytes of the message.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyJson {
    type_url: String,
    value: Vec<u8>,
}

fn number(text: &str, what: &str) -> Result<u64> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| sdk::invalid_request(format!("genesis auth.{what}: {text:?} is not a whole number")))
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section =
        serde_json::from_str(section.get()).map_err(|e| sdk::invalid_request(format!("genesis section auth: {e}")))?;
    let p = &section.params;
    let params = Params {
        max_memo_characters: number(&p.max_memo_characters, "params.max_memo_characters")?,
        tx_sig_limit: number(&p.tx_sig_limit, "params.tx_sig_limit")?,
        tx_size_cost_per_byte: number(&p.tx_size_cost_per_byte, "params.tx_size_cost_per_byte")?,
        sig_verify_cost_ed25519: number(&p.sig_verify_cost_ed25519, "params.sig_verify_cost_ed25519")?,
        sig_verify_cost_secp256k1: number(&p.sig_verify_cost_secp256k1, "params.sig_verify_cost_secp256k1")?,
    };
    PARAMS.set(ctx, &params)?;
    let mut next = 0_u64;
    for json in section.accounts {
        let address: Address =
            json.address.parse().map_err(|e| sdk::invalid_address(format!("genesis account {}: {e}", json.address)))?;
        if ACCOUNTS.has(ctx, &address)? {
            return Err(sdk::invalid_request(format!("genesis lists account {address} twice")));
        }
        // Numbers are given in order of the list: those in the file are 0 for
        // files made by hand, and the list's order for exported ones.
        let account = Account {
            pub_key: json.pub_key.map(|k| Any { type_url: k.type_url, value: k.value }),
            account_number: next,
            sequence: number(&json.sequence, "accounts.sequence")?,
            module: json.name,
        };
        next = next.checked_add(1).ok_or_else(|| sdk::overflow("account number"))?;
        ACCOUNTS.set(ctx, &address, &account)?;
    }
    NEXT_NUMBER.set(ctx, &next)
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = crate::params(ctx)?;
    let mut accounts = Vec::new();
    ACCOUNTS.for_each(ctx, (), |address, account| {
        accounts.push((account.account_number, address, account));
        Ok(true)
    })?;
    accounts.sort_by_key(|(number, ..)| *number);
    let accounts = accounts
        .into_iter()
        .map(|(number, address, account)| AccountJson {
            kind: if account.module.is_empty() { BASE_ACCOUNT } else { MODULE_ACCOUNT }.to_owned(),
            address: address.to_string(),
            pub_key: account.pub_key.map(|k| KeyJson { type_url: k.type_url, value: k.value }),
            account_number: number.to_string(),
            sequence: account.sequence.to_string(),
            name: account.module,
        })
        .collect();
    let section = Section {
        params: ParamsJson {
            max_memo_characters: p.max_memo_characters.to_string(),
            tx_sig_limit: p.tx_sig_limit.to_string(),
            tx_size_cost_per_byte: p.tx_size_cost_per_byte.to_string(),
            sig_verify_cost_ed25519: p.sig_verify_cost_ed25519.to_string(),
            sig_verify_cost_secp256k1: p.sig_verify_cost_secp256k1.to_string(),
        },
        accounts,
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of auth: {e}")))
}
