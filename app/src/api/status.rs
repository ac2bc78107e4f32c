//! Errors of the modules as gRPC statuses, and these as HTTP answers.

use synergy_kernel::Error;
use tonic::{Code, Status};

/// The status for an error of a module, as the SDK's gateway and clients have it.
///
/// A text that is worded as a status (`rpc error: code = NotFound desc = …`, which
/// clients of the ABCI query look for) is one; its frame is taken off, since the
/// status says the code.
pub(super) fn from_error(error: &Error) -> Status {
    if let Some((code, text)) = worded(&error.message) {
        return Status::new(code, text);
    }
    let code = match (error.codespace, error.code) {
        ("sdk", 4) => Code::Unauthenticated,
        ("sdk", 9 | 22) => Code::NotFound,
        ("sdk", 11) => Code::ResourceExhausted,
        ("sdk", 2 | 3 | 6 | 7 | 8 | 10 | 12 | 13 | 14 | 15 | 18 | 21 | 28 | 30 | 31 | 33 | 37 | 41) => {
            Code::InvalidArgument
        }
        // The SDK answers a failed simulation so, and Hermes reads its text.
        _ => Code::Unknown,
    };
    Status::new(code, error.message.clone())
}

/// The code and text of `rpc error: code = NotFound desc = text`.
fn worded(message: &str) -> Option<(Code, &str)> {
    let (name, text) = message.strip_prefix("rpc error: code = ")?.split_once(" desc = ")?;
    let code = match name {
        "NotFound" => Code::NotFound,
        "InvalidArgument" => Code::InvalidArgument,
        "FailedPrecondition" => Code::FailedPrecondition,
        "AlreadyExists" => Code::AlreadyExists,
        "Unimplemented" => Code::Unimplemented,
        "PermissionDenied" => Code::PermissionDenied,
        "Unauthenticated" => Code::Unauthenticated,
        "ResourceExhausted" => Code::ResourceExhausted,
        "Unavailable" => Code::Unavailable,
        "Internal" => Code::Internal,
        _ => return None,
    };
    Some((code, text))
}

/// The HTTP status that grpc-gateway 1.16 (`runtime/errors.go`) gives for a code.
pub(super) fn http(code: Code) -> u16 {
    match code {
        Code::Ok => 200,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => 400,
        Code::Unauthenticated => 401,
        Code::PermissionDenied => 403,
        Code::NotFound => 404,
        Code::Cancelled => 408,
        Code::AlreadyExists | Code::Aborted => 409,
        Code::ResourceExhausted => 429,
        Code::Unimplemented => 501,
        Code::Unavailable => 503,
        Code::DeadlineExceeded => 504,
        Code::Unknown | Code::Internal | Code::DataLoss => 500,
    }
}

#[cfg(test)]
mod tests {
    use synergy_kernel::sdk;

    use super::*;

    #[test]
    fn codes_of_the_sdk() {
        for (error, code) in [
            (sdk::not_found("account x"), Code::NotFound),
            (sdk::key_not_found("x"), Code::NotFound),
            (sdk::invalid_address("x"), Code::InvalidArgument),
            (sdk::unauthorized("x"), Code::Unauthenticated),
            (sdk::out_of_gas("x"), Code::ResourceExhausted),
            (sdk::wrong_sequence("account sequence mismatch, expected 2, got 1"), Code::Unknown),
            (Error::new("bank", 5, "x"), Code::Unknown),
        ] {
            assert_eq!(from_error(&error).code(), code, "{error}");
        }
    }

    #[test]
    fn a_status_in_words_is_one() {
        let status = from_error(&sdk::not_found("account x"));
        assert_eq!((status.code(), status.message()), (Code::NotFound, "account x not found: key not found"));
        let odd = from_error(&Error::new("x", 1, "rpc error: code = Strange desc = y"));
        assert_eq!((odd.code(), odd.message()), (Code::Unknown, "rpc error: code = Strange desc = y"));
    }
}
