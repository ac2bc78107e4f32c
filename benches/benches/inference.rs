//! Loading and running the golden models on one thread. `ort_inference.py` times
//! onnxruntime on the same models and inputs:
//! `cargo bench -p synergy-benches --bench inference && benches/ort_inference.py`.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use synergy_inference::{Image, Runtime};

#[path = "../../inference/tests/models/mod.rs"]
mod models;

fn inference(criterion: &mut Criterion) {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inference/testdata");
    let runtime = Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    for model in models::all(&testdata) {
        let file = std::fs::read(testdata.join(&model.file)).unwrap();
        let (image, load_gas) = runtime.load(&file, &model.bind, u64::MAX).unwrap();
        let inputs = model.inputs();
        let gas = runtime.run(&image, &inputs, u64::MAX).unwrap().gas;
        println!("{}: {load_gas} gas to load, {gas} to run", model.file);

        let mut group = criterion.benchmark_group(&model.file);
        group.sample_size(10);
        group.bench_function("load", |bencher| {
            bencher.iter(|| black_box(runtime.load(&file, &model.bind, u64::MAX).unwrap()));
        });
        group.bench_function("run", |bencher| {
            bencher.iter(|| black_box(runtime.run(&image, &inputs, u64::MAX).unwrap()));
        });
        let bytes = image.to_bytes().unwrap();
        group.bench_function("image from bytes", |bencher| {
            bencher.iter(|| black_box(Image::from_bytes(&bytes, runtime.profile()).unwrap()));
        });
        group.finish();
    }
}

criterion_group!(benches, inference);
criterion_main!(benches);
