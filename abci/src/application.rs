//! What an application implements.

use crate::messages::{
    RequestApplySnapshotChunk, RequestCheckTx, RequestExtendVote, RequestFinalizeBlock, RequestInfo, RequestInitChain,
    RequestLoadSnapshotChunk, RequestOfferSnapshot, RequestPrepareProposal, RequestProcessProposal, RequestQuery,
    RequestVerifyVoteExtension, ResponseApplySnapshotChunk, ResponseCheckTx, ResponseCommit, ResponseExtendVote,
    ResponseFinalizeBlock, ResponseInfo, ResponseInitChain, ResponseListSnapshots, ResponseLoadSnapshotChunk,
    ResponseOfferSnapshot, ResponsePrepareProposal, ResponseProcessProposal, ResponseQuery,
    ResponseVerifyVoteExtension,
};

/// An application that cannot go on: a disk error, a broken invariant, a request
/// that the node may not send.
///
/// A fault is not how a transaction or a query is refused; that is a response with
/// a code. The server answers a fault with `ResponseException`, upon which CometBFT
/// stops itself, and unless it came from `info` or `query`, [`Server::run`] returns
/// it, so that the process can end non-zero. A panic of a handler counts as a fault.
///
/// [`Server::run`]: crate::Server::run
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

/// The state machine behind a CometBFT node, as of the ABCI 2.0 specification
/// (`spec/abci` of CometBFT 0.38).
///
/// Calls block. Calls of one connection come one after another; those of different
/// connections run at the same time on different threads: `finalize_block` and
/// `commit` on the consensus connection beside `check_txs`, `query` and the
/// snapshot calls on theirs.
///
/// `Bytes` in a request share the memory of what was read from the socket. One that
/// is kept for long keeps up to a whole read or frame in memory: copy it first.
pub trait Application: Send + Sync + 'static {
    /// The last committed height, app hash and the app version.
    fn info(&self, request: RequestInfo) -> Result<ResponseInfo, Fault>;

    /// Starts the chain. CometBFT repeats it after a crash before the first commit.
    fn init_chain(&self, request: RequestInitChain) -> Result<ResponseInitChain, Fault>;

    /// Reads committed state.
    fn query(&self, request: RequestQuery) -> Result<ResponseQuery, Fault>;

    /// Validates transactions for the mempool: a burst that the node had sent
    /// without waiting for answers. The result has one response per request in the
    /// same order; any other length is a fault.
    fn check_txs(&self, burst: Vec<RequestCheckTx>) -> Result<Vec<ResponseCheckTx>, Fault>;

    /// Chooses and orders the transactions of a block that this node proposes.
    fn prepare_proposal(&self, request: RequestPrepareProposal) -> Result<ResponsePrepareProposal, Fault>;

    /// Accepts or rejects a proposed block. Status 0 makes CometBFT panic.
    fn process_proposal(&self, request: RequestProcessProposal) -> Result<ResponseProcessProposal, Fault>;

    /// Adds application data to this node's precommit.
    fn extend_vote(&self, request: RequestExtendVote) -> Result<ResponseExtendVote, Fault>;

    /// Accepts or rejects another validator's extension. Status 0 makes CometBFT
    /// panic.
    fn verify_vote_extension(&self, request: RequestVerifyVoteExtension) -> Result<ResponseVerifyVoteExtension, Fault>;

    /// Executes a decided block. Nothing may be persisted before [`commit`].
    ///
    /// [`commit`]: Application::commit
    fn finalize_block(&self, request: RequestFinalizeBlock) -> Result<ResponseFinalizeBlock, Fault>;

    /// Makes the last executed block durable before it returns.
    fn commit(&self) -> Result<ResponseCommit, Fault>;

    /// The snapshots that peers may fetch.
    fn list_snapshots(&self) -> Result<ResponseListSnapshots, Fault>;

    /// Accepts or rejects a snapshot to restore from.
    fn offer_snapshot(&self, request: RequestOfferSnapshot) -> Result<ResponseOfferSnapshot, Fault>;

    /// One chunk of a listed snapshot.
    fn load_snapshot_chunk(&self, request: RequestLoadSnapshotChunk) -> Result<ResponseLoadSnapshotChunk, Fault>;

    /// Takes one chunk of the accepted snapshot.
    fn apply_snapshot_chunk(&self, request: RequestApplySnapshotChunk) -> Result<ResponseApplySnapshotChunk, Fault>;
}
