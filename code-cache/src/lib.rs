//! Machine code on disk, made from WebAssembly by this machine for itself.
//!
//! Machine code is trusted as the process itself is, so a file counts only with
//! a MAC under a key that this machine made for itself. A file from elsewhere,
//! or a damaged one, is compiled again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac};
use sha2::Sha256;

type HmacSha256 = Hmac<Sha256>;

/// Length of the MAC before the payload, in bytes.
const TAG: usize = 32;

/// A folder of authenticated files.
pub struct Cache {
    folder: PathBuf,
    key: [u8; 32],
}

impl Cache {
    /// Opens the folder, making it and its key if missing.
    pub fn open(folder: &Path) -> io::Result<Cache> {
        fs::create_dir_all(folder)?;
        Ok(Cache { folder: folder.to_owned(), key: local_key(&folder.join("local.key"))? })
    }

    fn mac(&self, name: &str) -> HmacSha256 {
        #[allow(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = HmacSha256::new_from_slice(&self.key).expect("any key length");
        mac.update(&(name.len() as u64).to_be_bytes());
        mac.update(name.as_bytes());
        mac
    }

    /// The payload stored under `name`, if there is one and it is authentic.
    pub fn get(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut file = match File::open(self.folder.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut tag = [0; TAG];
        let mut payload = Vec::new();
        match file.read_exact(&mut tag) {
            Ok(()) => drop(file.read_to_end(&mut payload)?),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let mac = self.mac(name).chain_update(&payload);
        Ok(mac.verify_slice(&tag).is_ok().then_some(payload))
    }

    /// Stores a payload; a reader sees all of it or nothing.
    pub fn put(&self, name: &str, payload: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        let tag = self.mac(name).chain_update(payload).finalize().into_bytes();
        file.write_all(&tag)?;
        file.write_all(payload)?;
        file.persist(self.folder.join(name))?;
        Ok(())
    }
}

/// Reads the key, or makes one that only this user can read.
fn local_key(path: &Path) -> io::Result<[u8; 32]> {
    match read_key(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => return other,
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    // Of two processes that start at once, the first one's key stays.
    match file.persist_noclobber(path) {
        Ok(_) => Ok(key),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => read_key(path),
        Err(error) => Err(error.error),
    }
}

fn read_key(path: &Path) -> io::Result<[u8; 32]> {
    let mut key = [0; 32];
    OpenOptions::new().read(true).open(path)?.read_exact(&mut key)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_touched_or_comes_from_another_machine_does_not_count() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let cache = Cache::open(here.path()).unwrap();
        cache.put("code", b"payload").unwrap();
        assert_eq!(cache.get("code").unwrap().as_deref(), Some(&b"payload"[..]));
        assert_eq!(Cache::open(here.path()).unwrap().get("code").unwrap().unwrap(), b"payload");
        assert_eq!(cache.get("absent").unwrap(), None);

        let file = here.path().join("code");
        let foreign = Cache::open(there.path()).unwrap();
        fs::copy(&file, there.path().join("code")).unwrap();
        assert_eq!(foreign.get("code").unwrap(), None);
        fs::copy(&file, here.path().join("renamed")).unwrap();
        assert_eq!(cache.get("renamed").unwrap(), None);
        let mut bytes = fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&file, bytes).unwrap();
        assert_eq!(cache.get("code").unwrap(), None);
        fs::write(&file, b"short").unwrap();
        assert_eq!(cache.get("code").unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Cache::open(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join("local.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
