#![no_main]
//! Public keys of transactions: what decodes has one encoding.

use libfuzzer_sys::fuzz_target;
use synergy_crypto::{PublicKey, Scheme};

fuzz_target!(|data: &[u8]| {
    let Some((first, value)) = data.split_first() else { return };
    let scheme = Scheme::ALL[usize::from(*first) % Scheme::ALL.len()];
    let url = format!("/{}", scheme.message_name());
    if let Ok(key) = PublicKey::from_any(&url, value) {
        assert_eq!(key.to_any(), (url, value.to_vec()));
        assert!(key.verify(b"message", value).is_err());
    }
});
