//! Contracts under governance, through proposals that validators vote on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use synergy_proto::{
    Address, Any, coin,
    cosmos::gov::v1::*,
    cosmwasm::{
        AccessConfig, AccessType, MsgAddCodeUploadParamsAddresses, MsgInstantiateContract, MsgPinCodes,
        MsgRemoveCodeUploadParamsAddresses, MsgStoreAndInstantiateContract, MsgStoreAndMigrateContract,
        MsgSudoContract, MsgUnpinCodes, MsgUpdateParams, Params, QueryCodeRequest, QueryCodeResponse,
        QueryContractHistoryRequest, QueryContractHistoryResponse, QueryContractInfoRequest, QueryContractInfoResponse,
        QueryContractsByCodeRequest, QueryContractsByCodeResponse, QueryParamsRequest, QueryParamsResponse,
        QueryPinnedCodesRequest, QueryPinnedCodesResponse,
    },
    pack,
};
use synergy_tests::{
    Account, CHAIN_ID, FUNDS, Fee, TestChain, ValidatorSets,
    contracts::{instantiate, ready, smart, store_code},
    contracts_in, disk,
};

const QUERY: &str = "/cosmwasm.wasm.v1.Query";
const SNRG: u128 = 1_000_000_000_000_000_000;
/// Gas of loading a byte of WebAssembly, as docs/contracts.md has it.
const LOAD_BYTE: i64 = 40;

/// A chain of one validator, who also has the contracts.
struct World {
    chain: TestChain,
    alice: Account,
    bob: Account,
    proposals: u64,
}

fn document(accounts: &[&Account]) -> Value {
    let mut document = synergy_app::genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    for account in accounts {
        let funds = [coin::coin(FUNDS, coin::BASE_DENOM)];
        synergy_app::genesis::add_account(&mut document, &account.address(), &funds).unwrap();
    }
    let key = ValidatorSets::consensus_key(0);
    synergy_app::genesis::add_validator(&mut document, &key, &accounts[0].address(), 100).unwrap();
    let params = &mut document["app_state"]["gov"]["params"];
    params["max_deposit_period"] = "10s".into();
    params["voting_period"] = "6s".into();
    params["expedited_voting_period"] = "5s".into();
    document
}

fn gov() -> String {
    Address::module("gov").to_string()
}

impl World {
    fn new(db: &Path, cache: &Path) -> Self {
        let [alice, bob]: [Account; 2] = Account::many(2).try_into().ok().expect("two accounts");
        let chain = Self::node(&alice, &bob, db, cache);
        Self { chain, alice, bob, proposals: 0 }
    }

    fn node(alice: &Account, bob: &Account, db: &Path, cache: &Path) -> TestChain {
        TestChain::with_contracts(disk("fjall", db), 0, &document(&[alice, bob]), contracts_in(cache))
    }

    /// Proposes the messages, votes for them and waits for what comes of it.
    fn decide(&mut self, messages: Vec<Any>) -> Proposal {
        self.proposals += 1;
        let (proposal_id, proposer) = (self.proposals, self.alice.address().to_string());
        let submit = MsgSubmitProposal {
            messages,
            initial_deposit: vec![coin::coin(100 * SNRG, coin::BASE_DENOM)],
            proposer: proposer.clone(),
            title: "contracts".into(),
            summary: "a change of contracts".into(),
            ..MsgSubmitProposal::default()
        };
        let vote = MsgVote { proposal_id, voter: proposer, option: VoteOption::Yes.into(), metadata: String::new() };
        for message in [pack(&submit), pack(&vote)] {
            let result = self.chain.deliver(self.alice.sign(&[message], Fee::of(200_000_000)));
            assert_eq!(result.code, 0, "{}", result.log);
        }
        for _ in 0..8 {
            self.chain.block(&[]);
        }
        let request = QueryProposalRequest { proposal_id };
        let answer: QueryProposalResponse = self.chain.query("/cosmos.gov.v1.Query/Proposal", &request, 0).unwrap();
        answer.proposal.unwrap()
    }

    fn passes(&mut self, messages: Vec<Any>) {
        let proposal = self.decide(messages);
        assert_eq!(proposal.status(), ProposalStatus::Passed, "{}", proposal.failed_reason);
    }

    fn first_message(&self) -> Value {
        json!({"verifier": self.alice.address().to_string(), "beneficiary": self.bob.address().to_string()})
    }

    /// Makes an instance and tells its gas.
    fn make(&mut self, code_id: u64) -> i64 {
        let message = MsgInstantiateContract {
            sender: self.alice.address().to_string(),
            code_id,
            label: "test".into(),
            msg: self.first_message().to_string().into_bytes(),
            ..MsgInstantiateContract::default()
        };
        let result = self.chain.deliver(self.alice.sign(&[pack(&message)], Fee::of(60_000_000)));
        assert_eq!(result.code, 0, "{}", result.log);
        result.gas_used
    }

    fn pinned(&self) -> Vec<u64> {
        let request = QueryPinnedCodesRequest { pagination: None };
        let answer: QueryPinnedCodesResponse = self.chain.query(&format!("{QUERY}/PinnedCodes"), &request, 0).unwrap();
        answer.code_ids
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|e| e == "module")).collect()
}

#[test]
fn codes_that_pay_no_load_are_in_memory_when_a_node_opens() {
    let [db, cache, cold] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let mut world = World::new(db.path(), cache.path());
    let wasm = ready("wasmd/hackatom.wasm");
    let load = LOAD_BYTE * wasm.len() as i64;
    let store = |world: &mut World| store_code(&mut world.chain, &mut world.alice, wasm.clone());

    // The first use pays, those that follow in other blocks do not.
    let used = store(&mut world);
    let (first, second) = (world.make(used), world.make(used));
    assert!((load..load + 30_000).contains(&(first - second)), "{first} {second}");

    // The first use of a pinned code does not.
    let pinned = store(&mut world);
    let unknown = world.decide(vec![pack(&MsgPinCodes { authority: gov(), code_ids: vec![pinned, 77] })]);
    assert_eq!(unknown.status(), ProposalStatus::Failed);
    assert!(unknown.failed_reason.contains("no such code"), "{}", unknown.failed_reason);
    assert!(world.pinned().is_empty(), "a failed proposal leaves nothing");
    world.passes(vec![pack(&MsgPinCodes { authority: gov(), code_ids: vec![pinned] })]);
    assert_eq!(world.pinned(), [pinned]);
    // Beside loads, gas differs by the digits of heights.
    assert!(world.make(pinned) < second + 10_000);

    // A node without machine code compiles it before it takes part in consensus, and
    // needs the file no more.
    let World { chain, mut alice, bob, proposals } = world;
    drop(chain);
    let chain = World::node(&alice, &bob, db.path(), cold.path());
    assert!(files(cold.path()).is_empty());
    chain.app.prepare().unwrap();
    let [file]: [PathBuf; 1] = files(cold.path()).try_into().expect("one file: both codes are the same bytes");
    fs::remove_file(file).unwrap();
    chain.resync(&mut alice);
    let mut world = World { chain, alice, bob, proposals };
    assert!(world.make(used) < second + 10_000 && world.make(pinned) < second + 10_000);
    assert!(files(cold.path()).is_empty());

    world.passes(vec![pack(&MsgUnpinCodes { authority: gov(), code_ids: vec![pinned] })]);
    assert!(world.pinned().is_empty());
    assert!(world.make(pinned) - second >= load, "a code that was pinned is not among those used lately");
}

#[test]
fn proposals_store_make_migrate_and_command_contracts() {
    let [db, cache] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut world = World::new(db.path(), cache.path());
    let id = store_code(&mut world.chain, &mut world.alice, ready("wasmd/hackatom.wasm"));
    let first = world.first_message();
    let funds = [coin::coin(7, coin::BASE_DENOM)];
    let contract = instantiate(&mut world.chain, &mut world.alice, id, &first, &funds);

    let listed = AccessConfig {
        permission: AccessType::AnyOfAddresses.into(),
        addresses: vec![world.alice.address().to_string()],
    };
    let params = Params { code_upload_access: Some(listed), instantiate_default_permission: AccessType::Nobody.into() };
    let (alice, bob) = (world.alice.address(), world.bob.address());
    // From now on Bob alone may upload, and nobody make instances; governance may all the same.
    world.passes(vec![
        pack(&MsgUpdateParams { authority: gov(), params: Some(params) }),
        pack(&MsgAddCodeUploadParamsAddresses { authority: gov(), addresses: vec![bob.to_string()] }),
        pack(&MsgRemoveCodeUploadParamsAddresses { authority: gov(), addresses: vec![alice.to_string()] }),
    ]);
    let answer: QueryParamsResponse = world.chain.query(&format!("{QUERY}/Params"), &QueryParamsRequest {}, 0).unwrap();
    assert_eq!(answer.params.unwrap().code_upload_access.unwrap().addresses, [bob.to_string()]);

    let steal = json!({"steal_funds": {"recipient": bob.to_string(), "amount": [{"denom": "asnrg", "amount": "7"}]}});
    let before = world.chain.balance(&bob);
    let sudo = MsgSudoContract { authority: gov(), contract: contract.clone(), msg: steal.to_string().into_bytes() };
    world.passes(vec![pack(&sudo)]);
    assert_eq!(world.chain.balance(&bob), before + 7);
    let again = world.decide(vec![pack(&sudo)]);
    assert_eq!(again.status(), ProposalStatus::Failed, "the contract has nothing left");

    let made = MsgStoreAndInstantiateContract {
        authority: gov(),
        wasm_byte_code: ready("wasmd/hackatom.wasm.gzip"),
        admin: gov(),
        label: "of the chain".into(),
        msg: world.first_message().to_string().into_bytes(),
        ..MsgStoreAndInstantiateContract::default()
    };
    world.passes(vec![pack(&made)]);
    let request = QueryContractsByCodeRequest { code_id: 2, pagination: None };
    let found: QueryContractsByCodeResponse =
        world.chain.query(&format!("{QUERY}/ContractsByCode"), &request, 0).unwrap();
    let [new] = found.contracts.as_slice() else { panic!("{:?}", found.contracts) };
    assert_eq!(smart(&world.chain, new, &json!({"verifier": {}})).unwrap()["verifier"], alice.to_string());
    let request = QueryContractInfoRequest { address: new.clone() };
    let info: QueryContractInfoResponse = world.chain.query(&format!("{QUERY}/ContractInfo"), &request, 0).unwrap();
    let info = info.contract_info.unwrap();
    assert_eq!((info.creator, info.admin, info.label.as_str()), (gov(), gov(), "of the chain"));

    let migrate = MsgStoreAndMigrateContract {
        authority: gov(),
        wasm_byte_code: ready("wasmd/burner.wasm"),
        contract: new.clone(),
        msg: json!({"payout": bob.to_string()}).to_string().into_bytes(),
        ..MsgStoreAndMigrateContract::default()
    };
    world.passes(vec![pack(&migrate)]);
    let request = QueryContractHistoryRequest { address: new.clone(), pagination: None };
    let history: QueryContractHistoryResponse =
        world.chain.query(&format!("{QUERY}/ContractHistory"), &request, 0).unwrap();
    assert_eq!(history.entries.iter().map(|entry| entry.code_id).collect::<Vec<_>>(), [2, 3]);
    let code: QueryCodeResponse =
        world.chain.query(&format!("{QUERY}/Code"), &QueryCodeRequest { code_id: 3 }, 0).unwrap();
    assert_eq!(code.data, ready("wasmd/burner.wasm"));
    world.chain.check_invariants();
}
