//! Synthetic blocks.

use bytes::Bytes;
use prost::Message;
use synergy_indexer::{Block, BlockTx, Source, SourceError};
use tendermint_proto::v0_38::abci::{Event, EventAttribute, ExecTxResult};

pub(crate) fn event(kind: &str, attributes: &[(&str, &str)]) -> Event {
    let attributes = attributes
        .iter()
        .map(|(key, value)| EventAttribute { key: (*key).into(), value: (*value).into(), index: true })
        .collect();
    Event { r#type: kind.into(), attributes }
}

pub(crate) fn address(number: u64) -> String {
    format!("synergy1{number:0>38}")
}

pub(crate) fn tx(name: &str, code: u32, events: Vec<Event>) -> BlockTx {
    let result = ExecTxResult { code, events, ..ExecTxResult::default() };
    BlockTx { bytes: Bytes::from(name.to_owned()), result: result.encode_to_vec().into() }
}

/// A block of sends, the same for the same height.
pub(crate) fn block(height: u64, txs: u64) -> Block {
    let send = |n: u64| {
        let (from, to) = (address((height + n) % 7), address((height * 3 + n) % 5));
        let amount = (height * 10 + n).to_string();
        let events = vec![
            event("transfer", &[("sender", &from), ("recipient", &to), ("amount", &amount)]),
            event("message", &[("action", "/send"), ("sender", &from)]),
            event("tx", &[("acc_seq", &format!("{from}/{height}"))]),
        ];
        tx(&format!("tx {height} {n}"), u32::from(n % 4 == 3), events)
    };
    Block { height, seconds: 1_700_000_000 + height.cast_signed(), nanos: 5, txs: (0..txs).map(send).collect() }
}

/// A source that has the heights of a range.
pub(crate) struct Blocks {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) txs: u64,
    pub(crate) asked: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Source for Blocks {
    fn earliest(&mut self) -> Result<u64, SourceError> {
        Ok(self.first)
    }

    fn block(&mut self, height: u64) -> Result<Block, SourceError> {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if height < self.first {
            return Err(SourceError::Gone("pruned".into()));
        }
        if height > self.last {
            return Err(SourceError::Later("not yet".into()));
        }
        Ok(block(height, self.txs))
    }
}
