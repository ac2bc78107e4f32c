//! Messages of the chain: our own (generated from `synergy/**.proto`), the
//! Cosmos types we speak, and the three small values every module uses:
//! [`Address`], [`Denom`] and coins.

mod address;
pub mod amino;
pub mod coin;
pub mod consensus;
mod consensus_key;
mod denom;
pub mod wire;

pub use address::{ADDRESS_PREFIX, Address, AddressError, VALCONS_PREFIX, VALOPER_PREFIX};
pub use consensus_key::{ConsensusKey, ConsensusKeyError, KeyType, MlDsa65PubKey};
pub use cosmos_sdk_proto::{Any, Timestamp, cosmos, cosmos::base::v1beta1::Coin};
pub use denom::{Denom, DenomError};
pub use tendermint_proto as tendermint;

/// A `FileDescriptorSet` of our own messages and services and of all others that
/// a Synergy node may serve, with their options.
pub const DESCRIPTORS: &[u8] = include_bytes!("gen/descriptors.bin");

/// Messages of the `synergy.*` packages.
#[allow(missing_docs)]
pub mod synergy {
    /// Account public keys without a Cosmos type.
    pub mod crypto {
        include!("gen/synergy.crypto.v1.rs");
    }
    /// Accounts as stored, and the query for post-quantum keys.
    pub mod auth {
        include!("gen/synergy.auth.v1.rs");
    }
    /// The base fee.
    pub mod feemarket {
        include!("gen/synergy.feemarket.v1.rs");
    }
    /// ONNX models on chain.
    pub mod modelregistry {
        include!("gen/synergy.modelregistry.v1.rs");
    }
    /// Inference.
    pub mod aivm {
        include!("gen/synergy.aivm.v1.rs");

        // The path under which generated code of other packages looks.
        pub(super) mod v1 {
            pub(in crate::synergy) use super::Tensor;
        }
    }
    /// Escrow.
    pub mod escrow {
        mod v1 {
            include!("gen/synergy.escrow.v1.rs");
        }
        pub use v1::*;
    }
}

/// `cosmwasm.wasm.v1`: contracts, as of wasmd 0.61.
#[allow(missing_docs)]
pub mod cosmwasm {
    include!("gen/cosmwasm.wasm.v1.rs");
}

/// The `Any` type URL of a message: a slash and its full protobuf name.
pub fn type_url<M: prost::Name>() -> String {
    format!("/{}", M::full_name())
}

/// Packs a message into an `Any`.
pub fn pack<M: prost::Name>(message: &M) -> Any {
    Any { type_url: type_url::<M>(), value: message.encode_to_vec() }
}
