//! The genesis file: CometBFT's document with `app_state` of all modules.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};
use synergy_abci::{
    Application,
    messages::{ConsensusParams, RequestInitChain, ValidatorParams},
};
use synergy_kernel::Dec;
use synergy_proto::{Address, Coin, ConsensusKey, coin};

/// Gas of a block on a new chain: about one second of one core.
const MAX_BLOCK_GAS: i64 = 1_000_000_000;
/// Bytes of a block on a new chain.
const MAX_BLOCK_BYTES: i64 = 4 << 20;

/// A whole genesis file for a new chain, without accounts and validators.
/// `genesis_time` is RFC 3339 in UTC.
pub fn document(chain_id: &str, genesis_time: &str) -> Value {
    let auth = synergy_auth::default_params();
    let fees = synergy_feemarket::default_params();
    let models = synergy_model_registry::default_params();
    let inference = synergy_aivm::default_params();
    let escrow = synergy_escrow::default_params();
    let stake = proof_of_stake();
    json!({
        "genesis_time": genesis_time,
        "chain_id": chain_id,
        "initial_height": "1",
        "consensus_params": {
            "block": {"max_bytes": MAX_BLOCK_BYTES.to_string(), "max_gas": MAX_BLOCK_GAS.to_string()},
            "evidence": {
                "max_age_num_blocks": "100000",
                "max_age_duration": "172800000000000",
                "max_bytes": "1048576"
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": super::application::APP_VERSION.to_string()},
            "abci": {"vote_extensions_enable_height": "0"}
        },
        "validators": [],
        "app_hash": "",
        "app_state": {
            "auth": {
                "params": {
                    "max_memo_characters": auth.max_memo_characters.to_string(),
                    "tx_sig_limit": auth.tx_sig_limit.to_string(),
                    "tx_size_cost_per_byte": auth.tx_size_cost_per_byte.to_string(),
                    "sig_verify_cost_ed25519": auth.sig_verify_cost_ed25519.to_string(),
                    "sig_verify_cost_secp256k1": auth.sig_verify_cost_secp256k1.to_string()
                },
                "accounts": []
            },
            "bank": {
                "params": {"default_send_enabled": true},
                "balances": [],
                "supply": [],
                "denom_metadata": [{
                    "description": "The token of Synergy",
                    "denom_units": [
                        {"denom": coin::BASE_DENOM, "exponent": 0, "aliases": ["attosnrg"]},
                        {"denom": "snrg", "exponent": 18, "aliases": []}
                    ],
                    "base": coin::BASE_DENOM,
                    "display": "snrg",
                    "name": "Synergy",
                    "symbol": "SNRG",
                    "uri": "",
                    "uri_hash": ""
                }]
            },
            "consensus": {},
            "staking": stake["staking"],
            "slashing": stake["slashing"],
            "distribution": stake["distribution"],
            "mint": stake["mint"],
            "gov": synergy_gov::default_section().unwrap_or_default(),
            "ibc": synergy_ibc::default_section(),
            "transfer": synergy_ibc::default_transfer_section(),
            "rewards": {},
            "upgrade": {},
            "evidence": {"evidence": []},
            "feegrant": {"allowances": []},
            "authz": {"authorization": []},
            "genutil": {"gen_txs": []},
            "feemarket": {
                "params": {
                    "fee_denom": fees.fee_denom,
                    "min_base_fee": fees.min_base_fee,
                    "target_block_gas": (MAX_BLOCK_GAS / 2).to_string(),
                    "change_denominator": fees.change_denominator.to_string(),
                    "burn_basis_points": fees.burn_basis_points
                }
            },
            "modelregistry": {"params": {
                "max_chunk_bytes": models.max_chunk_bytes.to_string(),
                "max_model_bytes": models.max_model_bytes.to_string(),
                "deprecation_blocks": models.deprecation_blocks.to_string(),
                "deposit_per_byte": models.deposit_per_byte,
                "rent_per_mib_block": models.rent_per_mib_block,
                "max_rent_blocks": models.max_rent_blocks.to_string(),
                "max_resident_bytes": models.max_resident_bytes.to_string()
            }},
            "aivm": {"params": {
                "max_input_bytes": inference.max_input_bytes.to_string(),
                "max_inline_output_bytes": inference.max_inline_output_bytes.to_string(),
                "record_blocks": inference.record_blocks.to_string(),
                "max_blob_bytes": inference.max_blob_bytes.to_string(),
                "max_blob_chunk_bytes": inference.max_blob_chunk_bytes.to_string(),
                "max_blob_blocks": inference.max_blob_blocks.to_string(),
                "blob_deposit_per_byte": inference.blob_deposit_per_byte,
                "max_block_gas": inference.max_block_gas.to_string()
            }},
            "escrow": {"params": {
                "max_due_per_block": escrow.max_due_per_block,
                "max_seconds": escrow.max_seconds.to_string(),
                "max_dispute_seconds": escrow.max_dispute_seconds.to_string(),
                "closed_seconds": escrow.closed_seconds.to_string()
            }},
            "wasm": {"params": {
                "code_upload_access": {"permission": "Everybody", "addresses": []},
                "instantiate_default_permission": "Everybody"
            }}
        }
    })
}

/// Adds an account with its first balance.
pub fn add_account(document: &mut Value, address: &Address, coins: &[Coin]) -> Result<(), String> {
    let text = address.to_string();
    let bank = &mut document["app_state"]["bank"];
    let balances = bank["balances"].as_array_mut().ok_or("genesis file has no app_state.bank.balances list")?;
    if balances.iter().any(|b| b["address"] == text.as_str()) {
        return Err(format!("account {text} is in the genesis file already"));
    }
    let coins: Vec<Value> = coins.iter().map(|c| json!({"denom": c.denom, "amount": c.amount})).collect();
    balances.push(json!({"address": text, "coins": coins}));
    // The supply is computed from the balances when the file leaves it empty.
    bank["supply"] = json!([]);
    let accounts = document["app_state"]["auth"]["accounts"]
        .as_array_mut()
        .ok_or("genesis file has no app_state.auth.accounts list")?;
    accounts.push(json!({
        "@type": "/cosmos.auth.v1beta1.BaseAccount",
        "address": text,
        "account_number": "0",
        "sequence": "0"
    }));
    Ok(())
}

/// Adds an account that may spend `locked` of its first coins only over time: evenly
/// from `start` to `end`, or without a start all at the end (Unix seconds).
pub fn add_vesting_account(
    document: &mut Value,
    address: &Address,
    coins: &[Coin],
    locked: &[Coin],
    start: Option<i64>,
    end: i64,
) -> Result<(), String> {
    let amount = |coin: &Coin| coin::amount(&coin.amount).unwrap_or(0);
    let covered = |l: &Coin| coins.iter().any(|c| c.denom == l.denom && amount(c) >= amount(l));
    if !locked.iter().all(covered) {
        return Err("the vesting amount is more than the account has".to_owned());
    }
    add_account(document, address, coins)?;
    let accounts = document["app_state"]["auth"]["accounts"].as_array_mut();
    let account = accounts.and_then(|list| list.last_mut()).ok_or("genesis file has no accounts list")?;
    let mut base = account.take();
    if let Some(fields) = base.as_object_mut() {
        fields.remove("@type");
    }
    let locked: Vec<Value> = locked.iter().map(|c| json!({"denom": c.denom, "amount": c.amount})).collect();
    let vesting = json!({"base_account": base, "original_vesting": locked, "end_time": end.to_string()});
    *account = match start {
        None => json!({"@type": "/cosmos.vesting.v1beta1.DelayedVestingAccount", "base_vesting_account": vesting}),
        Some(start) => json!({
            "@type": "/cosmos.vesting.v1beta1.ContinuousVestingAccount",
            "base_vesting_account": vesting,
            "start_time": start.to_string()
        }),
    };
    Ok(())
}

/// What an account has of a coin at the beginning.
pub fn balance(document: &Value, address: &Address, denom: &str) -> u128 {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let balances = list(&document["app_state"]["bank"]["balances"]);
    let held = balances.iter().filter(|b| b["address"] == address.to_string()).flat_map(|b| list(&b["coins"]));
    let amounts = held.filter(|c| c["denom"] == denom).filter_map(|c| coin::amount(c["amount"].as_str()?).ok());
    amounts.fold(0, u128::saturating_add)
}

/// The sections of proof of stake, with the modules' default params.
fn proof_of_stake() -> Value {
    let staking = synergy_staking::default_params();
    let slashing = synergy_slashing::default_params();
    let mint = synergy_mint::default_params();
    let seconds = |duration: Option<i64>| format!("{}s", duration.unwrap_or(0));
    let dec = |atomics: &[u8]| {
        let text = String::from_utf8_lossy(atomics);
        Dec::from_atomics(&text).unwrap_or_default().to_string()
    };
    json!({
        "staking": {
            "params": {
                "unbonding_time": seconds(staking.unbonding_time.map(|t| t.seconds)),
                "max_validators": staking.max_validators,
                "max_entries": staking.max_entries,
                "historical_entries": staking.historical_entries,
                "bond_denom": staking.bond_denom,
                "min_commission_rate": dec(staking.min_commission_rate.as_bytes())
            },
            "last_total_power": "0",
            "last_validator_powers": [],
            "validators": [],
            "delegations": [],
            "unbonding_delegations": [],
            "redelegations": [],
            "exported": false
        },
        "slashing": {
            "params": {
                "signed_blocks_window": slashing.signed_blocks_window.to_string(),
                "min_signed_per_window": dec(&slashing.min_signed_per_window),
                "downtime_jail_duration": seconds(slashing.downtime_jail_duration.map(|t| t.seconds)),
                "slash_fraction_double_sign": dec(&slashing.slash_fraction_double_sign),
                "slash_fraction_downtime": dec(&slashing.slash_fraction_downtime)
            },
            "signing_infos": [],
            "missed_blocks": []
        },
        "distribution": {"params": {
            "community_tax": dec(synergy_distribution::default_params().community_tax.as_bytes()),
            "withdraw_addr_enabled": true
        }},
        "mint": {
            "minter": {"inflation": synergy_mint::initial_inflation().to_string(), "annual_provisions": "0.0"},
            "params": {
                "mint_denom": mint.mint_denom,
                "inflation_rate_change": dec(mint.inflation_rate_change.as_bytes()),
                "inflation_max": dec(mint.inflation_max.as_bytes()),
                "inflation_min": dec(mint.inflation_min.as_bytes()),
                "goal_bonded": dec(mint.goal_bonded.as_bytes()),
                "blocks_per_year": mint.blocks_per_year.to_string()
            }
        }
    })
}

/// Adds a validator with `power` SNRG of its operator's stake, which are created for it.
pub fn add_validator(document: &mut Value, key: &ConsensusKey, operator: &Address, power: u64) -> Result<(), String> {
    let tokens = u128::from(power) * synergy_staking::POWER_REDUCTION;
    let (kind, key) = (key.kind(), BASE64.encode(key.as_bytes()));
    let allowed = document["consensus_params"]["validator"]["pub_key_types"].as_array();
    if allowed.is_some_and(|types| !types.iter().any(|t| t == kind.as_str())) {
        return Err(format!(
            "consensus_params.validator.pub_key_types does not have {}: add it there if all nodes run CometBFT 0.40",
            kind.as_str()
        ));
    }
    let staking = &mut document["app_state"]["staking"];
    let time = "1970-01-01T00:00:00Z";
    let validators =
        staking["validators"].as_array_mut().ok_or("genesis file has no app_state.staking.validators list")?;
    if validators
        .iter()
        .any(|v| v["consensus_pubkey"]["key"] == key.as_str() || v["operator_address"] == operator.valoper())
    {
        return Err("this validator is in the genesis file already".to_owned());
    }
    validators.push(json!({
        "operator_address": operator.valoper(),
        "consensus_pubkey": {"@type": kind.type_url(), "key": key},
        "jailed": false,
        "status": "BOND_STATUS_UNBONDED",
        "tokens": tokens.to_string(),
        "delegator_shares": Dec::whole(tokens).to_string(),
        "description": {"moniker": "genesis", "identity": "", "website": "", "security_contact": "", "details": ""},
        "unbonding_height": "0",
        "unbonding_time": time,
        "commission": {
            "commission_rates": {"rate": "0.1", "max_rate": "0.2", "max_change_rate": "0.01"},
            "update_time": time
        },
        "min_self_delegation": "1"
    }));
    let delegations =
        staking["delegations"].as_array_mut().ok_or("genesis file has no app_state.staking.delegations list")?;
    delegations.push(json!({
        "delegator_address": operator.to_string(),
        "validator_address": operator.valoper(),
        "shares": Dec::whole(tokens).to_string()
    }));
    add_to_pool(document, tokens)
}

/// Adds stake to the pool that it lies in until the first block.
fn add_to_pool(document: &mut Value, tokens: u128) -> Result<(), String> {
    let pool = Address::module(synergy_staking::NOT_BONDED_POOL).to_string();
    let bank = &mut document["app_state"]["bank"];
    bank["supply"] = json!([]);
    let balances = bank["balances"].as_array_mut().ok_or("genesis file has no app_state.bank.balances list")?;
    let held = balances.iter_mut().find(|b| b["address"] == pool.as_str());
    let Some(held) = held else {
        balances.push(json!({"address": pool, "coins": [{"denom": coin::BASE_DENOM, "amount": tokens.to_string()}]}));
        return Ok(());
    };
    let amount = &mut held["coins"][0]["amount"];
    let sum = amount.as_str().and_then(|a| coin::amount(a).ok()).and_then(|a| a.checked_add(tokens));
    *amount = json!(sum.ok_or("the not bonded pool's balance in the genesis file cannot be read")?.to_string());
    Ok(())
}

/// Checks that a chain would start from the file: its validators, and every
/// section of `app_state` by making the state from it in memory.
pub fn validate(document: &Value) -> Result<(), String> {
    let chain_id = document["chain_id"].as_str().filter(|id| !id.is_empty()).ok_or("genesis file has no chain_id")?;
    let empty = |section: &str, list: &str| document["app_state"][section][list].as_array().is_none_or(Vec::is_empty);
    if empty("staking", "validators") && empty("genutil", "gen_txs") {
        return Err(
            "genesis file has no validators: `synergyd genesis gentx`, then `synergyd genesis collect-gentxs`, \
                    or for one machine `synergyd genesis add-validator`"
                .to_owned(),
        );
    }
    let types = serde_json::from_value(document["consensus_params"]["validator"]["pub_key_types"].clone());
    let validator = types.ok().map(|pub_key_types| ValidatorParams { pub_key_types });
    let app_state = serde_json::to_vec(&document["app_state"]).map_err(|e| e.to_string())?;
    let app = crate::node::in_memory()?;
    app.init_chain(RequestInitChain {
        chain_id: chain_id.to_owned(),
        initial_height: 1,
        consensus_params: Some(ConsensusParams { validator, ..ConsensusParams::default() }),
        app_state_bytes: app_state.into(),
        ..RequestInitChain::default()
    })
    .map(drop)
    .map_err(|fault| fault.0)
}
