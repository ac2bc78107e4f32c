//! `synergyd tx model`: an ONNX file becomes a model on the chain, and what its owner does
//! with it.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};
use prost::Message;
use serde_json::json;
use sha2::{Digest, Sha256};
use synergy_proto::{
    Any,
    cosmos::base::query::v1beta1::PageRequest,
    pack,
    synergy::modelregistry::{
        Asset, Binding, Model as Stored, MsgActivateModel, MsgCreateModel, MsgCreateModelResponse, MsgDeprecateModel,
        MsgPayRent, MsgRemoveModel, MsgSealModel, MsgSetAllowed, MsgSetTerms, MsgUploadChunk, QueryMissingRequest,
        QueryMissingResponse, QueryModelRequest, QueryModelResponse, QueryModelsByOwnerRequest, QueryModelsResponse,
        Royalty, Status, Terms,
    },
};

use super::{Outcome, Session, TxFlags, response, session::message_responses};
use crate::cli::{
    coins,
    context::{Context, confirm},
    error::{Result, bail, error},
    output::{self, Progress},
    rpc::Rpc,
};

/// Bytes of one chunk: in hexadecimal, as a simulation sends it, it fits the
/// largest request that CometBFT takes by default (`rpc.max_body_bytes`, 1 MB).
pub(super) const CHUNK: usize = 384 << 10;
/// Most chunks that are sent and in no block yet.
const WINDOW: usize = 8;
/// How often an upload asks in vain for what is missing before it gives up.
const PATIENCE: usize = 30;

#[derive(Subcommand, Debug)]
pub(crate) enum Model {
    /// Create, upload, seal and activate a model; run it again to go on after a failure
    Publish {
        #[command(flatten)]
        model: Description,
        /// Leave it sealed, so that only its owner can run it until `tx model activate`
        #[arg(long)]
        hold: bool,
    },
    /// Open a draft for a file
    Create(Description),
    /// Add the chunks of a draft that are not on the chain yet
    Upload {
        /// The model's id
        model: String,
        /// The ONNX file, or the folder with it and its assets
        file: PathBuf,
    },
    /// Have a complete draft checked, compiled and measured; it never changes after
    Seal {
        /// The model's id
        model: String,
        /// Leave it sealed, so that only its owner can run it until `tx model activate`
        #[arg(long)]
        hold: bool,
    },
    /// Let everybody run a sealed or deprecated model
    Activate {
        /// The model's id
        model: String,
    },
    /// Say that a model should no longer be used
    Deprecate {
        /// The model's id
        model: String,
    },
    /// Remove a draft, or a deprecated model that nothing needs, and get its deposit back
    Remove {
        /// The model's id
        model: String,
    },
    /// Set what a model costs and who may run it: all of these at once
    SetTerms {
        /// The model's id
        model: String,
        #[command(flatten)]
        terms: TermsFlags,
    },
    /// Say who may run a restricted model
    Allow {
        /// The model's id
        model: String,
        /// An address to add
        #[arg(long, value_name = "ADDRESS")]
        add: Vec<String>,
        /// An address to remove
        #[arg(long, value_name = "ADDRESS")]
        remove: Vec<String>,
    },
    /// Keep a model loaded for so many blocks more, so that its uses pay no load gas
    Rent {
        /// The model's id
        model: String,
        /// How many blocks
        blocks: u64,
        /// Most to pay, e.g. 2snrg [default: any rent]
        #[arg(long, value_name = "AMOUNT")]
        max_rent: Option<String>,
    },
}

/// What a draft is made of.
#[derive(Args, Debug)]
pub(crate) struct Description {
    /// The ONNX file, or a folder with one .onnx file and assets such as a tokenizer
    file: PathBuf,
    /// The model's public name
    #[arg(long)]
    name: String,
    /// The version's name [default: the next free number]
    #[arg(long, default_value = "", hide_default_value = true)]
    model_version: String,
    /// Size of a symbolic dimension, e.g. --bind batch=1
    #[arg(long, value_name = "DIMENSION=SIZE")]
    bind: Vec<String>,
    /// A file that belongs to the model: tokenizer, labels, preprocessing
    #[arg(long, value_name = "FILE")]
    asset: Vec<PathBuf>,
    /// SPDX identifier of the licence, or OpenMDW-1.1
    #[arg(long, default_value = "", hide_default_value = true)]
    license: String,
    /// Id of a model that this one was made from
    #[arg(long, value_name = "ID")]
    parent: Vec<String>,
    #[command(flatten)]
    terms: TermsFlags,
}

#[derive(Args, Debug)]
pub(crate) struct TermsFlags {
    /// Price of an inference, e.g. 0.01snrg [default: free]
    #[arg(long, value_name = "AMOUNT")]
    price: Option<String>,
    /// Part of the price that goes to somebody else: ADDRESS=BASIS_POINTS
    #[arg(long, value_name = "ADDRESS=POINTS")]
    royalty: Vec<String>,
    /// Only the owner and allowed accounts may run it
    #[arg(long)]
    restricted: bool,
}

/// An ONNX file with its assets, as they are uploaded.
pub(crate) struct Files {
    pub(crate) onnx: Vec<u8>,
    assets: Vec<(Asset, Vec<u8>)>,
}

pub(crate) fn run(context: &Context, flags: &TxFlags, command: Model) -> Result<()> {
    let one = |id: &str, make: &dyn Fn(String, Vec<u8>) -> Any| {
        let id = model_id(id)?;
        let mut session = Session::open(context, flags, None)?;
        let message = make(session.sender.to_string(), id);
        session.send_and_print(vec![message])
    };
    match command {
        Model::Publish { model, hold } => publish(context, flags, &model, hold),
        Model::Create(model) => {
            let files = Files::read(&model.file, &model.asset)?;
            let mut session = Session::open(context, flags, None)?;
            let create = create(&session, &files, &model)?;
            session.send_and_print(vec![pack(&create)])
        }
        Model::Upload { model, file } => {
            let (id, files) = (model_id(&model)?, Files::read(&file, &[])?);
            let mut session = series(context, flags)?;
            let stored = fetch(session.rpc()?, &id)?;
            check_files(&stored, &files)?;
            agree(flags, &format!("Sign and send the chunks of model {} that are missing?", hex::encode(&stored.id)))?;
            upload(&mut session, &stored, &files.joined())
        }
        Model::Seal { model, hold } => one(&model, &|owner, model_id| pack(&MsgSealModel { owner, model_id, hold })),
        Model::Activate { model } => one(&model, &|owner, model_id| pack(&MsgActivateModel { owner, model_id })),
        Model::Deprecate { model } => one(&model, &|owner, model_id| pack(&MsgDeprecateModel { owner, model_id })),
        Model::Remove { model } => one(&model, &|owner, model_id| pack(&MsgRemoveModel { owner, model_id })),
        Model::SetTerms { model, terms } => {
            let terms = terms.read()?;
            one(&model, &|owner, model_id| pack(&MsgSetTerms { owner, model_id, terms: Some(terms.clone()) }))
        }
        Model::Allow { model, add, remove } => one(&model, &|owner, model_id| {
            pack(&MsgSetAllowed { owner, model_id, add: add.clone(), remove: remove.clone() })
        }),
        Model::Rent { model, blocks, max_rent } => {
            let max_rent = max_rent.map(|text| base_amount(&text)).transpose()?.unwrap_or_default();
            one(&model, &|payer, model_id| pack(&MsgPayRent { payer, model_id, blocks, max_rent: max_rent.clone() }))
        }
    }
}

impl TermsFlags {
    fn read(&self) -> Result<Terms> {
        let royalty = |text: &String| {
            let parts = text.split_once('=').and_then(|(who, points)| Some((who, points.parse().ok()?)));
            let (recipient, basis_points) =
                parts.ok_or_else(|| error!("cannot read --royalty {text:?}: write ADDRESS=BASIS_POINTS"))?;
            Ok(Royalty { recipient: recipient.to_owned(), basis_points })
        };
        Ok(Terms {
            price: self.price.as_deref().map(base_amount).transpose()?.unwrap_or_default(),
            royalties: self.royalty.iter().map(royalty).collect::<Result<_>>()?,
            restricted: self.restricted,
        })
    }
}

/// An amount of one coin in the base denom, e.g. `0.5snrg`.
pub(crate) fn base_amount(text: &str) -> Result<String> {
    match coins::parse(text)?.as_slice() {
        [] => Ok("0".to_owned()),
        [coin] if coin.denom == synergy_proto::coin::BASE_DENOM => Ok(coin.amount.clone()),
        _ => bail!("{text:?}: write one amount of snrg or asnrg, e.g. 0.5snrg"),
    }
}

impl Files {
    /// Reads the ONNX file, or that of a folder with all other files as assets, and the
    /// assets that are named beside.
    pub(crate) fn read(path: &Path, more: &[PathBuf]) -> Result<Self> {
        let mut onnx = path.to_owned();
        let mut assets = more.to_vec();
        if path.is_dir() {
            let entries = fs::read_dir(path).map_err(|e| error!("cannot read {}: {e}", path.display()))?;
            let files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
            let (models, others): (Vec<_>, Vec<_>) =
                files.into_iter().partition(|p| p.extension().is_some_and(|e| e == "onnx"));
            let [only] = models.as_slice() else {
                bail!("{} has {} .onnx files: a model is one", path.display(), models.len());
            };
            onnx = only.clone();
            assets.extend(others);
        }
        let asset = |path: &PathBuf| {
            let bytes = read(path)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let hash = Sha256::digest(&bytes).to_vec();
            Ok((Asset { name, hash, size: bytes.len() as u64 }, bytes))
        };
        let mut assets = assets.iter().map(asset).collect::<Result<Vec<_>>>()?;
        assets.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Ok(Self { onnx: read(&onnx)?, assets })
    }

    fn list(&self) -> Vec<Asset> {
        self.assets.iter().map(|(asset, _)| asset.clone()).collect()
    }

    /// The bytes of all, as chunks cut them.
    fn joined(&self) -> Vec<u8> {
        let mut bytes = self.onnx.clone();
        self.assets.iter().for_each(|(_, asset)| bytes.extend_from_slice(asset));
        bytes
    }
}

fn publish(context: &Context, flags: &TxFlags, model: &Description, hold: bool) -> Result<()> {
    let files = Files::read(&model.file, &model.asset)?;
    let mut session = series(context, flags)?;
    let wanted = create(&session, &files, model)?;
    let found = find(session.rpc()?, &wanted)?;
    if let Some(stored) = found.as_ref().filter(|stored| stored.status() != Status::Draft) {
        output::note("the model is published already");
        return print(context, stored);
    }
    let bytes = files.joined();
    agree(
        flags,
        &format!(
            "Publish {} ({} bytes with {} assets) as \"{}\" in up to {} transactions of {}?",
            model.file.display(),
            bytes.len(),
            wanted.assets.len(),
            model.name.escape_debug(),
            bytes.len().div_ceil(CHUNK) + 2,
            session.sender
        ),
    )?;
    let stored = match found {
        Some(stored) => {
            output::note(&format!("going on with draft {}", hex::encode(&stored.id)));
            stored
        }
        None => {
            let answer = sent(session.send(vec![pack(&wanted)])?)?;
            let id = created(&answer)?;
            output::note(&format!("created model {}", hex::encode(&id)));
            fetch(session.rpc()?, &id)?
        }
    };
    upload(&mut session, &stored, &bytes)?;
    output::note("sealing: the chain checks, compiles and measures the model");
    let seal = MsgSealModel { owner: session.sender.to_string(), model_id: stored.id.clone(), hold };
    sent(session.send(vec![pack(&seal)])?)?;
    let sealed = fetch(session.rpc()?, &stored.id)?;
    output::note(if hold { "sealed" } else { "sealed and active" });
    print(context, &sealed)
}

/// A session whose transactions follow each other.
pub(super) fn series<'a>(context: &'a Context, flags: &TxFlags) -> Result<Session<'a>> {
    if flags.generate_only || flags.dry_run || flags.offline {
        bail!("each of these transactions needs the one before in a block: use `tx model create` and `seal` singly");
    }
    let mut session = Session::open(context, flags, None)?;
    session.in_series(true);
    Ok(session)
}

pub(super) fn agree(flags: &TxFlags, question: &str) -> Result<()> {
    if !flags.yes && !confirm(question) {
        bail!("cancelled: nothing was signed");
    }
    Ok(())
}

pub(super) fn sent(outcome: Outcome) -> Result<serde_json::Value> {
    match outcome {
        Outcome::Sent(answer) => {
            response::require_success(&answer)?;
            Ok(answer)
        }
        Outcome::Printed => bail!("nothing was sent"),
    }
}

fn create(session: &Session<'_>, files: &Files, model: &Description) -> Result<MsgCreateModel> {
    let mut parents = model.parent.iter().map(|id| model_id(id)).collect::<Result<Vec<_>>>()?;
    parents.sort();
    Ok(MsgCreateModel {
        owner: session.sender.to_string(),
        name: model.name.clone(),
        content_hash: Sha256::digest(&files.onnx).to_vec(),
        size: files.onnx.len() as u64,
        bindings: bindings(&model.bind)?,
        version: model.model_version.clone(),
        assets: files.list(),
        license: model.license.clone(),
        parents,
        terms: Some(model.terms.read()?),
        chunk_bytes: CHUNK as u64,
    })
}

fn created(answer: &serde_json::Value) -> Result<Vec<u8>> {
    let responses = message_responses(answer)?;
    let first = responses.first().ok_or_else(|| error!("the chain answered without the model's id"))?;
    Ok(MsgCreateModelResponse::decode(first.value.as_slice())?.model_id)
}

/// Sends the chunks that the chain lacks, several at a time, until it lacks none.
fn upload(session: &mut Session<'_>, stored: &Stored, bytes: &[u8]) -> Result<()> {
    let size = usize::try_from(stored.chunk_bytes)?;
    let owner = session.sender.to_string();
    let chunk = |index: u32| {
        let start = (index as usize).saturating_mul(size);
        let data = bytes.get(start..bytes.len().min(start + size)).unwrap_or_default().to_vec();
        pack(&MsgUploadChunk { owner: owner.clone(), model_id: stored.id.clone(), index, data })
    };
    let total = bytes.len().div_ceil(size.max(1));
    upload_chunks(session, total, bytes.len(), chunk, |rpc| {
        let request = QueryMissingRequest { model_id: stored.id.clone() };
        let answer: QueryMissingResponse = rpc.grpc("/synergy.modelregistry.v1.Query/Missing", &request)?;
        Ok(answer.indices)
    })
}

/// Sends chunks until none is missing. Transactions of an upload that was cut off may
/// still come into blocks: then sequences do not fit for a while, and chunks are there
/// already. Neither is a failure as long as ever more chunks arrive.
pub(super) fn upload_chunks(
    session: &mut Session<'_>,
    total: usize,
    bytes: usize,
    chunk: impl Fn(u32) -> Any,
    missing: impl Fn(&mut Rpc) -> Result<Vec<u32>>,
) -> Result<()> {
    let mut progress = Progress::new("uploading", total, bytes);
    let (mut idle, mut before) = (0, usize::MAX);
    loop {
        let left = missing(session.rpc()?)?;
        progress.set(total.saturating_sub(left.len()));
        if left.is_empty() {
            progress.end();
            return Ok(());
        }
        idle = if left.len() < before { 0 } else { idle + 1 };
        before = left.len();
        session.resync()?;
        if let Err(e) = upload_round(session, &left, &chunk, &mut progress) {
            if idle >= PATIENCE {
                progress.end();
                return Err(e);
            }
            std::thread::sleep(Duration::from_secs(1));
            session.resync()?;
        } else if idle >= PATIENCE {
            bail!("chunks are still missing: run the command again to go on");
        }
    }
}

/// Sends these chunks, several at a time, and waits until all are in blocks.
fn upload_round(
    session: &mut Session<'_>,
    left: &[u32],
    chunk: &impl Fn(u32) -> Any,
    progress: &mut Progress,
) -> Result<()> {
    let Some(first) = left.first() else { return Ok(()) };
    // All chunks but the last are of one size: what the first needs is enough.
    let gas = session.gas_for(vec![chunk(*first)])?;
    let mut window = VecDeque::new();
    let mut sent = Ok(());
    for index in left {
        match session.send_unwaited(vec![chunk(*index)], gas) {
            Ok(hash) => window.push_back(hash),
            Err(e) => {
                sent = Err(e);
                break;
            }
        }
        if window.len() >= WINDOW
            && let Some(hash) = window.pop_front()
        {
            session.wait(&hash)?;
            progress.add(1);
        }
    }
    for hash in window {
        session.wait(&hash)?;
        progress.add(1);
    }
    sent
}

fn check_files(stored: &Stored, files: &Files) -> Result<()> {
    if stored.content_hash != Sha256::digest(&files.onnx).as_slice() || stored.assets != files.list() {
        bail!("the files are not those that model {} was created for", hex::encode(&stored.id));
    }
    if stored.status() != Status::Draft {
        bail!("model {} is sealed already", hex::encode(&stored.id));
    }
    Ok(())
}

/// The publisher's model with this content: the latest draft, or else a sealed one.
fn find(rpc: &mut Rpc, wanted: &MsgCreateModel) -> Result<Option<Stored>> {
    let same = |m: &Stored| {
        m.content_hash == wanted.content_hash
            && m.name == wanted.name
            && (wanted.version.is_empty() || m.version == wanted.version)
            && m.bindings == wanted.bindings
            && m.assets == wanted.assets
            && m.parents == wanted.parents
            && m.license == wanted.license
    };
    let (mut key, mut best) = (Vec::new(), None::<Stored>);
    loop {
        let page = PageRequest { key, limit: 100, ..PageRequest::default() };
        let request = QueryModelsByOwnerRequest { owner: wanted.owner.clone(), pagination: Some(page) };
        let answer: QueryModelsResponse = rpc.grpc("/synergy.modelregistry.v1.Query/ModelsByOwner", &request)?;
        for model in answer.models.into_iter().filter(same) {
            if best.is_none() || model.status() == Status::Draft {
                best = Some(model);
            }
        }
        key = answer.pagination.unwrap_or_default().next_key;
        if key.is_empty() {
            return Ok(best);
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
            "version": model.version,
            "status": model.status().as_str_name(),
            "inputs": specs(&model.inputs),
            "outputs": specs(&model.outputs),
            "load_gas": model.load_gas.to_string(),
            "infer_gas": model.infer_gas.to_string(),
            "variable": model.variable,
            "memory_bytes": model.memory_bytes.to_string(),
            "deposit": model.deposit,
        }),
    )
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
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

pub(crate) fn bindings(texts: &[String]) -> Result<Vec<Binding>> {
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
