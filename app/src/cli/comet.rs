//! CometBFT's files in the home, and finding its program.

use std::{
    env, fs, io,
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use clap::Subcommand;
use serde_json::{Value, json};
use synergy_app::{
    config::{CONFIG_DIR, DATA_DIR},
    home,
};
use synergy_crypto::{HdPath, PublicKey, Scheme, SecretKey};
use synergy_proto::{Address, ConsensusKey, KeyType};
use zeroize::Zeroizing;

use super::{
    context::confirm,
    error::{Result, bail, error},
    output,
};

/// Folders and files that a chain leaves in `data/`.
const CHAIN_DATA: [&str; 7] =
    ["application.db", "blockstore.db", "state.db", "evidence.db", "tx_index.db", "cs.wal", "indexer"];

/// The version that the project installs for itself.
const PINNED: &str = "cometbft-0.38.25";

#[derive(Subcommand, Debug)]
pub(crate) enum Comet {
    /// Print the node's id, for others' persistent_peers
    ShowNodeId,
    /// Print the validator's public key as JSON
    ShowValidator,
    /// Print the validator's address
    ShowAddress,
    /// Print the version of the cometbft program, and where it is
    Version {
        /// The cometbft program [default: .tools/bin, then PATH]
        #[arg(long, env = "SYNERGYD_COMETBFT", value_name = "FILE", hide_env_values = true)]
        cometbft: Option<PathBuf>,
    },
    /// Delete all blocks and state; keys and configuration stay
    UnsafeResetAll {
        /// Keep the address book
        #[arg(long)]
        keep_addr_book: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

pub(crate) fn run(home: &Path, command: &Comet) -> Result<()> {
    match command {
        Comet::ShowNodeId => output::line(&node_id(home)?),
        Comet::ShowValidator => output::line(&key_json(&validator_key(home)?).to_string()),
        Comet::ShowAddress => output::line(&validator_key(home)?.address().valcons()),
        Comet::Version { cometbft } => {
            let program = program(cometbft.as_deref())?;
            output::line(&format!("{} {}", version(&program)?, program.display()))
        }
        Comet::UnsafeResetAll { keep_addr_book, yes } => {
            let question = format!("Delete the chain's data in {}?", home.join(DATA_DIR).display());
            if !yes && !confirm(&question) {
                bail!("cancelled: nothing was deleted");
            }
            let _lock = home::lock(home)?;
            reset(home, *keep_addr_book)
        }
    }
}

fn reset(home: &Path, keep_addr_book: bool) -> Result<()> {
    for name in CHAIN_DATA {
        remove(&home.join(DATA_DIR).join(name))?;
    }
    if !keep_addr_book {
        remove(&home.join(CONFIG_DIR).join("addrbook.json"))?;
    }
    write_validator_state(home)?;
    output::note("the chain's data is deleted; the next start begins at genesis");
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(error!("cannot delete {}: {e}", path.display())),
        _ => Ok(()),
    }
}

fn scheme(kind: KeyType) -> Scheme {
    match kind {
        KeyType::Ed25519 => Scheme::Ed25519,
        KeyType::MlDsa65 => Scheme::MlDsa65,
    }
}

/// The account that the key has when it signs transactions.
pub(crate) fn account(key: &ConsensusKey) -> Result<Address> {
    Ok(PublicKey::from_bytes(scheme(key.kind()), key.as_bytes())?.address().into())
}

/// Makes a validator's key: from a phrase, or from randomness.
pub(crate) fn new_validator_key(kind: KeyType, phrase: Option<&str>) -> Result<SecretKey> {
    let scheme = scheme(kind);
    match phrase {
        Some(phrase) => Ok(SecretKey::from_mnemonic(scheme, phrase, "", &HdPath::bip44(scheme, 0, 0)?)?),
        None => Ok(SecretKey::generate(scheme)?),
    }
}

/// Writes a validator's key and its empty signing state.
pub(crate) fn write_validator_key(home: &Path, kind: KeyType, secret: &SecretKey) -> Result<ConsensusKey> {
    let public = ConsensusKey::new(kind, secret.public_key().to_bytes())?;
    let key = json!({
        "address": hex::encode_upper(public.address().as_bytes()),
        "pub_key": {"type": kind.comet_public(), "value": BASE64.encode(public.as_bytes())},
        "priv_key": private(kind, secret),
    });
    write_secret(&home.join(CONFIG_DIR).join("priv_validator_key.json"), &key)?;
    write_validator_state(home)?;
    Ok(public)
}

fn write_validator_state(home: &Path) -> Result<()> {
    let state = json!({"height": "0", "round": 0, "step": 0});
    write_secret(&home.join(DATA_DIR).join("priv_validator_state.json"), &state)
}

/// Writes the key by which other nodes know this one.
pub(crate) fn write_node_key(home: &Path) -> Result<()> {
    let secret = SecretKey::generate(Scheme::Ed25519)?;
    write_secret(&home.join(CONFIG_DIR).join("node_key.json"), &json!({"priv_key": private(KeyType::Ed25519, &secret)}))
}

/// CometBFT keeps of an ed25519 key the seed and the public key, of an ML-DSA key
/// FIPS 204's packed form.
fn private(kind: KeyType, secret: &SecretKey) -> Value {
    let bytes = secret
        .to_packed_ml_dsa_65()
        .unwrap_or_else(|| Zeroizing::new([secret.to_bytes().as_slice(), &secret.public_key().to_bytes()].concat()));
    json!({"type": kind.comet_private(), "value": BASE64.encode(&*bytes)})
}

pub(crate) fn write_secret(path: &Path, value: &Value) -> Result<()> {
    let text = format!("{value:#}\n");
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut f| f.write_all(text.as_bytes())).map_err(|e| error!("cannot write {}: {e}", path.display()))
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path)
        .map_err(|e| error!("cannot read {}: {e}; `synergyd init` makes it", path.display()))?;
    serde_json::from_str(&text).map_err(|e| error!("{}: {e}", path.display()))
}

/// The public key of this home's validator.
pub(crate) fn validator_key(home: &Path) -> Result<ConsensusKey> {
    let path = home.join(CONFIG_DIR).join("priv_validator_key.json");
    key_from(&read(&path)?["pub_key"]).map_err(|e| error!("{}: {e}", path.display()))
}

/// CometBFT's configuration of the home.
pub(crate) fn config(home: &Path) -> Result<toml::Value> {
    let path = home.join(CONFIG_DIR).join("config.toml");
    let text = fs::read_to_string(&path)
        .map_err(|e| error!("cannot read {}: {e}; `synergyd init` makes it", path.display()))?;
    let table: toml::Table = text.parse().map_err(|e| error!("{}: {e}", path.display()))?;
    Ok(toml::Value::Table(table))
}

/// Where the RPC of the home's CometBFT is asked from this machine; `None` if it has none,
/// or none over TCP.
pub(crate) fn rpc(home: &Path) -> Option<String> {
    let config = config(home).ok()?;
    let address: SocketAddr = config.get("rpc")?.get("laddr")?.as_str()?.strip_prefix("tcp://")?.parse().ok()?;
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    Some(format!("tcp://{}", SocketAddr::new(ip, address.port())))
}

/// Names the nodes to keep connected to in `config.toml`; comments stay.
pub(crate) fn set_persistent_peers(home: &Path, peers: &str) -> Result<()> {
    let path = home.join(CONFIG_DIR).join("config.toml");
    let text = fs::read_to_string(&path).map_err(|e| error!("cannot read {}: {e}", path.display()))?;
    let line = |line: &str| match line.trim_start().starts_with("persistent_peers =") {
        true => format!("persistent_peers = \"{peers}\"\n"),
        false => format!("{line}\n"),
    };
    let changed: String = text.lines().map(line).collect();
    fs::write(&path, changed).map_err(|e| error!("cannot write {}: {e}", path.display()))
}

/// The port of an address such as `tcp://0.0.0.0:26656`.
pub(crate) fn port(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}

/// A validator's key from the JSON that `show-validator` prints or CometBFT writes, or
/// an ed25519 key's base64.
pub(crate) fn parse_key(text: &str) -> Result<ConsensusKey> {
    let json =
        serde_json::from_str(text).unwrap_or_else(|_| json!({"type": KeyType::Ed25519.comet_public(), "value": text}));
    key_from(&json).map_err(|e| {
        let shown: String = text.chars().take(80).collect();
        error!("{shown:?} is no validator's public key ({e}): give what `synergyd comet show-validator` prints")
    })
}

/// A key in the SDK's JSON (`@type` and `key`) or in CometBFT's (`type` and `value`).
fn key_from(json: &Value) -> Result<ConsensusKey> {
    let named = |kind: &KeyType| json["@type"] == kind.type_url() || json["type"] == kind.comet_public();
    let Some(kind) = KeyType::ALL.into_iter().find(named) else {
        bail!("its type is none of {:?}", KeyType::ALL.map(KeyType::as_str))
    };
    let encoded = json["key"].as_str().or(json["value"].as_str()).unwrap_or_default();
    Ok(ConsensusKey::new(kind, BASE64.decode(encoded).map_err(|e| error!("{e}"))?)?)
}

/// The SDK's JSON of a key.
fn key_json(key: &ConsensusKey) -> Value {
    json!({"@type": key.kind().type_url(), "key": BASE64.encode(key.as_bytes())})
}

pub(crate) fn node_id(home: &Path) -> Result<String> {
    let path = home.join(CONFIG_DIR).join("node_key.json");
    let key = BASE64.decode(read(&path)?["priv_key"]["value"].as_str().unwrap_or_default()).unwrap_or_default();
    let public = key.get(32..64).ok_or_else(|| error!("{} holds no ed25519 key", path.display()))?;
    Ok(hex::encode(ConsensusKey::new(KeyType::Ed25519, public.to_vec())?.address().as_bytes()))
}

/// The cometbft program: as named, else `$SYNERGYD_COMETBFT` (clap reads it),
/// else `.tools/bin` of the folder or of this program's checkout, else PATH.
pub(crate) fn program(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = named {
        return if path.is_file() { Ok(path.to_owned()) } else { Err(error!("there is no {}", path.display())) };
    }
    let here = env::current_dir().into_iter();
    let exe = env::current_exe().into_iter().flat_map(|exe| exe.ancestors().map(Path::to_owned).collect::<Vec<_>>());
    let tools = here.chain(exe).map(|dir| dir.join(".tools/bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let candidates = tools.map(|dir| dir.join(PINNED)).chain(env::split_paths(&path).map(|dir| dir.join("cometbft")));
    candidates.into_iter().find(|p| p.is_file()).ok_or_else(|| {
        error!(
            "cometbft is not in .tools/bin or PATH: install it with `go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25`, or name it with --cometbft"
        )
    })
}

/// The version of a cometbft program: that of its Go module, which the linker wrote
/// into it. CometBFT 0.40.0 itself says 0.39.0.
fn version(program: &Path) -> Result<String> {
    const MODULE: &[u8] = b"mod\tgithub.com/cometbft/cometbft\tv";
    let bytes = fs::read(program).map_err(|e| error!("cannot read {}: {e}", program.display()))?;
    let at = bytes.windows(MODULE.len()).position(|window| window == MODULE);
    let rest = at.and_then(|at| bytes.get(at + MODULE.len()..)).unwrap_or_default();
    let version: String =
        rest.iter().map(|&b| char::from(b)).take_while(|c| c.is_ascii_alphanumeric() || ".-+".contains(*c)).collect();
    if version.is_empty() {
        bail!("{} does not say its version: was it built with `go install`?", program.display());
    }
    Ok(version)
}
