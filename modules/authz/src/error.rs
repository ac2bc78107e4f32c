//! Codespace `authz`, numbered as in the Cosmos SDK (`x/authz/errors.go`).

use synergy_kernel::Error;

pub(crate) fn not_found(what: &str) -> Error {
    Error::new("authz", 2, format!("{what}: authorization not found"))
}

pub(crate) fn invalid_expiration(expiration: i64, now: i64) -> Error {
    Error::new(
        "authz",
        3,
        format!(
            "expiration must be after the current block time ({now}), got {expiration}: expiration time of authorization should be more than current time"
        ),
    )
}

pub(crate) fn unknown_type() -> Error {
    Error::new("authz", 4, "unknown authorization type: name delegate, unbond, redelegate or cancel-unbond")
}

pub(crate) fn expired() -> Error {
    Error::new("authz", 6, "authorization expired: ask the granter for a new one")
}

pub(crate) fn grantee_is_granter() -> Error {
    Error::new("authz", 7, "grantee and granter should be different")
}

pub(crate) fn signers(count: usize) -> Error {
    Error::new("authz", 9, format!("authorization can be given to msg with only one signer, this one has {count}"))
}

/// SDK's `ErrInvalidType`.
pub(crate) fn invalid_type(what: &str) -> Error {
    Error::new("sdk", 29, format!("{what}: invalid type"))
}
