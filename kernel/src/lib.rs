//! What a module is written against: a context over state, typed storage, gas,
//! errors with codes, and the routes that messages and queries take. No I/O.

mod amount;
mod authority;
mod ctx;
mod dec;
mod dec_coins;
mod error;
mod gas;
mod key;
mod module;
mod page;
mod queue;
mod routes;
mod storage;
pub mod text;

pub use amount::Amount;
pub use authority::{address, check_authority};
pub use ctx::{Block, Ctx, Misbehaviour, Owned, Vote};
pub use dec::Dec;
pub use dec_coins::DecCoins;
pub use error::{Error, Result, sdk};
pub use gas::{Gas, schedule};
pub use key::{Key, KeyReader};
pub use module::{BlockGas, EndBlock, Module, ValidatorUpdate};
pub use page::Page;
pub use queue::Queue;
pub use routes::{Call, Routes, Worth};
pub use storage::{Found, Item, Map, Rows, Value, page_raw};
pub use synergy_store::{Event, Hash, Order, State, StoreId};
