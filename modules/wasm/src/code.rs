//! Codes: storing, pinning, and who may use them.

use std::io::Read;

use synergy_kernel::{Ctx, Hash, Result, sdk};
use synergy_proto::{
    Address,
    cosmwasm::{AccessConfig, CodeInfo},
};
use synergy_store::fatal;
use synergy_vm::{Analysis, Failure, Residence};

use crate::{
    Runtime, access, call, error, gas,
    params::params,
    state::{self, CODES, Code, NEXT_CODE, PINNED},
    warm,
};

/// Most bytes of a contract, packed or not (wasmd's `MaxWasmSize`).
pub(crate) const MAX_WASM: usize = 800 << 10;

const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// Stores a code and returns its id and checksum.
pub(crate) fn store(
    ctx: &mut Ctx<'_>,
    runtime: &Runtime,
    creator: &Address,
    upload: &[u8],
    permission: Option<&AccessConfig>,
) -> Result<(u64, Hash)> {
    let params = params(ctx)?;
    let default = access::config(params.instantiate_default_permission(), creator);
    let permission = permission.unwrap_or(&default);
    let allowed =
        access::allows(params.code_upload_access.as_ref(), creator) && access::is_subset(permission, &default);
    if *creator != access::authority() && !allowed {
        return Err(sdk::unauthorized("can not create code: unauthorized"));
    }
    let wasm = unpack(ctx, upload)?;
    // Charged whether or not this node knows the code.
    gas::per_byte(ctx, wasm.len(), gas::COMPILE_BYTE, "Compiling a contract")?;
    let analysis = runtime.vm.admit(&wasm).map_err(|failure| match failure {
        Failure::Fault(fault) => fatal(format!("compiling a contract: {fault}")),
        refused => error::create_failed(refused),
    })?;
    let id = state::next(ctx, &NEXT_CODE)?;
    let checksum = keep(ctx, id, creator, permission, wasm, &analysis)?;
    emit_stored(ctx, id, &checksum, &analysis.capabilities);
    Ok((id, checksum))
}

/// Writes a code under its id, and its WebAssembly as a blob.
pub(crate) fn keep(
    ctx: &mut Ctx<'_>,
    id: u64,
    creator: &Address,
    permission: &AccessConfig,
    wasm: Vec<u8>,
    analysis: &Analysis,
) -> Result<Hash> {
    let size = wasm.len() as u64;
    let checksum = ctx.put_blob(wasm)?;
    let info = CodeInfo {
        code_hash: checksum.to_vec(),
        creator: creator.to_string(),
        instantiate_config: Some(permission.clone()),
    };
    CODES.set(ctx, id, &Code { info, size, migrate_version: analysis.migrate_version, ibc: analysis.ibc })?;
    Ok(checksum)
}

fn emit_stored(ctx: &mut Ctx<'_>, id: u64, checksum: &Hash, capabilities: &[String]) {
    let (checksum, id) = (hex::encode(checksum), id.to_string());
    let mut attributes = vec![("code_checksum", checksum.as_str()), ("code_id", id.as_str())];
    attributes.extend(capabilities.iter().map(|capability| ("required_capability", capability.as_str())));
    ctx.emit("store_code", &attributes);
}

/// The WebAssembly of an upload, which may be gzip.
fn unpack(ctx: &mut Ctx<'_>, upload: &[u8]) -> Result<Vec<u8>> {
    if !upload.starts_with(&GZIP) {
        return Ok(upload.to_vec());
    }
    gas::per_byte(ctx, upload.len(), gas::UNPACK_BYTE, "Unpacking a contract")?;
    let mut wasm = Vec::new();
    let limit = (MAX_WASM as u64).saturating_add(1);
    flate2::read::GzDecoder::new(upload)
        .take(limit)
        .read_to_end(&mut wasm)
        .map_err(|e| error::create_failed(format!("uncompress wasm archive: {e}")))?;
    gas::per_byte(ctx, wasm.len(), gas::UNPACK_BYTE, "Unpacking a contract")?;
    if wasm.len() > MAX_WASM {
        return Err(error::create_failed(format!(
            "uncompress wasm archive: more than {MAX_WASM} bytes: exceeds limit"
        )));
    }
    Ok(wasm)
}

/// Keeps a code in every node's memory, or lets it go: its users pay no load, which
/// is paid here.
pub(crate) fn pin(ctx: &mut Ctx<'_>, runtime: &Runtime, id: u64, pinned: bool) -> Result<()> {
    let code = state::code(ctx, id)?;
    ctx.gas.consume(gas::PIN, "Pinning a code")?;
    if pinned {
        ctx.gas.consume(gas::LOAD_BYTE.saturating_mul(code.size), "Loading a contract's code")?;
        call::load(ctx, runtime, &code.checksum(), Residence::Pinned);
        PINNED.set(ctx, id, &())?;
    } else {
        PINNED.remove(ctx, id)?;
    }
    ctx.emit(if pinned { "pin_code" } else { "unpin_code" }, &[("code_id", &id.to_string())]);
    Ok(())
}

/// Has every code in memory whose users pay no load, compiled if this machine has not
/// yet.
pub(crate) fn load_resident(ctx: &mut Ctx<'_>, runtime: &Runtime) -> Result<()> {
    let warm = warm::ids(ctx)?.into_iter().map(|id| (id, Residence::Cached));
    let pinned = state::pinned(ctx)?.into_iter().map(|id| (id, Residence::Pinned));
    for (id, residence) in warm.chain(pinned) {
        let code = state::code(ctx, id)?;
        call::load(ctx, runtime, &code.checksum(), residence);
    }
    Ok(())
}

/// Changes who may instantiate a code: its creator, within the chain's default, or
/// governance.
pub(crate) fn set_access(ctx: &mut Ctx<'_>, sender: &Address, id: u64, config: &AccessConfig) -> Result<()> {
    let mut code = state::code(ctx, id)?;
    let widest = params(ctx)?.instantiate_default_permission();
    let within = access::kind_is_subset(config.permission(), widest);
    if *sender != access::authority() && (code.info.creator != sender.to_string() || !within) {
        return Err(sdk::unauthorized("can not modify code access config: unauthorized"));
    }
    code.info.instantiate_config = Some(config.clone());
    CODES.set(ctx, id, &code)?;
    let (id, addresses) = (id.to_string(), config.addresses.join(","));
    let mut attributes = vec![("code_permission", access::name(config.permission())), ("code_id", id.as_str())];
    if !addresses.is_empty() {
        attributes.push(("authorized_addresses", &addresses));
    }
    ctx.emit("update_code_access_config", &attributes);
    Ok(())
}
