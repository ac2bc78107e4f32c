//! The end of the process on a fault of the machine.

use std::fmt::Display;

/// Logs `message` and aborts the process.
///
/// Called for disk faults, damaged rows and broken invariants. None of these may
/// become the error of a transaction: another node would not have it, and the two
/// would part ways.
pub fn fatal(message: impl Display) -> ! {
    tracing::error!("fatal: {message}");
    eprintln!("fatal: {message}");
    std::process::abort()
}
