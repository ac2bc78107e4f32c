//! Protobuf bytes to the JSON of Cosmos clients and back: snake_case names,
//! defaults shown, 64-bit integers as text, bytes in base64, `Any` as `@type`.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field};
use serde_json::{Map, Value, json};
use synergy_crypto::AccountKey;
use synergy_proto::synergy::auth::QueryPublicKeyResponse;
use synergy_proto::tendermint::google::protobuf::Duration;

use super::{
    error::{Result, bail, error},
    schema::{Count, Field, Kind, PUBLIC_KEY_RESPONSE, Schema, by_type_url},
};

/// Deeper messages than ours are an attack on the stack.
const MAX_DEPTH: u8 = 16;

/// Form of hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// base64, as gateways write them.
    Json,
    /// Hexadecimal, for people.
    Text,
}

/// Reads protobuf bytes.
pub(crate) fn decode(schema: &Schema, bytes: &[u8], form: Form) -> Result<Value> {
    message(schema, bytes, form, 0)
}

fn message(schema: &Schema, mut bytes: &[u8], form: Form, depth: u8) -> Result<Value> {
    if depth > MAX_DEPTH {
        bail!("the message nests deeper than {MAX_DEPTH} levels");
    }
    let mut values: Vec<Option<Value>> = schema.0.iter().map(default).collect();
    while !bytes.is_empty() {
        let (tag, wire_type) = decode_key(&mut bytes)?;
        let Some(at) = schema.0.iter().position(|f| f.tag == tag) else {
            skip_field(wire_type, tag, &mut bytes, DecodeContext::default())?;
            continue;
        };
        let (field, slot) = (&schema.0[at], &mut values[at]);
        if wire_type == WireType::LengthDelimited && is_varint(field.kind) && field.count == Count::Many {
            let mut packed = take(&mut bytes)?;
            while !packed.is_empty() {
                put(slot, field, scalar(field.kind, decode_varint(&mut packed)?));
            }
            continue;
        }
        let value = match (wire_type, is_varint(field.kind)) {
            (WireType::Varint, true) => scalar(field.kind, decode_varint(&mut bytes)?),
            (WireType::LengthDelimited, false) => blob(field.kind, take(&mut bytes)?, form, depth)?,
            _ => bail!("field {} has another type on the wire", field.name),
        };
        put(slot, field, value);
    }
    let fields = schema.0.iter().zip(values);
    Ok(Value::Object(fields.filter_map(|(f, v)| Some((f.name.to_owned(), v?))).collect()))
}

fn default(field: &Field) -> Option<Value> {
    Some(match (field.count, field.kind) {
        (Count::Maybe, _) => return None,
        (Count::Many, _) => json!([]),
        (_, Kind::Msg(_) | Kind::Any | Kind::Json | Kind::Dec | Kind::Time | Kind::Span) => Value::Null,
        (_, Kind::Str | Kind::Bytes | Kind::Hash) => json!(""),
        (_, kind) => scalar(kind, 0),
    })
}

fn put(slot: &mut Option<Value>, field: &Field, value: Value) {
    match slot {
        Some(Value::Array(list)) if field.count == Count::Many => list.push(value),
        slot => *slot = Some(value),
    }
}

fn is_varint(kind: Kind) -> bool {
    matches!(kind, Kind::U64 | Kind::U32 | Kind::I64 | Kind::Bool | Kind::Enum(_))
}

fn scalar(kind: Kind, number: u64) -> Value {
    match kind {
        Kind::Bool => (number != 0).into(),
        Kind::U32 => number.into(),
        Kind::I64 => number.cast_signed().to_string().into(),
        Kind::Enum(names) => match names.iter().find(|(n, _)| *n == number) {
            Some((_, name)) => (*name).into(),
            None => number.into(),
        },
        _ => number.to_string().into(),
    }
}

fn blob(kind: Kind, bytes: &[u8], form: Form, depth: u8) -> Result<Value> {
    Ok(match kind {
        Kind::Str => std::str::from_utf8(bytes)?.into(),
        Kind::Hash if form == Form::Text => hex::encode(bytes).into(),
        Kind::Json if !bytes.is_empty() => {
            serde_json::from_slice(bytes).unwrap_or_else(|_| BASE64.encode(bytes).into())
        }
        Kind::Json => Value::Null,
        Kind::Msg(schema) => message(schema, bytes, form, depth + 1)?,
        Kind::Any => any(bytes, form, depth + 1)?,
        Kind::Dec => point(std::str::from_utf8(bytes)?).into(),
        Kind::Time => serde_json::to_value(<synergy_proto::Timestamp as prost::Message>::decode(bytes)?)?,
        Kind::Span => span(&<Duration as prost::Message>::decode(bytes)?).into(),
        _ => BASE64.encode(bytes).into(),
    })
}

fn any(bytes: &[u8], form: Form, depth: u8) -> Result<Value> {
    let any = <synergy_proto::Any as prost::Message>::decode(bytes)?;
    let mut out = Map::new();
    out.insert("@type".into(), any.type_url.clone().into());
    match by_type_url(&any.type_url) {
        Some(schema) => {
            if let Value::Object(fields) = message(schema, &any.value, form, depth)? {
                out.extend(fields);
            }
        }
        None => {
            out.insert("value".into(), BASE64.encode(&any.value).into());
        }
    }
    Ok(Value::Object(out))
}

fn take<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = usize::try_from(decode_varint(bytes)?)?;
    let (head, tail) = bytes.split_at_checked(length).ok_or_else(|| error!("the message is cut short"))?;
    *bytes = tail;
    Ok(head)
}

/// Decimals of the SDK's `LegacyDec`, whose wire form is the number times 10¹⁸.
const DECIMALS: usize = 18;

/// A wire decimal with its point: `1` is `0.000000000000000001`.
fn point(scaled: &str) -> String {
    let (sign, digits) = scaled.strip_prefix('-').map_or(("", scaled), |digits| ("-", digits));
    let digits = format!("{digits:0>width$}", width = DECIMALS + 1);
    let (whole, fraction) = digits.split_at(digits.len() - DECIMALS);
    format!("{sign}{whole}.{fraction}")
}

/// The wire form of a decimal number such as `0.05`.
pub(crate) fn scaled(text: &str) -> Result<String> {
    let (sign, number) = text.strip_prefix('-').map_or(("", text), |number| ("-", number));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if number.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > DECIMALS {
        bail!("{text:?} is no decimal number with at most {DECIMALS} decimals, such as 0.05");
    }
    let all = format!("{whole}{fraction:0<DECIMALS$}");
    Ok(match all.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    })
}

fn span(duration: &Duration) -> String {
    match duration.nanos {
        0 => format!("{}s", duration.seconds),
        nanos => format!("{}.{nanos:09}s", duration.seconds),
    }
}

/// Reads `3600s`, `90m`, `24h` or `1.5s`.
pub(crate) fn span_of(text: &str) -> Result<Duration> {
    let bad = || error!("{text:?} is no duration such as 3600s, 90m or 24h");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(bad)?;
    let factor: i64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(bad()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 || (factor > 1 && !fraction.is_empty()) {
        return Err(bad());
    }
    let seconds = whole.parse::<i64>().ok().and_then(|n| n.checked_mul(factor)).ok_or_else(bad)?;
    Ok(Duration { seconds, nanos: format!("{fraction:0<9}").parse().map_err(|_| bad())? })
}

/// Reads a time: Unix seconds, or RFC 3339 as `2026-01-31T12:00:00Z`.
pub(crate) fn time_of(text: &str) -> Result<synergy_proto::Timestamp> {
    if let Ok(seconds) = text.parse() {
        return Ok(synergy_proto::Timestamp { seconds, nanos: 0 });
    }
    serde_json::from_value(text.into())
        .map_err(|e| error!("{text:?} is no time: write Unix seconds or 2026-01-31T12:00:00Z ({e})"))
}

/// Writes JSON as protobuf bytes, fields in order of tag, defaults left out.
pub(crate) fn encode(schema: &Schema, value: &Value) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let Value::Object(map) = value else { bail!("expected a JSON object, got {}", shown(value)) };
    if let Some(unknown) = map.keys().find(|key| !schema.0.iter().any(|f| f.name == key.as_str())) {
        bail!("unknown field {unknown:?}: a signature would not cover it");
    }
    for field in schema.0 {
        match map.get(field.name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) if field.count == Count::Many => {
                put_many(field, items, &mut out).map_err(|e| error!("{}: {e}", field.name))?;
            }
            Some(_) if field.count == Count::Many => bail!("{}: expected a JSON array", field.name),
            Some(inner) => put_one(field, inner, &mut out).map_err(|e| error!("{}: {e}", field.name))?,
        }
    }
    Ok(out)
}

fn put_many(field: &Field, items: &[Value], out: &mut Vec<u8>) -> Result<()> {
    if !is_varint(field.kind) {
        for item in items {
            put_bytes(field.tag, &blob_of(field.kind, item)?, out);
        }
    } else if !items.is_empty() {
        let mut packed = Vec::new();
        for item in items {
            encode_varint(number_of(field.kind, item)?, &mut packed);
        }
        put_bytes(field.tag, &packed, out);
    }
    Ok(())
}

fn put_one(field: &Field, value: &Value, out: &mut Vec<u8>) -> Result<()> {
    if is_varint(field.kind) {
        let number = number_of(field.kind, value)?;
        if number != 0 {
            encode_key(field.tag, WireType::Varint, out);
            encode_varint(number, out);
        }
        return Ok(());
    }
    let bytes = blob_of(field.kind, value)?;
    if !bytes.is_empty() || matches!(field.kind, Kind::Msg(_) | Kind::Any | Kind::Time | Kind::Span) {
        put_bytes(field.tag, &bytes, out);
    }
    Ok(())
}

fn put_bytes(tag: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn number_of(kind: Kind, value: &Value) -> Result<u64> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let number = match kind {
        Kind::Bool => value.as_bool().map(u64::from),
        Kind::I64 => text.parse::<i64>().ok().map(i64::cast_unsigned),
        Kind::U32 => text.parse::<u32>().ok().map(u64::from),
        Kind::Enum(names) => {
            names.iter().find(|(_, name)| *name == text).map(|(n, _)| *n).or_else(|| text.parse().ok())
        }
        _ => text.parse().ok(),
    };
    number.ok_or_else(|| error!("{} does not fit the field", shown(value)))
}

fn blob_of(kind: Kind, value: &Value) -> Result<Vec<u8>> {
    match kind {
        Kind::Msg(schema) => encode(schema, value),
        Kind::Any => any_of(value),
        Kind::Json => Ok(value.to_string().into_bytes()),
        _ => {
            let text = value.as_str().ok_or_else(|| error!("expected a text, got {}", shown(value)))?;
            match kind {
                Kind::Str => return Ok(text.as_bytes().to_vec()),
                Kind::Dec => return Ok(scaled(text)?.into_bytes()),
                Kind::Time => return Ok(prost::Message::encode_to_vec(&time_of(text)?)),
                Kind::Span => return Ok(prost::Message::encode_to_vec(&span_of(text)?)),
                _ => {}
            }
            BASE64.decode(text).map_err(|e| error!("{} is no base64 ({e})", shown(value)))
        }
    }
}

fn any_of(value: &Value) -> Result<Vec<u8>> {
    let type_url = value["@type"].as_str().ok_or_else(|| error!("\"@type\" is missing in {}", shown(value)))?;
    let mut fields = value.clone();
    if let Some(map) = fields.as_object_mut() {
        map.remove("@type");
    }
    let inner = match by_type_url(type_url) {
        Some(schema) => encode(schema, &fields)?,
        None => match fields["value"].as_str().map(|text| BASE64.decode(text)) {
            Some(Ok(bytes)) => bytes,
            _ => bail!("{type_url} is not known here: give its bytes as base64 in \"value\""),
        },
    };
    Ok(prost::Message::encode_to_vec(&synergy_proto::Any { type_url: type_url.to_owned(), value: inner }))
}

/// The beginning of a value, for an error text.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// The public key that the JSON of its `Any` describes.
pub(crate) fn public_key(text: &str) -> Result<AccountKey> {
    let value: Value = serde_json::from_str(text).map_err(|e| error!("the key is not JSON: {e}"))?;
    let holder = encode(&PUBLIC_KEY_RESPONSE, &json!({"pub_key": value}))?;
    let any = <QueryPublicKeyResponse as prost::Message>::decode(holder.as_slice())?.pub_key.unwrap_or_default();
    Ok(AccountKey::from_any(&any.type_url, &any.value)?)
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use synergy_proto::{
        coin::coin,
        cosmos::{
            auth::v1beta1::BaseAccount,
            bank::v1beta1::MsgSend,
            tx::v1beta1::{
                AuthInfo, Fee, ModeInfo, SignerInfo, Tx, TxBody,
                mode_info::{Single, Sum},
            },
        },
        pack,
        synergy::{aivm::Tensor, modelregistry as models},
    };

    use super::*;
    use crate::cli::schema;

    #[test]
    fn a_transaction_reads_as_the_sdk_writes_it_and_goes_back_to_the_same_bytes() {
        let send = MsgSend { from_address: "a".into(), to_address: "b".into(), amount: vec![coin(1, "asnrg")] };
        let key = synergy_proto::synergy::crypto::MlDsa65PubKey { key: vec![1, 2, 3] };
        let mode = ModeInfo { sum: Some(Sum::Single(Single { mode: 1 })) };
        let signer = SignerInfo { public_key: Some(pack(&key)), mode_info: Some(mode), sequence: 7 };
        let fee = Fee { amount: vec![coin(5, "asnrg")], gas_limit: 200_000, ..Fee::default() };
        let tx = Tx {
            body: Some(TxBody {
                messages: vec![pack(&send)],
                memo: "m".into(),
                timeout_height: 9,
                ..TxBody::default()
            }),
            auth_info: Some(AuthInfo { signer_infos: vec![signer], fee: Some(fee), ..AuthInfo::default() }),
            signatures: vec![vec![0xff; 3]],
        };
        let bytes = tx.encode_to_vec();
        let json = decode(&schema::TX, &bytes, Form::Json).unwrap();
        assert_eq!(
            json,
            json!({
                "body": {
                    "messages": [{
                        "@type": "/cosmos.bank.v1beta1.MsgSend", "from_address": "a", "to_address": "b",
                        "amount": [{"denom": "asnrg", "amount": "1"}]
                    }],
                    "memo": "m", "timeout_height": "9",
                    "extension_options": [], "non_critical_extension_options": []
                },
                "auth_info": {
                    "signer_infos": [{
                        "public_key": {"@type": "/synergy.crypto.v1.MlDsa65PubKey", "key": "AQID"},
                        "mode_info": {"single": {"mode": "SIGN_MODE_DIRECT"}}, "sequence": "7"
                    }],
                    "fee": {"amount": [{"denom": "asnrg", "amount": "5"}], "gas_limit": "200000", "payer": "", "granter": ""},
                    "tip": null
                },
                "signatures": ["////"]
            })
        );
        assert_eq!(encode(&schema::TX, &json).unwrap(), bytes);
    }

    #[test]
    fn our_messages_keep_their_bytes() {
        let model = models::Model {
            id: vec![1; 32],
            status: 2,
            parents: vec![vec![2; 32]; 2],
            terms: Some(models::Terms { price: "7".into(), ..models::Terms::default() }),
            inputs: vec![models::TensorSpec { name: "x".into(), dtype: "float32".into(), shape: vec![1, 300] }],
            variable: true,
            sealed_height: 5,
            ..models::Model::default()
        };
        let response = models::QueryModelResponse { model: Some(model) }.encode_to_vec();
        let json = decode(&schema::MODEL_RESPONSE, &response, Form::Json).unwrap();
        assert_eq!(json["model"]["inputs"][0]["shape"], json!(["1", "300"]));
        assert_eq!(json["model"]["status"], "STATUS_SEALED");
        assert_eq!(encode(&schema::MODEL_RESPONSE, &json).unwrap(), response);
        let text = decode(&schema::MODEL_RESPONSE, &response, Form::Text).unwrap();
        assert_eq!(text["model"]["id"], hex::encode([1; 32]));

        let tensor =
            Tensor { name: "x".into(), dtype: "int64".into(), shape: vec![2], data: vec![0; 16], ..Tensor::default() };
        let infer = synergy_proto::synergy::aivm::MsgInfer {
            sender: "s".into(),
            model_id: vec![3; 32],
            inputs: vec![tensor],
            ..Default::default()
        };
        let body = TxBody { messages: vec![pack(&infer)], ..TxBody::default() }.encode_to_vec();
        let json = decode(&schema::BODY, &body, Form::Json).unwrap();
        assert_eq!(encode(&schema::BODY, &json).unwrap(), body);
    }

    #[test]
    fn decimals_times_and_durations_keep_their_value() {
        for (wire, shown) in [("1", "0.000000000000000001"), ("-1500000000000000000", "-1.500000000000000000")] {
            assert_eq!(point(wire), shown);
            assert_eq!(scaled(shown).unwrap(), wire);
        }
        assert_eq!((scaled("0.05").unwrap(), scaled("0").unwrap()), ("50000000000000000".into(), "0".into()));
        for bad in ["", ".x", "1e3", "0.0000000000000000001"] {
            assert!(scaled(bad).is_err(), "{bad}");
        }
        for text in ["3600s", "1.500000000s"] {
            assert_eq!(span(&span_of(text).unwrap()), text);
        }
        assert_eq!(span(&span_of("24h").unwrap()), "86400s");
        for bad in ["", "5", "1.5h", "xs", "h"] {
            assert!(span_of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_create_validator_keeps_its_bytes() {
        use synergy_proto::cosmos::staking::v1beta1::{CommissionRates, Description, MsgCreateValidator};
        let rate = |text: &str| scaled(text).unwrap();
        let message = MsgCreateValidator {
            description: Some(Description { moniker: "m".into(), ..Description::default() }),
            commission: Some(CommissionRates { rate: rate("0.1"), max_rate: rate("0"), max_change_rate: rate("0.01") }),
            min_self_delegation: "1".into(),
            validator_address: "v".into(),
            pubkey: Some(pack(&synergy_proto::cosmos::crypto::ed25519::PubKey { key: vec![7; 32] })),
            value: Some(coin(5, "asnrg")),
            ..MsgCreateValidator::default()
        };
        let body = TxBody { messages: vec![pack(&message)], ..TxBody::default() }.encode_to_vec();
        let json = decode(&schema::BODY, &body, Form::Json).unwrap();
        assert_eq!(json["messages"][0]["commission"]["rate"], "0.100000000000000000");
        assert_eq!(encode(&schema::BODY, &json).unwrap(), body);
    }

    #[test]
    fn unknown_types_travel_as_bytes() {
        let any = synergy_proto::Any { type_url: "/x.Y".into(), value: vec![1, 2] };
        let body = TxBody { messages: vec![any], ..TxBody::default() }.encode_to_vec();
        let json = decode(&schema::BODY, &body, Form::Json).unwrap();
        assert_eq!(json["messages"][0], json!({"@type": "/x.Y", "value": "AQI="}));
        assert_eq!(encode(&schema::BODY, &json).unwrap(), body);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for bad in [
            json!({"body": {"memoo": "x"}}),
            json!({"body": {"timeout_height": "-1"}}),
            json!({"body": {"messages": {}}}),
            json!({"body": {"messages": [{"from_address": "a"}]}}),
            json!({"signatures": ["?"]}),
            json!([]),
        ] {
            assert!(encode(&schema::TX, &bad).is_err(), "{bad}");
        }
        let account = BaseAccount { address: "a".into(), ..BaseAccount::default() }.encode_to_vec();
        assert!(decode(&schema::TX, &account, Form::Json).is_err());
        assert!(decode(&schema::TX, &[0x0a, 0x7f], Form::Json).is_err());
    }
}
