//! Times models on demand, for `benches/ort_inference.py`.
//!
//! `time CACHE FOLDER…` takes the models that each folder's `models.json` lists
//! and answers each line of standard input, a file name and a number of runs, with
//! one line: gas of loading, CPU microseconds of loading, gas of a run, the least
//! CPU microseconds of a run.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;

use synergy_inference::{Image, Runtime};

#[path = "../tests/models/mod.rs"]
mod models;

struct Loaded {
    model: models::Model,
    image: Image,
    gas: u64,
    micros: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let cache = arguments.next().ok_or("usage: time CACHE FOLDER…")?;
    let runtime = Runtime::open(Path::new(&cache))?;
    let mut loaded = BTreeMap::new();
    for folder in arguments {
        for model in models::all(Path::new(&folder)) {
            let file = std::fs::read(Path::new(&folder).join(&model.file))?;
            let started = cpu_micros();
            let (image, gas) = runtime.load(&file, &model.bind, u64::MAX)?;
            let micros = cpu_micros() - started;
            loaded.insert(model.file.clone(), Loaded { model, image, gas, micros });
        }
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (file, runs) = line.split_once(' ').ok_or("a line is a file name and a number of runs")?;
        let Loaded { model, image, gas, micros } = loaded.get(file).ok_or("no such model")?;
        let inputs = model.inputs();
        let mut least = f64::MAX;
        let mut run_gas = 0;
        for _ in 0..runs.parse::<u32>()? {
            let started = cpu_micros();
            run_gas = runtime.run(image, &inputs, u64::MAX)?.gas;
            least = least.min(cpu_micros() - started);
        }
        println!("{gas} {micros:.0} {run_gas} {least:.1}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// CPU time of this thread: other load on the machine does not count.
fn cpu_micros() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills the struct that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}
