//! Mnemonics to keys and addresses, pinned.
//!
//! secp256k1 rows come from CosmJS (`@cosmjs/proto-signing` 0.38), Ed25519 secrets from
//! its SLIP-10, ML-DSA keys from `@noble/post-quantum` over a chain written anew with
//! Node's HMAC: nothing here was computed by the code under test.

use sha2::{Digest, Sha256};
use synergy_crypto::{Error, HdPath, Scheme, SecretKey, generate_mnemonic};

const TWELVE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                      abandon abandon about";
const TWENTY_FOUR: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                           abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                           abandon abandon abandon abandon abandon art";

fn derive(scheme: Scheme, phrase: &str, path: &str) -> SecretKey {
    SecretKey::from_mnemonic(scheme, phrase, "", &path.parse().unwrap()).unwrap()
}

fn address(prefix: &str, secret: &SecretKey) -> String {
    let prefix = bech32::Hrp::parse(prefix).unwrap();
    bech32::encode::<bech32::Bech32>(prefix, &secret.public_key().address()).unwrap()
}

#[test]
fn secp256k1_keys_are_those_of_cosmjs() {
    for (phrase, path, cosmos, key) in [
        (
            TWELVE,
            "m/44'/118'/0'/0/0",
            "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4",
            "024f4e2ad99c34d60b9ba6283c9431a8418af8673212961f97a77b6377fcd05b62",
        ),
        (
            TWELVE,
            "m/44'/118'/1'/0/5",
            "cosmos1dl84e00034du8vpkjhj2ndsahd9qzj8yg6vp4v",
            "03024605c6724d10491a212e43984ca25019a564f1389181a4fccae6e21b6556e6",
        ),
        (
            TWENTY_FOUR,
            "m/44'/118'/0'/0/0",
            "cosmos1r5v5srda7xfth3hn2s26txvrcrntldjumt8mhl",
            "02ba66a84cf7839af172a13e7fc9f5e7008cb8bca1585f8f3bafb3039eda3c1fdd",
        ),
        (
            TWENTY_FOUR,
            "m/44'/118'/1'/0/5",
            "cosmos1dn5jej5fkh8n8ghqszq83gee6mmgx6awpj79e7",
            "0258080d0f92d7708f88e799cf3a092698c886cbf3a8cc4ca52c3b7f301ce02a00",
        ),
    ] {
        let secret = derive(Scheme::Secp256k1, phrase, path);
        assert_eq!(address("cosmos", &secret), cosmos);
        assert_eq!(hex::encode(secret.public_key().to_bytes()), key);
    }
}

/// The address that every Ethereum wallet shows first for this phrase.
#[test]
fn eth_keys_have_ethereums_addresses() {
    let secret = derive(Scheme::EthSecp256k1, TWELVE, "m/44'/60'/0'/0/0");
    assert_eq!(hex::encode(secret.public_key().address()), "9858effd232b4033e47d90003d41ec34ecaeda94");
    assert_eq!(HdPath::bip44(Scheme::EthSecp256k1, 0, 0).unwrap().to_string(), "m/44'/60'/0'/0/0");
}

#[test]
fn ed25519_keys_are_those_of_slip_10() {
    for (phrase, seed, key, synergy) in [
        (
            TWELVE,
            "bb749d9a2787819674d3c3447f5f2d245de2ccdec42e62aa6c89bf8761be14bd",
            "f464c9658b25ea3a6f97f966600481d6136a57c86886b09994ac1f480adb0d58",
            "synergy1t9p72w4d5gnse4m8lqeamkqsmksf2tcm59hp2y",
        ),
        (
            TWENTY_FOUR,
            "3bc1e4ddfeaa9e1279e07664c003088ad9576bf39e6386911c8e7017865ce8b4",
            "1884827c3324b13454be77d7656d0ddeb3bb3d0774bcff0f2c547515d2b2015c",
            "synergy1pywgxt6s0n9qmv2vqgd8vpvcw73j2t26gdklkr",
        ),
    ] {
        let secret = derive(Scheme::Ed25519, phrase, "m/44'/118'/0'/0'/0'");
        assert_eq!(hex::encode(&*secret.to_bytes()), seed);
        assert_eq!(hex::encode(secret.public_key().to_bytes()), key);
        assert_eq!(address("synergy", &secret), synergy);
    }
}

#[test]
fn ml_dsa_keys_follow_the_documented_chain() {
    let twelve = "20a48b070dc6b8da0a2875f55ab1dcc800c607f42355a814fd85704915995ee8";
    let twenty_four = "cc59bdfa7fc47d90f5b8e9205679a1c95f35df90f8d398906c436c6e1681e3e1";
    for (phrase, scheme, seed, key_sha256, synergy) in [
        (
            TWELVE,
            Scheme::MlDsa44,
            twelve,
            "e790763d170e08e083eb53254672d1be60bb1bd69afc0bae2d4de8b935f316b9",
            "synergy1k6h3aslgl724tskqzl7f3706dkz0n62tql4uke",
        ),
        (
            TWELVE,
            Scheme::MlDsa65,
            twelve,
            "3aac211c6584cd34d8e3e072bde2e8e9eef174e14ed600a3251c8092ccef8449",
            "synergy1n4yylryl5fmcazk4mtx3c0csv0t2cm8du3snu3",
        ),
        (
            TWELVE,
            Scheme::MlDsa87,
            twelve,
            "2a5cbe9040c1d5b539e51a2e59544df95caf8e40f68fac47987b56a57b17786b",
            "synergy10hq465ljpfnj7lh3wv8jmkk2c9el6zwpgjqmvs",
        ),
        (
            TWENTY_FOUR,
            Scheme::MlDsa65,
            twenty_four,
            "e54c36d2f232a755ab15e9ade2e701a37ebdbe5a900e89891484ad500369898e",
            "synergy1au94zc4ptcvdfa8fwh9uerdh2syr4v3mavx8g7",
        ),
    ] {
        let secret = derive(scheme, phrase, "m/44'/118'/0'/0'/0'");
        assert_eq!(hex::encode(&*secret.to_bytes()), seed);
        let key = secret.public_key().to_bytes();
        assert_eq!(hex::encode(Sha256::digest(key)), key_sha256);
        assert_eq!(address("synergy", &secret), synergy);
    }
}

#[test]
fn hybrid_keys_join_the_two_keys_of_the_phrase() {
    for (phrase, key_sha256, synergy) in [
        (
            TWELVE,
            "15f5177406e7c3dc03471a5043be9d9a6e9b4c9f6959264eae0982717d15e640",
            "synergy10y9g4zm8307yyh3mlz3fplhl8jmfzxqe0a8tmz",
        ),
        (
            TWENTY_FOUR,
            "fb2199e4a94947b09bcf9da1bb9b669c9e86f36d40900befb7392c51a2cf0511",
            "synergy12hy5t5h6u93fqhnu0jjg0pz2g3555gzrgpe26d",
        ),
    ] {
        let secret = derive(Scheme::Hybrid, phrase, "m/44'/118'/0'/0/0");
        let key = secret.public_key().to_bytes();
        assert_eq!(hex::encode(Sha256::digest(key)), key_sha256);
        assert_eq!(address("synergy", &secret), synergy);
    }
}

#[test]
fn default_paths_serve_their_schemes() {
    for scheme in Scheme::ALL {
        let path = HdPath::bip44(scheme, 0, 0).unwrap();
        let expected = match scheme {
            Scheme::Secp256k1 | Scheme::Hybrid => "m/44'/118'/0'/0/0",
            Scheme::EthSecp256k1 => "m/44'/60'/0'/0/0",
            _ => "m/44'/118'/0'/0'/0'",
        };
        assert_eq!(path.to_string(), expected);
        SecretKey::from_mnemonic(scheme, TWELVE, "", &path).unwrap();
    }
    assert!(HdPath::bip44(Scheme::Secp256k1, 1 << 31, 0).is_err());
}

#[test]
fn open_path_is_refused_where_only_hardened_derivation_exists() {
    let path = "m/44'/118'/0'/0/0".parse().unwrap();
    for scheme in [Scheme::Ed25519, Scheme::MlDsa44, Scheme::MlDsa65, Scheme::MlDsa87] {
        let refused = SecretKey::from_mnemonic(scheme, TWELVE, "", &path);
        assert!(matches!(refused, Err(Error::InvalidPath { .. })), "{scheme}");
    }
}

#[test]
fn malformed_paths_are_refused() {
    for path in [
        "",
        "m",
        "m/",
        "44'/118'",
        "m/44'/",
        "m//0",
        "m/+1",
        "m/-1",
        "m/1''",
        "m/'",
        "m/ 1",
        "m/2147483648",
        "m/4294967296",
        "m/0x1",
        "m/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0",
    ] {
        assert!(matches!(path.parse::<HdPath>(), Err(Error::InvalidPath { .. })), "{path:?}");
    }
}

#[test]
fn malformed_mnemonics_are_refused() {
    let path = HdPath::bip44(Scheme::Secp256k1, 0, 0).unwrap();
    for phrase in ["", "abandon", &TWELVE.replace("about", "abandon"), &TWELVE.replace("about", "x")] {
        let refused = SecretKey::from_mnemonic(Scheme::Secp256k1, phrase, "", &path);
        assert!(matches!(refused, Err(Error::InvalidMnemonic(_))), "{phrase:?}");
    }
}

#[test]
fn mnemonic_passphrase_makes_another_key() {
    let path = HdPath::bip44(Scheme::MlDsa65, 0, 0).unwrap();
    let key = |passphrase| SecretKey::from_mnemonic(Scheme::MlDsa65, TWELVE, passphrase, &path).unwrap().public_key();
    assert_ne!(key(""), key("horse"));
}

#[test]
fn new_mnemonics_are_valid_and_differ() {
    let path = HdPath::bip44(Scheme::Secp256k1, 0, 0).unwrap();
    for words in [12, 15, 18, 21, 24] {
        let phrase = generate_mnemonic(words).unwrap();
        assert_eq!(phrase.split(' ').count(), words);
        assert_ne!(*phrase, *generate_mnemonic(words).unwrap());
        SecretKey::from_mnemonic(Scheme::Secp256k1, &phrase, "", &path).unwrap();
    }
    assert!(matches!(generate_mnemonic(13), Err(Error::InvalidMnemonic(_))));
}
