//! Raw keys with proofs, as a relayer asks for them.

use prost::Message;
use synergy_abci::Application;
use synergy_abci::messages::RequestInfo;
use synergy_crypto::Scheme;
use synergy_tests::{Account, TestChain};

fn ics23_verify(ops: &synergy_abci::messages::ProofOps, root: &[u8], store: &str, key: &[u8], value: &[u8]) -> bool {
    use ics23::{CommitmentProof, HostFunctionsManager as Host, commitment_proof::Proof};
    let [jmt, simple] = ops.ops.as_slice() else { return false };
    let jmt = CommitmentProof::decode(jmt.data.as_slice()).unwrap();
    let simple = CommitmentProof::decode(simple.data.as_slice()).unwrap();
    let store_root = match &jmt.proof {
        Some(Proof::Exist(exist)) => ics23::calculate_existence_root::<Host>(exist).unwrap(),
        Some(Proof::Nonexist(absent)) => {
            let neighbour = absent.left.as_ref().or(absent.right.as_ref()).unwrap();
            ics23::calculate_existence_root::<Host>(neighbour).unwrap()
        }
        _ => return false,
    };
    let spec = jmt::ics23_spec();
    let leaf = if value.is_empty() {
        ics23::verify_non_membership::<Host>(&jmt, &spec, &store_root, key)
    } else {
        ics23::verify_membership::<Host>(&jmt, &spec, &store_root, key, value)
    };
    let top = ics23::verify_membership::<Host>(
        &simple,
        &ics23::tendermint_spec(),
        &root.to_vec(),
        store.as_bytes(),
        &store_root,
    );
    leaf && top
}

#[test]
fn existence_and_absence_verify_against_the_app_hash() {
    let (mut alice, bob) = (Account::new(Scheme::Secp256k1, 0, 0), Account::new(Scheme::Secp256k1, 1, 1));
    let mut chain = TestChain::new(&[&alice, &bob]);
    chain.deliver(alice.send(&bob.address(), 1));
    let old_root = chain.app.info(RequestInfo::default()).unwrap().last_block_app_hash;
    chain.deliver(alice.send(&bob.address(), 1));
    let root = chain.app.info(RequestInfo::default()).unwrap().last_block_app_hash;
    let mut key = vec![3, 20];
    key.extend(alice.address().as_bytes());
    for (height, root) in [(1, &old_root), (2, &root)] {
        let found = chain.raw_query("/store/acc/key", key.clone(), height, true);
        assert_eq!((found.code, found.height), (0, height as i64));
        assert!(!found.value.is_empty());
        let ops = found.proof_ops.unwrap();
        assert_eq!(ops.ops[0].r#type, "ics23:jmt");
        assert_eq!(ops.ops[1].r#type, "ics23:simple");
        assert!(ics23_verify(&ops, root, "acc", &key, &found.value));
        assert!(!ics23_verify(&ops, root, "acc", &key, b"forged"));
        assert!(!ics23_verify(&ops, root, "bank", &key, &found.value));
    }
    let absent = chain.raw_query("store/acc/key", b"\x03nobody".to_vec(), 0, true);
    assert_eq!((absent.code, absent.value.len()), (0, 0));
    assert!(ics23_verify(&absent.proof_ops.unwrap(), &root, "acc", b"\x03nobody", b""));
    let unknown = chain.raw_query("/store/nothing/key", key, 0, false);
    assert_eq!(unknown.code, 6);
}
