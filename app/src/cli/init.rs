//! `synergyd init`: a home from nothing.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Args, ValueEnum};
use cosmrs::tendermint::Time;
use serde_json::{Value, json};
use synergy_app::{
    config::{AppConfig, CONFIG_DIR, ClientConfig, DATA_DIR, KeyringBackend, Output, Settings},
    genesis,
};
use synergy_proto::{ConsensusKey, KeyType};

use super::{
    comet,
    context::ask,
    error::{Result, bail, error},
    output,
    tx::build::report,
};

/// Voting power of a chain's first validator.
const POWER: u64 = 10;

#[derive(Args, Debug)]
pub(crate) struct Init {
    /// The node's public name
    moniker: String,
    /// The chain's id
    #[arg(long, default_value = "synergy-local-1", value_name = "ID")]
    chain_id: String,
    /// Begin anew in a home that has a genesis file; its keys are replaced too
    #[arg(long)]
    overwrite: bool,
    /// Make the validator's key from a phrase instead of randomness
    #[arg(long)]
    recover: bool,
    /// Leave this node's validator out of the genesis file
    #[arg(long)]
    no_validator: bool,
    /// Type of validators' keys: this node's, and the one that the genesis file allows
    #[arg(long, default_value = "ed25519", value_name = "TYPE")]
    consensus_key_algo: KeyAlgo,
    /// keyring-backend in client.toml: file or test
    #[arg(long, default_value = "file", value_name = "BACKEND")]
    keyring_backend: KeyringBackend,
    /// Form of the result: text or json
    #[arg(long, short, default_value = "text", value_name = "FORM")]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyAlgo {
    /// CometBFT 0.38 and later
    Ed25519,
    /// Post-quantum; all nodes need CometBFT 0.40
    #[value(name = "ml_dsa_65")]
    MlDsa65,
}

impl KeyAlgo {
    pub(crate) fn kind(self) -> KeyType {
        match self {
            Self::Ed25519 => KeyType::Ed25519,
            Self::MlDsa65 => KeyType::MlDsa65,
        }
    }
}

pub(crate) fn run(home: &Path, init: &Init) -> Result<()> {
    check_chain_id(&init.chain_id)?;
    let genesis_file = home.join(CONFIG_DIR).join("genesis.json");
    if genesis_file.exists() && !init.overwrite {
        bail!("{} exists: --overwrite begins anew, with new keys", genesis_file.display());
    }
    let kind = init.consensus_key_algo.kind();
    let phrase = if init.recover { Some(ask("Enter the phrase: ")?) } else { None };
    let key = make_keys(home, kind, phrase.as_ref().map(|phrase| phrase.trim()))?;

    let mut document = new_genesis(&init.chain_id, kind)?;
    if !init.no_validator {
        // The key's own account runs the validator until `gentx` names another.
        genesis::add_validator(&mut document, &key, &comet::account(&key)?, POWER).map_err(|e| error!("{e}"))?;
    }
    write(&genesis_file, &format!("{document:#}\n"))?;

    let app = AppConfig::default();
    let client = ClientConfig {
        chain_id: init.chain_id.clone(),
        keyring_backend: init.keyring_backend,
        ..ClientConfig::default()
    };
    let comet = CometConfig { app_address: &app.address, ..CometConfig::new(&init.moniker) };
    write_configs(home, &comet, &app, &client)?;

    output::value(
        init.output,
        &json!({
            "moniker": init.moniker,
            "chain_id": init.chain_id,
            "node_id": comet::node_id(home)?,
            "home": home.display().to_string(),
        }),
    )?;
    output::note(
        "next: `synergyd keys add NAME`, `synergyd genesis add-genesis-account NAME 1000snrg`, `synergyd start --with-comet`",
    );
    Ok(())
}

/// Whether CometBFT takes the text as a chain's id.
pub(crate) fn check_chain_id(chain_id: &str) -> Result<()> {
    cosmrs::tendermint::chain::Id::try_from(chain_id).map_err(|e| error!("--chain-id {chain_id:?}: {e}"))?;
    Ok(())
}

/// Makes the folders of a home, the validator's key (from a phrase if there is one) and
/// the node's.
pub(crate) fn make_keys(home: &Path, kind: KeyType, phrase: Option<&str>) -> Result<ConsensusKey> {
    for dir in [CONFIG_DIR, DATA_DIR] {
        let dir = home.join(dir);
        fs::create_dir_all(&dir).map_err(|e| error!("cannot make {}: {e}", dir.display()))?;
    }
    let secret = comet::new_validator_key(kind, phrase)?;
    let key = comet::write_validator_key(home, kind, &secret)?;
    comet::write_node_key(home)?;
    Ok(key)
}

/// A genesis file from this moment on, for validators with keys of one type.
pub(crate) fn new_genesis(chain_id: &str, kind: KeyType) -> Result<Value> {
    let mut document = genesis::document(chain_id, &now()?);
    document["consensus_params"]["validator"]["pub_key_types"] = json!([kind.as_str()]);
    Ok(document)
}

/// Writes the three files of settings.
pub(crate) fn write_configs(
    home: &Path,
    comet: &CometConfig<'_>,
    app: &AppConfig,
    client: &ClientConfig,
) -> Result<()> {
    let config = home.join(CONFIG_DIR);
    write(&config.join("config.toml"), &comet.render())?;
    write(&config.join(AppConfig::FILE), &app.render())?;
    write(&config.join(ClientConfig::FILE), &client.render())
}

fn now() -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let time = Time::from_unix_timestamp(i64::try_from(now.as_secs())?, now.subsec_nanos()).map_err(report)?;
    Ok(time.to_rfc3339())
}

pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|e| error!("cannot write {}: {e}", path.display()))
}

/// CometBFT's configuration: what differs from its defaults or is often changed.
/// It fills in the rest.
pub(crate) struct CometConfig<'a> {
    pub(crate) moniker: &'a str,
    pub(crate) app_address: &'a str,
    pub(crate) rpc: &'a str,
    pub(crate) p2p: &'a str,
    pub(crate) persistent_peers: &'a str,
    pub(crate) timeout_commit: &'a str,
    /// Where CometBFT's metrics are served; not at all if there is none.
    pub(crate) metrics: Option<&'a str>,
}

impl<'a> CometConfig<'a> {
    pub(crate) fn new(moniker: &'a str) -> Self {
        Self {
            moniker,
            app_address: "tcp://127.0.0.1:26658",
            rpc: "tcp://127.0.0.1:26657",
            p2p: "tcp://0.0.0.0:26656",
            persistent_peers: "",
            timeout_commit: "1s",
            metrics: None,
        }
    }

    fn render(&self) -> String {
        let Self { app_address: app, rpc, p2p, persistent_peers: peers, timeout_commit: commit, .. } = self;
        let moniker = toml::Value::String(self.moniker.to_owned());
        let (prometheus, metrics) = (self.metrics.is_some(), self.metrics.unwrap_or(":26660"));
        format!(
            r#"# CometBFT 0.38 or 0.40. Settings that are not here have CometBFT's defaults.

# Where the application listens: `address` in app.toml. `synergyd start
# --with-comet` passes its own.
proxy_app = "{app}"
abci = "socket"

# Public name of this node.
moniker = {moniker}

# Must stay this: backends of Go only.
db_backend = "goleveldb"

[rpc]
laddr = "{rpc}"
# Most of one request: a model's chunk in base64 and what is around it.
max_body_bytes = 4000000

[p2p]
laddr = "{p2p}"
# Nodes to keep connected to, as id@host:port,…
persistent_peers = "{peers}"
# For nodes of one localnet on one machine.
addr_book_strict = false
allow_duplicate_ip = true

[mempool]
# Transactions that wait, and their bytes in all.
size = 60000
max_txs_bytes = 1073741824
cache_size = 100000

[consensus]
# Time from a block to the next one.
timeout_commit = "{commit}"

[tx_index]
# `query tx`, `query txs` and relayers need it.
indexer = "kv"

[instrumentation]
# CometBFT's own metrics; the application's are in app.toml.
prometheus = {prometheus}
prometheus_listen_addr = "{metrics}"
"#
        )
    }
}
