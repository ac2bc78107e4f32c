#![no_main]
//! Amino JSON of any message from any bytes: a text is JSON, and its own form again.

use libfuzzer_sys::fuzz_target;
use synergy_app::amino::render;
use synergy_proto::{Any, amino::names};

fuzz_target!(|data: &[u8]| {
    let Some(([high, low], value)) = data.split_first_chunk() else { return };
    let index = usize::from(u16::from_be_bytes([*high, *low])) % names().len();
    let type_url = names().nth(index).map(|name| format!("/{name}")).unwrap_or_default();
    if let Ok(text) = render(&Any { type_url, value: value.to_vec() }) {
        let parsed: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(parsed["type"].is_string());
    }
});
