//! `synergyd tx aivm`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use prost::Message;
use serde_json::Value;
use sha2::{Digest, Sha256};
use synergy_proto::{
    pack,
    synergy::aivm::{
        MsgExtendBlob, MsgInfer, MsgInferResponse, MsgRemoveBlob, MsgUploadBlob, QueryBlobRequest, QueryBlobResponse,
        Tensor,
    },
};

use super::{
    Outcome, Session, TxFlags,
    model::{CHUNK, agree, base_amount, fetch, model_id, read, series, upload_chunks},
    response,
    session::message_responses,
};
use crate::cli::{
    context::Context,
    error::{Result, bail, error},
    output,
    rpc::Rpc,
    tensor::{self, SaveAs},
};

#[derive(Subcommand, Debug)]
pub(crate) enum Aivm {
    /// Run a model and leave a provable record
    Infer {
        #[command(flatten)]
        infer: Infer,
        /// Most to pay for the model, e.g. 0.01snrg [default: nothing]
        #[arg(long, value_name = "AMOUNT")]
        max_price: Option<String>,
        /// Keep outputs that are too large for the record as blobs for so many blocks
        #[arg(long, value_name = "BLOCKS", default_value_t = 0, hide_default_value = true)]
        output_blocks: u64,
    },
    /// Keep data on the chain for a while, so that inferences name it by its hash
    UploadBlob {
        /// The file: a .npy array, or raw little-endian values
        file: PathBuf,
        /// For how many blocks
        #[arg(long, default_value_t = 14_400)]
        blocks: u64,
    },
    /// Keep a blob for longer
    ExtendBlob {
        /// Its hash
        hash: String,
        /// For how many blocks from now
        #[arg(long, default_value_t = 14_400)]
        blocks: u64,
    },
    /// Remove a blob and get its deposit back
    RemoveBlob {
        /// Its hash
        hash: String,
    },
}

/// A model and its inputs.
#[derive(Args, Debug)]
pub(crate) struct Infer {
    /// The model's id
    model: String,
    #[command(flatten)]
    pub(crate) tensors: Tensors,
}

/// Inputs, and where outputs go.
#[derive(Args, Debug)]
pub(crate) struct Tensors {
    /// An input: NAME=FILE.json (nested lists of numbers), NAME=FILE.npy,
    /// NAME=@FILE:DTYPE:SHAPE (raw little-endian values), e.g. x=@x.bin:f32:1x28x28,
    /// or NAME=blob:HASH for data on the chain
    #[arg(long = "input", required = true, value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// Folder into which to write the outputs
    #[arg(long, value_name = "DIR")]
    pub(crate) save: Option<PathBuf>,
    /// How to write them
    #[arg(long, value_name = "FORMAT", default_value = "npy")]
    pub(crate) save_as: SaveAs,
}

impl Tensors {
    /// Writes the outputs if that was asked for.
    pub(crate) fn keep(&self, outputs: &[Tensor]) -> Result<()> {
        self.save.as_ref().map_or(Ok(()), |folder| tensor::save(folder, self.save_as, outputs))
    }
}

impl Infer {
    /// Reads the inputs; the node tells the types of those without one.
    pub(crate) fn read(&self, rpc: Option<&mut Rpc>) -> Result<(Vec<u8>, Vec<Tensor>)> {
        let id = model_id(&self.model)?;
        let specs = match rpc {
            Some(rpc) => fetch(rpc, &id)?.inputs,
            None => Vec::new(),
        };
        let inputs = self.tensors.inputs.iter().map(|text| tensor::parse(text, &specs)).collect::<Result<_>>()?;
        Ok((id, inputs))
    }
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Aivm) -> Result<()> {
    match command {
        Aivm::Infer { infer, max_price, output_blocks } => {
            let max_price = max_price.as_deref().map(base_amount).transpose()?.unwrap_or_default();
            let mut session = Session::open(context, flags, None)?;
            let rpc = if flags.offline { None } else { Some(session.rpc()?) };
            let (model_id, inputs) = infer.read(rpc)?;
            let sender = session.sender.to_string();
            let message = pack(&MsgInfer { sender, model_id, inputs, output_blocks, max_price });
            if infer.tensors.save.is_none() {
                return session.send_and_print(vec![message]);
            }
            session.in_series(flags.yes);
            let Outcome::Sent(answer) = session.send(vec![message])? else { return Ok(()) };
            response::print(context.output(), &answer)?;
            let responses = message_responses(&answer)?;
            let first = responses.first().ok_or_else(|| error!("--save needs the result: wait with --wait"))?;
            infer.tensors.keep(&MsgInferResponse::decode(first.value.as_slice())?.outputs)
        }
        Aivm::UploadBlob { file, blocks } => upload(context, flags, &file, blocks),
        Aivm::ExtendBlob { hash, blocks } => {
            let hash = blob_hash(&hash)?;
            let mut session = Session::open(context, flags, None)?;
            let sender = session.sender.to_string();
            session.send_and_print(vec![pack(&MsgExtendBlob { sender, hash, blocks })])
        }
        Aivm::RemoveBlob { hash } => {
            let hash = blob_hash(&hash)?;
            let mut session = Session::open(context, flags, None)?;
            let sender = session.sender.to_string();
            session.send_and_print(vec![pack(&MsgRemoveBlob { sender, hash })])
        }
    }
}

/// Uploads the elements of an array, or a raw file as it is.
fn upload(context: &Context, flags: &TxFlags, file: &Path, blocks: u64) -> Result<()> {
    let mut data = read(file)?;
    if file.extension().is_some_and(|extension| extension == "npy") {
        data = tensor::npy::read(&data).map_err(|e| error!("{}: {e}", file.display()))?.2;
    }
    if data.is_empty() {
        bail!("{} has no data", file.display());
    }
    let hash = Sha256::digest(&data).to_vec();
    let mut session = series(context, flags)?;
    agree(flags, &format!("Keep {} bytes for {blocks} blocks as {}?", data.len(), session.sender))?;
    let (size, chunk_bytes) = (data.len() as u64, CHUNK.min(data.len()) as u64);
    let sender = session.sender.to_string();
    let total = data.len().div_ceil(CHUNK);
    let chunk = |index: u32| {
        let start = index as usize * CHUNK;
        let data = data.get(start..data.len().min(start + CHUNK)).unwrap_or_default().to_vec();
        pack(&MsgUploadBlob { sender: sender.clone(), hash: hash.clone(), size, chunk_bytes, index, data, blocks })
    };
    upload_chunks(&mut session, total, data.len(), chunk, |rpc| {
        let request = QueryBlobRequest { owner: sender.clone(), hash: hash.clone() };
        let answer: Result<QueryBlobResponse> = rpc.grpc("/synergy.aivm.v1.Query/Blob", &request);
        match answer {
            Ok(found) => Ok(found.missing),
            Err(e) if e.0.contains("no complete blob") => Ok((0..u32::try_from(total)?).collect()),
            Err(e) => Err(e),
        }
    })?;
    output::line(&hex::encode(&hash))
}

/// Reads the hash of a blob.
pub(crate) fn blob_hash(text: &str) -> Result<Vec<u8>> {
    let hash = hex::decode(text).ok().filter(|hash| hash.len() == 32);
    hash.ok_or_else(|| error!("{text:?} is no hash of a blob: 64 hexadecimal digits"))
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
