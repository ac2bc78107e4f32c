use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Coin, HexBinary, Uint128};
use serde::{Deserialize, Serialize};

use crate::{Tensor, TensorError};

/// The port of Synergy that answers.
pub const PORT: &str = "inference";
/// The version of channels to it; they are unordered.
pub const VERSION: &str = "synergy-inference-1";

/// The data of a packet.
#[cw_serde]
pub enum Request {
    /// Runs a model; acknowledged with an [`Answer`].
    Infer(Infer),
    /// Sends what the payer's account holds somewhere; acknowledged with `{}`.
    Withdraw(Withdraw),
}

/// To run a model.
#[cw_serde]
pub struct Infer {
    /// For whom: names the account on Synergy that pays the model's price.
    pub sender: String,
    /// The model's id.
    pub model: HexBinary,
    /// One tensor for each input of the model, in any order; 45 KiB of data at most.
    pub inputs: Vec<Tensor>,
    /// Most gas of Synergy that the run may take.
    pub gas: u64,
    /// Most that it may cost, in asnrg.
    pub max_price: Uint128,
}

/// To send coins of the payer's account somewhere.
#[cw_serde]
pub struct Withdraw {
    /// Names the account, as in [`Infer`].
    pub sender: String,
    /// An address on Synergy.
    pub to: String,
    /// What to send.
    pub coins: Vec<Coin>,
}

/// What an inference is acknowledged with.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, schemars::JsonSchema)]
pub struct Answer {
    /// The outputs, in the model's order.
    pub outputs: Vec<Tensor>,
    /// Gas of the inference alone.
    pub gas: u64,
    /// Number of the record on Synergy that proves it.
    pub record_id: u64,
    /// What was paid, in asnrg.
    pub price: Uint128,
}

impl Answer {
    /// The output of that name.
    ///
    /// # Errors
    /// [`TensorError::Missing`] if the model has none.
    pub fn output(&self, name: &str) -> Result<&Tensor, TensorError> {
        Tensor::find(&self.outputs, name)
    }
}
