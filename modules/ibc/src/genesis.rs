//! The `ibc` section: params, and all that the store holds beside them, key by key in
//! hexadecimal. Keys are ICS-24 paths, and a client's heights in binary after one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use synergy_kernel::{Ctx, Error, Order, Result, sdk, text};
use synergy_proto::ibc::core::{client::v1::Params as ClientParams, connection::v1::Params as ConnectionParams};

use crate::{STORE, client, connection, path, state};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    allowed_clients: Vec<String>,
    #[serde(with = "text")]
    max_expected_time_per_block: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    value: String,
}

fn bad(what: impl std::fmt::Display) -> Error {
    sdk::invalid_request(format!("genesis section ibc: {what}"))
}

pub(crate) fn default_section() -> Value {
    json!({
        "params": {
            "allowed_clients": client::default_params().allowed_clients,
            "max_expected_time_per_block": connection::default_params().max_expected_time_per_block.to_string()
        },
        "entries": []
    })
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get()).map_err(bad)?;
    let clients = ClientParams { allowed_clients: section.params.allowed_clients };
    client::check_params(&clients)?;
    client::set_params(ctx, &clients)?;
    let connections = ConnectionParams { max_expected_time_per_block: section.params.max_expected_time_per_block };
    connection::check_params(&connections)?;
    connection::set_params(ctx, &connections)?;
    // A tree without keys proves nothing, and absence is proven from the first block on.
    for counter in [path::NEXT_CLIENT, path::NEXT_CONNECTION, path::NEXT_CHANNEL] {
        state::set_number(ctx, counter, 0)?;
    }
    for Entry { key, value } in section.entries {
        let read = |text: &str| hex::decode(text).map_err(|e| bad(format!("{text:?} is not hexadecimal: {e}")));
        ctx.set(STORE, &read(&key)?, &read(&value)?)?;
    }
    Ok(())
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let params = ParamsJson {
        allowed_clients: client::params(ctx)?.allowed_clients,
        max_expected_time_per_block: connection::params(ctx)?.max_expected_time_per_block,
    };
    let mut entries = Vec::new();
    ctx.scan(STORE, &[], &[0xff], Order::Ascending, |key, value| {
        if ![path::CLIENT_PARAMS, path::CONNECTION_PARAMS].iter().any(|params| params.as_bytes() == key) {
            entries.push(Entry { key: hex::encode(key), value: hex::encode(value) });
        }
        Ok(true)
    })?;
    serde_json::value::to_raw_value(&Section { params, entries })
        .map_err(|e| sdk::invalid_request(format!("export of ibc: {e}")))
}
