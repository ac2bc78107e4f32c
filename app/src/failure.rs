//! Why a node does not start or goes on no longer, told apart for scripts.

use std::fmt;

/// A cause that a restart does not cure. Its name stands before the message, its
/// number is the exit code of `synergyd`; neither changes from version to version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Another process works with the home.
    HomeInUse = 10,
    /// Too little space is left on the disk of the home.
    DiskFull = 11,
    /// Genesis file and database are of two chains.
    WrongChain = 12,
    /// The application's state is not the one that the chain's headers name.
    AppHash = 13,
    /// The database was written by a newer program, or by that of another chain.
    WrongProgram = 14,
    /// The database cannot be opened: it is damaged, or not this user's.
    Database = 15,
}

impl Cause {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HomeInUse => "home-in-use",
            Self::DiskFull => "disk-full",
            Self::WrongChain => "wrong-chain",
            Self::AppHash => "app-hash",
            Self::WrongProgram => "wrong-program",
            Self::Database => "database",
        }
    }

    /// A failure of this cause.
    pub fn because(self, text: impl Into<String>) -> Failure {
        Failure { cause: Some(self), text: text.into() }
    }
}

/// What was wrong and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// None if a restart may help, or nothing more is known.
    pub cause: Option<Cause>,
    /// The message.
    pub text: String,
}

impl Failure {
    /// Exit code of the process that ends with it.
    pub fn exit_code(&self) -> u8 {
        self.cause.map_or(1, |cause| cause as u8)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self { cause: None, text }
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            Some(cause) => write!(f, "{}: {}", cause.as_str(), self.text),
            None => f.write_str(&self.text),
        }
    }
}
