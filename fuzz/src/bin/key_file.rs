#![no_main]
//! Files of the keyring.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = synergy_crypto::decode_key_file(data);
});
