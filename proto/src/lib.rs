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

/// `ibc.*`, as of ibc-go 10.5.
#[allow(deprecated, missing_docs)]
pub mod ibc {
    /// ICS-02 to ICS-05, ICS-23 and ICS-24.
    pub mod core {
        /// ICS-02.
        pub mod client {
            pub mod v1 {
                include!("gen/ibc.core.client.v1.rs");
            }
        }
        /// ICS-03.
        pub mod connection {
            pub mod v1 {
                include!("gen/ibc.core.connection.v1.rs");
            }
        }
        /// ICS-04.
        pub mod channel {
            pub mod v1 {
                include!("gen/ibc.core.channel.v1.rs");
            }
        }
        /// ICS-23.
        pub mod commitment {
            pub mod v1 {
                include!("gen/ibc.core.commitment.v1.rs");
            }
            pub mod v2 {
                include!("gen/ibc.core.commitment.v2.rs");
            }
        }
    }
    // Generated code looks for other packages along their full paths.
    mod applications {
        pub(super) mod transfer {
            pub(in crate::ibc) mod v1 {
                include!("gen/ibc.applications.transfer.v1.rs");
            }
        }
    }
    mod lightclients {
        pub(super) mod tendermint {
            pub(in crate::ibc) mod v1 {
                include!("gen/ibc.lightclients.tendermint.v1.rs");
            }
        }
    }
    /// ICS-20.
    pub mod transfer {
        pub use super::applications::transfer::v1::*;
    }
    /// ICS-07.
    pub mod tendermint {
        pub use super::lightclients::tendermint::v1::*;
    }
}

/// The `Any` type URL of a message: a slash and its full protobuf name.
pub fn type_url<M: prost::Name>() -> String {
    format!("/{}", M::full_name())
}

/// Packs a message into an `Any`.
pub fn pack<M: prost::Name>(message: &M) -> Any {
    Any { type_url: type_url::<M>(), value: message.encode_to_vec() }
}
