//! Signing ahead of time, so that a run only sends.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::account::{Account, Id, recipient};
use crate::chain::positions;
use crate::rpc::Rpc;
use crate::tx::{Message, Terms, sign};

/// Whom transactions pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum To {
    /// A new account each
    Own,
    /// The next sender
    Among,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    senders: crate::Senders,
    #[command(flatten)]
    terms: Terms,
    /// How many transactions, in turn from each account
    #[arg(long)]
    txs: u64,
    /// Whom they pay
    #[arg(long, value_enum, default_value = "own")]
    to: To,
    /// Move cw20 tokens of this contract, of which every sender has some, instead of coins
    #[arg(long)]
    cw20: Option<String>,
    /// File to write: one transaction in base64 a line
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(node: &str, args: &Args) -> Result<(), String> {
    let mut rpc = Rpc::new(node);
    let chain_id = rpc.chain_id().map_err(|e| e.to_string())?;
    let accounts = Account::all(&args.senders.seed, args.senders.accounts);
    let ids: Vec<Id> = accounts.iter().map(|a| a.id).collect();
    let mut at = Vec::new();
    for (index, position) in positions(&mut rpc, &args.terms.prefix, &ids)?.into_iter().enumerate() {
        at.push(position.ok_or_else(|| {
            format!("account {index} is not on the chain: fund it first (see `synergy-loader accounts`)")
        })?);
    }

    let write = |e: std::io::Error| format!("{}: {e}", args.out.display());
    let mut out = BufWriter::new(File::create(&args.out).map_err(write)?);
    let mut bytes = 0;
    for index in 0..args.txs {
        let sender = (index % args.senders.accounts) as usize;
        let to = match args.to {
            To::Own => recipient(&args.senders.seed, index),
            To::Among => ids[(sender + 1) % ids.len()],
        };
        let message = args.cw20.as_deref().map_or(Message::Send, Message::Cw20Transfer);
        let tx = sign(&chain_id, &args.terms, &accounts[sender], at[sender], &to, message)?;
        at[sender].sequence += 1;
        bytes += tx.len();
        writeln!(out, "{}", BASE64.encode(&tx)).map_err(write)?;
    }
    out.flush().map_err(write)?;
    println!(
        "{} transactions, {} bytes on average, in {}",
        args.txs,
        bytes as u64 / args.txs.max(1),
        args.out.display()
    );
    Ok(())
}

/// The transactions of a file that [`run`] wrote.
pub(crate) fn read(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let at = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let file = BufReader::new(File::open(path).map_err(|e| at(&e))?);
    file.lines().map(|line| BASE64.decode(line.map_err(|e| at(&e))?).map_err(|e| at(&e))).collect()
}
