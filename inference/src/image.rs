//! A loaded model: the guest's memory after compiling it, and its ports.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Weak};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Fault;
use crate::instance::Session;
use crate::memory::{PAGE, Snapshot};
use crate::onnx::Port;

/// First bytes of an image file.
const MAGIC: &[u8; 8] = b"SNRGIMG1";

/// A model ready to run. Cheap to clone; the memory is shared.
#[derive(Clone, Debug)]
pub struct Image {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) header: Header,
    pub(crate) memory: Snapshot,
}

/// Most idle instances of a thread.
const IDLE: usize = 2;

thread_local! {
    /// Instances that wait for another run of their image on this thread (an instance
    /// cannot change threads), the last used first. Their memory is that of the snapshot.
    static IDLE_INSTANCES: RefCell<Vec<(Weak<Inner>, Session)>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) profile: [u8; 32],
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    pub(crate) variable: bool,
    /// Length of the memory, in pages of [`PAGE`] bytes.
    pub(crate) pages: usize,
}

impl Image {
    pub(crate) fn new(header: Header, memory: Snapshot) -> Image {
        Image { inner: Arc::new(Inner { header, memory }) }
    }

    /// An idle instance of this image.
    pub(crate) fn take_idle(&self) -> Option<Session> {
        IDLE_INSTANCES.with_borrow_mut(|idle| {
            idle.retain(|(image, _)| image.strong_count() > 0);
            let own = idle.iter().position(|(image, _)| std::ptr::eq(image.as_ptr(), Arc::as_ptr(&self.inner)))?;
            Some(idle.remove(own).1)
        })
    }

    /// Keeps an instance of this image whose run has succeeded.
    pub(crate) fn give_idle(&self, session: Session) {
        if let Some(session) = session.rewound(&self.inner.memory) {
            IDLE_INSTANCES.with_borrow_mut(|idle| {
                idle.insert(0, (Arc::downgrade(&self.inner), session));
                idle.truncate(IDLE);
            });
        }
    }

    /// The inputs of an inference, in the model's order.
    pub fn inputs(&self) -> &[Port] {
        &self.inner.header.inputs
    }

    /// The outputs of an inference, in the model's order.
    pub fn outputs(&self) -> &[Port] {
        &self.inner.header.outputs
    }

    /// Whether the gas of an inference can depend on the input values.
    pub fn variable(&self) -> bool {
        self.inner.header.variable
    }

    /// The profile under which the model was loaded.
    pub fn profile(&self) -> [u8; 32] {
        self.inner.header.profile
    }

    /// Memory that an instance starts with, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.inner.memory.len()
    }

    /// The image as bytes, the same on every machine:
    /// magic, `u32` header length, header (JSON), `{ u32 page, 4096 bytes }` for
    /// each page that is not zero, SHA-256 of all before.
    ///
    /// # Errors
    /// A [`Fault`] if the snapshot cannot be read.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        let fault = |error: io::Error| Fault::new("reading a model image", error);
        let header = serde_json::to_vec(&self.inner.header).map_err(|error| fault(error.into()))?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend((header.len() as u32).to_le_bytes());
        bytes.extend(header);
        let mut page = [0; PAGE];
        for index in 0..self.inner.header.pages {
            self.inner.memory.read_page(index, &mut page).map_err(fault)?;
            if page.iter().any(|byte| *byte != 0) {
                bytes.extend((index as u32).to_le_bytes());
                bytes.extend(page);
            }
        }
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        Ok(bytes)
    }

    /// Reads what [`Image::to_bytes`] wrote. `None` if the bytes are damaged or of
    /// another profile: load the model again then.
    ///
    /// # Errors
    /// A [`Fault`] if this machine has no memory for the image.
    pub fn from_bytes(bytes: &[u8], profile: [u8; 32]) -> Result<Option<Image>, Fault> {
        let Some((header, pages)) = parse(bytes).filter(|(header, _)| header.profile == profile) else {
            return Ok(None);
        };
        let fault = |error| Fault::new("keeping a model image", error);
        let memory = Snapshot::new(header.pages * PAGE).map_err(fault)?;
        for record in pages.chunks_exact(4 + PAGE) {
            let (index, page) = record.split_at(4);
            let index = index.iter().rfold(0, |index, byte| index << 8 | usize::from(*byte));
            if index >= header.pages {
                return Ok(None);
            }
            memory.write_page(index, page).map_err(fault)?;
        }
        Ok(Some(Image::new(header, memory)))
    }
}

fn parse(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let (content, digest) = bytes.split_last_chunk::<32>()?;
    if Sha256::digest(content).as_slice() != digest {
        return None;
    }
    let (length, rest) = content.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    let (header, pages) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    (pages.len() % (4 + PAGE) == 0).then_some((header, pages))
}
