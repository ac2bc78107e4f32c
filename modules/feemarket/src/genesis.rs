use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::synergy::feemarket::Params;

use crate::{BASE_FEE, PARAMS, Rules};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    params: ParamsJson,
    /// Left out in a new genesis: the floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base_fee: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsJson {
    fee_denom: String,
    min_base_fee: String,
    target_block_gas: String,
    change_denominator: String,
    burn_basis_points: u32,
}

pub(crate) fn init(ctx: &mut Ctx<'_>, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section feemarket: {e}")))?;
    let number = |text: &str| {
        text.parse().map_err(|_| sdk::invalid_request(format!("genesis feemarket: {text:?} is not a whole number")))
    };
    let params = Params {
        fee_denom: section.params.fee_denom,
        min_base_fee: section.params.min_base_fee,
        target_block_gas: number(&section.params.target_block_gas)?,
        change_denominator: number(&section.params.change_denominator)?,
        burn_basis_points: section.params.burn_basis_points,
    };
    let rules = Rules::read(&params)?;
    let base_fee = match section.base_fee {
        Some(text) => synergy_proto::coin::amount(&text)
            .map_err(|e| sdk::invalid_request(format!("genesis feemarket.base_fee: {e}")))?,
        None => rules.min_base_fee,
    };
    PARAMS.set(ctx, &params)?;
    BASE_FEE.set(ctx, &base_fee.into())
}

pub(crate) fn export(ctx: &mut Ctx<'_>) -> Result<Box<RawValue>> {
    let p = PARAMS.get(ctx)?.unwrap_or_else(crate::default_params);
    let section = Section {
        params: ParamsJson {
            fee_denom: p.fee_denom,
            min_base_fee: p.min_base_fee,
            target_block_gas: p.target_block_gas.to_string(),
            change_denominator: p.change_denominator.to_string(),
            burn_basis_points: p.burn_basis_points,
        },
        base_fee: Some(crate::base_fee(ctx)?.to_string()),
    };
    serde_json::value::to_raw_value(&section).map_err(|e| sdk::invalid_request(format!("export of feemarket: {e}")))
}
