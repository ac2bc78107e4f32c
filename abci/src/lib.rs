//! ABCI 2.0 server over unix and TCP sockets.
//!
//! An [`Application`] answers the requests of a CometBFT 0.38, 0.39 or 0.40 node;
//! a [`Server`] carries them. This crate knows frames and requests and nothing of
//! the chain: no state, no transaction format, no policy.
//!
//! The wire format is the one of CometBFT's `abci/client/socket_client.go`: each
//! message is a protobuf [`Request`](messages::Request) or
//! [`Response`](messages::Response) behind its length as a varint, and the
//! responses of a connection come in the order of its requests. A node opens four
//! connections (consensus, mempool, query, snapshot) and does not say which is
//! which.

mod address;
mod application;
mod connection;
mod frame;
pub mod messages;
mod server;

pub use address::{Address, AddressError};
pub use application::{Application, Fault};
pub use frame::{FrameDecoder, FrameError};
pub use server::{Config, Error, Server, StopHandle};
