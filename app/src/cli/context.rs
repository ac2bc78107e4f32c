//! What a command works with: the home, the client's settings, the node, the
//! keyring and the person at the terminal.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use synergy_app::config::{BroadcastMode, ClientConfig, KeyringBackend, Output, Settings, process_env};
use synergy_crypto::{Backend, KeyInfo, Keyring, Prompt};
use synergy_proto::Address;
use zeroize::Zeroizing;

use super::{
    error::{Result, bail, error},
    output,
    rpc::Rpc,
};

/// Flags that stand over a setting of `client.toml`.
#[derive(Args, Debug, Default)]
pub(crate) struct ClientFlags {
    /// CometBFT's RPC address [default: tcp://127.0.0.1:26657]
    #[arg(long, global = true, value_name = "URL", help_heading = "Client options")]
    pub(crate) node: Option<String>,
    /// The chain to sign for; left out, the node is asked
    #[arg(long, global = true, value_name = "ID", help_heading = "Client options")]
    pub(crate) chain_id: Option<String>,
    /// Form of the result: text or json [default: text on a terminal, json in a pipe]
    #[arg(long, short, global = true, value_name = "FORM", help_heading = "Client options")]
    pub(crate) output: Option<Output>,
    /// How keys are kept: file (encrypted) or test (in clear)
    #[arg(long, global = true, value_name = "BACKEND", help_heading = "Client options")]
    pub(crate) keyring_backend: Option<KeyringBackend>,
    /// Folder of the keyring, if it is not the home
    #[arg(long, global = true, value_name = "DIR", help_heading = "Client options")]
    pub(crate) keyring_dir: Option<PathBuf>,
}

pub(crate) struct Context {
    pub(crate) home: PathBuf,
    pub(crate) config: ClientConfig,
    keyring_dir: PathBuf,
}

impl Context {
    pub(crate) fn new(home: &Path, flags: &ClientFlags) -> Result<Self> {
        Self::with(home, flags, Vec::new())
    }

    /// `more` are further flags, as (setting, value).
    pub(crate) fn with(home: &Path, flags: &ClientFlags, mut more: Vec<(&'static str, String)>) -> Result<Self> {
        let mut set = |key, value: Option<String>| more.extend(value.map(|v| (key, v)));
        set("node", flags.node.clone());
        set("chain-id", flags.chain_id.clone());
        set("output", flags.output.map(|v| v.to_string()));
        set("keyring-backend", flags.keyring_backend.map(|v| v.to_string()));
        let config = ClientConfig::load(home, process_env, &more)?;
        let keyring_dir = flags.keyring_dir.clone().unwrap_or_else(|| home.to_owned());
        Ok(Self { home: home.to_owned(), config, keyring_dir })
    }

    pub(crate) fn output(&self) -> Output {
        self.config.output.unwrap_or(if output::is_terminal() { Output::Text } else { Output::Json })
    }

    pub(crate) fn broadcasts_async(&self) -> bool {
        self.config.broadcast_mode == BroadcastMode::Async
    }

    pub(crate) fn rpc(&self) -> Result<Rpc> {
        Rpc::new(&self.config.node)
    }

    pub(crate) fn keyring(&self) -> Keyring {
        let backend = match self.config.keyring_backend {
            KeyringBackend::File => Backend::File,
            KeyringBackend::Test => Backend::Test,
        };
        Keyring::open(&self.keyring_dir, backend, Box::new(|prompt: Prompt| passphrase(&prompt.to_string())))
    }

    /// The key with this name or address.
    pub(crate) fn key(&self, keyring: &Keyring, name: &str) -> Result<KeyInfo> {
        let Ok(address) = name.parse::<Address>() else {
            return Ok(keyring.show(name)?);
        };
        let found = keyring.list()?.into_iter().find(|key| address_of(key) == address);
        found.ok_or_else(|| {
            error!(
                "no key of the {} keyring in {} has the address {address}: see `synergyd keys list`",
                self.config.keyring_backend,
                self.keyring_dir.display()
            )
        })
    }

    /// An address, or that of the key with this name.
    pub(crate) fn address(&self, text: &str) -> Result<Address> {
        match text.parse() {
            Ok(address) => Ok(address),
            Err(e) => match self.keyring().show(text) {
                Ok(key) => Ok(address_of(&key)),
                Err(_) => bail!("{text:?} is neither a key's name nor an address ({e})"),
            },
        }
    }
}

pub(crate) fn address_of(key: &KeyInfo) -> Address {
    Address::from(key.address())
}

/// Asks without echo at a terminal, else reads a line of standard input.
pub(crate) fn passphrase(prompt: &str) -> synergy_crypto::Result<Zeroizing<String>> {
    let read =
        if io::stdin().is_terminal() { rpassword::prompt_password(prompt).map(Zeroizing::new) } else { input_line() };
    read.map_err(|e| synergy_crypto::Error::Prompt(e.to_string()))
}

/// Asks for a line at the terminal.
pub(crate) fn ask(prompt: &str) -> Result<Zeroizing<String>> {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{prompt}").and_then(|()| err.flush());
    Ok(input_line()?)
}

/// Whether the answer is yes. Nobody there is a no.
pub(crate) fn confirm(question: &str) -> bool {
    ask(&format!("{question} [y/N]: ")).is_ok_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes" | "YES"))
}

fn input_line() -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "standard input has ended"));
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}
