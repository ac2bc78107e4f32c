use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::SystemTime,
};

use synergy_inference::{Image, Inference, NamedTensor, Outcome, Port, Runtime, Tensor, code};
use synergy_kernel::{Ctx, Error, Hash, Result, sdk};
use synergy_proto::synergy::modelregistry::Model;
use synergy_store::fatal;

use crate::{error, id::bindings_of, rent, state};

/// Bound of the images that are mapped, in bytes.
const MAX_IMAGE_BYTES: usize = 2 << 30;
/// Bound of the images on disk, in bytes.
const MAX_DISK_BYTES: u64 = 8 << 30;
/// How names of image files end.
const EXTENSION: &str = "image";

/// Runs models: the runtime, and the images of models used lately. Clones share
/// both.
///
/// The images are a cache, mapped from a folder: one that is missing is made again from
/// the chunks, at no gas beyond the load gas that every node charges, so that gas never
/// depends on what a node happens to hold. An image
/// belongs to a model's id, which fixes content, profile and bindings; so it may
/// outlive a block that is rolled back.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    images: Mutex<Images>,
    /// Where images stay for the next start.
    folder: Option<PathBuf>,
}

/// What sealing finds out about a model.
pub(crate) struct Measured {
    pub(crate) image: Image,
    pub(crate) load_gas: u64,
    pub(crate) infer_gas: u64,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("images", &self.images().by_id.len()).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine on a runtime that keeps its images in memory.
    pub fn new(runtime: Runtime) -> Self {
        Self(Arc::new(Inner { runtime, images: Mutex::default(), folder: None }))
    }

    /// An engine whose images are files of a folder, which may be deleted while it is not
    /// running.
    pub fn with_folder(runtime: Runtime, folder: &Path) -> Self {
        Self(Arc::new(Inner { runtime, images: Mutex::default(), folder: Some(folder.to_owned()) }))
    }

    /// Loads all resident models that are not loaded yet: before a node joins consensus, so
    /// that no block waits for them.
    pub(crate) fn prepare(&self, ctx: &mut Ctx<'_>) -> Result<()> {
        for id in rent::residents(ctx)? {
            let model = state::get(ctx, &id)?;
            if model.profile == self.profile() && self.images().get(&id).is_none() {
                tracing::info!(model = hex::encode(id), name = model.name, "loading a resident model");
                self.restore(ctx, &id, &model);
            }
        }
        Ok(())
    }

    /// The inference profile: what defines bits and gas.
    pub fn profile(&self) -> Hash {
        self.0.runtime.profile()
    }

    /// Runs a sealed model under the gas that is left and charges what it took,
    /// also when it fails.
    ///
    /// # Errors
    /// Codespace `inference` with the runtime's code; SDK 11 when the gas did not
    /// suffice; `modelregistry` 13 when the model is for another profile.
    pub fn run(&self, ctx: &mut Ctx<'_>, id: &Hash, model: &Model, inputs: &[NamedTensor]) -> Result<Inference> {
        if model.profile != self.profile() {
            return Err(error::other_profile(&model.profile));
        }
        let cached = self.images().get(id);
        let image = cached.unwrap_or_else(|| self.restore(ctx, id, model));
        self.infer(ctx, &image, inputs)
    }

    /// Admits, compiles and runs a model once on zeros, all under the gas that is
    /// left. It never uses a cached image: the price of sealing is the same on
    /// every node.
    pub(crate) fn measure(
        &self,
        ctx: &mut Ctx<'_>,
        id: &Hash,
        bytes: &[u8],
        bindings: &BTreeMap<String, u64>,
    ) -> Result<Measured> {
        let loaded = self.0.runtime.load(bytes, bindings, ctx.gas.left());
        let (image, load_gas) = settle(ctx, loaded, "LoadModel")?;
        ctx.gas.consume(load_gas, "LoadModel")?;
        let zeros: Vec<NamedTensor> = image.inputs().iter().map(zeros).collect();
        let infer_gas = self.infer(ctx, &image, &zeros)?.gas;
        self.keep(id, &image);
        Ok(Measured { image, load_gas, infer_gas })
    }

    fn infer(&self, ctx: &mut Ctx<'_>, image: &Image, inputs: &[NamedTensor]) -> Result<Inference> {
        let inference = settle(ctx, self.0.runtime.run(image, inputs, ctx.gas.left()), "Infer")?;
        ctx.gas.consume(inference.gas, "Infer")?;
        Ok(inference)
    }

    /// Makes the image of a sealed model again. That worked when the model was
    /// sealed, so a failure now says that this machine computes otherwise.
    fn restore(&self, ctx: &Ctx<'_>, id: &Hash, model: &Model) -> Image {
        if let Some(image) = self.file(id).and_then(|path| Image::open(&path, self.profile())) {
            self.images().put(*id, image.clone());
            return image;
        }
        let bytes = state::bytes(ctx.state, id, model);
        let bytes = state::onnx(&bytes, model);
        match self.0.runtime.load(bytes, &bindings_of(&model.bindings), model.load_gas) {
            Ok((image, gas)) if gas == model.load_gas => {
                self.keep(id, &image);
                image
            }
            Ok((_, gas)) => fatal(format!("model {} took {} gas to load, now {gas}", hex::encode(id), model.load_gas)),
            Err(e) => fatal(format!("sealed model {} cannot be loaded: {e}", hex::encode(id))),
        }
    }

    /// Forgets the image of a model that was removed. Made again when the removal is.
    pub(crate) fn forget(&self, id: &Hash) {
        self.images().remove(id);
    }

    fn file(&self, id: &Hash) -> Option<PathBuf> {
        let folder = self.0.folder.as_ref()?;
        Some(folder.join(format!("{}.{EXTENSION}", hex::encode(id))))
    }

    /// Keeps an image, on disk too: beside the block, which does not wait for the disk.
    /// What is used after is the file's mapping.
    #[allow(clippy::disallowed_methods, reason = "a cache file is written, and nothing of a result waits for it")]
    fn keep(&self, id: &Hash, image: &Image) {
        self.images().put(*id, image.clone());
        let Some(path) = self.file(id) else { return };
        let (engine, id, image) = (self.clone(), *id, image.clone());
        thread::spawn(move || {
            if let Err(fault) = image.save(&path) {
                tracing::warn!(%fault, "a model's image is not kept for the next start");
                return;
            }
            if let Some(mapped) = Image::open(&path, engine.profile()) {
                engine.images().replace(&id, mapped);
            }
            if let Some(folder) = path.parent() {
                bound(folder, MAX_DISK_BYTES);
            }
        });
    }

    fn images(&self) -> MutexGuard<'_, Images> {
        self.0.images.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The images used last.
#[derive(Default)]
struct Images {
    by_id: BTreeMap<Hash, (u64, Image)>,
    bytes: usize,
    uses: u64,
}

impl Images {
    fn get(&mut self, id: &Hash) -> Option<Image> {
        self.uses = self.uses.saturating_add(1);
        let (used, image) = self.by_id.get_mut(id)?;
        *used = self.uses;
        Some(image.clone())
    }

    fn put(&mut self, id: Hash, image: Image) {
        self.uses = self.uses.saturating_add(1);
        self.bytes = self.bytes.saturating_add(image.memory_bytes());
        let old = self.by_id.insert(id, (self.uses, image));
        self.forget(old);
        while self.bytes > MAX_IMAGE_BYTES {
            let oldest = self.by_id.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            let old = self.by_id.remove(&oldest);
            self.forget(old);
        }
    }

    /// Puts another image of the same content in the place of one that is there.
    fn replace(&mut self, id: &Hash, image: Image) {
        if let Some((_, old)) = self.by_id.get_mut(id) {
            *old = image;
        }
    }

    fn remove(&mut self, id: &Hash) {
        let old = self.by_id.remove(id);
        self.forget(old);
    }

    fn forget(&mut self, old: Option<(u64, Image)>) {
        let bytes = old.map_or(0, |(_, image)| image.memory_bytes());
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// Deletes the files that were written longest ago until the rest fits. A mapping of a
/// deleted file stays good.
fn bound(folder: &Path, most: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == EXTENSION))
        .filter_map(|entry| {
            let data = entry.metadata().ok()?;
            Some((data.modified().ok()?, data.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut sum = files.iter().fold(0_u64, |sum, (_, bytes, _)| sum.saturating_add(*bytes));
    for (_, bytes, path) in files {
        if sum <= most {
            return;
        }
        if fs::remove_file(&path).is_ok() {
            sum = sum.saturating_sub(bytes);
        }
    }
}

/// An input of zeros. Admission bounds its size.
fn zeros(port: &Port) -> NamedTensor {
    let bytes = port.shape.iter().fold(port.dtype.size(), |bytes, dim| bytes.saturating_mul(*dim));
    let data = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
    NamedTensor { name: port.name.clone(), tensor: Tensor { dtype: port.dtype, shape: port.shape.clone(), data } }
}

/// Turns what the runtime says into a result: a fault of the machine ends the
/// process, an error costs its gas.
fn settle<T>(ctx: &mut Ctx<'_>, outcome: std::result::Result<T, Outcome>, what: &str) -> Result<T> {
    match outcome {
        Ok(value) => Ok(value),
        Err(Outcome::Error(e)) => Err(failed(ctx, e, what)),
        Err(Outcome::Fault(fault)) => fatal(format!("inference: {fault}")),
    }
}

fn failed(ctx: &mut Ctx<'_>, error: synergy_inference::Error, what: &str) -> Error {
    let (left, limit) = (ctx.gas.left(), ctx.gas.limit());
    let out_of_gas = error.code == code::OUT_OF_GAS;
    match ctx.gas.consume(if out_of_gas { left } else { error.gas_used }, what) {
        Err(exhausted) => exhausted,
        Ok(()) if out_of_gas => sdk::out_of_gas(format!(
            "out of gas in location: {what}; gasWanted: {limit}, gasUsed: {limit}: send the transaction with more gas"
        )),
        Ok(()) => Error::new("inference", error.code, error.message),
    }
}
