//! Packets as the chain receives them; two chains that relay them are in
//! `tests/tests/interchain.rs`.

use proptest::prelude::*;
use serde_json::{Value, json};
use synergy_ibc::{Acknowledgement, App, Opening};
use synergy_kernel::{Error, Event, Gas, sdk};
use synergy_proto::{
    Address,
    cosmos::bank::v1beta1::MsgSend,
    ibc::core::channel::v1::{Counterparty, Order, Packet},
    pack,
};

use super::*;
use crate::{INTERCHAIN_PORT, INTERCHAIN_VERSION, Interchain, InterchainRequest, JsonTensor, payer};

const CHANNEL: &str = "channel-3";
const SENDER: &str = "cosmos1somebody";

struct Received {
    /// The result in JSON, or the error's text.
    answer: std::result::Result<Value, String>,
    gas: u64,
    events: Vec<Event>,
}

/// What `ibc` does with a packet that it has checked.
fn receive(chain: &mut Chain, data: &[u8], gas: u64) -> Result<Received, Error> {
    let packet = Packet {
        sequence: 1,
        source_port: "wasm.contract".to_owned(),
        source_channel: "channel-9".to_owned(),
        destination_port: INTERCHAIN_PORT.to_owned(),
        destination_channel: CHANNEL.to_owned(),
        data: data.to_vec(),
        ..Packet::default()
    };
    let mut gas = Gas::new(gas);
    let (ack, events) = chain.with(|ctx| {
        let ack = ctx.with_gas(&mut gas).atomic(|ctx| Interchain.on_recv(ctx, &packet, &Address::from([9; 20])));
        (ack, ctx.state.take_events())
    });
    let answer = match Acknowledgement::from_bytes(&ack?.unwrap()).unwrap() {
        Acknowledgement::Result(text) => {
            use base64::Engine;
            Ok(serde_json::from_slice(&base64::prelude::BASE64_STANDARD.decode(text).unwrap()).unwrap())
        }
        Acknowledgement::Error(text) => Err(text),
    };
    Ok(Received { answer, gas: gas.used(), events })
}

fn infer_packet(id: &[u8], inputs: &[Tensor], gas: u64, max_price: &str) -> Vec<u8> {
    let inputs: Vec<JsonTensor> = inputs.iter().cloned().map(Into::into).collect();
    let model = hex::encode(id);
    let body = json!({"sender": SENDER, "model": model, "inputs": inputs, "gas": gas, "max_price": max_price});
    json!({ "infer": body }).to_string().into_bytes()
}

fn refused(chain: &mut Chain, data: &[u8]) -> String {
    receive(chain, data, PLENTY).unwrap().answer.unwrap_err()
}

fn fund(chain: &mut Chain, amount: u128) {
    let send = MsgSend {
        from_address: account(1),
        to_address: payer(CHANNEL, SENDER).to_string(),
        amount: vec![synergy_proto::coin::coin(amount, "asnrg")],
    };
    let from: Address = account(1).parse().unwrap();
    chain.with(|ctx| ctx.dispatch(&pack(&send), &from)).unwrap();
    chain.with(|ctx| ctx.state.take_events());
}

fn priced(chain: &mut Chain, id: &Hash, price: u128) {
    let terms = Terms {
        price: price.to_string(),
        royalties: vec![Royalty { recipient: account(4), basis_points: 2_500 }],
        ..Terms::default()
    };
    let message = MsgSetTerms { owner: account(1), model_id: id.to_vec(), terms: Some(terms) };
    chain.deliver::<_, MsgSetTermsResponse>(&message, PLENTY).result.unwrap();
}

#[test]
fn a_packet_gets_the_bits_of_a_message_and_leaves_a_record() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let inputs = [floats("x", &[2, 4], &X)];
    let direct = chain.deliver::<_, MsgInferResponse>(&infer_of(&id, &inputs), PLENTY).result.unwrap();
    let received = receive(&mut chain, &infer_packet(&id, &inputs, 100_000_000, ""), PLENTY).unwrap();
    let answer = received.answer.unwrap();
    let outputs: Vec<JsonTensor> = serde_json::from_value(answer["outputs"].clone()).unwrap();
    assert_eq!(outputs, direct.outputs.into_iter().map(JsonTensor::from).collect::<Vec<_>>());
    assert_eq!((answer["gas"].as_u64(), answer["record_id"].as_u64()), (Some(direct.gas), Some(2)));
    assert_eq!(answer["price"], "0");

    let made = records(&mut chain);
    assert_eq!(made[1].sender, payer(CHANNEL, SENDER).to_string());
    assert_eq!((&made[1].input_hash, &made[1].output_hash), (&made[0].input_hash, &made[0].output_hash));
    let kinds: Vec<&str> = received.events.iter().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["infer", "interchain_inference"]);
    let told = &received.events[1].attributes;
    assert_eq!(told[3], ("success".to_owned(), "true".to_owned()));
}

#[test]
fn the_payer_of_the_sender_pays_the_models_price() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    priced(&mut chain, &id, 1_000);
    let inputs = [floats("x", &[2, 4], &X)];
    let packet = infer_packet(&id, &inputs, 100_000_000, "1000");
    let before = chain.dump();
    assert_eq!(refused(&mut chain, &packet), "sdk/5");
    assert_eq!(refused(&mut chain, &infer_packet(&id, &inputs, 100_000_000, "999")), "modelregistry/17");
    assert_eq!(refused(&mut chain, &infer_packet(&id, &inputs, 100_000_000, "much")), "aivm/16");
    assert_eq!(chain.dump(), before);

    fund(&mut chain, 1_500);
    let (owner, artist) = (chain.balance(&account(1)), chain.balance(&account(4)));
    let answer = receive(&mut chain, &packet, PLENTY).unwrap().answer.unwrap();
    assert_eq!(answer["price"], "1000");
    assert_eq!((chain.balance(&account(1)), chain.balance(&account(4))), (owner + 750, artist + 250));
    let payer = payer(CHANNEL, SENDER).to_string();
    assert_eq!(chain.balance(&payer), 500);
    // The rest is not enough, and stays.
    assert_eq!(refused(&mut chain, &packet), "sdk/5");
    assert_eq!(chain.balance(&payer), 500);
    chain.check_invariants();
}

#[test]
fn what_is_left_goes_where_the_sender_says() {
    let mut chain = new_chain();
    fund(&mut chain, 500);
    let withdraw = |to: &str, amount: &str, sender: &str| {
        let coins = json!([{"denom": "asnrg", "amount": amount}]);
        json!({"withdraw": {"sender": sender, "to": to, "coins": coins}}).to_string().into_bytes()
    };
    assert_eq!(refused(&mut chain, &withdraw(&account(2), "501", SENDER)), "sdk/5");
    assert_eq!(refused(&mut chain, &withdraw(&account(2), "1", "another")), "sdk/5");
    assert_eq!(refused(&mut chain, &withdraw("nowhere", "1", SENDER)), "sdk/7");
    assert_eq!(refused(&mut chain, &withdraw(&account(2), "-1", SENDER)), "sdk/10");
    let answer = receive(&mut chain, &withdraw(&account(2), "300", SENDER), PLENTY).unwrap().answer.unwrap();
    assert_eq!(answer, json!({}));
    assert_eq!(chain.balance(&account(2)), FUNDS + 300);
    assert_eq!(chain.balance(&payer(CHANNEL, SENDER).to_string()), 200);
}

#[test]
fn a_packets_gas_bounds_its_run_and_the_relayers_decides_nothing() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    priced(&mut chain, &id, 10);
    fund(&mut chain, 10);
    let inputs = [floats("x", &[2, 4], &X)];
    let packet = |gas| infer_packet(&id, &inputs, gas, "10");
    let before = chain.dump();

    // The run needs `needed`, found by halving.
    let (mut low, mut needed) = (0_u64, 100_000_000);
    while needed - low > 1 {
        let middle = (low + needed) / 2;
        let mut copy = new_chain();
        let id = sealed(&mut copy, LINEAR, Some(2));
        priced(&mut copy, &id, 10);
        fund(&mut copy, 10);
        match receive(&mut copy, &packet(middle), PLENTY).unwrap().answer {
            Ok(_) => needed = middle,
            Err(text) => {
                assert_eq!(text, "sdk/11");
                low = middle;
            }
        }
    }
    let short = receive(&mut chain, &packet(needed - 1), PLENTY).unwrap();
    assert_eq!(short.answer.unwrap_err(), "sdk/11");
    let overhead = short.gas - (needed - 1);
    assert_eq!(chain.dump(), before);

    // A relayer with too little has no answer at all, whatever the packet's limit is.
    for limit in [needed, needed + 1, 100_000_000] {
        let error = receive(&mut chain, &packet(limit), overhead + needed - 1).err().unwrap();
        assert_eq!((error.codespace, error.code), ("sdk", 11));
        assert_eq!(chain.dump(), before);
    }
    let done = receive(&mut chain, &packet(100_000_000), overhead + needed).unwrap();
    assert!(done.answer.is_ok());
    assert_eq!(done.gas, overhead + needed);

    let most = json!(100_000_000_001_u64);
    let above = String::from_utf8(packet(7)).unwrap().replace("\"gas\":7", &format!("\"gas\":{most}"));
    assert_eq!(refused(&mut chain, above.as_bytes()), "aivm/18");
}

#[test]
fn outputs_that_are_too_large_are_not_paid_for() {
    let narrow = GENESIS.replace(r#""max_inline_output_bytes":"32""#, r#""max_inline_output_bytes":"31""#);
    let mut chain = new_chain_on(Engine::new(runtime()), &[MODELS, &narrow]);
    let id = sealed(&mut chain, LINEAR, Some(2));
    priced(&mut chain, &id, 10);
    fund(&mut chain, 10);
    let before = chain.dump();
    let packet = infer_packet(&id, &[floats("x", &[2, 4], &X)], 100_000_000, "10");
    assert_eq!(refused(&mut chain, &packet), "aivm/19");
    assert_eq!(chain.dump(), before);
}

#[test]
fn hostile_packets_are_refused_with_their_codes() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, LINEAR, Some(2));
    let draft = create(&mut chain, PICK, None);
    let before = chain.dump();
    let x = [floats("x", &[2, 4], &X)];
    let good = String::from_utf8(infer_packet(&id, &x, 100_000_000, "")).unwrap();
    let deep = "[".repeat(100_000);
    let long = good.replace(SENDER, &"s".repeat(129));
    for bad in [
        "",
        "{}",
        "[]",
        "null",
        "\u{0}",
        deep.as_str(),
        long.as_str(),
        &good.replace(SENDER, ""),
        &good.replace("\"gas\"", "\"Gas\""),
        &good.replace("\"gas\":100000000", "\"gas\":-1"),
        &good.replace("\"gas\":100000000", "\"gas\":18446744073709551616"),
        &good.replace("\"infer\"", "\"run\""),
        &good.replace("\"model\":\"", "\"model\":\"z"),
        &good.replace("\"data\":\"", "\"data\":\"!"),
        &format!("{good}{good}"),
    ] {
        assert_eq!(refused(&mut chain, bad.as_bytes()), "aivm/17", "{bad:.60}");
    }
    assert_eq!(refused(&mut chain, &infer_packet(&id[1..], &x, 100_000_000, "")), "sdk/18");
    assert_eq!(refused(&mut chain, &infer_packet(&[1; 32], &x, 100_000_000, "")), "modelregistry/2");
    assert_eq!(refused(&mut chain, &infer_packet(&draft, &x, 100_000_000, "")), "modelregistry/10");
    assert_eq!(refused(&mut chain, &infer_packet(&id, &[], 100_000_000, "")), "aivm/2");
    assert_eq!(chain.dump(), before);
}

#[test]
fn channels_are_unordered_and_of_this_version() {
    let mut chain = new_chain();
    let counterparty = Counterparty { port_id: "wasm.contract".to_owned(), channel_id: String::new() };
    let mut open = |ordering, version: &'static str| {
        let opening = Opening {
            ordering,
            connection: "connection-0",
            port: INTERCHAIN_PORT,
            channel: CHANNEL,
            counterparty: &counterparty,
            version,
        };
        chain.with(|ctx| {
            let code = |r: Result<String, Error>| r.map_err(|e| (e.codespace, e.code));
            (code(Interchain.on_open_init(ctx, &opening)), code(Interchain.on_open_try(ctx, &opening)))
        })
    };
    let (good, bad) = (Ok(INTERCHAIN_VERSION.to_owned()), Err(("aivm", 20)));
    assert_eq!(open(Order::Unordered, INTERCHAIN_VERSION), (good.clone(), good.clone()));
    assert_eq!(open(Order::Unordered, ""), (good, bad.clone()));
    assert_eq!(open(Order::Ordered, INTERCHAIN_VERSION), (bad.clone(), bad.clone()));
    assert_eq!(open(Order::Unordered, "ics20-1"), (bad.clone(), bad));
    chain.with(|ctx| {
        let packet = Packet::default();
        let relayer = Address::from([9; 20]);
        for refused in [
            Interchain.on_open_ack(ctx, INTERCHAIN_PORT, CHANNEL, "ics20-1"),
            Interchain.on_close_init(ctx, INTERCHAIN_PORT, CHANNEL),
            Interchain.on_acknowledge(ctx, &packet, b"{}", &relayer),
            Interchain.on_timeout(ctx, &packet, &relayer),
        ] {
            assert_eq!(refused.unwrap_err().code, 20);
        }
        Interchain.on_open_ack(ctx, INTERCHAIN_PORT, CHANNEL, INTERCHAIN_VERSION).unwrap();
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_acknowledged(data in proptest::collection::vec(any::<u8>(), 0..400), gas in 0_u64..2_000_000) {
        thread_local! {
            static CHAIN: std::cell::RefCell<Chain> = std::cell::RefCell::new(new_chain());
        }
        CHAIN.with_borrow_mut(|chain| match receive(chain, &data, gas) {
            Ok(received) => assert!(received.answer.is_err()),
            Err(error) => assert_eq!(error.code, sdk::out_of_gas("").code),
        });
    }

    #[test]
    fn what_is_written_is_read(sender in ".{1,30}", gas: u64, model: [u8; 32], data: Vec<u8>, amount: u128) {
        let tensor = json!({"name": "x", "dtype": "u8", "shape": [data.len()], "data": ""});
        let mut tensor: JsonTensor = serde_json::from_value(tensor).unwrap();
        let wire = Tensor { data, ..Tensor::from(tensor.clone()) };
        tensor = wire.into();
        let price = amount.to_string();
        let infer = crate::Infer { sender, model: model.to_vec(), inputs: vec![tensor], gas, max_price: price };
        let request = InterchainRequest::Infer(infer);
        let bytes = serde_json::to_vec(&request).unwrap();
        prop_assert_eq!(InterchainRequest::from_bytes(&bytes).unwrap(), request);
    }
}

#[test]
fn the_json_is_the_documented_one() {
    let packet = r#"{"infer":{"sender":"cosmos1somebody","model":"0101010101010101010101010101010101010101010101010101010101010101","inputs":[{"name":"x","dtype":"f32","shape":[1],"data":"AACAPw=="}],"gas":5000000,"max_price":"10"}}"#;
    let read = InterchainRequest::from_bytes(packet.as_bytes()).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), packet);
    let InterchainRequest::Infer(infer) = read else { panic!("another request") };
    assert_eq!(Tensor::from(infer.inputs[0].clone()), floats("x", &[1], &[1.0]));
    let withdraw =
        r#"{"withdraw":{"sender":"cosmos1somebody","to":"synergy1x","coins":[{"denom":"asnrg","amount":"5"}]}}"#;
    let read = InterchainRequest::from_bytes(withdraw.as_bytes()).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), withdraw);
}

#[test]
fn the_answer_is_the_documented_one() {
    let mut chain = new_chain();
    let id = sealed(&mut chain, PICK, None);
    let answer = receive(&mut chain, &infer_packet(&id, &[index(2)], 100_000_000, ""), PLENTY).unwrap().answer.unwrap();
    let fields: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["gas", "outputs", "price", "record_id"]);
    assert_eq!(answer["outputs"][0], json!({"name": "y", "dtype": "f32", "shape": [1], "data": "AABAQA=="}));
}
