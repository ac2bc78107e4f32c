//! Genesis transactions: the signed `MsgCreateValidator` of each founding validator,
//! in the genesis file's `genutil` section as the Cosmos SDK writes it. They run when
//! the chain begins, after all sections are in the state.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use synergy_kernel::{Ctx, Error, Result, Routes, sdk};
use synergy_proto::{cosmos::staking::v1beta1::MsgCreateValidator, type_url};

use crate::{
    ante::{AnteRules, Mode},
    cli::transaction_bytes,
    execute,
    tx::Tx,
};

/// Name of the section.
pub const SECTION: &str = "genutil";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    gen_txs: Vec<Value>,
}

/// Runs the transactions of the section in their order: no fee, account number 0,
/// any gas. One that fails is a fault of the genesis file.
///
/// # Errors
/// What the transaction failed with, and which one it was.
pub fn execute(ctx: &mut Ctx<'_>, routes: &Routes, section: &RawValue) -> Result<()> {
    let section: Section = serde_json::from_str(section.get())
        .map_err(|e| sdk::invalid_request(format!("genesis section {SECTION}: {e}")))?;
    for (index, json) in section.gen_txs.iter().enumerate() {
        let which = |mut e: Error| {
            e.message = format!("genesis section {SECTION}: gen_txs[{index}]: {}", e.message);
            e
        };
        let tx = decode(routes, json).map_err(which)?;
        let rules = AnteRules::read(ctx)?;
        execute::transaction(ctx, &rules, &tx, Mode::Genesis, None).outcome.map_err(which)?;
    }
    Ok(())
}

/// Reads one: a transaction of a single `MsgCreateValidator`.
///
/// # Errors
/// SDK 2 when the JSON is no transaction, 18 when it has other messages.
pub fn decode(routes: &Routes, json: &Value) -> Result<Tx> {
    let bytes = transaction_bytes(json).map_err(sdk::tx_decode)?;
    let tx = Tx::decode(routes, &bytes)?;
    if tx.urls != [type_url::<MsgCreateValidator>()] {
        return Err(sdk::invalid_request(format!(
            "a genesis transaction has exactly one MsgCreateValidator, this one has {:?}",
            tx.urls
        )));
    }
    Ok(tx)
}
