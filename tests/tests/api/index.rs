//! GetTx and GetTxsEvent from the node's own index, without any CometBFT.

use std::time::{Duration, Instant};

use serde_json::json;
use synergy_app::api::Servers;
use synergy_crypto::Scheme;
use synergy_proto::cosmos::tx::v1beta1::{GetTxRequest, GetTxResponse, GetTxsEventRequest, GetTxsEventResponse};
use synergy_tests::{Account, TestChain};

use super::{http, settings, testdata};

const GET: &str = "/cosmos.tx.v1beta1.Service/GetTx";
const SEARCH: &str = "/cosmos.tx.v1beta1.Service/GetTxsEvent";

struct Indexed {
    _home: tempfile::TempDir,
    chain: TestChain,
    servers: Servers,
    alice: Account,
    bob: Account,
}

/// A chain of ten blocks, in each a send from alice to bob, and one that fails.
fn chain() -> Indexed {
    let (mut alice, bob) = (Account::new(Scheme::Secp256k1, 0, 0), Account::new(Scheme::Secp256k1, 1, 1));
    let home = tempfile::tempdir().unwrap();
    let mut config = settings();
    config.indexer.enable = true;
    let mut chain = TestChain::indexed(home.path(), config.clone(), &[&alice, &bob]);
    let servers = Servers::start(&chain.app, &config, &testdata()).unwrap().unwrap();
    for _ in 0..10 {
        let sent = chain.deliver(alice.send(&bob.address(), 5));
        assert_eq!(sent.code, 0, "{}", sent.log);
    }
    let failed = chain.deliver(alice.send(&bob.address(), u128::MAX));
    assert_ne!(failed.code, 0);
    let end = Instant::now() + Duration::from_secs(60);
    while chain.app.indexer().unwrap().behind() > 0 {
        assert!(Instant::now() < end, "the index does not catch up");
        std::thread::sleep(Duration::from_millis(5));
    }
    Indexed { _home: home, chain, servers, alice, bob }
}

fn search(node: &Indexed, query: &str) -> serde_json::Value {
    http::get(node.servers.rest_address().unwrap(), &format!("/cosmos/tx/v1beta1/txs?{query}")).json()
}

#[test]
fn a_transaction_is_found_over_rest_and_over_abci() {
    let node = chain();
    let all = search(&node, "query=message.action%20EXISTS");
    assert_eq!(all["total"], "10", "the failed one has no message events");
    let hash = all["tx_responses"][0]["txhash"].as_str().unwrap().to_owned();
    let found = http::get(node.servers.rest_address().unwrap(), &format!("/cosmos/tx/v1beta1/txs/{hash}")).json();
    let response = &found["tx_response"];
    assert_eq!((&response["height"], &response["code"], &response["txhash"]), (&json!("1"), &json!(0), &json!(hash)));
    assert_eq!(response["timestamp"], "2026-01-01T00:00:01Z");
    assert_eq!(found["tx"]["body"]["messages"][0]["@type"], "/cosmos.bank.v1beta1.MsgSend");
    let rest = node.servers.rest_address().unwrap();
    assert_eq!(http::get(rest, &format!("/cosmos/tx/v1beta1/txs/{}", "0".repeat(64))).error().0, 404);
    assert_eq!(http::get(rest, "/cosmos/tx/v1beta1/txs/12").error().0, 400);

    let over_abci: GetTxResponse = node.chain.query(GET, &GetTxRequest { hash: hash.to_lowercase() }, 0).unwrap();
    assert_eq!(over_abci.tx_response.unwrap().txhash, hash);
    let missing = GetTxRequest { hash: "AB".repeat(32) };
    let error = node.chain.query::<_, GetTxResponse>(GET, &missing, 0).unwrap_err();
    assert!(error.message.starts_with("rpc error: code = NotFound desc = tx not found"), "{error}");
}

#[test]
fn searches_are_paged_and_counted() {
    let node = chain();
    let (alice, bob) = (node.alice.address(), node.bob.address());
    let by_account = search(&node, &format!("query=tx.account%3D%27{bob}%27&limit=4&page=2&order_by=ORDER_BY_DESC"));
    assert_eq!((&by_account["total"], &by_account["pagination"]["total"]), (&json!("10"), &json!("10")));
    let heights: Vec<_> =
        by_account["tx_responses"].as_array().unwrap().iter().map(|r| r["height"].as_str().unwrap()).collect();
    assert_eq!(heights, ["6", "5", "4", "3"]);
    // The failed one paid its fee.
    assert_eq!(search(&node, &format!("query=tx.fee_payer%3D%27{alice}%27"))["total"], "11");
    assert_eq!(search(&node, "query=tx.height%3E5%20AND%20tx.height%3C%3D7")["total"], "2");
    // What SDK 0.46 sends.
    let old = search(&node, &format!("events=transfer.sender%3D%27{alice}%27&pagination.offset=8&pagination.limit=4"));
    assert_eq!(old["tx_responses"].as_array().unwrap().len(), 2);
    assert_eq!(search(&node, &format!("query=transfer.sender%3D%27{alice}%27&page=9"))["tx_responses"], json!([]));
    let rest = node.servers.rest_address().unwrap();
    let (status, code, text) = http::get(rest, "/cosmos/tx/v1beta1/txs?query=a.b%20LIKE%20%27x%27").error();
    assert_eq!((status, code), (400, 3));
    assert!(text.contains("CONTAINS"), "{text}");

    #[allow(deprecated, reason = "fields of old clients are left empty")]
    let request = GetTxsEventRequest { query: "tx.height>0".into(), limit: 1, ..GetTxsEventRequest::default() };
    let over_abci: GetTxsEventResponse = node.chain.query(SEARCH, &request, 0).unwrap();
    assert_eq!((over_abci.total, over_abci.txs.len()), (11, 1));
}
