//! `SIGN_MODE_LEGACY_AMINO_JSON`: what Ledger devices, multisig members and older
//! wallets sign. A transaction's messages are rendered as one JSON text by the rules of
//! the Cosmos SDK (`x/tx/signing/aminojson`), from a table that `proto/gen` reads out of
//! the .proto files: a message added there can be signed without a line of code here.
//!
//! The signature covers the text and not the bytes that nodes execute. So bytes that a
//! text does not show (unknown or repeated fields, another type on the wire) are
//! refused, though the SDK drops some of them silently.

mod inline;
mod message;
mod reader;
mod text;
mod values;

use std::fmt::Write as _;

use synergy_kernel::{Result, sdk};
use synergy_proto::{
    Any,
    cosmos::{
        base::v1beta1::Coin,
        tx::v1beta1::{Fee, TxBody},
    },
};

/// The parts of the sign document that the transaction itself gives, rendered once.
#[derive(Debug)]
pub struct Document {
    fee: String,
    memo: String,
    msgs: String,
    timeout_height: u64,
}

impl Document {
    /// Renders a transaction.
    ///
    /// # Errors
    /// Codespace `sdk`: 2 for bytes that the text would not show, 4 for what amino JSON
    /// cannot express (extension options, message types that it does not know).
    pub fn new(body: &TxBody, fee: &Fee) -> Result<Self> {
        if !body.extension_options.is_empty() || !body.non_critical_extension_options.is_empty() {
            return Err(sdk::unauthorized(
                "SIGN_MODE_LEGACY_AMINO_JSON does not support protobuf extension options: leave them out",
            ));
        }
        Ok(Self {
            fee: render_fee(fee)?,
            memo: text::quoted(&body.memo),
            msgs: render_list(&body.messages)?,
            timeout_height: body.timeout_height,
        })
    }

    /// The bytes that an account signs: the SDK's `StdSignDoc`, sorted and compact.
    pub fn sign_bytes(&self, chain_id: &str, account_number: u64, sequence: u64) -> Vec<u8> {
        let timeout = match self.timeout_height {
            0 => String::new(),
            height => format!(",\"timeout_height\":\"{height}\""),
        };
        format!(
            "{{\"account_number\":\"{account_number}\",\"chain_id\":{},\"fee\":{},\"memo\":{},\"msgs\":{},\
             \"sequence\":\"{sequence}\"{timeout}}}",
            text::quoted(chain_id),
            self.fee,
            self.memo,
            self.msgs
        )
        .into_bytes()
    }
}

fn render_fee(fee: &Fee) -> Result<String> {
    let coins: Vec<String> = fee.amount.iter().map(render_coin).collect();
    let mut out = format!("{{\"amount\":[{}],\"gas\":\"{}\"", coins.join(","), fee.gas_limit);
    for (name, address) in [("granter", &fee.granter), ("payer", &fee.payer)] {
        if !address.is_empty() {
            let _ = write!(out, ",\"{name}\":{}", text::quoted(address));
        }
    }
    out.push('}');
    Ok(out)
}

fn render_coin(coin: &Coin) -> String {
    let amount = if coin.amount.is_empty() { "0" } else { &coin.amount };
    let denom = if coin.denom.is_empty() { String::new() } else { format!(",\"denom\":{}", text::quoted(&coin.denom)) };
    format!("{{\"amount\":{}{denom}}}", text::quoted(amount))
}

fn render_list(messages: &[Any]) -> Result<String> {
    let mut out = String::from("[");
    for (i, any) in messages.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        message::write_any(&mut out, &any.type_url, &any.value, 0)?;
    }
    out.push(']');
    Ok(out)
}

/// One message as it stands in `msgs`: `{"type":…,"value":…}`.
///
/// # Errors
/// As [`Document::new`].
pub fn render(any: &Any) -> Result<String> {
    let mut out = String::new();
    message::write_any(&mut out, &any.type_url, &any.value, 0)?;
    Ok(out)
}
