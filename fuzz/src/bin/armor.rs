#![no_main]
//! Exported keys.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = synergy_crypto::decode_armor(data);
});
