#![no_main]
//! Proofs that relayers bring. An even first byte takes the rest as a proof, an odd one as
//! changes to one that holds: two bytes for the place, one for the value. Whatever it is, it
//! never proves another packet than the one that was sent.

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use synergy_proto::{
    coin,
    ibc::{core::channel::v1::MsgRecvPacket, transfer::MsgTransfer},
    pack,
};
use synergy_tests::link::{Link, packets};

fn link() -> &'static (Link, MsgRecvPacket) {
    static LINK: OnceLock<(Link, MsgRecvPacket)> = OnceLock::new();
    LINK.get_or_init(|| {
        let mut link = Link::new();
        let path = link.open_transfer();
        let alice = link.a.alice.address().to_string();
        let transfer = MsgTransfer {
            source_port: path.ports.0,
            source_channel: path.channels.0,
            token: Some(coin::coin(5, coin::BASE_DENOM)),
            sender: alice.clone(),
            receiver: alice,
            timeout_height: Some(link.b.after(1_000)),
            ..MsgTransfer::default()
        };
        let sent = link.a.send(&transfer);
        let packet = packets(&sent).remove(0);
        let message = link.recv_message(&packet);
        (link, message)
    })
}

fn accepted(link: &Link, message: &MsgRecvPacket) -> bool {
    let relayer = message.signer.parse().expect("address");
    link.b.chain.app.read(|ctx| ctx.dispatch(&pack(message), &relayer)).is_ok()
}

fuzz_target!(|data: &[u8]| {
    let (link, right) = link();
    let Some((mode, rest)) = data.split_first() else {
        assert!(accepted(link, right), "the proof as it is");
        return;
    };
    let mut message = right.clone();
    let proof = &mut message.proof_commitment;
    if mode % 2 == 0 {
        *proof = rest.to_vec();
    } else {
        for change in rest.chunks_exact(3) {
            let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % proof.len();
            proof[place] = change[2];
        }
    }
    accepted(link, &message);
    let packet = message.packet.as_mut().expect("packet");
    packet.sequence += 1;
    assert!(!accepted(link, &message), "a packet that was not sent");
    let packet = message.packet.as_mut().expect("packet");
    packet.sequence -= 1;
    packet.data.push(b' ');
    assert!(!accepted(link, &message), "a packet of other data");
});
