//! The entry point: admit, load, run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::engine::{Guest, Progress};
use crate::error::{Error, Fault, Outcome, code};
use crate::image::{Header, Image};
use crate::instance::{LOAD, RUN, Session};
use crate::memory::PAGE;
use crate::onnx::{self, Admission};
use crate::tensor::{MAX_TENSOR_BYTES, NamedTensor};
use crate::{profile, wire};

/// The compiled guest. Cheap to clone; calls may run in parallel.
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<(Guest, [u8; 32])>,
}

/// The result of one inference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inference {
    /// The outputs, in the model's order.
    pub outputs: Vec<NamedTensor>,
    /// Gas used.
    pub gas: u64,
}

impl Runtime {
    /// Opens the runtime. Machine code is kept in `cache_dir`, which homes of
    /// one user may share; the first call there compiles, for some 20 seconds of a core.
    ///
    /// # Errors
    /// A [`Fault`] if the engine or the folder fails.
    pub fn open(cache_dir: &Path) -> Result<Runtime, Fault> {
        Self::open_with(cache_dir, |_| {})
    }

    /// As [`open`](Self::open); if it has to compile, it tells how far it is.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_with(cache_dir: &Path, progress: Progress) -> Result<Runtime, Fault> {
        let guest = Guest::open(cache_dir, progress)?;
        let profile = profile::hash(&guest.hash);
        Ok(Runtime { inner: Arc::new((guest, profile)) })
    }

    /// The hash of everything that decides bits and gas.
    pub fn profile(&self) -> [u8; 32] {
        self.inner.1
    }

    /// Checks a model against the admission rules, without the guest; see
    /// [`crate::admit`].
    ///
    /// # Errors
    /// The rule that the model breaks.
    pub fn admit(&self, model: &[u8], bindings: &BTreeMap<String, u64>) -> Result<Admission, Error> {
        onnx::admit(model, bindings)
    }

    /// Admits and compiles a model. Returns its image and the gas used.
    ///
    /// # Errors
    /// [`Outcome::Error`] if the model is at fault, which costs its `gas_used`.
    pub fn load(
        &self,
        model: &[u8],
        bindings: &BTreeMap<String, u64>,
        gas_limit: u64,
    ) -> Result<(Image, u64), Outcome> {
        let Admission { inputs, outputs, variable } = self.admit(model, bindings)?;
        let (guest, profile) = &*self.inner;
        let mut session = Session::fresh(guest, gas_limit)?;
        let (reply, gas) = session.call(&LOAD, &wire::load_request(&inputs, model))?;
        let Some(outputs) = wire::load_reply(&reply, &outputs) else {
            let message = "the runtime found other outputs than the file declares".to_owned();
            return Err(Error { code: code::LOAD, message, gas_used: gas }.into());
        };
        let memory = session.snapshot()?;
        let pages = memory.len() / PAGE;
        let header = Header { profile: *profile, inputs, outputs, variable, pages };
        Ok((Image::new(header, memory), gas))
    }

    /// Runs a loaded model on `inputs`, given by name in any order. Each call
    /// starts from the same memory, so bits and gas depend on the image and the
    /// inputs only.
    ///
    /// # Errors
    /// [`Outcome::Error`] if model or inputs are at fault, which costs its
    /// `gas_used`.
    pub fn run(&self, image: &Image, inputs: &[NamedTensor], gas_limit: u64) -> Result<Inference, Outcome> {
        let (guest, profile) = &*self.inner;
        if image.profile() != *profile {
            return Err(Fault::new("running a model", "its image is of another profile").into());
        }
        let request = request(image, inputs)?;
        let started = Instant::now();
        let mut session = Session::restored(guest, &image.inner.memory, || image.take_idle(), gas_limit)?;
        let (reply, gas) = session.call(&RUN, &request)?;
        image.give_idle(session);
        metrics::histogram!("synergy_inference_seconds").record(started.elapsed());
        outputs(image, &reply, gas)
    }
}

/// The elements of all inputs in the model's order.
fn request(image: &Image, inputs: &[NamedTensor]) -> Result<Vec<u8>, Error> {
    let expected = image.inputs();
    let describe = || {
        let ports: Vec<String> =
            expected.iter().map(|port| format!("{}: {:?} {:?}", port.name, port.dtype, port.shape)).collect();
        format!("the model takes {}", ports.join(", "))
    };
    let wrong = |message: String| Error::new(code::INPUT, format!("{message}; {}", describe()));
    if inputs.len() != expected.len() {
        return Err(wrong(format!("{} inputs were given", inputs.len())));
    }
    let mut request = Vec::new();
    for port in expected {
        let given = inputs.iter().find(|input| input.name == port.name);
        let NamedTensor { tensor, .. } = given.ok_or_else(|| wrong(format!("input `{}` is missing", port.name)))?;
        if tensor.dtype != port.dtype || tensor.shape != port.shape {
            return Err(wrong(format!("input `{}` is {:?} {:?}", port.name, tensor.dtype, tensor.shape)));
        }
        tensor.check()?;
        request.extend(&tensor.data);
    }
    Ok(request)
}

fn outputs(image: &Image, reply: &[u8], gas: u64) -> Result<Inference, Outcome> {
    let fail = |code, message: &str| Error { code, message: message.to_owned(), gas_used: gas };
    if reply.len() as u64 > MAX_TENSOR_BYTES {
        return Err(fail(code::OUTPUT_TOO_LARGE, "the outputs exceed the size limit").into());
    }
    let names: Vec<String> = image.outputs().iter().map(|port| port.name.clone()).collect();
    let tensors = wire::run_reply(reply, &names)
        .ok_or_else(|| fail(code::RUN_TRAP, "the runtime gave no well-formed outputs"))?;
    let outputs = tensors
        .into_iter()
        .map(|(name, mut tensor)| {
            tensor.canonicalize();
            NamedTensor { name, tensor }
        })
        .collect();
    Ok(Inference { outputs, gas })
}
