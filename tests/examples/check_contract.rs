//! Checks WebAssembly files as the chain does when they are stored.
//!
//!     cargo run --release --example check_contract -- FILE…

use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let engine = synergy_tests::contracts_in(folder.path());
    for path in env::args().skip(1) {
        let wasm = fs::read(&path)?;
        let analysis = engine.admit(&wasm).map_err(|refusal| format!("{path}: {refusal}"))?;
        println!("{path}: {} KB, requires {:?}", wasm.len() / 1000, analysis.capabilities);
    }
    Ok(())
}
