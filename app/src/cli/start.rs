//! `synergyd start`: the application, and CometBFT beside it if asked.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
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
    failure::{Cause, Failure},
    node,
};

use super::{
    comet,
    error::{Result, bail, error},
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
    #[arg(long, value_name = "SOCKET")]
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
        if let Some(rpc) = self.with_comet.then(|| comet::rpc(home)).flatten() {
            flags.push(("serving.comet", rpc));
        }
        Ok(AppConfig::load(home, process_env, &flags)?)
    }
}

/// How the application ended.
type AppEnd = std::result::Result<(), Failure>;

/// What ends a run.
enum End {
    Signal,
    App(AppEnd),
    /// CometBFT's consensus has stopped, and a line of its log says why. Its process
    /// goes on, without blocks.
    Consensus(Failure),
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
            End::App(result) => Ok(result?),
            End::Signal | End::Consensus(_) | End::Comet(_) => {
                stop.stop();
                app_end(None, &ended)
            }
        };
    };
    if let Some(early) = wait_until_ready(&config.address, &ended)? {
        stop.stop();
        return match early {
            End::App(result) => Ok(result?),
            End::Signal | End::Consensus(_) | End::Comet(_) => app_end(None, &ended),
        };
    }
    let mut child = Command::new(&comet)
        .args(["start", "--home"])
        .arg(home)
        .arg(format!("--proxy_app={}", config.address))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| {
            stop.stop();
            error!("cannot start {}: {e}", comet.display())
        })?;
    let pid = Pid::from_child(&child);
    // Its log goes to its stdout, the last words of a panic to its stderr.
    let log = child.stdout.take().map(|from| pass_on(from, io::stdout(), ends.clone()));
    let last_words = child.stderr.take().map(|from| pass_on(from, io::stderr(), ends.clone()));
    wait_for_child(child, log.into_iter().chain(last_words).collect(), ends);
    supervise(pid, &stop, &ended)
}

/// Waits for the first end, and ends the rest: CometBFT before the application,
/// so that it loses no connection while it works.
fn supervise(pid: Pid, stop: &StopHandle, ended: &Receiver<End>) -> Result<()> {
    match ended.recv()? {
        End::Signal => {
            tracing::info!("stopping");
            let (app, stopped) = stop_comet(pid, ended);
            stop.stop();
            app_end(app, ended)?;
            stopped
        }
        End::App(result) => {
            let (_, stopped) = stop_comet(pid, ended);
            result?;
            stopped
        }
        End::Consensus(failure) => {
            let (app, _) = stop_comet(pid, ended);
            stop.stop();
            // What the application ended with goes before what CometBFT made of it.
            app_end(app, ended)?;
            Err(failure.into())
        }
        End::Comet(status) => {
            stop.stop();
            app_end(None, ended)?;
            match status {
                Ok(status) => bail!("cometbft ended by itself ({status}): its last lines above say why"),
                Err(e) => bail!("cometbft cannot be waited for: {e}"),
            }
        }
    }
}

/// Stops CometBFT; the application's connections may end first, and its end is kept.
fn stop_comet(pid: Pid, ended: &Receiver<End>) -> (Option<AppEnd>, Result<()>) {
    // An error means that it is gone already, which is what is wanted.
    let _ = kill_process(pid, Signal::TERM);
    let until = Instant::now() + COMET_STOP;
    let mut app = None;
    loop {
        match ended.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(End::Comet(_)) => return (app, Ok(())),
            Ok(End::App(result)) => app = Some(result),
            // A second signal changes nothing.
            Ok(End::Consensus(_) | End::Signal) => {}
            Err(RecvTimeoutError::Timeout) => {
                let _ = kill_process(pid, Signal::KILL);
                return (app, Err(error!("cometbft did not stop in {} s and was killed", COMET_STOP.as_secs())));
            }
            Err(e) => return (app, Err(e.into())),
        }
    }
}

/// The application's own result, after it was told to stop: the one seen already, or
/// the one that comes.
fn app_end(seen: Option<AppEnd>, ended: &Receiver<End>) -> Result<()> {
    if let Some(result) = seen {
        return Ok(result?);
    }
    loop {
        if let End::App(result) = ended.recv()? {
            return Ok(result?);
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
        let result = node::run(&program, &home, &config, &stop);
        let _ = ends.send(End::App(result));
    });
}

fn wait_for_child(mut child: Child, output: Vec<JoinHandle<()>>, ends: Sender<End>) {
    thread::spawn(move || {
        let status = child.wait();
        // What its last words say comes before its end.
        output.into_iter().for_each(|reader| drop(reader.join()));
        ends.send(End::Comet(status))
    });
}

/// Passes a stream of CometBFT's on, and looks into it for the end of consensus.
fn pass_on(from: impl Read + Send + 'static, mut to: impl Write + Send + 'static, ends: Sender<End>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            // A reader of ours that has gone away does not stop the node.
            let _ = to.write_all(&line).and_then(|()| to.flush());
            if let Some(failure) = end_of_consensus(&String::from_utf8_lossy(&line)) {
                let _ = ends.send(End::Consensus(failure));
            }
            line.clear();
        }
    })
}

/// What a line of CometBFT's means if it is the last of its consensus (0.38 and 0.40:
/// `onExit` of consensus/state.go, and the panics of consensus/replay.go).
fn end_of_consensus(line: &str) -> Option<Failure> {
    let ends = line.contains("CONSENSUS FAILURE!!!") || line.starts_with("panic: ");
    if !ends {
        return None;
    }
    let said: String = line.trim().chars().take(400).collect();
    if !["AppHash", "LastResultsHash"].iter().any(|hash| line.contains(hash)) {
        return Some(format!("consensus has stopped: {said}").into());
    }
    Some(Cause::AppHash.because(format!(
        "the state here is not the one that the chain agreed on. Was it made by another program, or damaged? With the \
         program that the chain runs, take blocks back with `synergyd rollback`, or begin anew by state sync \
         (docs/operating.md). CometBFT said: {said}"
    )))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_consensus_is_told_from_other_lines() {
        for line in [
            "panic: state.AppHash does not match AppHash after replay. Got '01', expected '02'",
            "E[2026-01-01|00:00:00.000] CONSENSUS FAILURE!!! module=consensus err=\"+2/3 committed an invalid block: \
             wrong Block.Header.AppHash.  Expected 01, got 02\"",
            "E[2026-01-01|00:00:00.000] CONSENSUS FAILURE!!! err=\"wrong Block.Header.LastResultsHash.  Expected 01\"",
        ] {
            let failure = end_of_consensus(line).unwrap();
            assert_eq!(failure.cause, Some(Cause::AppHash), "{line}");
        }
        let other = end_of_consensus("E[…] CONSENSUS FAILURE!!! err=\"disk\"").unwrap();
        assert_eq!((other.cause, other.exit_code()), (None, 1));
        assert_eq!(end_of_consensus("I[…] committed state app_hash=01 module=state AppHash"), None);
    }
}
