use std::{
    fs::{self, DirBuilder, File},
    io::{ErrorKind, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{Error, Result};

const SUFFIX: &str = ".json";

/// A folder of key files, `<name>.json`.
pub(super) struct KeyDir(PathBuf);

impl KeyDir {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}{SUFFIX}"))
    }

    /// The names of all keys, sorted. Files that are not key files are passed over.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let failed = |e| io(e, "read", &self.0);
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(failed(e)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let file_name = entry.map_err(failed)?.file_name();
            let name = file_name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            names.extend(name.filter(|name| check_name(name).is_ok()).map(String::from));
        }
        names.sort();
        Ok(names)
    }

    pub(super) fn contains(&self, name: &str) -> Result<bool> {
        check_name(name)?;
        let path = self.path(name);
        path.try_exists().map_err(|e| io(e, "look for", &path))
    }

    pub(super) fn read(&self, name: &str) -> Result<Zeroizing<Vec<u8>>> {
        check_name(name)?;
        let path = self.path(name);
        fs::read(&path).map(Zeroizing::new).map_err(|e| missing_or_io(e, name, "read", &path))
    }

    /// Writes a new file, readable by its owner alone, so that after a crash it is there
    /// whole or not at all. An existing file is never replaced.
    pub(super) fn create(&self, name: &str, content: &[u8]) -> Result<()> {
        check_name(name)?;
        let path = self.path(name);
        let failed = |e| io(e, "write", &path);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(failed)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.0).map_err(failed)?;
        file.write_all(content).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist_noclobber(&path).map_err(|e| match e.error.kind() {
            ErrorKind::AlreadyExists => Error::KeyExists(name.into()),
            _ => failed(e.error),
        })?;
        self.sync()
    }

    pub(super) fn remove(&self, name: &str) -> Result<()> {
        check_name(name)?;
        let path = self.path(name);
        fs::remove_file(&path).map_err(|e| missing_or_io(e, name, "delete", &path))?;
        self.sync()
    }

    fn sync(&self) -> Result<()> {
        File::open(&self.0).and_then(|dir| dir.sync_all()).map_err(|e| io(e, "sync", &self.0))
    }
}

/// A name becomes a file name and a command line argument: no separators, no leading dot
/// or dash.
fn check_name(name: &str) -> Result<()> {
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(Error::KeyName(name.chars().take(80).collect())) }
}

fn missing_or_io(e: std::io::Error, name: &str, action: &'static str, path: &Path) -> Error {
    match e.kind() {
        ErrorKind::NotFound => Error::KeyNotFound(name.into()),
        _ => io(e, action, path),
    }
}

fn io(source: std::io::Error, action: &'static str, path: &Path) -> Error {
    Error::Io { action, path: path.into(), source }
}
