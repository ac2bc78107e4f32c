#![no_main]
//! What arrives on an ABCI socket, in one piece and byte by byte.

use libfuzzer_sys::fuzz_target;
use prost::Message;
use synergy_abci::{FrameDecoder, messages::Request};

fn frames(chunks: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut decoder = FrameDecoder::new(1 << 16);
    let mut frames = Vec::new();
    for chunk in chunks {
        decoder.tail().extend_from_slice(&chunk);
        while let Ok(Some(frame)) = decoder.next_frame() {
            let _ = Request::decode(frame.clone());
            frames.push(frame.to_vec());
        }
    }
    frames
}

fuzz_target!(|data: &[u8]| {
    let whole = frames(std::iter::once(data.to_vec()));
    let bytewise = frames(data.iter().map(|b| vec![*b]));
    assert!(bytewise.starts_with(&whole) || whole.starts_with(&bytewise));
});
