//! The data of packets and of their acknowledgements, in JSON.

use serde::{Deserialize, Serialize};
use synergy_kernel::Result;
use synergy_proto::{Coin, synergy::aivm::MsgInferResponse};

use crate::{
    error,
    json::{JsonTensor, read_hex, write_hex},
};

/// Most bytes of a sender's name.
const MAX_SENDER: usize = 128;

/// What a packet asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InterchainRequest {
    /// To run a model.
    Infer(Infer),
    /// To send what is left in the payer's account somewhere.
    Withdraw(Withdraw),
}

/// To run a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Infer {
    /// For whom, as the application at the other end knows it: names the account that pays.
    pub sender: String,
    /// The model's id; 64 hexadecimal digits in JSON.
    #[serde(serialize_with = "write_hex", deserialize_with = "read_hex")]
    pub model: Vec<u8>,
    /// One tensor for each input of the model, in any order.
    pub inputs: Vec<JsonTensor>,
    /// Most gas that the run may take, with loading the model and writing the record.
    pub gas: u64,
    /// Most that it may cost, in the base denom; nothing if left out.
    #[serde(default)]
    pub max_price: String,
}

/// To send coins of the payer's account somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// Names the account, as in [`Infer`].
    pub sender: String,
    /// An address of this chain.
    pub to: String,
    /// What to send.
    pub coins: Vec<JsonCoin>,
}

/// A coin in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonCoin {
    denom: String,
    amount: String,
}

impl From<JsonCoin> for Coin {
    fn from(JsonCoin { denom, amount }: JsonCoin) -> Self {
        Self { denom, amount }
    }
}

impl InterchainRequest {
    /// Reads a packet's data.
    ///
    /// # Errors
    /// `aivm` 17.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let request: Self = serde_json::from_slice(bytes).map_err(|e| error::bad_packet(&e.to_string()))?;
        match request.sender().len() {
            1..=MAX_SENDER => Ok(request),
            other => Err(error::bad_packet(&format!("sender has {other} bytes, must be 1 to {MAX_SENDER}"))),
        }
    }

    /// For whom the request is.
    pub fn sender(&self) -> &str {
        match self {
            Self::Infer(Infer { sender, .. }) | Self::Withdraw(Withdraw { sender, .. }) => sender,
        }
    }
}

#[derive(Serialize)]
struct Answer {
    outputs: Vec<JsonTensor>,
    gas: u64,
    record_id: u64,
    price: String,
}

/// The result that an inference is acknowledged with.
pub(super) fn answer(done: MsgInferResponse) -> Vec<u8> {
    let outputs = done.outputs.into_iter().map(Into::into).collect();
    let answer = Answer { outputs, gas: done.gas, record_id: done.record_id, price: done.price };
    serde_json::to_vec(&answer).unwrap_or_else(|e| synergy_store::fatal(format_args!("answer in JSON: {e}")))
}
