//! The node's settings (`app.toml`) and the client's (`client.toml`).
//!
//! Each file is one table of [`Setting`]s, from which its text with comments,
//! its strict reading, the `SYNERGYD_*` variables and `config get|set` all follow.
//! A setting takes its value from the flag, else the environment, else the file,
//! else the default.

use std::{
    collections::BTreeSet,
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use synergy_proto::coin::{self, BASE_DENOM};

/// Folder of the configuration files below the home.
pub const CONFIG_DIR: &str = "config";
/// Folder of the databases below the home.
pub const DATA_DIR: &str = "data";

/// What is wrong with a configuration and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// One line of a configuration file.
pub struct Setting<T> {
    /// Name in the file; `table.name` inside a table.
    pub key: &'static str,
    /// The comment above it.
    pub help: &'static str,
    /// Whether the value is written in quotes.
    quoted: bool,
    get: fn(&T) -> String,
    set: fn(&mut T, &str) -> Result<(), String>,
}

/// A configuration file.
pub trait Settings: Default + 'static {
    /// Its name below `config/`.
    const FILE: &'static str;
    /// The comment at its top.
    const HEAD: &'static str;

    /// Its lines; those of one table follow each other.
    fn settings() -> &'static [Setting<Self>];

    /// What a single setting cannot see.
    ///
    /// # Errors
    /// The contradiction found.
    fn check(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Reads the file below `home` (defaults when there is none), the
    /// environment through `env`, and then `flags` of (key, value).
    ///
    /// # Errors
    /// An unreadable file, an unknown key or a bad value, with its place.
    fn load(home: &Path, env: impl Fn(&str) -> Option<String>, flags: &[(&str, String)]) -> Result<Self, ConfigError> {
        let path = home.join(CONFIG_DIR).join(Self::FILE);
        let mut config = match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|e| ConfigError(format!("{}: {e}", path.display())))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Self::default(),
            Err(e) => return Err(ConfigError(format!("cannot read {}: {e}", path.display()))),
        };
        for setting in Self::settings() {
            let name = env_name(setting.key);
            if let Some(value) = env(&name) {
                (setting.set)(&mut config, &value)
                    .map_err(|e| ConfigError(format!("environment variable {name}: {e}")))?;
            }
        }
        for (key, value) in flags {
            config.set(key, value)?;
        }
        config.check()?;
        Ok(config)
    }

    /// Reads a file's text. Keys that are left out keep their defaults.
    ///
    /// # Errors
    /// Text that is not TOML, an unknown key (with the nearest known one) or a bad
    /// value.
    fn parse(text: &str) -> Result<Self, ConfigError> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| ConfigError(e.to_string()))?;
        let mut config = Self::default();
        for (key, value) in flatten("", &table)? {
            config.set(&key, &value)?;
        }
        Ok(config)
    }

    /// Sets one value from its text.
    ///
    /// # Errors
    /// An unknown key or a bad value.
    fn set(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        let setting = find::<Self>(key)?;
        (setting.set)(self, value).map_err(|e| ConfigError(format!("{key}: {e}")))
    }

    /// The text of one value.
    ///
    /// # Errors
    /// An unknown key.
    fn get(&self, key: &str) -> Result<String, ConfigError> {
        Ok((find::<Self>(key)?.get)(self))
    }

    /// The file's text, with comments.
    fn render(&self) -> String {
        let mut text = String::new();
        for line in Self::HEAD.lines() {
            text.push_str(&format!("# {line}\n"));
        }
        let mut table = "";
        for setting in Self::settings() {
            let (section, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
            if section != table {
                table = section;
                text.push_str(&format!("\n[{section}]\n"));
            }
            text.push('\n');
            for line in setting.help.lines() {
                text.push_str(&format!("# {line}\n"));
            }
            let value = (setting.get)(self);
            let value = if setting.quoted { toml::Value::String(value).to_string() } else { value };
            text.push_str(&format!("{name} = {value}\n"));
        }
        text
    }
}

/// Name of the environment variable for a setting: `pruning-keep-recent` is
/// `SYNERGYD_PRUNING_KEEP_RECENT`.
pub fn env_name(key: &str) -> String {
    format!("SYNERGYD_{}", key.to_uppercase().replace(['-', '.'], "_"))
}

/// The process environment, as [`Settings::load`] takes it. An empty variable
/// counts as not set.
pub fn process_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The name among `known` that a mistyped one most likely meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len() / 2)
        .map(|(_, candidate)| candidate)
}

fn find<T: Settings>(key: &str) -> Result<&'static Setting<T>, ConfigError> {
    // client.toml's own spelling and flags' one are the same but for the case of _.
    let wanted = key.replace('_', "-");
    T::settings().iter().find(|s| s.key == wanted).ok_or_else(|| {
        let hint = match nearest(&wanted, T::settings().iter().map(|s| s.key)) {
            Some(known) => format!("did you mean \"{known}\"?"),
            None => {
                format!("remove it, or see the keys with `synergyd config view {}`", T::FILE.trim_end_matches(".toml"))
            }
        };
        ConfigError(format!("unknown setting \"{key}\" of {}: {hint}", T::FILE))
    })
}

fn flatten(prefix: &str, table: &toml::Table) -> Result<Vec<(String, String)>, ConfigError> {
    let mut out = Vec::new();
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => out.extend(flatten(&key, inner)?),
            toml::Value::String(text) => out.push((key, text.clone())),
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => {
                out.push((key, value.to_string()));
            }
            toml::Value::Array(_) | toml::Value::Datetime(_) => {
                return Err(ConfigError(format!("{key}: write one text, number, true or false")));
            }
        }
    }
    Ok(out)
}

/// Levenshtein distance.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn heights(text: &str) -> Result<BTreeSet<u64>, String> {
    text.split_whitespace().map(number).collect()
}

fn number<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("\"{text}\" is no whole number of at least 0"))
}

fn at_least_one<N: FromStr + Default + PartialEq>(text: &str) -> Result<N, String> {
    text.parse()
        .ok()
        .filter(|n| *n != N::default())
        .ok_or_else(|| format!("\"{text}\" is no whole number of at least 1"))
}

fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("\"{text}\" is neither true nor false"))
}

/// Makes an enum whose values are words of the configuration.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// The words, in order of declaration.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("\"{text}\" is not one of {}", Self::WORDS.join(", "))),
                }
            }
        }
    };
}

words! {
    /// How much history a node keeps.
    Pruning {
        /// The last 362,880 heights, three weeks of five-second blocks.
        Default = "default",
        /// All of it.
        Nothing = "nothing",
        /// The last two heights.
        Everything = "everything",
        /// As many as `pruning-keep-recent` says.
        Custom = "custom",
    }
}

words! {
    /// The embedded database.
    DbBackend {
        /// Log-structured, the faster one.
        Fjall = "fjall",
        /// Kept for those who know it.
        Sled = "sled",
    }
}

words! {
    /// How secret keys are kept.
    KeyringBackend {
        /// Encrypted under a passphrase.
        File = "file",
        /// In clear, for tests and localnets.
        Test = "test",
    }
}

words! {
    /// Form of what commands print.
    Output {
        /// For people.
        Text = "text",
        /// For programs.
        Json = "json",
    }
}

words! {
    /// What `tx` commands wait for.
    BroadcastMode {
        /// The node's check of the transaction.
        Sync = "sync",
        /// Nothing.
        Async = "async",
    }
}

/// `app.toml`: how this node runs the application. Nothing here changes a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppConfig {
    /// Coins per unit of gas that this node's mempool demands beside the base fee.
    pub minimum_gas_prices: String,
    /// How much history is kept.
    pub pruning: Pruning,
    /// Heights kept when `pruning` is custom.
    pub pruning_keep_recent: u64,
    /// Most gas of one query; 0 for no limit.
    pub query_gas_limit: u64,
    /// Blocks that CometBFT keeps at least; 0 for all.
    pub min_retain_blocks: u64,
    /// MiB of the home's disk below which the node does not start.
    pub minimum_free_disk: u64,
    /// Height after whose commit the node stops; 0 for never.
    pub halt_height: u64,
    /// Heights at which a scheduled upgrade is dropped instead of made.
    pub unsafe_skip_upgrades: BTreeSet<u64>,
    /// Database of the state.
    pub app_db_backend: DbBackend,
    /// MiB of what was read from that database that stay in memory.
    pub app_db_cache: u64,
    /// Where the application listens for CometBFT (`tcp://IP:PORT` or `unix://PATH`).
    pub address: String,
    /// Metrics.
    pub telemetry: Telemetry,
    /// REST.
    pub api: Api,
    /// gRPC.
    pub grpc: Grpc,
    /// What holds for REST and gRPC alike.
    pub serving: Serving,
    /// The AI runtime.
    pub inference: Inference,
    /// Snapshots for new nodes.
    pub state_sync: StateSync,
    /// The index of transactions.
    pub indexer: IndexerConfig,
}

/// Table `[indexer]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexerConfig {
    /// Whether the node keeps an index of its own.
    pub enable: bool,
    /// Newest heights that it holds; 0 for all.
    pub keep_recent: u64,
}

/// Table `[state-sync]`, with the SDK's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateSync {
    /// Heights between two snapshots; 0 for none.
    pub interval: u64,
    /// Newest snapshots that are kept; 0 keeps all.
    pub keep_recent: usize,
}

/// Table `[telemetry]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// Whether metrics are served.
    pub enabled: bool,
    /// Where, as `IP:PORT`.
    pub address: String,
}

/// Table `[api]`, with the SDK's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Whether REST is served.
    pub enable: bool,
    /// Whether the pages at `/` and `/swagger/` and `/openapi.json` are.
    pub swagger: bool,
    /// Where, as `tcp://HOST:PORT`.
    pub address: String,
    /// Connections open at once, on REST and gRPC each.
    pub max_open_connections: usize,
    /// Seconds for the head of a request, and between two requests of a connection.
    pub rpc_read_timeout: u64,
    /// Most bytes of a request's body.
    pub rpc_max_body_bytes: usize,
    /// Whether pages of any origin may call REST and gRPC-web.
    pub enabled_unsafe_cors: bool,
}

/// Tables `[grpc]` and `[grpc-web]`, with the SDK's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grpc {
    /// Whether gRPC is served.
    pub enable: bool,
    /// Where, as `HOST:PORT`.
    pub address: String,
    /// Most bytes of a request.
    pub max_recv_msg_size: usize,
    /// Most bytes of a response.
    pub max_send_msg_size: usize,
    /// Whether gRPC-web is served on the same port.
    pub web: bool,
}

/// Table `[serving]`: what keeps clients from disturbing the node or each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// CometBFT's RPC address, for blocks and transactions.
    pub comet: String,
    /// Queries that run at once.
    pub threads: usize,
    /// Seconds until a request is given up.
    pub timeout: u64,
    /// Requests in work or waiting at once.
    pub max_requests: usize,
    /// Requests per second of one client address; 0 for no limit.
    pub rate_limit: u32,
    /// Requests that a client may send at once after a pause.
    pub rate_burst: u32,
    /// Whether the limit holds for clients of this machine too.
    pub rate_limit_loopback: bool,
    /// Certificate chain of both servers (PEM); empty for no TLS.
    pub tls_cert: String,
    /// Its private key (PEM).
    pub tls_key: String,
}

/// Table `[inference]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inference {
    /// Folder of compiled code and model images; empty for the user's own.
    pub cache_dir: String,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            minimum_gas_prices: String::new(),
            pruning: Pruning::Default,
            pruning_keep_recent: 0,
            query_gas_limit: 10_000_000_000,
            min_retain_blocks: 0,
            minimum_free_disk: 256,
            halt_height: 0,
            unsafe_skip_upgrades: BTreeSet::new(),
            app_db_backend: DbBackend::Fjall,
            app_db_cache: synergy_store::DB_CACHE >> 20,
            address: "tcp://127.0.0.1:26658".into(),
            telemetry: Telemetry { enabled: true, address: "127.0.0.1:26680".into() },
            api: Api {
                enable: false,
                swagger: true,
                address: "tcp://localhost:1317".into(),
                max_open_connections: 1000,
                rpc_read_timeout: 10,
                rpc_max_body_bytes: 1_000_000,
                enabled_unsafe_cors: false,
            },
            grpc: Grpc {
                enable: true,
                address: "localhost:9090".into(),
                max_recv_msg_size: 10_485_760,
                max_send_msg_size: 2_147_483_647,
                web: true,
            },
            serving: Serving {
                comet: "tcp://127.0.0.1:26657".into(),
                threads: 4,
                timeout: 15,
                max_requests: 1000,
                rate_limit: 100,
                rate_burst: 200,
                rate_limit_loopback: false,
                tls_cert: String::new(),
                tls_key: String::new(),
            },
            state_sync: StateSync { interval: 0, keep_recent: 2 },
            indexer: IndexerConfig { enable: true, keep_recent: 0 },
            inference: Inference { cache_dir: String::new() },
        }
    }
}

impl AppConfig {
    /// Number of heights to keep; `None` for all.
    pub fn keep_recent(&self) -> Option<u64> {
        match self.pruning {
            Pruning::Default => Some(362_880),
            Pruning::Nothing => None,
            Pruning::Everything => Some(2),
            Pruning::Custom => Some(self.pruning_keep_recent),
        }
    }

    /// Most gas of one query.
    pub fn query_gas(&self) -> u64 {
        if self.query_gas_limit == 0 { u64::MAX } else { self.query_gas_limit }
    }

    /// `minimum-gas-prices` in base units ([`BASE_DENOM`]) per unit of gas.
    ///
    /// # Errors
    /// Another denom, or text that is no coin.
    pub fn minimum_gas_price(&self) -> Result<u128, ConfigError> {
        gas_price(&self.minimum_gas_prices).map_err(|e| ConfigError(format!("minimum-gas-prices: {e}")))
    }

    /// Folder of compiled code and model images, shared by the homes of one user:
    /// the setting, else `$SYNERGYD_CACHE`, else `synergyd` in the user's cache
    /// folder, else `cache` below the home.
    pub fn cache_dir(&self, home: &Path, env: impl Fn(&str) -> Option<String>) -> PathBuf {
        if !self.inference.cache_dir.is_empty() {
            return home.join(&self.inference.cache_dir);
        }
        if let Some(dir) = env("SYNERGYD_CACHE") {
            return dir.into();
        }
        let user = env("XDG_CACHE_HOME").map(PathBuf::from);
        let user = user.or_else(|| env("HOME").map(|dir| Path::new(&dir).join(".cache")));
        user.map_or_else(|| home.join("cache"), |dir| dir.join("synergyd"))
    }
}

/// Reads a price such as `1000000000asnrg`; empty is 0.
fn gas_price(text: &str) -> Result<u128, String> {
    let coins = coin::parse(text).map_err(|e| e.to_string())?;
    match coins.as_slice() {
        [] => Ok(0),
        [price] if price.denom == BASE_DENOM => coin::amount(&price.amount).map_err(|e| e.to_string()),
        _ => Err(format!("\"{text}\": fees are paid in {BASE_DENOM}, write one price such as 1000000000{BASE_DENOM}")),
    }
}

impl Settings for AppConfig {
    const FILE: &'static str = "app.toml";
    const HEAD: &'static str = "How this node runs the application. Change it and start the node again.
A flag of `synergyd start` or a variable such as SYNERGYD_PRUNING goes before it.";

    fn check(&self) -> Result<(), ConfigError> {
        if self.pruning == Pruning::Custom && self.pruning_keep_recent < 2 {
            return Err(ConfigError("pruning is custom: set pruning-keep-recent to 2 or more".into()));
        }
        if self.serving.tls_cert.is_empty() != self.serving.tls_key.is_empty() {
            return Err(ConfigError("serving.tls-cert and serving.tls-key: set both, or neither for no TLS".into()));
        }
        Ok(())
    }

    fn settings() -> &'static [Setting<Self>] {
        &[
            Setting {
                key: "minimum-gas-prices",
                help: "Price per unit of gas that this node's mempool demands when it is above the chain's\nbase fee, e.g. \"1000000000asnrg\". Empty: the base fee is enough.",
                quoted: true,
                get: |c| c.minimum_gas_prices.clone(),
                set: |c, v| gas_price(v).map(|_| c.minimum_gas_prices = v.to_owned()),
            },
            Setting {
                key: "pruning",
                help: "History kept for queries at past heights: default (362880 heights), nothing (all is\nkept), everything (2 heights) or custom (pruning-keep-recent).",
                quoted: true,
                get: |c| c.pruning.to_string(),
                set: |c, v| v.parse().map(|x| c.pruning = x),
            },
            Setting {
                key: "pruning-keep-recent",
                help: "Heights kept when pruning is custom.",
                quoted: false,
                get: |c| c.pruning_keep_recent.to_string(),
                set: |c, v| number(v).map(|x| c.pruning_keep_recent = x),
            },
            Setting {
                key: "query-gas-limit",
                help: "Most gas that one query or simulation may use; 0 for no limit. 1000 gas are about\none microsecond of one core.",
                quoted: false,
                get: |c| c.query_gas_limit.to_string(),
                set: |c, v| number(v).map(|x| c.query_gas_limit = x),
            },
            Setting {
                key: "min-retain-blocks",
                help: "Blocks that CometBFT keeps at least; 0 for all. Those that evidence (consensus params) and\nthe kept snapshots need stay in any case.",
                quoted: false,
                get: |c| c.min_retain_blocks.to_string(),
                set: |c, v| number(v).map(|x| c.min_retain_blocks = x),
            },
            Setting {
                key: "minimum-free-disk",
                help: "The node does not start with less of the home's disk free, in MiB.",
                quoted: false,
                get: |c| c.minimum_free_disk.to_string(),
                set: |c, v| number(v).map(|x| c.minimum_free_disk = x),
            },
            Setting {
                key: "halt-height",
                help: "The node stops after it has committed this height; 0 for never.",
                quoted: false,
                get: |c| c.halt_height.to_string(),
                set: |c, v| number(v).map(|x| c.halt_height = x),
            },
            Setting {
                key: "unsafe-skip-upgrades",
                help: "Heights at which a scheduled upgrade is dropped, apart by blanks; all validators must\nagree on them.",
                quoted: true,
                get: |c| c.unsafe_skip_upgrades.iter().map(u64::to_string).collect::<Vec<_>>().join(" "),
                set: |c, v| heights(v).map(|x| c.unsafe_skip_upgrades = x),
            },
            Setting {
                key: "app-db-backend",
                help: "Database of the state: fjall or sled. One home keeps the one it was started with.",
                quoted: true,
                get: |c| c.app_db_backend.to_string(),
                set: |c, v| v.parse().map(|x| c.app_db_backend = x),
            },
            Setting {
                key: "app-db-cache",
                help: "Most MiB of what was read from that database that stay in memory.",
                quoted: false,
                get: |c| c.app_db_cache.to_string(),
                set: |c, v| at_least_one(v).map(|x| c.app_db_cache = x),
            },
            Setting {
                key: "address",
                help: "Where the application listens for CometBFT, as proxy_app in config.toml names it:\n\"tcp://IP:PORT\" or \"unix:///PATH\". It has no authentication: keep it on this machine.",
                quoted: true,
                get: |c| c.address.clone(),
                set: |c, v| abci_address(v).map(|()| c.address = v.to_owned()),
            },
            Setting {
                key: "telemetry.enabled",
                help: "Whether metrics are served for Prometheus.",
                quoted: false,
                get: |c| c.telemetry.enabled.to_string(),
                set: |c, v| boolean(v).map(|x| c.telemetry.enabled = x),
            },
            Setting {
                key: "telemetry.address",
                help: "Where, as \"IP:PORT\".",
                quoted: true,
                get: |c| c.telemetry.address.clone(),
                set: |c, v| socket_address(v).map(|()| c.telemetry.address = v.to_owned()),
            },
            Setting {
                key: "api.enable",
                help: "Whether REST is served.",
                quoted: false,
                get: |c| c.api.enable.to_string(),
                set: |c, v| boolean(v).map(|x| c.api.enable = x),
            },
            Setting {
                key: "api.swagger",
                help: "Whether the explorer is served at /, a page to try calls at /swagger/, and the description of\nthe calls at /openapi.json.",
                quoted: false,
                get: |c| c.api.swagger.to_string(),
                set: |c, v| boolean(v).map(|x| c.api.swagger = x),
            },
            Setting {
                key: "api.address",
                help: "Where, as \"tcp://HOST:PORT\".",
                quoted: true,
                get: |c| c.api.address.clone(),
                set: |c, v| host_port(v).map(|_| c.api.address = v.to_owned()),
            },
            Setting {
                key: "api.max-open-connections",
                help: "Connections open at once, on REST and gRPC each.",
                quoted: false,
                get: |c| c.api.max_open_connections.to_string(),
                set: |c, v| at_least_one(v).map(|x| c.api.max_open_connections = x),
            },
            Setting {
                key: "api.rpc-read-timeout",
                help: "Seconds for the head of a request, and between two requests of a connection.",
                quoted: false,
                get: |c| c.api.rpc_read_timeout.to_string(),
                set: |c, v| at_least_one(v).map(|x| c.api.rpc_read_timeout = x),
            },
            Setting {
                key: "api.rpc-max-body-bytes",
                help: "Most bytes of a request's body.",
                quoted: false,
                get: |c| c.api.rpc_max_body_bytes.to_string(),
                set: |c, v| at_least_one(v).map(|x| c.api.rpc_max_body_bytes = x),
            },
            Setting {
                key: "api.enabled-unsafe-cors",
                help: "Whether pages of any origin may call REST and gRPC-web.",
                quoted: false,
                get: |c| c.api.enabled_unsafe_cors.to_string(),
                set: |c, v| boolean(v).map(|x| c.api.enabled_unsafe_cors = x),
            },
            Setting {
                key: "grpc.enable",
                help: "Whether gRPC is served, with reflection.",
                quoted: false,
                get: |c| c.grpc.enable.to_string(),
                set: |c, v| boolean(v).map(|x| c.grpc.enable = x),
            },
            Setting {
                key: "grpc.address",
                help: "Where, as \"HOST:PORT\".",
                quoted: true,
                get: |c| c.grpc.address.clone(),
                set: |c, v| host_port(v).map(|_| c.grpc.address = v.to_owned()),
            },
            Setting {
                key: "grpc.max-recv-msg-size",
                help: "Most bytes of a request.",
                quoted: true,
                get: |c| c.grpc.max_recv_msg_size.to_string(),
                set: |c, v| number(v).map(|x| c.grpc.max_recv_msg_size = x),
            },
            Setting {
                key: "grpc.max-send-msg-size",
                help: "Most bytes of a response.",
                quoted: true,
                get: |c| c.grpc.max_send_msg_size.to_string(),
                set: |c, v| number(v).map(|x| c.grpc.max_send_msg_size = x),
            },
            Setting {
                key: "grpc-web.enable",
                help: "Whether gRPC-web is served on the port of gRPC.",
                quoted: false,
                get: |c| c.grpc.web.to_string(),
                set: |c, v| boolean(v).map(|x| c.grpc.web = x),
            },
            Setting {
                key: "serving.comet",
                help: "CometBFT's RPC address: REST, gRPC and the index ask it for blocks and transactions.\n`start --with-comet` takes it from config.toml.",
                quoted: true,
                get: |c| c.serving.comet.clone(),
                set: |c, v| {
                    v.clone_into(&mut c.serving.comet);
                    Ok(())
                },
            },
            Setting {
                key: "serving.threads",
                help: "Queries that run at once, on threads of their own below the priority of blocks.",
                quoted: false,
                get: |c| c.serving.threads.to_string(),
                set: |c, v| at_least_one(v).map(|x| c.serving.threads = x),
            },
            Setting {
                key: "serving.timeout",
                help: "Seconds until a request is given up.",
                quoted: false,
                get: |c| c.serving.timeout.to_string(),
                set: |c, v| at_least_one(v).map(|x| c.serving.timeout = x),
            },
            Setting {
                key: "serving.max-requests",
                help: "Requests in work or waiting at once; more are refused.",
                quoted: false,
                get: |c| c.serving.max_requests.to_string(),
                set: |c, v| at_least_one(v).map(|x| c.serving.max_requests = x),
            },
            Setting {
                key: "serving.rate-limit",
                help: "Requests per second of one client address; 0 for no limit.",
                quoted: false,
                get: |c| c.serving.rate_limit.to_string(),
                set: |c, v| number(v).map(|x| c.serving.rate_limit = x),
            },
            Setting {
                key: "serving.rate-burst",
                help: "Requests that a client may send at once after a pause.",
                quoted: false,
                get: |c| c.serving.rate_burst.to_string(),
                set: |c, v| at_least_one(v).map(|x| c.serving.rate_burst = x),
            },
            Setting {
                key: "serving.rate-limit-loopback",
                help: "Whether the limit holds for clients of this machine too. A proxy on it makes all clients such.",
                quoted: false,
                get: |c| c.serving.rate_limit_loopback.to_string(),
                set: |c, v| boolean(v).map(|x| c.serving.rate_limit_loopback = x),
            },
            Setting {
                key: "serving.tls-cert",
                help: "Files of the certificate chain and its private key (PEM), below the home or whole paths:\nboth servers then speak TLS only. Empty: no TLS.",
                quoted: true,
                get: |c| c.serving.tls_cert.clone(),
                set: |c, v| {
                    v.clone_into(&mut c.serving.tls_cert);
                    Ok(())
                },
            },
            Setting {
                key: "serving.tls-key",
                help: "The private key of tls-cert.",
                quoted: true,
                get: |c| c.serving.tls_key.clone(),
                set: |c, v| {
                    v.clone_into(&mut c.serving.tls_key);
                    Ok(())
                },
            },
            Setting {
                key: "state-sync.snapshot-interval",
                help: "A snapshot is taken every so many heights, from which new nodes begin; 0 for none.",
                quoted: false,
                get: |c| c.state_sync.interval.to_string(),
                set: |c, v| number(v).map(|x| c.state_sync.interval = x),
            },
            Setting {
                key: "state-sync.snapshot-keep-recent",
                help: "The newest snapshots that are kept; 0 keeps all.",
                quoted: false,
                get: |c| c.state_sync.keep_recent.to_string(),
                set: |c, v| number(v).map(|x| c.state_sync.keep_recent = x),
            },
            Setting {
                key: "indexer.enable",
                help: "Whether the node keeps an index of transactions of its own, in data/indexer, for GetTx,\nGetTxsEvent, `query tx` and `query txs`. CometBFT's tx_index can then be \"null\" where no\nrelayer and no CosmJS client uses the node. Off: CometBFT's index is asked.",
                quoted: false,
                get: |c| c.indexer.enable.to_string(),
                set: |c, v| boolean(v).map(|x| c.indexer.enable = x),
            },
            Setting {
                key: "indexer.keep-recent",
                help: "Newest heights that the index holds; 0 keeps all.",
                quoted: false,
                get: |c| c.indexer.keep_recent.to_string(),
                set: |c, v| number(v).map(|x| c.indexer.keep_recent = x),
            },
            Setting {
                key: "inference.cache-dir",
                help: "Folder of compiled code and model images, which can be deleted while the node is\nstopped. Empty: $SYNERGYD_CACHE, else synergyd in the user's cache folder.",
                quoted: true,
                get: |c| c.inference.cache_dir.clone(),
                set: |c, v| {
                    v.clone_into(&mut c.inference.cache_dir);
                    Ok(())
                },
            },
        ]
    }
}

fn abci_address(text: &str) -> Result<(), String> {
    match text.split_once("://") {
        Some(("tcp", address)) => socket_address(address),
        Some(("unix", path)) if !path.is_empty() => Ok(()),
        _ => Err(format!("\"{text}\" is neither tcp://IP:PORT nor unix:///PATH")),
    }
}

/// The host and port of an address with or without `tcp://`.
///
/// # Errors
/// Text of another form.
pub fn host_port(text: &str) -> Result<(&str, u16), String> {
    let bare = text.strip_prefix("tcp://").unwrap_or(text);
    let parts = bare.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    parts
        .map(|(host, port)| (host.trim_start_matches('[').trim_end_matches(']'), port))
        .filter(|(host, _)| !host.is_empty() && !host.contains('/'))
        .ok_or_else(|| format!("\"{text}\" is no HOST:PORT such as localhost:9090"))
}

fn socket_address(text: &str) -> Result<(), String> {
    text.parse::<std::net::SocketAddr>()
        .map(|_| ())
        .map_err(|_| format!("\"{text}\" is no IP:PORT such as 127.0.0.1:26658"))
}

/// `client.toml`: what commands that talk to a node take when a flag is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientConfig {
    /// The chain that is signed for; empty: the node is asked.
    pub chain_id: String,
    /// How keys are kept.
    pub keyring_backend: KeyringBackend,
    /// Form of what is printed; `None`: text on a terminal, JSON in a pipe.
    pub output: Option<Output>,
    /// CometBFT's RPC address.
    pub node: String,
    /// What `tx` commands wait for.
    pub broadcast_mode: BroadcastMode,
    /// Gas limit, or `auto` to simulate.
    pub gas: String,
    /// Factor on the simulated gas.
    pub gas_adjustment: f64,
    /// Price per unit of gas; empty: the base fee and a fifth.
    pub gas_prices: String,
    /// Fixed fee instead of a price.
    pub fees: String,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            chain_id: String::new(),
            keyring_backend: KeyringBackend::File,
            output: None,
            node: "tcp://127.0.0.1:26657".into(),
            broadcast_mode: BroadcastMode::Sync,
            gas: "auto".into(),
            gas_adjustment: 1.2,
            gas_prices: String::new(),
            fees: String::new(),
        }
    }
}

impl Settings for ClientConfig {
    const FILE: &'static str = "client.toml";
    const HEAD: &'static str = "What the commands keys, tx and query take when a flag is left out.
A flag or a variable such as SYNERGYD_NODE goes before it.";

    fn check(&self) -> Result<(), ConfigError> {
        if !self.fees.is_empty() && !self.gas_prices.is_empty() {
            return Err(ConfigError("both fees and gas-prices are set: leave one out".into()));
        }
        Ok(())
    }

    fn settings() -> &'static [Setting<Self>] {
        &[
            Setting {
                key: "chain-id",
                help: "The chain that transactions are signed for. Empty: the node is asked.",
                quoted: true,
                get: |c| c.chain_id.clone(),
                set: |c, v| {
                    v.clone_into(&mut c.chain_id);
                    Ok(())
                },
            },
            Setting {
                key: "keyring-backend",
                help: "How secret keys are kept: file (encrypted under a passphrase) or test (in clear, for\nlocalnets only).",
                quoted: true,
                get: |c| c.keyring_backend.to_string(),
                set: |c, v| v.parse().map(|x| c.keyring_backend = x),
            },
            Setting {
                key: "output",
                help: "What commands print on standard output: text, json, or auto (text on a terminal, json in\na pipe).",
                quoted: true,
                get: |c| c.output.map_or_else(|| "auto".to_owned(), |form| form.to_string()),
                set: |c, v| {
                    c.output = if v == "auto" { None } else { Some(v.parse()?) };
                    Ok(())
                },
            },
            Setting {
                key: "node",
                help: "CometBFT's RPC address.",
                quoted: true,
                get: |c| c.node.clone(),
                set: |c, v| {
                    v.clone_into(&mut c.node);
                    Ok(())
                },
            },
            Setting {
                key: "broadcast-mode",
                help: "What tx commands wait for: sync (the node's check) or async (nothing).",
                quoted: true,
                get: |c| c.broadcast_mode.to_string(),
                set: |c, v| v.parse().map(|x| c.broadcast_mode = x),
            },
            Setting {
                key: "gas",
                help: "Gas limit of transactions, or auto to simulate each.",
                quoted: true,
                get: |c| c.gas.clone(),
                set: |c, v| gas_limit(v).map(|()| c.gas = v.to_owned()),
            },
            Setting {
                key: "gas-adjustment",
                help: "Factor on the simulated gas, since the state may change until the block.",
                quoted: false,
                get: |c| format!("{:?}", c.gas_adjustment),
                set: |c, v| adjustment(v).map(|x| c.gas_adjustment = x),
            },
            Setting {
                key: "gas-prices",
                help: "Price per unit of gas, e.g. \"1000000000asnrg\". Empty: the base fee and a fifth of it.",
                quoted: true,
                get: |c| c.gas_prices.clone(),
                set: |c, v| gas_price(v).map(|_| c.gas_prices = v.to_owned()),
            },
            Setting {
                key: "fees",
                help: "Fixed fee instead of a price, e.g. \"1000000000000000asnrg\".",
                quoted: true,
                get: |c| c.fees.clone(),
                set: |c, v| coin::parse(v).map(|_| c.fees = v.to_owned()).map_err(|e| e.to_string()),
            },
        ]
    }
}

fn gas_limit(text: &str) -> Result<(), String> {
    if text == "auto" || text.parse::<u64>().is_ok_and(|gas| gas > 0) {
        return Ok(());
    }
    Err(format!("\"{text}\" is neither auto nor a number of gas above 0"))
}

fn adjustment(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|factor| (1.0..=100.0).contains(factor))
        .ok_or_else(|| format!("\"{text}\" is no factor from 1 to 100, e.g. 1.2"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    fn home_with(file: &str, text: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(CONFIG_DIR)).unwrap();
        fs::write(home.path().join(CONFIG_DIR).join(file), text).unwrap();
        home
    }

    #[test]
    fn a_rendered_file_reads_back_the_same() {
        let mut app = AppConfig { minimum_gas_prices: "7asnrg".into(), halt_height: 9, ..AppConfig::default() };
        app.inference.cache_dir = "a \"quoted\" \\ folder".into();
        assert_eq!(AppConfig::parse(&app.render()).unwrap(), app);
        let client = ClientConfig { gas_adjustment: 2.0, node: "http://h:1".into(), ..ClientConfig::default() };
        assert_eq!(ClientConfig::parse(&client.render()).unwrap(), client);
    }

    #[test]
    fn flag_goes_before_environment_before_file_before_default() {
        let home = home_with("app.toml", "halt-height = 1\n[telemetry]\nenabled = false\n");
        let env = |name: &str| (name == "SYNERGYD_HALT_HEIGHT").then(|| "2".to_owned());
        let load = |env: &dyn Fn(&str) -> Option<String>, flags: &[(&str, String)]| {
            AppConfig::load(home.path(), env, flags).unwrap()
        };
        assert_eq!(load(&none, &[]).halt_height, 1);
        assert!(!load(&none, &[]).telemetry.enabled);
        assert_eq!(load(&env, &[]).halt_height, 2);
        assert_eq!(load(&env, &[("halt-height", "3".into())]).halt_height, 3);
        assert_eq!(load(&none, &[]).pruning, Pruning::Default);
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(AppConfig::load(empty.path(), none, &[]).unwrap(), AppConfig::default());
    }

    #[test]
    fn unknown_keys_are_refused_with_the_nearest_name() {
        let error = AppConfig::parse("minimum-gas-price = \"1asnrg\"").unwrap_err().to_string();
        assert_eq!(error, "unknown setting \"minimum-gas-price\" of app.toml: did you mean \"minimum-gas-prices\"?");
        let error = AppConfig::parse("[telemetry]\nenable = true").unwrap_err().to_string();
        assert!(error.contains("telemetry.enabled"), "{error}");
        let error = ClientConfig::parse("zzzzzzzzzzzz = 1").unwrap_err().to_string();
        assert!(error.contains("config view client"), "{error}");
    }

    #[test]
    fn bad_values_are_refused_with_their_key() {
        for (text, key) in [
            ("pruning = \"some\"", "pruning"),
            ("halt-height = -1", "halt-height"),
            ("minimum-gas-prices = \"1uatom\"", "minimum-gas-prices"),
            ("address = \"tcp://localhost:1\"", "address"),
            ("pruning = [1]", "pruning"),
            ("[telemetry]\nenabled = 1", "telemetry.enabled"),
        ] {
            let error = AppConfig::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{key}: ")), "{text} gave: {error}");
        }
        assert!(AppConfig::parse("halt-height = ").is_err());
        let home = home_with("app.toml", "pruning = \"custom\"");
        let error = AppConfig::load(home.path(), none, &[]).unwrap_err().to_string();
        assert!(error.contains("pruning-keep-recent"), "{error}");
    }

    #[test]
    fn the_cache_is_shared_unless_it_is_named() {
        let home = Path::new("/home/u/.synergyd");
        let mut app = AppConfig::default();
        let env = |name: &str| (name == "HOME").then(|| "/home/u".to_owned());
        assert_eq!(app.cache_dir(home, env), Path::new("/home/u/.cache/synergyd"));
        assert_eq!(app.cache_dir(home, |n| (n == "SYNERGYD_CACHE").then(|| "/c".into())), Path::new("/c"));
        assert_eq!(app.cache_dir(home, none), home.join("cache"));
        app.inference.cache_dir = "mine".into();
        assert_eq!(app.cache_dir(home, env), home.join("mine"));
    }
}
