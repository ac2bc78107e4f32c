//! `synergyd genesis`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::Value;
use synergy_app::{config::CONFIG_DIR, genesis};
use synergy_proto::{Address, AddressError, Coin, Denom, coin};

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
    /// Give many accounts their first coins, as a JSON file says
    ///
    /// [{"address": "synergy1…", "coins": [{"denom": "asnrg", "amount": "1000"}]},
    ///  {"address": "synergy1…", "coins": [{"denom": "asnrg", "amount": "1000"}],
    ///   "vesting_amt": [{"denom": "asnrg", "amount": "900"}], "vesting_start": 1767225600, "vesting_end": 1893456000}]
    ///
    /// Either all of them come into the genesis file or none.
    #[command(verbatim_doc_comment)]
    BulkAddGenesisAccount {
        /// The file
        file: PathBuf,
    },
    /// Sign this node's validator for the genesis file
    Gentx(Box<Gentx>),
    /// Put the genesis transactions of all validators into the file
    CollectGentxs(Collect),
    /// Add a validator run by its own key's account, with stake made for it
    AddValidator {
        /// Public key, as `synergyd comet show-validator` prints it [default: this node's]
        #[arg(value_name = "JSON")]
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
        Command::BulkAddGenesisAccount { file: list } => {
            let added = change_with(&file, |document| add_first_coins(document, &list))?;
            output::note(&format!("{added} accounts added"));
            Ok(())
        }
        Command::Gentx(args) => gentx::gentx(context, &read(&file)?, *args),
        Command::CollectGentxs(args) => change(&file, |document| gentx::collect(context, document, &args)),
        Command::AddValidator { key, power } => {
            let key = match key {
                Some(text) => comet::parse_key(&text)?,
                None => comet::validator_key(&context.home)?,
            };
            let operator = comet::account(&key)?;
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

/// Adds the accounts of a JSON list, and says how many there are.
pub(crate) fn add_first_coins(document: &mut Value, list: &Path) -> Result<usize> {
    let text = fs::read_to_string(list).map_err(|e| error!("cannot read {}: {e}", list.display()))?;
    let accounts: Vec<FirstCoins> = serde_json::from_str(&text).map_err(|e| error!("{}: {e}", list.display()))?;
    accounts.iter().try_for_each(|account| account.add(document)).map_err(|e| error!("{}: {e}", list.display()))?;
    Ok(accounts.len())
}

/// An entry of the list that `bulk-add-genesis-account` takes, with the SDK's names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstCoins {
    address: String,
    coins: Vec<Amount>,
    #[serde(default)]
    vesting_amt: Vec<Amount>,
    vesting_start: Option<i64>,
    vesting_end: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    denom: String,
    amount: String,
}

impl FirstCoins {
    fn add(&self, document: &mut Value) -> std::result::Result<(), String> {
        let bad = |e: String| format!("account {}: {e}", self.address);
        let address: Address = self.address.parse().map_err(|e: AddressError| bad(e.to_string()))?;
        let coins = coins_of(&self.coins).map_err(bad)?;
        let locked = coins_of(&self.vesting_amt).map_err(bad)?;
        match self.vesting_end {
            Some(end) if !locked.is_empty() => {
                genesis::add_vesting_account(document, &address, &coins, &locked, self.vesting_start, end).map_err(bad)
            }
            None if locked.is_empty() && self.vesting_start.is_none() => {
                genesis::add_account(document, &address, &coins).map_err(bad)
            }
            _ => Err(bad("vesting_amt and vesting_end go together".to_owned())),
        }
    }
}

fn coins_of(amounts: &[Amount]) -> std::result::Result<Vec<Coin>, String> {
    let coin = |a: &Amount| {
        a.denom.parse::<Denom>().map_err(|e| format!("{:?}: {e}", a.denom))?;
        let amount = coin::amount(&a.amount).map_err(|e| e.to_string())?;
        Ok(coin::coin(amount, &a.denom))
    };
    amounts.iter().map(coin).collect()
}

fn change(file: &Path, change: impl FnOnce(&mut Value) -> std::result::Result<(), String>) -> Result<()> {
    change_with(file, |document| change(document).map_err(|e| error!("{}: {e}", file.display())))
}

fn change_with<T>(file: &Path, change: impl FnOnce(&mut Value) -> Result<T>) -> Result<T> {
    let mut document = read(file)?;
    let result = change(&mut document)?;
    // Beside and renamed, so that a crash leaves one whole file.
    let beside = file.with_extension("json.new");
    fs::write(&beside, format!("{document:#}\n"))
        .and_then(|()| fs::rename(&beside, file))
        .map_err(|e| error!("cannot write {}: {e}", file.display()))?;
    Ok(result)
}

fn read(file: &Path) -> Result<Value> {
    let text = fs::read_to_string(file)
        .map_err(|e| error!("cannot read {}: {e}; `synergyd init` makes it", file.display()))?;
    serde_json::from_str(&text).map_err(|e| error!("{} is not JSON: {e}", file.display()))
}
