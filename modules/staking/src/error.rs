//! Codespace `staking`, with the numbers and texts of the Cosmos SDK
//! (`x/staking/types/errors.go`). Each takes what the case is about.

use synergy_kernel::Error;

macro_rules! errors {
    ($($name:ident = $code:literal, $text:literal;)*) => {$(
        pub(crate) fn $name(what: impl std::fmt::Display) -> Error {
            Error::new("staking", $code, format!("{what}: {}", $text))
        }
    )*};
}

errors! {
    no_validator = 3, "validator does not exist";
    owner_exists = 4, "validator already exist for this operator address; must use new validator operator address";
    pubkey_exists = 5, "validator already exist for this pubkey; must use new validator pubkey";
    pubkey_type = 6, "validator pubkey type is not supported";
    jailed = 7, "validator for this address is currently jailed";
    commission_negative = 9, "commission must be positive";
    commission_huge = 10, "commission cannot be more than 100%";
    commission_above_max = 11, "commission cannot be more than the max rate";
    commission_time = 12, "commission cannot be changed more than once in 24h";
    change_rate_negative = 13, "commission change rate must be positive";
    change_rate_above_max = 14, "commission change rate cannot be more than the max rate";
    commission_step = 15, "commission cannot be changed more than max change rate";
    self_delegation = 16, "validator's self delegation must be greater than their minimum self delegation";
    min_self_decreased = 17, "minimum self delegation cannot be decrease";
    no_delegation = 19, "no delegation for (address, validator) tuple";
    no_delegator = 21, "delegator does not contain delegation";
    not_enough_shares = 24, "not enough delegation shares";
    no_unbonding = 26, "no unbonding delegation found";
    max_unbonding_entries = 27, "too many unbonding delegation entries for (delegator, validator) tuple";
    self_redelegation = 29, "cannot redelegate to the same validator";
    tiny_redelegation = 30, "too few tokens to redelegate (truncates to zero tokens)";
    bad_destination = 31, "redelegation destination validator not found";
    transitive = 32, "redelegation to this validator already in progress; first redelegation to this validator must complete before next redelegation";
    max_redelegation_entries = 33, "too many redelegation entries for (delegator, src-validator, dst-validator) tuple";
    bad_rate = 34, "cannot delegate to validators with invalid (zero) ex-rate";
    no_pubkey = 39, "empty validator public key";
    commission_below_min = 40, "commission cannot be less than min rate";
}
