use cosmwasm_schema::{QueryResponses, cw_serde};
use cosmwasm_std::{Addr, Coin, HexBinary};

/// What an owner sets.
#[cw_serde]
pub struct InstantiateMsg {
    /// Id of the model: `features` in, `probabilities` of honest and fraud out.
    pub model: HexBinary,
    /// The probability, in basis points, from which on a payment is held.
    pub threshold: u16,
}

/// The contract's settings.
#[cw_serde]
pub struct Config {
    /// Who decides on held payments.
    pub owner: Addr,
    /// Id of the model.
    pub model: HexBinary,
    /// The probability, in basis points, from which on a payment is held.
    pub threshold: u16,
}

/// What the contract does.
#[cw_serde]
pub enum ExecuteMsg {
    /// Sends the one coin that comes with it to an address, or holds it.
    Pay {
        /// The recipient.
        to: String,
    },
    /// Sends a held payment to its recipient; the owner's.
    Release {
        /// The payment.
        id: u64,
    },
    /// Sends a held payment back; the owner's.
    Refund {
        /// The payment.
        id: u64,
    },
}

/// What the contract answers.
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The settings.
    #[returns(Config)]
    Config {},
    /// What the model would think of a payment made now.
    #[returns(ScoreResponse)]
    Score {
        /// The sender.
        from: String,
        /// The recipient.
        to: String,
        /// What is paid.
        coin: Coin,
    },
    /// Held payments, 50 at a time.
    #[returns(Vec<Held>)]
    Held {
        /// The last payment of the page before.
        after: Option<u64>,
    },
}

/// Answer to [`QueryMsg::Score`].
#[cw_serde]
pub struct ScoreResponse {
    /// The probability of fraud, in basis points.
    pub score: u16,
}

/// A payment that waits for the owner.
#[cw_serde]
pub struct Held {
    /// Its number.
    pub id: u64,
    /// The sender.
    pub from: Addr,
    /// The recipient.
    pub to: Addr,
    /// What is paid.
    pub coin: Coin,
    /// The probability of fraud, in basis points.
    pub score: u16,
}
