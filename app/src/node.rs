//! Opening and running the application of a home folder.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use serde_json::Value;
use synergy_abci::{Server, StopHandle, messages::Snapshot as Listed};
use synergy_inference::{Progress, Runtime};
use synergy_model_registry::Engine;
use synergy_store::{Config as StoreConfig, Error as StoreError, Head, MemDb, Store, open_db};

use crate::{
    App, Chain, Program, SYNERGYD,
    api::Servers,
    config::{AppConfig, DATA_DIR, process_env},
    export,
    failure::{Cause, Failure},
    home, index, metrics,
    snapshots::Snapshots,
};

/// Heights that the store keeps for an `app.toml` that keeps everything.
const KEEP_ALL: u64 = 0;

/// Bound of contracts' machine code in memory, once for blocks and once for queries.
const CONTRACT_MEMORY: usize = 512 << 20;

/// Opens the database of `home` and the program's modules over it.
///
/// # Errors
/// What cannot be opened and what to do about it.
pub fn open(program: &Program, home: &Path, config: &AppConfig) -> Result<App, Failure> {
    let lock = home::lock(home)?;
    let data = home.join(DATA_DIR);
    let chain = Chain::of(program, engine(home, config)?, contracts(&data)?);
    let store = open_store(home, config, &chain)?;
    Ok(App::new(chain, store, config.clone())?.with_lock(lock).with_upgrade_info(&data).with_snapshots(snapshots(home)))
}

/// The snapshots of a home folder.
pub fn snapshots(home: &Path) -> Snapshots {
    Snapshots::at(home.join(DATA_DIR).join("snapshots"))
}

/// Images of models lie beside the database; their folder may be deleted while the node
/// stands.
fn engine(home: &Path, config: &AppConfig) -> Result<Engine, String> {
    Ok(Engine::with_folder(runtime(home, config, log_progress)?, &home.join(DATA_DIR).join("images")))
}

fn log_progress(percent: u64) {
    tracing::info!(percent, "compiling the AI runtime for this machine, once");
}

/// The AI runtime with its machine code in the cache folder; `progress` is told how far it
/// is if that must be made first.
///
/// # Errors
/// When the folder or the engine fails.
pub fn runtime(home: &Path, config: &AppConfig, progress: Progress) -> Result<Runtime, String> {
    let cache = config.cache_dir(home, process_env);
    std::fs::create_dir_all(&cache).map_err(|e| format!("cannot make cache folder {}: {e}", cache.display()))?;
    Runtime::open_with(&cache, progress).map_err(|e| format!("the AI runtime cannot start: {e}"))
}

/// The contract engine; its folder may be deleted while the node stands.
fn contracts(data: &Path) -> Result<synergy_vm::Engine, String> {
    let folder = data.join("wasm");
    let capabilities = synergy_wasm::CAPABILITIES.iter().map(|&name| name.to_owned()).collect();
    let settings = synergy_vm::Settings { capabilities, memory_bytes: CONTRACT_MEMORY };
    synergy_vm::Engine::open(&folder, settings)
        .map_err(|e| format!("cannot open the folder of compiled contracts {}: {e}", folder.display()))
}

fn open_store(home: &Path, config: &AppConfig, chain: &Chain) -> Result<Store, Failure> {
    let path = home.join(DATA_DIR).join("application.db");
    std::fs::create_dir_all(&path).map_err(|e| format!("cannot make {}: {e}", path.display()))?;
    let db = open_db(config.app_db_backend.as_str(), &path, config.app_db_cache.saturating_mul(1 << 20)).map_err(|e| {
        Cause::Database.because(format!(
            "{e}. If it is damaged, begin anew by state sync (docs/operating.md): `synergyd comet unsafe-reset-all` first"
        ))
    })?;
    let keep_heights = config.keep_recent().unwrap_or(KEEP_ALL);
    let settings = StoreConfig { keep_heights, ..StoreConfig::default() };
    Store::open(db, &chain.stores(), settings).map_err(|e| match e {
        StoreError::OtherStores { .. } => Cause::WrongProgram.because(e.to_string()),
        other => other.to_string().into(),
    })
}

/// An application over an empty database in memory, for checks and tests.
///
/// # Errors
/// When the AI runtime cannot start.
pub fn in_memory() -> Result<App, String> {
    let config = AppConfig::default();
    let temporary = std::env::temp_dir();
    let chain = Chain::of(&SYNERGYD, Engine::new(runtime(&temporary, &config, log_progress)?), contracts(&temporary)?);
    let store =
        Store::open(Box::new(MemDb::default()), &chain.stores(), StoreConfig::default()).map_err(|e| e.to_string())?;
    App::new(chain, store, config)
}

/// Serves CometBFT from `home` until `stop` is called.
///
/// # Errors
/// What kept the application from starting, or the fault that ended it.
pub fn run(program: &Program, home: &Path, config: &AppConfig, stop: &StopHandle) -> Result<(), Failure> {
    home::check_disk(home, config.minimum_free_disk)?;
    let app = open(program, home, config)?;
    home::check_chain(home, &app.chain_id())?;
    if config.telemetry.enabled {
        metrics::serve(config.telemetry.address.parse().map_err(|e| format!("telemetry.address: {e}"))?)?;
        metrics::watch(&home.join(DATA_DIR)).map_err(|e| format!("metrics: {e}"))?;
    }
    app.prepare().map_err(|e| format!("the state cannot be made ready: {e}"))?;
    let head = app.store().head();
    let app = Arc::new(app.with_indexer(index::start(home, config, head.height)?));
    tracing::info!(height = head.height, app_hash = hex::encode(head.app_hash), "application opened");
    let _pruner = app.store().start_pruner();
    let address: synergy_abci::Address =
        config.address.parse().map_err(|e| format!("address {}: {e}", config.address))?;
    let server = Server::bind(&address, synergy_abci::Config::default())
        .map_err(|e| format!("cannot listen on {}: {e}; is another synergyd running?", config.address))?;
    tracing::info!(address = config.address, "listening for CometBFT");
    // Dropped after CometBFT's server has ended: open requests get their answers.
    let _clients = Servers::start(&app, config, home).map_err(|e| e.to_string())?;
    server.run(app.clone(), stop).map_err(|e| e.to_string())?;
    tracing::info!("stopped");
    Ok(())
}

/// Takes the last `blocks` blocks back, for a node whose CometBFT was rolled back
/// too, and returns the height it is at then.
///
/// # Errors
/// When the history does not reach back that far, or another process has the home.
pub fn rollback(program: &Program, home: &Path, config: &AppConfig, blocks: u64) -> Result<u64, Failure> {
    let _lock = home::lock(home)?;
    let store = store_alone(program, home, config)?;
    Ok(store.rollback(blocks).map_err(|e| e.to_string())?.height)
}

/// What [`prune`] did.
#[derive(Clone, Copy, Debug)]
pub struct Pruned {
    /// The last block's height.
    pub height: u64,
    /// The oldest height that can still be read.
    pub oldest: u64,
    /// Rows removed.
    pub rows: usize,
}

/// Removes at once what `config` does not keep.
///
/// # Errors
/// When the database cannot be opened, or another process has the home.
pub fn prune(program: &Program, home: &Path, config: &AppConfig) -> Result<Pruned, Failure> {
    /// Rows of a batch: bounds memory, not the work.
    const BATCH: usize = 65_536;
    let _lock = home::lock(home)?;
    let store = store_alone(program, home, config)?;
    let mut rows = 0usize;
    loop {
        let report = store.prune(BATCH);
        rows = rows.saturating_add(report.removed);
        if report.done {
            return Ok(Pruned { height: store.head().height, oldest: report.oldest, rows });
        }
    }
}

/// The store without an App, whose snapshot of the last block would be in the way.
fn store_alone(program: &Program, home: &Path, config: &AppConfig) -> Result<Store, Failure> {
    let chain = Chain::of(program, engine(home, config)?, contracts(&home.join(DATA_DIR))?);
    open_store(home, config, &chain)
}

/// Takes a snapshot of the last block.
///
/// # Errors
/// When there is no block, or the files cannot be written.
pub fn take_snapshot(program: &Program, home: &Path, config: &AppConfig) -> Result<Listed, Failure> {
    let app = open(program, home, config)?;
    if app.store().head().height == 0 {
        return Err("nothing to take a snapshot of: the chain has no block yet".into());
    }
    let taken = snapshots(home).take(&app.source()?, &AtomicBool::new(false)).map_err(|e| e.to_string())?;
    taken.ok_or_else(|| "stopped".into())
}

/// Fills the empty database of `home` from its snapshot of `height`. The app hash is
/// the snapshot's own word: compare it with a header that you trust.
///
/// # Errors
/// When there is no such snapshot, the database has blocks, or a chunk is wrong.
pub fn restore_snapshot(program: &Program, home: &Path, config: &AppConfig, height: u64) -> Result<Head, Failure> {
    let app = open(program, home, config)?;
    if app.store().head().height > 0 {
        return Err(
            format!("the database holds height {}: a restore needs an empty one", app.store().head().height).into()
        );
    }
    let snapshots = snapshots(home);
    let listed = snapshots.describe(height).map_err(|e| format!("no snapshot of height {height}: {e}"))?;
    app.restore(listed, |index| snapshots.chunk(height, index).map_err(|e| format!("chunk {index}: {e}")))?;
    Ok(app.store().head())
}

/// A genesis file that goes on from the state after `height`, 0 for the last block.
///
/// # Errors
/// When the database is empty, the height is not kept, or a module cannot export.
pub fn export(
    program: &Program,
    home: &Path,
    config: &AppConfig,
    height: u64,
    zero_height: bool,
) -> Result<Value, Failure> {
    let app = open(program, home, config)?;
    if app.store().head().height == 0 {
        return Err("nothing to export: the chain has no block yet".into());
    }
    Ok(export::document(&app, height, zero_height).map_err(|e| e.to_string())?)
}
