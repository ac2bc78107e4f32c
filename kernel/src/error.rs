use std::fmt;

/// What a transaction or query failed with. `codespace` and `code` are consensus
/// data and never change their meaning; `message` goes to the log only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The namespace of `code`: `sdk` or a module's name.
    pub codespace: &'static str,
    /// Never 0, which means success.
    pub code: u32,
    /// What was wrong and what to do about it.
    pub message: String,
}

/// The result of everything a module does.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Makes an error of a module's own codespace.
    pub fn new(codespace: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self { codespace, code, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (codespace {}, code {})", self.message, self.codespace, self.code)
    }
}

impl std::error::Error for Error {}

/// Errors of codespace `sdk`, with the numbers of the Cosmos SDK
/// (`types/errors/errors.go`), so that existing clients know them.
pub mod sdk {
    use super::Error;

    macro_rules! codes {
        ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {$(
            $(#[$doc])*
            pub fn $name(message: impl Into<String>) -> Error {
                Error::new("sdk", $code, message)
            }
        )*};
    }

    /// Whether an error says that gas ran out.
    pub fn is_out_of_gas(error: &Error) -> bool {
        (error.codespace, error.code) == ("sdk", 11)
    }

    codes! {
        /// The bytes are no transaction.
        tx_decode = 2;
        /// The sequence is malformed.
        invalid_sequence = 3;
        /// A signature is missing or wrong.
        unauthorized = 4;
        /// The balance does not cover an amount.
        insufficient_funds = 5;
        /// A message, path or method that nobody handles.
        unknown_request = 6;
        /// A text that is no address.
        invalid_address = 7;
        /// A public key that cannot be used.
        invalid_pubkey = 8;
        /// An account that does not exist.
        unknown_address = 9;
        /// Coins that break the rules of coins.
        invalid_coins = 10;
        /// Gas ran out.
        out_of_gas = 11;
        /// The memo is longer than allowed.
        memo_too_large = 12;
        /// The fee is below what the block demands.
        insufficient_fee = 13;
        /// More or fewer signatures than signers.
        too_many_signatures = 14;
        /// A signer without a signature.
        no_signatures = 15;
        /// A request whose fields contradict each other or the state.
        invalid_request = 18;
        /// The transaction is in the mempool already.
        tx_in_mempool = 19;
        /// The mempool is full.
        mempool_is_full = 20;
        /// The transaction is larger than allowed.
        tx_too_large = 21;
        /// A key that is not in the store.
        key_not_found = 22;
        /// A sign mode or another enumeration value we do not take.
        not_supported = 37;
        /// The sequence is not the account's.
        wrong_sequence = 32;
        /// The block height is past the transaction's timeout.
        tx_timeout_height = 30;
        /// Extension options that we do not know.
        unknown_extension_options = 31;
        /// The chain id is not ours.
        invalid_chain_id = 28;
        /// A value that does not fit.
        overflow = 33;
        /// Gas wanted is above the block's limit or unreadable.
        invalid_gas_limit = 41;
    }

    /// A query for what does not exist, worded as a gRPC status because clients
    /// look for `rpc error: code = NotFound` in the log (ibc facts, CosmJS).
    pub fn not_found(what: impl std::fmt::Display) -> Error {
        Error::new("sdk", 22, format!("rpc error: code = NotFound desc = {what} not found: key not found"))
    }
}
