//! The entry points of cw721-base, as they are.

#[allow(unreachable_pub, reason = "linked for its entry points")]
pub use cw721_base::*;
