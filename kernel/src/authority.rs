use synergy_proto::Address;

use crate::{Error, Result};

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
