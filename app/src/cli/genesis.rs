//! `synergyd genesis`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde_json::Value;
use synergy_app::{config::CONFIG_DIR, genesis};
use synergy_proto::Address;

use super::{
    coins, comet,
    context::{ClientFlags, Context},
    error::{Result, error},
    gentx::{self, Collect, Gentx},
    output,
};

#[derive(Args, Debug)]
pub(crate) struct Genesis {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Give an account its first coins
    AddGenesisAccount {
        /// Address, or name of a key
        address: String,
        /// E.g. 1000snrg
        coins: String,
        /// The part that becomes free over time only
        #[arg(long, value_name = "COINS", requires = "vesting_end_time")]
        vesting_amount: Option<String>,
        /// When it begins to become free, Unix seconds; without it all is free at the end
        #[arg(long, value_name = "TIME", requires = "vesting_amount")]
        vesting_start_time: Option<i64>,
        /// When all of it is free, Unix seconds
        #[arg(long, value_name = "TIME", requires = "vesting_amount")]
        vesting_end_time: Option<i64>,
    },
    /// Sign this node's validator for the genesis file
    Gentx(Box<Gentx>),
    /// Put the genesis transactions of all validators into the file
    CollectGentxs(Collect),
    /// Add a validator run by its own key's account, with stake made for it
    AddValidator {
        /// ed25519 public key, as `synergyd comet show-validator` prints it [default: this node's]
        key: Option<String>,
        /// Voting power: SNRG of stake
        #[arg(long, default_value_t = 10)]
        power: u64,
    },
    /// Check that a chain would start from the file
    #[command(visible_alias = "validate-genesis")]
    Validate {
        /// The file [default: the home's]
        file: Option<PathBuf>,
    },
}

pub(crate) fn run(context: &Context, genesis: Genesis) -> Result<()> {
    let file = context.home.join(CONFIG_DIR).join("genesis.json");
    match genesis.command {
        Command::AddGenesisAccount { address, coins, vesting_amount, vesting_start_time, vesting_end_time } => {
            let (address, coins) = (context.address(&address)?, coins::parse(&coins)?);
            let locked = vesting_amount.as_deref().map(coins::parse).transpose()?;
            change(&file, |document| match (&locked, vesting_end_time) {
                (Some(locked), Some(end)) => {
                    genesis::add_vesting_account(document, &address, &coins, locked, vesting_start_time, end)
                }
                _ => genesis::add_account(document, &address, &coins),
            })?;
            output::note(&format!("{address} begins with {}", coins::show(&coins)));
            Ok(())
        }
        Command::Gentx(args) => gentx::gentx(context, &read(&file)?, *args),
        Command::CollectGentxs(args) => change(&file, |document| gentx::collect(context, document, &args)),
        Command::AddValidator { key, power } => {
            let key = match key {
                Some(text) => comet::parse_key(&text)?,
                None => comet::validator_key(&context.home)?,
            };
            let operator = Address::new(&comet::key_address(&key))?;
            change(&file, |document| genesis::add_validator(document, &key, &operator, power))
        }
        Command::Validate { file: named } => {
            let file = named.unwrap_or(file);
            genesis::validate(&read(&file)?).map_err(|e| error!("{}: {e}", file.display()))?;
            output::note(&format!("a chain would start from {}", file.display()));
            Ok(())
        }
    }
}

fn change(file: &Path, change: impl FnOnce(&mut Value) -> std::result::Result<(), String>) -> Result<()> {
    let mut document = read(file)?;
    change(&mut document).map_err(|e| error!("{}: {e}", file.display()))?;
    // Beside and renamed, so that a crash leaves one whole file.
    let beside = file.with_extension("json.new");
    fs::write(&beside, format!("{document:#}\n"))
        .and_then(|()| fs::rename(&beside, file))
        .map_err(|e| error!("cannot write {}: {e}", file.display()))
}

fn read(file: &Path) -> Result<Value> {
    let text = fs::read_to_string(file)
        .map_err(|e| error!("cannot read {}: {e}; `synergyd init` makes it", file.display()))?;
    serde_json::from_str(&text).map_err(|e| error!("{} is not JSON: {e}", file.display()))
}
