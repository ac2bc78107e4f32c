//! The mock chain answers as the chain does.

use cosmwasm_std::{Binary, HexBinary, QuerierWrapper, SubMsg};
use synergy_std::{
    DType, HashAlgorithm, MlDsa, Recorded, SynergyMsg, SynergyQuerier, SynergyQuery, Tensor, mock::Models,
};

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
    let request = SynergyMsg::infer(model, vec![pixels()]);
    let recorded = Recorded::from_reply(models.reply(&SubMsg::reply_on_success(request, 1))).unwrap();
    assert_eq!((recorded.outputs, recorded.gas), (asked.outputs, asked.gas));
}

/// Classifies a picture of 110,592 bytes; its output has two elements.
const UPRIGHT: &[u8] = include_bytes!("../../../inference/testdata/rapidocr_cls.onnx");
/// Rows of four to rows of four: relu(x · w + b).
const LINEAR: &[u8] = include_bytes!("../../../modules/model-registry/testdata/linear.onnx");

#[test]
fn inputs_above_45_kib_are_named_by_their_hash() {
    let models = Models::new();
    let model = models.publish(UPRIGHT, &[("x:0", 1), ("x:2", 48), ("x:3", 192)]);
    let deps = models.dependencies();
    let querier = QuerierWrapper::<SynergyQuery>::new(&deps.querier);
    let shape = [1, 3, 48, 192];
    let inline = Tensor::from_fixed("x", &shape, &vec![3; 3 * 48 * 192], 3).unwrap();
    let error = querier.infer(&model, vec![inline.clone()]).unwrap_err().to_string();
    assert!(error.contains("110592 bytes, at most 46080"), "{error}");

    let stored = Tensor::from_blob("x", DType::F32, &shape, models.upload(&inline.data));
    let answer = querier.infer(&model, vec![stored.clone()]).unwrap();
    assert_eq!(answer.outputs[0].shape, [1, 2]);
    let recorded = models.reply(&SubMsg::reply_on_success(SynergyMsg::infer(model.clone(), vec![stored]), 1));
    assert_eq!(Recorded::from_reply(recorded).unwrap().outputs, answer.outputs);

    let lost = Tensor::from_blob("x", DType::F32, &shape, [9; 32].into());
    let error = querier.infer(&model, vec![lost.clone()]).unwrap_err().to_string();
    assert!(error.contains("upload it first"), "{error}");
    let error = querier.infer(&model, vec![Tensor { data: Binary::from([0; 4]), ..lost }]).unwrap_err().to_string();
    assert!(error.contains("both data and a blob"), "{error}");
}

#[test]
fn outputs_above_64_kib_are_kept_as_blobs_on_request_alone() {
    let models = Models::new();
    let model = models.publish(LINEAR, &[("batch", 5_000)]);
    let deps = models.dependencies();
    let querier = QuerierWrapper::<SynergyQuery>::new(&deps.querier);
    let rows = [1, 2, 3, 4].repeat(5_000);
    let data = Tensor::from_fixed("x", &[5_000, 4], &rows, 0).unwrap().data;
    let inputs = vec![Tensor::from_blob("x", DType::F32, &[5_000, 4], models.upload(&data))];
    let error = querier.infer(&model, inputs.clone()).unwrap_err().to_string();
    assert!(error.contains("request the inference with output_blocks"), "{error}");

    let request = |output_blocks| SynergyMsg::RequestInference {
        model: model.clone(),
        inputs: inputs.clone(),
        output_blocks,
        max_price: None,
    };
    let reply = |message| Recorded::from_reply(models.reply(&SubMsg::reply_on_success(message, 1))).unwrap();
    let (dropped, kept) = (reply(request(0)), reply(request(10)));
    assert_eq!((dropped.outputs.len(), &dropped.output_hash), (0, &kept.output_hash));
    let hash = kept.outputs[0].blob.clone().unwrap();
    let last = querier.blob(&hash, 79_992, 64 << 10).unwrap();
    let expected = Tensor::from_fixed("y", &[2], &[12, 1], 2).unwrap().data;
    assert_eq!((last.data, last.size), (expected, 80_000));
    assert!(querier.blob(&hash, 0, (64 << 10) + 1).is_err());
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
