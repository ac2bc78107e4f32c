//! What becomes of packets that contracts send and get.

use serde_json::{Value, json};
use synergy_proto::{
    coin,
    cosmwasm::{MsgExecuteContractResponse, QueryAllContractStateRequest, QueryAllContractStateResponse},
    ibc::core::channel::v1::{MsgChannelCloseInit, Order, Packet},
};
use synergy_tests::{
    Account,
    contracts::{execute, instantiate, msg_execute, ready, response, smart, store_code},
    link::{Link, Path, acknowledgement, events, packets},
};

use crate::puppet::{Does, base64, code, make, port, puppet, says, send_packet};

const REFLECT_VERSION: &str = "ibc-reflect-v1";

/// ibc-reflect at B, which gives each channel an account of the contract reflect.
fn ibc_reflect(link: &mut Link) -> String {
    let end = &mut link.b;
    let reflect = store_code(&mut end.chain, &mut end.alice, ready("wasmd/reflect_1_5.wasm"));
    make(end, ready("wasmd/ibc_reflect.wasm"), &json!({"reflect_code_id": reflect}))
}

#[test]
fn a_contract_is_worked_from_another_chain() {
    let mut link = Link::new();
    let transfer = link.open_transfer();
    let sender = make(&mut link.a, ready("ibc/ibc_reflect_send.wasm"), &json!({}));
    let reflect = ibc_reflect(&mut link);
    let ports = (port(&link.a, &sender), port(&link.b, &reflect));
    assert_eq!(ports, (format!("wasm.{sender}"), format!("wasm.{reflect}")));
    let (path, opened, _) = link.open_channel((&ports.0, &ports.1), Order::Ordered, REFLECT_VERSION);

    // As soon as it is connected, the contract asks who it is there.
    let [who_am_i] = packets(&opened).try_into().unwrap();
    let (received, acknowledged) = link.round_trip(&who_am_i);
    let told = &events(&received, "ibc_packet_received")[0];
    assert_eq!((told["module"], told["_contract_address"], told["success"]), ("wasm", &*reflect, "true"));
    assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
    let here = path.channels.0.as_str();
    let account = |link: &Link| smart(&link.a.chain, &sender, &json!({"account": {"channel_id": here}}));
    let there = account(&link).unwrap()["remote_addr"].as_str().unwrap().to_owned();

    // Coins for that account go by the contract's own transfer.
    let funds = json!({"send_funds": {"reflect_channel_id": here, "transfer_channel_id": transfer.channels.0}});
    let coins = [coin::coin(1_000, coin::BASE_DENOM)];
    let sent = execute(&mut link.a.chain, &mut link.a.alice, &sender, &funds, &coins);
    let [packet] = packets(&sent).try_into().unwrap();
    assert_eq!(packet.source_port, "transfer");
    assert_eq!(acknowledgement(&link.recv(&packet)).unwrap(), br#"{"result":"AQ=="}"#);
    let voucher = synergy_ibc::voucher("transfer", &transfer.channels.1, coin::BASE_DENOM);
    assert_eq!(link.b.balance(&there, &voucher), 1_000);

    // The account sends some of them on, as it is told from here.
    let to = link.b.alice.address().to_string();
    let pay = json!({"bank": {"send": {"to_address": to, "amount": [{"denom": voucher, "amount": "300"}]}}});
    let reflected = json!({"send_msgs": {"channel_id": here, "msgs": [pay]}});
    let sent = execute(&mut link.a.chain, &mut link.a.alice, &sender, &reflected, &[]);
    let [packet] = packets(&sent).try_into().unwrap();
    assert_eq!(link.round_trip(&packet).1.code, 0);
    assert_eq!((link.b.balance(&there, &voucher), link.b.balance(&to, &voucher)), (700, 300));
    let asked = json!({"check_remote_balance": {"channel_id": here}});
    let sent = execute(&mut link.a.chain, &mut link.a.alice, &sender, &asked, &[]);
    let [packet] = packets(&sent).try_into().unwrap();
    assert_eq!(link.round_trip(&packet).1.code, 0);
    assert_eq!(account(&link).unwrap()["remote_balance"], json!([{"denom": voucher, "amount": "700"}]));

    // Both ends hear that the channel is closed.
    let close = MsgChannelCloseInit {
        port_id: ports.0.clone(),
        channel_id: here.to_owned(),
        signer: link.a.alice.address().to_string(),
    };
    let closed = link.a.send(&close);
    assert_eq!(closed.code, 0, "{}", closed.log);
    assert!(account(&link).is_err());
    let closed = link.close_confirm(&path);
    assert_eq!(closed.code, 0, "{}", closed.log);
    let accounts = smart(&link.b.chain, &reflect, &json!({"list_accounts": {}})).unwrap();
    assert_eq!(accounts["accounts"], json!([]));
    link.a.chain.check_invariants();
    link.b.chain.check_invariants();
}

/// A puppet at A and a contract at B with a channel.
fn joined(special: Option<&[(&str, Does)]>, ordering: Order) -> (Link, String, String, Path) {
    let mut link = Link::new();
    let sender = make(&mut link.a, puppet(&[]), &json!({}));
    let (contract, version) = match special {
        Some(special) => (make(&mut link.b, puppet(special), &json!({})), "puppets-1"),
        None => (ibc_reflect(&mut link), REFLECT_VERSION),
    };
    let ports = (port(&link.a, &sender), port(&link.b, &contract));
    let path = link.open_channel((&ports.0, &ports.1), ordering, version).0;
    (link, sender, contract, path)
}

fn sent(link: &mut Link, sender: &str, path: &Path, data: &[u8]) -> Packet {
    let sent = says(&mut link.a, sender, &[send_packet(&path.channels.0, data)]);
    packets(&sent).remove(0)
}

fn all_state(link: &Link, contract: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let request = QueryAllContractStateRequest { address: contract.to_owned(), pagination: None };
    let all: QueryAllContractStateResponse =
        link.b.chain.query("/cosmwasm.wasm.v1.Query/AllContractState", &request, 0).unwrap();
    all.models.into_iter().map(|model| (model.key, model.value)).collect()
}

/// The cases of wasmd's `TestOnIBCPacketReceive`, with its acknowledgements.
#[test]
fn acknowledgements_are_those_of_wasmd() {
    let (mut link, sender, contract, path) = joined(None, Order::Ordered);
    let packet = sent(&mut link, &sender, &path, br#"{"who_am_i":{}}"#);
    let (received, acknowledged) = link.round_trip(&packet);
    let ack: Value = serde_json::from_slice(&acknowledgement(&received).unwrap()).unwrap();
    assert!(ack["ok"]["account"].as_str().unwrap().starts_with("synergy1"), "{ack}");
    assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);

    // The contract says so itself, or its message fails, of which nothing stays.
    let before = all_state(&link, &contract);
    let refused = json!({"return_msgs": {"msgs": [
        {"bank": {"send": {"to_address": "invalid-address", "amount": [{"denom": "ALX", "amount": "1"}]}}}
    ]}});
    for (data, ack, told) in [
        (json!({"return_err": {"text": "my error"}}), "invalid packet: Generic error: my error", None),
        (refused, "ABCI error: sdk/7: error handling packet: see events for details", Some("sdk, code 7")),
    ] {
        let packet = sent(&mut link, &sender, &path, data.to_string().as_bytes());
        let (received, acknowledged) = link.round_trip(&packet);
        let got: Value = serde_json::from_slice(&acknowledgement(&received).unwrap()).unwrap();
        assert_eq!(got, json!({"error": ack}));
        assert_eq!((received.code, acknowledged.code), (0, 0), "{}", acknowledged.log);
        let [event] = events(&received, "ibc_packet_received").try_into().unwrap();
        assert_eq!(event["success"] == "false", told.is_some());
        assert!(told.is_none_or(|told| event["error"].contains(told)), "{event:?}");
    }
    assert_eq!(all_state(&link, &contract), before);

    // A panic is no acknowledgement: the relayer's transaction fails and the packet waits.
    let packet = sent(&mut link, &sender, &path, br#"{"panic":{}}"#);
    let failed = link.recv(&packet);
    assert_eq!(code(&failed), ("wasm", 29), "{}", failed.log);
    assert_eq!(code(&link.recv(&packet)), ("wasm", 29), "it has not been received");
}

#[test]
fn what_a_contract_refuses_with_is_told_in_its_own_words() {
    let special = [("ibc_packet_receive", Does::Answer(r#"{"error":"not <you>"}"#.to_owned()))];
    let (mut link, sender, contract, path) = joined(Some(&special), Order::Unordered);
    let packet = sent(&mut link, &sender, &path, b"x");
    let (received, acknowledged) = link.round_trip(&packet);
    assert_eq!((received.code, acknowledged.code), (0, 0), "{}", acknowledged.log);
    assert_eq!(acknowledgement(&received).unwrap(), br#"{"error":"not <you>"}"#);
    let [event] = events(&received, "ibc_packet_received").try_into().unwrap();
    assert_eq!((event["_contract_address"], event["success"]), (contract.as_str(), "false"));
}

#[test]
fn events_and_state_go_with_a_message_that_fails() {
    let send = json!({"bank": {"send": {"to_address": Account::many(1)[0].address().to_string(),
        "amount": [{"denom": "asnrg", "amount": "5"}]}}});
    let answer = json!({"ok": {
        "acknowledgement": "b2s=",
        "messages": [{"id": 1, "msg": send, "gas_limit": null, "reply_on": "never"}],
        "attributes": [{"key": "action", "value": "received"}],
        "events": []
    }});
    let special = [("ibc_packet_receive", Does::Answer(answer.to_string()))];
    let (mut link, sender, contract, path) = joined(Some(&special), Order::Unordered);
    let packet = sent(&mut link, &sender, &path, b"x");
    let (received, _) = link.round_trip(&packet);
    let ack = br#"{"error":"ABCI error: sdk/5: error handling packet: see events for details"}"#;
    assert_eq!(acknowledgement(&received).unwrap(), ack);
    assert_eq!(events(&received, "wasm").len(), 0);
    // With coins it succeeds.
    let contract = contract.parse().unwrap();
    let paid = link.b.chain.deliver(link.b.alice.send(&contract, 5));
    assert_eq!(paid.code, 0, "{}", paid.log);
    let packet = sent(&mut link, &sender, &path, b"x");
    let (received, _) = link.round_trip(&packet);
    assert_eq!(acknowledgement(&received).unwrap(), b"ok");
    assert_eq!(events(&received, "wasm")[0]["action"], "received");
    assert_eq!(link.b.chain.balance(&contract), 0);
}

#[test]
fn a_contract_acknowledges_later_and_once() {
    let (mut link, sender, contract, path) = joined(None, Order::Ordered);
    let packet = sent(&mut link, &sender, &path, br#"{"no_ack":{}}"#);
    let received = link.recv(&packet);
    assert_eq!((received.code, acknowledgement(&received)), (0, None), "{}", received.log);
    assert_eq!(events(&received, "ibc_packet_received")[0]["success"], "true");

    // What waits is part of an export, and of the chain that is made of it.
    let exported = |link: &Link| link.b.chain.app.read(|ctx| link.b.chain.app.chain().export_genesis(ctx)).unwrap();
    let section: Value = serde_json::from_str(exported(&link)["wasm"].get()).unwrap();
    assert_eq!(section["unacknowledged"].as_array().unwrap().len(), 1);
    assert_eq!(section["unacknowledged"][0]["contract_address"], json!(contract));

    let later = |sequence: &str| json!({"async_ack": {"channel_id": path.channels.1, "packet_sequence": sequence, "ack": {"data": base64(b"my ack")}}});
    let end = &mut link.b;
    let other = execute(&mut end.chain, &mut end.alice, &contract, &later("2"), &[]);
    assert_eq!(code(&other), ("wasm", 14), "{}", other.log);
    let written = execute(&mut end.chain, &mut end.alice, &contract, &later("1"), &[]);
    assert_eq!(acknowledgement(&written).as_deref(), Some(&b"my ack"[..]), "{}", written.log);
    let again = execute(&mut end.chain, &mut end.alice, &contract, &later("1"), &[]);
    assert_eq!(code(&again), ("wasm", 14), "{}", again.log);
    let section: Value = serde_json::from_str(exported(&link)["wasm"].get()).unwrap();
    assert_eq!(section["unacknowledged"], Value::Null);
    assert_eq!(link.acknowledge(&packet, b"my ack").code, 0);
}

/// A puppet that never ends takes the gas that it is given, and the chain goes on.
#[test]
fn a_contract_without_an_end_costs_the_relayer_gas_and_nobody_more() {
    let special = [("ibc_packet_receive", Does::Loop)];
    let (mut link, sender, _, path) = joined(Some(&special), Order::Unordered);
    let sent = says(
        &mut link.a,
        &sender,
        &[json!({"ibc": {"send_packet": {"channel_id": path.channels.0, "data": base64(b"x"),
            "timeout": {"block": {"revision": 1, "height": link.b.height() + 8}, "timestamp": null}}}})],
    );
    let [packet] = packets(&sent).try_into().unwrap();
    let message = link.recv_message(&packet);
    for gas in [3_000_000, 30_000_000] {
        let failed = link.b.relay_with(&message, gas);
        assert_eq!((code(&failed), failed.gas_used), (("sdk", 11), gas as i64), "{}", failed.log);
    }
    let own = link.b.alice.address();
    let paid = link.b.chain.deliver(link.b.alice.send(&own, 1));
    assert_eq!(paid.code, 0, "{}", paid.log);
    while link.b.height() < packet.timeout_height.unwrap().revision_height {
        link.b.chain.block(&[]);
    }
    let given_up = link.timeout(&packet);
    assert_eq!(given_up.code, 0, "{}", given_up.log);
    assert_eq!(events(&given_up, "timeout_packet").len(), 1);
}

#[test]
fn what_a_contract_refuses_at_the_end_of_a_packet_stays_open() {
    let mut link = Link::new();
    let text = r#"{"error":"not yet"}"#.to_owned();
    let special = [("ibc_packet_ack", Does::Answer(text)), ("ibc_packet_timeout", Does::Trap)];
    let sender = make(&mut link.a, puppet(&special), &json!({}));
    let receiver = make(&mut link.b, puppet(&[]), &json!({}));
    let ports = (port(&link.a, &sender), port(&link.b, &receiver));
    let path = link.open_channel((&ports.0, &ports.1), Order::Unordered, "puppets-1").0;
    let packet = sent(&mut link, &sender, &path, b"x");
    let (received, acknowledged) = link.round_trip(&packet);
    assert_eq!(acknowledgement(&received).unwrap(), b"ok");
    assert_eq!(code(&acknowledged), ("wasm", 5), "{}", acknowledged.log);
    assert!(acknowledged.log.contains("on ack: not yet"), "{}", acknowledged.log);
    assert_eq!(code(&link.acknowledge(&packet, b"ok")), ("wasm", 5), "it can be relayed again");
}

#[test]
fn messages_that_make_no_sense_are_refused() {
    let (mut link, sender, _, path) = joined(Some(&[]), Order::Unordered);
    let reflect = {
        let end = &mut link.a;
        let id = store_code(&mut end.chain, &mut end.alice, ready("wasmd/reflect_2_0.wasm"));
        instantiate(&mut end.chain, &mut end.alice, id, &json!({}), &[])
    };
    let fee = json!({"receive_fee": [], "ack_fee": [], "timeout_fee": []});
    let ack = |sequence: u64| json!({"ibc": {"write_acknowledgement": {"channel_id": path.channels.0, "packet_sequence": sequence, "ack": {"data": "b2s="}}}});
    let pay = json!({"ibc": {"pay_packet_fee": {"port_id": "transfer", "channel_id": "channel-0", "fee": fee, "relayers": []}}});
    for (message, expected) in [
        (send_packet("channel-9", b"x"), ("channel", 3)),
        (send_packet("", b"x"), ("wasm", 12)),
        (send_packet(&path.channels.0, b""), ("channel", 13)),
        (send_packet(&path.channels.0, &[7; 262_145]), ("wasm", 29)),
        (ack(1), ("wasm", 14)),
        (pay, ("wasm", 20)),
        (json!({"ibc": {"close_channel": {"channel_id": "channel-9"}}}), ("channel", 3)),
    ] {
        let refused = says(&mut link.a, &sender, std::slice::from_ref(&message));
        assert_eq!(code(&refused), expected, "{}", refused.log);
    }
    let forwarded = json!({"reflect_msg": {"msgs": [send_packet(&path.channels.0, b"x")]}});
    let refused = execute(&mut link.a.chain, &mut link.a.alice, &reflect, &forwarded, &[]);
    assert_eq!(code(&refused), ("wasm", 17), "a contract without a port: {}", refused.log);

    // The sequence of a packet comes back in the reply, and nothing of a failed message stays.
    let both = [send_packet(&path.channels.0, b"x"), send_packet("channel-9", b"x")];
    let refused = says(&mut link.a, &sender, &both);
    assert_eq!(code(&refused), ("channel", 3));
    let packet = sent(&mut link, &sender, &path, b"x");
    assert_eq!(packet.sequence, 1);
    let closing = says(&mut link.a, &sender, &[json!({"ibc": {"close_channel": {"channel_id": path.channels.0}}})]);
    assert_eq!(closing.code, 0, "{}", closing.log);
    assert_eq!(events(&closing, "channel_close_init").len(), 1);
    let late = says(&mut link.a, &sender, &[send_packet(&path.channels.0, b"x")]);
    assert_eq!(code(&late), ("channel", 5));
}

#[test]
fn a_contract_hears_the_number_of_its_packet() {
    let (mut link, _, contract, path) = joined(Some(&[]), Order::Unordered);
    assert!(!contract.is_empty());
    let end = &mut link.a;
    let messages =
        [json!({"id": 7, "msg": send_packet(&path.channels.0, b"x"), "gas_limit": 9_000_000, "reply_on": "never"})];
    let answer = json!({"ok": {"messages": messages, "attributes": [], "events": [], "data": base64(b"sent")}});
    let sender = path.ports.0.trim_start_matches("wasm.").to_owned();
    let message = msg_execute(&end.alice, &sender, &answer, &[]);
    let done = end.send(&message);
    assert_eq!(response::<MsgExecuteContractResponse>(&done).data, b"sent");
    assert_eq!(packets(&done).len(), 1);
}
