//! The server as a CometBFT node sees it.

mod connections;
mod methods;
mod support;
