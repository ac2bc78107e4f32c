//! Versioned, provable state, without knowledge of the chain.
//!
//! Execution works on a [`State`]: layers of writes on a [`Snapshot`] of the flat
//! table. [`Store::prepare`] turns the net changes of a block into an app hash and
//! [`Store::commit`] writes the block in one synced batch. [`Store::prove`] gives
//! ICS-23 proofs at every kept height. `docs/store.md` tells the layout on disk.

mod cache;
mod codec;
mod commit;
mod db;
mod fault;
mod hash;
mod proof;
mod prune;
mod rollback;
mod simple;
mod snapshot;
mod state;
mod store;
mod sync;
mod tree;

pub use self::commit::Prepared;
pub use self::db::{Batch, DB_CACHE, Db, FjallDb, MemDb, Order, Pair, SledDb, Table, Write, open_db};
pub use self::fault::fatal;
pub use self::hash::{Hash, sha256};
pub use self::proof::{Proof, verify};
pub use self::prune::{PruneReport, Pruner};
pub use self::snapshot::Snapshot;
pub use self::state::{Changes, Event, MAX_KEY_LEN, State};
pub use self::store::{Config, Head, Store, StoreId};
pub use self::sync::{Chunks, Restore};

/// What a caller can do wrong. Faults of the machine never come back as errors: they
/// end the process ([`fatal`]).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The height is below the window of kept heights.
    #[error("height {height} is pruned: this node keeps heights {oldest} to {latest}")]
    Pruned {
        /// The height asked for.
        height: u64,
        /// The oldest kept height.
        oldest: u64,
        /// The last committed height.
        latest: u64,
    },
    /// The height is above the last committed block.
    #[error("height {height} is not committed yet: the last block is {latest}")]
    NotYet {
        /// The height asked for.
        height: u64,
        /// The last committed height.
        latest: u64,
    },
    /// No store has this name.
    #[error("there is no store named {0:?}")]
    UnknownStore(String),
    /// The store had no key at that height, and a tree without keys has no proofs.
    #[error("store {store:?} is empty at height {height}: absence from it cannot be proven")]
    EmptyTree {
        /// The store.
        store: String,
        /// The height asked for.
        height: u64,
    },
    /// ICS-23 proves nothing about the empty key.
    #[error("an empty key cannot be proven")]
    EmptyKey,
    /// A proof that does not hold.
    #[error("the proof does not hold: {0}")]
    BadProof(&'static str),
    /// A chunk of a state that cannot be right.
    #[error("the chunk does not fit: {0}")]
    BadChunk(&'static str),
    /// The database belongs to a chain with other stores.
    #[error(
        "the database was written with other stores than {wanted}: use the newer program that wrote it, or another home folder"
    )]
    OtherStores {
        /// Names of the stores this program has.
        wanted: String,
    },
    /// The database cannot be opened.
    #[error("cannot open the database: {0}")]
    Open(String),
}
