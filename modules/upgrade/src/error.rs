//! Codespace `upgrade`, numbered as in the Cosmos SDK (`x/upgrade/types/errors.go`).

use synergy_kernel::Error;
use synergy_proto::Address;

pub(crate) fn invalid_signer(expected: &Address, got: &str) -> Error {
    Error::new(
        "upgrade",
        6,
        format!("expected {expected} got {got}: expected authority account as only signer for proposal message"),
    )
}
