//! The index over a synthetic chain.

mod index;
mod support;
mod worker;
