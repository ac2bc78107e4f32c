//! Runs the golden models and prints what must be equal on every machine.
//!
//! `golden CACHE TESTDATA` prints one line per model: name, gas of loading, hash
//! of the image, gas of an inference, hash of the outputs.

use std::path::Path;

use sha2::{Digest, Sha256};
use synergy_inference::{NamedTensor, Runtime};

#[path = "../tests/models/mod.rs"]
mod models;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [cache, testdata] = arguments.as_slice() else {
        return Err("usage: golden CACHE TESTDATA".into());
    };
    let runtime = Runtime::open(Path::new(cache))?;
    println!("profile {}", hex::encode(runtime.profile()));
    for model in models::ALL {
        let file = std::fs::read(Path::new(testdata).join(model.file))?;
        let (image, load_gas) = runtime.load(&file, &model.bindings(), u64::MAX)?;
        let result = runtime.run(&image, &model.inputs(), u64::MAX)?;
        println!(
            "{} load {} {} run {} {}",
            model.file,
            load_gas,
            hash(&image.to_bytes()?),
            result.gas,
            hash(&NamedTensor::encode_list(&result.outputs)),
        );
    }
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
