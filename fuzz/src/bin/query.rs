#![no_main]
//! Request bytes for every gRPC method of a running chain, and ABCI query paths.

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use synergy_tests::{Account, TestChain};

struct Node {
    chain: TestChain,
    methods: Vec<String>,
}

fn node() -> &'static Node {
    static NODE: OnceLock<Node> = OnceLock::new();
    NODE.get_or_init(|| {
        let accounts = Account::many(3);
        let mut chain = TestChain::new(&accounts.iter().collect::<Vec<_>>());
        chain.block(&[]);
        let routes = &chain.app.chain().routes;
        let methods =
            routes.queries().chain(synergy_app::services::METHODS.iter().copied()).map(str::to_owned).collect();
        Node { chain, methods }
    })
}

fuzz_target!(|data: &[u8]| {
    let Node { chain, methods } = node();
    let [which, height, rest @ ..] = data else { return };
    match methods.get(usize::from(*which)) {
        Some(method) => {
            let _ = chain.app.call(method, rest, u64::from(*height));
        }
        None => {
            let path = String::from_utf8_lossy(rest);
            chain.raw_query(&path, rest.to_vec(), u64::from(*height), height % 2 == 0);
        }
    }
});
