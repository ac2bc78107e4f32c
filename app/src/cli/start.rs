//! `synergyd start`: the application, and CometBFT beside it if asked.

use std::{
    io,
    net::TcpStream,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use synergy_abci::{Address, StopHandle};
use synergy_app::{
    Program,
    config::{AppConfig, Settings, process_env},
    node,
};

use super::{
    comet,
    error::{Error, Result, bail, error},
};

/// Opening a database after a crash replays its journal, and the first start
/// compiles the AI runtime.
const READY: Duration = Duration::from_secs(600);
/// How long CometBFT may take to stop before it is killed.
const COMET_STOP: Duration = Duration::from_secs(30);

#[derive(Args, Debug)]
pub(crate) struct Start {
    /// Also start CometBFT on this home, and stop both together
    #[arg(long)]
    with_comet: bool,
    /// The cometbft program [default: .tools/bin, then PATH]
    #[arg(long, env = "SYNERGYD_COMETBFT", value_name = "FILE", hide_env_values = true)]
    cometbft: Option<PathBuf>,
    /// Where to listen for CometBFT: tcp://IP:PORT or unix:///PATH
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// ABCI's transport; only socket is spoken
    #[arg(long, default_value = "socket", value_parser = ["socket"], hide = true)]
    transport: String,
    /// Price that this node's mempool demands, e.g. 1000000000asnrg
    #[arg(long, value_name = "COIN")]
    minimum_gas_prices: Option<String>,
    /// History to keep: default, nothing, everything or custom
    #[arg(long, value_name = "STRATEGY")]
    pruning: Option<String>,
    /// Heights to keep with custom pruning
    #[arg(long, value_name = "HEIGHTS")]
    pruning_keep_recent: Option<String>,
    /// Most gas of one query
    #[arg(long, value_name = "GAS")]
    query_gas_limit: Option<String>,
    /// Stop after this height
    #[arg(long, value_name = "HEIGHT")]
    halt_height: Option<String>,
    /// Drop the upgrades that are scheduled for these heights
    #[arg(long, value_name = "HEIGHT", num_args = 1..)]
    unsafe_skip_upgrades: Vec<String>,
    /// fjall or sled
    #[arg(long, value_name = "BACKEND")]
    app_db_backend: Option<String>,
}

impl Start {
    fn config(&self, home: &Path) -> Result<AppConfig> {
        let flags = [
            ("address", &self.address),
            ("minimum-gas-prices", &self.minimum_gas_prices),
            ("pruning", &self.pruning),
            ("pruning-keep-recent", &self.pruning_keep_recent),
            ("query-gas-limit", &self.query_gas_limit),
            ("halt-height", &self.halt_height),
            ("app-db-backend", &self.app_db_backend),
        ];
        let mut flags: Vec<(&str, String)> = flags.into_iter().filter_map(|(k, v)| Some((k, v.clone()?))).collect();
        if !self.unsafe_skip_upgrades.is_empty() {
            flags.push(("unsafe-skip-upgrades", self.unsafe_skip_upgrades.join(" ")));
        }
        Ok(AppConfig::load(home, process_env, &flags)?)
    }
}

/// What ends a run.
enum End {
    Signal,
    App(std::result::Result<(), String>),
    Comet(io::Result<ExitStatus>),
}

pub(crate) fn run(program: Program, home: &Path, start: &Start) -> Result<()> {
    let config = start.config(home)?;
    let comet = if start.with_comet { Some(comet::program(start.cometbft.as_deref())?) } else { None };
    if comet.is_some() && !home.join("config/genesis.json").is_file() {
        bail!("{} has no genesis file: `synergyd init` makes a home", home.display());
    }
    let stop = StopHandle::new()?;
    let (ends, ended) = mpsc::channel();
    watch_signals(ends.clone())?;
    run_app(program, home, &config, &stop, ends.clone());
    let Some(comet) = comet else {
        return match ended.recv()? {
            End::App(result) => result.map_err(Error),
            End::Signal | End::Comet(_) => {
                stop.stop();
                app_end(&ended)
            }
        };
    };
    if let Some(early) = wait_until_ready(&config.address, &ended)? {
        stop.stop();
        return match early {
            End::App(result) => result.map_err(Error),
            End::Signal | End::Comet(_) => app_end(&ended),
        };
    }
    let child = Command::new(&comet)
        .args(["start", "--home"])
        .arg(home)
        .arg(format!("--proxy_app={}", config.address))
        .spawn()
        .map_err(|e| {
            stop.stop();
            error!("cannot start {}: {e}", comet.display())
        })?;
    let pid = Pid::from_child(&child);
    wait_for_child(child, ends);
    supervise(pid, &stop, &ended)
}

/// Waits for the first end, and ends the rest: CometBFT before the application,
/// so that it loses no connection while it works.
fn supervise(pid: Pid, stop: &StopHandle, ended: &Receiver<End>) -> Result<()> {
    match ended.recv()? {
        End::Signal => {
            tracing::info!("stopping");
            stop_comet(pid, ended)?;
            stop.stop();
            app_end(ended)
        }
        End::App(result) => {
            stop_comet(pid, ended)?;
            result.map_err(Error)
        }
        End::Comet(status) => {
            stop.stop();
            app_end(ended)?;
            match status {
                Ok(status) => bail!("cometbft ended by itself ({status}): its last lines above say why"),
                Err(e) => bail!("cometbft cannot be waited for: {e}"),
            }
        }
    }
}

fn stop_comet(pid: Pid, ended: &Receiver<End>) -> Result<()> {
    // An error means that it is gone already, which is what is wanted.
    let _ = kill_process(pid, Signal::TERM);
    let until = Instant::now() + COMET_STOP;
    loop {
        match ended.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(End::Comet(_)) => return Ok(()),
            // The application's connections may end first; a second signal changes nothing.
            Ok(End::App(_) | End::Signal) => {}
            Err(RecvTimeoutError::Timeout) => {
                let _ = kill_process(pid, Signal::KILL);
                bail!("cometbft did not stop in {} s and was killed", COMET_STOP.as_secs());
            }
            Err(e) => return Err(e.into()),
        }
    }
}

/// The application's own result, after it was told to stop.
fn app_end(ended: &Receiver<End>) -> Result<()> {
    loop {
        match ended.recv() {
            Ok(End::App(result)) => return result.map_err(Error),
            Ok(_) => {}
            // Its end was seen while CometBFT stopped.
            Err(_) => return Ok(()),
        }
    }
}

fn watch_signals(ends: Sender<End>) -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            if ends.send(End::Signal).is_err() {
                break;
            }
        }
    })?;
    Ok(())
}

fn run_app(program: Program, home: &Path, config: &AppConfig, stop: &StopHandle, ends: Sender<End>) {
    let (home, config, stop) = (home.to_owned(), config.clone(), stop.clone());
    thread::spawn(move || {
        let result = node::run(&program, &home, &config, &stop).map_err(|e| e.to_string());
        let _ = ends.send(End::App(result));
    });
}

fn wait_for_child(mut child: Child, ends: Sender<End>) {
    thread::spawn(move || ends.send(End::Comet(child.wait())));
}

/// Waits until the application listens; an end that comes first is returned.
fn wait_until_ready(address: &str, ended: &Receiver<End>) -> Result<Option<End>> {
    let address: Address = address.parse()?;
    let until = Instant::now() + READY;
    loop {
        let connected = match &address {
            Address::Tcp(address) => TcpStream::connect(address).map(drop),
            Address::Unix(path) => UnixStream::connect(path).map(drop),
        };
        if connected.is_ok() {
            return Ok(None);
        }
        match ended.recv_timeout(Duration::from_millis(50)) {
            Ok(end) => return Ok(Some(end)),
            Err(RecvTimeoutError::Timeout) if Instant::now() < until => {}
            Err(_) => bail!("the application does not listen on {address} after {} s", READY.as_secs()),
        }
    }
}
