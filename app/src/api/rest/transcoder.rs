//! HTTP requests to gRPC requests, and gRPC responses to JSON.

use std::sync::Arc;

use http::Method;
use percent_encoding::percent_decode_str;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, Value};
use tonic::Status;

use super::{
    input, json, openapi,
    routes::{Body, Route, Routes, Variables},
};
use crate::api::schema::Schema;

/// The REST side of a set of gRPC methods.
pub struct Transcoder {
    schema: Arc<Schema>,
    routes: Routes,
}

/// A request's route and the values of its path's variables.
pub struct Found {
    route: Arc<Route>,
    variables: Variables,
}

impl Found {
    /// The gRPC path.
    pub fn path(&self) -> &str {
        &self.route.path
    }
}

impl Transcoder {
    /// A transcoder for the methods at these gRPC paths.
    ///
    /// # Errors
    /// An annotation that cannot be served.
    pub fn new<'a>(served: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        Self::of(Schema::new(served)?)
    }

    pub(in crate::api) fn of(schema: Arc<Schema>) -> Result<Self, String> {
        let routes = Routes::new(&schema)?;
        Ok(Self { schema, routes })
    }

    /// Looks a request's path up.
    ///
    /// # Errors
    /// UNIMPLEMENTED for one that no method has.
    pub fn find(&self, verb: &Method, path: &str) -> Result<Found, Status> {
        let found = self.routes.find(verb, path).map(|(route, variables)| Found { route, variables });
        found.ok_or_else(|| Status::unimplemented("Not Implemented"))
    }

    /// Encodes the request message of a path's variables, a query and a body.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for what does not fit a field.
    pub fn request(&self, found: &Found, query: &str, body: &[u8]) -> Result<Vec<u8>, Status> {
        let message = self.message(found, query, body).map_err(Status::invalid_argument)?;
        Ok(message.encode_to_vec())
    }

    /// Writes a response message as JSON.
    ///
    /// # Errors
    /// INTERNAL for bytes that are not the method's response.
    pub fn response(&self, found: &Found, message: &[u8]) -> Result<Vec<u8>, Status> {
        let broken = |e: String| Status::internal(format!("the answer of {} cannot be shown: {e}", found.path()));
        let message =
            DynamicMessage::decode(found.route.method.output(), message).map_err(|e| broken(e.to_string()))?;
        json::text(&self.schema, &message).map_err(broken)
    }

    /// The JSON of a message of any known type.
    ///
    /// # Errors
    /// An unknown type, or bytes that are no such message.
    pub fn json(&self, type_name: &str, message: &[u8]) -> Result<Vec<u8>, String> {
        let kind = self.schema.message(type_name).ok_or_else(|| format!("unknown type {type_name}"))?;
        let message = DynamicMessage::decode(kind, message).map_err(|e| e.to_string())?;
        json::text(&self.schema, &message)
    }

    /// The bytes of a message of any known type, from JSON in which every name is a field's.
    ///
    /// # Errors
    /// An unknown type, or what of the JSON is no part of it.
    pub fn bytes(&self, type_name: &str, json: &serde_json::Value) -> Result<Vec<u8>, String> {
        let kind = self.schema.message(type_name).ok_or_else(|| format!("unknown type {type_name}"))?;
        Ok(input::strict(&self.schema, &kind, json.clone())?.encode_to_vec())
    }

    /// The OpenAPI document.
    pub fn open_api(&self) -> String {
        openapi::document(&self.schema, &self.routes)
    }

    fn message(&self, found: &Found, query: &str, body: &[u8]) -> Result<DynamicMessage, String> {
        let (schema, route) = (&*self.schema, &*found.route);
        let kind = route.method.input();
        let mut message = match &route.body {
            Body::Whole => input::body(schema, &kind, body)?,
            Body::None => DynamicMessage::new(kind),
            Body::Field(name) => {
                let mut message = DynamicMessage::new(kind.clone());
                let field = kind.get_field_by_name(name).ok_or_else(|| format!("no field {name}"))?;
                if let Kind::Message(inner) = field.kind() {
                    message.set_field(&field, Value::Message(input::body(schema, &inner, body)?));
                }
                message
            }
        };
        // With a whole body, the URL's parameters are none of the message (grpc-gateway).
        if route.body != Body::Whole {
            for pair in query.split('&').filter(|pair| !pair.is_empty()) {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                input::set(schema, &mut message, &form_decoded(name)?, &form_decoded(value)?)?;
            }
        }
        for (name, value) in &found.variables {
            input::set(schema, &mut message, name, value)?;
        }
        Ok(message)
    }
}

fn form_decoded(text: &str) -> Result<String, String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| "the query is no UTF-8 after decoding".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use proptest::prelude::*;
    use prost_reflect::DescriptorPool;
    use serde_json::{Value as Json, json};
    use synergy_proto::{
        DESCRIPTORS,
        cosmos::{
            bank::v1beta1::MsgSend,
            base::v1beta1::DecCoin,
            mint::v1beta1::QueryInflationResponse,
            staking::v1beta1::{BondStatus, Commission, CommissionRates, Validator},
            tx::v1beta1::TxBody,
        },
        pack,
    };

    use super::*;

    /// Every method of the descriptor set, with a handler or not.
    fn all() -> Transcoder {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let services: Vec<_> = pool.services().collect();
        let paths: Vec<String> =
            services.iter().flat_map(|s| s.methods().map(|m| format!("/{}/{}", s.full_name(), m.name()))).collect();
        Transcoder::new(paths.iter().map(String::as_str)).unwrap()
    }

    fn json_of<M: prost::Name>(message: &M) -> Json {
        serde_json::from_slice(&all().json(&M::full_name(), &message.encode_to_vec()).unwrap()).unwrap()
    }

    fn bytes_of(verb: Method, path: &str, query: &str, body: &str) -> Result<Json, String> {
        let all = all();
        let found = all.find(&verb, path).map_err(|e| e.message().to_owned())?;
        let bytes = all.request(&found, query, body.as_bytes()).map_err(|e| e.message().to_owned())?;
        let json = all.json(found.route.method.input().full_name(), &bytes).unwrap();
        Ok(serde_json::from_slice(&json).unwrap())
    }

    #[test]
    fn every_annotation_of_the_set_can_be_served() {
        let document: Json = serde_json::from_str(&all().open_api()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.len() > 150, "{}", paths.len());
        assert!(paths.contains_key("/cosmos/staking/v1beta1/validators/{validator_addr}"));
        assert!(paths.contains_key("/cosmwasm/wasm/v1/contract/{address}/smart/{query_data}"));
        assert!(paths.contains_key("/ibc/core/channel/v1/channels"));
    }

    #[test]
    fn decimals_and_defaults_as_the_sdk_writes_them() {
        let inflation = QueryInflationResponse { inflation: b"130000000000000000".to_vec() };
        assert_eq!(json_of(&inflation), json!({"inflation": "0.130000000000000000"}));
        let coin = DecCoin { denom: "asnrg".into(), amount: "1500000000000000000".into() };
        assert_eq!(json_of(&coin), json!({"denom": "asnrg", "amount": "1.500000000000000000"}));
        let rates = CommissionRates { rate: "100000000000000000".into(), ..CommissionRates::default() };
        let commission = Commission { commission_rates: Some(rates), update_time: None };
        let validator =
            Validator { status: BondStatus::Bonded as i32, commission: Some(commission), ..Validator::default() };
        let json = json_of(&validator);
        assert_eq!(json["status"], "BOND_STATUS_BONDED");
        assert_eq!(json["tokens"], "");
        assert_eq!(json["unbonding_height"], "0");
        assert_eq!(json["consensus_pubkey"], Json::Null);
        assert_eq!(json["commission"]["commission_rates"]["rate"], "0.100000000000000000");
        // Go cannot leave these out (`nullable = false`).
        assert_eq!(json["description"]["moniker"], "");
        assert_eq!(json["unbonding_time"], "1970-01-01T00:00:00Z");
        assert_eq!(json["unbonding_ids"], json!([]));
    }

    #[test]
    fn any_is_opened_and_an_unknown_one_keeps_its_bytes() {
        let send = MsgSend { from_address: "a".into(), to_address: "b".into(), amount: Vec::new() };
        let mut unknown = pack(&send);
        unknown.type_url = "/chain.of.others.Msg".into();
        let body = TxBody { messages: vec![pack(&send), unknown], ..TxBody::default() };
        let messages = &json_of(&body)["messages"];
        assert_eq!(
            messages[0],
            json!({"@type": "/cosmos.bank.v1beta1.MsgSend", "from_address": "a", "to_address": "b", "amount": []})
        );
        assert_eq!(messages[1], json!({"@type": "/chain.of.others.Msg", "value": "CgFhEgFi"}));
    }

    #[test]
    fn nested_anys_end_somewhere() {
        let mut any = pack(&TxBody::default());
        for _ in 0..5_000 {
            any = pack(&TxBody { messages: vec![any], ..TxBody::default() });
        }
        let text = all().json("google.protobuf.Any", &any.encode_to_vec()).unwrap();
        assert_eq!(String::from_utf8(text).unwrap().matches("/cosmos.tx.v1beta1.TxBody").count(), 17);
    }

    #[test]
    fn parameters_of_urls() {
        let get = |path: &str, query: &str| bytes_of(Method::GET, path, query, "");
        let page = get(
            "/cosmos/bank/v1beta1/balances/abc",
            "pagination.limit=7&pagination.reverse=true&pagination.key=AQ%3D%3D&pagination.countTotal=1&unknown=x",
        )
        .unwrap();
        assert_eq!(page["address"], "abc");
        assert_eq!(
            page["pagination"],
            json!({"key": "AQ==", "offset": "0", "limit": "7", "count_total": true, "reverse": true})
        );
        let events = get("/cosmos/tx/v1beta1/txs", "events=a%3D%271%27&events=b&order_by=ORDER_BY_DESC").unwrap();
        assert_eq!(events["events"], json!(["a='1'", "b"]));
        assert_eq!(events["order_by"], "ORDER_BY_DESC");
        assert_eq!(get("/cosmos/tx/v1beta1/txs", "order_by=2").unwrap()["order_by"], "ORDER_BY_DESC");
        assert_eq!(get("/cosmos/bank/v1beta1/supply/by_denom", "denom=x").unwrap()["denom"], "x");
        let bad = get("/cosmos/bank/v1beta1/balances/abc", "pagination.limit=many").unwrap_err();
        assert_eq!(bad, "pagination.limit: \"many\" is not a whole number");
        assert!(get("/cosmos/tx/v1beta1/txs", "order_by=UP").unwrap_err().contains("OrderBy"));
        assert!(get("/cosmos/bank/v1beta1/balances/abc", "pagination=1").unwrap_err().contains("a message"));
        assert_eq!(get("/cosmos/nothing", "").unwrap_err(), "Not Implemented");
        let id = "00ff".repeat(16);
        assert_eq!(get(&format!("/synergy/modelregistry/v1/models/{id}"), "").unwrap()["model_id"], id.to_uppercase());
        let smart = get("/cosmwasm/wasm/v1/contract/c/smart/eyJhIjoxfQ", "").unwrap();
        assert_eq!(smart["query_data"], json!({"a": 1}));
    }

    fn type_names() -> Vec<String> {
        DescriptorPool::decode(DESCRIPTORS).unwrap().all_messages().map(|m| m.full_name().to_owned()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Field numbers 1 to 15 with every wire type: most are fields of the message.
        #[test]
        fn whatever_decodes_is_shown_as_json(
            index in any::<prop::sample::Index>(),
            fields in prop::collection::vec((1_u8..16, 0_u8..6, prop::collection::vec(any::<u8>(), 0..24)), 0..12),
        ) {
            static SET: OnceLock<(Transcoder, Vec<String>)> = OnceLock::new();
            let (transcoder, names) = SET.get_or_init(|| (all(), type_names()));
            let mut bytes = Vec::new();
            for (number, wire, value) in fields {
                bytes.push(number << 3 | wire);
                match wire {
                    0 => bytes.push(value.len() as u8),
                    2 => { bytes.push(value.len() as u8); bytes.extend(value); }
                    _ => bytes.extend(value),
                }
            }
            let name = &names[index.index(names.len())];
            if let Ok(json) = transcoder.json(name, &bytes) {
                serde_json::from_slice::<serde::de::IgnoredAny>(&json).unwrap();
            }
        }

        #[test]
        fn any_url_and_body_gives_a_message_or_a_refusal(
            index in any::<prop::sample::Index>(),
            parts in prop::collection::vec("[a-z0-9%/+=.]{0,8}", 1..4),
            query in "([a-z_.]{1,20}=[a-zA-Z0-9%+=,-]{0,8}&?){0,4}",
            body in "\\PC{0,40}|\\{(\"[a-z_]{1,8}\":(1|\"x\"|\\[\\]|\\{\\}),?){0,3}\\}",
        ) {
            static SET: OnceLock<(Transcoder, Vec<(String, String)>)> = OnceLock::new();
            let (transcoder, paths) = SET.get_or_init(|| {
                let (all, mut paths) = (all(), Vec::new());
                let document: Json = serde_json::from_str(&all.open_api()).unwrap();
                for (path, verbs) in document["paths"].as_object().unwrap() {
                    paths.extend(verbs.as_object().unwrap().keys().map(|verb| (verb.to_uppercase(), path.clone())));
                }
                (all, paths)
            });
            let (verb, template) = &paths[index.index(paths.len())];
            let mut parts = parts.iter().cycle();
            let filled: Vec<&str> = template
                .split('/')
                .map(|part| if part.starts_with('{') { parts.next().map_or("", String::as_str) } else { part })
                .collect();
            if let Ok(found) = transcoder.find(&verb.parse().unwrap(), &filled.join("/"))
                && let Ok(message) = transcoder.request(&found, &query, body.as_bytes())
            {
                // What was made of it is a message of the method.
                let shown = transcoder.json(found.route.method.input().full_name(), &message);
                prop_assert!(shown.is_ok(), "{shown:?}");
            }
        }
    }

    #[test]
    fn bodies() {
        let post = |body: &str| bytes_of(Method::POST, "/cosmos/tx/v1beta1/encode", "", body);
        let edit = r#"{"tx": {"body": {"memo": "m", "strange": 1, "messages": [
            {"@type": "/cosmos.staking.v1beta1.MsgEditValidator", "commission_rate": "0.1"},
            {"@type": "/cosmwasm.wasm.v1.MsgExecuteContract", "msg": {"mint": {}}}]}}}"#;
        let tx = &post(edit).unwrap()["tx"];
        assert_eq!(tx["body"]["memo"], "m");
        assert_eq!(tx["body"]["messages"][0]["commission_rate"], "0.100000000000000000");
        assert_eq!(tx["body"]["messages"][1]["msg"], json!({"mint": {}}));
        assert_eq!(post("").unwrap()["tx"], Json::Null);
        for bad in ["{", "[]", r#"{"tx": 5}"#, r#"{"tx": {"body": {"messages": [{"@type": "/x.y"}]}}}"#] {
            assert!(post(bad).is_err(), "{bad}");
        }
        assert!(post(&"[".repeat(100_000)).is_err());
    }
}
