//! A contract on one chain asks a model on another one: contracts/remote-infer, IBC and the
//! AI runtime, all as they are.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};
use synergy_aivm::{INTERCHAIN_PORT, INTERCHAIN_VERSION};
use synergy_proto::{
    coin,
    cosmos::bank::v1beta1::MsgSend,
    ibc::core::channel::v1::{Order, Packet},
    synergy::{
        aivm::{
            QueryInferRequest, QueryInferResponse, QueryInterchainPayerRequest, QueryInterchainPayerResponse,
            QueryRecordRequest, QueryRecordResponse, Tensor,
        },
        modelregistry::{MsgSetTerms, MsgSetTermsResponse, Terms},
    },
};
use synergy_tests::{
    contracts::{built, execute, instantiate, publish, response, smart, store_code},
    link::{Link, Path, acknowledgement, events, packets},
};

const MODEL: &[u8] = include_bytes!("../../inference/testdata/skl_mlp.onnx");
/// Gas of Synergy that the model needs with its loading, and room.
const GAS: u64 = 40_000_000;

/// The contract at A, the model at B.
struct World {
    link: Link,
    path: Path,
    contract: String,
    model: String,
}

impl World {
    fn new() -> Self {
        let mut link = Link::new();
        let model = publish(&mut link.b.chain, &mut link.b.alice, MODEL, &[("pixels:0", 1)]);
        let end = &mut link.a;
        let code = store_code(&mut end.chain, &mut end.alice, built("remote_infer"));
        let contract = instantiate(&mut end.chain, &mut end.alice, code, &json!({}), &[]);
        let port = format!("wasm.{contract}");
        // B counts its channels on its own.
        link.turn();
        link.open_transfer();
        link.turn();
        let ports = (port.as_str(), INTERCHAIN_PORT);
        let (path, ..) = link.open_channel(ports, Order::Unordered, INTERCHAIN_VERSION);
        Self { link, path, contract, model }
    }

    /// Alice at A sends a request.
    fn send(&mut self, message: &Value) -> Packet {
        let end = &mut self.link.a;
        let sent = execute(&mut end.chain, &mut end.alice, &self.contract, message, &[]);
        let [packet] = packets(&sent).try_into().unwrap();
        packet
    }

    fn ask(&mut self, change: impl FnOnce(&mut Value)) -> Packet {
        let mut ask = json!({
            "channel": self.path.channels.0, "model": self.model, "inputs": [json_of(&input())],
            "gas": GAS, "max_price": "0", "timeout": 3_600
        });
        change(&mut ask);
        self.send(&json!({ "ask": ask }))
    }

    /// What became of a request when a relayer has carried it.
    fn relayed(&mut self, id: u64, packet: &Packet) -> Value {
        let (_, acknowledged) = self.link.round_trip(packet);
        assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
        self.status(id)
    }

    fn status(&self, id: u64) -> Value {
        smart(&self.link.a.chain, &self.contract, &json!({"answer": {"id": id}})).unwrap()["status"].clone()
    }

    /// What B gives to whoever asks it.
    fn direct(&self) -> QueryInferResponse {
        let request = QueryInferRequest { model_id: hex::decode(&self.model).unwrap(), inputs: vec![input()] };
        self.link.b.chain.query("/synergy.aivm.v1.Query/Infer", &request, 0).unwrap()
    }

    fn payer(&self) -> String {
        let sender = self.link.a.alice.address().to_string();
        let request = QueryInterchainPayerRequest { channel_id: self.path.channels.1.clone(), sender };
        let answer: QueryInterchainPayerResponse =
            self.link.b.chain.query("/synergy.aivm.v1.Query/InterchainPayer", &request, 0).unwrap();
        answer.address
    }

    fn set_price(&mut self, price: u128) {
        let message = MsgSetTerms {
            owner: self.link.b.alice.address().to_string(),
            model_id: hex::decode(&self.model).unwrap(),
            terms: Some(Terms { price: price.to_string(), ..Terms::default() }),
        };
        let _: MsgSetTermsResponse = response(&self.link.b.send(&message));
    }

    fn done(&self) {
        self.link.a.chain.check_invariants();
        self.link.b.chain.check_invariants();
    }
}

/// 64 pixels from 0 to 15, as the model was trained on.
fn input() -> Tensor {
    let data = (0..64_u32).flat_map(|i| ((i % 16) as f32).to_le_bytes()).collect();
    Tensor { name: "pixels".into(), dtype: "f32".into(), shape: vec![1, 64], data, ..Tensor::default() }
}

fn json_of(tensor: &Tensor) -> Value {
    json!({"name": tensor.name, "dtype": tensor.dtype, "shape": tensor.shape, "data": BASE64.encode(&tensor.data)})
}

#[test]
fn a_contract_gets_the_bits_of_a_direct_inference() {
    let mut world = World::new();
    let packet = world.ask(|_| ());
    assert_eq!(world.status(1), "pending");
    assert_eq!((packet.source_port.as_str(), packet.destination_port.as_str()), (&*world.path.ports.0, "inference"));
    let message = world.link.recv_message(&packet);
    let received = world.link.b.relay(&message);
    // Another relayer comes too late and does no harm.
    let again = world.link.b.relay(&message);
    assert_eq!((again.code, acknowledgement(&again)), (0, None));
    let acknowledged = world.link.acknowledge(&packet, &acknowledgement(&received).unwrap());
    assert_eq!(acknowledged.code, 0, "{}", acknowledged.log);
    let answer = world.status(1)["answered"].clone();
    let direct = world.direct();
    let outputs: Vec<Value> = direct.outputs.iter().map(json_of).collect();
    assert!(!outputs.is_empty());
    assert_eq!(answer["outputs"], Value::Array(outputs));
    assert_eq!((answer["gas"].as_u64(), &answer["price"]), (Some(direct.gas), &json!("0")));

    let request = QueryRecordRequest { id: answer["record_id"].as_u64().unwrap() };
    let record: QueryRecordResponse = world.link.b.chain.query("/synergy.aivm.v1.Query/Record", &request, 0).unwrap();
    let record = record.record.unwrap();
    assert_eq!((record.input_hash, record.output_hash), (direct.input_hash, direct.output_hash));
    assert_eq!(record.sender, world.payer());
    world.done();
}

#[test]
fn the_asker_pays_from_its_account_and_gets_the_rest_back() {
    let mut world = World::new();
    world.set_price(1_000);
    let packet = world.ask(|ask| ask["max_price"] = json!("1000"));
    assert_eq!(world.relayed(1, &packet), json!({"failed": "sdk/5"}));

    let send = MsgSend {
        from_address: world.link.b.alice.address().to_string(),
        to_address: world.payer(),
        amount: vec![coin::coin(1_500, coin::BASE_DENOM)],
    };
    assert_eq!(world.link.b.send(&send).code, 0);
    let packet = world.ask(|ask| ask["max_price"] = json!("999"));
    assert_eq!(world.relayed(2, &packet), json!({"failed": "modelregistry/17"}));
    let packet = world.ask(|ask| ask["max_price"] = json!("1000"));
    assert_eq!(world.relayed(3, &packet)["answered"]["price"], "1000");
    assert_eq!(world.link.b.balance(&world.payer(), coin::BASE_DENOM), 500);

    let to = synergy_proto::Address::from([0x12; 20]).to_string();
    let coins = json!([{"denom": coin::BASE_DENOM, "amount": "500"}]);
    let channel = world.path.channels.0.clone();
    let packet = world.send(&json!({"withdraw": {"channel": channel, "to": to, "coins": coins, "timeout": 3_600}}));
    assert_eq!(world.relayed(4, &packet), "withdrawn");
    assert_eq!(world.link.b.balance(&to, coin::BASE_DENOM), 500);
    world.done();
}

#[test]
fn what_cannot_be_answered_fails_at_the_contract() {
    let mut world = World::new();
    let packet = world.ask(|ask| ask["model"] = json!("01".repeat(32)));
    assert_eq!(world.relayed(1, &packet), json!({"failed": "modelregistry/2"}));
    let packet = world.ask(|ask| ask["gas"] = json!(100_000));
    assert_eq!(world.relayed(2, &packet), json!({"failed": "sdk/11"}));
    let packet = world.ask(|ask| ask["gas"] = json!(u64::MAX));
    assert_eq!(world.relayed(3, &packet), json!({"failed": "aivm/18"}));
    let packet = world.ask(|ask| ask["inputs"] = json!([]));
    assert_eq!(world.relayed(4, &packet), json!({"failed": "aivm/2"}));

    // A relayer that pays too little has no answer and spoils nothing.
    let packet = world.ask(|_| ());
    let message = world.link.recv_message(&packet);
    let short = world.link.b.relay_with(&message, 1_000_000);
    assert_eq!((short.codespace.as_str(), short.code), ("sdk", 11));
    assert!(world.relayed(5, &packet)["answered"].is_object());

    let packet = world.ask(|ask| ask["timeout"] = json!(60));
    world.link.b.chain.delay += 3_600;
    world.link.b.chain.block(&[]);
    let late = world.link.recv(&packet);
    assert_eq!((late.codespace.as_str(), late.code), ("channel", 40));
    let timed_out = world.link.timeout(&packet);
    assert_eq!(timed_out.code, 0, "{}", timed_out.log);
    assert_eq!(world.status(6), "timed_out");
    world.done();
}

#[test]
fn failures_tell_their_reason_in_an_event() {
    let mut world = World::new();
    let packet = world.ask(|ask| ask["model"] = json!("01".repeat(32)));
    let received = world.link.recv(&packet);
    let told = &events(&received, "interchain_inference")[0];
    assert_eq!((told["success"], told["channel"]), ("false", &*world.path.channels.1));
    assert!(told["error"].contains("modelregistry"), "{}", told["error"]);
    assert_eq!(acknowledgement(&received).unwrap(), br#"{"error":"modelregistry/2"}"#);
}
