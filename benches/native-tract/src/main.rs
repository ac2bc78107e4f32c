//! Times models in tract on this CPU's own instructions, without a guest, gas or a rule for
//! bits: `native-tract FOLDER…` answers each line of standard input, a file name and a number
//! of runs, with the least CPU microseconds of a run.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tract_onnx::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut models = BTreeMap::new();
    for folder in std::env::args().skip(1) {
        let folder = Path::new(&folder);
        let list: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("models.json"))?)?;
        for model in list {
            let file = model["file"].as_str().ok_or("a model has a file")?.to_owned();
            let input = input(&model)?;
            let mut plan = tract_onnx::onnx().model_for_path(folder.join(&file))?;
            plan.set_input_fact(0, InferenceFact::dt_shape(input.datum_type(), input.shape()))?;
            // What tract cannot compile says so when it is asked for.
            let plan = plan.into_optimized().and_then(|model| model.into_runnable());
            models.insert(file, (plan.map_err(|error| format!("{error:#}")), input));
        }
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (file, runs) = line.split_once(' ').ok_or("a line is a file name and a number of runs")?;
        let (plan, input) = models.get(file).ok_or("no such model")?;
        match plan {
            Ok(plan) => {
                let mut least = f64::MAX;
                for _ in 0..runs.parse::<u32>()? {
                    let started = cpu_micros();
                    plan.run(tvec!(TValue::from_const(input.clone())))?;
                    least = least.min(cpu_micros() - started);
                }
                println!("{least:.1}");
            }
            Err(error) => {
                eprintln!("{file}: {error}");
                println!("nan");
            }
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Element i is (7919 i + 13) mod modulus / scale.
fn input(model: &Value) -> Result<Arc<Tensor>, Box<dyn Error>> {
    let port = &model["input"];
    let shape: Vec<usize> = serde_json::from_value(port["shape"].clone())?;
    let modulus = model["modulus"].as_u64().ok_or("a model has a modulus")?;
    let scale = model["scale"].as_f64().ok_or("a model has a scale")? as f32;
    let elements = (0..shape.iter().product::<usize>() as u64).map(|index| (7919 * index + 13) % modulus);
    let tensor = match port["dtype"].as_str() {
        Some("i32") => Tensor::from_shape(&shape, &elements.map(|element| element as i32).collect::<Vec<_>>())?,
        _ => Tensor::from_shape(&shape, &elements.map(|element| element as f32 / scale).collect::<Vec<_>>())?,
    };
    Ok(tensor.into_arc_tensor())
}

/// CPU time of this thread: other load on the machine does not count.
fn cpu_micros() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills the struct that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}
