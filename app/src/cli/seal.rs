//! `synergyd seal` and `open`: payloads that only one account can read.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use synergy_crypto::{KemKey, decode_sealed, encode_sealed, is_sealed_text};

use super::{
    context::{ClientFlags, Context},
    error::{Result, bail, error},
    output, query,
};

/// What fits in memory where nothing may be shown before all of it is checked.
const MAX_IN_MEMORY: u64 = 64 * 1024 * 1024;
const MAX_TEXT: u64 = 2 * 1024 * 1024;

/// Encrypt a file to an account: only its key can open it
///
///   synergyd seal bob report.pdf > report.sealed
///   echo "the password is …" | synergyd seal synergy1… --armor
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Seal {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    /// Address, or name of a key; the chain knows the KEM key that it has published
    to: String,
    /// What to encrypt [default: standard input]
    file: Option<PathBuf>,
    /// Its KEM key as `keys show --kem-key` prints it, or @FILE; the chain is not asked
    #[arg(long, value_name = "HEX")]
    kem_key: Option<String>,
    /// Write text for mail and chat; at most 2 MiB
    #[arg(long)]
    armor: bool,
    /// Where the sealed payload goes instead of standard output
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
}

/// Decrypt what was sealed to an account of yours
///
///   synergyd open report.sealed --from bob --output-document report.pdf
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Open {
    #[command(flatten)]
    pub(crate) client: ClientFlags,
    /// The sealed payload, binary or text [default: standard input]
    file: Option<PathBuf>,
    /// Key of the account: its name or address
    #[arg(long, value_name = "KEY")]
    from: String,
    /// Where the payload goes instead of standard output; needed above 64 MiB
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
}

pub(crate) fn seal(context: &Context, seal: &Seal) -> Result<()> {
    let key = match &seal.kem_key {
        Some(text) => read_key(text)?,
        None => query::kem_key(context, &context.address(&seal.to)?)?,
    };
    let mut input = input(seal.file.as_deref())?;
    if !seal.armor {
        return deliver(seal.output_document.as_deref(), false, |out| Ok(synergy_crypto::seal(&key, &mut input, out)?));
    }
    let mut payload = Vec::new();
    if input.take(MAX_TEXT + 1).read_to_end(&mut payload)? as u64 > MAX_TEXT {
        bail!("--armor takes at most 2 MiB: leave it out and send the sealed file");
    }
    let mut sealed = Vec::new();
    synergy_crypto::seal(&key, &mut payload.as_slice(), &mut sealed)?;
    let text = encode_sealed(&sealed);
    deliver(seal.output_document.as_deref(), false, |out| Ok(out.write_all(text.as_bytes())?))
}

pub(crate) fn open(context: &Context, open: &Open) -> Result<()> {
    let mut keyring = context.keyring();
    let name = context.key(&keyring, &open.from)?.name;
    let mut input = input(open.file.as_deref())?;
    // Standard input has the payload, so a passphrase from there comes first.
    let secret = keyring.kem_secret(&name)?;
    let mut start = Vec::new();
    input.by_ref().take(64).read_to_end(&mut start)?;
    let text = is_sealed_text(&start);
    let mut all = start.as_slice().chain(input);
    deliver(open.output_document.as_deref(), true, |out| {
        if text {
            let mut armored = Vec::new();
            all.by_ref().take(MAX_IN_MEMORY).read_to_end(&mut armored)?;
            synergy_crypto::open(&secret, &mut decode_sealed(&armored)?.as_slice(), out)?;
        } else {
            synergy_crypto::open(&secret, &mut all, out)?;
        }
        Ok(())
    })
}

/// A KEM key in hexadecimal, or in a file.
fn read_key(text: &str) -> Result<KemKey> {
    let text = match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|e| error!("cannot read {file}: {e}"))?,
        None => text.to_owned(),
    };
    let bytes = hex::decode(text.trim()).map_err(|e| {
        error!("--kem-key is not hexadecimal ({e}): give what `synergyd keys show NAME --kem-key` prints")
    })?;
    Ok(KemKey::from_bytes(&bytes)?)
}

fn input(file: Option<&Path>) -> Result<Box<dyn Read>> {
    match file {
        Some(file) if file.as_os_str() != "-" => {
            Ok(Box::new(File::open(file).map_err(|e| error!("cannot read {}: {e}", file.display()))?))
        }
        _ => Ok(Box::new(io::stdin())),
    }
}

/// Writes to a file, which is there only when all went well, or to standard output. What
/// is `secret` goes to no file that others can read, and to standard output only whole.
fn deliver<T>(file: Option<&Path>, secret: bool, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<()> {
    let Some(file) = file else {
        if secret {
            let mut whole = Bounded(zeroize::Zeroizing::default());
            write(&mut whole)?;
            io::stdout().lock().write_all(&whole.0)?;
        } else {
            write(&mut io::stdout().lock())?;
        }
        return Ok(());
    };
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |e: io::Error| error!("cannot write {}: {e}", file.display());
    // A temporary file is its owner's alone.
    let mut temporary = tempfile::Builder::new().prefix(".sealed-").tempfile_in(folder).map_err(failed)?;
    let mut buffered = io::BufWriter::new(&mut temporary);
    write(&mut buffered)?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(file).map_err(|e| failed(e.error))?;
    output::note(&format!("wrote {}", file.display()));
    Ok(())
}

struct Bounded(zeroize::Zeroizing<Vec<u8>>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.0.len() + bytes.len()) as u64 > MAX_IN_MEMORY {
            return Err(io::Error::other("it is larger than 64 MiB: name a file with --output-document"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
