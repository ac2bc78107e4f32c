#![no_main]
//! Transactions as CheckTx gets them, and the requests of every query.

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use synergy_app::tx::Tx;
use synergy_kernel::{Module, Routes};

fn routes() -> &'static Routes {
    static ROUTES: OnceLock<Routes> = OnceLock::new();
    ROUTES.get_or_init(|| {
        let mut routes = Routes::default();
        synergy_auth::Auth.register(&mut routes);
        synergy_bank::Bank.register(&mut routes);
        synergy_feemarket::FeeMarket.register(&mut routes);
        routes
    })
}

fuzz_target!(|data: &[u8]| {
    if let Ok(tx) = Tx::decode(routes(), data) {
        assert!(!tx.signers.is_empty() && !tx.calls.is_empty());
    }
    let _ = Tx::decode_unsigned(routes(), data);
});
