//! An index of the chain's transactions: by hash, by account and by event, in one
//! SQLite file beside the node's state. No chain knowledge.
//!
//! [`Indexer::feed`] takes each block after its Commit and only puts it into a
//! bounded queue; a thread of its own writes it to the [`Index`]. What does not fit
//! into the queue, or was lost in a crash, is asked of a [`Source`] again (CometBFT
//! keeps blocks and their results), so the index has no gaps in what the source
//! still has, and a block that comes again replaces itself.
//!
//! Everything here can be made anew from blocks: the file may be deleted while the
//! node stands, and nothing of it reaches a result of the chain.

mod index;
mod query;
mod terms;
mod worker;

use bytes::Bytes;
use tendermint_proto::v0_38::abci::ExecTxResult;

pub use self::{
    index::{Index, Page, Range, Selection},
    query::{ACCOUNT, Condition, Op, Query},
    worker::{Indexer, Settings, Source, SourceError},
};

/// A block as it is indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Header time, seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds beside them.
    pub nanos: i32,
    /// Its transactions, in their order.
    pub txs: Vec<BlockTx>,
}

/// A transaction of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockTx {
    /// As it stands in the block.
    pub bytes: Bytes,
    /// Its encoded `ExecTxResult`.
    pub result: Bytes,
}

impl Block {
    /// Bytes that it holds in memory.
    fn size(&self) -> usize {
        self.txs.iter().map(|tx| tx.bytes.len() + tx.result.len()).sum::<usize>() + 64
    }
}

/// A transaction that the index holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Indexed {
    /// Height of its block.
    pub height: u64,
    /// Its place in the block, from 0.
    pub position: u32,
    /// The block's time, seconds since 1970.
    pub seconds: i64,
    /// As it stands in the block.
    pub bytes: Vec<u8>,
    /// What became of it.
    pub result: ExecTxResult,
}

/// Why the index gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The query's text is not of the query language.
    #[error("{0}")]
    Query(String),
    /// The answer was not found in time.
    #[error("the query looks at too many transactions: bound it, as with tx.height>1000, or name an exact value")]
    TooSlow,
    /// The file cannot be read or written.
    #[error("the index of transactions: {0}")]
    Database(#[from] rusqlite::Error),
    /// A record of the file cannot be decoded.
    #[error("the index of transactions is damaged ({0}): delete its folder while the node is stopped, it is made anew")]
    Damaged(String),
}
