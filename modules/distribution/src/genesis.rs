//! The `distribution` section: the params, in the SDK's shape. The SDK's accounting
//! sections are in `rewards`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Dec, Result, sdk, text};
use synergy_proto::cosmos::distribution::v1beta1::Params;

use crate::{
    default_params,
    params::{PARAMS, Rules},
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    #[serde(with = "text")]
    community_tax: Dec,
    withdraw_addr_enabled: bool,
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let Section { params: p } = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section distribution: {e}")))?;
    let params = Params {
        community_tax: p.community_tax.atomics(),
        withdraw_addr_enabled: p.withdraw_addr_enabled,
        ..default_params()
    };
    Rules::read(&params)?;
    PARAMS.set(ctx, &params)
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = crate::params(ctx)?;
    let params = ParamsJson {
        community_tax: Dec::from_atomics(&p.community_tax)?,
        withdraw_addr_enabled: p.withdraw_addr_enabled,
    };
    serde_json::value::to_raw_value(&Section { params })
        .map_err(|e| sdk::invalid_request(format!("export of distribution: {e}")))
}
