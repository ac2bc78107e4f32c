//! What every wallet must compute, in `tests/testdata/keys.json`, which `sdk/js` wrote over
//! `@noble` and `@scure`: nothing in it was computed by the code under test.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_crypto::{HdPath, KemSecret, Scheme, SecretKey};

const PHRASES: [&str; 2] = [
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
     abandon abandon abandon abandon abandon abandon abandon abandon abandon art",
];
const MESSAGE: &str = "what a transaction signs";

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[test]
fn every_scheme_has_the_keys_addresses_and_signatures_of_the_golden_file() {
    let prefix = bech32::Hrp::parse("synergy").unwrap();
    let mut keys = Vec::new();
    for (phrase, passphrase) in [(PHRASES[0], ""), (PHRASES[1], ""), (PHRASES[1], "TREZOR")] {
        for (account, index) in [(0, 0), (1, 5)] {
            for scheme in Scheme::ALL {
                let path = HdPath::bip44(scheme, account, index).unwrap();
                let secret = SecretKey::from_mnemonic(scheme, phrase, passphrase, &path).unwrap();
                let kem = KemSecret::from_mnemonic(phrase, passphrase, &path).unwrap().public_key();
                let key = secret.public_key();
                keys.push(json!({
                    "phrase": phrase, "passphrase": passphrase, "scheme": scheme.as_str(),
                    "account": account, "index": index,
                    "address": bech32::encode::<bech32::Bech32>(prefix, &key.address()).unwrap(),
                    "type_url": key.to_any().0,
                    "public_key_sha256": sha256(&key.to_bytes()),
                    "any_sha256": sha256(&key.to_any().1),
                    "signature_sha256": sha256(&secret.sign(MESSAGE.as_bytes())),
                    "kem_key_sha256": sha256(kem.as_bytes()),
                }));
            }
        }
    }
    let golden: Value = serde_json::from_str(include_str!("../../tests/testdata/keys.json")).unwrap();
    assert_eq!(golden["message"], MESSAGE);
    let golden = golden["keys"].as_array().unwrap();
    assert_eq!(golden.len(), keys.len());
    for (golden, ours) in golden.iter().zip(&keys) {
        assert_eq!(ours, golden);
    }
}
