//! `cargo run --manifest-path proto/gen/Cargo.toml [-- --check]`
//!
//! Writes `proto/src/gen/*.rs` from `proto/synergy/**.proto` and from what
//! `cosmos-sdk-proto` lacks, in `proto/third_party`. With `--check` it
//! writes nothing and fails when a committed file is not what it would write.

use std::{error::Error, fs, path::Path, process::ExitCode};

const FILES: &[&str] = &[
    "synergy/crypto/v1/keys.proto",
    "synergy/auth/v1/auth.proto",
    "synergy/feemarket/v1/feemarket.proto",
    "synergy/modelregistry/v1/modelregistry.proto",
    "synergy/aivm/v1/aivm.proto",
    "cosmwasm/wasm/v1/query.proto",
];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let check = std::env::args().any(|a| a == "--check");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let descriptors = protox::compile(FILES, [root.clone(), root.join("third_party")])?;
    let out = std::env::temp_dir().join(format!("proto-gen-{}", std::process::id()));
    fs::create_dir_all(&out)?;
    prost_build::Config::new()
        .enable_type_names()
        .extern_path(".cosmos.base.query.v1beta1", "::cosmos_sdk_proto::cosmos::base::query::v1beta1")
        .extern_path(".cosmwasm.wasm.v1.AccessConfig", "::cosmos_sdk_proto::cosmwasm::wasm::v1::AccessConfig")
        .extern_path(".google.protobuf.Any", "::cosmos_sdk_proto::Any")
        .out_dir(&out)
        .compile_fds(descriptors)?;
    let gen_dir = root.join("src/gen");
    fs::create_dir_all(&gen_dir)?;
    let mut stale = false;
    for entry in fs::read_dir(&out)? {
        let entry = entry?;
        let name = entry.file_name();
        if !["synergy.", "cosmwasm."].iter().any(|ours| name.to_string_lossy().starts_with(ours)) {
            continue;
        }
        let new = fs::read(entry.path())?;
        let target = gen_dir.join(&name);
        if fs::read(&target).ok().as_deref() == Some(&new) {
            continue;
        }
        stale = true;
        println!("{} {}", if check { "stale:" } else { "wrote" }, name.to_string_lossy());
        if !check {
            fs::write(target, new)?;
        }
    }
    fs::remove_dir_all(out)?;
    Ok(if check && stale { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
