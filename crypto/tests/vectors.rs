//! Published vectors: Wycheproof for every scheme, NIST ACVP for ML-DSA.
//! `testdata/README.md` names their sources.

use ml_dsa::{
    EncodedSignature, EncodedVerifyingKey, ExpandedSigningKey, ExpandedSigningKeyBytes, MlDsa44, MlDsa65, MlDsa87,
    MlDsaParams, Signature, VerifyingKey,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use synergy_crypto::{PublicKey, Scheme, SecretKey};

/// One case of any set; what a set does not have stays empty.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Case {
    id: u32,
    comment: Option<String>,
    set: String,
    seed: String,
    secret: String,
    key: String,
    key_sha256: String,
    ctx: String,
    msg: String,
    sig: String,
    sig_sha256: String,
    valid: bool,
}

impl Case {
    fn scheme(&self) -> Scheme {
        self.set.parse().unwrap()
    }

    fn name(&self) -> String {
        format!("{} {} {}", self.set, self.id, self.comment.as_deref().unwrap_or_default())
    }
}

fn cases(json: &str, expected: usize) -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(json).unwrap();
    assert_eq!(cases.len(), expected);
    cases
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    hex::decode(hexadecimal).unwrap()
}

fn sha256(data: &[u8]) -> String {
    hex::encode(Sha256::digest(data))
}

/// Whether the whole way of a transaction's signature, key decoding included, accepts.
fn accepted(scheme: Scheme, case: &Case) -> bool {
    PublicKey::from_bytes(scheme, &bytes(&case.key))
        .and_then(|key| key.verify(&bytes(&case.msg), &bytes(&case.sig)))
        .is_ok()
}

#[test]
fn wycheproof_secp256k1_with_every_high_s_refused() {
    const HALF_ORDER: &str = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
    let mut refused_for_high_s = 0;
    for case in cases(include_str!("../testdata/wycheproof-secp256k1-p1363.json"), 252) {
        let high = case.sig.len() == 128 && &case.sig[64..] > HALF_ORDER;
        refused_for_high_s += u32::from(case.valid && high);
        assert_eq!(accepted(Scheme::Secp256k1, &case), case.valid && !high, "{}", case.name());
    }
    assert!(refused_for_high_s > 10, "the set no longer exercises the low-S rule");
}

#[test]
fn wycheproof_secp256k1_bitcoin_rules() {
    for case in cases(include_str!("../testdata/wycheproof-secp256k1-bitcoin.json"), 231) {
        assert_eq!(accepted(Scheme::Secp256k1, &case), case.valid, "{}", case.name());
    }
}

#[test]
fn wycheproof_ed25519() {
    for case in cases(include_str!("../testdata/wycheproof-ed25519.json"), 151) {
        assert_eq!(accepted(Scheme::Ed25519, &case), case.valid, "{}", case.name());
    }
}

#[test]
fn wycheproof_ml_dsa_verify() {
    for case in cases(include_str!("../testdata/wycheproof-ml-dsa-verify.json"), 89) {
        check_verification(&case);
    }
}

#[test]
fn acvp_ml_dsa_sig_ver() {
    for case in cases(include_str!("../testdata/acvp-sig-ver.json"), 15) {
        check_verification(&case);
    }
}

/// The chain signs with the empty context, so a signature made under another one must
/// not verify; the library below us is held to the vector as it stands.
fn check_verification(case: &Case) {
    let ours = case.valid && case.ctx.is_empty();
    assert_eq!(accepted(case.scheme(), case), ours, "{}", case.name());
    let library = match case.scheme() {
        Scheme::MlDsa44 => library_accepts::<MlDsa44>(case),
        Scheme::MlDsa65 => library_accepts::<MlDsa65>(case),
        _ => library_accepts::<MlDsa87>(case),
    };
    assert_eq!(library, case.valid, "{}", case.name());
}

fn library_accepts<P: MlDsaParams>(case: &Case) -> bool {
    let key = bytes(&case.key);
    let Ok(key) = EncodedVerifyingKey::<P>::try_from(key.as_slice()) else { return false };
    let signature = bytes(&case.sig);
    let Ok(signature) = EncodedSignature::<P>::try_from(signature.as_slice()) else {
        return false;
    };
    Signature::<P>::decode(&signature).is_some_and(|signature| {
        VerifyingKey::<P>::decode(&key).verify_with_context(&bytes(&case.msg), &bytes(&case.ctx), &signature)
    })
}

#[test]
fn acvp_ml_dsa_key_gen() {
    for case in cases(include_str!("../testdata/acvp-key-gen.json"), 75) {
        let secret = SecretKey::from_bytes(case.scheme(), &bytes(&case.seed)).unwrap();
        assert_eq!(sha256(&secret.public_key().to_bytes()), case.key_sha256, "{}", case.name());
    }
}

#[test]
fn wycheproof_ml_dsa_sign() {
    for case in cases(include_str!("../testdata/wycheproof-ml-dsa-sign.json"), 221) {
        let secret = SecretKey::from_bytes(case.scheme(), &bytes(&case.seed)).unwrap();
        let key = secret.public_key();
        assert_eq!(sha256(&key.to_bytes()), case.key_sha256, "{}", case.name());
        let signature = secret.sign(&bytes(&case.msg));
        assert_eq!(sha256(&signature), case.sig_sha256, "{}", case.name());
        key.verify(&bytes(&case.msg), &signature).unwrap();
    }
}

/// NIST gives expanded secret keys here, which we never store, and contexts: this holds
/// the library to the standard.
#[test]
fn acvp_ml_dsa_sig_gen() {
    for case in cases(include_str!("../testdata/acvp-sig-gen.json"), 15) {
        let signature = match case.scheme() {
            Scheme::MlDsa44 => library_signs::<MlDsa44>(&case),
            Scheme::MlDsa65 => library_signs::<MlDsa65>(&case),
            _ => library_signs::<MlDsa87>(&case),
        };
        assert_eq!(sha256(&signature), case.sig_sha256, "{}", case.name());
        let key = PublicKey::from_bytes(case.scheme(), &bytes(&case.key)).unwrap();
        let ours = key.verify(&bytes(&case.msg), &signature);
        assert_eq!(ours.is_ok(), case.ctx.is_empty(), "{}", case.name());
    }
}

#[allow(deprecated)] // the library keeps this import for vectors such as these
fn library_signs<P: MlDsaParams>(case: &Case) -> Vec<u8> {
    let secret = bytes(&case.secret);
    let secret = ExpandedSigningKeyBytes::<P>::try_from(secret.as_slice()).unwrap();
    ExpandedSigningKey::<P>::from_expanded(&secret)
        .sign_deterministic(&bytes(&case.msg), &bytes(&case.ctx))
        .unwrap()
        .encode()
        .to_vec()
}
