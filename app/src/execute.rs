//! Executing transactions and blocks: pure functions of a state and a block.

use prost::Message;
use synergy_abci::messages::{Event as AbciEvent, EventAttribute, ExecTxResult};
use synergy_kernel::{BlockGas, Ctx, Error, Event, Result, sdk};
use synergy_proto::cosmos::base::abci::v1beta1::TxMsgData;

use crate::{
    ante::{self, AnteRules, Mode},
    tx::Tx,
};

/// What became of one transaction.
pub struct Executed {
    /// Responses of its messages, or the error that ended it.
    pub outcome: Result<TxMsgData>,
    /// Events that stay: those of the ante, and of the messages if all succeeded.
    pub events: Vec<Event>,
    /// Gas asked for.
    pub gas_wanted: u64,
    /// Gas used.
    pub gas_used: u64,
    /// Whether the ante passed, so that the fee is paid.
    pub paid: bool,
}

/// Executes one transaction on the context's state; `index` is its place in the block,
/// and nothing for those of the genesis. The ante's writes stay when it
/// succeeds; the messages' only when all of them succeed.
pub fn transaction(ctx: &mut Ctx<'_>, rules: &AnteRules, tx: &Tx, mode: Mode, index: Option<u32>) -> Executed {
    let limit = if matches!(mode, Mode::Simulate | Mode::Genesis) { ctx.gas.left() } else { tx.gas_limit };
    ctx.state.push();
    let ((paid, outcome), gas) = ctx.metered(limit, |ctx| {
        let mut ctx = ctx.in_transaction(index);
        let before = ctx.atomic(|ctx| ante::run(ctx, rules, tx, mode));
        (before.is_ok(), before.and_then(|_| ctx.atomic(|ctx| messages(ctx, tx))))
    });
    let events = ctx.state.take_events();
    ctx.state.merge();
    Executed { outcome, events, gas_wanted: tx.gas_limit, gas_used: gas.used(), paid }
}

fn messages(ctx: &mut Ctx<'_>, tx: &Tx) -> Result<TxMsgData> {
    let mut msg_responses = Vec::with_capacity(tx.calls.len());
    for (index, (call, url)) in tx.calls.iter().zip(&tx.urls).enumerate() {
        let sender = call.signers()?.first().map(ToString::to_string).unwrap_or_default();
        ctx.state.push();
        let run = call.run(ctx);
        let mut events = ctx.state.take_events();
        ctx.state.merge();
        let response = run.map_err(|mut e| {
            e.message = format!("failed to execute message; message index: {index}: {}", e.message);
            e
        })?;
        let index = index.to_string();
        // As the SDK: `/cosmos.bank.v1beta1.MsgSend` is of module `bank`.
        let module = url.split('.').nth(1).unwrap_or_default();
        ctx.emit("message", &[("action", url), ("sender", &sender), ("module", module), ("msg_index", &index)]);
        for event in &mut events {
            event.attributes.push(("msg_index".to_owned(), index.clone()));
        }
        events.into_iter().for_each(|event| ctx.state.emit(event));
        msg_responses.push(response);
    }
    #[allow(deprecated, reason = "the field is empty since SDK 0.46")]
    Ok(TxMsgData { data: Vec::new(), msg_responses })
}

/// Executes the transactions of a block in order. Gas wanted beyond the block's
/// limit refuses a transaction before its ante (SDK 11), so that a proposal which
/// skipped our checks cannot run longer than a block may.
pub fn transactions<'t>(
    ctx: &mut Ctx<'_>,
    rules: &AnteRules,
    txs: impl IntoIterator<Item = &'t Result<std::sync::Arc<Tx>>>,
) -> (Vec<ExecTxResult>, BlockGas) {
    let mut block = BlockGas::default();
    let results = (0..)
        .zip(txs)
        .map(|(index, tx)| match tx {
            Err(error) => failure(error),
            Ok(tx) if block.wanted > 0 && block.wanted.saturating_add(tx.gas_limit) > rules.max_gas => failure(
                &sdk::out_of_gas(format!("no gas left in this block for a transaction that asks for {}", tx.gas_limit)),
            ),
            Ok(tx) => {
                let done = transaction(ctx, rules, tx, Mode::Full, Some(index));
                if done.paid {
                    block.wanted = block.wanted.saturating_add(done.gas_wanted);
                    block.used = block.used.saturating_add(done.gas_used);
                }
                result(done)
            }
        })
        .collect();
    (results, block)
}

fn failure(error: &Error) -> ExecTxResult {
    ExecTxResult {
        code: error.code,
        codespace: error.codespace.to_owned(),
        log: error.message.clone(),
        ..ExecTxResult::default()
    }
}

fn result(done: Executed) -> ExecTxResult {
    let gas = |n| i64::try_from(n).unwrap_or(i64::MAX);
    let mut result = match &done.outcome {
        Ok(data) => ExecTxResult { data: data.encode_to_vec().into(), ..ExecTxResult::default() },
        Err(error) => failure(error),
    };
    result.gas_wanted = gas(done.gas_wanted);
    result.gas_used = gas(done.gas_used);
    result.events = events(done.events);
    result
}

/// Events for CometBFT. Every attribute is indexed: clients and relayers search
/// by all of them.
pub fn events(events: Vec<Event>) -> Vec<AbciEvent> {
    events
        .into_iter()
        .map(|event| AbciEvent {
            r#type: event.kind,
            attributes: event
                .attributes
                .into_iter()
                .map(|(key, value)| EventAttribute { key, value, index: true })
                .collect(),
        })
        .collect()
}
