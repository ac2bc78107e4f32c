//! Accounts on a whole chain: vesting, fee allowances and authorizations; consensus
//! params; genesis transactions, and a chain that goes on from an export.

use prost::Message;
use serde_json::{Value, json};
use synergy_app::{export, genesis};
use synergy_crypto::Scheme;
use synergy_proto::{
    Address, Any, coin,
    consensus::{MsgUpdateParams, QueryParamsRequest, QueryParamsResponse},
    cosmos::{
        auth::v1beta1::{QueryAccountRequest, QueryAccountResponse},
        authz::v1beta1::{GenericAuthorization, Grant, MsgExec, MsgGrant},
        bank::v1beta1::{QuerySpendableBalanceByDenomRequest, QuerySpendableBalanceByDenomResponse},
        base::abci::v1beta1::TxMsgData,
        feegrant::v1beta1::{BasicAllowance, MsgGrantAllowance},
        staking::v1beta1::{MsgDelegate, MsgUndelegate, QueryDelegationRequest, QueryDelegationResponse},
        vesting::v1beta1::{DelayedVestingAccount, MsgCreateVestingAccount},
    },
    pack,
    tendermint::{google::protobuf::Duration, v0_38::types as consensus},
};
use synergy_store::MemDb;
use synergy_tests::{Account, CHAIN_ID, FUNDS, Fee, TestChain};

const SNRG: u128 = 1_000_000_000_000_000_000;
/// Seconds of the first block.
const START: i64 = 1_767_225_601;

fn snrg(amount: u128) -> synergy_proto::Coin {
    coin::coin(amount * SNRG, coin::BASE_DENOM)
}

/// A chain of one validator with 100 SNRG, run by the first of three accounts.
fn chain() -> (TestChain, Vec<Account>) {
    let accounts = Account::many(3);
    let chain = TestChain::staked(&accounts.iter().collect::<Vec<_>>(), &[100], |_| ());
    (chain, accounts)
}

fn spendable(chain: &TestChain, owner: &Address) -> u128 {
    let request =
        QuerySpendableBalanceByDenomRequest { address: owner.to_string(), denom: coin::BASE_DENOM.to_owned() };
    let path = "/cosmos.bank.v1beta1.Query/SpendableBalanceByDenom";
    let answer: QuerySpendableBalanceByDenomResponse = chain.query(path, &request, 0).unwrap();
    answer.balance.unwrap().amount.parse().unwrap()
}

#[track_caller]
fn done(chain: &mut TestChain, tx: Vec<u8>) {
    let result = chain.deliver(tx);
    assert_eq!(result.code, 0, "{}", result.log);
}

#[track_caller]
fn refused(chain: &mut TestChain, tx: Vec<u8>, code: (&str, u32)) {
    let result = chain.deliver(tx);
    assert_eq!((result.codespace.as_str(), result.code), code, "{}", result.log);
}

#[test]
fn locked_coins_can_be_staked_and_not_sent_until_they_are_free() {
    let (mut chain, mut accounts) = chain();
    let validator = accounts[0].address().valoper();
    let mut owner = Account::new(Scheme::Secp256k1, 9, 0);
    let create = pack(&MsgCreateVestingAccount {
        from_address: accounts[1].address().to_string(),
        to_address: owner.address().to_string(),
        amount: vec![snrg(100)],
        end_time: START + 1_000,
        delayed: true,
    });
    done(&mut chain, accounts[1].sign(std::slice::from_ref(&create), Fee::of(400_000)));
    refused(&mut chain, accounts[1].sign(&[create], Fee::of(400_000)), ("sdk", 18));
    assert_eq!((chain.balance(&owner.address()), spendable(&chain, &owner.address())), (100 * SNRG, 0));

    let account: QueryAccountResponse = chain
        .query("/cosmos.auth.v1beta1.Query/Account", &QueryAccountRequest { address: owner.address().to_string() }, 0)
        .unwrap();
    let account = account.account.unwrap();
    assert_eq!(account.type_url, "/cosmos.vesting.v1beta1.DelayedVestingAccount");
    let account = DelayedVestingAccount::decode(account.value.as_slice()).unwrap().base_vesting_account.unwrap();
    owner.number = account.base_account.unwrap().account_number;

    // Locked coins pay no fee; what comes later is free at once.
    let other = accounts[1].address();
    refused(&mut chain, owner.sign(&[owner.msg_send(&other, 1)], Fee::of(200_000)), ("sdk", 5));
    owner.sequence = 0;
    done(&mut chain, accounts[1].send(&owner.address(), SNRG));
    let stake = |amount| MsgDelegate {
        delegator_address: Account::new(Scheme::Secp256k1, 9, 0).address().to_string(),
        validator_address: validator.clone(),
        amount: Some(snrg(amount)),
    };
    done(&mut chain, owner.sign(&[pack(&stake(60))], Fee::of(600_000)));
    refused(&mut chain, owner.sign(&[owner.msg_send(&other, SNRG)], Fee::of(200_000)), ("sdk", 5));
    let stake = stake(60);
    let back = pack(&MsgUndelegate {
        delegator_address: stake.delegator_address,
        validator_address: stake.validator_address,
        amount: Some(snrg(10)),
    });
    done(&mut chain, owner.sign(&[back], Fee::of(600_000)));
    chain.check_invariants();
    chain.delay = 1_000;
    chain.block(&[]);
    assert_eq!(spendable(&chain, &owner.address()), chain.balance(&owner.address()), "all is free at the end");
    done(&mut chain, owner.sign(&[owner.msg_send(&other, 30 * SNRG)], Fee::of(200_000)));
    chain.check_invariants();
}

#[test]
fn a_granter_pays_the_fee_as_far_as_it_allows() {
    let (mut chain, mut accounts) = chain();
    let (granter, grantee) = (accounts[1].address(), accounts[2].address());
    let fee = Fee::of(300_000);
    let with_granter = |account: &mut Account, message: Any| {
        let granter = granter.to_string();
        account.sign_with(&[message], fee, |_, auth| auth.fee.as_mut().unwrap().granter = granter)
    };
    let send = accounts[2].msg_send(&granter, 5);
    refused(&mut chain, with_granter(&mut accounts[2], send.clone()), ("sdk", 38));
    accounts[2].sequence = 0;
    let limit = vec![coin::coin(fee.amount + 1, coin::BASE_DENOM)];
    let grant = pack(&MsgGrantAllowance {
        granter: granter.to_string(),
        grantee: grantee.to_string(),
        allowance: Some(pack(&BasicAllowance { spend_limit: limit, expiration: None })),
    });
    done(&mut chain, accounts[1].sign(&[grant], fee));
    let before = (chain.balance(&granter), chain.balance(&grantee));
    done(&mut chain, with_granter(&mut accounts[2], send.clone()));
    assert_eq!((chain.balance(&granter), chain.balance(&grantee)), (before.0 - fee.amount + 5, before.1 - 5));
    refused(&mut chain, with_granter(&mut accounts[2], send), ("feegrant", 2));
    chain.check_invariants();
}

#[test]
fn a_grantee_delegates_in_the_name_of_its_granter() {
    let (mut chain, mut accounts) = chain();
    let (granter, grantee) = (accounts[1].address(), accounts[2].address());
    let delegate = pack(&MsgDelegate {
        delegator_address: granter.to_string(),
        validator_address: accounts[0].address().valoper(),
        amount: Some(snrg(7)),
    });
    let exec = pack(&MsgExec { grantee: grantee.to_string(), msgs: vec![delegate.clone()] });
    let fee = Fee::of(600_000);
    refused(&mut chain, accounts[2].sign(std::slice::from_ref(&exec), fee), ("authz", 2));
    let authorization = Some(pack(&GenericAuthorization { msg: delegate.type_url }));
    let grant = Some(Grant { authorization, expiration: None });
    let grant = pack(&MsgGrant { granter: granter.to_string(), grantee: grantee.to_string(), grant });
    done(&mut chain, accounts[1].sign(&[grant], fee));
    let result = chain.deliver(accounts[2].sign(&[exec], fee));
    assert_eq!(result.code, 0, "{}", result.log);
    let data = TxMsgData::decode(result.data).unwrap();
    assert_eq!(data.msg_responses[0].type_url, "/cosmos.authz.v1beta1.MsgExecResponse");
    let event = result.events.iter().find(|e| e.r#type == "delegate").unwrap();
    assert!(event.attributes.iter().any(|a| a.key == "authz_msg_index" && a.value == "0"));
    let request =
        QueryDelegationRequest { delegator_addr: granter.to_string(), validator_addr: accounts[0].address().valoper() };
    let found: QueryDelegationResponse = chain.query("/cosmos.staking.v1beta1.Query/Delegation", &request, 0).unwrap();
    assert_eq!(found.delegation_response.unwrap().balance, Some(snrg(7)));
    chain.check_invariants();
}

#[test]
fn only_governance_changes_consensus_params_and_only_to_what_cometbft_takes() {
    let (mut chain, mut accounts) = chain();
    let update = |authority: &Address, max_bytes, max_gas| MsgUpdateParams {
        authority: authority.to_string(),
        block: Some(consensus::BlockParams { max_bytes, max_gas }),
        evidence: Some(consensus::EvidenceParams {
            max_age_num_blocks: 10,
            max_age_duration: Some(Duration { seconds: 60, nanos: 0 }),
            max_bytes: 1_000,
        }),
        validator: Some(consensus::ValidatorParams { pub_key_types: vec!["ed25519".to_owned()] }),
        abci: None,
    };
    let own = accounts[1].address();
    let message = pack(&update(&own, 1 << 20, 5_000_000));
    refused(&mut chain, accounts[1].sign(&[message], Fee::of(200_000)), ("gov", 13));
    // Governance dispatches as its module account.
    let gov = Address::module("gov");
    let dispatch = |chain: &TestChain, message: MsgUpdateParams| {
        chain.app.read(|ctx| {
            ctx.dispatch(&pack(&message), &gov)?;
            let end = chain.app.chain().end_block(ctx, Default::default())?;
            let answer = ctx.query("/cosmos.consensus.v1.Query/Params", &QueryParamsRequest {}.encode_to_vec())?;
            Ok((end.consensus_params, QueryParamsResponse::decode(answer.as_slice()).unwrap().params.unwrap()))
        })
    };
    let (told, params) = dispatch(&chain, update(&gov, 1 << 20, 5_000_000)).unwrap();
    assert_eq!(params.block.unwrap().max_gas, 5_000_000);
    assert_eq!(consensus::ConsensusParams::decode(told.unwrap().as_slice()).unwrap(), params, "told as a whole");
    for bad in [
        update(&gov, 0, -1),
        update(&gov, (100 << 20) + 1, -1),
        update(&gov, 500, -1),
        update(&gov, 1 << 20, -2),
        MsgUpdateParams { block: None, ..update(&gov, 1 << 20, -1) },
        MsgUpdateParams { validator: Some(Default::default()), ..update(&gov, 1 << 20, -1) },
        MsgUpdateParams {
            abci: Some(consensus::AbciParams { vote_extensions_enable_height: 5 }),
            ..update(&gov, 1 << 20, -1)
        },
    ] {
        let error = dispatch(&chain, bad).unwrap_err();
        assert_eq!((error.codespace, error.code), ("sdk", 18), "{error}");
    }
}

#[test]
fn a_chain_goes_on_from_an_export_at_height_1() {
    let (mut chain, mut accounts) = chain();
    let delegate = pack(&MsgDelegate {
        delegator_address: accounts[1].address().to_string(),
        validator_address: accounts[0].address().valoper(),
        amount: Some(snrg(50)),
    });
    done(&mut chain, accounts[1].sign(&[delegate], Fee::of(600_000)));
    for _ in 0..5 {
        chain.block(&[]);
    }
    let document = export::document(&chain.app, 0, true).unwrap();
    assert_eq!((&document["initial_height"], &document["chain_id"]), (&json!("1"), &json!(CHAIN_ID)));
    assert_eq!(document["app_state"]["genutil"]["gen_txs"], json!([]));
    genesis::validate(&document).unwrap();
    let mut next = TestChain::from_genesis(Box::new(MemDb::default()), 0, &document);
    next.check_invariants();
    let paid_out = |address: &Address| genesis::balance(&document, address, coin::BASE_DENOM);
    for account in &accounts {
        assert_eq!(next.balance(&account.address()), paid_out(&account.address()));
    }
    assert!(paid_out(&accounts[1].address()) > FUNDS - 50 * SNRG - Fee::of(600_000).amount, "rewards were paid out");
    assert_eq!(next.validators.powers().into_values().collect::<Vec<_>>(), [150]);
    for _ in 0..3 {
        next.block(&[]);
    }
    let back = pack(&MsgUndelegate {
        delegator_address: accounts[1].address().to_string(),
        validator_address: accounts[0].address().valoper(),
        amount: Some(snrg(50)),
    });
    done(&mut next, accounts[1].sign(&[back], Fee::of(600_000)));
    next.check_invariants();
    // An older height exports its own state.
    let older = export::document(&chain.app, 1, false).unwrap();
    assert_eq!(older["initial_height"], "2");
    let shares = |document: &Value| document["app_state"]["staking"]["delegations"].as_array().unwrap().len();
    assert_eq!((shares(&older), shares(&document)), (2, 2));
}
