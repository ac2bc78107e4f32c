//! The messages of ABCI 2.0.
//!
//! Most are tendermint-proto's. Those that hold a public key or the consensus
//! parameters are generated from CometBFT 0.40's definitions, because prost drops
//! members that it does not know: an ML-DSA validator would arrive without a key,
//! and parameters echoed to the node would lose `authority`.

/// Of tendermint-proto, unchanged between CometBFT 0.38 and 0.40.
pub use tendermint_proto::{
    google::protobuf::{Duration, Timestamp},
    v0_38::{
        abci::{
            CheckTxType, CommitInfo, Event, EventAttribute, ExecTxResult, ExtendedCommitInfo, ExtendedVoteInfo,
            Misbehavior, MisbehaviorType, RequestApplySnapshotChunk, RequestCheckTx, RequestCommit, RequestEcho,
            RequestExtendVote, RequestFinalizeBlock, RequestFlush, RequestInfo, RequestListSnapshots,
            RequestLoadSnapshotChunk, RequestOfferSnapshot, RequestPrepareProposal, RequestProcessProposal,
            RequestQuery, RequestVerifyVoteExtension, ResponseApplySnapshotChunk, ResponseCheckTx, ResponseCommit,
            ResponseEcho, ResponseException, ResponseExtendVote, ResponseFlush, ResponseInfo, ResponseListSnapshots,
            ResponseLoadSnapshotChunk, ResponseOfferSnapshot, ResponsePrepareProposal, ResponseProcessProposal,
            ResponseQuery, ResponseVerifyVoteExtension, Snapshot, Validator, VoteInfo, response_apply_snapshot_chunk,
            response_offer_snapshot, response_process_proposal, response_verify_vote_extension,
        },
        crypto::{ProofOp, ProofOps},
        types::{AbciParams, BlockIdFlag, BlockParams, EvidenceParams, ValidatorParams, VersionParams},
    },
};

pub use self::abci::{
    Request, RequestInitChain, RequestInsertTx, RequestReapTxs, Response, ResponseFinalizeBlock, ResponseInitChain,
    ResponseInsertTx, ResponseReapTxs, ValidatorUpdate, request, response,
};
pub use self::crypto::{PublicKey, public_key};
pub use self::types::{AuthorityParams, ConsensusParams};

#[allow(missing_docs, unreachable_pub, clippy::all)]
#[rustfmt::skip]
#[path = "gen/tendermint.abci.rs"]
mod abci;

#[allow(missing_docs, unreachable_pub, clippy::all)]
#[rustfmt::skip]
#[path = "gen/tendermint.crypto.rs"]
mod crypto;

#[allow(missing_docs, unreachable_pub, clippy::all)]
#[rustfmt::skip]
#[path = "gen/tendermint.types.rs"]
mod types;
