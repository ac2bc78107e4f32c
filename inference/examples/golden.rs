//! Runs the golden models and prints what must be equal on every machine.
//!
//! `golden CACHE TESTDATA` prints one line per model: name, gas of loading, gas
//! of an inference, hash of the outputs; and on stderr the hash of the image.
//! With `--outputs` after these, name and outputs in hex.

use std::path::Path;

use sha2::{Digest, Sha256};
use synergy_inference::{NamedTensor, Runtime};

#[path = "../tests/models/mod.rs"]
mod models;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (cache, testdata, values) = match arguments.as_slice() {
        [cache, testdata] => (cache, Path::new(testdata), false),
        [cache, testdata, flag] if flag == "--outputs" => (cache, Path::new(testdata), true),
        _ => return Err("usage: golden CACHE TESTDATA [--outputs]".into()),
    };
    let runtime = Runtime::open(Path::new(cache))?;
    for model in models::all(testdata) {
        let file = std::fs::read(testdata.join(&model.file))?;
        let (image, load_gas) = runtime.load(&file, &model.bind, u64::MAX)?;
        let result = runtime.run(&image, &model.inputs(), u64::MAX)?;
        let outputs = NamedTensor::encode_list(&result.outputs);
        if values {
            println!("{} {}", model.file, hex::encode(outputs));
            continue;
        }
        println!("{} load {load_gas} run {} {}", model.file, result.gas, hash(&outputs));
        eprintln!("{} image {}", model.file, hash(&image.to_bytes()?));
    }
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
