#![no_main]
//! Tensors in their canonical encoding: what decodes encodes to the same bytes.

use libfuzzer_sys::fuzz_target;
use synergy_inference::{NamedTensor, Tensor};

fuzz_target!(|data: &[u8]| {
    if let Ok(tensor) = Tensor::decode(data) {
        assert_eq!(tensor.encode(), data);
    }
    if let Ok(list) = NamedTensor::decode_list(data) {
        assert_eq!(NamedTensor::encode_list(&list), data);
    }
});
