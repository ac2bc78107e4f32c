//! Contracts over IBC: two whole chains in process, wasmd's own contracts, and puppets
//! that do what a test wants of them.

mod channels;
mod packets;
mod puppet;
mod tokens;
