//! What a unit of gas takes, over the golden models, work that is heavy in one way,
//! and the hostile corpus: `cargo bench --workspace --bench points`.
//!
//! Prints the CPU nanoseconds of 1,000 gas for each, sorted, and its ratio to the
//! median; the aim is a third to three times. A call's fixed part ([`INSTANCE_GAS`])
//! is measured alone and subtracted from the others, as is its gas.

use std::collections::BTreeMap;
use std::path::Path;

use models::onnx::{Dim, int, ints, model, model_of, node, tensor};
use synergy_inference::{INSTANCE_GAS, Image, Outcome, Runtime};

#[path = "../../inference/tests/models/mod.rs"]
mod models;

/// Calls that use less say more about the instance than about gas.
const LEAST_GAS: u64 = 2_000_000;
/// Where a hostile file stops.
const LIMIT: u64 = 1_000_000_000;

/// CPU time of this thread, in nanoseconds. (What /proc tells may be as old as a tick.)
fn cpu_time() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills the struct that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The least CPU time of some calls, and the gas of the last.
fn measure(mut call: impl FnMut() -> u64) -> (u64, u64) {
    let mut best = u64::MAX;
    let (mut gas, mut spent) = (0, 0);
    for _ in 0..5 {
        let start = cpu_time();
        gas = call();
        let time = cpu_time() - start;
        best = best.min(time);
        spent += time;
        if spent > 3_000_000_000 {
            break;
        }
    }
    (best, gas)
}

fn gas_of<T>(result: Result<T, Outcome>, gas: impl Fn(&T) -> u64) -> u64 {
    match result {
        Ok(value) => gas(&value),
        Err(Outcome::Error(error)) => error.gas_used,
        Err(Outcome::Fault(fault)) => panic!("{fault}"),
    }
}

/// Files that do one kind of work, for about a hundredth of a second.
fn heavy() -> Vec<(&'static str, Vec<u8>)> {
    let ones = |name: &str, dims: &[u64]| {
        tensor(name, 1, dims, &1f32.to_le_bytes().repeat(dims.iter().product::<u64>() as usize))
    };
    let wide = [Dim::Fixed(256), Dim::Fixed(1024)];
    let unary = |operator: &str, attributes: &[Vec<u8>]| {
        // Eight times over, so that the work outweighs the input and output.
        let names: Vec<String> =
            std::iter::once("x".into()).chain((1..8).map(|i| format!("v{i}"))).chain(["y".into()]).collect();
        let nodes: Vec<_> = names.windows(2).map(|pair| node(operator, &[&pair[0]], &[&pair[1]], attributes)).collect();
        model(&wide, &nodes, &[])
    };
    let binary =
        |operator: &str, dims: &[u64]| model(&wide, &[node(operator, &["x", "w"], &["y"], &[])], &[ones("w", dims)]);
    let image = |channels: u64| [Dim::Fixed(1), Dim::Fixed(channels), Dim::Fixed(64), Dim::Fixed(64)];
    let longs = |name: &str, values: &[i64]| {
        tensor(
            name,
            7,
            &[values.len() as u64],
            &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>(),
        )
    };
    let scattered: Vec<i64> = (0..4096).map(|index| index * 7919 % 256).collect();
    let conv = |group: u64| {
        let layer = node("Conv", &["x", "w"], &["y"], &[int("group", group as i64), ints("pads", &[1; 4])]);
        model(&image(32), &[layer], &[ones("w", &[32, 32 / group, 3, 3])])
    };
    let whole = |operator: &str| {
        let constant = tensor("w", 7, &[1024], &3i64.to_le_bytes().repeat(1024));
        model_of(7, &wide, &[node(operator, &["x", "w"], &["y"], &[])], &[constant])
    };
    vec![
        ("Relu", unary("Relu", &[])),
        ("Exp", unary("Exp", &[])),
        ("Tanh", unary("Tanh", &[])),
        ("Erf", unary("Erf", &[])),
        ("Sqrt", unary("Sqrt", &[])),
        ("Sin", unary("Sin", &[])),
        ("Atanh", unary("Atanh", &[])),
        ("Softmax", unary("Softmax", &[int("axis", 1)])),
        ("Transpose", unary("Transpose", &[])),
        (
            "CumSum",
            model(&wide, &[node("CumSum", &["x", "w"], &["y"], &[])], &[tensor("w", 7, &[], &1i64.to_le_bytes())]),
        ),
        ("Div", binary("Div", &[1024])),
        ("Pow", binary("Pow", &[1024])),
        ("MatMul", binary("MatMul", &[1024, 256])),
        ("MatMul by a vector", binary("MatMul", &[1024, 1])),
        ("Div of integers", whole("Div")),
        ("Mod of integers", whole("Mod")),
        ("Conv", conv(1)),
        ("depthwise Conv", conv(32)),
        ("MaxPool", model(&image(32), &[node("MaxPool", &["x"], &["y"], &[ints("kernel_shape", &[5, 5])])], &[])),
        ("ReduceSum", model(&wide, &[node("ReduceSum", &["x", "w"], &["y"], &[])], &[longs("w", &[0])])),
        ("TopK", model(&wide, &[node("TopK", &["x", "w"], &["y", "i"], &[])], &[longs("w", &[512])])),
        ("Gather", model(&wide, &[node("Gather", &["x", "w"], &["y"], &[])], &[longs("w", &scattered)])),
        ("Concat", model(&wide, &[node("Concat", &["x"; 16], &["y"], &[int("axis", 1)])], &[])),
        ("Tile", model(&wide, &[node("Tile", &["x", "w"], &["y"], &[])], &[longs("w", &[4, 4])])),
        (
            "Cast",
            model(
                &wide,
                &[node("Cast", &["x"], &["h"], &[int("to", 10)]), node("Cast", &["h"], &["y"], &[int("to", 1)])],
                &[],
            ),
        ),
        ("nodes", {
            let names: Vec<String> = (0..1_000).map(|index| format!("v{index}")).collect();
            let mut nodes = vec![node("Sin", &["x"], &["v0"], &[])];
            nodes.extend(names.windows(2).map(|pair| node("Sin", &[&pair[0]], &[&pair[1]], &[])));
            nodes.push(node("Relu", &["v999"], &["y"], &[]));
            model(&[Dim::Fixed(4)], &nodes, &[])
        }),
    ]
}

/// Everything to measure: a name, and a call that returns its gas.
fn calls(runtime: &Runtime) -> Vec<(String, Box<dyn Fn() -> u64 + '_>)> {
    let mut calls: Vec<(String, Box<dyn Fn() -> u64 + '_>)> = Vec::new();
    let mut push = |name: &str, file: Vec<u8>, bind: BTreeMap<String, u64>, inputs: &dyn Fn(&Image) -> Vec<_>| {
        let loaded = runtime.load(&file, &bind, LIMIT);
        if let Ok((image, _)) = &loaded {
            let (image, inputs) = (image.clone(), inputs(image));
            calls.push((
                format!("{name}, run"),
                Box::new(move || gas_of(runtime.run(&image, &inputs, LIMIT), |done| done.gas)),
            ));
        }
        calls.push((
            format!("{name}, load"),
            Box::new(move || gas_of(runtime.load(&file, &bind, LIMIT), |done| done.1)),
        ));
    };
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inference/testdata");
    for model in models::all(&testdata) {
        let file = std::fs::read(testdata.join(&model.file)).expect("a golden model");
        push(&model.file, file, model.bind.clone(), &|_| model.inputs());
    }
    for (name, file) in heavy() {
        push(name, file, BTreeMap::new(), &models::ones);
    }
    for case in models::hostile::corpus() {
        push(&format!("hostile {}: {}", case.category, case.name), case.file, BTreeMap::new(), &models::ones);
    }
    calls
}

fn main() {
    let runtime = Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("the runtime opens");
    let nothing = model(&[Dim::Fixed(1)], &[node("Identity", &["x"], &["y"], &[])], &[]);
    let (image, _) = runtime.load(&nothing, &BTreeMap::new(), LIMIT).expect("it loads");
    let inputs = models::ones(&image);
    let (base_time, base_gas) = measure(|| runtime.run(&image, &inputs, LIMIT).expect("it runs").gas);
    println!("an instance: {base_gas} gas ({INSTANCE_GAS} fixed), {} µs", base_time / 1_000);

    let mut rows = Vec::new();
    for (name, call) in calls(&runtime) {
        if call() < LEAST_GAS {
            continue;
        }
        let (time, gas) = measure(call);
        let rate = time.saturating_sub(base_time) as f64 * 1e3 / gas.saturating_sub(base_gas) as f64;
        rows.push((rate, gas, time, name));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let median = rows.get(rows.len() / 2).map_or(1.0, |row| row.0);
    println!("{} calls of at least {LEAST_GAS} gas; the median takes {median:.0} ns for 1,000 gas", rows.len());
    for (rate, gas, time, name) in &rows {
        let ratio = rate / median;
        let verdict = if (1.0 / 3.0..=3.0).contains(&ratio) { "" } else { "   OUTSIDE" };
        println!("{ratio:6.2}   {rate:6.0} ns   {gas:>12} gas   {:>9} µs   {name}{verdict}", time / 1_000);
    }
}
