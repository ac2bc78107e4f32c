//! ABCI 2.0 server.
