//! Tests of the store through its public face.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    reason = "test code: a fault panics here"
)]

mod common;
mod concurrency;
mod crash;
mod databases;
mod layers;
mod proofs;
mod pruning;
mod sync;
