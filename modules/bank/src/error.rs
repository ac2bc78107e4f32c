//! Codespace `bank`, numbered as in the Cosmos SDK (`x/bank/types/errors.go`).

use synergy_kernel::Error;

pub(crate) fn no_inputs() -> Error {
    Error::new("bank", 2, "no inputs to send transaction: name the sender")
}

pub(crate) fn no_outputs() -> Error {
    Error::new("bank", 3, "no outputs to send transaction: name at least one recipient")
}

pub(crate) fn input_output_mismatch(inputs: &str, outputs: &str) -> Error {
    Error::new("bank", 4, format!("sum inputs != sum outputs: {inputs} against {outputs}"))
}

pub(crate) fn send_disabled(denom: &str) -> Error {
    Error::new("bank", 5, format!("{denom} transfers are currently disabled"))
}

pub(crate) fn multiple_senders() -> Error {
    Error::new("bank", 9, "multiple senders not allowed: a multi-send has one input")
}
