//! The `mint` section, in the Cosmos SDK's shape.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Dec, Result, sdk, text};
use synergy_proto::cosmos::mint::v1beta1::Params;

use crate::{PARAMS, Rules, minter, params, set_minter};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    minter: MinterJson,
    params: ParamsJson,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MinterJson {
    #[serde(with = "text")]
    inflation: Dec,
    #[serde(with = "text")]
    annual_provisions: Dec,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    mint_denom: String,
    #[serde(with = "text")]
    inflation_rate_change: Dec,
    #[serde(with = "text")]
    inflation_max: Dec,
    #[serde(with = "text")]
    inflation_min: Dec,
    #[serde(with = "text")]
    goal_bonded: Dec,
    #[serde(with = "text")]
    blocks_per_year: u64,
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let Section { minter, params: p } =
        serde_json::from_str(section.get()).map_err(|e| sdk::invalid_request(format!("genesis section mint: {e}")))?;
    let params = Params {
        mint_denom: p.mint_denom,
        inflation_rate_change: p.inflation_rate_change.atomics(),
        inflation_max: p.inflation_max.atomics(),
        inflation_min: p.inflation_min.atomics(),
        goal_bonded: p.goal_bonded.atomics(),
        blocks_per_year: p.blocks_per_year,
    };
    Rules::read(&params)?;
    PARAMS.set(ctx, &params)?;
    set_minter(ctx, minter.inflation, minter.annual_provisions)
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = params(ctx)?;
    let (inflation, annual_provisions) = minter(ctx)?;
    let section = Section {
        minter: MinterJson { inflation, annual_provisions },
        params: ParamsJson {
            mint_denom: p.mint_denom,
            inflation_rate_change: Dec::from_atomics(&p.inflation_rate_change)?,
            inflation_max: Dec::from_atomics(&p.inflation_max)?,
            inflation_min: Dec::from_atomics(&p.inflation_min)?,
            goal_bonded: Dec::from_atomics(&p.goal_bonded)?,
            blocks_per_year: p.blocks_per_year,
        },
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of mint: {e}")))
}
