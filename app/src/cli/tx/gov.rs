//! `synergyd tx gov`.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use prost::Message;
use serde::Deserialize;
use serde_json::{Value, json};
use synergy_app::{api::Transcoder, config::Output};
use synergy_proto::{
    Address, Any,
    cosmos::gov::v1::{
        MsgCancelProposal, MsgDeposit, MsgSubmitProposal, MsgVote, MsgVoteWeighted, VoteOption, WeightedVoteOption,
    },
    pack,
};

use super::{Session, TxFlags};
use crate::cli::{
    coins,
    context::Context,
    error::{Result, bail, error},
    output,
};

#[derive(Subcommand, Debug)]
pub(crate) enum Gov {
    /// Propose what a JSON file says; draft-proposal prints one
    SubmitProposal {
        /// The file, or - for standard input
        file: PathBuf,
    },
    /// Print a proposal's file to fill in
    DraftProposal {
        /// Types of its messages, e.g. /cosmos.staking.v1beta1.MsgUpdateParams; none makes a text
        messages: Vec<String>,
    },
    /// Add to a proposal's deposit
    Deposit {
        /// Number of the proposal
        proposal: u64,
        /// E.g. 10snrg
        amount: String,
    },
    /// Vote
    Vote {
        /// Number of the proposal
        proposal: u64,
        /// yes, no, abstain or no_with_veto
        option: String,
        /// Public text with the vote
        #[arg(long, value_name = "TEXT", default_value = "")]
        metadata: String,
    },
    /// Split your vote
    WeightedVote {
        /// Number of the proposal
        proposal: u64,
        /// E.g. yes=0.7,abstain=0.3
        options: String,
        /// Public text with the vote
        #[arg(long, value_name = "TEXT", default_value = "")]
        metadata: String,
    },
    /// Take back your proposal; part of the deposits is lost
    CancelProposal {
        /// Number of the proposal
        proposal: u64,
    },
}

/// The file of a proposal, as the Cosmos SDK has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    metadata: String,
    deposit: String,
    title: String,
    summary: String,
    #[serde(default)]
    expedited: bool,
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Gov) -> Result<()> {
    if let Gov::DraftProposal { messages } = command {
        return draft(&messages);
    }
    let mut session = Session::open(context, flags, None)?;
    let sender = session.sender.to_string();
    let message = match command {
        Gov::DraftProposal { .. } => return Ok(()),
        Gov::SubmitProposal { file } => pack(&proposal(&file, sender)?),
        Gov::Deposit { proposal, amount } => {
            pack(&MsgDeposit { proposal_id: proposal, depositor: sender, amount: coins::parse(&amount)? })
        }
        Gov::Vote { proposal, option, metadata } => {
            pack(&MsgVote { proposal_id: proposal, voter: sender, option: vote_option(&option)?.into(), metadata })
        }
        Gov::WeightedVote { proposal, options, metadata } => {
            let options = options.split(',').map(weighted).collect::<Result<_>>()?;
            pack(&MsgVoteWeighted { proposal_id: proposal, voter: sender, options, metadata })
        }
        Gov::CancelProposal { proposal } => pack(&MsgCancelProposal { proposal_id: proposal, proposer: sender }),
    };
    session.send_and_print(vec![message])
}

fn proposal(file: &Path, proposer: String) -> Result<MsgSubmitProposal> {
    let mut text = String::new();
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().lock().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(file).map(|read| text = read),
    };
    read.map_err(|e| error!("cannot read {}: {e}", file.display()))?;
    let file: File = serde_json::from_str(&text)
        .map_err(|e| error!("{} is no proposal: {e}; `synergyd tx gov draft-proposal` prints one", file.display()))?;
    let transcoder = transcoder()?;
    Ok(MsgSubmitProposal {
        messages: file.messages.iter().map(|message| any(&transcoder, message)).collect::<Result<_>>()?,
        initial_deposit: coins::parse(&file.deposit)?,
        proposer,
        metadata: file.metadata,
        title: file.title,
        summary: file.summary,
        expedited: file.expedited,
    })
}

pub(crate) fn transcoder() -> Result<Transcoder> {
    Transcoder::new([]).map_err(|e| error!("{e}"))
}

fn any(transcoder: &Transcoder, message: &Value) -> Result<Any> {
    let kind = message["@type"]
        .as_str()
        .ok_or_else(|| error!("a message has no \"@type\", such as /cosmos.bank.v1beta1.MsgSend"))?;
    let bytes = transcoder.bytes("google.protobuf.Any", message).map_err(|e| error!("message {kind}: {e}"))?;
    Ok(Any::decode(bytes.as_slice())?)
}

/// A file with empty messages, in the name of the gov account.
fn draft(types: &[String]) -> Result<()> {
    let transcoder = transcoder()?;
    let message = |url: &String| -> Result<Value> {
        let name = url.trim_start_matches('/');
        let text = transcoder.json(name, &[]).map_err(|e| error!("{e}"))?;
        let mut message: Value = serde_json::from_slice(&text)?;
        let Value::Object(fields) = &mut message else { bail!("{name} is no message") };
        fields.insert("@type".to_owned(), format!("/{name}").into());
        if let Some(authority) = fields.get_mut("authority") {
            *authority = Address::module("gov").to_string().into();
        }
        Ok(message)
    };
    let messages = types.iter().map(message).collect::<Result<Vec<_>>>()?;
    let metadata = if messages.is_empty() { "ipfs://…" } else { "" };
    let file = json!({
        "messages": messages,
        "metadata": metadata,
        "deposit": "100snrg",
        "title": "",
        "summary": "",
        "expedited": false
    });
    output::line(&format!("{file:#}"))
}

fn vote_option(text: &str) -> Result<VoteOption> {
    Ok(match text {
        "yes" | "Yes" => VoteOption::Yes,
        "no" | "No" => VoteOption::No,
        "abstain" | "Abstain" => VoteOption::Abstain,
        "no_with_veto" | "no-with-veto" | "NoWithVeto" | "veto" => VoteOption::NoWithVeto,
        other => match VoteOption::from_str_name(other) {
            Some(option) if option != VoteOption::Unspecified => option,
            _ => bail!("{other:?} is no vote: yes, no, abstain or no_with_veto"),
        },
    })
}

fn weighted(part: &str) -> Result<WeightedVoteOption> {
    let (option, weight) =
        part.split_once('=').ok_or_else(|| error!("{part:?} has no weight: write yes=0.7,no=0.3"))?;
    Ok(WeightedVoteOption { option: vote_option(option.trim())?.into(), weight: weight.trim().to_owned() })
}

/// Used by `query gov` too: whether a table is wanted.
pub(crate) fn wants_table(context: &Context) -> bool {
    context.output() == Output::Text
}
