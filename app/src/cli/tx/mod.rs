//! `synergyd tx`: from messages to a transaction in a block.

pub(crate) mod aivm;
mod auth;
mod authz;
mod bank;
pub(crate) mod build;
mod describe;
mod distribution;
mod escrow;
mod feegrant;
pub(crate) mod gov;
mod ibc;
pub(crate) mod model;
mod multisig;
mod offline;
pub(crate) mod response;
mod session;
mod slashing;
pub(crate) mod staking;
mod vesting;
pub(crate) mod wasm;

use clap::{Args, Subcommand};

use super::{
    context::{ClientFlags, Context},
    error::Result,
};
pub(crate) use session::{Outcome, Session};

#[derive(Args, Debug)]
pub(crate) struct Tx {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    #[command(flatten)]
    pub(crate) flags: TxFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Send coins
    #[command(subcommand)]
    Bank(bank::Bank),
    /// Publish the key to which others seal payloads
    #[command(subcommand)]
    Auth(auth::Auth),
    /// Delegate to validators, and be one
    #[command(subcommand)]
    Staking(staking::Staking),
    /// Rewards of stake
    #[command(subcommand)]
    Distribution(distribution::Distribution),
    /// Come back after downtime
    #[command(subcommand)]
    Slashing(slashing::Slashing),
    /// Let others send messages in your name
    #[command(subcommand)]
    Authz(authz::Authz),
    /// Pay the fees of others
    #[command(subcommand)]
    Feegrant(feegrant::Feegrant),
    /// Make accounts whose coins become free over time
    #[command(subcommand)]
    Vesting(vesting::Vesting),
    /// Propose changes of the chain, and vote on them
    #[command(subcommand)]
    Gov(gov::Gov),
    /// Publish an ONNX model
    #[command(subcommand)]
    Model(model::Model),
    /// Run models
    #[command(subcommand)]
    Aivm(aivm::Aivm),
    /// Pay when a condition is met
    #[command(subcommand)]
    Escrow(escrow::Escrow),
    /// Send coins to other chains
    #[command(subcommand)]
    IbcTransfer(ibc::Transfer),
    /// Contracts
    #[command(subcommand)]
    Wasm(wasm::Wasm),
    /// Sign the transaction in a file that --generate-only made
    Sign(offline::Sign),
    /// Sign many transactions, each with the next sequence
    SignBatch(offline::SignBatch),
    /// Check the signatures of a transaction
    ValidateSignatures(offline::File),
    /// Put the signatures of a multisig key's members together
    #[command(visible_alias = "multisign")]
    MultiSign(multisig::MultiSign),
    /// Send a signed transaction from a file
    Broadcast(offline::File),
    /// Turn a transaction's JSON into base64
    Encode(offline::File),
    /// Turn a transaction's base64 (or hex) into JSON
    Decode(offline::Decode),
    /// Ask the node how much gas the transaction in a file uses
    Simulate(offline::File),
}

/// Flags of every `tx` command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Transaction options")]
pub(crate) struct TxFlags {
    /// Key to sign with: its name or address
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) from: Option<String>,
    /// Account number, with --offline
    #[arg(long, short = 'a', global = true, value_name = "N")]
    pub(crate) account_number: Option<u64>,
    /// Sequence instead of the account's next one
    #[arg(long, short, global = true, value_name = "N")]
    pub(crate) sequence: Option<u64>,
    /// Public text in the transaction
    #[arg(long, visible_alias = "memo", global = true, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Fixed fee, e.g. 0.001snrg
    #[arg(long, global = true, value_name = "COINS", conflicts_with = "gas_prices")]
    pub(crate) fees: Option<String>,
    /// Account that pays the fee, within an allowance it has granted
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) fee_granter: Option<String>,
    /// Price per unit of gas, e.g. 1000000000asnrg [default: base fee and a fifth]
    #[arg(long, global = true, value_name = "COIN")]
    pub(crate) gas_prices: Option<String>,
    /// Gas limit, or auto to simulate [default: auto]
    #[arg(long, global = true, value_name = "GAS")]
    pub(crate) gas: Option<String>,
    /// Factor on the simulated gas [default: 1.2]
    #[arg(long, global = true, value_name = "FACTOR")]
    pub(crate) gas_adjustment: Option<String>,
    /// sync (wait for the node's check) or async
    #[arg(long, short, global = true, value_name = "MODE")]
    pub(crate) broadcast_mode: Option<String>,
    /// Simulate and print the gas only
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Print the unsigned transaction as JSON only
    #[arg(long, global = true)]
    pub(crate) generate_only: bool,
    /// Ask no node: needs --chain-id, -a, -s, --gas, and --fees or --gas-prices
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// Do not ask before signing
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// direct or amino-json [default: direct]
    #[arg(long, global = true, value_name = "MODE")]
    pub(crate) sign_mode: Option<build::Mode>,
    /// Height after which the transaction is void
    #[arg(long, global = true, value_name = "HEIGHT")]
    pub(crate) timeout_height: Option<u64>,
    /// Wait until the transaction is in a block and print its result
    #[arg(long, global = true)]
    pub(crate) wait: bool,
}

impl TxFlags {
    /// Those that stand over settings of `client.toml`.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        let mut set = |key, value: &Option<String>| out.extend(value.clone().map(|v| (key, v)));
        set("gas", &self.gas);
        set("gas-adjustment", &self.gas_adjustment);
        set("broadcast-mode", &self.broadcast_mode);
        // One of the two from a flag replaces the other of the file.
        if self.fees.is_some() {
            set("gas-prices", &Some(String::new()));
        }
        if self.gas_prices.is_some() {
            set("fees", &Some(String::new()));
        }
        set("gas-prices", &self.gas_prices);
        out
    }
}

pub(crate) fn run(context: &Context, tx: Tx) -> Result<()> {
    let flags = tx.flags;
    match tx.command {
        Command::Bank(command) => bank::run(context, &flags, command),
        Command::Auth(command) => auth::run(context, &flags, command),
        Command::Staking(command) => staking::run(context, &flags, command),
        Command::Distribution(command) => distribution::run(context, &flags, command),
        Command::Slashing(command) => slashing::run(context, &flags, command),
        Command::Authz(command) => authz::run(context, &flags, command),
        Command::Feegrant(command) => feegrant::run(context, &flags, command),
        Command::Vesting(command) => vesting::run(context, &flags, command),
        Command::Gov(command) => gov::run(context, &flags, command),
        Command::Model(command) => model::run(context, &flags, command),
        Command::Aivm(command) => aivm::run(context, &flags, command),
        Command::Escrow(command) => escrow::run(context, &flags, command),
        Command::IbcTransfer(command) => ibc::run(context, &flags, command),
        Command::Wasm(command) => wasm::run(context, &flags, command),
        Command::Sign(sign) => offline::sign(context, &flags, &sign),
        Command::SignBatch(batch) => offline::sign_batch(context, &flags, &batch),
        Command::ValidateSignatures(file) => offline::validate_signatures(context, &flags, &file),
        Command::MultiSign(sign) => multisig::multi_sign(context, &flags, &sign),
        Command::Broadcast(file) => offline::broadcast(context, &flags, &file),
        Command::Encode(file) => offline::encode(&file),
        Command::Decode(decode) => offline::decode(context, &decode),
        Command::Simulate(file) => offline::simulate(context, &flags, &file),
    }
}
