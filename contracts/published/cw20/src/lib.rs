//! The entry points of cw20-base, as they are.

#[allow(unreachable_pub, reason = "linked for its entry points")]
pub use cw20_base::*;
