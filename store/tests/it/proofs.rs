//! Proofs hold with the specifications that IBC clients pin, and only those that
//! tell the truth.

use crate::common::{Rng, block, memory, random_block};
use synergy_store::{Error, Proof, Store, verify};

fn filled(blocks: u64) -> Store {
    let store = memory();
    let mut rng = Rng(7);
    for _ in 0..blocks {
        random_block(&store, &mut rng, 40, 400);
    }
    store
}

#[test]
fn every_key_and_every_absence_is_proven_at_every_height() {
    let store = filled(12);
    for height in 2..=12 {
        let app_hash = store.stored_app_hash(height).unwrap();
        let snapshot = store.at(height).unwrap();
        for number in 0..400u64 {
            let key = number.to_be_bytes();
            let proof = store.prove(height, "bank", &key).unwrap();
            assert_eq!(proof.app_hash, app_hash);
            assert_eq!(proof.value, snapshot.get(&[b"b", key.as_slice()].concat()));
            verify(&proof, &app_hash, "bank", &key).unwrap();
        }
    }
}

#[test]
fn trees_of_one_and_two_keys_have_proofs() {
    let store = memory();
    for keys in 1..=3u8 {
        let app_hash = block(&store, |state| state.set(&[b'i', keys], b"x"));
        for key in 1..=30u8 {
            let proof = store.prove(u64::from(keys), "ibc", &[key]).unwrap();
            assert_eq!(proof.value.is_some(), key <= keys);
            verify(&proof, &app_hash, "ibc", &[key]).unwrap();
        }
    }
}

/// A proof of a present key, one of an absent key, and the app hash of both.
fn two_proofs() -> (Proof, Proof, [u8; 32]) {
    let store = memory();
    let app_hash = block(&store, |state| {
        state.set(b"ak", b"v");
        for number in 0..100u8 {
            state.set(&[b'b', number], &[number, 1]);
        }
    });
    (store.prove(1, "bank", &[5]).unwrap(), store.prove(1, "bank", &[200]).unwrap(), app_hash)
}

#[test]
fn forged_proofs_are_refused() {
    let (present, absent, app_hash) = two_proofs();
    verify(&present, &app_hash, "bank", &[5]).unwrap();
    verify(&absent, &app_hash, "bank", &[200]).unwrap();

    let refused = |proof: &Proof, hash: &[u8; 32], store: &str, key: &[u8]| {
        assert!(matches!(verify(proof, hash, store, key), Err(Error::BadProof(_))));
    };
    // Another value, key, store or app hash.
    refused(&Proof { value: Some(vec![6, 1]), ..present.clone() }, &app_hash, "bank", &[5]);
    refused(&Proof { value: Some(Vec::new()), ..present.clone() }, &app_hash, "bank", &[5]);
    refused(&present, &app_hash, "bank", &[6]);
    refused(&present, &app_hash, "acc", &[5]);
    refused(&present, &[9; 32], "bank", &[5]);
    // Presence sold as absence and the reverse.
    refused(&Proof { value: None, ..present.clone() }, &app_hash, "bank", &[5]);
    refused(&Proof { value: Some(vec![1]), ..absent.clone() }, &app_hash, "bank", &[200]);
    refused(&absent, &app_hash, "bank", &[5]);
    // Parts of two proofs put together, and the root's proof left out.
    refused(&Proof { store: absent.store.clone(), ..present.clone() }, &app_hash, "bank", &[5]);
    refused(&Proof { root: absent.store.clone(), ..present.clone() }, &app_hash, "bank", &[5]);
    refused(&Proof { root: ics23::CommitmentProof::default(), ..present }, &app_hash, "bank", &[5]);
}

#[test]
fn a_flipped_bit_anywhere_in_the_path_is_refused() {
    let (present, _, app_hash) = two_proofs();
    let Some(ics23::commitment_proof::Proof::Exist(exist)) = &present.store.proof else {
        panic!("not an existence proof");
    };
    for step in 0..exist.path.len() {
        let mut forged = exist.clone();
        let op = &mut forged.path[step];
        let bytes = if op.suffix.is_empty() { &mut op.prefix } else { &mut op.suffix };
        *bytes.last_mut().unwrap() ^= 1;
        let store = ics23::CommitmentProof { proof: Some(ics23::commitment_proof::Proof::Exist(forged)) };
        let forged = Proof { store, ..present.clone() };
        assert!(verify(&forged, &app_hash, "bank", &[5]).is_err(), "step {step}");
    }
}

#[test]
fn what_has_no_proof_says_why() {
    let store = filled(3);
    assert_eq!(store.prove(3, "gov", b"k"), Err(Error::UnknownStore("gov".into())));
    assert_eq!(store.prove(3, "bank", b""), Err(Error::EmptyKey));
    let empty = Error::EmptyTree { store: "idle".into(), height: 3 };
    assert_eq!(store.prove(3, "idle", b"k"), Err(empty.clone()));
    assert_eq!(empty.to_string(), "store \"idle\" is empty at height 3: absence from it cannot be proven");
    assert_eq!(store.prove(4, "bank", b"k"), Err(Error::NotYet { height: 4, latest: 3 }));
}

#[test]
fn a_store_emptied_again_has_the_empty_root() {
    let store = memory();
    let other = block(&store, |state| state.set(b"ak", b"v"));
    block(&store, |state| state.set(b"bk", b"v"));
    let emptied = block(&store, |state| state.remove(b"bk"));
    assert_ne!(emptied, other, "a store that has been written to stays in the app hash");
    let empty = Error::EmptyTree { store: "bank".into(), height: 3 };
    assert_eq!(store.prove(3, "bank", b"k"), Err(empty));
    block(&store, |state| state.set(b"bk", b"v"));
    let app_hash = store.head().app_hash;
    verify(&store.prove(4, "bank", b"k").unwrap(), &app_hash, "bank", b"k").unwrap();
    assert_eq!(block(&store, |state| state.remove(b"bk")), emptied);
}
