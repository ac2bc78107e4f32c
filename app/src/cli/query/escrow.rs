//! `synergyd query escrow`.

use clap::Subcommand;
use prost::Message;
use serde_json::Value;
use synergy_app::config::Output;
use synergy_proto::{
    coin,
    synergy::escrow::{QueryEscrowRequest, QueryEscrowsRequest, QueryEscrowsResponse},
};

use super::{Page, ask, decoded};
use crate::cli::{coins, context::Context, error::Result, output, schema::escrow as schema};

#[derive(Subcommand, Debug)]
pub(crate) enum Escrow {
    /// One escrow
    #[command(name = "escrow")]
    One {
        /// Its number
        id: u64,
    },
    /// All escrows, or those of an account, as a table
    List {
        /// Payer, payee or arbiter: address, or name of a key
        #[arg(long, value_name = "ADDRESS")]
        party: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Limits of escrows
    Params,
}

pub(super) fn run(context: &Context, height: u64, command: Escrow) -> Result<()> {
    match command {
        Escrow::One { id } => {
            let request = QueryEscrowRequest { escrow_id: id };
            let path = "/synergy.escrow.v1.Query/Escrow";
            ask(context, height, path, &request.encode_to_vec(), &schema::ESCROW_RESPONSE)
        }
        Escrow::List { party, page } => list(context, height, party.as_deref(), &page),
        Escrow::Params => ask(context, height, "/synergy.escrow.v1.Query/Params", &[], &schema::PARAMS_RESPONSE),
    }
}

fn list(context: &Context, height: u64, party: Option<&str>, page: &Page) -> Result<()> {
    let party = party.map(|text| context.address(text)).transpose()?;
    let party = party.map(|address| address.to_string()).unwrap_or_default();
    let request = QueryEscrowsRequest { party, pagination: page.request()? };
    let path = "/synergy.escrow.v1.Query/Escrows";
    let answer = context.rpc()?.query(path, &request.encode_to_vec(), height, false)?.value;
    if context.output() == Output::Json {
        return output::value(Output::Json, &decoded(context, &schema::ESCROWS_RESPONSE, &answer)?);
    }
    let response = QueryEscrowsResponse::decode(answer.as_slice())?;
    let json = decoded(context, &schema::ESCROWS_RESPONSE, &answer)?;
    output::line(&table(&response))?;
    if let Some(key) = json["pagination"]["next_key"].as_str().filter(|key| !key.is_empty()) {
        output::note(&format!("more: --page-key {key}"));
    }
    Ok(())
}

const HEAD: [&str; 7] = ["ID", "PHASE", "PAYER", "PAYEE", "LEFT", "DEADLINE", "THEN"];

/// One line for each escrow, in columns.
fn table(response: &QueryEscrowsResponse) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(response.escrows.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn row(e: &synergy_proto::synergy::escrow::Escrow) -> [String; 7] {
    let number = |text: &str| coin::amount(text).unwrap_or(0);
    let amount = e.amount.clone().unwrap_or_default();
    let left = number(&amount.amount).saturating_sub(number(&e.paid)).saturating_sub(number(&e.returned));
    let word = |name: &str| name.split_once('_').map_or(name, |(_, word)| word).to_lowercase();
    let closed = e.phase() == synergy_proto::synergy::escrow::Phase::Closed;
    let left = if left == 0 { "0".to_owned() } else { coins::readable(&amount.denom, &left.to_string()) };
    let then = if closed { "removed".to_owned() } else { word(e.default_outcome().as_str_name()) };
    let phase = if closed { word(e.outcome().as_str_name()) } else { word(e.phase().as_str_name()) };
    [e.id.to_string(), phase, e.payer.clone(), e.payee.clone(), left, utc(e.deadline), then]
}

/// RFC 3339 of Unix seconds.
fn utc(seconds: i64) -> String {
    let time = synergy_proto::Timestamp { seconds, nanos: 0 };
    match serde_json::to_value(time) {
        Ok(Value::String(text)) => text,
        _ => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use synergy_proto::synergy::escrow::{Escrow, Outcome, Phase};

    use super::*;

    #[test]
    fn a_table_has_equal_columns_and_words_for_people() {
        let open = Escrow {
            id: 7,
            payer: "a".into(),
            payee: "longer".into(),
            amount: Some(coin::coin(2_500_000_000_000_000_000, "asnrg")),
            paid: "1000000000000000000".into(),
            returned: "0".into(),
            phase: Phase::Open.into(),
            default_outcome: Outcome::Refund.into(),
            deadline: 1_767_225_600,
            ..Escrow::default()
        };
        let closed = Escrow {
            id: 12,
            phase: Phase::Closed.into(),
            outcome: Outcome::Resolved.into(),
            amount: Some(coin::coin(5, "uatom")),
            paid: "5".into(),
            ..open.clone()
        };
        let text = table(&QueryEscrowsResponse { escrows: vec![open, closed], pagination: None });
        assert_eq!(
            text,
            "ID  PHASE     PAYER  PAYEE   LEFT      DEADLINE              THEN\n\
             7   open      a      longer  1.5 SNRG  2026-01-01T00:00:00Z  refund\n\
             12  resolved  a      longer  0         2026-01-01T00:00:00Z  removed"
        );
    }
}
