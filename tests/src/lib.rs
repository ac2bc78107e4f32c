//! A chain in process: the real application, driven through ABCI requests in the
//! order that CometBFT's specification gives, without CometBFT.

mod account;
pub mod contracts;
pub mod link;
pub mod next;
mod validators;

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock},
};

use prost::Message;
use serde_json::Value;
use synergy_abci::{Application, Fault, messages::*};
use synergy_app::{App, Chain, Program, SYNERGYD, config::AppConfig, genesis, snapshots::Snapshots};
use synergy_inference::Runtime;
use synergy_kernel::Result;
use synergy_model_registry::Engine;
use synergy_proto::{
    Address, coin,
    cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse},
};
use synergy_store::{Config as StoreConfig, Db, MemDb, Store};

pub use account::{Account, Fee, amino_bytes};
pub use validators::ValidatorSets;

/// The chain id of test chains.
pub const CHAIN_ID: &str = "synergy-test-1";
/// First balance of every account, in `asnrg`.
pub const FUNDS: u128 = 1_000_000_000_000_000_000_000_000;

/// The AI runtime, compiled once per process.
pub fn engine() -> Engine {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Runtime::open(&cache_folder()).expect("AI runtime"));
    Engine::new(runtime.clone())
}

/// A contract engine that keeps machine code in a folder.
pub fn contracts_in(folder: &Path) -> synergy_vm::Engine {
    contracts_with(folder, &[])
}

/// The same, taking contracts that require more than the chain has: most of wasmd's
/// were built with `staking` and never use it.
pub fn contracts_with(folder: &Path, more: &[&str]) -> synergy_vm::Engine {
    let capabilities = synergy_wasm::CAPABILITIES.iter().chain(more).map(|&name| name.to_owned()).collect();
    let settings = synergy_vm::Settings { capabilities, memory_bytes: 512 << 20 };
    synergy_vm::Engine::open(folder, settings).expect("contract engine")
}

/// Folder of machine code that tests share.
fn cache_folder() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join("synergy-test-cache");
    std::fs::create_dir_all(&folder).expect("cache folder");
    folder
}

/// One node's application and the next height it expects.
pub struct TestChain {
    /// The application.
    pub app: Arc<App>,
    /// What CometBFT knows of validators, and what tests want of them.
    pub validators: ValidatorSets,
    /// Seconds that blocks come later than one per second.
    pub delay: i64,
    height: i64,
    genesis: RequestInitChain,
    updates: Mutex<Vec<ValidatorUpdate>>,
}

/// What a block gave.
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Root of the state after it.
    pub app_hash: Vec<u8>,
    /// One per transaction.
    pub results: Vec<ExecTxResult>,
    /// Events of the block itself.
    pub events: Vec<Event>,
}

impl TestChain {
    /// A chain in memory with funded accounts.
    pub fn new(accounts: &[&Account]) -> Self {
        Self::with_db(Box::new(MemDb::default()), 0, accounts)
    }

    /// A chain in memory whose node has these settings.
    pub fn with_config(config: AppConfig, accounts: &[&Account]) -> Self {
        Self::over(open(Box::new(MemDb::default()), 0, config, shared_contracts()), &funded(accounts))
    }

    /// The same with an index of transactions below `home`.
    pub fn indexed(home: &Path, config: AppConfig, accounts: &[&Account]) -> Self {
        let indexer = synergy_app::index::start(home, &config, 0).expect("index");
        let app = open(Box::new(MemDb::default()), 0, config, shared_contracts());
        Self::over(app.with_indexer(indexer), &funded(accounts))
    }

    /// A chain in memory that takes a snapshot of each height into a folder.
    pub fn with_snapshots(folder: &Path, accounts: &[&Account]) -> Self {
        let mut config = AppConfig::default();
        config.state_sync.interval = 1;
        let app = open(Box::new(MemDb::default()), 0, config, shared_contracts());
        Self::over(app.with_snapshots(Snapshots::at(folder.to_owned())), &funded(accounts))
    }

    /// A chain on a database; `keep_heights` 0 keeps all.
    pub fn with_db(db: Box<dyn Db>, keep_heights: u64, accounts: &[&Account]) -> Self {
        Self::from_genesis(db, keep_heights, &funded(accounts))
    }

    /// A chain whose validators are run by these accounts, with so much SNRG of stake
    /// each and the consensus keys of [`ValidatorSets::key`]; `change` may alter the
    /// genesis document.
    pub fn staked(accounts: &[&Account], stakes: &[u64], change: impl FnOnce(&mut Value)) -> Self {
        let mut document = funded(accounts);
        for (index, stake) in stakes.iter().enumerate() {
            let key = ValidatorSets::consensus_key(index as u32);
            genesis::add_validator(&mut document, &key, &accounts[index].address(), *stake).expect("validator");
        }
        change(&mut document);
        Self::from_genesis(Box::new(MemDb::default()), 0, &document)
    }

    /// A chain from a whole genesis document.
    pub fn from_genesis(db: Box<dyn Db>, keep_heights: u64, document: &Value) -> Self {
        Self::with_contracts(db, keep_heights, document, shared_contracts())
    }

    /// The same with a contract engine of its own.
    pub fn with_contracts(db: Box<dyn Db>, keep_heights: u64, document: &Value, contracts: synergy_vm::Engine) -> Self {
        Self::over(open(db, keep_heights, AppConfig::default(), contracts), document)
    }

    /// A chain as `program` runs it; `data` is where `upgrade-info.json` goes.
    ///
    /// # Errors
    /// When the database is not the program's.
    pub fn with_program(
        program: &Program,
        config: AppConfig,
        db: Box<dyn Db>,
        document: &Value,
        data: &Path,
    ) -> std::result::Result<Self, String> {
        let app = open_with(program, db, 0, config, shared_contracts())?;
        Ok(Self::over(app.with_upgrade_info(data), document))
    }

    fn over(app: App, document: &Value) -> Self {
        let app = Arc::new(app);
        let height = app.info(RequestInfo::default()).expect("info").last_block_height;
        let genesis = init_request(document);
        let (validators, updates) = Default::default();
        let mut chain = Self { app, validators, delay: 0, height, genesis, updates };
        if height == 0 {
            chain.validators = ValidatorSets::genesis(chain.init().validators);
        }
        chain
    }

    /// Sends InitChain, as CometBFT does until the first block is committed.
    pub fn init(&self) -> ResponseInitChain {
        self.app.init_chain(self.genesis.clone()).expect("InitChain")
    }

    /// Executes a block without committing it.
    pub fn finalize(&self, txs: &[Vec<u8>]) -> ResponseFinalizeBlock {
        self.try_finalize(txs).expect("FinalizeBlock")
    }

    /// The same where it may be refused.
    ///
    /// # Errors
    /// The fault that would end the process.
    pub fn try_finalize(&self, txs: &[Vec<u8>]) -> std::result::Result<ResponseFinalizeBlock, Fault> {
        let response = self.app.finalize_block(self.request(txs))?;
        *self.updates.lock().expect("lock") = response.validator_updates.clone();
        Ok(response)
    }

    /// Commits the executed block.
    pub fn commit(&mut self) {
        self.app.commit().expect("Commit");
        self.height += 1;
        self.validators.advance(std::mem::take(self.updates.get_mut().expect("lock")));
    }

    /// Executes and commits a block of exactly these transactions.
    pub fn block(&mut self, txs: &[Vec<u8>]) -> Block {
        let response = self.finalize(txs);
        assert_eq!(response.tx_results.len(), txs.len());
        self.commit();
        Block {
            height: self.height as u64,
            app_hash: response.app_hash.to_vec(),
            results: response.tx_results,
            events: response.events,
        }
    }

    /// Executes and commits one transaction.
    pub fn deliver(&mut self, tx: Vec<u8>) -> ExecTxResult {
        self.block(&[tx]).results.remove(0)
    }

    /// Asks the mempool about transactions, as one burst.
    pub fn check(&self, txs: &[Vec<u8>], kind: CheckTxType) -> Vec<ResponseCheckTx> {
        let burst = txs.iter().map(|tx| RequestCheckTx { tx: tx.clone().into(), r#type: kind as i32 }).collect();
        self.app.check_txs(burst).expect("CheckTx")
    }

    /// A proposal from these mempool transactions.
    pub fn prepare(&self, txs: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let request = RequestPrepareProposal {
            txs: txs.iter().map(|tx| tx.clone().into()).collect(),
            max_tx_bytes: 4 << 20,
            height: self.height + 1,
            ..RequestPrepareProposal::default()
        };
        let response = self.app.prepare_proposal(request).expect("PrepareProposal");
        response.txs.into_iter().map(|tx| tx.to_vec()).collect()
    }

    /// Whether a proposal is accepted.
    pub fn process(&self, txs: &[Vec<u8>]) -> bool {
        let request = RequestProcessProposal {
            txs: txs.iter().map(|tx| tx.clone().into()).collect(),
            height: self.height + 1,
            ..RequestProcessProposal::default()
        };
        let status = self.app.process_proposal(request).expect("ProcessProposal").status;
        status == response_process_proposal::ProposalStatus::Accept as i32
    }

    /// Calls a gRPC method at a height, 0 for the latest.
    pub fn query<Q: Message, R: Message + Default>(&self, path: &str, request: &Q, height: u64) -> Result<R> {
        let response = self.raw_query(path, request.encode_to_vec(), height, false);
        if response.code != 0 {
            // Codespaces are static strings inside; tests look at code and text.
            return Err(synergy_kernel::Error::new("query", response.code, response.log));
        }
        Ok(R::decode(response.value).expect("response decodes"))
    }

    /// An ABCI query.
    pub fn raw_query(&self, path: &str, data: Vec<u8>, height: u64, prove: bool) -> ResponseQuery {
        let request = RequestQuery { data: data.into(), path: path.to_owned(), height: height as i64, prove };
        self.app.query(request).expect("Query")
    }

    /// Balance of an address in `asnrg`, at the latest height.
    pub fn balance(&self, address: &Address) -> u128 {
        let denom = coin::BASE_DENOM.parse().expect("denom");
        self.app.read(|ctx| synergy_bank::balance(ctx, address, &denom)).expect("balance")
    }

    /// Gives an account the sequence that the chain expects: a refused message may or
    /// may not have counted.
    pub fn resync(&self, account: &mut Account) {
        let request = QueryAccountInfoRequest { address: account.address().to_string() };
        let response: QueryAccountInfoResponse =
            self.query("/cosmos.auth.v1beta1.Query/AccountInfo", &request, 0).expect("account");
        account.sequence = response.info.expect("info").sequence;
    }

    /// Checks every module's invariants.
    pub fn check_invariants(&self) {
        self.app.read(|ctx| self.app.chain().invariants(ctx)).expect("invariants");
    }

    /// FinalizeBlock of the next height with these transactions.
    pub fn request(&self, txs: &[Vec<u8>]) -> RequestFinalizeBlock {
        let height = self.height + 1;
        RequestFinalizeBlock {
            txs: txs.iter().map(|tx| tx.clone().into()).collect(),
            height,
            time: Some(Timestamp { seconds: 1_767_225_600 + height + self.delay, nanos: 0 }),
            hash: vec![height as u8; 32].into(),
            decided_last_commit: Some(self.validators.last_commit()),
            misbehavior: self.validators.misbehaviour.clone(),
            proposer_address: self.validators.proposer().into(),
            ..RequestFinalizeBlock::default()
        }
    }
}

/// A genesis document in which each account has [`FUNDS`].
fn funded(accounts: &[&Account]) -> Value {
    let mut document = genesis::document(CHAIN_ID, "2026-01-01T00:00:00Z");
    for account in accounts {
        let funds = [coin::coin(FUNDS, coin::BASE_DENOM)];
        genesis::add_account(&mut document, &account.address(), &funds).expect("genesis account");
    }
    document
}

/// The engine of contracts that chains without a folder of their own share.
pub fn shared_contracts() -> synergy_vm::Engine {
    contracts_in(&cache_folder().join("wasm"))
}

/// A node without a genesis and a block, as state sync finds it.
pub fn empty_node() -> App {
    open(Box::new(MemDb::default()), 0, AppConfig::default(), shared_contracts())
}

fn open(db: Box<dyn Db>, keep_heights: u64, config: AppConfig, contracts: synergy_vm::Engine) -> App {
    open_with(&SYNERGYD, db, keep_heights, config, contracts).expect("app")
}

fn open_with(
    program: &Program,
    db: Box<dyn Db>,
    keep_heights: u64,
    config: AppConfig,
    contracts: synergy_vm::Engine,
) -> std::result::Result<App, String> {
    let chain = Chain::of(program, engine(), contracts);
    let settings = StoreConfig { keep_heights, ..StoreConfig::default() };
    let store = Store::open(db, &chain.stores(), settings).map_err(|e| e.to_string())?;
    App::new(chain, store, config)
}

/// Gives many accounts the same first balance, without the checks for doubles of
/// [`genesis::add_account`].
pub fn fund(document: &mut Value, owners: impl Iterator<Item = Address>, coins: &[synergy_proto::Coin]) {
    let coins: Vec<Value> = coins.iter().map(|c| serde_json::json!({"denom": c.denom, "amount": c.amount})).collect();
    let balances = owners.map(|a| serde_json::json!({"address": a.to_string(), "coins": coins})).collect();
    document["app_state"]["bank"]["balances"] = Value::Array(balances);
}

/// A database of a folder.
pub fn disk(backend: &str, path: &Path) -> Box<dyn Db> {
    synergy_store::open_db(backend, path, synergy_store::DB_CACHE).expect("database")
}

fn init_request(document: &Value) -> RequestInitChain {
    let number = |v: &Value| v.as_str().and_then(|s| s.parse().ok()).expect("number");
    let block = &document["consensus_params"]["block"];
    let types = document["consensus_params"]["validator"]["pub_key_types"].as_array().expect("key types");
    let pub_key_types = types.iter().map(|t| t.as_str().expect("key type").to_owned()).collect();
    RequestInitChain {
        time: Some(Timestamp { seconds: 1_767_225_600, nanos: 0 }),
        chain_id: document["chain_id"].as_str().expect("chain_id").to_owned(),
        consensus_params: Some(ConsensusParams {
            block: Some(BlockParams { max_bytes: number(&block["max_bytes"]), max_gas: number(&block["max_gas"]) }),
            validator: Some(ValidatorParams { pub_key_types }),
            ..ConsensusParams::default()
        }),
        initial_height: document["initial_height"].as_str().and_then(|s| s.parse().ok()).unwrap_or(1),
        app_state_bytes: serde_json::to_vec(&document["app_state"]).expect("app_state").into(),
        ..RequestInitChain::default()
    }
}
