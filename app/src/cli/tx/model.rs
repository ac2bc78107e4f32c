//! `synergyd tx model`: an ONNX file becomes a sealed model.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use prost::Message;
use serde_json::json;
use sha2::{Digest, Sha256};
use synergy_proto::{
    cosmos::base::query::v1beta1::PageRequest,
    pack,
    synergy::modelregistry::{
        Binding, Model as Stored, MsgCreateModel, MsgCreateModelResponse, MsgSealModel, MsgUploadChunk,
        QueryModelRequest, QueryModelResponse, QueryModelsRequest, QueryModelsResponse, Status,
    },
};

use super::{Outcome, Session, TxFlags, response, session::message_responses};
use crate::cli::{
    context::{Context, confirm},
    error::{Result, bail, error},
    output,
    rpc::Rpc,
};

/// Bytes of one chunk: in hexadecimal, as a simulation sends it, it fits the
/// largest request that CometBFT takes by default (`rpc.max_body_bytes`, 1 MB).
const CHUNK: usize = 384 << 10;

#[derive(Subcommand, Debug)]
pub(crate) enum Model {
    /// Create, upload and seal a model; run it again to go on after a failure
    Publish {
        /// The ONNX file
        file: PathBuf,
        /// The model's public name
        #[arg(long)]
        name: String,
        /// Size of a symbolic dimension, e.g. --bind batch=1
        #[arg(long, value_name = "DIMENSION=SIZE")]
        bind: Vec<String>,
    },
    /// Open a draft for a file
    Create {
        /// The ONNX file
        file: PathBuf,
        /// The model's public name
        #[arg(long)]
        name: String,
        /// Size of a symbolic dimension, e.g. --bind batch=1
        #[arg(long, value_name = "DIMENSION=SIZE")]
        bind: Vec<String>,
    },
    /// Add the chunks of a draft that are not on the chain yet
    Upload {
        /// The model's id
        model: String,
        /// The ONNX file
        file: PathBuf,
    },
    /// Have a complete draft checked, compiled and measured; it never changes after
    Seal {
        /// The model's id
        model: String,
    },
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Model) -> Result<()> {
    match command {
        Model::Publish { file, name, bind } => publish(context, flags, &file, name, &bind),
        Model::Create { file, name, bind } => {
            let bytes = read(&file)?;
            let mut session = Session::open(context, flags, None)?;
            let create = create(&session, &bytes, name, bindings(&bind)?);
            session.send_and_print(vec![pack(&create)])
        }
        Model::Upload { model, file } => {
            let (id, bytes) = (model_id(&model)?, read(&file)?);
            let mut session = series(context, flags)?;
            let stored = fetch(session.rpc()?, &id)?;
            check_file(&stored, &bytes)?;
            agree(flags, &format!("Sign and send {}?", uploads(&stored, &bytes)))?;
            upload(&mut session, &stored, &bytes)
        }
        Model::Seal { model } => {
            let id = model_id(&model)?;
            let mut session = Session::open(context, flags, None)?;
            let seal = MsgSealModel { owner: session.sender.to_string(), model_id: id };
            session.send_and_print(vec![pack(&seal)])
        }
    }
}

fn publish(context: &Context, flags: &TxFlags, file: &Path, name: String, bind: &[String]) -> Result<()> {
    let (bytes, bind) = (read(file)?, bindings(bind)?);
    let mut session = series(context, flags)?;
    let mut found = find(session.rpc()?, &bytes, &bind)?;
    if let Some(stored) = &found
        && stored.status() == Status::Sealed
    {
        output::note("the model is published already");
        return print(context, stored);
    }
    // The chain says whether another owner's draft can be taken over.
    let sender = session.sender.to_string();
    found = found.filter(|draft| draft.owner == sender);
    let chunks = bytes.len().div_ceil(CHUNK);
    agree(
        flags,
        &format!(
            "Publish {} ({} bytes) as \"{}\" in up to {} transactions of {}?",
            file.display(),
            bytes.len(),
            name.escape_debug(),
            chunks + 2,
            session.sender
        ),
    )?;
    let stored = match found {
        Some(stored) => {
            output::note(&format!("going on with draft {}", hex::encode(&stored.id)));
            stored
        }
        None => {
            let create = create(&session, &bytes, name, bind);
            let answer = sent(session.send(vec![pack(&create)])?)?;
            let id = created(&answer)?;
            output::note(&format!("created model {}", hex::encode(&id)));
            fetch(session.rpc()?, &id)?
        }
    };
    upload(&mut session, &stored, &bytes)?;
    let seal = MsgSealModel { owner: session.sender.to_string(), model_id: stored.id.clone() };
    sent(session.send(vec![pack(&seal)])?)?;
    let sealed = fetch(session.rpc()?, &stored.id)?;
    output::note("sealed");
    print(context, &sealed)
}

/// A session whose transactions follow each other.
fn series<'a>(context: &'a Context, flags: &TxFlags) -> Result<Session<'a>> {
    if flags.generate_only || flags.dry_run || flags.offline {
        bail!("each of these transactions needs the one before in a block: use `tx model create` and `seal` singly");
    }
    let mut session = Session::open(context, flags, None)?;
    session.in_series();
    Ok(session)
}

fn agree(flags: &TxFlags, question: &str) -> Result<()> {
    if !flags.yes && !confirm(question) {
        bail!("cancelled: nothing was signed");
    }
    Ok(())
}

fn sent(outcome: Outcome) -> Result<serde_json::Value> {
    match outcome {
        Outcome::Sent(answer) => {
            response::require_success(&answer)?;
            Ok(answer)
        }
        Outcome::Printed => bail!("nothing was sent"),
    }
}

fn create(session: &Session<'_>, bytes: &[u8], name: String, bindings: Vec<Binding>) -> MsgCreateModel {
    MsgCreateModel {
        owner: session.sender.to_string(),
        name,
        content_hash: Sha256::digest(bytes).to_vec(),
        size: bytes.len() as u64,
        bindings,
    }
}

fn created(answer: &serde_json::Value) -> Result<Vec<u8>> {
    let responses = message_responses(answer)?;
    let first = responses.first().ok_or_else(|| error!("the chain answered without the model's id"))?;
    Ok(MsgCreateModelResponse::decode(first.value.as_slice())?.model_id)
}

fn upload(session: &mut Session<'_>, stored: &Stored, bytes: &[u8]) -> Result<()> {
    let left = left(stored, bytes);
    for (data, index) in left.chunks(CHUNK).zip(stored.chunks.len()..) {
        let chunk = MsgUploadChunk {
            owner: session.sender.to_string(),
            model_id: stored.id.clone(),
            index: u32::try_from(index)?,
            data: data.to_vec(),
        };
        sent(session.send(vec![pack(&chunk)])?)?;
        output::note(&format!("uploaded chunk {index}, {} bytes", data.len()));
    }
    Ok(())
}

/// What the chain does not have yet.
fn left<'a>(stored: &Stored, bytes: &'a [u8]) -> &'a [u8] {
    usize::try_from(stored.uploaded).ok().and_then(|from| bytes.get(from..)).unwrap_or_default()
}

fn uploads(stored: &Stored, bytes: &[u8]) -> String {
    format!("{} chunks of model {}", left(stored, bytes).len().div_ceil(CHUNK), hex::encode(&stored.id))
}

fn check_file(stored: &Stored, bytes: &[u8]) -> Result<()> {
    if stored.content_hash != Sha256::digest(bytes).as_slice() {
        bail!("the file is not the one that model {} was created for", hex::encode(&stored.id));
    }
    if stored.status() == Status::Sealed {
        bail!("model {} is sealed already", hex::encode(&stored.id));
    }
    Ok(())
}

/// The model on the chain with this content and these bindings.
fn find(rpc: &mut Rpc, bytes: &[u8], bindings: &[Binding]) -> Result<Option<Stored>> {
    let content_hash = Sha256::digest(bytes);
    let mut key = Vec::new();
    loop {
        let page = PageRequest { key, limit: 100, ..PageRequest::default() };
        let request = QueryModelsRequest { pagination: Some(page) };
        let answer: QueryModelsResponse = rpc.grpc("/synergy.modelregistry.v1.Query/Models", &request)?;
        let found =
            answer.models.into_iter().find(|m| m.content_hash == *content_hash.as_slice() && m.bindings == bindings);
        key = answer.pagination.unwrap_or_default().next_key;
        if found.is_some() || key.is_empty() {
            return Ok(found);
        }
    }
}

/// The model with this id.
pub(crate) fn fetch(rpc: &mut Rpc, id: &[u8]) -> Result<Stored> {
    let request = QueryModelRequest { model_id: id.to_vec() };
    let answer: QueryModelResponse = rpc.grpc("/synergy.modelregistry.v1.Query/Model", &request)?;
    answer.model.ok_or_else(|| error!("no model {}", hex::encode(id)))
}

fn print(context: &Context, model: &Stored) -> Result<()> {
    let specs = |specs: &[synergy_proto::synergy::modelregistry::TensorSpec]| -> Vec<String> {
        let shape = |s: &[u64]| s.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
        specs.iter().map(|s| format!("{}:{}:{}", s.name, s.dtype, shape(&s.shape))).collect()
    };
    output::value(
        context.output(),
        &json!({
            "model_id": hex::encode(&model.id),
            "name": model.name,
            "inputs": specs(&model.inputs),
            "outputs": specs(&model.outputs),
            "load_gas": model.load_gas.to_string(),
            "infer_gas": model.infer_gas.to_string(),
            "variable": model.variable,
        }),
    )
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|e| error!("cannot read {}: {e}", file.display()))
}

/// Reads a model id in hexadecimal, or in base64 as JSON shows it.
pub(crate) fn model_id(text: &str) -> Result<Vec<u8>> {
    use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
    let bytes = hex::decode(text).ok().or_else(|| BASE64.decode(text).ok());
    bytes
        .filter(|b| b.len() == 32)
        .ok_or_else(|| error!("{text:?} is no model id: 64 hexadecimal digits (see `synergyd query model list`)"))
}

fn bindings(texts: &[String]) -> Result<Vec<Binding>> {
    let one = |text: &String| {
        let parts = text.rsplit_once('=').and_then(|(name, size)| Some((name, size.parse().ok()?)));
        let (dimension, size) = parts.ok_or_else(|| error!("cannot read --bind {text:?}: write e.g. batch=1"))?;
        Ok(Binding { dimension: dimension.to_owned(), size })
    };
    let mut bindings = texts.iter().map(one).collect::<Result<Vec<_>>>()?;
    bindings.sort_by(|a, b| a.dimension.cmp(&b.dimension));
    Ok(bindings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_hex_and_base64() {
        let id = [0xab; 32];
        assert_eq!(model_id(&hex::encode(id)).unwrap(), id);
        assert_eq!(model_id("q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=").unwrap(), id);
        assert!(model_id("abcd").is_err());
    }

    #[test]
    fn bindings_are_sorted() {
        let read = bindings(&["n=2".into(), "batch=1".into()]).unwrap();
        assert_eq!((&*read[0].dimension, read[0].size, &*read[1].dimension), ("batch", 1, "n"));
        assert!(bindings(&["n".into()]).is_err() && bindings(&["n=-1".into()]).is_err());
    }
}
