//! The JSON that wallets and explorers read.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};
use synergy_tests::FUNDS;

use super::{Node, http};

#[test]
fn a_balance() {
    let node = Node::new();
    let answer = node.get(&format!("/cosmos/bank/v1beta1/balances/{}", node.bob.address()));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.text(),
        format!(
            r#"{{"balances":[{{"denom":"asnrg","amount":"{FUNDS}"}}],"pagination":{{"next_key":null,"total":"0"}}}}"#
        )
    );
    let one = node.get(&format!("/cosmos/bank/v1beta1/balances/{}/by_denom?denom=asnrg", node.bob.address()));
    assert_eq!(one.json(), json!({"balance": {"denom": "asnrg", "amount": FUNDS.to_string()}}));
}

#[test]
fn an_account_is_an_any_with_its_type() {
    let mut node = Node::new();
    let tx = node.alice.send(&node.bob.address(), 1);
    node.chain.deliver(tx);
    let path = format!("/cosmos/auth/v1beta1/accounts/{}", node.alice.address());
    let account = node.get(&path).json();
    let account = &account["account"];
    assert_eq!(account["@type"], "/cosmos.auth.v1beta1.BaseAccount");
    assert_eq!(account["pub_key"]["@type"], "/cosmos.crypto.secp256k1.PubKey");
    assert_eq!(BASE64.decode(account["pub_key"]["key"].as_str().unwrap()).unwrap().len(), 33);
    assert_eq!((&account["account_number"], &account["sequence"]), (&json!("0"), &json!("1")));
    // At a height before the key was known, with both headers that tell it.
    node.chain.block(&[]);
    let old = http::send(node.rest(), "GET", &path, &[("x-cosmos-block-height", "1")], b"");
    assert_eq!(old.header("Grpc-Metadata-X-Cosmos-Block-Height"), Some("1"));
    assert_eq!(old.header("x-cosmos-block-height"), Some("1"));
    assert_eq!(node.get(&path).header("x-cosmos-block-height"), Some("2"));
}

#[test]
fn parameters_of_modules() {
    let node = Node::new();
    let auth = node.get("/cosmos/auth/v1beta1/params").json();
    assert_eq!(auth["params"]["max_memo_characters"], "256");
    assert_eq!(node.get("/cosmos/bank/v1beta1/params").json()["params"]["default_send_enabled"], true);
    let fee = node.get("/synergy/feemarket/v1/base_fee").json();
    assert_eq!(fee, json!({"base_fee": "1000000000", "denom": "asnrg"}));
    let records = node.get("/synergy/aivm/v1/records").json();
    assert_eq!(records["records"], json!([]));
    assert_eq!(node.get("/cosmos/base/node/v1beta1/config").json()["halt_height"], "0");
    let status = node.get("/cosmos/base/node/v1beta1/status").json();
    assert_eq!(status["height"], "0");
    assert_eq!(node.get("/cosmos/auth/v1beta1/bech32").json(), json!({"bech32_prefix": "synergy"}));
}

#[test]
fn a_transaction_is_simulated_decoded_and_encoded() {
    let mut node = Node::new();
    let tx = BASE64.encode(node.alice.send(&node.bob.address(), 3));
    let body = json!({"tx_bytes": tx}).to_string();
    let simulated = http::post(node.rest(), "/cosmos/tx/v1beta1/simulate", &body).json();
    assert!(simulated["gas_info"]["gas_used"].as_str().unwrap().parse::<u64>().unwrap() > 10_000, "{simulated}");
    let decoded = http::post(node.rest(), "/cosmos/tx/v1beta1/decode", &body).json();
    let message = &decoded["tx"]["body"]["messages"][0];
    assert_eq!(message["@type"], "/cosmos.bank.v1beta1.MsgSend");
    assert_eq!(message["amount"], json!([{"denom": "asnrg", "amount": "3"}]));
    let mode = &decoded["tx"]["auth_info"]["signer_infos"][0]["mode_info"];
    assert_eq!(*mode, json!({"single": {"mode": "SIGN_MODE_DIRECT"}}));
    let encoded = http::post(node.rest(), "/cosmos/tx/v1beta1/encode", &decoded.to_string()).json();
    assert_eq!(encoded, json!({"tx_bytes": tx}));
}

#[test]
fn the_page_and_its_description() {
    let node = Node::new();
    let page = node.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.text().contains("<title>Synergy explorer</title>"));
    // What comes from the chain can get into it as text only.
    for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        assert!(!page.text().contains(way), "{way}");
    }
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert!(node.get("/swagger/").text().contains("<title>Synergy API</title>"));
    let document = node.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.0.3");
    let balance = &document["paths"]["/cosmos/bank/v1beta1/balances/{address}"]["get"];
    assert_eq!(balance["parameters"][0]["in"], "path");
    let names: Vec<_> = balance["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"pagination.count_total"), "{names:?}");
    // Every message that is referred to is there.
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => open.extend(object.values()),
            Value::Array(list) => open.extend(list),
            Value::String(text) => {
                if let Some(name) = text.strip_prefix("#/components/schemas/") {
                    assert!(schemas.contains_key(name), "{name}");
                }
            }
            _ => {}
        }
    }
    let quiet = Node::with(|config| config.api.swagger = false);
    assert_eq!((quiet.get("/").status, quiet.get("/openapi.json").status), (501, 501));
}

#[test]
fn other_pages_may_call_only_when_allowed() {
    let ask = [("Origin", "https://wallet.example"), ("Access-Control-Request-Method", "POST")];
    let closed = Node::new();
    assert_eq!(closed.get("/cosmos/bank/v1beta1/params").header("access-control-allow-origin"), None);
    assert_eq!(http::send(closed.rest(), "OPTIONS", "/cosmos/tx/v1beta1/txs", &ask, b"").status, 501);
    let open = Node::with(|config| config.api.enabled_unsafe_cors = true);
    assert_eq!(open.get("/cosmos/bank/v1beta1/params").header("access-control-allow-origin"), Some("*"));
    let preflight = http::send(open.rest(), "OPTIONS", "/cosmos/tx/v1beta1/txs", &ask, b"");
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, Some("*")));
    let web = http::send(open.grpc(), "OPTIONS", "/cosmos.bank.v1beta1.Query/Params", &ask, b"");
    assert_eq!((web.status, web.header("access-control-allow-origin")), (204, Some("*")));
}
