//! `synergyd debug bundle`: what a bug report needs, in one archive.
//!
//! Only what is named here goes in, so that no key can: nothing of the keyring, no
//! `priv_validator_key.json`, no `node_key.json`, no genesis file.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_app::{
    config::{AppConfig, CONFIG_DIR, DATA_DIR, Settings, process_env},
    home::free_mib,
};

use super::{
    comet,
    context::{ClientFlags, Context},
    error::{Result, error},
    output,
    rpc::Rpc,
};

/// What is asked of CometBFT.
const METHODS: [&str; 8] = [
    "status",
    "abci_info",
    "net_info",
    "consensus_state",
    "dump_consensus_state",
    "consensus_params",
    "validators",
    "num_unconfirmed_txs",
];
/// Bytes of each log, from its end.
const LOG_BYTES: u64 = 2 << 20;
/// Words of settings whose values are not for others.
const SECRET: [&str; 4] = ["password", "secret", "token", "mnemonic"];

#[derive(Args, Debug)]
pub(crate) struct Bundle {
    #[command(flatten)]
    client: ClientFlags,
    /// The archive
    #[arg(long, default_value = "synergyd-debug.tar.gz", value_name = "FILE")]
    file: PathBuf,
    /// A log of the node whose end goes in too; may be given several times
    #[arg(long, value_name = "FILE")]
    log: Vec<PathBuf>,
}

pub(crate) fn run(home: &Path, bundle: &Bundle) -> Result<()> {
    let parts = collect(home, bundle)?;
    write(&bundle.file, &parts).map_err(|e| error!("cannot write {}: {e}", bundle.file.display()))?;
    output::line(&format!("{} files in {}", parts.len(), bundle.file.display()))
}

fn collect(home: &Path, bundle: &Bundle) -> Result<Vec<(String, Vec<u8>)>> {
    let mut parts = vec![("about.json".to_owned(), format!("{:#}\n", about(home)).into_bytes())];
    for file in ["app.toml", "client.toml", "config.toml"] {
        if let Ok(text) = fs::read_to_string(home.join(CONFIG_DIR).join(file)) {
            parts.push((format!("config/{file}"), without_secrets(&text).into_bytes()));
        }
    }
    for file in ["priv_validator_state.json", "upgrade-info.json"] {
        if let Ok(bytes) = fs::read(home.join(DATA_DIR).join(file)) {
            parts.push((format!("data/{file}"), bytes));
        }
    }
    let mut files = String::new();
    list(&home.join(DATA_DIR), "", &mut files);
    parts.push(("data/files.txt".to_owned(), files.into_bytes()));

    let mut rpc = Context::new(home, &bundle.client)?.rpc()?;
    let mut running = true;
    for method in METHODS {
        let answer = if running { ask(&mut rpc, method) } else { break };
        running = answer.is_ok();
        let text = answer.map_or_else(|e| format!("{e}\n"), |value| format!("{value:#}\n"));
        parts.push((format!("rpc/{method}.json"), text.into_bytes()));
    }
    for (name, address) in metrics_of(home) {
        let text = get_metrics(&address).unwrap_or_else(|e| format!("{address}: {e}\n").into_bytes());
        parts.push((format!("metrics/{name}.txt"), text));
    }
    for (number, log) in bundle.log.iter().enumerate() {
        let end = end_of(log).map_err(|e| error!("cannot read {}: {e}", log.display()))?;
        let name = log.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        parts.push((format!("logs/{number}-{name}"), end));
    }
    Ok(parts)
}

fn about(home: &Path) -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let memory: Vec<String> = read("/proc/meminfo").lines().take(3).map(str::to_owned).collect();
    let genesis = fs::read(home.join(CONFIG_DIR).join("genesis.json")).unwrap_or_default();
    json!({
        "synergyd": env!("CARGO_PKG_VERSION"),
        "target": format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        "kernel": read("/proc/version").trim(),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": memory,
        "free_disk_mib": free_mib(home).unwrap_or(0),
        "genesis_sha256": hex::encode(Sha256::digest(&genesis)),
        "genesis_bytes": genesis.len(),
        "node_id": comet::node_id(home).unwrap_or_default(),
    })
}

fn without_secrets(text: &str) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((key, _)) if SECRET.iter().any(|word| key.to_lowercase().contains(word)) => format!("{key}= \"…\"\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// A line of bytes and path for every file.
fn list(folder: &Path, below: &str, out: &mut String) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        match entry.metadata() {
            Ok(data) if data.is_dir() => list(&entry.path(), &format!("{name}/"), out),
            Ok(data) => out.push_str(&format!("{:>12} {name}\n", data.len())),
            Err(e) => out.push_str(&format!("           ? {name}: {e}\n")),
        }
    }
}

fn ask(rpc: &mut Rpc, method: &str) -> Result<Value> {
    rpc.call(method, &json!({}))
}

/// Where this home's two servers of metrics listen, as far as they do.
fn metrics_of(home: &Path) -> Vec<(&'static str, String)> {
    let app = AppConfig::load(home, process_env, &[]).ok().filter(|app| app.telemetry.enabled);
    let comet = comet::config(home).ok().and_then(|config| {
        let table = config.get("instrumentation")?;
        let on = table.get("prometheus")?.as_bool()?;
        on.then(|| table.get("prometheus_listen_addr")?.as_str().map(str::to_owned))?
    });
    let app = app.map(|app| ("synergyd", app.telemetry.address));
    app.into_iter().chain(comet.map(|address| ("cometbft", address))).collect()
}

fn get_metrics(address: &str) -> io::Result<Vec<u8>> {
    // ":26660" and "0.0.0.0:26660" are all addresses, this one among them.
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let host = if host.is_empty() || host == "0.0.0.0" { "127.0.0.1" } else { host };
    let mut stream = TcpStream::connect(format!("{host}:{port}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(format!("GET /metrics HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

fn end_of(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
    let mut end = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut end)?;
    Ok(end)
}

fn write(file: &Path, parts: &[(String, Vec<u8>)]) -> io::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(File::create(file)?, Compression::fast()));
    for (name, bytes) in parts {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("synergyd-debug/{name}"), bytes.as_slice())?;
    }
    archive.into_inner()?.finish()?.sync_all()
}
