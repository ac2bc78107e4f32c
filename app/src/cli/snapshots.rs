//! `synergyd snapshots`: the node's snapshots for state sync.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::json;
use synergy_app::{
    Program,
    config::{AppConfig, Settings, process_env},
    node,
    snapshots::Snapshots,
};

use super::{
    error::{Result, bail, error},
    output,
};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// List the snapshots, newest first
    List,
    /// Take one of the last block, while the node is stopped
    Export,
    /// Fill an empty application database from one, while the node is stopped
    Restore {
        /// Its height
        height: u64,
    },
    /// Write one to an archive
    Dump {
        /// Its height
        height: u64,
        /// The archive [default: HEIGHT.tar.gz]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take one out of an archive that dump wrote
    Load {
        /// The archive
        file: PathBuf,
    },
    /// Remove one
    Delete {
        /// Its height
        height: u64,
    },
}

pub(crate) fn run(program: &Program, home: &Path, command: &Command) -> Result<()> {
    let snapshots = node::snapshots(home);
    match command {
        Command::List => list(&snapshots),
        Command::Export => {
            let config = AppConfig::load(home, process_env, &[])?;
            let taken = node::take_snapshot(program, home, &config)?;
            output::line(&format!("snapshot of height {}: {} chunks", taken.height, taken.chunks))
        }
        Command::Restore { height } => {
            let config = AppConfig::load(home, process_env, &[])?;
            let head = node::restore_snapshot(program, home, &config, *height)?;
            output::line(&format!(
                "restored height {}, app hash {}: compare it with header {} of a node you trust",
                head.height,
                hex::encode_upper(head.app_hash),
                head.height.saturating_add(1)
            ))
        }
        Command::Dump { height, output } => {
            known(&snapshots, *height)?;
            let file = output.clone().unwrap_or_else(|| PathBuf::from(format!("{height}.tar.gz")));
            dump(&snapshots, *height, &file).map_err(|e| error!("cannot write {}: {e}", file.display()))?;
            output::line(&format!("wrote {}", file.display()))
        }
        Command::Load { file } => {
            let height = load(&snapshots, file).map_err(|e| error!("cannot load {}: {e}", file.display()))?;
            output::line(&format!("loaded the snapshot of height {height}"))
        }
        Command::Delete { height } => {
            known(&snapshots, *height)?;
            snapshots.delete(*height).map_err(|e| error!("cannot remove the snapshot of height {height}: {e}"))?;
            output::line(&format!("removed the snapshot of height {height}"))
        }
    }
}

fn list(snapshots: &Snapshots) -> Result<()> {
    let listed = snapshots.list().map_err(|e| error!("cannot read the snapshots: {e}"))?;
    let rows: Vec<_> = listed
        .iter()
        .map(
            |s| json!({"height": s.height, "format": s.format, "chunks": s.chunks, "hash": hex::encode_upper(&s.hash)}),
        )
        .collect();
    output::line(&format!("{:#}", json!(rows)))
}

fn known(snapshots: &Snapshots, height: u64) -> Result<()> {
    if snapshots.describe(height).is_err() {
        bail!("there is no snapshot of height {height}: `synergyd snapshots list` shows those there are");
    }
    Ok(())
}

fn dump(snapshots: &Snapshots, height: u64, file: &Path) -> io::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(File::create(file)?, Compression::fast()));
    archive.append_dir_all(height.to_string(), snapshots.path(height))?;
    archive.into_inner()?.finish()?.sync_all()
}

/// Unpacks beside the snapshots first, so that a broken archive leaves nothing listed.
fn load(snapshots: &Snapshots, file: &Path) -> io::Result<u64> {
    let aside = snapshots.path(0).with_file_name("load.unfinished");
    let _ = std::fs::remove_dir_all(&aside);
    let loaded = (|| {
        tar::Archive::new(GzDecoder::new(File::open(file)?)).unpack(&aside)?;
        let unpacked = Snapshots::at(aside.clone());
        let listed = unpacked.list()?;
        let [snapshot] = listed.as_slice() else {
            return Err(io::Error::other("it does not hold one snapshot"));
        };
        (0..snapshot.chunks).try_for_each(|index| unpacked.chunk(snapshot.height, index).map(drop))?;
        std::fs::rename(unpacked.path(snapshot.height), snapshots.path(snapshot.height))?;
        Ok(snapshot.height)
    })();
    let _ = std::fs::remove_dir_all(&aside);
    loaded
}
