//! Runs a folder of cases and prints one JSON line for each; what
//! `scripts/onnx-coverage.sh` measures with.
//!
//! `cases CACHE FOLDER` loads and runs each `NAME.onnx` on the inputs in `NAME.in`
//! and writes the outputs to `NAME.out`, both in the canonical encoding. If that
//! fails, it tries `NAME+const` and `NAME+all`. `cases --operators` prints the
//! admission table.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use synergy_inference::{NamedTensor, Outcome, Runtime, operators};

/// Points enough for any test, and little enough to end a runaway one.
const GAS: u64 = 5_000_000_000;

const VARIANTS: [&str; 3] = ["", "+const", "+all"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag] if flag == "--operators" => println!("{}", serde_json::to_string(&operators())?),
        [cache, folder] => run_all(&Runtime::open(Path::new(cache))?, Path::new(folder))?,
        _ => return Err("usage: cases CACHE FOLDER | cases --operators".into()),
    }
    Ok(())
}

fn run_all(runtime: &Runtime, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().into_string().map_err(|_| "a file name is not UTF-8")?;
        names.extend(name.strip_suffix(".onnx").filter(|name| !name.contains('+')).map(str::to_owned));
    }
    names.sort();
    for name in names {
        let mut lines = Vec::new();
        for variant in VARIANTS {
            let variant = format!("{name}{variant}");
            if !folder.join(format!("{variant}.onnx")).exists() {
                continue;
            }
            let result = run(runtime, folder, &variant)?;
            let done = result.get("outputs").is_some();
            lines.push(result);
            if done {
                break;
            }
        }
        println!("{}", json!({ "name": name, "tries": lines }));
    }
    Ok(())
}

fn run(runtime: &Runtime, folder: &Path, name: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let file = std::fs::read(folder.join(format!("{name}.onnx")))?;
    let inputs = NamedTensor::decode_list(&std::fs::read(folder.join(format!("{name}.in")))?)?;
    let result = runtime.load(&file, &BTreeMap::new(), GAS).and_then(|(image, load_gas)| {
        let result = runtime.run(&image, &inputs, GAS)?;
        Ok((image.variable(), load_gas, result))
    });
    match result {
        Ok((variable, load_gas, result)) => {
            std::fs::write(folder.join(format!("{name}.out")), NamedTensor::encode_list(&result.outputs))?;
            Ok(
                json!({ "case": name, "outputs": result.outputs.len(), "variable": variable, "load": load_gas, "run": result.gas }),
            )
        }
        Err(Outcome::Error(error)) => Ok(json!({ "case": name, "code": error.code, "message": error.message })),
        Err(Outcome::Fault(fault)) => Err(fault.into()),
    }
}
