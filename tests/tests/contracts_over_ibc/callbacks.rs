//! Contracts that hear of transfers, and those that a memo calls.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_abci::messages::ExecTxResult;
use synergy_proto::{
    Address, coin,
    ibc::{core::channel::v1::Packet, transfer::MsgTransfer},
};
use synergy_tests::{
    contracts::{execute, ready, smart},
    link::{End, Link, Path, acknowledgement, events, packets},
};

use crate::puppet::{Does, base64, code, make, puppet, says};

const SUCCESS: &[u8] = br#"{"result":"AQ=="}"#;

/// A channel for coins.
fn linked() -> (Link, Path) {
    let mut link = Link::new();
    let path = link.open_transfer();
    (link, path)
}

/// Alice of A sends 100 coins with a memo.
fn transfer(link: &mut Link, path: &Path, receiver: &str, memo: &str) -> ExecTxResult {
    let message = MsgTransfer {
        source_port: "transfer".into(),
        source_channel: path.channels.0.clone(),
        token: Some(coin::coin(100, coin::BASE_DENOM)),
        sender: link.a.alice.address().to_string(),
        receiver: receiver.to_owned(),
        timeout_height: Some(link.b.after(1_000)),
        memo: memo.to_owned(),
        ..MsgTransfer::default()
    };
    link.a.send(&message)
}

fn one(result: &ExecTxResult) -> Packet {
    packets(result).remove(0)
}

fn voucher(path: &Path) -> String {
    synergy_ibc::voucher("transfer", &path.channels.1, coin::BASE_DENOM)
}

fn callbacks(end: &mut End) -> String {
    make(end, ready("ibc/ibc_callbacks.wasm"), &json!({}))
}

/// How often a contract heard of acknowledgements, timeouts and arrivals.
fn heard(end: &End, contract: &str) -> (usize, usize, Vec<Value>) {
    let stats = smart(&end.chain, contract, &json!({"callback_stats": {}})).unwrap();
    let list = |name: &str| stats[name].as_array().unwrap().clone();
    (list("ibc_ack_callbacks").len(), list("ibc_timeout_callbacks").len(), list("ibc_destination_callbacks"))
}

/// wasmd's `TestIBCCallbacks`, with its contract.
#[test]
fn both_contracts_of_a_transfer_hear_of_it() {
    let (mut link, path) = linked();
    let (here, there) = (callbacks(&mut link.a), callbacks(&mut link.b));
    let send = |link: &mut Link, seconds: u32| {
        let msg = json!({"transfer": {"to_address": there, "channel_id": path.channels.0, "timeout_seconds": seconds}});
        let coins = [coin::coin(1, coin::BASE_DENOM)];
        execute(&mut link.a.chain, &mut link.a.alice, &here, &msg, &coins)
    };
    let sent = send(&mut link, 100_000);
    let told = &events(&sent, "ibc_src_callback")[0];
    assert_eq!((told["callback_type"], told["callback_address"]), ("send_packet", here.as_str()));
    let (received, acknowledged) = link.round_trip(&one(&sent));
    assert_eq!(acknowledgement(&received).unwrap(), SUCCESS);
    assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
    for (result, kind, step, address) in [
        (&received, "ibc_dest_callback", "receive_packet", &there),
        (&acknowledged, "ibc_src_callback", "acknowledgement_packet", &here),
    ] {
        let [told] = events(result, kind).try_into().unwrap();
        assert_eq!((told["callback_type"], told["callback_address"]), (step, address.as_str()));
        assert_eq!((told["callback_result"], told["callback_commit_gas_limit"]), ("success", "50000000"));
    }
    assert_eq!(heard(&link.a, &here), (1, 0, vec![]));
    let (_, _, arrivals) = heard(&link.b, &there);
    let [arrival] = arrivals.try_into().unwrap();
    let funds = json!([{"denom": voucher(&path), "amount": "1"}]);
    assert_eq!(arrival["transfer"], json!({"funds": funds, "receiver": there, "sender": here}));
    assert_eq!(arrival["ack"]["data"], json!(base64(SUCCESS)));
    assert_eq!(link.b.balance(&there, &voucher(&path)), 1);

    let sent = send(&mut link, 300);
    link.b.chain.delay += 1_000;
    link.b.chain.block(&[]);
    let given_up = link.timeout(&one(&sent));
    assert_eq!(given_up.code, 0, "{}", given_up.log);
    assert_eq!(events(&given_up, "ibc_src_callback")[0]["callback_type"], "timeout_packet");
    assert_eq!(heard(&link.a, &here), (1, 1, vec![]));
    link.a.chain.check_invariants();
    link.b.chain.check_invariants();
}

/// Coins that come home are told under their own name.
#[test]
fn an_arrival_tells_what_the_coins_are_called_here() {
    let (mut link, path) = linked();
    let (alice, contract) = (link.b.alice.address().to_string(), callbacks(&mut link.a));
    let packet = one(&transfer(&mut link, &path, &alice, ""));
    assert_eq!(link.round_trip(&packet).1.code, 0);
    link.turn();
    let back = MsgTransfer {
        source_port: "transfer".into(),
        source_channel: path.channels.1.clone(),
        token: Some(coin::coin(40, voucher(&path))),
        sender: alice.clone(),
        receiver: contract.clone(),
        timeout_height: Some(link.b.after(1_000)),
        memo: json!({"dest_callback": {"address": contract}}).to_string(),
        ..MsgTransfer::default()
    };
    let packet = one(&link.a.send(&back));
    assert_eq!(link.round_trip(&packet).1.code, 0);
    let [arrival] = heard(&link.b, &contract).2.try_into().unwrap();
    let funds = json!([{"denom": coin::BASE_DENOM, "amount": "40"}]);
    assert_eq!(arrival["transfer"], json!({"funds": funds, "receiver": contract, "sender": alice}));
}

#[test]
fn a_failed_callback_where_coins_arrive_sends_them_back() {
    let (mut link, path) = linked();
    let alice = link.a.alice.address();
    let make = |link: &mut Link, does| make(&mut link.b, puppet(&[("ibc_destination_callback", does)]), &json!({}));
    let refuses = make(&mut link, Does::Answer(r#"{"error":"not mine"}"#.to_owned()));
    let traps = make(&mut link, Does::Trap);
    let endless = make(&mut link, Does::Loop);
    let user = link.b.alice.address().to_string();
    for (contract, receiver, limit, told) in [
        (&refuses, &refuses, "", 5),
        (&traps, &user, "900000", 29),
        (&endless, &user, "2000000", 6),
        // What is no contract, and a limit that is no number.
        (&user, &user, "", 22),
        (&refuses, &refuses, "much", 8),
    ] {
        let memo = json!({"dest_callback": {"address": contract, "gas_limit": limit}}).to_string();
        let before = link.a.chain.balance(&alice);
        let packet = one(&transfer(&mut link, &path, receiver, &memo));
        let taken = before - link.a.chain.balance(&alice);
        let (received, acknowledged) = link.round_trip(&packet);
        let ack = format!(r#"{{"error":"ABCI code: {told}: error handling packet: see events for details"}}"#);
        assert_eq!(String::from_utf8(acknowledgement(&received).unwrap()).unwrap(), ack, "{contract}");
        assert_eq!((received.code, acknowledged.code), (0, 0), "{}", acknowledged.log);
        assert_eq!(link.b.balance(receiver, &voucher(&path)), 0);
        assert_eq!(before - link.a.chain.balance(&alice), taken - 100, "the coins are back");
        let failed = events(&received, "ibccallbackerror-ibc_dest_callback");
        assert_eq!(failed.len(), usize::from(told != 8));
        assert!(failed.iter().all(|e| e["callback_result"] == "failure" && !e["callback_error"].is_empty()));
        assert_eq!(events(&received, "ibccallbackerror-fungible_token_packet")[0]["success"], "false");
    }
    link.a.chain.check_invariants();
    link.b.chain.check_invariants();
}

/// Whoever relays with less gas than the callback may use decides nothing by it.
#[test]
fn a_callback_that_had_too_little_gas_is_tried_again() {
    let (mut link, path) = linked();
    let endless = make(&mut link.b, puppet(&[("ibc_destination_callback", Does::Loop)]), &json!({}));
    let memo = json!({"dest_callback": {"address": endless, "gas_limit": "20000000"}}).to_string();
    let packet = one(&transfer(&mut link, &path, &endless, &memo));
    let message = link.recv_message(&packet);
    for gas in [2_000_000, 19_000_000] {
        let failed = link.b.relay_with(&message, gas);
        assert_eq!((code(&failed), failed.gas_used), (("sdk", 11), gas as i64), "{}", failed.log);
    }
    let enough = link.b.relay_with(&message, 22_000_000);
    assert_eq!(enough.code, 0, "{}", enough.log);
    assert!(acknowledgement(&enough).unwrap().starts_with(br#"{"error":"ABCI code: 6"#));
    assert!((20_000_000..22_000_000).contains(&enough.gas_used), "{}", enough.gas_used);
}

#[test]
fn a_failed_callback_where_coins_come_from_holds_up_nothing() {
    let (mut link, path) = linked();
    let receiver = link.b.alice.address().to_string();
    for (does, error) in [
        (Does::Answer(r#"{"error":"no time"}"#.to_owned()), "no time"),
        (Does::Trap, "code 29"),
        (Does::Loop, "out of gas"),
    ] {
        let contract = make(&mut link.a, puppet(&[("ibc_source_callback", does)]), &json!({}));
        let paid = link.a.chain.deliver(link.a.alice.send(&contract.parse().unwrap(), 10));
        assert_eq!(paid.code, 0, "{}", paid.log);
        let memo = json!({"src_callback": {"address": contract, "gas_limit": "1500000"}}).to_string();
        let send = json!({"ibc": {"transfer": {
            "channel_id": path.channels.0, "to_address": receiver, "memo": memo,
            "amount": {"denom": coin::BASE_DENOM, "amount": "10"},
            "timeout": {"block": {"revision": 1, "height": link.b.height() + 6}, "timestamp": null}
        }}});
        let packet = one(&says(&mut link.a, &contract, std::slice::from_ref(&send)));
        let before = link.b.balance(&receiver, &voucher(&path));
        let (_, acknowledged) = link.round_trip(&packet);
        assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
        assert_eq!(link.b.balance(&receiver, &voucher(&path)), before + 10);
        let [told] = events(&acknowledged, "ibc_src_callback").try_into().unwrap();
        assert_eq!((told["callback_result"], told["callback_exec_gas_limit"]), ("failure", "1500000"));
        assert!(told["callback_error"].contains(error), "{}", told["callback_error"]);
    }
}

#[test]
fn nobody_is_called_back_for_the_transfers_of_others() {
    let (mut link, path) = linked();
    let contract = make(&mut link.a, puppet(&[]), &json!({}));
    let (alice, receiver) = (link.a.alice.address().to_string(), link.b.alice.address().to_string());
    for object in [json!({"address": contract}), json!({"address": ""}), json!({"address": alice, "gas_limit": 5})] {
        let memo = json!({"src_callback": object}).to_string();
        let refused = transfer(&mut link, &path, &receiver, &memo);
        assert_eq!(code(&refused), ("ibccallbacks", 8), "{memo}: {}", refused.log);
    }
    // Who has no code may ask, and is not called.
    let memo = json!({"src_callback": {"address": alice}}).to_string();
    let packet = one(&transfer(&mut link, &path, &receiver, &memo));
    let (_, acknowledged) = link.round_trip(&packet);
    assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
    assert_eq!(events(&acknowledged, "ibc_src_callback")[0]["callback_result"], "failure");
}

/// The account that calls for a sender elsewhere (Osmosis' `DeriveIntermediateSender`).
fn intermediary(channel: &str, sender: &str) -> String {
    let kind = Sha256::digest(b"ibc-wasm-hook-intermediary");
    let hash = Sha256::new().chain_update(kind).chain_update(format!("{channel}/{sender}")).finalize();
    Address::new(&hash).unwrap().to_string()
}

#[test]
fn a_memo_calls_a_contract_with_the_coins() {
    let (mut link, path) = linked();
    let (sender, alice) = (link.a.alice.address(), link.b.alice.address().to_string());
    let contract = make(&mut link.b, puppet(&[]), &json!({}));
    let pay = |amount: &str| {
        let coins = json!([{"denom": voucher(&path), "amount": amount}]);
        let msg = json!({"bank": {"send": {"to_address": alice, "amount": coins}}});
        let messages = json!([{"id": 1, "msg": msg, "gas_limit": null, "reply_on": "never"}]);
        json!({"ok": {"messages": messages, "attributes": [], "events": [], "data": base64(b"paid")}})
    };
    let memo = |msg: Value| json!({"wasm": {"contract": contract, "msg": msg}}).to_string();
    let packet = one(&transfer(&mut link, &path, &contract, &memo(pay("60"))));
    let (received, acknowledged) = link.round_trip(&packet);
    let both = json!({"contract_result": base64(b"paid"), "ibc_ack": base64(SUCCESS)}).to_string();
    let ack: Value = serde_json::from_slice(&acknowledgement(&received).unwrap()).unwrap();
    assert_eq!(ack, json!({"result": base64(both.as_bytes())}));
    assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
    assert_eq!((link.b.balance(&contract, &voucher(&path)), link.b.balance(&alice, &voucher(&path))), (40, 60));
    // The coins passed through the sender's own account here, which nobody has.
    let own = intermediary(&path.channels.1, &sender.to_string());
    assert_eq!(events(&received, "fungible_token_packet")[0]["receiver"], own);
    assert!(events(&received, "transfer").iter().any(|e| e["sender"] == own && e["recipient"] == contract));
    assert_eq!(link.b.balance(&own, &voucher(&path)), 0);

    // Everything goes back when the contract refuses or the memo makes no sense.
    let other = json!({"wasm": {"contract": alice, "msg": {}}}).to_string();
    let none = json!({"wasm": {"contract": contract, "msg": "x"}}).to_string();
    for (memo, told) in [(memo(json!({"error": "no"})), 5), (memo(pay("1000")), 5), (other, 14), (none, 14)] {
        let before = link.a.chain.balance(&sender);
        let packet = one(&transfer(&mut link, &path, &contract, &memo));
        let taken = before - link.a.chain.balance(&sender);
        let (received, acknowledged) = link.round_trip(&packet);
        let ack = String::from_utf8(acknowledgement(&received).unwrap()).unwrap();
        assert!(ack.starts_with(&format!(r#"{{"error":"ABCI code: {told}:"#)), "{memo}: {ack}");
        assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
        assert_eq!(before - link.a.chain.balance(&sender), taken - 100);
    }
    assert_eq!(link.b.balance(&contract, &voucher(&path)), 40);
    // Other memos are nobody's business.
    let packet = one(&transfer(&mut link, &path, &contract, r#"{"wasm": 7}"#));
    assert_eq!(acknowledgement(&link.recv(&packet)).unwrap(), SUCCESS);
    link.b.chain.check_invariants();
}
