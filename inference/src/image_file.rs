//! Images on disk: a cache that is mapped, so that it costs memory only where it is used.
//!
//! ```text
//! file = memory (zero pages are holes), header (JSON), u32 length of the header, SHA-256 of header and pages
//! ```
//! A file is checked as a whole when it is opened, and never written to after.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Fault;
use crate::image::{Header, Image};
use crate::memory::{PAGE, Snapshot};

/// Bytes after the header.
const TAIL: u64 = 4 + 32;
/// Longest header that is read.
const MAX_HEADER: u64 = 1 << 20;

impl Image {
    /// Writes the image to a file that was not there, all of it or nothing.
    ///
    /// # Errors
    /// A [`Fault`] if the disk fails or is full.
    pub fn save(&self, path: &Path) -> Result<(), Fault> {
        self.write(path).map_err(|error| Fault::new("writing a model image", error))
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let header = serde_json::to_vec(&self.inner.header)?;
        let mut digest = Sha256::new_with_prefix(&header);
        let mut page = [0; PAGE];
        for index in 0..self.inner.header.pages {
            self.inner.memory.read_page(index, &mut page)?;
            if page.iter().any(|byte| *byte != 0) {
                digest.update((index as u64).to_le_bytes());
                digest.update(page);
                file.seek(SeekFrom::Start((index * PAGE) as u64))?;
                file.write_all(&page)?;
            }
        }
        file.seek(SeekFrom::Start((self.inner.header.pages * PAGE) as u64))?;
        file.write_all(&header)?;
        file.write_all(&(header.len() as u32).to_le_bytes())?;
        file.write_all(&digest.finalize())?;
        file.persist(path)?;
        Ok(())
    }

    /// Maps the image of a file. `None` if there is none, or a damaged one or one of
    /// another profile: load the model again then.
    pub fn open(path: &Path, profile: [u8; 32]) -> Option<Image> {
        let file = File::open(path).ok()?;
        match read(file) {
            Ok(Some(image)) if image.inner.header.profile == profile => Some(image),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "an image cannot be read");
                None
            }
        }
    }
}

fn read(mut file: File) -> io::Result<Option<Image>> {
    let length = file.metadata()?.len();
    if length < TAIL {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(length - TAIL))?;
    let (mut header_len, mut expected) = ([0; 4], [0; 32]);
    file.read_exact(&mut header_len)?;
    file.read_exact(&mut expected)?;
    let header_len = u64::from(u32::from_le_bytes(header_len));
    let Some(memory_len) = (length - TAIL).checked_sub(header_len).filter(|_| header_len <= MAX_HEADER) else {
        return Ok(None);
    };
    let mut header = vec![0; header_len as usize];
    file.seek(SeekFrom::Start(memory_len))?;
    file.read_exact(&mut header)?;
    let mut digest = Sha256::new_with_prefix(&header);
    let Ok(header) = serde_json::from_slice::<Header>(&header) else { return Ok(None) };
    if (header.pages as u64).checked_mul(PAGE as u64) != Some(memory_len) {
        return Ok(None);
    }
    let memory = Snapshot::from_file(file, memory_len as usize);
    let mut page = [0; PAGE];
    for index in 0..header.pages {
        memory.read_page(index, &mut page)?;
        if page.iter().any(|byte| *byte != 0) {
            digest.update((index as u64).to_le_bytes());
            digest.update(page);
        }
    }
    let whole = digest.finalize().as_slice() == expected;
    Ok(whole.then(|| Image::new(header, memory)))
}
