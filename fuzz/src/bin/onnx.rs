#![no_main]
//! Models before any code of the ONNX library sees them.

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bindings = BTreeMap::from([("N".to_owned(), 4)]);
    let _ = synergy_inference::admit(data, &bindings);
});
