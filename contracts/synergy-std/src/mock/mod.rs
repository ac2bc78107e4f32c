//! A chain for tests of contracts: cosmwasm-std's mock, with models run by the
//! runtime that the chain uses. Bits and gas are the chain's.

mod crypto;

use std::{
    collections::BTreeMap,
    env, fs,
    marker::PhantomData,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use cosmwasm_std::{
    Binary, ContractResult, CosmosMsg, HexBinary, MsgResponse, OwnedDeps, Reply, SubMsg, SubMsgResponse, SubMsgResult,
    SystemResult,
    testing::{MockApi, MockQuerier, MockStorage},
    to_json_binary,
};
use prost::Message;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use synergy_inference::{Image, NamedTensor, Outcome, Runtime};

use crate::{
    DType, Digest, Inference, SynergyMsg, SynergyQuery, Tensor, Validity,
    msg::{RESPONSE_TYPE, wire},
};

/// What a contract's entry points take in a test.
pub type Deps = OwnedDeps<MockStorage, MockApi, MockQuerier<SynergyQuery>, SynergyQuery>;

/// The models that the mock chain knows. Clones share them.
#[derive(Clone, Default)]
pub struct Models(Arc<Mutex<BTreeMap<HexBinary, Image>>>);

impl Models {
    /// None yet.
    pub fn new() -> Models {
        Models::default()
    }

    /// Publishes a model, as `synergyd tx model publish` does; returns the id that
    /// it has on a chain. `bindings` give dimensions that the file leaves open.
    ///
    /// # Panics
    /// If the chain would refuse the model.
    pub fn publish(&self, model: &[u8], bindings: &[(&str, u64)]) -> HexBinary {
        let runtime = runtime();
        let named: BTreeMap<String, u64> = bindings.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect();
        let (image, _) = runtime.load(model, &named, u64::MAX).expect("the model is refused");
        let id = id(model, &runtime.profile(), &named);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), image);
        id
    }

    /// Dependencies whose querier runs these models.
    pub fn dependencies(&self) -> Deps {
        let models = self.clone();
        let querier = MockQuerier::new(&[]).with_custom_handler(move |query| models.answer(query));
        OwnedDeps {
            storage: MockStorage::default(),
            api: MockApi::default().with_prefix("synergy"),
            querier,
            custom_query_type: PhantomData,
        }
    }

    /// Does what the chain does with a sub-message that requests an inference, and
    /// returns the reply to it.
    ///
    /// # Panics
    /// If the sub-message is another one.
    pub fn reply(&self, message: &SubMsg<SynergyMsg>) -> Reply {
        let CosmosMsg::Custom(SynergyMsg::RequestInference { model, inputs }) = &message.msg else {
            panic!("{message:?} requests no inference");
        };
        let result = match self.run(model, inputs) {
            Ok((inference, input_hash)) => SubMsgResult::Ok(response(inference, input_hash)),
            Err(error) => SubMsgResult::Err(error),
        };
        Reply { id: message.id, payload: message.payload.clone(), gas_used: 0, result }
    }

    fn answer(&self, query: &SynergyQuery) -> SystemResult<ContractResult<Binary>> {
        let answer = match query {
            SynergyQuery::Infer { model, inputs } => {
                self.run(model, inputs).and_then(|(inference, _)| json(&inference))
            }
            SynergyQuery::MlDsaVerify { scheme, public_key, message, signature } => {
                crypto::verify(*scheme, public_key, message, signature).and_then(|valid| json(&Validity { valid }))
            }
            SynergyQuery::Hash { algorithm, data } => json(&Digest { digest: crypto::hash(*algorithm, data).into() }),
        };
        SystemResult::Ok(match answer {
            Ok(answer) => ContractResult::Ok(answer),
            Err(error) => ContractResult::Err(error),
        })
    }

    /// The result and the hash of the inputs.
    fn run(&self, model: &HexBinary, inputs: &[Tensor]) -> Result<(Inference, Vec<u8>), String> {
        let image = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).cloned();
        let image = image.ok_or_else(|| format!("model {model} is not published"))?;
        let inputs = inputs.iter().map(to_runtime).collect::<Result<Vec<_>, _>>()?;
        match runtime().run(&image, &inputs, u64::MAX) {
            Ok(done) => {
                let outputs = done.outputs.iter().map(from_runtime).collect();
                let hash = Sha256::digest(NamedTensor::encode_list(&inputs)).to_vec();
                Ok((Inference { outputs, gas: done.gas }, hash))
            }
            Err(Outcome::Error(error)) => Err(error.message),
            Err(Outcome::Fault(fault)) => panic!("the AI runtime: {fault}"),
        }
    }
}

fn json(value: &impl Serialize) -> Result<Binary, String> {
    to_json_binary(value).map_err(|error| error.to_string())
}

/// The runtime, compiled once for this machine and kept in the folder that
/// `SYNERGYD_CACHE` names, as `synergyd` does.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let dir =
            env::var_os("SYNERGYD_CACHE").map_or_else(|| env::temp_dir().join("synergy-test-cache"), PathBuf::from);
        fs::create_dir_all(&dir).expect("cache folder");
        Runtime::open(&dir).expect("AI runtime")
    })
}

/// As `model_id` of the model registry.
fn id(model: &[u8], profile: &[u8; 32], bindings: &BTreeMap<String, u64>) -> HexBinary {
    let length = |n: usize| u32::try_from(n).expect("short").to_be_bytes();
    let mut bytes = b"synergy/model/1".to_vec();
    bytes.extend(Sha256::digest(model));
    bytes.extend(profile);
    bytes.extend(length(bindings.len()));
    for (dimension, size) in bindings {
        bytes.extend(length(dimension.len()));
        bytes.extend(dimension.as_bytes());
        bytes.extend(size.to_be_bytes());
    }
    HexBinary::from(Sha256::digest(bytes).as_slice())
}

fn to_runtime(tensor: &Tensor) -> Result<NamedTensor, String> {
    let dtype = to_runtime_type(tensor.dtype).ok_or("unknown element type")?;
    let value = synergy_inference::Tensor { dtype, shape: tensor.shape.clone(), data: tensor.data.to_vec() };
    value.check().map_err(|error| error.message)?;
    Ok(NamedTensor { name: tensor.name.clone(), tensor: value })
}

fn from_runtime(named: &NamedTensor) -> Tensor {
    let dtype = TYPES.iter().find(|(_, theirs)| *theirs == named.tensor.dtype).map(|(ours, _)| *ours);
    Tensor {
        name: named.name.clone(),
        dtype: dtype.expect("every type is listed"),
        shape: named.tensor.shape.clone(),
        data: named.tensor.data.clone().into(),
    }
}

fn to_runtime_type(dtype: DType) -> Option<synergy_inference::DType> {
    TYPES.iter().find(|(ours, _)| *ours == dtype).map(|(_, theirs)| *theirs)
}

const TYPES: [(DType, synergy_inference::DType); 12] = {
    use synergy_inference::DType as Theirs;
    [
        (DType::Bool, Theirs::Bool),
        (DType::U8, Theirs::U8),
        (DType::I8, Theirs::I8),
        (DType::U16, Theirs::U16),
        (DType::I16, Theirs::I16),
        (DType::U32, Theirs::U32),
        (DType::I32, Theirs::I32),
        (DType::U64, Theirs::U64),
        (DType::I64, Theirs::I64),
        (DType::F16, Theirs::F16),
        (DType::F32, Theirs::F32),
        (DType::F64, Theirs::F64),
    ]
};

fn response(inference: Inference, input_hash: Vec<u8>) -> SubMsgResponse {
    let named: Vec<NamedTensor> = inference.outputs.iter().filter_map(|output| to_runtime(output).ok()).collect();
    let outputs = inference.outputs.into_iter().map(|output| wire::Tensor {
        name: output.name,
        dtype: output.dtype.name().into(),
        shape: output.shape,
        data: output.data.into(),
    });
    let answer = wire::MsgInferResponse {
        record_id: 1,
        outputs: outputs.collect(),
        input_hash,
        output_hash: Sha256::digest(NamedTensor::encode_list(&named)).to_vec(),
        gas: inference.gas,
    };
    let value = Binary::from(answer.encode_to_vec());
    #[allow(deprecated, reason = "the field that older contracts read")]
    SubMsgResponse {
        events: vec![],
        data: Some(value.clone()),
        msg_responses: vec![MsgResponse { type_url: RESPONSE_TYPE.into(), value }],
    }
}
