#![no_main]
//! Acknowledgements of other chains: the envelope, and what a transfer makes of them.

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use synergy_ibc::{Acknowledgement, App, Transfer};
use synergy_proto::{Address, ibc::core::channel::v1::Packet};
use synergy_tests::{Account, TestChain};

fn chain() -> &'static (TestChain, Packet) {
    static CHAIN: OnceLock<(TestChain, Packet)> = OnceLock::new();
    CHAIN.get_or_init(|| {
        let accounts = Account::many(1);
        let mut chain = TestChain::new(&accounts.iter().collect::<Vec<_>>());
        chain.block(&[]);
        let sender = accounts[0].address();
        let data = format!(r#"{{"amount":"5","denom":"transfer/channel-0/x","receiver":"r","sender":"{sender}"}}"#);
        let packet = Packet {
            sequence: 1,
            source_port: "transfer".to_owned(),
            source_channel: "channel-0".to_owned(),
            data: data.into_bytes(),
            ..Packet::default()
        };
        (chain, packet)
    })
}

fuzz_target!(|data: &[u8]| {
    let read = Acknowledgement::from_bytes(data);
    if let Some(ack) = &read {
        assert_eq!(Acknowledgement::from_bytes(&ack.to_bytes()).as_ref(), Some(ack));
    }
    let (chain, packet) = chain();
    let done = chain.app.read(|ctx| Transfer.on_acknowledge(ctx, packet, data, &Address::from([9; 20])));
    assert_eq!(done.is_ok(), read.is_some(), "{done:?}");
});
