//! The command line of `synergyd`.

mod bundle;
mod codec;
mod coins;
mod comet;
mod config_cmd;
mod context;
mod debug;
mod error;
mod examples;
mod faucet;
mod forms;
mod genesis;
mod gentx;
mod init;
mod keys;
mod model;
mod output;
mod query;
mod rpc;
mod schema;
mod seal;
mod snapshots;
mod start;
mod tensor;
mod testnet;
mod tx;
mod watch;

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde_json::json;
use synergy_app::{
    Program, SYNERGYD,
    config::{AppConfig, Output, Settings, process_env},
    home, node,
};
use tracing_subscriber::EnvFilter;

use context::{ClientFlags, Context};
use error::{Result, bail, error};

/// Node, wallet and tools of the Synergy chain
///
/// A first chain on this machine:
///   synergyd init me --keyring-backend test
///   synergyd keys add alice
///   synergyd genesis add-genesis-account alice 1000snrg
///   synergyd start --with-comet
#[derive(Parser, Debug)]
#[command(name = "synergyd", version, verbatim_doc_comment, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Folder of configuration, data and keys [default: ~/.synergyd]
    #[arg(long, global = true, env = "SYNERGYD_HOME", value_name = "DIR", hide_env_values = true)]
    home: Option<PathBuf>,
    /// trace, debug, info, warn, error, or e.g. info,synergy_store=debug
    #[arg(
        long = "log_level",
        alias = "log-level",
        global = true,
        env = "SYNERGYD_LOG_LEVEL",
        value_name = "LEVEL",
        default_value = "info",
        hide_env_values = true
    )]
    log_level: String,
    /// Form of the log on standard error
    #[arg(
        long = "log_format",
        alias = "log-format",
        global = true,
        env = "SYNERGYD_LOG_FORMAT",
        value_name = "FORM",
        default_value = "plain",
        hide_env_values = true
    )]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// Lines for people
    Plain,
    /// One JSON object a line
    Json,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make a home: configuration, keys of the node, genesis file
    Init(init::Init),
    /// Run the node
    Start(start::Start),
    /// Manage the keys that sign transactions
    Keys(keys::Keys),
    /// Make, sign and send transactions
    Tx(Box<tx::Tx>),
    /// Ask a node
    #[command(visible_alias = "q")]
    Query(Box<query::Query>),
    Seal(seal::Seal),
    Open(seal::Open),
    /// Check and run ONNX models on this machine, as the chain would
    #[command(subcommand)]
    Model(model::Model),
    /// Edit and check the genesis file
    Genesis(genesis::Genesis),
    /// Show what a node is doing
    Status(Status),
    /// Show blocks, transactions, inferences and validators live in the terminal
    Watch(watch::Watch),
    /// Read and write app.toml and client.toml
    #[command(subcommand)]
    Config(config_cmd::Config),
    /// CometBFT's keys and data in this home
    #[command(subcommand, visible_aliases = ["cometbft", "tendermint"])]
    Comet(comet::Comet),
    /// Take the last block back, while the node is stopped
    Rollback(Rollback),
    /// Remove history that the node need not keep, while it is stopped
    Prune(Prune),
    /// Print a genesis file that goes on from the present state, while the node is stopped
    Export(Export),
    /// Snapshots from which new nodes begin (state sync)
    #[command(subcommand)]
    Snapshots(snapshots::Command),
    /// Convert addresses and public keys; pack what a bug report needs
    #[command(subcommand)]
    Debug(debug::Debug),
    /// The homes of a whole testnet
    #[command(subcommand)]
    Testnet(testnet::Testnet),
    /// Give coins to whoever asks, on a localnet or testnet
    Faucet(faucet::Faucet),
    /// Print the shell's completion script
    Completion {
        /// bash, elvish, fish, powershell or zsh
        shell: Shell,
    },
    /// Print the version
    Version {
        /// With what it was built for
        #[arg(long)]
        long: bool,
        /// Form of the result: text or json
        #[arg(long, short, default_value = "text", value_name = "FORM")]
        output: Output,
    },
}

#[derive(Args, Debug)]
struct Status {
    #[command(flatten)]
    client: ClientFlags,
}

#[derive(Args, Debug)]
struct Rollback {
    /// The cometbft program, which takes its own block back first [default: .tools/bin, then PATH]
    #[arg(long, env = "SYNERGYD_COMETBFT", value_name = "FILE", hide_env_values = true)]
    cometbft: Option<PathBuf>,
    /// Have CometBFT delete the block too, and make or fetch it anew
    #[arg(long)]
    hard: bool,
}

#[derive(Args, Debug)]
struct Prune {
    /// default, nothing, everything or custom [default: as app.toml says]
    #[arg(value_name = "STRATEGY")]
    pruning: Option<String>,
    /// Heights to keep with custom pruning
    #[arg(long, value_name = "HEIGHTS")]
    pruning_keep_recent: Option<u64>,
}

#[derive(Args, Debug)]
struct Export {
    /// State after this block [default: the last one]
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "HEIGHT")]
    height: u64,
    /// Let the new chain begin at height 1: rewards are paid out and heights set back
    #[arg(long)]
    for_zero_height: bool,
    /// Where the file goes instead of standard output
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
}

/// The command tree, each command with its example.
fn command() -> clap::Command {
    examples::add(Cli::command())
}

/// Runs the command of this process. Usage errors exit with 2, a node that a restart does
/// not help with its cause's code, others with 1.
pub fn main() -> ExitCode {
    main_of(SYNERGYD)
}

/// The same for another program with this command line.
pub fn main_of(program: Program) -> ExitCode {
    let cli = forms::parse(command(), std::env::args_os()).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = cli.unwrap_or_else(|e| e.exit());
    match run(program, cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            output::note(&format!("Error: {e}"));
            ExitCode::from(e.1)
        }
    }
}

/// The bytes of a transaction that is given as JSON.
///
/// # Errors
/// What of the JSON is no part of a transaction.
pub(crate) fn transaction_bytes(json: &serde_json::Value) -> std::result::Result<Vec<u8>, String> {
    codec::encode(&schema::TX, json).map_err(|e| e.0)
}

fn run(program: Program, cli: Cli) -> Result<()> {
    let home = match cli.home {
        Some(home) => home,
        None => std::env::home_dir()
            .ok_or_else(|| error!("this user has no home folder: name one with --home"))?
            .join(".synergyd"),
    };
    if matches!(cli.command, Command::Start(_) | Command::Faucet(_) | Command::Rollback(_)) {
        log_to_stderr(&cli.log_level, cli.log_format)?;
    }
    match cli.command {
        Command::Init(init) => init::run(&home, &init),
        Command::Start(start) => start::run(program, &home, &start),
        Command::Keys(keys) => keys::run(&Context::new(&home, &keys.client)?, keys),
        Command::Tx(tx) => tx::run(&Context::with(&home, &tx.client, tx.flags.settings())?, *tx),
        Command::Query(query) => query::run(&Context::new(&home, &query.client)?, *query),
        Command::Seal(seal) => seal::seal(&Context::new(&home, &seal.client)?, &seal),
        Command::Open(open) => seal::open(&Context::new(&home, &open.client)?, &open),
        Command::Model(command) => model::run(&home, command),
        Command::Genesis(genesis) => genesis::run(&Context::new(&home, &genesis.client)?, genesis),
        Command::Status(status) => {
            let context = Context::new(&home, &status.client)?;
            let mut rpc = context.rpc()?;
            let mut answer = rpc.status()?;
            query::index_status(&mut rpc, &mut answer);
            output::value(context.output(), &answer)
        }
        Command::Watch(watch) => watch::run(&Context::new(&home, &watch.client)?, &watch),
        Command::Config(command) => config_cmd::run(&home, &command),
        Command::Comet(command) => comet::run(&home, &command),
        Command::Rollback(rollback) => run_rollback(program, &home, &rollback),
        Command::Prune(prune) => run_prune(program, &home, &prune),
        Command::Export(export) => run_export(program, &home, &export),
        Command::Snapshots(command) => snapshots::run(&program, &home, &command),
        Command::Debug(command) => debug::run(&home, command),
        Command::Testnet(command) => testnet::run(command),
        Command::Faucet(faucet) => faucet::run(&Context::new(&home, &faucet.client)?, &faucet),
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "synergyd", &mut script);
            output::line(String::from_utf8_lossy(&script).trim_end())
        }
        Command::Version { long, output } => version(long, output),
    }
}

fn run_export(program: Program, home: &std::path::Path, export: &Export) -> Result<()> {
    let config = AppConfig::load(home, process_env, &[])?;
    let document = node::export(&program, home, &config, export.height, export.for_zero_height)?;
    match &export.output_document {
        None => output::line(&format!("{document:#}")),
        Some(file) => {
            std::fs::write(file, format!("{document:#}\n")).map_err(|e| error!("cannot write {}: {e}", file.display()))
        }
    }
}

fn version(long: bool, form: Output) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if !long && form == Output::Text {
        return output::line(version);
    }
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    output::value(
        form,
        &json!({
            "name": "synergy", "server_name": "synergyd", "version": version, "target": target, "cometbft": "0.38.25"
        }),
    )
}

fn run_rollback(program: Program, home: &std::path::Path, rollback: &Rollback) -> Result<()> {
    let config = AppConfig::load(home, process_env, &[])?;
    let comet = comet::program(rollback.cometbft.as_deref())?;
    // Before CometBFT touches anything.
    drop(home::lock(home)?);
    let mut command = std::process::Command::new(&comet);
    command.args(["rollback", "--home"]).arg(home);
    if rollback.hard {
        command.arg("--hard");
    }
    let status = command.status().map_err(|e| error!("cannot run {}: {e}", comet.display()))?;
    if !status.success() {
        bail!("cometbft rollback failed ({status}); the application was left as it was: is the node stopped?");
    }
    let height = node::rollback(&program, home, &config, 1)?;
    output::note(&format!("the application is at height {height}"));
    Ok(())
}

fn run_prune(program: Program, home: &std::path::Path, prune: &Prune) -> Result<()> {
    let keep_recent = prune.pruning_keep_recent.map(|heights| heights.to_string());
    let flags = [("pruning", &prune.pruning), ("pruning-keep-recent", &keep_recent)];
    let flags: Vec<(&str, String)> = flags.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect();
    let config = AppConfig::load(home, process_env, &flags)?;
    let pruned = node::prune(&program, home, &config)?;
    output::line(&format!("{} rows removed; heights {} to {} can be read", pruned.rows, pruned.oldest, pruned.height))
}

fn log_to_stderr(level: &str, format: LogFormat) -> Result<()> {
    // The database tells every file that it opens.
    let filter = EnvFilter::try_new(format!("fjall=warn,lsm_tree=warn,{level}"));
    let filter = filter.map_err(|e| error!("--log_level {level:?}: {e}"))?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    match format {
        LogFormat::Plain => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// clap finds these out itself, but in debug builds only.
    fn assert_no_flag_twice(command: &clap::Command) {
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for arg in command.get_arguments() {
            assert!(ids.insert(arg.get_id().clone()), "{}: {} twice", command.get_name(), arg.get_id());
            let long = arg.get_long_and_visible_aliases().unwrap_or_default().into_iter().map(str::to_owned);
            for name in long.chain(arg.get_short().map(String::from)) {
                assert!(names.insert(name.clone()), "{}: {name} twice", command.get_name());
            }
        }
        command.get_subcommands().for_each(assert_no_flag_twice);
    }

    #[test]
    fn no_flag_of_a_command_has_two_meanings() {
        let mut command = Cli::command();
        command.build();
        assert_no_flag_twice(&command);
    }
}
