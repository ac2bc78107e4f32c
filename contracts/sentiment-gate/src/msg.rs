use cosmwasm_schema::{QueryResponses, cw_serde};
use cosmwasm_std::{Coin, HexBinary};

/// The contract's settings, and its instantiate message.
#[cw_serde]
pub struct Config {
    /// Id of the model: `features` in, `probabilities` of negative and positive out.
    pub model: HexBinary,
    /// The probability, in basis points, from which on a review is paid.
    pub threshold: u16,
    /// What a review is paid.
    pub reward: Coin,
}

/// What the contract does.
#[cw_serde]
pub enum ExecuteMsg {
    /// Gives a review; paid at once, and once per address, if it is positive.
    Review {
        /// The text.
        text: String,
    },
}

/// What the contract answers.
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The settings.
    #[returns(Config)]
    Config {},
    /// What the model thinks of a text.
    #[returns(ScoreResponse)]
    Score {
        /// The text.
        text: String,
    },
    /// The last review of an address.
    #[returns(Option<Review>)]
    Review {
        /// The address.
        address: String,
    },
}

/// What a migration sets.
#[cw_serde]
pub struct MigrateMsg {
    /// Id of the model from now on.
    pub model: HexBinary,
}

/// Answer to [`QueryMsg::Score`].
#[cw_serde]
pub struct ScoreResponse {
    /// The probability that the text is positive, in basis points.
    pub score: u16,
}

/// A review.
#[cw_serde]
pub struct Review {
    /// The text.
    pub text: String,
    /// The probability that it is positive, in basis points.
    pub score: u16,
    /// Whether it was paid.
    pub paid: bool,
}
