//! Messages of `cosmos.consensus.v1`, which cosmos-sdk-proto 0.26 carries and does not
//! export. Field numbers are those of the Cosmos SDK 0.50.

use prost::{Message, Name};
use tendermint_proto::v0_38::types::{AbciParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams};

/// Replaces the consensus params; block, evidence and validator must be there.
#[derive(Clone, PartialEq, Message)]
pub struct MsgUpdateParams {
    /// Who may: the module account of governance.
    #[prost(string, tag = "1")]
    pub authority: String,
    /// Size and gas of blocks.
    #[prost(message, optional, tag = "2")]
    pub block: Option<BlockParams>,
    /// How long evidence counts.
    #[prost(message, optional, tag = "3")]
    pub evidence: Option<EvidenceParams>,
    /// Types of validator keys.
    #[prost(message, optional, tag = "4")]
    pub validator: Option<ValidatorParams>,
    /// Vote extensions.
    #[prost(message, optional, tag = "5")]
    pub abci: Option<AbciParams>,
}

/// Answer to [`MsgUpdateParams`].
#[derive(Clone, PartialEq, Message)]
pub struct MsgUpdateParamsResponse {}

/// Asks for the consensus params.
#[derive(Clone, PartialEq, Message)]
pub struct QueryParamsRequest {}

/// The consensus params in force.
#[derive(Clone, PartialEq, Message)]
pub struct QueryParamsResponse {
    /// They.
    #[prost(message, optional, tag = "1")]
    pub params: Option<ConsensusParams>,
}

impl Name for MsgUpdateParams {
    const NAME: &'static str = "MsgUpdateParams";
    const PACKAGE: &'static str = "cosmos.consensus.v1";
}

impl Name for MsgUpdateParamsResponse {
    const NAME: &'static str = "MsgUpdateParamsResponse";
    const PACKAGE: &'static str = "cosmos.consensus.v1";
}
