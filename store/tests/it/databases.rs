//! What every database must do, and what the store must do on every database.

use std::path::Path;

use synergy_store::{Batch, DB_CACHE, Db, Error, Head, Order, Table, open_db};

use crate::common::{Rng, all, block, open, random_block};

/// Runs `test` on each backend, in a folder of its own.
fn on_each(test: impl Fn(&str, &Path)) {
    for backend in ["memory", "fjall", "sled"] {
        let folder = tempfile::tempdir().unwrap();
        test(backend, folder.path());
    }
}

/// Runs `test` on the backends that outlive their handle.
fn on_each_disk(test: impl Fn(&dyn Fn() -> Box<dyn Db>)) {
    for backend in ["fjall", "sled"] {
        let folder = tempfile::tempdir().unwrap();
        test(&|| open_db(backend, folder.path(), DB_CACHE).unwrap());
    }
}

fn put_all(db: &dyn Db, table: Table, keys: &[&[u8]]) {
    let mut batch = Batch::default();
    for key in keys {
        batch.put(table, key, [b"v", *key].concat());
    }
    db.write(&batch, true);
}

fn keys(db: &dyn Db, start: &[u8], end: Option<&[u8]>, order: Order, limit: usize) -> Vec<Vec<u8>> {
    db.range(Table::State, start, end, order, limit).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn tables_are_apart_and_batches_replace_and_delete() {
    on_each(|backend, path| {
        let db = open_db(backend, path, DB_CACHE).unwrap();
        for table in Table::ALL {
            assert_eq!(db.get(table, b"k"), None);
            put_all(&*db, table, &[table.name().as_bytes(), b"k"]);
        }
        for table in Table::ALL {
            assert_eq!(db.range(table, &[], None, Order::Ascending, 9).len(), 2, "{backend}");
            assert_eq!(db.get(table, b"k"), Some(b"vk".to_vec()));
        }
        let mut batch = Batch::default();
        batch.delete(Table::State, b"k");
        batch.delete(Table::State, b"never there");
        batch.put(Table::Meta, b"k", b"");
        db.write(&batch, false);
        assert_eq!(db.get(Table::State, b"k"), None);
        assert_eq!(db.get(Table::Meta, b"k"), Some(Vec::new()), "an empty value is a value");
        assert!(db.size_on_disk() > 0);
    });
}

#[test]
fn ranges_are_half_open_sorted_and_bounded_both_ways() {
    on_each(|backend, path| {
        let db = open_db(backend, path, DB_CACHE).unwrap();
        put_all(&*db, Table::State, &[b"a", b"b", b"b\0", b"c", b"\xff", b"\xff\xff"]);
        put_all(&*db, Table::Meta, &[b"z"]);
        put_all(&*db, Table::History, &[b"a"]);
        let asc = |start: &[u8], end: Option<&[u8]>, limit| keys(&*db, start, end, Order::Ascending, limit);
        let desc = |start: &[u8], end: Option<&[u8]>, limit| keys(&*db, start, end, Order::Descending, limit);
        let (a, b, b0, c, f, ff) =
            (b"a".to_vec(), b"b".to_vec(), b"b\0".to_vec(), b"c".to_vec(), vec![255], vec![255, 255]);
        assert_eq!(asc(b"", None, 9), [&a, &b, &b0, &c, &f, &ff].map(Clone::clone), "{backend}");
        assert_eq!(desc(b"", None, 9), [&ff, &f, &c, &b0, &b, &a].map(Clone::clone), "{backend}");
        assert_eq!(asc(b"b", Some(b"c"), 9), [b.clone(), b0.clone()]);
        assert_eq!(desc(b"b", Some(b"c"), 9), [b0.clone(), b.clone()]);
        assert_eq!(asc(b"b", None, 1), [b]);
        assert_eq!(desc(b"a", Some(b"\xff"), 2), [c, b0]);
        assert_eq!(asc(b"c", Some(b"b"), 9), Vec::<Vec<u8>>::new());
        assert_eq!(asc(b"b", Some(b"b"), 9), Vec::<Vec<u8>>::new());
        assert_eq!(asc(b"", None, 0), Vec::<Vec<u8>>::new());
    });
}

#[test]
fn a_random_load_reads_back_the_same_after_reopening() {
    on_each_disk(|open| {
        let mut rng = Rng(1);
        let mut model = std::collections::BTreeMap::new();
        for _ in 0..4 {
            let db = open();
            for _ in 0..50 {
                let mut batch = Batch::default();
                for _ in 0..rng.below(30) {
                    let key = rng.below(500).to_be_bytes().to_vec();
                    if rng.below(3) == 0 {
                        model.remove(&key);
                        batch.delete(Table::Nodes, key);
                    } else {
                        let value = vec![rng.below(256) as u8; rng.below(300) as usize];
                        model.insert(key.clone(), value.clone());
                        batch.put(Table::Nodes, key, value);
                    }
                }
                db.write(&batch, rng.below(2) == 0);
            }
            let rows = db.range(Table::Nodes, &[], None, Order::Ascending, usize::MAX);
            assert_eq!(rows, model.clone().into_iter().collect::<Vec<_>>());
            db.write(&Batch::default(), true);
        }
    });
}

#[test]
fn an_open_folder_and_an_unknown_backend_are_refused_with_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let held = open_db("fjall", folder.path(), DB_CACHE).unwrap();
    assert!(matches!(open_db("fjall", folder.path(), DB_CACHE), Err(Error::Open(_))));
    drop(held);
    let Err(error) = open_db("rocksdb", folder.path(), DB_CACHE) else { panic!("opened") };
    assert_eq!(
        error.to_string(),
        "cannot open the database: unknown db_backend \"rocksdb\": use fjall, sled or memory"
    );
}

#[test]
fn every_kept_height_reads_as_it_was_by_key_and_by_range() {
    on_each(|backend, path| {
        let store = open(open_db(backend, path, DB_CACHE).unwrap(), 0);
        let mut rng = Rng(3);
        let mut seen = Vec::new();
        for height in 1..=30 {
            random_block(&store, &mut rng, 30, 60);
            seen.push(all(&store, height));
            for (past, expected) in (1..).zip(&seen) {
                assert_eq!(&all(&store, past), expected, "{backend}: height {past} at {height}");
            }
        }
        for (past, expected) in (1..).zip(&seen) {
            let snapshot = store.at(past).unwrap();
            let mut descending: Vec<_> = snapshot.range(&[], None, Order::Descending).collect();
            descending.reverse();
            assert_eq!(&descending, expected);
            for number in 0..60u64 {
                let key = [b"b", number.to_be_bytes().as_slice()].concat();
                let value = expected.iter().find(|pair| pair.0 == key).map(|pair| pair.1.clone());
                assert_eq!(snapshot.has(&key), value.is_some());
                assert_eq!(snapshot.get(&key), value);
            }
        }
    });
}

#[test]
fn rollback_restores_state_and_metadata_and_the_same_blocks_give_the_same_hashes() {
    on_each(|backend, path| {
        let store = open(open_db(backend, path, DB_CACHE).unwrap(), 0);
        let mut rng = Rng(4);
        let mut states = vec![rng.clone()];
        let mut hashes = Vec::new();
        for _ in 0..20 {
            hashes.push(random_block(&store, &mut rng, 30, 60));
            states.push(rng.clone());
        }
        let rows = count_rows(&store);
        let expected = all(&store, 20);
        for back in [1, 5, 1, 12] {
            let target = store.head().height - back;
            let head = store.rollback(back).unwrap();
            assert_eq!(head, Head { height: target, app_hash: hashes[target as usize - 1] }, "{backend}");
            assert_eq!(store.meta("height"), Some(target.to_be_bytes().to_vec()));
            assert_eq!(store.at(target + 1).err(), Some(Error::NotYet { height: target + 1, latest: target }));
        }
        assert_eq!(store.head().height, 1);
        let mut rng = states[1].clone();
        for hash in &hashes[1..] {
            assert_eq!(random_block(&store, &mut rng, 30, 60), *hash);
        }
        assert_eq!(all(&store, 20), expected);
        assert_eq!(count_rows(&store), rows, "nothing is left behind by what was taken back");
        assert_eq!(
            store.rollback(20),
            Err(Error::Pruned { height: 0, oldest: 1, latest: 20 }),
            "the first block stays"
        );
    });
}

fn count_rows(store: &synergy_store::Store) -> Vec<usize> {
    Table::ALL.iter().map(|table| store.count_rows(*table)).collect()
}

#[test]
fn a_store_reopens_with_head_values_proofs_and_the_next_hash() {
    on_each_disk(|open_it| {
        let blocks = |store: &synergy_store::Store, rng: &mut Rng| random_block(store, rng, 200, 500);
        let mut rng = Rng(5);
        let reference = crate::common::memory();
        for _ in 0..6 {
            let store = open(open_it(), 0);
            assert_eq!(store.head(), reference.head());
            for _ in 0..3 {
                let mut twin = rng.clone();
                assert_eq!(blocks(&store, &mut rng), blocks(&reference, &mut twin));
            }
            let height = store.head().height;
            assert_eq!(all(&store, height), all(&reference, height));
            assert_eq!(store.prove(height - 2, "bank", b"absent"), reference.prove(height - 2, "bank", b"absent"));
        }
    });
}

#[test]
fn a_database_of_other_stores_is_refused() {
    on_each_disk(|open_it| {
        block(&open(open_it(), 0), |state| state.set(b"ak", b"v"));
        for other in [
            synergy_store::StoreId { name: "accounts", prefix: b'a' },
            synergy_store::StoreId { name: "acc", prefix: b'A' },
        ] {
            let mut stores = crate::common::STORES;
            stores[1] = other;
            let Err(error) = synergy_store::Store::open(open_it(), &stores, Default::default()) else {
                panic!("opened with {other:?}");
            };
            assert!(error.to_string().starts_with("the database was written with other stores than"));
        }
        let mut reversed = crate::common::STORES;
        reversed.reverse();
        assert!(synergy_store::Store::open(open_it(), &reversed, Default::default()).is_ok());
    });
}

#[test]
fn a_new_store_changes_no_hash_until_it_is_written_and_goes_with_a_rollback() {
    on_each_disk(|open_it| {
        let old = crate::common::STORES;
        let new = [&old[..], &[synergy_store::StoreId { name: "new", prefix: b'n' }]].concat();
        let opened = |stores: &[_]| synergy_store::Store::open(open_it(), stores, Default::default());
        block(&opened(&old).unwrap(), |state| state.set(b"ak", b"v"));
        let head = opened(&old).unwrap().head();
        assert_eq!(opened(&new).unwrap().head(), head);
        assert_eq!(opened(&old).unwrap().head(), head, "nothing was written to the new store");
        let store = opened(&new).unwrap();
        assert_ne!(block(&store, |state| state.set(b"nk", b"v")), head.app_hash);
        assert!(store.prove(2, "new", b"k").is_ok() && store.prove(1, "new", b"k").is_err());
        drop(store);
        assert!(opened(&old).is_err());
        assert_eq!(opened(&new).unwrap().rollback(1).unwrap(), head);
        assert_eq!(opened(&old).unwrap().head(), head);
    });
}

#[test]
fn blobs_are_kept_by_their_hash() {
    on_each(|backend, path| {
        let store = open(open_db(backend, path, DB_CACHE).unwrap(), 0);
        let bytes = vec![7u8; 3 << 20];
        let mut hash = [0; 32];
        block(&store, |state| {
            hash = state.put_blob(bytes.clone());
            state.push();
            state.put_blob(b"dropped".to_vec());
            state.pop();
        });
        assert_eq!(hash, synergy_store::sha256(&bytes));
        assert_eq!(store.latest().blob(&hash), Some(bytes.clone()));
        assert_eq!(store.latest().blob(&synergy_store::sha256(b"dropped")), None);
        let state = synergy_store::State::new(store.latest());
        assert_eq!(state.blob(&hash).as_deref(), Some(&bytes));
    });
}
