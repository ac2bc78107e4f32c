#![no_main]
//! Sealed payloads: bytes from anywhere, bytes under a right header, and their text.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use synergy_crypto::KemSecret;

static SECRET: LazyLock<(KemSecret, Vec<u8>)> = LazyLock::new(|| {
    let secret = KemSecret::from_seed(&[9; 32]);
    let mut header = b"SNRGSEAL\x01".to_vec();
    header.extend_from_slice(&secret.public_key().id());
    (secret, header)
});

fuzz_target!(|data: &[u8]| {
    let (secret, header) = &*SECRET;
    for sealed in [data, &[header, data].concat()] {
        assert!(synergy_crypto::open(secret, &mut &*sealed, &mut Vec::new()).is_err(), "nobody can forge one");
    }
    if let Ok(sealed) = synergy_crypto::decode_sealed(data) {
        assert_eq!(synergy_crypto::decode_sealed(synergy_crypto::encode_sealed(&sealed).as_bytes()).unwrap(), sealed);
    }
    let _ = synergy_crypto::KemKey::from_bytes(data);
});
