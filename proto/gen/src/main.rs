//! `cargo run --manifest-path proto/gen/Cargo.toml [-- --check]`
//!
//! Writes `proto/src/gen/*.rs` from `proto/synergy/**.proto` and wasmd's, and beside them
//! from these and all of `third_party`: `descriptors.bin`, from which gRPC reflection,
//! REST and the API's documentation are made, and `amino.rs`. With `--check` it writes
//! nothing and fails when a committed file is not what it would write.

mod amino;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use protox::{
    Compiler,
    file::{ChainFileResolver, GoogleFileResolver, IncludeFileResolver},
};

const FILES: &[&str] = &[
    "synergy/crypto/v1/keys.proto",
    "synergy/auth/v1/auth.proto",
    "synergy/feemarket/v1/feemarket.proto",
    "synergy/modelregistry/v1/modelregistry.proto",
    "synergy/aivm/v1/aivm.proto",
    "synergy/escrow/v1/escrow.proto",
    // The types of cosmos-sdk-proto 0.26 are of an older wasmd.
    "cosmwasm/wasm/v1/ibc.proto",
    "cosmwasm/wasm/v1/query.proto",
    "cosmwasm/wasm/v1/tx.proto",
    "ibc/applications/transfer/v1/packet.proto",
    "ibc/applications/transfer/v1/query.proto",
    "ibc/applications/transfer/v1/tx.proto",
    "ibc/core/channel/v1/query.proto",
    "ibc/core/channel/v1/tx.proto",
    "ibc/core/client/v1/query.proto",
    "ibc/core/client/v1/tx.proto",
    "ibc/core/commitment/v1/commitment.proto",
    "ibc/core/connection/v1/query.proto",
    "ibc/core/connection/v1/tx.proto",
    "ibc/lightclients/tendermint/v1/tendermint.proto",
];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let check = std::env::args().any(|a| a == "--check");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let third_party = folders(&root.join("third_party"))?;
    let descriptors = protox::compile(FILES, [std::slice::from_ref(&root), &third_party].concat())?;
    let out = std::env::temp_dir().join(format!("proto-gen-{}", std::process::id()));
    fs::create_dir_all(&out)?;
    prost_build::Config::new()
        .enable_type_names()
        .extern_path(".cosmos.base.query.v1beta1", "::cosmos_sdk_proto::cosmos::base::query::v1beta1")
        .extern_path(".cosmos.base.v1beta1", "::cosmos_sdk_proto::cosmos::base::v1beta1")
        .extern_path(".cosmos.ics23.v1", "::ics23")
        .extern_path(".cosmos.upgrade.v1beta1", "::cosmos_sdk_proto::cosmos::upgrade::v1beta1")
        .extern_path(".google.protobuf.Any", "::cosmos_sdk_proto::Any")
        .extern_path(".google.protobuf.Duration", "::tendermint_proto::google::protobuf::Duration")
        .extern_path(".google.protobuf.Timestamp", "::tendermint_proto::google::protobuf::Timestamp")
        .extern_path(".tendermint.types", "::tendermint_proto::v0_38::types")
        .out_dir(&out)
        .compile_fds(descriptors)?;
    let all = everything(&root, &third_party)?;
    fs::write(out.join("synergy.descriptors"), &all)?;
    let gen_dir = root.join("src/gen");
    fs::create_dir_all(&gen_dir)?;
    let mut stale = amino::write(&gen_dir, &all, check)?;
    for entry in fs::read_dir(&out)? {
        let entry = entry?;
        let name = match entry.file_name().to_string_lossy().as_ref() {
            "synergy.descriptors" => "descriptors.bin".to_owned(),
            name if ["synergy.", "cosmwasm.", "ibc."].iter().any(|ours| name.starts_with(ours)) => name.to_owned(),
            _ => continue,
        };
        let new = fs::read(entry.path())?;
        let target = gen_dir.join(&name);
        if fs::read(&target).ok().as_deref() == Some(&new) {
            continue;
        }
        stale = true;
        println!("{} {}", if check { "stale:" } else { "wrote" }, name);
        if !check {
            fs::write(target, new)?;
        }
    }
    fs::remove_dir_all(out)?;
    Ok(if check && stale { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Descriptors of our own files and all of `third_party`, options included.
fn everything(root: &Path, third_party: &[PathBuf]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut resolver = ChainFileResolver::new();
    let mut files: Vec<String> = FILES.iter().map(|&file| file.to_owned()).collect();
    resolver.add(IncludeFileResolver::new(root.to_owned()));
    for folder in third_party {
        resolver.add(IncludeFileResolver::new(folder.clone()));
        proto_files(folder, folder, &mut files)?;
    }
    resolver.add(GoogleFileResolver::new());
    files.sort();
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(false).open_files(files)?;
    Ok(compiler.encode_file_descriptor_set())
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

/// Adds the names of the .proto files below `dir`, as seen from `base`.
fn proto_files(base: &Path, dir: &Path, files: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for folder in folders(dir)? {
        proto_files(base, &folder, files)?;
    }
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "proto") {
            files.push(path.strip_prefix(base)?.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
