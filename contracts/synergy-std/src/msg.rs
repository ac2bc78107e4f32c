use cosmwasm_schema::cw_serde;
use cosmwasm_std::{CosmosMsg, CustomMsg, HexBinary, Reply, SubMsgResult, Uint128};
use prost::Message;

use crate::{DType, Tensor, TensorError};

/// What a contract may send to Synergy beyond the standard messages; the `custom`
/// of a message.
#[cw_serde]
pub enum SynergyMsg {
    /// Runs a model and leaves a record of it, the contract being the sender. The
    /// reply carries a [`Recorded`].
    RequestInference {
        /// The model's id.
        model: HexBinary,
        /// One tensor for each input of the model, in any order; 45 KiB of data at
        /// most, more as blobs.
        inputs: Vec<Tensor>,
        /// Above 0: outputs of more than 64 KiB are kept as blobs of the contract for
        /// so many blocks, for a deposit that it gets back. With 0 they are dropped,
        /// and only their hash is known.
        #[serde(default)]
        output_blocks: u64,
        /// Most that the contract is willing to pay for the model, in the base denom;
        /// `None` for nothing.
        #[serde(default)]
        max_price: Option<Uint128>,
    },
}

impl CustomMsg for SynergyMsg {}

impl SynergyMsg {
    /// Requests a free inference with outputs of 64 KiB at most.
    pub fn infer(model: HexBinary, inputs: Vec<Tensor>) -> SynergyMsg {
        SynergyMsg::RequestInference { model, inputs, output_blocks: 0, max_price: None }
    }
}

impl From<SynergyMsg> for CosmosMsg<SynergyMsg> {
    fn from(msg: SynergyMsg) -> Self {
        CosmosMsg::Custom(msg)
    }
}

/// A result with its record on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Number of the record; `synergyd query aivm record` shows it, with a proof.
    pub record_id: u64,
    /// The outputs, in the model's order; large ones as blobs, or none at all if
    /// these were not asked for.
    pub outputs: Vec<Tensor>,
    /// SHA-256 over the canonical encoding of the inputs.
    pub input_hash: HexBinary,
    /// The same over the outputs.
    pub output_hash: HexBinary,
    /// Gas of the inference alone; charged already.
    pub gas: u64,
}

impl Recorded {
    /// Reads the reply to [`SynergyMsg::RequestInference`].
    ///
    /// # Errors
    /// [`TensorError::Reply`] if the sub-message failed or was another one.
    pub fn from_reply(reply: Reply) -> Result<Recorded, TensorError> {
        let response = match reply.result {
            SubMsgResult::Ok(response) => response,
            SubMsgResult::Err(error) => return Err(TensorError::Reply(error)),
        };
        let [answer] = response.msg_responses.as_slice() else {
            return Err(TensorError::Reply(format!("it has {} responses", response.msg_responses.len())));
        };
        if answer.type_url != RESPONSE_TYPE {
            return Err(TensorError::Reply(format!("it answers with {}", answer.type_url)));
        }
        let wire = wire::MsgInferResponse::decode(answer.value.as_slice())
            .map_err(|error| TensorError::Reply(error.to_string()))?;
        Ok(Recorded {
            record_id: wire.record_id,
            outputs: wire.outputs.into_iter().map(tensor).collect::<Result<_, _>>()?,
            input_hash: wire.input_hash.into(),
            output_hash: wire.output_hash.into(),
            gas: wire.gas,
        })
    }

    /// The output of that name.
    ///
    /// # Errors
    /// [`TensorError::Missing`] if the model has none.
    pub fn output(&self, name: &str) -> Result<&Tensor, TensorError> {
        Tensor::find(&self.outputs, name)
    }
}

fn tensor(wire: wire::Tensor) -> Result<Tensor, TensorError> {
    let dtype = DType::from_name(&wire.dtype)
        .ok_or_else(|| TensorError::Reply(format!("{} holds the unknown type {}", wire.name, wire.dtype)))?;
    let blob = (!wire.blob.is_empty()).then(|| wire.blob.into());
    Ok(Tensor { name: wire.name, dtype, shape: wire.shape, data: wire.data.into(), blob })
}

pub(crate) const RESPONSE_TYPE: &str = "/synergy.aivm.v1.MsgInferResponse";

/// As in proto/synergy/aivm/v1/aivm.proto.
pub(crate) mod wire {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Tensor {
        #[prost(string, tag = "1")]
        pub(crate) name: String,
        #[prost(string, tag = "2")]
        pub(crate) dtype: String,
        #[prost(uint64, repeated, tag = "3")]
        pub(crate) shape: Vec<u64>,
        #[prost(bytes = "vec", tag = "4")]
        pub(crate) data: Vec<u8>,
        #[prost(bytes = "vec", tag = "5")]
        pub(crate) blob: Vec<u8>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MsgInferResponse {
        #[prost(uint64, tag = "1")]
        pub(crate) record_id: u64,
        #[prost(message, repeated, tag = "2")]
        pub(crate) outputs: Vec<Tensor>,
        #[prost(bytes = "vec", tag = "3")]
        pub(crate) input_hash: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub(crate) output_hash: Vec<u8>,
        #[prost(uint64, tag = "5")]
        pub(crate) gas: u64,
    }
}
