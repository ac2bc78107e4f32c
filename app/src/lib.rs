//! The Synergy application: every module of the chain, the transaction
//! pipeline, the ABCI methods, and what `synergyd` is made of.
//!
//! Follow a transaction: [`tx`] decodes it once, [`ante`] decides whether it may
//! run and who pays, [`execute`] runs it, [`application`] has one file per ABCI
//! method that drives the three.

// The command line is written against the library by its name.
extern crate self as synergy_app;

pub mod amino;
pub mod ante;
pub mod api;
pub mod application;
pub mod chain;
pub mod cli;
pub mod config;
pub mod consensus;
pub mod execute;
pub mod export;
pub mod failure;
pub mod genesis;
pub mod gentx;
pub mod home;
pub mod index;
pub mod jsonrpc;
mod metrics;
pub mod node;
pub mod registry;
pub mod services;
pub mod signature;
pub mod snapshots;
pub mod tx;
pub mod upgrades;

pub use application::App;
pub use chain::{Chain, Program, SYNERGYD};
