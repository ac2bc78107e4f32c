//! A corpus of hostile files. None may panic, hang or pass its memory cap; each
//! is refused with the code of its category and with the node's name, where a
//! node is to blame: those are called `victim`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use models::hostile::{Case, corpus};
use synergy_inference::{Error, Outcome, Runtime};

mod models;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap());

/// What a case may use, to load and to run: three seconds of one core.
const GAS: u64 = 3_000_000_000;

/// The guest's memory limit.
const MEMORY: usize = 1 << 30;

/// Loads and runs a file on ones.
fn outcome(file: &[u8]) -> Result<(), Outcome> {
    let (image, _) = RUNTIME.load(file, &BTreeMap::new(), GAS)?;
    assert!(image.memory_bytes() <= MEMORY);
    RUNTIME.run(&image, &models::ones(&image), GAS).map(|_| ())
}

#[test]
fn every_hostile_file_is_refused_with_its_code_and_node() {
    let corpus = corpus();
    assert!(corpus.len() >= 100, "{} files", corpus.len());
    let mut wrong = Vec::new();
    let mut found: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for Case { category, name, file, codes, named } in &corpus {
        let error = match outcome(file) {
            Ok(()) => {
                wrong.push(format!("{category}: {name} was accepted"));
                continue;
            }
            Err(Outcome::Error(error)) => error,
            Err(Outcome::Fault(fault)) => panic!("{category}: {name}: {fault}"),
        };
        let Error { code, message, gas_used } = &error;
        found.entry(category).or_default().insert(*code);
        if !codes.contains(code) || *gas_used > GAS {
            wrong.push(format!("{category}: {name}: code {code} for {gas_used} gas: {message}"));
        } else if *named && !message.contains("victim") {
            wrong.push(format!("{category}: {name}: code {code} names no node: {message}"));
        }
    }
    for (category, codes) in &found {
        println!("{category}: {codes:?}");
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), corpus.len(), wrong.join("\n"));
}
