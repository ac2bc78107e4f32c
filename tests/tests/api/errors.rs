//! Every class of error, on both servers.

use synergy_proto::cosmos::{
    auth::v1beta1::{QueryAccountRequest, QueryAccountResponse, QueryAccountsRequest, QueryAccountsResponse},
    base::query::v1beta1::PageRequest,
};
use synergy_tests::Account;
use tonic::{Code, Request};

use super::{Node, http};

const ACCOUNT: &str = "/cosmos.auth.v1beta1.Query/Account";

fn account(node: &Node, address: &str) -> tonic::Status {
    let request = QueryAccountRequest { address: address.to_owned() };
    node.call::<_, QueryAccountResponse>(ACCOUNT, request).unwrap_err()
}

#[test]
fn what_does_not_exist_is_not_found() {
    let node = Node::new();
    let stranger = Account::new(synergy_crypto::Scheme::Secp256k1, 9, 0).address();
    let status = account(&node, &stranger.to_string());
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), format!("account {stranger} not found: key not found"));
    let (http, code, text) = node.get(&format!("/cosmos/auth/v1beta1/accounts/{stranger}")).error();
    assert_eq!((http, code), (404, 5));
    assert_eq!(text, status.message());
}

#[test]
fn bad_input_is_an_invalid_argument() {
    let node = Node::new();
    assert_eq!(account(&node, "nonsense").code(), Code::InvalidArgument);
    for path in [
        "/cosmos/auth/v1beta1/accounts/nonsense",
        "/cosmos/auth/v1beta1/accounts?pagination.limit=x",
        "/cosmos/auth/v1beta1/accounts?pagination.key=AQ%3D%3D&pagination.offset=2",
        "/synergy/aivm/v1/records/minus",
    ] {
        let (http, code, text) = node.get(path).error();
        assert_eq!((http, code), (400, 3), "{path}: {text}");
    }
    let (http, code, _) = http::post(node.rest(), "/cosmos/tx/v1beta1/simulate", "{\"tx_bytes\": 5}").error();
    assert_eq!((http, code), (400, 3));
    let (http, code, text) = http::post(node.rest(), "/cosmos/tx/v1beta1/simulate", "{}").error();
    assert_eq!((http, code), (400, 3));
    assert!(text.starts_with("invalid empty tx"), "Keplr looks for this: {text}");
}

#[test]
fn what_is_not_served_is_unimplemented() {
    let node = Node::new();
    // A module that this chain lacks, and a path that nobody ever had.
    for path in ["/cosmos/group/v1/groups", "/nothing", "/cosmos/bank/v1beta1/nothing"] {
        assert_eq!(node.get(path).error(), (501, 12, "Not Implemented".to_owned()), "{path}");
    }
    assert_eq!(http::post(node.rest(), "/cosmos/bank/v1beta1/params", "{}").status, 501);
    let call = |path| node.call::<_, QueryAccountResponse>(path, QueryAccountRequest::default()).unwrap_err();
    let status = call("/cosmos.crisis.v1beta1.Query/Params");
    assert_eq!((status.code(), status.message()), (Code::Unimplemented, "unknown service cosmos.crisis.v1beta1.Query"));
    // Hermes falls back to an older method by this text.
    let status = call("/cosmos.bank.v1beta1.Query/Nothing");
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unimplemented, "unknown method Nothing for service cosmos.bank.v1beta1.Query")
    );
}

#[test]
fn heights_outside_the_window_are_invalid() {
    let mut node = Node::new();
    node.chain.block(&[]);
    let at = |height: &str| {
        let mut request = Request::new(QueryAccountRequest { address: node.bob.address().to_string() });
        request.metadata_mut().insert("x-cosmos-block-height", height.parse().unwrap());
        node.call_with::<_, QueryAccountResponse>(ACCOUNT, request).unwrap_err()
    };
    for height in ["5", "-1", "x", "99999999999999999999"] {
        assert_eq!(at(height).code(), Code::InvalidArgument, "{height}");
    }
    let path = format!("/cosmos/auth/v1beta1/accounts/{}", node.bob.address());
    let answer = http::send(node.rest(), "GET", &path, &[("x-cosmos-block-height", "5")], b"");
    assert_eq!((answer.error().0, answer.error().1), (400, 3));
}

#[test]
fn a_query_that_uses_up_its_gas_is_resource_exhausted() {
    let node = Node::with(|config| config.query_gas_limit = 1);
    let status = account(&node, &node.bob.address().to_string());
    assert_eq!(status.code(), Code::ResourceExhausted, "{}", status.message());
    let (http, code, _) = node.get(&format!("/cosmos/auth/v1beta1/accounts/{}", node.bob.address())).error();
    assert_eq!((http, code), (429, 8));
}

#[test]
fn cometbft_that_is_away_is_said_to_be() {
    let node = Node::new();
    for path in [
        "/cosmos/base/tendermint/v1beta1/blocks/latest",
        "/cosmos/base/tendermint/v1beta1/syncing",
        &format!("/cosmos/tx/v1beta1/txs/{}", "AB".repeat(32)),
        "/cosmos/tx/v1beta1/txs?query=a%3D1",
    ] {
        let (http, code, text) = node.get(path).error();
        assert_eq!((http, code), (503, 14), "{path}");
        assert!(text.contains("CometBFT cannot be asked at tcp://127.0.0.1:1"), "{text}");
    }
    let (http, ..) =
        http::post(node.rest(), "/cosmos/tx/v1beta1/txs", r#"{"tx_bytes":"AAAA","mode":"BROADCAST_MODE_SYNC"}"#)
            .error();
    assert_eq!(http, 503);
    // The application's own part is there without it.
    let info = node.get("/cosmos/base/tendermint/v1beta1/node_info").json();
    assert_eq!(info["default_node_info"]["network"], synergy_tests::CHAIN_ID);
}

#[test]
fn a_page_is_asked_for_by_key_or_by_offset() {
    let node = Node::new();
    let page = PageRequest { key: vec![1], offset: 1, ..PageRequest::default() };
    let request = QueryAccountsRequest { pagination: Some(page) };
    let status = node.call::<_, QueryAccountsResponse>("/cosmos.auth.v1beta1.Query/Accounts", request).unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}
