//! Models and blobs from the chain into files.

use std::{fs, path::Path};

use sha2::{Digest, Sha256};
use synergy_model_registry::{chunk_root_of, manifest, model_id};
use synergy_proto::synergy::{
    aivm::{QueryBlobDataRequest, QueryBlobDataResponse},
    modelregistry::{QueryChunkRequest, QueryChunkResponse, Status},
};

use crate::cli::{
    context::Context,
    error::{Result, bail, error},
    output::{self, Progress},
    tx::model::fetch,
};

/// Downloads a sealed model: the chunks are checked against the root, the files against
/// their hashes, and these against the id that was asked for.
pub(crate) fn model(context: &Context, id: &[u8], folder: &Path) -> Result<()> {
    let mut rpc = context.rpc()?;
    let model = fetch(&mut rpc, id)?;
    if model.status() == Status::Draft {
        bail!("model {} is a draft: its chunks prove nothing yet", hex::encode(id));
    }
    if model_id(&manifest(&model)).as_slice() != id {
        bail!("the node's model is not that of the id: ask another node");
    }
    let size: u64 = model.size + model.assets.iter().map(|asset| asset.size).sum::<u64>();
    let total = usize::try_from(size.div_ceil(model.chunk_bytes.max(1)))?;
    let mut progress = Progress::new("downloading", total, usize::try_from(size)?);
    let mut bytes = Vec::new();
    for index in 0..total {
        let request = QueryChunkRequest { model_id: id.to_vec(), index: u32::try_from(index)? };
        let chunk: QueryChunkResponse = rpc.grpc("/synergy.modelregistry.v1.Query/Chunk", &request)?;
        let aunts = chunk.aunts.iter().map(|hash| <[u8; 32]>::try_from(hash.as_slice()));
        let aunts = aunts.collect::<std::result::Result<Vec<_>, _>>()?;
        let root = chunk_root_of(&Sha256::digest(&chunk.data).into(), index, total, &aunts);
        if root.map(|root| root.to_vec()) != Some(model.chunk_root.clone()) {
            bail!("chunk {index} is not proven by the model's root: ask another node");
        }
        bytes.extend(chunk.data);
        progress.add(1);
    }
    progress.end();
    fs::create_dir_all(folder).map_err(|e| error!("cannot make {}: {e}", folder.display()))?;
    let mut rest = bytes.as_slice();
    let onnx = ("model.onnx", model.size, &model.content_hash);
    let assets = model.assets.iter().map(|asset| (asset.name.as_str(), asset.size, &asset.hash));
    for (name, size, hash) in std::iter::once(onnx).chain(assets) {
        let (file, after) =
            rest.split_at_checked(usize::try_from(size)?).ok_or_else(|| error!("the node sent too few bytes"))?;
        if Sha256::digest(file).as_slice() != hash {
            bail!("{name} has another hash than the manifest says: ask another node");
        }
        rest = after;
        // The publisher chose the name: nothing of it may lead out of the folder.
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let name: String = name.trim_start_matches('.').chars().map(plain).collect();
        let path = folder.join(&name);
        fs::write(&path, file).map_err(|e| error!("cannot write {}: {e}", path.display()))?;
        output::note(&format!("wrote {} ({size} bytes)", path.display()));
    }
    Ok(())
}

/// Downloads the data of a blob, checked against its hash.
pub(crate) fn blob(context: &Context, hash: Vec<u8>, file: &Path) -> Result<()> {
    let request = QueryBlobDataRequest { hash: hash.clone() };
    let answer: QueryBlobDataResponse = context.rpc()?.grpc("/synergy.aivm.v1.Query/BlobData", &request)?;
    if Sha256::digest(&answer.data).as_slice() != hash {
        bail!("the node sent data of another hash: ask another node");
    }
    fs::write(file, &answer.data).map_err(|e| error!("cannot write {}: {e}", file.display()))?;
    output::note(&format!("wrote {} ({} bytes)", file.display(), answer.data.len()));
    Ok(())
}
