//! A chain of some modules in memory, for the tests of this crate and of `aivm`.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use prost::{Message, Name};
use serde_json::value::RawValue;
use synergy_inference::Runtime;
use synergy_kernel::{Block, BlockGas, Ctx, Event, Gas, Module, Order, Result, Routes, State};
use synergy_proto::{Address, pack};
use synergy_store::{Config, MemDb, Pair, Store};

/// Enough for anything that these tests do.
pub(crate) const PLENTY: u64 = 1_000_000_000_000;

pub(crate) struct Chain {
    state: State,
    modules: Vec<Arc<dyn Module>>,
    routes: Routes,
    /// The block's meter.
    gas: Gas,
    pub(crate) block: Block,
}

/// What became of a message.
pub(crate) struct Delivered<R> {
    pub(crate) result: Result<R>,
    pub(crate) gas: u64,
    pub(crate) events: Vec<Event>,
}

impl<R> Delivered<R> {
    /// Codespace and code of the failure.
    pub(crate) fn code(&self) -> (&'static str, u32) {
        self.result.as_ref().map(|_| ("", 0)).unwrap_or_else(|e| (e.codespace, e.code))
    }
}

impl Chain {
    /// A chain at height 10 after genesis, one section per module; accounts and the bank
    /// stand before them.
    pub(crate) fn new(modules: Vec<Arc<dyn Module>>, sections: &[&str]) -> Self {
        let mut all: Vec<Arc<dyn Module>> = vec![Arc::new(synergy_auth::Auth), Arc::new(synergy_bank::Bank)];
        all.extend(modules);
        let modules = all;
        let bank = bank();
        let sections: Vec<&str> = [AUTH, &bank].into_iter().chain(sections.iter().copied()).collect();
        let stores: Vec<_> = modules.iter().map(|m| m.store()).collect();
        let store = Store::open(Box::new(MemDb::default()), &stores, Config::default()).unwrap();
        let mut routes = Routes::default();
        modules.iter().for_each(|m| m.register(&mut routes));
        let block = Block { height: 10, ..Block::default() };
        let mut chain = Self { state: State::new(store.latest()), modules, routes, gas: Gas::unlimited(), block };
        for (module, section) in chain.modules.clone().iter().zip(sections) {
            let section = RawValue::from_string(section.to_owned()).unwrap();
            chain.with(|ctx| module.init_genesis(ctx, &section)).unwrap();
        }
        chain
    }

    /// Runs `f` on the state, at nobody's cost.
    pub(crate) fn with<T>(&mut self, f: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
        f(&mut Ctx::new(&mut self.state, &self.block, &mut self.gas).with_routes(&self.routes))
    }

    /// Runs a message as a transaction does: all of it or nothing.
    pub(crate) fn deliver<M: Name, R: Name + Default>(&mut self, message: &M, gas: u64) -> Delivered<R> {
        let call = self.routes.decode(&pack(message)).unwrap();
        call.signers().unwrap();
        let mut ctx = Ctx::new(&mut self.state, &self.block, &mut self.gas);
        let (result, gas) = ctx.metered(gas, |ctx| call.validate().and_then(|()| ctx.atomic(|ctx| call.run(ctx))));
        let result = result.map(|any| R::decode(any.value.as_slice()).unwrap());
        Delivered { result, gas: gas.used(), events: self.state.take_events() }
    }

    /// Answers a query, and says what gas it took.
    pub(crate) fn query<Q: Message, R: Message + Default>(&mut self, path: &str, q: &Q, gas: u64) -> (Result<R>, u64) {
        let mut gas = Gas::new(gas);
        let mut ctx = Ctx::new(&mut self.state, &self.block, &mut gas);
        let answer = self.routes.answer(&mut ctx, path, &q.encode_to_vec()).unwrap();
        (answer.map(|bytes| R::decode(bytes.as_slice()).unwrap()), gas.used())
    }

    /// What an account has of the base denom.
    pub(crate) fn balance(&mut self, address: &str) -> u128 {
        let denom = "asnrg".parse().unwrap();
        self.with(|ctx| synergy_bank::balance(ctx, &address.parse().unwrap(), &denom)).unwrap()
    }

    /// Checks every module's invariants.
    pub(crate) fn check_invariants(&mut self) {
        for module in self.modules.clone() {
            self.with(|ctx| module.invariants(ctx)).unwrap();
        }
    }

    /// Ends blocks until `height` is being executed.
    pub(crate) fn advance(&mut self, height: u64) {
        while self.block.height < height {
            for module in self.modules.clone() {
                self.with(|ctx| module.end_block(ctx, BlockGas::default())).unwrap();
            }
            self.block.height += 1;
            self.gas = Gas::unlimited();
        }
    }

    /// All keys and values.
    pub(crate) fn dump(&self) -> Vec<Pair> {
        self.state.range(&[0], None, Order::Ascending).collect()
    }

    /// The genesis sections that would make the present state.
    pub(crate) fn export(&mut self) -> Vec<String> {
        let modules = self.modules.clone();
        modules.iter().skip(2).map(|m| self.with(|ctx| m.export_genesis(ctx)).unwrap().get().to_owned()).collect()
    }
}

const AUTH: &str = r#"{"params":{"max_memo_characters":"256","tx_sig_limit":"7","tx_size_cost_per_byte":"10","sig_verify_cost_ed25519":"590","sig_verify_cost_secp256k1":"1000"},"accounts":[]}"#;

/// What each test account has.
pub(crate) const FUNDS: u128 = 1_000_000;

fn bank() -> String {
    let balance = |n| format!(r#"{{"address":"{}","coins":[{{"denom":"asnrg","amount":"{FUNDS}"}}]}}"#, account(n));
    let balances: Vec<String> = (1..=5).map(balance).collect();
    format!(
        r#"{{"params":{{"default_send_enabled":true}},"balances":[{}],"supply":[],"denom_metadata":[]}}"#,
        balances.join(",")
    )
}

/// The runtime, compiled once for all tests.
pub(crate) fn runtime() -> Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/inference");
    RUNTIME.get_or_init(|| Runtime::open(&cache).unwrap()).clone()
}

/// The address of test account `n`.
pub(crate) fn account(n: u8) -> String {
    Address::from([n; 20]).to_string()
}
