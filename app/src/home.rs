//! The home folder as a whole: one process at a time, of one chain, with room to write.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    config::{CONFIG_DIR, DATA_DIR},
    failure::{Cause, Failure},
};

/// Held by the one process that works with the databases of a home.
#[derive(Debug)]
pub struct HomeLock {
    /// The system unlocks it when it is closed, also by a crash.
    _file: File,
}

/// Takes the home for this process.
///
/// # Errors
/// [`Cause::HomeInUse`], or the lock's file cannot be made.
pub fn lock(home: &Path) -> Result<HomeLock, Failure> {
    let path = home.join(DATA_DIR).join("synergyd.lock");
    let made = fs::create_dir_all(home.join(DATA_DIR))
        .and_then(|()| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path));
    let mut file = made.map_err(|e| format!("cannot make {}: {e}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Only for the message.
            let _ = file.read_to_string(&mut pid);
            return Err(Cause::HomeInUse.because(format!(
                "process {} works with {} already: stop it first, or give this one another --home",
                if pid.trim().is_empty() { "?" } else { pid.trim() },
                home.display()
            )));
        }
        Err(TryLockError::Error(e)) => return Err(format!("cannot lock {}: {e}", path.display()).into()),
    }
    // A disk without room for a few digits is told about elsewhere.
    let _ = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| write!(file, "{}", std::process::id()));
    Ok(HomeLock { _file: file })
}

/// Whether at least `wanted` MiB can still be written to the home's data.
///
/// # Errors
/// [`Cause::DiskFull`], or the disk cannot be asked.
pub fn check_disk(home: &Path, wanted: u64) -> Result<(), Failure> {
    let data = home.join(DATA_DIR);
    let free = fs::create_dir_all(&data).and_then(|()| free_mib(&data));
    let free = free.map_err(|e| format!("cannot ask how much of the disk of {} is free: {e}", data.display()))?;
    if free < wanted {
        return Err(Cause::DiskFull.because(format!(
            "{free} MiB are free on the disk of {}, and minimum-free-disk in app.toml wants {wanted}: make room first, \
             a database that cannot be written to may need a restore",
            data.display()
        )));
    }
    Ok(())
}

/// MiB that this user can still write to the disk of `path`.
///
/// # Errors
/// There is no such path, or the system's error.
pub fn free_mib(path: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize) >> 20)
}

/// Whether the home's genesis file, if there is one, is of the chain of the database.
///
/// # Errors
/// [`Cause::WrongChain`], or the file cannot be read.
pub fn check_chain(home: &Path, stored: &str) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Genesis {
        chain_id: String,
    }
    let path: PathBuf = home.join(CONFIG_DIR).join("genesis.json");
    if stored.is_empty() || !path.exists() {
        return Ok(());
    }
    let text = fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let genesis: Genesis = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    if genesis.chain_id != stored {
        return Err(Cause::WrongChain.because(format!(
            "{} is of chain {:?}, the data beside it of {stored:?}: put the right file there, or begin anew with \
             `synergyd comet unsafe-reset-all`",
            path.display(),
            genesis.chain_id
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_locked_once_until_its_holder_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let held = lock(home.path()).unwrap();
        let refused = lock(home.path()).unwrap_err();
        assert_eq!((refused.cause, refused.exit_code()), (Some(Cause::HomeInUse), 10));
        let me = format!("home-in-use: process {} works with", std::process::id());
        assert!(refused.to_string().starts_with(&me), "{refused}");
        drop(held);
        lock(home.path()).unwrap();
    }

    #[test]
    fn a_disk_with_less_room_than_wanted_is_full() {
        let home = tempfile::tempdir().unwrap();
        check_disk(home.path(), 0).unwrap();
        let refused = check_disk(home.path(), u64::MAX).unwrap_err();
        assert_eq!((refused.cause, refused.exit_code()), (Some(Cause::DiskFull), 11));
    }

    #[test]
    fn a_genesis_file_of_another_chain_is_refused() {
        let home = tempfile::tempdir().unwrap();
        check_chain(home.path(), "a-1").unwrap();
        fs::create_dir(home.path().join(CONFIG_DIR)).unwrap();
        fs::write(home.path().join(CONFIG_DIR).join("genesis.json"), r#"{"chain_id": "b-1", "app_state": {}}"#)
            .unwrap();
        check_chain(home.path(), "").unwrap();
        check_chain(home.path(), "b-1").unwrap();
        let refused = check_chain(home.path(), "a-1").unwrap_err();
        assert_eq!((refused.cause, refused.exit_code()), (Some(Cause::WrongChain), 12));
        assert!(refused.text.contains("\"b-1\"") && refused.text.contains("\"a-1\""), "{refused}");
    }
}
