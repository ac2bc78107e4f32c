//! `synergyd model`: what the chain would say of an ONNX file, without a chain.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use synergy_app::{
    config::{AppConfig, Output, Settings, process_env},
    node,
};
use synergy_inference::{Error as Refusal, Image, NamedTensor, Outcome, Port, Runtime, Tensor as Values, admit};
use synergy_model_registry::{dtype_name, read_dtype};
use synergy_proto::synergy::{
    aivm::Tensor,
    modelregistry::{Binding, TensorSpec},
};

use super::{
    error::{Result, bail, error},
    output, tensor,
    tx::{
        aivm::{Tensors, readable},
        model::{Files, bindings},
    },
};

#[derive(Subcommand, Debug)]
pub(crate) enum Model {
    /// Whether the chain would admit a model and why not, its inputs, gas and memory
    Inspect(File),
    /// Run a model here: the same bits and gas as on the chain
    Run {
        #[command(flatten)]
        file: File,
        #[command(flatten)]
        tensors: Tensors,
    },
}

#[derive(Args, Debug)]
pub(crate) struct File {
    /// The ONNX file, or a folder with one
    file: PathBuf,
    /// Size of a symbolic dimension, e.g. --bind batch=1
    #[arg(long, value_name = "DIMENSION=SIZE")]
    bind: Vec<String>,
    /// Form of the result: text or json
    #[arg(long, short, default_value = "text", value_name = "FORM")]
    output: Output,
}

pub(crate) fn run(home: &Path, command: Model) -> Result<()> {
    match command {
        Model::Inspect(file) => inspect(home, &file),
        Model::Run { file, tensors } => infer(home, &file, &tensors),
    }
}

/// The runtime as the node of this home has it: its machine code is made once.
fn runtime(home: &Path) -> Result<Runtime> {
    let config = AppConfig::load(home, process_env, &[])?;
    let told = |percent| output::note(&format!("compiling the AI runtime for this machine, once: {percent} %"));
    node::runtime(home, &config, told).map_err(|e| error!("{e}"))
}

fn read(file: &File) -> Result<(Vec<u8>, BTreeMap<String, u64>)> {
    let bind = bindings(&file.bind)?.into_iter().map(|Binding { dimension, size }| (dimension, size)).collect();
    Ok((Files::read(&file.file, &[])?.onnx, bind))
}

fn inspect(home: &Path, file: &File) -> Result<()> {
    let (bytes, bind) = read(file)?;
    let mut report = json!({
        "content_hash": hex::encode(Sha256::digest(&bytes)),
        "size": bytes.len().to_string(),
        "operators": onnx::operators(&bytes),
    });
    let verdict = match admit(&bytes, &bind) {
        Err(refusal) => Err(refusal),
        Ok(_) => measure(&runtime(home)?, &bytes, &bind)?.map(|found| found.describe(&mut report)),
    };
    report["admitted"] = verdict.is_ok().into();
    if let Err(refusal) = &verdict {
        report["reason"] = json!({"code": refusal.code, "codespace": "inference", "text": refusal.message});
    }
    output::value(file.output, &report)?;
    match verdict {
        Ok(()) => Ok(()),
        Err(_) => bail!("the chain would refuse this model"),
    }
}

/// What sealing would find.
struct Measured {
    image: Image,
    load_gas: u64,
    infer_gas: u64,
}

impl Measured {
    fn describe(&self, report: &mut Value) {
        let specs = |ports: &[Port]| -> Vec<Value> {
            let shape = |port: &Port| port.shape.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
            ports.iter().map(|p| json!({"name": p.name, "dtype": dtype_name(p.dtype), "shape": shape(p)})).collect()
        };
        report["inputs"] = specs(self.image.inputs()).into();
        report["outputs"] = specs(self.image.outputs()).into();
        report["load_gas"] = self.load_gas.to_string().into();
        report["infer_gas"] = self.infer_gas.to_string().into();
        report["variable"] = self.image.variable().into();
        report["memory_bytes"] = self.image.memory_bytes().to_string().into();
    }
}

fn measure(
    runtime: &Runtime,
    bytes: &[u8],
    bind: &BTreeMap<String, u64>,
) -> Result<std::result::Result<Measured, Refusal>> {
    let (image, load_gas) = match settle(runtime.load(bytes, bind, u64::MAX))? {
        Ok(loaded) => loaded,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let zeros = |port: &Port| {
        let size = port.shape.iter().fold(port.dtype.size(), |size, dim| size.saturating_mul(*dim));
        let data = vec![0; usize::try_from(size)?];
        let tensor = Values { dtype: port.dtype, shape: port.shape.clone(), data };
        Ok(NamedTensor { name: port.name.clone(), tensor })
    };
    let inputs = image.inputs().iter().map(zeros).collect::<Result<Vec<_>>>()?;
    Ok(settle(runtime.run(&image, &inputs, u64::MAX))?.map(|ran| Measured { image, load_gas, infer_gas: ran.gas }))
}

/// A fault of this machine is no verdict about the model.
fn settle<T>(outcome: std::result::Result<T, Outcome>) -> Result<std::result::Result<T, Refusal>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Outcome::Error(refusal)) => Ok(Err(refusal)),
        Err(Outcome::Fault(fault)) => bail!("this machine cannot run models: {fault}"),
    }
}

fn infer(home: &Path, file: &File, tensors: &Tensors) -> Result<()> {
    let (bytes, bind) = read(file)?;
    let refused = |r: Refusal| error!("{} (codespace inference, code {})", r.message, r.code);
    let runtime = runtime(home)?;
    let (image, _) = settle(runtime.load(&bytes, &bind, u64::MAX))?.map_err(refused)?;
    let spec =
        |p: &Port| TensorSpec { name: p.name.clone(), dtype: dtype_name(p.dtype).to_owned(), shape: p.shape.clone() };
    let specs: Vec<TensorSpec> = image.inputs().iter().map(spec).collect();
    let given = tensors.inputs.iter().map(|text| given(text, &specs)).collect::<Result<Vec<_>>>()?;
    let ran = settle(runtime.run(&image, &given, u64::MAX))?.map_err(refused)?;
    let output_hash = hex::encode(synergy_aivm::hash_tensors(&ran.outputs));
    let outputs: Vec<Tensor> = ran
        .outputs
        .into_iter()
        .map(|NamedTensor { name, tensor }| Tensor {
            name,
            dtype: dtype_name(tensor.dtype).to_owned(),
            shape: tensor.shape,
            data: tensor.data,
            ..Tensor::default()
        })
        .collect();
    tensors.keep(&outputs)?;
    let mut report = json!({
        "outputs": outputs.iter().map(shown).collect::<Vec<_>>(),
        "output_hash": output_hash,
        "gas": ran.gas.to_string(),
    });
    if file.output == Output::Text {
        readable(&mut report);
    }
    output::value(file.output, &report)
}

fn given(text: &str, specs: &[TensorSpec]) -> Result<NamedTensor> {
    let Tensor { name, dtype, shape, data, blob } = tensor::parse(text, specs)?;
    if !blob.is_empty() {
        bail!("input {name} is a blob of the chain: download it with `synergyd query aivm blob-data`");
    }
    let dtype = read_dtype(&dtype).ok_or_else(|| error!("unknown element type {dtype:?}"))?;
    Ok(NamedTensor { name, tensor: Values { dtype, shape, data } })
}

fn shown(output: &Tensor) -> Value {
    use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
    let shape: Vec<String> = output.shape.iter().map(u64::to_string).collect();
    json!({"name": output.name, "dtype": output.dtype, "shape": shape, "data": BASE64.encode(&output.data)})
}

/// Just enough of ONNX's protobuf to count operators, also of a file that is not admitted.
mod onnx {
    use std::collections::BTreeMap;

    /// `ModelProto.graph`, `GraphProto.node`, `NodeProto.op_type` and `.domain`.
    const GRAPH: u64 = 7;
    const NODE: u64 = 1;
    const OPERATOR: u64 = 4;
    const DOMAIN: u64 = 7;

    /// How often each operator of the main graph is used.
    pub(super) fn operators(model: &[u8]) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (_, graph) in fields(model).into_iter().filter(|(number, _)| *number == GRAPH) {
            for (_, node) in fields(graph).into_iter().filter(|(number, _)| *number == NODE) {
                let fields = fields(node);
                let text = |wanted| {
                    let found = fields.iter().find(|(number, _)| *number == wanted);
                    String::from_utf8_lossy(found.map_or(&[][..], |(_, bytes)| *bytes)).escape_debug().to_string()
                };
                let domain = text(DOMAIN);
                let name = if domain.is_empty() { text(OPERATOR) } else { format!("{domain}.{}", text(OPERATOR)) };
                *counts.entry(name).or_default() += 1;
            }
        }
        counts
    }

    /// The length-delimited fields of a message, up to where it is damaged.
    fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
        let mut found = Vec::new();
        while let Some(tag) = varint(&mut bytes) {
            let length = match tag & 7 {
                0 => varint(&mut bytes).map(|_| 0),
                1 => Some(8),
                2 => varint(&mut bytes),
                5 => Some(4),
                _ => None,
            };
            let split = length.and_then(|n| usize::try_from(n).ok()).and_then(|n| bytes.split_at_checked(n));
            let Some((body, rest)) = split else { break };
            if tag & 7 == 2 {
                found.push((tag >> 3, body));
            }
            bytes = rest;
        }
        found
    }

    fn varint(bytes: &mut &[u8]) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = bytes.split_first()?;
            *bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn operators_are_counted_and_damage_ends_the_count() {
            let model = include_bytes!("../../../modules/model-registry/testdata/linear.onnx");
            let counts = operators(model);
            assert_eq!(counts.get("Relu"), Some(&1), "{counts:?}");
            for cut in 0..model.len() {
                operators(&model[..cut]);
            }
            assert!(operators(&[0xff; 20]).is_empty());
        }
    }
}
