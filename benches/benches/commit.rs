//! Commits of 10,000 keys on trees of 100,000 and 1,000,000 keys: `jmt` alone, with
//! its nodes in memory, beside the whole store (values, history, tree, preimages,
//! stale lists, one synced batch) in memory, on fjall and on sled; and point reads.
//!
//! The last lines set the medians in relation to `jmt put_value_set` of the same run.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, SamplingMode};
use jmt::mock::MockTreeStore;
use jmt::{KeyHash, Sha256Jmt};
use sha2::Sha256;
use synergy_store::{Config, DB_CACHE, State, Store, StoreId, open_db};

const STORES: [StoreId; 1] = [StoreId { name: "bank", prefix: b'b' }];
const BLOCK: u64 = 10_000;

/// Samples by row, for the ratios.
type Samples = BTreeMap<String, Vec<Duration>>;

/// splitmix64, so that every engine gets the same blocks.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// A balance: a tag, a 20-byte address and a denomination; 60 bytes of value.
fn key(number: u64) -> Vec<u8> {
    let hash = synergy_store::sha256(&number.to_be_bytes());
    [b"b\x01", &hash[..20], b"asnrg"].concat()
}

fn value(rng: &mut Rng) -> Vec<u8> {
    (0..60).map(|_| rng.below(256) as u8).collect()
}

/// One block of `BLOCK` distinct keys out of `keys`.
fn block(rng: &mut Rng, keys: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut picked = BTreeMap::new();
    while (picked.len() as u64) < BLOCK {
        picked.insert(key(rng.below(keys)), value(rng));
    }
    picked.into_iter().collect()
}

/// Runs `once` as a criterion row and keeps its samples. `once` returns the time of
/// the part that counts.
fn row(criterion: &mut Criterion, samples: &mut Samples, keys: u64, name: &str, mut once: impl FnMut() -> Duration) {
    let mut group = criterion.benchmark_group(format!("commit 10k of {keys}"));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_secs(2)).measurement_time(Duration::from_secs(5));
    let kept = samples.entry(format!("{keys} {name}")).or_default();
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| {
            let times: Vec<Duration> = (0..count).map(|_| once()).collect();
            kept.extend(&times);
            times.iter().sum()
        });
    });
    group.finish();
}

fn plain_jmt(criterion: &mut Criterion, samples: &mut Samples, keys: u64) {
    let nodes = MockTreeStore::default();
    let mut rng = Rng(1);
    let mut version = 0;
    for start in (0..keys).step_by(100_000) {
        let set: Vec<_> = (start..keys.min(start + 100_000))
            .map(|number| (KeyHash::with::<Sha256>(&key(number)[1..]), Some(value(&mut rng))))
            .collect();
        let (_, batch) = Sha256Jmt::new(&nodes).put_value_set(set, version).expect("in memory");
        nodes.write_tree_update_batch(batch).expect("in memory");
        version += 1;
    }
    let mut writes = Vec::new();
    row(criterion, samples, keys, "jmt put_value_set", || {
        let block = block(&mut rng, keys);
        let start = Instant::now();
        let set = block.into_iter().map(|(key, value)| (KeyHash::with::<Sha256>(&key[1..]), Some(value)));
        let (_, batch) = Sha256Jmt::new(&nodes).put_value_set(set, version).expect("in memory");
        let put = start.elapsed();
        nodes.write_tree_update_batch(batch).expect("in memory");
        writes.push(start.elapsed());
        nodes.purge_stale_nodes(version).expect("in memory");
        version += 1;
        put
    });
    samples.insert(format!("{keys} jmt put_value_set, nodes stored"), writes);
}

fn build(backend: &str, folder: &std::path::Path, keys: u64) -> Store {
    let db = open_db(backend, folder, DB_CACHE).expect("a fresh folder");
    // A short window, so that the background worker prunes as on a long-running node.
    let config = Config { keep_heights: 5, ..Config::default() };
    let store = Store::open(db, &STORES, config).expect("a fresh database");
    let mut rng = Rng(1);
    for start in (0..keys).step_by(100_000) {
        let mut state = State::new(store.latest());
        (start..keys.min(start + 100_000)).for_each(|number| state.set(&key(number), &value(&mut rng)));
        let prepared = store.prepare(store.head().height + 1, state.into_changes());
        store.commit(prepared, Vec::new());
    }
    store
}

fn ours(criterion: &mut Criterion, samples: &mut Samples, keys: u64, backend: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = build(backend, folder.path(), keys);
    let _pruner = store.start_pruner();
    let mut rng = Rng(2);
    let mut prepares = Vec::new();
    row(criterion, samples, keys, &format!("store on {backend}"), || {
        let mut state = State::new(store.latest());
        for (key, value) in block(&mut rng, keys) {
            // Execution reads what it writes.
            assert!(state.has(&key));
            state.set(&key, &value);
        }
        let changes = state.into_changes();
        let start = Instant::now();
        let prepared = store.prepare(store.head().height + 1, changes);
        prepares.push(start.elapsed());
        store.commit(prepared, Vec::new());
        start.elapsed()
    });
    samples.insert(format!("{keys} store on {backend}, app hash only"), prepares);
    if backend != "memory" {
        reads(criterion, &store, keys, backend);
    }
}

/// Point reads of the latest state, with and without the value cache.
fn reads(criterion: &mut Criterion, store: &Store, keys: u64, backend: &str) {
    let mut group = criterion.benchmark_group(format!("read one of {keys} on {backend}"));
    let mut rng = Rng(3);
    let snapshot = store.latest();
    let hot: Vec<Vec<u8>> = (0..1000).map(|_| key(rng.below(keys))).collect();
    group.bench_function("hot", |bencher| {
        let pick = || hot[rng.below(1000) as usize].clone();
        bencher.iter_batched(pick, |key| snapshot.get(&key), BatchSize::SmallInput);
    });
    let mut rng = Rng(4);
    let past = store.at(store.head().height.saturating_sub(1)).expect("a kept height");
    group.bench_function("at a past height", |bencher| {
        let pick = || key(rng.below(keys));
        bencher.iter_batched(pick, |key| past.get(&key), BatchSize::SmallInput);
    });
    group.finish();
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut samples = Samples::new();
    for keys in [100_000, 1_000_000] {
        plain_jmt(&mut criterion, &mut samples, keys);
        for backend in ["memory", "fjall", "sled"] {
            ours(&mut criterion, &mut samples, keys, backend);
        }
    }
    println!("\nmedians of 10,000-key commits, and speed in relation to jmt put_value_set");
    let mut medians: BTreeMap<String, Duration> = BTreeMap::new();
    for (name, times) in &mut samples {
        if !times.is_empty() {
            medians.insert(name.clone(), median(times));
        }
    }
    for (name, time) in &medians {
        let keys = name.split(' ').next().unwrap_or_default();
        let plain = medians.get(&format!("{keys} jmt put_value_set"));
        let ratio = plain.map_or(0.0, |plain| plain.as_secs_f64() / time.as_secs_f64());
        println!("{name:45} {:8.1} ms  {ratio:5.2}x", time.as_secs_f64() * 1e3);
    }
}
