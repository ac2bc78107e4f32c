//! What a relayer finds on a new chain, and a transfer that has no way. Two chains that
//! relay to each other are in `modules/ibc/src/tests`, real ones in
//! `scripts/e2e/ibc.sh`.

use synergy_crypto::Scheme;
use synergy_proto::{
    coin,
    ibc::{
        core::{
            channel::v1::{QueryChannelsRequest, QueryChannelsResponse},
            client::v1::{Height, QueryClientStatesRequest, QueryClientStatesResponse},
            connection::v1::{QueryClientConnectionsRequest, QueryClientConnectionsResponse},
        },
        transfer::{MsgTransfer, QueryParamsRequest, QueryParamsResponse},
    },
    pack,
};
use synergy_tests::{Account, Fee, TestChain};

#[test]
fn a_new_chain_answers_relayers_before_there_is_anything() {
    let alice = Account::new(Scheme::Secp256k1, 0, 0);
    let mut chain = TestChain::new(&[&alice]);
    chain.block(&[]);
    chain.block(&[]);
    // What is not there is proven from the first blocks on.
    let commitment = b"commitments/ports/transfer/channels/channel-0/sequences/1".to_vec();
    for (store, key) in [("ibc", commitment), ("upgrade", b"upgradedIBCState/9/upgradedClient".to_vec())] {
        let absent = chain.raw_query(&format!("store/{store}/key"), key, 0, true);
        assert_eq!((absent.code, absent.value.len(), absent.height), (0, 0, 2), "{}", absent.log);
        assert_eq!(absent.proof_ops.unwrap().ops.len(), 2);
    }
    let next = chain.raw_query("store/ibc/key", b"nextChannelSequence".to_vec(), 0, true);
    assert_eq!(next.value.as_ref(), [0; 8]);
    let channels: QueryChannelsResponse =
        chain.query("/ibc.core.channel.v1.Query/Channels", &QueryChannelsRequest::default(), 0).unwrap();
    assert_eq!(channels.height, Some(Height { revision_number: 1, revision_height: 2 }));
    let clients: QueryClientStatesResponse =
        chain.query("/ibc.core.client.v1.Query/ClientStates", &QueryClientStatesRequest::default(), 1).unwrap();
    assert!(clients.client_states.is_empty());
    let request = QueryClientConnectionsRequest { client_id: "07-tendermint-0".into() };
    let path = "/ibc.core.connection.v1.Query/ClientConnections";
    let none = chain.query::<_, QueryClientConnectionsResponse>(path, &request, 0).unwrap_err();
    assert!(none.code == 22 && none.message.contains("rpc error: code = NotFound"), "{none}");
    let params: QueryParamsResponse =
        chain.query("/ibc.applications.transfer.v1.Query/Params", &QueryParamsRequest {}, 0).unwrap();
    assert!(params.params.is_some_and(|p| p.send_enabled && p.receive_enabled));
}

#[test]
fn a_transfer_over_no_channel_keeps_the_coins() {
    let mut alice = Account::new(Scheme::Secp256k1, 0, 0);
    let mut chain = TestChain::new(&[&alice]);
    let message = |change: &dyn Fn(&mut MsgTransfer)| {
        let mut message = MsgTransfer {
            source_port: "transfer".into(),
            source_channel: "channel-0".into(),
            token: Some(coin::coin(1_000_000_000_000_000_000, coin::BASE_DENOM)),
            sender: alice.address().to_string(),
            receiver: "cosmos1anybody".into(),
            timeout_timestamp: u64::MAX,
            ..MsgTransfer::default()
        };
        change(&mut message);
        pack(&message)
    };
    let cases = [
        (message(&|_| ()), ("channel", 3)),
        (message(&|m| m.source_port = "other".into()), ("port", 4)),
        (message(&|m| m.source_channel = "c".into()), ("host", 2)),
        (message(&|m| m.token = Some(coin::coin(0, coin::BASE_DENOM))), ("ibc", 6)),
        (message(&|m| m.token = Some(coin::coin(1, "ibc/27"))), ("transfer", 3)),
        (message(&|m| m.token = Some(coin::coin(1, format!("ibc/{}", "AB".repeat(32))))), ("transfer", 6)),
        (message(&|m| m.receiver = " ".into()), ("ibc", 5)),
        (message(&|m| m.memo = "m".repeat(32_769)), ("transfer", 11)),
        (message(&|m| m.timeout_timestamp = 0), ("transfer", 2)),
    ];
    let before = chain.balance(&alice.address());
    for (message, (codespace, code)) in cases {
        let result = chain.deliver(alice.sign(&[message], Fee::of(2_000_000)));
        assert_eq!((result.codespace.as_str(), result.code), (codespace, code), "{}", result.log);
        chain.resync(&mut alice);
    }
    assert!(before - chain.balance(&alice.address()) < 1_000_000_000_000_000_000);
    chain.check_invariants();
}
