//! cw20-ics20, the published contract that sends its chain's cw20 tokens by ICS-20.

use serde_json::json;
use synergy_proto::coin;
use synergy_proto::ibc::{core::channel::v1::Order, transfer::MsgTransfer};
use synergy_tests::{
    contracts::{built, execute, ready, smart},
    link::{Link, acknowledgement, packets},
};

use crate::puppet::{base64, make, port};

#[test]
fn tokens_of_a_contract_go_to_another_chain_and_come_home() {
    let mut link = Link::new();
    let alice = link.a.alice.address().to_string();
    let token = {
        let msg = json!({"name": "Token", "symbol": "TOK", "decimals": 6,
            "initial_balances": [{"address": alice, "amount": "1000"}]});
        make(&mut link.a, built("cw20_base"), &msg)
    };
    let allowed = json!([{"contract": token, "gas_limit": null}]);
    let ics20 = make(
        &mut link.a,
        ready("ibc/cw20_ics20.wasm.gz"),
        &json!({"default_timeout": 1_000, "gov_contract": alice, "allowlist": allowed, "default_gas_limit": null}),
    );
    let own = port(&link.a, &ics20);
    let path = link.open_channel((&own, "transfer"), Order::Unordered, "ics20-1").0;
    let balance = |link: &Link, who: &str| {
        let answer = smart(&link.a.chain, &token, &json!({"balance": {"address": who}})).unwrap();
        answer["balance"].as_str().unwrap().to_owned()
    };

    let receiver = link.b.alice.address().to_string();
    let way = json!({"channel": path.channels.0, "remote_address": receiver, "timeout": null});
    let send = json!({"send": {"contract": ics20, "amount": "400", "msg": base64(way.to_string().as_bytes())}});
    let sent = execute(&mut link.a.chain, &mut link.a.alice, &token, &send, &[]);
    let [packet] = packets(&sent).try_into().unwrap();
    let (received, acknowledged) = link.round_trip(&packet);
    assert_eq!(acknowledgement(&received).unwrap(), br#"{"result":"AQ=="}"#);
    assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
    let voucher = synergy_ibc::voucher("transfer", &path.channels.1, &format!("cw20:{token}"));
    assert_eq!(link.b.balance(&receiver, &voucher), 400);
    assert_eq!((balance(&link, &alice), balance(&link, &ics20)), ("600".to_owned(), "400".to_owned()));

    link.turn();
    let back = |amount: u128, receiver: &str, link: &Link| MsgTransfer {
        source_port: "transfer".into(),
        source_channel: path.channels.1.clone(),
        token: Some(coin::coin(amount, &voucher)),
        sender: link.a.alice.address().to_string(),
        receiver: receiver.to_owned(),
        timeout_height: Some(link.b.after(1_000)),
        ..MsgTransfer::default()
    };
    let message = back(150, &alice, &link);
    let [packet] = packets(&link.a.send(&message)).try_into().unwrap();
    let (received, acknowledged) = link.round_trip(&packet);
    assert_eq!((received.code, acknowledged.code), (0, 0), "{}", received.log);
    link.turn();
    assert_eq!((balance(&link, &alice), balance(&link, &ics20)), ("750".to_owned(), "250".to_owned()));
    // A receiver that is none here: an error acknowledgement, and the coins are back there.
    link.turn();
    let message = back(50, "nobody", &link);
    let [packet] = packets(&link.a.send(&message)).try_into().unwrap();
    let (received, acknowledged) = link.round_trip(&packet);
    assert!(acknowledgement(&received).unwrap().starts_with(br#"{"error":"#));
    assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
    assert_eq!(link.a.balance(&receiver, &voucher), 250);
}
