//! Codespace `wasm`, numbered and worded as wasmd (`x/wasm/types/errors.go`), so
//! that clients and contracts know them.

use synergy_kernel::Error;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name(what: impl std::fmt::Display) -> Error {
            Error::new("wasm", $code, format!("{what}: {}", $text))
        }
    )*};
}

codes! {
    /// The bytes are no contract that can be stored.
    create_failed = 2, "create wasm contract failed";
    /// The address of a new contract is a user's.
    account_exists = 3, "contract account already exists";
    /// The contract refused to be instantiated.
    instantiate_failed = 4, "instantiate wasm contract failed";
    /// The contract refused a message, a reply or a sudo call.
    execute_failed = 5, "execute wasm contract failed";
    /// The contract refused a query.
    query_failed = 9, "query wasm contract failed";
    /// The contract refused its migration.
    migration_failed = 11, "migrate wasm contract failed";
    /// A field is missing.
    empty = 12, "empty";
    /// Something is larger than allowed.
    limit = 13, "exceeds limit";
    /// Something is not valid in its place.
    invalid = 14, "invalid";
    /// Something is there already.
    duplicate = 15, "duplicate";
    /// A channel's number is too high.
    max_channels = 16, "max transfer channels";
    /// The contract's code has not what this would need.
    unsupported = 17, "unsupported for this contract";
    /// A message of a contract that this chain does not know.
    unknown_msg = 20, "unknown message from the contract";
    /// An event or attribute of a contract breaks the rules.
    invalid_event = 21, "invalid event";
    /// Queries call queries too deep.
    query_stack = 27, "max query stack size exceeded";
    /// The engine ended the call: a trap, an abort, malformed answers.
    vm = 29, "wasmvm error";
}

/// No contract has the address.
pub(crate) fn no_such_contract(address: &str) -> Error {
    Error::new("wasm", 22, format!("address {address}: no such contract"))
}

/// No code has the id.
pub(crate) fn no_such_code(id: u64) -> Error {
    Error::new("wasm", 28, format!("code id {id}: no such code"))
}

/// Puts a prefix to an error's text, as wasmd wraps it.
pub(crate) fn wrap(prefix: &str, error: Error) -> Error {
    Error { message: format!("{prefix}: {}", error.message), ..error }
}

/// Whether a contract may see the text: it is another contract's own words, and not
/// those of this program, which another version may change.
pub(crate) fn is_contracts_own(error: &Error) -> bool {
    let wrapped = ["dispatch: ", "reply: "].iter().any(|prefix| error.message.starts_with(prefix));
    error.codespace == "wasm" && matches!(error.code, 4 | 5 | 9 | 11) && !wrapped
}

/// What a contract is told of an error (wasmd: `redactError`).
pub(crate) fn redacted(error: &Error) -> String {
    match is_contracts_own(error) {
        true => error.message.clone(),
        false => format!("codespace: {}, code: {}", error.codespace, error.code),
    }
}
