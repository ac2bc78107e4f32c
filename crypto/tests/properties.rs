//! What holds for every key, message and byte string.

use proptest::{prelude::*, sample::Index};
use synergy_crypto::{Error, HdPath, PublicKey, Scheme, SecretKey, decode_hybrid_key, decode_key_bytes};

fn scheme() -> impl Strategy<Value = Scheme> {
    prop::sample::select(Scheme::ALL.to_vec())
}

/// Fixed seeds would do, but a scalar of random bytes is in range all the same.
fn secret() -> impl Strategy<Value = SecretKey> {
    (scheme(), any::<[[u8; 32]; 2]>()).prop_filter_map("scalar out of range", |(scheme, bytes)| {
        SecretKey::from_bytes(scheme, &bytes.concat()[..scheme.secret_len()]).ok()
    })
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

fn flip(bytes: &mut [u8], bit: &Index) {
    let bit = bit.index(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn signatures_verify_and_flipped_bits_do_not(
        secret in secret(), message in message(), bit in any::<Index>(), key_bit in any::<Index>(),
    ) {
        let key = secret.public_key();
        let signature = secret.sign(&message);
        prop_assert_eq!(signature.len(), secret.scheme().signature_len());
        prop_assert_eq!(&signature, &secret.sign(&message));
        prop_assert!(key.verify(&message, &signature).is_ok());

        let mut other = signature.clone();
        flip(&mut other, &bit);
        let refused_as_invalid =
            matches!(key.verify(&message, &other), Err(Error::InvalidSignature { .. }));
        prop_assert!(refused_as_invalid);

        let mut longer = message.clone();
        longer.push(0);
        prop_assert!(key.verify(&longer, &signature).is_err());

        let mut bytes = key.to_bytes();
        flip(&mut bytes, &key_bit);
        let other = PublicKey::from_bytes(key.scheme(), &bytes);
        prop_assert!(other.is_err() || other.is_ok_and(|key| key.verify(&message, &signature).is_err()));
    }

    #[test]
    fn signature_of_another_length_is_refused(secret in secret(), extra in any::<u8>()) {
        let key = secret.public_key();
        let mut signature = secret.sign(b"message");
        signature.push(extra);
        for wrong in [&signature[..], &signature[..signature.len() - 2], &[]] {
            let refused =
                matches!(key.verify(b"message", wrong), Err(Error::SignatureLength { .. }));
            prop_assert!(refused);
        }
    }

    #[test]
    fn keys_and_secrets_come_back_from_their_bytes(secret in secret()) {
        let key = secret.public_key();
        let (type_url, value) = key.to_any();
        let decoded = PublicKey::from_any(&type_url, &value).unwrap();
        prop_assert_eq!(&decoded, &key);
        prop_assert_eq!(decoded.address(), key.address());
        prop_assert_eq!(key.to_bytes().len(), key.scheme().public_key_len());
        prop_assert_eq!(PublicKey::from_bytes(key.scheme(), &key.to_bytes()).unwrap(), key.clone());
        let copy = SecretKey::from_bytes(secret.scheme(), &secret.to_bytes()).unwrap();
        prop_assert_eq!(copy.public_key(), key);
    }

    #[test]
    fn one_key_has_one_encoding(secret in secret(), at in any::<Index>(), byte in any::<u8>()) {
        let (type_url, value) = secret.public_key().to_any();
        let mut longer = value.clone();
        longer.insert(at.index(value.len() + 1), byte);
        prop_assert!(PublicKey::from_any(&type_url, &longer).is_err());
        prop_assert!(PublicKey::from_any(&type_url, &value[..at.index(value.len())]).is_err());
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        secret in secret(), at in any::<Index>(), near_start in any::<bool>(), byte in any::<u8>(),
    ) {
        let (type_url, mut value) = secret.public_key().to_any();
        let at = at.index(if near_start { 6 } else { value.len() });
        value[at] = byte;
        if let Ok(key) = PublicKey::from_any(&type_url, &value) {
            prop_assert_eq!(key.to_any(), (type_url, value));
        }
    }

    #[test]
    fn decoders_never_panic(
        scheme in scheme(), text in any::<String>(), value in prop::collection::vec(any::<u8>(), 0..5000),
    ) {
        let _ = PublicKey::from_any(&text, &value);
        let _ = PublicKey::from_any(&format!("/{}", scheme.message_name()), &value);
        let _ = PublicKey::from_bytes(scheme, &value);
        let _ = SecretKey::from_bytes(scheme, &value);
        let _ = decode_key_bytes(&value);
        let _ = decode_hybrid_key(&value);
        let _ = text.parse::<HdPath>();
        let _ = text.parse::<Scheme>();
        let key = SecretKey::from_bytes(scheme, &vec![7; scheme.secret_len()]).unwrap().public_key();
        prop_assert!(key.verify(&value, &value).is_err());
        let mut signature = value;
        signature.resize(scheme.signature_len(), 0);
        prop_assert!(key.verify(b"", &signature).is_err());
    }
}

#[test]
fn names_come_back_and_others_are_refused() {
    for scheme in Scheme::ALL {
        assert_eq!(scheme.to_string().parse::<Scheme>().unwrap(), scheme);
        let type_url = format!("/{}", scheme.message_name());
        assert_eq!(Scheme::from_type_url(&type_url).unwrap(), scheme);
        assert!(Scheme::from_type_url(scheme.message_name()).is_err(), "the slash is required");
    }
    assert!(matches!("ML-DSA-65".parse::<Scheme>(), Err(Error::UnknownScheme(_))));
    let unknown = PublicKey::from_any("/cosmos.crypto.secp256r1.PubKey", &[]);
    assert!(matches!(unknown, Err(Error::UnknownKeyType(_))));
}

#[test]
fn hybrid_needs_both_signatures_in_order() {
    let secret = SecretKey::generate(Scheme::Hybrid).unwrap();
    let key = secret.public_key();
    let (right, wrong) = (secret.sign(b"right"), secret.sign(b"wrong"));
    key.verify(b"right", &right).unwrap();
    for (signature, half) in [
        ([&right[..64], &wrong[64..]].concat(), Scheme::MlDsa65),
        ([&wrong[..64], &right[64..]].concat(), Scheme::Secp256k1),
        ([&right[64..], &right[..64]].concat(), Scheme::Secp256k1),
    ] {
        let refused = key.verify(b"right", &signature);
        assert!(matches!(refused, Err(Error::InvalidSignature { scheme }) if scheme == half));
    }
}

#[test]
fn ed25519_keys_of_small_order_and_odd_encodings_are_refused() {
    for (key, why) in [
        ("0100000000000000000000000000000000000000000000000000000000000000", "the identity"),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "order 8"),
        ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "order 2"),
        ("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "y is not reduced"),
        ("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "y is not reduced"),
        ("0100000000000000000000000000000000000000000000000000000000000080", "negative zero"),
    ] {
        let refused = PublicKey::from_bytes(Scheme::Ed25519, &hex::decode(key).unwrap());
        assert!(matches!(refused, Err(Error::InvalidKey { .. })), "{why}");
    }
}

#[test]
fn secp256k1_takes_the_compressed_form_alone() {
    let key = SecretKey::generate(Scheme::Secp256k1).unwrap().public_key().to_bytes();
    for (first, ok) in [(0x02, true), (0x03, true), (0x00, false), (0x04, false), (0x06, false)] {
        let mut bytes = key.clone();
        bytes[0] = first;
        assert_eq!(PublicKey::from_bytes(Scheme::Secp256k1, &bytes).is_ok(), ok);
    }
    let zero = SecretKey::from_bytes(Scheme::Secp256k1, &[0; 32]);
    assert!(matches!(zero, Err(Error::InvalidSecret { .. })));
    let above_order = SecretKey::from_bytes(Scheme::Secp256k1, &[0xff; 32]);
    assert!(matches!(above_order, Err(Error::InvalidSecret { .. })));
}

#[test]
fn equal_raw_keys_of_two_types_have_two_addresses() {
    let key = |scheme| SecretKey::from_bytes(scheme, &[9; 32]).unwrap().public_key();
    let mut addresses: Vec<_> = [Scheme::Secp256k1, Scheme::Ed25519, Scheme::MlDsa44, Scheme::MlDsa65, Scheme::MlDsa87]
        .map(|scheme| key(scheme).address())
        .to_vec();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 5);
}

#[test]
fn a_secret_does_not_print_itself() {
    let secret = SecretKey::from_bytes(Scheme::Ed25519, &[0xab; 32]).unwrap();
    assert!(!format!("{secret:?}").contains("abab"));
}
