//! The tensor encoding: one per value, and total on arbitrary bytes.

use proptest::prelude::*;
use synergy_inference::{DType, MAX_RANK, NamedTensor, Tensor, code};

const DTYPES: [DType; 12] = [
    DType::F32,
    DType::U8,
    DType::I8,
    DType::U16,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::Bool,
    DType::F16,
    DType::F64,
    DType::U32,
    DType::U64,
];

fn any_tensor() -> impl Strategy<Value = Tensor> {
    let shape = prop::collection::vec(0u64..4, 0..4);
    (prop::sample::select(&DTYPES[..]), shape).prop_flat_map(|(dtype, shape)| {
        let bytes = shape.iter().product::<u64>() * dtype.size();
        // Bytes below 0x40 spell no NaN and, taken mod 2, booleans.
        let bound = if dtype == DType::Bool { 2 } else { 0x40 };
        prop::collection::vec(0u8..bound, bytes as usize).prop_map(move |data| Tensor {
            dtype,
            shape: shape.clone(),
            data,
        })
    })
}

proptest! {
    #[test]
    fn a_tensor_survives_its_encoding(tensor in any_tensor()) {
        prop_assert!(tensor.check().is_ok());
        prop_assert_eq!(Tensor::decode(&tensor.encode()).unwrap(), tensor);
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(tensor) = Tensor::decode(&bytes) {
            prop_assert_eq!(tensor.encode(), bytes);
        }
    }

    #[test]
    fn what_decodes_as_a_list_encodes_to_the_same_bytes(
        tensors in prop::collection::vec((".{0,4}", any_tensor()), 0..4),
        flip in any::<prop::sample::Index>(),
        mask in any::<u8>(),
    ) {
        let tensors: Vec<NamedTensor> =
            tensors.into_iter().map(|(name, tensor)| NamedTensor { name, tensor }).collect();
        let mut bytes = NamedTensor::encode_list(&tensors);
        prop_assert_eq!(&NamedTensor::decode_list(&bytes).unwrap(), &tensors);
        let index = flip.index(bytes.len());
        bytes[index] ^= mask;
        if let Ok(other) = NamedTensor::decode_list(&bytes) {
            prop_assert_eq!(NamedTensor::encode_list(&other), bytes);
        }
    }

    #[test]
    fn a_tensor_survives_json(tensor in any_tensor(), name in ".{0,4}") {
        let named = NamedTensor { name, tensor };
        let json = serde_json::to_string(&named).unwrap();
        prop_assert_eq!(serde_json::from_str::<NamedTensor>(&json).unwrap(), named);
    }

    #[test]
    fn every_float_survives_json(bits in any::<u32>(), wide in any::<u64>()) {
        let float = f32::from_bits(bits);
        let double = f64::from_bits(wide);
        prop_assume!(!float.is_nan() && !double.is_nan());
        for (dtype, data) in [
            (DType::F32, float.to_le_bytes().to_vec()),
            (DType::F64, double.to_le_bytes().to_vec()),
        ] {
            let named = NamedTensor { name: "x".into(), tensor: Tensor { dtype, shape: vec![], data } };
            let json = serde_json::to_string(&named).unwrap();
            prop_assert_eq!(serde_json::from_str::<NamedTensor>(&json).unwrap(), named);
        }
    }
}

#[test]
fn the_encoding_is_this_one() {
    let tensor = Tensor { dtype: DType::I16, shape: vec![2, 1], data: vec![1, 0, 0xff, 0xff] };
    let bytes = "05020200000000000000010000000000000001 00ffff".replace(' ', "");
    assert_eq!(hex::encode(tensor.encode()), bytes);
    let list = [NamedTensor { name: "x".into(), tensor }];
    assert_eq!(hex::encode(NamedTensor::encode_list(&list)), format!("01000000010078{}{bytes}", "16000000"),);
}

#[test]
fn other_spellings_of_a_value_are_refused() {
    let refused = |bytes: &[u8]| Tensor::decode(bytes).unwrap_err().code == code::TENSOR_ENCODING;
    assert!(refused(&[]));
    assert!(refused(&[8, 0]), "strings");
    assert!(refused(&[9, 0, 2]), "a boolean of 2");
    assert!(refused(&[2, 0]), "a scalar without data");
    assert!(refused(&[2, 0, 1, 1]), "a scalar with two elements");
    assert!(refused(&[[1, 0].as_slice(), &0xffc0_0000u32.to_le_bytes()].concat()), "negative NaN");
    assert!(refused(&[[1, 0].as_slice(), &0x7f80_0001u32.to_le_bytes()].concat()), "signalling NaN");
    assert!(refused(&[[10, 0].as_slice(), &0x7e01u16.to_le_bytes()].concat()), "NaN with payload");
    assert!(refused(&[[2, 9].as_slice(), &[0; 72]].concat()), "nine axes");
    let rank = u8::try_from(MAX_RANK).unwrap();
    let huge = [vec![2, rank], vec![0xff; 8 * MAX_RANK]].concat();
    assert!(refused(&huge), "a product that overflows");
    let zero = [vec![2, 2], vec![0; 8], vec![0xff; 8]].concat();
    assert!(refused(&zero), "nothing times too much");
    assert!(Tensor::decode(&[[1, 0].as_slice(), &0x7fc0_0000u32.to_le_bytes()].concat()).is_ok());
}

#[test]
fn json_is_strict() {
    let refused = |json: &str| serde_json::from_str::<NamedTensor>(json).is_err();
    assert!(refused(r#"{"name":"x","dtype":"u8","shape":[1],"data":[256]}"#));
    assert!(refused(r#"{"name":"x","dtype":"u8","shape":[2],"data":[1]}"#));
    assert!(refused(r#"{"name":"x","dtype":"f32","shape":[],"data":["nan"]}"#));
    assert!(refused(r#"{"name":"x","dtype":"i64","shape":[],"data":[1.5]}"#));
    assert!(refused(r#"{"name":"x","dtype":"i64","shape":[],"data":[1],"more":0}"#));
    let json = r#"{"name":"x","dtype":"f32","shape":[3],"data":[0.1,"NaN","-Infinity"]}"#;
    let named: NamedTensor = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&named).unwrap(), json);
}
