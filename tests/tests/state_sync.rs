//! State sync by ABCI's four methods, as CometBFT calls them.

use std::{path::Path, thread::sleep, time::Duration};

use synergy_abci::{Application, messages::*};
use synergy_app::App;
use synergy_crypto::Scheme;
use synergy_tests::{Account, TestChain, contracts, empty_node};

use response_apply_snapshot_chunk::Result as Applied;
use response_offer_snapshot::Result as Offered;

/// A chain with a model and some sends, and its accounts.
fn grown(folder: &Path) -> (TestChain, Vec<Account>) {
    let mut accounts: Vec<Account> = (0..3).map(|i| Account::new(Scheme::Secp256k1, i + 1, u64::from(i))).collect();
    let mut chain = TestChain::with_snapshots(folder, &accounts.iter().collect::<Vec<_>>());
    let model = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../inference/testdata/skl_mlp.onnx")).unwrap();
    contracts::publish(&mut chain, &mut accounts[0], &model, &[("pixels:0", 1)]);
    let to = accounts[2].address();
    let send = accounts[1].send(&to, 5);
    assert_eq!(chain.deliver(send).code, 0);
    (chain, accounts)
}

/// Goes on until the last height has a snapshot: one is left out while another is taken.
fn newest(chain: &mut TestChain) -> Snapshot {
    for _ in 0..50 {
        chain.block(&[]);
        let height = chain.app.store().head().height;
        for _ in 0..20 {
            let listed = chain.app.list_snapshots().unwrap().snapshots;
            if let Some(snapshot) = listed.into_iter().find(|s| s.height == height) {
                return snapshot;
            }
            sleep(Duration::from_millis(10));
        }
    }
    panic!("no snapshot");
}

fn load(app: &App, snapshot: &Snapshot, chunk: u32) -> Vec<u8> {
    let request = RequestLoadSnapshotChunk { height: snapshot.height, format: snapshot.format, chunk };
    app.load_snapshot_chunk(request).unwrap().chunk.to_vec()
}

fn offer(app: &App, snapshot: &Snapshot, app_hash: &[u8]) -> Offered {
    let request = RequestOfferSnapshot { snapshot: Some(snapshot.clone()), app_hash: app_hash.to_vec().into() };
    Offered::try_from(app.offer_snapshot(request).unwrap().result).unwrap()
}

fn apply(app: &App, index: u32, chunk: Vec<u8>) -> ResponseApplySnapshotChunk {
    let request = RequestApplySnapshotChunk { index, chunk: chunk.into(), sender: format!("peer {index}") };
    app.apply_snapshot_chunk(request).unwrap()
}

#[test]
fn a_node_from_a_snapshot_goes_on_with_the_same_results() {
    let folder = tempfile::tempdir().unwrap();
    let (mut chain, mut accounts) = grown(folder.path());
    let (snapshot, app_hash) = (newest(&mut chain), chain.app.store().head().app_hash);
    let node = empty_node();
    assert_eq!(offer(&node, &snapshot, &app_hash), Offered::Accept);
    // Begun anew when it is offered again.
    assert_eq!(apply(&node, 0, load(&chain.app, &snapshot, 0)).result, Applied::Accept as i32);
    assert_eq!(offer(&node, &snapshot, &app_hash), Offered::Accept);
    for index in 0..snapshot.chunks {
        let right = load(&chain.app, &snapshot, index);
        let mut wrong = right.clone();
        wrong.pop();
        let refused = apply(&node, index, wrong);
        assert_eq!((refused.result, refused.refetch_chunks), (Applied::Retry as i32, vec![index]));
        assert_eq!(refused.reject_senders, [format!("peer {index}")]);
        assert_eq!(apply(&node, index, right).result, Applied::Accept as i32);
    }
    let info = node.info(RequestInfo::default()).unwrap();
    assert_eq!(info, chain.app.info(RequestInfo::default()).unwrap());
    for round in 0..3 {
        let to = accounts[0].address();
        let send = accounts[1].send(&to, 7 + round);
        let request = chain.request(std::slice::from_ref(&send));
        assert_eq!(node.finalize_block(request).unwrap(), chain.finalize(&[send]));
        node.commit().unwrap();
        chain.commit();
    }
    node.read(|ctx| node.chain().invariants(ctx)).unwrap();
    assert_eq!(offer(&node, &snapshot, &app_hash), Offered::Abort, "it has blocks");
}

#[test]
fn a_snapshot_that_is_not_of_this_chain_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (mut chain, _) = grown(folder.path());
    let (snapshot, app_hash) = (newest(&mut chain), chain.app.store().head().app_hash);
    let node = empty_node();
    assert_eq!(offer(&node, &Snapshot { format: 2, ..snapshot.clone() }, &app_hash), Offered::RejectFormat);
    assert_eq!(offer(&node, &snapshot, &[1; 32]), Offered::Reject);
    assert_eq!(offer(&node, &snapshot, &[1; 31]), Offered::Reject);
    assert_eq!(offer(&node, &Snapshot { metadata: vec![255].into(), ..snapshot.clone() }, &app_hash), Offered::Reject);
    assert_eq!(offer(&node, &Snapshot { chunks: 1, ..snapshot.clone() }, &app_hash), Offered::Reject);
    // Without its last chunk, which holds the model, it is not whole.
    let short = Snapshot { chunks: snapshot.chunks - 1, ..snapshot.clone() };
    assert_eq!(offer(&node, &short, &app_hash), Offered::Accept);
    let last = (0..short.chunks).map(|index| apply(&node, index, load(&chain.app, &snapshot, index)).result).last();
    assert_eq!(last, Some(Applied::RejectSnapshot as i32));
    assert_eq!(node.store().head().height, 0);
    assert_eq!(load(&chain.app, &snapshot, snapshot.chunks), [0_u8; 0], "there is no such chunk");
}
