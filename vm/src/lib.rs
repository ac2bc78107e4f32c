//! The contract engine: CosmWasm contracts on wasmer, through `cosmwasm-vm`.
//!
//! It knows nothing of the chain. A [`Host`] that owns the chain's state moves into
//! a call and comes back with the result, so that a contract's storage, its
//! iterators and its queries work on one state without locks. Machine code is kept
//! by the hash of its WebAssembly, in memory and in a folder that may be deleted at
//! any time; the caller has the WebAssembly itself.
//!
//! The call stack of a contract has a limit of its own ([`stack`]), the same on every
//! kind of CPU.
//!
//! Of `cosmwasm-vm` this crate uses the host functions, the metering and the static
//! checks. It does not use its `Cache`: that one compiles under a lock, and trusts
//! the files it finds.

mod call;
mod code;
mod engine;
mod host;
mod stack;

pub use call::{Done, Entry, Failure, Ibc};
pub use code::Code;
pub use cosmwasm_vm::{BackendError, BackendResult, GasInfo};
pub use engine::{Analysis, Checksum, Engine, Residence, Settings, limits_json};
pub use host::Host;
