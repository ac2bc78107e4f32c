//! `synergyd query gov`.

use clap::Subcommand;
use prost::Message;
use serde_json::Value;
use synergy_proto::cosmos::gov::v1::{
    ProposalStatus, QueryDepositRequest, QueryDepositsRequest, QueryParamsRequest, QueryProposalRequest,
    QueryProposalsRequest, QueryTallyResultRequest, QueryVoteRequest, QueryVotesRequest,
};

use super::Page;
use crate::cli::{
    coins,
    context::Context,
    error::{Result, error},
    output,
    tx::gov::{transcoder, wants_table},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Gov {
    /// A proposal
    Proposal {
        /// Its number
        proposal: u64,
    },
    /// All proposals
    Proposals {
        /// deposit-period, voting-period, passed, rejected or failed
        #[arg(long, visible_alias = "proposal-status", value_name = "STATUS")]
        status: Option<String>,
        /// Only those on which this account has voted: address, or name of a key
        #[arg(long, value_name = "ADDRESS")]
        voter: Option<String>,
        /// Only those for which this account has paid: address, or name of a key
        #[arg(long, value_name = "ADDRESS")]
        depositor: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// An account's vote
    Vote {
        /// Number of the proposal
        proposal: u64,
        /// Address, or name of a key
        voter: String,
    },
    /// Votes on a proposal; they are forgotten when it is decided
    Votes {
        /// Number of the proposal
        proposal: u64,
        #[command(flatten)]
        page: Page,
    },
    /// What an account has paid for a proposal
    Deposit {
        /// Number of the proposal
        proposal: u64,
        /// Address, or name of a key
        depositor: String,
    },
    /// Who has paid for a proposal
    Deposits {
        /// Number of the proposal
        proposal: u64,
        #[command(flatten)]
        page: Page,
    },
    /// How the votes stand, or stood at the end
    Tally {
        /// Number of the proposal
        proposal: u64,
    },
    /// The rules
    Params,
    /// The chain's constitution
    Constitution,
}

/// What turns an answer into rows, the first being their heads.
type Table = fn(&Value) -> Vec<Vec<String>>;

pub(super) fn run(context: &Context, height: u64, command: Gov) -> Result<()> {
    let ask = |method: &str, request: Vec<u8>| -> Result<Value> {
        let answer = context.rpc()?.query(&format!("/cosmos.gov.v1.Query/{method}"), &request, height, false)?;
        let name = format!("cosmos.gov.v1.Query{method}Response");
        Ok(serde_json::from_slice(&transcoder()?.json(&name, &answer.value).map_err(|e| error!("{e}"))?)?)
    };
    let (answer, table): (Value, Option<Table>) = match command {
        Gov::Proposal { proposal } => {
            (ask("Proposal", QueryProposalRequest { proposal_id: proposal }.encode_to_vec())?, None)
        }
        Gov::Proposals { status, voter, depositor, page } => {
            let who = |name: Option<String>| -> Result<String> {
                name.map_or(Ok(String::new()), |name| Ok(context.address(&name)?.to_string()))
            };
            let request = QueryProposalsRequest {
                proposal_status: status.as_deref().map_or(Ok(ProposalStatus::Unspecified), status_of)?.into(),
                voter: who(voter)?,
                depositor: who(depositor)?,
                pagination: page.request()?,
            };
            (ask("Proposals", request.encode_to_vec())?, Some(proposals))
        }
        Gov::Vote { proposal, voter } => {
            let voter = context.address(&voter)?.to_string();
            (ask("Vote", QueryVoteRequest { proposal_id: proposal, voter }.encode_to_vec())?, None)
        }
        Gov::Votes { proposal, page } => {
            let request = QueryVotesRequest { proposal_id: proposal, pagination: page.request()? };
            (ask("Votes", request.encode_to_vec())?, Some(votes))
        }
        Gov::Deposit { proposal, depositor } => {
            let depositor = context.address(&depositor)?.to_string();
            (ask("Deposit", QueryDepositRequest { proposal_id: proposal, depositor }.encode_to_vec())?, None)
        }
        Gov::Deposits { proposal, page } => {
            let request = QueryDepositsRequest { proposal_id: proposal, pagination: page.request()? };
            (ask("Deposits", request.encode_to_vec())?, Some(deposits))
        }
        Gov::Tally { proposal } => {
            (ask("TallyResult", QueryTallyResultRequest { proposal_id: proposal }.encode_to_vec())?, Some(tally))
        }
        Gov::Params => (ask("Params", QueryParamsRequest::default().encode_to_vec())?, None),
        Gov::Constitution => (ask("Constitution", Vec::new())?, None),
    };
    match table {
        Some(rows) if wants_table(context) => output::table(&rows(&answer)),
        _ => output::value(context.output(), &answer),
    }
}

fn status_of(text: &str) -> Result<ProposalStatus> {
    let name = format!("PROPOSAL_STATUS_{}", text.to_uppercase().replace('-', "_"));
    ProposalStatus::from_str_name(&name)
        .or_else(|| ProposalStatus::from_str_name(text))
        .ok_or_else(|| error!("{text:?} is no status: deposit-period, voting-period, passed, rejected or failed"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn row(cells: [&str; 4]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Coins in the unit that people use.
fn amount(value: &Value) -> String {
    let coins: Vec<String> = list(value).map(|c| coins::readable(&text(&c["denom"]), &text(&c["amount"]))).collect();
    coins.join(",")
}

fn proposals(answer: &Value) -> Vec<Vec<String>> {
    let mut rows = vec![row(["ID", "STATUS", "ENDS", "TITLE"])];
    for p in list(&answer["proposals"]) {
        let status = text(&p["status"]).trim_start_matches("PROPOSAL_STATUS_").to_lowercase().replace('_', " ");
        let end = if p["voting_end_time"].is_string() { &p["voting_end_time"] } else { &p["deposit_end_time"] };
        let status = if p["expedited"] == true { format!("{status}, expedited") } else { status };
        rows.push(vec![text(&p["id"]), status, text(end), text(&p["title"])]);
    }
    rows
}

fn votes(answer: &Value) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["VOTER".to_owned(), "VOTE".to_owned()]];
    for vote in list(&answer["votes"]) {
        let options: Vec<String> = list(&vote["options"])
            .map(|o| {
                let option = text(&o["option"]).trim_start_matches("VOTE_OPTION_").to_lowercase();
                let weight = text(&o["weight"]);
                format!("{option}={}", weight.trim_end_matches('0').trim_end_matches('.'))
            })
            .collect();
        rows.push(vec![text(&vote["voter"]), options.join(",")]);
    }
    rows
}

fn deposits(answer: &Value) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["DEPOSITOR".to_owned(), "AMOUNT".to_owned()]];
    rows.extend(list(&answer["deposits"]).map(|d| vec![text(&d["depositor"]), amount(&d["amount"])]));
    rows
}

fn tally(answer: &Value) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["VOTE".to_owned(), "STAKE".to_owned()]];
    for name in ["yes", "abstain", "no", "no_with_veto"] {
        let count = text(&answer["tally"][format!("{name}_count")]);
        rows.push(vec![name.to_owned(), coins::readable(synergy_proto::coin::BASE_DENOM, &count)]);
    }
    rows
}
