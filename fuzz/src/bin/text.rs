#![no_main]
//! Texts that people write: addresses, coins, settings, genesis files.

use libfuzzer_sys::fuzz_target;
use synergy_app::config::{AppConfig, ClientConfig, Settings};
use synergy_proto::{Address, coin};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string(), text.to_lowercase());
    }
    if let Ok(coins) = coin::parse(text) {
        assert_eq!(coin::parse(&coin::display(&coins)), Ok(coins));
    }
    let _ = AppConfig::parse(text);
    let _ = ClientConfig::parse(text);
});
