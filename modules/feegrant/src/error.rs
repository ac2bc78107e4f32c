//! Codespace `feegrant`, numbered as in the Cosmos SDK (`x/feegrant/errors.go`).

use synergy_kernel::Error;
use synergy_proto::Address;

pub(crate) fn limit_exceeded(what: &str) -> Error {
    Error::new("feegrant", 2, format!("{what}: fee limit exceeded"))
}

pub(crate) fn expired(what: &str) -> Error {
    Error::new("feegrant", 3, format!("{what}: fee allowance expired"))
}

pub(crate) fn invalid_duration(what: &str) -> Error {
    Error::new("feegrant", 4, format!("{what}: invalid duration"))
}

pub(crate) fn no_allowance(what: &str) -> Error {
    Error::new("feegrant", 5, format!("{what}: no allowance"))
}

pub(crate) fn no_messages() -> Error {
    Error::new("feegrant", 6, "allowed messages are empty: name at least one type URL")
}

pub(crate) fn message_not_allowed(url: &str) -> Error {
    Error::new("feegrant", 7, format!("{url} does not exist in allowed messages: message not allowed"))
}

/// SDK's `ErrNotFound`.
pub(crate) fn not_found(granter: &Address, grantee: &Address) -> Error {
    Error::new("sdk", 38, format!("fee-grant not found: {granter} has granted {grantee} no fees"))
}
