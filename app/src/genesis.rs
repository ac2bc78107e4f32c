//! The genesis file: CometBFT's document with `app_state` of all modules.

use serde_json::{Value, json};
use synergy_abci::{Application, messages::RequestInitChain};
use synergy_proto::{Address, Coin, coin};

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
                "draft_blocks": models.draft_blocks.to_string()
            }},
            "aivm": {"params": {
                "max_input_bytes": inference.max_input_bytes.to_string(),
                "max_inline_output_bytes": inference.max_inline_output_bytes.to_string(),
                "record_blocks": inference.record_blocks.to_string()
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

/// Adds a validator with a base64 ed25519 key. Until the chain has staking, its
/// validators are those of the genesis file.
pub fn add_validator(document: &mut Value, ed25519_base64: &str, power: u64) -> Result<(), String> {
    let validators = document["validators"].as_array_mut().ok_or("genesis file has no validators list")?;
    if validators.iter().any(|v| v["pub_key"]["value"] == ed25519_base64) {
        return Err("this validator is in the genesis file already".to_owned());
    }
    validators.push(json!({
        "pub_key": {"type": "tendermint/PubKeyEd25519", "value": ed25519_base64},
        "power": power.to_string(),
        "name": ""
    }));
    Ok(())
}

/// Checks that a chain would start from the file: its validators, and every
/// section of `app_state` by making the state from it in memory.
pub fn validate(document: &Value) -> Result<(), String> {
    let chain_id = document["chain_id"].as_str().filter(|id| !id.is_empty()).ok_or("genesis file has no chain_id")?;
    if document["validators"].as_array().is_none_or(Vec::is_empty) {
        return Err("genesis file has no validators: add one with `synergyd genesis add-validator`".to_owned());
    }
    let app_state = serde_json::to_vec(&document["app_state"]).map_err(|e| e.to_string())?;
    let app = crate::node::in_memory()?;
    app.init_chain(RequestInitChain {
        chain_id: chain_id.to_owned(),
        initial_height: 1,
        app_state_bytes: app_state.into(),
        ..RequestInitChain::default()
    })
    .map(drop)
    .map_err(|fault| fault.0)
}
