//! Codespace `slashing`, with the numbers and texts of the Cosmos SDK
//! (`x/slashing/types/errors.go`). Each takes what the case is about.

use synergy_kernel::Error;

macro_rules! errors {
    ($($name:ident = $code:literal, $text:literal;)*) => {$(
        pub(crate) fn $name(what: impl std::fmt::Display) -> Error {
            Error::new("slashing", $code, format!("{what}: {}", $text))
        }
    )*};
}

errors! {
    no_validator = 2, "address is not associated with any known validator";
    still_jailed = 4, "validator still jailed; cannot be unjailed";
    not_jailed = 5, "validator not jailed; cannot be unjailed";
    no_self_delegation = 6, "validator has no self-delegation; cannot be unjailed";
    self_delegation_too_low = 7, "validator's self delegation less than minimum; cannot be unjailed";
}
