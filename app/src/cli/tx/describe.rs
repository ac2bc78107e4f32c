//! A transaction in clear text, for the person who is asked to sign it.

use serde_json::Value;
use synergy_proto::Coin;

use crate::cli::{coins, output};

/// Longest text of a field that is shown whole.
const SHOWN: usize = 120;

/// Describes a transaction decoded in text form: what it does, its fee, its note.
pub(crate) fn transaction(tx: &Value) -> String {
    let (body, fee) = (&tx["body"], &tx["auth_info"]["fee"]);
    let mut lines: Vec<String> = Vec::new();
    for (i, message) in body["messages"].as_array().into_iter().flatten().enumerate() {
        lines.push(format!("  {}. {}", i + 1, self::message(message)));
    }
    let gas = text(&fee["gas_limit"]);
    lines.push(format!("  fee: {}, gas limit {gas}", coins::show(&coins_of(&fee["amount"]))));
    for (key, label) in [("payer", "fee paid by"), ("granter", "fee granted by")] {
        if fee[key] != "" {
            lines.push(format!("  {label}: {}", text(&fee[key])));
        }
    }
    if body["memo"] != "" {
        lines.push(format!("  note, public: {}", text(&body["memo"])));
    }
    if body["timeout_height"] != "0" {
        lines.push(format!("  void after height {}", text(&body["timeout_height"])));
    }
    lines.join("\n")
}

fn message(message: &Value) -> String {
    match message["@type"].as_str().unwrap_or_default() {
        "/cosmos.bank.v1beta1.MsgSend" => format!(
            "send {} from {} to {}",
            coins::show(&coins_of(&message["amount"])),
            text(&message["from_address"]),
            text(&message["to_address"])
        ),
        "/cosmos.bank.v1beta1.MsgMultiSend" => multi_send(message),
        "/synergy.modelregistry.v1.MsgCreateModel" => format!(
            "open model \"{}\" of {} bytes, owned by {} (SHA-256 of its file: {})",
            text(&message["name"]),
            text(&message["size"]),
            text(&message["owner"]),
            text(&message["content_hash"])
        ),
        "/synergy.modelregistry.v1.MsgUploadChunk" => format!(
            "upload chunk {} ({} bytes) of model {}",
            message["index"],
            base64_len(message["data"].as_str().unwrap_or_default()),
            text(&message["model_id"])
        ),
        "/synergy.modelregistry.v1.MsgSealModel" => format!("seal model {}", text(&message["model_id"])),
        "/synergy.aivm.v1.MsgInfer" => {
            let inputs = message["inputs"].as_array().into_iter().flatten().map(tensor);
            format!("run model {} on {}", text(&message["model_id"]), inputs.collect::<Vec<_>>().join(", "))
        }
        _ => {
            let mut shown = message.clone();
            shorten(&mut shown);
            output::yaml(&shown).trim_end().replace('\n', "\n     ")
        }
    }
}

fn multi_send(message: &Value) -> String {
    let side = |key: &str, word: &str| {
        let parts = message[key].as_array().into_iter().flatten();
        parts
            .map(|p| format!("{} {word} {}", coins::show(&coins_of(&p["coins"])), text(&p["address"])))
            .collect::<Vec<_>>()
            .join("\n     ")
    };
    format!("send\n     {}\n     {}", side("inputs", "from"), side("outputs", "to"))
}

fn tensor(tensor: &Value) -> String {
    let shape = tensor["shape"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join("x");
    format!("{} ({} {shape})", text(&tensor["name"]), text(&tensor["dtype"]))
}

fn coins_of(value: &Value) -> Vec<Coin> {
    let coin = |v: &Value| Coin { denom: text(&v["denom"]), amount: text(&v["amount"]) };
    value.as_array().into_iter().flatten().map(coin).collect()
}

/// The text, with what could forge the lines around it escaped.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().escape_debug().to_string()
}

fn base64_len(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

/// Cuts long texts in place.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().count() > SHOWN => {
            let head: String = text.chars().take(SHOWN).collect();
            *text = format!("{head}… ({} characters)", text.chars().count());
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(map) => map.values_mut().for_each(shorten),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_who_gets_what_and_what_it_costs() {
        let tx = json!({
            "body": {
                "messages": [
                    {"@type": "/cosmos.bank.v1beta1.MsgSend", "from_address": "a", "to_address": "b",
                     "amount": [{"denom": "asnrg", "amount": "1500000000000000000"}]},
                    {"@type": "/x.Unknown", "value": "A".repeat(500)}
                ],
                "memo": "hi\n  fee: nothing", "timeout_height": "9"
            },
            "auth_info": {"fee": {"amount": [{"denom": "asnrg", "amount": "2"}], "gas_limit": "7", "payer": "", "granter": "g"}}
        });
        let shown = transaction(&tx);
        assert!(shown.starts_with("  1. send 1.5 SNRG (1500000000000000000asnrg) from a to b\n"), "{shown}");
        assert!(shown.contains("fee: 0.000000000000000002 SNRG (2asnrg), gas limit 7"), "{shown}");
        assert!(shown.contains("fee granted by: g") && shown.contains("void after height 9"), "{shown}");
        assert!(shown.contains(r"note, public: hi\n  fee: nothing"), "{shown}");
        assert!(shown.contains("… (500 characters)"), "{shown}");
    }
}
