//! What a gRPC client gets.

use synergy_proto::cosmos::{
    auth::v1beta1::{QueryAccountsRequest, QueryAccountsResponse},
    bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse},
    base::query::v1beta1::PageRequest,
    tx::v1beta1::{SimulateRequest, SimulateResponse},
};
use synergy_tests::FUNDS;
use tonic::{Code, Request, codegen::tokio_stream::once};
use tonic_reflection::pb::{v1, v1alpha};

use super::{Node, http};

const BALANCE: &str = "/cosmos.bank.v1beta1.Query/Balance";
const ACCOUNTS: &str = "/cosmos.auth.v1beta1.Query/Accounts";

fn balance_of(node: &Node, height: Option<&str>) -> (String, String) {
    let request = QueryBalanceRequest { address: node.bob.address().to_string(), denom: "asnrg".into() };
    let mut request = Request::new(request);
    if let Some(height) = height {
        request.metadata_mut().insert("x-cosmos-block-height", height.parse().unwrap());
    }
    let response = node.call_with::<_, QueryBalanceResponse>(BALANCE, request).unwrap();
    let height = response.metadata().get("x-cosmos-block-height").unwrap().to_str().unwrap().to_owned();
    (response.into_inner().balance.unwrap().amount, height)
}

#[test]
fn heights_are_asked_for_and_told() {
    let mut node = Node::new();
    let to = node.bob.address();
    for _ in 0..3 {
        let tx = node.alice.send(&to, 5);
        assert_eq!(node.chain.deliver(tx).code, 0);
    }
    let after = |sends: u128| (FUNDS + 5 * sends).to_string();
    assert_eq!(balance_of(&node, None), (after(3), "3".to_owned()));
    assert_eq!(balance_of(&node, Some("0")), (after(3), "3".to_owned()));
    assert_eq!(balance_of(&node, Some("1")), (after(1), "1".to_owned()));
}

#[test]
fn pages_by_key_by_offset_and_backwards_reach_the_same_entries() {
    let node = Node::new();
    let page = |page: PageRequest| {
        let request = QueryAccountsRequest { pagination: Some(page) };
        let answer: QueryAccountsResponse = node.call(ACCOUNTS, request).unwrap();
        (answer.accounts, answer.pagination.unwrap())
    };
    let (all, last) = page(PageRequest { count_total: true, ..PageRequest::default() });
    assert!(all.len() >= 3, "two accounts and the modules'");
    assert_eq!((last.total, last.next_key.len()), (all.len() as u64, 0));

    let (mut by_key, mut key) = (Vec::new(), Vec::new());
    loop {
        let (found, next) = page(PageRequest { key: key.clone(), limit: 2, ..PageRequest::default() });
        assert!(found.len() <= 2);
        by_key.extend(found);
        key = next.next_key;
        if key.is_empty() {
            break;
        }
    }
    assert_eq!(by_key, all);

    let by_offset: Vec<_> = (0..all.len() as u64)
        .flat_map(|offset| page(PageRequest { offset, limit: 1, ..PageRequest::default() }).0)
        .collect();
    assert_eq!(by_offset, all);
    assert_eq!(page(PageRequest { offset: 100, limit: 1, ..PageRequest::default() }).0, []);

    let (mut backwards, _) = page(PageRequest { reverse: true, ..PageRequest::default() });
    backwards.reverse();
    assert_eq!(backwards, all);
}

#[test]
fn a_simulation_says_its_gas_or_what_failed() {
    let mut node = Node::new();
    let to = node.bob.address();
    let tx_bytes = node.alice.send(&to, 5);
    #[allow(deprecated)]
    let request = SimulateRequest { tx: None, tx_bytes };
    let simulate = |request| node.call::<_, SimulateResponse>("/cosmos.tx.v1beta1.Service/Simulate", request);
    assert!(simulate(request.clone()).unwrap().gas_info.unwrap().gas_used > 10_000);
    node.alice.sequence = 7;
    #[allow(deprecated)]
    let request = SimulateRequest { tx: None, tx_bytes: node.alice.send(&to, 5) };
    let simulate = |request| node.call::<_, SimulateResponse>("/cosmos.tx.v1beta1.Service/Simulate", request);
    let status = simulate(request).unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    // Hermes reads both numbers from this text.
    assert!(status.message().contains("account sequence mismatch, expected 0, got 7"), "{}", status.message());
}

#[test]
fn reflection_lists_what_is_served_in_both_versions() {
    let node = Node::new();
    let (new, old) = node.runtime.block_on(async {
        let request = v1::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(String::new())),
        };
        let mut client = v1::server_reflection_client::ServerReflectionClient::new(node.channel().await);
        let mut answers = client.server_reflection_info(once(request)).await.unwrap().into_inner();
        let new = answers.message().await.unwrap().unwrap().message_response.unwrap();
        let request = v1alpha::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
                "cosmos.bank.v1beta1.Query".into(),
            )),
        };
        let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(node.channel().await);
        let mut answers = client.server_reflection_info(once(request)).await.unwrap().into_inner();
        (new, answers.message().await.unwrap().unwrap().message_response.unwrap())
    });
    let v1::server_reflection_response::MessageResponse::ListServicesResponse(list) = new else { panic!("{new:?}") };
    let names: Vec<_> = list.service.iter().map(|s| s.name.as_str()).collect();
    for service in ["cosmos.bank.v1beta1.Query", "synergy.aivm.v1.Query", "cosmos.tx.v1beta1.Service"] {
        assert!(names.contains(&service), "{names:?}");
    }
    assert!(!names.contains(&"cosmos.crisis.v1beta1.Msg"), "it has no handler");
    let v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse(files) = old else {
        panic!("{old:?}")
    };
    assert_eq!(files.file_descriptor_proto.len(), 1);
}

#[test]
fn grpc_web_over_http_1_on_the_same_port() {
    use prost::Message;
    let node = Node::new();
    let request = QueryBalanceRequest { address: node.bob.address().to_string(), denom: "asnrg".into() };
    let bytes = request.encode_to_vec();
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&bytes);
    let headers = [("Content-Type", "application/grpc-web+proto")];
    let answer = http::send(node.grpc(), "POST", BALANCE, &headers, &frame);
    assert_eq!(answer.status, 200);
    let length = u32::from_be_bytes(answer.body[1..5].try_into().unwrap()) as usize;
    let balance = QueryBalanceResponse::decode(&answer.body[5..5 + length]).unwrap().balance.unwrap();
    assert_eq!(balance.amount, FUNDS.to_string());
    let trailers = String::from_utf8_lossy(&answer.body[5 + length..]).into_owned();
    assert!(trailers.contains("grpc-status:0"), "{trailers:?}");
    // Plain HTTP on this port is told so, and other pages may not call it.
    assert_eq!(http::get(node.grpc(), "/").status, 400);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn every_query_of_every_module_is_described() {
    let node = Node::new();
    let known = String::from_utf8(node.get("/openapi.json").body).unwrap();
    let routes: Vec<String> = node.chain.app.chain().routes.queries().map(str::to_owned).collect();
    let document: serde_json::Value = serde_json::from_str(&known).unwrap();
    let described: Vec<&str> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|verbs| verbs.as_object().unwrap().values())
        .map(|operation| operation["summary"].as_str().unwrap())
        .collect();
    for route in routes {
        let name = route.trim_start_matches('/');
        assert!(described.contains(&name), "{route}: its .proto is not below proto/ or has no google.api.http option");
    }
}
