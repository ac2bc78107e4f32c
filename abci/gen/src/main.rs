//! Writes `abci/src/gen/*.rs` from `abci/proto/`.
//!
//! Only the messages that tendermint-proto's v0.38 package cannot represent are
//! generated: those that (transitively) hold a public key or the consensus
//! parameters, both of which grew members in CometBFT 0.40, and the two oneofs
//! that hold those messages. All others are references to tendermint-proto.
//!
//! `cargo run` writes; `cargo run -- --check` fails when the committed files
//! are not what would be written.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use heck::ToUpperCamelCase;
use prost_types::FileDescriptorSet;

/// Messages generated here. A message that is not listed is tendermint-proto's.
const OURS: &[&str] = &[
    ".tendermint.abci.Request",
    ".tendermint.abci.RequestInitChain",
    ".tendermint.abci.RequestInsertTx",
    ".tendermint.abci.RequestReapTxs",
    ".tendermint.abci.Response",
    ".tendermint.abci.ResponseFinalizeBlock",
    ".tendermint.abci.ResponseInitChain",
    ".tendermint.abci.ResponseInsertTx",
    ".tendermint.abci.ResponseReapTxs",
    ".tendermint.abci.ValidatorUpdate",
    ".tendermint.crypto.PublicKey",
    ".tendermint.types.AuthorityParams",
    ".tendermint.types.ConsensusParams",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let abci = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let wanted = generate(&abci.join("proto"))?;
    let folder = abci.join("src/gen");
    match env::args().nth(1).as_deref() {
        None => write(&folder, &wanted),
        Some("--check") => check(&folder, &wanted),
        Some(other) => Err(format!("unknown argument {other}; the only one is --check").into()),
    }
}

/// File name → Rust source.
fn generate(proto: &Path) -> Result<BTreeMap<String, String>> {
    let files = protox::compile([proto.join("tendermint/abci/types.proto")], [proto])?;

    let mut config = prost_build::Config::new();
    config.bytes(["."]);
    for kind in ["Timestamp", "Duration"] {
        config.extern_path(format!(".google.protobuf.{kind}"), format!("::tendermint_proto::google::protobuf::{kind}"));
    }
    for (name, path) in foreign(&files) {
        config.extern_path(name, path);
    }

    let requests = files
        .file
        .into_iter()
        .map(|file| {
            let module = prost_build::Module::from_protobuf_package_name(file.package());
            (module, file)
        })
        .collect();
    let sources = config.generate(requests)?;
    Ok(sources
        .into_iter()
        .map(|(module, source)| (module.to_file_name_or("_"), source))
        .filter(|(name, _)| name.starts_with("tendermint."))
        .collect())
}

/// Every top-level message and enum of Tendermint's packages that is not ours,
/// with its path in tendermint-proto.
fn foreign(files: &FileDescriptorSet) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in &files.file {
        let package = file.package();
        let Some(module) = package.strip_prefix("tendermint.") else {
            continue;
        };
        let messages = file.message_type.iter().map(|m| m.name());
        let enums = file.enum_type.iter().map(|e| e.name());
        for name in messages.chain(enums) {
            let full = format!(".{package}.{name}");
            if !OURS.contains(&full.as_str()) {
                let name = name.to_upper_camel_case();
                found.push((full, format!("::tendermint_proto::v0_38::{module}::{name}")));
            }
        }
    }
    found
}

fn write(folder: &Path, wanted: &BTreeMap<String, String>) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, source) in wanted {
        fs::write(folder.join(name), source)?;
    }
    Ok(())
}

fn check(folder: &Path, wanted: &BTreeMap<String, String>) -> Result<()> {
    let mut stale: Vec<PathBuf> = Vec::new();
    for (name, source) in wanted {
        let path = folder.join(name);
        if fs::read_to_string(&path).ok().as_ref() != Some(source) {
            stale.push(path);
        }
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if !wanted.contains_key(name) {
            stale.push(path);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("stale: {stale:?}; run `cargo run --manifest-path abci/gen/Cargo.toml`").into())
}
