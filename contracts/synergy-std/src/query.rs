use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, CustomQuery, HexBinary, QuerierWrapper, StdResult};
use serde::{Deserialize, Serialize};

use crate::{Tensor, TensorError};

/// What a contract may ask of Synergy beyond the standard queries; the `custom` of
/// a query request.
#[cw_serde]
pub enum SynergyQuery {
    /// Runs a model; answered with an [`Inference`].
    Infer {
        /// The model's id.
        model: HexBinary,
        /// One tensor for each input of the model, in any order; 45 KiB of data at
        /// most, more as blobs.
        inputs: Vec<Tensor>,
    },
    /// Reads a part of a blob that is stored on the chain, whoever keeps it; answered
    /// with a [`Slice`].
    Blob {
        /// SHA-256 of the blob.
        hash: HexBinary,
        /// First byte to read.
        offset: u64,
        /// Bytes to read, 64 KiB at most; fewer come at the blob's end.
        length: u64,
    },
    /// Verifies an ML-DSA signature (FIPS 204, empty context); answered with a
    /// [`Validity`].
    MlDsaVerify {
        /// The parameter set.
        scheme: MlDsa,
        /// The public key as FIPS 204 encodes it.
        public_key: Binary,
        /// What was signed.
        message: Binary,
        /// The signature as FIPS 204 encodes it.
        signature: Binary,
    },
    /// Hashes data outside of the contract, at a fraction of the gas; answered with
    /// a [`Digest`].
    Hash {
        /// The function.
        algorithm: HashAlgorithm,
        /// What is hashed.
        data: Binary,
    },
}

impl CustomQuery for SynergyQuery {}

/// Parameter sets of FIPS 204.
#[cw_serde]
#[derive(Copy)]
pub enum MlDsa {
    /// Category 2; a key has 1312 bytes, a signature 2420.
    #[serde(rename = "ml-dsa-44")]
    MlDsa44,
    /// Category 3; a key has 1952 bytes, a signature 3309.
    #[serde(rename = "ml-dsa-65")]
    MlDsa65,
    /// Category 5; a key has 2592 bytes, a signature 4627.
    #[serde(rename = "ml-dsa-87")]
    MlDsa87,
}

/// Hash functions that the chain computes for contracts.
#[cw_serde]
#[derive(Copy)]
pub enum HashAlgorithm {
    /// SHA-256 (FIPS 180-4).
    #[serde(rename = "sha2-256")]
    Sha2_256,
    /// SHA-512 (FIPS 180-4).
    #[serde(rename = "sha2-512")]
    Sha2_512,
    /// SHA3-256 (FIPS 202).
    #[serde(rename = "sha3-256")]
    Sha3_256,
    /// Keccak-256 as Ethereum uses it.
    #[serde(rename = "keccak-256")]
    Keccak256,
    /// BLAKE2b with 32 bytes of output and no key (RFC 7693).
    #[serde(rename = "blake2b-256")]
    Blake2b256,
}

/// The result of a model.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, schemars::JsonSchema)]
pub struct Inference {
    /// The outputs, in the model's order.
    pub outputs: Vec<Tensor>,
    /// Gas of the inference; charged already.
    pub gas: u64,
}

impl Inference {
    /// The output of that name.
    ///
    /// # Errors
    /// [`TensorError::Missing`] if the model has none.
    pub fn output(&self, name: &str) -> Result<&Tensor, TensorError> {
        Tensor::find(&self.outputs, name)
    }
}

/// The answer to [`SynergyQuery::Blob`].
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, schemars::JsonSchema)]
pub struct Slice {
    /// The bytes.
    pub data: Binary,
    /// Bytes of the whole blob.
    pub size: u64,
}

/// The answer to [`SynergyQuery::MlDsaVerify`].
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, schemars::JsonSchema)]
pub struct Validity {
    /// Whether the signature is the key's over the message.
    pub valid: bool,
}

/// The answer to [`SynergyQuery::Hash`].
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, schemars::JsonSchema)]
pub struct Digest {
    /// The hash.
    pub digest: Binary,
}

/// Synergy's queries as functions of `deps.querier`.
pub trait SynergyQuerier {
    /// Runs a model on inputs given in any order.
    ///
    /// # Errors
    /// When the chain refuses (no such model, inputs that do not fit it), the model
    /// fails, or its outputs have more than 64 KiB: a query keeps nothing, so these
    /// take [`SynergyMsg::RequestInference`](crate::SynergyMsg). The text is the chain's.
    fn infer(&self, model: &HexBinary, inputs: Vec<Tensor>) -> StdResult<Inference>;

    /// Reads at most `length` bytes of a stored blob.
    ///
    /// # Errors
    /// When nobody keeps the blob, or above 64 KiB.
    fn blob(&self, hash: &HexBinary, offset: u64, length: u64) -> StdResult<Slice>;

    /// Whether a signature is the key's over the message.
    ///
    /// # Errors
    /// When key or signature are not of the scheme's length.
    fn ml_dsa_verify(&self, scheme: MlDsa, public_key: &[u8], message: &[u8], signature: &[u8]) -> StdResult<bool>;

    /// Hashes data outside of the contract.
    ///
    /// # Errors
    /// When the chain does not know the function.
    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> StdResult<Binary>;
}

impl SynergyQuerier for QuerierWrapper<'_, SynergyQuery> {
    fn infer(&self, model: &HexBinary, inputs: Vec<Tensor>) -> StdResult<Inference> {
        self.query(&SynergyQuery::Infer { model: model.clone(), inputs }.into())
    }

    fn blob(&self, hash: &HexBinary, offset: u64, length: u64) -> StdResult<Slice> {
        self.query(&SynergyQuery::Blob { hash: hash.clone(), offset, length }.into())
    }

    fn ml_dsa_verify(&self, scheme: MlDsa, public_key: &[u8], message: &[u8], signature: &[u8]) -> StdResult<bool> {
        let query = SynergyQuery::MlDsaVerify {
            scheme,
            public_key: public_key.into(),
            message: message.into(),
            signature: signature.into(),
        };
        self.query(&query.into()).map(|Validity { valid }| valid)
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> StdResult<Binary> {
        let query = SynergyQuery::Hash { algorithm, data: data.into() };
        self.query(&query.into()).map(|Digest { digest }| digest)
    }
}
