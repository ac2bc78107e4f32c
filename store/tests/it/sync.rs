//! A state in chunks, and back.

use proptest::prelude::*;
use synergy_store::{Config, Store, Table};

use crate::common::{Rng, STORES, all, block, memory, random_block};

fn grown(seed: u64, blocks: u64) -> (Store, Rng) {
    let (store, mut rng) = (memory(), Rng(seed));
    for _ in 0..blocks {
        random_block(&store, &mut rng, 40, 60);
    }
    (store, rng)
}

fn restored(chunks: &[Vec<u8>], head: synergy_store::Head) -> Result<Store, synergy_store::Error> {
    let store = memory();
    let mut restore = store.restore(head.height, head.app_hash);
    chunks.iter().try_for_each(|chunk| restore.apply(chunk))?;
    restore.finish(vec![("height".into(), head.height.to_be_bytes().to_vec())])?;
    Ok(store)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_restored_store_has_the_state_and_goes_on_alike(seed: u64, blocks in 1u64..12, size in 1usize..2_000) {
        let (store, mut rng) = grown(seed, blocks);
        let (snapshot, head) = (store.latest(), store.head());
        // Later blocks change nothing of what is sent.
        random_block(&store, &mut rng.clone(), 40, 60);
        let chunks: Vec<Vec<u8>> = store.chunks(snapshot.clone(), size).collect();
        let copy = restored(&chunks, head).unwrap();
        prop_assert_eq!(copy.head(), head);
        prop_assert_eq!(copy.first_height(), head.height);
        prop_assert_eq!(all(&copy, head.height), all(&store, head.height));
        prop_assert_eq!(copy.meta("height"), Some(head.height.to_be_bytes().to_vec()));
        // The copy makes the same chunks, and the next block is the same.
        prop_assert_eq!(copy.chunks(copy.latest(), size).collect::<Vec<_>>(), chunks);
        let next = random_block(&copy, &mut rng, 40, 60);
        prop_assert_eq!(Some(next), store.stored_app_hash(head.height + 1));
        for (key, _) in all(&copy, copy.head().height).iter().step_by(7) {
            let name = STORES.iter().find(|id| id.prefix == key[0]).unwrap().name;
            let proof = copy.prove(copy.head().height, name, &key[1..]).unwrap();
            synergy_store::verify(&proof, &copy.head().app_hash, name, &key[1..]).unwrap();
        }
    }

    #[test]
    fn a_wrong_chunk_is_refused_and_the_right_one_can_follow(seed: u64, at: prop::sample::Index, byte: prop::sample::Index) {
        let (store, _) = grown(seed, 8);
        let head = store.head();
        let chunks: Vec<Vec<u8>> = store.chunks(store.latest(), 300).collect();
        prop_assume!(chunks.len() > 2);
        let at = at.index(chunks.len());
        let copy = memory();
        let mut restore = copy.restore(head.height, head.app_hash);
        chunks[..at].iter().for_each(|chunk| restore.apply(chunk).unwrap());
        let mut wrong = chunks[at].clone();
        let byte = byte.index(wrong.len());
        wrong[byte] ^= 1;
        // A flipped bit may leave the meaning as it is (ics23 knows unused fields): then it is the chunk.
        if restore.apply(&wrong).is_err() {
            restore.apply(&chunks[at]).unwrap();
        }
        chunks[at + 1..].iter().for_each(|chunk| restore.apply(chunk).unwrap());
        restore.finish(Vec::new()).unwrap();
        prop_assert_eq!(all(&copy, head.height), all(&store, head.height));
    }

    #[test]
    fn a_missing_or_repeated_chunk_is_noticed(seed: u64, at: prop::sample::Index) {
        let (store, _) = grown(seed, 8);
        let chunks: Vec<Vec<u8>> = store.chunks(store.latest(), 300).collect();
        prop_assume!(chunks.len() > 2);
        let at = at.index(chunks.len());
        let missing = [&chunks[..at], &chunks[at + 1..]].concat();
        prop_assert!(restored(&missing, store.head()).is_err());
        let repeated = [&chunks[..=at], &chunks[at..]].concat();
        prop_assert!(restored(&repeated, store.head()).is_err());
        let other = synergy_store::Head { app_hash: [1; 32], ..store.head() };
        prop_assert!(restored(&chunks, other).is_err());
    }
}

#[test]
fn what_an_unfinished_restore_left_goes_at_the_next_opening() {
    let (store, _) = grown(1, 8);
    let head = store.head();
    let chunks: Vec<Vec<u8>> = store.chunks(store.latest(), 300).collect();
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let db = synergy_store::open_db("fjall", folder.path(), synergy_store::DB_CACHE).unwrap();
        Store::open(db, &STORES, Config::default()).unwrap()
    };
    let half = open();
    let mut restore = half.restore(head.height, head.app_hash);
    restore.apply(&chunks[0]).unwrap();
    restore.put_blob(b"a blob");
    assert!(half.count_rows(Table::State) > 0 && half.count_rows(Table::Blobs) == 1);
    drop((restore, half));
    let fresh = open();
    for table in [Table::State, Table::Nodes, Table::Preimage, Table::Blobs] {
        assert_eq!(fresh.count_rows(table), 0, "{}", table.name());
    }
    let mut restore = fresh.restore(head.height, head.app_hash);
    chunks.iter().for_each(|chunk| restore.apply(chunk).unwrap());
    restore.finish(Vec::new()).unwrap();
    drop(fresh);
    assert_eq!(open().head(), head);
}

#[test]
fn a_store_that_became_empty_stays_one_of_the_app_hash() {
    let store = memory();
    let key = [b"i".as_slice(), b"key"].concat();
    block(&store, |state| {
        state.set(&key, b"value");
        state.set(b"b1", b"value");
    });
    block(&store, |state| state.remove(&key));
    let head = store.head();
    let chunks: Vec<Vec<u8>> = store.chunks(store.latest(), 300).collect();
    assert_eq!(chunks.len(), 2);
    assert!(restored(&chunks[..1], head).is_err());
    let copy = restored(&chunks, head).unwrap();
    assert_eq!(copy.chunks(copy.latest(), 300).collect::<Vec<_>>(), chunks);
    let refill = |store: &Store| block(store, |state| state.set(&key, b"again"));
    assert_eq!(refill(&copy), refill(&store));
}
