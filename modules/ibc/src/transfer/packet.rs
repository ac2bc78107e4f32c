//! The data of a transfer's packet: JSON with sorted keys.

use serde::{Deserialize, Serialize};
use synergy_kernel::{Error, Result};

use crate::error::{core, transfer as own};

/// Longest receiver and memo in bytes (ibc-go).
pub(crate) const MAX_RECEIVER: usize = 2_048;
pub(crate) const MAX_MEMO: usize = 32_768;

/// `ibc.applications.transfer.v1.FungibleTokenPacketData`; the order of fields is that of
/// the JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// In the smallest unit.
    #[serde(default)]
    pub amount: String,
    /// The path of the denomination as the sending chain knows it.
    #[serde(default)]
    pub denom: String,
    /// What applications above may read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub memo: String,
    /// Who gets it.
    #[serde(default)]
    pub receiver: String,
    /// Who sent it.
    #[serde(default)]
    pub sender: String,
}

impl Data {
    /// Reads a packet's data and checks what needs no state.
    ///
    /// # Errors
    /// `ibc` 12 for other bytes; `transfer` 3, 5 and 11, `ibc` 5 for bad fields.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let data: Self = serde_json::from_slice(bytes)
            .map_err(|e| core::invalid_type(format!("cannot unmarshal ICS20-V1 transfer packet data: {e}")))?;
        data.validate()?;
        Ok(data)
    }

    /// The bytes, with the characters escaped that Go's encoder escapes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let json = serde_json::to_string(self)
            .unwrap_or_else(|e| synergy_store::fatal(format_args!("transfer packet data: {e}")));
        let mut out = String::with_capacity(json.len());
        for c in json.chars() {
            match c {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
        }
        out.into_bytes()
    }

    /// # Errors
    /// `transfer` 3, 5 and 11, `ibc` 5.
    pub(crate) fn validate(&self) -> Result<()> {
        self.amount()?;
        if self.sender.trim().is_empty() {
            return Err(core::invalid_address("sender address cannot be blank"));
        }
        if self.receiver.trim().is_empty() {
            return Err(core::invalid_address("receiver address cannot be blank"));
        }
        if self.receiver.len() > MAX_RECEIVER {
            return Err(core::invalid_address(format!("recipient address must not exceed {MAX_RECEIVER} bytes")));
        }
        if self.memo.len() > MAX_MEMO {
            return Err(own::invalid_memo(format!("memo must not exceed {MAX_MEMO} bytes")));
        }
        super::denom::validate(&super::denom::parse(&self.denom))
    }

    /// # Errors
    /// `transfer` 5 for what is no positive number of 128 bits.
    pub(crate) fn amount(&self) -> Result<u128> {
        let bad = |why: &str| -> Error {
            let shown: String = self.amount.chars().take(90).collect();
            own::invalid_amount(format!("unable to parse transfer amount ({shown}): {why}"))
        };
        if self.amount.is_empty() || !self.amount.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad("write a whole number"));
        }
        match self.amount.parse() {
            Ok(0) => Err(bad("amount must be strictly positive")),
            Ok(amount) => Ok(amount),
            Err(_) => Err(bad("amounts here have at most 128 bits")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data(memo: &str) -> Data {
        Data {
            amount: "100".into(),
            denom: "transfer/channel-0/uatom".into(),
            memo: memo.into(),
            receiver: "r".into(),
            sender: "s".into(),
        }
    }

    #[test]
    fn bytes_are_those_of_ibc_go() {
        let plain = br#"{"amount":"100","denom":"transfer/channel-0/uatom","receiver":"r","sender":"s"}"#;
        assert_eq!(data("").to_bytes(), plain);
        let memo =
            br#"{"amount":"100","denom":"transfer/channel-0/uatom","memo":"a\u003cb","receiver":"r","sender":"s"}"#;
        assert_eq!(data("a<b").to_bytes(), memo);
        assert_eq!(Data::from_bytes(memo).unwrap(), data("a<b"));
    }

    #[test]
    fn hostile_data_has_its_codes() {
        let code = |change: fn(&mut Data)| {
            let mut data = data("");
            change(&mut data);
            let error = Data::from_bytes(&data.to_bytes()).unwrap_err();
            (error.codespace, error.code)
        };
        assert_eq!(code(|d| d.amount = "0".into()), ("transfer", 5));
        assert_eq!(code(|d| d.amount = "-1".into()), ("transfer", 5));
        assert_eq!(code(|d| d.amount = "340282366920938463463374607431768211456".into()), ("transfer", 5));
        assert_eq!(code(|d| d.denom = " ".into()), ("transfer", 3));
        assert_eq!(code(|d| d.sender = String::new()), ("ibc", 5));
        assert_eq!(code(|d| d.receiver = "r".repeat(MAX_RECEIVER + 1)), ("ibc", 5));
        assert_eq!(code(|d| d.memo = "m".repeat(MAX_MEMO + 1)), ("transfer", 11));
        assert_eq!(Data::from_bytes(b"\x0a\x01").unwrap_err().code, 12);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(data) = Data::from_bytes(&bytes) {
                prop_assert_eq!(Data::from_bytes(&data.to_bytes()).unwrap(), data);
            }
        }

        #[test]
        fn written_data_reads_back(amount in 1u128.., denom in "[a-z]{3,9}(/[a-z0-9-]{1,9}){0,4}", memo in ".{0,60}", receiver in "\\S.{0,40}") {
            let data = Data { amount: amount.to_string(), denom, memo, receiver, sender: "s".into() };
            prop_assume!(data.validate().is_ok());
            prop_assert_eq!(Data::from_bytes(&data.to_bytes()).unwrap(), data);
        }
    }
}
