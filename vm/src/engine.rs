//! From WebAssembly to machine code, and where that is kept.

use std::{
    collections::HashSet,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cosmwasm_vm::{
    Size, WasmLimits,
    internals::{Logger, check_wasm, compile_module, make_runtime_engine},
};
use sha2::{Digest, Sha256};
use synergy_code_cache::Cache;
use wasmer::{
    Module,
    sys::{CpuFeature, Target},
};

use crate::{
    call::{self, Failure},
    code::{Code, Codes},
    stack,
};

/// SHA-256 of a contract's WebAssembly.
pub type Checksum = [u8; 32];

/// Versions that machine code depends on. Metering and stack limit are part of it.
const ENGINE_VERSION: &str = "cosmwasm-vm 2.3.5 singlepass, wasmer 7.4.2, stack limit 1";

/// Memory of one instance: 512 pages, which is also the most that the static checks
/// let a contract ask for at its start.
const INSTANCE_MEMORY: Size = Size::mebi(32);

/// Exports that make a contract an IBC application (wasmvm's `HasIBCEntryPoints`).
const IBC_EXPORTS: [&str; 6] = [
    "ibc_channel_open",
    "ibc_channel_connect",
    "ibc_channel_close",
    "ibc_packet_receive",
    "ibc_packet_ack",
    "ibc_packet_timeout",
];

/// How an engine is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What contracts may require by an export `requires_…`.
    pub capabilities: Vec<String>,
    /// Bound of the machine code kept in memory, in bytes; pinned codes come beside.
    pub memory_bytes: usize,
}

/// Whether a code stays in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residence {
    /// As long as it is among those used last.
    Cached,
    /// Always, once it was loaded.
    Pinned,
}

/// What a contract's exports and sections say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysis {
    /// Capabilities it requires, sorted.
    pub capabilities: Vec<String>,
    /// Whether it has all entry points of an IBC application.
    pub ibc: bool,
    /// Its section `cw_migrate_version`.
    pub migrate_version: Option<u64>,
}

/// Compiles contracts and keeps their machine code. Clones share it.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    codes: Arc<Mutex<Codes>>,
}

struct Shared {
    files: Cache,
    target: String,
    capabilities: HashSet<String>,
    memory_bytes: usize,
}

impl Engine {
    /// An engine that keeps machine code in `folder`, which may be emptied at any
    /// time and shared with other engines.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: &Path, settings: Settings) -> io::Result<Self> {
        let Settings { capabilities, memory_bytes } = settings;
        let target = Target::default();
        let target = format!("{} {:?} {:x}", target.triple(), target.cpu_features(), CpuFeature::for_host().as_u64());
        let capabilities = capabilities.into_iter().collect();
        let shared = Shared { files: Cache::open(folder)?, target, capabilities, memory_bytes };
        Ok(Self { codes: Arc::new(Mutex::new(Codes::new(memory_bytes))), shared: Arc::new(shared) })
    }

    /// The same engine with a memory of its own: what clients ask about displaces
    /// nothing that blocks need.
    #[must_use]
    pub fn for_queries(&self) -> Self {
        Self { shared: self.shared.clone(), codes: Arc::new(Mutex::new(Codes::new(self.shared.memory_bytes))) }
    }

    /// Checks and compiles a contract that is new to the chain. Nothing is written
    /// to disk.
    ///
    /// # Errors
    /// What makes it no contract for this chain.
    pub fn admit(&self, wasm: &[u8]) -> Result<Analysis, Failure> {
        check_wasm(wasm, &self.shared.capabilities, &WasmLimits::default(), Logger::Off).map_err(call::failure)?;
        let checksum = Sha256::digest(wasm).into();
        let cached = self.codes().get(&checksum);
        let code = match cached {
            Some(code) => code,
            None => {
                let code = self.compile(wasm)?.0;
                self.codes().put(checksum, code.clone());
                code
            }
        };
        Ok(analyse(&code.module))
    }

    /// The machine code of an admitted contract: from memory, else from disk, else
    /// compiled from the WebAssembly that `source` gives, and written to disk if
    /// `source` says so too.
    ///
    /// # Errors
    /// [`Failure::Fault`] when what was admitted does not compile any more.
    pub fn load(
        &self,
        checksum: &Checksum,
        residence: Residence,
        source: impl FnOnce() -> (Arc<Vec<u8>>, bool),
    ) -> Result<Code, Failure> {
        let cached = self.codes().get(checksum);
        let code = match cached {
            Some(code) => code,
            None => {
                let rebuild = || {
                    let (wasm, keep) = source();
                    self.rebuild(checksum, keep, &wasm)
                };
                let code = self.on_disk(checksum).map_or_else(rebuild, Ok)?;
                self.codes().put(*checksum, code.clone());
                code
            }
        };
        self.codes().pin(*checksum, residence == Residence::Pinned);
        Ok(code)
    }

    fn rebuild(&self, checksum: &Checksum, keep: bool, wasm: &[u8]) -> Result<Code, Failure> {
        let fault =
            |failure| Failure::Fault(format!("contract code {} cannot be compiled: {failure}", hex::encode(checksum)));
        let (code, bytes) = self.compile(wasm).map_err(fault)?;
        if keep && let Err(error) = self.shared.files.put(&self.file_name(checksum), &bytes) {
            tracing::warn!("machine code of a contract cannot be kept on disk and will be compiled again: {error}");
        }
        Ok(code)
    }

    /// A file that is missing, damaged, of another machine or unreadable counts as
    /// none.
    fn on_disk(&self, checksum: &Checksum) -> Option<Code> {
        let bytes = match self.shared.files.get(&self.file_name(checksum)) {
            Ok(bytes) => bytes?,
            Err(error) => {
                tracing::warn!("machine code of a contract cannot be read from disk: {error}");
                return None;
            }
        };
        executable(&bytes).ok()
    }

    fn compile(&self, wasm: &[u8]) -> Result<(Code, Vec<u8>), Failure> {
        let limited = stack::limit(wasm).map_err(|e| Failure::Contract(format!("{e:#}")))?;
        let (module, _) = compile_module(&limited, None).map_err(call::failure)?;
        let bytes = module.serialize().map_err(|e| Failure::Fault(format!("serialising machine code: {e}")))?;
        Ok((executable(&bytes)?, bytes.to_vec()))
    }

    fn file_name(&self, checksum: &Checksum) -> String {
        let key = Sha256::new().chain_update(checksum).chain_update(ENGINE_VERSION).chain_update(&self.shared.target);
        format!("{}.module", hex::encode(key.finalize()))
    }

    fn codes(&self) -> MutexGuard<'_, Codes> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Loads serialised code into an engine without a compiler, whose instances have
/// bounded memory.
fn executable(bytes: &[u8]) -> Result<Code, Failure> {
    let engine = make_runtime_engine(Some(INSTANCE_MEMORY));
    // SAFETY: the bytes come from `Module::serialize`, in this process or, as a MAC
    // has shown, in one of this user's under the same versions and CPU features.
    let module = unsafe { Module::deserialize(&engine, bytes) };
    let module = module.map_err(|e| Failure::Fault(format!("loading machine code: {e}")))?;
    Ok(Code { module, engine, bytes: bytes.len() })
}

fn analyse(module: &Module) -> Analysis {
    let exports: Vec<String> = module.exports().functions().map(|export| export.name().to_owned()).collect();
    let required = exports.iter().filter_map(|name| name.strip_prefix("requires_")).filter(|name| !name.is_empty());
    let mut capabilities: Vec<String> = required.map(str::to_owned).collect();
    capabilities.sort();
    let version = module.custom_sections("cw_migrate_version").last();
    Analysis {
        capabilities,
        ibc: IBC_EXPORTS.iter().all(|export| exports.iter().any(|name| name == export)),
        // The static checks refuse a section that is no number.
        migrate_version: version.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok()),
    }
}

/// The limits of the static checks, in the JSON of wasmvm.
pub fn limits_json() -> String {
    let limits = WasmLimits::default();
    format!(
        concat!(
            "{{\"initial_memory_limit_pages\":{},\"table_size_limit_elements\":{},\"max_imports\":{},",
            "\"max_functions\":{},\"max_function_params\":{},\"max_total_function_params\":{},",
            "\"max_function_results\":{}}}"
        ),
        limits.initial_memory_limit_pages(),
        limits.table_size_limit_elements(),
        limits.max_imports(),
        limits.max_functions(),
        limits.max_function_params(),
        limits.max_total_function_params(),
        limits.max_function_results(),
    )
}
