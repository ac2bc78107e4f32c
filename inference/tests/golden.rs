//! Golden results: bits and gas of real models. A change here is a new profile.

use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use models::Model;
use sha2::{Digest, Sha256};
use synergy_inference::{Image, NamedTensor, Runtime};

mod models;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::open(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap());

fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    std::fs::read(path).unwrap()
}

fn models() -> Vec<Model> {
    models::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"))
}

fn small() -> Model {
    models().pop().unwrap()
}

fn load(model: &Model) -> (Image, u64) {
    RUNTIME.load(&file(&model.file), &model.bind, u64::MAX).unwrap()
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The lines that `examples/golden.rs` prints.
#[test]
fn bits_and_gas_are_the_recorded_ones() {
    let recorded = String::from_utf8(file("golden.txt")).unwrap();
    let mut found = String::new();
    for model in models() {
        let (image, load_gas) = load(&model);
        let result = RUNTIME.run(&image, &model.inputs(), u64::MAX).unwrap();
        let outputs = hash(&NamedTensor::encode_list(&result.outputs));
        found += &format!("{} load {load_gas} run {} {outputs}\n", model.file, result.gas);
        assert!(image.outputs().iter().map(|port| &port.name).eq(&model.outputs));
    }
    assert_eq!(found, recorded, "found:\n{found}");
}

#[test]
fn a_second_run_and_a_restored_image_give_the_same() {
    let model = small();
    let (image, _) = load(&model);
    let first = RUNTIME.run(&image, &model.inputs(), u64::MAX).unwrap();
    assert_eq!(RUNTIME.run(&image, &model.inputs(), u64::MAX).unwrap(), first);
    let bytes = image.to_bytes().unwrap();
    let restored = Image::from_bytes(&bytes, RUNTIME.profile()).unwrap().unwrap();
    assert_eq!(RUNTIME.run(&restored, &model.inputs(), u64::MAX).unwrap(), first);
    assert_eq!(restored.to_bytes().unwrap(), bytes);

    assert!(Image::from_bytes(&bytes, [0; 32]).unwrap().is_none());
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(Image::from_bytes(&damaged, RUNTIME.profile()).unwrap().is_none());
    assert!(Image::from_bytes(&bytes[..100], RUNTIME.profile()).unwrap().is_none());
}

#[test]
fn gas_does_not_depend_on_the_inputs_where_admission_says_so() {
    for model in models() {
        let (image, _) = load(&model);
        let gas = |element: fn(u64) -> u64| RUNTIME.run(&image, &model.inputs_with(element), u64::MAX).unwrap().gas;
        if !image.variable() {
            assert_eq!(gas(|_| 0), gas(|index| index * index), "{}", model.file);
        }
    }
}

#[test]
fn threads_do_not_disturb_each_other() {
    let model = small();
    let (image, _) = load(&model);
    let expected = RUNTIME.run(&image, &model.inputs(), u64::MAX).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..8 {
                    let result = RUNTIME.run(&image, &model.inputs(), u64::MAX).unwrap();
                    assert_eq!(result, expected);
                }
            });
        }
    });
}

#[test]
fn the_artefact_is_the_one_of_the_lock_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = std::fs::read_to_string(folder.join("guest.lock.toml")).unwrap();
    let packed = std::fs::File::open(folder.join("guest.wasm.zst")).unwrap();
    let mut wasm = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(packed).unwrap().read_to_end(&mut wasm).unwrap();
    let line = format!("sha256 = \"{}\"", hash(&wasm));
    assert!(lock.lines().any(|found| found.starts_with(&line)), "{line} is not in guest.lock.toml");
}
