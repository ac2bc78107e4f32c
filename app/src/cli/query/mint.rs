//! `synergyd query mint`.

use clap::Subcommand;

use super::ask;
use crate::cli::{context::Context, error::Result, schema::pos as schema};

#[derive(Clone, Copy, Subcommand, Debug)]
pub(crate) enum Mint {
    /// New coins of a year as a share of the supply
    Inflation,
    /// New coins of a year
    AnnualProvisions,
    /// The rules
    Params,
}

pub(super) fn run(context: &Context, height: u64, command: Mint) -> Result<()> {
    let (method, schema) = match command {
        Mint::Inflation => ("Inflation", &schema::INFLATION_RESPONSE),
        Mint::AnnualProvisions => ("AnnualProvisions", &schema::ANNUAL_PROVISIONS_RESPONSE),
        Mint::Params => ("Params", &schema::MINT_PARAMS_RESPONSE),
    };
    ask(context, height, &format!("/cosmos.mint.v1beta1.Query/{method}"), &[], schema)
}
