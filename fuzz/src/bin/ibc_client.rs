#![no_main]
//! What a relayer tells a light client: headers, misbehaviour and client states in an Any.
//!
//! Bytes alone seldom make a header. So an even first byte takes the rest as a message of
//! one of the types, and an odd one as changes to a header that is right: two bytes for the
//! place, one for the value.

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use prost::Message;
use synergy_proto::{
    Address, Any,
    ibc::core::client::v1::{MsgCreateClient, MsgUpdateClient},
    pack,
};
use synergy_tests::link::Link;

const TYPES: [&str; 4] = ["Header", "Misbehaviour", "ClientState", "ConsensusState"];

fn link() -> &'static (Link, Vec<u8>) {
    static LINK: OnceLock<(Link, Vec<u8>)> = OnceLock::new();
    LINK.get_or_init(|| {
        let mut link = Link::new();
        link.b.chain.block(&[]);
        let header = link.b.header().encode_to_vec();
        (link, header)
    })
}

fn any(name: &str, value: Vec<u8>) -> Option<Any> {
    Some(Any { type_url: format!("/ibc.lightclients.tendermint.v1.{name}"), value })
}

fn tell(link: &Link, client_message: Option<Any>) -> bool {
    let signer = Address::from([9; 20]);
    let update =
        MsgUpdateClient { client_id: "07-tendermint-0".to_owned(), client_message, signer: signer.to_string() };
    link.a.chain.app.read(|ctx| ctx.dispatch(&pack(&update), &signer)).is_ok()
}

fuzz_target!(|data: &[u8]| {
    let (link, header) = link();
    let Some((mode, rest)) = data.split_first() else {
        assert!(tell(link, any("Header", header.clone())), "the header as it is");
        return;
    };
    if mode % 2 == 0 {
        let name = TYPES[usize::from(mode / 2) % TYPES.len()];
        assert!(!tell(link, any(name, rest.to_vec())), "nobody can sign for the validator");
        let signer = Address::from([9; 20]);
        let (client_state, consensus_state) = (any("ClientState", rest.to_vec()), any("ConsensusState", rest.to_vec()));
        let create = MsgCreateClient { client_state, consensus_state, signer: signer.to_string() };
        let _ = link.a.chain.app.read(|ctx| ctx.dispatch(&pack(&create), &signer));
        return;
    }
    let mut changed = header.clone();
    for change in rest.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % changed.len();
        changed[place] = change[2];
    }
    tell(link, any("Header", changed));
});
