//! Upgrades of a whole chain: the old program stops, the new one migrates, and the way
//! back.

use std::path::Path;

use serde_json::Value;
use synergy_abci::{Application, messages::RequestInfo};
use synergy_app::{Program, SYNERGYD, config::AppConfig, genesis};
use synergy_kernel::Item;
use synergy_proto::{
    Address, Any, coin,
    cosmos::{
        gov::v1::{MsgSubmitProposal, MsgVote},
        mint::v1beta1::{QueryParamsRequest, QueryParamsResponse},
        upgrade::v1beta1::*,
    },
    pack,
};
use synergy_store::{Config, Store, verify};
use synergy_tests::{
    Account, CHAIN_ID, Fee, TestChain, ValidatorSets, disk,
    next::{BLOCKS_PER_YEAR, NEXT, UPTIME, UPTIME_KEY},
};

/// A chain of one validator on disk, its operator, and what is needed to open it again.
struct World {
    folder: tempfile::TempDir,
    document: Value,
    chain: Option<TestChain>,
    operator: Account,
    proposals: u64,
}

impl World {
    fn new() -> Self {
        let operator = Account::many(1).remove(0);
        let mut document = genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
        let funds = [coin::coin(synergy_tests::FUNDS, coin::BASE_DENOM)];
        genesis::add_account(&mut document, &operator.address(), &funds).unwrap();
        genesis::add_validator(&mut document, &ValidatorSets::consensus_key(0), &operator.address(), 100).unwrap();
        let mut world = Self { folder: tempfile::tempdir().unwrap(), document, chain: None, operator, proposals: 0 };
        world.open(&SYNERGYD, &[]).unwrap();
        world
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn chain(&mut self) -> &mut TestChain {
        self.chain.as_mut().unwrap()
    }

    fn height(&mut self) -> u64 {
        self.chain().app.store().head().height
    }

    /// Stops what runs and starts a program on the same database.
    fn open(&mut self, program: &Program, skip: &[u64]) -> Result<(), String> {
        let before = self.chain.take().map(|chain| (chain.validators, chain.delay));
        let config = AppConfig { unsafe_skip_upgrades: skip.iter().copied().collect(), ..AppConfig::default() };
        let db = disk("fjall", &self.path().join("db"));
        let mut chain = TestChain::with_program(program, config, db, &self.document, self.path())?;
        if let Some((validators, delay)) = before {
            (chain.validators, chain.delay) = (validators, delay);
        }
        self.chain = Some(chain);
        Ok(())
    }

    /// What the next block is refused with.
    fn refused(&mut self) -> String {
        self.chain().try_finalize(&[]).unwrap_err().0
    }

    fn send(&mut self, message: Any) {
        let tx = self.operator.sign(&[message], Fee::of(1_000_000));
        let result = self.chain().deliver(tx);
        assert_eq!(result.code, 0, "{}", result.log);
    }

    /// Has governance send a message.
    fn pass(&mut self, message: Any) {
        let proposer = self.operator.address().to_string();
        self.send(pack(&MsgSubmitProposal {
            messages: vec![message],
            initial_deposit: vec![coin::coin(100_000_000_000_000_000_000, coin::BASE_DENOM)],
            proposer: proposer.clone(),
            title: "upgrade".into(),
            summary: "upgrade".into(),
            ..MsgSubmitProposal::default()
        }));
        self.proposals += 1;
        self.send(pack(&MsgVote { proposal_id: self.proposals, voter: proposer, option: 1, ..MsgVote::default() }));
        self.chain().delay += 3 * 24 * 3600;
        for _ in 0..3 {
            self.chain().block(&[]);
        }
    }

    /// Schedules `next` so many blocks after the five of the vote; returns its height.
    fn schedule(&mut self, after: u64) -> u64 {
        let height = self.height() + 5 + after;
        let plan = Plan { name: "next".into(), height: height as i64, info: "see docs".into(), ..Plan::default() };
        self.pass(pack(&MsgSoftwareUpgrade { authority: Address::module("gov").to_string(), plan: Some(plan) }));
        assert_eq!(self.plan().unwrap().height, height as i64);
        height
    }

    fn plan(&mut self) -> Option<Plan> {
        let path = "/cosmos.upgrade.v1beta1.Query/CurrentPlan";
        let found: QueryCurrentPlanResponse = self.chain().query(path, &QueryCurrentPlanRequest {}, 0).unwrap();
        found.plan
    }

    fn applied(&mut self) -> i64 {
        let path = "/cosmos.upgrade.v1beta1.Query/AppliedPlan";
        let request = QueryAppliedPlanRequest { name: "next".into() };
        let found: QueryAppliedPlanResponse = self.chain().query(path, &request, 0).unwrap();
        found.height
    }

    fn blocks_per_year(&mut self) -> u64 {
        let path = "/cosmos.mint.v1beta1.Query/Params";
        let found: QueryParamsResponse = self.chain().query(path, &QueryParamsRequest {}, 0).unwrap();
        found.params.unwrap().blocks_per_year
    }

    fn app_hash(&mut self) -> Vec<u8> {
        self.chain().app.info(RequestInfo::default()).unwrap().last_block_app_hash.to_vec()
    }
}

fn uptime(world: &mut World) -> Option<u64> {
    const BLOCKS: Item<u64> = Item::new(UPTIME, 1);
    let app = world.chain().app.clone();
    app.read(|ctx| BLOCKS.get(ctx)).unwrap()
}

#[test]
fn the_old_program_stops_the_new_one_migrates_and_a_rollback_gives_the_old_state() {
    let mut world = World::new();
    let before = world.blocks_per_year();
    let height = world.schedule(3);

    let hash = world.app_hash();
    world.open(&NEXT, &[]).unwrap();
    assert_eq!(world.app_hash(), hash, "a store that is still empty changes no hash");
    let early = world.refused();
    assert!(early.contains("BINARY UPDATED BEFORE TRIGGER! UPGRADE \"next\""), "{early}");
    world.open(&SYNERGYD, &[]).unwrap();
    while world.height() + 1 < height {
        world.chain().block(&[]);
    }

    let line = format!("UPGRADE \"next\" NEEDED at height: {height}: see docs");
    assert_eq!((world.refused(), world.refused()), (line.clone(), line));
    let info = std::fs::read_to_string(world.path().join("upgrade-info.json")).unwrap();
    let info: Value = serde_json::from_str(&info).unwrap();
    let expected = serde_json::json!({
        "name": "next", "time": "0001-01-01T00:00:00Z", "height": height, "info": "see docs"
    });
    assert_eq!(info, expected);
    let hash = world.app_hash();

    world.open(&NEXT, &[]).unwrap();
    assert_eq!(world.app_hash(), hash);
    let block = world.chain().block(&[]);
    assert_ne!(block.app_hash, hash);
    assert_eq!((world.applied(), world.plan()), (height as i64, None));
    assert_eq!((world.blocks_per_year(), uptime(&mut world)), (BLOCKS_PER_YEAR, Some(101)));
    let versions: QueryModuleVersionsResponse = world
        .chain()
        .query("/cosmos.upgrade.v1beta1.Query/ModuleVersions", &QueryModuleVersionsRequest::default(), 0)
        .unwrap();
    let version = |name: &str| versions.module_versions.iter().find(|v| v.name == name).map(|v| v.version);
    assert_eq!((version("mint"), version("uptime"), version("acc")), (Some(2), Some(1), Some(1)));
    let proof = world.chain().app.store().prove(height, UPTIME.name, UPTIME_KEY).unwrap();
    verify(&proof, &block.app_hash.clone().try_into().unwrap(), UPTIME.name, UPTIME_KEY).unwrap();
    assert!(world.chain().app.store().prove(height - 1, UPTIME.name, UPTIME_KEY).is_err());
    world.chain().check_invariants();

    let refused = world.open(&SYNERGYD, &[]).unwrap_err();
    assert!(refused.contains("use the newer program"), "{refused}");

    // The way back: the newer program takes its block back, then the old one goes on.
    let (engine, contracts) = (synergy_tests::engine(), synergy_tests::shared_contracts());
    let stores = synergy_app::Chain::of(&NEXT, engine, contracts).stores();
    let store = Store::open(disk("fjall", &world.path().join("db")), &stores, Config::default()).unwrap();
    assert_eq!(store.rollback(1).unwrap().height, height - 1);
    drop(store);
    world.open(&SYNERGYD, &[]).unwrap();
    assert_eq!((world.app_hash(), world.blocks_per_year()), (hash, before));
    assert!(world.refused().starts_with("UPGRADE \"next\" NEEDED"));
    world.open(&SYNERGYD, &[height]).unwrap();
    world.chain().block(&[]);
    assert_eq!((world.applied(), world.plan(), world.blocks_per_year()), (0, None, before));
}

#[test]
fn a_cancelled_upgrade_stops_nobody() {
    let mut world = World::new();
    let height = world.schedule(8);
    world.pass(pack(&MsgCancelUpgrade { authority: Address::module("gov").to_string() }));
    assert_eq!(world.plan(), None);
    assert!(world.height() < height);
    while world.height() <= height {
        world.chain().block(&[]);
    }
    assert_eq!(world.applied(), 0);
}

#[test]
fn a_program_that_is_not_of_the_height_executes_nothing() {
    let mut world = World::new();
    world.chain().block(&[]);
    world.open(&NEXT, &[]).unwrap();
    let newer = world.refused();
    assert!(newer.contains("module mint has version 1 in the state and 2 in this program"), "{newer}");

    world.open(&SYNERGYD, &[]).unwrap();
    let height = world.schedule(2);
    while world.height() + 1 < height {
        world.chain().block(&[]);
    }
    world.open(&NEXT, &[]).unwrap();
    world.chain().block(&[]);
    world.open(&Program { upgrades: &[], ..NEXT }, &[]).unwrap();
    let older = world.refused();
    assert!(older.contains("upgrade handler is missing for next upgrade plan"), "{older}");
    world.open(&NEXT, &[]).unwrap();
    world.chain().block(&[]);
}
