//! Methods that ask CometBFT, against one that is played.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};

use super::{Node, http};

/// Answers JSON-RPC calls by `play`, which gets method and parameters.
fn comet(play: impl Fn(&str, &Value) -> Result<Value, &'static str> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let play = std::sync::Arc::new(play);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let play = play.clone();
            std::thread::spawn(move || serve(stream.unwrap(), &*play));
        }
    });
    address
}

fn serve(stream: TcpStream, play: &impl Fn(&str, &Value) -> Result<Value, &'static str>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some(text) = line.strip_prefix("Content-Length: ") {
                length = text.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        if length == 0 || reader.read_exact(&mut body).is_err() {
            return;
        }
        let call: Value = serde_json::from_slice(&body).unwrap();
        let answer = match play(call["method"].as_str().unwrap(), &call["params"]) {
            Ok(result) => json!({"result": result}),
            Err(data) => json!({"error": {"code": -32603, "message": "Internal error", "data": data}}),
        }
        .to_string();
        write!(reader.get_mut(), "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).unwrap();
    }
}

fn node(play: impl Fn(&str, &Value) -> Result<Value, &'static str> + Send + Sync + 'static) -> Node {
    Node::with(|config| config.serving.comet = comet(play))
}

fn broadcast(node: &Node, mode: &str) -> http::Answer {
    let body = json!({"tx_bytes": BASE64.encode(b"tx"), "mode": mode}).to_string();
    http::post(node.rest(), "/cosmos/tx/v1beta1/txs", &body)
}

#[test]
fn a_broadcast_tells_what_the_mempool_says() {
    let node = node(|method, params| {
        assert_eq!(params["tx"], BASE64.encode(b"tx"));
        match method {
            "broadcast_tx_sync" => {
                Ok(json!({"code": 32, "codespace": "sdk", "log": "account sequence mismatch", "data": ""}))
            }
            "broadcast_tx_async" => Ok(json!({"code": 0, "codespace": "", "log": "", "data": ""})),
            _ => Err("no such method"),
        }
    });
    let refused = broadcast(&node, "BROADCAST_MODE_SYNC").json();
    let response = &refused["tx_response"];
    assert_eq!((&response["code"], &response["codespace"]), (&json!(32), &json!("sdk")));
    assert_eq!(response["raw_log"], "account sequence mismatch");
    assert_eq!(response["txhash"].as_str().unwrap().len(), 64);
    assert_eq!(broadcast(&node, "BROADCAST_MODE_ASYNC").json()["tx_response"]["code"], 0);
    for mode in ["BROADCAST_MODE_BLOCK", "BROADCAST_MODE_UNSPECIFIED"] {
        assert_eq!(broadcast(&node, mode).error().0, 400);
    }
}

#[test]
fn a_full_mempool_and_a_repeat_are_results_with_the_sdks_codes() {
    for (why, code) in [("tx already exists in cache", 19), ("mempool is full: number of txs 1 (max: 1)", 20)] {
        let node = node(move |_, _| Err(why));
        assert_eq!(broadcast(&node, "BROADCAST_MODE_SYNC").json()["tx_response"]["code"], code);
    }
}

#[test]
fn a_transaction_is_found_with_its_result_and_time() {
    let mut account = synergy_tests::Account::new(synergy_crypto::Scheme::Secp256k1, 0, 0);
    let tx = account.send(&account.address(), 1);
    let found = json!({
        "hash": "AB".repeat(32), "height": "7", "index": 0, "tx": BASE64.encode(&tx),
        "tx_result": {"code": 0, "data": BASE64.encode([1, 2]), "log": "", "gas_wanted": "9", "gas_used": "8",
                      "events": [{"type": "tx", "attributes": [{"key": "fee", "value": "1asnrg", "index": true}]}]},
    });
    let node = node(move |method, params| match method {
        "tx" if params["hash"] == BASE64.encode([0xab; 32]) => Ok(found.clone()),
        "tx" => Err("tx (CD) not found"),
        "tx_search" if params["page"] == "1" => Ok(json!({"txs": [found.clone()], "total_count": "1"})),
        "tx_search" => Err("page should be within [1, 1] range, given 2"),
        "header" => Ok(json!({"header": {"time": "2026-01-02T03:04:05.123456789Z"}})),
        _ => Err("no such method"),
    });
    let answer = node.get(&format!("/cosmos/tx/v1beta1/txs/{}", "AB".repeat(32))).json();
    let response = &answer["tx_response"];
    assert_eq!((&response["height"], &response["gas_used"]), (&json!("7"), &json!("8")));
    assert_eq!((&response["data"], &response["timestamp"]), (&json!("0102"), &json!("2026-01-02T03:04:05Z")));
    assert_eq!(response["tx"]["@type"], "/cosmos.tx.v1beta1.Tx");
    assert_eq!(response["events"][0]["attributes"][0]["value"], "1asnrg");
    assert_eq!(answer["tx"]["body"]["messages"][0]["@type"], "/cosmos.bank.v1beta1.MsgSend");

    let missing = node.get(&format!("/cosmos/tx/v1beta1/txs/{}", "CD".repeat(32))).error();
    assert_eq!((missing.0, missing.1), (404, 5));
    assert!(missing.2.contains("tx not found"), "{}", missing.2);
    for bad in ["xyz", "ab"] {
        assert_eq!(node.get(&format!("/cosmos/tx/v1beta1/txs/{bad}")).error().0, 400);
    }
    let search = node.get("/cosmos/tx/v1beta1/txs?events=a%3D%271%27").json();
    assert_eq!((&search["total"], &search["pagination"]["total"]), (&json!("1"), &json!("1")));
    assert_eq!(search["tx_responses"].as_array().unwrap().len(), 1);
    // Beyond the last page the SDK gives an empty one.
    let beyond = node.get("/cosmos/tx/v1beta1/txs?query=a%3D1&page=2").json();
    assert_eq!(beyond["tx_responses"], json!([]));
    assert_eq!(node.get("/cosmos/tx/v1beta1/txs").error().0, 400);
}

#[test]
fn blocks_beyond_the_chain_are_invalid() {
    let node = node(|_, _| Err("not asked"));
    let (status, code, text) = node.get("/cosmos/base/tendermint/v1beta1/blocks/99").error();
    assert_eq!((status, code), (400, 3));
    assert_eq!(text, "requested block height is bigger then the chain length");
    assert_eq!(node.get("/cosmos/base/tendermint/v1beta1/blocks/0").error().0, 400);
    assert_eq!(node.get("/cosmos/base/tendermint/v1beta1/validatorsets/99").error().0, 400);
}

#[test]
fn validators_are_paged_by_offset() {
    let node = node(|method, params| {
        assert_eq!(method, "validators");
        let (page, size): (u64, u64) =
            (params["page"].as_str().unwrap().parse().unwrap(), params["per_page"].as_str().unwrap().parse().unwrap());
        let some: Vec<Value> = (0..7_u64)
            .skip(((page - 1) * size) as usize)
            .take(size as usize)
            .map(|n| {
                json!({"address": format!("{n:040X}"), "voting_power": n.to_string(), "proposer_priority": "-1",
                       "pub_key": {"type": "tendermint/PubKeyEd25519", "value": BASE64.encode([n as u8; 32])}})
            })
            .collect();
        Ok(json!({"block_height": "5", "validators": some, "count": "x", "total": "7"}))
    });
    let powers = |query: &str| -> Vec<String> {
        let answer = node.get(&format!("/cosmos/base/tendermint/v1beta1/validatorsets/latest{query}")).json();
        assert_eq!((&answer["block_height"], &answer["pagination"]["total"]), (&json!("5"), &json!("7")));
        let powers = answer["validators"].as_array().unwrap().iter();
        powers.map(|v| v["voting_power"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(powers("").len(), 7);
    assert_eq!(powers("?pagination.offset=2&pagination.limit=3"), ["2", "3", "4"]);
    assert_eq!(powers("?pagination.offset=3&pagination.limit=3"), ["3", "4", "5"]);
    assert_eq!(powers("?pagination.offset=5&pagination.limit=3"), ["5", "6"]);
    let all = node.get("/cosmos/base/tendermint/v1beta1/validatorsets/latest").json();
    assert!(all["validators"][0]["address"].as_str().unwrap().starts_with("synergyvalcons1"));
    assert_eq!(all["validators"][0]["pub_key"]["@type"], "/cosmos.crypto.ed25519.PubKey");
}
