//! Every method over TCP, driven by the client of tendermint-abci, which shares no
//! code with this server. That client lacks the two proposal calls.

use crate::support::{RawClient, Running};
use synergy_abci::messages::{self as ours, request, response};
use tendermint_abci::{Client, ClientBuilder};
use tendermint_proto::v0_38::{abci::*, types::ConsensusParams};

fn connect(server: &Running) -> Client {
    ClientBuilder::default().connect(server.tcp.unwrap()).unwrap()
}

#[test]
fn query_connection() {
    let server = Running::tcp();
    let mut client = connect(&server);
    let echo = client.echo(RequestEcho { message: "hello".into() }).unwrap();
    assert_eq!(echo.message, "hello");
    let info = client.info(RequestInfo { version: "0.38.25".into(), ..Default::default() }).unwrap();
    assert_eq!((info.version.as_str(), info.last_block_height), ("0.38.25", 42));
    let query = RequestQuery { data: vec![1, 2].into(), path: "/store".into(), height: 5, prove: true };
    let answer = client.query(query).unwrap();
    assert_eq!((&*answer.key, answer.height, answer.log.as_str()), (&[1, 2][..], 5, "/store"));
    client.flush().unwrap();
    assert_eq!(*server.app.calls.lock().unwrap(), ["info", "query"]);
    server.stop().unwrap();
}

#[test]
fn consensus_connection() {
    let server = Running::tcp();
    let mut client = connect(&server);
    let params = ConsensusParams { block: Some(Default::default()), ..Default::default() };
    let genesis = RequestInitChain {
        consensus_params: Some(params.clone()),
        app_state_bytes: b"state".to_vec().into(),
        ..Default::default()
    };
    let init = client.init_chain(genesis).unwrap();
    assert_eq!((init.consensus_params, &*init.app_hash), (Some(params), &b"state"[..]));
    let extension = client.extend_vote(RequestExtendVote { hash: vec![7; 32].into(), ..Default::default() }).unwrap();
    assert_eq!(extension.vote_extension, vec![7; 32]);
    let verified = client.verify_vote_extension(RequestVerifyVoteExtension::default()).unwrap();
    assert_eq!(verified.status, 1);
    let txs = vec![b"a".to_vec().into(), b"b".to_vec().into()];
    let block = RequestFinalizeBlock { txs, hash: vec![3; 32].into(), ..Default::default() };
    let results = client.finalize_block(block).unwrap();
    assert_eq!(results.app_hash, vec![3; 32]);
    assert_eq!(results.tx_results.iter().map(|r| &*r.data).collect::<Vec<_>>(), [b"a", b"b"]);
    assert_eq!(client.commit().unwrap().retain_height, 9);
    let calls = ["init_chain", "extend_vote", "verify_vote_extension", "finalize_block", "commit"];
    assert_eq!(*server.app.calls.lock().unwrap(), calls);
    server.stop().unwrap();
}

#[test]
fn proposals() {
    let server = Running::tcp();
    let mut client = server.client();
    let txs = vec![b"1".to_vec().into(), b"2".to_vec().into()];
    let prepare = ours::RequestPrepareProposal { txs, ..Default::default() };
    let process = ours::RequestProcessProposal::default();
    client.send([request::Value::PrepareProposal(prepare), request::Value::ProcessProposal(process)]);
    let Some(response::Value::PrepareProposal(prepared)) = client.receive() else {
        panic!("no answer to PrepareProposal")
    };
    assert_eq!(prepared.txs, [&b"2"[..], b"1"]);
    let accepted = ours::ResponseProcessProposal { status: 1 };
    assert_eq!(client.receive(), Some(response::Value::ProcessProposal(accepted)));
    server.stop().unwrap();
}

#[test]
fn mempool_connection() {
    let server = Running::tcp();
    let mut client = connect(&server);
    for (tx, kind) in [(b"one", 0), (b"two", 1)] {
        let checked = client.check_tx(RequestCheckTx { tx: tx.to_vec().into(), r#type: kind }).unwrap();
        assert_eq!((&*checked.data, checked.code), (&tx[..], kind as u32));
    }
    client.flush().unwrap();
    assert_eq!(*server.app.bursts.lock().unwrap(), [1, 1]);
    server.stop().unwrap();
}

#[test]
fn snapshot_connection() {
    let server = Running::tcp();
    let mut client = connect(&server);
    assert_eq!(client.list_snapshots().unwrap().snapshots[0].height, 3);
    let snapshot = Some(Snapshot { format: 4, ..Default::default() });
    let offered = client.offer_snapshot(RequestOfferSnapshot { snapshot, ..Default::default() }).unwrap();
    assert_eq!(offered.result, 4);
    let load = RequestLoadSnapshotChunk { height: 3, format: 4, chunk: 5 };
    assert_eq!(client.load_snapshot_chunk(load).unwrap().chunk, vec![5]);
    let apply = RequestApplySnapshotChunk { index: 6, chunk: vec![1].into(), sender: "peer".into() };
    let applied = client.apply_snapshot_chunk(apply).unwrap();
    assert_eq!((applied.result, applied.refetch_chunks, applied.reject_senders), (1, vec![6], vec!["peer".into()]));
    server.stop().unwrap();
}

#[test]
fn six_connections_at_once() {
    let server = Running::tcp();
    let mut clients: Vec<_> = (0..6).map(|_| connect(&server)).collect();
    for round in 0..3 {
        for client in &mut clients {
            let message = format!("round {round}");
            assert_eq!(client.echo(RequestEcho { message: message.clone() }).unwrap().message, message);
        }
    }
    server.stop().unwrap();
}

#[test]
fn members_that_came_with_cometbft_0_40_survive() {
    let key = |sum| ours::ValidatorUpdate { pub_key: Some(ours::PublicKey { sum: Some(sum) }), power: 1 };
    let validators = vec![
        key(ours::public_key::Sum::Bls12381(vec![3; 48].into())),
        key(ours::public_key::Sum::Mldsa65(vec![4; 1952].into())),
        key(ours::public_key::Sum::Secp256k1eth(vec![5; 33].into())),
    ];
    let authority = Some(ours::AuthorityParams { authority: "synergy1gov".into() });
    let params = ours::ConsensusParams { authority, ..Default::default() };

    let server = Running::tcp();
    let RawClient(stream) = server.client();
    let mut client = RawClient(stream);
    client.send([request::Value::InitChain(ours::RequestInitChain {
        validators: validators.clone(),
        consensus_params: Some(params.clone()),
        ..Default::default()
    })]);
    let Some(response::Value::InitChain(init)) = client.receive() else { panic!("no answer to InitChain") };
    assert_eq!((init.validators, init.consensus_params), (validators, Some(params)));
    server.stop().unwrap();
}
