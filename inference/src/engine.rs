//! The engine, and the guest compiled for this machine.

use std::io::Read;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use sha2::{Digest, Sha256};
use synergy_code_cache::Cache;
use wasmer::sys::vm::{
    MemoryError, MemoryStyle, TableStyle, VMConfig, VMMemory, VMMemoryDefinition, VMTable, VMTableDefinition,
};
use wasmer::sys::{BaseTunables, CpuFeature, Cranelift, EngineBuilder, Features, NativeEngineExt, Target, Tunables};
use wasmer::{Engine, MemoryType, Module, TableType};
use wasmer_types::CompilationProgressCallback;

use crate::error::Fault;

/// The guest, zstd-compressed; `guest.lock.toml` says how it was built.
const GUEST: &[u8] = include_bytes!("../guest.wasm.zst");

/// Version of wasmer in the workspace, part of the key of compiled code.
const ENGINE_VERSION: &str = "wasmer 7.4.2 cranelift, canonical NaNs";

/// Native stack of a call, in bytes. The guest traps by its own count at 1 MiB
/// of an over-estimate, long before this.
const STACK: usize = 32 << 20;

/// Name of the guest's custom section with the initial memory.
const MEMORY_IMAGE: &str = "memory-image";

/// Is told about once a second how much of the guest is compiled, in per cent.
pub type Progress = fn(u64);

/// The guest, ready to be instantiated.
pub(crate) struct Guest {
    pub(crate) engine: Engine,
    pub(crate) module: Module,
    /// What the memory holds at first: offsets and bytes.
    pub(crate) segments: Vec<(u64, Vec<u8>)>,
    /// SHA-256 of the wasm.
    pub(crate) hash: [u8; 32],
}

impl Guest {
    /// Takes the compiled guest from the cache, or compiles it and puts it there.
    pub(crate) fn open(folder: &Path, progress: Progress) -> Result<Guest, Fault> {
        let wasm = wasm()?;
        let hash = Sha256::digest(&wasm).into();
        let cache = Cache::open(folder).map_err(|error| Fault::new("opening the code cache", error))?;
        let target = Target::default();
        let name = cache_name(&hash, &target);
        let engine = engine(target);
        let module = match cached(&cache, &name, &engine)? {
            Some(module) => module,
            None => compile(&cache, &name, &engine, &wasm, progress)?,
        };
        let segments = segments(&module)?;
        Ok(Guest { engine, module, segments, hash })
    }
}

/// The guest's wasm.
fn wasm() -> Result<Vec<u8>, Fault> {
    let damaged = |error: &dyn std::fmt::Display| Fault::new("unpacking the guest", error);
    let mut wasm = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(GUEST)
        .map_err(|error| damaged(&error))?
        .read_to_end(&mut wasm)
        .map_err(|error| damaged(&error))?;
    Ok(wasm)
}

/// The engine. It refuses a guest with operators whose time or result the
/// profile does not fix: bulk memory, threads, relaxed SIMD and the like.
fn engine(target: Target) -> Engine {
    let mut compiler = Cranelift::new();
    compiler.canonicalize_nans(true);
    let features = Features {
        simd: true,
        threads: false,
        reference_types: false,
        bulk_memory: false,
        multi_value: false,
        tail_call: false,
        module_linking: false,
        multi_memory: false,
        memory64: false,
        exceptions: false,
        relaxed_simd: false,
        extended_const: false,
        wide_arithmetic: false,
    };
    let builder = EngineBuilder::new(compiler).set_target(Some(target)).set_features(Some(features));
    let mut engine: Engine = builder.engine().into();
    engine.set_tunables(DeepStack { base: BaseTunables::new(), config: VMConfig { wasm_stack_size: Some(STACK) } });
    engine
}

fn cache_name(hash: &[u8; 32], target: &Target) -> String {
    let mut hasher = Sha256::new();
    hasher.update(hash);
    hasher.update(ENGINE_VERSION);
    hasher.update(target.triple().to_string());
    hasher.update(format!("{:?}", target.cpu_features()));
    hasher.update(CpuFeature::for_host().as_u64().to_be_bytes());
    format!("guest-{}.bin", hex::encode(hasher.finalize()))
}

fn cached(cache: &Cache, name: &str, engine: &Engine) -> Result<Option<Module>, Fault> {
    let Some(code) = cache.get(name).map_err(|error| Fault::new("reading compiled code", error))? else {
        return Ok(None);
    };
    // SAFETY: the MAC shows that this user's node wrote these bytes from
    // `Module::serialize` under the same engine version and CPU features.
    let module = unsafe { Module::deserialize(engine, code) };
    module.map(Some).map_err(|error| Fault::new("loading compiled code", error))
}

fn compile(cache: &Cache, name: &str, engine: &Engine, wasm: &[u8], progress: Progress) -> Result<Module, Fault> {
    let start = Instant::now();
    let told = AtomicU64::new(0);
    let callback = CompilationProgressCallback::new(move |state| {
        let seconds = start.elapsed().as_secs();
        if let (Some(step), Some(steps)) = (state.phase_step(), state.phase_step_count())
            && told.fetch_max(seconds, Ordering::Relaxed) < seconds
        {
            progress((step * 100 / steps.max(1)).min(100));
        }
        Ok(())
    });
    let module = engine.new_module_with_progress(wasm, callback);
    let module = module.map_err(|error| Fault::new("compiling the guest", error))?;
    tracing::info!(seconds = start.elapsed().as_secs_f64(), "compiled the AI runtime for this machine");
    let code = module.serialize().map_err(|error| Fault::new("serialising the guest", error))?;
    cache.put(name, &code).map_err(|error| Fault::new("writing compiled code", error))?;
    Ok(module)
}

fn segments(module: &Module) -> Result<Vec<(u64, Vec<u8>)>, Fault> {
    let damaged = || Fault::new("reading the guest", "its memory image is damaged");
    let section = module.custom_sections(MEMORY_IMAGE).next().ok_or_else(damaged)?;
    let mut rest: &[u8] = &section;
    let mut segments = Vec::new();
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, e, f, g, h] = *head;
        let length = u32::from_le_bytes([e, f, g, h]) as usize;
        let (bytes, tail) = tail.split_at_checked(length).ok_or_else(damaged)?;
        segments.push((u32::from_le_bytes([a, b, c, d]).into(), bytes.to_vec()));
        rest = tail;
    }
    if rest.is_empty() { Ok(segments) } else { Err(damaged()) }
}

/// The engine's defaults, with a stack that the guest cannot exhaust.
struct DeepStack {
    base: BaseTunables,
    config: VMConfig,
}

impl Tunables for DeepStack {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        self.base.memory_style(memory)
    }

    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }

    fn create_host_memory(&self, ty: &MemoryType, style: &MemoryStyle) -> Result<VMMemory, MemoryError> {
        self.base.create_host_memory(ty, style)
    }

    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        location: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.base.create_vm_memory(ty, style, location) }
    }

    fn create_host_table(&self, ty: &TableType, style: &TableStyle) -> Result<VMTable, String> {
        self.base.create_host_table(ty, style)
    }

    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        location: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.base.create_vm_table(ty, style, location) }
    }

    fn vmconfig(&self) -> &VMConfig {
        &self.config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_with_other_features_is_refused() {
        let engine = engine(Target::default());
        let module = |code: &[u8]| {
            // (module (memory 1) (func … end)): type, function, memory and code sections.
            let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01".to_vec();
            let body = [&[0], code, &[0x0b]].concat();
            wasm.extend([0x0a, body.len() as u8 + 2, 1, body.len() as u8]);
            wasm.extend(body);
            Module::new(&engine, wasm)
        };
        let zeros = [0x41, 0, 0x41, 0, 0x41, 0];
        assert!(module(&[]).is_ok());
        assert!(module(&[&zeros[..], &[0x1a, 0x1a, 0x1a]].concat()).is_ok());
        assert!(module(&[&zeros[..], &[0xfc, 0x0b, 0]].concat()).is_err(), "memory.fill");
        assert!(module(&[&zeros[..], &[0xfc, 0x0a, 0, 0]].concat()).is_err(), "memory.copy");
        let swizzle = [0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0xfd, 0x80, 0x02, 0x1a];
        assert!(module(&swizzle).is_err(), "relaxed swizzle");
    }
}
