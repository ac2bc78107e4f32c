//! The `transfer` section: params, the denominations of vouchers, and what is in escrow.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::{Denom as Name, coin, ibc::transfer::Params};

use super::{
    PORT, denom,
    state::{CHANNELS, DENOMS, ESCROWED, PARAMS, params, set_escrowed},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    /// Paths.
    #[serde(default)]
    denoms: Vec<String>,
    #[serde(default)]
    total_escrowed: Vec<CoinJson>,
    /// Channels over which coins have gone.
    #[serde(default)]
    channels: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    send_enabled: bool,
    receive_enabled: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoinJson {
    denom: String,
    amount: String,
}

fn bad(what: impl std::fmt::Display) -> Error {
    sdk::invalid_request(format!("genesis section transfer: {what}"))
}

/// The section of a new chain: both directions are open.
pub fn default_section() -> Value {
    json!({
        "params": {"send_enabled": true, "receive_enabled": true},
        "denoms": [],
        "total_escrowed": [],
        "channels": []
    })
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get()).map_err(bad)?;
    let ParamsJson { send_enabled, receive_enabled } = section.params;
    PARAMS.set(ctx, &Params { send_enabled, receive_enabled })?;
    for path in section.denoms {
        let denom = denom::parse(&path);
        if denom.trace.is_empty() {
            return Err(bad(format!("{path:?} came over no channel")));
        }
        denom::validate(&denom)?;
        DENOMS.set(ctx, &denom::hash(&denom), &denom)?;
    }
    for CoinJson { denom, amount } in section.total_escrowed {
        let name: Name = denom.parse().map_err(bad)?;
        set_escrowed(ctx, &name, coin::amount(&amount).map_err(bad)?)?;
    }
    for channel in section.channels {
        CHANNELS.set(ctx, &channel, &())?;
    }
    synergy_auth::ensure_module(ctx, PORT)?;
    super::state::check_escrow(ctx)
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let Params { send_enabled, receive_enabled } = params(ctx)?;
    let (mut denoms, mut total_escrowed, mut channels) = (Vec::new(), Vec::new(), Vec::new());
    DENOMS.for_each(ctx, (), |_, denom| {
        denoms.push(denom::path(&denom));
        Ok(true)
    })?;
    ESCROWED.for_each(ctx, (), |name, amount| {
        total_escrowed.push(CoinJson { denom: name.to_string(), amount: u128::from(amount).to_string() });
        Ok(true)
    })?;
    CHANNELS.for_each(ctx, (), |channel, ()| {
        channels.push(channel);
        Ok(true)
    })?;
    let params = ParamsJson { send_enabled, receive_enabled };
    serde_json::value::to_raw_value(&Section { params, denoms, total_escrowed, channels })
        .map_err(|e| sdk::invalid_request(format!("export of transfer: {e}")))
}
