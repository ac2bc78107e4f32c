//! Signatures per scheme, and libsecp256k1 beside k256 in the same run.
//!
//! `first` decodes the public key from its `Any` and verifies, as for an account seen for
//! the first time; `again` verifies with a key that has verified before.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use k256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::{Signer, Verifier},
};
use synergy_crypto::{PublicKey, Scheme, SecretKey};

/// About the length of the sign bytes of a bank send.
const MESSAGE: [u8; 300] = [0x5a; 300];

fn schemes(c: &mut Criterion) {
    for scheme in Scheme::ALL {
        let secret =
            SecretKey::from_bytes(scheme, &vec![7; scheme.secret_len()]).expect("the scalar is below the group order");
        let key = secret.public_key();
        let (type_url, value) = key.to_any();
        let signature = secret.sign(&MESSAGE);
        let mut group = c.benchmark_group(scheme.as_str());
        group.bench_function("verify first", |b| {
            b.iter(|| {
                let key = PublicKey::from_any(black_box(&type_url), black_box(&value)).expect("own key");
                key.verify(&MESSAGE, &signature).expect("own signature");
            });
        });
        group.bench_function("verify again", |b| {
            b.iter(|| key.verify(black_box(&MESSAGE), black_box(&signature)).expect("own signature"));
        });
        // ML-DSA rejects and retries, so one message's time is not another's.
        let mut message = MESSAGE;
        let mut counter = 0u64;
        group.bench_function("sign", |b| {
            b.iter(|| {
                counter += 1;
                message[..8].copy_from_slice(&counter.to_le_bytes());
                secret.sign(&message)
            });
        });
        group.bench_function("address", |b| b.iter(|| black_box(&key).address()));
        group.finish();
    }
}

/// The same rules on k256: compressed keys, low `s`, RFC 6979.
fn k256_beside(c: &mut Criterion) {
    let secret = SigningKey::from_bytes(&[7; 32].into()).expect("the scalar is below the group order");
    let key = *secret.verifying_key();
    let encoded = key.to_encoded_point(true);
    let signature: Signature = secret.sign(&MESSAGE);
    let raw = signature.to_bytes();
    let verify = |key: &VerifyingKey, raw: &[u8]| {
        let signature = Signature::from_slice(raw).expect("own signature");
        assert!(signature.normalize_s().is_none());
        key.verify(&MESSAGE, &signature).expect("own signature");
    };
    let mut group = c.benchmark_group("secp256k1 on k256");
    group.bench_function("verify first", |b| {
        b.iter(|| verify(&VerifyingKey::from_sec1_bytes(black_box(encoded.as_bytes())).expect("own key"), &raw));
    });
    group.bench_function("verify again", |b| b.iter(|| verify(black_box(&key), black_box(&raw))));
    group.bench_function("sign", |b| {
        b.iter(|| -> Signature { secret.sign(black_box(&MESSAGE)) });
    });
    group.finish();
}

criterion_group!(benches, k256_beside, schemes);
criterion_main!(benches);
