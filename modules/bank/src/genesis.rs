//! The `bank` section, in the Cosmos SDK's shape. `supply` may be left empty;
//! if given it must be the sum of the balances.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Result, address, sdk};
use synergy_proto::{
    Coin, Denom, coin,
    cosmos::bank::v1beta1::{DenomUnit, Metadata, Params},
};

use crate::state::{self, BALANCES, METADATA, PARAMS};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    balances: Vec<BalanceJson>,
    #[serde(default)]
    supply: Vec<CoinJson>,
    #[serde(default)]
    denom_metadata: Vec<MetadataJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    default_send_enabled: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BalanceJson {
    address: String,
    coins: Vec<CoinJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoinJson {
    denom: String,
    amount: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct MetadataJson {
    description: String,
    denom_units: Vec<UnitJson>,
    base: String,
    display: String,
    name: String,
    symbol: String,
    uri: String,
    uri_hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitJson {
    denom: String,
    #[serde(default)]
    exponent: u32,
    #[serde(default)]
    aliases: Vec<String>,
}

impl From<CoinJson> for Coin {
    fn from(c: CoinJson) -> Self {
        Coin { denom: c.denom, amount: c.amount }
    }
}

fn coins(list: Vec<CoinJson>, whose: &str) -> Result<Vec<(Denom, u128)>> {
    let coins: Vec<Coin> = list.into_iter().map(Coin::from).collect();
    coin::read_all(&coins).map_err(|e| sdk::invalid_coins(format!("genesis bank.{whose}: {e}")))
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section =
        serde_json::from_str(section.get()).map_err(|e| sdk::invalid_request(format!("genesis section bank: {e}")))?;
    let default_send_enabled = section.params.default_send_enabled;
    #[allow(deprecated, reason = "the field is empty since SDK 0.47")]
    PARAMS.set(ctx, &Params { send_enabled: Vec::new(), default_send_enabled })?;
    for entry in section.balances {
        let owner = address(&entry.address, "genesis")?;
        for (denom, amount) in coins(entry.coins, &entry.address)? {
            if BALANCES.has(ctx, (&owner, &denom))? {
                return Err(sdk::invalid_request(format!("genesis lists {denom} of {owner} twice")));
            }
            state::give(ctx, &owner, &denom, amount)?;
        }
        synergy_auth::ensure(ctx, &owner)?;
    }
    for (owner, denom) in synergy_auth::vesting_denoms(ctx)? {
        state::mark_vesting(ctx, &owner, &denom)?;
    }
    let sums = state::sum_balances(ctx)?;
    let given = coins(section.supply, "supply")?;
    if !given.is_empty() && given != sums.iter().map(|(d, a)| (d.clone(), *a)).collect::<Vec<_>>() {
        return Err(sdk::invalid_request(
            "genesis bank.supply is not the sum of the balances: leave it empty and it is computed",
        ));
    }
    for (denom, amount) in &sums {
        state::put_supply(ctx, denom, *amount)?;
    }
    for metadata in section.denom_metadata {
        let denom: Denom =
            metadata.base.parse().map_err(|e| sdk::invalid_coins(format!("genesis bank.denom_metadata: {e}")))?;
        METADATA.set(ctx, &denom, &metadata.into())?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let mut balances: Vec<BalanceJson> = Vec::new();
    BALANCES.for_each(ctx, (), |(owner, denom), balance| {
        if balance.amount() == 0 {
            return Ok(true);
        }
        let (address, coin) = (owner.to_string(), json(&denom, balance.amount()));
        match balances.last_mut() {
            Some(last) if last.address == address => last.coins.push(coin),
            _ => balances.push(BalanceJson { address, coins: vec![coin] }),
        }
        Ok(true)
    })?;
    for entry in &mut balances {
        // Keys order denoms by length first, coins by name alone.
        entry.coins.sort_by(|a, b| a.denom.cmp(&b.denom));
    }
    let supply = state::sum_balances(ctx)?.iter().map(|(d, a)| json(d, *a)).collect();
    let mut denom_metadata = Vec::new();
    METADATA.for_each(ctx, (), |_, m| {
        denom_metadata.push(MetadataJson::from(m));
        Ok(true)
    })?;
    let default_send_enabled = PARAMS.get(ctx)?.is_none_or(|p| p.default_send_enabled);
    let section = Section { params: ParamsJson { default_send_enabled }, balances, supply, denom_metadata };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of bank: {e}")))
}

fn json(denom: &Denom, amount: u128) -> CoinJson {
    CoinJson { denom: denom.to_string(), amount: amount.to_string() }
}

impl From<MetadataJson> for Metadata {
    fn from(m: MetadataJson) -> Self {
        let denom_units = m
            .denom_units
            .into_iter()
            .map(|u| DenomUnit { denom: u.denom, exponent: u.exponent, aliases: u.aliases })
            .collect();
        Metadata {
            description: m.description,
            denom_units,
            base: m.base,
            display: m.display,
            name: m.name,
            symbol: m.symbol,
            uri: m.uri,
            uri_hash: m.uri_hash,
        }
    }
}

impl From<Metadata> for MetadataJson {
    fn from(m: Metadata) -> Self {
        let denom_units = m
            .denom_units
            .into_iter()
            .map(|u| UnitJson { denom: u.denom, exponent: u.exponent, aliases: u.aliases })
            .collect();
        MetadataJson {
            description: m.description,
            denom_units,
            base: m.base,
            display: m.display,
            name: m.name,
            symbol: m.symbol,
            uri: m.uri,
            uri_hash: m.uri_hash,
        }
    }
}
