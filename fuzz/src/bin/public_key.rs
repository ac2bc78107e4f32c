#![no_main]
//! Public keys of transactions: what decodes has one encoding.

use libfuzzer_sys::fuzz_target;
use synergy_crypto::{AccountKey, PublicKey, Scheme};

fuzz_target!(|data: &[u8]| {
    let Some((first, value)) = data.split_first() else { return };
    if let Ok(key) = AccountKey::multisig(value) {
        assert_eq!(key.to_bytes(), value);
        assert!((1..=key.keys().len()).contains(&key.threshold()));
    }
    let scheme = Scheme::ALL[usize::from(*first) % Scheme::ALL.len()];
    let url = format!("/{}", scheme.message_name());
    if let Ok(key) = PublicKey::from_any(&url, value) {
        assert_eq!(key.to_any(), (url, value.to_vec()));
        assert!(key.verify(b"message", value).is_err());
    }
});
