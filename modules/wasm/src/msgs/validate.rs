//! The checks that need no state (wasmd: `x/wasm/types/{tx,validation}.go`).

use serde::de::IgnoredAny;
use synergy_kernel::{Result, sdk};
use synergy_proto::{Coin, coin::read_all, cosmwasm::*};

use crate::{access, address, code::MAX_WASM, error};

/// Longest label, in bytes.
const MAX_LABEL: usize = 128;
/// Longest salt, in bytes.
const MAX_SALT: usize = 64;
/// Most codes of one message.
const MAX_CODE_IDS: usize = 50;

pub(crate) fn salt(salt: &[u8]) -> Result<()> {
    match salt.len() {
        0 => Err(error::empty("salt: is required")),
        1..=MAX_SALT => Ok(()),
        _ => Err(error::limit(format!("salt: cannot be longer than {MAX_SALT} characters"))),
    }
}

pub(crate) fn label(label: &str) -> Result<()> {
    if label.is_empty() {
        return Err(error::empty("label: is required"));
    }
    if label.len() > MAX_LABEL {
        return Err(error::limit(format!("label: cannot be longer than {MAX_LABEL} characters")));
    }
    if label.trim() != label {
        return Err(error::invalid("label: label must not start/end with whitespaces"));
    }
    if label.chars().any(|c| c.is_control() || (c.is_whitespace() && c != ' ')) {
        return Err(error::invalid("label: label must have printable characters only"));
    }
    Ok(())
}

/// A message to a contract is JSON, whatever it says.
pub(crate) fn payload(msg: &[u8]) -> Result<()> {
    serde_json::from_slice::<IgnoredAny>(msg).map(drop).map_err(|e| error::invalid(format!("payload msg: {e}")))
}

fn funds(funds: &[Coin]) -> Result<()> {
    read_all(funds).map(drop).map_err(|e| sdk::invalid_coins(format!("funds: {e}")))
}

fn code_id(id: u64) -> Result<()> {
    if id == 0 { Err(sdk::invalid_request("code id is required")) } else { Ok(()) }
}

pub(crate) fn upload(wasm: &[u8], permission: Option<&AccessConfig>) -> Result<()> {
    if wasm.is_empty() {
        return Err(sdk::invalid_request("code bytes is required: empty"));
    }
    if wasm.len() > MAX_WASM {
        return Err(sdk::invalid_request(format!("code bytes cannot be longer than {MAX_WASM} bytes: exceeds limit")));
    }
    permission.map_or(Ok(()), access::validate)
}

pub(crate) fn instantiate(id: u64, name: &str, coins: &[Coin], admin: &str, msg: &[u8]) -> Result<()> {
    code_id(id)?;
    label(name)?;
    funds(coins)?;
    address::read_optional(admin, "admin")?;
    payload(msg)
}

pub(crate) fn execute(m: &MsgExecuteContract) -> Result<()> {
    address::read(&m.contract, "contract")?;
    funds(&m.funds)?;
    payload(&m.msg)
}

pub(crate) fn migrate(id: u64, contract: &str, msg: &[u8]) -> Result<()> {
    code_id(id)?;
    address::read(contract, "contract")?;
    payload(msg)
}

pub(crate) fn update_admin(m: &MsgUpdateAdmin) -> Result<()> {
    address::read(&m.contract, "contract")?;
    let admin = address::read(&m.new_admin, "new admin")?;
    match admin.to_string() == m.sender {
        true => Err(error::invalid("new admin is the same as the old")),
        false => Ok(()),
    }
}

pub(crate) fn instantiate_config(m: &MsgUpdateInstantiateConfig) -> Result<()> {
    code_id(m.code_id)?;
    match &m.new_instantiate_permission {
        Some(config) => access::validate(config),
        None => Err(sdk::invalid_request("instantiate permission is required")),
    }
}

pub(crate) fn code_ids(ids: &[u64]) -> Result<()> {
    if ids.is_empty() {
        return Err(sdk::invalid_request("empty code ids"));
    }
    if ids.len() > MAX_CODE_IDS {
        return Err(sdk::invalid_request(format!("total number of code ids is greater than {MAX_CODE_IDS}")));
    }
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == ids.len() { Ok(()) } else { Err(sdk::invalid_request("duplicate code ids")) }
}

pub(crate) fn store_and_instantiate(m: &MsgStoreAndInstantiateContract) -> Result<()> {
    label(&m.label)?;
    funds(&m.funds)?;
    address::read_optional(&m.admin, "admin")?;
    payload(&m.msg)?;
    upload(&m.wasm_byte_code, m.instantiate_permission.as_ref())
}
