//! `synergyd tx aivm`.

use clap::{Args, Subcommand};
use serde_json::Value;
use synergy_proto::{
    pack,
    synergy::aivm::{MsgInfer, Tensor},
};

use super::{
    Session, TxFlags,
    model::{fetch, model_id},
};
use crate::cli::{context::Context, error::Result, rpc::Rpc, tensor};

#[derive(Subcommand, Debug)]
pub(crate) enum Aivm {
    /// Run a model and leave a provable record
    Infer(Infer),
}

/// A model and its inputs.
#[derive(Args, Debug)]
pub(crate) struct Infer {
    /// The model's id
    model: String,
    /// An input: NAME=FILE.json (nested lists of numbers), or
    /// NAME=@FILE:DTYPE:SHAPE (raw little-endian values), e.g. x=@x.bin:f32:1x28x28
    #[arg(long = "input", required = true, value_name = "NAME=VALUE")]
    inputs: Vec<String>,
}

impl Infer {
    /// Reads the inputs; the node tells the types of those without one.
    pub(crate) fn read(&self, rpc: Option<&mut Rpc>) -> Result<(Vec<u8>, Vec<Tensor>)> {
        let id = model_id(&self.model)?;
        let specs = match rpc {
            Some(rpc) => fetch(rpc, &id)?.inputs,
            None => Vec::new(),
        };
        let inputs = self.inputs.iter().map(|text| tensor::parse(text, &specs)).collect::<Result<_>>()?;
        Ok((id, inputs))
    }
}

pub(crate) fn run(context: &Context, flags: &TxFlags, Aivm::Infer(infer): Aivm) -> Result<()> {
    let mut session = Session::open(context, flags, None)?;
    let rpc = if flags.offline { None } else { Some(session.rpc()?) };
    let (model_id, inputs) = infer.read(rpc)?;
    let message = MsgInfer { sender: session.sender.to_string(), model_id, inputs, ..MsgInfer::default() };
    session.send_and_print(vec![pack(&message)])
}

/// Replaces the bytes of output tensors by their values, for people.
pub(crate) fn readable(response: &mut Value) {
    let outputs = response.get_mut("outputs").and_then(Value::as_array_mut);
    for output in outputs.into_iter().flatten() {
        if let Some(values) = tensor::values(output) {
            output["data"] = values;
        }
    }
}
