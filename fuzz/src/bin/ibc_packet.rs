#![no_main]
//! Data of packets that have arrived, for every application of the chain itself: each is
//! acknowledged in the standard envelope or refused with a code.

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use synergy_aivm::{INTERCHAIN_PORT, Interchain, InterchainRequest};
use synergy_ibc::{Acknowledgement, App, Transfer};
use synergy_proto::{Address, ibc::core::channel::v1::Packet};
use synergy_tests::{Account, TestChain};

fn chain() -> &'static TestChain {
    static CHAIN: OnceLock<TestChain> = OnceLock::new();
    CHAIN.get_or_init(|| {
        let accounts = Account::many(1);
        let mut chain = TestChain::new(&accounts.iter().collect::<Vec<_>>());
        chain.block(&[]);
        chain
    })
}

fn packet(port: &str, data: &[u8]) -> Packet {
    Packet {
        sequence: 1,
        source_port: port.to_owned(),
        source_channel: "channel-1".to_owned(),
        destination_port: port.to_owned(),
        destination_channel: "channel-0".to_owned(),
        data: data.to_vec(),
        ..Packet::default()
    }
}

fuzz_target!(|data: &[u8]| {
    let relayer = Address::from([9; 20]);
    let read = |app: &dyn App, port: &str| {
        let packet = packet(port, data);
        let answer = chain().app.read(|ctx| {
            let answer = ctx.atomic(|ctx| app.on_recv(ctx, &packet, &relayer));
            if let Err(error) = &answer {
                app.on_recv_failed(ctx, &packet, error);
            }
            answer
        });
        // What was sent with such data comes back.
        let _ = chain().app.read(|ctx| app.on_timeout(ctx, &packet, &relayer));
        answer
    };
    match read(&Transfer, "transfer") {
        Ok(ack) => assert!(Acknowledgement::from_bytes(&ack.expect("at once")).is_some()),
        Err(error) => assert!(error.code > 0),
    }
    let ack = read(&Interchain, INTERCHAIN_PORT).expect("gas is no matter here").expect("at once");
    let ack = Acknowledgement::from_bytes(&ack).expect("the standard envelope");
    if let Ok(request) = InterchainRequest::from_bytes(data) {
        let written = serde_json::to_vec(&request).expect("JSON");
        assert_eq!(InterchainRequest::from_bytes(&written).expect("its own form"), request);
    } else {
        assert_eq!(ack, Acknowledgement::Error("aivm/17".to_owned()));
    }
});
