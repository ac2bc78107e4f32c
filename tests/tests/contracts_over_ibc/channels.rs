//! Channels of contracts: how they are opened, refused, and asked about.

use serde_json::{Value, json};
use synergy_proto::{
    cosmwasm::MsgMigrateContract,
    ibc::core::channel::v1::{MsgChannelOpenInitResponse, Order},
};
use synergy_tests::{
    contracts::{instantiate, ready, response, smart, store_code},
    link::Link,
};

use crate::puppet::{Does, base64, code, make, port, puppet};

#[test]
fn a_contract_chooses_the_version_or_refuses_the_channel() {
    let mut link = Link::new();
    let answer = |text: &str| [("ibc_channel_open", Does::Answer(text.to_owned()))];
    let own = make(&mut link.a, puppet(&answer(r#"{"ok":{"version":"own-2"}}"#)), &json!({}));
    let any = make(&mut link.a, puppet(&answer(r#"{"ok":{"version":""}}"#)), &json!({}));
    let no = make(&mut link.a, puppet(&answer(r#"{"error":"not with you"}"#)), &json!({}));
    let trap = make(&mut link.a, puppet(&[("ibc_channel_open", Does::Trap)]), &json!({}));
    let reflect = make(&mut link.a, ready("wasmd/reflect_2_0.wasm"), &json!({}));
    assert_eq!(port(&link.a, &reflect), "", "it has no entry points of IBC");
    let mut open = |contract: &str, version: &str| {
        let message = link.open_init((&format!("wasm.{contract}"), "transfer"), Order::Unordered, version);
        link.a.relay(&message)
    };
    let version = |result| response::<MsgChannelOpenInitResponse>(&result).version;
    assert_eq!(version(open(&own, "1")), "own-2");
    assert_eq!(version(open(&any, "1")), "1");
    for (contract, given, expected) in [
        (any.as_str(), "", ("wasm", 12)),
        (&no, "1", ("wasm", 5)),
        (&trap, "1", ("wasm", 29)),
        (&reflect, "1", ("wasm", 17)),
        ("synergy1nobody", "1", ("wasm", 14)),
        (&own.to_uppercase(), "1", ("wasm", 17)),
    ] {
        let refused = open(contract, given);
        assert_eq!(code(&refused), expected, "{contract}: {}", refused.log);
    }
    let account = link.a.alice.address().to_string();
    let message = link.open_init((&format!("wasm.{account}"), "transfer"), Order::Unordered, "1");
    assert_eq!(code(&link.a.relay(&message)), ("wasm", 22));
}

#[test]
fn contracts_ask_about_ports_and_channels() {
    let mut link = Link::new();
    let transfer = link.open_transfer();
    let id = store_code(&mut link.a.chain, &mut link.a.alice, ready("wasmd/reflect_2_0.wasm"));
    let reflect = instantiate(&mut link.a.chain, &mut link.a.alice, id, &json!({}), &[]);
    let ask = |query: Value| -> Value {
        let answer = smart(&link.a.chain, &reflect, &json!({"chain": {"request": {"ibc": query}}})).unwrap();
        let data = answer["data"].as_str().unwrap().to_owned();
        use base64::{Engine, prelude::BASE64_STANDARD};
        serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap()
    };
    let channel = json!({
        "endpoint": {"port_id": "transfer", "channel_id": transfer.channels.0},
        "counterparty_endpoint": {"port_id": "transfer", "channel_id": transfer.channels.1},
        "order": "ORDER_UNORDERED",
        "version": "ics20-1",
        "connection_id": "connection-0"
    });
    assert_eq!(ask(json!({"port_id": {}})), json!({"port_id": ""}));
    let of = |id: &str| json!({"channel": {"channel_id": id, "port_id": "transfer"}});
    assert_eq!(ask(of(&transfer.channels.0)), json!({"channel": channel}));
    assert_eq!(ask(of("channel-9")), json!({"channel": null}));
    assert_eq!(ask(json!({"channel": {"channel_id": "channel-0", "port_id": null}})), json!({"channel": null}));
    assert_eq!(ask(json!({"list_channels": {"port_id": "transfer"}})), json!({"channels": [channel]}));
    assert_eq!(ask(json!({"list_channels": {"port_id": null}})), json!({"channels": []}));
    // A channel that is not open yet counts for nothing.
    let puppet = make(&mut link.a, puppet(&[]), &json!({}));
    let own = format!("wasm.{puppet}");
    let half = link.open_init((&own, "transfer"), Order::Unordered, "1");
    assert_eq!(link.a.relay(&half).code, 0);
    let answer =
        smart(&link.a.chain, &reflect, &json!({"chain": {"request": {"ibc": {"list_channels": {"port_id": own}}}}}));
    assert_eq!(answer.unwrap(), json!({"data": base64(br#"{"channels":[]}"#)}));
}

#[test]
fn a_contract_of_ibc_stays_one() {
    let mut link = Link::new();
    let (chain, alice) = (&mut link.a.chain, &mut link.a.alice);
    // The same contract with and without the entry points.
    let with = store_code(chain, alice, ready("wasmd/ibc_reflect.wasm"));
    let without = store_code(chain, alice, ready("wasmd/hackatom.wasm"));
    let contract = instantiate(chain, alice, with, &json!({"reflect_code_id": 1}), &[]);
    let sender = alice.address().to_string();
    let message = MsgMigrateContract { sender, contract, code_id: without, msg: b"{}".to_vec() };
    let refused = link.a.send(&message);
    assert_eq!(code(&refused), ("wasm", 11), "{}", refused.log);
    assert!(refused.log.contains("requires ibc callbacks"), "{}", refused.log);
}
