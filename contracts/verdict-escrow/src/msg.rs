use cosmwasm_schema::{QueryResponses, cw_serde};
use cosmwasm_std::{Addr, Binary, Coin, HexBinary, Timestamp};

/// The terms, set by the buyer.
#[cw_serde]
pub struct InstantiateMsg {
    /// Who delivers and is paid.
    pub seller: String,
    /// Id of the model that judges.
    pub model: HexBinary,
    /// Name of its only input.
    pub input: String,
    /// Shape of that input.
    pub shape: Vec<u64>,
    /// Name of the output that holds the verdict: one i64.
    pub output: String,
    /// The verdict that accepts the work.
    pub expected: i64,
    /// Until when the seller may deliver.
    pub deadline: Timestamp,
}

/// What the contract does.
#[cw_serde]
pub enum ExecuteMsg {
    /// Hands the work in; the seller's.
    Deliver {
        /// One byte for each element of the model's input, in sixteenths.
        work: Binary,
    },
    /// Hands in work that is stored on the chain, as large as it may be; the seller's.
    DeliverBlob {
        /// SHA-256 of a blob with the model's input: elements of single precision.
        work: HexBinary,
    },
    /// Takes the price back after the deadline; the buyer's.
    Refund {},
}

/// What the contract answers.
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// How things stand.
    #[returns(Escrow)]
    Escrow {},
}

/// Where the price is.
#[cw_serde]
pub enum Status {
    /// Here.
    Open,
    /// With the seller.
    Paid,
    /// With the buyer again.
    Refunded,
}

/// The escrow.
#[cw_serde]
pub struct Escrow {
    /// Who pays.
    pub buyer: Addr,
    /// What.
    pub price: Vec<Coin>,
    /// For what.
    pub terms: InstantiateMsg,
    /// Where the price is.
    pub status: Status,
    /// Verdicts so far.
    pub attempts: u32,
    /// The chain's record of the last verdict.
    pub last_record: Option<u64>,
}
