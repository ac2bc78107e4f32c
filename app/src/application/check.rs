//! CheckTx: the ante on the mempool's own state. A burst is decoded and verified in
//! parallel, then goes through the ante in order.

use rayon::prelude::*;
use synergy_abci::{
    Fault,
    messages::{CheckTxType, RequestCheckTx, ResponseCheckTx},
};
use synergy_kernel::{Block, Ctx, Error, Gas, State, Worth, sdk};

use synergy_proto::{Address, synergy::auth::Account};

use super::{App, Committed, fault, lock};
use crate::{
    ante::{self, AnteRules, Mode, verify_ahead},
    tx::Tx,
};

/// Keys of the state and what they hold; nothing for those removed.
pub(crate) type Writes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// The state that the next block would see if it took the whole mempool.
pub(super) struct Check {
    state: State,
    block: Block,
    rules: AnteRules,
}

impl App {
    /// Starts the mempool's view afresh. Before the genesis there is none.
    pub(super) fn reset_check(&self) {
        let committed = self.committed();
        *lock(&self.check) = fresh_check(&committed);
    }

    pub(super) fn do_check_txs(&self, burst: Vec<RequestCheckTx>) -> Result<Vec<ResponseCheckTx>, Fault> {
        let committed = self.committed();
        let decode = |request: &RequestCheckTx| self.decode_for_check(request, &committed);
        let txs: Vec<_> = if burst.len() < 4 {
            burst.iter().map(decode).collect()
        } else {
            burst.par_iter().with_min_len(4).map(decode).collect()
        };
        let mut guard = lock(&self.check);
        let check = guard.as_mut().ok_or_else(|| fault("CheckTx", "the chain has no genesis yet"))?;
        Ok(txs
            .into_iter()
            .map(|tx| {
                let response = match tx {
                    Ok((tx, mode)) => self.check_one(check, &tx, mode),
                    Err(error) => refusal(error, 0, 0),
                };
                self.metrics.check_tx(response.code);
                response
            })
            .collect())
    }

    /// What the transactions of the mempool leave of what the next one of `signers` stands on:
    /// their accounts, and writes to the clients of other chains.
    pub(crate) fn mempool_view(&self, signers: impl Iterator<Item = Address>) -> (Vec<(Address, Account)>, Writes) {
        let guard = lock(&self.check);
        let Some(check) = guard.as_ref() else { return Default::default() };
        let accounts =
            signers.filter_map(|address| Some((address, synergy_auth::peek(&check.state, &address)?))).collect();
        (accounts, check.state.writes_under(synergy_ibc::STORE.prefix))
    }

    fn decode_for_check(
        &self,
        request: &RequestCheckTx,
        committed: &Committed,
    ) -> synergy_kernel::Result<(std::sync::Arc<Tx>, Mode)> {
        let tx = self.txs.get(&self.chain.routes, &request.tx)?;
        if request.r#type == CheckTxType::Recheck as i32 {
            return Ok((tx, Mode::Recheck));
        }
        verify_ahead(&tx, &committed.block.chain_id, |address| committed.account(address));
        Ok((tx, Mode::Full))
    }

    fn check_one(&self, check: &mut Check, tx: &Tx, mode: Mode) -> ResponseCheckTx {
        let mut gas = Gas::new(tx.gas_limit);
        let mut ctx = Ctx::new(&mut check.state, &check.block, &mut gas);
        let outcome = self.floor(&check.rules, tx).and_then(|()| {
            ctx.atomic(|ctx| {
                ante::run(ctx, &check.rules, tx, mode)?;
                worth_taking(ctx, tx)
            })
        });
        // Nobody reads events of CheckTx: CometBFT drops them.
        check.state.take_events();
        let used = gas.used();
        match outcome {
            Ok(_) => ResponseCheckTx {
                gas_wanted: i64::try_from(tx.gas_limit).unwrap_or(i64::MAX),
                gas_used: i64::try_from(used).unwrap_or(i64::MAX),
                ..ResponseCheckTx::default()
            },
            Err(error) => refusal(error, tx.gas_limit, used),
        }
    }

    /// This node's own least price, `minimum-gas-prices` of app.toml. It keeps
    /// transactions out of the mempool and says nothing about blocks.
    fn floor(&self, rules: &AnteRules, tx: &Tx) -> synergy_kernel::Result<()> {
        let price = rules.base_fee.saturating_add(rules.tip(tx)?);
        if price < self.min_gas_price {
            return Err(sdk::insufficient_fee(format!(
                "insufficient fees; this node asks for a gas price of at least {}, got {price}: insufficient fee",
                self.min_gas_price
            )));
        }
        Ok(())
    }
}

/// As ibc-go's RedundantRelayDecorator: relayers that compete do not pay for what another did.
fn worth_taking(ctx: &mut Ctx<'_>, tx: &Tx) -> synergy_kernel::Result<()> {
    let mut redundant = None;
    let mut new = false;
    for call in &tx.calls {
        match call.worth(ctx)? {
            Worth::New => new = true,
            Worth::Redundant(error) => redundant = Some(error),
            Worth::Aside => {}
        }
    }
    redundant.filter(|_| !new).map_or(Ok(()), Err)
}

fn fresh_check(committed: &Committed) -> Option<Check> {
    if committed.block.chain_id.is_empty() {
        return None;
    }
    let mut state = committed.state.clone();
    let block = Block { height: committed.block.height.saturating_add(1), ..committed.block.clone() };
    let rules = AnteRules::read(&mut Ctx::new(&mut state, &block, &mut Gas::unlimited())).ok()?;
    Some(Check { state, block, rules })
}

fn refusal(error: Error, wanted: u64, used: u64) -> ResponseCheckTx {
    ResponseCheckTx {
        code: error.code,
        codespace: error.codespace.to_owned(),
        log: error.message,
        gas_wanted: i64::try_from(wanted).unwrap_or(i64::MAX),
        gas_used: i64::try_from(used).unwrap_or(i64::MAX),
        ..ResponseCheckTx::default()
    }
}
