//! The mock chain answers as the chain does.

use cosmwasm_std::{Binary, HexBinary, QuerierWrapper, SubMsg};
use synergy_std::{HashAlgorithm, MlDsa, Recorded, SynergyMsg, SynergyQuerier, SynergyQuery, Tensor, mock::Models};

const DIGITS: &[u8] = include_bytes!("../../../inference/testdata/skl_mlp.onnx");

fn pixels() -> Tensor {
    let values: Vec<i64> = (0..64).map(|i| i % 17).collect();
    Tensor::from_fixed("pixels", &[1, 64], &values, 4).unwrap()
}

#[test]
fn a_message_and_a_query_give_the_same_result() {
    let models = Models::new();
    let model = models.publish(DIGITS, &[("pixels:0", 1)]);
    let deps = models.dependencies();
    let querier = QuerierWrapper::<SynergyQuery>::new(&deps.querier);
    let asked = querier.infer(&model, vec![pixels()]).unwrap();
    assert_eq!(asked.output("label").unwrap().to_vec::<i64>().unwrap().len(), 1);
    let request = SynergyMsg::RequestInference { model, inputs: vec![pixels()] };
    let recorded = Recorded::from_reply(models.reply(&SubMsg::reply_on_success(request, 1))).unwrap();
    assert_eq!((recorded.outputs, recorded.gas), (asked.outputs, asked.gas));
}

#[test]
fn what_the_model_does_not_take_is_said() {
    let models = Models::new();
    let model = models.publish(DIGITS, &[("pixels:0", 1)]);
    let deps = models.dependencies();
    let querier = QuerierWrapper::<SynergyQuery>::new(&deps.querier);
    let error = querier.infer(&model, vec![]).unwrap_err().to_string();
    assert!(error.contains("the model takes pixels"), "{error}");
    let error = querier.infer(&HexBinary::from([1; 32]), vec![]).unwrap_err().to_string();
    assert!(error.contains("is not published"), "{error}");
}

#[test]
fn hashes_and_signatures_are_the_standards() {
    let deps = Models::new().dependencies();
    let querier = QuerierWrapper::<SynergyQuery>::new(&deps.querier);
    let hash = |algorithm| HexBinary::from(querier.hash(algorithm, b"abc").unwrap()).to_hex();
    // FIPS 180-4, FIPS 202 and RFC 7693 give these for "abc", Ethereum the fourth.
    assert!(hash(HashAlgorithm::Sha2_256).starts_with("ba7816bf8f01cfea"));
    assert!(hash(HashAlgorithm::Sha2_512).starts_with("ddaf35a193617aba"));
    assert!(hash(HashAlgorithm::Sha3_256).starts_with("3a985da74fe225b2"));
    assert!(hash(HashAlgorithm::Keccak256).starts_with("4e03657aea45a94f"));
    assert!(hash(HashAlgorithm::Blake2b256).starts_with("bddd813c63423972"));

    let (key, signature) = (Binary::from([0; 1952]), Binary::from([0; 3309]));
    assert!(!querier.ml_dsa_verify(MlDsa::MlDsa65, &key, b"abc", &signature).unwrap());
    let error = querier.ml_dsa_verify(MlDsa::MlDsa44, &key, b"abc", &signature).unwrap_err();
    assert!(error.to_string().contains("length"), "{error}");
}
