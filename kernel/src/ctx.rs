use synergy_proto::{Address, Any};
use synergy_store::{Event, Hash, MAX_KEY_LEN, Order, State, StoreId};

use crate::{
    Error, Gas, Result, Routes,
    gas::{price, schedule},
    sdk,
};

/// How deep messages may send messages. A level takes less than 50 KiB of stack, and
/// a thread has 2 MiB (`tests/tests/wasm.rs` runs a chain of contracts on little).
const MAX_DEPTH: u32 = 32;

/// For contexts that dispatch nothing.
static NO_ROUTES: Routes = Routes::new();

/// What is known of the block that is being executed, or that a query looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Height of the block.
    pub height: u64,
    /// Header time: seconds since the Unix epoch.
    pub seconds: i64,
    /// Header time: nanoseconds of the second.
    pub nanos: u32,
    /// The chain's id.
    pub chain_id: String,
    /// Hash of the header. This and all below is known in FinalizeBlock only and
    /// empty in queries and CheckTx.
    pub hash: Vec<u8>,
    /// Application hash after the block before.
    pub app_hash: Vec<u8>,
    /// Hash of the validator set of the next height.
    pub next_validators_hash: Vec<u8>,
    /// Consensus address of the proposer.
    pub proposer: Vec<u8>,
    /// Who was to vote for the block before, and who did.
    pub votes: Vec<Vote>,
    /// Equivocations proven in this block.
    pub misbehaviour: Vec<Misbehaviour>,
}

/// A validator in the commit of the block before (ABCI `VoteInfo`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Consensus address.
    pub validator: Address,
    /// Voting power in that block.
    pub power: u64,
    /// Whether its vote is in the commit, for the block or for nil.
    pub signed: bool,
}

/// Proof that a validator signed twice (ABCI `Misbehavior`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misbehaviour {
    /// Consensus address.
    pub validator: Address,
    /// Voting power at `height`.
    pub power: u64,
    /// Height at which it signed twice.
    pub height: u64,
    /// Time of that block, seconds since the Unix epoch.
    pub seconds: i64,
    /// Nanoseconds of the second.
    pub nanos: u32,
}

/// A module's view of the world: state with gas charged for each access. Full
/// keys (store prefix first) are made here and nowhere else.
pub struct Ctx<'a> {
    /// The layers that this context reads and writes.
    pub state: &'a mut State,
    /// The block.
    pub block: &'a Block,
    /// Who pays.
    pub gas: &'a mut Gas,
    routes: &'a Routes,
    depth: u32,
    transaction: Option<u32>,
}

impl<'a> Ctx<'a> {
    /// A context over `state`, without routes.
    pub fn new(state: &'a mut State, block: &'a Block, gas: &'a mut Gas) -> Self {
        Self { state, block, gas, routes: &NO_ROUTES, depth: 0, transaction: None }
    }

    /// The same context with routes for [`dispatch`](Self::dispatch) and
    /// [`query`](Self::query).
    #[must_use]
    pub fn with_routes(self, routes: &'a Routes) -> Self {
        Self { routes, ..self }
    }

    /// The same context charging another meter.
    pub fn with_gas<'b>(&'b mut self, gas: &'b mut Gas) -> Ctx<'b> {
        Ctx {
            state: self.state,
            block: self.block,
            gas,
            routes: self.routes,
            depth: self.depth,
            transaction: self.transaction,
        }
    }

    /// Runs `f` with a meter of its own for a part of what this one is for: a transaction of
    /// a block, a message of a contract. What it counts of the lane counts here too; its gas
    /// is for the caller to charge.
    pub fn metered<T>(&mut self, limit: u64, f: impl FnOnce(&mut Ctx<'_>) -> T) -> (T, Gas) {
        let mut gas = self.gas.part(limit);
        let result = f(&mut self.with_gas(&mut gas));
        self.gas.follow(&gas);
        (result, gas)
    }

    /// The same context for the transaction at this place of the block, from 0, or for
    /// one outside of a block.
    pub fn in_transaction(&mut self, index: Option<u32>) -> Ctx<'_> {
        Ctx {
            state: self.state,
            block: self.block,
            gas: self.gas,
            routes: self.routes,
            depth: self.depth,
            transaction: index,
        }
    }

    /// The place in the block of the transaction that is being executed; nothing in
    /// queries, in genesis, and at the beginning and end of a block.
    pub fn transaction(&self) -> Option<u32> {
        self.transaction
    }

    /// Sends a message as `caller`, who must be its only signer: how modules above
    /// the others (contracts, governance, authz) act. Atomic: an error leaves nothing
    /// but the gas spent.
    ///
    /// # Errors
    /// SDK 6 unknown message, 2 undecodable, 4 another signer than `caller`, 18 too
    /// deep; or what the message itself fails with.
    pub fn dispatch(&mut self, message: &Any, caller: &Address) -> Result<Any> {
        let call = self.routes.decode(message)?;
        if call.signers()?.iter().any(|signer| signer != caller) {
            return Err(sdk::unauthorized(format!("{} is not signed by {caller}: unauthorized", message.type_url)));
        }
        call.validate()?;
        self.nested(|ctx| ctx.atomic(|ctx| call.run(ctx)))
    }

    /// Runs `f` one level deeper, for calls that lead to further calls.
    ///
    /// # Errors
    /// SDK 18 when there are too many levels already; or what `f` fails with.
    pub fn nested<T>(&mut self, f: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(sdk::invalid_request(format!("messages are nested deeper than {MAX_DEPTH}: call less deep")));
        }
        self.depth = self.depth.saturating_add(1);
        let result = f(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    /// Lends everything that the context stands on to `f`, which gives it back: for
    /// engines that cannot hold references.
    pub fn lend<T>(&mut self, f: impl FnOnce(Owned) -> (Owned, T)) -> T {
        let lent = Owned {
            state: self.state.take(),
            block: self.block.clone(),
            gas: self.gas.clone(),
            routes: self.routes.clone(),
            depth: self.depth,
            transaction: self.transaction,
        };
        let (owned, result) = f(lent);
        *self.state = owned.state;
        *self.gas = owned.gas;
        result
    }

    /// Who must sign a message, and so in whose name it may be dispatched.
    ///
    /// # Errors
    /// SDK 6 unknown message, 2 undecodable; or what the message's own fields say.
    pub fn signers(&self, message: &Any) -> Result<Vec<Address>> {
        self.routes.decode(message)?.signers()
    }

    /// Checks of a message what needs no state.
    ///
    /// # Errors
    /// SDK 6 unknown message, 2 undecodable; or what is wrong with it.
    pub fn validate(&self, message: &Any) -> Result<()> {
        self.routes.decode(message)?.validate()
    }

    /// Whether this chain has a message with the type URL.
    pub fn knows_message(&self, type_url: &str) -> bool {
        self.routes.knows_message(type_url)
    }

    /// Answers a gRPC query on the state as it is now, pending writes included.
    ///
    /// # Errors
    /// SDK 6 for a path nobody serves; or what the query fails with.
    pub fn query(&mut self, path: &str, request: &[u8]) -> Result<Vec<u8>> {
        let routes = self.routes;
        routes.answer(self, path, request).unwrap_or_else(|| {
            let shown: String = path.chars().take(120).collect();
            Err(sdk::unknown_request(format!("unknown query path {shown:?}: no module serves it")))
        })
    }

    /// Runs `f` in a layer of its own: its writes and events stay if it succeeds
    /// and are as if never made if it fails. Gas is spent either way.
    pub fn atomic<T>(&mut self, f: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        self.state.push();
        match f(self) {
            Ok(value) => {
                self.state.merge();
                Ok(value)
            }
            Err(error) => {
                self.state.pop();
                Err(error)
            }
        }
    }

    /// Reads a key of a store.
    pub fn get(&mut self, store: StoreId, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let value = self.state.get(&full_key(store, key));
        let bytes = key.len().saturating_add(value.as_ref().map_or(0, Vec::len));
        self.gas.consume(price(schedule::READ, schedule::READ_BYTE, bytes), "ReadFlat")?;
        Ok(value)
    }

    /// Whether a key exists.
    pub fn has(&mut self, store: StoreId, key: &[u8]) -> Result<bool> {
        self.gas.consume(schedule::HAS, "Has")?;
        Ok(self.state.has(&full_key(store, key)))
    }

    /// Writes a key. Empty values are refused: they make the absence proofs of
    /// neighbouring keys fail (ICS-23 hashes no empty value). So are empty keys and
    /// those longer than [`MAX_KEY_LEN`], which contracts may come up with.
    pub fn set(&mut self, store: StoreId, key: &[u8], value: &[u8]) -> Result<()> {
        if value.is_empty() {
            return Err(Error::new("kernel", 2, "an empty value cannot be stored: remove the key instead"));
        }
        if key.is_empty() || key.len() >= MAX_KEY_LEN {
            let most = MAX_KEY_LEN.saturating_sub(1);
            return Err(Error::new("kernel", 3, format!("a key has 1 to {most} bytes, this one {}", key.len())));
        }
        let bytes = key.len().saturating_add(value.len());
        self.gas.consume(price(schedule::WRITE, schedule::WRITE_BYTE, bytes), "WriteFlat")?;
        self.state.set(&full_key(store, key), value);
        Ok(())
    }

    /// Deletes a key; deleting what is not there costs the same.
    pub fn remove(&mut self, store: StoreId, key: &[u8]) -> Result<()> {
        self.gas.consume(schedule::DELETE, "Delete")?;
        self.state.remove(&full_key(store, key));
        Ok(())
    }

    /// Visits keys of a store from `start` (inclusive) to `end` (exclusive), with
    /// the store prefix taken off, until `visit` says `false`.
    pub fn scan(
        &mut self,
        store: StoreId,
        start: &[u8],
        end: &[u8],
        order: Order,
        mut visit: impl FnMut(&[u8], Vec<u8>) -> Result<bool>,
    ) -> Result<()> {
        let (start, end) = (full_key(store, start), full_key(store, end));
        for (key, value) in self.state.range(&start, Some(&end), order) {
            let bytes = key.len().saturating_add(value.len());
            self.gas.consume(price(schedule::NEXT, schedule::READ_BYTE, bytes), "IterNextCost")?;
            if !visit(key.get(1..).unwrap_or_default(), value)? {
                break;
            }
        }
        Ok(())
    }

    /// Keeps bytes by their SHA-256, outside the trees.
    pub fn put_blob(&mut self, bytes: Vec<u8>) -> Result<Hash> {
        self.gas.consume(price(schedule::WRITE, schedule::BLOB_BYTE, bytes.len()), "WriteBlob")?;
        Ok(self.state.put_blob(bytes))
    }

    /// Emits an event; it disappears with a failed layer.
    pub fn emit(&mut self, kind: &str, attributes: &[(&str, &str)]) {
        self.state.emit(Event {
            kind: kind.to_owned(),
            attributes: attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        });
    }
}

/// What [`Ctx::lend`] gives away.
pub struct Owned {
    state: State,
    block: Block,
    gas: Gas,
    routes: Routes,
    depth: u32,
    transaction: Option<u32>,
}

impl Owned {
    /// The context over it.
    pub fn ctx(&mut self) -> Ctx<'_> {
        Ctx {
            state: &mut self.state,
            block: &self.block,
            gas: &mut self.gas,
            routes: &self.routes,
            depth: self.depth,
            transaction: self.transaction,
        }
    }
}

pub(crate) fn full_key(store: StoreId, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(key.len().saturating_add(1));
    full.push(store.prefix);
    full.extend_from_slice(key);
    full
}
