//! What contracts may ask and send on this chain beyond CosmWasm's standard: the AI
//! runtime, post-quantum signatures and hashes. `contracts/synergy-std` has the same
//! types for authors.

use cosmwasm_std::{Binary, CustomMsg, CustomQuery, HexBinary, Uint128};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use synergy_aivm::JsonTensor as Tensor;
use synergy_crypto::{PublicKey, Scheme};
use synergy_kernel::{Ctx, Result, sdk};
use synergy_model_registry::read_id;
use synergy_proto::{
    Address, Any, pack,
    synergy::aivm::{MsgInfer, Tensor as Wire},
};

use crate::{
    Runtime, error, gas,
    hash::{self, Algorithm},
};

/// A custom query or message as it came. It is read only where it is used, so that
/// an unknown one does not make the whole answer of a contract unreadable.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
pub(crate) struct Custom(serde_json::Value);

impl CustomMsg for Custom {}
impl CustomQuery for Custom {}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Query {
    Infer { model: HexBinary, inputs: Vec<Tensor> },
    Blob { hash: HexBinary, offset: u64, length: u64 },
    MlDsaVerify { scheme: MlDsa, public_key: Binary, message: Binary, signature: Binary },
    Hash { algorithm: Algorithm, data: Binary },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Message {
    RequestInference {
        model: HexBinary,
        inputs: Vec<Tensor>,
        #[serde(default)]
        output_blocks: u64,
        max_price: Option<Uint128>,
    },
}

#[derive(Serialize)]
struct Inference {
    outputs: Vec<Tensor>,
    gas: u64,
}

#[derive(Serialize)]
struct Slice {
    data: Binary,
    size: u64,
}

#[derive(Serialize)]
struct Validity {
    valid: bool,
}

#[derive(Serialize)]
struct Digest {
    digest: Binary,
}

#[derive(Deserialize, Clone, Copy)]
enum MlDsa {
    #[serde(rename = "ml-dsa-44")]
    MlDsa44,
    #[serde(rename = "ml-dsa-65")]
    MlDsa65,
    #[serde(rename = "ml-dsa-87")]
    MlDsa87,
}

impl MlDsa {
    fn scheme(self) -> Scheme {
        match self {
            Self::MlDsa44 => Scheme::MlDsa44,
            Self::MlDsa65 => Scheme::MlDsa65,
            Self::MlDsa87 => Scheme::MlDsa87,
        }
    }

    /// Verification with decoding of the key, in gas.
    fn gas(self) -> u64 {
        match self {
            Self::MlDsa44 => 160_000,
            Self::MlDsa65 => 250_000,
            Self::MlDsa87 => 390_000,
        }
    }
}

/// Hashing of a signed message, in gas per byte (SHAKE-256).
const SIGNED_BYTE: u64 = 5;

/// Answers a custom query.
///
/// # Errors
/// SDK 18 for one that cannot be read, and what the inference fails with.
pub(crate) fn answer(ctx: &mut Ctx<'_>, runtime: &Runtime, query: &Custom) -> Result<Binary> {
    let query = Query::deserialize(&query.0).map_err(|e| sdk::invalid_request(format!("custom query: {e}")))?;
    match query {
        Query::Infer { model, inputs } => {
            let inputs: Vec<Wire> = inputs.into_iter().map(Wire::from).collect();
            let inferred = synergy_aivm::infer_inline(ctx, &runtime.models, &read_id(&model, "model")?, &inputs)?;
            let outputs = inferred.outputs.into_iter().map(Tensor::from).collect();
            long(ctx, &Inference { outputs, gas: inferred.gas })
        }
        Query::Blob { hash, offset, length } => {
            let (data, size) = synergy_aivm::blob_slice(ctx, &read_id(&hash, "hash")?, offset, length)?;
            long(ctx, &Slice { data: data.into(), size })
        }
        Query::MlDsaVerify { scheme, public_key, message, signature } => {
            let valid = verify(ctx, scheme, &public_key, &message, &signature)?;
            json(&Validity { valid })
        }
        Query::Hash { algorithm, data } => {
            ctx.gas.consume(hash::price(algorithm, data.len()), "Hash for a contract")?;
            json(&Digest { digest: hash::digest(algorithm, &data).into() })
        }
    }
}

/// A key or signature of another length than the scheme's is an error; a signature
/// that does not hold is an answer.
fn verify(ctx: &mut Ctx<'_>, scheme: MlDsa, key: &[u8], message: &[u8], signature: &[u8]) -> Result<bool> {
    let hashing = SIGNED_BYTE.saturating_mul(message.len() as u64);
    ctx.gas.consume(scheme.gas().saturating_add(hashing), "ML-DSA for a contract")?;
    let scheme = scheme.scheme();
    if signature.len() != scheme.signature_len() {
        return Err(sdk::invalid_request(format!(
            "a signature of this scheme has {} bytes, got {}",
            scheme.signature_len(),
            signature.len()
        )));
    }
    let key = PublicKey::from_bytes(scheme, key).map_err(|e| sdk::invalid_pubkey(e.to_string()))?;
    Ok(key.verify(message, signature).is_ok())
}

/// An answer whose length is paid for.
fn long(ctx: &mut Ctx<'_>, value: &impl Serialize) -> Result<Binary> {
    let answer = json(value)?;
    gas::per_byte(ctx, answer.len(), gas::ANSWER_BYTE, "Answer to a contract")?;
    Ok(answer)
}

fn json(value: &impl Serialize) -> Result<Binary> {
    let bytes = serde_json::to_vec(value).map_err(|e| sdk::invalid_request(format!("answer in JSON: {e}")))?;
    Ok(bytes.into())
}

/// The chain's message for a custom message of a contract.
///
/// # Errors
/// `wasm` 20 for one that this chain does not know.
pub(crate) fn message(contract: &Address, custom: &Custom) -> Result<Any> {
    let message = Message::deserialize(&custom.0).map_err(|e| error::unknown_msg(format!("custom message: {e}")))?;
    let Message::RequestInference { model, inputs, output_blocks, max_price } = message;
    let inputs = inputs.into_iter().map(Wire::from).collect();
    let max_price = max_price.map_or_else(String::new, |price| price.to_string());
    Ok(pack(&MsgInfer { sender: contract.to_string(), model_id: model.into(), inputs, output_blocks, max_price }))
}
