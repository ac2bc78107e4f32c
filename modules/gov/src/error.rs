//! Codespace `gov`, with the numbers and texts of the Cosmos SDK (`x/gov/types/errors.go`).
//! Each takes what the case is about.

use synergy_kernel::Error;

macro_rules! errors {
    ($($name:ident = $code:literal, $text:literal;)*) => {$(
        pub(crate) fn $name(what: impl std::fmt::Display) -> Error {
            Error::new("gov", $code, format!("{what}: {}", $text))
        }
    )*};
}

errors! {
    unknown = 2, "unknown proposal";
    inactive = 3, "inactive proposal";
    content = 5, "invalid proposal content";
    vote = 7, "invalid vote option";
    genesis = 8, "invalid genesis state";
    no_handler = 9, "no handler exists for proposal type";
    unroutable = 10, "proposal message not recognized by router";
    no_messages = 11, "no messages proposed";
    message = 12, "invalid proposal message";
    signer = 13, "expected gov account as only signer for proposal message";
    metadata = 15, "metadata too long";
    small_deposit = 16, "minimum deposit is too small";
    proposer = 18, "invalid proposer";
    ended = 20, "voting period already ended";
    invalid = 21, "invalid proposal";
    summary = 22, "summary too long";
    denom = 23, "invalid deposit denom";
    // Ours: the SDK has none for these.
    not_for_gov = 101, "a message that governance may not send";
    spends_deposits = 102, "a proposal may not spend deposits";
}
