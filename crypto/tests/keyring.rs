//! The keyring through its public interface and through its files.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    rc::Rc,
};

use proptest::prelude::*;
use serde_json::{Value, json};
use synergy_crypto::{
    AccountKey, Backend, Error, HdPath, KemSecret, Keyring, Multisig, Prompt, Scheme, SecretKey, decode_armor,
    decode_key_file, generate_mnemonic,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

const PASSPHRASE: &str = "correct horse";

/// A keyring whose prompts get these answers, in order; a further prompt fails.
fn keyring(home: &Path, backend: Backend, answers: &[&str]) -> (Keyring, Rc<RefCell<Vec<Prompt>>>) {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&asked);
    let mut answers: VecDeque<String> = answers.iter().map(|answer| (*answer).into()).collect();
    let ask = Box::new(move |prompt| {
        seen.borrow_mut().push(prompt);
        answers.pop_front().map(Zeroizing::new).ok_or(Error::Prompt("no terminal".into()))
    });
    (Keyring::open(home, backend, ask), asked)
}

fn founded(home: &Path) -> Keyring {
    keyring(home, Backend::File, &[PASSPHRASE, PASSPHRASE]).0
}

fn unlocked(home: &Path) -> Keyring {
    keyring(home, Backend::File, &[PASSPHRASE]).0
}

fn secret(scheme: Scheme) -> SecretKey {
    SecretKey::from_bytes(scheme, &vec![0xc5; scheme.secret_len()]).unwrap()
}

fn file(home: &Path, backend: &str, name: &str) -> PathBuf {
    home.join(backend).join(format!("{name}.json"))
}

fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, serde_json::to_vec(&value).unwrap()).unwrap();
}

#[test]
fn every_scheme_survives_a_restart_on_both_backends() {
    let home = TempDir::new().unwrap();
    for (backend, answers) in [(Backend::Test, [].as_slice()), (Backend::File, &[PASSPHRASE, PASSPHRASE])] {
        let (mut keys, _) = keyring(home.path(), backend, answers);
        assert!(keys.list().unwrap().is_empty());
        for scheme in Scheme::ALL {
            let info = keys.add(scheme.as_str(), &secret(scheme)).unwrap();
            assert_eq!(
                (info.name.as_str(), info.public_key.scheme(), info.path),
                (scheme.as_str(), Some(scheme), None)
            );
        }
        let (mut keys, asked) = keyring(home.path(), backend, &[PASSPHRASE]);
        let names: Vec<_> = keys.list().unwrap().into_iter().map(|info| info.name).collect();
        assert_eq!(names, ["ed25519", "eth_secp256k1", "hybrid", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "secp256k1"]);
        assert!(asked.borrow().is_empty(), "the public part needs no passphrase");
        for scheme in Scheme::ALL {
            let stored = keys.secret(scheme.as_str()).unwrap();
            assert_eq!(*stored.to_bytes(), *secret(scheme).to_bytes());
            let info = keys.show(scheme.as_str()).unwrap();
            assert_eq!(info.public_key, stored.public_key().into());
            assert_eq!(info.address(), stored.public_key().address());
        }
        let prompts = if backend == Backend::File { vec![Prompt::Unlock] } else { vec![] };
        assert_eq!(*asked.borrow(), prompts);
    }
}

#[test]
fn a_mnemonic_key_records_its_path_and_not_its_phrase() {
    let home = TempDir::new().unwrap();
    let phrase = generate_mnemonic(24).unwrap();
    let path = HdPath::bip44(Scheme::MlDsa65, 3, 1).unwrap();
    let mut keys = founded(home.path());
    let info = keys.add_mnemonic("alice", Scheme::MlDsa65, &phrase, "", &path).unwrap();
    assert_eq!(info.path, Some(path.clone()));
    assert_eq!(keys.show("alice").unwrap(), info);
    let derived = SecretKey::from_mnemonic(Scheme::MlDsa65, &phrase, "", &path).unwrap();
    assert_eq!(info.public_key, derived.public_key().into());
    let text = fs::read_to_string(file(home.path(), "keyring-file", "alice")).unwrap();
    assert!(text.contains("m/44'/118'/3'/0'/1'"));
    assert!(!text.contains(&*phrase));
}

#[test]
fn a_threshold_key_is_kept_without_a_secret() {
    let members = vec![secret(Scheme::Secp256k1).public_key(), secret(Scheme::MlDsa44).public_key()];
    let group = AccountKey::Multisig(Multisig::new(2, members).unwrap());
    for backend in [Backend::Test, Backend::File] {
        let home = TempDir::new().unwrap();
        let (mut keys, asked) = keyring(home.path(), backend, &[PASSPHRASE, PASSPHRASE]);
        keys.add_public("group", group.clone()).unwrap();
        assert!(matches!(keys.add_public("group", group.clone()), Err(Error::KeyExists(_))));
        assert!(matches!(keys.secret("group"), Err(Error::NoSecret(_))));
        assert!(matches!(keys.export("group", PASSPHRASE), Err(Error::NoSecret(_))));
        assert_eq!(keys.rename("group", "board").unwrap().public_key, group);
        assert!(asked.borrow().is_empty(), "public keys need no passphrase");
        keys.add("alice", &secret(Scheme::Ed25519)).unwrap();
        let new = [Prompt::New, Prompt::Confirm];
        assert_eq!(
            *asked.borrow(),
            if backend == Backend::File { &new[..] } else { &[] },
            "the first secret founds it"
        );
        assert_eq!(keys.list().unwrap().len(), 2);
    }
}

#[test]
fn files_are_private_and_only_the_test_backend_shows_the_secret() {
    let home = TempDir::new().unwrap();
    keyring(home.path(), Backend::Test, &[]).0.add("alice", &secret(Scheme::Ed25519)).unwrap();
    founded(home.path()).add("alice", &secret(Scheme::Ed25519)).unwrap();
    for (backend, shows) in [("keyring-test", true), ("keyring-file", false)] {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = file(home.path(), backend, "alice");
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.contains(&"c5".repeat(32)), shows);
        assert_eq!(text.contains("NOT ENCRYPTED"), shows);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
    }
}

#[test]
fn one_passphrase_opens_the_whole_keyring() {
    let home = TempDir::new().unwrap();
    let alice = secret(Scheme::Secp256k1);
    let refused = |answers: &[&str]| keyring(home.path(), Backend::File, answers).0.add("alice", &alice);
    assert!(matches!(refused(&["short"]), Err(Error::ShortPassphrase)));
    assert!(matches!(refused(&[PASSPHRASE, "another horse"]), Err(Error::PassphrasesDiffer)));
    assert!(matches!(refused(&[]), Err(Error::Prompt(_))));
    assert!(unlocked(home.path()).list().unwrap().is_empty());

    founded(home.path()).add("alice", &alice).unwrap();
    let (mut keys, asked) = keyring(home.path(), Backend::File, &["wrong horse", "wrong horse", PASSPHRASE]);
    assert!(matches!(keys.secret("alice"), Err(Error::WrongPassphrase)));
    assert!(matches!(keys.add("bob", &secret(Scheme::Ed25519)), Err(Error::WrongPassphrase)));
    keys.add("bob", &secret(Scheme::Ed25519)).unwrap();
    keys.secret("alice").unwrap();
    assert_eq!(*asked.borrow(), [Prompt::Unlock; 3]);
}

#[test]
fn names_that_are_no_file_names_are_refused() {
    let home = TempDir::new().unwrap();
    let (mut keys, _) = keyring(home.path(), Backend::Test, &[]);
    let long = "a".repeat(65);
    for name in ["", ".", "..", "../alice", "a/b", ".alice", "-f", "a b", "a\n", "älice", "a\0", &long] {
        assert!(matches!(keys.add(name, &secret(Scheme::Ed25519)), Err(Error::KeyName(_))), "{name:?}");
        assert!(matches!(keys.show(name), Err(Error::KeyName(_))), "{name:?}");
        assert!(matches!(keys.delete(name), Err(Error::KeyName(_))), "{name:?}");
    }
    keys.add(&long[1..], &secret(Scheme::Ed25519)).unwrap();
}

#[test]
fn an_existing_key_is_never_replaced() {
    let home = TempDir::new().unwrap();
    let (mut keys, _) = keyring(home.path(), Backend::Test, &[]);
    keys.add("alice", &secret(Scheme::Ed25519)).unwrap();
    keys.add("bob", &secret(Scheme::Secp256k1)).unwrap();
    assert!(matches!(keys.add("alice", &secret(Scheme::MlDsa44)), Err(Error::KeyExists(_))));
    assert!(matches!(keys.rename("bob", "alice"), Err(Error::KeyExists(_))));
    assert_eq!(keys.show("alice").unwrap().public_key.scheme(), Some(Scheme::Ed25519));
    assert_eq!(keys.show("bob").unwrap().public_key.scheme(), Some(Scheme::Secp256k1));
}

#[test]
fn rename_and_delete() {
    let home = TempDir::new().unwrap();
    let path = HdPath::bip44(Scheme::Hybrid, 0, 0).unwrap();
    let mut keys = founded(home.path());
    let before = keys.add_mnemonic("alice", Scheme::Hybrid, &generate_mnemonic(12).unwrap(), "", &path).unwrap();
    let after = keys.rename("alice", "carol").unwrap();
    assert_eq!((after.name.as_str(), after.public_key, after.path), ("carol", before.public_key, before.path));
    assert!(matches!(keys.show("alice"), Err(Error::KeyNotFound(_))));
    unlocked(home.path()).secret("carol").unwrap();
    keys.delete("carol").unwrap();
    assert!(keys.list().unwrap().is_empty());
    assert!(matches!(keys.delete("carol"), Err(Error::KeyNotFound(_))));
    assert!(matches!(keys.secret("carol"), Err(Error::KeyNotFound(_))));
}

#[test]
fn a_changed_file_is_noticed() {
    let home = TempDir::new().unwrap();
    let mut keys = founded(home.path());
    keys.add("alice", &secret(Scheme::Ed25519)).unwrap();
    keys.add("bob", &SecretKey::generate(Scheme::Ed25519).unwrap()).unwrap();
    let path = file(home.path(), "keyring-file", "alice");
    let other = file(home.path(), "keyring-file", "bob");
    let (original, bobs) = (fs::read(&path).unwrap(), fs::read(&other).unwrap());
    let bob: Value = serde_json::from_slice(&bobs).unwrap();

    type Change = Box<dyn Fn(&mut Value)>;
    let sealed_changes: [(&str, Change); 5] = [
        ("path", Box::new(|key| key["path"] = json!("m/0'"))),
        ("public key", Box::new(move |key| key["public_key"] = bob["public_key"].clone())),
        ("salt", Box::new(|key| key["secret"]["sealed"]["salt"] = json!("00".repeat(16)))),
        ("cost", Box::new(|key| key["secret"]["sealed"]["passes"] = json!(2))),
        ("ciphertext", Box::new(|key| key["secret"]["sealed"]["ciphertext"] = json!("00".repeat(48)))),
    ];
    for (what, change) in sealed_changes {
        edit(&path, change);
        assert!(matches!(keys.secret("alice"), Err(Error::WrongPassphrase)), "{what}");
        fs::write(&path, &original).unwrap();
    }

    let file_changes: [(&str, Change); 6] = [
        ("format", Box::new(|key| key["format"] = json!("synergy-key/2"))),
        ("name", Box::new(|key| key["name"] = json!("bob"))),
        ("scheme", Box::new(|key| key["scheme"] = json!("ml-dsa-44"))),
        ("unknown field", Box::new(|key| key["extra"] = json!(1))),
        ("bad path", Box::new(|key| key["path"] = json!("x"))),
        ("plain", Box::new(|key| key["secret"] = json!({"plain": {"note": "", "hex": "c5".repeat(32)}}))),
    ];
    for (what, change) in file_changes {
        edit(&path, change);
        assert!(matches!(keys.secret("alice"), Err(Error::KeyFile { .. })), "{what}");
        assert!(matches!(keys.list(), Err(Error::KeyFile { path: named, .. }) if named == path), "{what}");
        fs::write(&path, &original).unwrap();
    }

    fs::write(&path, &bobs).unwrap();
    assert!(matches!(keys.secret("alice"), Err(Error::KeyFile { .. })), "another key's file");
    fs::write(&path, &original[..original.len() / 2]).unwrap();
    assert!(matches!(keys.secret("alice"), Err(Error::KeyFile { .. })), "half a file");
}

#[test]
fn a_plain_key_must_match_its_public_key() {
    let home = TempDir::new().unwrap();
    let (mut keys, _) = keyring(home.path(), Backend::Test, &[]);
    keys.add("alice", &secret(Scheme::Ed25519)).unwrap();
    let path = file(home.path(), "keyring-test", "alice");
    edit(&path, |key| key["secret"]["plain"]["hex"] = json!("c6".repeat(32)));
    assert!(matches!(keys.secret("alice"), Err(Error::KeyFile { .. })));
    edit(&path, |key| key["secret"]["plain"]["hex"] = json!("c6"));
    assert!(matches!(keys.secret("alice"), Err(Error::InvalidSecret { .. })));
}

#[test]
fn a_file_cannot_ask_for_endless_work() {
    let home = TempDir::new().unwrap();
    let mut keys = founded(home.path());
    keys.add("alice", &secret(Scheme::Ed25519)).unwrap();
    let path = file(home.path(), "keyring-file", "alice");
    let original = fs::read(&path).unwrap();
    for (field, value) in [
        ("memory_kib", json!(u32::MAX)),
        ("passes", json!(u32::MAX)),
        ("lanes", json!(1_000_000)),
        ("memory_kib", json!(0)),
        ("kdf", json!("scrypt")),
        ("cipher", json!("none")),
    ] {
        edit(&path, |key| key["secret"]["sealed"][field] = value);
        assert!(matches!(keys.secret("alice"), Err(Error::Sealing)), "{field}");
        fs::write(&path, &original).unwrap();
    }
}

#[test]
fn leftovers_of_a_crash_and_foreign_files_are_passed_over() {
    let home = TempDir::new().unwrap();
    let (mut keys, _) = keyring(home.path(), Backend::Test, &[]);
    keys.add("alice", &secret(Scheme::Ed25519)).unwrap();
    for stray in [".new-x1y2z3", "README", ".hidden.json"] {
        fs::write(home.path().join("keyring-test").join(stray), "half").unwrap();
    }
    assert_eq!(keys.list().unwrap().len(), 1);
}

#[test]
fn an_exported_key_comes_back_under_any_name_and_backend() {
    let home = TempDir::new().unwrap();
    let mut keys = founded(home.path());
    let path = HdPath::bip44(Scheme::MlDsa87, 0, 0).unwrap();
    let alice = keys.add_mnemonic("alice", Scheme::MlDsa87, &generate_mnemonic(24).unwrap(), "", &path).unwrap();
    assert!(matches!(keys.export("alice", "short"), Err(Error::ShortPassphrase)));
    let armored = keys.export("alice", "export phrase").unwrap();
    assert!(armored.starts_with("-----BEGIN SYNERGY PRIVATE KEY-----\n"));
    assert!(armored.lines().all(|line| line.len() <= 64));

    let (mut others, _) = keyring(home.path(), Backend::Test, &[]);
    assert!(matches!(others.import("bob", &armored, PASSPHRASE), Err(Error::WrongPassphrase)));
    let crlf = format!("\n  {}  ", armored.replace('\n', "\r\n"));
    let bob = others.import("bob", &crlf, "export phrase").unwrap();
    assert_eq!((bob.name.as_str(), bob.public_key, bob.path), ("bob", alice.public_key, alice.path));
    assert_eq!(*others.secret("bob").unwrap().to_bytes(), *keys.secret("alice").unwrap().to_bytes());
}

#[test]
fn a_damaged_export_is_refused() {
    let home = TempDir::new().unwrap();
    let mut keys = founded(home.path());
    keys.add("alice", &secret(Scheme::Ed25519)).unwrap();
    let armored = keys.export("alice", "export phrase").unwrap();
    let plain = fs::read_to_string(file(home.path(), "keyring-file", "alice")).unwrap();
    let oversize = format!("{armored}{}", " ".repeat(70_000));
    for text in [
        "",
        "hello",
        &plain,
        &armored.replace("BEGIN", "BEGUN"),
        &armored.replace("END SYNERGY", "END"),
        &armored.replacen("==", "=", 1).replacen("\n", "\n*", 1),
        &oversize,
    ] {
        assert!(matches!(keys.import("bob", text, "export phrase"), Err(Error::Armor(_))), "{text}");
    }
    assert!(matches!(keys.show("bob"), Err(Error::KeyNotFound(_))));
}

proptest! {
    #[test]
    fn file_decoders_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), text in any::<String>()) {
        let _ = decode_key_file(&bytes);
        let _ = decode_key_file(text.as_bytes());
        let _ = decode_armor(&bytes);
        let framed =
            format!("-----BEGIN SYNERGY PRIVATE KEY-----{text}-----END SYNERGY PRIVATE KEY-----");
        let _ = decode_armor(framed.as_bytes());
    }
}

/// The files are what `crypto.EncryptArmorPrivKey` of Cosmos SDK 0.47.15 (bcrypt) and
/// 0.50.13 (argon2), and wasmd 0.61.14's `keys export`, wrote for this secret.
#[test]
fn exports_of_the_cosmos_sdk_come_in_and_ours_go_out() {
    let home = TempDir::new().unwrap();
    let (mut keys, _) = keyring(home.path(), Backend::Test, &[]);
    let secret = "c4a48e2fce1481cd3294b4490f6678090ea98d3d0e5cd984558ab0968741b104";
    for (name, armored) in [
        ("old", include_str!("testdata/sdk-0.47.asc")),
        ("new", include_str!("testdata/sdk-0.50.asc")),
        ("wasmd", include_str!("testdata/wasmd-0.61.asc")),
    ] {
        assert!(matches!(keys.import(name, armored, "wrong horse"), Err(Error::WrongPassphrase)));
        keys.import(name, &armored.replace('\n', "\r\n"), PASSPHRASE).unwrap();
        assert_eq!(hex::encode(&*keys.secret(name).unwrap().to_bytes()), secret);
        assert!(matches!(keys.kem_secret(name), Err(Error::NoKemKey(_))));
        let body = armored.find("\n\n").unwrap() + 2;
        let mut damaged = armored.to_owned();
        damaged.replace_range(body..=body, "A");
        assert!(matches!(keys.import("damaged", &damaged, PASSPHRASE), Err(Error::Armor(_))), "its checksum tells");
    }
    let exported = keys.export_sdk("new", "export phrase").unwrap();
    keys.import("again", &exported, "export phrase").unwrap();
    assert_eq!(keys.show("again").unwrap().public_key, keys.show("old").unwrap().public_key);
    keys.add("quinn", &self::secret(Scheme::MlDsa65)).unwrap();
    assert!(matches!(keys.export_sdk("quinn", "export phrase"), Err(Error::Armor(_))));
    for bad in ["", "kdf: scrypt", "type: sr25519"] {
        let text = include_str!("testdata/sdk-0.50.asc");
        let text = match bad.split_once(": ") {
            Some((header, _)) => {
                text.lines().map(|l| if l.starts_with(header) { bad } else { l }).collect::<Vec<_>>().join("\n")
            }
            None => text.replace("-----END", "-----KEND"),
        };
        assert!(matches!(keys.import("bad", &text, PASSPHRASE), Err(Error::Armor(_))), "{bad}");
    }
}

#[test]
fn a_key_from_a_phrase_has_its_kem_key_wherever_it_goes() {
    let (home, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let phrase = generate_mnemonic(24).unwrap();
    let path = HdPath::bip44(Scheme::Hybrid, 0, 0).unwrap();
    let mut keys = founded(home.path());
    keys.add_mnemonic("alice", Scheme::Hybrid, &phrase, "", &path).unwrap();
    let kem = KemSecret::from_mnemonic(&phrase, "", &path).unwrap().public_key();
    assert_eq!(keys.kem_secret("alice").unwrap().public_key(), kem);
    keys.rename("alice", "bob").unwrap();
    let armored = keys.export("bob", "export phrase").unwrap();
    let mut others = keyring(other.path(), Backend::Test, &[]).0;
    others.import("carol", &armored, "export phrase").unwrap();
    assert_eq!(others.kem_secret("carol").unwrap().public_key(), kem);
    keys.add("random", &secret(Scheme::Secp256k1)).unwrap();
    assert!(matches!(keys.kem_secret("random"), Err(Error::NoKemKey(_))));
}
