#![no_main]
//! REST requests of every method, and messages of every type written as JSON.

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use prost_reflect::DescriptorPool;
use synergy_app::api::Transcoder;
use synergy_proto::DESCRIPTORS;

struct Set {
    transcoder: Transcoder,
    types: Vec<String>,
}

/// All methods of the descriptor set, those of modules to come too.
fn set() -> &'static Set {
    static SET: OnceLock<Set> = OnceLock::new();
    SET.get_or_init(|| {
        let pool = DescriptorPool::decode(DESCRIPTORS).expect("descriptor set");
        let methods: Vec<String> = pool
            .services()
            .flat_map(|s| s.methods().map(|m| format!("/{}/{}", s.full_name(), m.name())).collect::<Vec<_>>())
            .collect();
        let transcoder = Transcoder::new(methods.iter().map(String::as_str)).expect("transcoder");
        Set { transcoder, types: pool.all_messages().map(|m| m.full_name().to_owned()).collect() }
    })
}

fuzz_target!(|data: &[u8]| {
    let Set { transcoder, types } = set();
    let [high, low, rest @ ..] = data else { return };
    let index = usize::from(u16::from_be_bytes([*high, *low]));
    if let Some(name) = types.get(index) {
        if let Ok(json) = transcoder.json(name, rest) {
            serde_json::from_slice::<serde::de::IgnoredAny>(&json).expect("valid JSON");
        }
        return;
    }
    // A request: path and query in the first line, the body after it.
    let line = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let (Ok(url), body) = (std::str::from_utf8(&rest[..line]), rest.get(line + 1..).unwrap_or_default()) else {
        return;
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    for verb in [http::Method::GET, http::Method::POST] {
        let Ok(found) = transcoder.find(&verb, path) else { continue };
        if let Ok(message) = transcoder.request(&found, query, body) {
            // The response of the method read from these bytes, or refused.
            let _ = transcoder.response(&found, &message);
        }
    }
});
