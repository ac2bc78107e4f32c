use synergy_proto::Address;

use crate::{Error, Result, sdk};

/// Reads an address that a request names its `what`.
///
/// # Errors
/// `sdk` 7, the SDK's `ErrInvalidAddress`.
pub fn address(text: &str, what: &str) -> Result<Address> {
    text.parse().map_err(|e| sdk::invalid_address(format!("invalid {what} address {text:?}: {e}")))
}

/// Params are changed by governance alone.
///
/// # Errors
/// `gov` 13, the SDK's `ErrInvalidSigner`.
pub fn check_authority(authority: &str) -> Result<Address> {
    let gov = Address::module("gov");
    if authority == gov.to_string() {
        return Ok(gov);
    }
    Err(Error::new(
        "gov",
        13,
        format!(
            "invalid authority; expected {gov}, got {authority}: expected gov account as only signer for proposal message"
        ),
    ))
}
