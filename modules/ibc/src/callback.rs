//! Callbacks of contracts about the packets of others (ADR 008 of ibc-go, its middleware
//! `callbacks`): what a memo asks for, within what gas it runs, and the events about it.
//! What is called is above this module.

use serde_json::{Map, Value};
use synergy_kernel::{Ctx, Error, Result, sdk};
use synergy_proto::{Address, ibc::core::channel::v1::Packet};

use crate::error::callbacks as own;

/// Most gas of a callback, which is also what one gets that names no limit. ibc-go leaves
/// it to the chain; here a contract's first use after a pause alone can take 12,000,000.
pub const MAX_CALLBACK_GAS: u64 = 50_000_000;

/// The step of a packet's life that somebody is called at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It was sent.
    Send,
    /// Its acknowledgement came.
    Acknowledge,
    /// It will not arrive.
    Timeout,
    /// It arrived.
    Receive,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Send => "send_packet",
            Self::Acknowledge => "acknowledgement_packet",
            Self::Timeout => "timeout_packet",
            Self::Receive => "receive_packet",
        }
    }
}

/// A callback that a memo asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Who is to be called.
    pub address: String,
    /// What it may use now.
    execution: u64,
    /// What it may use when the transaction has enough.
    commit: u64,
}

impl Callback {
    /// What `memo` asks for on the chain that sends (`src_callback`), with so much gas
    /// left.
    ///
    /// # Errors
    /// `ibccallbacks` 8 when it asks for something that makes no sense.
    pub fn source(memo: &str, gas_left: u64) -> Result<Option<Self>> {
        read(memo, "src_callback", gas_left)
    }

    /// The same on the chain that receives (`dest_callback`).
    ///
    /// # Errors
    /// As [`source`](Self::source).
    pub fn destination(memo: &str, gas_left: u64) -> Result<Option<Self>> {
        read(memo, "dest_callback", gas_left)
    }

    /// Calls: `f` runs in a layer and within a limit of its own. The inner error is the
    /// callback's, of which nothing stays but the gas.
    ///
    /// # Errors
    /// SDK 11 when it took all gas of a transaction that had less than the callback may
    /// use: it can be tried again with more.
    pub fn run(
        &self,
        ctx: &mut Ctx<'_>,
        step: Step,
        f: impl FnOnce(&mut Ctx<'_>) -> Result<()>,
    ) -> Result<std::result::Result<(), Error>> {
        let (result, gas) = ctx.metered(self.execution, |ctx| ctx.atomic(f));
        ctx.gas.consume(gas.used(), "Callback of a packet")?;
        let exhausted = |e: &Error| sdk::is_out_of_gas(e) && gas.left() == 0;
        if !result.as_ref().is_err_and(exhausted) {
            return Ok(result);
        }
        let what = format!("ibc {} callback out of gas", step.name());
        match self.execution < self.commit {
            true => Err(sdk::out_of_gas(format!("{what}; commitGasLimit: {}", self.commit))),
            false => Ok(Err(own::out_of_gas(what))),
        }
    }

    /// Tells what became of it. `mark` is put before the event's name.
    pub fn emit(&self, ctx: &mut Ctx<'_>, mark: &str, step: Step, packet: &Packet, error: Option<&Error>) {
        let (execution, commit) = (self.execution.to_string(), self.commit.to_string());
        let (sequence, error) = (packet.sequence.to_string(), error.map(ToString::to_string));
        let mut attributes = vec![
            ("module", "ibccallbacks"),
            ("callback_type", step.name()),
            ("callback_address", self.address.as_str()),
            ("callback_exec_gas_limit", execution.as_str()),
            ("callback_commit_gas_limit", commit.as_str()),
            ("packet_sequence", sequence.as_str()),
            ("callback_base_application_version", crate::transfer::VERSION),
        ];
        match &error {
            Some(error) => attributes.extend([("callback_error", error.as_str()), ("callback_result", "failure")]),
            None => attributes.push(("callback_result", "success")),
        }
        let kind = if step == Step::Receive {
            attributes.push(("packet_dest_port", packet.destination_port.as_str()));
            attributes.push(("packet_dest_channel", packet.destination_channel.as_str()));
            "ibc_dest_callback"
        } else {
            attributes.push(("packet_src_port", packet.source_port.as_str()));
            attributes.push(("packet_src_channel", packet.source_channel.as_str()));
            "ibc_src_callback"
        };
        ctx.emit(&format!("{mark}{kind}"), &attributes);
    }

    /// Whether the callback's address is that of who sent the packet: nobody else is
    /// called back.
    ///
    /// # Errors
    /// `ibccallbacks` 8 if it is not.
    pub fn check_sender(&self, sender: &str) -> Result<Address> {
        let read = |text: &str| text.parse::<Address>();
        match (read(&self.address), read(sender)) {
            (Ok(address), Ok(sender)) if address == sender => Ok(address),
            _ => {
                let shown: String = self.address.chars().take(100).collect();
                Err(own::invalid_data(format!("src_callback: {shown} is not the packet's sender {sender}")))
            }
        }
    }
}

/// The object of a memo under a key; a memo that is no JSON or has no object there asks
/// for nothing.
pub fn memo_object(memo: &str, key: &str) -> Option<Map<String, Value>> {
    // Most memos are no JSON, and none without the key asks for anything.
    if !memo.contains(key) {
        return None;
    }
    let Ok(Value::Object(mut memo)) = serde_json::from_str(memo) else { return None };
    match memo.remove(key) {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    }
}

fn read(memo: &str, key: &str, gas_left: u64) -> Result<Option<Callback>> {
    let Some(object) = memo_object(memo, key) else { return Ok(None) };
    let bad = |what: &str| own::invalid_data(format!("{key}: {what}"));
    let text = |field: &str| match object.get(field) {
        None => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(bad(&format!("{field} must be a string"))),
    };
    let address = text("address")?.to_owned();
    if address.trim().is_empty() {
        return Err(bad("address is missing"));
    }
    let asked = match text("gas_limit")? {
        "" => 0,
        number => number.parse::<u64>().map_err(|_| bad("gas_limit must be a whole number in a string"))?,
    };
    if hex::decode(text("calldata")?).is_err() {
        return Err(bad("calldata must be hexadecimal"));
    }
    let commit = if asked == 0 { MAX_CALLBACK_GAS } else { asked.min(MAX_CALLBACK_GAS) };
    Ok(Some(Callback { address, execution: gas_left.min(commit), commit }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memos_ask_for_what_they_say() {
        let source = |memo: &str| Callback::source(memo, 1_000);
        let asked = |commit| Ok(Some(Callback { address: "a".into(), execution: 1_000, commit }));
        for memo in ["", "hello", "{}", "[]", r#"{"src_callback":1}"#, r#"{"dest_callback":{"address":"a"}}"#] {
            assert_eq!(source(memo), Ok(None), "{memo}");
        }
        assert_eq!(source(r#"{"src_callback":{"address":"a"}}"#), asked(MAX_CALLBACK_GAS));
        assert_eq!(source(r#"{"src_callback":{"address":"a","gas_limit":""}}"#), asked(MAX_CALLBACK_GAS));
        assert_eq!(source(r#"{"src_callback":{"address":"a","gas_limit":"5000","calldata":"0a"}}"#), asked(5_000));
        let much = format!(r#"{{"src_callback":{{"address":"a","gas_limit":"{}"}}}}"#, u64::MAX);
        assert_eq!(source(&much), asked(MAX_CALLBACK_GAS));
        for object in [
            "{}",
            r#"{"address":7}"#,
            r#"{"address":" "}"#,
            r#"{"address":"a","gas_limit":5000}"#,
            r#"{"address":"a","gas_limit":"-1"}"#,
            r#"{"address":"a","calldata":"zz"}"#,
        ] {
            let error = source(&format!(r#"{{"src_callback":{object}}}"#)).unwrap_err();
            assert_eq!((error.codespace, error.code), ("ibccallbacks", 8), "{object}");
        }
    }
}
