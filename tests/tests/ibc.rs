//! What a relayer finds on a new chain, and a transfer that has no way. Two chains that
//! relay to each other are in `modules/ibc/src/tests`, real ones in
//! `scripts/e2e/ibc.sh`.

use synergy_abci::messages::CheckTxType;
use synergy_crypto::Scheme;
use synergy_proto::{
    coin,
    cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse},
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
use synergy_tests::{
    Account, Fee, TestChain,
    link::{Link, packets},
};

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

/// As with ibc-go's RedundantRelayDecorator.
#[test]
fn the_mempool_follows_updates_of_clients_and_refuses_what_was_relayed() {
    let mut link = Link::new();
    link.open_transfer();
    let transfer = MsgTransfer {
        source_port: "transfer".into(),
        source_channel: "channel-0".into(),
        token: Some(coin::coin(5, coin::BASE_DENOM)),
        sender: link.a.alice.address().to_string(),
        receiver: link.b.alice.address().to_string(),
        timeout_timestamp: u64::MAX,
        ..MsgTransfer::default()
    };
    let [packet] = packets(&link.a.send(&transfer)).try_into().unwrap();
    let (update, recv) = link.recv_unseen(&packet);

    let unknown = link.b.relay(&recv);
    assert_eq!((unknown.codespace.as_str(), unknown.code), ("ibc", 9), "{}", unknown.log);
    // What Hermes looks for before it goes on with its default gas.
    assert!(
        unknown.log.contains("verification failed") && unknown.log.contains("client state height < proof height"),
        "{}",
        unknown.log
    );

    let (first, second) = (link.b.relayed(&update), link.b.relayed(&recv));
    let chain = &mut link.b.chain;
    let check = |chain: &TestChain, tx: &Vec<u8>, kind| chain.check(std::slice::from_ref(tx), kind).remove(0);
    assert_eq!(check(chain, &first, CheckTxType::New).code, 0);
    let request = SimulateRequest { tx_bytes: second.clone(), ..SimulateRequest::default() };
    let simulated: SimulateResponse = chain.query("/cosmos.tx.v1beta1.Service/Simulate", &request, 0).unwrap();
    assert_eq!(check(chain, &second, CheckTxType::New).code, 0);
    // An empty block takes the mempool's view back to what is committed, and it follows again.
    chain.block(&[]);
    assert_eq!(check(chain, &first, CheckTxType::Recheck).code, 0);
    assert_eq!(check(chain, &second, CheckTxType::Recheck).code, 0);
    let results = chain.block(&[first, second]).results;
    assert!(results.iter().all(|result| result.code == 0), "{results:?}");
    let (guess, used) = (simulated.gas_info.unwrap().gas_used, results[1].gas_used as u64);
    assert!(guess.abs_diff(used) < used / 20, "simulated {guess}, used {used}");

    let again = link.b.relayed(&recv);
    let refused = check(&link.b.chain, &again, CheckTxType::New);
    assert_eq!((refused.codespace.as_str(), refused.code), ("channel", 22), "{}", refused.log);
    assert!(refused.log.contains("packet messages are redundant"), "{}", refused.log);
}
