//! Snapshots for state sync: one folder per height below `data/snapshots`, with a file
//! per chunk. A folder gets its name when it is whole.
//!
//! The state's chunks come first (each proves itself against the app hash, see
//! `synergy_store`), then its blobs in the order of their hashes. Every node makes the
//! same bytes for a height.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use prost::Message;
use synergy_abci::messages::Snapshot as Listed;
use synergy_kernel::{Hash, State};
use synergy_store::{Snapshot, Store, sha256};

/// The form of snapshots that this program makes and takes.
pub const FORMAT: u32 = 1;

/// Most bytes of keys and values, or of blobs, in a chunk. CometBFT passes 16 MiB.
const CHUNK_BYTES: usize = 8 << 20;

/// Most snapshots offered to peers; CometBFT asks for no more.
const MAX_LISTED: usize = 10;

/// File with the encoded `tendermint.abci.Snapshot` of a folder.
const DESCRIPTION: &str = "snapshot";

/// `Snapshot.metadata`: how many of the chunks are the state's.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Metadata {
    #[prost(uint32, tag = "1")]
    pub(crate) state_chunks: u32,
    /// What all of it is checked against. A node that syncs takes the one of a header
    /// that its light client verified.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) app_hash: Vec<u8>,
}

/// A chunk of blobs.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Blobs {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) blobs: Vec<Vec<u8>>,
}

/// What a snapshot is made of.
pub(crate) struct Source {
    pub(crate) store: Store,
    pub(crate) snapshot: Snapshot,
    pub(crate) app_hash: Hash,
    /// Hashes of the blobs that the state refers to.
    pub(crate) blobs: BTreeSet<Hash>,
}

/// The snapshots of a node.
#[derive(Debug, Clone)]
pub struct Snapshots {
    folder: PathBuf,
}

impl Snapshots {
    /// Those in this folder, which need not exist.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// All that are whole, newest first.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn list(&self) -> io::Result<Vec<Listed>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut listed = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            if let Some(height) = name.to_str().and_then(|name| name.parse().ok()) {
                listed.push(self.describe(height)?);
            }
        }
        listed.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.height));
        Ok(listed)
    }

    /// Those that peers are told of.
    pub(crate) fn offered(&self) -> io::Result<Vec<Listed>> {
        let mut listed = self.list()?;
        listed.truncate(MAX_LISTED);
        Ok(listed)
    }

    /// The snapshot of a height.
    ///
    /// # Errors
    /// None of that height, or one that cannot be read.
    pub fn describe(&self, height: u64) -> io::Result<Listed> {
        let bytes = fs::read(self.path(height).join(DESCRIPTION))?;
        Listed::decode(bytes.as_slice()).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }

    /// A chunk of a snapshot.
    ///
    /// # Errors
    /// When there is no such chunk, or it cannot be read.
    pub fn chunk(&self, height: u64, index: u32) -> io::Result<Vec<u8>> {
        fs::read(self.path(height).join(index.to_string()))
    }

    /// Removes a snapshot.
    ///
    /// # Errors
    /// None of that height, or files that cannot be removed.
    pub fn delete(&self, height: u64) -> io::Result<()> {
        fs::remove_dir_all(self.path(height))
    }

    /// Removes all but the newest `keep`; 0 keeps all.
    pub(crate) fn prune(&self, keep: usize) -> io::Result<()> {
        let old = self.list()?.into_iter().skip(if keep == 0 { usize::MAX } else { keep });
        old.into_iter().try_for_each(|snapshot| self.delete(snapshot.height))
    }

    /// Takes the snapshot of a height, unless it is there. `None` when `stop` was set
    /// before it was done.
    pub(crate) fn take(&self, source: &Source, stop: &AtomicBool) -> io::Result<Option<Listed>> {
        let height = source.snapshot.height();
        if let Ok(listed) = self.describe(height) {
            return Ok(Some(listed));
        }
        let unfinished = self.folder.join(format!("{height}.unfinished"));
        let _ = fs::remove_dir_all(&unfinished);
        fs::create_dir_all(&unfinished)?;
        let Some(listed) = write(source, &unfinished, stop)? else {
            fs::remove_dir_all(&unfinished)?;
            return Ok(None);
        };
        fs::rename(&unfinished, self.path(height))?;
        Ok(Some(listed))
    }

    /// The folder of a height's snapshot.
    pub fn path(&self, height: u64) -> PathBuf {
        self.folder.join(height.to_string())
    }
}

fn write(source: &Source, folder: &Path, stop: &AtomicBool) -> io::Result<Option<Listed>> {
    let (mut chunks, mut hashes) = (0u32, Vec::new());
    let mut put = |chunk: &[u8]| {
        synced(&folder.join(chunks.to_string()), chunk)?;
        hashes.extend(sha256(chunk));
        chunks = chunks.saturating_add(1);
        Ok::<u32, io::Error>(chunks)
    };
    let mut state_chunks = 0;
    for chunk in source.store.chunks(source.snapshot.clone(), CHUNK_BYTES) {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        state_chunks = put(&chunk)?;
    }
    let (mut group, mut bytes) = (Blobs::default(), 0usize);
    for hash in &source.blobs {
        let blob = source.snapshot.blob(hash).ok_or_else(|| {
            io::Error::other(format!("blob {} of the state is not in the database", hex::encode(hash)))
        })?;
        bytes = bytes.saturating_add(blob.len());
        if bytes > CHUNK_BYTES && !group.blobs.is_empty() {
            put(&std::mem::take(&mut group).encode_to_vec())?;
            bytes = blob.len();
        }
        group.blobs.push(blob);
    }
    if !group.blobs.is_empty() {
        put(&group.encode_to_vec())?;
    }
    let listed = Listed {
        height: source.snapshot.height(),
        format: FORMAT,
        chunks,
        hash: sha256(&hashes).to_vec().into(),
        metadata: Metadata { state_chunks, app_hash: source.app_hash.to_vec() }.encode_to_vec().into(),
    };
    synced(&folder.join(DESCRIPTION), &listed.encode_to_vec())?;
    fs::File::open(folder)?.sync_all()?;
    Ok(Some(listed))
}

/// Writes a file that is on disk when this returns.
fn synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes)?;
    fs::File::open(path)?.sync_all()
}

/// Hashes of the blobs that a state refers to.
pub(crate) fn blobs(
    chain: &crate::Chain,
    state: &State,
    block: &synergy_kernel::Block,
) -> synergy_kernel::Result<BTreeSet<Hash>> {
    let (mut state, mut gas) = (state.clone(), synergy_kernel::Gas::unlimited());
    chain.blobs(&mut synergy_kernel::Ctx::new(&mut state, block, &mut gas))
}
