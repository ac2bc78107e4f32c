use std::fmt;

/// What was wrong and what to do, as printed after `Error: `.
///
/// It is not a `std::error::Error`, so that every such error turns into one
/// with `?`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Error(pub(crate) String, pub(crate) u8);

/// Exit code of most failures; a node that refuses to start has others.
pub(crate) const FAILED: u8 = 1;

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.to_string(), FAILED)
    }
}

impl From<synergy_app::failure::Failure> for Error {
    fn from(failure: synergy_app::failure::Failure) -> Self {
        Self(failure.to_string(), failure.exit_code())
    }
}

/// An [`Error`] from a format string.
macro_rules! error {
    ($($arg:tt)*) => { $crate::cli::error::Error(format!($($arg)*), $crate::cli::error::FAILED) };
}

/// Returns an [`Error`] from a format string.
macro_rules! bail {
    ($($arg:tt)*) => { return Err($crate::cli::error::error!($($arg)*)) };
}

pub(crate) use {bail, error};
