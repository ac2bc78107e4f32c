//! Keys on disk: one file per key under the daemon's home.
//!
//! `docs/accounts.md` specifies the files. The public part of a file is readable without
//! the passphrase and bound to the encrypted part, so that a changed name, path or public
//! key is noticed as soon as the secret is opened.

mod dir;
mod record;
mod sdk;
mod seal;

use std::{fmt, path::Path};

use zeroize::Zeroizing;

use self::{
    dir::KeyDir,
    record::{Record, Secrets, Stored},
};
use crate::{AccountKey, Error, HdPath, KemSecret, Result, Scheme, SecretKey, armor};

pub use self::record::decode_key_file;

/// Shortest passphrase accepted for new keys, characters; the SDK's rule.
const MIN_PASSPHRASE: usize = 8;

/// How secrets are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In clear text, for localnets and tests: whoever reads the file has the key.
    Test,
    /// Encrypted under one passphrase for the whole keyring.
    File,
}

impl Backend {
    fn dir_name(self) -> &'static str {
        match self {
            Self::Test => "keyring-test",
            Self::File => "keyring-file",
        }
    }
}

/// What the keyring asks the user for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// The passphrase of an existing keyring.
    Unlock,
    /// A passphrase for a new keyring.
    New,
    /// The new passphrase once more.
    Confirm,
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unlock => "Enter keyring passphrase: ",
            Self::New => "Choose a keyring passphrase (8 characters or more): ",
            Self::Confirm => "Repeat the keyring passphrase: ",
        })
    }
}

/// The public part of a stored key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Name in the keyring.
    pub name: String,
    /// The public key.
    pub public_key: AccountKey,
    /// Where it was derived from its mnemonic; `None` for random and imported secrets
    /// without a path.
    pub path: Option<HdPath>,
}

impl KeyInfo {
    /// The account's address.
    pub fn address(&self) -> [u8; 20] {
        self.public_key.address()
    }
}

/// Asks for a passphrase; [`Error::Prompt`] when there is no terminal.
type Ask = Box<dyn FnMut(Prompt) -> Result<Zeroizing<String>>>;

/// The keys of one home and backend.
pub struct Keyring {
    backend: Backend,
    dir: KeyDir,
    ask: Ask,
    /// The passphrase, once it has opened a key of this keyring or founded it.
    passphrase: Option<Zeroizing<String>>,
}

impl Keyring {
    /// Opens the keyring `keyring-test/` or `keyring-file/` under `home`. Nothing is read
    /// or created yet. `passphrase` is asked at most once per run, by the file backend.
    pub fn open(
        home: &Path,
        backend: Backend,
        passphrase: Box<dyn FnMut(Prompt) -> Result<Zeroizing<String>>>,
    ) -> Self {
        let dir = KeyDir::new(home.join(backend.dir_name()));
        Self { backend, dir, ask: passphrase, passphrase: None }
    }

    /// Stores a secret that has no mnemonic.
    ///
    /// # Errors
    /// [`Error::KeyName`], [`Error::KeyExists`], the passphrase errors, [`Error::Io`].
    pub fn add(&mut self, name: &str, secret: &SecretKey) -> Result<KeyInfo> {
        self.store(name, &Secrets { signing: secret.clone(), kem: None }, None)
    }

    /// Derives a key as [`SecretKey::from_mnemonic`] and its KEM key as
    /// [`KemSecret::from_mnemonic`], and stores them with their path. The phrase itself is
    /// not stored.
    ///
    /// # Errors
    /// Those of [`SecretKey::from_mnemonic`] and [`Keyring::add`].
    pub fn add_mnemonic(
        &mut self,
        name: &str,
        scheme: Scheme,
        phrase: &str,
        bip39_passphrase: &str,
        path: &HdPath,
    ) -> Result<KeyInfo> {
        let signing = SecretKey::from_mnemonic(scheme, phrase, bip39_passphrase, path)?;
        let kem = Some(KemSecret::from_mnemonic(phrase, bip39_passphrase, path)?);
        self.store(name, &Secrets { signing, kem }, Some(path.clone()))
    }

    /// Stores a key without a secret: a threshold key, or one that is elsewhere.
    ///
    /// # Errors
    /// [`Error::KeyName`], [`Error::KeyExists`], [`Error::Io`].
    pub fn add_public(&mut self, name: &str, key: AccountKey) -> Result<KeyInfo> {
        let record = Record::public(KeyInfo { name: name.into(), public_key: key, path: None });
        self.create(record)
    }

    /// Every key, by name.
    ///
    /// # Errors
    /// [`Error::KeyFile`] names the first damaged file; [`Error::Io`].
    pub fn list(&self) -> Result<Vec<KeyInfo>> {
        let names = self.dir.names()?;
        names.iter().map(|name| self.show(name)).collect()
    }

    /// The public part of a key.
    ///
    /// # Errors
    /// [`Error::KeyName`], [`Error::KeyNotFound`], [`Error::KeyFile`], [`Error::Io`].
    pub fn show(&self, name: &str) -> Result<KeyInfo> {
        Ok(self.read(name)?.info)
    }

    /// The secret of a key.
    ///
    /// # Errors
    /// Those of [`Keyring::show`], [`Error::NoSecret`] and [`Error::WrongPassphrase`].
    pub fn secret(&mut self, name: &str) -> Result<SecretKey> {
        self.secrets(name).map(|secrets| secrets.signing)
    }

    /// The secret that opens what is sealed to the key's account.
    ///
    /// # Errors
    /// Those of [`Keyring::secret`] and [`Error::NoKemKey`].
    pub fn kem_secret(&mut self, name: &str) -> Result<KemSecret> {
        self.secrets(name)?.kem.ok_or_else(|| Error::NoKemKey(name.into()))
    }

    fn secrets(&mut self, name: &str) -> Result<Secrets> {
        let record = self.read(name)?;
        let secrets = match &record.secret {
            Stored::None => return Err(Error::NoSecret(name.into())),
            Stored::Plain(plain) => {
                let threshold = || self.damaged(name, "a threshold key has no secret of its own");
                plain.open(record.info.public_key.scheme().ok_or_else(threshold)?)?
            }
            Stored::Sealed(sealed) => match &self.passphrase {
                Some(passphrase) => sealed.open(&record.info, passphrase)?,
                None => {
                    let passphrase = (self.ask)(Prompt::Unlock)?;
                    let secrets = sealed.open(&record.info, &passphrase)?;
                    self.passphrase = Some(passphrase);
                    secrets
                }
            },
        };
        if record.info.public_key == secrets.signing.public_key().into() {
            Ok(secrets)
        } else {
            Err(self.damaged(name, "its public key is not the secret's: restore it from your backup"))
        }
    }

    /// Gives a key another name.
    ///
    /// The name is bound to the encrypted secret, so the file is written anew and then
    /// the old one removed: a crash in between leaves the key under both names.
    ///
    /// # Errors
    /// Those of [`Keyring::secret`] and [`Keyring::add`].
    pub fn rename(&mut self, from: &str, to: &str) -> Result<KeyInfo> {
        let old = self.read(from)?;
        let info = match old.secret {
            Stored::None => self.add_public(to, old.info.public_key)?,
            _ => {
                let secrets = self.secrets(from)?;
                self.store(to, &secrets, old.info.path)?
            }
        };
        self.delete(from)?;
        Ok(info)
    }

    /// Removes a key for good.
    ///
    /// # Errors
    /// [`Error::KeyName`], [`Error::KeyNotFound`], [`Error::Io`].
    pub fn delete(&mut self, name: &str) -> Result<()> {
        self.dir.remove(name)
    }

    /// The key as text, encrypted under a passphrase of its own.
    ///
    /// # Errors
    /// Those of [`Keyring::secret`], and [`Error::ShortPassphrase`].
    pub fn export(&mut self, name: &str, passphrase: &str) -> Result<String> {
        check_new(passphrase)?;
        let info = self.show(name)?;
        let secrets = self.secrets(name)?;
        let record = Record::sealed(info, &secrets, passphrase)?;
        Ok(armor::encode_key(&record.encode()))
    }

    /// A secp256k1 key in the text that the Cosmos SDK's `keys export` writes.
    ///
    /// # Errors
    /// Those of [`Keyring::export`], and [`Error::Armor`] for keys of other types.
    pub fn export_sdk(&mut self, name: &str, passphrase: &str) -> Result<String> {
        check_new(passphrase)?;
        sdk::encode(&self.secret(name)?, passphrase)
    }

    /// Stores an exported key under `name`, the Cosmos SDK's exports too.
    ///
    /// # Errors
    /// [`Error::Armor`], [`Error::WrongPassphrase`], and those of [`Keyring::add`].
    pub fn import(&mut self, name: &str, armored: &str, passphrase: &str) -> Result<KeyInfo> {
        if sdk::is_armor(armored) {
            return self.add(name, &sdk::decode(armored, passphrase)?);
        }
        let record = Record::decode(&armor::decode_armor(armored.as_bytes())?).map_err(Error::Armor)?;
        let Stored::Sealed(sealed) = &record.secret else {
            return Err(Error::Armor("its secret is not encrypted"));
        };
        let secrets = sealed.open(&record.info, passphrase)?;
        if record.info.public_key != secrets.signing.public_key().into() {
            return Err(Error::Armor("its public key is not the secret's"));
        }
        self.store(name, &secrets, record.info.path)
    }

    fn store(&mut self, name: &str, secrets: &Secrets, path: Option<HdPath>) -> Result<KeyInfo> {
        if self.dir.contains(name)? {
            return Err(Error::KeyExists(name.into()));
        }
        let info = KeyInfo { name: name.into(), public_key: secrets.signing.public_key().into(), path };
        let record = match self.backend {
            Backend::Test => Record::plain(info, secrets),
            Backend::File => {
                self.unlock()?;
                let passphrase = self.passphrase.as_ref().ok_or(Error::WrongPassphrase)?;
                Record::sealed(info, secrets, passphrase)?
            }
        };
        self.create(record)
    }

    fn create(&self, record: Record) -> Result<KeyInfo> {
        let name = &record.info.name;
        if self.dir.contains(name)? {
            return Err(Error::KeyExists(name.clone()));
        }
        self.dir.create(name, &record.encode())?;
        Ok(record.info)
    }

    /// Makes sure that a new key gets the passphrase of the keyring's other keys.
    fn unlock(&mut self) -> Result<()> {
        if self.passphrase.is_some() {
            return Ok(());
        }
        for name in self.dir.names()? {
            if !matches!(self.read(&name)?.secret, Stored::None) {
                return self.secrets(&name).map(drop);
            }
        }
        let passphrase = (self.ask)(Prompt::New)?;
        check_new(&passphrase)?;
        if *passphrase != *(self.ask)(Prompt::Confirm)? {
            return Err(Error::PassphrasesDiffer);
        }
        self.passphrase = Some(passphrase);
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Record> {
        let record = Record::decode(&self.dir.read(name)?).map_err(|reason| self.damaged(name, reason))?;
        if record.info.name != name {
            return Err(self.damaged(name, "it holds a key of another name: use `keys rename`, not the file's name"));
        }
        let other = match record.secret {
            Stored::Plain(_) => self.backend != Backend::Test,
            Stored::Sealed(_) => self.backend != Backend::File,
            Stored::None => false,
        };
        if other {
            return Err(self.damaged(name, "it belongs to the other keyring backend"));
        }
        Ok(record)
    }

    fn damaged(&self, name: &str, reason: &'static str) -> Error {
        Error::KeyFile { path: self.dir.path(name), reason }
    }
}

fn check_new(passphrase: &str) -> Result<()> {
    if passphrase.chars().count() < MIN_PASSPHRASE { Err(Error::ShortPassphrase) } else { Ok(()) }
}
