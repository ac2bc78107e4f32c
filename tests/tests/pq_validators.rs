//! Validators with ML-DSA-65 keys: how they come into the set, answer for their deeds and
//! into an export, and which keys are refused with which code. And evidence by message.

use prost::Message;
use synergy_abci::messages::{ConsensusParams, ValidatorParams};
use synergy_app::{export, genesis};
use synergy_crypto::Scheme;
use synergy_kernel::{Dec, Result};
use synergy_proto::{
    Address, Any, ConsensusKey, KeyType, MlDsa65PubKey, Timestamp, coin,
    consensus::MsgUpdateParams,
    cosmos::{
        evidence::v1beta1::{Equivocation, MsgSubmitEvidence, QueryAllEvidenceRequest, QueryAllEvidenceResponse},
        slashing::v1beta1::{QuerySigningInfoRequest, QuerySigningInfoResponse},
        staking::v1beta1::*,
    },
    pack,
    tendermint::{google::protobuf::Duration, v0_38::types as consensus},
};
use synergy_store::MemDb;
use synergy_tests::{Account, Fee, TestChain};

const SNRG: u128 = 1_000_000_000_000_000_000;

/// A chain of one ed25519 validator with 100 SNRG, run by the first of three accounts,
/// that allows keys of these types.
fn chain(types: &[&str]) -> (TestChain, Vec<Account>) {
    let accounts = Account::many(3);
    let chain = TestChain::staked(&accounts.iter().collect::<Vec<_>>(), &[100], |document| {
        document["consensus_params"]["validator"]["pub_key_types"] = types.into();
    });
    (chain, accounts)
}

fn key() -> ConsensusKey {
    ConsensusKey::new(KeyType::MlDsa65, Account::new(Scheme::MlDsa65, 0, 0).public_key()).unwrap()
}

fn create(who: &Account, key: Any) -> Any {
    pack(&MsgCreateValidator {
        description: Some(Description { moniker: "pq".into(), ..Description::default() }),
        commission: Some(CommissionRates {
            rate: Dec::percent(10).atomics(),
            max_rate: Dec::percent(20).atomics(),
            max_change_rate: Dec::percent(1).atomics(),
        }),
        min_self_delegation: "1".into(),
        validator_address: who.address().valoper(),
        pubkey: Some(key),
        value: Some(coin::coin(40 * SNRG, coin::BASE_DENOM)),
        ..MsgCreateValidator::default()
    })
}

fn run(chain: &mut TestChain, who: &mut Account, message: Any) -> (String, u32) {
    chain.resync(who);
    let result = chain.deliver(who.sign(&[message], Fee::of(2_000_000)));
    (result.codespace, result.code)
}

#[test]
fn an_ml_dsa_validator_joins_the_set_is_tombstoned_and_comes_through_an_export() {
    let (mut chain, mut a) = chain(&["ed25519", "ml_dsa_65"]);
    let message = create(&a[1], key().to_any());
    assert_eq!(run(&mut chain, &mut a[1], message), (String::new(), 0));
    let address = key().address();
    assert_eq!(chain.validators.coming()[&address], 40);
    for _ in 0..3 {
        chain.block(&[]);
        chain.check_invariants();
    }
    chain.validators.double_sign(address, 40, 3);
    chain.block(&[]);
    assert!(!chain.validators.coming().contains_key(&address));
    let request = QuerySigningInfoRequest { cons_address: address.valcons() };
    let info: QuerySigningInfoResponse =
        chain.query("/cosmos.slashing.v1beta1.Query/SigningInfo", &request, 0).unwrap();
    assert!(info.val_signing_info.unwrap().tombstoned);
    let all: QueryAllEvidenceResponse =
        chain.query("/cosmos.evidence.v1beta1.Query/AllEvidence", &QueryAllEvidenceRequest::default(), 0).unwrap();
    let again = MsgSubmitEvidence { submitter: a[2].address().to_string(), evidence: Some(all.evidence[0].clone()) };
    assert_eq!(run(&mut chain, &mut a[2], pack(&again)), ("evidence".to_owned(), 5));
    // A key is one validator's for ever.
    let message = create(&a[2], key().to_any());
    assert_eq!(run(&mut chain, &mut a[2], message), ("staking".to_owned(), 5));

    let document = export::document(&chain.app, 0, true).unwrap();
    genesis::validate(&document).unwrap();
    let next = TestChain::from_genesis(Box::new(MemDb::default()), 0, &document);
    let request = QueryValidatorRequest { validator_addr: a[1].address().valoper() };
    let found: QueryValidatorResponse = next.query("/cosmos.staking.v1beta1.Query/Validator", &request, 0).unwrap();
    assert_eq!(found.validator.unwrap().consensus_pubkey, Some(key().to_any()));
}

#[test]
fn keys_that_the_consensus_params_do_not_name_and_broken_ones_are_refused() {
    let (mut chain, mut a) = chain(&["ed25519"]);
    let short = |n| pack(&MlDsa65PubKey { key: vec![1; n] });
    let account_key = pack(&synergy_proto::synergy::crypto::MlDsa65PubKey { key: key().into_bytes() });
    for (key, codespace, code) in [
        (key().to_any(), "staking", 6),
        (account_key, "staking", 6),
        (short(1951), "sdk", 8),
        (short(32), "sdk", 8),
        (Any { value: vec![0xff], ..short(0) }, "sdk", 8),
    ] {
        let message = create(&a[1], key);
        assert_eq!(run(&mut chain, &mut a[1], message), (codespace.to_owned(), code));
    }
    let mut document = genesis::document("synergy-test-1", "2026-01-01T00:00:00Z");
    let error = genesis::add_validator(&mut document, &key(), &a[0].address(), 1).unwrap_err();
    assert!(error.contains("pub_key_types does not have ml_dsa_65"), "{error}");
    document["consensus_params"]["validator"]["pub_key_types"] = ["ml_dsa_65"].as_slice().into();
    genesis::add_validator(&mut document, &key(), &a[0].address(), 1).unwrap();
    genesis::validate(&document).unwrap();
    document["consensus_params"]["validator"]["pub_key_types"] = ["ed25519"].as_slice().into();
    let error = genesis::validate(&document).unwrap_err();
    assert!(error.contains("got: ml_dsa_65"), "{error}");
}

#[test]
fn a_type_of_keys_is_allowed_from_the_block_after_governance_added_it_and_never_taken_away() {
    let (chain, a) = chain(&["ed25519"]);
    let gov = Address::module("gov");
    let allow = |types: &[&str]| {
        pack(&MsgUpdateParams {
            authority: gov.to_string(),
            block: Some(consensus::BlockParams { max_bytes: 1 << 20, max_gas: -1 }),
            evidence: Some(consensus::EvidenceParams {
                max_age_num_blocks: 10,
                max_age_duration: Some(Duration { seconds: 60, nanos: 0 }),
                max_bytes: 1_000,
            }),
            validator: Some(consensus::ValidatorParams { pub_key_types: types.iter().map(|&t| t.into()).collect() }),
            abci: None,
        })
    };
    let code = |result: Result<Any>| result.map_or_else(|e| (e.codespace, e.code), |_| ("", 0));
    chain
        .app
        .read(|ctx| {
            for bad in [&["ml_dsa_65"][..], &["ed25519", "bls12_381"], &[]] {
                assert_eq!(code(ctx.dispatch(&allow(bad), &gov)), ("sdk", 18), "{bad:?}");
            }
            ctx.dispatch(&allow(&["ed25519", "ml_dsa_65"]), &gov)?;
            let create = create(&a[1], key().to_any());
            // CometBFT judges this block's updates by the params before it.
            assert_eq!(code(ctx.dispatch(&create, &a[1].address())), ("staking", 6));
            let told = chain.app.chain().end_block(ctx, Default::default())?.consensus_params.unwrap();
            let types = ConsensusParams::decode(told.as_slice()).unwrap().validator;
            assert_eq!(types, Some(ValidatorParams { pub_key_types: vec!["ed25519".into(), "ml_dsa_65".into()] }));
            assert_eq!(code(ctx.dispatch(&create, &a[1].address())), ("", 0));
            assert_eq!(code(ctx.dispatch(&allow(&["ed25519"]), &gov)), ("sdk", 18));
            assert!(chain.app.chain().end_block(ctx, Default::default())?.consensus_params.is_none());
            Ok(())
        })
        .unwrap();
}

#[test]
fn evidence_by_message_is_refused_with_the_sdks_codes() {
    let (mut chain, mut a) = chain(&["ed25519"]);
    let good = Equivocation {
        height: 1,
        time: Some(Timestamp { seconds: 1_767_225_601, nanos: 0 }),
        power: 100,
        consensus_address: synergy_tests::ValidatorSets::address(0).valcons(),
    };
    let submitter = a[1].address().to_string();
    let mut case = |evidence: Option<Any>, codespace: &str, code: u32| {
        let message = pack(&MsgSubmitEvidence { submitter: submitter.clone(), evidence });
        assert_eq!(run(&mut chain, &mut a[1], message), (codespace.to_owned(), code));
    };
    case(None, "evidence", 3);
    for bad in [
        Equivocation { height: 0, ..good.clone() },
        Equivocation { time: None, ..good.clone() },
        Equivocation { power: 0, ..good.clone() },
        Equivocation { consensus_address: String::new(), ..good.clone() },
    ] {
        case(Some(pack(&bad)), "evidence", 3);
    }
    case(Some(key().to_any()), "sdk", 2);
    case(Some(pack(&good)), "evidence", 2);
}
