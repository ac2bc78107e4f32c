//! Proof of stake on a whole chain: what messages do to the validator set, and with
//! which code each is refused.

use synergy_crypto::Scheme;
use synergy_kernel::Dec;
use synergy_proto::{
    Address, Any, coin,
    cosmos::{
        crypto::ed25519,
        distribution::v1beta1::{
            MsgCommunityPoolSpend, MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward,
            MsgWithdrawValidatorCommission, QueryCommunityPoolRequest, QueryCommunityPoolResponse,
            QueryDelegationRewardsRequest, QueryDelegationRewardsResponse,
        },
        evidence::v1beta1::{QueryAllEvidenceRequest, QueryAllEvidenceResponse},
        slashing::v1beta1::{MsgUnjail, QuerySigningInfoRequest, QuerySigningInfoResponse},
        staking::v1beta1::*,
    },
    pack,
};
use synergy_tests::{Account, Fee, TestChain, ValidatorSets};

const SNRG: u128 = 1_000_000_000_000_000_000;

fn accounts(n: u32) -> Vec<Account> {
    Account::many(n)
}

/// Three validators of 100, 50 and 10 SNRG; short windows.
fn chain(accounts: &[Account]) -> TestChain {
    let all: Vec<&Account> = accounts.iter().collect();
    TestChain::staked(&all, &[100, 50, 10], |document| {
        let state = &mut document["app_state"];
        state["staking"]["params"]["unbonding_time"] = "60s".into();
        state["slashing"]["params"]["signed_blocks_window"] = "10".into();
        state["slashing"]["params"]["downtime_jail_duration"] = "5s".into();
    })
}

fn snrg(amount: u128) -> Option<synergy_proto::Coin> {
    Some(coin::coin(amount * SNRG, coin::BASE_DENOM))
}

fn delegate(from: &Account, to: &Account, amount: u128) -> Any {
    pack(&MsgDelegate {
        delegator_address: from.address().to_string(),
        validator_address: to.address().valoper(),
        amount: snrg(amount),
    })
}

fn undelegate(from: &Account, to: &Account, amount: u128) -> Any {
    pack(&MsgUndelegate {
        delegator_address: from.address().to_string(),
        validator_address: to.address().valoper(),
        amount: snrg(amount),
    })
}

fn redelegate(who: &Account, from: &Account, to: &Account, amount: u128) -> Any {
    pack(&MsgBeginRedelegate {
        delegator_address: who.address().to_string(),
        validator_src_address: from.address().valoper(),
        validator_dst_address: to.address().valoper(),
        amount: snrg(amount),
    })
}

fn unjail(who: &Account) -> Any {
    pack(&MsgUnjail { validator_addr: who.address().valoper() })
}

fn create(who: &Account, key: u32, amount: u128) -> MsgCreateValidator {
    MsgCreateValidator {
        description: Some(Description { moniker: "new".into(), ..Description::default() }),
        commission: Some(CommissionRates {
            rate: Dec::percent(10).atomics(),
            max_rate: Dec::percent(20).atomics(),
            max_change_rate: Dec::percent(1).atomics(),
        }),
        min_self_delegation: "1".into(),
        validator_address: who.address().valoper(),
        pubkey: Some(pack(&ed25519::PubKey { key: ValidatorSets::key(key) })),
        value: snrg(amount),
        ..MsgCreateValidator::default()
    }
}

fn run(chain: &mut TestChain, who: &mut Account, message: Any) -> (String, u32) {
    chain.resync(who);
    let result = chain.deliver(who.sign(&[message], Fee::of(2_000_000)));
    (result.codespace, result.code)
}

fn ok(chain: &mut TestChain, who: &mut Account, message: Any) {
    chain.resync(who);
    let result = chain.deliver(who.sign(&[message], Fee::of(2_000_000)));
    assert_eq!(result.code, 0, "{}", result.log);
}

fn refused(chain: &mut TestChain, who: &mut Account, message: Any, codespace: &str, code: u32) {
    chain.resync(who);
    let result = chain.deliver(who.sign(&[message], Fee::of(2_000_000)));
    assert_eq!((result.codespace.as_str(), result.code), (codespace, code), "{}", result.log);
}

fn validator(chain: &TestChain, who: &Account) -> Validator {
    let request = QueryValidatorRequest { validator_addr: who.address().valoper() };
    let response: QueryValidatorResponse = chain.query("/cosmos.staking.v1beta1.Query/Validator", &request, 0).unwrap();
    response.validator.unwrap()
}

fn blocks(chain: &mut TestChain, n: usize) {
    for _ in 0..n {
        chain.block(&[]);
        chain.check_invariants();
    }
}

#[test]
fn genesis_validators_are_the_first_set_and_a_created_one_joins_it_two_heights_later() {
    let mut a = accounts(4);
    let mut chain = chain(&a);
    assert_eq!(chain.validators.powers().values().copied().collect::<Vec<_>>().iter().sum::<i64>(), 160);
    let message = pack(&create(&a[3], 3, 70));
    ok(&mut chain, &mut a[3], message);
    let address = ValidatorSets::address(3);
    assert!(!chain.validators.powers().contains_key(&address));
    assert_eq!(chain.validators.coming()[&address], 70);
    blocks(&mut chain, 2);
    assert_eq!(chain.validators.powers()[&address], 70);
    assert_eq!(validator(&chain, &a[3]).status, BondStatus::Bonded as i32);
}

#[test]
fn stake_comes_back_after_the_unbonding_time_and_not_before() {
    let mut a = accounts(4);
    let mut chain = chain(&a);
    let (d, rest) = a.split_last_mut().unwrap();
    let message = delegate(d, &rest[0], 30);
    ok(&mut chain, d, message);
    assert_eq!(chain.validators.coming()[&ValidatorSets::address(0)], 130);
    let message = undelegate(d, &rest[0], 10);
    ok(&mut chain, d, message);
    assert_eq!(chain.validators.coming()[&ValidatorSets::address(0)], 120);
    let before = chain.balance(&d.address());
    blocks(&mut chain, 59);
    assert_eq!(chain.balance(&d.address()), before);
    blocks(&mut chain, 1);
    assert_eq!(chain.balance(&d.address()), before + 10 * SNRG);
}

#[test]
fn an_unbonding_can_be_cancelled_in_part() {
    let mut a = accounts(4);
    let mut chain = chain(&a);
    let (d, rest) = a.split_last_mut().unwrap();
    let message = delegate(d, &rest[0], 30);
    ok(&mut chain, d, message);
    let message = undelegate(d, &rest[0], 10);
    ok(&mut chain, d, message);
    let cancel = |amount, creation_height| {
        pack(&MsgCancelUnbondingDelegation {
            delegator_address: d.address().to_string(),
            validator_address: rest[0].address().valoper(),
            amount: snrg(amount),
            creation_height,
        })
    };
    let (wrong, too_much, right) = (cancel(4, 9), cancel(11, 2), cancel(4, 2));
    refused(&mut chain, d, wrong, "sdk", 38);
    refused(&mut chain, d, too_much, "sdk", 18);
    ok(&mut chain, d, right);
    assert_eq!(chain.validators.coming()[&ValidatorSets::address(0)], 124);
    let before = chain.balance(&d.address());
    blocks(&mut chain, 60);
    assert_eq!(chain.balance(&d.address()), before + 6 * SNRG);
}

#[test]
fn who_is_away_too_long_is_slashed_and_jailed_and_comes_back_by_unjail() {
    let mut a = accounts(3);
    let mut chain = chain(&a);
    let address = ValidatorSets::address(1);
    refused(&mut chain, &mut a[1], unjail(&accounts(2)[1]), "slashing", 5);
    chain.validators.absent.insert(address);
    blocks(&mut chain, 12);
    let v = validator(&chain, &a[1]);
    assert!(v.jailed);
    // 0.01 % of 50 SNRG.
    assert_eq!(v.tokens, (50 * SNRG - 50 * SNRG / 10_000).to_string());
    assert!(!chain.validators.coming().contains_key(&address));
    refused(&mut chain, &mut a[1], unjail(&accounts(2)[1]), "slashing", 4);
    chain.validators.absent.clear();
    blocks(&mut chain, 5);
    ok(&mut chain, &mut a[1], unjail(&accounts(2)[1]));
    assert_eq!(chain.validators.coming()[&address], 49);
    blocks(&mut chain, 12);
    assert!(!validator(&chain, &a[1]).jailed);
}

#[test]
fn signing_twice_slashes_what_stood_behind_it_and_jails_for_ever() {
    let mut a = accounts(4);
    let mut chain = chain(&a);
    let address = ValidatorSets::address(1);
    let (d, rest) = a.split_last_mut().unwrap();
    let message = delegate(d, &rest[1], 40);
    ok(&mut chain, d, message);
    blocks(&mut chain, 3);
    // After the infraction 10 leave and 10 move: both are slashed with the 20 that stayed.
    let message = undelegate(d, &rest[1], 10);
    ok(&mut chain, d, message);
    let message = redelegate(d, &rest[1], &rest[0], 10);
    ok(&mut chain, d, message);
    chain.validators.double_sign(address, 90, 4);
    blocks(&mut chain, 1);
    let v = validator(&chain, &rest[1]);
    assert!(v.jailed);
    // 5 % of 90: half of it from each ten, the rest from the 70 that stayed.
    assert_eq!(v.tokens, (70 * SNRG - 35 * SNRG / 10).to_string());
    assert_eq!(validator(&chain, &rest[0]).tokens, (110 * SNRG - SNRG / 2).to_string());
    let info: QuerySigningInfoResponse = chain
        .query(
            "/cosmos.slashing.v1beta1.Query/SigningInfo",
            &QuerySigningInfoRequest { cons_address: address.valcons() },
            0,
        )
        .unwrap();
    assert!(info.val_signing_info.unwrap().tombstoned);
    let all: QueryAllEvidenceResponse =
        chain.query("/cosmos.evidence.v1beta1.Query/AllEvidence", &QueryAllEvidenceRequest::default(), 0).unwrap();
    assert_eq!(all.evidence.len(), 1);
    // Once is enough, and there is no way back.
    chain.validators.double_sign(address, 90, 4);
    blocks(&mut chain, 8);
    assert_eq!(validator(&chain, &rest[1]).tokens, v.tokens);
    refused(&mut chain, &mut rest[1], unjail(&accounts(2)[1]), "slashing", 4);
    let before = chain.balance(&d.address());
    blocks(&mut chain, 60);
    assert_eq!(chain.balance(&d.address()), before + 10 * SNRG - SNRG / 2);
}

#[test]
fn misbehaviour_of_strangers_changes_nothing() {
    let a = accounts(3);
    let mut chain = chain(&a);
    chain.validators.double_sign(Address::module("stranger"), 5, 1);
    blocks(&mut chain, 2);
}

#[test]
fn rewards_and_commission_are_paid_and_the_rest_is_the_communitys() {
    let mut a = accounts(4);
    let mut chain = chain(&a);
    let (d, rest) = a.split_last_mut().unwrap();
    let message = delegate(d, &rest[0], 100);
    ok(&mut chain, d, message);
    blocks(&mut chain, 5);
    let request = QueryDelegationRewardsRequest {
        delegator_address: d.address().to_string(),
        validator_address: rest[0].address().valoper(),
    };
    let pending: QueryDelegationRewardsResponse =
        chain.query("/cosmos.distribution.v1beta1.Query/DelegationRewards", &request, 0).unwrap();
    let pending = Dec::from_atomics(&pending.rewards[0].amount).unwrap().floor().unwrap();
    assert!(pending > 0);
    let elsewhere = Address::module("cold wallet");
    let set =
        MsgSetWithdrawAddress { delegator_address: d.address().to_string(), withdraw_address: elsewhere.to_string() };
    ok(&mut chain, d, pack(&set));
    let withdraw = MsgWithdrawDelegatorReward {
        delegator_address: d.address().to_string(),
        validator_address: rest[0].address().valoper(),
    };
    ok(&mut chain, d, pack(&withdraw));
    assert!(chain.balance(&elsewhere) > pending);
    let commission = MsgWithdrawValidatorCommission { validator_address: rest[0].address().valoper() };
    ok(&mut chain, &mut rest[0], pack(&commission));
    refused(
        &mut chain,
        d,
        pack(&MsgWithdrawDelegatorReward { validator_address: d.address().valoper(), ..withdraw.clone() }),
        "distribution",
        6,
    );
    refused(
        &mut chain,
        d,
        pack(&MsgWithdrawDelegatorReward { validator_address: rest[1].address().valoper(), ..withdraw }),
        "distribution",
        5,
    );
    let fund =
        MsgFundCommunityPool { amount: vec![coin::coin(SNRG, coin::BASE_DENOM)], depositor: d.address().to_string() };
    ok(&mut chain, d, pack(&fund));
    let pool: QueryCommunityPoolResponse = chain
        .query("/cosmos.distribution.v1beta1.Query/CommunityPool", &QueryCommunityPoolRequest::default(), 0)
        .unwrap();
    assert!(Dec::from_atomics(&pool.pool[0].amount).unwrap() > SNRG);
    let spend = MsgCommunityPoolSpend {
        authority: d.address().to_string(),
        recipient: d.address().to_string(),
        amount: vec![coin::coin(1, coin::BASE_DENOM)],
    };
    refused(&mut chain, d, pack(&spend), "gov", 13);
    chain.check_invariants();
}

#[test]
fn refused_messages_have_the_sdks_codes() {
    let mut a = accounts(5);
    let mut chain = chain(&a);
    let (d, rest) = a.split_last_mut().unwrap();
    let stranger = Account::new(Scheme::Secp256k1, 99, 0);
    let message = delegate(d, &stranger, 1);
    refused(&mut chain, d, message, "staking", 3);
    let message = delegate(d, &rest[0], 0);
    refused(&mut chain, d, message, "sdk", 18);
    let message = delegate(d, &rest[0], 10_000_000);
    refused(&mut chain, d, message, "sdk", 5);
    let message = undelegate(d, &rest[0], 1);
    refused(&mut chain, d, message, "staking", 19);
    let message = delegate(d, &rest[0], 10);
    ok(&mut chain, d, message);
    let message = undelegate(d, &rest[0], 11);
    refused(&mut chain, d, message, "sdk", 18);
    let message = redelegate(d, &rest[0], &rest[0], 1);
    refused(&mut chain, d, message, "staking", 29);
    let message = redelegate(d, &rest[0], &stranger, 1);
    refused(&mut chain, d, message, "staking", 31);
    let message = redelegate(d, &rest[0], &rest[1], 5);
    ok(&mut chain, d, message);
    let message = redelegate(d, &rest[1], &rest[2], 1);
    refused(&mut chain, d, message, "staking", 32);
    for _ in 0..7 {
        let message = pack(&MsgUndelegate {
            delegator_address: d.address().to_string(),
            validator_address: rest[0].address().valoper(),
            amount: Some(coin::coin(1, coin::BASE_DENOM)),
        });
        ok(&mut chain, d, message);
    }
    let message = undelegate(d, &rest[0], 1);
    refused(&mut chain, d, message, "staking", 27);
    refuses_validators(&mut chain, rest);
    chain.check_invariants();
}

fn refuses_validators(chain: &mut TestChain, a: &mut [Account]) {
    let rates = |rate, max, change| {
        let percent = |n| Dec::percent(n).atomics();
        Some(CommissionRates { rate: percent(rate), max_rate: percent(max), max_change_rate: percent(change) })
    };
    let good = create(&a[3], 3, 20);
    let mut case = |message: MsgCreateValidator, codespace, code| {
        assert_eq!(run(chain, &mut a[3], pack(&message)), (String::from(codespace), code));
    };
    case(MsgCreateValidator { commission: rates(10, 101, 1), ..good.clone() }, "staking", 10);
    case(MsgCreateValidator { commission: rates(30, 20, 1), ..good.clone() }, "staking", 11);
    case(MsgCreateValidator { commission: rates(10, 20, 30), ..good.clone() }, "staking", 14);
    case(MsgCreateValidator { min_self_delegation: (21 * SNRG).to_string(), ..good.clone() }, "staking", 16);
    case(MsgCreateValidator { description: None, ..good.clone() }, "sdk", 18);
    case(MsgCreateValidator { pubkey: None, ..good.clone() }, "staking", 39);
    case(
        MsgCreateValidator { pubkey: Some(pack(&ed25519::PubKey { key: ValidatorSets::key(0) })), ..good.clone() },
        "staking",
        5,
    );
    let other = synergy_proto::cosmos::crypto::secp256k1::PubKey { key: vec![2; 33] };
    case(MsgCreateValidator { pubkey: Some(pack(&other)), ..good.clone() }, "staking", 6);
    case(good.clone(), "", 0);
    case(good, "staking", 4);
    let edit = |rate: u32| {
        pack(&MsgEditValidator {
            description: Some(Description { moniker: "[do-not-modify]".into(), ..Description::default() }),
            validator_address: a[3].address().valoper(),
            commission_rate: Dec::percent(rate).atomics(),
            min_self_delegation: String::new(),
        })
    };
    let (soon, above, far, fine) = (edit(11), edit(21), edit(12), edit(11));
    refused(chain, &mut a[3], soon, "staking", 12);
    chain.delay += 24 * 3600;
    refused(chain, &mut a[3], above, "staking", 11);
    refused(chain, &mut a[3], far, "staking", 15);
    ok(chain, &mut a[3], fine);
    let v = validator(chain, &a[3]);
    assert_eq!(v.description.unwrap().moniker, "new");
    assert_eq!(v.commission.unwrap().commission_rates.unwrap().rate, Dec::percent(11).atomics());
    // Below its own minimum an operator is jailed, and cannot come back.
    let message = undelegate(&a[3], &a[3], 20);
    ok(chain, &mut a[3], message);
    let message = unjail(&a[3]);
    refused(chain, &mut a[3], message, "slashing", 6);
}

#[test]
fn an_exported_state_starts_a_chain_that_goes_on() {
    let mut a = accounts(4);
    let mut chain = chain(&a);
    let (d, rest) = a.split_last_mut().unwrap();
    for message in [delegate(d, &rest[0], 30), undelegate(d, &rest[0], 10), redelegate(d, &rest[0], &rest[1], 5)] {
        ok(&mut chain, d, message);
    }
    chain.validators.absent.insert(ValidatorSets::address(2));
    blocks(&mut chain, 4);
    let export = |chain: &TestChain| {
        let sections = chain.app.read(|ctx| chain.app.chain().export_genesis(ctx)).unwrap();
        serde_json::to_value(sections).unwrap()
    };
    let exported = export(&chain);
    let mut document = synergy_app::genesis::document(synergy_tests::CHAIN_ID, "2026-01-01T00:00:00Z");
    document["app_state"] = exported.clone();
    document["initial_height"] = "8".into();
    let again = TestChain::from_genesis(Box::new(synergy_store::MemDb::default()), 0, &document);
    assert_eq!(export(&again), exported);
    assert_eq!(again.validators.powers(), chain.validators.coming());
    again.check_invariants();
}

#[test]
fn a_genesis_whose_validators_disagree_with_its_stake_is_refused() {
    use synergy_abci::{Application, messages::*};
    let a = accounts(3);
    let mut document = synergy_app::genesis::document(synergy_tests::CHAIN_ID, "2026-01-01T00:00:00Z");
    synergy_app::genesis::add_validator(&mut document, &ValidatorSets::consensus_key(0), &a[0].address(), 10).unwrap();
    let listed = |power| {
        let sum = Some(public_key::Sum::Ed25519(ValidatorSets::key(0).into()));
        RequestInitChain {
            chain_id: synergy_tests::CHAIN_ID.into(),
            validators: vec![ValidatorUpdate { pub_key: Some(PublicKey { sum }), power }],
            app_state_bytes: serde_json::to_vec(&document["app_state"]).unwrap().into(),
            ..RequestInitChain::default()
        }
    };
    let fresh = synergy_app::App::new(
        synergy_app::Chain::new(synergy_tests::engine(), synergy_tests::shared_contracts()),
        synergy_store::Store::open(
            Box::new(synergy_store::MemDb::default()),
            &synergy_app::Chain::new(synergy_tests::engine(), synergy_tests::shared_contracts()).stores(),
            synergy_store::Config::default(),
        )
        .unwrap(),
        synergy_app::config::AppConfig::default(),
    )
    .unwrap();
    let error = fresh.init_chain(listed(11)).unwrap_err().0;
    assert!(error.contains("leave the list empty"), "{error}");
    assert_eq!(fresh.init_chain(listed(10)).unwrap().validators.len(), 1);
}

#[test]
fn queries_answer_and_page() {
    let mut a = accounts(4);
    let mut chain = chain(&a);
    let (d, rest) = a.split_last_mut().unwrap();
    let message = delegate(d, &rest[0], 30);
    ok(&mut chain, d, message);
    let bonded = QueryValidatorsRequest { status: "BOND_STATUS_BONDED".into(), ..QueryValidatorsRequest::default() };
    let found: QueryValidatorsResponse = chain.query("/cosmos.staking.v1beta1.Query/Validators", &bonded, 0).unwrap();
    assert_eq!(found.validators.len(), 3);
    let none = QueryValidatorsRequest { status: "BOND_STATUS_UNBONDED".into(), ..QueryValidatorsRequest::default() };
    let found: QueryValidatorsResponse = chain.query("/cosmos.staking.v1beta1.Query/Validators", &none, 0).unwrap();
    assert!(found.validators.is_empty());
    let pool: QueryPoolResponse =
        chain.query("/cosmos.staking.v1beta1.Query/Pool", &QueryPoolRequest::default(), 0).unwrap();
    assert_eq!(pool.pool.unwrap().bonded_tokens, (190 * SNRG).to_string());
    let of = QueryValidatorDelegationsRequest { validator_addr: rest[0].address().valoper(), pagination: None };
    let found: QueryValidatorDelegationsResponse =
        chain.query("/cosmos.staking.v1beta1.Query/ValidatorDelegations", &of, 0).unwrap();
    assert_eq!(found.delegation_responses.len(), 2);
    let history = QueryHistoricalInfoRequest { height: 1 };
    let found: QueryHistoricalInfoResponse =
        chain.query("/cosmos.staking.v1beta1.Query/HistoricalInfo", &history, 0).unwrap();
    assert_eq!(found.hist.unwrap().valset.len(), 3);
    let missing = QueryDelegationRequest {
        delegator_addr: rest[1].address().to_string(),
        validator_addr: rest[0].address().valoper(),
    };
    let error =
        chain.query::<_, QueryDelegationResponse>("/cosmos.staking.v1beta1.Query/Delegation", &missing, 0).unwrap_err();
    assert!(error.message.contains("code = NotFound") && error.message.contains("key not found"), "{error}");
}
