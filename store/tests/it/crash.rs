//! A process killed in the middle of commits comes back to a whole block.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use synergy_store::{DB_CACHE, Store, open_db, verify};

use crate::common::{Rng, all, memory, open, random_block};

const FOLDER: &str = "STORE_CRASH_FOLDER";
const BACKEND: &str = "STORE_CRASH_BACKEND";
const ROUNDS: u64 = 6;

/// The block at a height is the same in every process.
fn next_block(store: &Store) -> u64 {
    let height = store.head().height + 1;
    random_block(store, &mut Rng(height), 120, 2000);
    height
}

/// Not a test of its own: what the killed process runs.
#[test]
#[ignore = "started and killed by the other test"]
#[allow(clippy::disallowed_methods, reason = "the parent passes the folder in the environment")]
fn child() {
    let folder = env::var_os(FOLDER).unwrap();
    let store = open(open_db(&env::var(BACKEND).unwrap(), Path::new(&folder), DB_CACHE).unwrap(), 10);
    let _pruner = store.start_pruner();
    loop {
        println!("committed {}", next_block(&store));
    }
}

/// Runs the child until `time` after its first block and kills it; the last height it
/// reported.
fn run_and_kill(backend: &str, folder: &Path, time: Duration) -> u64 {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(BACKEND, backend)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut heights = lines.filter_map(|line| line.strip_prefix("committed ")?.parse().ok());
    let first = heights.next().unwrap();
    std::thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
    heights.last().unwrap_or(first)
}

#[test]
fn a_killed_process_reopens_at_a_whole_block_and_loses_none_it_reported() {
    for backend in ["fjall", "sled"] {
        let folder = tempfile::tempdir().unwrap();
        let reference = memory();
        let mut reported = 0;
        for round in 0..ROUNDS {
            let time = Duration::from_millis(70 * (round % 4) + 13 * round);
            let last = run_and_kill(backend, folder.path(), time);
            assert!(last > reported, "{backend}: the chain went on");
            reported = last;
            let store = open(open_db(backend, folder.path(), DB_CACHE).unwrap(), 10);
            let head = store.head();
            assert!(head.height >= reported, "{backend}: block {reported} was lost");
            while reference.head().height < head.height {
                next_block(&reference);
            }
            assert_eq!(head, reference.head(), "{backend}");
            assert_eq!(store.meta("height"), reference.meta("height"));
            check_kept_heights(&store, &reference);
        }
    }
}

fn check_kept_heights(store: &Store, reference: &Store) {
    let head = store.head().height;
    for height in head.saturating_sub(9).max(1)..=head {
        assert_eq!(all(store, height), all(reference, height));
        for number in 0..50u64 {
            let key = number.to_be_bytes();
            let Ok(proof) = reference.prove(height, "bank", &key) else { continue };
            assert_eq!(store.prove(height, "bank", &key), Ok(proof.clone()));
            verify(&proof, &proof.app_hash, "bank", &key).unwrap();
        }
    }
}
