//! Load for any chain of the Cosmos SDK's transaction format behind CometBFT 0.38 to
//! 0.40: funded accounts from a seed, transactions signed ahead of time, sent over a
//! few connections, and counted only when they are read back from blocks.

mod account;
mod chain;
mod http;
mod lane;
mod ledger;
mod presign;
mod rpc;
mod run;
mod soak;
mod tally;
mod tx;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use account::Account;

#[derive(Debug, Parser)]
#[command(version, about = "Load for Cosmos chains, counted from blocks")]
struct Cli {
    /// RPC of a node: host:port
    #[arg(long, global = true, default_value = "127.0.0.1:26657")]
    node: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the addresses of the senders, to be funded in genesis or by transfers
    Accounts {
        #[command(flatten)]
        senders: Senders,
        /// Human-readable part of the chain's addresses
        #[arg(long, default_value = "synergy")]
        prefix: String,
        /// Print these coins after each address
        #[arg(long)]
        coins: Option<String>,
    },
    /// Sign bank sends or cw20 transfers and write them to a file
    Presign(presign::Args),
    /// Send transactions and report how fast they got into blocks
    Run(run::Args),
    /// Send at a steady rate through restarts of the node, until killed or timed out
    Soak(soak::Args),
    /// Follow the chain and keep a list of what its blocks hold, until killed
    Record(ledger::RecordArgs),
    /// Check that a node still has every block and transaction of such a list
    Survived(ledger::SurvivedArgs),
    /// Compare balances, sequences and the app hash with what the blocks say
    Verify(verify::Args),
}

/// Which accounts send.
#[derive(Debug, Clone, clap::Args)]
struct Senders {
    /// Text that the accounts' keys are derived from; anybody who knows it can spend
    #[arg(long, env = "LOADER_SEED", default_value = "load")]
    seed: String,
    /// How many accounts send
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    accounts: u64,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Accounts { senders, prefix, coins } => print_accounts(senders, prefix, coins.as_deref()),
        Command::Presign(args) => presign::run(&cli.node, args),
        Command::Run(args) => run::run(&cli.node, args),
        Command::Soak(args) => soak::run(&cli.node, args),
        Command::Record(args) => ledger::record(&cli.node, args),
        Command::Survived(args) => ledger::survived(&cli.node, args),
        Command::Verify(args) => verify::run(&cli.node, args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print_accounts(senders: &Senders, prefix: &str, coins: Option<&str>) -> Result<(), String> {
    for account in Account::all(&senders.seed, senders.accounts) {
        let address = account::address(prefix, &account.id)?;
        match coins {
            Some(coins) => println!("{address} {coins}"),
            None => println!("{address}"),
        }
    }
    Ok(())
}
