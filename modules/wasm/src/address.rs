//! Addresses of contracts, as wasmd makes them (`x/wasm/keeper/addresses.go`).

use synergy_kernel::{Hash, Result};
use synergy_proto::Address;
use synergy_store::sha256;

use crate::{error, msgs::validate};

/// The address of an instance of a code, by counting.
pub fn classic(code_id: u64, instance_id: u64) -> Address {
    let mut id = [0; 16];
    let (code, instance) = id.split_at_mut(8);
    code.copy_from_slice(&code_id.to_be_bytes());
    instance.copy_from_slice(&instance_id.to_be_bytes());
    module_address(&id)
}

/// The address that `MsgInstantiateContract2` makes, known before it is sent.
///
/// # Errors
/// `wasm` 12 and 13 for a salt that is empty or longer than 64 bytes.
pub fn predictable(checksum: &Hash, creator: &Address, salt: &[u8], msg: &[u8]) -> Result<Address> {
    validate::salt(salt)?;
    let mut key = Vec::new();
    for part in [checksum.as_slice(), creator.as_bytes(), salt, msg] {
        key.extend_from_slice(&(part.len() as u64).to_be_bytes());
        key.extend_from_slice(part);
    }
    Ok(module_address(&key))
}

/// The SDK's `address.Module("wasm", key)`: SHA-256 of SHA-256("module"), "wasm", a
/// zero byte and the key.
fn module_address(key: &[u8]) -> Address {
    let hash = sha256(&[sha256(b"module").as_slice(), b"wasm\0", key].concat());
    // 32 bytes are an address always.
    Address::new(&hash).unwrap_or_else(|e| synergy_store::fatal(format!("contract address: {e}")))
}

/// Reads the address of a contract, a user or a module.
pub(crate) fn read(text: &str, what: &str) -> Result<Address> {
    text.parse().map_err(|e| synergy_kernel::sdk::invalid_address(format!("invalid {what} address {text:?}: {e}")))
}

/// Reads an address that may be left out.
pub(crate) fn read_optional(text: &str, what: &str) -> Result<Option<Address>> {
    if text.is_empty() { Ok(None) } else { read(text, what).map(Some) }
}

/// Checks that an address can be a contract's.
pub(crate) fn contract(text: &str) -> Result<Address> {
    let address = read(text, "contract")?;
    match address.as_bytes().len() {
        32 => Ok(address),
        _ => Err(error::no_such_contract(text)),
    }
}
