//! The acknowledgement that most applications use (`ibc.core.channel.v1.Acknowledgement`
//! in protobuf's JSON).

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use synergy_kernel::Error;

/// Success with a result, or failure with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Acknowledgement {
    /// In base64.
    Result(String),
    /// A text that is the same on every node.
    Error(String),
}

impl Acknowledgement {
    /// Success.
    pub fn success(result: &[u8]) -> Self {
        Self::Result(BASE64.encode(result))
    }

    /// Failure. Only the code is told: texts are not consensus data.
    pub fn of_error(error: &Error) -> Self {
        Self::Error(format!("ABCI code: {}: error handling packet: see events for details", error.code))
    }

    /// The bytes that go back.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_else(|e| synergy_store::fatal(format_args!("acknowledgement: {e}")))
    }

    /// Reads an acknowledgement, however its writer spaces and escapes it; `None` for bytes
    /// that are neither a success nor a failure, or both.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        if let Self::Result(text) = &read {
            BASE64.decode(text).ok()?;
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_ibc_go() {
        assert_eq!(Acknowledgement::success(&[1]).to_bytes(), br#"{"result":"AQ=="}"#);
        let error = Acknowledgement::of_error(&Error::new("transfer", 8, "receiving is off"));
        let text = br#"{"error":"ABCI code: 8: error handling packet: see events for details"}"#;
        assert_eq!(error.to_bytes(), text);
        assert_eq!(Acknowledgement::from_bytes(text), Some(error));
        let escaped = br#"{ "error":"a\u003cb" }"#;
        assert_eq!(Acknowledgement::from_bytes(escaped), Some(Acknowledgement::Error("a<b".into())));
        for other in [&b"{}"[..], br#"{"result":"!"}"#, br#"{"result":"AQ==","error":"x"}"#, b"1", b"\xff"] {
            assert_eq!(Acknowledgement::from_bytes(other), None);
        }
    }
}
