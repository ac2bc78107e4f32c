//! Amino JSON: the documents that CosmJS signs, the ones that the SDK's rules give where
//! CosmJS has no converter, and what is refused.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use proptest::prelude::*;
use prost::Message;
use serde_json::Value;
use synergy_app::amino::{Document, render};
use synergy_crypto::{AccountKey, Scheme};
use synergy_proto::{
    ADDRESS_PREFIX, Address, Any, Coin, Timestamp,
    cosmos::{
        authz::v1beta1::{GenericAuthorization, Grant, MsgExec, MsgGrant},
        bank::v1beta1::MsgSend,
        feegrant::v1beta1::{BasicAllowance, MsgGrantAllowance},
        staking::v1beta1::{
            MsgDelegate, StakeAuthorization,
            stake_authorization::{Policy, Validators},
        },
        tx::v1beta1::{AuthInfo, Fee as TxFee, SignDoc, TxBody},
    },
    pack,
};
use synergy_tests::{Account, Fee, TestChain};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../testdata/cosmjs.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn sign_documents_are_those_of_cosmjs() {
    let file = vectors();
    let chain_id = file["chain_id"].as_str().unwrap();
    let (number, sequence) = (file["account_number"].as_u64().unwrap(), file["sequence"].as_u64().unwrap());
    let documents = file["documents"].as_array().unwrap();
    assert!(documents.len() >= 30);
    let mut different = Vec::new();
    for vector in documents {
        let name = vector["name"].as_str().unwrap();
        let body_bytes = bytes(&vector["body"]);
        let body = TxBody::decode(body_bytes.as_slice()).unwrap();
        let auth = AuthInfo::decode(bytes(&vector["auth_info_amino"]).as_slice()).unwrap();
        let document = Document::new(&body, &auth.fee.unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let found = String::from_utf8(document.sign_bytes(chain_id, number, sequence)).unwrap();
        // The SDK shortened this name for Ledger devices, CosmJS keeps the long one.
        let expected = vector["sign_bytes_amino"].as_str().unwrap();
        let expected =
            expected.replace("cosmos-sdk/MsgWithdrawValidatorCommission", "cosmos-sdk/MsgWithdrawValCommission");
        if found != expected {
            different.push(format!("{name}\n found    {found}\n expected {expected}"));
        }
        let direct = SignDoc {
            body_bytes,
            auth_info_bytes: bytes(&vector["auth_info_direct"]),
            chain_id: chain_id.to_owned(),
            account_number: number,
        };
        assert_eq!(direct.encode_to_vec(), bytes(&vector["sign_bytes_direct"]), "{name}");
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn multisig_addresses_are_those_of_cosmjs() {
    for vector in vectors()["multisigs"].as_array().unwrap() {
        let value = bytes(&vector["any"]);
        let key = AccountKey::from_any("/cosmos.crypto.multisig.LegacyAminoPubKey", &value).unwrap();
        assert_eq!(key.threshold() as u64, vector["threshold"].as_u64().unwrap());
        assert_eq!(key.to_any().1, value, "one encoding");
        assert_eq!(
            Address::from(key.address()).to_bech32(ADDRESS_PREFIX).unwrap(),
            vector["address"].as_str().unwrap()
        );
    }
}

/// The forms that the SDK's `x/tx/signing/aminojson` gives for messages that CosmJS 0.38
/// does not convert.
#[test]
fn messages_that_cosmjs_does_not_know_follow_the_sdk() {
    let generic = GenericAuthorization { msg: "/cosmos.bank.v1beta1.MsgSend".into() };
    let expiration = Some(Timestamp { seconds: 1_700_000_000, nanos: 0 });
    let grant = MsgGrant {
        granter: "a".into(),
        grantee: "b".into(),
        grant: Some(Grant { authorization: Some(pack(&generic)), expiration }),
    };
    assert_eq!(
        render(&pack(&grant)).unwrap(),
        r#"{"type":"cosmos-sdk/MsgGrant","value":{"grant":{"authorization":{"type":"cosmos-sdk/GenericAuthorization","value":{"msg":"/cosmos.bank.v1beta1.MsgSend"}},"expiration":"2023-11-14T22:13:20Z"},"grantee":"b","granter":"a"}}"#
    );
    let delegate =
        MsgDelegate { delegator_address: "d".into(), validator_address: "v".into(), amount: Some(coin("1")) };
    let exec = MsgExec { grantee: "b".into(), msgs: vec![pack(&delegate)] };
    assert_eq!(
        render(&pack(&exec)).unwrap(),
        r#"{"type":"cosmos-sdk/MsgExec","value":{"grantee":"b","msgs":[{"type":"cosmos-sdk/MsgDelegate","value":{"amount":{"amount":"1","denom":"asnrg"},"delegator_address":"d","validator_address":"v"}}]}}"#
    );
    let allowance = BasicAllowance { spend_limit: Vec::new(), expiration: None };
    let feegrant = MsgGrantAllowance { granter: "a".into(), grantee: "b".into(), allowance: Some(pack(&allowance)) };
    assert_eq!(
        render(&pack(&feegrant)).unwrap(),
        r#"{"type":"cosmos-sdk/MsgGrantAllowance","value":{"allowance":{"type":"cosmos-sdk/BasicAllowance","value":{"spend_limit":[]}},"grantee":"b","granter":"a"}}"#
    );
    let validators = |policy| StakeAuthorization { max_tokens: None, authorization_type: 1, validators: policy };
    assert_eq!(
        render(&pack(&validators(None))).unwrap(),
        r#"{"type":"cosmos-sdk/StakeAuthorization","value":{"Validators":null,"authorization_type":1}}"#
    );
    let list = Policy::AllowList(Validators { address: vec!["v".into()] });
    assert_eq!(
        render(&pack(&validators(Some(list)))).unwrap(),
        r#"{"type":"cosmos-sdk/StakeAuthorization","value":{"Validators":{"type":"cosmos-sdk/StakeAuthorization/AllowList","value":{"allow_list":{"address":["v"]}}},"authorization_type":1}}"#
    );
}

fn coin(amount: &str) -> Coin {
    Coin { denom: "asnrg".into(), amount: amount.into() }
}

#[test]
fn bytes_that_the_text_would_not_show_are_refused() {
    let send = MsgSend { from_address: "a".into(), to_address: "b".into(), amount: vec![coin("1")] }.encode_to_vec();
    let any = |value: Vec<u8>| Any { type_url: "/cosmos.bank.v1beta1.MsgSend".into(), value };
    render(&any(send.clone())).unwrap();
    for (tail, what) in [
        (vec![0x0a, 1, b'z'], "a second from_address"),
        (vec![0x20, 1], "an unknown field"),
        (vec![0x08, 1], "a number where text stands"),
        (vec![0x1a, 2, 0x18, 1], "an unknown field of a coin"),
        (vec![0x0a, 200], "bytes cut short"),
    ] {
        let error = render(&any([send.clone(), tail].concat())).expect_err(what);
        assert_eq!((error.codespace, error.code), ("sdk", 2), "{what}: {error}");
    }
    let unknown = Any { type_url: "/not.There".into(), value: Vec::new() };
    assert_eq!(render(&unknown).expect_err("unknown").code, 4);
    let nested = (0..40).fold(any(send), |any, _| pack(&MsgExec { grantee: "g".into(), msgs: vec![any] }));
    assert_eq!(render(&nested).expect_err("too deep").code, 2);
    let options = TxBody { non_critical_extension_options: vec![unknown], ..TxBody::default() };
    assert_eq!(Document::new(&options, &TxFee::default()).expect_err("options").code, 4);
}

#[test]
fn every_key_type_signs_amino_json_and_only_what_it_covers() {
    let mut accounts: Vec<_> =
        Scheme::ALL.iter().enumerate().map(|(i, scheme)| Account::new(*scheme, 0, i as u64)).collect();
    let mut chain = TestChain::new(&accounts.iter().collect::<Vec<_>>());
    let to = Account::new(Scheme::Secp256k1, 99, 0).address();
    for account in &mut accounts {
        let send = account.msg_send(&to, 1);
        let tx = account.sign_amino(&[send], Fee::of(200_000), |body, _| body.memo = "<memo>".into());
        let result = chain.deliver(tx);
        assert_eq!(result.code, 0, "{}", result.log);
    }
    let alice = &mut accounts[0];
    let send = alice.msg_send(&to, 1);
    let tx = alice.sign_amino(&[send], Fee::of(200_000), |_, _| {});
    for change in [change_memo, add_default, change_sequence] {
        let result = chain.deliver(change(&tx));
        assert_ne!(result.code, 0);
        assert!([2, 4, 32].contains(&result.code), "{}", result.log);
    }
    assert_eq!(chain.deliver(tx).code, 0);
}

fn changed(tx: &[u8], change: impl FnOnce(&mut synergy_proto::cosmos::tx::v1beta1::TxRaw)) -> Vec<u8> {
    let mut raw = synergy_proto::cosmos::tx::v1beta1::TxRaw::decode(tx).unwrap();
    change(&mut raw);
    raw.encode_to_vec()
}

fn change_memo(tx: &[u8]) -> Vec<u8> {
    changed(tx, |raw| {
        let mut body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
        body.memo = "other".into();
        raw.body_bytes = body.encode_to_vec();
    })
}

/// An empty memo, spelled out: the same transaction under another hash.
fn add_default(tx: &[u8]) -> Vec<u8> {
    changed(tx, |raw| raw.body_bytes.extend([0x12, 0]))
}

fn change_sequence(tx: &[u8]) -> Vec<u8> {
    changed(tx, |raw| {
        let mut auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
        auth.signer_infos[0].sequence += 1;
        raw.auth_info_bytes = auth.encode_to_vec();
    })
}

proptest! {
    /// Any bytes end as a text or an error, and a text is JSON with sorted keys.
    #[test]
    fn arbitrary_bytes_never_panic(index in 0usize..400, value in proptest::collection::vec(any::<u8>(), 0..60)) {
        let urls = vectors();
        let documents = urls["documents"].as_array().unwrap();
        let body = TxBody::decode(bytes(&documents[index % documents.len()]["body"]).as_slice()).unwrap();
        let mut any = body.messages[0].clone();
        any.value.extend(value);
        if let Ok(text) = render(&any) {
            let parsed: Value = serde_json::from_str(&text).unwrap();
            let sorted = parsed.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
            prop_assert_eq!(text, sorted);
        }
    }

    /// Text of every kind comes back from the document as it went in.
    #[test]
    fn text_survives(from in "\\PC*", to in any::<String>(), memo in any::<String>()) {
        let send = MsgSend { from_address: from.clone(), to_address: to.clone(), amount: Vec::new() };
        let body = TxBody { messages: vec![pack(&send)], memo: memo.clone(), ..TxBody::default() };
        let text = Document::new(&body, &TxFee::default()).unwrap().sign_bytes("c", 0, 0);
        let parsed: Value = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(parsed["memo"].as_str(), Some(memo.as_str()));
        prop_assert_eq!(parsed["msgs"][0]["value"]["to_address"].as_str().unwrap_or_default(), to);
        prop_assert_eq!(parsed["msgs"][0]["value"]["from_address"].as_str().unwrap_or_default(), from);
    }
}
