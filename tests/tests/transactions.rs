//! What happens to a transaction: accepted, refused with its code, paid for.

use prost::Message;
use synergy_abci::messages::CheckTxType;
use synergy_crypto::Scheme;
use synergy_proto::{
    Any, coin,
    cosmos::{
        auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse},
        bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output},
        base::abci::v1beta1::TxMsgData,
        tx::v1beta1::{AuthInfo, SimulateRequest, SimulateResponse, TxRaw},
    },
    pack,
    synergy::auth::{QueryPublicKeyRequest, QueryPublicKeyResponse},
};
use synergy_tests::{Account, CHAIN_ID, FUNDS, Fee, TestChain};

fn pair() -> (TestChain, Account, Account) {
    let alice = Account::new(Scheme::Secp256k1, 0, 0);
    let bob = Account::new(Scheme::Secp256k1, 1, 1);
    (TestChain::new(&[&alice, &bob]), alice, bob)
}

#[test]
fn a_send_moves_coins_pays_its_fee_and_answers_as_the_sdk_does() {
    let (mut chain, mut alice, bob) = pair();
    let result = chain.deliver(alice.send(&bob.address(), 5));
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(chain.balance(&bob.address()), FUNDS + 5);
    let fee = Fee::of(200_000).amount;
    assert_eq!(chain.balance(&alice.address()), FUNDS - 5 - fee);
    let data = TxMsgData::decode(result.data).unwrap();
    assert_eq!(data.msg_responses[0].type_url, "/cosmos.bank.v1beta1.MsgSendResponse");
    let transfer = result.events.iter().rfind(|e| e.r#type == "transfer").unwrap();
    assert!(transfer.attributes.iter().all(|a| a.index), "every attribute is indexed");
    assert!(transfer.attributes.iter().any(|a| a.key == "msg_index" && a.value == "0"));
    chain.check_invariants();
}

#[test]
fn every_key_type_signs_and_only_known_ones_show_in_base_account() {
    let mut accounts: Vec<_> =
        Scheme::ALL.iter().enumerate().map(|(i, scheme)| (*scheme, Account::new(*scheme, 0, i as u64))).collect();
    let mut chain = TestChain::new(&accounts.iter().map(|(_, a)| a).collect::<Vec<_>>());
    let to = Account::new(Scheme::Secp256k1, 99, 0).address();
    // A post-quantum key in the account is read and paid for with every look at it.
    let send = |account: &mut Account| {
        let message = account.msg_send(&to, 1);
        account.sign(&[message], Fee::of(300_000))
    };
    let txs: Vec<_> = accounts.iter_mut().map(|(_, a)| send(a)).collect();
    for (response, (scheme, _)) in chain.check(&txs, CheckTxType::New).iter().zip(&accounts) {
        assert_eq!(response.code, 0, "{scheme}: {}", response.log);
    }
    for (result, (scheme, _)) in chain.block(&txs).results.iter().zip(&accounts) {
        assert_eq!(result.code, 0, "{scheme}: {}", result.log);
    }
    assert_eq!(chain.balance(&to), accounts.len() as u128);
    for (scheme, account) in &accounts {
        let address = account.address().to_string();
        let request = QueryAccountRequest { address: address.clone() };
        let response: QueryAccountResponse = chain.query("/cosmos.auth.v1beta1.Query/Account", &request, 0).unwrap();
        let base = BaseAccount::decode(response.account.unwrap().value.as_slice()).unwrap();
        assert_eq!(base.sequence, 1);
        let classic = matches!(scheme, Scheme::Secp256k1 | Scheme::EthSecp256k1 | Scheme::Ed25519);
        assert_eq!(base.pub_key.is_some(), classic, "{scheme}");
        let own: QueryPublicKeyResponse =
            chain.query("/synergy.auth.v1.Query/PublicKey", &QueryPublicKeyRequest { address }, 0).unwrap();
        assert_eq!(own.pub_key.unwrap().type_url, format!("/{}", scheme.message_name()));
    }
}

/// Wallets name the key of Ethereum accounts in two ways.
#[test]
fn an_eth_key_is_one_key_under_both_of_its_names() {
    let mut eth = Account::new(Scheme::EthSecp256k1, 0, 0);
    let mut chain = TestChain::new(&[&eth]);
    let to = Account::new(Scheme::Secp256k1, 9, 0).address();
    for name in ["/ethermint.crypto.v1.ethsecp256k1.PubKey", "/cosmos.evm.crypto.v1.ethsecp256k1.PubKey"] {
        let send = eth.msg_send(&to, 1);
        let tx = eth.sign_with(&[send], Fee::of(200_000), |_, auth| {
            auth.signer_infos[0].public_key.as_mut().unwrap().type_url = name.into();
        });
        let result = chain.deliver(tx);
        assert_eq!(result.code, 0, "{name}: {}", result.log);
    }
    let request = QueryPublicKeyRequest { address: eth.address().to_string() };
    let key: QueryPublicKeyResponse = chain.query("/synergy.auth.v1.Query/PublicKey", &request, 0).unwrap();
    assert_eq!(key.pub_key.unwrap().type_url, "/cosmos.evm.crypto.v1.ethsecp256k1.PubKey");
}

/// Codespace and code of a refusal, and a part of its text.
fn refused(chain: &mut TestChain, tx: Vec<u8>) -> (String, u32, String) {
    let check = chain.check(std::slice::from_ref(&tx), CheckTxType::New).remove(0);
    let result = chain.deliver(tx);
    assert_ne!(check.code, 0, "CheckTx let it in");
    assert_eq!((result.codespace.as_str(), result.code), (check.codespace.as_str(), check.code));
    (result.codespace, result.code, result.log)
}

#[test]
fn each_bad_transaction_has_its_own_code_and_text() {
    let (mut chain, mut alice, bob) = pair();
    let to = bob.address();
    assert_eq!(chain.deliver(alice.send(&to, 1)).code, 0);
    let send = alice.msg_send(&to, 1);
    let fee = Fee::of(200_000);
    let sdk = |code| ("sdk".to_owned(), code);
    let mut expect = |tx: Vec<u8>, code: u32, text: &str| {
        let (codespace, got, log) = refused(&mut chain, tx);
        assert_eq!((codespace, got), sdk(code), "{log}");
        assert!(log.contains(text), "{log:?} does not say {text:?}");
    };
    let none = |_: &mut _, _: &mut _| {};

    expect(vec![0xff; 40], 2, "tx parse error");
    expect(vec![0; (1 << 20) + 1], 21, "at most 1048576");
    expect(
        alice.raw(std::slice::from_ref(&send), fee, none, "other-chain").encode_to_vec(),
        4,
        "please verify account number (0), sequence (1) and chain-id (synergy-test-1)",
    );
    let mut stale = alice.raw(std::slice::from_ref(&send), fee, |_, a| a.signer_infos[0].sequence = 0, CHAIN_ID);
    expect(stale.encode_to_vec(), 32, "account sequence mismatch, expected 1, got 0");
    stale.signatures.clear();
    expect(stale.encode_to_vec(), 15, "no signatures supplied");
    let mut broken = alice.raw(std::slice::from_ref(&send), fee, none, CHAIN_ID);
    broken.signatures[0][10] ^= 1;
    expect(broken.encode_to_vec(), 4, "signature verification failed");
    let mut two = alice.raw(std::slice::from_ref(&send), fee, none, CHAIN_ID);
    two.signatures.push(vec![0; 64]);
    expect(two.encode_to_vec(), 4, "wrong number of signers; expected 1, got 2");
    let unknown = Any { type_url: "/cosmos.gov.v9.MsgNothing".into(), value: vec![] };
    expect(alice.raw(&[unknown], fee, none, CHAIN_ID).encode_to_vec(), 6, "unable to resolve type URL");
    expect(alice.raw(&[], fee, none, CHAIN_ID).encode_to_vec(), 18, "at least one message");
    let cheap = Fee { amount: fee.amount - 1, gas: fee.gas };
    expect(alice.raw(std::slice::from_ref(&send), cheap, none, CHAIN_ID).encode_to_vec(), 13, "insufficient fee");
    let greedy = Fee::of(1_000_000_001);
    expect(alice.raw(std::slice::from_ref(&send), greedy, none, CHAIN_ID).encode_to_vec(), 41, "block max gas");
    expect(
        alice.raw(std::slice::from_ref(&send), fee, |b, _| b.timeout_height = 1, CHAIN_ID).encode_to_vec(),
        30,
        "timeout height",
    );
    expect(
        alice.raw(std::slice::from_ref(&send), fee, |b, _| b.memo = "x".repeat(257), CHAIN_ID).encode_to_vec(),
        12,
        "maximum number of characters is 256",
    );
    expect(
        alice
            .raw(
                std::slice::from_ref(&send),
                fee,
                |b, _| b.extension_options.push(Any { type_url: "/x".into(), value: vec![] }),
                CHAIN_ID,
            )
            .encode_to_vec(),
        31,
        "unknown extension options",
    );
    expect(
        alice
            .raw(
                std::slice::from_ref(&send),
                fee,
                |_, a| {
                    let single = synergy_proto::cosmos::tx::v1beta1::mode_info::Single { mode: 2 };
                    a.signer_infos[0].mode_info.as_mut().unwrap().sum =
                        Some(synergy_proto::cosmos::tx::v1beta1::mode_info::Sum::Single(single));
                },
                CHAIN_ID,
            )
            .encode_to_vec(),
        37,
        "sign mode 2",
    );
    let poor = Account::new(Scheme::Secp256k1, 7, 2);
    let from_poor = poor.raw(&[poor.msg_send(&to, 1)], fee, none, CHAIN_ID).encode_to_vec();
    expect(from_poor, 5, "smaller than");
    let zero = pack(&MsgSend {
        from_address: alice.address().to_string(),
        to_address: to.to_string(),
        amount: vec![coin::coin(0, "asnrg")],
    });
    expect(alice.raw(&[zero], fee, none, CHAIN_ID).encode_to_vec(), 10, "is zero");
    let astray =
        pack(&MsgSend { from_address: alice.address().to_string(), to_address: "cosmos1".into(), amount: vec![] });
    expect(alice.raw(&[astray], fee, none, CHAIN_ID).encode_to_vec(), 7, "invalid recipient address");
    let wrong_key = bob.raw(std::slice::from_ref(&send), fee, none, CHAIN_ID).encode_to_vec();
    expect(wrong_key, 8, "pubKey does not match signer address");
    let small = Fee::of(1_000);
    expect(alice.raw(std::slice::from_ref(&send), small, none, CHAIN_ID).encode_to_vec(), 11, "out of gas");
    chain.check_invariants();
}

#[test]
fn a_failed_message_keeps_fee_and_sequence_and_undoes_the_rest() {
    let (mut chain, mut alice, bob) = pair();
    let messages = [alice.msg_send(&bob.address(), 7), alice.msg_send(&bob.address(), FUNDS)];
    let result = chain.deliver(alice.sign(&messages, Fee::of(300_000)));
    assert_eq!((result.codespace.as_str(), result.code), ("sdk", 5));
    assert!(result.log.contains("message index: 1"), "{}", result.log);
    assert_eq!(chain.balance(&bob.address()), FUNDS);
    assert_eq!(chain.balance(&alice.address()), FUNDS - Fee::of(300_000).amount);
    assert!(result.events.iter().all(|e| e.r#type != "message"));
    let next = chain.deliver(alice.send(&bob.address(), 1));
    assert_eq!(next.code, 0, "{}", next.log);
}

#[test]
fn a_multi_send_balances_or_is_refused() {
    let (mut chain, mut alice, bob) = pair();
    let carol = Account::new(Scheme::Secp256k1, 2, 2);
    let multi = |outputs: &[(&Account, u128)], total: u128| {
        pack(&MsgMultiSend {
            inputs: vec![Input {
                address: Account::new(Scheme::Secp256k1, 0, 0).address().to_string(),
                coins: vec![coin::coin(total, "asnrg")],
            }],
            outputs: outputs
                .iter()
                .map(|(a, n)| Output { address: a.address().to_string(), coins: vec![coin::coin(*n, "asnrg")] })
                .collect(),
        })
    };
    let good = multi(&[(&bob, 3), (&carol, 4)], 7);
    assert_eq!(chain.deliver(alice.sign(&[good], Fee::of(300_000))).code, 0);
    assert_eq!(chain.balance(&carol.address()), 4);
    let bad = alice.raw(&[multi(&[(&bob, 3)], 7)], Fee::of(300_000), |_, _| {}, CHAIN_ID).encode_to_vec();
    let (codespace, code, _) = refused(&mut chain, bad);
    assert_eq!((codespace.as_str(), code), ("bank", 4));
    chain.check_invariants();
}

#[test]
fn module_accounts_take_no_sends() {
    let (mut chain, mut alice, _) = pair();
    let collector = synergy_proto::Address::module("fee_collector");
    let result = chain.deliver(alice.send(&collector, 1));
    assert_eq!((result.codespace.as_str(), result.code), ("sdk", 4));
}

#[test]
fn simulation_needs_no_signature_and_says_the_gas_that_the_block_uses() {
    let (mut chain, mut alice, bob) = pair();
    let signed = alice.send(&bob.address(), 5);
    let mut raw = TxRaw::decode(signed.as_slice()).unwrap();
    raw.signatures = vec![vec![]];
    let mut auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
    auth.fee.as_mut().unwrap().amount.clear();
    raw.auth_info_bytes = auth.encode_to_vec();
    let request = SimulateRequest { tx_bytes: raw.encode_to_vec(), ..SimulateRequest::default() };
    let path = "/cosmos.tx.v1beta1.Service/Simulate";
    let simulated: SimulateResponse = chain.query(path, &request, 0).unwrap();
    let used = chain.deliver(signed).gas_used as u64;
    let guess = simulated.gas_info.unwrap().gas_used;
    assert!(guess.abs_diff(used) < used / 50, "simulated {guess}, used {used}");
    let stale = chain.query::<_, SimulateResponse>(path, &request, 0).unwrap_err();
    assert!(stale.message.contains("account sequence mismatch, expected 1, got 0"), "{}", stale.message);
}

#[test]
fn proposals_order_by_tip_within_accounts_and_accept_only_what_they_would_propose() {
    let (chain, mut alice, mut bob) = pair();
    let tip = |extra: u128| Fee { amount: 200_000 * (1_000_000_000 + extra), gas: 200_000 };
    let to = bob.address();
    let a1 = alice.sign(&[alice.msg_send(&to, 1)], tip(1));
    let a2 = alice.sign(&[alice.msg_send(&to, 2)], tip(100));
    let b1 = bob.sign(&[bob.msg_send(&to, 3)], tip(50));
    let junk = vec![1, 2, 3];
    let proposal = chain.prepare(&[a1.clone(), a2.clone(), junk.clone(), b1.clone()]);
    assert_eq!(proposal, [b1.clone(), a1.clone(), a2.clone()]);
    assert!(chain.process(&proposal));
    assert!(!chain.process(&[junk]), "an undecodable transaction");
    assert!(!chain.process(&[a2, a1.clone()]), "sequences out of order");
    assert!(!chain.process(&[a1.clone(), a1]), "the same transaction twice");
}

#[test]
fn the_mempool_follows_blocks_and_recheck_drops_what_no_longer_pays() {
    let (mut chain, mut alice, bob) = pair();
    let first = alice.send(&bob.address(), 1);
    let second = alice.send(&bob.address(), 2);
    let codes = |chain: &TestChain, txs: &[Vec<u8>], kind| -> Vec<u32> {
        chain.check(txs, kind).iter().map(|r| r.code).collect()
    };
    assert_eq!(codes(&chain, &[first.clone(), second.clone()], CheckTxType::New), [0, 0]);
    assert_eq!(
        codes(&chain, std::slice::from_ref(&second), CheckTxType::New),
        [32],
        "it is in the mempool's state already"
    );
    chain.block(&[first]);
    assert_eq!(codes(&chain, std::slice::from_ref(&second), CheckTxType::Recheck), [0]);
    chain.block(std::slice::from_ref(&second));
    assert_eq!(codes(&chain, &[second], CheckTxType::Recheck), [32]);
}

#[test]
fn full_blocks_raise_the_base_fee_and_half_of_it_burns() {
    let (mut chain, mut alice, bob) = pair();
    let supply =
        |chain: &TestChain| chain.app.read(|ctx| synergy_bank::supply(ctx, &"asnrg".parse().unwrap())).unwrap();
    let before = supply(&chain);
    let fee = Fee::of(200_000).amount;
    let block = chain.block(&[alice.send(&bob.address(), 1)]);
    assert_eq!(block.results[0].code, 0);
    let minted = block.events.iter().find(|e| e.r#type == "mint").unwrap();
    let minted: u128 = minted.attributes.iter().find(|a| a.key == "amount").unwrap().value.parse().unwrap();
    assert_eq!(before + minted - supply(&chain), fee / 2);
    chain.check_invariants();
}
