//! The program as people run it: its output, its exit codes, its files.

mod common;

use std::{fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use prost::Message;
use serde_json::{Value, json};
use synergy_app::{amino::Document, signature::Signature};
use synergy_crypto::{AccountKey, PublicKey};
use synergy_proto::cosmos::tx::v1beta1::{AuthInfo, SignDoc, TxBody, TxRaw};

use common::{Home, PHRASE};

const ALICE: &str = "synergy1r5v5srda7xfth3hn2s26txvrcrntldju0sfy56";
const BOB: &str = "synergy1qyqszqgpqyqszqgpqyqszqgpqyqszqgpxg0pwe";

#[test]
fn help_is_what_it_was() {
    let help = Home::new().ok(&["--help"]);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata/help.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &help).unwrap();
    }
    assert_eq!(help, fs::read_to_string(golden).unwrap(), "run with UPDATE_GOLDEN=1 if the change is meant");
}

#[test]
fn keys_of_every_type_come_back_from_their_phrase() {
    let home = Home::new();
    let key = home.recover("alice", "secp256k1");
    assert_eq!((&key["address"], &key["path"]), (&json!(ALICE), &json!("m/44'/118'/0'/0/0")));
    let types = home.ok(&["keys", "list-key-types", "-o", "text"]);
    for key_type in types.lines().filter(|t| *t != "secp256k1") {
        let first = home.recover(key_type, key_type);
        let args = ["keys", "add", "again", "--dry-run", "--recover", "--key-type", key_type, "-o", "json"];
        let again: Value = serde_json::from_str(&home.ok_with(&args, PHRASE)).unwrap();
        assert_eq!(first["address"], again["address"]);
    }
    let list = home.json(&["keys", "list", "--keyring-backend", "test", "-o", "json"]);
    assert_eq!(list.as_array().unwrap().len(), types.lines().count());
}

#[test]
fn a_new_key_is_shown_with_its_phrase_once() {
    let home = Home::new();
    let test = ["--keyring-backend", "test"];
    let added = home.json(&[&["keys", "add", "alice", "-o", "json"][..], &test].concat());
    assert_eq!(added["mnemonic"].as_str().unwrap().split(' ').count(), 24);
    let shown = home.json(&[&["keys", "show", "alice", "-o", "json"][..], &test].concat());
    assert_eq!((shown.get("mnemonic"), &shown["address"]), (None, &added["address"]));
    let address = home.ok(&[&["keys", "show", "-a", "alice"][..], &test].concat());
    let by_address = home.ok(&[&["keys", "show", "-a", address.trim()][..], &test].concat());
    assert_eq!(address, by_address);
    let validator = home.ok(&[&["keys", "show", "-a", "alice", "--bech", "val"][..], &test].concat());
    assert!(validator.starts_with("synergyvaloper1"), "{validator}");

    let error = home.fails(&[&["keys", "add", "alice"][..], &test].concat());
    assert!(error.contains("exists"), "{error}");
    home.ok(&[&["keys", "rename", "alice", "carol"][..], &test].concat());
    home.ok(&[&["keys", "delete", "carol", "-y"][..], &test].concat());
    assert!(home.fails(&[&["keys", "show", "carol"][..], &test].concat()).starts_with("Error: "));
}

#[test]
fn the_file_keyring_wants_its_passphrase_and_keys_move_between_homes() {
    let (home, other) = (Home::new(), Home::new());
    home.ok_with(&["keys", "add", "alice", "--key-type", "ml-dsa-65"], "correct horse\ncorrect horse\n");
    let shown = home.ok(&["keys", "show", "alice", "-a"]);
    let exported = home.ok_with(&["keys", "export", "alice"], "export pass\ncorrect horse\n");
    let file = other.path().join("alice.asc");
    fs::write(&file, exported).unwrap();
    let import = ["keys", "import", "alice", file.to_str().unwrap(), "--keyring-backend", "test"];
    other.ok_with(&import, "export pass\n");
    assert_eq!(other.ok(&["keys", "show", "alice", "-a", "--keyring-backend", "test"]), shown);
    let wrong = home.run_with(&["keys", "export", "alice"], "export pass\nwrong horse\n");
    assert_eq!(wrong.status.code(), Some(1));
}

#[test]
fn addresses_are_converted() {
    let home = Home::new();
    let parsed = home.json(&["keys", "parse", ALICE, "-o", "json"]);
    let hex = parsed["bytes"].as_str().unwrap();
    assert_eq!(home.json(&["keys", "parse", hex, "-o", "json"])["formats"][0], ALICE);
    assert!(home.ok(&["debug", "addr", hex]).contains(ALICE));
    home.recover("pq", "hybrid");
    let key = home.ok(&["keys", "show", "pq", "-p", "--keyring-backend", "test"]);
    let address = home.ok(&["keys", "show", "pq", "-a", "--keyring-backend", "test"]);
    assert!(home.ok(&["debug", "pubkey", key.trim()]).contains(address.trim()));
}

const OFFLINE: [&str; 13] = [
    "--offline",
    "--chain-id",
    "synergy-local-1",
    "-a",
    "42",
    "-s",
    "7",
    "--gas",
    "200000",
    "-y",
    "--keyring-backend",
    "test",
    "--timeout-height=99",
];

/// Made with CosmJS: `DirectSecp256k1HdWallet.fromMnemonic(PHRASE, {prefix: "synergy"}).signDirect`
/// of @cosmjs/proto-signing 0.39.0, one MsgSend of the values below.
const COSMJS_TX: &str = "CrABCp4BChwvY29zbW9zLmJhbmsudjFiZXRhMS5Nc2dTZW5kEn4KLnN5bmVyZ3kxcjV2NXNyZGE3eGZ0aDNobjJzMjZ0eHZyY3JudGxkanUwc2Z5NTYSLnN5bmVyZ3kxcXlxc3pxZ3BxeXFzenFncHF5cXN6cWdwcXlxc3pxZ3B4ZzBwd2UaHAoFYXNucmcSEzE1MDAwMDAwMDAwMDAwMDAwMDASC2Zyb20gQ29zbUpTGGMScgpQCkYKHy9jb3Ntb3MuY3J5cHRvLnNlY3AyNTZrMS5QdWJLZXkSIwohArpmqEz3g5rxcqE+f8n15wCMuLyhWF+PO6+zA57aPB/dEgQKAggBGAcSHgoYCgVhc25yZxIPMjAwMDAwMDAwMDAwMDAwEMCaDBpAwkZBxH+xFpaec2SK1Fh4f6dKCU9A1i+SOGWldXAH2es0jWtYSTQ+nXXehRX+/CfwFMG6cbx11Z/BGNqdkSJWkA==";

#[test]
fn an_offline_signature_is_that_of_cosmjs() {
    let home = Home::new();
    home.recover("alice", "secp256k1");
    let send =
        ["tx", "bank", "send", "alice", BOB, "1.5snrg", "--note", "from CosmJS", "--gas-prices", "1000000000asnrg"];
    let signed = home.ok(&[&send[..], &OFFLINE].concat());
    let file = home.path().join("signed.json");
    fs::write(&file, &signed).unwrap();
    assert_eq!(home.ok(&["tx", "encode", file.to_str().unwrap()]).trim(), COSMJS_TX);
    assert_eq!(home.json(&["tx", "decode", COSMJS_TX, "-o", "json"]), serde_json::from_str::<Value>(&signed).unwrap());
}

#[test]
fn what_is_generated_is_signed_later_with_any_key() {
    let home = Home::new();
    home.recover("pq", "ml-dsa-65");
    let send = ["tx", "bank", "send", "pq", BOB, "5asnrg", "--fees", "0", "--generate-only"];
    let unsigned = home.json(&[&send[..], &OFFLINE].concat());
    assert_eq!(unsigned["auth_info"]["signer_infos"], json!([]));
    let file = home.path().join("unsigned.json");
    fs::write(&file, unsigned.to_string()).unwrap();
    let sign = ["tx", "sign", file.to_str().unwrap(), "--from", "pq"];
    let signed = home.json(&[&sign[..], &OFFLINE].concat());
    fs::write(&file, signed.to_string()).unwrap();
    let bytes = BASE64.decode(home.ok(&["tx", "encode", file.to_str().unwrap()]).trim()).unwrap();

    let raw = TxRaw::decode(bytes.as_slice()).unwrap();
    let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
    let key = auth.signer_infos[0].public_key.as_ref().unwrap();
    let key = PublicKey::from_any(&key.type_url, &key.value).unwrap();
    let document = SignDoc {
        body_bytes: raw.body_bytes,
        auth_info_bytes: raw.auth_info_bytes,
        chain_id: "synergy-local-1".into(),
        account_number: 42,
    };
    key.verify(&document.encode_to_vec(), &raw.signatures[0]).unwrap();
    assert_eq!(auth.signer_infos[0].sequence, 7);
}

#[test]
fn messages_to_contracts_are_made_as_wasmd_makes_them() {
    let home = Home::new();
    home.recover("alice", "secp256k1");
    let contract = "synergy14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9sau7w8c";
    let message = |args: &[&str]| {
        let more = ["--from", "alice", "--fees", "0", "--generate-only"];
        home.json(&[&["tx", "wasm"], args, &more, &OFFLINE].concat())["body"]["messages"][0].take()
    };
    assert_eq!(
        message(&["execute", contract, r#"{"release":{}}"#, "--amount", "5asnrg"]),
        json!({
            "@type": "/cosmwasm.wasm.v1.MsgExecuteContract", "sender": ALICE, "contract": contract,
            "msg": {"release": {}}, "funds": [{"denom": "asnrg", "amount": "5"}]
        })
    );
    let new = message(&["instantiate2", "7", "{}", "aabb", "--label", "x", "--no-admin", "--fix-msg"]);
    assert_eq!((&new["salt"], &new["fix_msg"], &new["admin"]), (&json!("qrs="), &json!(true), &json!("")));
    let file = home.path().join("contract.wasm");
    fs::write(&file, b"\0asm\x01\0\0\0").unwrap();
    let store = message(&["store", file.to_str().unwrap(), "--instantiate-anyof-addresses", "alice"]);
    assert_eq!(store["instantiate_permission"]["addresses"], json!([ALICE]));
    let packed = BASE64.decode(store["wasm_byte_code"].as_str().unwrap()).unwrap();
    assert!(packed.starts_with(b"\x1f\x8b\x08"), "uploads are packed");

    let refused = home.run_with(&["tx", "wasm", "execute", contract, "{", "--from", "alice", "--offline"], "");
    assert!(!refused.status.success());
}

#[test]
fn a_group_signs_as_the_chain_verifies() {
    let home = Home::new();
    for (name, key_type) in [("a", "secp256k1"), ("b", "ed25519"), ("c", "ml-dsa-44")] {
        home.recover(name, key_type);
    }
    let test = ["--keyring-backend", "test"];
    let add = ["keys", "add", "group", "--multisig", "a,b,c", "--multisig-threshold", "2", "-o", "json"];
    let group = home.json(&[&add[..], &test].concat());
    assert_eq!((&group["type"], &group["key_type"]), (&json!("multi"), &json!("multi")));
    let twice = ["keys", "add", "other", "--multisig", "c,b,a", "--multisig-threshold", "2", "-o", "json"];
    let other = home.json(&[&twice[..], &test].concat());
    assert_eq!(other["address"], group["address"], "members are sorted");
    let kept = ["keys", "add", "third", "--multisig", "c,b,a", "--multisig-threshold", "2", "--nosort", "-o", "json"];
    let known = ["keys", "add", "known", "--pubkey", group["pubkey"].as_str().unwrap(), "-o", "json"];
    assert_eq!(home.json(&[&known[..], &test].concat())["address"], group["address"]);
    assert!(
        home.fails(&[&["keys", "add", "bad", "--multisig", "a", "--multisig-threshold", "2"][..], &test].concat())
            .contains("threshold")
    );

    let file = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let send = ["tx", "bank", "send", "group", BOB, "5asnrg", "--fees", "1asnrg", "--generate-only"];
    let unsigned = file("unsigned.json");
    fs::write(&unsigned, home.ok(&[&send[..], &OFFLINE].concat())).unwrap();
    for member in ["a", "c"] {
        let sign = ["tx", "sign", &unsigned, "--multisig", "group", "--from", member];
        fs::write(file(member), home.ok(&[&sign[..], &OFFLINE].concat())).unwrap();
    }
    let alone = ["tx", "multi-sign", &unsigned, "group", &file("a")];
    assert!(home.fails(&[&alone[..], &OFFLINE].concat()).contains("1 of the 2 members"));
    let together = ["tx", "multisign", &unsigned, "group", &file("c"), &file("a")];
    let signed = file("signed.json");
    fs::write(&signed, home.ok(&[&together[..], &OFFLINE].concat())).unwrap();

    let raw = TxRaw::decode(BASE64.decode(home.ok(&["tx", "encode", &signed]).trim()).unwrap().as_slice()).unwrap();
    let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
    let info = &auth.signer_infos[0];
    let any = info.public_key.as_ref().unwrap();
    let key = AccountKey::from_any(&any.type_url, &any.value).unwrap();
    let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
    let document = Document::new(&body, auth.fee.as_ref().unwrap()).unwrap();
    let signature = Signature::read(info.mode_info.as_ref(), raw.signatures[0].clone(), false).unwrap();
    assert!(signature.verify(&key, |_| document.sign_bytes("synergy-local-1", 42, 7)));
    assert!(!signature.verify(&key, |_| document.sign_bytes("synergy-local-1", 42, 8)));
    let differs = home.json(&[&kept[..], &test].concat());
    let order = |value: &Value| value["pubkey"].as_str().unwrap().to_owned();
    assert_eq!(differs["address"] == group["address"], order(&differs) == order(&group));
}

#[test]
fn nothing_is_signed_without_a_yes() {
    let home = Home::new();
    home.recover("alice", "secp256k1");
    let offline: Vec<&str> = OFFLINE.into_iter().filter(|flag| *flag != "-y").collect();
    let send = [&["tx", "bank", "send", "alice", BOB, "1.5snrg", "--fees", "1asnrg"][..], &offline].concat();
    let output = home.run_with(&send, "n\n");
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(shown.contains(&format!("send 1.5 SNRG (1500000000000000000asnrg) from {ALICE} to {BOB}")), "{shown}");
    assert!(shown.contains("on chain synergy-local-1") && shown.contains("cancelled"), "{shown}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(home.ok_with(&send, "y\n").contains("signatures"));
}

#[test]
fn a_home_is_made_once_and_its_files_agree() {
    let home = Home::new();
    let made = home.json(&["init", "me", "--chain-id", "synergy-test-1", "--keyring-backend", "test", "-o", "json"]);
    assert_eq!(made["node_id"], home.ok(&["comet", "show-node-id"]).trim());
    assert!(home.ok(&["comet", "show-address"]).starts_with("synergyvalcons1"));
    let genesis = || -> Value {
        serde_json::from_str(&fs::read_to_string(home.path().join("config/genesis.json")).unwrap()).unwrap()
    };
    assert_eq!(genesis()["chain_id"], "synergy-test-1");
    let validator: Value = serde_json::from_str(&home.ok(&["comet", "show-validator"])).unwrap();
    assert_eq!(genesis()["app_state"]["staking"]["validators"][0]["consensus_pubkey"]["key"], validator["key"]);
    assert!(home.fails(&["genesis", "add-validator"]).contains("already"));

    home.recover("alice", "secp256k1");
    home.ok(&["genesis", "add-genesis-account", "alice", "1000snrg"]);
    // The first is the pool that holds the validator's stake.
    assert_eq!(genesis()["app_state"]["bank"]["balances"][1]["address"], ALICE);
    let error = home.fails(&["init", "me"]);
    assert!(error.contains("--overwrite"), "{error}");
    for file in ["config.toml", "app.toml", "client.toml", "node_key.json", "priv_validator_key.json"] {
        assert!(home.path().join("config").join(file).is_file(), "{file}");
    }
    assert_eq!(home.ok(&["config", "get", "client", "chain-id"]).trim(), "synergy-test-1");
}

#[test]
fn a_home_with_an_ml_dsa_validator_is_what_cometbft_0_40_reads() {
    let home = Home::new();
    home.ok(&["init", "me", "--keyring-backend", "test", "--consensus-key-algo", "ml_dsa_65"]);
    let read = |file: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(home.path().join("config").join(file)).unwrap()).unwrap()
    };
    let key = read("priv_validator_key.json");
    let bytes = |part: &str| BASE64.decode(key[part]["value"].as_str().unwrap()).unwrap();
    assert_eq!((&key["pub_key"]["type"], bytes("pub_key").len()), (&json!("cometbft/PubKeyMlDsa65"), 1952));
    assert_eq!((&key["priv_key"]["type"], bytes("priv_key").len()), (&json!("cometbft/PrivKeyMlDsa65"), 4032));
    // Both begin with the seed of the matrix (FIPS 204, pkEncode and skEncode).
    assert_eq!(bytes("pub_key")[..32], bytes("priv_key")[..32]);
    let shown: Value = serde_json::from_str(&home.ok(&["comet", "show-validator"])).unwrap();
    assert_eq!(shown, json!({"@type": "/cosmos.crypto.mldsa65.PubKey", "key": key["pub_key"]["value"]}));
    let genesis = read("genesis.json");
    assert_eq!(genesis["consensus_params"]["validator"]["pub_key_types"], json!(["ml_dsa_65"]));
    assert_eq!(genesis["app_state"]["staking"]["validators"][0]["consensus_pubkey"], shown);
    // RFC 8032, section 7.1, test 1.
    let point = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
    let other = json!({"@type": "/cosmos.crypto.ed25519.PubKey", "key": BASE64.encode(point)}).to_string();
    assert!(home.fails(&["genesis", "add-validator", &other]).contains("pub_key_types does not have ed25519"));
    let short = json!({"@type": "/cosmos.crypto.mldsa65.PubKey", "key": BASE64.encode([7; 32])}).to_string();
    assert!(home.fails(&["genesis", "add-validator", &short]).contains("has 1952 bytes"));
}

#[test]
fn many_accounts_come_into_the_genesis_file_at_once_or_not_at_all() {
    let home = Home::new();
    home.ok(&["init", "me", "--keyring-backend", "test", "--no-validator"]);
    let genesis = || fs::read_to_string(home.path().join("config/genesis.json")).unwrap();
    let list = home.path().join("accounts.json");
    let coins = |amount: &str| json!([{"denom": "asnrg", "amount": amount}]);
    let add = |accounts: Value| {
        fs::write(&list, accounts.to_string()).unwrap();
        ["genesis", "bulk-add-genesis-account", list.to_str().unwrap()]
    };
    let before = genesis();
    let twice = json!([{"address": ALICE, "coins": coins("5")}, {"address": ALICE, "coins": coins("6")}]);
    assert!(home.fails(&add(twice)).contains("in the genesis file already"));
    let half = json!([{"address": ALICE, "coins": coins("5"), "vesting_amt": coins("3")}]);
    assert!(home.fails(&add(half)).contains("vesting_end"));
    assert_eq!(genesis(), before);
    home.ok(&add(json!([
        {"address": ALICE, "coins": coins("5")},
        {"address": BOB, "coins": coins("6"), "vesting_amt": coins("4"), "vesting_end": 1_893_456_000},
    ])));
    let made: Value = serde_json::from_str(&genesis()).unwrap();
    let accounts = &made["app_state"]["auth"]["accounts"];
    assert_eq!(accounts[0]["address"], ALICE);
    assert_eq!(accounts[1]["@type"], "/cosmos.vesting.v1beta1.DelayedVestingAccount");
    assert_eq!(made["app_state"]["bank"]["balances"][1]["coins"], coins("6"));
}

#[test]
fn a_testnet_is_made_at_once_and_its_files_agree() {
    let home = Home::new();
    let out = home.path().join("net");
    let list = home.path().join("list.json");
    fs::write(&list, json!([{"address": BOB, "coins": [{"denom": "asnrg", "amount": "7"}]}]).to_string()).unwrap();
    let args = ["testnet", "init-files", "--v", "3", "--full-nodes", "1", "--starting-ip-address", "10.0.0.254"];
    let more = ["--chain-id", "test-9", "--output", "json"];
    let files = ["--output-dir", out.to_str().unwrap(), "--genesis-accounts", list.to_str().unwrap()];
    let made = home.json(&[&args[..], &more, &files].concat());
    let nodes = made["nodes"].as_array().unwrap();
    let names: Vec<_> = nodes.iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["node0", "node1", "node2", "full0"]);
    assert_eq!(nodes[2]["rpc"], "10.0.1.0:26657");

    let read = |node: &Value, file: &str| {
        fs::read_to_string(Path::new(node["home"].as_str().unwrap()).join("config").join(file)).unwrap()
    };
    let genesis = read(&nodes[0], "genesis.json");
    for (at, node) in nodes.iter().enumerate() {
        assert_eq!(read(node, "genesis.json"), genesis);
        let config: toml::Table = read(node, "config.toml").parse().unwrap();
        let peers = config["p2p"]["persistent_peers"].as_str().unwrap();
        let others = nodes.iter().enumerate().filter(|(other, _)| *other != at && *other < 3);
        let others: Vec<_> = others.map(|(_, other)| other["peer"].as_str().unwrap()).collect();
        assert_eq!(peers, others.join(","));
        assert!(peers.contains("@10.0.0.25") && config["instrumentation"]["prometheus"].as_bool().unwrap());
    }
    let genesis: Value = serde_json::from_str(&genesis).unwrap();
    assert_eq!(genesis["chain_id"], "test-9");
    assert_eq!(genesis["app_state"]["genutil"]["gen_txs"].as_array().unwrap().len(), 3);
    assert!(genesis["app_state"]["bank"]["balances"].as_array().unwrap().iter().any(|b| b["address"] == BOB));
    let seed: Value =
        serde_json::from_str(&fs::read_to_string(out.join("node1/synergyd/key_seed.json")).unwrap()).unwrap();
    assert_eq!(seed["secret"].as_str().unwrap().split(' ').count(), 24);
    assert!(home.fails(&[&args[..], &files].concat()).contains("exists: remove"));
}

#[test]
fn nodes_of_a_single_host_share_no_port() {
    let home = Home::new();
    let out = home.path().join("net");
    let args = ["testnet", "init-files", "--single-host", "--starting-port", "30000", "--consensus-key-algo"];
    let made = home.json(&[&args[..], &["ml_dsa_65", "--output", "json", "-o", out.to_str().unwrap()]].concat());
    let nodes = made["nodes"].as_array().unwrap();
    let ports = ["rpc", "rest", "grpc", "metrics", "comet_metrics"];
    let mut all: Vec<_> = nodes.iter().flat_map(|node| ports.map(|port| node[port].as_str().unwrap())).collect();
    assert!(all.iter().all(|address| address.starts_with("127.0.0.1:300")));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 4 * ports.len());
    let beyond = [&args[..3], &["--starting-port", "65530", "-o", "x"]].concat();
    assert!(home.fails(&beyond).contains("has no ports"));
}

#[test]
fn a_bundle_for_a_bug_report_holds_no_key() {
    let home = Home::new();
    home.ok(&["init", "me", "--keyring-backend", "test"]);
    home.recover("alice", "secp256k1");
    home.ok(&["config", "set", "app", "halt-height", "77"]);
    let log = home.path().join("node.log");
    fs::write(&log, "last words\n").unwrap();
    let file = home.path().join("b.tar.gz");
    let (file, log) = (file.to_str().unwrap(), log.to_str().unwrap());
    home.ok(&["debug", "bundle", "--file", file, "--log", log, "--node", "tcp://127.0.0.1:1"]);
    let mut text = String::new();
    let mut names = Vec::new();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(file).unwrap()));
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        names.push(entry.path().unwrap().display().to_string());
        let mut part = String::new();
        std::io::Read::read_to_string(&mut entry, &mut part).unwrap();
        text.push_str(&part);
    }
    for name in ["about.json", "config/app.toml", "data/files.txt", "rpc/status.json", "logs/0-node.log"] {
        assert!(names.contains(&format!("synergyd-debug/{name}")), "{name} is not in {names:?}");
    }
    assert!(text.contains("halt-height = 77") && text.contains("last words"));
    for file in ["priv_validator_key.json", "node_key.json"] {
        let key = fs::read_to_string(home.path().join("config").join(file)).unwrap();
        let key: Value = serde_json::from_str(&key).unwrap();
        assert!(!text.contains(key["priv_key"]["value"].as_str().unwrap()), "{file} is in the bundle");
    }
    assert!(!text.contains("priv_key") && !text.contains(&PHRASE[..40]));
}

#[test]
fn a_node_that_cannot_start_says_why_and_exits_with_its_code() {
    let home = Home::new();
    home.ok(&["init", "me", "--keyring-backend", "test"]);
    home.ok(&["config", "set", "app", "minimum-free-disk", "1000000000000"]);
    let said = home.fails_with(&["start"], 11);
    assert!(said.contains("Error: disk-full: ") && said.contains("minimum-free-disk"), "{said}");

    home.ok(&["config", "set", "app", "minimum-free-disk", "0"]);
    let held = fs::File::create(home.path().join("data/synergyd.lock")).unwrap();
    held.lock().unwrap();
    let said = home.fails_with(&["start"], 10);
    assert!(said.contains("Error: home-in-use: "), "{said}");
    for command in [&["export"][..], &["prune"], &["comet", "unsafe-reset-all", "--yes"], &["snapshots", "export"]] {
        assert!(home.fails_with(command, 10).contains("home-in-use"), "{command:?}");
    }
}

#[test]
fn settings_are_read_and_written() {
    let home = Home::new();
    home.ok(&["config", "set", "app", "halt-height", "5"]);
    assert_eq!(home.ok(&["config", "get", "app", "halt-height"]).trim(), "5");
    let from_environment =
        home.command(&["config", "get", "app", "halt-height"]).env("SYNERGYD_HALT_HEIGHT", "6").output();
    assert_eq!(String::from_utf8(from_environment.unwrap().stdout).unwrap().trim(), "6");
    assert!(home.fails(&["config", "set", "app", "halt-hight", "5"]).contains("did you mean \"halt-height\"?"));
    assert!(home.fails(&["config", "set", "client", "output", "xml"]).contains("text, json"));
    assert_eq!(home.ok(&["config", "home"]).trim(), home.path().to_str().unwrap());
}

#[test]
fn errors_say_what_to_do() {
    let home = Home::new();
    let nobody = ["--node", "tcp://127.0.0.1:1"];
    assert!(home.fails(&[&["status"][..], &nobody].concat()).contains("is cometbft running?"));
    home.recover("alice", "secp256k1");
    let send = ["tx", "bank", "send", "alice", BOB, "1snrg", "--offline", "--keyring-backend", "test"];
    assert!(home.fails(&send).contains("--chain-id"));
    assert!(home.fails(&["tx", "bank", "send", "nobody", BOB, "1snrg"]).starts_with("Error: "));
    assert!(home.fails_with(&["query", "tx", "abcd"], 2).contains("64 digits"));
    home.fails_with(&["tx", "bank", "send"], 2);
    home.fails_with(&["frobnicate"], 2);
}

#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    let home = Home::new();
    let mut child = home.command(&["completion", "bash"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

/// `sdk/js/test/transactions.ts` wrote the file over `@noble` and CosmJS's encoders.
#[test]
fn every_scheme_signs_the_bytes_of_the_javascript_sdk_in_both_modes() {
    let home = Home::new();
    let golden: Value = serde_json::from_str(include_str!("../../tests/testdata/sdk-js.json")).unwrap();
    let text = |key: &str| golden[key].as_str().map_or_else(|| golden[key].to_string(), str::to_owned);
    let (to, chain, number, sequence) = (text("to"), text("chain_id"), text("account_number"), text("sequence"));
    let (gas, note) = (text("gas"), text("note"));
    let transactions = golden["transactions"].as_array().unwrap();
    assert_eq!(transactions.len(), 7);
    for golden in transactions {
        let scheme = golden["scheme"].as_str().unwrap();
        let key = home.recover_from(&text("phrase"), scheme, scheme);
        assert_eq!(key["address"], golden["address"]);
        for mode in ["direct", "amino-json"] {
            let signed = home.ok(&[
                "tx",
                "bank",
                "send",
                scheme,
                &to,
                "1asnrg",
                "--offline",
                "-y",
                "--keyring-backend",
                "test",
                "--chain-id",
                &chain,
                "-a",
                &number,
                "-s",
                &sequence,
                "--gas",
                &gas,
                "--fees",
                "2000asnrg",
                "--note",
                &note,
                "--sign-mode",
                mode,
            ]);
            let file = home.path().join("signed.json");
            fs::write(&file, signed).unwrap();
            assert_eq!(home.ok(&["tx", "encode", file.to_str().unwrap()]).trim(), golden[mode], "{scheme} {mode}");
        }
    }
}

#[test]
fn many_transactions_are_signed_at_once_and_checked() {
    let home = Home::new();
    home.recover("pq", "ml-dsa-44");
    let send = ["tx", "bank", "send", "pq", BOB, "5asnrg", "--fees", "0", "--generate-only"];
    let unsigned = home.ok(&[&send[..], &OFFLINE].concat());
    let file = home.path().join("batch");
    let list = format!("[{},{}]", unsigned.trim(), unsigned.trim());
    for batch in [format!("{unsigned}{unsigned}"), list] {
        fs::write(&file, batch).unwrap();
        let sign = ["tx", "sign-batch", file.to_str().unwrap(), "--from", "pq"];
        let signed = home.ok(&[&sign[..], &OFFLINE].concat());
        assert_eq!(signed.lines().count(), 2);
        for (i, line) in signed.lines().enumerate() {
            let tx: Value = serde_json::from_str(line).unwrap();
            assert_eq!(tx["auth_info"]["signer_infos"][0]["sequence"], (7 + i).to_string());
            let one = home.path().join("one.json");
            fs::write(&one, line).unwrap();
            let check = ["tx", "validate-signatures", one.to_str().unwrap(), "-o", "json"];
            assert_eq!(home.json(&[&check[..], &OFFLINE].concat())["valid"], true);
            fs::write(&one, line.replace("\"amount\":\"5\"", "\"amount\":\"6\"")).unwrap();
            let error = home.fails(&[&check[..], &OFFLINE].concat());
            assert!(error.contains("a signature is wrong"), "{error}");
        }
    }
    fs::write(&file, "").unwrap();
    let error = home.fails(&[&["tx", "sign-batch", file.to_str().unwrap(), "--from", "pq"][..], &OFFLINE].concat());
    assert!(error.contains("has no transaction"), "{error}");
}

#[test]
fn what_is_sealed_to_a_key_opens_with_it_alone() {
    let home = Home::new();
    home.recover("bob", "hybrid");
    home.recover("eve", "ml-dsa-65");
    let test = ["--keyring-backend", "test"];
    let key = home.ok(&[&["keys", "show", "bob", "--kem-key"][..], &test].concat());
    let (plain, sealed) = (home.path().join("plain"), home.path().join("sealed"));
    let payload = "private ".repeat(20_000);
    fs::write(&plain, &payload).unwrap();
    let file = |path: &Path| path.to_str().unwrap().to_owned();
    let seal = ["seal", "bob", &file(&plain), "--kem-key", key.trim(), "--output-document", &file(&sealed)];
    home.ok(&[&seal[..], &test].concat());
    assert!(!fs::read(&sealed).unwrap().windows(8).any(|bytes| bytes == b"private "));
    let open = |name, more: &[&str]| [&["open", &file(&sealed), "--from", name][..], more, &test].concat().join("\n");
    let run = |line: String| home.run_with(&line.split('\n').collect::<Vec<_>>(), "");
    assert_eq!(run(open("bob", &[])).stdout, payload.as_bytes());
    let opened = home.path().join("opened");
    run(open("bob", &["--output-document", &file(&opened)]));
    assert_eq!(fs::read_to_string(&opened).unwrap(), payload);
    // The same phrase and path: another account of it has the same KEM key.
    home.ok_with(&[&["keys", "add", "mallory", "--no-backup"][..], &test].concat(), "");
    let refused = run(open("mallory", &[]));
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.stdout.is_empty() && error.contains("sealed to KEM key"), "{error}");
    let text = home.ok_with(&[&["seal", "bob", "--armor", "--kem-key", key.trim()][..], &test].concat(), "a memo");
    assert!(text.starts_with("-----BEGIN SYNERGY SEALED PAYLOAD-----"));
    assert_eq!(home.ok_with(&[&["open", "--from", "bob"][..], &test].concat(), &text), "a memo");
    for (args, want) in [
        (vec!["open", &file(&plain), "--from", "bob"], "not a sealed payload"),
        (vec!["seal", "bob", "--kem-key", "00ff"], "1216 bytes"),
        (vec!["seal", "bob", "/nowhere", "--kem-key", key.trim()], "cannot read /nowhere"),
    ] {
        let error = home.fails(&[&args[..], &test].concat());
        assert!(error.contains(want), "{error}");
    }
}

#[test]
fn keys_go_to_and_from_programs_of_the_cosmos_sdk() {
    let home = Home::new();
    let test = ["--keyring-backend", "test"];
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crypto/tests/testdata/sdk-0.50.asc");
    let import = ["keys", "import", "sdk", file.to_str().unwrap()];
    home.ok_with(&[&import[..], &test].concat(), "correct horse\n");
    let hex = home.ok(&[&["keys", "export", "sdk", "--unarmored-hex", "--unsafe"][..], &test].concat());
    assert_eq!(hex.trim(), "c4a48e2fce1481cd3294b4490f6678090ea98d3d0e5cd984558ab0968741b104");
    let armored = home.ok_with(&[&["keys", "export", "sdk", "--sdk"][..], &test].concat(), "export pass\n");
    assert!(armored.starts_with("-----BEGIN TENDERMINT PRIVATE KEY-----\nkdf: argon2\n"), "{armored}");
    home.ok_with(&[&["keys", "import-hex", "again"][..], &test].concat(), &hex);
    let address = |name| home.ok(&[&["keys", "show", name, "-a"][..], &test].concat());
    assert_eq!(address("sdk"), address("again"));
    assert!(home.fails_with(&["keys", "export", "sdk", "--unarmored-hex"], 2).contains("--unsafe"));
    let wrong = home.run_with(&[&["keys", "import-hex", "bad"][..], &test].concat(), "xyz");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("64 digits"));
}

#[test]
fn debug_converts_and_decodes() {
    let home = Home::new();
    let json = home.ok(&[
        "debug",
        "codec",
        "decode",
        "/cosmos.base.v1beta1.Coin",
        "0a056173 6e7267".replace(' ', "").as_str(),
    ]);
    assert!(json.contains("denom: asnrg"), "{json}");
    assert!(home.ok(&["debug", "codec", "list"]).contains("/cosmos.bank.v1beta1.MsgSend  "));
    assert_eq!(home.ok(&["debug", "raw-bytes", "[72 101 255]"]).trim(), "4865FF");
    assert!(home.fails(&["debug", "raw-bytes", "300"]).contains("0 to 255"));
    assert!(home.fails(&["debug", "codec", "decode", "/a.B", "00"]).contains("debug codec list"));
    let key = "02ba66a84cf7839af172a13e7fc9f5e7008cb8bca1585f8f3bafb3039eda3c1fdd";
    assert!(home.ok(&["debug", "pubkey-raw", key]).contains(ALICE));
    assert!(home.ok(&["debug", "prefixes"]).contains("synergyvalcons"));
}

#[test]
fn a_pipe_gets_json_and_a_wrong_value_the_right_form() {
    let home = Home::new();
    home.recover("alice", "secp256k1");
    let listed = home.json(&["keys", "list", "--keyring-backend", "test"]);
    assert_eq!(listed[0]["name"], "alice");
    assert!(home.ok(&["keys", "list", "--keyring-backend", "test", "-o", "text"]).starts_with("- "));
    for (args, want) in [
        (&["tx", "bank", "send", "alice", "bob", "1.5"][..], "e.g. 1.5snrg"),
        (&["query", "--height", "x", "auth", "params"], "a block's height, e.g. 1500"),
        (&["keys", "add", "x", "--key-type", "rsa"], "ml-dsa-65"),
        (&["query", "txs", "--query", "q", "--order-by", "up"], "asc or desc"),
    ] {
        let error = home.fails_with(args, 2);
        assert!(error.contains(want), "{args:?}: {error}");
    }
}
