use cosmwasm_schema::{QueryResponses, cw_serde};
use cosmwasm_std::{Addr, Coin, HexBinary, Uint128};
use synergy_interchain::{Answer, Tensor};

/// Nothing is to be set.
#[cw_serde]
pub struct InstantiateMsg {}

/// What the contract does.
#[cw_serde]
pub enum ExecuteMsg {
    /// Asks a model. The payer on Synergy is that of the channel and the address that asks.
    Ask {
        /// This chain's channel to port `inference` of Synergy.
        channel: String,
        /// The model's id.
        model: HexBinary,
        /// One tensor for each input of the model.
        inputs: Vec<Tensor>,
        /// Most gas of Synergy that the run may take.
        gas: u64,
        /// Most that it may cost, in asnrg.
        max_price: Uint128,
        /// Seconds from now after which nothing is asked any more.
        timeout: u64,
    },
    /// Has Synergy send what the payer of the sender holds to an address there.
    Withdraw {
        /// This chain's channel to port `inference` of Synergy.
        channel: String,
        /// An address on Synergy.
        to: String,
        /// What to send.
        coins: Vec<Coin>,
        /// Seconds from now after which nothing is sent any more.
        timeout: u64,
    },
}

/// What the contract answers.
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// What became of a request.
    #[returns(Asked)]
    Answer {
        /// Its number: the attribute `id` of the transaction that sent it.
        id: u64,
    },
    /// Channels to Synergy, open and closed ones.
    #[returns(Vec<Channel>)]
    Channels {},
}

/// A request.
#[cw_serde]
pub struct Asked {
    /// Who asked.
    pub sender: Addr,
    /// Over which channel.
    pub channel: String,
    /// The packet on it.
    pub sequence: u64,
    /// What became of it.
    pub status: Status,
}

/// What became of a request.
#[cw_serde]
pub enum Status {
    /// No relayer has brought an answer yet.
    Pending,
    /// Synergy has answered.
    Answered(Answer),
    /// The coins have been sent.
    Withdrawn,
    /// Synergy has refused: codespace and code.
    Failed(String),
    /// It did not arrive in time.
    TimedOut,
}

/// A channel to Synergy.
#[cw_serde]
pub struct Channel {
    /// Here.
    pub id: String,
    /// At Synergy: names payers, together with the sender.
    pub counterparty: String,
    /// Whether it was closed.
    pub closed: bool,
}
