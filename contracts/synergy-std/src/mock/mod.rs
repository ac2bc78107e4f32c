//! A chain for tests of contracts: cosmwasm-std's mock, with models run by the
//! runtime that the chain uses. Bits and gas are the chain's.

mod crypto;

use std::{
    collections::BTreeMap,
    env, fs,
    marker::PhantomData,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
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
    DType, Digest, Inference, Slice, SynergyMsg, SynergyQuery, Tensor, Validity,
    msg::{RESPONSE_TYPE, wire},
};

/// What a contract's entry points take in a test.
pub type Deps = OwnedDeps<MockStorage, MockApi, MockQuerier<SynergyQuery>, SynergyQuery>;

/// Most bytes of inputs that are not blobs, as in the params of a new chain.
const MAX_INPUT: usize = 45 << 10;
/// Most bytes of outputs that an answer or a response carries, likewise.
const MAX_INLINE_OUTPUT: usize = 64 << 10;

/// The models and blobs that the mock chain knows. Clones share them.
#[derive(Clone, Default)]
pub struct Models(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    images: BTreeMap<HexBinary, Image>,
    blobs: BTreeMap<HexBinary, Vec<u8>>,
}

impl Models {
    /// None yet.
    pub fn new() -> Models {
        Models::default()
    }

    /// Publishes a model, as `synergyd tx model publish` does; returns an id
    /// for messages. `bindings` give dimensions that the file leaves open.
    ///
    /// # Panics
    /// If the chain would refuse the model.
    pub fn publish(&self, model: &[u8], bindings: &[(&str, u64)]) -> HexBinary {
        let runtime = runtime();
        let named: BTreeMap<String, u64> = bindings.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect();
        let (image, _) = runtime.load(model, &named, u64::MAX).expect("the model is refused");
        let id = id(model, &runtime.profile(), &named);
        self.known().images.insert(id.clone(), image);
        id
    }

    /// Keeps a blob, as `synergyd tx aivm upload-blob` does, and returns its hash.
    pub fn upload(&self, data: &[u8]) -> HexBinary {
        let hash = HexBinary::from(Sha256::digest(data).as_slice());
        self.known().blobs.insert(hash.clone(), data.to_vec());
        hash
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let CosmosMsg::Custom(SynergyMsg::RequestInference { model, inputs, output_blocks, .. }) = &message.msg else {
            panic!("{message:?} requests no inference");
        };
        let result = match self.run(model, inputs) {
            Ok(done) => SubMsgResult::Ok(self.response(done, *output_blocks > 0)),
            Err(error) => SubMsgResult::Err(error),
        };
        Reply { id: message.id, payload: message.payload.clone(), gas_used: 0, result }
    }

    fn answer(&self, query: &SynergyQuery) -> SystemResult<ContractResult<Binary>> {
        let answer = match query {
            SynergyQuery::Infer { model, inputs } => self.run(model, inputs).and_then(|done| match done.inline() {
                true => json(&Inference { outputs: done.outputs.iter().map(from_runtime).collect(), gas: done.gas }),
                false => {
                    Err("the outputs are too large for an answer: request the inference with output_blocks".into())
                }
            }),
            SynergyQuery::Blob { hash, offset, length } => {
                self.slice(hash, *offset, *length).and_then(|slice| json(&slice))
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

    fn run(&self, model: &HexBinary, inputs: &[Tensor]) -> Result<Done, String> {
        let image = self.known().images.get(model).cloned();
        let image = image.ok_or_else(|| format!("model {model} is not published"))?;
        let inline: usize = inputs.iter().map(|input| input.data.len()).sum();
        if inline > MAX_INPUT {
            return Err(format!("the inputs have {inline} bytes, at most {MAX_INPUT} are allowed: upload a blob"));
        }
        let inputs = inputs.iter().map(|input| self.to_runtime(input)).collect::<Result<Vec<_>, _>>()?;
        match runtime().run(&image, &inputs, u64::MAX) {
            Ok(done) => Ok(Done { input_hash: hash(&inputs), outputs: done.outputs, gas: done.gas }),
            Err(Outcome::Error(error)) => Err(error.message),
            Err(Outcome::Fault(fault)) => panic!("the AI runtime: {fault}"),
        }
    }

    fn slice(&self, hash: &HexBinary, offset: u64, length: u64) -> Result<Slice, String> {
        if !(1..=MAX_INLINE_OUTPUT as u64).contains(&length) {
            return Err(format!("length is {length}, from 1 to {MAX_INLINE_OUTPUT} is allowed"));
        }
        let blob = self.blob(hash)?;
        let position = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(blob.len());
        let part = blob.get(position(offset)..position(offset.saturating_add(length))).unwrap_or_default();
        Ok(Slice { data: part.into(), size: blob.len() as u64 })
    }

    fn blob(&self, hash: &HexBinary) -> Result<Vec<u8>, String> {
        self.known()
            .blobs
            .get(hash)
            .cloned()
            .ok_or_else(|| format!("there is no complete blob {hash}: upload it first"))
    }

    fn to_runtime(&self, tensor: &Tensor) -> Result<NamedTensor, String> {
        let dtype = to_runtime_type(tensor.dtype).ok_or("unknown element type")?;
        let data = match &tensor.blob {
            Some(_) if !tensor.data.is_empty() => {
                return Err(format!("input {} has both data and a blob: give one of them", tensor.name));
            }
            Some(hash) => self.blob(hash)?,
            None => tensor.data.to_vec(),
        };
        let value = synergy_inference::Tensor { dtype, shape: tensor.shape.clone(), data };
        value.check().map_err(|error| error.message)?;
        Ok(NamedTensor { name: tensor.name.clone(), tensor: value })
    }

    /// The response to the message of a contract, which may want large outputs kept.
    fn response(&self, done: Done, keep: bool) -> SubMsgResponse {
        let inline = done.inline();
        let outputs = done.outputs.iter().filter(|_| inline || keep).map(|output| {
            let Tensor { name, dtype, shape, data, .. } = from_runtime(output);
            let (data, blob) = if inline { (data.into(), Vec::new()) } else { (Vec::new(), self.upload(&data).into()) };
            wire::Tensor { name, dtype: dtype.name().into(), shape, data, blob }
        });
        let answer = wire::MsgInferResponse {
            record_id: 1,
            outputs: outputs.collect(),
            input_hash: done.input_hash,
            output_hash: hash(&done.outputs),
            gas: done.gas,
        };
        let value = Binary::from(answer.encode_to_vec());
        #[allow(deprecated, reason = "the field that older contracts read")]
        SubMsgResponse {
            events: vec![],
            data: Some(value.clone()),
            msg_responses: vec![MsgResponse { type_url: RESPONSE_TYPE.into(), value }],
        }
    }
}

/// An inference that succeeded.
struct Done {
    outputs: Vec<NamedTensor>,
    input_hash: Vec<u8>,
    gas: u64,
}

impl Done {
    fn inline(&self) -> bool {
        self.outputs.iter().map(|output| output.tensor.data.len()).sum::<usize>() <= MAX_INLINE_OUTPUT
    }
}

fn hash(tensors: &[NamedTensor]) -> Vec<u8> {
    Sha256::digest(NamedTensor::encode_list(tensors)).to_vec()
}

fn json(value: &impl Serialize) -> Result<Binary, String> {
    to_json_binary(value).map_err(|error| error.to_string())
}

/// The runtime, compiled once for this machine and kept in the folder that
/// `SYNERGYD_CACHE` names, as `synergyd` does.
#[allow(clippy::disallowed_methods, reason = "where the cache of a test lies changes no result")]
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let dir =
            env::var_os("SYNERGYD_CACHE").map_or_else(|| env::temp_dir().join("synergy-test-cache"), PathBuf::from);
        fs::create_dir_all(&dir).expect("cache folder");
        Runtime::open(&dir).expect("AI runtime")
    })
}

/// An id of the mock's own: a chain's has the owner, the name and more in it.
fn id(model: &[u8], profile: &[u8; 32], bindings: &BTreeMap<String, u64>) -> HexBinary {
    let length = |n: usize| u32::try_from(n).expect("short").to_be_bytes();
    let mut bytes = b"synergy-std mock model".to_vec();
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

fn from_runtime(named: &NamedTensor) -> Tensor {
    let dtype = TYPES.iter().find(|(_, theirs)| *theirs == named.tensor.dtype).map(|(ours, _)| *ours);
    Tensor {
        name: named.name.clone(),
        dtype: dtype.expect("every type is listed"),
        shape: named.tensor.shape.clone(),
        data: named.tensor.data.clone().into(),
        blob: None,
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
