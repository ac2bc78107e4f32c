use cosmwasm_schema::{QueryResponses, cw_serde};
use cosmwasm_std::Addr;

use crate::Linear;

/// What the model is to be.
#[cw_serde]
pub struct InstantiateMsg {
    /// Features of an example, 1 to 64.
    pub features: u8,
    /// Learning rate: `2^-rate_shift`, 1 to 20.
    pub rate_shift: u8,
    /// Who may give examples; anyone if nobody is named.
    pub teacher: Option<String>,
}

/// What the contract does.
#[cw_serde]
pub enum ExecuteMsg {
    /// Learns from an example; numbers are fixed-point with 20 fractional bits.
    Learn {
        /// The features, each within ±1024.0.
        features: Vec<i64>,
        /// What the model should have said, within ±1024.0.
        target: i64,
    },
}

/// What the contract answers.
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The model as it is now.
    #[returns(Model)]
    Model {},
    /// What the model says.
    #[returns(PredictResponse)]
    Predict {
        /// The features, fixed-point with 20 fractional bits.
        features: Vec<i64>,
    },
}

/// The model and what it has seen.
#[cw_serde]
pub struct Model {
    /// The weights.
    pub linear: Linear,
    /// Who may give examples.
    pub teacher: Option<Addr>,
    /// How many there were.
    pub examples: u64,
    /// Moving average of the absolute error.
    pub error: i64,
}

/// Answer to [`QueryMsg::Predict`].
#[cw_serde]
pub struct PredictResponse {
    /// Fixed-point with 20 fractional bits.
    pub prediction: i64,
}
