use synergy_kernel::{Ctx, Result, Routes, sdk};
use synergy_proto::{
    Address,
    cosmos::upgrade::v1beta1::{
        MsgCancelUpgrade, MsgCancelUpgradeResponse, MsgSoftwareUpgrade, MsgSoftwareUpgradeResponse, Plan,
    },
};

use crate::{error, state};

/// Longest name of an upgrade; cosmovisor makes a folder of it.
const MAX_NAME: usize = 64;
/// Longest info, which operators read (URLs of programs and their checksums).
const MAX_INFO: usize = 10_000;

/// Who schedules and cancels: governance.
pub(crate) fn authority() -> Address {
    Address::module("gov")
}

pub(crate) fn register(routes: &mut Routes) {
    routes.message::<MsgSoftwareUpgrade, MsgSoftwareUpgradeResponse>(
        |m| signer(&m.authority),
        |m| check_plan(&m.plan.clone().unwrap_or_default()),
        |ctx, m| {
            check_authority(&m.authority)?;
            schedule(ctx, &m.plan.clone().unwrap_or_default())?;
            Ok(MsgSoftwareUpgradeResponse {})
        },
    );
    routes.message::<MsgCancelUpgrade, MsgCancelUpgradeResponse>(
        |m| signer(&m.authority),
        |_| Ok(()),
        |ctx, m| {
            check_authority(&m.authority)?;
            state::clear(ctx)?;
            Ok(MsgCancelUpgradeResponse {})
        },
    );
}

fn signer(authority: &str) -> Result<Vec<Address>> {
    Ok(vec![authority.parse().map_err(|e| sdk::invalid_address(format!("authority: {e}")))?])
}

fn check_authority(signer: &str) -> Result<()> {
    let expected = authority();
    if signer == expected.to_string() { Ok(()) } else { Err(error::invalid_signer(&expected, signer)) }
}

/// The SDK's `Plan.ValidateBasic`, and a name that can be a folder's.
#[allow(deprecated, reason = "old plans are refused by these fields")]
fn check_plan(plan: &Plan) -> Result<()> {
    if plan.time.is_some_and(|time| (time.seconds, time.nanos) != (0, 0) && !is_go_zero(time.seconds)) {
        return Err(sdk::invalid_request("time-based upgrades have been deprecated in the SDK: name a height"));
    }
    if plan.upgraded_client_state.is_some() {
        return Err(sdk::invalid_request("upgrade logic for IBC has been moved to the IBC module"));
    }
    if plan.name.is_empty() {
        return Err(sdk::invalid_request("name cannot be empty"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if plan.name.len() > MAX_NAME || !plan.name.chars().all(plain) || plan.name.starts_with('.') {
        return Err(sdk::invalid_request(format!(
            "name {:?} cannot be a folder's: use at most {MAX_NAME} letters, digits, '-', '_' and '.'",
            plan.name.chars().take(MAX_NAME).collect::<String>()
        )));
    }
    if plan.info.len() > MAX_INFO {
        return Err(sdk::invalid_request(format!("info has {} bytes: at most {MAX_INFO}", plan.info.len())));
    }
    if plan.height <= 0 {
        return Err(sdk::invalid_request("height must be greater than 0"));
    }
    Ok(())
}

/// Go's zero time, 0001-01-01T00:00:00Z, which its encoder writes for no time.
fn is_go_zero(seconds: i64) -> bool {
    seconds == -62_135_596_800
}

/// Replaces the plan, if there is one. The block being executed has begun without
/// its upgrade, so the first height is the next one.
fn schedule(ctx: &mut Ctx<'_>, plan: &Plan) -> Result<()> {
    if u64::try_from(plan.height).unwrap_or(0) <= ctx.block.height {
        return Err(sdk::invalid_request(format!(
            "upgrade cannot be scheduled in the past: height {} is not above {}",
            plan.height, ctx.block.height
        )));
    }
    if let Some(height) = state::applied(ctx, &plan.name)? {
        return Err(sdk::invalid_request(format!(
            "upgrade with name {} has already been completed at height {height}: choose another name",
            plan.name
        )));
    }
    state::set_plan(ctx, plan)
}
