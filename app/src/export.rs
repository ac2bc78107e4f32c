//! A genesis file that goes on from the state of a chain.

use serde_json::{Value, json};
use synergy_abci::messages::ConsensusParams;
use synergy_kernel::{Ctx, Result, sdk};
use synergy_proto::{
    Address, Timestamp,
    cosmos::distribution::v1beta1::{MsgWithdrawDelegatorReward, MsgWithdrawValidatorCommission},
    pack,
};

use crate::{App, consensus};

/// The genesis file of the state after block `height`, 0 for the last one. A chain
/// from it begins at the next height; with `zero_height` at 1, for which all rewards
/// are paid out and heights in the state set back (the SDK's `--for-zero-height`).
/// Give it another `chain_id` before a network starts from it.
///
/// # Errors
/// When the height is not kept, or a module cannot export.
pub fn document(app: &App, height: u64, zero_height: bool) -> Result<Value> {
    app.read_at(height, |ctx| {
        if zero_height {
            pay_out(app, ctx)?;
        }
        let params = consensus::params(ctx)?.unwrap_or_default();
        let mut app_state = json!(app.chain().export_genesis(ctx)?);
        if zero_height {
            set_heights_back(&mut app_state, ctx.block.height);
        }
        let time = Timestamp { seconds: ctx.block.seconds, nanos: i32::try_from(ctx.block.nanos).unwrap_or(0) };
        let first = if zero_height { 1 } else { ctx.block.height.saturating_add(1) };
        Ok(json!({
            "genesis_time": synergy_staking::rfc3339(&time),
            "chain_id": ctx.block.chain_id,
            "initial_height": first.to_string(),
            "consensus_params": params_json(&params),
            "validators": [],
            "app_hash": "",
            "app_state": app_state
        }))
    })
}

/// Pays all rewards and commissions; what is less than one unit goes to the community
/// pool, so that the accounting of rewards can begin afresh.
fn pay_out(app: &App, ctx: &mut Ctx<'_>) -> Result<()> {
    let sections = json!(app.chain().export_genesis(ctx)?);
    for delegation in list(&sections["staking"]["delegations"]) {
        let text = |field: &str| delegation[field].as_str().unwrap_or_default().to_owned();
        let (delegator_address, validator_address) = (text("delegator_address"), text("validator_address"));
        let delegator: Address =
            delegator_address.parse().map_err(|e| sdk::invalid_address(format!("{delegator_address}: {e}")))?;
        ctx.dispatch(&pack(&MsgWithdrawDelegatorReward { delegator_address, validator_address }), &delegator)?;
    }
    for validator in synergy_staking::validators(ctx)? {
        let operator = validator.operator;
        // Refused when there is less than one unit of it.
        let commission = MsgWithdrawValidatorCommission { validator_address: operator.valoper() };
        let _ = ctx.dispatch(&pack(&commission), &operator);
        let left = synergy_rewards::outstanding(ctx, &operator)?;
        synergy_rewards::pool_add(ctx, &left)?;
    }
    Ok(())
}

fn set_heights_back(app_state: &mut Value, height: u64) {
    let staking = &mut app_state["staking"];
    // Rewards are accounted from the new chain's beginning.
    staking["exported"] = json!(false);
    for validator in list_mut(&mut staking["validators"]) {
        validator["unbonding_height"] = json!("0");
    }
    for leaving in ["unbonding_delegations", "redelegations"] {
        for entry in list_mut(&mut staking[leaving]).flat_map(|l| list_mut(&mut l["entries"])) {
            entry["creation_height"] = json!("0");
        }
    }
    let rewards = app_state["rewards"].take();
    app_state["rewards"] = json!({
        "community_pool": rewards["community_pool"],
        "delegator_withdraw_infos": rewards["delegator_withdraw_infos"]
    });
    for info in list_mut(&mut app_state["slashing"]["signing_infos"]) {
        info["validator_signing_info"]["start_height"] = json!("0");
    }
    // What has accrued stays, so a stream may have begun before the new chain.
    for escrow in list_mut(&mut app_state["escrow"]["escrows"]).filter(|e| e["stream"]["by_height"] == true) {
        for end in ["start", "end"] {
            let old = escrow["stream"][end].as_str().and_then(|h| h.parse::<i128>().ok()).unwrap_or(0);
            escrow["stream"][end] = (old - i128::from(height)).to_string().into();
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn list_mut(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_array_mut().into_iter().flatten()
}

/// Consensus params as CometBFT reads them in a genesis file: numbers as text,
/// durations in nanoseconds.
fn params_json(params: &ConsensusParams) -> Value {
    let mut json = json!({});
    if let Some(block) = &params.block {
        json["block"] = json!({"max_bytes": block.max_bytes.to_string(), "max_gas": block.max_gas.to_string()});
    }
    if let Some(evidence) = &params.evidence {
        let age = evidence
            .max_age_duration
            .as_ref()
            .map_or(0, |d| i128::from(d.seconds) * 1_000_000_000 + i128::from(d.nanos));
        json["evidence"] = json!({
            "max_age_num_blocks": evidence.max_age_num_blocks.to_string(),
            "max_age_duration": age.to_string(),
            "max_bytes": evidence.max_bytes.to_string()
        });
    }
    if let Some(validator) = &params.validator {
        json["validator"] = json!({"pub_key_types": validator.pub_key_types});
    }
    if let Some(version) = &params.version {
        json["version"] = json!({"app": version.app.to_string()});
    }
    let height = params.abci.as_ref().map_or(0, |abci| abci.vote_extensions_enable_height);
    json["abci"] = json!({"vote_extensions_enable_height": height.to_string()});
    json
}
