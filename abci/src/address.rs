//! Where a server listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a server listens: `tcp://127.0.0.1:26658` or `unix:///path/to/socket`, the
/// forms of CometBFT's `proxy_app`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP socket. ABCI has no authentication: keep it on loopback.
    Tcp(SocketAddr),
    /// A unix socket at this path.
    Unix(PathBuf),
}

/// The text is not an [`Address`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not tcp://IP:PORT or unix:///PATH")]
pub struct AddressError(String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || AddressError(text.to_owned());
        match text.split_once("://") {
            Some(("tcp", address)) => address.parse().map(Address::Tcp).map_err(|_| invalid()),
            Some(("unix", path)) if !path.is_empty() => Ok(Address::Unix(PathBuf::from(path))),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(address) => write!(f, "tcp://{address}"),
            Address::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_proxy_app_are_read_and_written_back() {
        for text in ["tcp://127.0.0.1:26658", "tcp://[::1]:1", "unix:///run/a.sock", "unix://a.sock"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "tcp://", "tcp://localhost:1", "127.0.0.1:1", "unix://", "http://[::1]:1"] {
            let error = text.parse::<Address>().unwrap_err();
            assert_eq!(error, AddressError(text.to_owned()));
        }
    }
}
